//! What AWS's own analysers say, beside what rolecall itself says, as data for readers.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;

use super::{ClaimKind, Evidence, EvidenceView, ExitCode};

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// What one of AWS's own analysers answered, beside rolecall's own answer.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AnalysisView {
    /// The claim that it bears on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<ClaimKind>,
    /// The analyser, by the permission that it needs.
    pub analyser: String,
    /// What was asked.
    pub question: String,
    /// What AWS answered.
    pub answer: String,
    /// What rolecall's own evaluator or prover answers, where it was asked the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<String>,
    /// What the two show together.
    pub shows: Opinion,
    /// Where AWS can be asked about the answer.
    pub evidence: EvidenceView,
}

/// What a second opinion shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Opinion {
    /// It does not bear on the claim, or could not be given in full.
    NoInformation,
    /// Both say that it is as it should be.
    Confirms,
    /// AWS and rolecall contradict each other.
    Disagrees,
    /// It is not as it should be, and nothing contradicts that.
    Refutes,
}

impl Opinion {
    /// The exit code that the opinion asks for.
    pub fn exit(self) -> ExitCode {
        match self {
            Self::NoInformation | Self::Confirms => ExitCode::Success,
            Self::Disagrees => ExitCode::Inconclusive,
            Self::Refutes => ExitCode::Refuted,
        }
    }

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

/// How far the organisation's policies are part of what is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationStanding {
    /// Nobody asked for them.
    #[default]
    NotAsked,
    /// They could not be read: what is allowed is allowed unless they deny it.
    Unreadable,
    /// The account belongs to no organisation, or manages it: none apply.
    NoneApply,
    /// They were read and are part of the proof.
    Included,
}

impl OrganizationStanding {
    /// What the proofs leave out, said wherever they are shown.
    pub(super) fn limits(self) -> &'static str {
        match self {
            Self::NotAsked => {
                "Proved on the role's side; organisation policies (SCPs, RCPs) and the caller's own policies were not \
                 read."
            }
            Self::Unreadable => {
                "Proved on the role's side: allowed unless an organisation policy (SCP, RCP) denies it, for these could \
                 not be read; nor were the caller's own policies."
            }
            Self::NoneApply => {
                "Proved on the role's side, to which no organisation policy applies; the caller's own policies were not \
                 read."
            }
            Self::Included => {
                "Proved on the role's side, organisation policies (SCPs, RCPs) included; the caller's own policies were \
                 not read."
            }
        }
    }
}

impl AnalysisView {
    pub(super) fn to_text(&self, shown: Evidence) -> String {
        let Self { about: _, analyser, question, answer, own, shows, evidence } = self;
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
