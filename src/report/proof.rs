//! Results of proofs, as data, text and JSON.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::human::{BOLD, DIMMED};
use super::{ClaimKind, ClaimView, Evidence, ExitCode, FindingView, Outcome, VerificationView, count};
use crate::iam::context::ContextValue;
use crate::iam::evaluate::Request;
use crate::iam::lint::{Finding, Severity};
use crate::iam::prove::{Claim, ClaimResult, Proof, Witness};

impl From<&ClaimResult> for ClaimView {
    fn from(ClaimResult { claim, result }: &ClaimResult) -> Self {
        let (result, witness, reasons) = match result {
            Proof::Proved => (Outcome::Proved, None, Vec::new()),
            Proof::Refuted(witness) => (Outcome::Refuted, Some(witness), Vec::new()),
            Proof::Unknown { reasons } => (Outcome::Unknown, None, reasons.clone()),
        };
        let principal = match claim {
            Claim::MayAssume(principal) | Claim::MayAssumeUnderConditions(principal) => {
                Some(principal.to_string())
            }
            Claim::OnlyTrustedMayAssume
            | Claim::OnlyWithExternalId(_)
            | Claim::OthersOnlyWithExternalId(_)
            | Claim::OnlyTargetsMayBeInvoked
            | Claim::EveryTargetMayBeInvoked(_) => None,
        };
        Self {
            kind: claim.into(),
            claim: claim.to_string(),
            principal,
            result,
            witness: witness.map(|witness| witness_value(witness)),
            request: witness.map(|witness| witness.request.clone()),
            explanation: None,
            reasons,
        }
    }
}

impl From<&Claim> for ClaimKind {
    fn from(claim: &Claim) -> Self {
        match claim {
            Claim::OnlyTrustedMayAssume => Self::OnlyTrusted,
            Claim::OnlyWithExternalId(_) | Claim::OthersOnlyWithExternalId(_) => Self::ExternalId,
            Claim::MayAssume(_) | Claim::MayAssumeUnderConditions(_) => Self::MayAssume,
            Claim::OnlyTargetsMayBeInvoked => Self::OnlyTargets,
            Claim::EveryTargetMayBeInvoked(_) => Self::EveryTarget,
        }
    }
}

impl ClaimView {
    /// A claim that could not be put to the prover.
    pub fn undecided(kind: ClaimKind, claim: &str, reasons: Vec<String>) -> Self {
        Self::reasoned(kind, claim.to_owned(), Outcome::Unknown, reasons)
    }

    /// A claim that was decided, or not, for reasons in words.
    pub fn reasoned(kind: ClaimKind, claim: String, result: Outcome, reasons: Vec<String>) -> Self {
        Self {
            kind,
            claim,
            principal: None,
            result,
            witness: None,
            request: None,
            explanation: None,
            reasons,
        }
    }
}

impl From<&Finding> for FindingView {
    fn from(Finding { id, document, statement, message, fix, witness }: &Finding) -> Self {
        let place = statement.as_ref().map(|place| {
            let sid =
                place.sid.as_deref().map(|sid| format!(" `{}`", sid.escape_debug())).unwrap_or_default();
            format!("statement {}{sid} of {document}", place.index + 1)
        });
        Self {
            id: id.to_string(),
            severity: id.severity().to_string(),
            statement: place,
            message: message.clone(),
            why: id.why().to_owned(),
            reference: id.reference().to_owned(),
            fix: fix.clone(),
            witness: witness.as_ref().map(witness_value),
        }
    }
}

/// The witness as a complete request, in the words of the case files of `simulate`.
fn witness_value(Witness { request, sentence }: &Witness) -> Value {
    let Request { principal, action, resource, resource_account, context } = request;
    let mut keys = Map::new();
    for (key, value) in context.iter() {
        let value = match value {
            ContextValue::Absent => Value::Null,
            ContextValue::One(value) => Value::from(value.as_str()),
            ContextValue::Many(values) => Value::from(values.as_slice()),
        };
        keys.insert(key.written().to_owned(), value);
    }
    let mut object = json!({"resource": resource});
    if let (Some(account), Some(members)) = (resource_account, object.as_object_mut()) {
        members.insert("accountId".to_owned(), account.as_str().into());
    }
    json!({
        "sentence": sentence,
        "principal": principal.to_string(),
        "action": action,
        "resource": object,
        "context": keys,
    })
}

/// The proofs of every role in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ProofView {
    /// What the file is, and what it is called.
    pub source: String,
    /// Its roles.
    pub roles: Vec<RoleProof>,
}

/// The proof of a role, or of a document by itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoleProof {
    /// What became of it.
    pub result: Outcome,
    /// What the file calls the role; a document by itself has no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What was claimed.
    pub claims: Vec<ClaimView>,
    /// What was found beside the claims.
    pub findings: Vec<FindingView>,
    /// What was taken for granted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl RoleProof {
    /// The proof of a role. Any finding that is more than a note refutes it, as a broken claim does: no claim is about
    /// session tags, say, and still nobody means to let strangers choose them.
    pub fn new(
        role: Option<String>,
        claims: Vec<ClaimView>,
        findings: &[Finding],
        notes: Vec<String>,
    ) -> Self {
        let is_grave = |finding: &Finding| match finding.id.severity() {
            Severity::Note => false,
            Severity::Warning | Severity::Error => true,
        };
        let any = |result| claims.iter().any(|claim| claim.result == result);
        let result = if any(Outcome::Refuted) || findings.iter().any(is_grave) {
            Outcome::Refuted
        } else if any(Outcome::Unknown) || claims.is_empty() {
            Outcome::Unknown
        } else {
            Outcome::Proved
        };
        Self { result, role, claims, findings: findings.iter().map(FindingView::from).collect(), notes }
    }
}

impl ProofView {
    fn number_of(&self, result: Outcome) -> usize {
        self.roles.iter().filter(|role| role.result == result).count()
    }

    /// What became of all of them.
    pub fn result(&self) -> Outcome {
        match (self.number_of(Outcome::Refuted), self.number_of(Outcome::Unknown)) {
            (0, 0) => Outcome::Proved,
            (0, _) => Outcome::Unknown,
            (_, _) => Outcome::Refuted,
        }
    }

    /// The exit code that the result asks for.
    pub fn exit(&self) -> ExitCode {
        match self.result() {
            Outcome::Proved => ExitCode::Success,
            Outcome::Refuted => ExitCode::Refuted,
            Outcome::Unknown => ExitCode::Inconclusive,
        }
    }

    /// A block for each role, and how it ended.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for RoleProof { result: _, role, claims, findings, notes } in &self.roles {
            let title = match role {
                Some(role) => format!("{role} ({})", self.source),
                None => self.source.clone(),
            };
            let (claims, findings) = (claims.clone(), findings.clone());
            text += &VerificationView { claims, findings, ..VerificationView::default() }
                .to_text(&title, Evidence::OfRefutations);
            for note in notes {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "  {DIMMED}note: {note}{DIMMED:#}");
            }
            text.push('\n');
        }
        let words =
            [(Outcome::Proved, "proved"), (Outcome::Refuted, "refuted"), (Outcome::Unknown, "unknown")];
        match self.roles.len() {
            1 => {
                let word =
                    words.iter().find(|(result, _)| *result == self.result()).map_or("", |(_, word)| word);
                let _ = writeln!(text, "{BOLD}Result: {word}{BOLD:#}");
            }
            roles => {
                let numbers: Vec<String> = words
                    .iter()
                    .map(|(result, word)| (self.number_of(*result), word))
                    .filter(|(number, _)| *number > 0)
                    .map(|(number, word)| format!("{number} {word}"))
                    .collect();
                let _ =
                    writeln!(text, "{BOLD}{}: {}{BOLD:#}", count(roles, "role", "roles"), numbers.join(", "));
            }
        }
        text
    }

    /// One role as it is; several under `roles`, beside the result of all.
    pub fn to_json(&self) -> String {
        let value = match self.roles.as_slice() {
            [role] => json!(role),
            roles => json!({ "result": self.result(), "roles": roles }),
        };
        format!("{value:#}\n")
    }
}
