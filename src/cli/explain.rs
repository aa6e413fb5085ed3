//! `rolecall explain`: what a code means, why it matters, and what mends it; offline.

use rolecall::catalogue;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, UsageError};

use super::options::ExplainOptions;
use super::printer::Printer;

pub(crate) fn run(options: &ExplainOptions, printer: &mut Printer) -> CommandResult<ExitCode> {
    let is_human = options.output.is_human();
    if options.codes.is_empty() {
        let values = || catalogue::all().iter().map(catalogue::Entry::to_value).collect();
        printer.result(&if is_human { catalogue::list() } else { json(&serde_json::Value::Array(values())) });
        return Ok(ExitCode::Success);
    }
    let entries: Vec<catalogue::Entry> =
        options.codes.iter().map(|code| find(code)).collect::<CommandResult<_>>()?;
    printer.result(&match is_human {
        true => entries.iter().map(catalogue::Entry::to_text).collect::<Vec<_>>().join("\n"),
        false => json(&serde_json::Value::Array(entries.iter().map(catalogue::Entry::to_value).collect())),
    });
    Ok(ExitCode::Success)
}

fn find(code: &str) -> CommandResult<catalogue::Entry> {
    catalogue::find(code).ok_or_else(|| {
        let message = format!("`{code}` is not a code of rolecall");
        UsageError::new(message, Some("`rolecall explain` lists all codes")).into()
    })
}

fn json(value: &serde_json::Value) -> String {
    format!("{value:#}")
}
