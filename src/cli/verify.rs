//! `rolecall verify`: the proof of what AWS holds, and what AWS itself answers.

use rolecall::report::{ExitCode, Report};
use rolecall::verify::live::Freshness;

use super::apply::verify;
use super::context::{Context, interruptible, load_outline};
use super::options::{Output, VerifyCommand};
use super::plan::list_calls;
use super::printer::Printer;

pub(crate) async fn run(options: &VerifyCommand, printer: &mut Printer) -> anyhow::Result<ExitCode> {
    let context = Context::open(&options.aws, printer).await?;
    let survey = context.survey().await?;
    let mut report = Report::new("verify").with_survey(&survey);
    report.warnings.clone_from(&context.warnings);
    report.outline = load_outline(&options.aws)?;
    if survey.observed.role.is_none() {
        let message =
            format!("role `{}` does not exist, so there is nothing to verify", survey.desired.role_arn());
        return Err(anyhow::Error::msg(message).context("cannot verify"));
    }
    let verification =
        verify(&context, &survey, options.level, Freshness::Unchanged, interruptible(), printer).await?;
    let exit = verification.exit();
    if options.aws.common.output == Output::Human {
        if let Some(role) = &report.role {
            printer.result(&format!("{}\n", role.to_text()));
        }
        printer.result(&verification.to_text("Verification"));
    }
    report.verification = Some(verification);
    report.aws_calls = Some(context.aws.calls().so_far().len());
    if let Some(format) = options.aws.common.output.format() {
        printer.result(&report.render(format, exit));
    }
    list_calls(&context.aws, printer);
    Ok(exit)
}
