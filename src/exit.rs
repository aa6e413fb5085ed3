//! The exit codes that other programs depend on.
//!
//! `rule` computes the code of each typed result, and [`ExitCode::or`] combines codes. No code is ever computed from text.

mod rule;

use serde::{Serialize, Serializer};

/// What the process says to its caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExitCode {
    /// Done; in sync; proved.
    #[default]
    Success,
    /// Something went wrong.
    Failed,
    /// Usage or manifest error; nothing was contacted.
    Usage,
    /// Changes are pending that let nobody in and stop nothing.
    Pending,
    /// Somebody can do what the manifest does not allow, or could after the plan that was refused; or Genesys Cloud cannot
    /// do what it must.
    Refuted,
    /// What was asked could not be decided.
    Inconclusive,
}

impl ExitCode {
    /// All of them, by number.
    pub(crate) const ALL: [Self; 6] =
        [Self::Success, Self::Failed, Self::Usage, Self::Pending, Self::Refuted, Self::Inconclusive];

    /// What it means; `for_vendors` where a role is for another vendor than Genesys.
    pub fn meaning(self, for_vendors: bool) -> &'static str {
        match self {
            Self::Success => "done; in sync; proved",
            Self::Failed => "something went wrong",
            Self::Usage => "usage or manifest error; nothing was contacted",
            Self::Pending => "changes are pending that let nobody in and stop nothing",
            Self::Refuted if for_vendors => {
                "refuted: a caller can, or after the plan could, do what the manifest does not allow; or whoever must be able to use the role cannot"
            }
            Self::Refuted => {
                "refuted: a caller can, or after the plan could, do what the manifest does not allow; or Genesys Cloud cannot do what it must"
            }
            Self::Inconclusive => "inconclusive: something could not be decided",
        }
    }

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Pending => 3,
            Self::Refuted => 4,
            Self::Inconclusive => 5,
        }
    }

    /// The one that counts where several apply: failed, then refuted, then inconclusive, then pending.
    pub fn or(self, other: Self) -> Self {
        let weight = |code| match code {
            Self::Success => 0,
            Self::Pending => 1,
            Self::Inconclusive => 2,
            Self::Refuted => 3,
            Self::Failed => 4,
            Self::Usage => 5,
        };
        if weight(other) > weight(self) { other } else { self }
    }
}

/// In files an exit code is its number.
impl Serialize for ExitCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.code())
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(exit: ExitCode) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::ExitCode::{Failed, Inconclusive, Pending, Refuted, Success};

    #[test]
    fn the_gravest_counts() {
        for (one, other, both) in [
            (Success, Pending, Pending),
            (Pending, Inconclusive, Inconclusive),
            (Inconclusive, Refuted, Refuted),
            (Refuted, Failed, Failed),
        ] {
            assert_eq!((one.or(other), other.or(one)), (both, both));
        }
    }
}
