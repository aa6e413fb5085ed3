//! Reads both services and plans: towards the manifest, towards the way to the role alone, or towards nothing.

use super::beside::Beside;
use super::context::{Context, Counterpart, GenesysSide, GenesysSurvey};
use crate::carry_out::genesys::WithFields;
use crate::drift::{Difference, Unread, managed_drift, merged};
use crate::manifest::Manager;
use crate::manifest::Role;
use crate::observe::aws::Observed;
use crate::observe::credential_fields::{CredentialFields, FieldsError};
use crate::observe::genesys::Observed as ObservedGenesys;
use crate::observe::survey::{Survey, SurveyError, observe_at_home};
use crate::observe::usage::{Usage, ending, usage};
use crate::plan::aws::PlanOptions;
use crate::plan::genesys::{Credential, CredentialValue, Rewriting};
use crate::plan::{Change, Plan, PlanError, Way, aws, genesys};
use crate::ports::genesys::{GenesysError, GenesysRead};
use crate::ports::{AwsError, FunctionAddress, ReadAccount, ReadFunctions};

/// What a plan is towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Everything that the manifest says.
    Manifest,
    /// Credential and integration in Genesys Cloud: the way to the role, without actions.
    Connection(Rewriting),
    /// Nothing of what rolecall made.
    Nothing,
}

/// What was read, and the plan that follows from it.
#[derive(Clone, Debug)]
pub struct Planned {
    /// AWS as it is, where AWS was asked.
    pub observed: Option<Observed>,
    /// AWS as it is beside what it should be, where AWS was asked; towards nothing, nothing should be there.
    pub survey: Option<Survey>,
    /// Genesys Cloud as it is, where the manifest asks for something there.
    pub genesys: Option<GenesysSide>,
    /// What is to be written.
    pub plan: Plan,
    /// What other tools have to repair, where they make the role or what is in Genesys Cloud.
    pub elsewhere: Vec<Difference>,
    /// Who uses the actions whose IDs the plan ends.
    pub usage: Vec<Usage>,
}

/// The plan towards the manifest, and what it follows from.
#[derive(Clone, Debug)]
pub struct TowardsManifest {
    /// AWS as it is and as it should be.
    pub survey: Survey,
    /// Genesys Cloud as it is, where the manifest asks for something there.
    pub genesys: Option<GenesysSide>,
    /// What is to be written.
    pub plan: Plan,
    /// What other tools have to repair, where they make the role or what is in Genesys Cloud.
    pub elsewhere: Vec<Difference>,
    /// Who uses the actions whose IDs the plan ends.
    pub usage: Vec<Usage>,
}

impl Planned {
    /// Where functions are looked for when the services are read again; towards nothing they make no difference.
    pub(super) fn addresses<'a>(&self, addresses: &'a [FunctionAddress]) -> &'a [FunctionAddress] {
        if self.survey.is_some() { addresses } else { &[] }
    }

    /// Whether AWS shows what was to be written to it.
    pub(super) fn is_in_aws(&self, observed: &Observed, role: &Role, options: PlanOptions) -> bool {
        let left = match (&self.survey, role.managed_by) {
            (Some(Survey { desired, quotas, .. }), _) => aws::plan(desired, observed, quotas, options),
            (None, Some(_)) => return true,
            (None, None) => aws::plan_destroy(&role.name, observed, options),
        };
        left.is_ok_and(|left| left.changes.is_empty())
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanningError {
    /// AWS could not be read, or what should be there could not be worked out.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// AWS could not be read.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// Genesys Cloud could not be read.
    #[error("cannot read Genesys Cloud")]
    Genesys(#[source] GenesysError),
    /// What is there is in the way.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The values of a credential cannot be had, or are not what it needs.
    #[error(transparent)]
    Fields(#[from] FieldsError),
    /// The way to a role needs the role.
    #[error("role `{role}` does not exist")]
    NoRole {
        /// The role's ARN.
        role: String,
        /// The tool that makes it, where rolecall does not.
        manager: Option<Manager>,
    },
    /// The way to a role is another tool's.
    #[error("{} makes what is in Genesys Cloud (`managed_by` in [genesys])", manager.name())]
    GenesysElsewhere {
        /// The tool.
        manager: Manager,
    },
    /// The manifest asks for nothing in Genesys Cloud.
    #[error("the manifest contains nothing for Genesys Cloud")]
    NothingInGenesys,
}

impl<A: ReadAccount + ReadFunctions, G: GenesysRead> Context<A, G> {
    /// Reads, and plans.
    pub async fn plan(&self, goal: Goal, options: PlanOptions) -> Result<Planned, Beside<PlanningError>> {
        match goal {
            Goal::Manifest => {
                let TowardsManifest { survey, genesys, plan, elsewhere, usage } =
                    self.plan_manifest(options).await?;
                let observed = Some(survey.observed.clone());
                Ok(Planned { observed, survey: Some(survey), genesys, plan, elsewhere, usage })
            }
            Goal::Connection(rewriting) => Ok(self.plan_connection(options, rewriting).await?),
            Goal::Nothing => Ok(self.plan_destruction(options).await?),
        }
    }

    /// Reads, and plans towards the manifest. Beside an error stands what is there, as far as it was read.
    pub async fn plan_manifest(
        &self,
        options: PlanOptions,
    ) -> Result<TowardsManifest, Beside<PlanningError>> {
        let look = self.look_for_plan().await.map_err(Beside::alone)?;
        let seen = look.survey().clone();
        let planned = look.whole().map_err(PlanningError::from).and_then(|survey| {
            let Survey { desired, observed, quotas, .. } = &survey;
            let plan = aws::plan(desired, observed, quotas, options).map_err(PlanError::from)?;
            Ok((survey, plan))
        });
        let (survey, aws) = match planned {
            Ok(planned) => planned,
            Err(error) => return Err(Beside::new(error, self.found(&seen, None).await)),
        };
        let genesys = async {
            let genesys = self.survey_genesys(&survey).await.map_err(PlanningError::Genesys)?;
            if let Some(sides) = &genesys {
                self.check_limit(sides).await?;
            }
            let sides = genesys.as_ref();
            let plan = sides.map(|sides| sides.plan(options.adopt)).transpose().map_err(PlanError::from)?;
            Ok::<_, PlanningError>((genesys, plan))
        };
        let (genesys, of_genesys) = match genesys.await {
            Ok(genesys) => genesys,
            Err(error) => {
                return Err(Beside::new(error, self.found(&seen, Some(Unread::GenesysCloud)).await));
            }
        };
        let (of_genesys, left_in_genesys) = of_genesys.unzip();
        let way = Way::to_desired(aws, &survey);
        let plan = match Plan::of(way, of_genesys).storable() {
            Ok(plan) => plan,
            Err(refused) => {
                return Err(Beside::new(
                    PlanError::from(refused),
                    self.found(&seen, Some(Unread::Aws)).await,
                ));
            }
        };
        let elsewhere = survey.desired.managed_by.map(|manager| managed_drift(&survey, manager));
        let elsewhere = merged(elsewhere.unwrap_or_default(), left_in_genesys.unwrap_or_default());
        let genesys = genesys.map(GenesysSurvey::into_side);
        let usage = self.usage(&plan, genesys.as_ref().map(|side| &side.observed)).await;
        Ok(TowardsManifest { genesys, survey, plan, elsewhere, usage })
    }

    async fn plan_connection(
        &self,
        options: PlanOptions,
        rewriting: Rewriting,
    ) -> Result<Planned, PlanningError> {
        if let Some(manager) = self.manifest.genesys_manager() {
            return Err(PlanningError::GenesysElsewhere { manager });
        }
        let survey = self.look_for_plan().await?.whole()?;
        // A data action cannot call what does not exist.
        if !survey.missing.is_empty() {
            return Err(SurveyError::TargetsMissing(survey.missing).into());
        }
        if survey.observed.role.is_none() {
            return Err(PlanningError::NoRole {
                role: survey.desired.role_arn().to_string(),
                manager: survey.desired.managed_by,
            });
        }
        let genesys = self.survey_genesys(&survey).await.map_err(PlanningError::Genesys)?;
        let genesys = genesys.ok_or(PlanningError::NothingInGenesys)?;
        let plan = genesys::plan_rewriting(&genesys.desired, &genesys.observed, options.adopt, rewriting);
        let plan = Plan::from(plan.map_err(PlanError::from)?).without_actions();
        let observed = Some(survey.observed.clone());
        let genesys = Some(genesys.into_side());
        let (elsewhere, usage) = (Vec::new(), Vec::new());
        Ok(Planned { observed, survey: Some(survey), genesys, plan, elsewhere, usage })
    }

    async fn plan_destruction(&self, options: PlanOptions) -> Result<Planned, PlanningError> {
        let role = &self.manifest.role.name;
        // The functions are somebody else's: whether they exist makes no difference to what is removed here.
        let (observed, home) = observe_at_home(&self.manifest, &[], &self.aws).await?;
        let aws = match self.manifest.role.managed_by {
            // What another tool made, that tool removes.
            Some(_) => aws::Plan::default(),
            None => aws::plan_destroy(role, &observed, options).map_err(PlanError::from)?,
        };
        let role_arn = self.role_arn(&home);
        let way = Way::to_nothing(aws, &role_arn, &observed);
        let genesys = match self.manifest.genesys_manager() {
            Some(_) => None,
            None => self.observe_genesys(&role_arn).await.map_err(PlanningError::Genesys)?,
        };
        let plan = Plan::of(way, genesys.as_ref().map(|observed| genesys::plan_destroy(&role_arn, observed)));
        let plan = plan.storable().map_err(PlanError::from)?;
        let usage = self.usage(&plan, genesys.as_ref()).await;
        let genesys = genesys.map(|observed| GenesysSide { observed, managed_by: None });
        Ok(Planned { observed: Some(observed), survey: None, genesys, plan, elsewhere: Vec::new(), usage })
    }
}

impl<A, G> Context<A, G> {
    /// What writes the plan to Genesys Cloud, where there is one. The values of a credential are read here, before the first write,
    /// and only where the plan writes one of a secret.
    pub(super) async fn genesys_writer(
        &self,
        plan: &Plan,
    ) -> Result<Option<WithFields<'_, G>>, PlanningError> {
        let Some(Counterpart { client, sources: _, secret }) = &self.genesys else { return Ok(None) };
        let needed = plan.changes().iter().find_map(|change| match change {
            Change::Aws(_) => None,
            Change::Genesys(step) => step.written_credential().filter(|it| it.value.secret().is_some()),
        });
        let fields = match (needed, secret) {
            (
                Some(Credential { type_name, value: CredentialValue::Secret { required, .. }, .. }),
                Some(store),
            ) => Some(CredentialFields::read(store.as_ref(), type_name, required).await?),
            (Some(_) | None, _) => None,
        };
        Ok(Some(WithFields { genesys: client.as_ref(), fields }))
    }
}

impl<A, G: GenesysRead> Context<A, G> {
    /// Refuses more actions than an integration may have, before the first of them is written. The organization's own limit
    /// is asked for only where the usual one does not do.
    pub(super) async fn check_limit(&self, sides: &GenesysSurvey) -> Result<(), PlanningError> {
        if sides.managed.is_some() {
            return Ok(());
        }
        let Some((integration, actions)) = genesys::fullest(&sides.desired, &sides.observed) else {
            return Ok(());
        };
        let is_above = |limit: u64| u64::try_from(actions).is_ok_and(|actions| actions > limit);
        let Some(Counterpart { client, .. }) = &self.genesys else { return Ok(()) };
        if !is_above(genesys::ACTIONS_AN_INTEGRATION) {
            return Ok(());
        }
        let limit = client.actions_an_integration().await.map_err(PlanningError::Genesys)?;
        let limit = limit.unwrap_or(genesys::ACTIONS_AN_INTEGRATION);
        if !is_above(limit) {
            return Ok(());
        }
        Err(PlanError::from(genesys::PlanError::TooManyActions { integration, actions, limit }).into())
    }

    /// Asks who uses the actions whose IDs the plan ends.
    pub(super) async fn usage(&self, plan: &Plan, genesys: Option<&ObservedGenesys>) -> Vec<Usage> {
        let (Some(observed), Some(side)) = (genesys, &self.genesys) else { return Vec::new() };
        usage(side.client.as_ref(), ending(observed, plan.ending())).await
    }
}
