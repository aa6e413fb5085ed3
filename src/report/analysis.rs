//! What AWS's own analysers say, beside what rolecall itself says, as data for readers.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;

use super::Text;
use super::{Evidence, EvidenceView, count};
use crate::iam::evaluate::Decision;
use crate::ports::Check;
use crate::verify::analysis::{
    Analysis, AnalysisAnswer, AnalysisQuestion, CallGroup, Culprit, Opinion, OwnAnswer, Proviso,
};
use crate::verify::claim::{ClaimKind, ClaimOutcome};
use crate::verify::organization::OrganizationStanding;

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// What one of AWS's own analysers answered, with rolecall's own answer.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AnalysisView {
    /// The claim that it bears on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<ClaimKind>,
    /// The analyser, by the permission that it needs.
    pub analyser: String,
    /// What was asked.
    pub question: Text,
    /// What AWS answered.
    pub answer: Text,
    /// What rolecall's own evaluator or prover answers, where it was asked the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<Text>,
    /// What the two show together.
    pub shows: Opinion,
    /// Whose policies a refutation is about: the rule of the issue depends on it.
    #[serde(skip)]
    pub(super) culprit: Culprit,
    /// Where AWS can be asked about the answer.
    pub evidence: EvidenceView,
}

impl From<&Analysis> for AnalysisView {
    fn from(analysis: &Analysis) -> Self {
        let Analysis { about, analyser, question, answer, own, shows, trace } = analysis;
        Self {
            about: *about,
            analyser: analyser.permission().to_owned(),
            question: question_in_words(question).into(),
            answer: answer_in_words(answer).into(),
            own: own.as_ref().map(own_in_words).map(Text::from),
            shows: *shows,
            culprit: analysis.culprit(),
            evidence: trace.into(),
        }
    }
}

/// What the calls are about.
pub(super) fn group_in_words(group: CallGroup) -> &'static str {
    match group {
        CallGroup::Targets => "the targets",
        CallGroup::Grants => "what the grants are for",
        CallGroup::BesideTargets => "functions other than the targets",
        CallGroup::OnATarget => "other actions on a target",
        CallGroup::Anywhere => "actions that this role never needs",
    }
}

fn question_in_words(question: &AnalysisQuestion) -> String {
    match question {
        AnalysisQuestion::Call { action, resource } => format!("{action} on {resource}"),
        AnalysisQuestion::Calls(group) => group_in_words(*group).to_owned(),
        AnalysisQuestion::Document(name) => name.clone(),
        AnalysisQuestion::NoPublicAccess(name) => format!("{name} gives the public no access"),
        AnalysisQuestion::NoNewAccess(name) => {
            format!("{name} allows no more than the rendered document")
        }
    }
}

fn answer_in_words(answer: &AnalysisAnswer) -> String {
    match answer {
        AnalysisAnswer::Decision { decision, proviso } => {
            let proviso = match proviso {
                Proviso::None => String::new(),
                Proviso::MissingKeys(keys) => {
                    format!(", without a value for `{}`, which a policy condition needs", keys.join("`, `"))
                }
                Proviso::ByOrganization => ", by an organization policy (SCP)".to_owned(),
                Proviso::OnlyByOrganization => ", but only by an organization policy (SCP)".to_owned(),
            };
            format!("{}{proviso}", decision_in_words(*decision))
        }
        AnalysisAnswer::AsWanted { right, all, is_allowed } => {
            format!("{right} of {all} {}", verb(*is_allowed))
        }
        AnalysisAnswer::Remarks(0) => "no findings".to_owned(),
        AnalysisAnswer::Remarks(number) => count(*number, "finding", "findings"),
        AnalysisAnswer::Check(Check { passed, message }) => {
            let word = match passed {
                Some(true) => "passed",
                Some(false) => "failed",
                None => "neither passed nor failed",
            };
            if message.is_empty() { word.to_owned() } else { format!("{word}: {message}") }
        }
    }
}

fn own_in_words(own: &OwnAnswer) -> String {
    match own {
        OwnAnswer::Decision { decision, reason } => format!("{} ({reason})", decision_in_words(*decision)),
        OwnAnswer::Same { is_allowed } => format!("{} too", verb(*is_allowed)),
        OwnAnswer::Claim(ClaimOutcome::Proved) => "the claim is proved".to_owned(),
        OwnAnswer::Claim(ClaimOutcome::Refuted) => "the claim is refuted".to_owned(),
        OwnAnswer::Claim(ClaimOutcome::Unknown) => "the claim is unknown".to_owned(),
    }
}

fn verb(is_allowed: bool) -> &'static str {
    if is_allowed { "allowed" } else { "denied" }
}

fn decision_in_words(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ImplicitlyDenied => "denied: no statement allows it",
        Decision::ExplicitlyDenied => "denied by a statement",
        Decision::Unknown => "unknown",
    }
}

impl Opinion {
    /// The word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::NoInformation => "no information",
            Self::Confirms => "confirmed",
            Self::Disagrees => "disagrees",
            Self::Refutes => "refuted",
        }
    }

    /// The word for it, in its colour and padded to the width of the labels.
    pub(super) fn label(self) -> String {
        match self {
            Self::NoInformation => "no info  ".to_owned(),
            Self::Confirms => format!("{GREEN}confirmed{GREEN:#}"),
            Self::Disagrees => format!("{YELLOW}disagrees{YELLOW:#}"),
            Self::Refutes => format!("{RED}refuted{RED:#}  "),
        }
    }
}

impl OrganizationStanding {
    /// What the proofs leave out, said wherever they are shown.
    pub(super) fn limits(self) -> &'static str {
        match self {
            Self::NotAsked => {
                "Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the \
                 caller are not part of it."
            }
            Self::Unreadable => {
                "Proved on the role's side. Organization policies (SCPs, RCPs) could not be read and may deny access. \
                 Policies of other resources and of the caller are not part of it."
            }
            Self::NoneApply => {
                "Proved on the role's side. No organization policy applies to it. Policies of other resources and of the \
                 caller are not part of it."
            }
            Self::Included => {
                "Proved on the role's side, including organization policies (SCPs, RCPs). Policies of other resources \
                 and of the caller are not part of it."
            }
        }
    }
}

impl AnalysisView {
    pub(super) fn to_text(&self, shown: Evidence) -> String {
        let Self { about: _, analyser, question, answer, own, shows, culprit: _, evidence } = self;
        let mut text = format!("  {}  {analyser}: {question}\n             {answer}", shows.label());
        if let Some(own) = own {
            // Writing to a String cannot fail.
            let _ = write!(text, "; rolecall: {own}");
        }
        if shown == Evidence::OfEverything || *shows == Opinion::Refutes {
            let _ = write!(text, "\n             asked {}", evidence.to_text("at"));
        }
        text + "\n"
    }
}
