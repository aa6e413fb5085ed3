//! `rolecall verify --explain-error`: from an error text to its most likely cause.

use futures_util::FutureExt as _;
use jiff::Timestamp;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, Context as _, UsageError};
use rolecall::report::{DiagnosisView, Origin, Report};
use rolecall_model::file;

use super::calls::list_calls;
use super::context::Context;
use super::options::Output;
use super::printer::Printer;

/// More than any error text; a test result of Genesys Cloud included.
const MAX_BYTES: usize = 1024 * 1024;

pub(crate) async fn run(
    text: &str,
    context: &Context,
    output: Output,
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    if !matches!(output, Output::Human | Output::Json) {
        let message = "a diagnosis is printed as text or as JSON";
        return Err(UsageError::new(message, Some("omit --output, or use --output json")).into());
    }
    let text = match text {
        "-" => {
            let bytes = file::read_all(std::io::stdin().lock(), MAX_BYTES)
                .context("cannot read the error text from standard input")?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        text => text.to_owned(),
    };
    let (survey, diagnosis) = context.explain_error(&text).boxed_local().await?;
    let exit = diagnosis.exit();
    let mut diagnosis = DiagnosisView::from(&diagnosis);
    diagnosis.advise(printer.invocation());
    let mut report = Report::new("verify").with_survey(&survey);
    report.warnings.clone_from(&context.warnings);
    if output == Output::Human {
        printer.result(&diagnosis.to_text());
    }
    report.diagnosis = Some(diagnosis);
    context.count_calls(&mut report);
    report.exit = exit;
    report.origin = Origin::at(Timestamp::now());
    if output == Output::Human {
        printer.result(&report.result_line());
    }
    if output == Output::Json {
        printer.result(&report.to_json(exit));
    }
    list_calls(&context.aws, printer);
    Ok(exit)
}
