//! `rolecall boundary`: an administrator makes the boundary that holds the provisioner, and removes it.

use rolecall::carry_out::Failure;
use rolecall::connect::Services;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandError, CommandResult, Context as _, boundary_hint};
use rolecall::operations::BoundaryGoal;
use rolecall::report::{ChangeView, ErrorView};
use serde_json::json;

use super::calls::list_all_calls;
use super::change::{Narrator, YES, confirm, describe};
use super::context::{Context, NO_HANDLERS, Signals};
use super::options::{BoundaryCommand, BoundaryOptions};
use super::printer::Printer;

pub(crate) async fn run(command: &BoundaryCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    let (goal, BoundaryOptions { aws, yes }, question) = match command {
        BoundaryCommand::Apply { options, adopt } => {
            (BoundaryGoal::Targets { adopt: *adopt }, options, "Write this boundary?")
        }
        BoundaryCommand::Destroy(options) => (BoundaryGoal::Nothing, options, "Remove this boundary?"),
    };
    let context = Context::open(aws, Services::Aws, printer).await?;
    let planned = context.plan_boundary(goal).await?;
    let changes: Vec<ChangeView> = planned.plan.changes().iter().map(ChangeView::from).collect();
    let human = aws.common.output.is_human();
    let told = |changed: bool| json!({"boundary": planned.arn, "changes": changes, "changed": changed});
    if changes.is_empty() {
        match human {
            true => printer.result(&format!("No changes: boundary `{}`\n", planned.arn)),
            false => printer.result(&format!("{:#}\n", told(false))),
        }
        return Ok(ExitCode::Success);
    }
    printer.progress(&format!("Boundary {}", planned.arn));
    for change in &changes {
        printer.progress(&format!("  {}", change.headline()));
    }
    if !yes && !confirm(question, YES, printer)? {
        return Err(CommandError::declined());
    }
    let signals = Signals::new();
    signals.arm().context(NO_HANDLERS)?;
    let applied = context.write_boundary(&planned, &signals.interrupt, &Narrator::new(printer)).await;
    let exit = match applied.is_complete() {
        true => ExitCode::Success,
        false => {
            let refused = applied.failed.iter().find_map(|(_, failure)| match failure {
                Failure::Aws(error) => boundary_hint(error),
                _ => None,
            });
            let error = describe(&applied);
            printer.failure(&ErrorView { hint: refused.or(error.hint), ..error });
            ExitCode::Failed
        }
    };
    if !human {
        printer.result(&format!("{:#}\n", told(applied.is_complete())));
    }
    list_all_calls(&context, printer);
    Ok(exit)
}
