//! Plan, ask, write, read back: the one way in which anything is changed. `apply`, `connect` and `destroy` differ in their goal
//! and in what they are asked to take care of.

use std::collections::BTreeSet;

use futures_util::FutureExt as _;

use super::beside::Beside;
use super::context::{Context, GenesysPorts};
use super::plan::{Goal, Planned, PlanningError};
use crate::carry_out::{Applied, Event, LOOKING, Made, Observer, SPREADING, Writers, carry_out};
use crate::iam::arn::PolicyArn;
use crate::manifest::Manager;
use crate::observe::aws::{Observed, observe};
use crate::observe::survey::{Survey, home};
use crate::observe::usage::Usage;
use crate::plan::aws::PlanOptions;
use crate::plan::genesys::Retirement;
use crate::plan::{Change, Plan, PlanError, Retired, genesys};
use crate::ports::{ReadAccount, ReadFunctions, Write};
use crate::verify::Documents;
use crate::verify::gate::{Allowed, Objection, Verdict, judge};
use rolecall_model::patience::{Interrupt, Patience};

/// A change that is asked for.
#[derive(Clone, Debug)]
pub struct ChangeRequest {
    /// What it is towards.
    pub goal: Goal,
    /// What the user allowed beyond the ordinary.
    pub options: PlanOptions,
    /// Claims and findings that need not hold afterwards.
    pub allowed: Allowed,
    /// Whether actions may end whose IDs flows may refer to.
    pub may_retire: bool,
    /// Ends waits, and keeps further changes from being made.
    pub interrupt: Interrupt,
}

/// Whether what was planned may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// It may.
    Given,
    /// It may, and time has passed since it was planned: it is planned again, and written only if it is still the same.
    GivenLater,
    /// It may not.
    Declined,
}

/// Whoever asked for a change.
pub trait Shell: Observer {
    /// Why it does not say whether a plan may be carried out.
    type Refusal;

    /// The plan was made; nothing was decided on yet.
    fn planned(&self, planned: &Planned);

    /// Whether this is the plan that was reviewed, where one was: also of a plan that writes nothing any more.
    fn compare(&self, planned: &Planned) -> Result<(), Self::Refusal>;

    /// Whether the plan may be carried out. Asked only of a plan that writes something and that nothing speaks against.
    fn consent(&self, planned: &Planned) -> Result<Consent, Self::Refusal>;
}

/// An action whose ID would end.
#[derive(Clone, Debug)]
pub struct RetiredAction {
    pub id: String,
    pub name: String,
    /// Why it would end.
    pub why: Retirement,
    /// Who uses it, where that was asked.
    pub usage: Option<Usage>,
}

/// Why nothing was written.
#[derive(Debug)]
pub enum ChangeError<R> {
    /// There is no plan; and what was found all the same.
    Planning(Box<Beside<PlanningError>>),
    /// After the plan, not everything would be proved.
    Unproved {
        /// What would not be.
        objections: Vec<Objection>,
        /// Whether others have policies on the role, which the plan leaves there.
        leaves_foreign: bool,
        /// The boundary that would be in force, if the caller may not read it.
        unread_boundary: Option<PolicyArn>,
        /// The tool that makes the role, where that is not rolecall.
        managed_by: Option<Manager>,
    },
    /// IDs would end that flows may refer to.
    Retires(Vec<RetiredAction>),
    /// What was planned is not what would be done now.
    Stale,
    /// Whoever asked for the change does not say whether the plan may be carried out.
    Shell(R),
}

impl<R> From<PlanningError> for ChangeError<R> {
    fn from(error: PlanningError) -> Self {
        Self::Planning(Box::new(error.into()))
    }
}

impl<R> From<Beside<PlanningError>> for ChangeError<R> {
    fn from(error: Beside<PlanningError>) -> Self {
        Self::Planning(Box::new(error))
    }
}

/// What came of a change.
#[derive(Debug)]
pub struct Changed {
    /// What was planned.
    pub planned: Planned,
    /// What was written; `None` where nothing was to be, or consent was declined.
    pub written: Option<Written>,
    /// Whether consent was declined.
    pub is_declined: bool,
}

/// What was written, and what the services show of it.
#[derive(Debug)]
pub struct Written {
    /// How far the plan got.
    pub applied: Applied,
    /// What was read afterwards; `None` where not everything was written.
    pub read_back: Option<Result<ReadBack, PlanningError>>,
}

/// What the services showed after everything was written.
#[derive(Debug)]
pub struct ReadBack {
    /// AWS, where it was asked.
    pub observed: Option<Observed>,
    /// The services that do not show all of it yet.
    pub unsettled: BTreeSet<Service>,
}

/// A service that rolecall writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    Aws,
    GenesysCloud,
}

impl<A: ReadAccount + ReadFunctions + Write, G: GenesysPorts> Context<A, G> {
    /// Plans, asks, writes and reads back. An error means that nothing was written.
    pub async fn change<S: Shell>(
        &self,
        request: &ChangeRequest,
        shell: &S,
    ) -> Result<Changed, ChangeError<S::Refusal>> {
        let planned = self.plan(request.goal, request.options).boxed_local().await?;
        self.change_as_planned(planned, request, shell).await
    }

    /// The same with a plan that was made before.
    pub async fn change_as_planned<S: Shell>(
        &self,
        planned: Planned,
        request: &ChangeRequest,
        shell: &S,
    ) -> Result<Changed, ChangeError<S::Refusal>> {
        shell.planned(&planned);
        if planned.plan.is_empty() {
            shell.compare(&planned).map_err(ChangeError::Shell)?;
            return Ok(Changed { planned, written: None, is_declined: false });
        }
        refuse_unproved(&planned, request)?;
        refuse_retirement(&planned, request)?;
        shell.compare(&planned).map_err(ChangeError::Shell)?;
        let planned = match shell.consent(&planned).map_err(ChangeError::Shell)? {
            Consent::Given => planned,
            Consent::GivenLater => {
                let now = self.plan(request.goal, request.options).boxed_local().await?;
                // The same plan can leave another role behind: others may have edited what it does not touch.
                refuse_unproved(&now, request)?;
                if now.plan != planned.plan {
                    return Err(ChangeError::Stale);
                }
                now
            }
            Consent::Declined => return Ok(Changed { planned, written: None, is_declined: true }),
        };
        let genesys = self.genesys_writer(&planned.plan).await?;
        let (writers, made) = (Writers { aws: &self.aws, genesys }, Made::default());
        let carried_out = carry_out(&planned.plan, &writers, &made, self.deadline, &request.interrupt, shell);
        let applied = carried_out.boxed_local().await;
        let read_back = match applied.is_complete() {
            true => {
                shell.observe(Event::Applied(&applied));
                Some(self.read_back(&planned, request, shell).boxed_local().await)
            }
            false => None,
        };
        Ok(Changed { planned, written: Some(Written { applied, read_back }), is_declined: false })
    }

    /// Reads until both services show what was written.
    async fn read_back(
        &self,
        planned: &Planned,
        request: &ChangeRequest,
        shell: &impl Observer,
    ) -> Result<ReadBack, PlanningError> {
        let told = |awaited: &str, waited| shell.observe(Event::Waiting { awaited, waited });
        let patience =
            Patience { deadline: self.deadline, interrupt: request.interrupt.clone(), told: &told };
        let mut unsettled = BTreeSet::new();
        // Somebody else may have changed the role meanwhile; only a connection leaves it out of account.
        let observed = match request.goal {
            Goal::Manifest | Goal::Nothing => {
                let (role, addresses) = (&self.manifest.role, planned.addresses(&self.addresses));
                let look = async || observe(&self.aws, &role.name, addresses).await;
                let is_there = |observed: &Observed| planned.is_in_aws(observed, role, request.options);
                let settled = patience.settle(LOOKING, SPREADING, look, is_there).await?;
                if !settled.is_settled {
                    unsettled.insert(Service::Aws);
                }
                Some(settled.seen)
            }
            Goal::Connection(_) => planned.observed.clone(),
        };
        let is_read = match request.goal {
            // That nothing of rolecall's is left is a sentence about both services, whatever there was to do.
            Goal::Nothing => self.genesys.is_some() && self.manifest.genesys_manager().is_none(),
            Goal::Manifest | Goal::Connection(_) => {
                unsettled.is_empty() && writes_to(&planned.plan, Service::GenesysCloud)
            }
        };
        if let (true, Some(observed)) = (is_read, &observed) {
            let now = planned.survey.clone().map(|survey| Survey { observed: observed.clone(), ..survey });
            let look = async || self.plan_genesys_again(now.as_ref(), observed, request).await;
            let settled =
                patience.settle(LOOKING, "Genesys Cloud to show the changes", look, Plan::is_empty).await?;
            if !settled.is_settled {
                unsettled.insert(Service::GenesysCloud);
            }
        }
        Ok(ReadBack { observed, unsettled })
    }

    /// What would still have to be written to Genesys Cloud.
    async fn plan_genesys_again(
        &self,
        survey: Option<&Survey>,
        observed: &Observed,
        request: &ChangeRequest,
    ) -> Result<Plan, PlanningError> {
        let Some(survey) = survey else {
            let role = self.role_arn(&home(&observed.caller).map_err(PlanningError::Aws)?);
            let left = self.observe_genesys(&role).await.map_err(PlanningError::Genesys)?;
            return Ok(left.map(|left| genesys::plan_destroy(&role, &left).into()).unwrap_or_default());
        };
        let genesys = self.survey_genesys(survey).await.map_err(PlanningError::Genesys)?;
        let Some(genesys) = genesys else { return Ok(Plan::default()) };
        let (plan, _) = genesys.plan(request.options.adopt).map_err(PlanError::from)?;
        let plan = Plan::from(plan);
        Ok(match request.goal {
            Goal::Connection(_) => plan.without_actions(),
            Goal::Manifest | Goal::Nothing => plan,
        })
    }
}

pub(super) fn writes_to(plan: &Plan, service: Service) -> bool {
    plan.changes().iter().any(|change| match change {
        Change::Aws(_) => service == Service::Aws,
        Change::Genesys(_) => service == Service::GenesysCloud,
    })
}

/// A plan is carried out only where the role is then proved to be what the manifest says, except for what the user names.
fn refuse_unproved<R>(planned: &Planned, request: &ChangeRequest) -> Result<(), ChangeError<R>> {
    // Towards nothing there is no role afterwards, and a connection leaves the role as it is.
    let (Goal::Manifest, Some(survey)) = (request.goal, &planned.survey) else { return Ok(()) };
    let Verdict { objections, verification: _ } = judge(survey, planned.plan.foreign(), &request.allowed);
    if objections.is_empty() {
        return Ok(());
    }
    let boundary = Documents::planned(survey, planned.plan.foreign()).boundary;
    let unread_boundary =
        boundary.filter(|boundary| boundary.document.is_none()).map(|boundary| boundary.arn);
    Err(ChangeError::Unproved {
        objections,
        leaves_foreign: !planned.plan.foreign().is_empty(),
        unread_boundary,
        managed_by: survey.desired.managed_by,
    })
}

/// Refuses a plan that ends IDs which flows may refer to, unless the user said so.
pub(super) fn refuse_retirement<R>(planned: &Planned, request: &ChangeRequest) -> Result<(), ChangeError<R>> {
    let usage = |id: &str| planned.usage.iter().find(|usage| usage.action.id == id).cloned();
    let retired = planned.plan.retired().into_iter();
    let retired: Vec<RetiredAction> = retired
        .map(|Retired { id, name, why }| RetiredAction {
            usage: usage(id),
            id: id.to_owned(),
            name: name.to_owned(),
            why,
        })
        .collect();
    if request.may_retire || retired.is_empty() {
        return Ok(());
    }
    Err(ChangeError::Retires(retired))
}
