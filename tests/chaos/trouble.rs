//! What goes wrong with one call.

use rolecall::sandbox::{Fault, FaultRule, Faults};

/// A way to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The call fails so often; `None` from then on.
    Fails(Fault, Option<u32>),
    /// While the call is under way, the process gets this signal. `true` after the call was carried out.
    Signal(Signal, bool),
    /// From this call on, reads show what was so many milliseconds ago.
    StaleReads(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Kill,
    Interrupt,
    Terminate,
}

impl Signal {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kill => "KILL",
            Self::Interrupt => "INT",
            Self::Terminate => "TERM",
        }
    }
}

pub(crate) const TROUBLES: [(&str, Trouble); 24] = [
    ("kill before", Trouble::Signal(Signal::Kill, false)),
    ("kill after", Trouble::Signal(Signal::Kill, true)),
    ("SIGINT before", Trouble::Signal(Signal::Interrupt, false)),
    ("SIGINT after", Trouble::Signal(Signal::Interrupt, true)),
    ("SIGTERM after", Trouble::Signal(Signal::Terminate, true)),
    ("connection lost before", Trouble::Fails(Fault::DropCall, Some(1))),
    ("connection lost after", Trouble::Fails(Fault::DropReply, Some(1))),
    ("connection lost after, always", Trouble::Fails(Fault::DropReply, None)),
    ("500 once", Trouble::Fails(Fault::Internal, Some(1))),
    ("500 always", Trouble::Fails(Fault::Internal, None)),
    ("503 once", Trouble::Fails(Fault::Unavailable, Some(1))),
    ("throttled once", Trouble::Fails(Fault::Throttle, Some(1))),
    ("throttled three times", Trouble::Fails(Fault::Throttle, Some(3))),
    ("throttled always", Trouble::Fails(Fault::Throttle, None)),
    ("denied", Trouble::Fails(Fault::Deny, Some(1))),
    ("expired", Trouble::Fails(Fault::Expire, Some(1))),
    ("malformed", Trouble::Fails(Fault::Malformed, Some(1))),
    ("truncated", Trouble::Fails(Fault::Truncate, Some(1))),
    ("empty", Trouble::Fails(Fault::Empty, Some(1))),
    ("HTML", Trouble::Fails(Fault::Html, Some(1))),
    ("not found", Trouble::Fails(Fault::NotFound, Some(1))),
    ("exists", Trouble::Fails(Fault::Exists, Some(1))),
    ("concurrent modification", Trouble::Fails(Fault::Conflict, Some(1))),
    ("hang", Trouble::Fails(Fault::StallCall, Some(1))),
];

/// Beside those that hit one call.
pub(crate) const STALE: (&str, Trouble) = ("stale reads", Trouble::StaleReads(1500));

impl Trouble {
    /// The faults that hit the n-th call.
    pub(crate) fn faults(self, call: u32) -> Faults {
        let rule = |fault, times| Faults {
            rules: vec![FaultRule { operation: "*".to_owned(), skip: call, times, fault }],
            ..Faults::default()
        };
        match self {
            Self::Fails(fault, times) => rule(fault, times),
            Self::Signal(_, false) => rule(Fault::StallCall, Some(1)),
            Self::Signal(_, true) => rule(Fault::Stall, Some(1)),
            Self::StaleReads(read_lag_ms) => Faults { read_lag_ms, ..Faults::default() },
        }
    }
}
