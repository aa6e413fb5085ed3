//! What is measured of what really ran here: invocations of functions, executions of actions. Plain data that goes to JSON and back.
//!
//! Times are those of the clock around the call. Functions run no code, so an invocation takes microseconds and never ends with an
//! error of the function.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The most measurements of a kind that are kept.
const LENGTH: usize = 10_000;

/// A request that invoked a function, or was throttled. One that was denied is measured by nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invocation {
    /// The account of the function.
    pub account: String,
    pub region: String,
    /// Its name.
    pub function: String,
    /// The alias or version that was called; empty for the unqualified function.
    pub qualifier: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// Whether it was throttled, and nothing ran.
    pub throttled: bool,
}

/// An action that ran, whether somebody tested it or a flow wanted its result. Whether Genesys Cloud counts tests is not documented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// The action's ID.
    pub action: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// The HTTP status and the code of the error, if it failed.
    pub error: Option<(u16, String)>,
}

/// The present time, and how long something took until now.
pub(super) fn now(took: Duration) -> (i64, u64) {
    (Timestamp::now().as_millisecond(), u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
}

/// Adds a measurement; the oldest one goes where there are too many.
pub(super) fn add<T>(list: &mut Vec<T>, measured: T) {
    list.push(measured);
    let surplus = list.len().saturating_sub(LENGTH);
    list.drain(..surplus);
}

/// The value that so many of 100 are not above (nearest rank). `sorted` is in ascending order.
pub(super) fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let rank = (percent / 100.0 * length(sorted)).ceil().max(1.0);
    sorted.iter().copied().zip(1_u32..).find(|(_, place)| f64::from(*place) >= rank).map(|(value, _)| value)
}

/// How many values there are, as measurements are written.
pub(super) fn length(values: &[f64]) -> f64 {
    f64::from(u32::try_from(values.len()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        for (percent, expected) in [(50.0, 50.0), (95.0, 95.0), (99.0, 99.0)] {
            assert_eq!(percentile(&hundred, percent), Some(expected));
        }
        assert_eq!(percentile(&[7.0], 50.0), Some(7.0));
        assert_eq!(percentile(&[], 50.0), None);
    }
}
