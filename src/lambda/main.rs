//! `rolecall-lambda`: rolecall as an AWS Lambda function, on AWS's own runtime client.
//!
//! What it does follows from the event: a request of CloudFormation for a custom resource ([`cloudformation`]), or a
//! command as JSON ([`direct`]), which a schedule, a state machine or a person sends. Every event is one line in the
//! log, with the request's ID; events themselves are never logged, for those of CloudFormation hold a URL that lets
//! whoever has it answer in the stack's name.

mod cloudformation;
mod connections;
mod direct;
mod log;
mod stored;

use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use self::cloudformation::Custom;
use self::connections::Connections;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    log::start();
    // Keeps its connections and the system's certificates from one event to the next.
    let custom = Custom::new()?;
    let connections = Connections::default();
    let handle = async |LambdaEvent { payload, context }: LambdaEvent<Value>| {
        let started = Instant::now();
        let left = time_left(context.deadline);
        let outcome = if cloudformation::is_request(&payload) {
            custom.handle(payload, &connections, left).await.map(|()| Value::Null)
        } else {
            direct::answer(payload, &connections, left).await
        };
        connections.begin_anew();
        log::event(&context.request_id, started.elapsed(), outcome.as_ref().err());
        // The runtime's own conversion leaves the causes out.
        outcome.map_err(|error| anyhow::anyhow!("{error:#}"))
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// The time until Lambda stops the function. The runtime API gives the deadline in milliseconds since 1970.
fn time_left(deadline: u64) -> Duration {
    let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(deadline);
    deadline.duration_since(SystemTime::now()).unwrap_or_default()
}
