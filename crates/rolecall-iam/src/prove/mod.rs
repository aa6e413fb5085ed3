//! Proofs about a role: who can assume it, and what a session of it can do, decided for *every* request.
//!
//! A claim is proved, refuted by a request that the evaluator confirms, or unknown with the reason. It is exact because
//! only finitely much can be told apart: each condition key is a variable, the conditions that ask about it cut its
//! values and its absence into finitely many classes ([`variable`]), callers are cut in the same way ([`callers`]),
//! and actions and resources are regular languages ([`rule`]). One search ([`solve`]) finds a request that some
//! statements match and others do not, or shows that there is none; [`question`], [`trust`], [`permission`] and [`targets`]
//! put the claims to it.
//!
//! Invariants: the truth of a condition for a class always comes from the evaluator's own code, never from a second
//! reading of it here. What the evaluator does not know is never part of a proof. Cost is bounded: a document with more
//! cases than the bound gives "unknown".
//! Deliberately absent: findings with names and fixes ([`super::lint`]) and the caller's side of assuming a role.

mod callers;
mod claim;
mod domain;
mod family;
mod linked;
mod permission;
mod question;
pub(crate) mod readable;
mod rule;
mod solve;
mod targets;
mod trust;
mod variable;
mod words;

pub use claim::{Claim, ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, Witness};
pub use permission::prove_permissions;
pub use trust::prove_trust;

pub(crate) use permission::{Placed, Session};
pub(crate) use question::{IdRule, Outcome, Question, Trust};
pub(crate) use trust::PROOF_BUDGET;
