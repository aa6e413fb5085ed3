//! `rolecall explain`: what a code means, why it matters, and what mends it; offline.

use rolecall::catalogue;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, UsageError};

use super::options::ExplainOptions;
use super::printer::Printer;

pub(crate) fn run(options: &ExplainOptions, printer: &mut Printer) -> CommandResult<ExitCode> {
    let is_list = options.codes.is_empty();
    let entries: Vec<catalogue::Entry> = match is_list {
        true => catalogue::all(),
        false => options.codes.iter().map(|code| find(code)).collect::<CommandResult<_>>()?,
    };
    printer.result(&match (options.output.is_human(), is_list) {
        (true, true) => catalogue::list(),
        (true, false) => entries.iter().map(catalogue::Entry::to_text).collect::<Vec<_>>().join("\n"),
        (false, _) => {
            let values: Vec<_> = entries.iter().map(catalogue::Entry::to_value).collect();
            format!("{:#}", serde_json::Value::Array(values))
        }
    });
    Ok(ExitCode::Success)
}

fn find(code: &str) -> CommandResult<catalogue::Entry> {
    catalogue::find(code).ok_or_else(|| {
        let message = format!("`{code}` is not a code of rolecall");
        UsageError::new(message, Some("`rolecall explain` lists all codes")).into()
    })
}
