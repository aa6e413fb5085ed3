//! The proof of the roles in a file: what `rolecall prove` decides.

use rolecall_iam::lint::{FailOn, Finding, Severity};

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
    /// How severe a finding must be to refute it by itself.
    pub fail_on: FailOn,
}

impl RoleProof {
    /// What became of it. A finding that fails refutes it, as a broken claim does: no claim is about a document that IAM rejects,
    /// say.
    pub fn outcome(&self) -> ClaimOutcome {
        if self.findings.iter().any(|finding| finding.id.fails(self.fail_on)) {
            return ClaimOutcome::Refuted;
        }
        match self.claims.is_empty() {
            true => ClaimOutcome::Unknown,
            false => together(self.claims.iter().map(Claim::outcome)),
        }
    }

    /// How many warnings are left.
    pub fn warnings(&self) -> usize {
        self.findings.iter().filter(|finding| finding.id.severity() == Severity::Warning).count()
    }
}

/// The proofs of every role in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProof {
    /// What the file is, and what it is called.
    pub source: String,
    /// What is claimed of the file as a whole; empty where its roles say all.
    pub claims: Vec<Claim>,
    /// Its roles.
    pub roles: Vec<RoleProof>,
}

impl FileProof {
    /// What became of all of them.
    pub fn outcome(&self) -> ClaimOutcome {
        let roles = self.roles.iter().map(RoleProof::outcome);
        together(roles.chain(self.claims.iter().map(Claim::outcome)))
    }

    /// How many warnings are left.
    pub fn warnings(&self) -> usize {
        self.roles.iter().map(RoleProof::warnings).sum()
    }
}

/// One that is refuted refutes all of them; one that is unknown leaves all of them unknown.
fn together(outcomes: impl Iterator<Item = ClaimOutcome>) -> ClaimOutcome {
    let severity = |outcome: &ClaimOutcome| match outcome {
        ClaimOutcome::Proved => 0,
        ClaimOutcome::Unknown => 1,
        ClaimOutcome::Refuted => 2,
    };
    outcomes.max_by_key(severity).unwrap_or(ClaimOutcome::Proved)
}
