//! What is read of the organization that the account belongs to.

use super::AwsResult;
use crate::iam::arn::AccountId;

/// The organization of the caller's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationRecord {
    /// Its ID, such as `o-exampleorgid`.
    pub id: String,
    /// The account that manages it, which its policies do not limit.
    pub management_account: AccountId,
}

/// The kinds of organization policies that authorise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationPolicyKind {
    /// Service control policies limit the principals of an account.
    ServiceControl,
    /// Resource control policies limit what can be done to the resources of an account.
    ResourceControl,
}

/// What is read of AWS Organizations.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait ReadOrganization {
    /// The organization; `None` where the account belongs to none. Every account of it may ask this.
    async fn organization(&self) -> AwsResult<Option<OrganizationRecord>>;
    /// The active accounts of the organization. Only its management account and delegated administrators may ask this.
    async fn accounts(&self) -> AwsResult<Vec<AccountId>>;
    /// The unit or root right above an account or unit; `None` above the root.
    async fn parent(&self, child: &str) -> AwsResult<Option<String>>;
    /// The IDs of the policies attached right at a root, unit or account.
    async fn policies_at(&self, target: &str, kind: OrganizationPolicyKind) -> AwsResult<Vec<String>>;
    /// The document of a policy.
    async fn organization_policy(&self, id: &str) -> AwsResult<String>;
}
