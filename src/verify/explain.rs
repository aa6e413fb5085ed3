//! Why the documents say what they say, in the words of `simulate --explain`: for the request that breaks a claim, and
//! for what a probe asked. Pure.
//!
//! Organisation policies are left out: what they deny is a claim of its own, with its own reasons.

use super::claim::ClaimKind;
use super::held::layers;
use super::verification::Verification;
use super::{Documents, paper};
use crate::desired::aws::Desired;
use crate::extract::{RoleDocuments, Side};
use crate::iam::evaluate::{Request, evaluate, evaluate_trust};
use crate::iam::explain::{Explanation, explain as explain_request, explain_trust};

/// Adds the reasons in full to every claim that a request breaks and to every probe that the documents answer.
pub fn explain(verification: &mut Verification, documents: &Documents, desired: &Desired) {
    let role = paper::read(documents, &desired.role_arn());
    for claim in &mut verification.claims {
        claim.explanation = claim.request().and_then(|request| tree(&role, claim.kind(), request));
    }
    for probe in verification.all_probes_mut() {
        let asked = probe.about.zip(probe.request.as_ref());
        probe.explanation = asked.and_then(|(about, request)| tree(&role, about, request));
    }
}

/// The reasons of the side that decides such a request; `None` where that side could not be read.
fn tree(role: &RoleDocuments, about: ClaimKind, request: &Request) -> Option<Explanation> {
    match about {
        ClaimKind::OnlyTrusted | ClaimKind::ExternalId | ClaimKind::MayAssume => match &role.trust {
            Side::Known(trust) => Some(explain_trust(request, trust, &evaluate_trust(request, trust))),
            Side::Unknown(_) | Side::Absent => None,
        },
        ClaimKind::OnlyTargets | ClaimKind::EveryTarget => match &role.permissions {
            Side::Known(documents) => {
                let permissions = documents.for_proof();
                let layers = layers(&permissions);
                Some(explain_request(request, &layers, &evaluate(request, &layers)))
            }
            Side::Unknown(_) | Side::Absent => None,
        },
        ClaimKind::Organization => None,
    }
}
