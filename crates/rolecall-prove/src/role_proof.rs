//! The proof of the roles in a file: what `rolecall prove` decides.

use rolecall_iam::lint::{Finding, Severity};

use crate::claim::{Claim, ClaimOutcome};

/// The proof of a role, or of a document by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleProof {
    /// What the file calls the role; a document by itself has no name.
    pub role: Option<String>,
    /// What was claimed.
    pub claims: Vec<Claim>,
    /// Findings in addition to the claims.
    pub findings: Vec<Finding>,
    /// What was taken for granted.
    pub notes: Vec<String>,
}

impl RoleProof {
    /// What became of it. Any finding that is more than a note refutes it, as a broken claim does: no claim is about session
    /// tags, say, and still nobody means to let strangers choose them.
    pub fn outcome(&self) -> ClaimOutcome {
        let is_grave = |finding: &Finding| match finding.id.severity() {
            Severity::Note => false,
            Severity::Warning | Severity::Error => true,
        };
        let any = |outcome| self.claims.iter().any(|claim| claim.outcome() == outcome);
        if any(ClaimOutcome::Refuted) || self.findings.iter().any(is_grave) {
            ClaimOutcome::Refuted
        } else if any(ClaimOutcome::Unknown) || self.claims.is_empty() {
            ClaimOutcome::Unknown
        } else {
            ClaimOutcome::Proved
        }
    }
}

/// The proofs of every role in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProof {
    /// What the file is, and what it is called.
    pub source: String,
    /// Its roles.
    pub roles: Vec<RoleProof>,
}

impl FileProof {
    /// What became of all of them.
    pub fn outcome(&self) -> ClaimOutcome {
        let outcomes: Vec<ClaimOutcome> = self.roles.iter().map(RoleProof::outcome).collect();
        if outcomes.contains(&ClaimOutcome::Refuted) {
            ClaimOutcome::Refuted
        } else if outcomes.contains(&ClaimOutcome::Unknown) {
            ClaimOutcome::Unknown
        } else {
            ClaimOutcome::Proved
        }
    }
}
