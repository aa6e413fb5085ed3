//! The write port on the SDK.

use aws_sdk_iam::error::BuildError;
use aws_sdk_iam::types::Tag;

use super::Aws;
use rolecall_model::iam::arn::{PolicyArn, RoleName};
use rolecall_model::ports::{
    AwsError, AwsErrorKind, AwsResult, PolicySpecification, RoleSpecification, Tags, Write, WriteOutcome,
};
use rolecall_model::stored::StoredDocument;

impl Write for Aws {
    async fn create_role(&self, role: &RoleSpecification) -> AwsResult<()> {
        const OPERATION: &str = "iam:CreateRole";
        let call = self
            .iam
            .create_role()
            .role_name(role.name.as_str())
            .path(role.path.as_str())
            .description(&role.description)
            .max_session_duration(seconds(role.max_session_duration))
            .set_permissions_boundary(role.permissions_boundary.as_ref().map(ToString::to_string))
            .set_tags(Some(tags(OPERATION, &role.tags)?))
            .assume_role_policy_document(role.trust.text());
        self.write(OPERATION, |watch| call.clone().customize().interceptor(watch).send()).await
    }

    async fn update_trust(&self, role: &RoleName, document: &StoredDocument) -> AwsResult<()> {
        let call =
            self.iam.update_assume_role_policy().role_name(role.as_str()).policy_document(document.text());
        self.write("iam:UpdateAssumeRolePolicy", |watch| call.clone().customize().interceptor(watch).send())
            .await
    }

    async fn update_role(
        &self,
        role: &RoleName,
        description: &str,
        max_session_duration: u32,
    ) -> AwsResult<()> {
        let call = self.iam.update_role().role_name(role.as_str()).description(description);
        let call = call.max_session_duration(seconds(max_session_duration));
        self.write("iam:UpdateRole", |watch| call.clone().customize().interceptor(watch).send()).await
    }

    async fn put_boundary(&self, role: &RoleName, boundary: &PolicyArn) -> AwsResult<()> {
        let call = self.iam.put_role_permissions_boundary().role_name(role.as_str());
        let call = call.permissions_boundary(boundary.to_string());
        self.write("iam:PutRolePermissionsBoundary", |watch| {
            call.clone().customize().interceptor(watch).send()
        })
        .await
    }

    async fn delete_boundary(&self, role: &RoleName) -> AwsResult<()> {
        let call = self.iam.delete_role_permissions_boundary().role_name(role.as_str());
        self.write("iam:DeleteRolePermissionsBoundary", |watch| {
            call.clone().customize().interceptor(watch).send()
        })
        .await
    }

    async fn tag_role(&self, role: &RoleName, new: &Tags) -> AwsResult<()> {
        const OPERATION: &str = "iam:TagRole";
        let call = self.iam.tag_role().role_name(role.as_str()).set_tags(Some(tags(OPERATION, new)?));
        self.write(OPERATION, |watch| call.clone().customize().interceptor(watch).send()).await
    }

    async fn delete_role(&self, role: &RoleName) -> AwsResult<()> {
        let call = self.iam.delete_role().role_name(role.as_str());
        self.write("iam:DeleteRole", |watch| call.clone().customize().interceptor(watch).send()).await
    }

    async fn create_policy(&self, policy: &PolicySpecification) -> AwsResult<()> {
        const OPERATION: &str = "iam:CreatePolicy";
        let call = self
            .iam
            .create_policy()
            .policy_name(policy.name.as_str())
            .path(policy.path.as_str())
            .description(&policy.description)
            .set_tags(Some(tags(OPERATION, &policy.tags)?))
            .policy_document(policy.document.text());
        self.write(OPERATION, |watch| call.clone().customize().interceptor(watch).send()).await
    }

    async fn create_policy_version(&self, arn: &PolicyArn, document: &StoredDocument) -> AwsResult<()> {
        let call = self
            .iam
            .create_policy_version()
            .policy_arn(arn.to_string())
            .policy_document(document.text())
            .set_as_default(true);
        self.write("iam:CreatePolicyVersion", |watch| call.clone().customize().interceptor(watch).send())
            .await
    }

    async fn delete_policy_version(&self, arn: &PolicyArn, version: &str) -> AwsResult<()> {
        let call = self.iam.delete_policy_version().policy_arn(arn.to_string()).version_id(version);
        self.write("iam:DeletePolicyVersion", |watch| call.clone().customize().interceptor(watch).send())
            .await
    }

    async fn delete_policy(&self, arn: &PolicyArn) -> AwsResult<()> {
        let call = self.iam.delete_policy().policy_arn(arn.to_string());
        self.write("iam:DeletePolicy", |watch| call.clone().customize().interceptor(watch).send()).await
    }

    async fn tag_policy(&self, arn: &PolicyArn, new: &Tags) -> AwsResult<()> {
        const OPERATION: &str = "iam:TagPolicy";
        let call = self.iam.tag_policy().policy_arn(arn.to_string()).set_tags(Some(tags(OPERATION, new)?));
        self.write(OPERATION, |watch| call.clone().customize().interceptor(watch).send()).await
    }

    async fn attach_policy(&self, role: &RoleName, arn: &PolicyArn) -> AwsResult<()> {
        let call = self.iam.attach_role_policy().role_name(role.as_str()).policy_arn(arn.to_string());
        self.write("iam:AttachRolePolicy", |watch| call.clone().customize().interceptor(watch).send()).await
    }

    async fn detach_policy(&self, role: &RoleName, arn: &PolicyArn) -> AwsResult<()> {
        let call = self.iam.detach_role_policy().role_name(role.as_str()).policy_arn(arn.to_string());
        self.write("iam:DetachRolePolicy", |watch| call.clone().customize().interceptor(watch).send()).await
    }

    async fn put_inline_policy(
        &self,
        role: &RoleName,
        policy: &str,
        document: &StoredDocument,
    ) -> AwsResult<()> {
        let call = self.iam.put_role_policy().role_name(role.as_str()).policy_name(policy);
        let call = call.policy_document(document.text());
        self.write("iam:PutRolePolicy", |watch| call.clone().customize().interceptor(watch).send()).await
    }

    async fn delete_inline_policy(&self, role: &RoleName, policy: &str) -> AwsResult<()> {
        let call = self.iam.delete_role_policy().role_name(role.as_str()).policy_name(policy);
        self.write("iam:DeleteRolePolicy", |watch| call.clone().customize().interceptor(watch).send()).await
    }
}

/// The SDK counts in `i32`; IAM's longest session is far below its end.
fn seconds(seconds: u32) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

fn tags(operation: &'static str, tags: &Tags) -> AwsResult<Vec<Tag>> {
    let build = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter().map(build).collect::<Result<_, BuildError>>().map_err(|error| AwsError {
        operation,
        kind: AwsErrorKind::InvalidInput,
        code: None,
        message: error.to_string(),
        request_id: None,
        outcome: WriteOutcome::Refused,
    })
}
