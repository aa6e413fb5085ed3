//! The view of the role that a report is about.

use schemars::JsonSchema;
use serde::Serialize;

use super::text::Text;
use super::vendor::VendorView;
use crate::desired::aws::Desired;
use crate::iam::arn::PolicyArn;
use crate::iam::prove::FurtherId;
use crate::manifest::Manager;
use crate::observe::aws::Observed;
use crate::observe::survey::Survey;

/// The role that the command is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RoleView {
    /// The ARN that it has or will have.
    pub arn: String,
    /// Whether it exists.
    pub exists: bool,
    /// The tool that makes the role, where that is not rolecall.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<Manager>,
    /// Who asked AWS.
    pub caller: String,
    /// The principals that the manifest trusts.
    pub trusted: Vec<String>,
    /// The external ID that they must send.
    pub external_id: String,
    /// External IDs that they may send in its place, with the time at which that ends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further_external_ids: Vec<FurtherIdView>,
    /// The vendor that assumes the role, where that is not Genesys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<VendorView>,
    /// The policies on the role, and those that should be.
    pub policies: Vec<PolicyView>,
    /// The ARN of its permissions boundary; of a role that does not exist yet, of the one that it will have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<Text>,
    /// The functions that the role may invoke, in the form that is called.
    pub targets: Vec<String>,
    /// What else the role is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
}

impl From<&Survey> for RoleView {
    fn from(survey: &Survey) -> Self {
        let Survey { desired, observed, .. } = survey;
        Self {
            arn: desired.role_arn().to_string(),
            exists: !survey.is_role_absent(),
            managed_by: desired.managed_by,
            caller: observed.caller.arn.clone(),
            trusted: desired.trusted.clone(),
            external_id: desired.external_id.to_string(),
            further_external_ids: desired.further_ids.iter().map(FurtherIdView::from).collect(),
            vendor: desired.vendor.as_ref().map(VendorView::from),
            policies: policies(desired, observed),
            permissions_boundary: match &observed.role {
                Some(role) => role.permissions_boundary.as_ref().map(|arn| arn.to_string().into()),
                None => desired.role.permissions_boundary.as_ref().map(|arn| arn.to_string().into()),
            },
            targets: desired.targets.iter().map(ToString::to_string).collect(),
            grants: desired.grants.iter().map(ToString::to_string).collect(),
        }
    }
}

/// An external ID of a further organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FurtherIdView {
    /// The ID.
    pub id: String,
    /// From then on it does not work any more; for good where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl From<&FurtherId> for FurtherIdView {
    fn from(FurtherId { id, until }: &FurtherId) -> Self {
        Self { id: id.to_string(), until: until.map(|until| until.to_string()) }
    }
}

/// A policy of the role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PolicyView {
    /// The ARN of a managed policy, the name of an inline policy.
    pub name: Text,
    /// Whether rolecall manages it, and whether it is attached.
    pub state: PolicyState,
}

/// How a policy stands to the role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyState {
    /// Managed by rolecall, or by the tool in `managed_by`, and on the role.
    Attached,
    /// Managed by rolecall, and not on the role.
    Detached,
    /// Managed by rolecall, and missing.
    Missing,
    /// On the role, but not managed by rolecall.
    Foreign,
}

/// The policies that the manifest wants, and those that are on the role beside them.
fn policies(desired: &Desired, observed: &Observed) -> Vec<PolicyView> {
    let wanted = desired.policies.iter().map(|(arn, _)| {
        let state = match observed.policies.iter().find(|policy| policy.arn == *arn) {
            Some(policy) if policy.attached => PolicyState::Attached,
            Some(_) => PolicyState::Detached,
            None => PolicyState::Missing,
        };
        PolicyView { name: arn.to_string().into(), state }
    });
    let on_the_role = observed.policies.iter().filter(|policy| policy.attached);
    if desired.managed_by.is_some() {
        let managed = on_the_role.map(|policy| policy.arn.to_string());
        let names = managed.chain(observed.inline.iter().map(|policy| policy.name.clone()));
        return names.map(|name| PolicyView { name: name.into(), state: PolicyState::Attached }).collect();
    }
    let is_wanted = |arn: &PolicyArn| desired.policies.iter().any(|(wanted, _)| wanted == arn);
    let managed = on_the_role.filter(|policy| !is_wanted(&policy.arn));
    let inline = observed.inline.iter().map(|policy| policy.name.clone());
    let others = managed.map(|policy| policy.arn.to_string()).chain(inline);
    wanted.chain(others.map(|name| PolicyView { name: name.into(), state: PolicyState::Foreign })).collect()
}
