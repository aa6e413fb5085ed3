//! The OAuth client that rolecall is to Genesys Cloud: from the environment, or from a secret in AWS (Secrets Manager, or a
//! `SecureString` of SSM).
//!
//! The names are those of the official tools: `GENESYSCLOUD_OAUTHCLIENT_ID`, `GENESYSCLOUD_OAUTHCLIENT_SECRET` and
//! `GENESYSCLOUD_REGION` (README of platform-client-sdk-cli 166.0.0). There is no option for the secret: a command line
//! is seen by every user of the machine. A secret cannot be printed: `SecretString` redacts itself and is wiped.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::site::Site;
use rolecall_model::ports::secrets::ReadSecret;
use rolecall_model::ports::{AwsError, AwsErrorKind};
use rolecall_model::region::{Region, UnknownRegion};
use uuid::Uuid;

const ID: &str = "GENESYSCLOUD_OAUTHCLIENT_ID";
const SECRET: &str = "GENESYSCLOUD_OAUTHCLIENT_SECRET";
const REGION: &str = "GENESYSCLOUD_REGION";

/// An OAuth client of the grant type client credentials, and where it lives.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The client's ID.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: SecretString,
    /// Where it can get a token.
    pub site: Site,
}

impl Credentials {
    /// What no message may show: the secret, what HTTP makes of it and the ID, and whatever stands in the place of the ID and
    /// has not the form of one, because it may be the secret.
    pub(super) fn secrets(&self) -> Vec<SecretString> {
        let basic = format!("{}:{}", self.client_id, self.client_secret.expose_secret());
        let mut secrets = vec![self.client_secret.clone(), STANDARD.encode(basic).into()];
        secrets.extend((!self.has_form_of_id()).then(|| self.client_id.clone().into()));
        secrets
    }

    /// Whether the ID is a UUID, as those are that Genesys Cloud gives.
    fn has_form_of_id(&self) -> bool {
        Uuid::try_parse(&self.client_id).is_ok()
    }

    /// The client as messages name it.
    pub(super) fn client(&self) -> String {
        match self.has_form_of_id() {
            true => format!("the OAuth client `{}`", self.client_id),
            false => "the OAuth client (what stands in the place of its ID is no UUID, so it is not shown)"
                .to_owned(),
        }
    }

    /// Whether both are the same client with the same secret.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.client_id == other.client_id
            && self.client_secret.expose_secret() == other.client_secret.expose_secret()
    }
}

/// Where the credentials come from.
#[derive(Debug)]
pub enum CredentialSource {
    /// Read already: the environment does not change while a command runs.
    Fixed(Credentials),
    /// A secret; it may be rotated, so it is read again when Genesys Cloud refuses what it said.
    Secret {
        store: Box<dyn ReadSecret>,
        /// The manifest's region, where the secret names none.
        region: &'static Region,
    },
}

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// A variable is not set, or empty.
    #[error("{} not set: no OAuth client for Genesys Cloud", variables(missing))]
    Unset {
        /// The variables.
        missing: Vec<&'static str>,
    },
    /// A variable or a key of the secret has a value that cannot be right.
    #[error("{place} {fault}")]
    Wrong {
        /// The variable, or the secret and its key.
        place: String,
        /// What is wrong with it.
        fault: String,
    },
    /// A region that is none.
    #[error("{place}: {source}")]
    Region {
        /// The variable, or the secret and its key.
        place: String,
        /// What is wrong with it.
        source: UnknownRegion,
    },
    /// The manifest and the credentials are about different regions.
    #[error(
        "{place} says {stated}, but [genesys] in the manifest says {manifest}; an OAuth client works only in its own \
         region"
    )]
    OtherRegion {
        /// The variable, or the secret and its key.
        place: String,
        /// The region there.
        stated: &'static Region,
        /// The manifest's.
        manifest: &'static Region,
    },
    /// The secret is no JSON object.
    #[error("{secret} is not a JSON object with `client_id` and `client_secret`")]
    NotAnObject {
        /// What messages call the secret.
        secret: String,
    },
    /// The secret has no such key.
    #[error("{secret} has no `{key}`{}", instead(found))]
    MissingKey {
        /// What messages call the secret.
        secret: String,
        key: &'static str,
        /// Keys that it has and that look like it; or all of them.
        found: Vec<String>,
    },
    /// This build reads no parameters of SSM.
    #[error(
        "{section} names the parameter `{parameter}`, and this rolecall was built without SSM; build it with `--features ssm`, or \
         keep {what} in Secrets Manager (`secret`)"
    )]
    NoParameters {
        /// The section of the manifest.
        section: &'static str,
        /// What is kept there.
        what: &'static str,
        parameter: String,
    },
    /// The store did not answer.
    #[error("cannot read the OAuth client from {secret}: {source}{}", needed(source))]
    Store {
        /// What messages call the secret.
        secret: String,
        /// What AWS said.
        source: AwsError,
    },
}

impl CredentialSource {
    /// The credentials of the environment; `lookup` reads a variable, `manifest` is the region that the manifest names.
    pub fn from_environment(
        lookup: impl Fn(&str) -> Option<String>,
        manifest: Option<&'static Region>,
    ) -> Result<Self, CredentialError> {
        let value = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        let region = value(REGION);
        let mut missing: Vec<_> = [ID, SECRET].into_iter().filter(|name| value(name).is_none()).collect();
        missing.extend(Some(REGION).filter(|_| region.is_none() && manifest.is_none()));
        let (Some(client_id), Some(client_secret), true) = (value(ID), value(SECRET), missing.is_empty())
        else {
            return Err(CredentialError::Unset { missing });
        };
        let site = site(REGION, region.as_deref(), manifest)?;
        let Some(site) = site else { return Err(CredentialError::Unset { missing: vec![REGION] }) };
        Ok(Self::Fixed(Credentials {
            client_id: clean(ID, &client_id)?,
            client_secret: clean(SECRET, &client_secret)?.into(),
            site,
        }))
    }

    /// The credentials as they are now.
    pub(super) async fn read(&self) -> Result<Credentials, CredentialError> {
        match self {
            Self::Fixed(credentials) => Ok(credentials.clone()),
            Self::Secret { store, region } => {
                let secret = store.called();
                let text = store.read().await;
                let text =
                    text.map_err(|source| CredentialError::Store { secret: secret.clone(), source })?;
                from_secret(&secret, text.expose_secret(), region)
            }
        }
    }
}

/// The credentials in the text of a secret.
fn from_secret(secret: &str, text: &str, manifest: &'static Region) -> Result<Credentials, CredentialError> {
    let Ok(Value::Object(object)) = serde_json::from_str(text) else {
        return Err(CredentialError::NotAnObject { secret: secret.to_owned() });
    };
    let place = |key: &str| format!("`{key}` in {secret}");
    let text = |key: &'static str| match object.get(key) {
        None => Ok(None),
        Some(Value::String(value)) => clean(&place(key), value).map(Some),
        Some(_) => Err(CredentialError::Wrong { place: place(key), fault: "is not a text".to_owned() }),
    };
    let required = |key: &'static str| {
        text(key)?.ok_or_else(|| CredentialError::MissingKey {
            secret: secret.to_owned(),
            key,
            found: likely(key, &object),
        })
    };
    if object.contains_key("scope") || object.contains_key("scopes") {
        return Err(CredentialError::Wrong {
            place: place("scope"),
            fault: "does nothing: scopes do not apply to clients of the grant type client credentials, the roles on the \
                    client do; remove it"
                .to_owned(),
        });
    }
    let (client_id, client_secret) = (required("client_id")?, required("client_secret")?);
    let key = if object.contains_key("base_url") { "base_url" } else { "region" };
    let site = site(&place(key), text(key)?.as_deref(), Some(manifest)).map_err(without_value)?;
    let site = match site {
        Some(site) => site,
        None => Site::try_from(manifest)
            .map_err(|source| CredentialError::Region { place: place(key), source })?,
    };
    Ok(Credentials { client_id, client_secret: client_secret.into(), site })
}

/// Where a region or base path leads, and the manifest's region where there is none. They must agree; a base path on
/// this machine stands in the place of any region.
fn site(
    place: &str,
    given: Option<&str>,
    manifest: Option<&'static Region>,
) -> Result<Option<Site>, CredentialError> {
    let wrong = |source| CredentialError::Region { place: place.to_owned(), source };
    let Some(given) = given else {
        return manifest.map(|region| Site::try_from(region).map_err(wrong)).transpose();
    };
    let site: Site = given.parse().map_err(wrong)?;
    match (site.region, manifest) {
        (Some(stated), Some(manifest)) if stated != manifest => {
            Err(CredentialError::OtherRegion { place: place.to_owned(), stated, manifest })
        }
        (Some(_) | None, Some(_) | None) => Ok(Some(site)),
    }
}

/// The error without what stands in the place of the region: in a secret, it may be the client's secret under a wrong key.
fn without_value(error: CredentialError) -> CredentialError {
    match error {
        CredentialError::Region { place, source: UnknownRegion { given: _, way_out } } => {
            CredentialError::Wrong { place, fault: format!("is not a Genesys Cloud region; {way_out}") }
        }
        error @ (CredentialError::Unset { .. }
        | CredentialError::Wrong { .. }
        | CredentialError::OtherRegion { .. }
        | CredentialError::NotAnObject { .. }
        | CredentialError::MissingKey { .. }
        | CredentialError::NoParameters { .. }
        | CredentialError::Store { .. }) => error,
    }
}

/// A value without the line end that copying leaves; whatever else is not printable was not meant.
fn clean(place: &str, value: &str) -> Result<String, CredentialError> {
    let wrong = |fault: &str| CredentialError::Wrong { place: place.to_owned(), fault: fault.to_owned() };
    let value = value.trim();
    if value.is_empty() {
        return Err(wrong("is empty"));
    }
    if value.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Err(wrong("has white space within"));
    }
    Ok(value.to_owned())
}

/// The keys that somebody may have written for this one; all keys where none is like it. Names only, never values.
fn likely(key: &str, object: &Map<String, Value>) -> Vec<String> {
    let plain = |name: &str| {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    let wanted = plain(key);
    let is_like = |name: &&String| {
        let name = plain(name);
        name.ends_with(&wanted) || strsim::damerau_levenshtein(&name, &wanted) <= 2
    };
    let alike: Vec<String> = object.keys().filter(is_like).cloned().collect();
    if alike.is_empty() { object.keys().cloned().collect() } else { alike }
}

fn instead(found: &[String]) -> String {
    match found {
        [] => " and no other keys".to_owned(),
        found => format!("; it has `{}`", found.join("`, `")),
    }
}

fn needed(error: &AwsError) -> String {
    if error.kind != AwsErrorKind::AccessDenied {
        return String::new();
    }
    format!("; the caller needs the permission {}", error.operation)
}

fn variables(missing: &[&str]) -> String {
    match missing {
        [one] => format!("{one} is"),
        several => format!("{} are", several.join(" and ")),
    }
}

#[cfg(test)]
mod tests;
