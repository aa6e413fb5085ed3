//! Measures how the manifest's actions ran, in Genesys Cloud and in Lambda. Reads only.

use futures_util::FutureExt as _;

use super::context::{Context, Counterpart};
use super::one_side::Unasked;
use crate::observe::metrics::{Metrics, measure, measure_genesys};
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

impl<G: GenesysRead + ReadActionMetrics> Context<Unasked, G> {
    /// What Genesys Cloud measured in that time; `None` without a client for it. `unasked` is why AWS is not asked.
    pub async fn genesys_metrics(&self, window: Window, unasked: &str) -> Option<Metrics> {
        let Counterpart { client, sources: _, secret: _ } = self.genesys.as_ref()?;
        Some(measure_genesys(&self.manifest, client.as_ref(), unasked, window).boxed_local().await)
    }
}
