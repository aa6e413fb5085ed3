//! The Genesys Cloud side alone: credential, integration and actions for a role that somebody else names. AWS is neither asked nor
//! needed.
//!
//! Invariant: nothing here says anything about AWS. Whether the role exists, whom it trusts and what it may invoke, whoever has AWS
//! proves.

use futures_util::FutureExt as _;

use super::change::{
    ChangeError, ChangeRequest, Changed, Consent, ReadBack, Service, Shell, Written, refuse_retirement,
};
use super::context::{Context, Counterpart, GenesysPorts, GenesysSurvey};
use super::plan::{Planned, PlanningError};
use crate::carry_out::{Absent, Event, LOOKING, Made, Writers, carry_out};
use crate::desired::genesys::{Desired, desired};
use crate::iam::arn::{FunctionArn, RoleArn};
use crate::plan::aws::PlanOptions;
use crate::plan::genesys::{Notice, Rewriting};
use crate::plan::{Plan, PlanError, genesys};
use crate::ports::genesys::GenesysRead;
use rolecall_model::patience::Patience;

/// In the place of AWS where nobody asks it.
#[derive(Clone, Copy, Debug)]
pub struct Unasked;

/// What whoever has AWS says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    pub role: RoleArn,
    /// The functions of the manifest's targets, in their order, where the actions are written too.
    pub functions: Option<Vec<FunctionArn>>,
}

impl<A, G: GenesysRead> Context<A, G> {
    /// What should be in Genesys Cloud for that role. Without functions it has no actions that call one.
    #[must_use]
    pub fn desired_for(&self, stated: &Stated) -> Option<Desired> {
        let Counterpart { sources, .. } = self.genesys.as_ref()?;
        let functions = stated.functions.as_deref().unwrap_or_default();
        Some(desired(&self.manifest, &self.external_id, &stated.role, functions, sources))
    }

    /// Reads Genesys Cloud, and plans the way to that role; with the functions, also the actions.
    pub async fn plan_stated(
        &self,
        stated: &Stated,
        options: PlanOptions,
        rewriting: Rewriting,
    ) -> Result<Planned, PlanningError> {
        if let Some(manager) = self.manifest.genesys_manager() {
            return Err(PlanningError::GenesysElsewhere { manager });
        }
        let desired = self.desired_for(stated).ok_or(PlanningError::NothingInGenesys)?;
        let observed = self.observe_genesys(&stated.role).await.map_err(PlanningError::Genesys)?;
        let observed = observed.ok_or(PlanningError::NothingInGenesys)?;
        let sides = GenesysSurvey { desired, observed, managed: None };
        if stated.functions.is_some() {
            self.check_limit(&sides).await?;
        }
        let plan = genesys::plan_rewriting(&sides.desired, &sides.observed, options.adopt, rewriting);
        let mut plan = plan.map_err(PlanError::from)?;
        if stated.functions.is_none() {
            // Which actions should be there is not worked out, so none of them is somebody else's.
            plan.notices.retain(|notice| match notice {
                Notice::ForeignAction { .. } | Notice::Qualified { .. } => false,
                Notice::Unverifiable { .. }
                | Notice::MayBeChanged { .. }
                | Notice::ValuesNotShown { .. }
                | Notice::ValuesNotCompared { .. }
                | Notice::NotActive { .. }
                | Notice::Kept { .. }
                | Notice::RoleNotShown { .. }
                | Notice::NotCompared { .. }
                | Notice::NoIntegrations { .. } => true,
            });
        }
        let plan = match stated.functions {
            Some(_) => Plan::from(plan),
            None => Plan::from(plan).without_actions(),
        };
        let usage = self.usage(&plan, Some(&sides.observed)).await;
        let genesys = Some(sides.into_side());
        Ok(Planned { observed: None, survey: None, genesys, plan, elsewhere: Vec::new(), usage })
    }
}

impl<A, G: GenesysPorts> Context<A, G> {
    /// Plans, asks, writes to Genesys Cloud and reads it back. An error means that nothing was written.
    pub async fn change_stated<S: Shell>(
        &self,
        (stated, rewriting): (&Stated, Rewriting),
        request: &ChangeRequest,
        shell: &S,
    ) -> Result<Changed, ChangeError<S::Refusal>> {
        let plan = async || self.plan_stated(stated, request.options, rewriting).boxed_local().await;
        let planned = plan().await?;
        shell.planned(&planned);
        if planned.plan.is_empty() {
            return Ok(Changed { planned, written: None, is_declined: false });
        }
        refuse_retirement(&planned, request)?;
        let planned = match shell.consent(&planned).map_err(ChangeError::Shell)? {
            Consent::Given => planned,
            Consent::GivenLater => {
                let now = plan().await?;
                if now.plan != planned.plan {
                    return Err(ChangeError::Stale);
                }
                now
            }
            Consent::Declined => return Ok(Changed { planned, written: None, is_declined: true }),
        };
        let genesys = self.genesys_writer(&planned.plan).await?;
        let (writers, made) = (Writers { aws: Absent, genesys }, Made::default());
        let carried_out = carry_out(&planned.plan, &writers, &made, self.deadline, &request.interrupt, shell);
        let applied = carried_out.boxed_local().await;
        let read_back = match applied.is_complete() {
            true => {
                shell.observe(Event::Applied(&applied));
                Some(self.read_stated_back(stated, request, shell).boxed_local().await)
            }
            false => None,
        };
        Ok(Changed { planned, written: Some(Written { applied, read_back }), is_declined: false })
    }

    /// Reads until Genesys Cloud shows what was written.
    async fn read_stated_back<S: Shell>(
        &self,
        stated: &Stated,
        request: &ChangeRequest,
        shell: &S,
    ) -> Result<ReadBack, PlanningError> {
        let told = |awaited: &str, waited| shell.observe(Event::Waiting { awaited, waited });
        let patience =
            Patience { deadline: self.deadline, interrupt: request.interrupt.clone(), told: &told };
        let look = async || {
            let left = self.plan_stated(stated, request.options, Rewriting::WhereNeeded).await?;
            Ok::<_, PlanningError>(left.plan)
        };
        let settled =
            patience.settle(LOOKING, "Genesys Cloud to show the changes", look, Plan::is_empty).await?;
        let unsettled = (!settled.is_settled).then_some(Service::GenesysCloud).into_iter().collect();
        Ok(ReadBack { observed: None, unsettled })
    }
}
