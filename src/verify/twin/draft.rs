//! A role's twin on paper: its name, its trust policy, its tags, and the writes that make and remove it. Pure.
//!
//! The twin is the role as AWS holds it, with two differences: its name, and the caller's ARN in its trust policy
//! wherever the role names the account of Genesys Cloud or somebody in it. A session names itself by its session's ARN,
//! which trusts exactly that session and needs no knowledge of its role's path (IAM User Guide, "Role session principals").

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::desired::aws::{OWNER_TAG, TWIN_ENDING, TWIN_TAG, twin_prefix};
use crate::iam::arn::{AccountId, RoleArn, RoleName, RolePath};
use crate::iam::principal::Principal;
use crate::observe::survey::Survey;
use crate::plan::Way;
use crate::plan::aws::{Change, Plan};
use crate::plan::storable::Unstorable;
use crate::ports::{CallerIdentity, RoleSpecification, Tags};
use rolecall_model::stored::StoredDocument;

/// After this, whoever looks after the account may remove the twin. A run takes seconds, and some minutes at most.
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);
/// The tag that says until when the twin may live.
const EXPIRY_TAG: &str = "rolecall:expires";
const DESCRIPTION: &str =
    "A throw-away copy of a role, for rolecall verify. Remove it with rolecall verify --sweep.";

/// Why there is no twin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// A caller of this kind can assume no role.
    #[error(
        "`{caller}` cannot assume a role, so a twin would show nothing; use the credentials of a user or of a role \
         session"
    )]
    CallerCannotAssume { caller: String },
    /// The trust policy has no form that a twin could have.
    #[error("a twin cannot have the role's trust policy: {reason}")]
    Trust {
        /// Why.
        reason: String,
    },
    /// IAM would not store the twin's trust policy.
    #[error("a twin cannot have the role's trust policy: {0}")]
    Unstorable(#[from] Unstorable),
}

/// A twin that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) role: RoleArn,
    pub(super) trust: StoredDocument,
    /// Whom the caller stands in for.
    pub(super) replaced: Vec<Principal>,
    /// The writes that make it. The role is the first.
    pub(super) making: Way,
}

impl Draft {
    /// The twin of the observed role; `ending` is the end of its name.
    pub(super) fn new(
        Survey { desired, observed, quotas, .. }: &Survey,
        genesys: &AccountId,
        ending: &str,
        now: Timestamp,
    ) -> Result<Self, DraftError> {
        let unusable = |reason: &str| DraftError::Trust { reason: reason.to_owned() };
        let original = observed.role.as_ref().ok_or_else(|| unusable("there is no role"))?;
        let caller = stand_in(&observed.caller)?;
        let exchanged = exchange(&original.trust, genesys, caller)?;
        let name = format!("{}{ending}", twin_prefix(&desired.role.name)).parse::<RoleName>();
        let name = name.map_err(|error| unusable(&error.to_string()))?;
        let path: RolePath = original.path.parse().map_err(|_| unusable("the role's path is not valid"))?;
        let role = RoleSpecification {
            name: name.clone(),
            path: path.clone(),
            description: DESCRIPTION.to_owned(),
            max_session_duration: original.max_session_duration,
            permissions_boundary: original.permissions_boundary.clone(),
            tags: tags(&original.tags, &desired.role.name, now),
            trust: exchanged.trust.clone(),
        };
        let inline = observed.inline.iter().map(|policy| Change::PutInlinePolicy {
            role: name.clone(),
            name: policy.name.clone(),
            document: policy.document.clone(),
        });
        let attached = observed.policies.iter().filter(|policy| policy.attached);
        let attached =
            attached.map(|policy| Change::AttachPolicy { role: name.clone(), arn: policy.arn.clone() });
        let creation = std::iter::once(Change::CreateRole { role });
        let making = Plan { changes: creation.chain(inline).chain(attached).collect(), foreign: Vec::new() };
        let making = Way::of_twin(making, observed, quotas).storable()?;
        let role = desired.home.role_arn(&name, &path);
        Ok(Self { role, trust: exchanged.trust, replaced: exchanged.replaced, making })
    }
}

/// The writes that undo these.
pub(super) fn undoing<'c>(
    changes: impl Iterator<Item = &'c Change>,
    Survey { observed, quotas, .. }: &Survey,
) -> Way {
    let undo = |change: &Change| match change.clone() {
        Change::CreateRole { role } => Some(Change::DeleteRole { role: role.name }),
        Change::PutInlinePolicy { role, name, document } => {
            Some(Change::DeleteInlinePolicy { role, name, before: Some(document) })
        }
        Change::AttachPolicy { role, arn } => Some(Change::DetachPolicy { role, arn, own: false }),
        Change::UpdateTrust { .. }
        | Change::PutBoundary { .. }
        | Change::DeleteBoundary { .. }
        | Change::UpdateRole { .. }
        | Change::TagRole { .. }
        | Change::CreatePolicy { .. }
        | Change::TagPolicy { .. }
        | Change::DeletePolicyVersion { .. }
        | Change::CreatePolicyVersion { .. }
        | Change::DetachPolicy { .. }
        | Change::DeletePolicy { .. }
        | Change::DeleteInlinePolicy { .. }
        | Change::DeleteRole { .. } => None,
    };
    Way::of_twin(Plan { changes: changes.filter_map(undo).collect(), foreign: Vec::new() }, observed, quotas)
}

/// How the caller is named in a trust policy, where it can assume roles at all.
fn stand_in(caller: &CallerIdentity) -> Result<&str, DraftError> {
    match caller.arn.parse() {
        Ok(Principal::User { .. } | Principal::RoleSession { .. }) => Ok(&caller.arn),
        // "You cannot call AssumeRole by using AWS account root user credentials" (STS API Reference), nor with a
        // session of GetFederationToken (IAM User Guide, "Compare AWS STS credentials").
        Ok(
            Principal::Root { .. }
            | Principal::FederatedUser { .. }
            | Principal::Role(_)
            | Principal::Service(_)
            | Principal::WebIdentity(_)
            | Principal::Saml(_)
            | Principal::Anonymous,
        )
        | Err(_) => Err(DraftError::CallerCannotAssume { caller: caller.arn.clone() }),
    }
}

/// The role's own tags decide too where a policy asks for `aws:PrincipalTag`. Those of AWS itself cannot be set, and the
/// mark of what `apply` made would be untrue.
fn tags(original: &Tags, role: &RoleName, now: Timestamp) -> Tags {
    let copied = original.iter().filter(|(key, _)| !key.starts_with("aws:") && *key != OWNER_TAG);
    let expiry = (now + LIFETIME).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let own = [(TWIN_TAG.to_owned(), role.to_string()), (EXPIRY_TAG.to_owned(), expiry)];
    copied.map(|(key, value)| (key.clone(), value.clone())).chain(own).collect()
}

/// Letters and digits for a name's end.
pub(super) fn random_ending() -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    (0..TWIN_ENDING).filter_map(|_| fastrand::choice(LETTERS)).copied().map(char::from).collect()
}

/// Whether a role of this name may be a twin of the role; its tag must say so too.
pub(super) fn is_twin_name(name: &RoleName, role: &RoleName) -> bool {
    let ending = name.as_str().strip_prefix(&twin_prefix(role));
    ending.is_some_and(|ending| {
        let is_ours = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        ending.len() == TWIN_ENDING && ending.chars().all(is_ours)
    })
}

#[derive(Debug)]
struct Exchanged {
    trust: StoredDocument,
    replaced: Vec<Principal>,
}

/// The trust policy with the caller in the place of everybody in Genesys Cloud's account. Others stay as they are, apart
/// from unique IDs whose owner is gone: they match nobody, and IAM stores them in no new policy.
fn exchange(trust: &StoredDocument, genesys: &AccountId, caller: &str) -> Result<Exchanged, DraftError> {
    let unusable = |reason: &str| DraftError::Trust { reason: reason.to_owned() };
    let mut document: Value = serde_json::from_str(trust.text()).map_err(|_| unusable("it is not JSON"))?;
    let statements = document.get_mut("Statement").ok_or_else(|| unusable("it has no statement"))?;
    if statements.is_object() {
        *statements = Value::Array(vec![statements.take()]);
    }
    let statements = statements.as_array_mut().ok_or_else(|| unusable("it has no statement"))?;
    let mut replaced = Vec::new();
    statements.retain_mut(|statement| {
        let Some(names) = statement.get_mut("Principal").and_then(|element| element.get_mut("AWS")) else {
            return true;
        };
        let mut kept: Vec<String> = Vec::new();
        for name in listed(names) {
            let name = match principal_within(&name, genesys) {
                Some(principal) => {
                    replaced.push(principal);
                    caller.to_owned()
                }
                None if is_orphan(&name) => continue,
                None => name,
            };
            if !kept.contains(&name) {
                kept.push(name);
            }
        }
        *names = Value::from(kept);
        *names != Value::Array(Vec::new())
    });
    if statements.is_empty() {
        return Err(unusable("it names no principal that exists"));
    }
    Ok(Exchanged { trust: document.to_string().into(), replaced })
}

fn listed(names: &Value) -> Vec<String> {
    let names = names.as_array().map_or(std::slice::from_ref(names), Vec::as_slice);
    names.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Who in the account is meant by a name in a principal element; where it is the account itself, some role of it.
fn principal_within(name: &str, account: &AccountId) -> Option<Principal> {
    let anybody = || format!("arn:aws:iam::{account}:role/anybody").parse().ok();
    if name == account.as_str() {
        return anybody();
    }
    let principal: Principal = name.parse().ok()?;
    if principal.account() != Some(account) {
        return None;
    }
    if matches!(principal, Principal::Root { .. }) { anybody() } else { Some(principal) }
}

/// Whether it is a unique ID such as `AROA…`, which IAM shows in the place of an ARN whose owner was deleted.
fn is_orphan(name: &str) -> bool {
    name.len() >= 16
        && name.starts_with('A')
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CALLER: &str = "arn:aws:sts::123456789012:assumed-role/ci/session";

    fn exchanged(trust: &Value) -> Result<Value, String> {
        let genesys = "765628985471".parse().unwrap();
        let exchanged =
            exchange(&trust.to_string().into(), &genesys, CALLER).map_err(|error| error.to_string())?;
        Ok(serde_json::from_str(exchanged.trust.text()).unwrap())
    }

    #[test]
    fn the_caller_takes_the_place_of_genesys_cloud() {
        let statement = |names: Value| json!({"Effect": "Allow", "Principal": {"AWS": names}, "Action": "sts:AssumeRole"});
        let trust = |names: Value| json!({"Version": "2012-10-17", "Statement": [statement(names)]});
        for genesys in
            ["765628985471", "arn:aws:iam::765628985471:root", "arn:aws:iam::765628985471:role/data-actions"]
        {
            assert_eq!(exchanged(&trust(json!(genesys))), Ok(trust(json!([CALLER]))));
        }
        let stranger = "arn:aws:iam::999999999999:root";
        assert_eq!(
            exchanged(&trust(json!([stranger, "765628985471", CALLER, "AROAEXAMPLEEXAMPLE123", "*"]))),
            Ok(trust(json!([stranger, CALLER, "*"])))
        );
        let alone = json!({"Version": "2012-10-17", "Statement": statement(json!("765628985471"))});
        assert_eq!(exchanged(&alone), Ok(trust(json!([CALLER]))));
        let service =
            json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]});
        assert_eq!(exchanged(&service), Ok(service));
        assert!(
            exchanged(&trust(json!("AROAEXAMPLEEXAMPLE123")))
                .unwrap_err()
                .contains("names no principal that exists")
        );
    }

    #[test]
    fn only_a_user_or_a_session_can_stand_in() {
        let may = |arn: &str| {
            let caller = CallerIdentity { account: "123456789012".parse().unwrap(), arn: arn.to_owned() };
            stand_in(&caller).is_ok()
        };
        assert!(may(CALLER) && may("arn:aws:iam::123456789012:user/ann"));
        for arn in ["arn:aws:iam::123456789012:root", "arn:aws:sts::123456789012:federated-user/ann", "?"] {
            assert!(!may(arn), "{arn}");
        }
    }

    #[test]
    fn a_twin_is_known_by_its_name() {
        let role: RoleName = "Genesys".parse().unwrap();
        let long: RoleName = "x".repeat(64).parse().unwrap();
        for role in [&role, &long] {
            let name: RoleName = format!("{}{}", twin_prefix(role), random_ending()).parse().unwrap();
            assert!(is_twin_name(&name, role), "{name}");
        }
        for other in
            ["Genesys-twin-", "Genesys-twin-ABCDEFGH", "Genesys-twin-abcdefghi", "Genesys2-twin-abcdefgh"]
        {
            assert!(!is_twin_name(&other.parse().unwrap(), &role), "{other}");
        }
        assert_ne!(random_ending(), random_ending());
    }
}
