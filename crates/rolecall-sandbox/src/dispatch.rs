//! One call from beginning to end: who signed it, what it asks for, and which service answers.

use std::time::{Duration, Instant};

use super::call::{Call, Operation, Params};
use super::engine::{Engine, LogEntry, Outcome, failure};
use super::faults::Fault;
use super::service::Service;
use super::signature::{self, Authorization};
use super::state::State;
use super::wire::{ApiError, Incoming, Reply};
use super::{cloudwatch, genesys, iam, ids, lambda, organizations, parameters, secrets, sts, xml};

/// The operation that runs a function.
const INVOKE: &str = "Invoke";

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
