//! One manifest with the clients for its account and its organization; what is found there becomes a report.

use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use rolecall_aws::{Aws, AwsSettings};
use rolecall_genesys::client::Client;
use rolecall_genesys::credentials::CredentialError;
use rolecall_model::patience::Interrupt;
use serde_json::{Map, Value};
use tokio::join;

use super::clients::{Clients, SharedClient, secret_of};
use super::error::ConnectError;
use super::loaded::Loaded;
use crate::carry_out::Observer;
use crate::desired::genesys::is_asked_for;
use crate::desired::sources::read_sources;
use crate::desired::template::Templates;
use crate::exit::ExitCode;
use crate::failure::{CommandError, troubles};
use crate::iam::arn::{ExternalId, Region};
use crate::manifest::{Access, AssumedRole, Manifest, Outline, PartyName};
use crate::observe::survey::{AddressError, SurveyError, addresses};
use crate::operations::{self, Beside, Counterpart, DriftError, Verified, VerifyError, VerifyRequest};
use crate::ports::genesys::{GenesysError, GenesysRead as _, Organization};
use crate::ports::metrics::Window;
use crate::report::{ActionTestView, CallsView, MetricsView, Report, UnexaminedView};
use crate::verify::action_test::ActionTest;
use crate::verify::live_organization::LiveOrganization;
use crate::verify::metrics::Limits;

/// What begins the warning that there was no live organization to compare with.
const NOT_COMPARED: &str = "the manifest's organization_id was not compared with the live one";

/// Why Genesys Cloud is not asked for figures.
const NOT_CONNECTED: &str = "the manifest asks for nothing in Genesys Cloud";

/// Why there are no figures of a role that another vendor than Genesys assumes.
const NOTHING_TO_MEASURE: &str =
    "no figures: rolecall measures data actions, and a manifest with [vendor] has none";

/// Whom a command talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Services {
    /// AWS, whatever the manifest asks for elsewhere; Genesys Cloud at most says which organization it is.
    Aws,
    /// AWS alone, because the user said so: Genesys Cloud is asked only for the external ID, where the manifest does not state it.
    AwsAlone,
    /// AWS, and Genesys Cloud where the manifest asks for something there.
    Both,
    /// Both, also where the manifest asks for nothing in Genesys Cloud: for whoever only reads there.
    Always,
}

/// Reads the text of a file, or says why not.
pub type ReadFile = Box<dyn Fn(&Path) -> Result<String, String>>;

/// What all manifests of a run have in common.
pub struct Surroundings {
    /// Whom it talks to.
    pub services: Services,
    /// The policy templates.
    pub templates: Rc<Templates>,
    /// The clients of Genesys Cloud.
    pub clients: Clients,
    /// The longest wait for one thing.
    pub deadline: Duration,
    /// For the files that a manifest names.
    pub read: ReadFile,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surroundings").field("services", &self.services).finish_non_exhaustive()
    }
}

/// How the account and the organization of a manifest are reached.
#[derive(Debug)]
pub struct Route {
    /// The account.
    pub settings: AwsSettings,
    /// The organization, where it is not the credentials that decide.
    pub genesys: Option<SharedClient>,
}

/// How the account of a manifest is reached: what the user says goes before the manifest.
pub fn settings(
    access: &Access,
    profile: Option<String>,
    region: Option<Region>,
    deadline: Duration,
) -> AwsSettings {
    let (assume_role, external_id) =
        access.assume_role.clone().map(|AssumedRole { role, external_id }| (role, external_id)).unzip();
    AwsSettings {
        profile: profile.or_else(|| access.profile.clone()),
        region: region.or_else(|| access.region.clone()),
        assume_role,
        external_id: external_id.flatten(),
        deadline,
        fixed: None,
    }
}

/// One manifest that operations can work on.
#[derive(Debug)]
pub struct Connected {
    /// What operations work with.
    pub role: operations::Context<Aws, Client>,
    /// The region that the user configured.
    pub region: Option<Region>,
    /// What to know beside every result.
    pub warnings: Vec<String>,
    /// Where the manifest's keys stand.
    pub outline: Outline,
    /// That the manifest asks for something in Genesys Cloud, and nobody looked.
    pub unexamined: Option<UnexaminedView>,
    /// Genesys Cloud, where the manifest asks for nothing there and credentials are at hand.
    organizations: Option<SharedClient>,
    /// Whether somebody named these credentials; others just happen to be in the environment.
    are_credentials_named: bool,
}

/// Mostly what operations work with is read of it.
impl Deref for Connected {
    type Target = operations::Context<Aws, Client>;

    fn deref(&self) -> &Self::Target {
        &self.role
    }
}

impl Connected {
    /// Reads the files that the manifest names, and prepares the clients; at most Genesys Cloud is contacted, for the external ID.
    /// `warn` hears at once what is worth a warning, also where this fails.
    pub async fn open(
        loaded: Loaded,
        route: Route,
        surroundings: &Surroundings,
        warn: &mut dyn FnMut(&str),
    ) -> Result<Self, ConnectError> {
        let aws = Aws::connect(&route.settings).await?;
        Self::with(loaded, aws, route.genesys, surroundings, warn).await
    }

    /// The same with a client of AWS that others use too.
    pub(super) async fn with(
        loaded: Loaded,
        aws: Aws,
        genesys: Option<SharedClient>,
        surroundings: &Surroundings,
        warn: &mut dyn FnMut(&str),
    ) -> Result<Self, ConnectError> {
        let Surroundings { services, templates, clients, deadline, read } = surroundings;
        let Loaded { name: _, manifest, outline, mut warnings } = loaded;
        // Every fault of the files that the actions name comes out before anybody is contacted.
        let asked = match services {
            Services::Aws | Services::AwsAlone => false,
            Services::Both => is_asked_for(&manifest),
            Services::Always => {
                manifest.require_genesys()?;
                true
            }
        };
        let party = manifest.genesys();
        let sources = asked.then(|| read_sources(&manifest, read)).transpose()?;
        let client = party
            .map(|party| genesys.map_or_else(|| clients.of(party, &manifest.access, &aws, *deadline), Ok));
        let is_left_out = match services {
            Services::AwsAlone => manifest.party.external_id().is_some(),
            Services::Aws | Services::Both | Services::Always => false,
        };
        let client = match (client, &sources) {
            (None, _) => None,
            (Some(_), None) if is_left_out => None,
            (Some(Ok(client)), _) => Some(client),
            (Some(Err(error)), Some(_)) => return Err(error.into()),
            (Some(Err(CredentialError::Unset { .. })), None) => None,
            // Credentials that cannot be right are no reason to stop where nobody needs them.
            (Some(Err(error)), None) => {
                let warning = format!("Genesys Cloud was not asked for the organization's ID: {error}");
                warn(&warning);
                warnings.push(warning);
                None
            }
        };
        let region = aws.region().map(str::parse::<Region>).transpose();
        let region = region.map_err(|error| ConnectError::Region { reason: error.to_string() })?;
        if let Some(region) = &region {
            manifest.party.check_partition(&format!("the region `{region}`"), region.partition())?;
        }
        let external_id = external_id(&manifest, client.as_ref()).await?;
        let (genesys, organizations) = match (client, sources, party) {
            (Some(SharedClient { client, .. }), Some(sources), Some(party)) => {
                let secret = secret_of(party, &aws)?;
                (Some(Counterpart { client, sources, secret }), None)
            }
            (client, _, _) => (None, client),
        };
        let addresses = match addresses(&manifest.targets, region.as_ref()) {
            Ok(addresses) => addresses,
            Err(AddressError::NoRegion { target }) if aws.lacks_credentials().await => {
                return Err(ConnectError::NoAccess { target });
            }
            Err(error) => return Err(error.into()),
        };
        let unexamined = match services {
            Services::AwsAlone if is_asked_for(&manifest) => Some(UnexaminedView::LEFT_OUT),
            Services::Aws if is_asked_for(&manifest) && organizations.is_none() => {
                Some(UnexaminedView::NO_CREDENTIALS)
            }
            Services::Aws | Services::AwsAlone | Services::Both | Services::Always => None,
        };
        Ok(Self {
            unexamined,
            are_credentials_named: party.is_some_and(|party| clients.are_named(party)),
            role: operations::Context {
                manifest,
                external_id,
                templates: Rc::clone(templates),
                aws,
                snapshot: None,
                addresses,
                deadline: *deadline,
                genesys,
            },
            region,
            warnings,
            outline,
            organizations,
        })
    }

    /// Compares the services with the manifest.
    pub async fn drift(&mut self) -> Result<(Report, ExitCode), Beside<DriftError>> {
        let drifted = self.role.drift(self.live_organization()).boxed_local().await?;
        let exit = drifted.exit();
        self.warnings.extend(warning(&drifted.live));
        let report = Report::of_drift(&drifted, self.outline.clone());
        let (warnings, unexamined) = (self.warnings.clone(), self.unexamined);
        Ok((Report { warnings, unexamined, ..report }, exit))
    }

    /// Runs these actions for real, adds what became of them to the report, and gives the exit code that they ask for. If they could
    /// not be run, the report says so as its error.
    pub async fn test_actions(
        &self,
        asked: &[(String, Map<String, Value>)],
        report: &mut Report,
    ) -> ExitCode {
        let tests = self.role.test_named(asked, &Interrupt::never(), &()).boxed_local().await;
        match tests.map_err(VerifyError::from).map_err(CommandError::from) {
            Ok(tests) => {
                let views = tests.iter().map(ActionTestView::from);
                report.verification.get_or_insert_default().actions.extend(views);
                tests.iter().map(ActionTest::exit).fold(ExitCode::Success, ExitCode::or)
            }
            Err(error) => {
                report.error.get_or_insert(error.view());
                error.exit
            }
        }
    }

    /// Puts into the report how the actions ran; the exit code is that of the figures and of the limits.
    pub async fn measure(
        &self,
        report: &mut Report,
        window: Window,
        limits: &Limits,
    ) -> Result<ExitCode, SurveyError> {
        if self.role.manifest.genesys().is_none() {
            report.warnings.push(NOTHING_TO_MEASURE.to_owned());
            return Ok(ExitCode::Success);
        }
        let unasked = self.unexamined.map_or_else(|| NOT_CONNECTED.to_owned(), UnexaminedView::outcome);
        let metrics = self.role.metrics(window, &unasked).await?;
        let (view, exit) = MetricsView::of(&metrics, limits);
        report.metrics = Some(view);
        Ok(exit)
    }

    /// Proves what AWS holds, and asks it.
    pub async fn verify(
        &mut self,
        request: &VerifyRequest,
        observer: &impl Observer,
    ) -> Result<(Verified, Report, ExitCode), Beside<VerifyError>> {
        let verify = async |it: &Self| it.role.verify(request, observer).boxed_local().await;
        // No plan for Genesys Cloud is made here, so the client of the actions is asked as well.
        let asked = async {
            match &self.role.genesys {
                Some(side) => self.compared(side.client.organization().await),
                None => self.live_organization().await,
            }
        };
        let (live, verified) = join!(asked, verify(self));
        self.warnings.extend(warning(&live));
        let mut verified = match verified {
            Ok(verified) => verified,
            Err(error) => return Err(error.compared(live)),
        };
        let exit = live.exit();
        verified.verification.findings.extend(live.into_finding());
        let exit = exit.or(verified.verification.exit());
        let mut report =
            Report::of_verified(&verified, troubles(&verified.verification), self.outline.clone());
        report.warnings.clone_from(&self.warnings);
        report.unexamined = self.unexamined;
        Ok((verified, report, exit))
    }

    /// Reads, and asks at the same time whether the role is for the organization of the credentials at hand.
    pub async fn comparing_organizations<T>(
        &mut self,
        read: impl AsyncFnOnce(&Self) -> T,
    ) -> (LiveOrganization, T) {
        let (live, read) = join!(self.live_organization(), read(self));
        self.warnings.extend(warning(&live));
        (live, read)
    }

    /// Whether the role is for the organization of the credentials at hand. Where the manifest asks for something in Genesys
    /// Cloud, the plan for it finds that out.
    async fn live_organization(&self) -> LiveOrganization {
        let Some(client) = &self.organizations else { return LiveOrganization::NotAsked };
        self.compared(client.organization().await)
    }

    fn compared(&self, answer: Result<Organization, GenesysError>) -> LiveOrganization {
        match answer {
            Ok(found) if found.id == self.external_id.as_str() => LiveOrganization::Same,
            Ok(found) => LiveOrganization::Other { expected: self.external_id.to_string(), found },
            Err(error) => LiveOrganization::Unanswered { error, are_named: self.are_credentials_named },
        }
    }

    /// The error as the report of this manifest tells it.
    #[must_use]
    pub fn told(&self, error: CommandError) -> CommandError {
        let error = error.without(self.unexamined).at(&self.outline);
        match self.role.manifest.party.name() {
            PartyName::Genesys => error,
            PartyName::Vendor(_) => error.for_vendor(),
        }
    }

    /// Puts into the report what was sent: how much, and how it went.
    pub fn count_calls(&self, report: &mut Report) {
        let mut calls = self.aws.calls().so_far();
        report.aws_calls = Some(calls.len());
        if let Some(side) = &self.role.genesys {
            let genesys = side.client.calls().so_far();
            report.genesys_calls = Some(genesys.len());
            calls.extend(genesys);
        }
        report.calls = CallsView::summarize(&calls);
    }
}

/// That Genesys Cloud gave no answer; another organization is a finding.
fn warning(live: &LiveOrganization) -> Option<String> {
    match live {
        LiveOrganization::NotAsked | LiveOrganization::Same | LiveOrganization::Other { .. } => None,
        LiveOrganization::Unanswered { error, are_named: _ } => Some(format!("{NOT_COMPARED}: {error}")),
    }
}

/// The external ID: what the manifest states, else the ID of the organization that the credentials belong to.
pub(super) async fn external_id(
    manifest: &Manifest,
    client: Option<&SharedClient>,
) -> Result<ExternalId, ConnectError> {
    let (Some(client), None) = (client, manifest.party.external_id()) else {
        return stated_external_id(manifest);
    };
    let Organization { id, name } = client.organization().await.map_err(ConnectError::Organization)?;
    id.parse().map_err(|source| ConnectError::InvalidOrganization { name, id, source })
}

/// The external ID that the manifest states, for whoever contacts nobody.
pub fn stated_external_id(manifest: &Manifest) -> Result<ExternalId, ConnectError> {
    manifest.party.external_id().cloned().ok_or(ConnectError::NoExternalId)
}
