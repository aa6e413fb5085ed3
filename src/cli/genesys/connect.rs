//! `rolecall genesys connect`: credential and integration, and nothing else.

use anyhow::Context as _;
use rolecall::carry_out::aws::Applied;
use rolecall::carry_out::genesys::{Made, apply};
use rolecall::exit::ExitCode;
use rolecall::plan::genesys::Plan;
use rolecall::report::{Report, count};

use super::{GenesysPlanned, with_plan};
use crate::cli::apply::{Narrator, Outcome, STALE, UNCHANGED, confirm};
use crate::cli::context::{Context, Services, interruptible};
use crate::cli::failure::UsageError;
use crate::cli::options::{ConnectCommand, Output};
use crate::cli::plan::list_all_calls;
use crate::cli::printer::Printer;

pub(crate) async fn run(options: &ConnectCommand, printer: &mut Printer) -> anyhow::Result<ExitCode> {
    let context = Context::open(&options.aws, Services::Both, printer).await?;
    let human = options.aws.common.output == Output::Human;
    let survey = context.survey().await.context(UNCHANGED)?;
    if survey.observed.role.is_none() {
        let message = format!("role `{}` does not exist, so nothing was changed", survey.desired.role_arn());
        return Err(UsageError::new(
            message,
            Some("`rolecall apply` makes the role first, then all of this"),
        )
        .into());
    }
    let look = async || -> anyhow::Result<GenesysPlanned> {
        let planned = context.plan_genesys(&survey, options.adopt).await?;
        let mut planned = planned.context("the manifest asks for nothing in Genesys Cloud")?;
        planned.plan.steps.retain(|step| !step.is_about_action());
        Ok(planned)
    };
    let GenesysPlanned { survey: genesys, plan } = look().await.context(UNCHANGED)?;
    let mut report = with_plan(Report::new("genesys connect"), &genesys.observed, &plan);
    if human {
        printer.result(&report.plan_text());
    }
    let mut exit = ExitCode::Success;
    if !plan.steps.is_empty() {
        if !options.yes {
            if !confirm("Make these changes?", printer)? {
                printer.progress("nothing was changed");
                return Ok(ExitCode::Success);
            }
            anyhow::ensure!(look().await.context(UNCHANGED)?.plan == plan, STALE);
        }
        (report, exit) = carry_out(&context, &plan, report, human, printer).await;
    }
    context.count_calls(&mut report, printer);
    if !human {
        printer.result(&report.to_json(exit));
    }
    list_all_calls(&context, printer);
    Ok(exit)
}

async fn carry_out(
    context: &Context,
    plan: &Plan,
    report: Report,
    human: bool,
    printer: &mut Printer,
) -> (Report, ExitCode) {
    let Some(side) = &context.genesys else { return (report, ExitCode::Success) };
    let applied = apply(
        plan,
        side.client.as_ref(),
        &mut Made::default(),
        context.deadline,
        interruptible(),
        &mut Narrator(printer),
    )
    .await;
    let mut report = report.with_genesys_applied(&applied);
    if applied.is_complete() {
        if human {
            printer.result(&format!("\n{} made.\n", count(applied.done.len(), "change", "changes")));
        }
        return (report, ExitCode::Success);
    }
    let error = Outcome { aws: &Applied::none_of(Vec::new()), genesys: &applied }.describe();
    printer.failure(&error);
    report.error = Some(error);
    (report, ExitCode::Failed)
}
