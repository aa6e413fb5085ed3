//! The claims about a role and what is worth a change in its documents, decided for every request there can be. Pure.
//!
//! Invariants: a side that is not known is never part of a proof; a claim that rests on a value that nobody stated is not
//! proved.
//! Deliberately absent: where the documents come from, and what is meant of the role, which the caller states.

use std::borrow::Cow;

use rolecall_extract::{PermissionDocuments, RoleDocuments, Side};
use rolecall_iam::document::Document;
use rolecall_iam::lint::{
    Finding as Fault, KnownRole, PolicyFacts, SharedIds, TrustFacts, lint_identity_grammar, lint_permissions,
    lint_trust, lint_trust_grammar,
};
use rolecall_iam::prove::{NamedDocument, RoleIntent, prove_permissions, prove_trust};
use rolecall_iam::quota::DOCUMENT_LENGTH;

use crate::claim::{Claim, Decided, Proposition};
use crate::reasons::TRUST_POLICY;

/// The longest document that is proved, in characters: twice what IAM takes in any call. For a longer document the answer
/// would take more than some seconds.
const LONGEST_PROVED: usize = 2 * DOCUMENT_LENGTH;

/// Why a document is not proved, whatever it says.
fn too_long(name: &str, document: &Document) -> Option<String> {
    let size = document.size();
    (size > LONGEST_PROVED).then(|| {
        format!(
            "{name}: it has {size} characters; IAM stores no document of this size, and rolecall proves documents of up to \
             {LONGEST_PROVED}"
        )
    })
}

/// Why the permissions are not proved, whatever they say.
fn too_long_together(documents: &PermissionDocuments) -> Vec<String> {
    let all = documents.identity.iter().chain(&documents.boundary);
    let sizes: Vec<(&str, usize)> =
        all.clone().map(|policy| (policy.name.as_str(), policy.document.size())).collect();
    let whole: usize = sizes.iter().map(|(_, size)| size).sum();
    let reasons: Vec<String> = all.filter_map(|policy| too_long(&policy.name, &policy.document)).collect();
    if reasons.is_empty() && whole > LONGEST_PROVED {
        return vec![format!(
            "its {} policies have {whole} characters; rolecall proves policies of up to {LONGEST_PROVED} together",
            sizes.len()
        )];
    }
    reasons
}

/// A side that is too long to be proved, as one that is not known.
fn shortened(role: &RoleDocuments) -> Cow<'_, RoleDocuments> {
    let trust = match &role.trust {
        Side::Known(trust) => too_long("the trust policy", trust),
        Side::Unknown(_) | Side::Absent => None,
    };
    let permissions = match &role.permissions {
        Side::Known(documents) => too_long_together(documents),
        Side::Unknown(_) | Side::Absent => Vec::new(),
    };
    if trust.is_none() && permissions.is_empty() {
        return Cow::Borrowed(role);
    }
    Cow::Owned(RoleDocuments {
        name: role.name.clone(),
        role_name: role.role_name.clone(),
        arn: role.arn.clone(),
        max_session_duration: role.max_session_duration,
        trust: match trust {
            Some(reason) => Side::Unknown(vec![reason]),
            None => role.trust.clone(),
        },
        permissions: match permissions.is_empty() {
            false => Side::Unknown(permissions),
            true => role.permissions.clone(),
        },
        trust_assumes: role.trust_assumes.clone(),
        permissions_assume: role.permissions_assume.clone(),
        notes: role.notes.clone(),
    })
}

/// Decides the claims about a role. A side that nothing is known of is passed over, unless the intent is about it.
pub fn decide(role: &RoleDocuments, intent: &RoleIntent) -> Vec<Claim> {
    let role = &*shortened(role);
    let mut claims = Vec::new();
    match &role.trust {
        Side::Known(trust) => {
            let decided = prove_trust(trust, intent).into_iter().map(Claim::from);
            claims.extend(decided.map(|claim| assuming(claim, &role.trust_assumes)));
        }
        Side::Unknown(reasons) => {
            claims.push(Claim::undecided(Proposition::WhoCanAssume, reasons.clone()));
        }
        Side::Absent if intent.trusted.is_empty() && intent.external_id.is_none() => {}
        Side::Absent => {
            let reason = "the file contains no trust policy".to_owned();
            claims.push(Claim::undecided(Proposition::WhoCanAssume, vec![reason]));
        }
    }
    match &role.permissions {
        Side::Known(documents) => {
            let decided = prove_permissions(&documents.for_proof(), intent).into_iter().map(Claim::from);
            claims.extend(decided.map(|claim| assuming(claim, &role.permissions_assume)));
        }
        Side::Unknown(reasons) => {
            claims.push(Claim::undecided(Proposition::WhatSessionsCanDo, reasons.clone()));
        }
        Side::Absent if !intent.states_permissions() => {}
        Side::Absent => {
            let reason = "the file contains no permissions of the role".to_owned();
            claims.push(Claim::undecided(Proposition::WhatSessionsCanDo, vec![reason]));
        }
    }
    claims
}

/// A claim that holds only with values that nobody stated is not proved; one that they break is refuted.
fn assuming(claim: Claim, assumptions: &[String]) -> Claim {
    match claim.decided {
        Decided::Proved if !assumptions.is_empty() => {
            Claim { decided: Decided::Undecided { reasons: assumptions.to_vec() }, ..claim }
        }
        Decided::Proved
        | Decided::Refuted(_)
        | Decided::Denied { .. }
        | Decided::Unmet { .. }
        | Decided::Absent { .. }
        | Decided::Undecided { .. } => claim,
    }
}

/// The external IDs of roles that were read together.
pub fn shared_ids(roles: &[RoleDocuments]) -> SharedIds<'_> {
    SharedIds::of(roles.iter().enumerate().filter_map(|(place, role)| match &role.trust {
        Side::Known(trust) => Some(KnownRole { place, name: &role.name, trust }),
        Side::Unknown(_) | Side::Absent => None,
    }))
}

/// What is worth a change in the documents of a role, as far as they are known. `shared` is its place among the roles that
/// were read together and their external IDs; `facts` belong to its identity policies, in their order.
pub fn findings(
    role: &RoleDocuments,
    shared: Option<(usize, &SharedIds<'_>)>,
    intent: &RoleIntent,
    facts: &[PolicyFacts<'_>],
) -> Vec<Fault> {
    let role = &*shortened(role);
    let mut findings = Vec::new();
    if let Side::Known(document) = &role.trust {
        let facts = TrustFacts { max_session_duration: role.max_session_duration, shared };
        let policy = NamedDocument { name: TRUST_POLICY, document };
        findings.extend(lint_trust(&policy, intent, &facts));
        findings.extend(lint_trust_grammar(&policy, role.arn.as_ref().map(|arn| &arn.partition)));
    }
    if let Side::Known(documents) = &role.permissions {
        let permissions = documents.for_proof();
        findings.extend(lint_permissions(&permissions, intent, facts));
        // What others put on the role AWS has stored, whatever is said here.
        let is_ours = |index: usize| facts.get(index).is_none_or(|facts| !facts.foreign);
        let ours = permissions.identity.iter().enumerate().filter(|(index, _)| is_ours(*index));
        findings.extend(ours.flat_map(|(_, policy)| lint_identity_grammar(policy)));
    }
    findings
}
