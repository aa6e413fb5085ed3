//! IAM Access Analyzer: `ValidatePolicy` on every document, and, where the billed checks are asked for,
//! `CheckNoPublicAccess` on the trust policy and `CheckNoNewAccess` of what AWS holds against what rolecall renders.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{Bench, BilledChecks, worst};
use crate::desired::aws::Desired;
use crate::ports::{AnalyseAccess, Answered, AwsResult, Check, DocumentKind, Remark};
use crate::verify::Documents;
use crate::verify::analysis::{Analyser, Analysis, AnalysisAnswer, AnalysisQuestion, Opinion, OwnAnswer};
use crate::verify::claim::{ClaimKind, ClaimOutcome};
use crate::verify::finding::Finding;
use rolecall_model::stored::StoredDocument;

const TRUST: &str = "the trust policy";

type Named<T> = Vec<(String, AwsResult<Answered<T>>)>;

/// What Access Analyzer answered, by document.
#[derive(Debug)]
pub(super) struct Answers {
    remarks: Named<Vec<Remark>>,
    public: Option<AwsResult<Answered<Check>>>,
    /// Trust policy first.
    new_access: Vec<(DocumentKind, String, AwsResult<Answered<Check>>)>,
}

pub(super) async fn ask<A: AnalyseAccess>(
    aws: &A,
    documents: &Documents,
    desired: &Desired,
    billed: BilledChecks,
) -> Answers {
    let named =
        documents.identity.iter().filter_map(|named| Some((named.id.to_string(), named.document.clone()?)));
    let all: Vec<(String, StoredDocument, DocumentKind)> =
        std::iter::once((TRUST.to_owned(), documents.trust.clone(), DocumentKind::Trust))
            .chain(named.map(|(name, document)| (name, document, DocumentKind::Identity)))
            .collect();
    let remarks = join_all(
        all.iter()
            .map(async |(name, document, kind)| (name.clone(), aws.validate_policy(document, *kind).await)),
    );
    let checks = async {
        match billed {
            BilledChecks::LeftOut => (None, Vec::new()),
            BilledChecks::Made => {
                let rendered = union(desired.policies.iter().map(|(_, policy)| &policy.document));
                let new_access = join_all(all.iter().map(async |(name, document, kind)| {
                    let reference = match kind {
                        DocumentKind::Trust => &desired.role.trust,
                        DocumentKind::Identity => &rendered,
                    };
                    (*kind, name.clone(), aws.check_no_new_access(document, reference, *kind).await)
                }));
                let (public, new_access) =
                    join(aws.check_no_public_access(&documents.trust), new_access).await;
                (Some(public), new_access)
            }
        }
    };
    let (remarks, (public, new_access)) = join(remarks, checks).await;
    Answers { remarks, public, new_access }
}

/// One document with the statements of all: what they allow together is what is compared with.
fn union<'a>(documents: impl Iterator<Item = &'a StoredDocument>) -> StoredDocument {
    let mut statements = Vec::new();
    for document in documents.filter_map(StoredDocument::document) {
        match document.as_value().get("Statement") {
            Some(Value::Array(more)) => statements.extend(more.iter().cloned()),
            Some(one) => statements.push(one.clone()),
            None => {}
        }
    }
    // A statement's id must be unique, and the same template gives each document the same ones.
    for statement in &mut statements {
        if let Some(members) = statement.as_object_mut() {
            members.remove("Sid");
        }
    }
    json!({"Version": "2012-10-17", "Statement": statements}).to_string().into()
}

pub(super) fn judge(answers: &Answers, own: &dyn Fn(ClaimKind) -> ClaimOutcome, bench: &mut Bench<'_>) {
    for (name, answer) in &answers.remarks {
        match answer {
            Ok(answered) => remarks(name, answered, bench),
            Err(error) => bench.unanswered(error),
        }
    }
    match &answers.public {
        Some(Ok(answered)) => {
            let claim = ClaimKind::OnlyTrusted;
            // That the public has no access does not show that only the right accounts have it.
            let shows = match (answered.answer.passed, own(claim)) {
                (Some(true), ClaimOutcome::Proved) => Opinion::Confirms,
                (Some(false), ClaimOutcome::Proved) => Opinion::Disagrees,
                (Some(false), ClaimOutcome::Refuted | ClaimOutcome::Unknown) => Opinion::Refutes,
                (Some(true), ClaimOutcome::Refuted | ClaimOutcome::Unknown) | (None, _) => {
                    Opinion::NoInformation
                }
            };
            let question = AnalysisQuestion::NoPublicAccess(TRUST.to_owned());
            check(Analyser::NoPublicAccess, claim, question, answered, own(claim), shows, bench);
        }
        Some(Err(error)) => bench.unanswered(error),
        None => {}
    }
    for (kind, name, answer) in &answers.new_access {
        match answer {
            Ok(answered) => {
                let (claim, own) = match kind {
                    DocumentKind::Trust => {
                        let claim = ClaimKind::OnlyTrusted;
                        (claim, worst([own(claim), own(ClaimKind::ExternalId)]))
                    }
                    DocumentKind::Identity => {
                        let claim = ClaimKind::OnlyTargets;
                        (claim, own(claim))
                    }
                };
                // A document that is refuted may still grant nothing new: the template itself may be to blame.
                let shows = match (answered.answer.passed, own) {
                    (Some(true), ClaimOutcome::Proved) => Opinion::Confirms,
                    (Some(false), ClaimOutcome::Proved) => Opinion::Disagrees,
                    (Some(false), ClaimOutcome::Refuted | ClaimOutcome::Unknown) => Opinion::Refutes,
                    (Some(true), ClaimOutcome::Refuted | ClaimOutcome::Unknown) | (None, _) => {
                        Opinion::NoInformation
                    }
                };
                let question = AnalysisQuestion::NoNewAccess(name.clone());
                check(Analyser::NoNewAccess, claim, question, answered, own, shows, bench);
            }
            Err(error) => bench.unanswered(error),
        }
    }
}

fn check(
    analyser: Analyser,
    claim: ClaimKind,
    question: AnalysisQuestion,
    answered: &Answered<Check>,
    own: ClaimOutcome,
    shows: Opinion,
    bench: &mut Bench<'_>,
) {
    bench.opinion(Analysis {
        about: Some(claim),
        analyser,
        question,
        answer: AnalysisAnswer::Check(answered.answer.clone()),
        own: Some(OwnAnswer::Claim(own)),
        shows,
        trace: bench.trace(answered),
    });
}

/// What was found, each as a finding; and that the document was looked at.
fn remarks(document: &str, answered: &Answered<Vec<Remark>>, bench: &mut Bench<'_>) {
    let remarks = &answered.answer;
    let finding = |remark: &Remark| Finding::Remark { document: document.to_owned(), remark: remark.clone() };
    bench.analyses.findings.extend(remarks.iter().map(finding));
    bench.opinion(Analysis {
        about: None,
        analyser: Analyser::Validation,
        question: AnalysisQuestion::Document(document.to_owned()),
        answer: AnalysisAnswer::Remarks(remarks.len()),
        own: None,
        shows: Opinion::NoInformation,
        trace: bench.trace(answered),
    });
}
