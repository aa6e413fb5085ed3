//! One call from beginning to end: who signed it, what it asks for, what goes wrong on demand, the answer,
//! the log.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::call::{Call, Operation, Params};
use super::faults::{Fault, Faults};
use super::principals::Caller;
use super::signature::{self, Authorization, Sessions};
use super::state::State;
use super::store::Store;
use super::wire::{ApiError, Incoming, Reply, Service};
use super::{cloudwatch, genesys, iam, ids, lambda, measured, organizations, parameters, secrets, sts, xml};

/// The operation that runs a function.
const INVOKE: &str = "Invoke";

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
    pub(super) genesys: genesys::Memory,
    sessions: Sessions,
    /// Counts the decisions that flapping applies to.
    decisions: u64,
    /// Every state since somebody asked for them to be kept.
    pub(super) history: Option<Vec<Arc<State>>>,
    /// What is to happen in between, and has not happened yet.
    pub(super) events: Vec<Event>,
    /// What is due before the present call is answered.
    due: Vec<Happening>,
}

/// What happens in between two calls: to the state, and to the faults from then on.
pub(super) type Happening = Box<dyn FnOnce(&mut State, &mut Faults) + Send>;

/// Something that happens once, right after a call.
pub(super) struct Event {
    /// Which call it is; asked for every call.
    pub(super) is_after: Box<dyn FnMut(&LogEntry) -> bool + Send>,
    pub(super) happening: Happening,
}

/// An operation of one of the services, with its input.
enum Task {
    Iam(Operation<Params, xml::Xml>, Params),
    CallerIdentity,
    AssumeRole(Params),
    Lambda(Operation<lambda::Input, Reply>, lambda::Input),
    Secrets(Operation<serde_json::Value, Reply>, serde_json::Value),
    /// `organizations:DescribeOrganization`.
    Organization,
    /// `cloudwatch:GetMetricData`.
    Metrics(serde_json::Value),
}

impl Engine {
    pub(super) fn new(store: Store, faults: Faults) -> Self {
        let genesys = genesys::Memory::default();
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

    /// Carries out one call and what happens right after it; says whether anything did.
    pub(super) fn handle(&mut self, request: &Incoming) -> (Outcome, bool) {
        // A file that cannot be read is no reason to forget what is known; the next change replaces it.
        let _ = self.store.enter();
        let outcome = match genesys::serves(&request.path) {
            true => genesys::handle(self, request),
            false => self.handle_aws(request),
        };
        let has_happened = !self.due.is_empty();
        for happening in std::mem::take(&mut self.due) {
            let mut next = State::clone(self.store.current());
            happening(&mut next, &mut self.faults);
            // A file that cannot be written is told by the next call that writes.
            let _ = self.commit(next);
        }
        self.store.leave();
        (outcome, has_happened)
    }

    fn handle_aws(&mut self, request: &Incoming) -> Outcome {
        let request_id = ids::uuid();
        let authorization = request.header("authorization").and_then(Authorization::parse);
        let service = match &authorization {
            Some(authorization) => Service::from_signing_name(authorization.service),
            None => Some(guess_service(request)),
        };
        let Some(service) = service else {
            let name = authorization.map(|authorization| authorization.service).unwrap_or_default();
            let operation = operation_name(request);
            let error = ApiError::unsupported(&format!(
                "`{name}` ({operation}): only iam, sts, lambda, secretsmanager and a little of ssm and organizations",
            ));
            return Outcome::Reply(Reply::error(guess_service(request), &error, &request_id));
        };
        let task = Task::parse(service, request);
        let mut entry = LogEntry {
            service: service.name().to_owned(),
            action: task.as_ref().map(|(name, _)| name.clone()).unwrap_or_default(),
            region: authorization.as_ref().map(|it| it.region.to_owned()).unwrap_or_default(),
            write: task.as_ref().is_ok_and(|(_, task)| task.is_write()),
            status: 0,
            error: None,
            principal: String::new(),
        };
        let fault = self.faults.next(&format!("{}:{}", entry.service, entry.action));
        if let Some(reply) = fault.and_then(Fault::substitute) {
            return self.end(entry, fault, reply);
        }
        let result =
            self.answer(request, authorization.as_ref(), service, task, fault, &request_id, &mut entry);
        entry.error = result.as_ref().err().map(|error| error.code.to_string());
        let mut reply = result.unwrap_or_else(|error| Reply::error(service, &error, &request_id));
        reply.headers.push(("x-amzn-requestid", request_id));
        self.end(entry, fault, reply)
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

    #[expect(clippy::too_many_arguments, reason = "the parts of one call, taken apart by the only caller")]
    fn answer(
        &mut self,
        request: &Incoming,
        authorization: Option<&Authorization<'_>>,
        service: Service,
        task: Result<(String, Task), ApiError>,
        fault: Option<Fault>,
        request_id: &str,
        entry: &mut LogEntry,
    ) -> Result<Reply, ApiError> {
        let authorization = authorization.ok_or_else(|| signature::unsigned(service))?;
        let clock = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(self.faults.clock_ahead_s);
        let state = self.store.current();
        let caller = signature::authenticate(request, authorization, service, state, &self.sessions, clock)?;
        entry.principal.clone_from(&caller.arn);
        let (name, task) = task?;
        if let Some(error) = fault.and_then(|fault| failure(fault, service, &name, &caller)) {
            let error = Err(error);
            if let Task::Lambda(_, input) = &task {
                let invoked = input.invoked(&caller.account, authorization.region).filter(|_| name == INVOKE);
                self.measure(invoked, Duration::ZERO, &error)?;
            }
            return error;
        }
        let lag = self.enforcement_lag(&name);
        let enforced = self.store.as_of(lag);
        let now = jiff::Timestamp::now().as_second();
        let call = Call { caller: &caller, region: authorization.region, enforced: &enforced, now };
        let xml = |xml: xml::Xml| Reply::xml(200, xml.response(service, &name, request_id));
        match task {
            Task::Iam(operation, params) => self.run(&operation, &call, &params).map(xml),
            Task::CallerIdentity => Ok(xml(sts::get_caller_identity(&call))),
            Task::AssumeRole(params) => {
                let (answer, session) = sts::assume_role(&call, &params)?;
                self.sessions.insert(session.credentials.access_key_id.clone(), session);
                Ok(xml(answer))
            }
            Task::Lambda(operation, input) => {
                let begun = Instant::now();
                let result = self.run(&operation, &call, &input);
                let invoked = input.invoked(call.account(), call.region).filter(|_| name == INVOKE);
                self.measure(invoked, begun.elapsed(), &result)?;
                result
            }
            Task::Metrics(input) => cloudwatch::get_metric_data(&call, &input, self.store.current()),
            Task::Secrets(operation, input) => self.run(&operation, &call, &input),
            Task::Organization => Err(organizations::describe(&call)),
        }
    }

    fn run<I, O>(&mut self, operation: &Operation<I, O>, call: &Call<'_>, input: &I) -> Result<O, ApiError> {
        match operation {
            Operation::Read(read) => {
                read(call, input, &self.store.as_of(Duration::from_millis(self.faults.read_lag_ms)))
            }
            Operation::Write(write) => {
                let mut next = State::clone(self.store.current());
                let answer = write(call, input, &mut next)?;
                self.commit(next)?;
                Ok(answer)
            }
        }
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

    fn enforcement_lag(&mut self, operation: &str) -> Duration {
        let flaps = self.faults.flapping && ["AssumeRole", "Invoke"].contains(&operation);
        self.decisions += u64::from(flaps);
        match flaps && self.decisions % 2 == 1 {
            true => Duration::ZERO,
            false => Duration::from_millis(self.faults.enforcement_lag_ms),
        }
    }
}

impl Task {
    fn parse(service: Service, request: &Incoming) -> Result<(String, Self), ApiError> {
        match service {
            Service::Iam | Service::Sts => {
                let params = Params(request.parameters());
                let name = params.get("Action").unwrap_or_default().to_owned();
                let unknown = || ApiError::unsupported(&format!("{}:{name}", service.name()));
                let task = match (service, name.as_str()) {
                    (Service::Sts, "GetCallerIdentity") => Self::CallerIdentity,
                    (Service::Sts, "AssumeRole") => Self::AssumeRole(params),
                    (Service::Iam, _) => Self::Iam(iam::operation(&name).ok_or_else(unknown)?, params),
                    _ => return Err(unknown()),
                };
                Ok((name, task))
            }
            Service::Lambda => {
                let (name, operation, input) = lambda::route(request)?;
                Ok((name.to_owned(), Self::Lambda(operation, input)))
            }
            Service::SecretsManager => {
                let (name, input) = secrets::parse(request)
                    .ok_or_else(|| ApiError::new(400, "UnknownOperationException", ""))?;
                let operation = secrets::operation(name)
                    .ok_or_else(|| ApiError::unsupported(&format!("secretsmanager:{name}")))?;
                Ok((name.to_owned(), Self::Secrets(operation, input)))
            }
            Service::Ssm => {
                let (name, input) = parameters::parse(request)
                    .ok_or_else(|| ApiError::new(400, "UnknownOperationException", ""))?;
                let operation = parameters::operation(name)
                    .ok_or_else(|| ApiError::unsupported(&format!("ssm:{name}")))?;
                Ok((name.to_owned(), Self::Secrets(operation, input)))
            }
            Service::Organizations => {
                let name = organizations::operation(request);
                match name.as_str() {
                    "DescribeOrganization" => Ok((name, Self::Organization)),
                    _ => Err(ApiError::unsupported(&format!("organizations:{name}"))),
                }
            }
            Service::CloudWatch => match cloudwatch::parse(request) {
                Some((name @ "GetMetricData", input)) => Ok((name.to_owned(), Self::Metrics(input))),
                Some((name, _)) => Err(ApiError::unsupported(&format!("cloudwatch:{name}"))),
                None => Err(ApiError::unsupported("this protocol of CloudWatch")),
            },
            // Its findings are AWS's own reading of a document, which nothing here could give honestly.
            Service::AccessAnalyzer => Err(ApiError::unsupported("IAM Access Analyzer")),
        }
    }

    fn is_write(&self) -> bool {
        match self {
            Self::Iam(operation, _) => matches!(operation, Operation::Write(_)),
            Self::Lambda(operation, _) => matches!(operation, Operation::Write(_)),
            Self::Secrets(operation, _) => matches!(operation, Operation::Write(_)),
            Self::CallerIdentity | Self::AssumeRole(_) | Self::Organization | Self::Metrics(_) => false,
        }
    }
}

/// What a request to an unknown service asks for: its action, its target, or else method and path.
fn operation_name(request: &Incoming) -> String {
    let parameters = request.parameters();
    let target = || request.header("x-amz-target").and_then(|target| target.rsplit('.').next());
    match parameters.get("Action").map(String::as_str).or_else(target) {
        Some(name) => name.to_owned(),
        None => format!("{} {}", request.method, request.path),
    }
}

/// Whose error format a request gets that no service could be told from.
fn guess_service(request: &Incoming) -> Service {
    let parameters = request.parameters();
    match (request.header("x-amz-target"), parameters.get("Version").map(String::as_str)) {
        (Some(_), _) => Service::SecretsManager,
        (None, Some("2011-06-15")) => Service::Sts,
        (None, None) if request.path.starts_with("/20") => Service::Lambda,
        (None, None) if request.path.starts_with("/service/") => Service::CloudWatch,
        _ => Service::Iam,
    }
}

/// The error that a fault stands for, as the service words it.
fn failure(fault: Fault, service: Service, name: &str, caller: &Caller) -> Option<ApiError> {
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
