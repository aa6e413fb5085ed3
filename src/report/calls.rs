//! What was sent, by operation: how often, how it went, how long it took.

use schemars::JsonSchema;
use serde::Serialize;

use crate::ports::call::Call;

/// The requests of one operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CallsView {
    /// Such as `GET /api/v2/organizations/me`.
    pub operation: String,
    /// How many requests were sent, retries included.
    pub requests: usize,
    /// How many of them were answered with success.
    pub succeeded: usize,
    /// How long they took together, in milliseconds.
    pub total_ms: u64,
    /// How long the slowest took, in milliseconds.
    pub slowest_ms: u64,
}

impl CallsView {
    /// The requests by operation, sorted by it: which of several reads at a time is answered first is chance.
    pub fn summarize(calls: &[Call]) -> Vec<Self> {
        let mut views: Vec<Self> = Vec::new();
        for Call { operation, host: _, status, took } in calls {
            let index = views.iter().position(|view| view.operation == *operation).unwrap_or_else(|| {
                let operation = operation.clone();
                views.push(Self { operation, requests: 0, succeeded: 0, total_ms: 0, slowest_ms: 0 });
                views.len() - 1
            });
            let Some(view) = views.get_mut(index) else { continue };
            let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            view.requests += 1;
            view.succeeded += usize::from(status.is_some_and(|status| (200..300).contains(&status)));
            view.total_ms = view.total_ms.saturating_add(took);
            view.slowest_ms = view.slowest_ms.max(took);
        }
        views.sort_by(|one, other| one.operation.cmp(&other.operation));
        views
    }
}
