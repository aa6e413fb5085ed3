//! The permissions boundary that allows the targets alone: an administrator makes it, and removes it.

use super::context::{Context, GenesysPorts};
use crate::carry_out::{Absent, Applied, Made, Observer, Writers, carry_out};
use crate::desired::aws::{DesiredError, OWNER_TAG, boundary_document, boundary_name, boundary_path};
use crate::iam::arn::PolicyArn;
use crate::iam::document::Document;
use crate::iam::quota::MANAGED_POLICY_SIZE;
use crate::manifest::Boundary;
use crate::observe::aws::ObservedPolicy;
use crate::observe::survey::{SurveyError, survey};
use crate::plan::aws::PlanError;
use crate::plan::boundary::{plan_boundary, plan_no_boundary};
use crate::plan::storable::Unstorable;
use crate::plan::{Plan, Way};
use crate::ports::{AwsError, PolicySpecification, Read, ReadAccount, Write};
use rolecall_model::patience::Interrupt;

/// IAM never lets a policy's description be changed, so it holds nothing that could.
const DESCRIPTION: &str = "Limits a role to its Lambda functions. Managed by rolecall.";

/// What is to become of the boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundaryGoal {
    /// It allows the manifest's targets and nothing else.
    Targets {
        /// Whether one that lost its owner tag is taken over.
        adopt: bool,
    },
    /// It is gone.
    Nothing,
}

/// What would be written.
#[derive(Clone, Debug)]
pub struct PlannedBoundary {
    /// The boundary.
    pub arn: PolicyArn,
    /// The changes.
    pub plan: Plan,
}

/// Why there is no plan for a boundary.
#[derive(Debug, thiserror::Error)]
pub enum BoundaryError {
    /// The manifest names a policy of its own, or none.
    #[error("the manifest does not ask for a boundary that rolecall makes")]
    NotAsked,
    /// Not even a quota increase lets a managed policy be longer, and a role has one boundary.
    #[error("the boundary would have {size} characters, and a managed policy holds {MANAGED_POLICY_SIZE}")]
    TooLong {
        /// The characters.
        size: usize,
    },
    /// The document cannot be made.
    #[error(transparent)]
    Desired(#[from] DesiredError),
    /// The account could not be read.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// IAM would refuse to delete it.
    #[error("IAM does not delete `{arn}` while {}", in_use(*bounded, *attached))]
    InUse {
        /// The boundary.
        arn: PolicyArn,
        /// How many users and roles have it as their boundary.
        bounded: i32,
        /// How many users, groups and roles it is attached to.
        attached: i32,
    },
    /// The policy could not be read.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The policy is somebody else's.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// IAM would refuse its document.
    #[error(transparent)]
    Unstorable(#[from] Unstorable),
}

fn in_use(bounded: i32, attached: i32) -> String {
    let principals = |number: i32| match number {
        1 => "1 principal".to_owned(),
        number => format!("{number} principals"),
    };
    let bounded = (bounded > 0).then(|| format!("it is the permissions boundary of {}", principals(bounded)));
    let attached = (attached > 0).then(|| format!("it is attached to {}", principals(attached)));
    bounded.into_iter().chain(attached).collect::<Vec<_>>().join(" and ")
}

impl<A: ReadAccount + Write, G: GenesysPorts> Context<A, G> {
    /// What would be written to reach the goal.
    pub async fn plan_boundary(&self, goal: BoundaryGoal) -> Result<PlannedBoundary, BoundaryError> {
        let role = &self.manifest.role;
        match role.permissions_boundary {
            Some(Boundary::Targets) => {}
            Some(Boundary::Policy(_)) | None => return Err(BoundaryError::NotAsked),
        }
        let Context { manifest, external_id, templates, addresses, aws, .. } = self;
        let survey = survey(manifest, external_id, templates, addresses, aws).await?;
        let desired = &survey.desired;
        let arn = desired.home.boundary_arn(role).ok_or(BoundaryError::NotAsked)?;
        let observed = observed(aws, &arn).await?;
        let (observed, bounded) = observed.map_or((None, 0), |(policy, bounded)| (Some(policy), bounded));
        let plan = match goal {
            BoundaryGoal::Nothing => {
                let plan = plan_no_boundary(&role.name, observed.as_ref())?;
                let attached = observed.as_ref().map_or(0, |policy| policy.attachment_count);
                if bounded > 0 || attached > 0 {
                    return Err(BoundaryError::InUse { arn, bounded, attached });
                }
                plan
            }
            BoundaryGoal::Targets { adopt } => {
                let document = boundary_document(manifest, external_id, &desired.home, &desired.targets)?;
                let size = Document::from_value(&document).map_or(0, |document| document.size());
                if size > MANAGED_POLICY_SIZE {
                    return Err(BoundaryError::TooLong { size });
                }
                let wanted = PolicySpecification {
                    name: boundary_name(&role.name),
                    path: boundary_path(),
                    description: DESCRIPTION.to_owned(),
                    tags: [(OWNER_TAG.to_owned(), role.name.to_string())].into(),
                    document: document.to_string().into(),
                };
                plan_boundary(&role.name, &arn, &wanted, observed.as_ref(), adopt)?
            }
        };
        Ok(PlannedBoundary { arn, plan: Way::from(plan.changes).storable()?.into() })
    }

    pub async fn write_boundary(
        &self,
        planned: &PlannedBoundary,
        interrupt: &Interrupt,
        observer: &impl Observer,
    ) -> Applied {
        let writers = Writers { aws: &self.aws, genesys: Absent };
        carry_out(&planned.plan, &writers, &Made::default(), self.deadline, interrupt, observer).await
    }
}

/// The policy as it is, with the versions that may have to make room, and how many principals have it as their boundary.
async fn observed<R: Read>(reader: &R, arn: &PolicyArn) -> Result<Option<(ObservedPolicy, i32)>, AwsError> {
    let Some(record) = reader.policy(arn).await? else { return Ok(None) };
    let versions = reader.policy_versions(arn).await?;
    let document = reader.policy_document(arn, &record.default_version).await?;
    let policy = ObservedPolicy {
        arn: arn.clone(),
        attached: false,
        under_path: false,
        attachment_count: record.attachment_count,
        tags: record.tags,
        versions,
        document,
    };
    Ok(Some((policy, record.boundary_count)))
}
