//! What was sent to AWS and to Genesys Cloud, request by request: for `-v`, and for the counts in reports.

use std::sync::{Arc, Mutex, PoisonError};

use super::call::Call;
use crate::activity;

/// The requests that were sent, in the order of their answers. Clones share one list.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    list: Arc<Mutex<Vec<Call>>>,
    clock: Arc<Mutex<Option<i64>>>,
}

impl Calls {
    /// The requests so far.
    pub fn so_far(&self) -> Vec<Call> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Empties the list.
    pub fn forget(&self) {
        self.list.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Adds a request to the list.
    pub fn add(&self, call: Call) {
        activity::heard(&call);
        self.list.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    }

    /// Notes by how many seconds the service's clock was ahead of this machine's when it answered.
    pub fn saw_clock(&self, ahead: i64) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
    }

    /// By how many seconds the service's clock was ahead; `None` where no answer said what time it is.
    pub fn clock_difference(&self) -> Option<i64> {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
