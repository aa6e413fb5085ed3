//! What was asked of AWS for real, what it answered, and what that shows.
//!
//! Invariant: what an answer shows follows from its [`Remark`] alone, by an exhaustive match.
//! Deliberately absent: sentences for readers, which `report` makes.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::attempt::Attempt;
use super::claim::ClaimKind;
use super::steady::SteadyAnswer;
use crate::iam::evaluate::Request;
use crate::iam::explain::Explanation;
use crate::ports::{ProbeAnswer, Trial};

/// An answer of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Answer")]
pub enum AwsAnswer {
    /// AWS did it.
    Allowed,
    /// AWS denied it.
    Denied,
}

impl AwsAnswer {
    /// The other answer.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Allowed => Self::Denied,
            Self::Denied => Self::Allowed,
        }
    }
}

impl From<bool> for AwsAnswer {
    fn from(is_allowed: bool) -> Self {
        if is_allowed { Self::Allowed } else { Self::Denied }
    }
}

/// What an answer of AWS shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shows {
    /// AWS does what the manifest asks for.
    Confirms,
    /// AWS does what the manifest does not allow, or does not do what it must.
    Refutes,
    /// The answer would be the same either way.
    NoInformation,
}

/// A call that CloudTrail and AWS support can find again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTrace {
    /// Who called.
    pub principal: String,
    /// The request's ID.
    pub request_id: Option<String>,
    /// When the answer came.
    pub at: Timestamp,
}

/// What was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeQuestion {
    /// `sts:AssumeRole` with this external ID.
    AssumeRole(Attempt),
    /// A call of a session of the role.
    OfSession(Trial),
    /// `sts:GetCallerIdentity` of a session.
    Identity,
}

/// Why a session tries a call. A session must be able to invoke its targets, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Invoke a target.
    Target,
    /// Invoke a function beside the targets.
    Sibling,
    /// Invoke a target in a form that is not called.
    UnlistedForm,
    /// List the account's roles.
    ListRoles,
    /// Read the role.
    ReadRole,
    /// List the region's functions.
    ListFunctions,
    /// Read a target's configuration.
    ReadTarget,
}

impl Purpose {
    /// Whether the manifest wants the call to work.
    pub fn is_wanted(self) -> bool {
        match self {
            Self::Target => true,
            Self::Sibling
            | Self::UnlistedForm
            | Self::ListRoles
            | Self::ReadRole
            | Self::ListFunctions
            | Self::ReadTarget => false,
        }
    }
}

/// What there is to say about an answer. `denial` is AWS's own text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// AWS let in a caller that the manifest trusts.
    TrustedLetIn,
    /// AWS denied it to a caller whose own policies forbid the call, so the role had no say.
    KeptBack,
    /// AWS denied it to a caller that the manifest trusts.
    TrustedDenied { denial: String },
    /// AWS let in a caller that the manifest does not trust.
    UntrustedLetIn,
    /// AWS let the caller in with a wrong external ID, or without one.
    LetInAnyway,
    /// AWS kept out a trusted caller, whatever the external ID.
    KeptOutAlways,
    /// AWS kept out a trusted caller that sent a wrong external ID, or none.
    TrustedKeptOut,
    /// AWS kept out a caller that the manifest does not trust.
    UntrustedKeptOut,
    /// AWS let in a caller of whom nobody can tell whether the manifest trusts it.
    UndecidedLetIn,
    /// AWS kept out such a caller.
    UndecidedKeptOut,
    /// The trust policy asks its callers for more than who they are, so the twin's answer is not the role's.
    AsksForMore,
    /// In the place of Genesys Cloud, AWS let the caller in.
    StandInLetIn,
    /// In the place of Genesys Cloud, AWS kept the caller out where it must.
    StandInKeptOut,
    /// In the place of Genesys Cloud, AWS let the caller in with a wrong external ID, or without one.
    StandInLetInAnyway,
    /// AWS kept the caller out although the twin trusts it: something on the caller's side may be the reason.
    StandInKeptBack { denial: String },
    /// In the place of Genesys Cloud, AWS kept the caller out where it must not.
    StandInDenied { denial: String },
    /// A session of the role may do what it must.
    SessionMay { purpose: Purpose },
    /// A session of the role may not do what it must not.
    SessionMayNot { purpose: Purpose },
    /// A session of the role may not do what it must.
    SessionDenied { purpose: Purpose, denial: String },
    /// A session of the role may do what it must not.
    SessionMayAnyway { purpose: Purpose },
    /// AWS names the session as it should.
    AskedAs,
    /// AWS takes the session for this one.
    TakenFor { identity: String },
    /// AWS does not name the session.
    NotNamed { denial: String },
}

impl Remark {
    /// What the answer shows.
    pub fn shows(&self) -> Shows {
        match self {
            Self::TrustedLetIn
            | Self::TrustedKeptOut
            | Self::StandInLetIn
            | Self::StandInKeptOut
            | Self::SessionMay { .. }
            | Self::SessionMayNot { .. }
            | Self::AskedAs => Shows::Confirms,
            Self::TrustedDenied { .. }
            | Self::UntrustedLetIn
            | Self::LetInAnyway
            | Self::StandInLetInAnyway
            | Self::StandInDenied { .. }
            | Self::SessionDenied { .. }
            | Self::SessionMayAnyway { .. } => Shows::Refutes,
            Self::KeptBack
            | Self::KeptOutAlways
            | Self::UntrustedKeptOut
            | Self::UndecidedLetIn
            | Self::UndecidedKeptOut
            | Self::AsksForMore
            | Self::StandInKeptBack { .. }
            | Self::TakenFor { .. }
            | Self::NotNamed { .. } => Shows::NoInformation,
        }
    }
}

/// What AWS answered to a probe, and what that shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The claim that it bears on.
    pub about: Option<ClaimKind>,
    /// What was tried.
    pub question: ProbeQuestion,
    /// What AWS answered.
    pub answer: AwsAnswer,
    /// What it should have answered according to the documents in AWS, if these decide it.
    pub expected: Option<AwsAnswer>,
    /// What there is to say about it.
    pub remark: Remark,
    /// The request that the role's documents answer for this probe: on a twin, that of Genesys Cloud to the role.
    pub request: Option<Request>,
    /// What these documents say to it and why, in full, if that was asked for.
    pub explanation: Option<Explanation>,
    /// How often AWS was asked.
    pub times: u32,
    /// The call whose answer counts.
    pub trace: CallTrace,
}

impl Probe {
    /// The probe of a question that was asked until its answer was steady.
    pub(super) fn new<Q, T>(
        about: ClaimKind,
        question: ProbeQuestion,
        request: Option<Request>,
        answered: &SteadyAnswer<Q, T>,
        principal: &str,
        remark: Remark,
    ) -> Self {
        let SteadyAnswer { question: _, awaited, probed, times } = answered;
        Self {
            about: Some(about),
            question,
            answer: AwsAnswer::from(matches!(probed.answer, ProbeAnswer::Allowed(_))),
            expected: awaited.map(AwsAnswer::from),
            remark,
            request,
            explanation: None,
            times: *times,
            trace: CallTrace {
                principal: principal.to_owned(),
                request_id: probed.request_id.clone(),
                at: probed.at,
            },
        }
    }

    /// What the answer shows.
    pub fn shows(&self) -> Shows {
        self.remark.shows()
    }

    /// Whether AWS answered something else than its documents say.
    pub fn disagrees(&self) -> bool {
        self.expected.is_some_and(|expected| expected != self.answer)
    }
}
