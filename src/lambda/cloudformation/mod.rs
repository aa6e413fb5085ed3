//! Custom resources of CloudFormation: each request gets exactly one answer, whatever happens.
//!
//! CloudFormation waits up to an hour for an answer, and a stack that waits in vain can neither go on nor back. So an
//! answer is made of everything: of properties that are wrong, of an unknown type, of work that does not end before the
//! function's own deadline. A `Delete` of something that was never made, or is gone, succeeds: otherwise a failed stack
//! could not be rolled back.

mod answer;
mod request;
mod trust_proof;

use std::time::Duration;

use anyhow::Context as _;
use rolecall::aws::{Aws, AwsSettings};
use serde_json::Value;
use tokio::time::timeout;

use self::answer::{Answer, Done};
use self::request::{Change, Request};
use super::log;

pub(crate) use self::request::is_request;

/// What is kept of the function's time for the answer itself.
const FOR_THE_ANSWER: Duration = Duration::from_secs(10);

/// The provider of the custom resources.
pub(crate) struct Custom {
    http: reqwest::Client,
}

impl Custom {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().timeout(answer::ATTEMPT).build();
        Ok(Self { http: http.context("cannot prepare the HTTP client")? })
    }

    /// Does what is asked, and answers.
    pub(crate) async fn handle(&self, event: Value, left: Duration) -> anyhow::Result<()> {
        let request: Request = serde_json::from_value(event)
            .map_err(|error| anyhow::anyhow!("this is no request for a custom resource: {error}"))?;
        // A short function keeps half of its time for the work.
        let for_work = left.saturating_sub(FOR_THE_ANSWER).max(left / 2);
        let done = match timeout(for_work, carry_out(&request)).await {
            Ok(done) => done,
            Err(_) => Err(format!(
                "not finished after {} s, which the function's timeout leaves; raise the timeout and repeat",
                for_work.as_secs()
            )),
        };
        // The log has the whole reason; the answer may have to cut it.
        let reason = done.as_ref().err().cloned();
        let answer = Answer::new(&request, done);
        log::custom_resource(
            &request.logical_resource_id,
            request.change.as_str(),
            answer.status.as_str(),
            reason.as_deref(),
        );
        let send_until = left.saturating_sub(for_work) / 10 * 9;
        answer.send(&self.http, &request.response_url, send_until).await
    }
}

/// What the request asks for.
async fn carry_out(request: &Request) -> Result<Done, String> {
    match request.resource_type.as_str() {
        "Custom::GenesysTrustProof" => match request.change {
            // A proof leaves nothing behind.
            Change::Delete => Ok(Done::nothing(request)),
            Change::Create | Change::Update => {
                let wanted = trust_proof::Wanted::read(&request.resource_properties)?;
                let settings = AwsSettings {
                    profile: None,
                    region: None,
                    assume_role: None,
                    external_id: None,
                    deadline: Duration::from_secs(60),
                    fixed: None,
                };
                trust_proof::prove(&Aws::connect(&settings).await, &wanted).await
            }
        },
        other => match request.change {
            Change::Delete => Ok(Done::nothing(request)),
            Change::Create | Change::Update => Err(format!(
                "rolecall makes no resource of type `{other}`; it makes Custom::GenesysTrustProof"
            )),
        },
    }
}
