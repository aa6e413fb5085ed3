//! `rolecall destroy`: a plan towards nothing, limited to what rolecall made.

use anyhow::Context as _;
use rolecall::provision::apply::apply;
use rolecall::provision::observe::observe;
use rolecall::provision::plan::{PlanOptions, plan_destroy};
use rolecall::provision::settle::settle;
use rolecall::report::{ExitCode, Report, count};

use super::apply::{Narrator, STALE, UNCHANGED, confirm, describe};
use super::context::{Context, interruptible};
use super::options::{DestroyCommand, Output};
use super::plan::list_calls;
use super::printer::Printer;

pub(crate) async fn run(options: &DestroyCommand, printer: &mut Printer) -> anyhow::Result<ExitCode> {
    let context = Context::open(&options.aws, printer).await?;
    let human = options.aws.common.output == Output::Human;
    let role = &context.manifest.role.name;
    let reach: PlanOptions = options.reach.into();
    // The functions are somebody else's: whether they exist makes no difference to what is removed here.
    let read = async || observe(&context.aws, role, &[]).await;
    let observed = read().await.context(UNCHANGED)?;
    let plan = plan_destroy(role, &observed, reach).context(UNCHANGED)?;
    let mut report = Report::new("destroy").with_plan(&plan);
    report.warnings.clone_from(&context.warnings);
    if human {
        printer.result(&format!(
            "Role {role} in account {}\n\n{}",
            observed.caller.account,
            report.plan_text()
        ));
    }
    let mut exit = ExitCode::Success;
    if !plan.changes.is_empty() && !options.yes {
        if !confirm("Remove all of this?", printer)? {
            printer.progress("nothing was changed");
            return Ok(ExitCode::Success);
        }
        anyhow::ensure!(plan_destroy(role, &read().await?, reach)? == plan, STALE);
    }
    if !plan.changes.is_empty() {
        let interrupt = interruptible();
        let applied =
            apply(&plan, &context.aws, context.deadline, interrupt.clone(), &mut Narrator(printer)).await;
        report = report.with_applied(&applied);
        if applied.is_complete() {
            let is_gone =
                |observed: &_| plan_destroy(role, observed, reach).is_ok_and(|plan| plan.changes.is_empty());
            let settled = settle(read, is_gone, context.deadline, interrupt, &mut Narrator(printer)).await?;
            if human {
                printer.result(&format!("\n{} made.\n", count(applied.done.len(), "change", "changes")));
            }
            if !settled.is_settled {
                printer.warning("AWS still shows some of what was removed; run the command again to look");
                exit = ExitCode::Inconclusive;
            }
        } else {
            let error = describe(&applied);
            printer.failure(&error);
            report.error = Some(error);
            exit = ExitCode::Failed;
        }
    }
    if observed.role.is_some() && !plan.foreign.is_empty() {
        printer.warning(&format!(
            "role `{role}` stays: IAM deletes a role only when nothing is on it, and others put policies there; \
             --remove-foreign removes those too"
        ));
        exit = exit.or(ExitCode::Pending);
    }
    report.aws_calls = Some(context.aws.calls().so_far().len());
    if !human {
        printer.result(&report.to_json(exit));
    }
    list_calls(&context.aws, printer);
    Ok(exit)
}
