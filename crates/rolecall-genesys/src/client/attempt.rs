//! One attempt of a call: wait for the limit, get a token, send, and classify what comes back.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{RequestBuilder, StatusCode};
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::request::Request;
use super::token::Pass;
use super::{Client, Turn};
use crate::error::{ErrorBody, Failure, Retry, one_line};
use crate::operation::{Operation, Success};
use rolecall_model::ports::calls::Call;
use rolecall_model::ports::genesys::GenesysErrorKind as Kind;
use rolecall_model::redact::redact;

/// The largest answer that is read. A page has at most some hundred entities of a few KiB; an action cannot have larger
/// schemas than a request may carry, which is 512,000 bytes (Genesys Cloud, "Limits", `request.bytes.max`); and the answer
/// of a function that an action's test shows has at most 6 MB (Lambda quotas, synchronous invocation).
const LARGEST: usize = 16 << 20;
/// What is quoted of an answer that is not understood.
const QUOTED: usize = 200;

/// An answer, read to its end.
pub(super) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
    /// What was sent and no message may show.
    secrets: Vec<SecretString>,
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
    fn failure(&self, operation: &Operation) -> Failure {
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

impl Client {
    /// One attempt. A token that is refused is replaced once within it.
    pub(super) async fn attempt<T>(
        &self,
        request: &Request<'_>,
        read: &impl Fn(&Answer) -> Result<T, Unreadable>,
    ) -> Result<T, Failure> {
        let mut pass = self.pass(None).await?;
        let mut answer = self.answer(request, &pass).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            pass = self.pass(Some(pass.serial)).await?;
            answer = self.answer(request, &pass).await?;
        }
        answer.read(request.operation, read)
    }

    async fn answer(&self, request: &Request<'_>, pass: &Pass) -> Result<Answer, Failure> {
        let Request { client: _, operation, path, query, body, secrets } = request;
        // First, for whoever waits here learns meanwhile what the answers say of the limit.
        let turn = self.turn().await;
        self.stay_under_the_limit(operation).await?;
        let mut call = pass
            .http
            .request(operation.method.clone(), pass.site.api_at(path))
            .query(query)
            .bearer_auth(pass.token());
        if let Some(body) = body {
            call = call.json(body);
        }
        let secrets = pass.secrets().into_iter().chain(secrets.iter().cloned()).collect();
        let answer = self.transmit(&turn, operation, call, secrets).await?;
        self.rate().learn(&answer.headers, Instant::now());
        Ok(answer)
    }

    async fn stay_under_the_limit(&self, operation: &Operation) -> Result<(), Failure> {
        let pause = self.rate().pause(Instant::now());
        if let Some(pause) = pause {
            if pause > self.patience.deadline {
                let message = format!(
                    "the rate limit is used up for {} s, and the deadline is {} s",
                    pause.as_secs(),
                    self.patience.deadline.as_secs()
                );
                return Err(Failure::new(operation, Kind::Throttled, message));
            }
            tokio::time::sleep(pause).await;
        }
        self.rate().sent();
        Ok(())
    }

    /// Sends, reads to the end, and records the request.
    pub(super) async fn transmit(
        &self,
        _: &Turn<'_>,
        operation: &Operation,
        call: RequestBuilder,
        secrets: Vec<SecretString>,
    ) -> Result<Answer, Failure> {
        let (http, call) = call.timeout(self.patience.attempt).build_split();
        let call = call.map_err(|error| Failure::new(operation, Kind::Other, innermost(&error)))?;
        let host = call.url().host_str().unwrap_or_default().to_owned();
        let host = call.url().port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let start = Instant::now();
        let answer = async {
            let mut answer = http.execute(call).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut bytes = Vec::new();
            while let Some(chunk) = answer.chunk().await? {
                if bytes.len() + chunk.len() > LARGEST {
                    return Ok(None);
                }
                bytes.extend_from_slice(&chunk);
            }
            Ok(Some(Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), secrets }))
        };
        let answer: Result<Option<Answer>, reqwest::Error> = answer.await;
        self.calls.add(Call {
            operation: operation.name.to_owned(),
            host: host.clone(),
            status: answer.as_ref().ok().and_then(Option::as_ref).map(|answer| answer.status.as_u16()),
            took: start.elapsed(),
        });
        match answer {
            Ok(Some(answer)) => Ok(answer),
            // It would be as large the next time.
            Ok(None) => {
                let message = format!("the answer of `{host}` has more than {} MiB", LARGEST >> 20);
                Err(Failure::new(operation, Kind::Unreadable, message).unless_carried_out(operation))
            }
            Err(error) => Err(unreachable_host(operation, &host, &error.without_url())),
        }
    }
}

/// A request that got no answer, or half of one.
fn unreachable_host(operation: &Operation, host: &str, error: &reqwest::Error) -> Failure {
    let causes = causes(error);
    let said = causes.join(": ");
    let refused = |cause: &&(dyn Error + 'static)| {
        let io = cause.downcast_ref::<std::io::Error>();
        io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused)
    };
    let connect =
        |message| Failure { retry: Retry::Connect, ..Failure::new(operation, Kind::Unreachable, message) };
    if error.is_connect() {
        if said.contains("dns error") {
            return connect(format!("the name `{host}` does not resolve"));
        }
        if said.contains("certificate") {
            let message = format!("the certificate of `{host}` is not trusted: {}", innermost(error));
            return Failure::new(operation, Kind::Unreachable, message);
        }
        if chain(error).any(|cause| refused(&cause)) {
            return connect(format!("`{host}` refuses the connection"));
        }
        return connect(format!("cannot connect to `{host}`: {}", innermost(error)));
    }
    if error.is_timeout() {
        let message = format!("no answer from `{host}` in time");
        return Failure::ambiguous(operation, Kind::TimedOut, message, None);
    }
    if error.is_body() || error.is_decode() {
        let message = format!("the answer of `{host}` breaks off: {}", innermost(error));
        return Failure::ambiguous(operation, Kind::Unreadable, message, None);
    }
    Failure::ambiguous(
        operation,
        Kind::Unreachable,
        format!("no answer from `{host}`: {}", innermost(error)),
        None,
    )
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn causes(error: &(dyn Error + 'static)) -> Vec<String> {
    chain(error).map(|cause| one_line(&cause.to_string())).collect()
}

/// The cause of all: the outer sentences of an HTTP stack say little.
fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).pop().unwrap_or_default()
}
