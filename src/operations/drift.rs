//! Compares AWS and Genesys Cloud with the manifest, and proves what follows from each difference. Reads only.

use tokio::join;

use super::beside::{Beside, Found};
use super::context::{Context, GenesysSide};
use crate::desired::aws::boundary_document;
use crate::drift::{Deed, Difference, drift, managed_drift, merged, other_organization, to_do};
use crate::exit::ExitCode;
use crate::observe::function_sides::Extent;
use crate::observe::survey::{Survey, SurveyError};
use crate::observe::usage::Usage;
use crate::plan::aws::Plan as AwsPlan;
use crate::plan::genesys::Plan as GenesysPlan;
use crate::plan::{Plan, PlanError, Way};
use crate::ports::genesys::{GenesysError, GenesysRead};
use crate::ports::{ReadAccount, ReadFunctions};
use crate::verify::Verification;
use crate::verify::live_organization::LiveOrganization;
use rolecall_model::stored::StoredDocument;

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
    /// What to do now.
    pub to_do: Vec<Deed>,
}

impl Drifted {
    /// The exit code of what was found.
    #[must_use]
    pub fn exit(&self) -> ExitCode {
        ExitCode::of_drift(&self.verification, &self.differences, &self.live)
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
    /// Reads and compares. `live` says whether the role is for the organization of the credentials at hand. What is there is proved
    /// first, and one side that cannot be compared does not keep the other from it.
    pub async fn drift(
        &self,
        live: impl Future<Output = LiveOrganization>,
    ) -> Result<Drifted, Beside<DriftError>> {
        let (look, live) = join!(self.look_to(Extent::Named), live);
        let look = look.map_err(Beside::alone)?;
        let found = Found::of(look.survey());
        let of_genesys = self.genesys_drift(look.survey()).await;
        let of_aws = look.whole().map_err(DriftError::from).and_then(|survey| {
            let (plan, mut differences) = match survey.desired.managed_by {
                Some(manager) => (AwsPlan::default(), managed_drift(&survey, manager)),
                None => drift(&survey).map_err(PlanError::from)?,
            };
            if let LiveOrganization::Other { expected, found } = &live {
                differences.insert(0, other_organization(expected, &found.id, &found.name));
            }
            Ok((survey, plan, differences))
        });
        let (survey, aws, differences, of_genesys) = match (of_aws, of_genesys) {
            (Ok((survey, aws, differences)), Ok(of_genesys)) => (survey, aws, differences, of_genesys),
            (Ok((_, _, differences)), Err(error)) => return Err(Beside::new(error, found.with(differences))),
            (Err(error), of_genesys) => {
                let differences = of_genesys.ok().flatten().map(|(_, _, differences)| differences);
                let found = found.with(differences.unwrap_or_default());
                return Err(Beside::new(error, found).compared(live));
            }
        };
        let verification = found.verification;
        let (genesys, genesys_plan, differences) = match of_genesys {
            None => (None, None, differences),
            Some((side, plan, more)) => (Some(side), Some(plan), merged(differences, more)),
        };
        let plan = Plan::of(Way::to_desired(aws, &survey), genesys_plan);
        let usage = self.usage(&plan, genesys.as_ref().map(|side| &side.observed)).await;
        let to_do = to_do(&differences, Some(&survey), self.boundary_differs(&survey));
        Ok(Drifted { survey, genesys, plan, differences, verification, usage, live, to_do })
    }

    /// Whether the boundary of the targets exists, is read, and is another document than rolecall would write; also one that is not in
    /// force yet.
    pub(super) fn boundary_differs(&self, survey: &Survey) -> bool {
        let Survey { desired, observed, boundary, .. } = survey;
        let Some(own) = desired.own_boundary() else { return false };
        let known = observed.boundary.iter().chain(boundary).find(|known| known.arn == *own);
        let Some(there) = known.and_then(|known| known.document.as_ref()) else { return false };
        let wanted = boundary_document(&self.manifest, &self.external_id, &desired.home, &desired.targets);
        wanted.is_ok_and(|wanted| !there.says_the_same_as(&StoredDocument::from(wanted.to_string())))
    }

    /// What differs in AWS, and what to do now; nothing where that cannot be worked out.
    pub(super) fn to_do_in_aws(&self, survey: &Survey) -> Vec<Deed> {
        let differences = match survey.desired.managed_by {
            Some(manager) => managed_drift(survey, manager),
            None => drift(survey).map(|(_, differences)| differences).unwrap_or_default(),
        };
        to_do(&differences, Some(survey), self.boundary_differs(survey))
    }

    /// What differs in Genesys Cloud, where the manifest asks for something there.
    pub(super) async fn genesys_drift(
        &self,
        survey: &Survey,
    ) -> Result<Option<(GenesysSide, GenesysPlan, Vec<Difference>)>, DriftError> {
        let Some(sides) = self.survey_genesys(survey).await.map_err(DriftError::Genesys)? else {
            return Ok(None);
        };
        let (plan, differences) = sides.drift().map_err(PlanError::from)?;
        Ok(Some((sides.into_side(), plan, differences)))
    }
}
