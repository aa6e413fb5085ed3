//! What one of AWS's own analysers answered, with rolecall's own answer.
//!
//! Deliberately absent: sentences for readers, which `report` makes.

use schemars::JsonSchema;
use serde::Serialize;

use super::claim::{ClaimKind, ClaimOutcome};
use super::probe::CallTrace;
use crate::iam::evaluate::Decision;
use crate::ports::Check;

/// An analyser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Analyser {
    /// The IAM policy simulator.
    Simulator,
    /// Access Analyzer's remarks on a document.
    Validation,
    /// Access Analyzer's check that a resource is not public.
    NoPublicAccess,
    /// Access Analyzer's check of a document against another one.
    NoNewAccess,
}

impl Analyser {
    /// The permission that it needs.
    pub fn permission(self) -> &'static str {
        match self {
            Self::Simulator => "iam:SimulatePrincipalPolicy",
            Self::Validation => "access-analyzer:ValidatePolicy",
            Self::NoPublicAccess => "access-analyzer:CheckNoPublicAccess",
            Self::NoNewAccess => "access-analyzer:CheckNoNewAccess",
        }
    }
}

/// Calls that the simulator is asked about together, and that have one right answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallGroup {
    /// Invocations of the targets.
    Targets,
    /// What the grants are for.
    Grants,
    /// Invocations of functions that are like the targets.
    BesideTargets,
    /// Other actions on a target.
    OnATarget,
    /// Actions that no such role needs.
    Anywhere,
}

impl CallGroup {
    /// The claim that the answers bear on.
    pub(super) fn about(self) -> ClaimKind {
        match self {
            Self::Targets | Self::Grants => ClaimKind::EveryTarget,
            Self::BesideTargets | Self::OnATarget | Self::Anywhere => ClaimKind::OnlyTargets,
        }
    }

    /// Whether all of them should be allowed; otherwise all should be denied.
    pub(super) fn is_wanted(self) -> bool {
        match self {
            Self::Targets | Self::Grants => true,
            Self::BesideTargets | Self::OnATarget | Self::Anywhere => false,
        }
    }
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnalysisQuestion {
    /// Whether the role may make this call.
    Call {
        /// The action.
        action: String,
        /// The resource.
        resource: String,
    },
    /// The same of a group of calls.
    Calls(CallGroup),
    /// What is wrong with the document of this name.
    Document(String),
    /// Whether the document of this name gives the public no access.
    NoPublicAccess(String),
    /// Whether the document of this name allows nothing that the rendered document does not.
    NoNewAccess(String),
}

/// What limits the simulator's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proviso {
    /// Nothing.
    None,
    /// A policy asks for values of these condition keys, and none were given.
    MissingKeys(Vec<String>),
    /// A policy of the organization denies the call.
    ByOrganization,
    /// Only a policy of the organization denies the call.
    OnlyByOrganization,
}

/// What AWS answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnalysisAnswer {
    /// Of one call.
    Decision {
        /// Whether it is allowed.
        decision: Decision,
        /// What limits the answer.
        proviso: Proviso,
    },
    /// Of a group of calls: so many of them as they should be.
    AsWanted {
        /// How many.
        right: usize,
        /// Of how many.
        all: usize,
        /// Whether they are allowed.
        is_allowed: bool,
    },
    /// How many remarks there are on a document.
    Remarks(usize),
    /// Of a check.
    Check(Check),
}

/// What rolecall's own evaluator or prover answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnAnswer {
    /// To the same call.
    Decision {
        /// Whether it is allowed.
        decision: Decision,
        /// Why, in the words of the evaluator.
        reason: String,
    },
    /// To a group of calls: the same as AWS.
    Same {
        /// Whether they are allowed.
        is_allowed: bool,
    },
    /// About the claim.
    Claim(ClaimOutcome),
}

/// What one of AWS's own analysers answered, with rolecall's own answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Analysis {
    /// The claim that it bears on.
    pub about: Option<ClaimKind>,
    /// The analyser.
    pub analyser: Analyser,
    /// What was asked.
    pub question: AnalysisQuestion,
    /// What AWS answered.
    pub answer: AnalysisAnswer,
    /// What rolecall answers, where it was asked the same.
    pub own: Option<OwnAnswer>,
    /// What the two show together.
    pub shows: Opinion,
    /// The call that got the answer.
    pub trace: CallTrace,
}

/// What a second opinion shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// It does not bear on the claim, or could not be given in full.
    NoInformation,
    /// AWS and rolecall agree that it is correct.
    Confirms,
    /// AWS and rolecall contradict each other.
    Disagrees,
    /// It is not as it should be, and nothing contradicts that.
    Refutes,
}

/// Who denies or allows what the manifest does not want, where an analyser refutes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Culprit {
    /// The role's own policies.
    Role,
    /// A policy of the AWS organization, which no plan for the role changes.
    Organization,
}

impl Analysis {
    /// Whether it is about what a grant is for, and not about functions.
    pub fn is_about_grants(&self) -> bool {
        match &self.question {
            AnalysisQuestion::Calls(group) => *group == CallGroup::Grants,
            AnalysisQuestion::Call { action, .. } => !action.eq_ignore_ascii_case("lambda:InvokeFunction"),
            AnalysisQuestion::Document(_)
            | AnalysisQuestion::NoPublicAccess(_)
            | AnalysisQuestion::NoNewAccess(_) => false,
        }
    }

    /// Whose policies a refutation is about.
    pub fn culprit(&self) -> Culprit {
        match &self.answer {
            AnalysisAnswer::Decision { decision: _, proviso } => match proviso {
                Proviso::ByOrganization | Proviso::OnlyByOrganization => Culprit::Organization,
                Proviso::None | Proviso::MissingKeys(_) => Culprit::Role,
            },
            AnalysisAnswer::AsWanted { .. } | AnalysisAnswer::Remarks(_) | AnalysisAnswer::Check(_) => {
                Culprit::Role
            }
        }
    }
}
