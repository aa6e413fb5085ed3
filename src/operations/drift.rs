//! Compares AWS and Genesys Cloud with the manifest, and proves what follows from each difference. Reads only.

use tokio::join;

use super::beside::{Beside, Found, as_it_is};
use super::context::{Context, GenesysSide};
use crate::desired::aws::boundary_document;
use crate::desired::genesys::is_asked_for;
use crate::drift::{
    Connector, Deed, Difference, Standing, Unread, drift, managed_drift, merged, other_organization,
};
use crate::exit::ExitCode;
use crate::observe::aws::ObservedBoundary;
use crate::observe::function_sides::Extent;
use crate::observe::survey::{Open, Survey, SurveyError};
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
        let seen = look.survey().clone();
        let verification = as_it_is(&seen);
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
            (Ok((survey, _, differences)), Err(error)) => {
                let to_do = self.to_do(&survey, Some(Unread::GenesysCloud), &differences);
                return Err(Beside::new(error, Found { survey, verification, differences, to_do }));
            }
            (Err(error), of_genesys) => {
                let differences = of_genesys.ok().flatten().map(|(_, _, differences)| differences);
                let differences = differences.unwrap_or_default();
                let to_do = self.to_do(&seen, Some(Unread::Aws), &differences);
                let found = Found { survey: seen, verification, differences, to_do };
                return Err(Beside::new(error, found).compared(live));
            }
        };
        let (genesys, genesys_plan, differences) = match of_genesys {
            None => (None, None, differences),
            Some((side, plan, more)) => (Some(side), Some(plan), merged(differences, more)),
        };
        let plan = Plan::of(Way::to_desired(aws, &survey), genesys_plan);
        let usage = self.usage(&plan, genesys.as_ref().map(|side| &side.observed)).await;
        let to_do = self.to_do(&survey, None, &differences);
        Ok(Drifted { survey, genesys, plan, differences, verification, usage, live, to_do })
    }

    /// The boundary of the targets, if it was read and is another document than rolecall would write; also one that is not in force
    /// yet.
    fn differing_boundary<'s>(&self, survey: &'s Survey) -> Option<&'s ObservedBoundary> {
        let Survey { desired, observed, boundary, .. } = survey;
        let own = desired.own_boundary()?;
        let known = observed.boundary.iter().chain(boundary).find(|known| known.arn == *own)?;
        let there = known.document.as_ref()?;
        let wanted = boundary_document(&self.manifest, &self.external_id, &desired.home, &desired.targets);
        let wanted = StoredDocument::from(wanted.ok()?.to_string());
        (!there.says_the_same_as(&wanted)).then_some(known)
    }

    /// What differs in AWS; `None` where something keeps it from being compared.
    fn aws_drift(&self, survey: &Survey) -> Option<Vec<Difference>> {
        let is_compared = |open: &Open| match open.why {
            // A difference says that the boundary is missing.
            SurveyError::NoBoundary { .. } => true,
            SurveyError::Aws(_)
            | SurveyError::WrongAccount(_)
            | SurveyError::TargetsMissing(_)
            | SurveyError::NameTaken { .. }
            | SurveyError::Desired(_) => false,
        };
        match survey.desired.managed_by {
            _ if !survey.open.iter().all(is_compared) => None,
            Some(manager) => Some(managed_drift(survey, manager)),
            None => drift(survey).map(|(_, differences)| differences).ok(),
        }
    }

    /// What to do now in AWS.
    pub(super) fn to_do_in_aws(&self, survey: &Survey) -> Vec<Deed> {
        // Nobody looked at Genesys Cloud, and a plan for it may be refused.
        let is_unread = is_asked_for(&self.manifest) && self.manifest.genesys_manager().is_none();
        let unread = is_unread.then_some(Unread::GenesysCloud);
        match self.aws_drift(survey) {
            Some(differences) => self.to_do(survey, unread, &differences),
            None => self.to_do(survey, Some(Unread::Aws), &[]),
        }
    }

    /// What to do now.
    fn to_do(&self, survey: &Survey, unread: Option<Unread>, differences: &[Difference]) -> Vec<Deed> {
        let connector = match (self.manifest.party.vendor(), self.manifest.genesys_manager()) {
            (Some(vendor), _) => Connector::Vendor(vendor.name.to_string()),
            (None, Some(manager)) => Connector::Tool(manager),
            (None, None) if is_asked_for(&self.manifest) => Connector::Rolecall,
            (None, None) => Connector::People,
        };
        let boundary = self.differing_boundary(survey);
        Standing { survey, boundary, connector, unread }.to_do(differences)
    }

    /// What was found in AWS beside an error, with what to do about it where something is to be done.
    pub(super) fn found_in_aws(&self, survey: &Survey) -> Found {
        let found = Found::of(survey);
        match found.exit() {
            ExitCode::Success => found,
            _ => Found { to_do: self.to_do_in_aws(survey), ..found },
        }
    }

    /// What was found beside an error, with what to do about it where something is to be done. `stuck` is the side whose plan is
    /// refused, where that is known.
    pub(super) async fn found(&self, survey: &Survey, stuck: Option<Unread>) -> Found {
        let of_genesys = self.genesys_drift(survey).await;
        let unread = stuck.or(of_genesys.is_err().then_some(Unread::GenesysCloud));
        let in_genesys = of_genesys.ok().flatten().map(|(_, _, differences)| differences).unwrap_or_default();
        let (unread, differences) = match (self.aws_drift(survey), unread) {
            (None, _) | (Some(_), Some(Unread::Aws)) => (Some(Unread::Aws), in_genesys.clone()),
            (Some(differences), Some(Unread::GenesysCloud)) => (unread, differences),
            (Some(differences), None) => (None, merged(differences, in_genesys.clone())),
        };
        // What a refused plan is of differs from the manifest in any case.
        let told = if stuck.is_none() { in_genesys } else { Vec::new() };
        let found = Found { differences: told, ..Found::of(survey) };
        match found.exit() {
            ExitCode::Success => found,
            _ => Found { to_do: self.to_do(survey, unread, &differences), ..found },
        }
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
