//! Whether a plan may be carried out: what it would leave unproved stops it before the first write.
//!
//! One rule for everything that writes: `apply` alone and over a fleet, of a saved plan, after `target add --apply`; and for
//! the proof that a CloudFormation stack asks for. It reads typed results only: claims, outcomes and IDs of findings.
//!
//! A claim that the plan would leave refuted is always refused, whoever broke it: a role that is adopted with
//! `AdministratorAccess` on it counts as much as a template that lets strangers in. A claim that the plan would leave
//! undecided is refused unless it is open already and the plan does not touch what leaves it open (`Past::excuses`): a policy
//! that somebody else put on rolecall's own role and that cannot be decided keeps nobody from adding a target. Nothing is
//! excused on a role that is created or adopted.
//!
//! Deliberately absent: the words, which `report` has, and what to do about an objection, which the command line adds.

use std::collections::BTreeSet;

use super::claim::{Claim, ClaimKind, ClaimOutcome};
use super::other_accounts::with_their_policies;
use super::paper::{Examined, claims, examine};
use super::verification::Verification;
use super::{Documents, RolePolicy};
use crate::iam::lint::{FailOn, Finding as Fault, FindingId, Severity};
use crate::observe::ownership::is_own_role;
use crate::observe::survey::Survey;
use crate::plan::aws::Foreign;
use rolecall_model::stored::StoredDocument;

/// What the user accepts by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Claims that need not hold.
    pub claims: BTreeSet<ClaimKind>,
    /// Findings that are meant to be.
    pub findings: BTreeSet<FindingId>,
}

/// A reason not to carry a plan out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// A request breaks the claim.
    Refuted(Claim),
    /// The claim could not be decided.
    Undecided(Claim),
    /// A fault of a document that no claim is about, or that names the cause of one.
    Fault(Fault),
}

impl Objection {
    /// Whether it is about something that does not exist.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        match self {
            Self::Refuted(claim) | Self::Undecided(claim) => claim.absent().is_some(),
            Self::Fault(_) => false,
        }
    }
}

/// A plan, judged.
#[derive(Debug)]
pub struct Verdict {
    /// What is proved of the role once the plan is carried out.
    pub verification: Verification,
    /// Why the plan is refused; none where it may be carried out.
    pub objections: Vec<Objection>,
}

/// Judges a plan by what it would leave behind: what is desired, and these policies of others.
#[must_use]
pub fn judge(survey: &Survey, foreign: &[Foreign], allowed: &Allowed) -> Verdict {
    let planned = Documents::planned(survey, foreign);
    let Examined { claims, findings, notes } = examine(&planned, survey);
    let past = Past::of(survey, &planned);
    let is_new = |claim: &Claim| past.as_ref().is_none_or(|past| !past.excuses(claim));
    let objections = objections(&claims, &findings, survey.desired.fail_on, allowed, is_new);
    // No plan for the role writes the policy of a function.
    let claims = with_their_policies(claims, survey);
    let mut verification = Verification::on_paper(&survey.desired, claims, findings);
    verification.notes.extend(notes);
    Verdict { verification, objections }
}

/// The objections to claims and findings about a role; `is_new` is asked about claims that could not be decided.
#[must_use]
pub fn objections(
    claims: &[Claim],
    findings: &[Fault],
    fail_on: FailOn,
    allowed: &Allowed,
    is_new: impl Fn(&Claim) -> bool,
) -> Vec<Objection> {
    let of_claim = |claim: &Claim| match claim.outcome() {
        ClaimOutcome::Proved => None,
        ClaimOutcome::Refuted => Some(Objection::Refuted(claim.clone())),
        ClaimOutcome::Unknown => is_new(claim).then(|| Objection::Undecided(claim.clone())),
    };
    let decided = claims.iter().filter(|claim| is_of_the_plan(claim.kind()));
    let broken = decided.filter(|claim| !allowed.covers(claim.kind(), findings)).filter_map(of_claim);
    let faults = findings
        .iter()
        .filter(|finding| stops(finding.id, fail_on) && !allowed.accepts(finding.id))
        .map(|finding| Objection::Fault(finding.clone()));
    broken.chain(faults).collect()
}

/// Whether a plan decides the claim: no plan for the role writes its boundary or the policy of a function.
fn is_of_the_plan(kind: ClaimKind) -> bool {
    match kind {
        ClaimKind::OnlyTrusted
        | ClaimKind::ExternalId
        | ClaimKind::MayAssume
        | ClaimKind::OnlyTargets
        | ClaimKind::EveryTarget
        | ClaimKind::Organization => true,
        ClaimKind::Boundary | ClaimKind::OnlyThroughRole => false,
    }
}

impl Allowed {
    /// A finding is accepted by its own name, or by that of a claim that it is the cause of.
    fn accepts(&self, id: FindingId) -> bool {
        self.findings.contains(&id) || breaks(id).iter().any(|claim| self.claims.contains(claim))
    }

    /// A claim is accepted by its own name, or by those of all findings that are the cause: accepting the cause would do
    /// nothing otherwise.
    fn covers(&self, claim: ClaimKind, findings: &[Fault]) -> bool {
        let mut causes = findings
            .iter()
            .map(|finding| finding.id)
            .filter(|id| id.severity() > Severity::Note && breaks(*id).contains(&claim))
            .peekable();
        self.claims.contains(&claim)
            || (causes.peek().is_some() && causes.all(|id| self.findings.contains(&id)))
    }
}

/// Whether the finding stops a plan by itself: one that fails about the trust, a policy that others have, or a document that IAM
/// does not store. The other findings about permissions stop it through the claim that they break, and no plan for the role writes
/// what is found of a function.
fn stops(id: FindingId, fail_on: FailOn) -> bool {
    use FindingId::{
        G1, G2, G3, L1, L2, L3, L4, P1, P2, P3, P4, P5, P6, P7, P8, P9, T1, T2, T3, T4, T5, T6, T7, T8, T9,
        T10, T11, T12, T13, T14, T15, T16, T17, T18, T19, T20, T21, T22, T23, T24,
    };
    let is_gated = match id {
        T1 | T2 | T3 | T4 | T5 | T6 | T7 | T8 | T9 | T10 | T11 | T12 | T13 | T14 | T15 | T16 | T17 | T18
        | T19 | T20 | T21 | T22 | T23 | T24 | P4 | G1 | G3 => true,
        P1 | P2 | P3 | P5 | P6 | P7 | P8 | P9 | L1 | L2 | L3 | L4 | G2 => false,
    };
    is_gated && id.fails(fail_on)
}

/// The claims that fail because of the finding.
pub(crate) fn breaks(id: FindingId) -> &'static [ClaimKind] {
    use ClaimKind::{EveryTarget, ExternalId, MayAssume, OnlyTargets, OnlyTrusted};
    use FindingId::{
        G1, G2, G3, L1, L2, L3, L4, P1, P2, P3, P4, P5, P6, P7, P8, P9, T1, T2, T3, T4, T5, T6, T7, T8, T9,
        T10, T11, T12, T13, T14, T15, T16, T17, T18, T19, T20, T21, T22, T23, T24,
    };
    match id {
        T1 | T2 | T3 | T4 | T5 | T6 | T7 | T8 | T9 => &[ExternalId],
        T10 | T11 | T13 | T23 | T24 => &[OnlyTrusted],
        T12 | T18 | T19 => &[MayAssume],
        T17 => &[ExternalId, MayAssume],
        P1 | P2 | P3 | P6 | P8 | P9 => &[OnlyTargets],
        P5 => &[EveryTarget],
        P7 => &[OnlyTargets, EveryTarget],
        T14 | T15 | T16 | T20 | T21 | T22 | P4 | L1 | L2 | L3 | L4 | G1 | G2 | G3 => &[],
    }
}

/// What is undecided about rolecall's own role as AWS has it, and what the plan would add to that.
struct Past {
    /// The claims about the role as it is.
    before: Vec<Claim>,
    /// The claims about what the plan changes alone.
    changed: Vec<Claim>,
    is_trust_kept: bool,
}

impl Past {
    /// `None` where rolecall has answered for nothing yet: there is no role, or it is somebody else's.
    fn of(survey: &Survey, planned: &Documents) -> Option<Self> {
        let name = &survey.desired.role.name;
        survey.observed.role.as_ref().filter(|role| is_own_role(role, name))?;
        let before = Documents::surveyed(survey)?;
        let is_kept = |policy: &RolePolicy| {
            before.identity.iter().any(|known| {
                known.id == policy.id && is_same(known.document.as_ref(), policy.document.as_ref())
            })
        };
        let changed = Documents {
            identity: planned.identity.iter().filter(|policy| !is_kept(policy)).cloned().collect(),
            boundary: planned.boundary.clone().filter(|boundary| before.boundary.as_ref() != Some(boundary)),
            ..planned.clone()
        };
        let is_trust_kept = is_same(Some(&before.trust), Some(&planned.trust));
        Some(Self {
            before: claims(&before, &survey.desired),
            changed: claims(&changed, &survey.desired),
            is_trust_kept,
        })
    }

    /// Whether the claim is open already, for a reason that the plan does not touch.
    fn excuses(&self, claim: &Claim) -> bool {
        let is_open = |claims: &[Claim]| {
            let mut same = claims.iter().filter(|it| {
                it.kind() == claim.kind()
                    && it.proposition.principal() == claim.proposition.principal()
                    && it.proposition.states_more() == claim.proposition.states_more()
            });
            same.any(|it| it.outcome() == ClaimOutcome::Unknown)
        };
        let is_elsewhere = match claim.kind() {
            ClaimKind::OnlyTrusted | ClaimKind::ExternalId | ClaimKind::MayAssume => self.is_trust_kept,
            ClaimKind::OnlyTargets | ClaimKind::EveryTarget => !is_open(&self.changed),
            ClaimKind::Boundary | ClaimKind::OnlyThroughRole | ClaimKind::Organization => true,
        };
        is_open(&self.before) && is_elsewhere
    }
}

/// Whether two documents say the same. One that nobody can read is what it was.
fn is_same(before: Option<&StoredDocument>, after: Option<&StoredDocument>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => before.says_the_same_as(after),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
