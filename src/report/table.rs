//! One row a claim: what the paper, AWS's analysers and the live probes say about it, side by side.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use rolecall_prove::words::claim_in_words;
use schemars::JsonSchema;
use serde::Serialize;

use super::Text;
use crate::iam::principal::Principal;

use super::probe::question_in_words;
use super::{AnalysisView, ErrorView, EvidenceView, VerificationView};
use crate::verify::Verification;
use crate::verify::analysis::{Analysis, Opinion};
use crate::verify::claim::{Claim, ClaimKind, ClaimOutcome};
use crate::verify::probe::{Probe, Shows};

const GREEN: Style = AnsiColor::Green.on_default();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const DIMMED: Style = Style::new().dimmed();

/// A claim with everything that was said about it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RowView {
    /// The claim's name.
    pub id: ClaimKind,
    /// The claim.
    pub claim: Text,
    /// What the documents prove.
    pub paper: ClaimOutcome,
    /// What AWS's analysers say; absent if no analyser was asked about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub analysers: Option<CellView>,
    /// What AWS answered to probes of the role and of its twin; absent if no probe is about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<CellView>,
}

/// What one way of looking says about a claim.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CellView {
    /// All of it together: a refutation counts before a contradiction, that before a confirmation, and that before an
    /// answer that shows nothing.
    pub shows: Opinion,
    /// What it rests on.
    pub evidence: Vec<SourceView>,
}

/// An answer that a cell rests on.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SourceView {
    /// What was asked.
    pub asked: Text,
    /// What AWS answered.
    pub answer: Text,
    /// What that shows.
    pub shows: Opinion,
    /// Where AWS can be asked about it.
    #[serde(flatten)]
    pub evidence: EvidenceView,
}

impl CellView {
    fn of(sources: impl Iterator<Item = SourceView>) -> Option<Self> {
        let evidence: Vec<SourceView> = sources.collect();
        let shows = evidence.iter().map(|source| source.shows).max()?;
        Some(Self { shows, evidence })
    }
}

impl From<&Analysis> for SourceView {
    fn from(analysis: &Analysis) -> Self {
        let AnalysisView { analyser, question, answer, shows, evidence, .. } = AnalysisView::from(analysis);
        Self { asked: format!("{analyser}: {question}").into(), answer, shows, evidence }
    }
}

impl From<&Probe> for SourceView {
    fn from(probe: &Probe) -> Self {
        Self {
            asked: question_in_words(&probe.question).into(),
            answer: probe.answer.as_str().into(),
            shows: Opinion::from(probe.shows()),
            evidence: EvidenceView::from(&probe.trace),
        }
    }
}

impl From<Shows> for Opinion {
    fn from(shows: Shows) -> Self {
        match shows {
            Shows::Confirms => Self::Confirms,
            Shows::Refutes => Self::Refutes,
            Shows::NoInformation => Self::NoInformation,
        }
    }
}

/// Whether a probe bears on a claim. That one principal was let in shows nothing about another one: a probe of the role is
/// about its caller; on a twin, the caller stands for the party's account.
fn is_about(probe: &Probe, claim: &Claim, on_twin: bool) -> bool {
    let caller = || probe.trace.principal.parse::<Principal>().ok();
    let is_whose = match claim.proposition.principal() {
        None => true,
        Some(Principal::Root { account, .. }) => {
            on_twin || caller().is_some_and(|caller| caller.account() == Some(account))
        }
        Some(Principal::Role(role)) => matches!(
            caller(),
            Some(Principal::RoleSession { account, role: name, .. }) if account == role.account && name == role.name
        ),
        Some(
            principal @ (Principal::User { .. }
            | Principal::RoleSession { .. }
            | Principal::FederatedUser { .. }
            | Principal::Service(_)
            | Principal::WebIdentity(_)
            | Principal::Saml(_)
            | Principal::Anonymous),
        ) => caller().as_ref() == Some(principal),
    };
    probe.about == Some(claim.kind()) && is_whose && claim.proposition.is_probed()
}

/// Whether an answer bears on a claim: one about a function says nothing about a grant, and the other way round.
fn is_analysed(analysis: &Analysis, claim: &Claim) -> bool {
    let is_for_this = match (claim.kind(), analysis.is_about_grants()) {
        (ClaimKind::EveryTarget, is_about_grants) => is_about_grants == claim.proposition.states_more(),
        (
            ClaimKind::OnlyTrusted
            | ClaimKind::ExternalId
            | ClaimKind::MayAssume
            | ClaimKind::OnlyTargets
            | ClaimKind::Boundary
            | ClaimKind::OnlyThroughRole
            | ClaimKind::Organization,
            _,
        ) => true,
    };
    analysis.about == Some(claim.kind()) && is_for_this
}

impl VerificationView {
    /// The view with its table filled in.
    #[must_use]
    pub fn tabled(verification: &Verification, troubles: Vec<ErrorView>) -> Self {
        let row = |claim: &Claim| {
            let about = |analysis: &&Analysis| is_analysed(analysis, claim);
            let analyses = verification.analyses.iter().filter(about);
            let probes = verification.probes.iter().filter(|probe| is_about(probe, claim, false));
            let twins = verification.twin.iter().flat_map(|twin| &twin.probes);
            let twins = twins.filter(|probe| is_about(probe, claim, true));
            RowView {
                id: claim.kind(),
                claim: claim_in_words(&claim.proposition).into(),
                paper: claim.outcome(),
                analysers: CellView::of(analyses.map(SourceView::from)),
                live: CellView::of(probes.chain(twins).map(SourceView::from)),
            }
        };
        let table = verification.claims.iter().map(row).collect();
        Self { table, ..Self::new(verification, troubles) }
    }

    /// Whether more than the paper was asked.
    pub(super) fn is_table(&self) -> bool {
        self.table.iter().any(|row| row.analysers.is_some() || row.live.is_some())
    }

    /// The claims: as a table where more than the paper was asked, one line each elsewhere; below each, its reasons.
    pub(super) fn claims_text(&self, told: &[Text]) -> String {
        if !self.is_table() {
            return self.claims.iter().map(|claim| claim.to_text(told)).collect();
        }
        let mut text = format!("  {DIMMED}paper    analysers  live       claim{DIMMED:#}\n");
        for (row, claim) in self.table.iter().zip(&self.claims) {
            let paper = match row.paper {
                ClaimOutcome::Proved => format!("{GREEN}proved{GREEN:#}   "),
                ClaimOutcome::Refuted => format!("{RED}refuted{RED:#}  "),
                ClaimOutcome::Unknown => format!("{YELLOW}unknown{YELLOW:#}  "),
            };
            let cell = |cell: &Option<CellView>| match cell {
                Some(cell) => cell.shows.label(),
                None => "-        ".to_owned(),
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {paper}{}  {}  {}", cell(&row.analysers), cell(&row.live), row.claim);
            text += &claim.reasons_text(told);
        }
        text
    }
}
