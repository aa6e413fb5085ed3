//! Proofs about policies: who can call, and what a session of a role can do, decided for *every* request.
//!
//! An answer is proved, refuted by a request that the evaluator confirms, or unknown with the reasons ([`Proof`]).
//! Nothing is decided on examples.
//!
//! | question | asked of |
//! |---|---|
//! | is every request of these callers refused? | [`ResourcePolicy::prove_refused`], with a [`Question`] |
//! | is every request of this principal allowed? | [`ResourcePolicy::prove_allowed`] |
//! | is every call of this action on this resource refused? | [`Session::prove_refused`] |
//! | which requests for this action are allowed, and which are not? | [`Session::weigh`] |
//! | does one policy allow no more than others? | [`proves_trust_within`], [`proves_permissions_within`] |
//! | who reaches a function without the role? | [`passages`], of its policies |
//! | does the role do what it is meant for? | [`prove_trust`], [`prove_permissions`], with a [`RoleIntent`] |
//! | can anybody else assume the role, whatever its trust policy says? | [`prove_guardrail`], with a [`GuardrailIntent`] |
//! | can whoever makes the role get beyond what it is for? | [`prove_provisioner`], with a [`ProvisioningIntent`] |
//!
//! The first three know nothing of what a role is for. The others put them together to claims about a role that a third
//! party assumes.
//!
//! ```
//! use rolecall_iam::document::Document;
//! use rolecall_iam::prove::{NamedDocument, Permissions, Proof, Session};
//!
//! let policy = Document::parse(
//!     r#"{"Version": "2012-10-17", "Statement": [
//!         {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::reports/*"},
//!         {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}]}"#,
//! )?;
//! let permissions =
//!     Permissions { identity: vec![NamedDocument { name: "reports", document: &policy }], boundary: None };
//! let session = Session::new(&permissions, None);
//! assert_eq!(session.prove_refused("s3:Delete*", "*"), Proof::Proved);
//! let Proof::Refuted(witness) = session.prove_refused("s3:Put*", "*") else { panic!("not refuted") };
//! assert!(witness.sentence.starts_with("a session of the role can call `s3:PutObject` on `arn:aws:s3:::reports/"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! How it works: callers are products of languages (`caller`), and so are actions and resources. Each other condition key
//! is a variable, and the conditions cut its values into finitely many classes (`variable`). Statements narrow these
//! (`rule`, `names`, `reading`). One search (`solve`) finds a request that some statements match and others do not, or
//! shows that there is none. `policy`, `allowed` and `session` put questions to it; `trust`, `phase`, `permission`,
//! `excess`, `targets`, `uses` and `function` state the claims, `guardrail` those that hold for every trust policy.
//!
//! Invariants: what a key is for a caller comes from one table, the truth of a condition for a class from the
//! evaluator's own code: nothing is read a second time here. What the evaluator does not know is never part of a proof,
//! and what cannot be expressed is unknown. Cost is bounded: a document with more cases than the bound gives "unknown".
//!
//! Deliberately absent: findings with names and fixes ([`crate::lint`]) and the caller's side of assuming a role.

mod actions;
#[cfg(test)]
mod agreement;
mod allowance;
mod allowed;
mod answer;
mod caller;
mod chain;
mod claim;
mod domain;
mod every;
mod excess;
mod family;
mod function;
mod guardrail;
mod linked;
mod mentioned;
mod names;
mod permission;
mod phase;
mod policy;
mod question;
pub(crate) mod readable;
mod reading;
mod rule;
mod services;
mod session;
mod solve;
mod strings;
mod targets;
mod tokens;
mod trust;
mod uses;
mod variable;
mod ways;
mod weigh;
mod within;
mod words;

pub use allowance::{Allowance, Use, UseError};
pub use answer::{Proof, Witness};
pub use chain::{ASSUMPTIONS, ProvisioningIntent, Reach, RequiredBoundary, prove_provisioner};
pub use claim::{Claim, ClaimResult, FurtherId, NamedDocument, Permissions, RoleIntent};
pub use function::{
    FunctionPolicy, INVOKES, Passage, UrlAccess, admitted_services, grants_to_role, only_through_role,
    passages,
};
pub use guardrail::{GUARDRAIL_SCOPE, GuardrailClaim, GuardrailIntent, GuardrailResult, prove_guardrail};
pub use names::Group;
pub use permission::{prove_boundary, prove_permissions};
pub use policy::ResourcePolicy;
pub use question::{Callers, ExternalIds, Question, Values};
pub use session::Session;
pub use tokens::{TokenHolders, Unlisted};
pub use trust::prove_trust;
pub use weigh::{Concern, Resources, Weighed};
pub use within::{proves_permissions_within, proves_trust_within};

pub(crate) use policy::{Outcome, PROOF_BUDGET};
pub(crate) use session::Placed;
pub(crate) use trust::RoleTrust;
