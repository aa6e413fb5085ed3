//! AWS Organizations on the SDK.

use aws_sdk_organizations::types::{AccountState, PolicyType};

use super::Aws;
use super::error::{next_page, unexpected};
use rolecall_model::iam::arn::AccountId;
use rolecall_model::paging::Paging;
use rolecall_model::ports::{
    AwsError, AwsResult, OrganizationPolicyKind, OrganizationRecord, ReadOrganization,
};

/// How Organizations answers an account that belongs to none.
const NOT_IN_USE: &str = "AWSOrganizationsNotInUseException";

impl ReadOrganization for Aws {
    async fn organization(&self) -> AwsResult<Option<OrganizationRecord>> {
        const OPERATION: &str = "organizations:DescribeOrganization";
        let call = self.organizations.describe_organization();
        let answer = match self.patiently(OPERATION, || call.clone().send()).await {
            Err(AwsError { code: Some(code), .. }) if code == NOT_IN_USE => return Ok(None),
            answer => answer?,
        };
        let organization = answer.organization();
        let organization =
            organization.ok_or_else(|| unexpected(OPERATION, &"the answer contains no organization"))?;
        let management = organization.master_account_id().unwrap_or_default();
        Ok(Some(OrganizationRecord {
            id: organization.id().unwrap_or_default().to_owned(),
            management_account: management.parse().map_err(|error| unexpected(OPERATION, &error))?,
        }))
    }

    async fn accounts(&self) -> AwsResult<Vec<AccountId>> {
        const OPERATION: &str = "organizations:ListAccounts";
        let mut accounts = Vec::new();
        let (mut token, mut paging) = (None, Paging::default());
        loop {
            let call = self.organizations.list_accounts().set_next_token(token);
            let answer = self.patiently(OPERATION, || call.clone().send()).await?;
            // A suspended account has no sessions (AWS Account Management Reference, account states).
            let active = answer.accounts().iter().filter(|account| {
                account.state().is_none_or(|state| *state == AccountState::Active)
            });
            for account in active {
                let id = account.id().unwrap_or_default();
                accounts.push(id.parse().map_err(|error| unexpected(OPERATION, &error))?);
            }
            token = next_page(&mut paging, OPERATION, answer.next_token)?;
            if token.is_none() {
                return Ok(accounts);
            }
        }
    }

    async fn parent(&self, child: &str) -> AwsResult<Option<String>> {
        const OPERATION: &str = "organizations:ListParents";
        // "In the current release, a child can have only a single parent" (API reference, ListParents).
        let call = self.organizations.list_parents().child_id(child);
        let answer = self.patiently(OPERATION, || call.clone().send()).await?;
        Ok(answer.parents().iter().find_map(|parent| parent.id()).map(str::to_owned))
    }

    async fn policies_at(&self, target: &str, kind: OrganizationPolicyKind) -> AwsResult<Vec<String>> {
        const OPERATION: &str = "organizations:ListPoliciesForTarget";
        let filter = match kind {
            OrganizationPolicyKind::ServiceControl => PolicyType::ServiceControlPolicy,
            OrganizationPolicyKind::ResourceControl => PolicyType::ResourceControlPolicy,
        };
        let mut ids = Vec::new();
        let (mut token, mut paging) = (None, Paging::default());
        loop {
            let call = self.organizations.list_policies_for_target().target_id(target);
            let call = call.filter(filter.clone()).set_next_token(token);
            let answer = self.patiently(OPERATION, || call.clone().send()).await?;
            ids.extend(answer.policies().iter().filter_map(|policy| policy.id()).map(str::to_owned));
            token = next_page(&mut paging, OPERATION, answer.next_token)?;
            if token.is_none() {
                return Ok(ids);
            }
        }
    }

    async fn organization_policy(&self, id: &str) -> AwsResult<String> {
        const OPERATION: &str = "organizations:DescribePolicy";
        let call = self.organizations.describe_policy().policy_id(id);
        let answer = self.patiently(OPERATION, || call.clone().send()).await?;
        let content = answer.policy().and_then(|policy| policy.content());
        let content = content.ok_or_else(|| unexpected(OPERATION, &"the answer contains no document"))?;
        Ok(content.to_owned())
    }
}
