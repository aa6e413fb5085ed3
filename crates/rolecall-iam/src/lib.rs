//! The AWS IAM policy language: documents, an evaluator that explains itself, and proofs about every request.
//!
//! Prove a trust policy. Here nobody but the vendor can assume the role, but a wildcard accepts other external IDs:
//!
//! ```
//! use rolecall_iam::document::Document;
//! use rolecall_iam::prove::{Callers, ExternalIds, Group, Proof, Question, ResourcePolicy};
//!
//! let document = Document::parse(
//!     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
//!         "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
//!         "Condition": {"StringLike": {"sts:ExternalId": "tenant-*"}}}}"#,
//! )?;
//! let policy = ResourcePolicy::of_role(&document, None);
//! let vendor = Group::of(["arn:aws:iam::999999999999:root".parse()?]);
//! assert_eq!(policy.prove_refused(&Question::about(Callers::all().outside(&vendor))), Proof::Proved);
//!
//! let other_ids = Question::about(Callers::all()).with_external_ids(ExternalIds::AnythingBut("tenant-7"));
//! let Proof::Refuted(witness) = policy.prove_refused(&other_ids) else { panic!("the wildcard is open") };
//! assert_eq!(
//!     witness.sentence,
//!     "any principal of account 999999999999 can assume the role with the external ID `tenant-other`, because statement 1 \
//!      allows it and this external ID satisfies its condition `StringLike` on `sts:ExternalId`"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A proof holds for every request: every caller, every external ID, every value of every other condition key. What
//! refutes it is a complete request, which the evaluator has confirmed. What cannot be decided is
//! [`Unknown`](prove::Proof::Unknown), with the reasons, and never a proof.
//!
//! Evaluate one request, and say why:
//!
//! ```
//! use rolecall_iam::context::Context;
//! use rolecall_iam::document::Document;
//! use rolecall_iam::evaluate::{Decision, Layers, Request, evaluate};
//! use rolecall_iam::explain::reason;
//!
//! let policy = Document::parse(
//!     r#"{"Version": "2012-10-17", "Statement": {"Sid": "OfficeOnly", "Effect": "Allow", "Action": "s3:Get*",
//!         "Resource": "arn:aws:s3:::reports/*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}}"#,
//! )?;
//! let layers = Layers { identity: vec![&policy], ..Layers::default() };
//! let request = Request {
//!     principal: "arn:aws:iam::111122223333:user/ada".parse()?,
//!     action: "s3:GetObject".to_owned(),
//!     resource: "arn:aws:s3:::reports/may.csv".to_owned(),
//!     resource_account: None,
//!     context: Context::new().with("aws:SourceIp", "203.0.113.7"),
//! };
//! let evaluation = evaluate(&request, &layers);
//! assert_eq!(evaluation.decision, Decision::Allowed);
//! assert_eq!(reason(&evaluation), "allowed by statement `OfficeOnly` of the caller's identity policies");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is in it:
//!
//! | for | module |
//! |---|---|
//! | names that AWS gives to things, checked: `RoleName`, `ExternalId`, `AccountId`, `RoleArn`, `FunctionArn`, … | [`arn`] |
//! | a policy as text or JSON | [`document`]; a statement's parts in [`principal::element`], [`condition`] and [`text`] |
//! | the caller and the rest of a request | [`principal`], [`context`] |
//! | the answer to one request, also as a tree of reasons | [`evaluate`], [`explain`] |
//! | a question about every request | [`prove`] |
//! | known faults of trust and permission policies, each with a fix | [`lint`] |
//! | policy unit tests | [`simulate`] |
//! | equal in meaning, whatever the formatting | [`canonical`]: `Document::canonical`, `Document::equivalent` |
//! | what IAM refuses to store | [`quota`]: `Document::size`, `check_trust_grammar`, `check_identity_grammar` |
//!
//! [`truth::Truth`] is the three-valued answer that everything here gives; its order is `False < Unknown < True`.
//!
//! Semantics to know when requests are cut into classes:
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
//!
//! Deliberately absent: I/O, a clock, the environment, async code, and any account.

#![warn(missing_docs)]

pub mod arn;
pub mod canonical;
pub mod condition;
pub mod context;
mod coverage;
pub mod document;
pub mod evaluate;
pub mod explain;
pub mod issuer;
mod keys;
pub mod lint;
mod pattern;
pub mod principal;
pub mod prove;
pub mod quota;
pub mod simulate;
pub mod text;
pub mod truth;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
