//! What became of a write that failed, watched attempt by attempt: the SDK tries again, and what the last attempt was refused
//! an earlier one may have done.
//!
//! Deliberately absent: the kind of the failure. An `EntityAlreadyExists` after a lost answer is still one; that it may be the
//! caller's own first attempt, [`WriteOutcome::Unknown`] says.

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::Aws;
use rolecall_model::ports::{AwsError, AwsResult, WriteOutcome};

/// Sees every attempt of one call.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The attempt under way got as far as the network.
    is_sent: AtomicBool,
    /// An attempt may have been carried out.
    may_be_done: AtomicBool,
}

impl Watch {
    fn outcome(&self) -> WriteOutcome {
        // An attempt that is still under way was cut off: by the command's deadline.
        let is_open = self.0.is_sent.load(Ordering::Relaxed);
        match is_open || self.0.may_be_done.load(Ordering::Relaxed) {
            true => WriteOutcome::Unknown,
            false => WriteOutcome::Refused,
        }
    }
}

#[dyn_dispatch_hint]
impl Intercept for Watch {
    fn name(&self) -> &'static str {
        "Watch"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.is_sent.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let was_sent = self.0.is_sent.swap(false, Ordering::Relaxed);
        let Some(Err(error)) = context.output_or_error() else { return Ok(()) };
        let is_unknown = match context.response().map(|response| response.status().as_u16()) {
            // A success that cannot be read may be one; a failure of the service may come after the deed.
            Some(status) => !(400..500).contains(&status),
            None => !error.as_connector_error().is_some_and(|error| was_refused(error)),
        };
        if was_sent && is_unknown {
            self.0.may_be_done.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Whether nobody took the connection, so that nothing was sent.
fn was_refused(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    causes.any(|cause| {
        let io = cause.downcast_ref::<io::Error>();
        io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused)
    })
}

impl Aws {
    /// Sends a write; where it fails, says what became of it. `send` lets the watch see every attempt.
    pub(super) async fn write<T, E, F>(
        &self,
        operation: &'static str,
        send: impl Fn(Watch) -> F,
    ) -> AwsResult<()>
    where
        E: ProvideErrorMetadata + Error + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let watch = Watch::default();
        let result = self.patiently(operation, || send(watch.clone())).await;
        result.map(drop).map_err(|error| AwsError { outcome: watch.outcome(), ..error })
    }
}
