//! AWS's own analysers as a second opinion: [`simulation`] asks the IAM policy simulator, [`access`] asks IAM Access
//! Analyzer. Each answer is set beside rolecall's own; where the two contradict each other, that is a finding.
//!
//! A second opinion is welcome and never needed: what the caller may not ask, and what an endpoint does not know, becomes
//! a note. Asking and judging are apart: the questions go out side by side, in one round, and judging is pure.

mod access;
mod simulation;

use jiff::Timestamp;

use super::held::{Held, OrganizationLevel};
use super::{Documents, paper};
use crate::desired::aws::Desired;
use crate::ports::{AnalyseAccess, Answered, AwsError, AwsErrorKind, Simulate};
use crate::report::{AnalysisView, ClaimKind, ClaimView, EvidenceView, FindingView, Opinion, Outcome};

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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analyses {
    /// Each opinion.
    pub views: Vec<AnalysisView>,
    /// Contradictions, and what Access Analyzer found in the documents.
    pub findings: Vec<FindingView>,
    /// What could not be asked.
    pub notes: Vec<String>,
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

/// Sets the answers beside rolecall's own. `service_control` are the organisation's policies for the role's account, as
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
        Err(reasons) => {
            bench.note(format!("the policy simulator's answers were not judged: {}", reasons.join("; ")))
        }
    }
    let claims = paper(documents, desired).claims;
    access::judge(&answers.access, &|claim| outcome(&claims, claim), &mut bench);
    bench.analyses
}

/// What became of a claim on paper, wherever it was made.
fn outcome(claims: &[ClaimView], wanted: ClaimKind) -> Outcome {
    worst(claims.iter().filter(|claim| claim.kind == wanted).map(|claim| claim.result))
}

/// Proved where all are; unknown where there is none.
fn worst(outcomes: impl IntoIterator<Item = Outcome>) -> Outcome {
    let outcomes: Vec<Outcome> = outcomes.into_iter().collect();
    if outcomes.contains(&Outcome::Refuted) {
        Outcome::Refuted
    } else if outcomes.contains(&Outcome::Unknown) || outcomes.is_empty() {
        Outcome::Unknown
    } else {
        Outcome::Proved
    }
}

/// Where the judgements are gathered.
struct Bench<'a> {
    principal: &'a str,
    analyses: Analyses,
}

impl Bench<'_> {
    fn evidence<T>(&self, Answered { answer: _, request_id, at }: &Answered<T>) -> EvidenceView {
        EvidenceView { principal: self.principal.to_owned(), request_id: request_id.clone(), time: time(*at) }
    }

    fn note(&mut self, note: String) {
        if !self.analyses.notes.contains(&note) {
            self.analyses.notes.push(note);
        }
    }

    /// A question that got no answer.
    fn unanswered(&mut self, error: &AwsError) {
        let AwsError { operation, kind, message, .. } = error;
        self.note(match kind {
            AwsErrorKind::AccessDenied => {
                format!("no second opinion of {operation}: the caller may not ask for it")
            }
            _ => format!("no second opinion of {operation}: {message}"),
        });
    }

    /// An opinion, and the finding where it contradicts rolecall's.
    fn opinion(&mut self, view: AnalysisView) {
        if view.shows == Opinion::Disagrees {
            let own = view.own.as_deref().unwrap_or("nothing");
            self.analyses.findings.push(FindingView {
                id: DISAGREEMENT.to_owned(),
                severity: "warning".to_owned(),
                statement: None,
                message: format!(
                    "{} and rolecall contradict each other about {}: AWS says {}, rolecall says {own}",
                    view.analyser, view.question, view.answer
                ),
                why: "one of the two does not see what the other sees".to_owned(),
                reference: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html"
                    .to_owned(),
                fix: "trust neither before `verify --level twin` has asked AWS for real; and please report it with both \
                      documents"
                    .to_owned(),
                witness: None,
            });
        }
        self.analyses.views.push(view);
    }
}

/// The ID of the finding that AWS and rolecall contradict each other.
const DISAGREEMENT: &str = "D2";

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
