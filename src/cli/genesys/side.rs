//! The Genesys Cloud side of plan, apply, drift and destroy.

use std::rc::Rc;

use anyhow::Context as _;
use rolecall::desired::genesys::{Desired, Kind, desired, own_names};
use rolecall::desired::sources::ActionSources;
use rolecall::iam::arn::RoleArn;
use rolecall::manifest::Manifest;
use rolecall::observe::genesys::{Detail, Observed, Sought, observe};
use rolecall::observe::survey::Survey;
use rolecall::plan::genesys::{Plan, Retirement, plan};
use rolecall::report::Report;
use rolecall_genesys::client::Client;

use crate::cli::context::Context;
use crate::cli::failure::RetiresActions;

/// Genesys Cloud, and what the manifest's files say about it.
pub(crate) struct Side {
    pub(crate) client: Rc<Client>,
    pub(crate) sources: Vec<ActionSources>,
}

/// Both sides of a plan for Genesys Cloud.
pub(crate) struct GenesysSurvey {
    pub(crate) desired: Desired,
    pub(crate) observed: Observed,
}

/// A plan for Genesys Cloud, and both sides of it.
pub(crate) struct GenesysPlanned {
    pub(crate) survey: GenesysSurvey,
    pub(crate) plan: Plan,
}

impl Side {
    /// Reads Genesys Cloud and works out what should be there.
    pub(crate) async fn survey(&self, context: &Context, survey: &Survey) -> anyhow::Result<GenesysSurvey> {
        let role = survey.desired.role_arn();
        let Context { manifest, external_id, .. } = context;
        let desired = desired(manifest, external_id, &role, &survey.functions(), &self.sources);
        Ok(GenesysSurvey { desired, observed: self.observe(manifest, &role).await? })
    }

    /// The plan that makes Genesys Cloud as desired.
    pub(crate) async fn plan(
        &self,
        context: &Context,
        survey: &Survey,
        adopt: bool,
    ) -> anyhow::Result<GenesysPlanned> {
        let survey = self.survey(context, survey).await?;
        let plan = plan(&survey.desired, &survey.observed, adopt)?;
        Ok(GenesysPlanned { survey, plan })
    }

    /// Reads Genesys Cloud.
    pub(crate) async fn observe(&self, manifest: &Manifest, role: &RoleArn) -> anyhow::Result<Observed> {
        let (integration, credential) = own_names(manifest);
        let sought = Sought {
            role: &role.to_string(),
            resource: None,
            id: None,
            name: &integration,
            kinds: &Kind::ALL,
            credential: &credential,
            actions: Detail::Full,
        };
        observe(self.client.as_ref(), &sought).await.context("cannot read Genesys Cloud")
    }
}

/// The report with a plan for Genesys Cloud.
pub(crate) fn with_plan(report: Report, observed: &Observed, plan: &Plan) -> Report {
    let organization = &observed.organization;
    report.with_genesys((&organization.id, &organization.name), plan)
}

/// Refuses a plan that ends IDs which flows may refer to, unless the user said so.
pub(crate) fn refuse_retirement(plan: &Plan, replace: bool) -> Result<(), RetiresActions> {
    let retired = plan.retired();
    if replace || retired.is_empty() {
        return Ok(());
    }
    let line = |(id, name, why): (&str, &str, Retirement)| {
        let why = match why {
            Retirement::Replaced => "its contract changes, and that takes a new action",
            Retirement::NotInManifest => "the manifest does not name it",
            Retirement::Destroyed => "everything goes",
        };
        format!("{name} ({id}): {why}")
    };
    Err(RetiresActions { actions: retired.into_iter().map(line).collect() })
}
