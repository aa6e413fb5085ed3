//! The plan for the permissions boundary that allows the targets alone. Pure.
//!
//! It is a plan of its own, because it is not the provisioner's: whoever may write a boundary is not bounded by it. The plan for
//! the role never holds a change of the boundary's policy.

use super::aws::{Change, Plan, PlanError, plan_policy};
use crate::iam::arn::{PolicyArn, RoleName};
use crate::observe::aws::ObservedPolicy;
use crate::observe::ownership::is_own_by_tags;
use crate::ports::PolicySpecification;

/// Makes the boundary as it should be; `adopt` takes over one that lost its owner tag.
pub fn plan_boundary(
    role: &RoleName,
    arn: &PolicyArn,
    wanted: &PolicySpecification,
    observed: Option<&ObservedPolicy>,
    adopt: bool,
) -> Result<Plan, PlanError> {
    let mut plan = Plan::default();
    match observed {
        None => plan.changes.push(Change::CreatePolicy { arn: arn.clone(), policy: wanted.clone() }),
        Some(known) => {
            if !adopt {
                refuse_foreign(role, known)?;
            }
            plan_policy(known, &wanted.document, &wanted.tags, &mut plan);
        }
    }
    Ok(plan)
}

/// Leaves nothing of it. IAM deletes no policy that is some role's boundary.
pub fn plan_no_boundary(role: &RoleName, observed: Option<&ObservedPolicy>) -> Result<Plan, PlanError> {
    let mut plan = Plan::default();
    let Some(known) = observed else { return Ok(plan) };
    refuse_foreign(role, known)?;
    let old = known.versions.iter().filter(|version| !version.is_default);
    let delete =
        |version: &str| Change::DeletePolicyVersion { arn: known.arn.clone(), version: version.to_owned() };
    plan.changes.extend(old.map(|version| delete(&version.id)));
    plan.changes.push(Change::DeletePolicy { arn: known.arn.clone(), before: known.document.clone() });
    Ok(plan)
}

fn refuse_foreign(role: &RoleName, known: &ObservedPolicy) -> Result<(), PlanError> {
    match is_own_by_tags(known, role) {
        true => Ok(()),
        false => Err(PlanError::PolicyNotOwned { policy: known.arn.clone() }),
    }
}
