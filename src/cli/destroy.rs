//! `rolecall destroy`: a plan towards nothing, limited to what rolecall made.

use jiff::Timestamp;
use rolecall::connect::Services;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandError, CommandResult};
use rolecall::operations::{ChangeRequest, Changed, Goal, Planned};
use rolecall::report::{Origin, Report};
use rolecall::verify::gate::Allowed;

use super::calls::list_all_calls;
use super::change::{Asking, Console, Narrator, conclude};
use super::context::{Context, Signals};
use super::options::{DestroyCommand, Output};
use super::printer::Printer;

pub(crate) async fn run(options: &DestroyCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    let context = Context::open(&options.aws, Services::Both, printer).await?;
    let human = options.aws.common.output == Output::Human;
    let role = &context.manifest.role.name;
    let signals = Signals::new();
    let request = ChangeRequest {
        goal: Goal::Nothing,
        options: options.reach.into(),
        allowed: Allowed::default(),
        may_retire: true,
        interrupt: signals.interrupt.clone(),
    };
    let heading = |_: &Planned| format!("Role {role}\n\n");
    let asking = if options.yes { Asking::Yes } else { Asking::Question("Remove all of this?") };
    let console = Console {
        command: "destroy",
        narrator: Narrator::new(printer),
        human,
        asking,
        signals: &signals,
        before_writing: &|_| Ok(()),
        heading: Some(&heading),
        unexamined: None,
    };
    let changed = context.change(&request, &console).await?;
    let mut told =
        Report { warnings: context.warnings.clone(), ..Report::of_plan("destroy", &changed.planned) };
    if changed.is_declined {
        return Err(CommandError::declined());
    }
    let Changed { planned, written, is_declined: _ } = changed;
    let unsettled = |services: &str| {
        format!(
            "still there: some of the resources, in {services}; run the command again to check and to delete them"
        )
    };
    let mut exit = conclude(written, unsettled, &mut told, printer);
    let is_there = planned.observed.as_ref().is_some_and(|observed| observed.role.is_some());
    if let (true, Some(manager)) = (is_there, context.manifest.role.managed_by) {
        let (who, how) = (manager.name(), manager.remove());
        printer.progress(&format!("role `{role}` was left alone: {who} manages it; to delete it, {how}"));
    }
    if let Some(manager) = context.manifest.genesys_manager() {
        let (who, how) = (manager.name(), manager.remove());
        printer.progress(&format!(
            "what is in Genesys Cloud was left alone: {who} manages it; to delete it, {how}"
        ));
    }
    if is_there && !planned.plan.foreign().is_empty() {
        let left = format!(
            "role `{role}` was not deleted: it has foreign policies, and IAM deletes a role only without policies; \
             use --remove-foreign to remove them too"
        );
        printer.warning(&left);
        told.warnings.push(left);
        exit = exit.or(ExitCode::Pending);
    }
    context.count_calls(&mut told);
    let mut told = printer.advising(told);
    told.exit = exit;
    told.origin = Origin::at(Timestamp::now());
    printer.result(&if human { told.result_line() } else { told.to_json(exit) });
    list_all_calls(&context, printer);
    Ok(exit)
}
