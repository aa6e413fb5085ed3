//! AWS's own analysers as a second opinion: `simulation` asks the IAM policy simulator, `access` asks IAM Access
//! Analyzer. Each answer is set beside rolecall's own; where the two contradict each other, that is a finding.
//!
//! A second opinion is welcome and never needed: what the caller may not ask, and what an endpoint does not know, becomes
//! a note. Asking and judging are apart: the questions go out side by side, in one round, and judging is pure.

mod access;
mod simulation;

use super::analysis::{Analysis, Opinion};
use super::claim::{Claim, ClaimKind, ClaimOutcome};
use super::finding::Finding;
use super::held::{Held, OrganizationLevel};
use super::note::Note;
use super::probe::CallTrace;
use super::{Documents, claims};
use crate::desired::aws::Desired;
use crate::ports::{AnalyseAccess, Answered, AwsError, AwsErrorKind, Simulate};

/// Whether the checks that AWS bills are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BilledChecks {
    /// Only what is free of charge.
    LeftOut,
    /// Access Analyzer's custom policy checks too, which AWS bills by the call.
    Made,
}

/// What the analysers answered, not judged yet.
#[derive(Debug)]
pub struct Answers {
    simulation: simulation::Answers,
    access: access::Answers,
}

/// What the second opinions come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analyses {
    pub opinions: Vec<Analysis>,
    /// Contradictions, and what Access Analyzer found in the documents.
    pub findings: Vec<Finding>,
    /// What could not be asked.
    pub notes: Vec<Note>,
}

/// Asks every analyser, side by side.
pub async fn ask<A: Simulate + AnalyseAccess>(
    aws: &A,
    documents: &Documents,
    desired: &Desired,
    billed: BilledChecks,
) -> Answers {
    let (simulation, access) =
        tokio::join!(simulation::ask(aws, desired), access::ask(aws, documents, desired, billed));
    Answers { simulation, access }
}

/// Sets the answers beside rolecall's own. `service_control` are the organization's policies for the role's account, as
/// far as they are known.
pub fn judge(
    answers: &Answers,
    documents: &Documents,
    desired: &Desired,
    principal: &str,
    service_control: &[OrganizationLevel],
) -> Analyses {
    let mut bench = Bench { principal, analyses: Analyses::default() };
    match Held::read(documents, desired) {
        Ok(held) => simulation::judge(&answers.simulation, &held, desired, service_control, &mut bench),
        Err(reasons) => bench.note(Note::SimulatorNotJudged { reasons }),
    }
    let claims = claims(documents, desired);
    access::judge(&answers.access, &|claim| outcome(&claims, claim), &mut bench);
    bench.analyses
}

/// What became of a claim on paper, wherever it was made.
fn outcome(claims: &[Claim], wanted: ClaimKind) -> ClaimOutcome {
    worst(claims.iter().filter(|claim| claim.kind() == wanted).map(Claim::outcome))
}

/// Proved where all are; unknown where there is none.
fn worst(outcomes: impl IntoIterator<Item = ClaimOutcome>) -> ClaimOutcome {
    let outcomes: Vec<ClaimOutcome> = outcomes.into_iter().collect();
    if outcomes.contains(&ClaimOutcome::Refuted) {
        ClaimOutcome::Refuted
    } else if outcomes.contains(&ClaimOutcome::Unknown) || outcomes.is_empty() {
        ClaimOutcome::Unknown
    } else {
        ClaimOutcome::Proved
    }
}

/// Where the judgements are gathered.
struct Bench<'a> {
    principal: &'a str,
    analyses: Analyses,
}

impl Bench<'_> {
    fn trace<T>(&self, Answered { answer: _, request_id, at }: &Answered<T>) -> CallTrace {
        CallTrace { principal: self.principal.to_owned(), request_id: request_id.clone(), at: *at }
    }

    fn note(&mut self, note: Note) {
        if !self.analyses.notes.contains(&note) {
            self.analyses.notes.push(note);
        }
    }

    /// A question that got no answer.
    fn unanswered(&mut self, error: &AwsError) {
        let AwsError { operation, kind, message, .. } = error;
        self.note(if *kind == AwsErrorKind::AccessDenied {
            Note::AnalyserDenied { operation }
        } else {
            Note::AnalyserFailed { operation, message: message.clone() }
        });
    }

    /// An opinion, and the finding where it contradicts rolecall's.
    fn opinion(&mut self, analysis: Analysis) {
        match analysis.shows {
            Opinion::Disagrees => {
                self.analyses.findings.push(Finding::AnalyserDisagrees(Box::new(analysis.clone())));
            }
            Opinion::NoInformation | Opinion::Confirms | Opinion::Refutes => {}
        }
        self.analyses.opinions.push(analysis);
    }
}
