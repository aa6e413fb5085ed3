//! `rolecall simulate`: policy unit tests, offline.

use rolecall::exit::ExitCode;
use rolecall::failure::CommandResult;
use rolecall::iam::simulate::MAX_BYTES;
use rolecall::operations::simulate;
use rolecall::report::SimulationView;

use super::input;
use super::options::SimulateOptions;
use super::printer::Printer;

pub(crate) fn run(options: &SimulateOptions, printer: &mut Printer) -> CommandResult<ExitCode> {
    let SimulateOptions { files, explain, output } = options;
    let mut view = SimulationView::default();
    for file in files {
        let name = input::name(file);
        let cases = simulate(&name, &input::read(file, MAX_BYTES)?, *explain)?;
        if cases.is_empty() {
            printer.warning(&format!("{name} contains no cases"));
        }
        view.files.push((input::label(file), cases));
    }
    printer.result(&match output.is_human() {
        true => view.to_text(),
        false => view.to_json(),
    });
    let cases = view.files.iter().flat_map(|(_, cases)| cases);
    Ok(cases.map(|case| case.verdict().exit()).fold(ExitCode::Success, ExitCode::or))
}
