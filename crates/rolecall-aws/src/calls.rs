//! Counts and times every request that the SDK sends, attempt by attempt, on the list that Genesys's share. What sees every
//! answer also has it [checked](super::answer): one interceptor at each client, so that none forgets the check.

use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use rolecall_model::ports::call::Call;
use rolecall_model::ports::calls::Calls;

use super::answer;

/// The host that last left this operation (such as `iam:GetRole`) without an answer.
pub(super) fn silent_host(calls: &Calls, operation: &str) -> Option<String> {
    let is_same = |call: &&Call| call.operation.replace(' ', ":").eq_ignore_ascii_case(operation);
    calls
        .so_far()
        .iter()
        .rev()
        .filter(is_same)
        .find(|call| call.status.is_none())
        .map(|call| call.host.clone())
}

#[derive(Debug)]
struct Sent {
    at: Instant,
    host: String,
}

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

/// Puts every request that the SDK sends on the list, and has every answer checked.
#[derive(Debug)]
pub(super) struct Recorder(pub(super) Calls);

#[dyn_dispatch_hint]
impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "Recorder"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let uri = context.request().uri();
        let authority = uri.split("://").last().and_then(|rest| rest.split('/').next()).unwrap_or(uri);
        // What stands before the host is a name and a password.
        let host = authority.rsplit('@').next().unwrap_or_default().to_owned();
        bag.interceptor_state().store_put(Sent { at: Instant::now(), host });
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        answer::check(context, bag)
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (Some(sent), Some(metadata)) = (bag.load::<Sent>(), bag.load::<Metadata>()) else {
            return Ok(());
        };
        let date = context.response().and_then(|response| response.headers().get("date"));
        if let Some(date) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) {
            self.0.saw_clock(date.timestamp().as_second() - jiff::Timestamp::now().as_second());
        }
        let operation = format!("{} {}", metadata.service(), metadata.name());
        let status = context.response().map(|response| response.status().as_u16());
        let call = Call { operation, host: sent.host.clone(), status, took: sent.at.elapsed() };
        self.0.add(call);
        Ok(())
    }
}
