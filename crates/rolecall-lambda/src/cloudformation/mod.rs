//! Custom resources of CloudFormation: each request gets exactly one answer, whatever happens.
//!
//! CloudFormation waits up to an hour for an answer, and a stack that waits in vain can neither go on nor back. So an
//! answer is made of everything: of properties that are wrong, of an unknown type, of work that does not end before the
//! function's own deadline. A `Delete` of something that was never made, or is gone, succeeds: otherwise a failed stack
//! could not be rolled back.

mod access;
mod action;
mod answer;
mod definition;
mod integration;
mod properties;
mod request;
mod response_url;
mod settle;
mod steps;
mod trust_proof;

use std::time::Duration;

use anyhow::Context as _;
use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::time::{Instant, timeout};

use self::answer::{Answer, Done, Failed};
use self::request::{Addressed, Change, Request};
use super::connections::Connections;
use super::log;
use super::settings::response_hosts;

pub(crate) use self::request::is_request;

/// What is kept of the function's time for the answer itself.
const FOR_THE_ANSWER: Duration = Duration::from_secs(10);

/// What is kept before that to take back what nobody would know of.
const FOR_TAKING_BACK: Duration = Duration::from_secs(20);

const OUT_OF_TIME: &str =
    "not finished within what the function's timeout leaves; raise the timeout and repeat";

/// The provider of the custom resources.
pub(crate) struct Custom {
    http: reqwest::Client,
    /// Further hosts that answers may go to.
    hosts: Vec<String>,
}

impl Custom {
    pub(crate) fn new() -> anyhow::Result<Self> {
        // A redirect would take the answer to a host that nobody checked.
        let http = reqwest::Client::builder().redirect(Policy::none()).build();
        Ok(Self { http: http.context("cannot prepare the HTTP client")?, hosts: response_hosts() })
    }

    /// Does what is asked, and answers.
    pub(crate) async fn handle(
        &self,
        event: Value,
        connections: &Connections,
        left: Duration,
    ) -> anyhow::Result<()> {
        let now = Instant::now();
        let addressed = Addressed::read(&event)?;
        // Whoever wants the answer elsewhere is not CloudFormation: nothing is done for him.
        let url = addressed.response_url.check(&self.hosts)?;
        let request: Request = match serde_json::from_value(event) {
            Ok(request) => request,
            // A stack that waits in vain can neither go on nor back, so that is answered, too.
            Err(error) => {
                let reason = format!("rolecall cannot read this request: {error}");
                let answer = Answer::unread(&addressed, reason.clone());
                log::custom_resource(
                    &addressed.stack_id,
                    &addressed.logical_resource_id,
                    &addressed.change,
                    answer.status.as_str(),
                    Some(&reason),
                );
                return answer.send(&self.http, &url, now + left).await;
            }
        };
        // A short function keeps half of its time for the work.
        let for_work = left.saturating_sub(FOR_TAKING_BACK + FOR_THE_ANSWER).max(left / 2);
        let for_all = left.saturating_sub(FOR_THE_ANSWER).max(left / 4 * 3);
        let done = match timeout(for_all, carry_out(&request, connections, now + for_work)).await {
            Ok(done) => done,
            Err(_) => Err(Failed::from(OUT_OF_TIME.to_owned())),
        };
        // The log has the whole reason; the answer may have to cut it.
        let reason =
            done.as_ref().map_or_else(|failed| Some(failed.reason.clone()), |done| done.note.clone());
        let answer = Answer::new(&request, done);
        log::custom_resource(
            &request.stack_id,
            &request.logical_resource_id,
            request.change.as_str(),
            answer.status.as_str(),
            reason.as_deref(),
        );
        answer.send(&self.http, &url, now + left).await
    }
}

/// What the request asks for.
async fn carry_out(request: &Request, connections: &Connections, until: Instant) -> Result<Done, Failed> {
    match (request.resource_type.as_str(), request.change) {
        ("Custom::GenesysTrustProof", Change::Create | Change::Update) => {
            let wanted = trust_proof::ProofRequest::read(&request.resource_properties)?;
            Ok(trust_proof::prove(connections.aws().await.map_err(|error| error.to_string())?, &wanted)
                .await?)
        }
        ("Custom::GenesysIntegration", Change::Create | Change::Update) => {
            integration::put(request, connections, until).await
        }
        ("Custom::GenesysIntegration", Change::Delete) => {
            integration::delete(request, connections, until).await
        }
        ("Custom::GenesysDataAction", Change::Create | Change::Update) => {
            action::put(request, connections, until).await
        }
        ("Custom::GenesysDataAction", Change::Delete) => Ok(action::delete(request, connections).await?),
        // A proof leaves nothing behind, and of a type that there is not nothing was ever made.
        (_, Change::Delete) => Ok(Done::nothing(request)),
        (other, Change::Create | Change::Update) => Err(format!(
            "rolecall makes no resource of type `{other}`; it makes Custom::GenesysTrustProof, \
             Custom::GenesysIntegration and Custom::GenesysDataAction"
        )
        .into()),
    }
}
