//! What is claimed of a role, what became of each claim, and what shows it.
//!
//! Invariants: a claim that is refuted or undecided says why; only a claim that the prover refuted has a witness.
//! Deliberately absent: sentences for readers, which [`words`](crate::words) makes. The sentence of a witness and the reasons of
//! the prover are its own.

use schemars::JsonSchema;
use serde::Serialize;

use rolecall_iam::evaluate::Request;
use rolecall_iam::explain::Explanation;
use rolecall_iam::principal::Principal;
use rolecall_iam::prove::{self, ClaimResult, Proof, Witness};

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Outcome")]
pub enum ClaimOutcome {
    /// It holds for every request.
    Proved,
    /// A request breaks it.
    Refuted,
    /// It could not be decided.
    Unknown,
}

/// What a claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimKind {
    /// Only the trusted principals can assume the role.
    OnlyTrusted,
    /// They can with the external ID and not otherwise.
    ExternalId,
    /// One of them really can.
    MayAssume,
    /// A session can do nothing but invoke the targets.
    OnlyTargets,
    /// It really can invoke them.
    EveryTarget,
    /// The permissions boundary by itself allows nothing but what the role is for.
    Boundary,
    /// Nobody outside the account reaches a target without the role.
    OnlyThroughRole,
    /// No policy of the organization stands in the way of any of it.
    Organization,
}

impl ClaimKind {
    /// The name in files and on the command line.
    pub fn id(self) -> &'static str {
        match self {
            Self::OnlyTrusted => "only-trusted",
            Self::ExternalId => "external-id",
            Self::MayAssume => "may-assume",
            Self::OnlyTargets => "only-targets",
            Self::EveryTarget => "every-target",
            Self::Boundary => "boundary",
            Self::OnlyThroughRole => "only-through-role",
            Self::Organization => "organization",
        }
    }
}

/// What exactly is claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proposition {
    /// A claim that the prover decides.
    Provable(prove::Claim),
    /// Which callers can assume the role, if the prover could not read the trust policy.
    WhoCanAssume,
    /// What a session can do, where no permissions could be put to the prover.
    WhatSessionsCanDo,
    /// That no policy of the organization denies what the role is for.
    OrganizationAgrees,
    /// That one of the roles in a file is the one that was stated.
    OneRoleIsMeant {
        /// What was stated of it, in words.
        stated: String,
        /// What the most of it is about.
        kind: ClaimKind,
    },
}

impl Proposition {
    /// What the claim is about.
    pub fn kind(&self) -> ClaimKind {
        match self {
            Self::Provable(claim) => match claim {
                prove::Claim::OnlyTrustedMayAssume => ClaimKind::OnlyTrusted,
                prove::Claim::OnlyWithExternalId(_)
                | prove::Claim::OthersOnlyWithExternalId(_)
                | prove::Claim::OnlyWithOneOf { .. }
                | prove::Claim::NoLongerWith { .. } => ClaimKind::ExternalId,
                prove::Claim::MayAssume(_)
                | prove::Claim::MayAssumeWith { .. }
                | prove::Claim::MayAssumeUnderConditions(_) => ClaimKind::MayAssume,
                prove::Claim::OnlyTargetsMayBeInvoked | prove::Claim::OnlyStatedMayBeDone => {
                    ClaimKind::OnlyTargets
                }
                prove::Claim::EveryTargetMayBeInvoked(_) | prove::Claim::EveryStatedMayBeDone(_) => {
                    ClaimKind::EveryTarget
                }
                prove::Claim::BoundaryAllowsNoMore => ClaimKind::Boundary,
                prove::Claim::OnlyThroughRole => ClaimKind::OnlyThroughRole,
            },
            Self::WhoCanAssume => ClaimKind::OnlyTrusted,
            Self::WhatSessionsCanDo => ClaimKind::OnlyTargets,
            Self::OrganizationAgrees => ClaimKind::Organization,
            Self::OneRoleIsMeant { stated: _, kind } => *kind,
        }
    }

    /// Whether the claim is about what is stated beside functions.
    pub fn states_more(&self) -> bool {
        match self {
            Self::Provable(claim) => match claim {
                prove::Claim::OnlyStatedMayBeDone | prove::Claim::EveryStatedMayBeDone(_) => true,
                prove::Claim::OnlyTrustedMayAssume
                | prove::Claim::OnlyWithExternalId(_)
                | prove::Claim::OthersOnlyWithExternalId(_)
                | prove::Claim::OnlyWithOneOf { .. }
                | prove::Claim::NoLongerWith { .. }
                | prove::Claim::MayAssumeWith { .. }
                | prove::Claim::MayAssume(_)
                | prove::Claim::MayAssumeUnderConditions(_)
                | prove::Claim::OnlyTargetsMayBeInvoked
                | prove::Claim::EveryTargetMayBeInvoked(_)
                | prove::Claim::BoundaryAllowsNoMore
                | prove::Claim::OnlyThroughRole => false,
            },
            Self::WhoCanAssume
            | Self::WhatSessionsCanDo
            | Self::OrganizationAgrees
            | Self::OneRoleIsMeant { .. } => false,
        }
    }

    /// Whether probes try what is claimed: they send the first external ID or a wrong one, and invoke functions.
    pub fn is_probed(&self) -> bool {
        match self {
            Self::Provable(claim) => match claim {
                prove::Claim::OnlyTrustedMayAssume
                | prove::Claim::OnlyWithExternalId(_)
                | prove::Claim::OthersOnlyWithExternalId(_)
                | prove::Claim::OnlyWithOneOf { .. }
                | prove::Claim::MayAssume(_)
                | prove::Claim::MayAssumeUnderConditions(_)
                | prove::Claim::OnlyTargetsMayBeInvoked
                | prove::Claim::OnlyStatedMayBeDone
                | prove::Claim::EveryTargetMayBeInvoked(_) => true,
                prove::Claim::NoLongerWith { .. }
                | prove::Claim::MayAssumeWith { .. }
                | prove::Claim::EveryStatedMayBeDone(_)
                | prove::Claim::BoundaryAllowsNoMore
                | prove::Claim::OnlyThroughRole => false,
            },
            Self::WhoCanAssume
            | Self::WhatSessionsCanDo
            | Self::OrganizationAgrees
            | Self::OneRoleIsMeant { .. } => true,
        }
    }

    /// The principal that the claim is about, if it is about one.
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::Provable(claim) => match claim {
                prove::Claim::MayAssume(principal)
                | prove::Claim::MayAssumeWith { principal, further: _ }
                | prove::Claim::MayAssumeUnderConditions(principal) => Some(principal),
                prove::Claim::OnlyTrustedMayAssume
                | prove::Claim::OnlyWithExternalId(_)
                | prove::Claim::OthersOnlyWithExternalId(_)
                | prove::Claim::OnlyWithOneOf { .. }
                | prove::Claim::NoLongerWith { .. }
                | prove::Claim::OnlyTargetsMayBeInvoked
                | prove::Claim::OnlyStatedMayBeDone
                | prove::Claim::EveryTargetMayBeInvoked(_)
                | prove::Claim::EveryStatedMayBeDone(_)
                | prove::Claim::BoundaryAllowsNoMore
                | prove::Claim::OnlyThroughRole => None,
            },
            Self::WhoCanAssume
            | Self::WhatSessionsCanDo
            | Self::OrganizationAgrees
            | Self::OneRoleIsMeant { .. } => None,
        }
    }
}

/// What a claim is about and AWS does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The role.
    Role,
    /// At least one of the target functions.
    Target,
    /// The permissions boundary that the role should have.
    Boundary,
    /// The ARN that callers were given: the role has another path.
    Arn,
}

/// What became of a claim, with what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It holds for every request.
    Proved,
    /// This request breaks it.
    Refuted(Box<Witness>),
    /// Policies beside the role's break it: of the organization, or of a function in another account. Each reason names the policy.
    Denied {
        /// At least one.
        reasons: Vec<String>,
    },
    /// Nothing in the file is what was stated.
    Unmet {
        /// At least one.
        reasons: Vec<String>,
    },
    /// What it is about does not exist.
    Absent {
        /// What does not exist.
        what: Absent,
        /// Whether the claim cannot hold without it; otherwise there is nothing to decide the claim with.
        is_needed: bool,
        /// At least one.
        reasons: Vec<String>,
    },
    /// It could not be decided.
    Undecided {
        /// Why; at least one.
        reasons: Vec<String>,
    },
}

/// A claim about the role, decided from its documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// What is claimed.
    pub proposition: Proposition,
    /// What became of it.
    pub decided: Decided,
    /// Why the witness gets the answer that it gets, in full, if that was asked for.
    pub explanation: Option<Explanation>,
}

impl Claim {
    /// A claim with what became of it.
    pub fn new(proposition: Proposition, decided: Decided) -> Self {
        Self { proposition, decided, explanation: None }
    }

    /// A claim that could not be put to the prover.
    pub fn undecided(proposition: Proposition, reasons: Vec<String>) -> Self {
        Self::new(proposition, Decided::Undecided { reasons })
    }

    /// What the claim is about.
    pub fn kind(&self) -> ClaimKind {
        self.proposition.kind()
    }

    /// What became of it, without what shows it.
    pub fn outcome(&self) -> ClaimOutcome {
        match self.decided {
            Decided::Proved => ClaimOutcome::Proved,
            Decided::Refuted(_)
            | Decided::Denied { .. }
            | Decided::Unmet { .. }
            | Decided::Absent { is_needed: true, .. } => ClaimOutcome::Refuted,
            Decided::Undecided { .. } | Decided::Absent { is_needed: false, .. } => ClaimOutcome::Unknown,
        }
    }

    /// What does not exist, if that decides the claim.
    pub fn absent(&self) -> Option<Absent> {
        match &self.decided {
            Decided::Absent { what, is_needed: _, reasons: _ } => Some(*what),
            Decided::Proved
            | Decided::Refuted(_)
            | Decided::Denied { .. }
            | Decided::Unmet { .. }
            | Decided::Undecided { .. } => None,
        }
    }

    /// The request that breaks it.
    pub fn witness(&self) -> Option<&Witness> {
        match &self.decided {
            Decided::Refuted(witness) => Some(witness),
            Decided::Proved
            | Decided::Denied { .. }
            | Decided::Unmet { .. }
            | Decided::Absent { .. }
            | Decided::Undecided { .. } => None,
        }
    }

    /// The same as a request alone.
    pub fn request(&self) -> Option<&Request> {
        self.witness().map(|witness| &witness.request)
    }

    /// The reasons in words, where no request shows them.
    pub fn reasons(&self) -> &[String] {
        match &self.decided {
            Decided::Denied { reasons }
            | Decided::Unmet { reasons }
            | Decided::Undecided { reasons }
            | Decided::Absent { what: _, is_needed: _, reasons } => reasons,
            Decided::Proved | Decided::Refuted(_) => &[],
        }
    }

    /// What the witness shows, or why nothing could be decided.
    pub fn because(&self) -> Vec<String> {
        let sentence = self.witness().map(|witness| witness.sentence.clone());
        sentence.into_iter().chain(self.reasons().iter().cloned()).collect()
    }
}

impl From<ClaimResult> for Claim {
    fn from(ClaimResult { claim, result }: ClaimResult) -> Self {
        let decided = match result {
            Proof::Proved => Decided::Proved,
            Proof::Refuted(witness) => Decided::Refuted(witness),
            Proof::Unknown { reasons } => Decided::Undecided { reasons },
        };
        Self::new(Proposition::Provable(claim), decided)
    }
}
