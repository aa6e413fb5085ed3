//! What a command works with: the manifest, the templates and AWS, real or embedded.

use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rolecall::aws::{AwsSettings, FixedEndpoint};
use rolecall::connect::{self, Clients, Connected, Loaded, Route, Services, Surroundings};
use rolecall::desired::sources::read_file;
use rolecall::desired::template::{REPLACEABLE, Templates};
use rolecall::error_code::ErrorCode;
use rolecall::failure::{CommandResult, Context as _, UsageError};
use rolecall::iam::arn::{AccountId, QualifierKind, Region, RoleArn};
use rolecall::manifest::{Access, FurtherOrganization, Manifest, Target};
use rolecall::ports::calls::Calls;
use rolecall::report::count;
use rolecall::sandbox::{CUSTOMER, Faults, Principal, Sandbox, SandboxOptions, State};
use rolecall_genesys::client::{Client, Patience};
use rolecall_genesys::credentials::{CredentialError, CredentialSource};
use rolecall_model::file;
use rolecall_model::patience::Interrupt;
#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::advice;
use super::input;
use super::nearest::DEFAULT_MANIFEST;
use super::options::{AwsOptions, CommonOptions};
use super::printer::Printer;

/// The manifest that the sandbox plays with where there is none.
const EXAMPLE: &str = include_str!("example.toml");
/// What the example is called in messages.
const EXAMPLE_NAME: &str = "the built-in example";
/// The region of the sandbox's functions.
const SANDBOX_REGION: &str = "us-east-1";

/// Everything that a command which talks to AWS needs.
pub(crate) struct Context {
    pub(crate) connected: Connected,
    /// Serves while it lives.
    _sandbox: Option<Rc<Sandbox>>,
}

impl Deref for Context {
    type Target = Connected;

    fn deref(&self) -> &Self::Target {
        &self.connected
    }
}

impl Context {
    /// Reads the files and prepares the clients.
    pub(crate) async fn open(
        options: &AwsOptions,
        services: Services,
        printer: &mut Printer,
    ) -> CommandResult<Self> {
        let loaded = load_manifest(&options.common, options.sandbox, printer)?;
        Self::open_manifest(loaded, options, services, printer).await
    }

    /// The same for a manifest that was read.
    pub(crate) async fn open_manifest(
        loaded: Loaded,
        options: &AwsOptions,
        services: Services,
        printer: &mut Printer,
    ) -> CommandResult<Self> {
        printer.show_calls(options.common.verbose > 0);
        let surroundings = surroundings(options, services)?;
        let mut sandbox = None;
        if options.sandbox {
            let state = sandbox_state(options.common.file(), &[&loaded.manifest], printer)?;
            sandbox = Some(Rc::new(start_sandbox(options.common.file(), || state)?));
        }
        let route = route(options, &loaded.manifest, sandbox.as_deref(), &surroundings.clients)?;
        let warn = &mut |warning: &str| printer.warning(warning);
        let connected = Connected::open(loaded, route, &surroundings, warn).await?;
        Ok(Self { connected, _sandbox: sandbox })
    }
}

/// What all manifests of a run have in common.
pub(crate) fn surroundings(options: &AwsOptions, services: Services) -> CommandResult<Surroundings> {
    Ok(Surroundings {
        services,
        templates: Rc::new(load_templates(options.common.policies.as_deref())?),
        clients: Clients::default(),
        deadline: options.longest_wait(),
        read: Box::new(read_file),
    })
}

/// How the manifest's account and organization are reached: the sandbox goes before the command line, and that before the
/// manifest.
pub(crate) fn route(
    options: &AwsOptions,
    manifest: &Manifest,
    sandbox: Option<&Sandbox>,
    clients: &Clients,
) -> CommandResult<Route> {
    let settings = settings(options, &manifest.access, sandbox);
    let client = |sandbox: &Sandbox| {
        clients.share(sandbox.endpoint_url(), || connect_to_sandbox(sandbox, options.longest_wait()))
    };
    Ok(Route { settings, genesys: sandbox.map(client).transpose()? })
}

/// How AWS is reached.
pub(crate) fn settings(options: &AwsOptions, access: &Access, sandbox: Option<&Sandbox>) -> AwsSettings {
    let settings =
        connect::settings(access, options.profile.clone(), options.region.clone(), options.longest_wait());
    match sandbox {
        Some(sandbox) => in_sandbox(settings, sandbox),
        None => settings,
    }
}

/// The manifest; or the built-in example for the sandbox, where nobody named one and none is to be found.
pub(crate) fn load_manifest(
    options: &CommonOptions,
    sandbox: bool,
    printer: &mut Printer,
) -> CommandResult<Loaded> {
    let loaded = if sandbox && !options.is_manifest_meant() {
        let file = DEFAULT_MANIFEST;
        printer.progress(&format!("no {file} here or above: the sandbox uses {EXAMPLE_NAME}"));
        Loaded::parse(EXAMPLE, EXAMPLE_NAME)?
    } else {
        tell_file(options, printer);
        input::manifest(options.file())?
    };
    printer.warnings(&loaded.warnings);
    tell_ended(&loaded.manifest, printer);
    printer.is_for_vendors(loaded.manifest.genesys().is_none());
    Ok(if sandbox { in_any_account(loaded) } else { loaded })
}

/// Organizations whose time has passed: AWS refuses them, so their statements are of no use.
fn tell_ended(manifest: &Manifest, printer: &mut Printer) {
    let now = Timestamp::now();
    for FurtherOrganization { id, name, until } in manifest.party.further() {
        if let Some(until) = until.filter(|until| *until <= now) {
            let name = name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            printer.warning(&format!(
                "the organization `{id}`{name} ended at {until}: AWS lets it in no more; remove its [[genesys.organization]] and \
                 apply, so that the trust policy says no more than it has to"
            ));
        }
    }
}

/// Says which manifest is used, where it is not in this folder and nobody named it.
pub(crate) fn tell_file(options: &CommonOptions, printer: &mut Printer) {
    let file = options.file();
    if options.files.is_empty() && file.parent().is_some_and(|folder| folder != Path::new("")) {
        printer.progress(&format!("using `{}`", file.display()));
    }
}

/// The sandbox has accounts of its own, so it cannot be the wrong one.
pub(crate) fn in_any_account(mut loaded: Loaded) -> Loaded {
    loaded.manifest.access.account = None;
    loaded
}

/// The shipped templates, or those of the user's folder.
pub(crate) fn load_templates(folder: Option<&Path>) -> CommandResult<Templates> {
    let mut own = Vec::new();
    if let Some(folder) = folder {
        for name in REPLACEABLE {
            let path = folder.join(name);
            match file::read_text(&path, file::LARGEST) {
                Ok(text) => own.push((name, text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => {
                    let message = format!("cannot read the template `{}`: {error}", path.display());
                    return Err(UsageError::coded(ErrorCode::Local, message, None).into());
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
    match file::read(&path, file::LARGEST).and_then(|bytes| rolecall::sandbox::parse(&bytes)) {
        Ok(state) => return Ok(state),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            return Err(error).with_context(|| {
                format!(
                    "cannot read the sandbox's state `{}` ({} starts over)",
                    path.display(),
                    advice::of_file(file, false).command("sandbox reset")
                )
            });
        }
    }
    let mut state = State::demo();
    let mut added = 0;
    for manifest in manifests {
        if let Some(id) = manifest.genesys().and_then(|genesys| genesys.organization_id.as_ref()) {
            // The sandbox plays the organization that the manifest is for.
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

/// The client of the sandbox's organization.
pub(crate) fn connect_to_sandbox(sandbox: &Sandbox, deadline: Duration) -> Result<Client, CredentialError> {
    let environment = sandbox.genesys_environment();
    let lookup =
        |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let source = CredentialSource::from_environment(lookup, None)?;
    Ok(Client::new(source, Patience::until(deadline), Calls::default()))
}

pub(crate) fn start_sandbox_with(options: SandboxOptions) -> CommandResult<Sandbox> {
    Sandbox::start(options).context("cannot start the sandbox on localhost")
}

/// Turns the first Ctrl-C (or SIGTERM) into a request to stop at the next safe point; the second ends the process. Until it is
/// armed, the first one ends the process: nothing was written yet. The process has one for all manifests: whoever has not begun
/// when the signal comes does not begin.
pub(crate) struct Signals {
    pub(crate) interrupt: Interrupt,
}

/// Raises the interrupt of all, until somebody listens.
static RAISE: Mutex<Option<watch::Sender<bool>>> = Mutex::new(None);
static INTERRUPT: OnceLock<Interrupt> = OnceLock::new();

fn raise() -> MutexGuard<'static, Option<watch::Sender<bool>>> {
    RAISE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Signals {
    pub(crate) fn new() -> Self {
        let interrupt = INTERRUPT.get_or_init(|| {
            let (sender, interrupt) = Interrupt::new();
            *raise() = Some(sender);
            interrupt
        });
        Self { interrupt: interrupt.clone() }
    }

    /// Listens from now on: the handlers stand when this returns, before whatever is written next. Where there can be none,
    /// nothing may be written.
    pub(crate) fn arm(&self) -> io::Result<()> {
        let mut raise = raise();
        if raise.is_none() {
            return Ok(());
        }
        let mut listener = Listener::new()?;
        let Some(raise) = raise.take() else { return Ok(()) };
        tokio::spawn(async move {
            listener.next().await;
            let _ = raise.send(true);
            listener.next().await;
            std::process::exit(130);
        });
        Ok(())
    }
}

/// Signals that are listened to at once.
pub(crate) fn interruptible() -> CommandResult<Interrupt> {
    let signals = Signals::new();
    signals.arm().context(NO_HANDLERS)?;
    Ok(signals.interrupt)
}

/// What is said where the handlers of signals cannot be set.
pub(crate) const NO_HANDLERS: &str = "cannot listen to SIGINT and SIGTERM";

/// Ctrl-C and SIGTERM, from the moment that it is made: a signal between two waits is not lost.
pub(crate) struct Listener {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl Listener {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}
