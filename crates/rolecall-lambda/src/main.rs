//! `rolecall-lambda`: rolecall as an AWS Lambda function, on AWS's own runtime client.
//!
//! What it does follows from the event: a request of CloudFormation for a custom resource ([`cloudformation`]), or a
//! command as JSON ([`direct`]), which a schedule, a state machine or a person sends. One of the commands carries a call that
//! CloudTrail recorded ([`event`]). Every line of the log has the ID of
//! the invocation; events themselves are never logged, for those of CloudFormation hold a URL that lets whoever has it
//! answer in the stack's name.

mod audit;
mod check;
mod cloudformation;
mod connections;
mod direct;
mod event;
mod log;
mod manifests;
mod publish;
mod settings;
mod stored;

use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use lambda_runtime::{Context, LambdaEvent, service_fn};
use rolecall::iam::arn::Arn;
use serde_json::Value;
use tracing::Instrument as _;

use self::cloudformation::Custom;
use self::connections::Connections;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    log::start();
    // Keeps its connections and the system's certificates from one event to the next.
    let custom = Custom::new()?;
    let connections = Rc::new(Connections::default());
    let handle = async |LambdaEvent { payload, context }: LambdaEvent<Value>| {
        let answer = async {
            let started = Instant::now();
            let left = time_left(context.deadline);
            let outcome = if cloudformation::is_request(&payload) {
                custom.handle(payload, &connections, left).await.map(|()| Value::Null)
            } else {
                match Invocation::new(&context, &connections) {
                    Ok(invocation) => direct::answer(payload, &invocation).await,
                    Err(error) => Err(error),
                }
            };
            connections.begin_anew();
            log::event(started.elapsed(), outcome.as_ref().err());
            // The runtime's own conversion leaves the causes out.
            outcome.map_err(|error| anyhow::anyhow!("{error:#}"))
        };
        answer.instrument(log::invocation(&context.request_id)).await
    };
    lambda_runtime::run(service_fn(handle)).await
}

/// One event's turn.
pub(crate) struct Invocation {
    request_id: String,
    /// The function itself: it tells the account and the region.
    function: Arn,
    until: Instant,
    connections: Rc<Connections>,
}

impl Invocation {
    fn new(context: &Context, connections: &Rc<Connections>) -> anyhow::Result<Self> {
        let Context { request_id, invoked_function_arn, deadline, .. } = context;
        let function = invoked_function_arn.parse().context("the function's own ARN")?;
        let until = Instant::now() + time_left(*deadline);
        let connections = Rc::clone(connections);
        Ok(Self { request_id: request_id.clone(), function, until, connections })
    }

    /// The time until Lambda stops the function.
    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// The turn of the first of so many that share what is left.
    fn share(&self, number: usize) -> Self {
        let share = self.left() / u32::try_from(number).unwrap_or(u32::MAX).max(1);
        Self {
            request_id: self.request_id.clone(),
            function: self.function.clone(),
            until: Instant::now() + share,
            connections: Rc::clone(&self.connections),
        }
    }
}

/// The time until Lambda stops the function. The runtime API gives the deadline in milliseconds since 1970.
fn time_left(deadline: u64) -> Duration {
    let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(deadline);
    deadline.duration_since(SystemTime::now()).unwrap_or_default()
}
