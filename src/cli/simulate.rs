//! `rolecall simulate`: policy unit tests, offline.

use rolecall::exit::ExitCode;
use rolecall::iam::simulate::{self, Case, CaseErrors};
use rolecall::report::SimulationView;
use rolecall::verify::policy_case::PolicyCase;

use super::failure::{CommandResult, UsageError};
use super::input;
use super::options::SimulateOptions;
use super::printer::Printer;

pub(crate) fn run(options: &SimulateOptions, printer: &mut Printer) -> CommandResult<ExitCode> {
    let SimulateOptions { files, explain, output } = options;
    let mut view = SimulationView::default();
    for file in files {
        let name = input::name(file);
        let text = input::read(file, simulate::MAX_BYTES)?;
        let cases = simulate::parse(&text).map_err(|errors| faults(&name, &errors))?;
        if cases.is_empty() {
            printer.warning(&format!("{name} holds no case"));
        }
        let run =
            |case: &Case| PolicyCase { outcome: case.run(), explanation: explain.then(|| case.explain()) };
        view.files.push((input::label(file), cases.iter().map(run).collect()));
    }
    printer.result(&match output.is_human() {
        true => view.to_text(),
        false => view.to_json(),
    });
    let cases = view.files.iter().flat_map(|(_, cases)| cases);
    Ok(cases.map(|case| case.verdict().exit()).fold(ExitCode::Success, ExitCode::or))
}

/// Every fault on a line of its own.
fn faults(name: &str, errors: &CaseErrors) -> UsageError {
    let lines: String = errors.faults.iter().map(|fault| format!("\n  {fault}")).collect();
    UsageError::new(
        format!("{name} is not a file of cases:{lines}"),
        Some("`rolecall simulate --help` shows what a case looks like"),
    )
}
