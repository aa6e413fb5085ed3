//! What the connections to one sandbox share.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::engine::Engine;

pub(super) struct Shared {
    engine: Mutex<Engine>,
    /// All calls.
    pub(super) in_flight: Gauge,
    /// Those to Genesys Cloud.
    pub(super) to_genesys: Gauge,
}

/// How many calls are being answered, and how many there were at most.
#[derive(Default)]
pub(super) struct Gauge {
    running: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    /// Counts a call until what comes back is dropped: also one whose caller went away.
    pub(super) fn count(&self) -> Running<'_> {
        let running = self.running.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(running, Ordering::Relaxed);
        Running(self)
    }
}

pub(super) struct Running<'g>(&'g Gauge);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shared {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine: Mutex::new(engine), in_flight: Gauge::default(), to_genesys: Gauge::default() }
    }

    pub(super) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls were being answered at the same time, at most.
    pub(super) fn most_in_flight(&self) -> usize {
        self.in_flight.most.load(Ordering::Relaxed)
    }

    /// The same, of calls to Genesys Cloud alone.
    pub(super) fn most_to_genesys(&self) -> usize {
        self.to_genesys.most.load(Ordering::Relaxed)
    }

    pub(super) fn forget_in_flight(&self) {
        for gauge in [&self.in_flight, &self.to_genesys] {
            gauge.most.store(0, Ordering::Relaxed);
        }
    }
}
