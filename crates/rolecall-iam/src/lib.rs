//! The IAM language as values: documents, callers, requests, decisions. Pure: no async, no I/O, no clock, no environment;
//! it knows no other room of the house.
//!
//! The path of a question:
//!
//! | step | here |
//! |---|---|
//! | names at the edge | [`arn`]: `RoleName`, `ExternalId`, `AccountId`, `RoleArn`, `FunctionArn`, … |
//! | a policy as text or JSON | [`document`]: `Document::parse`, `parse_bytes`, `from_value`, `to_value`, `statements` |
//! | who calls | [`principal`]: `Principal` (from an ARN or a service's name); who is named: [`principal::element`] |
//! | what else the request has | [`context`]: `Context`, `ContextKey` |
//! | the answer | [`evaluate`]: `Request`, `Layers`, `evaluate`, `evaluate_trust` → `Evaluation`, `Decision` |
//! | the answer in words | [`explain`]: `explain`, `explain_trust`, `reason` → `Explanation`, a tree |
//! | formatting is not drift | [`canonical`]: `Document::canonical`, `Document::equivalent` |
//! | what IAM refuses to store | [`quota`]: `Document::size`, `check_trust_grammar`, `check_identity_grammar` |
//! | policy unit tests | [`simulate`]: `parse` → `Case`, `Case::run` → `Outcome` |
//! | wildcard languages | [`pattern`] |
//! | a claim about every request | [`prove`] |
//!
//! The parts of a statement: `Statement { sid, effect, principal, action, resource, conditions }`, with
//! `Clause { negated, values }` for an element or its complement, [`condition::Condition`] for each operator and key,
//! and [`text::PolicyText`] for values with wildcards and variables. [`truth::Truth`] is the three-valued answer that
//! everything here gives; its order is `False < Unknown < True`.
//!
//! Semantics to know when cutting requests into classes:
//!
//! - Condition keys are equal whatever their case, the tag key after the slash included.
//! - A key is stated, stated to be absent (`ContextValue::Absent`), derived from the principal, or absent.
//!   `aws:userid` of a user or role cannot be derived: it is unknown until stated. Keys of which AWS does not say whether
//!   such a caller has them are unknown until stated, too.
//! - An operator on a key of another type (`NumericEquals` on `aws:PrincipalAccount`) is unknown: the guide says nothing
//!   about it.
//! - `ForAllValues` over nothing but empty strings holds.
//! - A key with several values under an operator without `ForAnyValue` or `ForAllValues` matches nothing.
//! - A call for a role whose context has session tags, a source identity or a trusted context needs `sts:TagSession`,
//!   `sts:SetSourceIdentity` or `sts:SetContext` too (`Evaluation::implied`); these do not see `sts:ExternalId`.

pub mod arn;
pub mod canonical;
pub mod condition;
pub mod context;
mod coverage;
pub mod document;
pub mod evaluate;
pub mod explain;
mod keys;
pub mod lint;
pub mod pattern;
pub mod principal;
pub mod prove;
pub mod quota;
pub mod simulate;
pub mod text;
pub mod truth;
