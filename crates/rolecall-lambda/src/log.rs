//! The log: one JSON object a line, on standard error, and metrics on standard output; Lambda sends both to CloudWatch Logs.
//!
//! Only rolecall's own events and the runtime's errors are written. The runtime's finer levels hold whole events, and
//! those of CloudFormation hold a URL that must not be seen, so no setting turns them on.

use std::io::Write as _;
use std::time::Duration;

use rolecall_model::shown::neutral;
use serde_json::Value;
use tracing::{Level, Span, error, info, info_span, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

pub(crate) fn start() {
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .with_writer(std::io::stderr);
    let levels = Targets::new()
        .with_target("rolecall_lambda", Level::INFO)
        .with_target("lambda_runtime", Level::ERROR);
    tracing_subscriber::registry().with(lines).with(levels).init();
}

/// What every line about an invocation carries.
pub(crate) fn invocation(request_id: &str) -> Span {
    info_span!("invocation", request_id)
}

/// A text that others may have written parts of. The line ends in it are escaped by JSON.
fn shown(text: &str) -> String {
    neutral(text, false, |_| None)
}

/// How an event ended.
pub(crate) fn event(took: Duration, error: Option<&anyhow::Error>) {
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match error {
        Some(error) => error!(milliseconds, error = shown(&format!("{error:#}")), "failed"),
        None => info!(milliseconds, "answered"),
    }
}

/// A metric: on standard output, where "writing JSON […] in the embedded metric format is sufficient" (CloudWatch User
/// Guide, "Specification: Embedded metric format"), without what a line of the log has around it.
pub(crate) fn metric(line: &Value) -> std::io::Result<()> {
    let mut output = std::io::stdout();
    writeln!(output, "{line}")?;
    output.flush()
}

/// A call that CloudTrail recorded starts a check.
pub(crate) fn watched(event: &str, call: &str, manifests: &str) {
    info!(event = shown(event), call = shown(call), manifests = shown(manifests), "checking");
}

/// A call that is not about any role that the function looks after.
pub(crate) fn ignored(event: &str, call: &str, reason: &str) {
    info!(event = shown(event), call = shown(call), reason, "ignored");
}

/// Somebody whom the manifest does not trust got a session of the role.
pub(crate) fn assumed(event: &str, call: &str, manifest: &str) {
    warn!(
        event = shown(event),
        call = shown(call),
        manifest = shown(manifest),
        "assumed by a principal that is not trusted"
    );
}

/// What was answered to CloudFormation.
pub(crate) fn custom_resource(
    stack: &str,
    resource: &str,
    request: &str,
    status: &str,
    reason: Option<&str>,
) {
    let reason = reason.map(shown);
    info!(stack, resource, request, status, reason, "custom resource");
}

/// A step in Genesys Cloud was carried out.
pub(crate) fn step(operation: &str) {
    info!(operation, "done");
}

/// The answer did not get through, and is sent again.
pub(crate) fn answer_again(attempt: u32, problem: &str) {
    let problem = shown(problem);
    info!(attempt, problem, "the answer did not reach CloudFormation");
}
