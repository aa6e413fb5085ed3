//! What AWS answered to a probe, as data for readers.

use schemars::JsonSchema;
use serde::Serialize;

use super::Text;
use crate::manifest::PartyName;
use crate::ports::Trial;
use crate::verify::attempt::{Attempt, Variation};
use crate::verify::claim::ClaimKind;
use crate::verify::probe::{AwsAnswer, CallTrace, Probe, ProbeQuestion, Purpose, Remark, Shows};

/// What AWS answered to a probe, and what that shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProbeView {
    /// The claim that it bears on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<ClaimKind>,
    /// What was tried.
    pub probe: Text,
    /// What AWS answered.
    pub answer: AwsAnswer,
    /// What it should have answered according to the documents in AWS, if these decide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<AwsAnswer>,
    /// What the answer shows.
    pub shows: Shows,
    /// The same in words.
    pub message: Text,
    /// What these documents say to it and why, in full, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// How often AWS was asked.
    pub times: u32,
    /// The call behind the final answer, for CloudTrail and AWS support.
    pub evidence: EvidenceView,
}

/// A call that CloudTrail and AWS support can find again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EvidenceView {
    /// Who called.
    pub principal: String,
    /// The request's ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When the answer came, in UTC.
    pub time: String,
}

impl AwsAnswer {
    /// The word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
        }
    }
}

impl From<&CallTrace> for EvidenceView {
    fn from(CallTrace { principal, request_id, at }: &CallTrace) -> Self {
        Self {
            principal: principal.clone(),
            request_id: request_id.clone(),
            time: at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

impl ProbeView {
    /// The probe of a role that this party assumes.
    pub(super) fn new(probe: &Probe, party: &PartyName) -> Self {
        let Probe { about, question, answer, expected, remark, request: _, explanation, times, trace } =
            probe;
        Self {
            about: *about,
            probe: question_in_words(question).into(),
            answer: *answer,
            expected: *expected,
            shows: probe.shows(),
            message: remark_in_words(remark, question, &trace.principal, party).into(),
            explanation: explanation.as_ref().map(ToString::to_string),
            times: *times,
            evidence: trace.into(),
        }
    }
}

/// What was tried.
pub(super) fn question_in_words(question: &ProbeQuestion) -> String {
    match question {
        ProbeQuestion::AssumeRole(attempt) => format!("sts:AssumeRole {}", attempt_in_words(attempt)),
        ProbeQuestion::OfSession(trial) => trial_in_words(trial),
        ProbeQuestion::Identity => "sts:GetCallerIdentity".to_owned(),
    }
}

fn attempt_in_words(Attempt { external_id, variation }: &Attempt) -> String {
    let words = match variation {
        Variation::Right => "with the correct external ID",
        Variation::Missing => "without an external ID",
        Variation::Wrong => "with a wrong external ID",
        Variation::OtherCase => "with the correct external ID, different letter case",
        Variation::Beginning => "with only the beginning of the external ID",
        Variation::Counterexample => {
            let id = external_id.as_ref().map(ToString::to_string).unwrap_or_default();
            return format!("with `{id}`, the external ID of the proof's counterexample");
        }
    };
    words.to_owned()
}

fn trial_in_words(trial: &Trial) -> String {
    match trial {
        Trial::Invoke(function) => format!("DryRun of {function}"),
        Trial::ReadFunction(_) | Trial::ReadRole(_) => format!("{} of {}", trial.action(), trial.resource()),
        Trial::ListFunctions(region) => format!("{} in {region}", trial.action()),
        Trial::ListRoles => trial.action().to_owned(),
    }
}

fn purpose_in_words(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Target => "invoke the target",
        Purpose::Sibling => "invoke a function other than the targets",
        Purpose::UnlistedForm => "invoke the target in a form that the manifest does not list",
        Purpose::ListRoles => "list the account's roles",
        Purpose::ReadRole => "read the role",
        Purpose::ListFunctions => "list the region's functions",
        Purpose::ReadTarget => "read a target's configuration",
    }
}

/// What the answer shows; `caller` is who asked, and `party` assumes the role.
fn remark_in_words(remark: &Remark, question: &ProbeQuestion, caller: &str, party: &PartyName) -> String {
    let how = match question {
        ProbeQuestion::AssumeRole(attempt) => attempt_in_words(attempt),
        ProbeQuestion::OfSession(_) | ProbeQuestion::Identity => String::new(),
    };
    match remark {
        Remark::TrustedLetIn => format!("AWS let the probe principal {caller} assume the role"),
        Remark::KeptBack => format!(
            "AWS refused {caller}, because its own policies do not let it assume the role; this says nothing about \
             the role"
        ),
        Remark::TrustedDenied { denial } => format!(
            "the manifest trusts {caller}, but AWS refused it: {denial}; possible causes: the trust policy, a deny in \
             the caller's own policies, its permissions boundary, or an organization policy"
        ),
        Remark::UntrustedLetIn => {
            format!("the manifest does not trust {caller}, but AWS let it assume the role")
        }
        Remark::LetInAnyway => format!("AWS let {caller} assume the role {how}"),
        Remark::KeptOutAlways => format!("AWS refused {caller}, but it refuses the correct external ID too"),
        Remark::TrustedKeptOut => format!("AWS refused the probe principal {caller}, as expected"),
        Remark::UntrustedKeptOut => {
            format!("your credentials ({caller}) were refused, as expected; this says nothing about {party}")
        }
        Remark::UndecidedLetIn => {
            format!("AWS let {caller} assume the role; rolecall cannot tell whether the manifest trusts it")
        }
        Remark::UndecidedKeptOut => {
            format!("AWS refused {caller}; rolecall cannot tell whether the manifest trusts it")
        }
        Remark::AsksForMore => format!(
            "the trust policy depends on more than the caller's identity, so AWS may answer {party} differently"
        ),
        Remark::StandInLetIn => format!("AWS let {caller} assume the twin in place of {party}"),
        Remark::StandInKeptOut => format!("AWS refused {caller} in place of {party}"),
        Remark::StandInLetInAnyway => format!("AWS let {caller} assume the twin {how}, in place of {party}"),
        Remark::StandInKeptBack { denial } => format!(
            "AWS refused {caller}, although the twin trusts it: {denial}; possible causes: a deny in the caller's own \
             policies, its permissions boundary, or an organization policy"
        ),
        Remark::StandInDenied { denial } => {
            format!("AWS refused {caller} in place of {party}: {denial}")
        }
        Remark::SessionMay { purpose } => format!("the session may {}", purpose_in_words(*purpose)),
        Remark::SessionMayNot { purpose } => format!("the session may not {}", purpose_in_words(*purpose)),
        Remark::SessionDenied { purpose, denial } => {
            let what = purpose_in_words(*purpose);
            format!("the session must be able to {what}, but AWS denied it: {denial}")
        }
        Remark::SessionMayAnyway { purpose } => {
            format!("AWS lets the session {}, but it must not be able to", purpose_in_words(*purpose))
        }
        Remark::AskedAs => format!("the next probes run as {caller}"),
        Remark::TakenFor { identity } => format!("AWS identifies the session as {identity}, not as {caller}"),
        Remark::NotNamed { denial } => format!("AWS refused to identify the session: {denial}"),
    }
}
