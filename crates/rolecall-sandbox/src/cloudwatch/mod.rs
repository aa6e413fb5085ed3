//! CloudWatch (Smithy RPC v2, CBOR): `GetMetricData` for the metrics of Lambda, computed from the invocations that really
//! happened here.
//!
//! Names of metrics and dimensions are those of the Lambda developer guide ("Types of metrics for Lambda functions"). Deliberately
//! absent: other namespaces, expressions, other statistics than those in [`statistic`], other operations.

mod cbor;

use minicbor::Encoder;
use serde_json::{Value, json};

use super::authorize::Denial;
use super::call::Call;
use super::evaluator::Context;
use super::measured::{Invocation, length, percentile};
use super::state::State;
use super::wire::{ApiError, Incoming, Reply};

/// Where the operations are (`smithy.protocols#rpcv2Cbor`).
const PATH: &str = "/service/GraniteServiceVersion20100801/operation/";

/// The operation in the path, with its input.
pub(super) fn parse(request: &Incoming) -> Option<(&str, Value)> {
    let name = request.path.strip_prefix(PATH)?;
    Some((name, cbor::decode(&request.body)?))
}

pub(super) fn get_metric_data(call: &Call<'_>, input: &Value, state: &State) -> Result<Reply, ApiError> {
    const ACTION: &str = "cloudwatch:GetMetricData";
    let denied = |denial: Denial| denial.into_error((403, "AccessDenied"), call.caller, ACTION, "*");
    call.decide(ACTION, "*", Context::new()).map_err(denied)?;
    let invalid = |text: &str| ApiError::new(400, "InvalidParameterValue", text);
    let time = |name: &str| {
        let seconds = input.get(name).and_then(Value::as_f64);
        seconds.map(milliseconds).ok_or_else(|| invalid(&format!("The parameter {name} is required.")))
    };
    let (from, to) = (time("StartTime")?, time("EndTime")?);
    if from >= to {
        return Err(invalid("The parameter StartTime must be less than the parameter EndTime."));
    }
    let queries = input.get("MetricDataQueries").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut results = Vec::new();
    for query in queries {
        let id = query.get("Id").and_then(Value::as_str).unwrap_or_default();
        let Some(measured) = query.get("MetricStat") else {
            return Err(ApiError::unsupported("expressions of CloudWatch"));
        };
        results.push((id.to_owned(), series(measured, call, state, (from, to))?));
    }
    reply(&results)
        .ok_or_else(|| ApiError::new(500, "InternalServiceFault", "the answer could not be written"))
}

/// The values of a metric, a period each: when the period began (in seconds), and its value; newest first, as CloudWatch does.
fn series(
    measured: &Value,
    call: &Call<'_>,
    state: &State,
    (from, to): (i64, i64),
) -> Result<Vec<(i64, f64)>, ApiError> {
    let text = |pointer: &str| measured.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let period =
        measured.get("Period").and_then(Value::as_i64).filter(|period| *period > 0 && period % 60 == 0);
    let Some(period) = period.map(|seconds| seconds.saturating_mul(1000)) else {
        return Err(ApiError::new(400, "InvalidParameterValue", "The period must be a multiple of 60."));
    };
    let (metric, statistic_name) = (text("/Metric/MetricName"), text("/Stat"));
    if text("/Metric/Namespace") != "AWS/Lambda" {
        return Err(ApiError::unsupported("CloudWatch's metrics of other services than Lambda"));
    }
    let dimension = |name: &str| {
        let dimensions = measured.pointer("/Metric/Dimensions").and_then(Value::as_array);
        let found =
            dimensions.into_iter().flatten().find(|dimension| dimension.get("Name") == Some(&json!(name)));
        found.and_then(|dimension| dimension.get("Value")).and_then(Value::as_str)
    };
    let (Some(function), resource) = (dimension("FunctionName"), dimension("Resource")) else {
        return Err(ApiError::unsupported("metrics of all functions together"));
    };
    let is_meant = |it: &&Invocation| {
        let of_resource = match it.qualifier.as_str() {
            "" => it.function.clone(),
            qualifier => format!("{}:{qualifier}", it.function),
        };
        it.account == call.account()
            && it.region == call.region
            && it.function == function
            && resource.is_none_or(|resource| resource == of_resource)
    };
    let meant: Vec<&Invocation> = state.invocations.iter().filter(is_meant).collect();
    let mut found = Vec::new();
    let mut begin = from;
    while begin < to {
        let end = begin.saturating_add(period).min(to);
        let of_period = meant.iter().filter(|it| (begin..end).contains(&it.at_ms));
        let mut values: Vec<f64> =
            of_period.filter_map(|it| value(metric, it).transpose()).collect::<Result<_, _>>()?;
        values.sort_by(f64::total_cmp);
        if !values.is_empty() {
            found.push((begin / 1000, statistic(statistic_name, &values)?));
        }
        begin = end;
    }
    found.reverse();
    Ok(found)
}

/// What an invocation adds to a metric, if it adds anything.
fn value(metric: &str, invocation: &Invocation) -> Result<Option<f64>, ApiError> {
    let Invocation { took_us, throttled, .. } = invocation;
    Ok(match metric {
        "Throttles" => Some(if *throttled { 1.0 } else { 0.0 }),
        "Invocations" => (!throttled).then_some(1.0),
        "Errors" => (!throttled).then_some(0.0),
        "Duration" => (!throttled).then(|| f64::from(u32::try_from(*took_us).unwrap_or(u32::MAX)) / 1000.0),
        other => return Err(ApiError::unsupported(&format!("the metric `{other}`"))),
    })
}

fn statistic(name: &str, sorted: &[f64]) -> Result<f64, ApiError> {
    let percent = name.strip_prefix('p').and_then(|text| text.parse::<f64>().ok());
    match (name, percent) {
        ("Sum", _) => Ok(sorted.iter().sum()),
        ("SampleCount", _) => Ok(length(sorted)),
        ("Average", _) => Ok(sorted.iter().sum::<f64>() / length(sorted)),
        (_, Some(percent)) => Ok(percentile(sorted, percent).unwrap_or_default()),
        (other, None) => Err(ApiError::unsupported(&format!("the statistic `{other}`"))),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and no time is that far away")]
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}

fn reply(results: &[(String, Vec<(i64, f64)>)]) -> Option<Reply> {
    let mut body = Vec::new();
    let mut encoder = Encoder::new(&mut body);
    encoder.map(2).ok()?.str("Messages").ok()?.array(0).ok()?;
    encoder.str("MetricDataResults").ok()?.array(results.len() as u64).ok()?;
    for (id, series) in results {
        encoder.map(5).ok()?.str("Id").ok()?.str(id).ok()?.str("Label").ok()?.str(id).ok()?;
        encoder.str("StatusCode").ok()?.str("Complete").ok()?;
        encoder.str("Timestamps").ok()?.array(series.len() as u64).ok()?;
        for (at, _) in series {
            encoder.tag(minicbor::data::Tag::new(1)).ok()?.i64(*at).ok()?;
        }
        encoder.str("Values").ok()?.array(series.len() as u64).ok()?;
        for (_, value) in series {
            encoder.f64(*value).ok()?;
        }
    }
    Some(Reply::cbor(200, body))
}
