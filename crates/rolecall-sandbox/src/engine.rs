//! What is behind the door: the state, what goes wrong on demand, what happens in between, and the log.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::call::Call;
use super::faults::{Fault, Faults};
use super::genesys::memory::Memory;
use super::principals::Caller;
use super::service::Service;
use super::signature::{self, Sessions};
use super::state::State;
use super::store::Store;
use super::wire::{ApiError, Reply};
use super::{lambda, measured};

/// Calls that the log keeps.
const LOG_LENGTH: usize = 10_000;

/// One call as the log remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// `iam`, `sts`, `lambda`, `secretsmanager` or `genesys`.
    pub service: String,
    /// The operation, such as `GetRole`; empty where it is unknown.
    pub action: String,
    /// The region that the call was signed for; empty for Genesys Cloud.
    pub region: String,
    /// Whether the operation can change anything.
    pub write: bool,
    /// The HTTP status; 0 where the connection was dropped.
    pub status: u16,
    /// The error code, if it failed.
    pub error: Option<String>,
    /// The ARN of the caller, or the ID of the OAuth client; empty for a request that was not authenticated.
    pub principal: String,
}

/// What becomes of a request.
pub(super) enum Outcome {
    Reply(Reply),
    /// The answer comes after the client has lost its patience.
    Stall(Reply),
    /// The connection ends in the middle of the answer.
    Truncate(Reply),
    /// The connection ends without an answer.
    Drop,
}

/// Everything behind the server's door.
pub(super) struct Engine {
    pub(super) store: Store,
    pub(super) faults: Faults,
    pub(super) log: VecDeque<LogEntry>,
    pub(super) genesys: Memory,
    pub(super) sessions: Sessions,
    /// Counts the decisions that flapping applies to.
    decisions: u64,
    /// Every state since somebody asked for them to be kept.
    pub(super) history: Option<Vec<Arc<State>>>,
    /// What is to happen in between, and has not happened yet.
    pub(super) events: Vec<Event>,
    /// What is due before the present call is answered.
    pub(super) due: Vec<Happening>,
}

/// What happens in between two calls: to the state, and to the faults from then on.
pub(super) type Happening = Box<dyn FnOnce(&mut State, &mut Faults) + Send>;

/// Something that happens once, right after a call.
pub(super) struct Event {
    /// Which call it is; asked for every call.
    pub(super) is_after: Box<dyn FnMut(&LogEntry) -> bool + Send>,
    pub(super) happening: Happening,
}

impl Engine {
    pub(super) fn new(store: Store, faults: Faults) -> Self {
        let genesys = Memory::default();
        Self {
            store,
            faults,
            log: VecDeque::new(),
            genesys,
            sessions: Sessions::new(),
            decisions: 0,
            history: None,
            events: Vec::new(),
            due: Vec::new(),
        }
    }

    /// What the caller gets to see of a reply, and the call's entry in the log.
    pub(super) fn end(&mut self, mut entry: LogEntry, fault: Option<Fault>, reply: Reply) -> Outcome {
        entry.status = reply.status;
        let outcome = match fault {
            Some(Fault::DropCall | Fault::DropReply) => {
                entry.status = 0;
                Outcome::Drop
            }
            Some(Fault::Truncate) => Outcome::Truncate(reply),
            Some(Fault::Stall | Fault::StallCall) => Outcome::Stall(reply),
            None
            | Some(
                Fault::Throttle
                | Fault::Deny
                | Fault::Expire
                | Fault::Internal
                | Fault::Unavailable
                | Fault::NotFound
                | Fault::Exists
                | Fault::Conflict
                | Fault::Unmodifiable
                | Fault::Empty
                | Fault::Malformed
                | Fault::Html,
            ) => Outcome::Reply(reply),
        };
        self.remember(entry);
        outcome
    }

    fn remember(&mut self, entry: LogEntry) {
        let is_due = |event: &mut Event| (event.is_after)(&entry);
        self.due.extend(self.events.extract_if(.., is_due).map(|event| event.happening));
        self.log.push_back(entry);
        if self.log.len() > LOG_LENGTH {
            self.log.pop_front();
        }
    }

    /// A call that Genesys Cloud makes: it meets decisions, faults and log like one from outside.
    pub(super) fn call_for_genesys<T>(
        &mut self,
        caller: &Caller,
        (service, name, region): (Service, &str, &str),
        run: impl FnOnce(&Call<'_>, &State) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let fault = self.faults.next(&format!("{}:{name}", service.name()));
        let lag = self.enforcement_lag(name);
        let enforced = self.store.as_of(lag);
        let call = Call { caller, region, enforced: &enforced, now: jiff::Timestamp::now().as_second() };
        let result = match fault.and_then(|fault| failure(fault, service, name, caller)) {
            Some(error) => Err(error),
            None => run(&call, self.store.current()),
        };
        self.remember(LogEntry {
            service: service.name().to_owned(),
            action: name.to_owned(),
            region: region.to_owned(),
            write: false,
            status: result.as_ref().map_or_else(|error| error.status, |_| 200),
            error: result.as_ref().err().map(|error| error.code.to_string()),
            principal: caller.arn.clone(),
        });
        result
    }

    /// Remembers that a function was invoked, or that this was throttled. Who was refused is measured by nobody.
    pub(super) fn measure(
        &mut self,
        invoked: Option<lambda::Invoked>,
        took: Duration,
        result: &Result<Reply, ApiError>,
    ) -> Result<(), ApiError> {
        let is_throttled = result.as_ref().is_err_and(|error| error.code == lambda::THROTTLED);
        let Some(invoked) = invoked.filter(|_| result.is_ok() || is_throttled) else { return Ok(()) };
        let mut next = State::clone(self.store.current());
        measured::add(&mut next.invocations, invoked.measured(took, is_throttled));
        self.commit(next)
    }

    /// Makes a state the present one.
    pub(super) fn commit(&mut self, next: State) -> Result<(), ApiError> {
        let Faults { read_lag_ms, enforcement_lag_ms, genesys, .. } = &self.faults;
        let lags = [*read_lag_ms, *enforcement_lag_ms, genesys.read_lag_ms];
        let memory = Duration::from_millis(lags.into_iter().max().unwrap_or_default());
        let saved = self.store.commit(next, memory);
        if let Some(history) = &mut self.history {
            history.push(Arc::clone(self.store.current()));
        }
        saved.map_err(|error| {
            ApiError::new(500, "ServiceFailure", format!("the sandbox cannot save its state: {error}"))
        })
    }

    pub(super) fn enforcement_lag(&mut self, operation: &str) -> Duration {
        let flaps = self.faults.flapping && ["AssumeRole", "Invoke"].contains(&operation);
        self.decisions += u64::from(flaps);
        match flaps && self.decisions % 2 == 1 {
            true => Duration::ZERO,
            false => Duration::from_millis(self.faults.enforcement_lag_ms),
        }
    }
}

/// The error that a fault stands for, as the service words it.
pub(super) fn failure(fault: Fault, service: Service, name: &str, caller: &Caller) -> Option<ApiError> {
    Some(match (fault, service) {
        (
            Fault::DropCall
            | Fault::DropReply
            | Fault::Html
            | Fault::Empty
            | Fault::Malformed
            | Fault::Truncate
            | Fault::Stall
            | Fault::StallCall,
            _,
        ) => return None,
        (Fault::NotFound, Service::Iam | Service::Sts) => {
            ApiError::new(404, "NoSuchEntity", "The entity cannot be found.")
        }
        (Fault::NotFound, _) => {
            ApiError::new(404, "ResourceNotFoundException", "The resource cannot be found.")
        }
        (Fault::Exists, Service::Iam | Service::Sts) => {
            ApiError::new(409, "EntityAlreadyExists", "An entity of this name already exists.")
        }
        (Fault::Exists, _) => ApiError::new(409, "ResourceConflictException", "The resource already exists."),
        (Fault::Conflict, Service::Iam | Service::Sts) => ApiError::new(
            409,
            "ConcurrentModification",
            "The request was rejected because another request to modify the same entity is in progress.",
        ),
        (Fault::Unmodifiable, Service::Iam | Service::Sts) => ApiError::new(
            409,
            "EntityTemporarilyUnmodifiable",
            "The request was rejected because it referenced an entity that is temporarily unmodifiable, such as a user name \
             that was deleted and then recreated.",
        ),
        (Fault::Conflict | Fault::Unmodifiable, _) => {
            ApiError::new(409, "ResourceConflictException", "The resource is being changed.")
        }
        (Fault::Throttle, Service::Iam | Service::Sts) => ApiError::new(400, "Throttling", "Rate exceeded"),
        (Fault::Throttle, Service::Lambda | Service::Organizations) => {
            ApiError::new(429, lambda::THROTTLED, "Rate exceeded")
        }
        (
            Fault::Throttle,
            Service::SecretsManager | Service::Ssm | Service::AccessAnalyzer | Service::CloudWatch,
        ) => ApiError::new(400, "ThrottlingException", "Rate exceeded"),
        (Fault::Deny, _) => {
            let action = if name == "Invoke" { "InvokeFunction" } else { name };
            let text =
                format!("User: {} is not authorized to perform: {}:{action}", caller.arn, service.name());
            match service {
                Service::Iam | Service::Sts | Service::CloudWatch => ApiError::new(403, "AccessDenied", text),
                Service::Lambda | Service::AccessAnalyzer => {
                    ApiError::new(403, "AccessDeniedException", text)
                }
                Service::SecretsManager | Service::Ssm | Service::Organizations => {
                    ApiError::new(400, "AccessDeniedException", text)
                }
            }
        }
        (Fault::Expire, _) => signature::expired(service),
        (Fault::Internal, Service::Iam) => ApiError::new(500, "ServiceFailure", "Internal failure"),
        (Fault::Internal, Service::Sts) => ApiError::new(500, "InternalFailure", "Internal failure"),
        (Fault::Internal, Service::Lambda | Service::Organizations) => {
            ApiError::new(500, "ServiceException", "An error occurred and the request cannot be processed.")
        }
        (
            Fault::Internal,
            Service::SecretsManager | Service::Ssm | Service::AccessAnalyzer | Service::CloudWatch,
        ) => ApiError::new(500, "InternalServiceError", "An error occurred on the server side."),
        (Fault::Unavailable, _) => ApiError::new(503, "ServiceUnavailable", "Service is unavailable"),
    })
}
