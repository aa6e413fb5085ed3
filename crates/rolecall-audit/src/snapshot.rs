//! An account as `iam:GetAccountAuthorizationDetails` tells it: roles with their documents, read once.
//!
//! The shape is that of the API (IAM API Reference, `GetAccountAuthorizationDetails`): `RoleDetailList` and `Policies`. The AWS CLI
//! writes documents as JSON objects, the API itself as URL-encoded text; both are read. Several pages, or several accounts, are
//! one list.
//!
//! Invariant: a role that cannot be read in part stays in the list with the reason; it never hides the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rolecall_iam::arn::RoleArn;
use rolecall_iam::document::Document;
use serde::Deserialize;
use serde_json::Value;

/// A document, or why it cannot be read. Roles share the documents of managed policies.
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
    #[error("the answer is cut: there are more pages (`IsTruncated` or `NextToken`); save all of them, without `--max-items`")]
    Cut,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    role_detail_list: Option<Vec<Value>>,
    policies: Option<Vec<Value>>,
    #[serde(default)]
    is_truncated: bool,
    /// The AWS CLI writes it where `--max-items` cuts the answer.
    next_token: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoleDetail {
    arn: String,
    assume_role_policy_document: Option<Value>,
    role_policy_list: Option<Vec<InlinePolicy>>,
    attached_managed_policies: Option<Vec<AttachedPolicy>>,
    permissions_boundary: Option<Boundary>,
    role_last_used: Option<LastUsed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InlinePolicy {
    policy_name: String,
    policy_document: Option<Value>,
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
struct ManagedPolicy {
    arn: String,
    policy_version_list: Option<Vec<PolicyVersion>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyVersion {
    document: Option<Value>,
    #[serde(default)]
    is_default_version: bool,
}

impl Snapshot {
    /// Reads one saved answer, or an array of them.
    pub fn read(text: &str) -> Result<Self, SnapshotError> {
        let pages = match serde_json::from_str(text)? {
            Value::Array(pages) => pages,
            page => vec![page],
        };
        Self::of_pages(pages)
    }

    /// The roles of all pages. A policy may stand on another page than the role that has it.
    pub fn of_pages(pages: impl IntoIterator<Item = Value>) -> Result<Self, SnapshotError> {
        let (mut roles, mut managed) = (Vec::new(), BTreeMap::new());
        let (mut has_roles, mut is_cut) = (false, false);
        let mut unreadable = Vec::new();
        for page in pages {
            let Page { role_detail_list, policies, is_truncated, next_token } = serde_json::from_value(page)?;
            has_roles |= role_detail_list.is_some();
            is_cut = is_truncated || next_token.is_some_and(|token| !token.is_null());
            roles.extend(role_detail_list.into_iter().flatten());
            for policy in policies.into_iter().flatten() {
                match serde_json::from_value::<ManagedPolicy>(policy) {
                    Ok(policy) => drop(managed.insert(policy.arn.clone(), default_version(policy))),
                    Err(error) => unreadable.push(("a managed policy".to_owned(), error.to_string())),
                }
            }
        }
        if !has_roles {
            return Err(SnapshotError::NoRoles);
        }
        if is_cut {
            return Err(SnapshotError::Cut);
        }
        if roles.is_empty() {
            // Every account has roles as soon as it uses a service that needs one.
            unreadable.push(("the answer".to_owned(), "it has no role; was it made with `--filter`?".to_owned()));
        }
        let mut read = Vec::with_capacity(roles.len());
        for role in roles {
            let name = role.get("Arn").or_else(|| role.get("RoleName")).and_then(Value::as_str);
            let name = name.unwrap_or("a role without an ARN").to_owned();
            match serde_json::from_value::<RoleDetail>(role)
                .map_err(|error| error.to_string())
                .and_then(|role| of_detail(role, &managed))
            {
                Ok(role) => read.push(role),
                Err(reason) => unreadable.push((name, reason)),
            }
        }
        read.sort_by(|one, other| one.arn.cmp(&other.arn));
        Ok(Self { roles: read, unreadable })
    }
}

fn of_detail(role: RoleDetail, managed: &BTreeMap<String, ReadDocument>) -> Result<Role, String> {
    let named = |arn: String| {
        let missing = || Err(format!("the document of `{arn}` is not in the answer"));
        let document = managed.get(&arn).cloned().unwrap_or_else(missing);
        (arn, document)
    };
    let inline = role
        .role_policy_list
        .into_iter()
        .flatten()
        .map(|policy| (policy.policy_name, document(policy.policy_document)));
    let attached = role.attached_managed_policies.into_iter().flatten().map(|policy| named(policy.policy_arn));
    Ok(Role {
        arn: role.arn.parse().map_err(|error| format!("{error}"))?,
        trust: document(role.assume_role_policy_document),
        policies: inline.chain(attached).collect(),
        boundary: role.permissions_boundary.map(|boundary| named(boundary.permissions_boundary_arn)),
        last_used: role.role_last_used.and_then(|used| used.last_used_date),
    })
}

fn default_version(policy: ManagedPolicy) -> ReadDocument {
    let default = policy.policy_version_list.into_iter().flatten().find(|version| version.is_default_version);
    default.map_or_else(|| Err("no version is the default".to_owned()), |version| document(version.document))
}

/// A document in either form.
fn document(value: Option<Value>) -> ReadDocument {
    match value {
        None | Some(Value::Null) => Err("the answer has no document".to_owned()),
        Some(Value::String(encoded)) => {
            let text = percent_decode_str(&encoded).decode_utf8().map_err(|error| error.to_string())?;
            Document::parse(&text).map(Arc::new).map_err(|errors| errors.to_string())
        }
        Some(value) => Document::from_owned(value).map(Arc::new).map_err(|errors| errors.to_string()),
    }
}
