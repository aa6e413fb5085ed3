//! `rolecall sandbox`: the embedded AWS and Genesys Cloud for other tools, for people who change things by hand, and from
//! the start.

use rolecall::connect::Loaded;
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::sandbox::{Faults, Principal, SandboxOptions, TamperError, change_file};
use serde_json::json;

use super::context::{Listener, NO_HANDLERS, load_manifest, sandbox_file, sandbox_state, start_sandbox_with};
use super::options::{CommonOptions, SandboxCommand};
use super::printer::Printer;
use rolecall::failure::{CommandError, CommandResult, Context as _};

/// Why nothing was changed by hand.
enum NotTampered {
    /// The state cannot be changed in this way.
    Kind(TamperError),
    /// The file cannot be changed.
    File(std::io::Error),
}

impl From<std::io::Error> for NotTampered {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

pub(crate) async fn run(command: &SandboxCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    match command {
        SandboxCommand::Serve { common, port, latency } => serve(common, *port, *latency, printer).await,
        SandboxCommand::Tamper { kind, common } => {
            let Loaded { manifest, .. } = load_manifest(common, true, printer)?;
            let initial = sandbox_state(common.file(), &[&manifest], printer)?;
            let role = manifest.role.name.as_str();
            // A sandbox that serves meanwhile may have changed the file since it was read.
            let done = change_file(&sandbox_file(common.file()), initial, |state| {
                kind.apply(state, role).map_err(NotTampered::Kind)
            });
            let done = match done {
                Ok(done) => done,
                Err(NotTampered::Kind(error)) => {
                    return Err(CommandError::failed(ErrorCode::CommandLine, error.to_string()));
                }
                Err(NotTampered::File(error)) => {
                    return Err(error).context("cannot write the sandbox's state");
                }
            };
            printer.result(&match common.output.is_human() {
                true => format!("{done}\n"),
                false => format!("{:#}\n", json!({"change": kind.name(), "done": done})),
            });
            Ok(ExitCode::Success)
        }
        SandboxCommand::Reset { common } => {
            let path = sandbox_file(common.file());
            let shown = path.display();
            let is_removed = match std::fs::remove_file(&path) {
                Ok(()) => true,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
                Err(error) => return Err(error).with_context(|| format!("cannot remove `{shown}`")),
            };
            printer.result(&match (common.output.is_human(), is_removed) {
                (true, true) => format!("removed {shown}; the next command starts a new sandbox\n"),
                (true, false) => "there is no sandbox to reset\n".to_owned(),
                (false, _) => {
                    format!("{:#}\n", json!({"file": shown.to_string(), "removed": is_removed}))
                }
            });
            Ok(ExitCode::Success)
        }
    }
}

async fn serve(
    common: &CommonOptions,
    port: u16,
    latency: u64,
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    let Loaded { manifest, .. } = load_manifest(common, true, printer)?;
    let state = sandbox_state(common.file(), &[&manifest], printer)?;
    let faults = Faults { latency_ms: latency, ..Faults::default() };
    let options =
        SandboxOptions { state: Some(state), state_file: Some(sandbox_file(common.file())), faults, port };
    let sandbox = start_sandbox_with(options)?;
    let mut environment = sandbox.environment(Principal::Ci);
    environment.extend(sandbox.genesys_environment());
    let text = match common.output.is_human() {
        true => environment.iter().map(|(name, value)| format!("export {name}={value}\n")).collect(),
        false => {
            let variables: serde_json::Map<_, _> =
                environment.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            serde_json::Value::Object(variables).to_string() + "\n"
        }
    };
    let mut signals = Listener::new().context(NO_HANDLERS)?;
    printer.result(&text);
    printer.progress("serving until interrupted (Ctrl-C); set the variables above in another terminal");
    signals.next().await;
    Ok(ExitCode::Success)
}
