//! What is proved, what is worth knowing, and what AWS answered, as data for readers.

use rolecall_prove::words::{claim_in_words, witness_value};
use schemars::JsonSchema;
use serde::Serialize;

use super::Text;
use super::note::{note_in_words, untested_in_words};
use super::{ActionTestView, AnalysisView, ErrorView, FindingView, Level, ProbeView, RowView};
use crate::manifest::PartyName;
use crate::verify::Verification;
use crate::verify::claim::{Absent, Claim, ClaimKind, ClaimOutcome};
use crate::verify::note::Note;
use crate::verify::organization::OrganizationStanding;
use crate::verify::twin::{Examined, TwinOutcome};

/// A claim about the role, decided from its documents.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ClaimView {
    /// What it is about.
    #[serde(skip)]
    pub kind: ClaimKind,
    /// Whether it is about more than functions.
    #[serde(skip)]
    pub states_more: bool,
    /// What does not exist, if that decides the claim.
    #[serde(skip)]
    pub absent: Option<Absent>,
    /// What is claimed.
    pub claim: Text,
    /// What became of it.
    pub result: ClaimOutcome,
    /// The request that breaks it: what it shows, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<serde_json::Value>,
    /// The sentence of that request, or the reasons below.
    #[serde(skip)]
    pub because: Vec<Text>,
    /// Why that request gets the answer that it gets, in full, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// What could not be decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Text>,
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
    /// Findings in addition to the claims.
    pub findings: Vec<FindingView>,
    /// What AWS itself answered about the role; empty where nothing was asked.
    pub probes: Vec<ProbeView>,
    /// What AWS itself answered about a twin of the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twin: Option<TwinView>,
    /// What AWS's own analysers say; empty if no analyser was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub analyses: Vec<AnalysisView>,
    /// What became of the tests of data actions; empty if no test was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionTestView>,
    /// How far the organization's policies are part of it.
    pub organization: OrganizationStanding,
    /// What was not looked at, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Text>,
    /// That no data action was tested, if tests were asked for.
    #[serde(skip)]
    pub untested: Option<String>,
}

impl VerificationView {
    /// What AWS answered about the role and about its twin.
    pub(super) fn all_probes(&self) -> impl Iterator<Item = &ProbeView> {
        self.probes.iter().chain(self.twin.iter().flat_map(|twin| &twin.probes))
    }

    /// How many warnings are left.
    pub(super) fn warnings(&self) -> usize {
        self.findings.iter().filter(|finding| finding.level == Level::Warning).count()
    }

    /// What went wrong with the twin.
    pub(super) fn troubles(&self) -> impl Iterator<Item = &ErrorView> {
        self.twin.iter().flat_map(|twin| &twin.trouble)
    }
}

impl VerificationView {
    /// What was verified, with what went wrong with the twin: what to say about that, the room `failure` knows.
    pub fn new(verification: &Verification, troubles: Vec<ErrorView>) -> Self {
        let Verification {
            party,
            fail_on,
            claims,
            findings,
            probes,
            twin,
            analyses,
            actions,
            organization,
            notes,
        } = verification;
        Self {
            table: Vec::new(),
            claims: claims.iter().map(ClaimView::from).collect(),
            findings: findings.iter().map(|finding| FindingView::new(finding, *fail_on)).collect(),
            probes: probes.iter().map(|probe| ProbeView::new(probe, party)).collect(),
            twin: twin.as_ref().map(|twin| TwinView::new(twin, party, troubles)),
            analyses: analyses.iter().map(AnalysisView::from).collect(),
            actions: actions.iter().map(ActionTestView::from).collect(),
            organization: *organization,
            notes: notes.iter().map(note_in_words).map(Text::from).collect(),
            untested: notes.iter().find_map(Note::untested).map(untested_in_words).map(str::to_owned),
        }
    }
}

impl TwinView {
    fn new(examined: &Examined, party: &PartyName, trouble: Vec<ErrorView>) -> Self {
        let Examined { role, probes, stopped: _, left_behind: _ } = examined;
        Self {
            role: role.as_ref().map(ToString::to_string),
            outcome: examined.outcome(),
            probes: probes.iter().map(|probe| ProbeView::new(probe, party)).collect(),
            trouble,
        }
    }
}

impl From<&Claim> for ClaimView {
    fn from(claim: &Claim) -> Self {
        Self {
            kind: claim.kind(),
            states_more: claim.proposition.states_more(),
            absent: claim.absent(),
            claim: claim_in_words(&claim.proposition).into(),
            result: claim.outcome(),
            witness: claim.witness().map(witness_value),
            because: claim.because().into_iter().map(Text::from).collect(),
            explanation: claim.explanation.as_ref().map(ToString::to_string),
            reasons: claim.reasons().to_vec().into_iter().map(Text::from).collect(),
        }
    }
}
