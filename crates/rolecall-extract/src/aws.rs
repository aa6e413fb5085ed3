//! What the AWS CLI prints about roles.

use std::collections::HashMap;

use serde_json::Value;

use super::role::{PermissionReader, RoleDocuments, Side, document, seconds};
use rolecall_iam::document::Document;

/// `aws iam get-role` and `list-roles`: trust policies, but not what the roles may do.
pub(super) fn roles<'v>(roles: impl IntoIterator<Item = &'v Value>) -> Vec<RoleDocuments> {
    roles.into_iter().map(|role| role_documents(role, Side::Absent)).collect()
}

/// `aws iam get-account-authorization-details`: roles with everything that is on them.
pub(super) fn authorization_details(details: &Value) -> Vec<RoleDocuments> {
    let policies: HashMap<&str, &Value> =
        items(details, "Policies").map(|policy| (text(policy, "Arn"), policy)).collect();
    let with_permissions = |role: &Value| {
        let mut permissions = PermissionReader::default();
        // An account description has both lists, also where they are empty; a filter can take them out.
        for list in ["RolePolicyList", "AttachedManagedPolicies"] {
            if !role.get(list).is_some_and(Value::is_array) {
                permissions.unknown([format!("`{list}` is not in the file")]);
            }
        }
        for policy in items(role, "RolePolicyList") {
            let name = format!("inline policy {}", text(policy, "PolicyName"));
            permissions.identity(&name, member(policy, "PolicyDocument"));
        }
        for policy in items(role, "AttachedManagedPolicies") {
            let arn = text(policy, "PolicyArn");
            permissions.identity(arn, managed_policy(policies.get(arn).copied()));
        }
        if let Some(boundary) = role.get("PermissionsBoundary") {
            let arn = text(boundary, "PermissionsBoundaryArn");
            permissions.boundary(arn, managed_policy(policies.get(arn).copied()));
        }
        role_documents(role, permissions.finish())
    };
    items(details, "RoleDetailList").map(with_permissions).collect()
}

/// The roles of a list, and a name for those that stand on its further pages (IAM API Reference: `IsTruncated` and `Marker`;
/// the AWS CLI with `--max-items`: `NextToken`).
pub(super) fn whole(mut roles: Vec<RoleDocuments>, list: &Value) -> Vec<RoleDocuments> {
    let is_cut =
        |key: &str| list.get(key).is_some_and(|value| !value.is_null() && *value != Value::Bool(false));
    if let Some(key) = ["IsTruncated", "Marker", "NextToken"].into_iter().find(|key| is_cut(key)) {
        let reason = format!("/{key}: the list goes on, and the file does not have the rest of it");
        roles.push(RoleDocuments::unread("the rest of the list", &reason));
    }
    roles
}

fn role_documents(role: &Value, permissions: Side<super::PermissionDocuments>) -> RoleDocuments {
    let arn = text(role, "Arn");
    let name = text(role, "RoleName");
    RoleDocuments {
        name: if arn.is_empty() { name } else { arn }.to_owned(),
        role_name: Some(name.to_owned()),
        arn: arn.parse().ok(),
        max_session_duration: role.get("MaxSessionDuration").and_then(seconds),
        trust: match member(role, "AssumeRolePolicyDocument") {
            Ok(trust) => Side::Known(trust),
            Err(reason) => Side::Unknown(vec![format!("the trust policy: {reason}")]),
        },
        permissions,
        trust_assumes: Vec::new(),
        permissions_assume: Vec::new(),
        notes: Vec::new(),
    }
}

/// The version in force of a managed policy.
fn managed_policy(policy: Option<&Value>) -> Result<Document, String> {
    let policy = policy
        .ok_or("its document is not in the file, which may have been made with a filter or in pages")?;
    let in_force = |version: &&Value| version.get("IsDefaultVersion").and_then(Value::as_bool) == Some(true);
    let version = items(policy, "PolicyVersionList").find(in_force);
    member(version.ok_or("its version in force is not in the file")?, "Document")
}

fn member(value: &Value, key: &str) -> Result<Document, String> {
    document(value.get(key).ok_or_else(|| format!("`{key}` is missing"))?)
}

fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
