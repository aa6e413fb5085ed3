//! One managed policy: found, and changed by who may.

use super::{limit_exceeded, no_such_entity, resource_tags};
use crate::aws_managed;
use crate::call::{Call, Params};
use crate::evaluator::Context;
use crate::grammar::{self, Kind};
use crate::state::{ManagedPolicy, State};
use crate::wire::ApiError;

/// Characters without white space that a version can have.
pub(super) const POLICY_SIZE: usize = 6144;

/// Checks a managed policy's document and its size.
pub(super) fn check_document(document: &str, call: &Call<'_>) -> Result<(), ApiError> {
    grammar::check(document, Kind::Managed, call.enforced)?;
    match grammar::size(document) > POLICY_SIZE {
        true => Err(limit_exceeded(format!("Cannot exceed quota for PolicySize: {POLICY_SIZE}"))),
        false => Ok(()),
    }
}

/// Checks whether the caller may do `action` to the policy, and finds it, be it the customer's or AWS's.
pub(super) fn find(
    call: &Call<'_>,
    params: &Params,
    state: &State,
    action: &str,
) -> Result<ManagedPolicy, ApiError> {
    let arn = params.required("PolicyArn")?;
    params.check("PolicyArn", 20..=2048, ".*", |_| true)?;
    if !arn.starts_with("arn:") {
        return Err(ApiError::new(400, "InvalidInput", format!("ARN {arn} is not valid.")));
    }
    let own = state.accounts.get(call.account()).and_then(|account| account.policies.get(arn));
    let context = resource_tags(Context::new(), own.map(|policy| &policy.tags));
    call.authorize(&format!("iam:{action}"), arn, &format!("policy {arn}"), context)?;
    own.cloned().or_else(|| aws_managed::find(arn)).ok_or_else(|| not_found(arn))
}

/// The same, for an operation that changes one of the customer's policies.
pub(super) fn change<'s>(
    call: &Call<'_>,
    params: &Params,
    state: &'s mut State,
    action: &str,
    context: Context,
) -> Result<&'s mut ManagedPolicy, ApiError> {
    let arn = params.required("PolicyArn")?;
    let own = state.accounts.get(call.account()).and_then(|account| account.policies.get(arn));
    let context = resource_tags(context, own.map(|policy| &policy.tags));
    call.authorize(&format!("iam:{action}"), arn, &format!("policy {arn}"), context)?;
    if aws_managed::find(arn).is_some() {
        let text = format!(
            "User: {} is not authorized to perform: iam:{action} on resource: policy {arn}",
            call.caller.arn
        );
        return Err(ApiError::new(403, "AccessDenied", text));
    }
    state
        .accounts
        .get_mut(call.account())
        .and_then(|it| it.policies.get_mut(arn))
        .ok_or_else(|| not_found(arn))
}

fn not_found(arn: &str) -> ApiError {
    no_such_entity(format!("Policy {arn} was not found."))
}
