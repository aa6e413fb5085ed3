//! Metrics in the log, as CloudWatch Logs takes them out of it (CloudWatch User Guide, "Specification: Embedded metric
//! format"): one line, with the metrics of one check.
//!
//! A role counts for everything that is wrong with it: one that is refuted has usually drifted, too.

use jiff::Timestamp;
use rolecall::exit::ExitCode;
use rolecall::report::{ActionMetricsView, ActionTestView, Report, TestOutcome};
use serde_json::{Map, Value, json};

use super::{is_drifted, is_failed, is_refuted, role_name};

/// Names that one line lists; the metric counts all.
const NAMES_SHOWN: usize = 50;

/// The line of a check.
pub(super) fn line(
    namespace: &str,
    command: &str,
    roles: &[(&str, &Report)],
    request_id: &str,
    now: Timestamp,
) -> Value {
    let count = |is: fn(&Report) -> bool| roles.iter().filter(|(_, role)| is(role)).count();
    let metrics = [
        ("Roles", roles.len()),
        ("Wrong", count(|role| role.exit != ExitCode::Success)),
        ("Drifted", count(is_drifted)),
        ("Refuted", count(is_refuted)),
        ("Unknown", count(|role| role.exit == ExitCode::Inconclusive)),
        ("Failed", count(is_failed)),
    ];
    // Only where actions were to be run: other checks have no such metric.
    let actions: Vec<&ActionTestView> = roles
        .iter()
        .flat_map(|(_, role)| role.verification.iter().flat_map(|verification| &verification.actions))
        .collect();
    let not_fine = actions.iter().filter(|test| test.outcome != TestOutcome::Succeeded).count();
    let of_actions = [("Actions", actions.len()), ("ActionsFailed", not_fine)];
    let metrics: Vec<(&str, usize)> =
        metrics.into_iter().chain(of_actions.into_iter().filter(|_| !actions.is_empty())).collect();
    let drifted = roles.iter().filter(|(_, role)| is_drifted(role));
    let drifted: Vec<&str> = drifted.map(|(name, role)| role_name(name, role)).take(NAMES_SHOWN).collect();
    let mut line = counts(namespace, command, &metrics, request_id, now);
    line.insert("DriftedRoles".to_owned(), json!(drifted));
    Value::Object(line)
}

/// A line with these figures, kept apart by the command.
pub(super) fn counts(
    namespace: &str,
    command: &str,
    figures: &[(&str, usize)],
    request_id: &str,
    now: Timestamp,
) -> Map<String, Value> {
    let definitions: Vec<Value> =
        figures.iter().map(|(name, _)| json!({"Name": name, "Unit": "Count"})).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{"Namespace": namespace, "Dimensions": [["Command"]], "Metrics": definitions}],
        }),
    );
    line.insert("Command".to_owned(), json!(command));
    line.extend(figures.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    line.insert("RequestId".to_owned(), json!(request_id));
    line
}

/// How actions ran, a line each, where the check measured it. A figure that nobody measured is left out: a zero would say that it was.
pub(super) fn action_lines(
    namespace: &str,
    roles: &[(&str, &Report)],
    request_id: &str,
    now: Timestamp,
) -> Vec<Value> {
    let actions = roles.iter().flat_map(|(name, role)| {
        let actions = role.metrics.iter().flat_map(|metrics| &metrics.actions);
        actions.map(|action| action_line(namespace, role_name(name, role), action, (request_id, now)))
    });
    actions.flatten().collect()
}

fn action_line(
    namespace: &str,
    role: &str,
    action: &ActionMetricsView,
    (request_id, now): (&str, Timestamp),
) -> Option<Value> {
    const COUNT: &str = "Count";
    const TIME: &str = "Milliseconds";
    let ActionMetricsView { action: name, function: _, genesys, lambda, between_ms, notes: _ } = action;
    let (genesys, lambda) = (genesys.as_ref(), lambda.as_ref());
    let failed = genesys.map(|it| it.errors.values().sum::<u64>());
    let figures = [
        ("Requests", COUNT, genesys.map(|it| json!(it.requests))),
        ("FailedRequests", COUNT, failed.map(|failed| json!(failed))),
        ("RequestAverage", TIME, genesys.and_then(|it| it.average_ms).map(|time| json!(time))),
        ("RequestP95", TIME, genesys.and_then(|it| it.p95_ms).map(|time| json!(time))),
        ("Invocations", COUNT, lambda.and_then(|it| it.invocations).map(|count| json!(count))),
        ("FailedInvocations", COUNT, lambda.and_then(|it| it.errors).map(|count| json!(count))),
        ("ThrottledInvocations", COUNT, lambda.and_then(|it| it.throttles).map(|count| json!(count))),
        ("InvocationAverage", TIME, lambda.and_then(|it| it.average_ms).map(|time| json!(time))),
        ("InvocationP95", TIME, lambda.and_then(|it| it.p95_ms).map(|time| json!(time))),
        ("BetweenAverage", TIME, between_ms.map(|time| json!(time))),
    ];
    let known: Vec<_> =
        figures.into_iter().filter_map(|(name, unit, value)| Some((name, unit, value?))).collect();
    if known.is_empty() {
        return None;
    }
    let definitions: Vec<_> =
        known.iter().map(|(name, unit, _)| json!({"Name": name, "Unit": unit})).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics":
                [{"Namespace": namespace, "Dimensions": [["Role", "Action"]], "Metrics": definitions}],
        }),
    );
    line.insert("Role".to_owned(), json!(role));
    line.insert("Action".to_owned(), json!(dimension(&name.shown())));
    line.extend(known.into_iter().map(|(name, _, value)| (name.to_owned(), value)));
    line.insert("RequestId".to_owned(), json!(request_id));
    Some(Value::Object(line))
}

/// A dimension's value as CloudWatch takes it: ASCII, up to 1,024 characters (API reference, `Dimension`).
fn dimension(text: &str) -> String {
    let ascii =
        text.chars().map(|letter| if letter.is_ascii_graphic() || letter == ' ' { letter } else { '?' });
    ascii.take(1024).collect()
}

/// What CloudWatch takes (User Guide, "Metrics concepts", namespaces; API Reference, PutMetricData, which keeps `AWS/` for
/// AWS).
pub(super) fn check_namespace(namespace: &str) -> anyhow::Result<()> {
    let is_right = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#: ".contains(&byte);
    anyhow::ensure!(
        (1..=255).contains(&namespace.len())
            && namespace.bytes().all(is_right)
            && !namespace.trim().is_empty()
            && !namespace.starts_with(':')
            && !namespace.starts_with("AWS/"),
        "`{namespace}` is not a metric namespace: must have up to 255 letters, digits or any of `.-_/#: `, and does not \
         begin with `:` or `AWS/`"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{drifted, failed, fine, refuted, undecided};
    use super::*;
    use rolecall::report::{MetricsView, RequestsView};

    #[test]
    fn a_line() {
        let (fine, drifted, refuted, undecided, failed) =
            (fine(), drifted(), refuted(), undecided(), failed());
        let roles = [("a", &fine), ("b", &drifted), ("c", &refuted), ("d", &undecided), ("e", &failed)];
        let line = line(
            "Rolecall",
            "drift",
            &roles,
            "8476a536",
            Timestamp::from_millisecond(1_574_109_732_004).unwrap(),
        );
        assert_eq!(
            line,
            json!({
                "_aws": {"Timestamp": 1_574_109_732_004_i64, "CloudWatchMetrics": [{
                    "Namespace": "Rolecall",
                    "Dimensions": [["Command"]],
                    "Metrics": [
                        {"Name": "Roles", "Unit": "Count"},
                        {"Name": "Wrong", "Unit": "Count"},
                        {"Name": "Drifted", "Unit": "Count"},
                        {"Name": "Refuted", "Unit": "Count"},
                        {"Name": "Unknown", "Unit": "Count"},
                        {"Name": "Failed", "Unit": "Count"},
                    ],
                }]},
                "Command": "drift", "Roles": 5, "Wrong": 4, "Drifted": 2, "Refuted": 1, "Unknown": 1, "Failed": 1,
                "DriftedRoles": ["GenesysDataActionRole", "GenesysDataActionRole"], "RequestId": "8476a536",
            })
        );
    }

    #[test]
    fn how_an_action_ran_is_a_line_without_what_nobody_measured() {
        let action = |name: &str, genesys| ActionMetricsView {
            action: name.to_owned().into(),
            function: None,
            genesys,
            lambda: None,
            between_ms: None,
            notes: Vec::new(),
        };
        let requests = RequestsView {
            requests: 4,
            succeeded: 3,
            success_rate: Some(0.75),
            errors: [("TIMEOUT".to_owned(), 1)].into(),
            unclear: [].into(),
            average_ms: Some(12.5),
            p95_ms: None,
            p99_ms: None,
            max_ms: None,
        };
        let metrics = MetricsView {
            from: String::new(),
            to: String::new(),
            actions: vec![action("Größe", Some(requests)), action("unmeasured", None)],
            findings: Vec::new(),
            undecided: Vec::new(),
            met: None,
            unexamined: Vec::new(),
        };
        let report = Report { metrics: Some(metrics), ..fine() };
        let without = fine();
        let lines =
            action_lines("Rolecall", &[("a", &report), ("b", &without)], "8476a536", Timestamp::UNIX_EPOCH);
        assert_eq!(
            lines,
            [json!({
                "_aws": {"Timestamp": 0, "CloudWatchMetrics": [{
                    "Namespace": "Rolecall",
                    "Dimensions": [["Role", "Action"]],
                    "Metrics": [
                        {"Name": "Requests", "Unit": "Count"},
                        {"Name": "FailedRequests", "Unit": "Count"},
                        {"Name": "RequestAverage", "Unit": "Milliseconds"},
                    ],
                }]},
                "Role": role_name("a", &report), "Action": "Gr??e", "Requests": 4, "FailedRequests": 1,
                "RequestAverage": 12.5, "RequestId": "8476a536",
            })]
        );
    }

    #[test]
    fn many_names_are_not_all_listed() {
        let drifted = drifted();
        let roles = vec![("a", &drifted); 1000];
        let line = line("Rolecall", "drift", &roles, "8476a536", Timestamp::UNIX_EPOCH);
        assert_eq!(line["Drifted"], 1000);
        assert_eq!(line["DriftedRoles"].as_array().unwrap().len(), NAMES_SHOWN);
        assert!(line.to_string().len() < 8 * 1024);
    }

    #[test]
    fn namespaces() {
        for right in ["Rolecall", "team/rolecall #1", "a.b-c_d:e"] {
            check_namespace(right).unwrap();
        }
        for wrong in ["", " ", "AWS/Lambda", ":a", "größe", "a\nb", &"a".repeat(256)] {
            check_namespace(wrong).unwrap_err();
        }
    }
}
