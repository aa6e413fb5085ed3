//! The calls that a chain can consist of, and documents that leave some of them out.
//!
//! Source of which calls know `iam:PermissionsBoundary`: Service Authorization Reference, "Actions, resources, and condition
//! keys for AWS Identity and Access Management". `UpdateAssumeRolePolicy`, `TagRole` and the calls on policies do not. For
//! `CreateRole` and `PutRolePermissionsBoundary` the key is the boundary that is asked for, for the others the one in place
//! (IAM User Guide, "Permissions boundaries for IAM entities").

use serde_json::{Value, json};

use crate::document::Document;

pub(super) const BOUNDARY: &str = "iam:PermissionsBoundary";
pub(super) const POLICY: &str = "iam:PolicyARN";

pub(super) const CREATE_ROLE: &str = "iam:CreateRole";
pub(super) const UPDATE_TRUST: &str = "iam:UpdateAssumeRolePolicy";
pub(super) const PUT_BOUNDARY: &str = "iam:PutRolePermissionsBoundary";
pub(super) const DELETE_BOUNDARY: &str = "iam:DeleteRolePermissionsBoundary";
pub(super) const PUT_POLICY: &str = "iam:PutRolePolicy";
pub(super) const ATTACH: &str = "iam:AttachRolePolicy";
pub(super) const CREATE_POLICY: &str = "iam:CreatePolicy";
pub(super) const CREATE_VERSION: &str = "iam:CreatePolicyVersion";
pub(super) const SET_VERSION: &str = "iam:SetDefaultPolicyVersion";
pub(super) const ASSUME: &str = "sts:AssumeRole";

/// Calls that change nothing and give no credentials, whatever they are about.
const READS: [&str; 11] = [
    "access-analyzer:Check*",
    "access-analyzer:Validate*",
    "iam:Get*",
    "iam:List*",
    "iam:Simulate*",
    "lambda:GetFunctionConfiguration",
    "lambda:GetPolicy",
    "lambda:List*",
    "organizations:Describe*",
    "organizations:List*",
    "sts:GetCallerIdentity",
];

/// Calls about a role. Those that are not named above take something away from it, or give nothing: a tag, a description.
const ABOUT_ROLES: [&str; 14] = [
    UPDATE_TRUST,
    PUT_BOUNDARY,
    DELETE_BOUNDARY,
    PUT_POLICY,
    ATTACH,
    ASSUME,
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
    CREATE_ROLE,
];

/// Calls about a managed policy.
const ABOUT_POLICIES: [&str; 7] = [
    CREATE_POLICY,
    CREATE_VERSION,
    SET_VERSION,
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:TagPolicy",
    "iam:UntagPolicy",
];

/// A document of these statements; `None` only if a text in it is none that a policy can hold.
pub(super) fn document(statements: &[Value]) -> Option<Document> {
    Document::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).ok()
}

/// Denies the calls that [`super::steps`] looks at one by one, and those that are no step. What is still allowed is about
/// something else.
pub(super) fn everything_that_is_looked_at(roles: &[&str], policies: &str) -> Vec<Value> {
    vec![
        json!({"Effect": "Deny", "Action": READS, "Resource": "*"}),
        json!({"Effect": "Deny", "Action": ABOUT_ROLES, "Resource": roles}),
        json!({"Effect": "Deny", "Action": ABOUT_POLICIES, "Resource": policies}),
    ]
}

/// Denies a call where the boundary is this one.
pub(super) fn under(boundary: &str, action: &str) -> Value {
    json!({"Effect": "Deny", "Action": action, "Resource": "*", "Condition": {"StringEquals": {BOUNDARY: boundary}}})
}

/// Denies to attach the role's own policies.
pub(super) fn attaching(policies: &str) -> Value {
    json!({"Effect": "Deny", "Action": ATTACH, "Resource": "*", "Condition": {"ArnLike": {POLICY: policies}}})
}
