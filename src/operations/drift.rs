//! Compares AWS and Genesys Cloud with the manifest, and proves what follows from each difference. Reads only.

use tokio::join;

use super::context::{Context, GenesysSide};
use crate::drift::{Difference, drift, managed_drift, merged, other_organization};
use crate::exit::ExitCode;
use crate::observe::survey::{Survey, SurveyError};
use crate::observe::usage::Usage;
use crate::plan::aws::Plan as AwsPlan;
use crate::plan::{Plan, PlanError, Way};
use crate::ports::genesys::{GenesysError, GenesysRead};
use crate::ports::{ReadAccount, ReadFunctions};
use crate::verify::functions::judge_alone;
use crate::verify::live_organization::LiveOrganization;
use crate::verify::{Documents, Verification, paper};

/// What differs, and what is proved of what is there.
#[derive(Debug)]
pub struct Drifted {
    /// AWS as it is, and as it should be.
    pub survey: Survey,
    /// Genesys Cloud as it is, where the manifest asks for something there.
    pub genesys: Option<GenesysSide>,
    /// What would repair it.
    pub plan: Plan,
    /// Each difference with what it leads to, the most severe first.
    pub differences: Vec<Difference>,
    /// What is proved of the documents that AWS holds.
    pub verification: Verification,
    /// Who uses the actions whose IDs the repair would end.
    pub usage: Vec<Usage>,
    /// Whether the role is for the organization of the credentials at hand.
    pub live: LiveOrganization,
}

impl Drifted {
    /// The exit code of what was found.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        self.verification.exit().or(ExitCode::of_differences(&self.differences)).or(self.live.exit())
    }
}

/// Why nothing was compared.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// AWS could not be read, or what should be there could not be worked out.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// Genesys Cloud could not be read.
    #[error("cannot read Genesys Cloud")]
    Genesys(#[source] GenesysError),
    /// What is there is in the way of a plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
}

impl<A: ReadAccount + ReadFunctions, G: GenesysRead> Context<A, G> {
    /// Reads and compares. `live` says whether the role is for the organization of the credentials at hand.
    pub async fn drift(&self, live: impl Future<Output = LiveOrganization>) -> Result<Drifted, DriftError> {
        let (survey, live) = join!(self.survey(), live);
        let survey = survey?;
        let (aws, mut differences) = match survey.desired.managed_by {
            Some(manager) => (AwsPlan::default(), managed_drift(&survey, manager)),
            None => drift(&survey).map_err(PlanError::from)?,
        };
        if let LiveOrganization::Other { expected, found } = &live {
            differences.insert(0, other_organization(expected, &found.id, &found.name));
        }
        let (mut genesys, mut genesys_plan) = (None, None);
        if let Some(sides) = self.survey_genesys(&survey).await.map_err(DriftError::Genesys)? {
            let (plan, more) = sides.drift().map_err(PlanError::from)?;
            differences = merged(differences, more);
            (genesys, genesys_plan) = (Some(sides.into_side()), Some(plan));
        }
        let verification = match Documents::surveyed(&survey) {
            Some(documents) => paper(&documents, &survey),
            // Without the role there is nothing to prove anything of: that it is missing is the drift.
            None => judge_alone(&survey),
        };
        let plan = Plan::of(Way::to_desired(aws, &survey), genesys_plan);
        let usage = self.usage(&plan, genesys.as_ref().map(|side| &side.observed)).await;
        Ok(Drifted { survey, genesys, plan, differences, verification, usage, live })
    }
}
