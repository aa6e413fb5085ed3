//! A failed call to Genesys Cloud.

use std::fmt;

use crate::ports::WriteOutcome;
use crate::shown::Shown;

/// Why a call to Genesys Cloud failed, in the classes that a caller can act upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenesysErrorKind {
    /// No client credentials were found, or they are incomplete.
    NoCredentials,
    /// The login host or the API does not accept the credentials.
    InvalidCredentials,
    /// The client's roles lack a permission.
    Forbidden,
    /// The entity does not exist (or is not visible yet): 404 or 410 of a write.
    NotFound,
    /// The version that was sent is not the current one: 409, or 400 that says so.
    VersionConflict,
    /// The request collides with another entity or its state.
    Conflict,
    /// The request is not of the form that the service takes.
    InvalidInput,
    /// A limit of the organization would be passed.
    LimitExceeded,
    /// The service asked to slow down, for longer than we were willing to wait.
    Throttled,
    /// The service could not be reached.
    Unreachable,
    /// No answer came in time.
    TimedOut,
    /// The service failed on its side.
    ServiceFailure,
    /// The answer is not what the API promises: HTML, truncated, another type.
    Unreadable,
    /// Two answers contradict each other: a list names what nobody finds.
    Contradictory,
    /// Anything else.
    Other,
}

/// A failed call to Genesys Cloud.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{}{}", Call { operation, kind: *kind }, Shown(message), Trace { status: *status, code: code.as_deref(), context_id: context_id.as_deref() })]
pub struct GenesysError {
    /// The method and the path as the API documents it, such as `PATCH /api/v2/integrations/actions/{actionId}`.
    pub operation: &'static str,
    /// The class of the failure.
    pub kind: GenesysErrorKind,
    /// The HTTP status, where an answer came.
    pub status: Option<u16>,
    /// The code of the error body, such as `missing.any.permissions`.
    pub code: Option<String>,
    /// What the service said, with its nested errors and details in one line.
    pub message: String,
    /// `contextId` of the error body or `ININ-Correlation-Id`: what Genesys support asks for.
    pub context_id: Option<String>,
    /// What became of the call, where it was a write.
    pub outcome: WriteOutcome,
}

/// The call that failed, where one was made: without credentials there is none.
struct Call<'a> {
    operation: &'a str,
    kind: GenesysErrorKind,
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            GenesysErrorKind::NoCredentials => Ok(()),
            GenesysErrorKind::InvalidCredentials
            | GenesysErrorKind::Forbidden
            | GenesysErrorKind::NotFound
            | GenesysErrorKind::VersionConflict
            | GenesysErrorKind::Conflict
            | GenesysErrorKind::InvalidInput
            | GenesysErrorKind::LimitExceeded
            | GenesysErrorKind::Throttled
            | GenesysErrorKind::Unreachable
            | GenesysErrorKind::TimedOut
            | GenesysErrorKind::ServiceFailure
            | GenesysErrorKind::Unreadable
            | GenesysErrorKind::Contradictory
            | GenesysErrorKind::Other => write!(f, "{} failed: ", self.operation),
        }
    }
}

struct Trace<'a> {
    status: Option<u16>,
    code: Option<&'a str>,
    context_id: Option<&'a str>,
}

impl fmt::Display for Trace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.status.map(|status| format!("HTTP {status}"));
        let context = self.context_id.map(|id| format!("contextId {}", Shown(id)));
        let parts: Vec<String> =
            status.into_iter().chain(self.code.map(|code| Shown(code).to_string())).chain(context).collect();
        if parts.is_empty() { Ok(()) } else { write!(f, " ({})", parts.join(", ")) }
    }
}

/// The result of a call to Genesys Cloud.
pub type GenesysResult<T> = Result<T, GenesysError>;

/// What is gone already needs no deleting.
pub fn gone(result: GenesysResult<()>) -> GenesysResult<()> {
    match result {
        Err(error) if error.kind == GenesysErrorKind::NotFound => Ok(()),
        result => result,
    }
}
