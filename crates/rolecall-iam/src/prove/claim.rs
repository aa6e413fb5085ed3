//! What is claimed about a role, and what became of the claim.

use std::fmt;

use jiff::Timestamp;

use super::allowance::Allowance;
use super::answer::Proof;
use crate::arn::{ExternalId, FunctionArn, RoleArn};
use crate::document::Document;
use crate::principal::Principal;

/// What a role is meant for. What is left out is taken from the documents themselves as far as that makes sense; the
/// claims then say less.
#[derive(Debug, Clone, Default)]
pub struct RoleIntent {
    /// The role.
    pub role: Option<RoleArn>,
    /// Who may assume it: the root of an account stands for the whole account. Empty where it is not stated.
    pub trusted: Vec<Principal>,
    /// The external ID that must be passed.
    pub external_id: Option<ExternalId>,
    /// Others that may be passed in its place. They count only beside it.
    pub further_ids: Vec<FurtherId>,
    /// The functions that a session may invoke, each in the form in which it is called. `None` where not stated.
    pub targets: Option<Vec<FunctionArn>>,
    /// What a session may do besides. With it, targets that are not stated are none.
    pub allowance: Option<Allowance>,
}

/// An external ID that may be passed in place of the first one: that of another organization of the same customer, say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FurtherId {
    /// The ID.
    pub id: ExternalId,
    /// From then on it may not be passed any more.
    pub until: Option<Timestamp>,
}

impl RoleIntent {
    /// All external IDs that may be passed, the first one first.
    pub(crate) fn external_ids(&self) -> Vec<String> {
        let further = self.further_ids.iter().map(|further| &further.id);
        let mut ids: Vec<String> = Vec::new();
        for id in self.external_id.iter().chain(further.filter(|_| self.external_id.is_some())) {
            if !ids.iter().any(|known| known == id.as_str()) {
                ids.push(id.to_string());
            }
        }
        ids
    }

    /// Whether it says what a session may do.
    #[must_use]
    pub fn states_permissions(&self) -> bool {
        self.targets.is_some() || self.allowance.is_some()
    }
}

/// A document with the name under which people know it.
#[derive(Debug, Clone, Copy)]
pub struct NamedDocument<'d> {
    /// The name of the policy, or of the file.
    pub name: &'d str,
    /// The document.
    pub document: &'d Document,
}

/// Everything that decides what a session of the role may do, on the side of its account.
#[derive(Debug, Clone, Default)]
pub struct Permissions<'d> {
    /// Managed and inline policies of the role.
    pub identity: Vec<NamedDocument<'d>>,
    /// The permissions boundary; `None` limits nothing.
    pub boundary: Option<NamedDocument<'d>>,
}

/// Something that is claimed about a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Nobody but the trusted principals may assume the role.
    OnlyTrustedMayAssume,
    /// The trusted principals may assume it with exactly this external ID and not otherwise; `None` where neither the intent
    /// nor the documents name one.
    OnlyWithExternalId(Option<String>),
    /// The same of every principal of another account, where nobody stated who is trusted.
    OthersOnlyWithExternalId(Option<String>),
    /// The trusted principals may assume it with one of these external IDs and not otherwise; or, where nobody stated who is
    /// trusted, the principals of other accounts.
    OnlyWithOneOf {
        /// The IDs.
        ids: Vec<String>,
        /// It is claimed of principals of other accounts.
        others: bool,
    },
    /// From a point in time on this external ID is none of them.
    NoLongerWith {
        /// The ID.
        id: ExternalId,
        /// The point in time.
        until: Timestamp,
    },
    /// This principal may assume the role with this further external ID, whatever else its request has.
    MayAssumeWith {
        /// The principal.
        principal: Principal,
        /// The ID.
        further: FurtherId,
    },
    /// This principal may assume the role with the external ID, whatever else its request has.
    MayAssume(Principal),
    /// Some request of this principal, whom the documents name, is allowed, and others are not.
    MayAssumeUnderConditions(Principal),
    /// A session may do nothing but invoke the targets.
    OnlyTargetsMayBeInvoked,
    /// A session may do nothing but what is stated, be it the invocation of a target or something else.
    OnlyStatedMayBeDone,
    /// A session may invoke each of the targets, of which there are so many.
    EveryTargetMayBeInvoked(usize),
    /// A session may do all that is stated besides, so many actions on their resources.
    EveryStatedMayBeDone(usize),
    /// The permissions boundary by itself allows nothing but what the role is meant for.
    BoundaryAllowsNoMore,
    /// Nobody outside the account reaches a target past the role, but for the stated invokers.
    OnlyThroughRole,
}

impl fmt::Display for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnlyTrustedMayAssume => {
                write!(formatter, "nobody but the trusted principals can assume the role")
            }
            Self::OnlyWithExternalId(Some(id)) => {
                write!(
                    formatter,
                    "the trusted principals can assume the role only with the external ID `{id}`"
                )
            }
            Self::OnlyWithExternalId(None) => {
                write!(formatter, "the trusted principals cannot assume the role without an external ID")
            }
            Self::OthersOnlyWithExternalId(Some(id)) => write!(
                formatter,
                "principals of other accounts can assume the role only with the external ID `{id}`"
            ),
            Self::OthersOnlyWithExternalId(None) => {
                write!(
                    formatter,
                    "no principal of another account can assume the role without an external ID"
                )
            }
            Self::OnlyWithOneOf { ids, others } => {
                let whom = if *others { "principals of other accounts" } else { "the trusted principals" };
                write!(
                    formatter,
                    "{whom} can assume the role only with one of the external IDs `{}`",
                    ids.join("`, `")
                )
            }
            Self::NoLongerWith { id, until } => write!(
                formatter,
                "from {until} on nobody of another account can assume the role with the external ID `{id}`"
            ),
            Self::MayAssumeWith { principal, further: FurtherId { id, until } } => {
                write!(formatter, "`{principal}` can assume the role with the external ID `{id}`")?;
                until.map_or(Ok(()), |until| write!(formatter, " until {until}"))
            }
            Self::MayAssume(principal) => write!(formatter, "`{principal}` can assume the role"),
            Self::MayAssumeUnderConditions(principal) => {
                write!(
                    formatter,
                    "`{principal}` can assume the role under the conditions of the trust policy"
                )
            }
            Self::OnlyTargetsMayBeInvoked => {
                write!(formatter, "a session can do nothing but invoke the target functions")
            }
            Self::OnlyStatedMayBeDone => {
                write!(formatter, "a session can do nothing but the stated actions on the stated resources")
            }
            Self::EveryStatedMayBeDone(1) => {
                write!(formatter, "a session can do the stated action on the stated resource")
            }
            Self::EveryStatedMayBeDone(count) => {
                write!(formatter, "a session can do each of the {count} stated actions on its resource")
            }
            Self::EveryTargetMayBeInvoked(1) => write!(formatter, "a session can invoke the target function"),
            Self::EveryTargetMayBeInvoked(count) => {
                write!(formatter, "a session can invoke each of the {count} target functions")
            }
            Self::BoundaryAllowsNoMore => {
                write!(formatter, "the permissions boundary allows nothing but what the role is for")
            }
            Self::OnlyThroughRole => {
                write!(formatter, "nobody outside the account reaches a target function without the role")
            }
        }
    }
}

/// A claim with its proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimResult {
    /// What is claimed.
    pub claim: Claim,
    /// What became of it.
    pub result: Proof,
}
