//! The port of measurements on CloudWatch (`GetMetricData`, namespace `AWS/Lambda`).
//!
//! The names are those of the Lambda developer guide ("Types of metrics for Lambda functions"): `Resource` is the function with its
//! alias or version, `FunctionName` alone is all of them together. One period spans the whole time, because percentiles of parts
//! cannot be put together: if CloudWatch answers with several parts, there is no percentile.

use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode,
};
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::Aws;
use super::calls::Recorder;
use super::error::{next_page, unexpected};
use rolecall_model::paging::Paging;
use rolecall_model::ports::AwsResult;
use rolecall_model::ports::metrics::{FunctionMetrics, MeasuredFunction, ReadFunctionMetrics, Window};

const GET: &str = "cloudwatch:GetMetricData";

/// What is asked for: its ID in the query, metric and statistic.
const ASKED: [(&str, &str, &str); 8] = [
    ("invocations", "Invocations", "Sum"),
    ("errors", "Errors", "Sum"),
    ("throttles", "Throttles", "Sum"),
    ("total", "Duration", "Sum"),
    ("samples", "Duration", "SampleCount"),
    ("p50", "Duration", "p50"),
    ("p95", "Duration", "p95"),
    ("p99", "Duration", "p99"),
];

impl ReadFunctionMetrics for Aws {
    async fn function_metrics(
        &self,
        function: &MeasuredFunction,
        window: Window,
    ) -> AwsResult<FunctionMetrics> {
        let region = aws_config::Region::new(function.region.to_string());
        let config = self.config.to_builder().region(region).build();
        let config =
            aws_sdk_cloudwatch::config::Builder::from(&config).interceptor(Recorder(self.calls.clone()));
        let client = aws_sdk_cloudwatch::Client::from_conf(config.build());
        let grain = grain(window.from, Timestamp::now());
        let (from, to) = aligned(window, grain);
        let period = i32::try_from(to - from).map_err(|error| unexpected(GET, &error))?;
        let queries = ASKED.iter().map(|asked| query(function, *asked, period));
        let call = client
            .get_metric_data()
            .set_metric_data_queries(Some(queries.collect()))
            .start_time(DateTime::from_secs(from))
            .end_time(DateTime::from_secs(to));
        let mut results = Vec::new();
        let (mut next, mut paging) = (None, Paging::default());
        loop {
            let call = call.clone().set_next_token(next);
            let answer = self.patiently(GET, || call.clone().send()).await?;
            results.extend(answer.metric_data_results.unwrap_or_default());
            next = next_page(&mut paging, GET, answer.next_token)?;
            if next.is_none() {
                return read(&results);
            }
        }
    }
}

fn query(
    function: &MeasuredFunction,
    (id, metric, statistic): (&str, &str, &str),
    period: i32,
) -> MetricDataQuery {
    let MeasuredFunction { region: _, name, qualifier } = function;
    let dimension = |name: &str, value: String| Dimension::builder().name(name).value(value).build();
    let resource = qualifier.as_ref().map(|qualifier| dimension("Resource", format!("{name}:{qualifier}")));
    let metric = Metric::builder().namespace("AWS/Lambda").metric_name(metric).set_dimensions(Some(
        [dimension("FunctionName", name.to_string())].into_iter().chain(resource).collect(),
    ));
    let measured = MetricStat::builder().metric(metric.build()).period(period).stat(statistic).build();
    MetricDataQuery::builder().id(id).metric_stat(measured).build()
}

/// How finely CloudWatch still keeps what is that old (API reference, `GetMetricData`, `StartTime`), in seconds.
fn grain(from: Timestamp, now: Timestamp) -> i64 {
    let age = now.duration_since(from);
    match () {
        () if age < SignedDuration::from_hours(15 * 24) => 60,
        () if age < SignedDuration::from_hours(63 * 24) => 300,
        () => 3600,
    }
}

/// The time in whole grains, in seconds since 1970: no shorter than it was asked for.
fn aligned(window: Window, grain: i64) -> (i64, i64) {
    let floor = |seconds: i64| seconds - seconds.rem_euclid(grain);
    let (from, to) = (floor(window.from.as_second()), window.to.as_second());
    (from, from.max(floor(to.saturating_add(grain - 1))).max(from.saturating_add(grain)))
}

fn read(results: &[MetricDataResult]) -> AwsResult<FunctionMetrics> {
    let values = |id: &str| -> AwsResult<Vec<f64>> {
        let mut found = Vec::new();
        let mut is_there = false;
        for result in results.iter().filter(|result| result.id() == Some(id)) {
            is_there = true;
            match result.status_code() {
                Some(StatusCode::Complete | StatusCode::PartialData) => {}
                other => {
                    let text = format!("CloudWatch says of `{id}`: {other:?}");
                    return Err(unexpected(GET, &text));
                }
            }
            found.extend_from_slice(result.values());
        }
        match is_there {
            true => Ok(found),
            false => Err(unexpected(GET, &format!("the answer has no `{id}`"))),
        }
    };
    let sum = |id: &str| values(id).map(|values| (!values.is_empty()).then(|| values.iter().sum::<f64>()));
    let number = |id: &str| sum(id).map(|sum| sum.map(whole));
    let only = |id: &str| {
        values(id).map(|values| match values.as_slice() {
            [only] => Some(*only),
            _ => None,
        })
    };
    let average = match (sum("total")?, sum("samples")?) {
        (Some(total), Some(samples)) if samples > 0.0 => Some(total / samples),
        _ => None,
    };
    Ok(FunctionMetrics {
        invocations: number("invocations")?,
        errors: number("errors")?,
        throttles: number("throttles")?,
        average,
        p50: only("p50")?,
        p95: only("p95")?,
        p99: only("p99")?,
    })
}

/// A count, which CloudWatch has as a floating-point number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count is never negative, and `as` saturates"
)]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_period_spans_the_whole_time_in_grains_that_are_kept() {
        let now = at("2026-11-23T12:00:00Z");
        for (from, expected) in
            [("2026-11-22T12:00:00Z", 60), ("2026-11-08T12:00:00Z", 300), ("2026-09-21T12:00:00Z", 3600)]
        {
            assert_eq!(grain(at(from), now), expected, "{from}");
        }
        let window = Window { from: at("2026-11-22T12:00:31Z"), to: at("2026-11-22T12:02:01Z") };
        let (from, to) = aligned(window, 60);
        assert_eq!((from, to - from), (at("2026-11-22T12:00:00Z").as_second(), 180));
        let (from, to) = aligned(Window { from: window.from, to: window.from }, 3600);
        assert_eq!(to - from, 3600);
    }

    fn results(values: &[f64]) -> Vec<MetricDataResult> {
        let result = |id: &str| {
            let values = Some(values.to_vec());
            MetricDataResult::builder().id(id).status_code(StatusCode::Complete).set_values(values).build()
        };
        ASKED.iter().map(|(id, ..)| result(id)).collect()
    }

    #[test]
    fn sums_of_parts_add_up_and_percentiles_of_parts_are_none() {
        let one = read(&results(&[4.0])).unwrap();
        assert_eq!((one.invocations, one.average, one.p95), (Some(4), Some(1.0), Some(4.0)));
        let parts = read(&results(&[4.0, 2.0])).unwrap();
        assert_eq!((parts.invocations, parts.average, parts.p95), (Some(6), Some(1.0), None));
        assert_eq!(read(&results(&[])).unwrap(), FunctionMetrics::default());
        let mut missing = results(&[4.0]);
        missing.pop();
        assert!(read(&missing).unwrap_err().to_string().contains("the answer has no `p99`"));
    }
}
