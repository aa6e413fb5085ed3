//! `rolecall genesys action check`: what Genesys Cloud would make of an input and of a recorded answer. Calls nobody.

use rolecall::connect::Loaded;
use rolecall::desired::check::{CheckEnd, CheckStep, rehearse};
use rolecall::desired::sources::{SourceFaults, read_file, read_input, read_sources};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, UsageError};
use rolecall::report::last_line;
use rolecall_model::shown::Shown;
use serde_json::{Value, json};

use super::near;
use crate::cli::input;
use crate::cli::options::{CheckAction, Output};
use crate::cli::printer::Printer;

pub(super) fn run(options: &CheckAction, printer: &mut Printer) -> CommandResult<ExitCode> {
    let CheckAction { name, input, answer, common } = options;
    let Loaded { manifest, .. } = input::manifest(common.file())?;
    manifest.require_genesys()?;
    let sources = read_sources(&manifest, &read_file)?;
    let mut named = manifest.actions.iter().zip(&sources).filter(|(action, _)| action.name == *name);
    let Some((action, sources)) = named.next() else {
        let message = format!("no [[action]] is named `{name}`{}", near(name, &manifest));
        return Err(UsageError::new(message, None).into());
    };
    let input = match input {
        Some(path) => Some(read_input(path, &read_file).map_err(|fault| SourceFaults(vec![fault]))?),
        None => sources.test_input.clone(),
    };
    let answer: Option<Value> = match answer {
        None => None,
        Some(path) => {
            let fault = |message: String| {
                let message = format!("{}: {message}", path.display());
                UsageError::coded(ErrorCode::ActionFile, message, None)
            };
            let text = read_file(path).map_err(|reason| fault(reason.to_string()))?;
            Some(serde_json::from_str(&text).map_err(|error| fault(format!("this is not JSON: {error}")))?)
        }
    };
    if input.is_none() && answer.is_none() {
        let hint = "pass --input FILE or --answer FILE, or set `test_input` in the [[action]]";
        return Err(UsageError::new(format!("nothing to check action `{name}` with"), Some(hint)).into());
    }
    let steps = rehearse(action, sources, input.as_ref(), answer.as_ref());
    let exit = steps.iter().map(|(_, end)| exit_of(end)).fold(ExitCode::Success, ExitCode::or);
    match common.output {
        Output::Json => {
            let steps: Vec<Value> = steps.iter().map(json_of).collect();
            printer.result(&format!("{:#}\n", json!({"action": name, "steps": steps})));
        }
        _ => {
            steps.iter().for_each(|step| printer.result(&line_of(step)));
            let what = if answer.is_some() { "the recorded answer" } else { "the input" };
            let verdict = match exit {
                ExitCode::Success => format!("done: action {name} fits {what}"),
                ExitCode::Inconclusive => {
                    format!("undecided: rolecall cannot carry out all of action {name}")
                }
                _ => format!("refuted: action {name} would fail in Genesys Cloud"),
            };
            printer.result(&last_line(exit, false, &verdict));
        }
    }
    Ok(exit)
}

fn exit_of(end: &CheckEnd) -> ExitCode {
    match end {
        CheckEnd::Made(_) => ExitCode::Success,
        CheckEnd::Failed(_) => ExitCode::Refuted,
        CheckEnd::Undecided(_) => ExitCode::Inconclusive,
    }
}

fn json_of((step, end): &CheckStep) -> Value {
    match end {
        CheckEnd::Made(value) => json!({"step": step, "outcome": "succeeded", "made": value}),
        CheckEnd::Failed(reason) => json!({"step": step, "outcome": "failed", "reason": reason}),
        CheckEnd::Undecided(reason) => json!({"step": step, "outcome": "undecided", "reason": reason}),
    }
}

fn line_of((step, end): &CheckStep) -> String {
    match end {
        CheckEnd::Made(value) => format!("✓ {step}\n    {}\n", Shown(&value.to_string())),
        CheckEnd::Failed(reason) => format!("✗ {step}\n    {}\n", Shown(reason)),
        CheckEnd::Undecided(reason) => format!("? {step}\n    {}\n", Shown(reason)),
    }
}
