//! Completion at the shell: `rolecall completions` prints a script, and the script asks this program what could come next.

use clap_complete::env::{CompleteEnv, Shells};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandError, CommandResult, Context as _};

use super::parse;
use super::printer::Printer;

/// Holds the shell's name where its script asks. Not `COMPLETE`, as clap proposes: that could be anybody's.
const VARIABLE: &str = "ROLECALL_COMPLETE";
const PROGRAM: &str = "rolecall";

/// Answers the script of a shell; nothing where none asks.
pub(super) fn answer() -> Option<ExitCode> {
    let here = std::env::current_dir().ok();
    let asked = CompleteEnv::with_factory(parse::command).var(VARIABLE);
    match asked.try_complete(std::env::args_os(), here.as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(ExitCode::Success),
        Err(_) => Some(ExitCode::Failed),
    }
}

/// Prints the script for a shell.
pub(super) fn script(shell: clap_complete::Shell, printer: &mut Printer) -> CommandResult<ExitCode> {
    let shells = Shells::builtins();
    let name = shell.to_string();
    let shell = shells.completer(&name).ok_or_else(|| {
        CommandError::failed(ErrorCode::CommandLine, format!("there is no completion script for {name}"))
    })?;
    let mut script = Vec::new();
    shell
        .write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)
        .context("cannot write the completion script")?;
    printer.result(&String::from_utf8(script).context("the completion script is not text")?);
    Ok(ExitCode::Success)
}
