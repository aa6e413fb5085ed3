//! The command line: one file a command, output through one door, hints and exit codes here and nowhere below.

mod apply;
mod context;
mod destroy;
mod explain_error;
mod failure;
mod genesys;
mod init;
mod input;
mod options;
mod plan;
mod printer;
mod prove;
mod render;
mod sandbox;
mod simulate;
mod target;
mod verify;

use anyhow::Context as _;
use clap::{CommandFactory, Parser};
use rolecall::report::{ErrorView, Report};

use self::failure::{Failure, UsageError, explain};
use self::options::{
    ActionCommand, AddTarget, Cli, Command, GenesysCommand, ImportAction, Output, TargetCommand, TestAction,
};
use self::printer::Printer;

/// Parses the command line, runs the command, and says how it went.
pub(crate) fn run() -> std::process::ExitCode {
    let cli = Cli::parse();
    let mut printer = Printer::new();
    let exit = match check_output(&cli.command).and_then(|()| execute(&cli.command, &mut printer)) {
        Ok(exit) => exit,
        Err(error) => {
            let Failure { exit, message, hint } = explain(&error);
            let error = ErrorView { message, hint };
            printer.failure(&error);
            if let Some(format) = output(&cli.command).format() {
                let report = Report { error: Some(error), ..Report::new(name(&cli.command)) };
                printer.result(&report.render(format, exit));
            }
            exit
        }
    };
    std::process::ExitCode::from(exit.code())
}

fn execute(command: &Command, printer: &mut Printer) -> anyhow::Result<rolecall::report::ExitCode> {
    match command {
        Command::Init(options) => block_on(init::run(options, printer)),
        Command::Plan(options) => block_on(plan::plan(options, printer)),
        Command::Drift(options) => block_on(plan::drift(options, printer)),
        Command::Apply(options) => block_on(apply::run(options, printer)),
        Command::Verify(options) => block_on(verify::run(options, printer)),
        Command::Destroy(options) => block_on(destroy::run(options, printer)),
        Command::Target(command) => block_on(target::run(command, printer)),
        Command::Render(options) => render::run(options, printer),
        Command::Prove(options) => prove::run(options, printer),
        Command::Simulate(options) => simulate::run(options, printer),
        Command::Genesys(command) => block_on(genesys::run(command, printer)),
        Command::Sandbox(command) => block_on(sandbox::run(command, printer)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "rolecall", &mut script);
            printer.result(&String::from_utf8(script).context("the completion script is not text")?);
            Ok(rolecall::report::ExitCode::Success)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command())
                .render(&mut page)
                .context("cannot write the manual page")?;
            printer.result(&String::from_utf8(page).context("the manual page is not text")?);
            Ok(rolecall::report::ExitCode::Success)
        }
    }
}

/// The formats of reports make no sense where the result is none.
fn check_output(command: &Command) -> anyhow::Result<()> {
    let has_report =
        matches!(command, Command::Plan(_) | Command::Apply(_) | Command::Verify(_) | Command::Drift(_));
    let is_right = match output(command) {
        Output::Human | Output::Json => true,
        Output::Markdown => {
            has_report
                || matches!(command, Command::Genesys(GenesysCommand::Whoami(_) | GenesysCommand::Audit(_)))
        }
        Output::Sarif | Output::Junit | Output::Github | Output::Html => has_report,
        Output::Csv => matches!(command, Command::Genesys(GenesysCommand::Audit(_))),
    };
    if is_right {
        return Ok(());
    }
    let message = format!("`{}` does not print that format", name(command));
    let hint = "`--output human` and `--output json` go with every command; sarif, junit, github and html with plan, \
                apply, verify and drift; markdown with these and with genesys whoami and audit; csv with genesys audit";
    Err(UsageError::new(message, Some(hint)).into())
}

/// One thread serves: a command waits for AWS, it does not compute.
fn block_on<T>(command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("cannot start the asynchronous runtime")?.block_on(command)
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
        Command::Render(_) => "render",
        Command::Prove(_) => "prove",
        Command::Simulate(_) => "simulate",
        Command::Genesys(GenesysCommand::Whoami(_)) => "genesys whoami",
        Command::Genesys(GenesysCommand::Connect(_)) => "genesys connect",
        Command::Genesys(GenesysCommand::Action(_)) => "genesys action",
        Command::Genesys(GenesysCommand::Audit(_)) => "genesys audit",
        Command::Sandbox(_) => "sandbox",
        Command::Completions { .. } => "completions",
        Command::Man => "man",
    }
}

fn output(command: &Command) -> Output {
    match command {
        Command::Plan(options) => options.aws.common.output,
        Command::Apply(options) => options.aws.common.output,
        Command::Verify(options) => options.aws.common.output,
        Command::Drift(options) => options.aws.common.output,
        Command::Destroy(options) => options.aws.common.output,
        Command::Target(
            TargetCommand::Add(AddTarget { aws, .. })
            | TargetCommand::Remove { aws, .. }
            | TargetCommand::List { aws },
        ) => aws.common.output,
        Command::Render(options) => options.common.output,
        Command::Prove(options) => options.output,
        Command::Simulate(options) => options.output,
        Command::Genesys(GenesysCommand::Whoami(options)) => options.aws.common.output,
        Command::Genesys(GenesysCommand::Audit(options)) => options.aws.common.output,
        Command::Genesys(GenesysCommand::Connect(options)) => options.aws.common.output,
        Command::Genesys(GenesysCommand::Action(
            ActionCommand::List { aws }
            | ActionCommand::Test(TestAction { aws, .. })
            | ActionCommand::Export { aws, .. },
        )) => aws.common.output,
        Command::Genesys(GenesysCommand::Action(ActionCommand::Import(ImportAction { common, .. }))) => {
            common.output
        }
        Command::Sandbox(
            options::SandboxCommand::Serve { common, .. }
            | options::SandboxCommand::Tamper { common, .. }
            | options::SandboxCommand::Reset { common },
        ) => common.output,
        Command::Init(_) | Command::Completions { .. } | Command::Man => Output::Human,
    }
}
