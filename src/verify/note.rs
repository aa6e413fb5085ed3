//! What was not looked at, and why.

use std::collections::BTreeSet;

use super::analysis::{Analyser, CallGroup};
use crate::iam::arn::{AccountId, RoleArn};
use crate::iam::principal::Principal;
use crate::manifest::ChosenBy;
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
    /// The organization's policies could not be read.
    OrganizationUnreadable {
        /// What AWS said.
        error: String,
    },
    /// Services that reach a target without the role, for a source of the account or because the manifest states them.
    FurtherInvokers {
        /// Their names.
        services: BTreeSet<String>,
    },
    /// Of the functions, only the policies of the forms that the manifest names were read.
    FormsNotRead {
        /// Whether a command that reads more is to be named: not after AWS was asked already.
        names_command: bool,
    },
    /// AWS was not asked about a role that is not where the manifest says.
    NotProbed {
        /// The ARN that the role has.
        role: RoleArn,
    },
    /// The policies of so many older versions were not read.
    VersionsNotRead {
        /// How many versions.
        versions: usize,
    },
    /// Tests of data actions were asked for, and none was run.
    NoActionTested(Untested),
    /// Whether another customer of the vendor can send the same external ID: the vendor's service decides that.
    OtherCustomers {
        /// The vendor's name.
        vendor: String,
        /// Who chose the external ID, if the manifest says so.
        chosen_by: Option<ChosenBy>,
    },
    /// The principal of the manifest that probes the role belongs to another account than the role.
    ProbeElsewhere {
        principal: Principal,
        /// The account of the role.
        account: AccountId,
    },
    /// Something could not be read that no claim is about.
    NotRead(ReadFailure),
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
    /// Why no data action was tested, if tests were asked for.
    #[must_use]
    pub fn untested(&self) -> Option<Untested> {
        match self {
            Self::NoActionTested(why) => Some(*why),
            Self::AnalyserDenied { .. }
            | Self::AnalyserFailed { .. }
            | Self::AnswersLeftOut { .. }
            | Self::SimulatorNotJudged { .. }
            | Self::OrganizationUnreadable { .. }
            | Self::FurtherInvokers { .. }
            | Self::FormsNotRead { .. }
            | Self::NotProbed { .. }
            | Self::VersionsNotRead { .. }
            | Self::NotRead(_)
            | Self::OtherCustomers { .. }
            | Self::ProbeElsewhere { .. }
            | Self::FunctionsUnread { .. } => None,
        }
    }
}

/// Why no data action was tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untested {
    /// The manifest has none, and names nobody else who makes some.
    NotInManifest,
    /// The manifest has none, and the integration of the other tool has none either.
    NotInGenesys,
    /// There is no role that could invoke anything.
    NoRole,
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
    /// Which versions there are.
    Versions,
    /// Who may invoke them directly.
    Policies,
    /// Whether they have public URLs.
    Urls,
}
