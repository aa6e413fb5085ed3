//! Why the documents say what they say, in the words of `simulate --explain`: for the request that breaks a claim, and
//! for what a probe asked. Pure.
//!
//! Organization policies are left out: what they deny is a claim of its own, with its own reasons.

use super::verification::Verification;
use super::{Documents, paper};
use crate::desired::aws::Desired;
use rolecall_prove::reasons::explain_claim;

/// Adds the reasons in full to every claim that a request breaks and to every probe that the documents answer.
pub fn explain(verification: &mut Verification, documents: &Documents, desired: &Desired) {
    let role = paper::read(documents, &desired.role_arn());
    for claim in &mut verification.claims {
        claim.explanation = claim.request().and_then(|request| explain_claim(&role, claim.kind(), request));
    }
    for probe in verification.all_probes_mut() {
        let asked = probe.about.zip(probe.request.as_ref());
        probe.explanation = asked.and_then(|(about, request)| explain_claim(&role, about, request));
    }
}
