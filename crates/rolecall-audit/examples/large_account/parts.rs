//! What accounts are made of.

use serde_json::{Value, json};

pub(super) const ACCOUNT: &str = "123456789012";

pub(super) fn arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

pub(super) fn policy_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

pub(super) fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

pub(super) fn allow(action: Value, resource: Value) -> Value {
    json!({"Effect": "Allow", "Action": action, "Resource": resource})
}

pub(super) fn trust(action: &str, principal: Value, condition: Value) -> Value {
    document(json!([{"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition}]))
}

pub(super) fn service(name: &str) -> Value {
    document(json!([{
        "Effect": "Allow", "Principal": {"Service": format!("{name}.amazonaws.com")}, "Action": "sts:AssumeRole",
    }]))
}

pub(super) fn own() -> Value {
    document(json!([{
        "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole",
    }]))
}

/// What an account says of a role beside its name.
pub(super) struct Written {
    pub(super) trust: Value,
    pub(super) inline: Option<Value>,
    pub(super) managed: Vec<String>,
    pub(super) boundary: Option<String>,
    pub(super) path: &'static str,
}

/// A role as `GetAccountAuthorizationDetails` tells it.
pub(super) fn role(number: usize, written: Written) -> Value {
    let Written { trust, inline, managed, boundary, path } = written;
    let attached = managed.iter().map(|name| json!({"PolicyName": name, "PolicyArn": policy_arn(name)}));
    let inline =
        inline.map(|statements| json!({"PolicyName": "inline", "PolicyDocument": document(statements)}));
    let mut role = json!({
        "Path": format!("/{path}"),
        "RoleName": format!("role-{number}"),
        "RoleId": format!("AROA{number:017}"),
        "Arn": arn(&format!("{path}role-{number}")),
        "CreateDate": "2024-02-11T09:30:00+00:00",
        "AssumeRolePolicyDocument": trust,
        "RolePolicyList": inline.into_iter().collect::<Vec<_>>(),
        "AttachedManagedPolicies": attached.collect::<Vec<_>>(),
        "Tags": [{"Key": "team", "Value": format!("team-{}", number % 40)}],
        "RoleLastUsed": {"LastUsedDate": "2026-05-30T10:00:00+00:00", "Region": "eu-west-1"},
    });
    if let (Some(name), Some(role)) = (boundary, role.as_object_mut()) {
        role.insert(
            "PermissionsBoundary".to_owned(),
            json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy_arn(&name)}),
        );
    }
    role
}

/// A managed policy as `GetAccountAuthorizationDetails` tells it.
pub(super) fn policy(name: &str, statements: Value) -> Value {
    json!({
        "Arn": policy_arn(name),
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document(statements)}],
    })
}
