//! The most likely causes of an error that somebody saw, as data and text.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::ExitCode;
use super::human::{BOLD, DIMMED, GREEN, RED, YELLOW};

/// Why a call failed that Genesys Cloud made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// There is no such role.
    RoleMissing,
    /// The call was about, or made with, another role than the manifest's.
    OtherRole,
    /// The caller is not of the account that the role trusts.
    WrongPrincipal,
    /// The external ID that is sent and the one that is asked for differ.
    WrongExternalId,
    /// The trust policy keeps the caller out for another reason.
    TrustPolicy,
    /// No policy on the role allows the call.
    MissingPermission,
    /// The function is a target, but not in the form that is called.
    WrongQualifier,
    /// The function is none of the manifest's.
    NotATarget,
    /// There is no such function.
    FunctionMissing,
    /// The function has no such alias or version.
    QualifierMissing,
    /// The permissions boundary does not allow the call.
    Boundary,
    /// A statement denies the call.
    ExplicitDeny,
    /// A policy of the organisation denies the call.
    OrganizationPolicy,
    /// The function belongs to another account, whose policy must allow the call too.
    FunctionPolicy,
    /// AWS has not put a change in force yet, or the error is older than the last one.
    Stale,
    /// Genesys Cloud is not set up as the manifest says.
    GenesysDiffers,
    /// Nothing that is known explains it.
    Unexplained,
}

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// What AWS holds, or AWS's own words, show it.
    Certain,
    /// Nothing shows it, and it explains the error best.
    Likely,
    /// It cannot be ruled out.
    Possible,
}

/// A cause of the error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CauseView {
    /// What kind of cause it is.
    pub cause: CauseKind,
    /// How sure it is.
    pub certainty: Certainty,
    /// What is wrong.
    pub message: String,
    /// What shows it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// What to do.
    pub fix: String,
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DiagnosisView {
    /// What the text says, in one line.
    pub reported: String,
    /// The causes, the surest first.
    pub causes: Vec<CauseView>,
}

impl DiagnosisView {
    /// 4 where the cause is certain: Genesys Cloud cannot do what it must. 5 where it is not.
    pub fn exit(&self) -> ExitCode {
        match self.causes.iter().any(|cause| cause.certainty == Certainty::Certain) {
            true => ExitCode::Refuted,
            false => ExitCode::Inconclusive,
        }
    }

    /// Each cause with what shows it and what to do.
    pub fn to_text(&self) -> String {
        let mut text = format!("{BOLD}Diagnosis{BOLD:#}\n  {}\n", self.reported);
        for CauseView { cause: _, certainty, message, evidence, fix } in &self.causes {
            let label = match certainty {
                Certainty::Certain => format!("{RED}certain{RED:#} "),
                Certainty::Likely => format!("{YELLOW}likely{YELLOW:#}  "),
                Certainty::Possible => "possible".to_owned(),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {label}   {message}");
            for evidence in evidence {
                let _ = writeln!(text, "             {DIMMED}{evidence}{DIMMED:#}");
            }
            let _ = writeln!(text, "             {GREEN}fix:{GREEN:#} {fix}");
        }
        text
    }
}
