//! Claims about external IDs that may be passed beside the first one, for good or for a time: several organizations of one customer
//! on one role, or a move from one to another without an interruption.
//!
//! Time is cut by the document itself: with a `Deny` of everything before a point in time only the requests after it are
//! left, and with an `Allow` of everything from then on only the requests before it are asked of the policy's own statements.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::answer::Proof;
use super::claim::{Claim, ClaimResult, FurtherId, RoleIntent};
use super::guardrail::with_statement;
use super::policy::{PROOF_BUDGET, ResourcePolicy};
use super::question::{ExternalIds, Question};
use super::trust::RoleTrust;
use crate::document::Document;
use crate::evaluate::evaluate_trust;
use crate::pattern::Budget;
use crate::principal::Principal;
use crate::truth::Truth;

/// The claims about the further external IDs of the intent.
pub(super) fn of_further_ids(
    trust: &RoleTrust<'_>,
    document: &Document,
    intent: &RoleIntent,
) -> Vec<ClaimResult> {
    if intent.external_id.is_none() {
        return Vec::new();
    }
    let mut results = Vec::new();
    for further in &intent.further_ids {
        if intent.external_id.as_ref() == Some(&further.id) {
            continue;
        }
        if let Some(until) = further.until {
            let claim = Claim::NoLongerWith { id: further.id.clone(), until };
            results.push(ClaimResult { claim, result: no_longer_with(document, intent, further, until) });
        }
        for principal in trust.trusted.iter().filter(|principal| principal.account().is_some()) {
            let claim = Claim::MayAssumeWith { principal: principal.clone(), further: further.clone() };
            let result = may_assume_with(trust, document, intent, principal, further);
            results.push(ClaimResult { claim, result });
        }
    }
    results
}

/// A statement about every call in part of all time.
fn at_times(effect: &str, comparison: &str, time: Timestamp) -> Value {
    json!({"Effect": effect, "Principal": "*", "Action": "*",
        "Condition": {comparison: {"aws:CurrentTime": time.to_string()}}})
}

/// Nobody who must pass an ID gets in with this one any more.
fn no_longer_with(document: &Document, intent: &RoleIntent, further: &FurtherId, until: Timestamp) -> Proof {
    let afterwards = match with_statement(document, at_times("Deny", "DateLessThan", until)) {
        Ok(afterwards) => afterwards,
        Err(reason) => return Proof::unknown(vec![reason]),
    };
    let trust = RoleTrust::new(&afterwards, intent);
    let callers = trust.of_other_accounts();
    let question = Question::about(callers).with_external_ids(ExternalIds::Exactly(further.id.as_str()));
    trust.policy.refused(&question, &mut Budget::new(PROOF_BUDGET))
}

/// Every request of the principal with this ID, as long as it may be passed, is allowed.
fn may_assume_with(
    trust: &RoleTrust<'_>,
    document: &Document,
    intent: &RoleIntent,
    principal: &Principal,
    further: &FurtherId,
) -> Proof {
    let ids = ExternalIds::Exactly(further.id.as_str());
    let Some(until) = further.until else { return trust.policy.prove_allowed(principal, ids) };
    let before = match with_statement(document, at_times("Allow", "DateGreaterThanEquals", until)) {
        Ok(before) => before,
        Err(reason) => return Proof::unknown(vec![reason]),
    };
    let policy = ResourcePolicy::of_role(&before, intent.role.as_ref());
    match policy.prove_allowed(principal, ids) {
        Proof::Proved => Proof::Proved,
        open @ (Proof::Refuted(_) | Proof::Unknown { .. }) => {
            refused_before(trust, document, intent, principal, ids, until).unwrap_or(match open {
                Proof::Unknown { reasons } => Proof::Unknown { reasons },
                Proof::Proved | Proof::Refuted(_) => {
                    Proof::unknown(vec!["whether it depends on the time could not be decided".to_owned()])
                }
            })
        }
    }
}

/// Shows that no request before that time is allowed, by one of them.
fn refused_before(
    trust: &RoleTrust<'_>,
    document: &Document,
    intent: &RoleIntent,
    principal: &Principal,
    ids: ExternalIds<'_>,
    until: Timestamp,
) -> Option<Proof> {
    let until_then = with_statement(document, at_times("Deny", "DateGreaterThanEquals", until)).ok()?;
    let policy = ResourcePolicy::of_role(&until_then, intent.role.as_ref());
    let usual = policy.usual(principal, ids, &mut Budget::new(PROOF_BUDGET));
    if usual.allowed.is_some() || !usual.reasons.is_empty() {
        return None;
    }
    let mut request = usual.refused?;
    let just_before = until.checked_sub(SignedDuration::from_secs(1)).ok()?;
    request.context.set("aws:CurrentTime", just_before.to_string().as_str());
    let evaluation = evaluate_trust(&request, document);
    (evaluation.allows == Truth::False)
        .then(|| Proof::Refuted(Box::new(trust.policy.witness(request, &evaluation))))
}
