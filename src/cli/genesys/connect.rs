//! `rolecall genesys connect`: credential and integration, and nothing else.

use jiff::Timestamp;
use rolecall::connect::Services;
use rolecall::exit::ExitCode;
use rolecall::operations::{ChangeRequest, Goal};
use rolecall::plan::aws::PlanOptions;
use rolecall::plan::genesys::Rewriting;
use rolecall::report::{Origin, Report};
use rolecall::verify::gate::Allowed;

use crate::cli::change::{Asking, Console, Narrator, conclude};
use crate::cli::context::{Context, Signals};
use crate::cli::options::{ConnectCommand, Output};
use crate::cli::plan::list_all_calls;
use crate::cli::printer::Printer;
use rolecall::failure::{CommandError, CommandResult};

pub(crate) async fn run(options: &ConnectCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    let context = Context::open(&options.aws, Services::Both, printer).await?;
    let human = options.aws.common.output == Output::Human;
    let signals = Signals::new();
    let rewriting = match options.rewrite_credential {
        true => Rewriting::Always,
        false => Rewriting::WhereNeeded,
    };
    let request = ChangeRequest {
        goal: Goal::Connection(rewriting),
        options: PlanOptions { adopt: options.adopt, remove_foreign: false },
        allowed: Allowed::default(),
        may_retire: true,
        interrupt: signals.interrupt.clone(),
    };
    let asking = if options.yes { Asking::Yes } else { Asking::Question("Make these changes?") };
    let heading = |_: &_| String::new();
    let console = Console {
        command: "genesys connect",
        narrator: Narrator::new(printer),
        human,
        asking,
        signals: &signals,
        before_writing: &|_| Ok(()),
        heading: Some(&heading),
    };
    let changed = context.change(&request, &console).await?;
    if changed.is_declined {
        return Err(CommandError::declined());
    }
    let mut told = Report::of_plan("genesys connect", &changed.planned);
    (told.role, told.foreign) = (None, Vec::new());
    let again = printer.invocation().command("drift");
    let unsettled =
        |services: &str| format!("{services} does not show all of the changes yet; {again} checks again");
    let exit = conclude(changed.written, unsettled, &mut told, printer);
    context.count_calls(&mut told);
    let mut told = printer.advising(told);
    told.exit = exit;
    told.origin = Origin::at(Timestamp::now());
    printer.result(&if human { told.result_line() } else { told.to_json(exit) });
    list_all_calls(&context, printer);
    Ok(exit)
}
