//! What went wrong with a twin: the rest of a verification stands all the same.

use super::Coded as _;
use super::calls::{Again, hint_for};
use crate::error_code::ErrorCode;
use crate::report::ErrorView;
use crate::verify::Verification;
use crate::verify::twin::{Examined, TwinError};

/// What to do about a twin that is still there.
const SWEEP: &str = "`rolecall verify --sweep` removes it";

/// What went wrong with a twin, and what to do about it.
pub fn troubles(verification: &Verification) -> Vec<ErrorView> {
    let Some(Examined { role: _, probes: _, stopped, left_behind }) = &verification.twin else {
        return Vec::new();
    };
    let stopped = stopped.iter().map(|error| ErrorView {
        code: error.code(),
        hint: hint_for_twin(error),
        message: error.to_string(),
    });
    let left_behind = left_behind.iter().map(|error| ErrorView {
        code: ErrorCode::TwinLeft,
        message: error.to_string(),
        hint: Some(SWEEP.to_owned()),
    });
    stopped.chain(left_behind).collect()
}

fn hint_for_twin(error: &TwinError) -> Option<String> {
    let failed = error.aws()?;
    match error.is_refusal() {
        // It lets nobody write any policy on a role that he can assume: that would be a way to every permission.
        true if failed.operation == "iam:PutRolePolicy" || failed.operation == "iam:AttachRolePolicy" => {
            Some(format!(
                "a twin needs every policy that is on the role; `rolecall render twin` permits only those that rolecall \
             made, so remove the others, or run this with {} on the twin",
                failed.operation
            ))
        }
        true => Some(format!(
            "the caller needs the permission {}; `rolecall render twin` prints the least that a twin needs",
            failed.operation
        )),
        false => hint_for(failed, Again::Starts),
    }
}
