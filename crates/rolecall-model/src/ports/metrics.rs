//! How often actions and functions ran in a time, how that ended, and how long it took: what Genesys Cloud and CloudWatch measured.

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};

use super::AwsResult;
use super::genesys::GenesysResult;
use crate::iam::arn::{FunctionName, Qualifier, Region};

/// A time with a beginning and an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// From then on.
    pub from: Timestamp,
    /// Until then.
    pub to: Timestamp,
}

impl Window {
    /// The time before `now`. Genesys Cloud takes whole seconds, and what ended just now is in; CloudWatch begins on a whole minute, and
    /// so both are about the same time.
    pub fn until(now: Timestamp, span: SignedDuration) -> Result<Self, jiff::Error> {
        let round = |unit, mode| TimestampRound::new().smallest(unit).mode(mode);
        let from = now.checked_sub(span)?.round(round(Unit::Minute, RoundMode::Floor))?;
        Ok(Self { from, to: now.round(round(Unit::Second, RoundMode::Ceil))? })
    }
}

/// How executions of an action ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// With a result.
    Succeeded,
    /// With an error of this type, as Genesys Cloud names it.
    Failed(String),
    /// Genesys Cloud says something that rolecall cannot read as one of the two.
    Unclear(String),
}

/// Executions of one action that ended alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executions {
    /// The action's ID.
    pub action: String,
    /// How they ended.
    pub ended: Ended,
    /// How many there were.
    pub count: u64,
}

/// How long all executions of one action took, in milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct ExecutionTimes {
    /// The action's ID.
    pub action: String,
    /// How many there were.
    pub count: u64,
    /// All of them together.
    pub sum: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
    /// 95 of 100 took at most this.
    pub p95: Option<f64>,
    /// 99 of 100 took at most this.
    pub p99: Option<f64>,
}

/// What Genesys Cloud measured of actions. An action that did not run has no entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionMetrics {
    /// How often they ran, by how that ended.
    pub executions: Vec<Executions>,
    /// How long they ran.
    pub times: Vec<ExecutionTimes>,
}

/// A function, as CloudWatch names it. It knows the functions of the caller's account alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MeasuredFunction {
    pub region: Region,
    pub name: FunctionName,
    /// The alias or version that is called; without it, all of them are measured together.
    pub qualifier: Option<Qualifier>,
}

/// What CloudWatch measured of a function; times in milliseconds. `None` where it has no data, which may also mean that the
/// function was not invoked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FunctionMetrics {
    /// How often its code ran, failures included, throttled requests not.
    pub invocations: Option<u64>,
    /// How often it ended with an error.
    pub errors: Option<u64>,
    /// How many requests were throttled.
    pub throttles: Option<u64>,
    /// How long it ran on average.
    pub average: Option<f64>,
    /// Half of the invocations took at most this.
    pub p50: Option<f64>,
    /// 95 of 100.
    pub p95: Option<f64>,
    /// 99 of 100.
    pub p99: Option<f64>,
}

/// Reads what Genesys Cloud measured.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait ReadActionMetrics {
    /// What it measured of these actions.
    async fn action_metrics(&self, ids: &[String], window: Window) -> GenesysResult<ActionMetrics>;
}

/// Reads what CloudWatch measured.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait ReadFunctionMetrics {
    /// What it measured of a function.
    async fn function_metrics(
        &self,
        function: &MeasuredFunction,
        window: Window,
    ) -> AwsResult<FunctionMetrics>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_whole_seconds_and_all_that_was_asked_for() {
        let now = "2026-11-23T12:00:30.25Z".parse().unwrap();
        let window = Window::until(now, SignedDuration::from_hours(24)).unwrap();
        assert_eq!(window.from.to_string(), "2026-11-22T12:00:00Z");
        assert_eq!(window.to.to_string(), "2026-11-23T12:00:31Z");
    }
}
