//! What came back of a call, and what it says: the API's answer, a failure, or somebody else's page.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use rolecall_model::ports::genesys::GenesysErrorKind as Kind;
use rolecall_model::redact::redact;
use secrecy::SecretString;
use serde::de::DeserializeOwned;

use crate::error::{ErrorBody, Failure, Retry, one_line};
use crate::operation::{Operation, Success};

/// What is quoted of an answer that is not understood.
const QUOTED: usize = 200;

/// An answer, read to its end.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    /// What was sent and no message may show.
    pub(super) secrets: Vec<SecretString>,
}

/// Why an answer is not what the API promises.
pub(super) struct Unreadable {
    what: String,
    /// It stops in the middle: the next answer may be whole.
    is_cut: bool,
}

impl Answer {
    /// The answer as JSON that holds a secret. Nobody knows this secret yet, so that it cannot be redacted: the error quotes nothing.
    pub(super) fn secret_json<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        self.json().map_err(|unreadable: Unreadable| {
            if unreadable.is_cut || self.is_html() || self.text.trim().is_empty() {
                return unreadable;
            }
            let what = not_genesys("no token; it is not shown, because it may hold a secret");
            Unreadable { what, is_cut: false }
        })
    }

    /// The answer as JSON of that shape.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Unreadable> {
        serde_json::from_str(&self.text).map_err(|error| {
            if self.is_html() {
                return Unreadable { what: not_genesys(&self.page()), is_cut: false };
            }
            let what = match error.classify() {
                serde_json::error::Category::Data => {
                    redact(&format!("JSON of an unexpected shape: {error}"), &self.secrets)
                }
                serde_json::error::Category::Eof if self.text.trim().is_empty() => "empty".to_owned(),
                serde_json::error::Category::Eof => "cut off in the middle".to_owned(),
                serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                    not_genesys(&format!("no JSON: `{}`", self.quote(&self.text)))
                }
            };
            Unreadable { what, is_cut: error.is_eof() }
        })
    }

    /// The answer as it is. A template may begin with `<`; but nobody at Genesys Cloud calls one HTML.
    pub(super) fn text(&self) -> Result<String, Unreadable> {
        match self.is_called_html() {
            true => Err(Unreadable { what: not_genesys(&self.page()), is_cut: false }),
            false => Ok(self.text.clone()),
        }
    }

    /// That it was carried out, where the answer is the one by which the API says so.
    pub(super) fn confirmation(&self, success: Success) -> Result<(), Unreadable> {
        let is_empty = self.text.trim().is_empty();
        let status = self.status;
        let is_confirmed = match success {
            Success::Body => !is_empty,
            Success::NoContent => status == StatusCode::NO_CONTENT && is_empty,
            Success::Undescribed if is_empty => [StatusCode::OK, StatusCode::NO_CONTENT].contains(&status),
            Success::Undescribed => status == StatusCode::OK && self.json::<serde_json::Value>().is_ok(),
        };
        if is_confirmed {
            return Ok(());
        }
        let what = match is_empty {
            _ if self.is_html() => self.page(),
            true => format!("HTTP status {status} without a body"),
            false => format!("HTTP status {status} with `{}`", self.quote(&self.text)),
        };
        Err(Unreadable { what: not_genesys(&what), is_cut: false })
    }

    fn is_html(&self) -> bool {
        self.is_called_html() || self.text.trim_start().starts_with('<')
    }

    fn is_called_html(&self) -> bool {
        let content_type =
            self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        content_type.contains("html")
    }

    /// The page in words: that of a proxy or a login form has a title that tells more than the status does.
    fn page(&self) -> String {
        let title = self.text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
        match title.map(|(title, _)| self.quote(title)).filter(|title| !title.is_empty()) {
            Some(title) => format!("an HTML page, `{title}`, instead of JSON"),
            None => "an HTML page instead of JSON".to_owned(),
        }
    }

    fn context_id(&self) -> Option<String> {
        let id = self.headers.get("inin-correlation-id")?.to_str().ok()?;
        Some(redact(id, &self.secrets)).filter(|id| !id.is_empty())
    }

    /// `Retry-After`: seconds, or a date.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = httpdate::parse_http_date(text).ok()?;
        Some(date.duration_since(std::time::SystemTime::now()).unwrap_or_default())
    }

    /// What the answer holds, or the failure that it is.
    pub(super) fn read<T>(
        &self,
        operation: &Operation,
        read: impl Fn(&Self) -> Result<T, Unreadable>,
    ) -> Result<T, Failure> {
        if !self.status.is_success() {
            return Err(self.failure(operation));
        }
        read(self).map_err(|Unreadable { what, is_cut }| {
            let message = format!("the answer is {what}");
            let mut failure = match is_cut {
                true => Failure::ambiguous(operation, Kind::Unreadable, message, None),
                false => Failure::new(operation, Kind::Unreadable, message).unless_carried_out(operation),
            };
            failure.error.status = Some(self.status.as_u16());
            failure.error.context_id = self.context_id();
            failure
        })
    }

    /// The failure that a status of 300 or more is.
    pub(super) fn failure(&self, operation: &Operation) -> Failure {
        let body: Option<ErrorBody> = serde_json::from_str(&self.text).ok();
        let code = body.as_ref().and_then(ErrorBody::any_code).map(|code| redact(&code, &self.secrets));
        let said = body.as_ref().map(ErrorBody::text).filter(|text| !text.is_empty());
        let said = said.map(|text| redact(&text, &self.secrets));
        let status = self.status;
        let message = said.unwrap_or_else(|| match &self.text {
            _ if status.is_redirection() => format!("a redirect to `{}`", self.target()),
            _ if self.is_html() => self.page(),
            text if text.trim().is_empty() => format!("HTTP status {status}"),
            text => self.quote(text),
        });
        let kind = match kind(status, code.as_deref(), &message) {
            // Whoever answers in HTML does not know what there is.
            Kind::NotFound if self.is_html() => Kind::Unreadable,
            kind => kind,
        };
        let mut failure = match kind {
            Kind::Unreadable => {
                let message = format!("the answer is {}", not_genesys(&message));
                Failure::new(operation, kind, message).unless_carried_out(operation)
            }
            Kind::ServiceFailure if status != StatusCode::NOT_IMPLEMENTED => {
                Failure::ambiguous(operation, kind, message, self.retry_after())
            }
            Kind::Throttled => Failure {
                retry: Retry::Throttled(self.retry_after()),
                ..Failure::new(operation, kind, message)
            },
            _ => Failure::new(operation, kind, message),
        };
        failure.error.status = Some(status.as_u16());
        failure.error.code = code;
        failure.error.context_id = body
            .and_then(|body| body.context_id)
            .map(|id| redact(&id, &self.secrets))
            .or_else(|| self.context_id());
        failure
    }

    /// A text of the other side's in a message: without secrets first, then cut.
    fn quote(&self, text: &str) -> String {
        let line = one_line(&redact(text, &self.secrets));
        match line.char_indices().nth(QUOTED) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or(&line)),
            None => line,
        }
    }

    fn target(&self) -> String {
        let location = self.headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("nowhere");
        // What follows the path may be a session of somebody's.
        self.quote(location.split('?').next().unwrap_or(location))
    }
}

/// The class of a failure. A version that is not the current one is 409, or 400 with one of these sentences (Terraform
/// provider for Genesys Cloud, `IsVersionMismatch`; its issue 1961).
fn kind(status: StatusCode, code: Option<&str>, message: &str) -> Kind {
    let says_version = ["does not match the current version", "does not match latest draft version"]
        .iter()
        .any(|sentence| message.contains(sentence));
    match status.as_u16() {
        300..400 => Kind::Unreadable,
        400 if says_version => Kind::VersionConflict,
        409 if says_version || !message.to_ascii_lowercase().contains("exist") => Kind::VersionConflict,
        409 => Kind::Conflict,
        400 if code.is_some_and(|code| code.contains("limit")) => Kind::LimitExceeded,
        400 | 405 | 413 | 415 | 422 => Kind::InvalidInput,
        401 => Kind::InvalidCredentials,
        403 => Kind::Forbidden,
        404 | 410 => Kind::NotFound,
        408 | 500.. => Kind::ServiceFailure,
        429 => Kind::Throttled,
        _ => Kind::Other,
    }
}

fn not_genesys(what: &str) -> String {
    format!("not Genesys Cloud's: {what}")
}
