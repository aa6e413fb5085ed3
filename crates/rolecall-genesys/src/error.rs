//! Genesys's error bodies, and whether a failed call may be tried again.

use std::time::Duration;

use serde::Deserialize;

use super::operation::Operation;
use rolecall_model::ports::WriteOutcome;
use rolecall_model::ports::genesys::{GenesysError, GenesysErrorKind};

/// A failed attempt of a call.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: GenesysError,
    pub(super) retry: Retry,
}

/// Whether a failed call may be tried again, which is worked out where it fails: there is known what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// It would fail again, or be done twice.
    Never,
    /// It was not let in: as often as time allows, no sooner than the service says.
    Throttled(Option<Duration>),
    /// It may work the next time, and harms nothing if it was done: a few times.
    Again(Option<Duration>),
    /// There was no connection: twice more, for what cannot be reached now seldom can be a moment later.
    Connect,
}

impl Failure {
    /// A failure that is not tried again.
    pub(super) fn new(operation: &Operation, kind: GenesysErrorKind, message: impl Into<String>) -> Self {
        let error = GenesysError {
            operation: operation.name,
            kind,
            status: None,
            code: None,
            message: message.into(),
            context_id: None,
            outcome: WriteOutcome::Refused,
        };
        Self { error, retry: Retry::Never }
    }

    /// The same, of a call that was sent: a write may have been carried out all the same.
    pub(super) fn unless_carried_out(mut self, operation: &Operation) -> Self {
        if operation.is_write {
            self.error.outcome = WriteOutcome::Unknown;
        }
        self
    }

    /// A failure after which nobody knows whether the call was carried out.
    pub(super) fn ambiguous(
        operation: &Operation,
        kind: GenesysErrorKind,
        message: impl Into<String>,
        after: Option<Duration>,
    ) -> Self {
        let mut failure = Self::new(operation, kind, message).unless_carried_out(operation);
        if operation.is_repeatable {
            failure.retry = Retry::Again(after);
        }
        failure
    }
}

/// `ErrorBody` of the Platform API, and the OAuth error of the login host: no field is there for certain.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ErrorBody {
    message: Option<String>,
    code: Option<String>,
    pub(super) context_id: Option<String>,
    details: Vec<Detail>,
    errors: Vec<ErrorBody>,
    error: Option<String>,
    description: Option<String>,
    #[serde(rename = "error_description")]
    error_description: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Detail {
    error_code: Option<String>,
    field_name: Option<String>,
    entity_name: Option<String>,
    entity_id: Option<String>,
}

impl ErrorBody {
    /// The message, its details in brackets, and the messages of the errors within.
    pub(super) fn text(&self) -> String {
        let mut head = match &self.message {
            Some(message) => vec![message.as_str()],
            None => [&self.error, &self.description, &self.error_description]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect(),
        };
        head.dedup();
        let mut text = head.join(": ");
        let details = joined(self.details.iter().map(Detail::text));
        if !details.is_empty() {
            text = format!("{text} [{details}]");
        }
        let nested = joined(self.errors.iter().map(Self::text));
        match (text.is_empty(), nested.is_empty()) {
            (true, _) => text = nested,
            (false, false) => text = format!("{text}: {nested}"),
            (false, true) => {}
        }
        one_line(&text)
    }

    /// The code, or the first one of the errors within.
    pub(super) fn any_code(&self) -> Option<String> {
        self.code.clone().or_else(|| self.errors.iter().find_map(Self::any_code))
    }
}

impl Detail {
    fn text(&self) -> String {
        let Self { error_code, field_name, entity_name, entity_id } = self;
        let parts = [field_name, error_code, entity_name, entity_id];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// A text without line ends and double spaces.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_bodies_are_told_in_full() {
        for (body, text, code) in [
            (
                r#"{"message":"You must have at least one of the following permissions assigned: [integrations:action:view]","code":"missing.any.permissions","status":403,"contextId":"c-1","details":[],"errors":[]}"#,
                "You must have at least one of the following permissions assigned: [integrations:action:view]",
                Some("missing.any.permissions"),
            ),
            (
                r#"{"message":"Validation failed","code":"bad.request","details":[{"errorCode":"invalid","fieldName":"timeoutSeconds"}],"errors":[{"message":"must be\n  at most 60","code":"invalid.value"}]}"#,
                "Validation failed [timeoutSeconds invalid]: must be at most 60",
                Some("bad.request"),
            ),
            (r#"{"errors":[{"message":"the cause","code":"inner"}]}"#, "the cause", Some("inner")),
            (
                r#"{"error":"invalid_client","description":"client not found","error_description":"client not found"}"#,
                "invalid_client: client not found",
                None,
            ),
            ("{}", "", None),
        ] {
            let body: ErrorBody = serde_json::from_str(body).unwrap();
            assert_eq!((body.text().as_str(), body.any_code().as_deref()), (text, code));
        }
    }
}
