//! Desired × observed → the plan. Pure, and the only place that decides anything.
//!
//! A plan carries every argument of every write. An empty plan without foreign policies means that AWS is as desired; drift is a
//! plan that is not empty; destroy is a plan towards nothing. Deliberately absent: the order of the writes, which is a
//! [`Way`](super::Way).

use std::collections::BTreeMap;

pub(crate) use super::change::new_values;
pub use super::change::{Change, RoleSettings, TagChange, TrustStep};

use crate::desired::aws::Desired;
use crate::iam::arn::{PolicyArn, RoleArn, RoleName};
use crate::iam::quota;
use crate::manifest::Manager;
use crate::observe::aws::{InlinePolicy, Observed, ObservedPolicy};
use crate::observe::ownership::{Owner, foreign_attachments, is_own_by_tags, is_own_role, owner};
use crate::observe::quotas::{QuotaError, check_quotas};
use crate::ports::{AccountQuotas, PolicyVersionRecord, RoleIdentity, RoleRecord, Tags};
use rolecall_model::stored::StoredDocument;

/// What the user allowed beyond the ordinary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanOptions {
    /// Take over a role or policy that rolecall did not make.
    pub adopt: bool,
    /// Detach and delete what others put on the role.
    pub remove_foreign: bool,
}

/// Something on the role that rolecall did not put there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A managed policy is attached.
    ManagedPolicy { arn: PolicyArn },
    /// An inline policy is there.
    InlinePolicy { name: String },
}

/// What is to be written, and what was noticed and left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The writes.
    pub changes: Vec<Change>,
    /// What others put on the role, and stays there.
    pub foreign: Vec<Foreign>,
}

impl Plan {
    /// Whether AWS is exactly as desired.
    pub fn is_in_sync(&self) -> bool {
        self.changes.is_empty() && self.foreign.is_empty()
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A role of that name is somebody else's.
    #[error("role `{role}` exists and was not made by rolecall")]
    RoleNotOwned {
        /// What IAM calls it.
        role: RoleIdentity,
    },
    /// A policy at the ARN that rolecall would use is somebody else's.
    #[error("policy `{policy}` exists and was not made by rolecall")]
    PolicyNotOwned {
        /// The policy's ARN.
        policy: PolicyArn,
    },
    /// Another tool makes the role, and has not.
    #[error("role `{role}` does not exist, and {} manages it (`managed_by` in [role])", manager.name())]
    RoleNotMade {
        /// The ARN that it would have.
        role: RoleArn,
        /// The tool.
        manager: Manager,
    },
    /// The role exists under another path, which IAM never lets be changed.
    #[error(
        "role `{role}` has the path `{observed}`, the manifest wants `{desired}`, and IAM cannot move a role"
    )]
    PathDiffers {
        /// The role's name.
        role: RoleName,
        /// The path that it has.
        observed: String,
        /// The path that it should have.
        desired: String,
    },
    /// What is desired does not fit into the account's quotas.
    #[error(transparent)]
    Quota(#[from] QuotaError),
    /// A policy that must go is attached elsewhere too.
    #[error("policy `{policy}` is also attached elsewhere ({others} times), so it cannot be deleted")]
    PolicyShared {
        /// The policy's ARN.
        policy: PolicyArn,
        /// How many others.
        others: i32,
    },
}

/// The plan that makes AWS as desired.
pub fn plan(
    desired: &Desired,
    observed: &Observed,
    quotas: &AccountQuotas,
    options: PlanOptions,
) -> Result<Plan, PlanError> {
    if let Some(manager) = desired.managed_by {
        return plan_for_manager(desired, observed, manager);
    }
    // What is removed takes no room.
    let foreign = if options.remove_foreign { 0 } else { foreign_attachments(observed, &desired.role.name) };
    check_quotas(desired, foreign, quotas)?;
    plan_past_quotas(desired, observed, options)
}

/// The same of a role that rolecall makes, whether AWS takes it or not.
pub fn plan_past_quotas(
    desired: &Desired,
    observed: &Observed,
    options: PlanOptions,
) -> Result<Plan, PlanError> {
    let mut plan = Plan::default();
    match &observed.role {
        None => plan.changes.push(Change::CreateRole { role: desired.role.clone() }),
        Some(role) => {
            refuse_foreign_role(role, &desired.role.name, options)?;
            plan_role(desired, role, &mut plan)?;
        }
    }
    let wanted = |policy: &ObservedPolicy| desired.policies.iter().any(|(arn, _)| *arn == policy.arn);
    let owner = |policy: &ObservedPolicy| owner(policy, &desired.role.name);
    // Before anything is attached, so that there is room for it.
    plan_foreign(
        observed,
        &desired.role.name,
        |policy| match owner(policy) {
            Owner::Rolecall => false,
            Owner::Adoptable => !wanted(policy),
            Owner::Foreign => true,
        },
        options,
        &mut plan,
    );
    for (arn, policy) in &desired.policies {
        let known = observed.policies.iter().find(|known| known.arn == *arn);
        match known {
            None => plan.changes.push(Change::CreatePolicy { arn: arn.clone(), policy: policy.clone() }),
            Some(known) => {
                if !options.adopt && !is_own_by_tags(known, &desired.role.name) {
                    return Err(PlanError::PolicyNotOwned { policy: arn.clone() });
                }
                plan_policy(known, &policy.document, &policy.tags, &mut plan);
            }
        }
        if !known.is_some_and(|known| known.attached) {
            plan.changes.push(Change::AttachPolicy { role: desired.role.name.clone(), arn: arn.clone() });
        }
    }
    // After the others are written, so that a target which moves is allowed all the time.
    let is_left_over = |policy: &ObservedPolicy| owner(policy) == Owner::Rolecall && !wanted(policy);
    plan_leftovers(observed, &desired.role.name, is_left_over, &mut plan)?;
    Ok(plan)
}

/// Another tool makes the role: nothing is written, and nothing on the role is foreign. What it has to repair is drift.
fn plan_for_manager(desired: &Desired, observed: &Observed, manager: Manager) -> Result<Plan, PlanError> {
    match &observed.role {
        Some(_) => Ok(Plan::default()),
        None => Err(PlanError::RoleNotMade { role: desired.role_arn(), manager }),
    }
}

/// The plan that leaves nothing behind of what rolecall made.
pub fn plan_destroy(role: &RoleName, observed: &Observed, options: PlanOptions) -> Result<Plan, PlanError> {
    let mut plan = Plan::default();
    if let Some(record) = &observed.role {
        refuse_foreign_role(record, role, options)?;
    }
    // Towards nothing, what is taken over is deleted.
    let is_own = |policy: &ObservedPolicy| match owner(policy, role) {
        Owner::Rolecall => true,
        Owner::Adoptable => options.adopt,
        Owner::Foreign => false,
    };
    plan_foreign(observed, role, |policy| !is_own(policy), options, &mut plan);
    plan_leftovers(observed, role, is_own, &mut plan)?;
    // IAM deletes a role only when nothing is on it any more: with foreign policies left on it, it stays.
    if observed.role.is_some() && plan.foreign.is_empty() {
        plan.changes.push(Change::DeleteRole { role: role.clone() });
    }
    Ok(plan)
}

fn refuse_foreign_role(role: &RoleRecord, name: &RoleName, options: PlanOptions) -> Result<(), PlanError> {
    if options.adopt || is_own_role(role, name) {
        return Ok(());
    }
    Err(PlanError::RoleNotOwned { role: role.identity.clone() })
}

fn plan_role(desired: &Desired, observed: &RoleRecord, plan: &mut Plan) -> Result<(), PlanError> {
    let wanted = &desired.role;
    let role = wanted.name.clone();
    if observed.path != wanted.path.as_str() {
        return Err(PlanError::PathDiffers {
            role,
            observed: observed.path.clone(),
            desired: wanted.path.to_string(),
        });
    }
    if !observed.trust.says_the_same_as(&wanted.trust) {
        let (before, after) = (observed.trust.clone(), wanted.trust.clone());
        let step = TrustStep::Wanted;
        plan.changes.push(Change::UpdateTrust { role: role.clone(), before, after, step });
    }
    match (&observed.permissions_boundary, &wanted.permissions_boundary) {
        (before, Some(after)) if before.as_ref() != Some(after) => {
            let (before, after) = (before.clone(), after.clone());
            plan.changes.push(Change::PutBoundary { role: role.clone(), before, after });
        }
        (Some(before), None) => {
            plan.changes.push(Change::DeleteBoundary { role: role.clone(), before: before.clone() });
        }
        (_, Some(_)) | (None, None) => {}
    }
    let before = (observed.description.clone(), observed.max_session_duration);
    let after = (wanted.description.clone(), wanted.max_session_duration);
    if before != after {
        plan.changes.push(Change::UpdateRole { role: role.clone(), before, after });
    }
    let tags = changed_tags(&observed.tags, &wanted.tags);
    if !tags.is_empty() {
        plan.changes.push(Change::TagRole { role, tags });
    }
    Ok(())
}

pub(super) fn plan_policy(known: &ObservedPolicy, document: &StoredDocument, tags: &Tags, plan: &mut Plan) {
    let arn = known.arn.clone();
    let tags = known.tags.as_ref().map(|observed| changed_tags(observed, tags)).unwrap_or_default();
    if !tags.is_empty() {
        plan.changes.push(Change::TagPolicy { arn: arn.clone(), tags });
    }
    if known.document.as_ref().is_some_and(|before| before.says_the_same_as(document)) {
        return;
    }
    if known.versions.len() >= quota::POLICY_VERSIONS {
        let replaceable = known.versions.iter().filter(|version| !version.is_default);
        // Within one second IAM's dates do not tell versions apart; their numbers do.
        let oldest = replaceable.min_by_key(|version| (version.created_seconds, version_number(&version.id)));
        if let Some(oldest) = oldest {
            plan.changes.push(Change::DeletePolicyVersion { arn: arn.clone(), version: oldest.id.clone() });
        }
    }
    let (before, after) = (known.document.clone(), document.clone());
    plan.changes.push(Change::CreatePolicyVersion { arn, before, after });
}

fn version_number(id: &str) -> u64 {
    id.trim_start_matches('v').split('.').next().and_then(|number| number.parse().ok()).unwrap_or(u64::MAX)
}

/// What others put on the role: removed where that is asked for, else told.
fn plan_foreign(
    observed: &Observed,
    role: &RoleName,
    is_foreign: impl Fn(&ObservedPolicy) -> bool,
    options: PlanOptions,
    plan: &mut Plan,
) {
    let on_the_role = observed.policies.iter().filter(|policy| policy.attached);
    for ObservedPolicy { arn, .. } in on_the_role.filter(|policy| is_foreign(policy)) {
        if options.remove_foreign {
            plan.changes.push(Change::DetachPolicy { role: role.clone(), arn: arn.clone(), own: false });
        } else {
            plan.foreign.push(Foreign::ManagedPolicy { arn: arn.clone() });
        }
    }
    for InlinePolicy { name, document } in &observed.inline {
        let name = name.clone();
        if options.remove_foreign {
            let before = Some(document.clone());
            plan.changes.push(Change::DeleteInlinePolicy { role: role.clone(), name, before });
        } else {
            plan.foreign.push(Foreign::InlinePolicy { name });
        }
    }
}

/// What rolecall made and is no longer wanted.
fn plan_leftovers(
    observed: &Observed,
    role: &RoleName,
    is_left_over: impl Fn(&ObservedPolicy) -> bool,
    plan: &mut Plan,
) -> Result<(), PlanError> {
    for policy in observed.policies.iter().filter(|policy| is_left_over(policy)) {
        let arn = policy.arn.clone();
        let others = policy.attachment_count - i32::from(policy.attached);
        if others > 0 {
            return Err(PlanError::PolicyShared { policy: arn, others });
        }
        if policy.attached {
            plan.changes.push(Change::DetachPolicy { role: role.clone(), arn: arn.clone(), own: true });
        }
        let old = policy.versions.iter().filter(|version| !version.is_default);
        let delete = |version: &PolicyVersionRecord| Change::DeletePolicyVersion {
            arn: arn.clone(),
            version: version.id.clone(),
        };
        plan.changes.extend(old.map(delete));
        plan.changes.push(Change::DeletePolicy { arn, before: policy.document.clone() });
    }
    Ok(())
}

/// Tags that the manifest does not name are left alone: organizations put their own on every resource.
pub(crate) fn changed_tags(observed: &Tags, wanted: &Tags) -> BTreeMap<String, TagChange> {
    let differs = |(key, _): &(&String, &String)| observed.get(*key) != wanted.get(*key);
    let change = |(key, after): (&String, &String)| {
        (key.clone(), TagChange { before: observed.get(key).cloned(), after: after.clone() })
    };
    wanted.iter().filter(differs).map(change).collect()
}

#[cfg(test)]
pub(super) mod tests;
