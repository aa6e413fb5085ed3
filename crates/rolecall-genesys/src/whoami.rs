//! Who rolecall is to Genesys Cloud: the organization, the OAuth client and its permissions, the limits.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use serde::Deserialize;

use super::client::{Client, Request};
use super::operation as op;
use super::permissions::{Access, Permissions, Policy};
use super::site::Site;
use super::wire::or_default;
use rolecall_model::ports::genesys::{GenesysErrorKind, GenesysResult};

/// The namespace of the limits of data actions.
const DATA_ACTIONS: &str = "dataactions";
/// Users a page: few, so that the probe turns pages in any organization.
const USERS_PAGE: u32 = 25;

/// What is known of the caller.
#[derive(Clone, Debug)]
pub struct Identity {
    pub organization: Organization,
    /// Where it lives.
    pub site: Site,
    pub client: OauthClient,
    pub permissions: Permissions,
    /// Requests used and allowed, and the seconds until the count starts over; `None` where no answer said so.
    pub rate_limit: Option<(u32, u32, u64)>,
    /// The limits of data actions; `None` where the API did not say.
    pub limits: Option<Vec<Limit>>,
}

/// The organization.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Organization {
    /// The ID: the external ID.
    #[serde(deserialize_with = "or_default")]
    pub id: String,
    /// The name that people see.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// The short name.
    pub third_party_org_name: Option<String>,
    /// Such as `active`.
    pub state: Option<String>,
}

#[derive(Clone, Debug)]
pub struct OauthClient {
    pub id: String,
    /// The name, where the API says it.
    pub name: Option<String>,
    /// The organization that the token belongs to, where it is another than the one that it acts in.
    pub home_organization: Option<String>,
}

/// A limit of the organization.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Limit {
    /// The key, such as `actions.total.max`.
    #[serde(deserialize_with = "or_default")]
    pub key: String,
    pub value: Option<i64>,
}

/// What listing the users came to.
#[derive(Clone, Copy, Debug)]
pub struct UsersProbe {
    /// Users that were listed.
    pub users: usize,
    /// Requests that it took, retries included.
    pub requests: usize,
    /// Requests that were answered with 429.
    pub throttled: usize,
    /// How long it took.
    pub took: Duration,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TokenInfo {
    home_organization: Option<Named>,
    organization: Option<Named>,
    #[serde(rename = "OAuthClient")]
    client: Option<Named>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    id: Option<String>,
    name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Limits {
    #[serde(deserialize_with = "or_default")]
    entities: Vec<Limit>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subject {
    #[serde(deserialize_with = "or_default")]
    grants: Vec<Grant>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Grant {
    role: Option<Role>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Role {
    policies: Option<Vec<Policy>>,
}

/// The limits of data actions; `None` where the API does not say.
pub(super) async fn limits(client: &Client) -> GenesysResult<Option<Vec<Limit>>> {
    let limits: Option<Limits> = unless_refused(client.call(&op::LIMITS).at(DATA_ACTIONS).json().await)?;
    Ok(limits.map(|limits| limits.entities))
}

/// Asks the API who the caller is. Reads only.
pub async fn whoami(client: &Client) -> GenesysResult<Identity> {
    let organization: Organization = client.call(&op::ORGANIZATION).json().await?;
    let token: TokenInfo = unless_refused(client.call(&op::TOKEN_INFO).json().await)?.unwrap_or_default();
    let limits = limits(client).await?;
    let permissions = permissions(client).await?;
    let (id, site) = client.identity().await?;
    let name = token.client.and_then(|client| client.name);
    let home = token.home_organization.filter(|home| {
        home.id.is_some() && home.id != token.organization.as_ref().and_then(|own| own.id.clone())
    });
    Ok(Identity {
        organization,
        site,
        client: OauthClient { id, name, home_organization: home.and_then(|home| home.name.or(home.id)) },
        permissions,
        rate_limit: client.rate_limit(),
        limits,
    })
}

/// Lists all users, page by page.
pub async fn probe_users(client: &Client) -> GenesysResult<UsersProbe> {
    let (before, start) = (client.calls().so_far().len(), Instant::now());
    let users = client.call(&op::USERS).pages::<serde::de::IgnoredAny>(USERS_PAGE);
    let users = users.try_fold(0, |count, _| async move { Ok(count + 1) }).await?;
    let calls = client.calls().so_far();
    let calls = calls.get(before..).unwrap_or_default();
    let throttled = calls.iter().filter(|call| call.status == Some(429)).count();
    Ok(UsersProbe { users, requests: calls.len(), throttled, took: start.elapsed() })
}

/// What the API says of the caller's roles; where it does not, what reading a little shows.
async fn permissions(client: &Client) -> GenesysResult<Permissions> {
    if let Some(subject) = unless_refused(client.call(&op::SUBJECT).json::<Subject>().await)?
        && !subject.grants.is_empty()
    {
        let policies = subject.grants.into_iter().map(|grant| grant.role.and_then(|role| role.policies));
        return Ok(Permissions::granted(policies));
    }
    let mut seen = Vec::new();
    let small = |operation| client.call(operation).query("pageSize", &1);
    for read in [small(&op::INTEGRATIONS), small(&op::ACTIONS), client.call(&op::AUDIT_SERVICES)] {
        if let Some(access) = try_read(&read).await? {
            seen.push((read.permissions(), access));
        }
    }
    Ok(Permissions::Seen(seen))
}

/// Whether something may be read.
async fn try_read(read: &Request<'_>) -> GenesysResult<Option<Access>> {
    match read.done().await {
        Ok(()) => Ok(Some(Access::Granted)),
        Err(error) if error.kind == GenesysErrorKind::Forbidden => Ok(Some(Access::Missing)),
        Err(error) if is_refusal(error.kind) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `Ok(None)` where the API does not answer this question for a client like this one.
fn unless_refused<T>(result: GenesysResult<T>) -> GenesysResult<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_refusal(error.kind) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_refusal(kind: GenesysErrorKind) -> bool {
    matches!(kind, GenesysErrorKind::Forbidden | GenesysErrorKind::NotFound | GenesysErrorKind::InvalidInput)
}
