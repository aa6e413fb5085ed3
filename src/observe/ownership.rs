//! Who made a role or a policy: rolecall marks its own with a tag, and makes the policies of a role under one path.

use crate::desired::aws::OWNER_TAG;
use crate::iam::arn::RoleName;
use crate::observe::aws::{Observed, ObservedPolicy};
use crate::ports::{RoleRecord, Tags};

/// Whether rolecall made the role.
pub fn is_own_role(role: &RoleRecord, name: &RoleName) -> bool {
    is_owned(&role.tags, name)
}

/// Whether rolecall made it, for this role.
fn is_owned(tags: &Tags, role: &RoleName) -> bool {
    tags.get(OWNER_TAG).is_some_and(|owner| owner == role.as_str())
}

/// How many policies are on the role that rolecall did not make.
pub fn foreign_attachments(observed: &Observed, role: &RoleName) -> usize {
    let is_foreign = |policy: &&ObservedPolicy| policy.attached && !is_own(policy, role);
    observed.policies.iter().filter(is_foreign).count()
}

/// Where the tags were not read, the path that rolecall makes the role's policies in speaks for it.
pub(crate) fn is_own_by_tags(policy: &ObservedPolicy, role: &RoleName) -> bool {
    policy.tags.as_ref().is_none_or(|tags| is_owned(tags, role))
}

/// Whether rolecall made the policy, for this role.
pub fn is_own(policy: &ObservedPolicy, role: &RoleName) -> bool {
    policy.under_path && is_own_by_tags(policy, role)
}
