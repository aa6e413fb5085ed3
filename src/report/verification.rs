//! What is proved, what is worth knowing, and what AWS answered, as data for readers.

use schemars::JsonSchema;
use serde::Serialize;

use super::ExitCode;
use crate::iam::lint::Severity;

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds for every request.
    Proved,
    /// A request breaks it.
    Refuted,
    /// It could not be decided.
    Unknown,
}

/// What a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimKind {
    /// Nobody but the trusted principals can assume the role.
    OnlyTrusted,
    /// They can with the external ID and not otherwise.
    ExternalId,
    /// One of them really can.
    MayAssume,
    /// A session can do nothing but invoke the targets.
    OnlyTargets,
    /// It really can invoke them.
    EveryTarget,
}

/// A claim about the role, decided from its documents.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ClaimView {
    /// What it is about.
    pub kind: ClaimKind,
    /// What is claimed.
    pub claim: String,
    /// What became of it.
    pub result: Outcome,
    /// The request that breaks it: what it shows, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<serde_json::Value>,
    /// What could not be decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// Something in the documents that is worth a change, whether or not it breaks a claim.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FindingView {
    /// The finding's ID, such as `T3`.
    pub id: String,
    /// How grave it is.
    pub severity: String,
    /// The statement it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// What was found.
    pub message: String,
    /// Why it matters.
    pub why: String,
    /// Where to read more.
    pub reference: String,
    /// What to do.
    pub fix: String,
    /// A request that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<serde_json::Value>,
}

impl FindingView {
    /// Whether somebody can do what they should not, or the role cannot do its work.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error.as_str()
    }

    /// Whether it is about who can assume the role.
    pub fn is_about_trust(&self) -> bool {
        self.id.starts_with('T')
    }
}

/// What AWS answered to a probe, and what that shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProbeView {
    /// What was tried.
    pub probe: String,
    /// What AWS answered.
    pub answer: String,
    /// What the answer shows.
    pub shows: Shows,
    /// The same in words.
    pub message: String,
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

/// Everything that was verified.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct VerificationView {
    /// The claims, decided from the documents.
    pub claims: Vec<ClaimView>,
    /// What was found beside the claims.
    pub findings: Vec<FindingView>,
    /// What AWS itself answered; empty where nothing was asked.
    pub probes: Vec<ProbeView>,
}

impl VerificationView {
    /// The exit code that the outcome asks for.
    pub fn exit(&self) -> ExitCode {
        let of_claim = |claim: &ClaimView| match claim.result {
            Outcome::Proved => ExitCode::Success,
            Outcome::Refuted => ExitCode::Refuted,
            Outcome::Unknown => ExitCode::Inconclusive,
        };
        let of_probe = |probe: &ProbeView| match probe.shows {
            Shows::Confirms | Shows::NoInformation => ExitCode::Success,
            Shows::Refutes => ExitCode::Refuted,
        };
        self.claims
            .iter()
            .map(of_claim)
            .chain(self.probes.iter().map(of_probe))
            .fold(ExitCode::Success, ExitCode::or)
    }
}
