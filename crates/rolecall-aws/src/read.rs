//! The read port on the SDK.

use aws_sdk_iam::types::{AttachedPermissionsBoundary, PolicyScopeType, PolicyVersion, Tag};
use percent_encoding::percent_decode_str;

use super::Aws;
use super::error::{next_page, optional, unexpected};
use rolecall_model::iam::arn::{FunctionArn, Partition, PolicyArn, PolicyPath, Region, RoleName, RolePath};
use rolecall_model::paging::Paging;
use rolecall_model::ports::{
    AccountQuotas, AwsResult, CallerIdentity, FunctionAddress, PolicyRecord, PolicyVersionRecord, Read,
    RoleIdentity, RoleRecord, Tags,
};
use rolecall_model::stored::StoredDocument;

/// The most that IAM gives on a page.
pub(super) const IAM_PAGE: i32 = 1000;
/// The most that Lambda gives on a page, whatever is asked for.
const LAMBDA_PAGE: i32 = 50;
/// The partition of an account that was named by its number alone.
const DEFAULT_PARTITION: &str = "aws";
/// `MaxSessionDuration` where IAM leaves it out.
pub(super) const DEFAULT_SESSION: u32 = 3600;

impl Read for Aws {
    async fn caller(&self) -> AwsResult<CallerIdentity> {
        const OPERATION: &str = "sts:GetCallerIdentity";
        let call = self.sts.get_caller_identity();
        let answer = self.patiently(OPERATION, || call.clone().send()).await?;
        let account = answer.account().unwrap_or_default().parse().map_err(|e| unexpected(OPERATION, &e))?;
        Ok(CallerIdentity { account, arn: answer.arn().unwrap_or_default().to_owned() })
    }

    async fn role(&self, role: &RoleName) -> AwsResult<Option<RoleRecord>> {
        const OPERATION: &str = "iam:GetRole";
        let call = self.iam.get_role().role_name(role.as_str());
        let answer = self.patiently(OPERATION, || call.clone().send()).await;
        let Some(answer) = optional(answer)? else { return Ok(None) };
        let role = answer.role().ok_or_else(|| unexpected(OPERATION, &"the answer contains no role"))?;
        Ok(Some(RoleRecord {
            identity: role_identity(Some(role.arn())),
            path: role.path().to_owned(),
            description: role.description().unwrap_or_default().to_owned(),
            max_session_duration: role
                .max_session_duration()
                .and_then(|seconds| seconds.try_into().ok())
                .unwrap_or(DEFAULT_SESSION),
            permissions_boundary: boundary(OPERATION, role.permissions_boundary())?,
            tags: tags(role.tags()),
            trust: decoded(OPERATION, role.assume_role_policy_document())?,
        }))
    }

    async fn attached_policies(&self, role: &RoleName) -> AwsResult<Option<Vec<PolicyArn>>> {
        const OPERATION: &str = "iam:ListAttachedRolePolicies";
        let mut policies = Vec::new();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            let call = self.iam.list_attached_role_policies().role_name(role.as_str());
            let call = call.max_items(IAM_PAGE).set_marker(marker);
            let answer = self.patiently(OPERATION, || call.clone().send()).await;
            let Some(answer) = optional(answer)? else {
                return Ok(None);
            };
            for policy in answer.attached_policies() {
                policies.push(policy_arn(OPERATION, policy.policy_arn())?);
            }
            marker = next_page(&mut paging, OPERATION, answer.marker.filter(|_| answer.is_truncated))?;
            if marker.is_none() {
                return Ok(Some(policies));
            }
        }
    }

    async fn inline_policy_names(&self, role: &RoleName) -> AwsResult<Option<Vec<String>>> {
        const OPERATION: &str = "iam:ListRolePolicies";
        let mut names = Vec::new();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            let call = self.iam.list_role_policies().role_name(role.as_str());
            let call = call.max_items(IAM_PAGE).set_marker(marker);
            let answer = self.patiently(OPERATION, || call.clone().send()).await;
            let Some(answer) = optional(answer)? else {
                return Ok(None);
            };
            names.extend(answer.policy_names);
            marker = next_page(&mut paging, OPERATION, answer.marker.filter(|_| answer.is_truncated))?;
            if marker.is_none() {
                return Ok(Some(names));
            }
        }
    }

    async fn inline_policy(&self, role: &RoleName, policy: &str) -> AwsResult<Option<StoredDocument>> {
        const OPERATION: &str = "iam:GetRolePolicy";
        let call = self.iam.get_role_policy().role_name(role.as_str()).policy_name(policy);
        let answer = self.patiently(OPERATION, || call.clone().send()).await;
        match optional(answer)? {
            Some(answer) => decoded(OPERATION, Some(answer.policy_document())).map(Some),
            None => Ok(None),
        }
    }

    async fn policies_under(&self, path: &PolicyPath) -> AwsResult<Vec<PolicyRecord>> {
        const OPERATION: &str = "iam:ListPolicies";
        let mut policies = Vec::new();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            let call = self.iam.list_policies().scope(PolicyScopeType::Local).path_prefix(path.as_str());
            let call = call.max_items(IAM_PAGE).set_marker(marker);
            let answer = self.patiently(OPERATION, || call.clone().send()).await;
            let answer = answer?;
            for policy in answer.policies().iter().filter(|policy| policy.path() == Some(path.as_str())) {
                policies.push(PolicyRecord {
                    arn: policy_arn(OPERATION, policy.arn())?,
                    default_version: policy.default_version_id().unwrap_or_default().to_owned(),
                    attachment_count: policy.attachment_count().unwrap_or_default(),
                    boundary_count: policy.permissions_boundary_usage_count().unwrap_or_default(),
                    tags: None,
                });
            }
            marker = next_page(&mut paging, OPERATION, answer.marker.filter(|_| answer.is_truncated))?;
            if marker.is_none() {
                return Ok(policies);
            }
        }
    }

    async fn policy_arns(&self) -> AwsResult<Vec<PolicyArn>> {
        const OPERATION: &str = "iam:ListPolicies";
        let mut arns = Vec::new();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            let call = self.iam.list_policies().scope(PolicyScopeType::Local);
            let call = call.max_items(IAM_PAGE).set_marker(marker);
            let answer = self.patiently(OPERATION, || call.clone().send()).await?;
            // A policy whose name rolecall does not read has none that it would make.
            arns.extend(
                answer.policies().iter().filter_map(|policy| policy_arn(OPERATION, policy.arn()).ok()),
            );
            marker = next_page(&mut paging, OPERATION, answer.marker.filter(|_| answer.is_truncated))?;
            if marker.is_none() {
                return Ok(arns);
            }
        }
    }

    async fn policy(&self, arn: &PolicyArn) -> AwsResult<Option<PolicyRecord>> {
        const OPERATION: &str = "iam:GetPolicy";
        let call = self.iam.get_policy().policy_arn(arn.to_string());
        let answer = self.patiently(OPERATION, || call.clone().send()).await;
        let Some(answer) = optional(answer)? else { return Ok(None) };
        let policy =
            answer.policy().ok_or_else(|| unexpected(OPERATION, &"the answer contains no policy"))?;
        Ok(Some(PolicyRecord {
            arn: arn.clone(),
            default_version: policy.default_version_id().unwrap_or_default().to_owned(),
            attachment_count: policy.attachment_count().unwrap_or_default(),
            boundary_count: policy.permissions_boundary_usage_count().unwrap_or_default(),
            tags: Some(tags(policy.tags())),
        }))
    }

    async fn policy_versions(&self, arn: &PolicyArn) -> AwsResult<Vec<PolicyVersionRecord>> {
        const OPERATION: &str = "iam:ListPolicyVersions";
        // A managed policy has at most five versions, so there is one page.
        let call = self.iam.list_policy_versions().policy_arn(arn.to_string());
        let answer = self.patiently(OPERATION, || call.clone().send()).await;
        let answer = optional(answer)?;
        Ok(answer.map_or_else(Vec::new, |answer| answer.versions().iter().map(version_record).collect()))
    }

    async fn policy_document(&self, arn: &PolicyArn, version: &str) -> AwsResult<Option<StoredDocument>> {
        const OPERATION: &str = "iam:GetPolicyVersion";
        let call = self.iam.get_policy_version().policy_arn(arn.to_string()).version_id(version);
        let answer = self.patiently(OPERATION, || call.clone().send()).await;
        match optional(answer)? {
            Some(answer) => {
                decoded(OPERATION, answer.policy_version().and_then(|version| version.document())).map(Some)
            }
            None => Ok(None),
        }
    }

    async fn function(&self, address: &FunctionAddress) -> AwsResult<Option<FunctionArn>> {
        const OPERATION: &str = "lambda:GetFunctionConfiguration";
        self.turn(&self.limits.lambda_control_plane).await;
        let _place = self.limits.lambda_in_flight.acquire().await;
        let FunctionAddress { region, qualifier, .. } = address;
        let call = self
            .lambda(region)
            .get_function_configuration()
            .function_name(function_name(address))
            .set_qualifier(qualifier.as_ref().map(ToString::to_string));
        let answer = self.patiently(OPERATION, || call.clone().send()).await;
        match optional(answer)? {
            Some(answer) => function_arn(OPERATION, answer.function_arn()).map(Some),
            None => Ok(None),
        }
    }

    async fn functions(
        &self,
        region: &Region,
        marker: Option<&str>,
    ) -> AwsResult<(Vec<FunctionArn>, Option<String>)> {
        const OPERATION: &str = "lambda:ListFunctions";
        self.turn(&self.limits.lambda_control_plane).await;
        let _place = self.limits.lambda_in_flight.acquire().await;
        let call = self.lambda(region).list_functions().max_items(LAMBDA_PAGE);
        let call = call.set_marker(marker.map(str::to_owned));
        let answer = self.patiently(OPERATION, || call.clone().send()).await?;
        let functions =
            answer.functions().iter().map(|function| function_arn(OPERATION, function.function_arn()));
        Ok((functions.collect::<AwsResult<_>>()?, answer.next_marker.filter(|marker| !marker.is_empty())))
    }

    async fn function_tags(&self, function: &FunctionArn) -> AwsResult<Tags> {
        const OPERATION: &str = "lambda:ListTags";
        self.turn(&self.limits.lambda_control_plane).await;
        let _place = self.limits.lambda_in_flight.acquire().await;
        let call = self.lambda(&function.region).list_tags().resource(function.to_string());
        let answer = self.patiently(OPERATION, || call.clone().send()).await?;
        Ok(answer.tags.unwrap_or_default().into_iter().collect())
    }

    async fn roles_under(&self, path: &RolePath) -> AwsResult<Vec<RoleName>> {
        const OPERATION: &str = "iam:ListRoles";
        let mut roles = Vec::new();
        let (mut marker, mut paging) = (None, Paging::default());
        loop {
            let call =
                self.iam.list_roles().path_prefix(path.as_str()).max_items(IAM_PAGE).set_marker(marker);
            let answer = self.patiently(OPERATION, || call.clone().send()).await?;
            // A role whose name does not parse is none of ours.
            roles.extend(answer.roles().iter().filter_map(|role| role.role_name().parse::<RoleName>().ok()));
            marker = next_page(&mut paging, OPERATION, answer.marker.filter(|_| answer.is_truncated))?;
            if marker.is_none() {
                return Ok(roles);
            }
        }
    }

    async fn quotas(&self) -> AwsResult<AccountQuotas> {
        use aws_sdk_iam::types::SummaryKeyType as Key;
        const OPERATION: &str = "iam:GetAccountSummary";
        let call = self.iam.get_account_summary();
        let answer = self.patiently(OPERATION, || call.clone().send()).await?;
        let read = |key: Key| {
            let value = answer.summary_map().and_then(|map| map.get(&key)).copied();
            value
                .and_then(|value| usize::try_from(value).ok())
                .ok_or_else(|| unexpected(OPERATION, &format!("the answer contains no {}", key.as_str())))
        };
        Ok(AccountQuotas {
            trust_policy_size: read(Key::AssumeRolePolicySizeQuota)?,
            managed_policy_size: read(Key::PolicySizeQuota)?,
            attached_policies: read(Key::AttachedPoliciesPerRoleQuota)?,
        })
    }
}

/// The function as Lambda takes it: a name, or an ARN where the user named an account.
pub(super) fn function_name(address: &FunctionAddress) -> String {
    let FunctionAddress { region, account, partition, name, qualifier: _ } = address;
    match account {
        // The whole ARN, because emulators do not know Lambda's short form `account:function:name`.
        Some(account) => {
            let partition = partition.as_ref().map_or(DEFAULT_PARTITION, Partition::as_str);
            format!("arn:{partition}:lambda:{region}:{account}:function:{name}")
        }
        None => name.to_string(),
    }
}

pub(super) fn version_record(version: &PolicyVersion) -> PolicyVersionRecord {
    PolicyVersionRecord {
        id: version.version_id().unwrap_or_default().to_owned(),
        is_default: version.is_default_version(),
        created_seconds: version.create_date().map_or(0, |date| date.secs()),
    }
}

pub(super) fn role_identity(text: Option<&str>) -> RoleIdentity {
    let text = text.unwrap_or_default();
    text.parse().map_or_else(|_| RoleIdentity::Other(text.to_owned()), RoleIdentity::Arn)
}

/// The ARN of a managed policy in an answer. Behind this line no policy is known by text.
pub(super) fn policy_arn(operation: &'static str, arn: Option<&str>) -> AwsResult<PolicyArn> {
    let arn = arn.ok_or_else(|| unexpected(operation, &"the answer contains no policy ARN"))?;
    arn.parse().map_err(|error| unexpected(operation, &error))
}

pub(super) fn boundary(
    operation: &'static str,
    boundary: Option<&AttachedPermissionsBoundary>,
) -> AwsResult<Option<PolicyArn>> {
    let arn = boundary.and_then(AttachedPermissionsBoundary::permissions_boundary_arn);
    arn.map(|arn| policy_arn(operation, Some(arn))).transpose()
}

pub(super) fn tags(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

/// IAM sends documents percent-encoded (RFC 3986; API reference of GetRole and GetPolicyVersion).
pub(super) fn decoded(operation: &'static str, document: Option<&str>) -> AwsResult<StoredDocument> {
    let document =
        document.ok_or_else(|| unexpected(operation, &"the answer contains no policy document"))?;
    let document = percent_decode_str(document).decode_utf8().map_err(|e| unexpected(operation, &e))?;
    Ok(StoredDocument::new(document))
}

/// Lambda appends the qualifier that was asked for, or the version; the function itself is what is wanted here.
fn function_arn(operation: &'static str, arn: Option<&str>) -> AwsResult<FunctionArn> {
    let arn: FunctionArn = arn.unwrap_or_default().parse().map_err(|e| unexpected(operation, &e))?;
    Ok(arn.unqualified())
}

#[cfg(test)]
mod tests {
    use rolecall_model::ports::AwsErrorKind;

    use super::*;

    const OPERATION: &str = "iam:ListAttachedRolePolicies";

    #[test]
    fn a_policy_arn_is_parsed_once_and_whoever_maintains_it() {
        for text in ["arn:aws:iam::123456789012:policy/a/b", "arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess"]
        {
            assert_eq!(policy_arn(OPERATION, Some(text)).unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_answer_without_a_policy_arn_says_what_came() {
        let failed = |text| {
            let error = policy_arn(OPERATION, text).unwrap_err();
            assert_eq!(error.kind, AwsErrorKind::Other);
            error.to_string()
        };
        let beginning = "iam:ListAttachedRolePolicies failed: unexpected answer:";
        let rule = "is not a managed policy ARN: expected `arn:aws:iam::123456789012:policy/name`";
        assert_eq!(failed(None), format!("{beginning} the answer contains no policy ARN"));
        for text in ["ANPAEXAMPLE", "arn:aws:iam::123456789012:role/R"] {
            assert_eq!(failed(Some(text)), format!("{beginning} `{text}` {rule}"));
        }
    }

    #[test]
    fn a_role_is_known_by_its_arn_or_by_what_came_instead() {
        let arn = "arn:aws:iam::123456789012:role/genesys/R";
        assert_eq!(role_identity(Some(arn)), RoleIdentity::Arn(arn.parse().unwrap()));
        assert_eq!(role_identity(Some("AROAEXAMPLE")), RoleIdentity::Other("AROAEXAMPLE".to_owned()));
    }
}
