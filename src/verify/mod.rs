//! Is the role what it should be? [`paper`] decides from the documents that AWS holds; [`live`] asks AWS itself about the
//! real role, and [`twin`] about a throw-away copy that trusts us in the place of Genesys Cloud.
//!
//! They are kept apart because they show different things: the documents decide for every caller, a probe shows only
//! what AWS answers to the one caller that we are. A proof that somebody may is a proof that the role's side
//! allows it, and as far as [`organization`] could be read, that its policies do. [`analysers`] are AWS's own second opinion
//! on the documents, [`functions`] are ways past the role. [`steady`] is how AWS is asked where its answers change,
//! `expect` what it should answer. Only [`twin`] writes, and never to the role itself.
//!
//! What all of them find is a [`Verification`]: typed values, from which the exit code and the objections of the [`gate`] are
//! computed. `report` makes of it what people and programs read.

mod absent;
pub mod action_test;
pub mod analysers;
pub mod analysis;
pub mod attempt;
mod expect;
mod explain;
pub mod explain_error;
pub mod finding;
pub mod foreign_change;
pub mod functions;
pub mod gate;
pub mod genesys_fault;
pub mod guardrail;
mod held;
pub mod holder;
pub mod inventory;
pub mod live;
pub mod live_organization;
pub mod metrics;
pub mod note;
pub mod organization;
mod other_accounts;
mod paper;
pub mod policy_case;
pub mod probe;
pub mod repair;
pub mod second;
mod session;
pub mod steady;
pub mod twin;
pub mod verification;

use std::fmt;
use std::time::Duration;

pub use absent::{of_what_exists, without_role};
pub use explain::explain;
pub use held::{OrganizationLevel, is_broken_by};
pub use paper::{claims, paper, read};
pub use rolecall_prove::{claim, decide, findings, role_proof};
pub use verification::Verification;

use crate::iam::arn::{PolicyArn, RoleName};
use crate::observe::aws::{InlinePolicy, Observed, ObservedBoundary, ObservedPolicy, Part};
use crate::observe::ownership::{Owner, owner};
use crate::observe::survey::Survey;
use crate::plan::aws::Foreign;
use rolecall_model::stored::StoredDocument;

/// The shortest session that STS gives.
const SESSION: Duration = Duration::from_secs(900);

/// Which of a role's policies it is; as text, what messages call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyId {
    Managed(PolicyArn),
    /// An inline policy, by what messages call it.
    Inline(String),
}

impl PolicyId {
    /// Whether it is this managed policy.
    #[must_use]
    pub fn is(&self, policy: &PolicyArn) -> bool {
        match self {
            Self::Managed(arn) => arn == policy,
            Self::Inline(_) => false,
        }
    }
}

impl fmt::Display for PolicyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Managed(arn) => arn.fmt(f),
            Self::Inline(name) => f.write_str(name),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolePolicy {
    pub id: PolicyId,
    /// The document; `None` where AWS does not show it.
    pub document: Option<StoredDocument>,
    /// Whether somebody else put it there.
    pub foreign: bool,
    /// How many principals have it, where that is known.
    pub attachments: Option<u32>,
}

impl RolePolicy {
    fn managed(policy: &ObservedPolicy, role: &RoleName) -> Self {
        Self {
            id: PolicyId::Managed(policy.arn.clone()),
            document: policy.document.clone(),
            foreign: owner(policy, role) == Owner::Foreign,
            attachments: u32::try_from(policy.attachment_count).ok(),
        }
    }

    /// rolecall makes no inline policies, so each is somebody else's.
    fn inline(InlinePolicy { name, document }: &InlinePolicy) -> Self {
        Self {
            id: PolicyId::Inline(format!("inline policy `{name}`")),
            document: Some(document.clone()),
            foreign: true,
            attachments: None,
        }
    }
}

/// All the documents that decide who may assume the role and what it may then do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// The trust policy.
    pub trust: StoredDocument,
    /// The longest session in seconds.
    pub max_session_duration: u32,
    /// The managed and inline policies on the role.
    pub identity: Vec<RolePolicy>,
    /// The permissions boundary.
    pub boundary: Option<ObservedBoundary>,
    /// Why there may be more that decides what a session can do; empty where everything was read.
    pub unread: Vec<String>,
}

impl Documents {
    /// As AWS holds them; `None` where there is no role.
    pub fn observed(observed: &Observed, name: &RoleName) -> Option<Self> {
        let role = observed.role.as_ref()?;
        let attached = observed.policies.iter().filter(|policy| policy.attached);
        let managed = attached.map(|policy| RolePolicy::managed(policy, name));
        let inline = observed.inline.iter().map(RolePolicy::inline);
        Some(Self {
            trust: role.trust.clone(),
            max_session_duration: role.max_session_duration,
            identity: managed.chain(inline).collect(),
            boundary: observed.boundary.clone(),
            unread: Vec::new(),
        })
    }

    /// The role of a survey, as AWS has it; `None` where there is no role. If another tool makes the role, no policy is foreign: what
    /// matters is what all of them allow together.
    pub fn surveyed(survey: &Survey) -> Option<Self> {
        let Survey { desired, observed, .. } = survey;
        let mut documents = Self::observed(observed, &desired.role.name)?;
        documents.unread = survey.open(Part::Permissions).map(ToString::to_string).collect();
        if desired.managed_by.is_some() {
            documents.identity.iter_mut().for_each(|policy| policy.foreign = false);
        }
        Some(documents)
    }

    /// As they will be once a plan is carried out that leaves these policies of others on the role. If another tool makes the role,
    /// as they are.
    pub fn planned(survey: &Survey, foreign: &[Foreign]) -> Self {
        let is_elsewhere = survey.desired.managed_by.is_some();
        let as_they_are = is_elsewhere.then(|| Self::surveyed(survey)).flatten();
        as_they_are.unwrap_or_else(|| Self::intended(survey, foreign))
    }

    /// As the manifest wants them, with these policies of others.
    pub fn intended(
        Survey { desired, observed, boundary: wanted_boundary, .. }: &Survey,
        foreign: &[Foreign],
    ) -> Self {
        let wanted = desired.policies.iter().map(|(arn, policy)| RolePolicy {
            id: PolicyId::Managed(arn.clone()),
            document: Some(policy.document.clone()),
            foreign: false,
            attachments: None,
        });
        let kept = foreign.iter().filter_map(|foreign| match foreign {
            Foreign::ManagedPolicy { arn } => {
                let policy = observed.policies.iter().find(|policy| policy.arn == *arn)?;
                Some(RolePolicy::managed(policy, &desired.role.name))
            }
            Foreign::InlinePolicy { name } => {
                observed.inline.iter().find(|policy| policy.name == *name).map(RolePolicy::inline)
            }
        });
        let boundary = desired.role.permissions_boundary.as_ref().map(|arn| {
            // One that does not exist is known by its ARN alone.
            let mut read = observed.boundary.iter().chain(wanted_boundary);
            let known = read.find(|known| known.arn == *arn).cloned();
            known.unwrap_or_else(|| ObservedBoundary { arn: arn.clone(), document: None, tags: None })
        });
        Self {
            trust: desired.role.trust.clone(),
            max_session_duration: desired.role.max_session_duration,
            identity: wanted.chain(kept).collect(),
            boundary,
            unread: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter::successors;

    use rolecall_model::handover::CLAIMS;

    use super::claim::ClaimKind;

    /// Who adds a kind does not compile this, and then writes its name into `CLAIMS`.
    fn next(kind: ClaimKind) -> Option<ClaimKind> {
        match kind {
            ClaimKind::OnlyTrusted => Some(ClaimKind::ExternalId),
            ClaimKind::ExternalId => Some(ClaimKind::MayAssume),
            ClaimKind::MayAssume => Some(ClaimKind::OnlyTargets),
            ClaimKind::OnlyTargets => Some(ClaimKind::EveryTarget),
            ClaimKind::EveryTarget => Some(ClaimKind::Boundary),
            ClaimKind::Boundary => Some(ClaimKind::OnlyThroughRole),
            ClaimKind::OnlyThroughRole => Some(ClaimKind::Organization),
            ClaimKind::Organization => None,
        }
    }

    #[test]
    fn a_hand_over_file_knows_the_names_of_all_claims_and_no_others() {
        let kinds = successors(Some(ClaimKind::OnlyTrusted), |kind| next(*kind));
        assert_eq!(kinds.map(ClaimKind::id).collect::<Vec<_>>(), CLAIMS);
    }
}
