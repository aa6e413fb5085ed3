//! Analytics of actions, as the SDKs describe them (`ActionAggregationQuery`, `ActionAggregateQueryResponse`, `StatisticalSummary`;
//! platform-client-sdk-dotnet 215 to 264, `build/docs`). Times are milliseconds, as in all metrics whose name begins with `t`.
//!
//! What the values of `responseStatus` and `errorType` are is not documented. A group with an `errorType`, or with a status that is
//! an HTTP error, has failed; one with a status below 400 has succeeded; of any other, rolecall says that it is unclear. `p95` and
//! `p99` are in the description and may be missing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::or_default;
use rolecall_model::ports::metrics::{ActionMetrics, Ended, ExecutionTimes, Executions, Window};

/// The only metric of actions.
const METRIC: &str = "tTotalExecution";
const ACTION: &str = "actionId";
const STATUS: &str = "responseStatus";
const ERROR: &str = "errorType";

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Query {
    interval: String,
    group_by: &'static [&'static str],
    metrics: [&'static str; 1],
    filter: Filter,
}

#[derive(Debug, Serialize)]
struct Filter {
    #[serde(rename = "type")]
    kind: &'static str,
    predicates: Vec<Predicate>,
}

#[derive(Debug, Serialize)]
struct Predicate {
    dimension: &'static str,
    value: String,
}

impl Query {
    /// How these actions ended.
    pub(crate) fn of_ends(ids: &[String], window: Window) -> Self {
        Self::new(ids, window, &[ACTION, STATUS, ERROR])
    }

    /// How long they took. Percentiles of groups cannot be put together, so each action is one group.
    pub(crate) fn of_times(ids: &[String], window: Window) -> Self {
        Self::new(ids, window, &[ACTION])
    }

    fn new(ids: &[String], Window { from, to }: Window, group_by: &'static [&'static str]) -> Self {
        let predicates = ids.iter().map(|id| Predicate { dimension: ACTION, value: id.clone() }).collect();
        Self {
            interval: format!("{from}/{to}"),
            group_by,
            metrics: [METRIC],
            filter: Filter { kind: "or", predicates },
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Answer {
    #[serde(deserialize_with = "or_default")]
    results: Vec<Group>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group {
    #[serde(deserialize_with = "or_default")]
    group: BTreeMap<String, Option<String>>,
    #[serde(deserialize_with = "or_default")]
    data: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    #[serde(deserialize_with = "or_default")]
    metrics: Vec<Metric>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metric {
    #[serde(deserialize_with = "or_default")]
    metric: String,
    #[serde(deserialize_with = "or_default")]
    stats: Stats,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
struct Stats {
    #[serde(deserialize_with = "or_default")]
    count: u64,
    sum: Option<f64>,
    max: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}

impl Group {
    fn part(&self, name: &str) -> Option<&str> {
        self.group.get(name).and_then(Option::as_deref).map(str::trim).filter(|value| !value.is_empty())
    }

    fn stats(&self) -> impl Iterator<Item = Stats> {
        let metrics = self.data.iter().flat_map(|part| &part.metrics);
        metrics.filter(|metric| metric.metric == METRIC).map(|metric| metric.stats)
    }

    fn ended(&self) -> Ended {
        let status = self.part(STATUS);
        let number = status.and_then(|status| status.parse::<u16>().ok());
        match (self.part(ERROR), status, number) {
            (Some(error), ..) => Ended::Failed(error.to_owned()),
            (None, Some(status), Some(400..)) => Ended::Failed(format!("HTTP {status}")),
            (None, _, Some(100..400)) => Ended::Succeeded,
            (None, Some(status), _) => Ended::Unclear(status.to_owned()),
            (None, None, _) => Ended::Unclear("no status".to_owned()),
        }
    }
}

/// What both answers say. A group without an action is nobody's.
pub(crate) fn metrics(ends: &Answer, times: &Answer) -> ActionMetrics {
    let executions = ends.results.iter().filter_map(|group| {
        let action = group.part(ACTION)?.to_owned();
        Some(Executions { action, ended: group.ended(), count: group.stats().map(|stats| stats.count).sum() })
    });
    let times = times.results.iter().filter_map(|group| {
        let stats: Vec<Stats> = group.stats().collect();
        // The time is one part; if it is several after all, sums add up and percentiles do not.
        let only = |value: fn(&Stats) -> Option<f64>| match stats.as_slice() {
            [only] => value(only),
            _ => None,
        };
        Some(ExecutionTimes {
            action: group.part(ACTION)?.to_owned(),
            count: stats.iter().map(|stats| stats.count).sum(),
            sum: stats.iter().map(|stats| stats.sum).sum(),
            max: stats.iter().filter_map(|stats| stats.max).max_by(f64::total_cmp),
            p95: only(|stats| stats.p95),
            p99: only(|stats| stats.p99),
        })
    });
    ActionMetrics {
        executions: executions.filter(|executions| executions.count > 0).collect(),
        times: times.filter(|times| times.count > 0).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn answer(groups: &Value) -> Answer {
        serde_json::from_value(json!({"results": groups})).unwrap()
    }

    fn group(group: &Value, stats: &Value) -> Value {
        json!({"group": group, "data": [{"interval": "i", "metrics": [{"metric": METRIC, "stats": stats}]}]})
    }

    #[test]
    fn how_an_execution_ended_is_read_or_said_to_be_unclear() {
        for (dimensions, expected) in [
            (json!({"responseStatus": "200"}), Ended::Succeeded),
            (json!({"responseStatus": "204", "errorType": null}), Ended::Succeeded),
            (json!({"responseStatus": "200", "errorType": ""}), Ended::Succeeded),
            (json!({"responseStatus": "200", "errorType": "TIMEOUT"}), Ended::Failed("TIMEOUT".to_owned())),
            (json!({"errorType": "TIMEOUT"}), Ended::Failed("TIMEOUT".to_owned())),
            (json!({"responseStatus": "504"}), Ended::Failed("HTTP 504".to_owned())),
            (json!({"responseStatus": "COMPLETE"}), Ended::Unclear("COMPLETE".to_owned())),
            (json!({}), Ended::Unclear("no status".to_owned())),
        ] {
            let mut named = dimensions.clone();
            named[ACTION] = json!("a");
            let read = metrics(&answer(&json!([group(&named, &json!({"count": 2}))])), &Answer::default());
            let expected = Executions { action: "a".to_owned(), ended: expected, count: 2 };
            assert_eq!(read.executions, [expected], "{dimensions}");
        }
    }

    #[test]
    fn times_are_those_of_whole_actions() {
        let stats = json!({"count": 4, "sum": 100.0, "min": 1.0, "max": 60.0, "p95": 55, "p99": 60});
        let one = group(&json!({"actionId": "a"}), &stats);
        let few = group(&json!({"actionId": "b"}), &json!({"count": 1}));
        let mut parts = group(&json!({"actionId": "c"}), &stats);
        let part = parts["data"][0].clone();
        parts["data"].as_array_mut().unwrap().push(part);
        let none = group(&json!({"actionId": "d"}), &json!({"count": 0}));
        let read = metrics(&Answer::default(), &answer(&json!([one, few, parts, none]))).times;
        let times = |action: &str, count, sum, max, p95, p99| ExecutionTimes {
            action: action.to_owned(),
            count,
            sum,
            max,
            p95,
            p99,
        };
        assert_eq!(
            read,
            [
                times("a", 4, Some(100.0), Some(60.0), Some(55.0), Some(60.0)),
                times("b", 1, None, None, None, None),
                times("c", 8, Some(200.0), Some(60.0), None, None),
            ]
        );
    }

    #[test]
    fn the_query_is_what_the_sdks_describe() {
        let window = Window {
            from: "2026-11-22T00:00:00Z".parse().unwrap(),
            to: "2026-11-23T00:00:00Z".parse().unwrap(),
        };
        let query = serde_json::to_value(Query::of_ends(&["a".to_owned()], window)).unwrap();
        assert_eq!(
            query,
            json!({
                "interval": "2026-11-22T00:00:00Z/2026-11-23T00:00:00Z",
                "groupBy": ["actionId", "responseStatus", "errorType"],
                "metrics": ["tTotalExecution"],
                "filter": {"type": "or", "predicates": [{"dimension": "actionId", "value": "a"}]},
            })
        );
    }
}
