//! Whether a row of the catalogue applies, and how several answers are one.

use rolecall_iam::evaluate::Request;

use super::Assumption;
use super::holder::Can;

/// Whether a row applies.
#[derive(Debug, Clone)]
pub(super) enum Attempt {
    Yes { requests: Vec<Request>, assumes: Vec<Assumption> },
    No,
    Undecided(Vec<String>),
}

impl From<Can> for Attempt {
    fn from(can: Can) -> Self {
        match can {
            Can::Certainly(request) => Self::Yes { requests: vec![request], assumes: Vec::new() },
            Can::If(request, assumes) => Self::Yes { requests: vec![request], assumes },
            Can::Never => Self::No,
            Can::Undecided(reasons) => Self::Undecided(reasons),
        }
    }
}

impl Attempt {
    pub(super) fn done() -> Self {
        Self::Yes { requests: Vec::new(), assumes: Vec::new() }
    }

    /// Both.
    pub(super) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes { mut requests, mut assumes } => match other() {
                Self::Yes { requests: more, assumes: further } => {
                    requests.extend(more);
                    assumes.extend(further);
                    assumes.sort();
                    assumes.dedup();
                    Self::Yes { requests, assumes }
                }
                Self::No => Self::No,
                Self::Undecided(reasons) => Self::Undecided(reasons),
            },
            Self::Undecided(mut reasons) => match other() {
                Self::No => Self::No,
                Self::Yes { .. } => Self::Undecided(reasons),
                Self::Undecided(more) => {
                    reasons.extend(more);
                    Self::Undecided(reasons)
                }
            },
        }
    }

    /// The better of the two.
    pub(super) fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Yes { ref assumes, .. } if assumes.is_empty() => self,
            Self::Yes { .. } => match other() {
                Self::Yes { requests, assumes } if assumes.is_empty() => Self::Yes { requests, assumes },
                Self::Yes { .. } | Self::No | Self::Undecided(_) => self,
            },
            Self::No => other(),
            Self::Undecided(reasons) => match other() {
                Self::Yes { requests, assumes } => Self::Yes { requests, assumes },
                Self::No | Self::Undecided(_) => Self::Undecided(reasons),
            },
        }
    }

    /// How good it is, the worst first.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::No => 0,
            Self::Undecided(_) => 1,
            Self::Yes { assumes, .. } if !assumes.is_empty() => 2,
            Self::Yes { .. } => 3,
        }
    }

    pub(super) fn assuming(self, more: impl IntoIterator<Item = Assumption>) -> Self {
        let more: Vec<Assumption> = more.into_iter().collect();
        self.and(|| Self::Yes { requests: Vec::new(), assumes: more })
    }
}
