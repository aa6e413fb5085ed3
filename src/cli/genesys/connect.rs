//! `rolecall genesys connect`: credential and integration, and nothing else unless asked for; with the role named, without AWS.

use jiff::Timestamp;
use rolecall::connect::{Services, stated_functions};
use rolecall::desired::genesys::is_asked_for;
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandError, CommandResult};
use rolecall::iam::arn::RoleArn;
use rolecall::operations::{ChangeRequest, Goal, PlanningError, Stated};
use rolecall::plan::aws::PlanOptions;
use rolecall::plan::genesys::Rewriting;
use rolecall::report::{Origin, Report, UnexaminedView};
use rolecall::verify::gate::Allowed;

use super::Side;
use crate::cli::calls::list_all_calls;
use crate::cli::change::{Asking, Console, Narrator, conclude};
use crate::cli::context::{Context, Signals};
use crate::cli::options::{ConnectCommand, Output};
use crate::cli::printer::Printer;

/// The command in reports.
const COMMAND: &str = "genesys connect";

pub(crate) async fn run(options: &ConnectCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    if let Some(role) = &options.role_arn {
        return stated(options, role, printer).await;
    }
    let context = Context::open(&options.aws, Services::Both, printer).await.map_err(naming_the_role)?;
    context.manifest.require_genesys()?;
    let human = options.aws.common.output == Output::Human;
    let signals = Signals::new();
    let request = ChangeRequest {
        goal: Goal::Connection(rewriting(options)),
        options: PlanOptions { adopt: options.adopt, remove_foreign: false },
        allowed: Allowed::default(),
        may_retire: true,
        interrupt: signals.interrupt.clone(),
    };
    let heading = |_: &_| String::new();
    let console = Console {
        command: COMMAND,
        narrator: Narrator::new(printer),
        human,
        asking: asking(options),
        signals: &signals,
        before_writing: &|_| Ok(()),
        heading: Some(&heading),
        unexamined: None,
    };
    let changed = context.change(&request, &console).await;
    let changed = changed.map_err(|error| naming_the_role(error.into()))?;
    if changed.is_declined {
        return Err(CommandError::declined());
    }
    let mut told = Report::of_plan(COMMAND, &changed.planned);
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

/// What is said wherever AWS was left out.
const NOT_ASKED: &str = "AWS was not asked. Ask the AWS team to run `rolecall verify`: it shows whether the role exists, trusts this \
                         organization and may invoke the functions.";

/// For whoever has no credentials for AWS: the role is what the user says.
async fn stated(options: &ConnectCommand, role: &RoleArn, printer: &mut Printer) -> CommandResult<ExitCode> {
    let side = Side::open(&options.aws, Some(role), printer).await?;
    let manifest = &side.context.manifest;
    if !is_asked_for(manifest) {
        return Err(PlanningError::NothingInGenesys.into());
    }
    let functions = match options.with_actions {
        true => Some(stated_functions(manifest, role, options.aws.region.as_ref())?),
        false => None,
    };
    let stated = Stated { role: role.clone(), functions };
    let human = options.aws.common.output == Output::Human;
    let signals = Signals::new();
    let rewriting = rewriting(options);
    let request = ChangeRequest {
        goal: Goal::Connection(rewriting),
        options: PlanOptions { adopt: options.adopt, remove_foreign: false },
        allowed: Allowed::default(),
        may_retire: options.replace || !options.with_actions,
        interrupt: signals.interrupt.clone(),
    };
    let heading = |_: &_| format!("{NOT_ASKED}\n\n");
    let console = Console {
        command: COMMAND,
        narrator: Narrator::new(printer),
        human,
        asking: asking(options),
        signals: &signals,
        before_writing: &|_| Ok(()),
        heading: Some(&heading),
        unexamined: Some(UnexaminedView::ROLE_NAMED),
    };
    let changed = side.context.change_stated((&stated, rewriting), &request, &console).await?;
    if changed.is_declined {
        return Err(CommandError::declined());
    }
    let mut told = Report::of_plan(COMMAND, &changed.planned);
    told.unexamined = Some(UnexaminedView::ROLE_NAMED);
    told.warnings.push(NOT_ASKED.to_owned());
    let again = printer.invocation().command(COMMAND);
    let unsettled = |services: &str| {
        format!("{services} does not show all of the changes yet; {again} with the same options checks again")
    };
    let exit = conclude(changed.written, unsettled, &mut told, printer);
    let mut told = printer.advising(told);
    told.genesys_calls = Some(side.counterpart()?.client.calls().so_far().len());
    told.exit = exit;
    told.origin = Origin::at(Timestamp::now());
    printer.result(&if human { told.result_line() } else { told.to_json(exit) });
    side.list_calls(&[], printer);
    Ok(exit)
}

fn rewriting(options: &ConnectCommand) -> Rewriting {
    match options.rewrite_credential {
        true => Rewriting::Always,
        false => Rewriting::WhereNeeded,
    }
}

fn asking(options: &ConnectCommand) -> Asking {
    if options.yes { Asking::Yes } else { Asking::Question("Make these changes?") }
}

/// Without a region there is another way. Without credentials, the error says that already.
fn naming_the_role(error: CommandError) -> CommandError {
    if error.code != ErrorCode::NoRegion {
        return error;
    }
    let hint = error.hint.map(|hint| format!("{hint}; ")).unwrap_or_default();
    CommandError {
        hint: Some(format!("{hint}without access to AWS, name the role: --role-arn ARN")),
        ..error
    }
}
