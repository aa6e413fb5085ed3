//! Many roles of an account at once.
//!
//! `GetAccountAuthorizationDetails` pages through the roles with all that is on them and through the policies with their
//! documents. It leaves out a role's description and longest session, which `ListRoles` tells, and the tags of policies,
//! which only `GetPolicy` tells (API reference of `RoleDetail`, `ManagedPolicyDetail` and `ListRoles`).

use std::collections::{BTreeMap, HashMap, HashSet};

use aws_sdk_iam::primitives::DateTimeFormat;
use aws_sdk_iam::types::{EntityType, ManagedPolicyDetail, RoleDetail};
use tokio::try_join;

use super::Aws;
use super::error::{next_page, unexpected};
use super::read::{
    DEFAULT_SESSION, IAM_PAGE, boundary, decoded, policy_arn, role_identity, tags, version_record,
};
use rolecall_model::iam::arn::{PolicyArn, RoleName};
use rolecall_model::paging::Paging;
use rolecall_model::ports::{
    AccountDetails, Authorizations, AwsResult, PolicyDetails, PolicyRecord, ReadAccount, RoleAuthorization,
    RoleDetails, RoleRecord,
};
use rolecall_model::stored::StoredDocument;

const DETAILS: &str = "iam:GetAccountAuthorizationDetails";
const ROLES: &str = "iam:ListRoles";

/// What `ListRoles` tells beside the details.
struct Outline {
    description: String,
    max_session_duration: u32,
}

impl ReadAccount for Aws {
    async fn account_details(&self, wanted: &HashSet<RoleName>) -> AwsResult<AccountDetails> {
        let (mut details, mut outlines) = try_join!(self.details(wanted), self.outlines(wanted))?;
        for (name, role) in &mut details.roles {
            match (outlines.remove(name), role.as_mut()) {
                (Some(Outline { description, max_session_duration }), Some(role)) => {
                    role.record.description = description;
                    role.record.max_session_duration = max_session_duration;
                }
                (None, _) | (_, None) => *role = None,
            }
        }
        details.roles.extend(outlines.into_keys().map(|name| (name, None)));
        Ok(details)
    }

    async fn authorizations(&self) -> AwsResult<Authorizations> {
        let mut all = Authorizations::default();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            let call = self.iam.get_account_authorization_details();
            let call = call.filter(EntityType::Role).filter(EntityType::LocalManagedPolicy);
            let call = call.filter(EntityType::AwsManagedPolicy);
            let call = call.max_items(IAM_PAGE).set_marker(marker);
            let answer = self.patiently(DETAILS, || call.clone().send()).await?;
            for role in answer.role_detail_list() {
                match role_authorization(role) {
                    Ok(role) => all.roles.push(role),
                    Err(error) => {
                        let name = role.arn().or(role.role_name()).unwrap_or("a role without a name");
                        all.unreadable.push((name.to_owned(), error.to_string()));
                    }
                }
            }
            for policy in answer.policies() {
                // A policy that cannot be read is missing for the roles that have it, and each of them says so.
                let Ok(arn) = policy_arn(DETAILS, policy.arn()) else { continue };
                let in_force = policy.policy_version_list().iter().find(|version| version.is_default_version());
                if let Ok(document) = decoded(DETAILS, in_force.and_then(|version| version.document())) {
                    all.policies.insert(arn, document);
                }
            }
            marker = next_page(&mut paging, DETAILS, answer.marker.filter(|_| answer.is_truncated))?;
            if marker.is_none() {
                return Ok(all);
            }
        }
    }
}

impl Aws {
    async fn details(&self, wanted: &HashSet<RoleName>) -> AwsResult<AccountDetails> {
        let mut details = AccountDetails::default();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            let call = self.iam.get_account_authorization_details();
            let call = call.filter(EntityType::Role).filter(EntityType::LocalManagedPolicy);
            let call = call.max_items(IAM_PAGE).set_marker(marker);
            let answer = self.patiently(DETAILS, || call.clone().send()).await?;
            for role in answer.role_detail_list() {
                // A role whose name does not parse is none of ours.
                let name = role.role_name().unwrap_or_default().parse::<RoleName>().ok();
                if let Some(name) = name.filter(|name| wanted.contains(name)) {
                    details.roles.insert(name, Some(role_details(role)?));
                }
            }
            for policy in answer.policies() {
                let policy = policy_details(policy)?;
                details.policies.insert(policy.record.arn.clone(), policy);
            }
            marker = next_page(&mut paging, DETAILS, answer.marker.filter(|_| answer.is_truncated))?;
            if marker.is_none() {
                return Ok(details);
            }
        }
    }

    async fn outlines(&self, wanted: &HashSet<RoleName>) -> AwsResult<HashMap<RoleName, Outline>> {
        let mut outlines = HashMap::new();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            let call = self.iam.list_roles().max_items(IAM_PAGE).set_marker(marker);
            let answer = self.patiently(ROLES, || call.clone().send()).await?;
            for role in answer.roles() {
                let Some(name) = role.role_name().parse().ok().filter(|name| wanted.contains(name)) else {
                    continue;
                };
                let duration = role.max_session_duration().and_then(|seconds| seconds.try_into().ok());
                let description = role.description().unwrap_or_default().to_owned();
                outlines.insert(
                    name,
                    Outline { description, max_session_duration: duration.unwrap_or(DEFAULT_SESSION) },
                );
            }
            marker = next_page(&mut paging, ROLES, answer.marker.filter(|_| answer.is_truncated))?;
            if marker.is_none() {
                return Ok(outlines);
            }
        }
    }
}

/// The inline policies by name, and the managed policies.
fn policies_on(role: &RoleDetail) -> AwsResult<(BTreeMap<String, StoredDocument>, Vec<PolicyArn>)> {
    let inline = role.role_policy_list().iter().map(|policy| {
        let document = decoded(DETAILS, policy.policy_document())?;
        Ok((policy.policy_name().unwrap_or_default().to_owned(), document))
    });
    let attached =
        role.attached_managed_policies().iter().map(|policy| policy_arn(DETAILS, policy.policy_arn()));
    Ok((inline.collect::<AwsResult<_>>()?, attached.collect::<AwsResult<_>>()?))
}

fn role_authorization(role: &RoleDetail) -> AwsResult<RoleAuthorization> {
    let (inline, attached) = policies_on(role)?;
    let used = role.role_last_used().and_then(|used| used.last_used_date());
    Ok(RoleAuthorization {
        arn: role.arn().unwrap_or_default().parse().map_err(|error| unexpected(DETAILS, &error))?,
        trust: decoded(DETAILS, role.assume_role_policy_document())?,
        attached,
        inline,
        boundary: boundary(DETAILS, role.permissions_boundary())?,
        last_used: used.and_then(|date| date.fmt(DateTimeFormat::DateTime).ok()),
    })
}

fn role_details(role: &RoleDetail) -> AwsResult<RoleDetails> {
    let (inline, attached) = policies_on(role)?;
    Ok(RoleDetails {
        record: RoleRecord {
            identity: role_identity(role.arn()),
            path: role.path().unwrap_or_default().to_owned(),
            description: String::new(),
            max_session_duration: DEFAULT_SESSION,
            permissions_boundary: boundary(DETAILS, role.permissions_boundary())?,
            tags: tags(role.tags()),
            trust: decoded(DETAILS, role.assume_role_policy_document())?,
        },
        attached,
        inline,
    })
}

fn policy_details(policy: &ManagedPolicyDetail) -> AwsResult<PolicyDetails> {
    let versions = policy.policy_version_list();
    let in_force = versions.iter().find(|version| version.is_default_version());
    Ok(PolicyDetails {
        record: PolicyRecord {
            arn: policy_arn(DETAILS, policy.arn())?,
            default_version: policy.default_version_id().unwrap_or_default().to_owned(),
            attachment_count: policy.attachment_count().unwrap_or_default(),
            boundary_count: policy.permissions_boundary_usage_count().unwrap_or_default(),
            tags: None,
        },
        versions: versions.iter().map(version_record).collect(),
        document: decoded(DETAILS, in_force.and_then(|version| version.document()))?,
    })
}
