//! Who made a role or a policy: rolecall marks its own with a tag, and makes the policies of a role under one path.
//!
//! Invariant: a policy has one [`Owner`]. What `--adopt` takes over is never what `--remove-foreign` detaches.

use crate::desired::aws::{OWNER_TAG, is_own_policy_name};
use crate::iam::arn::RoleName;
use crate::observe::aws::{Observed, ObservedPolicy};
use crate::ports::{RoleRecord, Tags};

/// Whether rolecall made the role.
pub fn is_own_role(role: &RoleRecord, name: &RoleName) -> bool {
    is_owned(&role.tags, name)
}

/// Whether rolecall made it, for this role.
pub(crate) fn is_owned(tags: &Tags, role: &RoleName) -> bool {
    tags.get(OWNER_TAG).is_some_and(|owner| owner == role.as_str())
}

/// Who owns a managed policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// rolecall made it for this role.
    Rolecall,
    /// It is where rolecall makes this role's policies, under a name that rolecall gives, but without the owner tag: another
    /// tool made it from what `render` printed, or somebody removed the tag. `--adopt` takes it over.
    Adoptable,
    /// Somebody else made it.
    Foreign,
}

/// Whose the policy is.
pub fn owner(policy: &ObservedPolicy, role: &RoleName) -> Owner {
    match policy.under_path {
        true if is_own_by_tags(policy, role) => Owner::Rolecall,
        true if is_own_policy_name(&policy.arn.name, role) => Owner::Adoptable,
        true | false => Owner::Foreign,
    }
}

/// How many policies of others are on the role.
pub fn foreign_attachments(observed: &Observed, role: &RoleName) -> usize {
    let is_foreign = |policy: &&ObservedPolicy| policy.attached && owner(policy, role) == Owner::Foreign;
    observed.policies.iter().filter(is_foreign).count()
}

/// Where the tags were not read, the path that rolecall makes the role's policies in speaks for it.
pub(crate) fn is_own_by_tags(policy: &ObservedPolicy, role: &RoleName) -> bool {
    policy.tags.as_ref().is_none_or(|tags| is_owned(tags, role))
}
