//! Metrics in the log, as CloudWatch Logs takes them out of it (CloudWatch User Guide, "Specification: Embedded metric
//! format"): one line, with the metrics of one check.
//!
//! A role counts for everything that is wrong with it: one that is refuted has usually drifted, too.

use jiff::Timestamp;
use rolecall::exit::ExitCode;
use rolecall::report::{ActionTestView, Report, TestOutcome};
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
    let definitions: Vec<Value> =
        metrics.iter().map(|(name, _)| json!({"Name": name, "Unit": "Count"})).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{"Namespace": namespace, "Dimensions": [["Command"]], "Metrics": definitions}],
        }),
    );
    line.insert("Command".to_owned(), json!(command));
    line.extend(metrics.into_iter().map(|(name, value)| (name.to_owned(), json!(value))));
    line.insert("DriftedRoles".to_owned(), json!(drifted));
    line.insert("RequestId".to_owned(), json!(request_id));
    Value::Object(line)
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
