//! Is the role what it should be? [`paper`] decides from the documents that AWS holds; [`live`] asks AWS itself.
//!
//! The two are kept apart because they show different things: the documents decide for every caller, a probe shows only
//! what AWS answers to the one caller that we are. Organisation policies (SCPs and RCPs) are not read here, so a proof
//! that somebody may is a proof that the role's side allows it.

pub mod live;
mod paper;

pub use paper::{decide, findings, paper};

use crate::provision::desired::Desired;
use crate::provision::observe::Observed;
use crate::provision::plan::{Foreign, Plan};

/// A policy document and what it is called in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDocument {
    /// The policy's ARN, or the name of an inline policy.
    pub name: String,
    /// The document; `None` where AWS does not show it.
    pub document: Option<String>,
}

/// All the documents that decide who may assume the role and what it may then do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// The trust policy.
    pub trust: String,
    /// The managed and inline policies on the role.
    pub identity: Vec<NamedDocument>,
    /// The permissions boundary.
    pub boundary: Option<NamedDocument>,
}

impl Documents {
    /// As AWS holds them; `None` where there is no role.
    pub fn observed(observed: &Observed) -> Option<Self> {
        let role = observed.role.as_ref()?;
        let attached = observed.policies.iter().filter(|policy| policy.attached);
        let managed = attached
            .map(|policy| NamedDocument { name: policy.arn.clone(), document: policy.document.clone() });
        let inline = observed.inline.iter().map(|policy| NamedDocument {
            name: format!("inline policy `{}`", policy.name),
            document: Some(policy.document.clone()),
        });
        let boundary = observed.boundary.as_ref().map(|boundary| NamedDocument {
            name: boundary.arn.clone(),
            document: boundary.document.clone(),
        });
        Some(Self { trust: role.trust.clone(), identity: managed.chain(inline).collect(), boundary })
    }

    /// As they will be once the plan is carried out.
    pub fn planned(desired: &Desired, observed: &Observed, plan: &Plan) -> Self {
        let wanted = desired.policies.iter().map(|(arn, policy)| NamedDocument {
            name: arn.clone(),
            document: Some(policy.document.clone()),
        });
        let kept = plan.foreign.iter().map(|foreign| match foreign {
            Foreign::ManagedPolicy { arn } => {
                let policy = observed.policies.iter().find(|policy| policy.arn == *arn);
                NamedDocument {
                    name: arn.clone(),
                    document: policy.and_then(|policy| policy.document.clone()),
                }
            }
            Foreign::InlinePolicy { name } => {
                let policy = observed.inline.iter().find(|policy| policy.name == *name);
                let document = policy.map(|policy| policy.document.clone());
                NamedDocument { name: format!("inline policy `{name}`"), document }
            }
        });
        let boundary = desired.role.permissions_boundary.as_ref().map(|arn| {
            // Only the boundary in force was read; another one is known by its ARN alone.
            let known = observed.boundary.as_ref().filter(|known| known.arn == *arn);
            NamedDocument { name: arn.clone(), document: known.and_then(|known| known.document.clone()) }
        });
        Self { trust: desired.role.trust.clone(), identity: wanted.chain(kept).collect(), boundary }
    }
}
