//! What the documents say that AWS will answer to one caller, by the evaluator.
//!
//! `None` is "cannot be told": a condition asks for what is not known here (the caller's address, the time, tags), or the
//! answer is up to policies of the caller that were not read. Pure.

use jiff::{SignedDuration, Timestamp};

use super::Documents;
use crate::iam::arn::{ExternalId, RoleArn};
use crate::iam::context::Context;
use crate::iam::document::{Document, Statement};
use crate::iam::evaluate::{Decision, Evaluation, Layers, Request, evaluate, evaluate_trust};
use crate::iam::principal::Principal;
use crate::iam::truth::Truth;
use crate::ports::{PROBE_SESSION, Trial};
use rolecall_model::stored::StoredDocument;

/// Keys that a probe states or that follow from who calls.
const KNOWN_KEYS: [&str; 6] = [
    "sts:externalid",
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:username",
    "aws:principalisawsservice",
];

/// Whether the trust policy lets the caller in, as if everything on the caller's side allowed it.
pub(super) fn trusts(
    trust: &StoredDocument,
    caller: &Principal,
    role: &RoleArn,
    external_id: Option<&ExternalId>,
) -> Option<bool> {
    allows(&knock(trust, caller, role, external_id)?)
}

/// Whether AWS will let the caller in. A trust policy alone decides that only where it keeps the caller out, or names
/// a caller of the role's own account directly (IAM User Guide, "Policy evaluation logic").
pub(super) fn admits(
    trust: &StoredDocument,
    caller: &Principal,
    role: &RoleArn,
    external_id: Option<&ExternalId>,
) -> Option<bool> {
    let evaluation = knock(trust, caller, role, external_id)?;
    let is_direct = evaluation.names_caller == Truth::True && caller.account() == Some(&role.account);
    allows(&evaluation).filter(|allowed| !allowed || is_direct)
}

fn knock(
    trust: &StoredDocument,
    caller: &Principal,
    role: &RoleArn,
    external_id: Option<&ExternalId>,
) -> Option<Evaluation> {
    let trust = trust.document()?;
    let is_decidable = |statement: &Statement| is_decidable_with(statement, &[TIME]);
    if !trust.statements().iter().all(is_decidable) {
        return None;
    }
    let request = assumption(caller, role, external_id);
    let mut answers = moments(trust)?.into_iter().map(|moment| {
        let mut request = request.clone();
        if let Some(moment) = moment {
            request.context.set(TIME, moment.to_string());
        }
        evaluate_trust(&request, trust)
    });
    let first = answers.next()?;
    // Nobody knows when AWS will be asked: the answer counts only if it is the same at any time.
    answers.all(|other| other.decision == first.decision).then_some(first)
}

/// The time of a request, by AWS's clock.
const TIME: &str = "aws:CurrentTime";

/// A moment of each stretch of time that a trust policy tells apart, or none if it asks for no time; `None` where a time cannot be
/// read.
fn moments(trust: &Document) -> Option<Vec<Option<Timestamp>>> {
    let conditions = trust.statements().iter().flat_map(|statement| &statement.conditions);
    let times = conditions.filter(|condition| condition.key.folded().eq_ignore_ascii_case(TIME));
    let mut moments = Vec::new();
    for value in times.flat_map(|condition| &condition.values) {
        let time: Timestamp = value.raw.parse().ok()?;
        for seconds in [-1, 0, 1] {
            moments.push(Some(time.checked_add(SignedDuration::from_secs(seconds)).ok()?));
        }
    }
    if moments.is_empty() {
        moments.push(None);
    }
    Some(moments)
}

/// The request to assume the role.
pub(super) fn assumption(caller: &Principal, role: &RoleArn, external_id: Option<&ExternalId>) -> Request {
    let mut context = Context::new();
    if let Some(id) = external_id {
        context.set("sts:ExternalId", id.to_string());
    }
    Request {
        principal: caller.clone(),
        action: "sts:AssumeRole".to_owned(),
        resource: role.to_string(),
        resource_account: Some(role.account.clone()),
        context,
    }
}

/// The request that a session of the role makes.
pub(super) fn trial(role: &RoleArn, trial: &Trial) -> Option<Request> {
    Some(Request {
        principal: Principal::session_of(role, PROBE_SESSION.parse().ok()?),
        action: trial.action().to_owned(),
        resource: trial.resource(),
        resource_account: Some(role.account.clone()),
        context: Context::new(),
    })
}

/// Whether AWS will let a session of the role make the call, by the role's own policies and boundary. A function's
/// resource policy could allow more.
pub(super) fn permits(documents: &Documents, request: &Request) -> Option<bool> {
    by_own_side(documents, None, request)
}

/// Whether the caller's own policies and boundary are why AWS does not let it in.
pub(super) fn keeps_back(own: &Documents, trust: &StoredDocument, request: &Request) -> bool {
    let trust = trust.document().filter(|trust| is_decidable(trust));
    trust.is_some_and(|trust| {
        allows(&evaluate_trust(request, trust)) == Some(true)
            && by_own_side(own, Some(trust), request) == Some(false)
    })
}

/// Whether the caller's policies and boundary let it make the call, given the resource's policy.
fn by_own_side<'d>(
    documents: &'d Documents,
    resource: Option<&'d Document>,
    request: &Request,
) -> Option<bool> {
    let concerns = |statement: &Statement| statement.covers_action(&request.action) != Truth::False;
    let decidable = |stored: &'d Option<StoredDocument>| {
        let document = stored.as_ref().and_then(StoredDocument::document);
        document.filter(|document| {
            document.statements().iter().filter(|statement| concerns(statement)).all(is_decidable_here)
        })
    };
    let identity: Option<Vec<&Document>> =
        documents.identity.iter().map(|it| decidable(&it.document)).collect();
    let boundary = match &documents.boundary {
        Some(boundary) => Some(vec![decidable(&boundary.document)?]),
        None => None,
    };
    let layers = Layers { identity: identity?, boundary, resource, ..Layers::default() };
    allows(&evaluate(request, &layers))
}

pub(super) fn allows(evaluation: &Evaluation) -> Option<bool> {
    match evaluation.decision {
        Decision::Allowed => Some(true),
        Decision::ImplicitlyDenied | Decision::ExplicitlyDenied => Some(false),
        Decision::Unknown => None,
    }
}

/// Whether the document asks for nothing but what is known here.
fn is_decidable(document: &Document) -> bool {
    document.statements().iter().all(is_decidable_here)
}

fn is_decidable_here(statement: &Statement) -> bool {
    is_decidable_with(statement, &[])
}

/// The same where further keys are known.
fn is_decidable_with(statement: &Statement, further: &[&str]) -> bool {
    statement.conditions.iter().all(|condition| {
        let key = condition.key.folded();
        (KNOWN_KEYS.contains(&key) || further.iter().any(|known| known.eq_ignore_ascii_case(key)))
            && condition.values.iter().all(|value| !value.raw.contains("${"))
    })
}
