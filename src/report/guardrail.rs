//! What a guardrail was proved to do, as text and JSON.

use rolecall_prove::words::witness_value;
use serde_json::{Value, json};

use crate::iam::prove::{GuardrailClaim, GuardrailResult, Proof};
use crate::verify::claim::ClaimOutcome;
use crate::verify::guardrail::{GuardrailProof, outcome_of};

/// The claims about a guardrail's resource control policy.
#[derive(Clone, Copy, Debug)]
pub struct GuardrailProofView<'p>(pub &'p GuardrailProof);

impl GuardrailProofView<'_> {
    /// Each claim in words, with what shows it.
    pub fn sentences(&self) -> impl Iterator<Item = (ClaimOutcome, String)> {
        let Self(GuardrailProof { claims }) = self;
        claims.iter().map(|GuardrailResult { claim, result }| {
            let because = match result {
                Proof::Proved => String::new(),
                Proof::Refuted(witness) => format!(" ({})", witness.sentence),
                Proof::Unknown { reasons } => format!(" ({})", reasons.join("; ")),
            };
            (outcome_of(result), format!("{}: {claim}{because}", result.as_str()))
        })
    }

    /// The claims as a list.
    pub fn to_value(&self) -> Value {
        let Self(GuardrailProof { claims }) = self;
        let value = |GuardrailResult { claim, result }: &GuardrailResult| {
            let mut value = json!({
                "kind": kind(claim), "claim": claim.to_string(), "result": outcome_of(result),
            });
            let shown = match result {
                Proof::Proved => None,
                Proof::Refuted(witness) => Some(("witness", witness_value(witness))),
                Proof::Unknown { reasons } => Some(("reasons", reasons.as_slice().into())),
            };
            if let (Some(members), Some((key, shown))) = (value.as_object_mut(), shown) {
                members.insert(key.to_owned(), shown);
            }
            value
        };
        claims.iter().map(value).collect()
    }
}

fn kind(claim: &GuardrailClaim) -> &'static str {
    match claim {
        GuardrailClaim::OnlyTrusted => "only-trusted",
        GuardrailClaim::OnlyWithExternalId(_) => "external-id",
        GuardrailClaim::LetsIn(_) => "lets-in",
    }
}
