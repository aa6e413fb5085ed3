//! `rolecall verify --explain-error`: from an error text to its most likely cause.

use std::io::Read as _;

use anyhow::Context as _;
use rolecall::exit::ExitCode;
use rolecall::observe::survey::{MissingTarget, Survey, SurveyError, survey};
use rolecall::operations;
use rolecall::ports::FunctionAddress;
use rolecall::report::{DiagnosisView, Report};
use rolecall::verify::explain_error::{Facts, explain};
use rolecall::verify::organization;

use super::context::Context;
use super::failure::UsageError;
use super::options::Output;
use super::plan::list_calls;
use super::printer::Printer;

/// More than any error text; a test result of Genesys Cloud included.
const MAX_BYTES: u64 = 1024 * 1024;

pub(crate) async fn run(
    text: &str,
    context: &Context,
    output: Output,
    printer: &mut Printer,
) -> anyhow::Result<ExitCode> {
    if !matches!(output, Output::Human | Output::Json) {
        let message = "a diagnosis is printed as text or as JSON";
        return Err(UsageError::new(message, Some("leave --output out, or take --output json")).into());
    }
    let text = match text {
        "-" => {
            let mut text = String::new();
            let input = std::io::stdin().take(MAX_BYTES);
            { input }.read_to_string(&mut text).context("cannot read the error text from standard input")?;
            text
        }
        text => text.to_owned(),
    };
    let (survey, missing) = look(context).await?;
    let organization = organization::read(&context.aws, &survey.desired.home.account).await;
    let facts = Facts { survey: &survey, missing: &missing, organization: &organization };
    let diagnosis = explain(&text, &facts);
    let exit = diagnosis.exit();
    let diagnosis = DiagnosisView::from(&diagnosis);
    let mut report = Report::new("verify").with_survey(&survey);
    report.warnings.clone_from(&context.warnings);
    if output == Output::Human {
        printer.result(&diagnosis.to_text());
    }
    report.diagnosis = Some(diagnosis);
    context.count_calls(&mut report, printer);
    if output == Output::Json {
        printer.result(&report.to_json(exit));
    }
    list_calls(&context.aws, printer);
    Ok(exit)
}

/// The survey, of the targets that are there; and those that are not, which elsewhere end the command.
pub(super) async fn look(context: &Context) -> anyhow::Result<(Survey, Vec<MissingTarget>)> {
    let operations::Context { manifest, external_id, templates, addresses, aws, .. } = &context.role;
    match survey(manifest, external_id, templates, addresses, aws).await {
        Ok(survey) => Ok((survey, Vec::new())),
        Err(SurveyError::TargetsMissing(missing)) => {
            let is_there =
                |address: &&FunctionAddress| missing.iter().all(|target| target.address != **address);
            let there: Vec<FunctionAddress> = addresses.iter().filter(is_there).cloned().collect();
            Ok((survey(manifest, external_id, templates, &there, aws).await?, missing))
        }
        Err(error) => Err(error.into()),
    }
}
