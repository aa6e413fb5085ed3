//! A Genesys Cloud organization: what a tool needs that connects AWS Lambda functions to data actions.
//!
//! It is served by the same port as the AWS services, since `/oauth/token` and `/api/v2/…` are no paths of theirs:
//! `GENESYSCLOUD_REGION` (or an SDK's base path) is [`Sandbox::genesys`]`().base_url`, with the OAuth client beside it;
//! without `//api.` in it, token and API are on one host. The client's permissions, its secret and everything else are
//! in [`Genesys`], which [`Sandbox::change`] reaches. Faults name an operation as the SDKs do
//! (`genesys:postIntegrationsActions`); [`Sandbox::exchanges`] gives every conversation for tests of the contract.
//!
//! An action's test is carried out in full: the credential's role is assumed in the embedded STS by the principal of
//! Genesys Cloud's account with the organization's ID as external ID, and the function is invoked with that session.
//!
//! Where Genesys Cloud's behaviour is not documented, the code says so at the place. Deliberately absent: users' own
//! tokens, scopes, divisions, the web services that actions of type `custom-rest-actions` call, enforcement of other limits than the request rate, and holding an answer against the output contract.
//!
//! [`Sandbox::genesys`]: super::Sandbox::genesys
//! [`Sandbox::change`]: super::Sandbox::change
//! [`Sandbox::exchanges`]: super::Sandbox::exchanges

mod actions;
mod analytics;
mod audits;
mod catalogue;
mod credentials;
mod drafts;
mod execution;
mod flat;
mod integrations;
pub(super) mod memory;
mod organization;
mod paging;
mod query;
mod refusal;
mod request;
mod revisions;
mod routes;
pub(super) mod state;
mod tamper;
mod template;
mod tracking;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use memory::Rate;
use refusal::Refusal;
use request::Request;
use routes::{Route, Run};

use super::engine::{Engine, LogEntry, Outcome};
use super::faults::Fault;
use super::ids;
use super::state::State;
use super::wire::{Incoming, Reply};

pub use memory::Exchange;
pub use state::{
    Action, AuditEntry, Change, Configuration, Credential, DependencyIndex, Flow, Genesys, Integration,
    IntendedState, OAuthClient, Organization, Revision,
};
pub(super) use tamper::GenesysTamper;

/// The OAuth client that exists from the start.
pub(super) const CLIENT_ID: &str = "11111111-2222-3333-4444-555555555555";
pub(super) const CLIENT_SECRET: &str = "not-a-secret";

/// How a client reaches the organization.
#[derive(Clone)]
pub struct GenesysAccess {
    /// The base path of token and API, for `GENESYSCLOUD_REGION`.
    pub base_url: String,
    /// The OAuth client that exists from the start.
    pub client_id: &'static str,
    pub client_secret: &'static str,
}

/// Whether a path is Genesys Cloud's and not one of AWS's.
pub(super) fn serves(path: &str) -> bool {
    path.starts_with("/api/") || path == "/oauth/token"
}

/// One call from beginning to end.
pub(super) fn handle(engine: &mut Engine, request: &Incoming) -> Outcome {
    let context_id = ids::uuid();
    let found = routes::find(request);
    let name = found.as_ref().map(|(route, _)| route.name).unwrap_or_default();
    let mut entry = LogEntry {
        service: "genesys".to_owned(),
        action: name.to_owned(),
        region: String::new(),
        write: found.as_ref().is_some_and(|(route, _)| matches!(route.run, Run::Write(_) | Run::Execute(_))),
        status: 0,
        error: None,
        principal: String::new(),
    };
    let fault = engine.faults.next(&format!("genesys:{name}"));
    if let Some(reply) = fault.and_then(Fault::substitute) {
        return engine.end(entry, fault, reply);
    }
    let (result, rate) = match found {
        Some((route, _)) if matches!(route.run, Run::Token) => (Ok(issue(engine, request, fault)), None),
        Some((route, parameters)) => {
            answer(engine, request, route, parameters, fault, &context_id, &mut entry)
        }
        None => (Err(Refusal::not_found()), None),
    };
    entry.error = result.as_ref().err().map(|refusal| refusal.code.to_owned());
    let mut reply = result.unwrap_or_else(|refusal| refusal.reply(&context_id));
    reply.headers.push(("inin-correlation-id", context_id));
    reply.headers.extend(rate.iter().flat_map(Rate::headers));
    engine.genesys.remember(request, &reply);
    engine.end(entry, fault, reply)
}

fn issue(engine: &mut Engine, request: &Incoming, fault: Option<Fault>) -> Reply {
    let lives = engine.faults.genesys.token_lives_s;
    match fault {
        Some(Fault::Deny | Fault::Expire) => memory::invalid_client(),
        other => match failure(other, &[], engine) {
            // The login service has error bodies of its own, which are not documented for these cases.
            Some(refusal) => refusal.reply(&ids::uuid()),
            None => engine.genesys.issue(request, &engine.store.current().genesys.clients, lives),
        },
    }
}

fn answer(
    engine: &mut Engine,
    incoming: &Incoming,
    route: &Route,
    parameters: Vec<String>,
    fault: Option<Fault>,
    context_id: &str,
    entry: &mut LogEntry,
) -> (Result<Reply, Refusal>, Option<Rate>) {
    let bearer = incoming.header("authorization").and_then(|it| it.split_once(' '));
    let Some(token) =
        bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token)
    else {
        return (Err(Refusal::unauthenticated()), None);
    };
    if fault == Some(Fault::Expire) {
        engine.genesys.revoke(token);
    }
    let limits = engine.faults.genesys.clone();
    let Some((client_id, rate)) = engine.genesys.authenticate(token, &limits) else {
        return (Err(Refusal::bad_credentials()), None);
    };
    entry.principal.clone_from(&client_id);
    if let Some(refusal) = rate.refusal() {
        return (Err(refusal), Some(rate));
    }
    if let Some(refusal) = failure(fault, route.permissions, engine) {
        return (Err(refusal), Some(rate));
    }
    let clock = Timestamp::now() + SignedDuration::from_secs(engine.faults.clock_ahead_s);
    let lag = Duration::from_millis(limits.read_lag_ms.max(engine.faults.read_lag_ms));
    let seen = engine.store.as_of(lag);
    let result =
        Request::new(incoming, parameters, &client_id, clock, &seen.genesys).and_then(|mut request| {
            request.token = token;
            request.context_id = context_id;
            request.activation_ms = limits.activation_ms;
            request.hides_credentials = limits.hides_credentials;
            permit(route, &engine.store.current().genesys, &client_id)?;
            run(engine, route, &request, &seen)
        });
    (result, Some(rate))
}

/// Whether the client has one of the permissions that the operation asks for.
fn permit(route: &Route, genesys: &Genesys, client_id: &str) -> Result<(), Refusal> {
    let held = genesys.clients.get(client_id).map(|client| client.permissions.as_slice()).unwrap_or_default();
    let enough =
        route.permissions.is_empty() || route.permissions.iter().any(|it| held.iter().any(|own| own == it));
    if enough { Ok(()) } else { Err(Refusal::missing_any(route.permissions)) }
}

fn run(engine: &mut Engine, route: &Route, request: &Request<'_>, seen: &State) -> Result<Reply, Refusal> {
    match route.run {
        // Answered before anybody is authenticated.
        Run::Token => Err(Refusal::not_found()),
        Run::Read(read) => read(request, &seen.genesys),
        Run::Write(write) => {
            let mut next = State::clone(engine.store.current());
            let reply = write(request, &mut next)?;
            commit(engine, next)?;
            Ok(reply)
        }
        Run::Remember(remember) => {
            let genesys = std::sync::Arc::clone(engine.store.current());
            remember(request, &genesys.genesys, &mut engine.genesys)
        }
        Run::Execute(way) => execution::run(engine, request, way),
    }
}

/// Makes a state the present one.
fn commit(engine: &mut Engine, next: State) -> Result<(), Refusal> {
    engine.commit(next).map_err(|error| Refusal::bad_request(error.message))
}

/// The error that a fault stands for.
fn failure(fault: Option<Fault>, permissions: &[&str], engine: &Engine) -> Option<Refusal> {
    Some(match fault? {
        Fault::Throttle => {
            let seconds = engine.faults.genesys.retry_after_s.max(1);
            Refusal::too_many(engine.faults.genesys.rate_allowed.unwrap_or(memory::RATE_ALLOWED), seconds)
        }
        Fault::Deny => Refusal::missing_any(permissions),
        Fault::Internal => Refusal::internal(),
        Fault::Unavailable => Refusal::unavailable(),
        Fault::NotFound => Refusal::not_found(),
        Fault::Exists | Fault::Conflict | Fault::Unmodifiable => {
            Refusal::conflict("The resource is being changed.")
        }
        Fault::Expire
        | Fault::DropCall
        | Fault::DropReply
        | Fault::Html
        | Fault::Empty
        | Fault::Malformed
        | Fault::Truncate
        | Fault::Stall
        | Fault::StallCall => return None,
    })
}
