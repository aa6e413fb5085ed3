//! One write to AWS, with every argument it needs and what it replaces.

use std::collections::BTreeMap;

use crate::iam::arn::{PolicyArn, RoleName};
use crate::ports::{PolicySpecification, RoleSpecification, Tags};
use rolecall_model::stored::StoredDocument;

/// A tag's value before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagChange {
    /// The value that it had, if any.
    pub before: Option<String>,
    /// The value that it gets.
    pub after: String,
}

/// The description and the longest session in seconds: IAM sets them with one call.
pub type RoleSettings = (String, u32);

/// Which write of a trust policy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustStep {
    Wanted,
    /// What the old and the wanted one have in common, for as long as the other changes take.
    Shared,
    /// Nobody is let in for as long as the other changes take.
    Closed,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    CreateRole { role: RoleSpecification },
    UpdateTrust { role: RoleName, before: StoredDocument, after: StoredDocument, step: TrustStep },
    PutBoundary { role: RoleName, before: Option<PolicyArn>, after: PolicyArn },
    DeleteBoundary { role: RoleName, before: PolicyArn },
    UpdateRole { role: RoleName, before: RoleSettings, after: RoleSettings },
    TagRole { role: RoleName, tags: BTreeMap<String, TagChange> },
    CreatePolicy { arn: PolicyArn, policy: PolicySpecification },
    TagPolicy { arn: PolicyArn, tags: BTreeMap<String, TagChange> },
    DeletePolicyVersion { arn: PolicyArn, version: String },
    CreatePolicyVersion { arn: PolicyArn, before: Option<StoredDocument>, after: StoredDocument },
    AttachPolicy { role: RoleName, arn: PolicyArn },
    DetachPolicy { role: RoleName, arn: PolicyArn, own: bool },
    DeletePolicy { arn: PolicyArn, before: Option<StoredDocument> },
    PutInlinePolicy { role: RoleName, name: String, document: StoredDocument },
    DeleteInlinePolicy { role: RoleName, name: String, before: Option<StoredDocument> },
    DeleteRole { role: RoleName },
}

impl Change {
    /// The operation as IAM names it; also the permission that it needs.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreateRole { .. } => "iam:CreateRole",
            Self::UpdateTrust { .. } => "iam:UpdateAssumeRolePolicy",
            Self::PutBoundary { .. } => "iam:PutRolePermissionsBoundary",
            Self::DeleteBoundary { .. } => "iam:DeleteRolePermissionsBoundary",
            Self::UpdateRole { .. } => "iam:UpdateRole",
            Self::TagRole { .. } => "iam:TagRole",
            Self::CreatePolicy { .. } => "iam:CreatePolicy",
            Self::TagPolicy { .. } => "iam:TagPolicy",
            Self::DeletePolicyVersion { .. } => "iam:DeletePolicyVersion",
            Self::CreatePolicyVersion { .. } => "iam:CreatePolicyVersion",
            Self::AttachPolicy { .. } => "iam:AttachRolePolicy",
            Self::DetachPolicy { .. } => "iam:DetachRolePolicy",
            Self::DeletePolicy { .. } => "iam:DeletePolicy",
            Self::PutInlinePolicy { .. } => "iam:PutRolePolicy",
            Self::DeleteInlinePolicy { .. } => "iam:DeleteRolePolicy",
            Self::DeleteRole { .. } => "iam:DeleteRole",
        }
    }
}

/// The values that the tags get.
pub(crate) fn new_values(tags: &BTreeMap<String, TagChange>) -> Tags {
    tags.iter().map(|(key, change)| (key.clone(), change.after.clone())).collect()
}
