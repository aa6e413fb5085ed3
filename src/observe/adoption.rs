//! A live role → the manifest that describes it, for `init --from-role`. Pure.
//!
//! What the manifest cannot say is told, never dropped in silence: it would be removed by `apply --adopt`.

use serde_json::Value;

use crate::desired::aws::OWNER_TAG;
use crate::iam::arn::{AccountId, Arn, ExternalId, FunctionArn, RoleName};
use crate::manifest::{Access, Boundary, Genesys, Manifest, Party, Role, Target, Verify};
use crate::observe::aws::Observed;
use crate::ports::RoleRecord;
use rolecall_model::region::Region;

/// Why a role cannot be described by a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdoptionError {
    /// There is no such role.
    #[error("there is no role `{role}` in account {account}")]
    NoRole { role: RoleName, account: AccountId },
    /// The trust policy has no single external ID.
    #[error("the trust policy of role `{role}` does not require exactly one external ID: {found}")]
    NoExternalId {
        role: RoleName,
        /// What it asks for.
        found: String,
    },
    /// The role is of another account than the credentials.
    #[error("role `{role}` is of account {stated}, but the credentials are of account {found}")]
    OtherAccount {
        role: RoleName,
        /// The account in its ARN.
        stated: AccountId,
        /// The account of the credentials.
        found: AccountId,
    },
    /// The policies name no function.
    #[error("the policies of role `{role}` name no Lambda function that it may invoke")]
    NoTargets { role: RoleName },
    /// Something has a form that the manifest cannot hold.
    #[error("role `{role}`: {reason}")]
    Unfit {
        role: RoleName,
        /// What does not fit.
        reason: String,
    },
}

/// What somebody says of a role instead of the role itself.
#[derive(Clone, Debug, Default)]
pub struct Corrections {
    /// The account in the role's ARN, where it was named by one.
    pub account: Option<AccountId>,
    pub organization_id: Option<ExternalId>,
    /// Genesys Cloud's account.
    pub trusted_account: Option<AccountId>,
    /// The functions; none are those that the policies name.
    pub targets: Vec<Target>,
}

/// The region of Genesys Cloud that a role is for, as far as the role shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HomeRegion {
    /// Genesys Cloud uses the account that the role trusts in this region alone.
    Known { region: &'static Region, account: AccountId },
    /// Genesys Cloud uses the account in several regions.
    Shared {
        account: AccountId,
        /// The one of these regions in which all the functions are, where there is one: a guess, because functions may be in
        /// any region.
        likely: Option<&'static Region>,
    },
    /// No account is trusted that Genesys has published.
    Unknown,
}

/// In which region of Genesys Cloud the role's organization may live.
pub fn regions_of(
    name: &RoleName,
    observed: &Observed,
    corrections: &Corrections,
) -> Result<HomeRegion, AdoptionError> {
    let role = role_of(name, observed, corrections)?;
    let trust = role.trust.parsed().map_err(|error| unfit(name, &error))?.canonical();
    let trusted = match &corrections.trusted_account {
        Some(stated) => vec![stated.clone()],
        None => whole_accounts(&trust).0,
    };
    let of = |account: &AccountId| Region::of_account(account).collect::<Vec<_>>();
    let published = trusted.into_iter().map(|account| (of(&account), account));
    Ok(match published.into_iter().find(|(regions, _)| !regions.is_empty()) {
        None => HomeRegion::Unknown,
        Some((regions, account)) => match regions.as_slice() {
            [region] => HomeRegion::Known { region, account },
            regions => {
                let found = targets(observed, &mut Vec::new());
                let mut names: Vec<_> = found.iter().chain(&corrections.targets).collect();
                names.retain(|target| target.region.is_some());
                let is_home = |region: &Region| {
                    let is_there = |target: &&Target| {
                        target.region.as_ref().is_some_and(|there| there.as_str() == region.aws_region)
                    };
                    !names.is_empty() && names.iter().all(is_there)
                };
                HomeRegion::Shared { account, likely: regions.iter().copied().find(|region| is_home(region)) }
            }
        },
    })
}

fn unfit(name: &RoleName, reason: &dyn ToString) -> AdoptionError {
    AdoptionError::Unfit { role: name.clone(), reason: reason.to_string() }
}

/// The role, where it is there and of the account that was named.
fn role_of<'o>(
    name: &RoleName,
    observed: &'o Observed,
    corrections: &Corrections,
) -> Result<&'o RoleRecord, AdoptionError> {
    let account = observed.caller.account.clone();
    if let Some(stated) = corrections.account.as_ref().filter(|stated| **stated != account) {
        let (role, stated) = (name.clone(), stated.clone());
        return Err(AdoptionError::OtherAccount { role, stated, found: account });
    }
    observed.role.as_ref().ok_or_else(|| AdoptionError::NoRole { role: name.clone(), account })
}

/// The manifest of a live role, and what it leaves out or says differently.
pub fn manifest_of(
    name: &RoleName,
    observed: &Observed,
    region: &'static Region,
    corrections: &Corrections,
) -> Result<(Manifest, Vec<String>), AdoptionError> {
    let unfit = |reason: &dyn ToString| unfit(name, reason);
    let role = role_of(name, observed, corrections)?;
    let trust = role.trust.parsed().map_err(|error| unfit(&error))?.canonical();
    let mut notes = Vec::new();
    let organization_id = match (&corrections.organization_id, external_id(name, &trust)) {
        (None, found) => found?,
        (Some(stated), Ok(found)) if *stated == found => found,
        (Some(stated), Ok(found)) => {
            notes.push(format!(
                "the trust policy requires the external ID `{found}`; the manifest says `{stated}`"
            ));
            stated.clone()
        }
        (Some(stated), Err(_)) => {
            notes.push(format!(
                "the trust policy does not require exactly one external ID; the manifest requires `{stated}`"
            ));
            stated.clone()
        }
    };
    let found = trusted_account(&trust, region, corrections.trusted_account.as_ref(), &mut notes);
    let trusted_account = match (corrections.trusted_account.clone(), found, region.trusted_account()) {
        (None, Some(found), _) => found,
        (Some(stated), Some(found), _) if stated == found => found,
        (Some(account), _, _) | (None, None, Some(account)) => {
            notes.push(format!("the trust policy does not name account {account}; the manifest trusts it"));
            account
        }
        (None, None, None) => {
            return Err(unfit(&"its trust policy names no whole account (`arn:aws:iam::…:root`)"));
        }
    };
    let found = targets(observed, &mut notes);
    let targets = if corrections.targets.is_empty() { found.clone() } else { corrections.targets.clone() };
    if targets.is_empty() {
        return Err(AdoptionError::NoTargets { role: name.clone() });
    }
    for left_out in found
        .iter()
        .filter(|found| targets.iter().all(|target| !is_same(target, found, &observed.caller.account)))
    {
        notes.push(format!("the policies allow the function `{left_out}`, which the manifest leaves out"));
    }
    for key in role.tags.keys().filter(|key| is_of_aws(key)) {
        notes.push(format!("the tag `{key}` is AWS's own; the manifest leaves it out, and AWS keeps it"));
    }
    let RoleRecord { path, description, max_session_duration, permissions_boundary, tags, .. } = role;
    let manifest = Manifest {
        folder: Default::default(),
        party: Party::Genesys(Genesys {
            region,
            organization_id: Some(organization_id),
            trusted_account,
            managed_by: None,
            credentials: None,
            further: Vec::new(),
            integration: None,
            web_services_credential: None,
        }),
        invokers: Default::default(),
        // What else the role can do is told by its proof.
        grants: Vec::new(),
        role: Role {
            name: name.clone(),
            path: path.parse().map_err(|error| unfit(&error))?,
            description: Some(description.clone()).filter(|text| !text.is_empty()),
            max_session_duration: *max_session_duration,
            permissions_boundary: permissions_boundary.clone().map(Boundary::Policy),
            tags: tags
                .iter()
                .filter(|(key, _)| *key != OWNER_TAG && !is_of_aws(key))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            managed_by: None,
        },
        targets,
        access: Access::default(),
        verify: Verify::default(),
        notify: None,
        actions: Vec::new(),
    };
    Ok((manifest, notes))
}

/// Whether only AWS itself sets such a tag.
fn is_of_aws(key: &str) -> bool {
    key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
}

/// Whether a target that somebody named is this function of the role's account.
fn is_same(named: &Target, found: &Target, account: &AccountId) -> bool {
    named.function == found.function
        && named.qualifier == found.qualifier
        && named.region.as_ref().is_none_or(|region| Some(region) == found.region.as_ref())
        && named.account.as_ref().unwrap_or(account) == found.account.as_ref().unwrap_or(account)
}

fn strings<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v str> {
    let values = value.get(key);
    let list = values.and_then(Value::as_array).into_iter().flatten();
    values.and_then(Value::as_str).into_iter().chain(list.filter_map(Value::as_str))
}

fn statements(document: &Value) -> impl Iterator<Item = &Value> {
    document.get("Statement").and_then(Value::as_array).into_iter().flatten()
}

/// The external ID, where exactly one is asked for by equality.
fn external_id(role: &RoleName, trust: &Value) -> Result<ExternalId, AdoptionError> {
    let equals =
        |statement: &Value| statement.pointer("/Condition/StringEquals").cloned().unwrap_or_default();
    let mut ids: Vec<String> = Vec::new();
    for statement in statements(trust) {
        let equals = equals(statement);
        let keys = equals.as_object().into_iter().flat_map(|keys| keys.keys().cloned().collect::<Vec<_>>());
        for key in keys.filter(|key| key.eq_ignore_ascii_case("sts:ExternalId")) {
            ids.extend(strings(&equals, &key).map(str::to_owned));
        }
    }
    ids.dedup();
    let found = || match ids.as_slice() {
        [] => "no statement compares `sts:ExternalId` with `StringEquals`".to_owned(),
        ids => format!("it accepts `{}`", ids.join("`, `")),
    };
    match ids.as_slice() {
        [id] => id.parse().map_err(|_| AdoptionError::NoExternalId { role: role.clone(), found: found() }),
        _ => Err(AdoptionError::NoExternalId { role: role.clone(), found: found() }),
    }
}

/// The whole account that is trusted: the one that was named, else the region's own, where it is among them.
fn trusted_account(
    trust: &Value,
    region: &Region,
    named: Option<&AccountId>,
    notes: &mut Vec<String>,
) -> Option<AccountId> {
    let (mut accounts, others) = whole_accounts(trust);
    notes.extend(
        others
            .iter()
            .map(|other| format!("the trust policy also names `{other}`, which the manifest leaves out")),
    );
    let official = named.cloned().or_else(|| region.trusted_account());
    let position = accounts.iter().position(|account| Some(account) == official.as_ref()).unwrap_or_default();
    let chosen = (position < accounts.len()).then(|| accounts.remove(position));
    for other in accounts.iter().filter(|other| Some(*other) != chosen.as_ref()) {
        notes.push(format!("the trust policy also names account {other}, which the manifest leaves out"));
    }
    chosen
}

/// The whole accounts that a trust policy names, and its other principals.
fn whole_accounts(trust: &Value) -> (Vec<AccountId>, Vec<String>) {
    let (mut accounts, mut others) = (Vec::new(), Vec::new());
    for statement in statements(trust) {
        let principals = statement.get("Principal").cloned().unwrap_or_default();
        for principal in strings(&principals, "AWS") {
            let account =
                principal.parse::<Arn>().ok().filter(|arn| arn.resource == "root").map(|arn| arn.account);
            match account.unwrap_or_else(|| principal.to_owned()).parse() {
                Ok(account) => accounts.push(account),
                Err(_) => others.push(principal.to_owned()),
            }
        }
    }
    (accounts, others)
}

/// Every function that some policy on the role names.
fn targets(observed: &Observed, notes: &mut Vec<String>) -> Vec<Target> {
    let managed = observed.policies.iter().filter(|policy| policy.attached);
    let managed = managed.filter_map(|policy| Some((policy.arn.to_string(), policy.document.as_ref()?)));
    let inline = observed.inline.iter().map(|policy| (policy.name.clone(), &policy.document));
    let mut targets: Vec<Target> = Vec::new();
    for (policy, text) in managed.chain(inline) {
        let Some(document) = text.document() else {
            notes.push(format!("policy `{policy}` could not be read, and is left out"));
            continue;
        };
        for statement in statements(&document.canonical()) {
            let invokes = strings(statement, "Action")
                .all(|action| action.eq_ignore_ascii_case("lambda:InvokeFunction"));
            if !invokes || statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
                notes.push(format!(
                    "policy `{policy}` does more than invoke functions; the manifest leaves that out"
                ));
                continue;
            }
            for resource in strings(statement, "Resource") {
                match resource.parse::<FunctionArn>() {
                    Ok(function) => {
                        let target = Target {
                            function: function.name,
                            qualifier: function.qualifier,
                            region: Some(function.region),
                            account: Some(function.account),
                            partition: Some(function.partition),
                        };
                        if !targets.contains(&target) {
                            targets.push(target);
                        }
                    }
                    Err(_) => notes.push(format!(
                        "policy `{policy}` allows `{resource}`, which is not one function; the manifest leaves it out"
                    )),
                }
            }
        }
    }
    targets
}
