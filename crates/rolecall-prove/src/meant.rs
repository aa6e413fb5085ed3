//! Whether a file has the role that somebody stated: a proof of other roles is no answer to what was asked.

use rolecall_iam::prove::RoleIntent;

use crate::claim::{Claim, ClaimKind, ClaimOutcome, Decided, Proposition};
use crate::role_proof::RoleProof;

/// Whether anything is stated of the roles of a file.
pub(crate) fn is_stated(intent: &RoleIntent) -> bool {
    states_trust(intent) || intent.states_permissions()
}

fn states_trust(RoleIntent { trusted, external_id, .. }: &RoleIntent) -> bool {
    !trusted.is_empty() || external_id.is_some()
}

/// Whether all that is stated is proved of a role that was held to it.
fn meets(intent: &RoleIntent, RoleProof { claims, .. }: &RoleProof) -> bool {
    let has = |kind| claims.iter().any(|claim| claim.kind() == kind);
    claims.iter().all(|claim| claim.outcome() == ClaimOutcome::Proved)
        && (!states_trust(intent) || has(ClaimKind::MayAssume))
        && (!intent.states_permissions() || has(ClaimKind::EveryTarget))
}

/// The claim that a role is the one that is stated, where everything else is proved and no role is. `held` are the roles that were
/// held to what is stated; AWS services alone can assume the others.
pub(crate) fn unmet(intent: &RoleIntent, held: &[&RoleProof]) -> Option<Claim> {
    if !is_stated(intent) || held.iter().any(|proof| meets(intent, proof)) {
        return None;
    }
    let kind = if states_trust(intent) { ClaimKind::MayAssume } else { ClaimKind::EveryTarget };
    let proposition = Proposition::OneRoleIsMeant { stated: stated(intent), kind };
    let reason = match (states_trust(intent), held.is_empty()) {
        (true, true) => "only AWS services can assume the roles of the file",
        (true, false) => "no role of the file can be assumed in this way",
        (false, _) => {
            "only AWS services can assume the roles of the file, so rolecall did not judge what their sessions can do; \
             --role NAME says which role is meant"
        }
    };
    let reasons = vec![reason.to_owned()];
    Some(match states_trust(intent) {
        true => Claim::new(proposition, Decided::Unmet { reasons }),
        false => Claim::undecided(proposition, reasons),
    })
}

/// What is stated, in words.
fn stated(intent: &RoleIntent) -> String {
    let RoleIntent { trusted, external_id, further_ids, .. } = intent;
    let list = |values: Vec<String>| {
        values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" and ")
    };
    if !trusted.is_empty() {
        return list(trusted.iter().map(ToString::to_string).collect());
    }
    let ids: Vec<String> = external_id
        .iter()
        .chain(further_ids.iter().map(|further| &further.id))
        .map(ToString::to_string)
        .collect();
    match ids.is_empty() {
        false => format!("callers with the external ID {}", list(ids)),
        true => "the permissions that are stated".to_owned(),
    }
}
