//! IAM Access Analyzer: `ValidatePolicy` on every document, and, where the billed checks are asked for,
//! `CheckNoPublicAccess` on the trust policy and `CheckNoNewAccess` of what AWS holds against what rolecall renders.

use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{Bench, BilledChecks, worst};
use crate::desired::aws::Desired;
use crate::iam::document::Document;
use crate::ports::{AnalyseAccess, Answered, AwsResult, Check, DocumentKind, Remark};
use crate::report::{AnalysisView, ClaimKind, FindingView, Opinion, Outcome};
use crate::verify::Documents;

const VALIDATE: &str = "access-analyzer:ValidatePolicy";
const NO_PUBLIC_ACCESS: &str = "access-analyzer:CheckNoPublicAccess";
const NO_NEW_ACCESS: &str = "access-analyzer:CheckNoNewAccess";
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
        documents.identity.iter().filter_map(|named| Some((named.name.clone(), named.document.clone()?)));
    let all: Vec<(String, String, DocumentKind)> =
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
                let rendered = union(desired.policies.iter().map(|(_, policy)| policy.document.as_str()));
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
fn union<'a>(documents: impl Iterator<Item = &'a str>) -> String {
    let mut statements = Vec::new();
    for document in documents.filter_map(|text| Document::parse(text).ok()) {
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
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

pub(super) fn judge(answers: &Answers, own: &dyn Fn(ClaimKind) -> Outcome, bench: &mut Bench<'_>) {
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
                (Some(true), Outcome::Proved) => Opinion::Confirms,
                (Some(false), Outcome::Proved) => Opinion::Disagrees,
                (Some(false), Outcome::Refuted | Outcome::Unknown) => Opinion::Refutes,
                (Some(true), Outcome::Refuted | Outcome::Unknown) | (None, _) => Opinion::NoInformation,
            };
            check(NO_PUBLIC_ACCESS, claim, TRUST, answered, own(claim), shows, bench);
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
                    (Some(true), Outcome::Proved) => Opinion::Confirms,
                    (Some(false), Outcome::Proved) => Opinion::Disagrees,
                    (Some(false), Outcome::Refuted | Outcome::Unknown) => Opinion::Refutes,
                    (Some(true), Outcome::Refuted | Outcome::Unknown) | (None, _) => Opinion::NoInformation,
                };
                check(NO_NEW_ACCESS, claim, name, answered, own, shows, bench);
            }
            Err(error) => bench.unanswered(error),
        }
    }
}

fn check(
    analyser: &str,
    claim: ClaimKind,
    document: &str,
    answered: &Answered<Check>,
    own: Outcome,
    shows: Opinion,
    bench: &mut Bench<'_>,
) {
    let Check { passed, message } = &answered.answer;
    let word = match passed {
        Some(true) => "passed",
        Some(false) => "failed",
        None => "neither passed nor failed",
    };
    let question = match analyser {
        NO_PUBLIC_ACCESS => format!("{document} gives the public no access"),
        _ => format!("{document} allows nothing that the rendered document does not"),
    };
    let own = match own {
        Outcome::Proved => "proved",
        Outcome::Refuted => "refuted",
        Outcome::Unknown => "unknown",
    };
    bench.opinion(AnalysisView {
        about: Some(claim),
        analyser: analyser.to_owned(),
        question,
        answer: if message.is_empty() { word.to_owned() } else { format!("{word}: {message}") },
        own: Some(format!("the claim is {own}")),
        shows,
        evidence: bench.evidence(answered),
    });
}

/// What was found, each as a finding; and that the document was looked at.
fn remarks(document: &str, answered: &Answered<Vec<Remark>>, bench: &mut Bench<'_>) {
    let remarks = &answered.answer;
    bench.analyses.findings.extend(remarks.iter().map(|remark| {
        FindingView {
            id: remark.code.clone(),
            severity: match remark.kind.as_str() {
                "ERROR" => "error",
                "SECURITY_WARNING" | "WARNING" => "warning",
                _ => "note",
            }
            .to_owned(),
            statement: remark.statement.map(|index| format!("statement {}", index + 1)),
            message: format!("Access Analyzer about {document}: {}", remark.details),
            why: "AWS checks every policy for this".to_owned(),
            reference: remark.link.clone(),
            fix: "change the document as AWS explains there".to_owned(),
            witness: None,
        }
    }));
    let answer = match remarks.len() {
        0 => "no findings".to_owned(),
        number => crate::report::count(number, "finding", "findings"),
    };
    bench.opinion(AnalysisView {
        about: None,
        analyser: VALIDATE.to_owned(),
        question: document.to_owned(),
        answer,
        own: None,
        shows: Opinion::NoInformation,
        evidence: bench.evidence(answered),
    });
}
