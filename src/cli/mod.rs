//! The command line: one file a command, output through one door.

mod advice;
mod apply;
mod audit;
mod boundary;
mod calls;
mod candidates;
mod certificate;
mod change;
mod complete;
mod context;
mod destroy;
mod doctor;
#[cfg(test)]
mod documented;
mod environment;
mod explain;
mod explain_error;
mod fleet;
mod genesys;
mod guardrail;
mod handover;
mod home;
mod init;
mod input;
mod man;
mod nearest;
mod notify;
mod options;
mod outputs;
mod overwrite;
mod parse;
mod plan;
mod printer;
mod prove;
mod render;
mod sandbox;
mod simulate;
mod status;
mod target;
mod verify;
mod wrap;

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use rolecall::connect::Services;
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::report::{ErrorView, Invocation, Origin, Report, UnexaminedView};
use rolecall_model::activity::Activity;
use rolecall_model::limit::Limit;

use self::options::{
    ActionCommand, AddTarget, AwsOptions, BoundaryCommand, CheckAction, Command, CommonOptions,
    GenesysCommand, HandoverCommand, ImportAction, Output, ReportFile, TargetCommand, TestAction,
};
use self::printer::Printer;
use rolecall::failure::{CommandError, CommandResult, UsageError};

/// Parses the command line, runs the command, and says how it went.
pub(crate) fn run() -> std::process::ExitCode {
    let begun = environment::leave_out_empty();
    if let Some(exit) = complete::answer() {
        return exit.into();
    }
    let cli = match parse::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return tell(&error),
    };
    let mut printer = Printer::new(cli.color, cli.quiet);
    if let Err(error) = begun {
        // The settings are checked again where they are read: an empty one that matters is an error there.
        printer.warning(&format!("cannot leave out empty variables of the environment: {error}"));
    }
    // One thread serves: a command waits for AWS, it does not compute.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let message = format!("cannot start the asynchronous runtime: {error}");
            printer.failure(&ErrorView { code: ErrorCode::Local, message, hint: None });
            return ExitCode::Failed.into();
        }
    };
    let exit = runtime.block_on(carry_out(&cli.command, &mut printer));
    check_output(exit, &mut printer).into()
}

/// Prints the help that was asked for, or what is wrong with the command line.
fn tell(error: &clap::Error) -> std::process::ExitCode {
    let exit = error.exit_code().try_into().unwrap_or(u8::MAX);
    if error.use_stderr() && error.kind() != clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    {
        let text = error.render().ansi().to_string();
        let code = ErrorCode::CommandLine;
        Printer::new(clap::ColorChoice::Auto, false).usage(&text.replacen(
            "error:",
            &format!("error[{code}]:"),
            1,
        ));
        return exit.into();
    }
    match error.print() {
        Err(unwritten) if unwritten.kind() != ErrorKind::BrokenPipe && !error.use_stderr() => {
            let message = format!("{UNWRITTEN}: {unwritten}");
            let error = ErrorView { code: ErrorCode::OutputLost, message, hint: None };
            Printer::new(clap::ColorChoice::Auto, false).failure(&error);
            ExitCode::Failed.into()
        }
        Ok(()) | Err(_) => exit.into(),
    }
}

/// What is said of a result that is not there.
const UNWRITTEN: &str = "cannot write the result to standard output";

fn unwritten((file, error): &(ReportFile, std::io::Error)) -> String {
    format!("cannot write the {} report `{}`: {error}", file.format.name(), file.path.display())
}

/// A result that is not there is a failure, whatever it would have said: its reader takes what is missing for all there is.
fn check_output(exit: ExitCode, printer: &mut Printer) -> ExitCode {
    let to_output = printer.unwritten().map(|error| format!("{UNWRITTEN}: {error}"));
    let to_files = printer.unwritten_reports().iter().map(unwritten);
    let messages: Vec<String> = to_output.into_iter().chain(to_files).collect();
    let hint = match exit {
        ExitCode::Success => "the command itself succeeded; only its output is incomplete".to_owned(),
        exit => {
            let code = exit.code();
            format!("the command itself ended with exit code {code}; in addition its output is incomplete")
        }
    };
    match messages.as_slice() {
        [] => exit,
        _ => {
            let message = messages.join("\n");
            printer.failure(&ErrorView { code: ErrorCode::OutputLost, message, hint: Some(hint) });
            exit.or(ExitCode::Failed)
        }
    }
}

/// Runs the command; what went wrong is part of its result.
async fn carry_out(command: &Command, printer: &mut Printer) -> ExitCode {
    printer.annotate(output(command) == Output::Github);
    printer.repeat(invocation(command));
    printer.wrap(output(command).is_human() && is_prose(command));
    let begun = outputs::check(command).and_then(|(guard, reports)| {
        printer.guard(guard);
        begin(reports, command, printer)
    });
    let done = match begun.and_then(|()| check_files(command)).and_then(|()| check_standard_input(command)) {
        Ok(()) => under_way(command, printer).await,
        Err(error) => Err(error),
    };
    done.unwrap_or_else(|error| {
        // Whatever stopped it before the manifest was read: what the user left out, nobody looked at.
        let error = printer.told(error.without(left_out(asked(command))));
        let report = without_result(&error, command, printer);
        let tells_found = error.found.is_some() && output(command).is_human();
        if tells_found {
            printer.result(&report.found_text(printer.evidence()));
        }
        printer.failure(&error.view());
        printer.documents(output(command).format(), |format| report.clone().render(format, error.exit));
        if tells_found {
            printer.result(&report.result_line());
        }
        error.exit
    })
}

/// Begins the files of `--report`. Where one of them cannot be written, nothing is contacted: it would be too late in the end.
fn begin(files: &[ReportFile], command: &Command, printer: &mut Printer) -> CommandResult<()> {
    let message = "there is no result yet: rolecall is still at work, or was stopped before its end";
    let none_yet = CommandError {
        hint: Some("wait for its end; if it was stopped, run the same command again".to_owned()),
        ..CommandError::failed(ErrorCode::Interrupted, message)
    };
    let none_yet = none_yet.without(left_out(asked(command)));
    let report = without_result(&none_yet, command, printer);
    let failed = printer.report_to(files, |format| report.clone().render(format, none_yet.exit));
    match failed.as_slice() {
        [] => Ok(()),
        failed => {
            let messages: Vec<String> = failed.iter().map(unwritten).collect();
            let hint = Some("nothing was contacted; name a file that can be written".to_owned());
            Err(CommandError { hint, ..CommandError::failed(ErrorCode::OutputLost, messages.join("\n")) })
        }
    }
}

/// The report of a command that has an error instead of a result.
fn without_result(error: &CommandError, command: &Command, printer: &Printer) -> Report {
    let report = printer.advising(error.report(name(command)));
    Report { origin: Origin::at(Timestamp::now()), ..report }
}

/// Carries it out under its limit, and says meanwhile what is being done.
async fn under_way(command: &Command, printer: &mut Printer) -> CommandResult<ExitCode> {
    let limit = limit(command).map(Limit::new);
    let activity = Activity::default();
    // Gone before it is said how the command ended.
    // The sandbox serves until it is stopped, and is silent because nobody calls.
    let is_at_work = !matches!(command, Command::Sandbox(_));
    let _watch = is_at_work.then(|| printer.watch(activity.clone(), limit.clone()));
    let work = activity.over(execute(command, printer).boxed_local());
    match limit {
        Some(limit) => limit.over(work).await,
        None => work.await,
    }
}

async fn execute(command: &Command, printer: &mut Printer) -> CommandResult<ExitCode> {
    match command {
        Command::Init(options) => init::run(options, printer).await,
        Command::Plan(options) => plan::plan(options, printer).await,
        Command::Drift(options) => plan::drift(options, printer).await,
        Command::Apply(options) => apply::run(options, printer).await,
        Command::Verify(options) => verify::run(options, printer).await,
        Command::Destroy(options) => destroy::run(options, printer).await,
        Command::Target(command) => target::run(command, printer).await,
        Command::Boundary(command) => boundary::run(command, printer).await,
        Command::Doctor(options) => doctor::run(options, printer).boxed_local().await,
        Command::Render(options) => render::run(options, printer),
        Command::Prove(options) => prove::run(options, printer),
        Command::Simulate(options) => simulate::run(options, printer),
        Command::Audit(options) => audit::run(options, printer).boxed_local().await,
        Command::Explain(options) => explain::run(options, printer),
        Command::Genesys(command) => genesys::run(command, printer).await,
        Command::Handover(command) => handover::run(command, printer).boxed_local().await,
        Command::Sandbox(command) => sandbox::run(command, printer).await,
        Command::Completions { shell } => complete::script(*shell, printer),
        Command::Man { dir, force: _ } => man::run(dir.as_deref(), printer),
    }
}

/// Whether the result for people is text, and not a document or a list.
fn is_prose(command: &Command) -> bool {
    has_report(command)
        || matches!(
            command,
            Command::Destroy(_)
                | Command::Prove(_)
                | Command::Genesys(
                    GenesysCommand::Whoami(_) | GenesysCommand::Connect(_) | GenesysCommand::Metrics(_)
                )
                | Command::Handover(HandoverCommand::Check(_))
        )
}

fn has_report(command: &Command) -> bool {
    matches!(command, Command::Plan(_) | Command::Apply(_) | Command::Verify(_) | Command::Drift(_))
}

/// What is done to one role takes one manifest.
fn check_files(command: &Command) -> CommandResult<()> {
    let several = common(command).is_some_and(|common| fleet::are_many(&common.files));
    if has_report(command) || matches!(command, Command::Audit(_)) || !several {
        return Ok(());
    }
    let message = format!("`{}` takes one manifest", name(command));
    let hint = "plan, apply, verify, drift and audit take several; run this once for each";
    Err(UsageError::new(message, Some(hint)).into())
}

/// A manifest on standard input is read once, and cannot be written back.
fn check_standard_input(command: &Command) -> CommandResult<()> {
    let edits = matches!(
        command,
        Command::Target(TargetCommand::Add(_) | TargetCommand::Remove { .. })
            | Command::Genesys(GenesysCommand::Action(ActionCommand::Import(_)))
    );
    let written = match command {
        Command::Init(options) => Some(options.file.as_path()),
        command => common(command).filter(|_| edits).map(CommonOptions::file),
    };
    let mut read_too = None;
    if let Command::Verify(options) = command {
        read_too = options.explain_error.as_deref().map(Path::new);
    }
    if let Command::Genesys(GenesysCommand::Action(ActionCommand::Test(options))) = command {
        read_too = options.input.as_deref();
    }
    if let Command::Handover(HandoverCommand::Check(options)) = command {
        read_too = Some(&options.handover);
    }
    if written.is_some_and(input::is_standard_input) {
        let message =
            format!("`{}` writes the manifest, and standard input cannot be written", name(command));
        return Err(UsageError::new(message, Some("name the file: --file PATH")).into());
    }
    let files = common(command).map_or(&[][..], |common| &common.files);
    if read_too.is_some_and(input::is_standard_input)
        && files.iter().any(|file| input::is_standard_input(file))
    {
        let message = "standard input cannot be the manifest and something else";
        return Err(UsageError::new(message, Some("name a file for one of them")).into());
    }
    Ok(())
}

fn name(command: &Command) -> &'static str {
    match command {
        Command::Init(_) => "init",
        Command::Plan(_) => "plan",
        Command::Apply(_) => "apply",
        Command::Verify(_) => "verify",
        Command::Drift(_) => "drift",
        Command::Destroy(_) => "destroy",
        Command::Target(_) => "target",
        Command::Boundary(BoundaryCommand::Apply { .. }) => "boundary apply",
        Command::Boundary(BoundaryCommand::Destroy(_)) => "boundary destroy",
        Command::Doctor(_) => "doctor",
        Command::Render(_) => "render",
        Command::Prove(_) => "prove",
        Command::Audit(_) => "audit",
        Command::Explain(_) => "explain",
        Command::Simulate(_) => "simulate",
        Command::Genesys(GenesysCommand::Whoami(_)) => "genesys whoami",
        Command::Genesys(GenesysCommand::Connect(_)) => "genesys connect",
        Command::Genesys(GenesysCommand::Action(_)) => "genesys action",
        Command::Genesys(GenesysCommand::Audit(_)) => "genesys audit",
        Command::Handover(HandoverCommand::Write(_)) => "handover write",
        Command::Handover(HandoverCommand::Check(_)) => "handover check",
        Command::Genesys(GenesysCommand::Metrics(_)) => "genesys metrics",
        Command::Sandbox(_) => "sandbox",
        Command::Completions { .. } => "completions",
        Command::Man { .. } => "man",
    }
}

fn output(command: &Command) -> Output {
    match command {
        Command::Prove(options) => options.output,
        Command::Explain(options) => options.output,
        Command::Simulate(options) => options.output,
        command => common(command).map_or(Output::Human, |common| common.output),
    }
}

/// How long a command that contacts a service may take. The sandbox serves until it is stopped.
fn limit(command: &Command) -> Option<Duration> {
    if let Command::Init(_) = command {
        return Some(init::DEADLINE);
    }
    services(command).map(|aws| aws.limit(fleet::number(&aws.common.files)))
}

/// What advised commands repeat of this one.
fn invocation(command: &Command) -> Invocation {
    match (services(command), common(command)) {
        (Some(aws), _) => advice::of_services(aws, asked(command)),
        (None, Some(common)) => advice::of_common(common),
        (None, None) => Invocation::default(),
    }
}

/// Whom the commands that take a side are told to ask; the others repeat none.
fn asked(command: &Command) -> Services {
    match command {
        Command::Plan(options) => options.on.side.into(),
        Command::Apply(options) => options.on.side.into(),
        Command::Drift(options) => options.on.side.into(),
        Command::Init(_)
        | Command::Verify(_)
        | Command::Destroy(_)
        | Command::Target(_)
        | Command::Boundary(_)
        | Command::Doctor(_)
        | Command::Audit(_)
        | Command::Render(_)
        | Command::Prove(_)
        | Command::Simulate(_)
        | Command::Explain(_)
        | Command::Genesys(_)
        | Command::Handover(_)
        | Command::Sandbox(_)
        | Command::Completions { .. }
        | Command::Man { .. } => Services::Both,
    }
}

/// The side that the user left out.
fn left_out(services: Services) -> Option<UnexaminedView> {
    match services {
        Services::AwsAlone => Some(UnexaminedView::LEFT_OUT),
        Services::Aws | Services::Both | Services::Always => None,
    }
}

/// The options of a command that contacts a service.
fn services(command: &Command) -> Option<&AwsOptions> {
    Some(match command {
        Command::Plan(options) => &options.aws,
        Command::Apply(options) => &options.aws,
        Command::Verify(options) => &options.aws,
        Command::Drift(options) => &options.aws,
        Command::Destroy(options) => &options.aws,
        Command::Doctor(options) => &options.aws,
        Command::Audit(options) => &options.aws,
        Command::Boundary(BoundaryCommand::Apply { options, .. } | BoundaryCommand::Destroy(options)) => {
            &options.aws
        }
        Command::Target(
            TargetCommand::Add(AddTarget { aws, .. })
            | TargetCommand::Remove { aws, .. }
            | TargetCommand::List { aws },
        ) => aws,
        Command::Handover(HandoverCommand::Write(options)) => &options.aws,
        Command::Handover(HandoverCommand::Check(options)) => &options.aws,
        Command::Genesys(GenesysCommand::Whoami(options)) => &options.aws,
        Command::Genesys(GenesysCommand::Audit(options)) => &options.aws,
        Command::Genesys(GenesysCommand::Metrics(options)) => &options.aws,
        Command::Genesys(GenesysCommand::Connect(options)) => &options.aws,
        Command::Genesys(GenesysCommand::Action(
            ActionCommand::List { reach }
            | ActionCommand::Test(TestAction { reach, .. })
            | ActionCommand::Export { reach, .. },
        )) => &reach.aws,
        Command::Genesys(GenesysCommand::Action(ActionCommand::Import(_) | ActionCommand::Check(_)))
        | Command::Init(_)
        | Command::Render(_)
        | Command::Prove(_)
        | Command::Explain(_)
        | Command::Simulate(_)
        | Command::Sandbox(_)
        | Command::Completions { .. }
        | Command::Man { .. } => return None,
    })
}

/// The options that most commands have.
fn common(command: &Command) -> Option<&CommonOptions> {
    Some(match command {
        Command::Plan(options) => &options.aws.common,
        Command::Apply(options) => &options.aws.common,
        Command::Verify(options) => &options.aws.common,
        Command::Drift(options) => &options.aws.common,
        Command::Destroy(options) => &options.aws.common,
        Command::Doctor(options) => &options.aws.common,
        Command::Audit(options) => &options.aws.common,
        Command::Target(
            TargetCommand::Add(AddTarget { aws, .. })
            | TargetCommand::Remove { aws, .. }
            | TargetCommand::List { aws },
        ) => &aws.common,
        Command::Boundary(BoundaryCommand::Apply { options, .. } | BoundaryCommand::Destroy(options)) => {
            &options.aws.common
        }
        Command::Render(options) => &options.common,
        Command::Handover(HandoverCommand::Write(options)) => &options.aws.common,
        Command::Handover(HandoverCommand::Check(options)) => &options.aws.common,
        Command::Genesys(GenesysCommand::Whoami(options)) => &options.aws.common,
        Command::Genesys(GenesysCommand::Audit(options)) => &options.aws.common,
        Command::Genesys(GenesysCommand::Metrics(options)) => &options.aws.common,
        Command::Genesys(GenesysCommand::Connect(options)) => &options.aws.common,
        Command::Genesys(GenesysCommand::Action(
            ActionCommand::List { reach }
            | ActionCommand::Test(TestAction { reach, .. })
            | ActionCommand::Export { reach, .. },
        )) => &reach.aws.common,
        Command::Genesys(GenesysCommand::Action(
            ActionCommand::Import(ImportAction { common, .. })
            | ActionCommand::Check(CheckAction { common, .. }),
        )) => common,
        Command::Sandbox(
            options::SandboxCommand::Serve { common, .. }
            | options::SandboxCommand::Tamper { common, .. }
            | options::SandboxCommand::Reset { common },
        ) => common,
        Command::Prove(_)
        | Command::Explain(_)
        | Command::Simulate(_)
        | Command::Init(_)
        | Command::Completions { .. }
        | Command::Man { .. } => return None,
    })
}
