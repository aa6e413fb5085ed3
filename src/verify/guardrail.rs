//! Whether a guardrail keeps everybody else out, whatever the role's trust policy says: what `rolecall render guardrail`
//! decides about its resource control policy.

use super::claim::ClaimOutcome;
use crate::exit::ExitCode;
use crate::iam::arn::{ExternalId, RoleArn};
use crate::iam::document::Document;
use crate::iam::principal::Principal;
use crate::iam::prove::{GuardrailIntent, GuardrailResult, Proof, prove_guardrail};

/// The claims about a resource control policy, with what became of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardrailProof {
    /// At least two.
    pub claims: Vec<GuardrailResult>,
}

impl GuardrailProof {
    /// Proves the claims for a role that these principals may assume.
    pub fn of(policy: &Document, role: &RoleArn, trusted: &[Principal], external_ids: &[ExternalId]) -> Self {
        Self { claims: prove_guardrail(policy, GuardrailIntent { role, trusted, external_ids }) }
    }

    /// The exit code that the worst claim asks for.
    pub fn exit(&self) -> ExitCode {
        let exits = self.claims.iter().map(|claim| ExitCode::from(outcome_of(&claim.result)));
        exits.fold(ExitCode::Success, ExitCode::or)
    }
}

/// What became of a claim, without what shows it.
pub fn outcome_of(proof: &Proof) -> ClaimOutcome {
    match proof {
        Proof::Proved => ClaimOutcome::Proved,
        Proof::Refuted(_) => ClaimOutcome::Refuted,
        Proof::Unknown { .. } => ClaimOutcome::Unknown,
    }
}
