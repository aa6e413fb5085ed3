//! `rolecall man`: the manual page of the whole, or one page for each command in a folder.
//!
//! Invariant: a page that another page names is among those of the folder. So there is no `help` command in them: it has no page.

use std::path::Path;

use clap_mangen::Man;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, Context as _};
use rolecall::report::count;

use super::parse;
use super::printer::Printer;

pub(crate) fn run(folder: Option<&Path>, printer: &mut Printer) -> CommandResult<ExitCode> {
    let mut command = parse::command().disable_help_subcommand(true);
    let Some(folder) = folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page).context("cannot write the manual page")?;
        printer.result(&String::from_utf8(page).context("the manual page is not text")?);
        return Ok(ExitCode::Success);
    };
    command.build();
    let written = write(&command, folder)
        .with_context(|| format!("cannot write the manual pages to `{}`", folder.display()))?;
    printer.result(&format!(
        "wrote {} to {}\n",
        count(written, "manual page", "manual pages"),
        folder.display()
    ));
    Ok(ExitCode::Success)
}

/// Writes the pages of a command and of the commands below it; how many there are.
fn write(command: &clap::Command, folder: &Path) -> std::io::Result<usize> {
    std::fs::create_dir_all(folder)?;
    let mut written = 0;
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        written += write(below, folder)?;
    }
    Man::new(command.clone()).generate_to(folder)?;
    Ok(written + 1)
}
