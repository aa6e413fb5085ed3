//! The proofs of a file as data: what `rolecall prove --output json` prints, and what the page in the browser answers.
//!
//! Deliberately absent: any other form. Reports for people make theirs of the same proofs and the same [`words`](crate::words).

use serde::Serialize;
use serde_json::{Value, json};

use rolecall_iam::lint::Finding;

use crate::claim::{Claim, ClaimOutcome};
use crate::role_proof::{FileProof, RoleProof};
use crate::words::{claim_in_words, place_in_words, witness_value};

/// The proofs of every role in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What became of all of them.
    pub result: ClaimOutcome,
    /// What was claimed of the file as a whole.
    pub claims: Vec<ClaimAnswer>,
    /// One a role.
    pub roles: Vec<RoleAnswer>,
}

/// The proof of a role, or of a document by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoleAnswer {
    /// What became of it.
    pub result: ClaimOutcome,
    /// What the file calls the role; a document by itself has no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What was claimed.
    pub claims: Vec<ClaimAnswer>,
    /// Findings in addition to the claims.
    pub findings: Vec<FindingAnswer>,
    /// What was taken for granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A claim, decided.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClaimAnswer {
    /// What is claimed.
    pub claim: String,
    /// What became of it.
    pub result: ClaimOutcome,
    /// The request that breaks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Value>,
    /// What could not be decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// A fault of a document.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingAnswer {
    /// The finding's ID, such as `T3`.
    pub id: &'static str,
    /// How severe it is.
    pub severity: String,
    /// The statement it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<String>,
    /// What was found.
    pub message: String,
    /// Why it matters.
    pub why: &'static str,
    /// Where to read more.
    pub reference: &'static str,
    /// What to do.
    pub fix: String,
    /// A request that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Value>,
}

impl From<&FileProof> for Answer {
    fn from(proof: &FileProof) -> Self {
        let FileProof { source: _, claims, roles } = proof;
        Self {
            result: proof.outcome(),
            claims: claims.iter().map(ClaimAnswer::from).collect(),
            roles: roles.iter().map(RoleAnswer::from).collect(),
        }
    }
}

impl From<&RoleProof> for RoleAnswer {
    fn from(proof: &RoleProof) -> Self {
        let RoleProof { role, claims, findings, notes, fail_on: _ } = proof;
        Self {
            result: proof.outcome(),
            role: role.clone(),
            claims: claims.iter().map(ClaimAnswer::from).collect(),
            findings: findings.iter().map(FindingAnswer::from).collect(),
            notes: notes.clone(),
        }
    }
}

impl From<&Claim> for ClaimAnswer {
    fn from(claim: &Claim) -> Self {
        Self {
            claim: claim_in_words(&claim.proposition),
            result: claim.outcome(),
            witness: claim.witness().map(witness_value),
            reasons: claim.reasons().to_vec(),
        }
    }
}

impl From<&Finding> for FindingAnswer {
    fn from(finding: &Finding) -> Self {
        let Finding { id, document: _, statement: _, message, fix, remedy: _, witness } = finding;
        Self {
            id: id.as_str(),
            severity: id.severity().to_string(),
            statement: place_in_words(finding),
            message: message.clone(),
            why: id.why(),
            reference: id.reference(),
            fix: fix.clone(),
            witness: witness.as_ref().map(witness_value),
        }
    }
}

impl Answer {
    /// One role as it is; several under `roles`, beside the result of all and what was claimed of the file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let value = match self.roles.as_slice() {
            [role] => json!(role),
            roles if self.claims.is_empty() => json!({ "result": self.result, "roles": roles }),
            roles => json!({ "result": self.result, "claims": self.claims, "roles": roles }),
        };
        format!("{value:#}\n")
    }
}
