//! What a command works with: the manifest, the templates and AWS, real or embedded.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use rolecall::aws::{Aws, AwsSettings, FixedEndpoint};
use rolecall::desired::genesys::is_asked_for;
use rolecall::desired::sources::read_sources;
use rolecall::desired::template::{REPLACEABLE, Templates};
use rolecall::exit::ExitCode;
use rolecall::iam::arn::{AccountId, ExternalId, QualifierKind, Region, RoleArn};
use rolecall::manifest::{Access, AssumedRole, Manifest, ManifestError, Outline, Target};
use rolecall::observe::survey::addresses;
use rolecall::operations::{self, Counterpart};
use rolecall::ports::genesys::{GenesysResult, Organization};
use rolecall::report::{CallsView, Report, count};
use rolecall::sandbox::{CUSTOMER, Faults, Principal, Sandbox, SandboxOptions, State};
use rolecall_genesys::client::Client;
use rolecall_genesys::credentials::CredentialError;
use rolecall_model::patience::Interrupt;
use tokio::join;

use super::failure::{CommandResult, Context as _, UsageError};
use super::genesys::{Clients, SharedClient};
use super::options::{AwsOptions, CommonOptions};
use super::printer::Printer;

/// The manifest that the sandbox plays with where there is none.
const EXAMPLE: &str = include_str!("example.toml");
/// What the example is called in messages.
const EXAMPLE_NAME: &str = "the built-in example";
/// The region of the sandbox's functions.
const SANDBOX_REGION: &str = "us-east-1";

/// What begins the warning that there was no live organisation to compare with.
pub(crate) const NOT_COMPARED: &str = "the manifest's organization_id was not compared with the live one";

/// Whom a command talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Services {
    /// AWS alone, whatever the manifest asks for elsewhere.
    Aws,
    /// AWS, and Genesys Cloud where the manifest asks for something there.
    Both,
}

/// What all manifests of a run have in common.
pub(crate) struct Surroundings {
    services: Services,
    templates: Rc<Templates>,
    clients: Clients,
}

impl Surroundings {
    pub(crate) fn new(options: &AwsOptions, services: Services) -> CommandResult<Self> {
        let templates = Rc::new(load_templates(options.common.policies.as_deref())?);
        Ok(Self { services, templates, clients: options.clients.clone() })
    }
}

/// Everything that a command which talks to AWS needs.
pub(crate) struct Context {
    /// What operations work with.
    pub(crate) role: operations::Context<Aws, Client>,
    /// The region that the user configured.
    pub(crate) region: Option<Region>,
    pub(crate) warnings: Vec<String>,
    /// Genesys Cloud, where the manifest asks for nothing there and credentials are at hand.
    organizations: Option<SharedClient>,
    /// Whether somebody named these credentials; others just happen to be in the environment.
    are_credentials_named: bool,
    /// Serves while it lives.
    _sandbox: Option<Rc<Sandbox>>,
}

/// A command reads of its context mostly what operations work with.
impl Deref for Context {
    type Target = operations::Context<Aws, Client>;

    fn deref(&self) -> &Self::Target {
        &self.role
    }
}

impl Context {
    /// Reads the files and prepares the clients; nothing but the sandbox is contacted.
    pub(crate) async fn open(
        options: &AwsOptions,
        services: Services,
        printer: &mut Printer,
    ) -> CommandResult<Self> {
        printer.show_calls(options.common.verbose > 0);
        let (manifest, warnings) = load_manifest(&options.common, options.sandbox, printer)?;
        let mut surroundings = Surroundings::new(options, services)?;
        let mut sandbox = None;
        if options.sandbox {
            let state = sandbox_state(options.common.file(), &[&manifest], printer)?;
            sandbox = Some(Rc::new(start_sandbox(options.common.file(), || state)?));
        }
        let aws = Aws::connect(&settings(options, &manifest.access, sandbox.as_deref())).await;
        Self::with(options, (manifest, warnings), aws, sandbox, &mut surroundings, printer).await
    }

    /// A manifest with its warnings, and the clients to reach its account with.
    pub(crate) async fn with(
        options: &AwsOptions,
        (manifest, mut warnings): (Manifest, Vec<String>),
        aws: Aws,
        sandbox: Option<Rc<Sandbox>>,
        surroundings: &mut Surroundings,
        printer: &mut Printer,
    ) -> CommandResult<Self> {
        let Surroundings { services, templates, clients } = surroundings;
        let templates = Rc::clone(templates);
        // Every fault of the files that the actions name comes out before anybody is contacted.
        let asked = *services == Services::Both && is_asked_for(&manifest);
        let sources = asked.then(|| read_sources(&manifest)).transpose()?;
        let client = clients.get(&manifest, &aws, sandbox.as_deref(), options.deadline);
        let (client, sources) = match sources {
            Some(sources) => (Some(client?), Some(sources)),
            None => (at_hand(client, &mut warnings, printer), None),
        };
        let region = configured_region(&aws)?;
        if let Some(region) = &region {
            manifest.genesys.check_partition(&format!("the region `{region}`"), region.partition())?;
        }
        let external_id = external_id(&manifest, client.as_ref()).await?;
        let (genesys, organizations) = match (client, sources) {
            (Some(SharedClient { client, .. }), Some(sources)) => {
                (Some(Counterpart { client, sources }), None)
            }
            (client, _) => (None, client),
        };
        let addresses = addresses(&manifest.targets, region.as_ref())?;
        Ok(Self {
            are_credentials_named: clients.are_named(&manifest),
            role: operations::Context {
                manifest,
                external_id,
                templates,
                aws,
                snapshot: None,
                addresses,
                deadline: options.deadline,
                genesys,
            },
            region,
            warnings,
            organizations,
            _sandbox: sandbox,
        })
    }

    /// The organisation of the credentials at hand, where it is not the one that the role is for. Where the manifest
    /// asks for something in Genesys Cloud, the plan for it finds that out.
    pub(crate) async fn other_organization(&self) -> GenesysResult<Option<Organization>> {
        let Some(client) = &self.organizations else { return Ok(None) };
        Ok(Some(client.organization().await?).filter(|live| live.id != self.external_id.as_str()))
    }

    /// What it means that the organisations could not be compared. Who named credentials wants to know of another
    /// organisation, and nobody knows whether it is one.
    pub(crate) fn without_comparison(&self) -> ExitCode {
        if self.are_credentials_named { ExitCode::Inconclusive } else { ExitCode::Success }
    }

    /// Reads, and warns where the role is for another organisation than the one of the credentials at hand: that is asked
    /// at the same time.
    pub(crate) async fn comparing_organizations<T>(
        &mut self,
        read: impl AsyncFnOnce(&Self) -> T,
        printer: &mut Printer,
    ) -> T {
        let (other, read) = join!(self.other_organization(), read(self));
        self.warn_of(other, printer);
        read
    }

    /// Warns where the credentials at hand are those of another organisation.
    pub(crate) fn warn_of(&mut self, other: GenesysResult<Option<Organization>>, printer: &mut Printer) {
        let warning = match other {
            Ok(None) => return,
            Ok(Some(Organization { id, name })) => format!(
                "the manifest's organization_id is {}, and the OAuth client is of the organisation {name} ({id}), which \
                 could not assume the role",
                self.external_id
            ),
            Err(error) => format!("{NOT_COMPARED}: {error}"),
        };
        self.warn(warning, printer);
    }

    /// A warning for people now, and for the report at the end.
    pub(crate) fn warn(&mut self, warning: String, printer: &mut Printer) {
        printer.warning(&warning);
        self.warnings.push(warning);
    }

    /// Puts into the report what was sent: how much, and with `-v` how it went.
    pub(crate) fn count_calls(&self, report: &mut Report, printer: &Printer) {
        let mut calls = self.aws.calls().so_far();
        report.aws_calls = Some(calls.len());
        if let Some(side) = &self.role.genesys {
            let genesys = side.client.calls().so_far();
            report.genesys_calls = Some(genesys.len());
            calls.extend(genesys);
        }
        if printer.shows_calls() {
            report.calls = CallsView::summarize(&calls);
        }
    }
}

fn configured_region(aws: &Aws) -> Result<Option<Region>, UsageError> {
    aws.region().map(str::parse::<Region>).transpose().map_err(|error| {
        UsageError::new(
            format!("the configured region is not one: {error}"),
            Some("set --region, AWS_REGION or the profile's region"),
        )
    })
}

/// How AWS is reached: the command line goes before the manifest, and the sandbox before both.
pub(crate) fn settings(options: &AwsOptions, access: &Access, sandbox: Option<&Sandbox>) -> AwsSettings {
    let Access { profile, region, assume_role } = access.clone();
    let (assume_role, external_id) =
        assume_role.map(|AssumedRole { role, external_id }| (role, external_id)).unzip();
    let settings = AwsSettings {
        profile: options.profile.clone().or(profile),
        region: options.region.clone().or(region),
        assume_role,
        external_id: external_id.flatten(),
        deadline: options.deadline,
        fixed: None,
    };
    match sandbox {
        Some(sandbox) => in_sandbox(settings, sandbox),
        None => settings,
    }
}

/// The manifest, or the built-in example for the sandbox where there is none.
pub(crate) fn load_manifest(
    options: &CommonOptions,
    sandbox: bool,
    printer: &mut Printer,
) -> Result<(Manifest, Vec<String>), ManifestError> {
    let (manifest, notes) = match Manifest::load(options.file()) {
        Err(ManifestError::Missing { .. }) if sandbox => {
            let path = options.file().display();
            printer.progress(&format!("no manifest at `{path}`: the sandbox uses {EXAMPLE_NAME}"));
            Manifest::parse(EXAMPLE, EXAMPLE_NAME).map_err(ManifestError::from)?
        }
        loaded => loaded?,
    };
    let warnings: Vec<String> = notes.iter().map(ToString::to_string).collect();
    for warning in &warnings {
        printer.warning(warning.trim_end());
    }
    Ok((manifest, warnings))
}

/// Where the keys of that manifest stand.
pub(crate) fn load_outline(options: &AwsOptions) -> CommandResult<Outline> {
    match Outline::load(options.common.file()) {
        Err(ManifestError::Missing { .. }) if options.sandbox => Ok(Outline::parse(EXAMPLE, EXAMPLE_NAME)),
        loaded => Ok(loaded?),
    }
}

/// The credentials at hand; those that cannot be right are no reason to stop where nobody needs them.
fn at_hand(
    client: Result<SharedClient, CredentialError>,
    warnings: &mut Vec<String>,
    printer: &mut Printer,
) -> Option<SharedClient> {
    match client {
        Ok(client) => Some(client),
        Err(CredentialError::Unset { .. }) => None,
        Err(error) => {
            let warning = format!("Genesys Cloud was not asked for the organisation's ID: {error}");
            printer.warning(&warning);
            warnings.push(warning);
            None
        }
    }
}

/// The external ID: what the manifest states, else the ID of the organisation that the credentials belong to.
async fn external_id(manifest: &Manifest, client: Option<&SharedClient>) -> CommandResult<ExternalId> {
    let (Some(client), None) = (client, &manifest.genesys.organization_id) else {
        return Ok(stated_external_id(manifest)?);
    };
    let Organization { id, name } =
        client.organization().await.context("cannot read the organisation's ID")?;
    id.parse()
        .with_context(|| format!("the organisation `{name}` has the ID `{id}`, which is no external ID"))
}

/// The external ID that the manifest states, for commands that contact nobody.
pub(crate) fn stated_external_id(manifest: &Manifest) -> Result<ExternalId, UsageError> {
    manifest.genesys.organization_id.clone().ok_or_else(|| {
        UsageError::new(
            "the manifest states no `organization_id` in [genesys]",
            Some(
                "it is the external ID: Genesys Cloud shows it under Admin > Account Settings > Organization Details; \
                 commands that contact AWS read it from Genesys Cloud themselves where GENESYSCLOUD_OAUTHCLIENT_ID and \
                 GENESYSCLOUD_OAUTHCLIENT_SECRET are set",
            ),
        )
    })
}

/// The shipped templates, or those of the user's folder.
pub(crate) fn load_templates(folder: Option<&Path>) -> CommandResult<Templates> {
    let mut own = Vec::new();
    if let Some(folder) = folder {
        for name in REPLACEABLE {
            let path = folder.join(name);
            match std::fs::read_to_string(&path) {
                Ok(text) => own.push((name, text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => {
                    let message = format!("cannot read the template `{}`: {error}", path.display());
                    return Err(UsageError::new(message, None).into());
                }
            }
        }
        if own.is_empty() {
            let message = format!("`{}` holds neither {}", folder.display(), REPLACEABLE.join(" nor "));
            return Err(
                UsageError::new(message, Some("--policies takes a folder with your own templates")).into()
            );
        }
    }
    let replacement = |name: &str| own.iter().find(|(own, _)| *own == name).map(|(_, text)| text.clone());
    Ok(Templates::new(replacement)?)
}

/// Where the sandbox keeps its state: beside the manifest.
pub(crate) fn sandbox_file(manifest: &Path) -> PathBuf {
    manifest.parent().unwrap_or(Path::new("")).join(".rolecall").join("sandbox.json")
}

/// The sandbox's state as the last command left it, or as it is at first: with the manifest's functions in it.
pub(crate) fn sandbox_state(
    file: &Path,
    manifests: &[&Manifest],
    printer: &mut Printer,
) -> CommandResult<State> {
    let path = sandbox_file(file);
    match rolecall::sandbox::load(&path) {
        Ok(state) => return Ok(state),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            return Err(error).with_context(|| {
                format!(
                    "cannot read the sandbox's state `{}` (`rolecall sandbox reset` starts over)",
                    path.display()
                )
            });
        }
    }
    let mut state = State::demo();
    let mut added = 0;
    for manifest in manifests {
        if let Some(id) = &manifest.genesys.organization_id {
            // The sandbox plays the organisation that the manifest is for.
            state.genesys.organization.id = id.to_string();
        }
        let assumed = manifest.access.assume_role.as_ref().map(|assumed| &assumed.role);
        let account = assumed.map_or(CUSTOMER, |role| role.account.as_str());
        if let Some(RoleArn { path, name, .. }) = assumed {
            state.ensure_administrator(account, path.as_str(), name.as_str());
        }
        let region = manifest.access.region.as_ref().map_or(SANDBOX_REGION, Region::as_str);
        let new = |target: &&Target| ensure_function(&mut state, account, region, target);
        added += manifest.targets.iter().filter(new).count();
    }
    if added > 0 {
        let functions = count(added, "function", "functions");
        let manifests = if manifests.len() == 1 { "manifest names" } else { "manifests name" };
        printer.progress(&format!("the sandbox is new; it was given {functions} that the {manifests}"));
    }
    Ok(state)
}

/// Gives a new sandbox a function that the user's manifest names, in the account `home` and in `region` where it names none; `false` where it has it anyway.
fn ensure_function(state: &mut State, home: &str, region: &str, target: &Target) -> bool {
    let account = target.account.as_ref().map_or(home, AccountId::as_str);
    let region = target.region.as_ref().map_or(region, Region::as_str);
    let name = target.function.as_str();
    let function = |state: &State| state.accounts.get(account)?.functions.get(region)?.get(name).cloned();
    let known = function(state);
    if known.is_none() {
        state.add_function(account, region, name, &[]);
    }
    let Some(qualifier) = &target.qualifier else { return known.is_none() };
    let functions = state.accounts.get_mut(account).and_then(|account| account.functions.get_mut(region));
    let Some(function) = functions.and_then(|functions| functions.get_mut(name)) else { return false };
    match qualifier.kind() {
        QualifierKind::Latest => {}
        QualifierKind::Version => {
            function.published = function.published.max(qualifier.as_str().parse().unwrap_or_default());
        }
        QualifierKind::Alias => {
            function.published = function.published.max(1);
            function.aliases.entry(qualifier.to_string()).or_insert_with(|| "1".to_owned());
        }
    }
    known.as_ref() != Some(&*function)
}

/// Starts the sandbox of the manifest at `file`; `state` is what it begins with where it is new.
pub(crate) fn start_sandbox(file: &Path, state: impl FnOnce() -> State) -> CommandResult<Sandbox> {
    let state_file = Some(sandbox_file(file));
    start_sandbox_with(SandboxOptions {
        state: Some(state()),
        state_file,
        faults: Faults::default(),
        port: 0,
    })
}

/// Settings that reach the sandbox as its `role/ci`.
pub(crate) fn in_sandbox(settings: AwsSettings, sandbox: &Sandbox) -> AwsSettings {
    let keys = sandbox.credentials(Principal::Ci);
    let fixed = FixedEndpoint {
        url: sandbox.endpoint_url(),
        access_key_id: keys.access_key_id,
        secret_access_key: keys.secret_access_key,
    };
    let region = settings.region.clone().or_else(|| SANDBOX_REGION.parse().ok());
    AwsSettings { region, fixed: Some(fixed), ..settings }
}

pub(crate) fn start_sandbox_with(options: SandboxOptions) -> CommandResult<Sandbox> {
    Sandbox::start(options).context("cannot start the sandbox on localhost")
}

/// Turns the first Ctrl-C (or SIGTERM) into a request to stop at the next safe point; the second ends the process.
pub(crate) fn interruptible() -> Interrupt {
    let (raise, interrupt) = Interrupt::new();
    tokio::spawn(async move {
        next_signal().await;
        let _ = raise.send(true);
        next_signal().await;
        std::process::exit(130);
    });
    interrupt
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn next_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
