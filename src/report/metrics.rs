//! How actions ran, as data for readers: what Genesys Cloud measured of the whole, what CloudWatch measured of the function, and what
//! lies between. `table` shows it.

mod table;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::of_run;
use super::{FindingView, Level, MeterView, Text, count};
use crate::exit::ExitCode;
use crate::observe::metrics::{ActionFigures, Comparison, Invoked, Measured, Metrics, Requests, number};
use crate::ports::metrics::{FunctionMetrics, MeasuredFunction};
use crate::verify::finding::RunFinding;
use crate::verify::metrics::{Breach, Limit, Limits, Undecided, breaches};
use rolecall_model::shown::Shown;

/// What was measured of the manifest's actions.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MetricsView {
    /// From then on.
    pub from: String,
    /// Until then.
    pub to: String,
    /// The actions, in the manifest's order.
    pub actions: Vec<ActionMetricsView>,
    /// Limits that are exceeded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingView>,
    /// Limits of which nobody knows whether they are met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undecided: Vec<Text>,
    /// The limits that were given, where every action shown meets all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<String>,
    /// The services that nobody asked: their half of the figures is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unexamined: Vec<MeterView>,
}

/// An action and its function. Times in milliseconds; what was not measured is left out.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ActionMetricsView {
    /// The action's name.
    pub action: Text,
    /// The function that it calls, with its qualifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// What Genesys Cloud measured: from the request of a flow to the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genesys: Option<RequestsView>,
    /// What CloudWatch measured of the function, whoever invoked it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lambda: Option<FunctionMetricsView>,
    /// What Genesys Cloud and the network take of an average request: the difference of the averages. Left out if the counts show
    /// that requests and invocations are not the same ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub between_ms: Option<f64>,
    /// What to know about the figures: what is missing, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Text>,
}

/// What Genesys Cloud measured.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RequestsView {
    /// How many requests there were.
    pub requests: u64,
    /// How many succeeded.
    pub succeeded: u64,
    /// The share that succeeded, 0 to 1. Left out if some requests ended in a way that rolecall cannot read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<f64>,
    /// How many failed, by the type of the error.
    pub errors: BTreeMap<String, u64>,
    /// How many ended in a way that rolecall cannot read, by what Genesys Cloud says.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unclear: BTreeMap<String, u64>,
    /// How long one took on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_ms: Option<f64>,
    /// 95 of 100 took at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<f64>,
    /// 99 of 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// The longest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<f64>,
}

/// What CloudWatch measured.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FunctionMetricsView {
    /// How often the function ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocations: Option<u64>,
    /// How often it ended with an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<u64>,
    /// How many requests were throttled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttles: Option<u64>,
    /// How long it ran on average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_ms: Option<f64>,
    /// Half of the invocations took at most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// 95 of 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p95_ms: Option<f64>,
    /// 99 of 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
}

impl MetricsView {
    /// The view, held against the limits, and the exit code that both ask for.
    pub fn of(metrics: &Metrics, limits: &Limits) -> (Self, ExitCode) {
        let found = breaches(metrics, limits);
        let exit = found.iter().map(|(_, breach)| breach.exit()).fold(metrics.exit(), ExitCode::or);
        let findings = found.iter().filter_map(|(action, breach)| of_breach(action, breach));
        let undecided = found.iter().filter_map(|(action, breach)| undecided(action, breach));
        let view = Self {
            from: metrics.window.from.to_string(),
            to: metrics.window.to.to_string(),
            actions: metrics.actions.iter().map(ActionMetricsView::from).collect(),
            findings: findings.collect(),
            undecided: undecided.chain(unread(metrics)).map(Text::from).collect(),
            met: met(limits).filter(|_| found.is_empty() && !metrics.actions.is_empty()),
            unexamined: unasked(metrics),
        };
        (view, exit)
    }
}

/// What was asked for and not answered, each reason once.
fn unread(metrics: &Metrics) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for ActionFigures { requests, invocations, .. } in &metrics.actions {
        let of_genesys =
            failed(requests).map(|reason| format!("what Genesys Cloud measured is not known: {reason}"));
        let of_lambda =
            failed(invocations).map(|reason| format!("what CloudWatch measured is not known: {reason}"));
        for reason in of_genesys.into_iter().chain(of_lambda) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    reasons
}

/// The limits as what is true where they are met; `None` without any.
fn met(Limits { error_rate, p95 }: &Limits) -> Option<String> {
    let rate = error_rate.map(|limit| format!("at most {} of the requests failed", percent(limit)));
    let slow =
        p95.map(|limit| format!("95 of 100 requests took at most {}", time(limit.as_secs_f64() * 1000.0)));
    let limits: Vec<String> = rate.into_iter().chain(slow).collect();
    (!limits.is_empty()).then(|| format!("every action meets the limits: {}", limits.join(", ")))
}

/// Who was not asked. Of an action that calls an address, CloudWatch has nothing to tell.
fn unasked(metrics: &Metrics) -> Vec<MeterView> {
    let of_genesys = metrics.actions.iter().any(|it| is_unasked(&it.requests));
    let of_lambda =
        metrics.actions.iter().any(|it| it.invoked != Invoked::Address && is_unasked(&it.invocations));
    let meters = [(of_genesys, MeterView::GenesysCloud), (of_lambda, MeterView::CloudWatch)];
    meters.into_iter().filter_map(|(is_unasked, meter)| is_unasked.then_some(meter)).collect()
}

fn is_unasked<T>(measured: &Measured<T>) -> bool {
    match measured {
        Measured::NotAsked(_) => true,
        Measured::Known(_) | Measured::Nothing | Measured::Failed(_) => false,
    }
}

fn failed<T>(measured: &Measured<T>) -> Option<&str> {
    match measured {
        Measured::Failed(reason) => Some(reason),
        Measured::Known(_) | Measured::Nothing | Measured::NotAsked(_) => None,
    }
}

fn of_breach(action: &str, breach: &Breach) -> Option<FindingView> {
    let action = Shown(action);
    let (finding, message) = match breach {
        Breach::TooManyFailures { failed, requests, limit } => (
            RunFinding::TooManyFailures,
            format!(
                "action {action}: {failed} of {} failed ({}); the limit is {}",
                count(usize::try_from(*requests).unwrap_or(usize::MAX), "request", "requests"),
                percent(number(*failed) / number(*requests)),
                percent(*limit)
            ),
        ),
        Breach::TooSlow { p95, limit } => (
            RunFinding::TooSlow,
            format!(
                "action {action}: 5 of 100 requests took {} or longer; the limit is {}",
                time(*p95),
                time(limit.as_secs_f64() * 1000.0)
            ),
        ),
        Breach::Undecided { .. } => return None,
    };
    let severity = finding.severity();
    let blank = FindingView {
        id: finding.code().to_owned(),
        severity: severity.to_string(),
        level: severity.into(),
        exit: breach.exit(),
        has_claim: false,
        statement: None,
        message: message.into(),
        why: String::new(),
        reference: String::new(),
        fix: String::new().into(),
        witness: None,
    };
    Some(of_run(blank, finding))
}

fn undecided(action: &str, breach: &Breach) -> Option<String> {
    let Breach::Undecided { limit, why } = breach else { return None };
    let limit = match limit {
        Limit::ErrorRate => "the limit on failures",
        Limit::P95 => "the limit on the time of 95 of 100 requests",
    };
    let why = match why {
        Undecided::NoRequests => "there were no requests in this time".to_owned(),
        Undecided::NotMeasured(reason) => reason.clone(),
        Undecided::Unclear(number) => format!(
            "{} ended in a way that rolecall cannot read",
            count(usize::try_from(*number).unwrap_or(usize::MAX), "request", "requests")
        ),
        Undecided::NoPercentile => "Genesys Cloud's answer has no percentile".to_owned(),
    };
    Some(format!("action {}: whether {limit} is met is not known: {why}", Shown(action)))
}

impl From<&ActionFigures> for ActionMetricsView {
    fn from(ActionFigures { name, invoked, requests, invocations, comparison }: &ActionFigures) -> Self {
        let mut notes = Vec::new();
        let mut note = |what: &str, reason: Option<&str>| {
            notes.extend(reason.map(|reason| Text::from(format!("{what}: {reason}"))));
        };
        note("Genesys Cloud", missing(requests, "no requests in this time"));
        if *invoked != Invoked::Address {
            note(
                "CloudWatch",
                missing(invocations, "no data: no invocations in this time, or another name or region"),
            );
        }
        if matches!(requests.known(), Some(requests) if requests.p95.is_none()) {
            note("Genesys Cloud", Some("the answer has no percentiles"));
        }
        let between = match comparison {
            Comparison::Between(between) => Some(*between),
            Comparison::Incomplete => None,
            Comparison::Shared => {
                notes.push(
                    "several actions call this function: its figures are those of all of them"
                        .to_owned()
                        .into(),
                );
                None
            }
            Comparison::MoreInvocations => {
                let text = "the function was invoked more often than the action was requested: others invoke it too, and the two \
                            sides are not comparable";
                notes.push(text.to_owned().into());
                None
            }
            Comparison::FewerInvocations => {
                let text = "not every request reached the function (it failed before, or was throttled): the averages are not \
                            comparable";
                notes.push(text.to_owned().into());
                None
            }
        };
        Self {
            action: name.clone().into(),
            function: function_name(invoked),
            genesys: requests.known().map(RequestsView::from),
            lambda: invocations.known().map(FunctionMetricsView::from),
            between_ms: between.map(rounded),
            notes,
        }
    }
}

fn missing<'m, T>(measured: &'m Measured<T>, nothing: &'m str) -> Option<&'m str> {
    match measured {
        Measured::Known(_) => None,
        Measured::Nothing => Some(nothing),
        Measured::NotAsked(reason) | Measured::Failed(reason) => Some(reason),
    }
}

fn function_name(invoked: &Invoked) -> Option<String> {
    match invoked {
        Invoked::Function(MeasuredFunction { region, name, qualifier }) => {
            let qualifier = qualifier.as_ref().map(|qualifier| format!(":{qualifier}")).unwrap_or_default();
            Some(format!("{name}{qualifier} ({region})"))
        }
        Invoked::Unplaced(name) => Some(name.clone()),
        Invoked::Address => None,
    }
}

impl From<&Requests> for RequestsView {
    fn from(requests: &Requests) -> Self {
        let Requests { count, succeeded, failed, unclear, average, max, p95, p99 } = requests;
        Self {
            requests: *count,
            succeeded: *succeeded,
            success_rate: (requests.unclear() == 0).then(|| number(*succeeded) / number(*count)),
            errors: failed.clone(),
            unclear: unclear.clone(),
            average_ms: average.map(rounded),
            p95_ms: p95.map(rounded),
            p99_ms: p99.map(rounded),
            max_ms: max.map(rounded),
        }
    }
}

impl From<&FunctionMetrics> for FunctionMetricsView {
    fn from(metrics: &FunctionMetrics) -> Self {
        let FunctionMetrics { invocations, errors, throttles, average, p50, p95, p99 } = *metrics;
        Self {
            invocations,
            errors,
            throttles,
            average_ms: average.map(rounded),
            p50_ms: p50.map(rounded),
            p95_ms: p95.map(rounded),
            p99_ms: p99.map(rounded),
        }
    }
}

/// To a thousandth of a millisecond: what is beyond is arithmetic.
fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 1000.0).round() / 1000.0
}

/// A time for people: no more digits than help, and no thousands of seconds.
fn time(milliseconds: f64) -> String {
    match milliseconds.abs() {
        small if small < 10.0 => format!("{milliseconds:.1} ms"),
        middle if middle < 10_000.0 => format!("{milliseconds:.0} ms"),
        long => {
            let sign = if milliseconds < 0.0 { "-" } else { "" };
            format!("{sign}{}", long_time(long / 1000.0))
        }
    }
}

/// In hours, minutes and seconds, to a tenth of a second; parts that are nothing are left out.
fn long_time(seconds: f64) -> String {
    // What is beyond the clock is as good as for ever; no service measures it.
    let tenths = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX).saturating_add(HALF_A_TENTH);
    let tenths = tenths.as_millis() / 100;
    let (hours, minutes, rest) = (tenths / 36_000, tenths / 600 % 60, tenths % 600);
    let part = |number: u128, unit: &str| (number > 0).then(|| format!("{number} {unit}"));
    let seconds = match (rest / 10, rest % 10) {
        (0, 0) => None,
        (whole, 0) => Some(format!("{whole} s")),
        (whole, tenth) => Some(format!("{whole}.{tenth} s")),
    };
    [part(hours, "h"), part(minutes, "min"), seconds].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// For rounding.
const HALF_A_TENTH: Duration = Duration::from_millis(50);

fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

impl MetricsView {
    /// What it comes to. What the exit codes 4 and 5 are about is told as a fault.
    pub(super) fn sentence(&self) -> String {
        let exceeded = self.findings.iter().filter(|finding| finding.exit == ExitCode::Pending);
        let exceeded: Vec<String> = exceeded.map(|finding| finding.message.shown()).collect();
        if !exceeded.is_empty() {
            return exceeded.join("; ");
        }
        if !self.findings.is_empty() || !self.undecided.is_empty() {
            return String::new();
        }
        let ran = self.actions.iter().filter(|action| action.genesys.is_some()).count();
        match (ran, self.actions.len()) {
            (0, _) if self.actions.iter().any(|action| action.lambda.is_some()) => {
                "no requests are known, only invocations".to_owned()
            }
            (0, _) => "no requests are known".to_owned(),
            (ran, all) => format!("requests of {ran} of {} were measured", count(all, "action", "actions")),
        }
    }
}

/// How severe a limit that could not be checked is.
pub(super) const UNDECIDED: Level = Level::Warning;

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn a_time_is_told_as_people_say_it() {
        let told = [
            (0.04, "0.0 ms"),
            (9.96, "10.0 ms"),
            (2_000.0, "2000 ms"),
            (-3.2, "-3.2 ms"),
            (10_000.0, "10 s"),
            (12_340.0, "12.3 s"),
            (59_960.0, "1 min"),
            (60_400.0, "1 min 0.4 s"),
            (90_000.0, "1 min 30 s"),
            (-90_000.0, "-1 min 30 s"),
            (3_600_000.0, "1 h"),
            (3_605_000.0, "1 h 5 s"),
            (93_784_500.0, "26 h 3 min 4.5 s"),
        ];
        for (milliseconds, expected) in told {
            assert_eq!(time(milliseconds), expected, "{milliseconds}");
        }
    }
}
