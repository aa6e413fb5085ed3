//! Claims about a role as SMT-LIB 2 scripts that a solver decides without this crate.
//!
//! A script holds the *negation* of a claim: `unsat` confirms the claim, `sat` is a counterexample. It is translated from
//! the policy documents by code that shares nothing with [`rolecall_iam::prove`], [`rolecall_iam::evaluate`] and
//! `rolecall_iam::pattern`; only the values that documents are parsed into are the same. The parser is therefore the one
//! thing that both trust, and the documents stand in the script's header for comparison.
//!
//! | module | what |
//! |---|---|
//! | `smt` | literals, connectives; the only way of a user's text into a script |
//! | `pattern`, `cut` | wildcards as regular languages, over one string or several |
//! | `keys` | condition keys: type, number of values, which caller's request has them |
//! | `model` | the caller and the keys as declarations |
//! | `principal`, `condition`, `statement` | the elements of a statement |
//! | `trust`, `permission`, `function` | the claims |
//! | `script` | the header and the order of a file |
//!
//! Invariants: what AWS does not document holds in an `Allow` and does not in a `Deny`, and the header lists it. Such a
//! loosening can lose a proof that something is impossible and cannot fake one. A claim that something *is* possible gets a
//! script only where nothing is loosened. Each claim is translated twice, by encodings that are built differently:
//! a mistake in cutting texts up would have to be made twice.

#![warn(missing_docs)]

mod condition;
mod cut;
mod function;
mod keys;
mod model;
mod pattern;
mod permission;
mod principal;
mod script;
mod smt;
mod statement;
mod trust;

use rolecall_iam::arn::{FunctionArn, RoleArn};
use rolecall_iam::document::Document;
use rolecall_iam::principal::Principal;

pub use function::{FunctionPolicy, UrlAccess, function_certificates};
pub use permission::boundary_certificates;
pub use script::{FIRST_LINE, Script};

/// How a script holds the caller's ARN and the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// One string for each part that varies. Patterns over the whole are cut.
    Parts,
    /// One string. Nothing is cut.
    Whole,
}

/// What a script shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The negation of the claim: every check must be `unsat`.
    Proof(Encoding),
    /// The assumptions with a caller who may call: the first check must be `sat`, or the assumptions contradict each other and
    /// prove everything.
    Vacuity,
}

/// What is claimed about a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Claim {
    /// Only the trusted principals can assume the role.
    OnlyTrusted,
    /// They cannot without the external ID.
    OnlyWithExternalId,
    /// The trusted principal with this index can assume the role.
    MayAssume(usize),
    /// A session can do nothing but invoke the targets.
    OnlyTargets,
    /// A session can invoke each target.
    EveryTarget,
    /// The permissions boundary by itself allows nothing but what the role is for.
    Boundary,
    /// Nobody outside the account reaches a function without the role, by the policy with this index.
    OnlyThroughRole(usize),
}

impl Claim {
    /// The claim's name in file names.
    #[must_use]
    pub fn slug(self) -> String {
        match self {
            Self::OnlyTrusted => "only-trusted".to_owned(),
            Self::OnlyWithExternalId => "only-with-external-id".to_owned(),
            Self::MayAssume(index) => format!("may-assume-{}", index + 1),
            Self::OnlyTargets => "only-targets".to_owned(),
            Self::EveryTarget => "every-target".to_owned(),
            Self::Boundary => "boundary".to_owned(),
            Self::OnlyThroughRole(index) => format!("only-through-role-{}", index + 1),
        }
    }
}

/// A document and the name under which people know it.
#[derive(Debug, Clone, Copy)]
pub struct Named<'d> {
    /// The name.
    pub name: &'d str,
    /// The document.
    pub document: &'d Document,
}

/// What decides what a session of the role may do, on the side of its account.
#[derive(Debug, Clone, Default)]
pub struct Policies<'d> {
    /// Managed and inline policies.
    pub identity: Vec<Named<'d>>,
    /// The permissions boundary; `None` limits nothing.
    pub boundary: Option<Named<'d>>,
}

/// What the claims are about.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The role.
    pub role: Option<RoleArn>,
    /// Who may assume it: the root of an account stands for the account. Empty: whoever the trust policy names.
    pub trusted: Vec<Principal>,
    /// The external ID that must be passed; `None`: any will do, but none will not.
    pub external_id: Option<String>,
    /// Others that may be passed in its place.
    pub further_ids: Vec<String>,
    /// The functions that a session may invoke. `None`: those that the policies name in full.
    pub targets: Option<Vec<FunctionArn>>,
    /// What a session may do besides: whatever an `Allow` of this policy matches. With it, targets that are not stated are none.
    pub allowance: Option<Document>,
}

/// The scripts for every claim about a role, as far as its documents are known.
#[must_use]
pub fn certificates(
    trust: Option<Named<'_>>,
    policies: Option<&Policies<'_>>,
    subject: &Subject,
) -> Vec<Script> {
    let mut scripts = Vec::new();
    if let Some(trust) = trust {
        scripts.extend(trust::scripts(trust, subject));
    }
    if let Some(policies) = policies {
        scripts.extend(permission::scripts(policies, subject));
    }
    scripts
}
