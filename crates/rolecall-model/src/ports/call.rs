//! One request to AWS or to Genesys Cloud.

use std::time::Duration;

/// One request and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What was called, such as `IAM GetRole` or `GET /api/v2/organizations/me`.
    pub operation: String,
    /// The host and port that it was sent to.
    pub host: String,
    /// The HTTP status; `None` where no answer came.
    pub status: Option<u16>,
    /// From sending the request to the last byte of the answer.
    pub took: Duration,
}
