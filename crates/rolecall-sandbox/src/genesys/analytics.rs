//! Analytics of actions: `tTotalExecution`, computed from what really ran here.
//!
//! Request and answer as the SDKs describe them (`ActionAggregationQuery`, `StatisticalSummary`; platform-client-sdk-dotnet,
//! `build/docs`). Not documented, and so only likely: the values of `responseStatus` and `errorType`, that an action that did not
//! fail has no `errorType`, and whether `p95` and `p99` are filled, which [`Genesys::tells_percentiles`] switches. Deliberately
//! absent: granularity, time zones, views, other dimensions, and how far back and how long a time may be.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::request::Request;
use super::state::Genesys;
use crate::measured::{Execution, percentile};
use crate::wire::Reply;

const METRIC: &str = "tTotalExecution";
/// How a success is called in `responseStatus`.
const OK: &str = "200";

/// `POST /api/v2/analytics/actions/aggregates/query`.
pub(super) fn actions(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let body = request.object()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let time = |text: &str| text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
    let interval = text("interval");
    let Some((from, to)) = interval.split_once('/').and_then(|(from, to)| Some((time(from)?, time(to)?)))
    else {
        return Err(Refusal::invalid_date("interval is no ISO-8601 interval."));
    };
    if body.get("metrics") != Some(&json!([METRIC])) {
        return Err(Refusal::invalid_value(format!("the metric of actions is {METRIC}.")));
    }
    for absent in
        ["granularity", "timeZone", "views", "flattenMultivaluedDimensions", "alternateTimeDimension"]
    {
        if body.get(absent).is_some() {
            return Err(Refusal::unsupported(&format!("`{absent}` of analytics")));
        }
    }
    let dimensions: Vec<&str> = body
        .get("groupBy")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let wanted = wanted(body.get("filter"))?;
    let mut groups: BTreeMap<Vec<(String, String)>, Vec<f64>> = BTreeMap::new();
    let in_time = genesys.executions.iter().filter(|it| (from..to).contains(&it.at_ms));
    for execution in in_time.filter(|it| wanted.is_empty() || wanted.contains(&it.action)) {
        let mut group = Vec::new();
        for dimension in &dimensions {
            group.extend(part(dimension, execution)?.map(|value| ((*dimension).to_owned(), value)));
        }
        let took = f64::from(u32::try_from(execution.took_us).unwrap_or(u32::MAX)) / 1000.0;
        groups.entry(group).or_default().push(took);
    }
    let results: Vec<Value> = groups
        .into_iter()
        .map(|(group, mut values)| {
            values.sort_by(f64::total_cmp);
            let group: Map<String, Value> =
                group.into_iter().map(|(name, value)| (name, value.into())).collect();
            let metric = json!({"metric": METRIC, "stats": stats(&values, genesys.tells_percentiles)});
            json!({"group": group, "data": [{"interval": interval, "metrics": [metric]}]})
        })
        .collect();
    Ok(Reply::json(200, &json!({"results": results})))
}

/// The IDs of the actions that a filter wants; empty where all are wanted.
fn wanted(filter: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let Some(filter) = filter else { return Ok(Vec::new()) };
    let predicates = filter.get("predicates").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_alternative = filter.get("type") == Some(&json!("or")) || predicates.len() == 1;
    let id = |predicate: &Value| {
        let is_action = predicate.get("dimension") == Some(&json!("actionId"));
        predicate.get("value").and_then(Value::as_str).filter(|_| is_action).map(str::to_owned)
    };
    let ids: Option<Vec<String>> = predicates.iter().map(id).collect();
    match ids {
        Some(ids) if is_alternative && filter.get("clauses").is_none() => Ok(ids),
        Some(_) | None => Err(Refusal::unsupported("this filter of analytics")),
    }
}

fn part(dimension: &str, execution: &Execution) -> Result<Option<String>, Refusal> {
    let Execution { action, at_ms: _, took_us: _, error } = execution;
    match dimension {
        "actionId" => Ok(Some(action.clone())),
        "responseStatus" => Ok(Some(error.as_ref().map_or(OK.to_owned(), |(status, _)| status.to_string()))),
        "errorType" => Ok(error.as_ref().map(|(_, code)| code.clone())),
        other => Err(Refusal::unsupported(&format!("the dimension `{other}` of analytics"))),
    }
}

fn stats(sorted: &[f64], tells_percentiles: bool) -> Value {
    let mut stats = json!({
        "count": sorted.len(), "sum": sorted.iter().sum::<f64>(), "min": sorted.first(), "max": sorted.last(),
    });
    if let Some(stats) = stats.as_object_mut().filter(|_| tells_percentiles) {
        for (name, percent) in [("p95", 95.0), ("p99", 99.0)] {
            // Whole milliseconds, by the SDKs.
            stats.extend(percentile(sorted, percent).map(|value| (name.to_owned(), json!(whole(value)))));
        }
    }
    stats
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and nothing takes that long")]
fn whole(value: f64) -> i64 {
    value.ceil() as i64
}
