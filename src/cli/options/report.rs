//! `--report`: the result in further formats, in files beside standard output.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use rolecall::report::Format;

/// The formats of the commands that have a report.
const OF_A_REPORT: &[Format] = &Format::ALL;
/// Those of a proof, which has no page.
const OF_A_PROOF: &[Format] = &[Format::Json, Format::Sarif, Format::Junit, Format::Github, Format::Markdown];

/// A file that the result goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportFile {
    pub(crate) format: Format,
    pub(crate) path: PathBuf,
}

/// What `--force` is about.
pub(super) const WRITTEN: &str = "written";

/// Where the result goes in addition to standard output.
#[derive(Args, Clone, Debug, Default)]
#[command(group = ArgGroup::new(WRITTEN).multiple(true))]
pub(crate) struct ReportOptions {
    /// Also write this result to a file, as json, sarif, junit, github, markdown or html (repeatable). An earlier report is replaced
    #[arg(long = "report", value_name = "FORMAT=PATH", value_parser = of_a_report, group = WRITTEN)]
    pub(crate) reports: Vec<ReportFile>,
    /// Also replace files that rolecall did not write; never the manifest, nor a file that it names
    #[arg(long, requires = WRITTEN)]
    pub(crate) force: bool,
}

fn of_a_report(text: &str) -> Result<ReportFile, String> {
    parse(text, OF_A_REPORT)
}

/// The same of `prove`.
pub(super) fn of_a_proof(text: &str) -> Result<ReportFile, String> {
    parse(text, OF_A_PROOF)
}

fn parse(text: &str, formats: &[Format]) -> Result<ReportFile, String> {
    let names = || formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
    let (name, path) =
        text.split_once('=').ok_or_else(|| format!("must be FORMAT=PATH; the formats are {}", names()))?;
    let format = formats.iter().find(|format| format.name() == name);
    let format = *format.ok_or_else(|| format!("`{name}` is not a format; the formats are {}", names()))?;
    Ok(ReportFile { format, path: path.into() })
}
