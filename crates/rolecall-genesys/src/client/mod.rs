//! The client of the Platform API: OAuth client credentials, retries, rate limit, and a record of every request.
//!
//! What is tried again, and when: a refused connection and a name that does not resolve twice more, for nothing was
//! sent; 429 as long as the deadline allows, no sooner than `Retry-After` says; a failure of the service (5xx but 501,
//! 408), a timeout and half an answer a few times, with full jitter, but only where doing it twice harms nothing
//! ([`Operation`]). A POST that makes something is never sent twice after an ambiguous failure: the caller looks first.
//! 401 gets a new token, once.
//!
//! At most ten requests of a client are on their way at a time, those for tokens among them (`Client::turn`).
//!
//! An answer larger than any that the API sends is refused while it is read. The command's own end ([`limit`]) is also the
//! end of every call.
//!
//! Proxies are those of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`), except on the way to
//! this machine. Certificates are checked against the system's, on Linux also against `SSL_CERT_FILE` and
//! `SSL_CERT_DIR`, as the AWS SDK does. Redirects are not followed: the API has none, and a token must not travel.

mod answer;
mod attempt;
mod pages;
mod rate;
mod request;
mod token;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use self::rate::RateLimit;
pub use self::request::Request;
use self::token::Tokens;
use super::credentials::CredentialSource;
use super::error::{Failure, Retry};
use super::operation::Operation;
use rolecall_model::limit;
use rolecall_model::ports::WriteOutcome;
use rolecall_model::ports::calls::Calls;
use rolecall_model::ports::genesys::{GenesysErrorKind, GenesysResult};

/// Attempts of a call that the service fails.
const ATTEMPTS: usize = 5;
/// Requests on their way at a time, of one OAuth client. A minute allows 300 of them (Genesys Cloud, "Limits",
/// `client.credentials.token.rate.per.minute`), so more at a time end sooner at the limit and not with the work.
const IN_FLIGHT: usize = 10;
/// Attempts of a call that finds nobody to talk to.
const CONNECTIONS: usize = 3;

/// How long the client waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For a call with all its attempts and pauses.
    pub deadline: Duration,
    /// For one attempt, to the last byte of the answer.
    pub attempt: Duration,
    /// Before the second attempt; the pauses double from there, and each is drawn between nothing and that.
    pub first_pause: Duration,
    /// The longest pause that the client chooses itself.
    pub longest_pause: Duration,
}

impl Patience {
    /// The usual pauses, with that deadline. An action may run for 60 seconds, and its test with it.
    pub fn until(deadline: Duration) -> Self {
        Self {
            deadline,
            attempt: Duration::from_secs(75),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(15),
        }
    }
}

/// Genesys Cloud, as one OAuth client sees it.
#[derive(Debug)]
pub struct Client {
    tokens: Tokens,
    rate: Mutex<RateLimit>,
    in_flight: Semaphore,
    patience: Patience,
    calls: Calls,
}

/// The right to have one request on its way; nothing is sent without it.
struct Turn<'c>(
    #[expect(dead_code, reason = "it is held, and given back when it is dropped")]
    Option<SemaphorePermit<'c>>,
);

impl Client {
    /// A client with these credentials; contacts nobody. `calls` is where its requests are recorded.
    pub fn new(source: CredentialSource, patience: Patience, calls: Calls) -> Self {
        let in_flight = Semaphore::new(IN_FLIGHT);
        Self { tokens: Tokens::new(source), rate: Mutex::default(), in_flight, patience, calls }
    }

    /// A call, to be filled in and sent.
    pub fn call(&self, operation: &'static Operation) -> Request<'_> {
        Request::new(self, operation)
    }

    /// The requests that were sent.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// What the last answers said of the rate limit: requests used and allowed, seconds until the count starts over.
    pub fn rate_limit(&self) -> Option<(u32, u32, u64)> {
        self.rate().state(Instant::now())
    }

    /// Waits until fewer than [`IN_FLIGHT`] requests are on their way.
    async fn turn(&self) -> Turn<'_> {
        // Nobody closes it, so there is always a permit in the end.
        Turn(self.in_flight.acquire().await.ok())
    }

    fn rate(&self) -> std::sync::MutexGuard<'_, RateLimit> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Attempts until one succeeds, or none may follow.
    async fn persist<T, F>(&self, attempt: impl FnMut() -> F) -> GenesysResult<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let Patience { deadline, first_pause, longest_pause, .. } = self.patience;
        let end = Instant::now() + limit::remaining().map_or(deadline, |remaining| remaining.min(deadline));
        let backoff = ExponentialBuilder::default()
            .with_min_delay(first_pause)
            .with_max_delay(longest_pause)
            .without_max_times();
        let mut failures = 0;
        // What a later attempt is refused, an earlier one may have done.
        let mut may_be_done = false;
        let mut told_to_wait = None;
        let result = attempt
            .retry(backoff)
            .when(|failure: &Failure| failure.retry != Retry::Never)
            .adjust(|failure, pause| {
                failures += 1;
                may_be_done |= failure.error.outcome == WriteOutcome::Unknown;
                // Full jitter: clients that failed together do not come back together.
                let pause = pause.map(|pause| pause.mul_f64(fastrand::f64()));
                let pause = match failure.retry {
                    Retry::Never => None,
                    Retry::Throttled(told) => told.or(pause),
                    Retry::Again(told) => told.or(pause).filter(|_| failures < ATTEMPTS),
                    Retry::Connect => pause.filter(|_| failures < CONNECTIONS),
                };
                told_to_wait = pause;
                pause.filter(|pause| Instant::now() + *pause < end)
            })
            .await;
        result.map_err(|Failure { mut error, .. }| {
            if let (GenesysErrorKind::Throttled, Some(pause)) = (error.kind, told_to_wait) {
                let (pause, deadline) = (pause.as_secs_f64().ceil(), deadline.as_secs());
                error.message +=
                    &format!("; the next attempt would be in {pause} s, past the deadline of {deadline} s");
            }
            if may_be_done {
                error.outcome = WriteOutcome::Unknown;
            }
            if error.outcome == WriteOutcome::Unknown {
                error.message += "; Genesys Cloud may have carried it out";
            }
            error
        })
    }
}
