//! Findings: the known ways in which such a role goes wrong, each with its name, its cause and its cure.
//!
//! A finding comes from the prover and the evaluator wherever a request can show it: a missing external ID is found by
//! the request that succeeds without one, and that request is the finding's witness. The few that are about the text
//! itself, or about facts outside the documents, say so ([`Basis`]).
//!
//! ```
//! use rolecall_iam::document::Document;
//! use rolecall_iam::lint::{FindingId, TrustFacts, lint_trust};
//! use rolecall_iam::prove::{NamedDocument, RoleIntent};
//!
//! let document = Document::parse(
//!     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
//!         "Principal": {"AWS": "999999999999"}, "Condition": {"StringEqualsIfExists": {"sts:ExternalId": "b7f3-41"}}}}"#,
//! )?;
//! let policy = NamedDocument { name: "trust.json", document: &document };
//! let findings = lint_trust(&policy, &RoleIntent::default(), &TrustFacts::default());
//! assert_eq!(findings[0].id, FindingId::T3);
//! assert_eq!(findings[0].id.summary(), "the external ID is checked only if one is passed");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Invariant: a document of the shipped shape has no finding.
//! Deliberately absent: whether a finding stops anything. That is decided where findings are shown.

mod catalogue;
mod edit;
mod external_id;
mod fail_on;
mod function;
mod grammar;
mod mend;
mod permissions;
mod remedy;
mod shared_ids;
mod trust;

use std::sync::Arc;

pub use catalogue::{Basis, FindingId, NoSuchFinding, Severity};
pub use edit::{Change, Edit, Remedy};
pub use external_id::guessable;
pub use fail_on::{FailOn, NoSuchSeverity};
pub use function::{AliasTarget, FunctionFacts, lint_function};
pub use grammar::{lint_identity_grammar, lint_trust_grammar};
pub use permissions::{PolicyFacts, lint_permissions};
pub use remedy::Edits;
pub use shared_ids::{KnownRole, SharedIds};
pub use trust::{TrustFacts, lint_trust};

use super::document::Document;
use super::prove::Witness;

/// A statement of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementPlace {
    /// Its place in the document, from zero.
    pub index: usize,
    /// Its id, where it has one.
    pub sid: Option<Arc<str>>,
}

impl StatementPlace {
    fn of(document: &Document, index: usize) -> Self {
        Self { index, sid: document.statements().get(index).and_then(|statement| statement.sid.clone()) }
    }
}

/// Something that should be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of fault it is; severity, reason and reference follow from it.
    pub id: FindingId,
    /// The name of the document, or of the thing that has the fault.
    pub document: String,
    /// The statement, where it is about one.
    pub statement: Option<StatementPlace>,
    /// What was found, in one line.
    pub message: String,
    /// What to do about it, in one line.
    pub fix: String,
    /// The same as edits of the document, where they follow from the document and the intent.
    pub remedy: Option<Remedy>,
    /// A request that shows it, which the evaluator has confirmed.
    pub witness: Option<Witness>,
}
