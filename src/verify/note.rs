//! What was not looked at, and why.

use super::analysis::{Analyser, CallGroup};
use crate::iam::arn::FunctionArn;
use crate::ports::{AwsError, AwsErrorKind};

/// Something that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The caller may not ask an analyser.
    AnalyserDenied {
        /// The operation that was denied.
        operation: &'static str,
    },
    /// An analyser gave no answer.
    AnalyserFailed {
        /// The operation that failed.
        operation: &'static str,
        /// Why, in AWS's words.
        message: String,
    },
    /// An analyser answered some of the questions only.
    AnswersLeftOut {
        /// The analyser.
        analyser: Analyser,
        /// How many answers are missing.
        number: usize,
        /// What the questions were about.
        group: CallGroup,
    },
    /// The simulator's answers could not be compared, because documents of the role cannot be read.
    SimulatorNotJudged {
        /// What cannot be read.
        reasons: Vec<String>,
    },
    /// The organisation's policies could not be read.
    OrganizationUnreadable {
        /// What AWS said.
        error: String,
    },
    /// The policy of a function is not one that can be read.
    FunctionPolicyUnreadable {
        /// The function.
        function: FunctionArn,
        /// What is wrong with the policy.
        reason: String,
    },
    /// Only some of the functions were read.
    FunctionsSampled {
        /// How many were read.
        read: usize,
        /// How many there are.
        of: usize,
    },
    /// Something about functions could not be read.
    FunctionsUnread {
        /// What remained unknown.
        what: FunctionFact,
        /// Why the first call failed.
        why: ReadFailure,
        /// How many calls failed in all.
        number: usize,
    },
}

impl Note {
    /// How many functions were read, of how many, if it was not all of them.
    #[must_use]
    pub fn sampled(&self) -> Option<(usize, usize)> {
        match self {
            Self::FunctionsSampled { read, of } => Some((*read, *of)),
            Self::AnalyserDenied { .. }
            | Self::AnalyserFailed { .. }
            | Self::AnswersLeftOut { .. }
            | Self::SimulatorNotJudged { .. }
            | Self::OrganizationUnreadable { .. }
            | Self::FunctionPolicyUnreadable { .. }
            | Self::FunctionsUnread { .. } => None,
        }
    }
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadFailure {
    /// The caller may not call this operation.
    Denied(&'static str),
    /// Something else, in AWS's words.
    Failed(String),
}

impl From<&AwsError> for ReadFailure {
    fn from(error: &AwsError) -> Self {
        if error.kind == AwsErrorKind::AccessDenied {
            Self::Denied(error.operation)
        } else {
            Self::Failed(error.to_string())
        }
    }
}

/// What is read about the target functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FunctionFact {
    /// Where the aliases point.
    Aliases,
    /// Who may invoke them directly.
    Policies,
    /// Whether they have public URLs.
    Urls,
}
