//! How Genesys Cloud says no: the body of an error, with the codes of its API.

use serde_json::{Value, json};

use crate::wire::Reply;

/// An error that the API answers. Codes and texts are those of the official Swagger file of 2018-03-21 where it has
/// them; a version conflict is answered with 409, as the Terraform provider expects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    message: String,
    errors: Vec<Value>,
    /// The requests that are allowed, and the seconds to wait, where there were too many.
    exceeded: Option<(u32, u64)>,
}

impl Refusal {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), errors: Vec::new(), exceeded: None }
    }

    /// A body, parameter or value that makes no sense.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "bad.request", message)
    }

    /// A value that is not among the allowed ones.
    pub(super) fn invalid_value(message: impl Into<String>) -> Self {
        Self::new(400, "invalid.value", message)
    }

    /// A date or an interval that is none.
    pub(super) fn invalid_date(message: impl Into<String>) -> Self {
        Self::new(400, "invalid.date", message)
    }

    /// Inputs that break the action's contract.
    pub(super) fn invalid_schema(message: impl Into<String>) -> Self {
        Self::new(400, "invalid.schema", message)
    }

    pub(super) fn unauthenticated() -> Self {
        let text = "No authentication bearer token specified in authorization header.";
        Self::new(401, "authentication.required", text)
    }

    pub(super) fn bad_credentials() -> Self {
        Self::new(401, "bad.credentials", "Invalid login credentials.")
    }

    /// None of several permissions is there.
    pub(super) fn missing_any(permissions: &[&str]) -> Self {
        let text = format!(
            "Unable to perform the requested action. You must have at least one of the following permissions assigned: \
             [{}]",
            permissions.join(", ")
        );
        Self::new(403, "missing.any.permissions", text)
    }

    pub(super) fn not_found() -> Self {
        Self::new(404, "not.found", "The requested resource was not found.")
    }

    /// A version that is not the current one, or something that is there already.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(409, "general.conflict", message)
    }

    pub(super) fn unsupported_media_type() -> Self {
        let text = "Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect Content-Type \
                    value in the header.";
        Self::new(415, "unsupported.media.type", text)
    }

    /// Too many requests of one token.
    pub(super) fn too_many(allowed: u32, seconds: u64) -> Self {
        let text = format!("Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds");
        let refusal = Self::new(429, "too.many.requests.retry.after", text);
        Self { exceeded: Some((allowed, seconds)), ..refusal }
    }

    pub(super) fn internal() -> Self {
        let text =
            "The server encountered an unexpected condition which prevented it from fulfilling the request.";
        Self::new(500, "internal.server.error", text)
    }

    pub(super) fn unavailable() -> Self {
        Self::new(503, "service.unavailable", "Service Unavailable - The server is currently unavailable.")
    }

    /// What Genesys Cloud can do and the sandbox cannot: said aloud, never guessed.
    pub(super) fn unsupported(what: &str) -> Self {
        Self::new(400, "sandbox.unsupported", format!("the sandbox does not support {what}"))
    }

    /// An action that failed, the cause nested below.
    pub(super) fn of_execution(cause: &str) -> Self {
        let refusal = Self::new(500, "internal.server.error", "Internal Server Error");
        Self { errors: vec![json!({"message": cause})], ..refusal }
    }

    /// The same without what lies below.
    pub(super) fn shallow(self) -> Self {
        Self { errors: Vec::new(), ..self }
    }

    /// As it stands in a body.
    pub(super) fn body(&self, context_id: &str) -> Value {
        let mut body = json!({
            "message": self.message,
            "code": self.code,
            "status": self.status,
            "contextId": context_id,
            "details": [],
            "errors": self.errors,
        });
        if let (Some((allowed, _)), Some(entries)) = (self.exceeded, body.as_object_mut()) {
            let key = "client.credentials.token.rate.per.minute";
            entries.insert(
                "limit".to_owned(),
                json!({"key": key, "namespace": "platform.api", "value": allowed}),
            );
        }
        body
    }

    pub(super) fn reply(&self, context_id: &str) -> Reply {
        let mut reply = Reply::json(self.status, &self.body(context_id));
        reply.headers.extend(self.exceeded.map(|(_, seconds)| ("retry-after", seconds.to_string())));
        reply
    }
}
