//! AWS Organizations (JSON 1.1), for accounts that belong to no organization.
//!
//! Nothing here could enforce an organization's policies, so there are none: the answer is AWS's to such an account.

use super::authorize::Denial;
use super::call::Call;
use super::evaluator::Context;
use super::wire::{ApiError, Incoming};

/// The operation that `X-Amz-Target` names.
pub(super) fn operation(request: &Incoming) -> String {
    let target = request.header("x-amz-target").unwrap_or_default();
    target.rsplit('.').next().unwrap_or_default().to_owned()
}

/// `DescribeOrganization`: refused to who may not ask, and to everybody else since there is none.
pub(super) fn describe(call: &Call<'_>) -> ApiError {
    const ACTION: &str = "organizations:DescribeOrganization";
    let denied = |denial: Denial| denial.into_error((400, "AccessDeniedException"), call.caller, ACTION, "*");
    match call.decide(ACTION, "*", Context::new()) {
        Ok(()) => {
            let text = "Your account is not a member of an organization.";
            ApiError::new(400, "AWSOrganizationsNotInUseException", text)
        }
        Err(denial) => denied(denial),
    }
}
