//! An account as `iam:GetAccountAuthorizationDetails` tells it: roles with their documents, read once.
//!
//! The shape is that of the API (IAM API Reference, `GetAccountAuthorizationDetails`): `RoleDetailList` and `Policies`. The AWS CLI
//! writes documents as JSON objects, the API itself as URL-encoded text; both are read. Several pages, or several accounts, are
//! one list.
//!
//! Invariants: a role that cannot be read in part stays in the list with the reason; it never hides the others. Documents with the
//! same text are one. The answer is held as text, and role after role is read from it, so that no tree of all of it is ever there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rolecall_iam::arn::RoleArn;
use rolecall_iam::document::Document;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A document, or why it cannot be read. Roles share documents with the same text.
pub type ReadDocument = Result<Arc<Document>, String>;

/// A role with everything that decides who can assume it and what its sessions can do, on the side of its account.
#[derive(Debug, Clone)]
pub struct Role {
    /// The ARN.
    pub arn: RoleArn,
    /// The trust policy.
    pub trust: ReadDocument,
    /// The inline and the attached managed policies, by name or ARN.
    pub policies: Vec<(String, ReadDocument)>,
    /// The permissions boundary, by ARN.
    pub boundary: Option<(String, ReadDocument)>,
    /// When the role was last used, as AWS tells it; `None` where it does not.
    pub last_used: Option<String>,
}

/// Roles of one or several accounts.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The roles, by ARN.
    pub roles: Vec<Role>,
    /// Entries that are no role that can be named, and why: what is known of the name, and the reason.
    pub unreadable: Vec<(String, String)>,
}

/// A file that is no answer of `GetAccountAuthorizationDetails`.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It is not JSON.
    #[error("this is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// It has no list of roles.
    #[error("no `RoleDetailList`: expected the output of `aws iam get-account-authorization-details`")]
    NoRoles,
    /// Its last page says that there are more.
    #[error(
        "the answer is cut: there are more pages (`IsTruncated` or `NextToken`); save all of them, without `--max-items`"
    )]
    Cut,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page<'t> {
    #[serde(borrow)]
    role_detail_list: Option<Vec<&'t RawValue>>,
    #[serde(borrow)]
    policies: Option<Vec<&'t RawValue>>,
    #[serde(default)]
    is_truncated: bool,
    /// The AWS CLI writes it where `--max-items` cuts the answer.
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoleDetail<'t> {
    arn: String,
    #[serde(borrow)]
    assume_role_policy_document: Option<&'t RawValue>,
    #[serde(borrow)]
    role_policy_list: Option<Vec<InlinePolicy<'t>>>,
    attached_managed_policies: Option<Vec<AttachedPolicy>>,
    permissions_boundary: Option<Boundary>,
    role_last_used: Option<LastUsed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InlinePolicy<'t> {
    policy_name: String,
    #[serde(borrow)]
    policy_document: Option<&'t RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AttachedPolicy {
    policy_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Boundary {
    permissions_boundary_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LastUsed {
    last_used_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ManagedPolicy<'t> {
    arn: String,
    #[serde(borrow)]
    policy_version_list: Option<Vec<PolicyVersion<'t>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyVersion<'t> {
    #[serde(borrow)]
    document: Option<&'t RawValue>,
    #[serde(default)]
    is_default_version: bool,
}

impl Snapshot {
    /// Reads one saved answer, or an array of them. A policy may stand on another page than the role that has it.
    pub fn read(text: &str) -> Result<Self, SnapshotError> {
        let pages: Vec<Page<'_>> = match text.trim_start().starts_with('[') {
            true => serde_json::from_str(text)?,
            false => vec![serde_json::from_str(text)?],
        };
        if pages.iter().all(|page| page.role_detail_list.is_none()) {
            return Err(SnapshotError::NoRoles);
        }
        if pages.last().is_some_and(|page| page.is_truncated || page.next_token.is_some()) {
            return Err(SnapshotError::Cut);
        }
        let (mut documents, mut managed, mut unreadable) =
            (Documents::default(), BTreeMap::new(), Vec::new());
        for policy in pages.iter().flat_map(|page| page.policies.iter().flatten()) {
            match serde_json::from_str::<ManagedPolicy<'_>>(policy.get()) {
                Ok(policy) => {
                    let document = documents.default_version(&policy);
                    managed.insert(policy.arn, document);
                }
                Err(error) => unreadable.push(("a managed policy".to_owned(), error.to_string())),
            }
        }
        let details = pages.iter().flat_map(|page| page.role_detail_list.iter().flatten());
        let mut roles = Vec::new();
        for detail in details {
            match serde_json::from_str::<RoleDetail<'_>>(detail.get())
                .map_err(|error| error.to_string())
                .and_then(|role| of_detail(role, &managed, &mut documents))
            {
                Ok(role) => roles.push(role),
                Err(reason) => unreadable.push((name_of(detail), reason)),
            }
        }
        if roles.is_empty() && unreadable.is_empty() {
            // Every account has roles as soon as it uses a service that needs one.
            unreadable
                .push(("the answer".to_owned(), "it has no role; was it made with `--filter`?".to_owned()));
        }
        roles.sort_by(|one, other| one.arn.cmp(&other.arn));
        Ok(Self { roles, unreadable })
    }
}

/// What is known of the name of a role that cannot be read.
fn name_of(detail: &RawValue) -> String {
    let role: Value = serde_json::from_str(detail.get()).unwrap_or_default();
    let name = role.get("Arn").or_else(|| role.get("RoleName")).and_then(Value::as_str);
    name.unwrap_or("a role without an ARN").to_owned()
}

fn of_detail<'t>(
    role: RoleDetail<'t>,
    managed: &BTreeMap<String, ReadDocument>,
    documents: &mut Documents<'t>,
) -> Result<Role, String> {
    let named = |arn: String| {
        let missing = || Err(format!("the document of `{arn}` is not in the answer"));
        let document = managed.get(&arn).cloned().unwrap_or_else(missing);
        (arn, document)
    };
    let arn = role.arn.parse().map_err(|error| format!("{error}"))?;
    let trust = documents.read(role.assume_role_policy_document);
    let inline = role.role_policy_list.into_iter().flatten();
    let inline = inline.map(|policy| (policy.policy_name, documents.read(policy.policy_document)));
    let attached =
        role.attached_managed_policies.into_iter().flatten().map(|policy| named(policy.policy_arn));
    Ok(Role {
        arn,
        trust,
        policies: inline.chain(attached).collect(),
        boundary: role.permissions_boundary.map(|boundary| named(boundary.permissions_boundary_arn)),
        last_used: role.role_last_used.and_then(|used| used.last_used_date),
    })
}

/// Documents by their text.
#[derive(Default)]
struct Documents<'t>(HashMap<&'t str, ReadDocument>);

impl<'t> Documents<'t> {
    fn default_version(&mut self, policy: &ManagedPolicy<'t>) -> ReadDocument {
        let default = policy.policy_version_list.iter().flatten().find(|version| version.is_default_version);
        let missing = || Err("no version is the default".to_owned());
        default.map_or_else(missing, |version| self.read(version.document))
    }

    fn read(&mut self, document: Option<&'t RawValue>) -> ReadDocument {
        let Some(raw) = document else { return Err("the answer has no document".to_owned()) };
        self.0.entry(raw.get()).or_insert_with(|| parsed(raw)).clone()
    }
}

/// A document in either form.
fn parsed(raw: &RawValue) -> ReadDocument {
    match serde_json::from_str(raw.get()).map_err(|error| error.to_string())? {
        Value::Null => Err("the answer has no document".to_owned()),
        Value::String(encoded) => {
            let text = percent_decode_str(&encoded).decode_utf8().map_err(|error| error.to_string())?;
            Document::parse(&text).map(Arc::new).map_err(|errors| errors.to_string())
        }
        value => Document::from_owned(value).map(Arc::new).map_err(|errors| errors.to_string()),
    }
}
