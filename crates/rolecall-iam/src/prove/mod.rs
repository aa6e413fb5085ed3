//! Proofs about a role: who can assume it, and what a session of it can do, decided for *every* request.
//!
//! A claim is proved, refuted by a request that the evaluator confirms, or unknown with the reason. Nothing is decided on
//! examples. Callers are products of languages ([`caller`]), and so are actions and resources; each other condition key is
//! a variable whose values the conditions cut into finitely many classes ([`variable`]). Statements narrow these
//! ([`rule`], [`names`], [`reading`]). One search ([`solve`]) finds a request that some statements match and
//! others do not, or shows that there is none; [`question`], [`trust`], [`permission`] and [`targets`] put the claims to it.
//!
//! Invariants: what a key is for a caller comes from the table in [`crate::keys`], the truth of a condition for a class from
//! the evaluator's own code, what a resource covers from [`crate::coverage`]: nothing is read a second time here. What
//! the evaluator does not know is never part of a proof, and what cannot be expressed is unknown. Cost is bounded: a
//! document with more cases than the bound gives "unknown".
//! Deliberately absent: findings with names and fixes ([`super::lint`]) and the caller's side of assuming a role.

mod actions;
#[cfg(test)]
mod agreement;
mod caller;
mod claim;
mod domain;
mod excess;
mod family;
mod linked;
mod mentioned;
mod names;
mod permission;
mod question;
pub(crate) mod readable;
mod reading;
mod rule;
mod solve;
mod strings;
mod targets;
mod trust;
mod variable;
mod words;

pub use claim::{Claim, ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, Witness};
pub use permission::prove_permissions;
pub use trust::prove_trust;

pub(crate) use names::Group;
pub(crate) use permission::{Placed, Session};
pub(crate) use question::{IdRule, Outcome, Question, Trust, Who};
pub(crate) use trust::PROOF_BUDGET;
