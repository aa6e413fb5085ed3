//! What AWS recorded of calls to its API.

use jiff::Timestamp;

use super::AwsResult;
use crate::iam::arn::Region;

/// A call that CloudTrail recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailEvent {
    /// The ID of the event.
    pub id: String,
    /// When the call was made.
    pub at: String,
    /// The service, such as `iam.amazonaws.com`.
    pub service: String,
    /// The operation, such as `AttachRolePolicy`.
    pub operation: String,
    /// Whether the operation only reads, where the record says.
    pub is_read: Option<bool>,
    /// Who made it: an ARN, or the name of a service.
    pub caller: Option<String>,
    /// From where.
    pub address: Option<String>,
    pub user_agent: Option<String>,
    /// The error code, where it failed.
    pub error: Option<String>,
    /// The parameters that are plain values, by name.
    pub parameters: Vec<(String, String)>,
}

/// Reads the record of a region: management events of the last 90 days.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait ReadTrail {
    /// The calls about a resource, by its name or ARN.
    async fn events(
        &self,
        region: &Region,
        resource: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> AwsResult<Vec<TrailEvent>>;
}
