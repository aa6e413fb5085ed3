//! Measures how the manifest's actions ran, in Genesys Cloud and in Lambda. Reads only.

use futures_util::FutureExt as _;

use super::context::{Context, Counterpart};
use crate::observe::metrics::{Metrics, measure};
use crate::observe::survey::SurveyError;
use crate::ports::Read;
use crate::ports::genesys::GenesysRead;
use crate::ports::metrics::{ReadActionMetrics, ReadFunctionMetrics, Window};

impl<A: Read + ReadFunctionMetrics, G: GenesysRead + ReadActionMetrics> Context<A, G> {
    /// What both services measured in that time. `unasked` is why Genesys Cloud is not asked, where there is no client for it.
    pub async fn metrics(&self, window: Window, unasked: &str) -> Result<Metrics, SurveyError> {
        let genesys = match &self.genesys {
            Some(Counterpart { client, sources: _, secret: _ }) => Ok(client.as_ref()),
            None => Err(unasked.to_owned()),
        };
        measure(&self.manifest, &self.addresses, (&self.aws, genesys), window).boxed_local().await
    }
}
