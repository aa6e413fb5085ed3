//! An action at work: from its inputs over AssumeRole and Invoke to the result that a flow would get.
//!
//! A test answers 200 whether the action succeeded or not, an execution fails with an error. Of the operations' names
//! only `Execute` is known. How Genesys Cloud calls itself when it assumes a role (its role, the session's name) and how
//! it words what AWS answers is not published: the text of AWS is nested under "Internal Server Error".

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::actions::{Stage, find};
use super::audits::{self, Author, Entity};
use super::integrations::reported_state;
use super::refusal::Refusal;
use super::request::Request;
use super::revisions::input_mismatch;
use super::state::{Action, Genesys, Revision};
use super::{catalogue, commit, flat, paging, template};
use crate::call::{Operation, Params};
use crate::engine::Engine;
use crate::measured::{self, Execution};
use crate::principals::Principal;
use crate::service::Service;
use crate::state::State;
use crate::wire::{ApiError, Incoming, Reply};
use crate::{lambda, sts};

/// Who wants it to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Somebody who wants to see how it goes.
    Test(Stage),
    /// Somebody who wants the result.
    Execute,
}

const SESSION_NAME: &str = "genesys-cloud";
/// Where roles are assumed; a role is the same in every region.
const STS_REGION: &str = "us-east-1";

/// What was done so far, as a test shows it.
#[derive(Default)]
struct Steps(Vec<Value>);

impl Steps {
    fn record(
        &mut self,
        name: &str,
        result: Result<Value, Refusal>,
        context_id: &str,
    ) -> Result<Value, Refusal> {
        let mut step = json!({"step": self.0.len() + 1, "name": name, "success": result.is_ok()});
        if let Some(step) = step.as_object_mut() {
            match &result {
                Ok(value) => step.insert("result".to_owned(), value.clone()),
                Err(refusal) => step.insert("error".to_owned(), refusal.body(context_id)),
            };
        }
        self.0.push(step);
        result
    }
}

pub(super) fn run(engine: &mut Engine, request: &Request<'_>, way: Way) -> Result<Reply, Refusal> {
    if request.id() == catalogue::STATIC_ACTION {
        return Err(Refusal::unsupported("running built-in actions"));
    }
    let stage = match way {
        Way::Test(stage) => stage,
        Way::Execute => Stage::Published,
    };
    let state = Arc::clone(engine.store.current());
    let (action, revision) = find(request.id(), &state.genesys, stage)?;
    let inputs = request.object()?.as_object().cloned().unwrap_or_default();
    let mut steps = Steps::default();
    let begun = Instant::now();
    let result = carry_out(engine, request, &state.genesys, (action, revision), &inputs, &mut steps);
    let mut next = State::clone(engine.store.current());
    let author = Author { client: Some(request.client_id), user: None, at: request.time() };
    let entity = Entity { kind: "Action", id: request.id(), name: &revision.name };
    audits::write(&mut next, &author, "Execute", &entity, result.is_ok(), Vec::new());
    if stage == Stage::Published {
        let (at_ms, took_us) = measured::now(begun.elapsed());
        let error = result.as_ref().err().map(|refusal| (refusal.status, refusal.code.to_owned()));
        let execution = Execution { action: request.id().to_owned(), at_ms, took_us, error };
        measured::add(&mut next.genesys.executions, execution);
    }
    commit(engine, next)?;
    let result = result.map(|value| if request.flag("flatten") { flat::value(&value) } else { value });
    match (way, result) {
        (Way::Test(_), Ok(value)) => {
            Ok(Reply::json(200, &json!({"operations": steps.0, "success": true, "finalResult": value})))
        }
        (Way::Test(_), Err(refusal)) => {
            let error = refusal.shallow().body(request.context_id);
            Ok(Reply::json(200, &json!({"operations": steps.0, "success": false, "error": error})))
        }
        (Way::Execute, Ok(value)) => Ok(Reply::json(200, &value)),
        (Way::Execute, Err(refusal)) => Err(refusal),
    }
}

fn carry_out(
    engine: &mut Engine,
    request: &Request<'_>,
    genesys: &Genesys,
    (action, revision): (&Action, &Revision),
    inputs: &Map<String, Value>,
    steps: &mut Steps,
) -> Result<Value, Refusal> {
    let id = request.context_id;
    let mismatch = input_mismatch(revision.input_schema().unwrap_or(&Value::Null), inputs);
    let valid = mismatch.map_or(Ok(json!({})), |mismatch| Err(Refusal::invalid_schema(mismatch)));
    steps.record("Validate input against schema", valid, id)?;
    let event = event(revision, inputs);
    let shown = event.as_ref().map(|text| json!({"body": text})).map_err(Refusal::clone);
    steps.record("Resolve request body template", shown, id)?;
    let (function, event) = (resolve(revision.request("requestUrlTemplate"), inputs)?, event?);
    let answer =
        role(request, genesys, action).and_then(|role| invoke(engine, genesys, &role, &function, event));
    let raw = steps.record("Execute", answer, id)?;
    steps.record("Resolve response template", result(revision, &raw), id)
}

/// What the function gets.
fn event(revision: &Revision, inputs: &Map<String, Value>) -> Result<String, Refusal> {
    match revision.request("requestTemplate") {
        "" => resolve("${input.rawRequest}", inputs),
        template => resolve(template, inputs),
    }
}

fn resolve(template: &str, inputs: &Map<String, Value>) -> Result<String, Refusal> {
    let lookup = |name: &str| match name.strip_prefix("input.")? {
        "rawRequest" => Some(Value::Object(inputs.clone()).to_string()),
        name => inputs.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
    };
    template::render(template, &lookup).map_err(|cause| Refusal::of_execution(&cause))
}

/// The role that the action's integration gives to Genesys Cloud.
fn role(request: &Request<'_>, genesys: &Genesys, action: &Action) -> Result<String, Refusal> {
    let integration = genesys.integrations.get(&action.integration).ok_or_else(Refusal::not_found)?;
    if integration.kind != catalogue::LAMBDA {
        return Err(Refusal::of_execution("the sandbox does not call web services"));
    }
    let credential = integration
        .configuration
        .credentials
        .get("AmazonWebServicesARN")
        .and_then(|id| genesys.credentials.get(id))
        .ok_or_else(|| Refusal::of_execution("The integration has no credentials."))?;
    match reported_state(integration, genesys, request) {
        "ACTIVE" => Ok(credential.fields.get("ARN").cloned().unwrap_or_default()),
        other => Err(Refusal::of_execution(&format!("The integration is not active: its state is {other}."))),
    }
}

/// Assumes the role and invokes the function, with everything that AWS has to say about it.
fn invoke(
    engine: &mut Engine,
    genesys: &Genesys,
    role: &str,
    function: &str,
    event: String,
) -> Result<Value, Refusal> {
    let of_aws = |error: ApiError| Refusal::of_execution(&error.message);
    let caller = Principal::Vendor.caller(engine.store.current());
    let caller =
        caller.ok_or_else(|| Refusal::of_execution("Genesys Cloud's own role is gone from the sandbox"))?;
    let parameters =
        [("RoleArn", role), ("RoleSessionName", SESSION_NAME), ("ExternalId", &genesys.organization.id)];
    let parameters: BTreeMap<_, _> =
        parameters.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let assume = engine.call_for_genesys(&caller, (Service::Sts, "AssumeRole", STS_REGION), |call, _| {
        sts::assume_role(call, &Params(parameters))
    });
    let (_, session) = assume.map_err(of_aws)?;
    let region = function
        .strip_prefix("arn:aws:lambda:")
        .and_then(|rest| rest.split(':').next())
        .unwrap_or(STS_REGION);
    let incoming = Incoming {
        method: "POST".to_owned(),
        path: format!("/2015-03-31/functions/{}/invocations", paging::encode(function)),
        query: String::new(),
        headers: Vec::new(),
        body: event.into(),
    };
    let Ok((name, Operation::Read(operation), input)) = lambda::route(&incoming) else {
        return Err(Refusal::of_execution("The function's name is not valid."));
    };
    let begun = Instant::now();
    let reply = engine.call_for_genesys(&session.caller, (Service::Lambda, name, region), |call, state| {
        operation(call, &input, state)
    });
    let meant = input.invoked(&session.caller.account, region);
    engine.measure(meant, begun.elapsed(), &reply).map_err(of_aws)?;
    serde_json::from_slice(&reply.map_err(of_aws)?.body)
        .map_err(|error| Refusal::of_execution(&error.to_string()))
}

/// What the flow gets: the answer through translation map and success template.
fn result(revision: &Revision, raw: &Value) -> Result<Value, Refusal> {
    let refuse = |cause: String| Refusal::of_execution(&cause);
    let part = |name: &str| revision.config.pointer(&format!("/response/{name}")).and_then(Value::as_object);
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for (name, default) in part("translationMapDefaults").into_iter().flatten() {
        values.insert(name.clone(), default.as_str().unwrap_or_default().to_owned());
    }
    for (name, path) in part("translationMap").into_iter().flatten() {
        let found = template::follow(path.as_str().unwrap_or_default(), raw).map_err(refuse)?;
        values.extend(found.map(|value| (name.clone(), value.to_string())));
    }
    let text = match revision.response("successTemplate") {
        "" => raw.to_string(),
        success => {
            let lookup = |name: &str| match name {
                "rawResult" => Some(raw.to_string()),
                name => values.get(name).cloned(),
            };
            template::render(success, &lookup).map_err(refuse)?
        }
    };
    serde_json::from_str(&text).map_err(|error| refuse(format!("the success template gave no JSON: {error}")))
}
