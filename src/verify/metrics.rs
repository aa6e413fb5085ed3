//! Holds what was measured of actions against limits. Pure.
//!
//! Nothing measured satisfies no limit: whoever asks for at most one failure in a hundred and sees no request does not know. A limit
//! that could be met or not, whatever is behind unclear figures, is undecided too.

use std::time::Duration;

use crate::observe::metrics::{ActionFigures, Measured, Metrics, Requests, number};

/// The limits that somebody named.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// The largest share of failed requests, 0 to 1.
    pub error_rate: Option<f64>,
    /// The longest time that 95 of 100 requests may take.
    pub p95: Option<Duration>,
}

/// What is wrong with the figures of an action.
#[derive(Clone, Debug, PartialEq)]
pub enum Breach {
    /// More requests failed than the limit allows.
    TooManyFailures {
        /// How many failed.
        failed: u64,
        /// Of so many.
        requests: u64,
        /// The largest share.
        limit: f64,
    },
    /// Requests took longer than the limit allows.
    TooSlow {
        /// 95 of 100 took at most this, in milliseconds.
        p95: f64,
        limit: Duration,
    },
    /// Whether a limit is met is not known.
    Undecided { limit: Limit, why: Undecided },
}

/// A kind of limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// On the share of failed requests.
    ErrorRate,
    /// On the time.
    P95,
}

/// Why a limit is not decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecided {
    /// There were no requests.
    NoRequests,
    /// Genesys Cloud's figures could not be read.
    NotMeasured(String),
    /// So many requests ended in a way that rolecall cannot read.
    Unclear(u64),
    /// Genesys Cloud's answer has no percentile.
    NoPercentile,
}

/// The breaches of an action, by name, in the order of the actions.
pub fn breaches<'m>(metrics: &'m Metrics, limits: &Limits) -> Vec<(&'m str, Breach)> {
    let of = |action: &'m ActionFigures| {
        let Limits { error_rate, p95 } = limits;
        let rate =
            error_rate.and_then(|limit| of_requests(action, Limit::ErrorRate, |it| too_many(it, limit)));
        let slow = p95.and_then(|limit| of_requests(action, Limit::P95, |it| too_slow(it, limit)));
        rate.into_iter().chain(slow).map(|breach| (action.name.as_str(), breach))
    };
    metrics.actions.iter().flat_map(of).collect()
}

fn of_requests(
    action: &ActionFigures,
    limit: Limit,
    breach: impl FnOnce(&Requests) -> Option<Breach>,
) -> Option<Breach> {
    let why = match &action.requests {
        Measured::Known(requests) => return breach(requests),
        Measured::Nothing => Undecided::NoRequests,
        Measured::NotAsked(reason) | Measured::Failed(reason) => Undecided::NotMeasured(reason.clone()),
    };
    Some(Breach::Undecided { limit, why })
}

fn too_many(requests: &Requests, limit: f64) -> Option<Breach> {
    let (failed, unclear) = (requests.failures(), requests.unclear());
    let exceeds = |failed: u64| number(failed) > limit * number(requests.count);
    match (exceeds(failed), exceeds(failed + unclear)) {
        (true, _) => Some(Breach::TooManyFailures { failed, requests: requests.count, limit }),
        (false, true) => {
            Some(Breach::Undecided { limit: Limit::ErrorRate, why: Undecided::Unclear(unclear) })
        }
        (false, false) => None,
    }
}

fn too_slow(requests: &Requests, limit: Duration) -> Option<Breach> {
    let most = limit.as_secs_f64() * 1000.0;
    match (requests.p95, requests.max) {
        (Some(p95), _) if p95 > most => Some(Breach::TooSlow { p95, limit }),
        (Some(_), _) => None,
        // What the longest request keeps, all keep.
        (None, Some(max)) if max <= most => None,
        (None, _) => Some(Breach::Undecided { limit: Limit::P95, why: Undecided::NoPercentile }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitCode;
    use crate::observe::metrics::{Comparison, Invoked};
    use crate::ports::metrics::Window;
    use jiff::Timestamp;

    fn requests(succeeded: u64, failed: u64, unclear: u64) -> Requests {
        Requests {
            count: succeeded + failed + unclear,
            succeeded,
            failed: [("TIMEOUT".to_owned(), failed)].into(),
            unclear: [("?".to_owned(), unclear)].into(),
            ..Requests::default()
        }
    }

    fn exits(requests: Measured<Requests>, limits: Limits) -> Vec<ExitCode> {
        let action = ActionFigures {
            name: "a".to_owned(),
            invoked: Invoked::Address,
            requests,
            invocations: Measured::Nothing,
            comparison: Comparison::Incomplete,
        };
        let window = Window { from: Timestamp::UNIX_EPOCH, to: Timestamp::UNIX_EPOCH };
        let metrics = Metrics { window, actions: vec![action] };
        breaches(&metrics, &limits).iter().map(|(_, breach)| breach.exit()).collect()
    }

    #[test]
    fn failures_are_held_against_a_share() {
        use ExitCode::{Inconclusive, Pending, Refuted};
        let limits = Limits { error_rate: Some(0.1), p95: None };
        for (figures, expected) in [
            (Measured::Known(requests(9, 1, 0)), &[][..]),
            (Measured::Known(requests(8, 2, 0)), &[Pending]),
            (Measured::Known(requests(0, 2, 0)), &[Refuted]),
            (Measured::Known(requests(0, 2, 1)), &[Pending]),
            (Measured::Known(requests(8, 1, 1)), &[Inconclusive]),
            (Measured::Known(requests(10, 0, 1)), &[]),
            (Measured::Nothing, &[Inconclusive]),
            (Measured::Failed("denied".to_owned()), &[Inconclusive]),
        ] {
            assert_eq!(exits(figures.clone(), limits), expected, "{figures:?}");
            assert!(exits(figures, Limits::default()).is_empty(), "no limit, no breach");
        }
    }

    #[test]
    fn times_are_held_against_a_percentile_or_the_longest() {
        use ExitCode::{Inconclusive, Pending};
        let limits = Limits { error_rate: None, p95: Some(Duration::from_secs(2)) };
        let took = |p95, max| Measured::Known(Requests { p95, max, ..requests(1, 0, 0) });
        for (figures, expected) in [
            (took(Some(2000.0), Some(9000.0)), &[][..]),
            (took(Some(2001.0), Some(9000.0)), &[Pending]),
            (took(None, Some(2000.0)), &[]),
            (took(None, Some(2001.0)), &[Inconclusive]),
            (took(None, None), &[Inconclusive]),
            (Measured::Nothing, &[Inconclusive]),
        ] {
            assert_eq!(exits(figures.clone(), limits), expected, "{figures:?}");
        }
    }
}
