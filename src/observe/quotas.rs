//! Whether what is desired fits into the account's quotas, beside what others put on the role.

use crate::desired::aws::Desired;
use crate::desired::grant::is_grant_policy_name;
use crate::iam::arn::PolicyName;
use crate::iam::quota;
use crate::ports::AccountQuotas;

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuotaError {
    /// The trust policy would be too large.
    #[error("the trust policy has {size} characters without white space, and the account's quota is {quota}")]
    TrustTooLarge { size: usize, quota: usize },
    /// The policy for the targets would be too large.
    #[error("policy `{policy}` has {size} characters without white space, and IAM's quota is {quota}")]
    PolicyTooLarge {
        /// The policy's name.
        policy: PolicyName,
        is_for_grants: bool,
        size: usize,
        quota: usize,
    },
    /// More policies than fit on a role.
    #[error(
        "{} {}, the role also has foreign policies ({foreign}), and the account's quota is {quota} \
         policies for a role", needing(*targets, *grants), count(*policies, "policy", "policies")
    )]
    TooManyPolicies {
        /// How many targets there are.
        targets: usize,
        /// How many grants there are.
        grants: usize,
        /// How many policies they need.
        policies: usize,
        /// How many policies of others are on the role.
        foreign: usize,
        quota: usize,
    },
}

/// What the policies are for.
fn needing(targets: usize, grants: usize) -> String {
    let some = [(targets, "target", "targets"), (grants, "grant", "grants")];
    let named: Vec<String> = some
        .iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, several)| count(*number, one, several))
        .collect();
    let verb = if targets + grants == 1 { "needs" } else { "need" };
    format!("{} {verb}", named.join(" and "))
}

fn count(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// The quotas that a plan is held against.
pub fn default_quotas() -> AccountQuotas {
    AccountQuotas {
        trust_policy_size: quota::TRUST_POLICY_SIZE,
        managed_policy_size: quota::MANAGED_POLICY_SIZE,
        attached_policies: quota::ATTACHED_POLICIES,
    }
}

/// Whether the desired state fits into the quotas, beside so many policies of others that stay on the role.
pub fn check_quotas(desired: &Desired, foreign: usize, quotas: &AccountQuotas) -> Result<(), QuotaError> {
    let size = desired.role.trust.size();
    if size > quotas.trust_policy_size {
        return Err(QuotaError::TrustTooLarge { size, quota: quotas.trust_policy_size });
    }
    let needed = desired.policies.len() + foreign;
    if needed > quotas.attached_policies {
        return Err(QuotaError::TooManyPolicies {
            targets: desired.targets.len(),
            grants: desired.grants.len(),
            policies: desired.policies.len(),
            foreign,
            quota: quotas.attached_policies,
        });
    }
    for (_, policy) in &desired.policies {
        let size = policy.document.size();
        if size > quotas.managed_policy_size {
            return Err(QuotaError::PolicyTooLarge {
                policy: policy.name.clone(),
                is_for_grants: is_grant_policy_name(&policy.name, &desired.role.name),
                size,
                quota: quotas.managed_policy_size,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_said_as_one() {
        let said = |targets, grants, policies| {
            QuotaError::TooManyPolicies { targets, grants, policies, foreign: 10, quota: 10 }.to_string()
        };
        assert!(said(1, 0, 1).starts_with("1 target needs 1 policy, "));
        assert!(said(0, 1, 1).starts_with("1 grant needs 1 policy, "));
        assert!(said(1, 1, 2).starts_with("1 target and 1 grant need 2 policies, "));
        assert!(said(700, 0, 11).starts_with("700 targets need 11 policies, "));
    }
}
