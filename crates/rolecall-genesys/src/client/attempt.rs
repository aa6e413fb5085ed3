//! One attempt of a call: wait for the limit, get a token, send.

use std::error::Error;

use reqwest::{RequestBuilder, StatusCode};
use rolecall_model::ports::call::Call;
use rolecall_model::ports::genesys::GenesysErrorKind as Kind;
use secrecy::SecretString;
use tokio::time::Instant;

use super::answer::{Answer, Unreadable};
use super::request::Request;
use super::token::Pass;
use super::{Client, Turn};
use crate::error::{Failure, Retry, one_line};
use crate::operation::Operation;

/// The largest answer that is read. A page has at most some hundred entities of a few KiB; an action cannot have larger
/// schemas than a request may carry, which is 512,000 bytes (Genesys Cloud, "Limits", `request.bytes.max`); and the answer
/// of a function that an action's test shows has at most 6 MB (Lambda quotas, synchronous invocation).
const LARGEST: usize = 16 << 20;

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
