//! The port of the record on AWS CloudTrail (`LookupEvents`: management events of 90 days, no trail needed).

use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use jiff::Timestamp;
use serde_json::Value;

use super::Aws;
use super::calls::Recorder;
use super::error::{next_page, unexpected};
use rolecall_model::iam::arn::Region;
use rolecall_model::paging::Paging;
use rolecall_model::ports::AwsResult;
use rolecall_model::ports::trail::{ReadTrail, TrailEvent};

const LOOKUP: &str = "cloudtrail:LookupEvents";

impl ReadTrail for Aws {
    async fn events(
        &self,
        region: &Region,
        resource: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> AwsResult<Vec<TrailEvent>> {
        let region = aws_config::Region::new(region.to_string());
        let config = self.config.to_builder().region(region).build();
        let config =
            aws_sdk_cloudtrail::config::Builder::from(&config).interceptor(Recorder(self.calls.clone()));
        let client = aws_sdk_cloudtrail::Client::from_conf(config.build());
        let attribute = LookupAttribute::builder()
            .attribute_key(LookupAttributeKey::ResourceName)
            .attribute_value(resource)
            .build()
            .map_err(|error| unexpected(LOOKUP, &error))?;
        let call = client
            .lookup_events()
            .lookup_attributes(attribute)
            .start_time(DateTime::from_secs(from.as_second()))
            .end_time(DateTime::from_secs(to.as_second()));
        let mut events = Vec::new();
        let (mut next, mut paging) = (None, Paging::default());
        loop {
            let call = call.clone().set_next_token(next);
            // Two a second are allowed; what is more is throttled and waited out.
            let answer = self.patiently(LOOKUP, || call.clone().send()).await?;
            events.extend(answer.events.unwrap_or_default().into_iter().map(event));
            next = next_page(&mut paging, LOOKUP, answer.next_token)?;
            if next.is_none() {
                return Ok(events);
            }
        }
    }
}

fn event(event: Event) -> TrailEvent {
    // The record itself is JSON in a text; the fields beside it leave out the address and the outcome.
    let record: Value = event
        .cloud_trail_event
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let parameters = record.get("requestParameters").and_then(Value::as_object).into_iter().flatten();
    let plain = parameters.filter_map(|(name, value)| match value {
        Value::String(text) => Some((name.clone(), text.clone())),
        Value::Number(_) | Value::Bool(_) => Some((name.clone(), value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    });
    let at = event.event_time.and_then(|at| at.fmt(Format::DateTime).ok());
    TrailEvent {
        id: event.event_id.unwrap_or_default(),
        at: at.unwrap_or_default(),
        service: event.event_source.unwrap_or_default(),
        operation: event.event_name.unwrap_or_default(),
        is_read: event.read_only.and_then(|text| text.parse().ok()),
        caller: text("/userIdentity/arn").or_else(|| text("/userIdentity/invokedBy")).or(event.username),
        address: text("/sourceIPAddress"),
        user_agent: text("/userAgent"),
        error: text("/errorCode"),
        parameters: plain.collect(),
    }
}
