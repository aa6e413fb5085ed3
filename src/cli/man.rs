//! `rolecall man`: the manual page of the whole, or one page for each command in a folder.
//!
//! Invariant: a page that another page names is among those of the folder. So there is no `help` command in them: it has no page.

use std::io;
use std::path::{Path, PathBuf};

use clap_mangen::Man;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, Context as _};
use rolecall::report::count;

use super::overwrite::FileKind;
use super::parse;
use super::printer::Printer;

pub(crate) fn run(folder: Option<&Path>, printer: &mut Printer) -> CommandResult<ExitCode> {
    let mut command = parse::command().disable_help_subcommand(true);
    let Some(folder) = folder else {
        printer.result(&text(&Man::new(command)).context("cannot write the manual page")?);
        return Ok(ExitCode::Success);
    };
    command.build();
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    let mut files = Vec::new();
    pages(&command, folder, &mut files).context("cannot write the manual page")?;
    printer.files(FileKind::ManualPage, &files)?;
    printer.result(&format!(
        "wrote {} to {}\n",
        count(files.len(), "manual page", "manual pages"),
        folder.display()
    ));
    Ok(ExitCode::Success)
}

/// The pages of a command and of the commands below it.
fn pages(command: &clap::Command, folder: &Path, files: &mut Vec<(PathBuf, String)>) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        pages(below, folder, files)?;
    }
    let man = Man::new(command.clone());
    files.push((folder.join(man.get_filename()), text(&man)?));
    Ok(())
}

fn text(man: &Man) -> io::Result<String> {
    let mut page = Vec::new();
    man.render(&mut page)?;
    String::from_utf8(page).map_err(io::Error::other)
}
