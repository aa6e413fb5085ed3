//! One command on one manifest, or on many: each in its own account if need be, all in one report.
//!
//! Everything that can be known without AWS is checked before AWS is contacted. Then nothing that happens to one role
//! keeps the others from their turn. What is shared: a client for all manifests that reach AWS in the same way, the rate
//! that an account allows, and, where it is cheaper, what was read of the account.

mod accounts;
mod files;

use futures_util::{FutureExt as _, StreamExt as _, stream};
use rolecall::exit::ExitCode;
use rolecall::ports::calls::Call;
use rolecall::report::{AnyReport, FleetReport, Report};

use super::context::{Context, Services};
use super::failure::CommandResult;
use super::options::AwsOptions;
use super::plan::{list, list_all_calls};
use super::printer::Printer;
use accounts::{Fleet, Member, prepare};
pub(crate) use files::are_many;

/// Roles that are worked on at the same time. Proofs take the one processor in turns; what is waited for is AWS.
const AT_A_TIME: usize = 16;

/// What a command reads AWS for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// Nothing is written: what is known of the account serves.
    ForLooking,
    /// Something may be written: each role is read by itself.
    ForWriting,
}

/// Whether the options name several manifests.
pub(crate) fn is_named(options: &AwsOptions) -> bool {
    are_many(&options.common.files)
}

/// Runs a command on every manifest that the options name, and prints one report.
pub(crate) async fn run(
    command: &'static str,
    options: &AwsOptions,
    (services, reads): (Services, Reads),
    printer: &mut Printer,
    work: impl AsyncFn(&mut Context, &AwsOptions, &mut Printer) -> CommandResult<(Report, ExitCode)>,
) -> CommandResult<ExitCode> {
    if is_named(options) {
        return run_all(command, options, (services, reads), printer, work).await;
    }
    let mut context = Context::open(options, services, printer).await?;
    let (mut report, exit) = work(&mut context, options, printer).boxed_local().await?;
    context.count_calls(&mut report, printer);
    if let Some(format) = options.common.output.format() {
        printer.report(AnyReport::one(report, exit), format);
    }
    list_all_calls(&context, printer);
    Ok(exit)
}

async fn run_all(
    command: &'static str,
    options: &AwsOptions,
    (services, reads): (Services, Reads),
    printer: &mut Printer,
    work: impl AsyncFn(&mut Context, &AwsOptions, &mut Printer) -> CommandResult<(Report, ExitCode)>,
) -> CommandResult<ExitCode> {
    printer.show_calls(options.common.verbose > 0);
    let Fleet { members, clients, notes } = prepare(options, services, reads, printer).await?;
    notes.iter().for_each(|note| printer.progress(note));
    printer.count_up_to(members.len());
    let shared = &*printer;
    let one = async |(index, mut member): (usize, Member)| {
        let mut own = shared.of_one(&member.file);
        let (report, exit) = run_one(command, &mut member, &mut own, &work).await;
        shared.count();
        // For people the text is all that is kept: thousands of roles are no reason to need much memory.
        let part = match options.common.output.is_human() {
            true => Part::Text(report.entry(exit, &own.into_result().0)),
            false => Part::Report(Box::new(report)),
        };
        (index, exit, part)
    };
    let runs = stream::iter(members.into_iter().enumerate()).map(one).buffer_unordered(AT_A_TIME);
    let mut runs: Vec<(usize, ExitCode, Part)> = runs.collect().await;
    runs.sort_by_key(|(index, ..)| *index);
    printer.stop_counting();
    let calls: Vec<Call> = clients.iter().flat_map(|client| client.calls().so_far()).collect();
    let exits: Vec<ExitCode> = runs.iter().map(|(_, exit, _)| *exit).collect();
    let mut fleet = FleetReport::new(command, &exits, calls.len());
    fleet.warnings = notes;
    for (_, _, part) in runs {
        match part {
            Part::Text(text) => printer.result(&text),
            Part::Report(report) => fleet.roles.push(*report),
        }
    }
    let exit = fleet.exit;
    match options.common.output.format() {
        Some(format) => printer.report(AnyReport::Several(fleet), format),
        None => printer.result(&fleet.closing_text()),
    }
    list(&calls, "AWS", printer);
    Ok(exit)
}

/// What is kept of a run.
enum Part {
    Text(String),
    Report(Box<Report>),
}

/// One manifest's turn. That it fails is a result like any other.
async fn run_one(
    command: &'static str,
    member: &mut Member,
    printer: &mut Printer,
    work: &impl AsyncFn(&mut Context, &AwsOptions, &mut Printer) -> CommandResult<(Report, ExitCode)>,
) -> (Report, ExitCode) {
    let Member { file, options, context, unreachable, .. } = member;
    let result = match unreachable {
        None => work(context, options, printer).boxed_local().await,
        Some(error) => Err(error.clone().into()),
    };
    let (mut report, exit) = result.unwrap_or_else(|error| {
        printer.failure(&error.view());
        (Report { error: Some(error.view()), ..Report::new(command) }, error.exit)
    });
    report.manifest = Some(file.clone());
    report.exit = exit;
    (report, exit)
}
