//! How severe a finding must be to fail a role by itself.

use std::fmt;
use std::str::FromStr;

use super::catalogue::{FindingId, Severity};

/// The least severe finding that fails a role, whatever is proved of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum FailOn {
    /// Errors fail; warnings are counted beside the proof.
    #[default]
    Error,
    /// Warnings fail, too.
    Warning,
}

impl FailOn {
    /// Every value.
    pub const ALL: [Self; 2] = [Self::Error, Self::Warning];

    /// The word for files and options.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }

    /// Whether something of this severity fails.
    #[must_use]
    pub fn includes(self, severity: Severity) -> bool {
        match severity {
            Severity::Note => false,
            Severity::Warning => self == Self::Warning,
            Severity::Error => true,
        }
    }
}

/// Not the word for a severity that can fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `error` or `warning`")]
pub struct NoSuchSeverity;

impl FromStr for FailOn {
    type Err = NoSuchSeverity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|it| it.as_str() == text).ok_or(NoSuchSeverity)
    }
}

impl fmt::Display for FailOn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FindingId {
    /// Whether the finding fails a role by itself. Whose policy is on a role is a fact by which nobody gets more or less: what the
    /// policy allows is a claim, and that it is there is a difference.
    #[must_use]
    pub fn fails(self, fail_on: FailOn) -> bool {
        let is_whose = matches!(self, Self::P1 | Self::P2 | Self::P3);
        fail_on.includes(self.severity()) && !is_whose
    }
}
