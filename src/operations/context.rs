//! What an operation works with: one manifest, and the clients to reach its account and its organization with.
//!
//! Futures are boxed here: each is a part of the next, and a compiler follows them only so far.

use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::join;

use crate::desired::aws::Home;
use crate::desired::genesys::{
    Desired, DesiredCredential, Kind, Managed, Sign, desired, own_names, web_services_credential,
};
use crate::desired::sources::ActionSources;
use crate::desired::template::Templates;
use crate::drift::{Difference, genesys_drift, managed_genesys_drift};
use crate::iam::arn::{ExternalId, RoleArn};
use crate::manifest::{Call, Manager, Manifest};
use crate::observe::function_sides::{self, Extent, FunctionSide};
use crate::observe::genesys::{Detail, Observed, Reach, Sought, observe};
use crate::observe::snapshot::Snapshot;
use crate::observe::survey::{Look, Survey, SurveyError, look, look_for_plan};
use crate::plan::genesys::{Plan as GenesysPlan, PlanError as GenesysPlanError, plan};
use crate::ports::genesys::{GenesysRead, GenesysResult, GenesysTest, GenesysWrite};
use crate::ports::secrets::ReadSecret;
use crate::ports::{
    AnalyseAccess, FunctionAddress, Probe, ReadAccount, ReadFunctions, ReadOrganization, Simulate, Write,
};

/// All that is asked of AWS.
pub trait AwsPorts:
    ReadAccount + ReadFunctions + ReadOrganization + Write + Probe + Simulate + AnalyseAccess
{
}

impl<A> AwsPorts for A where
    A: ReadAccount + ReadFunctions + ReadOrganization + Write + Probe + Simulate + AnalyseAccess
{
}

/// All that is asked of Genesys Cloud.
pub trait GenesysPorts: GenesysRead + GenesysWrite + GenesysTest {}

impl<G: GenesysRead + GenesysWrite + GenesysTest> GenesysPorts for G {}

/// One manifest, and the clients for it.
#[derive(Debug)]
pub struct Context<A, G> {
    pub manifest: Manifest,
    /// The external ID: the organization's ID.
    pub external_id: ExternalId,
    /// The policy templates.
    pub templates: Rc<Templates>,
    pub aws: A,
    /// What is known of the account already, where many of its roles are looked at.
    pub snapshot: Option<Rc<Snapshot<A>>>,
    /// Where the manifest's functions are looked for.
    pub addresses: Vec<FunctionAddress>,
    /// The longest wait for one thing.
    pub deadline: Duration,
    /// Genesys Cloud, where the manifest asks for something there.
    pub genesys: Option<Counterpart<G>>,
}

/// Genesys Cloud, and what the manifest's files say about it.
#[derive(Debug)]
pub struct Counterpart<G> {
    /// Genesys Cloud.
    pub client: Rc<G>,
    /// The files of the manifest's actions.
    pub sources: Vec<ActionSources>,
    /// Where the fields of the credential for addresses are kept, where the manifest names one.
    pub secret: Option<Box<dyn ReadSecret>>,
}

/// What should be in Genesys Cloud, and what is.
#[derive(Clone, Debug)]
pub struct GenesysSurvey {
    /// What should be there.
    pub desired: Desired,
    /// What is there.
    pub observed: Observed,
    /// Who makes it, where that is not rolecall.
    pub managed: Option<Managed>,
}

/// Genesys Cloud as it is, and who makes what is there.
#[derive(Clone, Debug)]
pub struct GenesysSide {
    /// What is there.
    pub observed: Observed,
    /// The tool that makes it, where that is not rolecall.
    pub managed_by: Option<Manager>,
}

impl GenesysSurvey {
    /// What is to be written, and what another tool has to repair, where it makes what is there: then nothing is written.
    pub fn plan(&self, adopt: bool) -> Result<(GenesysPlan, Vec<Difference>), GenesysPlanError> {
        match self.managed {
            Some(managed) => Ok(managed_genesys_drift(&self.desired, &self.observed, managed)),
            None => Ok((plan(&self.desired, &self.observed, adopt)?, Vec::new())),
        }
    }

    /// The differences, most severe first, and what would repair them, where rolecall does that.
    pub fn drift(&self) -> Result<(GenesysPlan, Vec<Difference>), GenesysPlanError> {
        match self.managed {
            Some(managed) => Ok(managed_genesys_drift(&self.desired, &self.observed, managed)),
            None => genesys_drift(&self.desired, &self.observed),
        }
    }

    /// What was read.
    #[must_use]
    pub fn into_side(self) -> GenesysSide {
        GenesysSide { observed: self.observed, managed_by: self.managed.map(|managed| managed.manager) }
    }
}

impl<A: ReadAccount + ReadFunctions, G: GenesysRead> Context<A, G> {
    /// Reads AWS and works out what should be there, all of it; a missing function is something to report.
    pub async fn survey(&self) -> Result<Survey, SurveyError> {
        self.look_to(Extent::Named).await?.whole()
    }

    /// The same as far as it goes, with so much of the targets' functions.
    pub async fn look_to(&self, extent: Extent) -> Result<Look, SurveyError> {
        let Self { manifest, external_id, templates, addresses, aws, snapshot, .. } = self;
        let account = async {
            match snapshot {
                Some(snapshot) => {
                    look(manifest, external_id, templates, addresses, snapshot.as_ref()).boxed_local().await
                }
                None => look(manifest, external_id, templates, addresses, aws).boxed_local().await,
            }
        };
        let (look, sides) = join!(account, self.function_sides(extent));
        Ok(look?.with_sides(sides))
    }

    /// The same for a plan, which not everything that is there permits.
    pub async fn look_for_plan(&self) -> Result<Look, SurveyError> {
        let Self { manifest, external_id, templates, addresses, aws, snapshot, .. } = self;
        let account = async {
            match snapshot {
                Some(snapshot) => {
                    look_for_plan(manifest, external_id, templates, addresses, snapshot.as_ref())
                        .boxed_local()
                        .await
                }
                None => look_for_plan(manifest, external_id, templates, addresses, aws).boxed_local().await,
            }
        };
        let (look, sides) = join!(account, self.function_sides(Extent::Named));
        Ok(look?.with_sides(sides))
    }

    async fn function_sides(&self, extent: Extent) -> Vec<FunctionSide> {
        function_sides::read(&self.aws, &self.manifest, &self.addresses, extent).boxed_local().await
    }
}

impl<A, G: GenesysRead> Context<A, G> {
    /// Reads Genesys Cloud, where the manifest asks for something there, and works out what should be there.
    pub async fn survey_genesys(&self, survey: &Survey) -> GenesysResult<Option<GenesysSurvey>> {
        let Some(Counterpart { sources, .. }) = &self.genesys else { return Ok(None) };
        let role = survey.desired.role_arn();
        let desired = desired(&self.manifest, &self.external_id, &role, &survey.functions(), sources);
        let observed = self.observe_genesys(&role).await?;
        let managed = Managed::of(&self.manifest);
        Ok(observed.map(|observed| GenesysSurvey { desired, observed, managed }))
    }

    /// The ARN of the manifest's role in that account.
    pub fn role_arn(&self, home: &Home) -> RoleArn {
        home.role_arn(&self.manifest.role.name, &self.manifest.role.path)
    }

    /// Reads Genesys Cloud, where the manifest asks for something there.
    pub async fn observe_genesys(&self, role: &RoleArn) -> GenesysResult<Option<Observed>> {
        let Some(Counterpart { client, .. }) = &self.genesys else { return Ok(None) };
        let (integration, _) = own_names(&self.manifest);
        let calls_addresses =
            self.manifest.actions.iter().any(|action| matches!(action.call, Call::Url { .. }));
        let (reach, kinds): (_, &[Kind]) = match Managed::of(&self.manifest) {
            None => (Reach::Own, &Kind::ALL),
            Some(Managed { is_integration_stated, manager: _ }) => (
                if is_integration_stated { Reach::Named } else { Reach::Every },
                // What the manifest has nothing of is nobody's concern.
                if calls_addresses { &Kind::ALL } else { &[Kind::Lambda] },
            ),
        };
        let credential = web_services_credential(&self.manifest);
        let sought = Sought {
            role: &role.to_string(),
            resource: None,
            id: None,
            name: &integration,
            kinds,
            credential_type: credential.as_ref().and_then(DesiredCredential::stated_type),
            sign: &Sign::of(role, None),
            reach,
            actions: Detail::Full,
            deadline: self.deadline,
        };
        observe(client.as_ref(), &sought).boxed_local().await.map(Some)
    }
}
