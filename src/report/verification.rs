//! What is proved, what is worth knowing, and what AWS answered, as data for readers.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ActionTestView, AnalysisView, ErrorView, ExitCode, OrganizationStanding, RowView};
use crate::iam::evaluate::Request;

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
    /// No policy of the organisation stands in the way of any of it.
    Organization,
}

/// A claim about the role, decided from its documents.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ClaimView {
    /// What it is about.
    #[serde(skip)]
    pub kind: ClaimKind,
    /// What is claimed.
    pub claim: String,
    /// Whom it is about, where it is about one principal.
    #[serde(skip)]
    pub principal: Option<String>,
    /// What became of it.
    pub result: Outcome,
    /// The request that breaks it: what it shows, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<serde_json::Value>,
    /// The same as a value.
    #[serde(skip)]
    pub request: Option<Request>,
    /// Why that request gets the answer that it gets, in full, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
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

/// What AWS answered to a probe, and what that shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProbeView {
    /// The claim that it bears on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<ClaimKind>,
    /// What was tried.
    pub probe: String,
    /// What AWS answered.
    pub answer: Answer,
    /// What it should have answered by the documents that it holds, where these decide it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Answer>,
    /// What the answer shows.
    pub shows: Shows,
    /// The same in words.
    pub message: String,
    /// The request that the role's documents answer for this probe: on a twin, that of Genesys Cloud to the role.
    #[serde(skip)]
    pub request: Option<Request>,
    /// What these documents say to it and why, in full, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// How often AWS was asked.
    pub times: u32,
    /// Where AWS can be asked about the answer that counts.
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

/// An answer of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// AWS did it.
    Allowed,
    /// AWS denied it.
    Denied,
}

impl Answer {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
        }
    }
}

impl From<bool> for Answer {
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

/// What became of the examination of a twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TwinOutcome {
    /// Everything was asked, and the twin is gone.
    Finished,
    /// It was not made, or not asked everything, for want of a permission; nothing is left of it.
    Refused,
    /// Something went wrong; nothing is left of it.
    Failed,
    /// It could not be removed.
    LeftBehind,
}

/// A throw-away copy of the role that trusted the caller in the place of Genesys Cloud, and what AWS answered about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TwinView {
    /// Its ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What became of it.
    pub outcome: TwinOutcome,
    /// What AWS answered.
    pub probes: Vec<ProbeView>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trouble: Vec<ErrorView>,
}

/// Everything that was verified.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct VerificationView {
    /// One row a claim: what each way of looking says about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub table: Vec<RowView>,
    /// The claims, decided from the documents.
    pub claims: Vec<ClaimView>,
    /// What was found beside the claims.
    pub findings: Vec<FindingView>,
    /// What AWS itself answered about the role; empty where nothing was asked.
    pub probes: Vec<ProbeView>,
    /// What AWS itself answered about a twin of the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twin: Option<TwinView>,
    /// What AWS's own analysers say; empty where none was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub analyses: Vec<AnalysisView>,
    /// What became of the tests of data actions; empty where none was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionTestView>,
    /// How far the organisation's policies are part of it.
    pub organization: OrganizationStanding,
    /// What was not looked at, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl VerificationView {
    /// What AWS answered about the role and about its twin.
    pub(super) fn all_probes(&self) -> impl Iterator<Item = &ProbeView> {
        self.probes.iter().chain(self.twin.iter().flat_map(|twin| &twin.probes))
    }

    /// The same, to be added to.
    pub(crate) fn all_probes_mut(&mut self) -> impl Iterator<Item = &mut ProbeView> {
        self.probes.iter_mut().chain(self.twin.iter_mut().flat_map(|twin| &mut twin.probes))
    }

    /// What went wrong with the twin.
    pub(super) fn troubles(&self) -> impl Iterator<Item = &ErrorView> {
        self.twin.iter().flat_map(|twin| &twin.trouble)
    }

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
        // What the other findings are about is a claim already; these are ways past the role, about which there is none.
        let of_finding = |finding: &FindingView| match finding.id.as_str() {
            "L1" | "L3" => ExitCode::Refuted,
            _ => ExitCode::Success,
        };
        self.claims
            .iter()
            .map(of_claim)
            .chain(self.probes.iter().map(of_probe))
            .chain(self.twin.as_ref().map(TwinView::exit))
            .chain(self.actions.iter().map(ActionTestView::exit))
            .chain(self.analyses.iter().map(|analysis| analysis.shows.exit()))
            .chain(self.findings.iter().map(of_finding))
            .fold(ExitCode::Success, ExitCode::or)
    }
}

impl TwinView {
    fn exit(&self) -> ExitCode {
        let of_outcome = match self.outcome {
            TwinOutcome::Finished => ExitCode::Success,
            TwinOutcome::Refused => ExitCode::Inconclusive,
            TwinOutcome::Failed | TwinOutcome::LeftBehind => ExitCode::Failed,
        };
        // A twin is made to get answers: one that says nothing leaves the question open.
        let of_probe = |probe: &ProbeView| match probe.shows {
            Shows::Confirms => ExitCode::Success,
            Shows::Refutes => ExitCode::Refuted,
            Shows::NoInformation => ExitCode::Inconclusive,
        };
        self.probes.iter().map(of_probe).fold(of_outcome, ExitCode::or)
    }
}
