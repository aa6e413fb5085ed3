//! Invocations: authorised in the exact form in which the function is named, and answered without running
//! anything.

use serde_json::{Value, json};

use super::{Input, authorize};
use crate::call::Call;
use crate::state::State;
use crate::wire::{ApiError, Reply};

pub(super) fn invoke(call: &Call<'_>, input: &Input, state: &State) -> Result<Reply, ApiError> {
    let reference = input.reference(call)?;
    authorize(call, "InvokeFunction", &reference)?;
    let (_, version) = reference.find(state)?;
    let event: Value = match input.body.is_empty() {
        true => json!({}),
        false => serde_json::from_slice(&input.body).map_err(|error| {
            let text = format!("Could not parse request body into json: {error}");
            ApiError::new(400, "InvalidRequestContentException", text)
        })?,
    };
    let mut reply = match input.invocation_type.as_deref() {
        None | Some("RequestResponse") => {
            let answer = json!({"function": reference.arn(), "version": version, "event": event});
            Reply::json(200, &answer)
        }
        Some("Event") => Reply::empty(202),
        Some("DryRun") => Reply::empty(204),
        Some(other) => {
            let text = format!(
                "Value '{other}' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value \
                 set: [Event, RequestResponse, DryRun]"
            );
            return Err(ApiError::new(400, "ValidationException", text));
        }
    };
    reply.headers.push(("x-amz-executed-version", version));
    Ok(reply)
}
