//! One command on one manifest, or on many: each in its own account if need be, all in one report.

mod files;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use futures_util::FutureExt as _;
use jiff::Timestamp;
use rolecall::connect::{Connected, Fleet, Loaded, Member, Reads, Services, ended};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, UsageError};
use rolecall::manifest::Manifest;
use rolecall::report::{Origin, Report};
use rolecall::sandbox::Sandbox;

use super::calls::{list, list_all_calls};
use super::context::{
    Context, in_any_account, route, sandbox_file, sandbox_state, start_sandbox, surroundings,
};
use super::options::AwsOptions;
use super::printer::Printer;
use super::{advice, input};
pub(crate) use files::{all as files_of, are_many};

/// Whether the options name several manifests.
pub(crate) fn is_named(options: &AwsOptions) -> bool {
    are_many(&options.common.files)
}

/// How many manifests a command is about.
pub(crate) fn number(named: &[PathBuf]) -> usize {
    files::all(named).map_or(named.len(), |files| files.len())
}

/// Runs a command on every manifest that the options name, and prints one report.
pub(crate) async fn run(
    command: &'static str,
    options: &AwsOptions,
    (services, reads): (Services, Reads),
    printer: &mut Printer,
    work: impl AsyncFn(&mut Connected, &mut Printer) -> CommandResult<(Report, ExitCode)>,
) -> CommandResult<ExitCode> {
    if is_named(options) {
        return run_all(command, options, (services, reads), printer, work).await;
    }
    let context = Context::open(options, services, printer).await?;
    run_one(context, options, printer, work).await
}

/// Runs a command on one manifest, and prints its report.
pub(crate) async fn run_one(
    mut context: Context,
    options: &AwsOptions,
    printer: &mut Printer,
    work: impl AsyncFn(&mut Connected, &mut Printer) -> CommandResult<(Report, ExitCode)>,
) -> CommandResult<ExitCode> {
    let worked = work(&mut context.connected, printer).boxed_local().await;
    let (mut report, exit) = worked.map_err(|error| context.told(error))?;
    context.count_calls(&mut report);
    report.exit = exit;
    report.origin = Origin::at(Timestamp::now());
    let format = options.common.output.format();
    printer.documents(format, |format| report.clone().render(format, exit));
    if format.is_none() {
        printer.result(&report.result_line());
    }
    list_all_calls(&context, printer);
    Ok(exit)
}

async fn run_all(
    command: &'static str,
    options: &AwsOptions,
    (services, reads): (Services, Reads),
    printer: &mut Printer,
    work: impl AsyncFn(&mut Connected, &mut Printer) -> CommandResult<(Report, ExitCode)>,
) -> CommandResult<ExitCode> {
    printer.show_calls(options.common.verbose > 0);
    let loaded = load(&files::expand(&options.common.files, printer)?, printer)?;
    // They serve while they live.
    let sandboxes = if options.sandbox { start_sandboxes(&loaded, printer)? } else { HashMap::new() };
    let surroundings = surroundings(options, services)?;
    let routed = loaded.into_iter().map(|(path, loaded)| {
        let loaded = if options.sandbox { in_any_account(loaded) } else { loaded };
        let sandbox = sandboxes.get(&sandbox_file(&path)).map(Rc::as_ref);
        let route = route(options, &loaded.manifest, sandbox, &surroundings.clients)?;
        Ok((loaded, route))
    });
    let routed = routed.collect::<CommandResult<Vec<_>>>()?;
    let fleet = Fleet::open(routed, &surroundings, reads, &mut |warning| printer.warning(warning)).await?;
    fleet.notes.iter().for_each(|note| printer.progress(note));
    printer.count_up_to(fleet.size());
    let shared = &*printer;
    let turn = async |mut member: Member| {
        let invocation = advice::of_one(options, Path::new(&member.name), services);
        let mut own = shared.of_one(&member.name, invocation.clone());
        let result = member.work(async |connected| work(connected, &mut own).await).await;
        if let Err(error) = &result {
            if error.found.is_some() {
                own.result(&error.report(command).found_text(own.evidence()));
            }
            own.failure(&error.view());
        }
        let (report, exit) = ended(command, &member.name, result);
        let report = report.advising(&invocation);
        let end = report.end();
        shared.count();
        let is_human = options.common.output.is_human();
        // For people the text is all that is kept: thousands of roles are no reason to need much memory.
        let part = Part {
            text: is_human.then(|| report.entry(exit, &own.into_result())),
            report: (!is_human || shared.has_reports()).then(|| Box::new(report)),
        };
        (end, part)
    };
    let (mut report, parts, calls) = fleet.run(command, turn).await;
    printer.stop_counting();
    report.origin = Origin::at(Timestamp::now());
    for Part { text, report: role } in parts {
        text.iter().for_each(|text| printer.result(text));
        report.roles.extend(role.map(|role| *role));
    }
    let exit = report.exit;
    let format = options.common.output.format();
    printer.documents(format, |format| report.render(format));
    if format.is_none() {
        printer.result(&report.closing_text());
    }
    list(&calls, "AWS", printer);
    Ok(exit)
}

/// What is kept of a run.
struct Part {
    /// What is shown of it to people.
    text: Option<String>,
    /// For the formats that are made of all of them.
    report: Option<Box<Report>>,
}

/// All manifests, or every fault of all of them.
fn load(files: &[PathBuf], printer: &mut Printer) -> Result<Vec<(PathBuf, Loaded)>, UsageError> {
    let mut all = Vec::new();
    let mut faults = Vec::new();
    for path in files {
        match input::manifest(path) {
            Ok(loaded) => {
                printer.warnings(&loaded.warnings);
                all.push((path.clone(), loaded));
            }
            Err(error) => faults.push(error.message),
        }
    }
    printer.is_for_vendors(all.iter().all(|(_, loaded)| loaded.manifest.genesys().is_none()));
    match faults.as_slice() {
        [] => Ok(all),
        faults => Err(UsageError::coded(ErrorCode::ManifestInvalid, faults.join("\n"), None)),
    }
}

/// One sandbox for all manifests of a folder, for it is beside them that its state lasts.
fn start_sandboxes(
    loaded: &[(PathBuf, Loaded)],
    printer: &mut Printer,
) -> CommandResult<HashMap<PathBuf, Rc<Sandbox>>> {
    let mut folders: BTreeMap<PathBuf, (&Path, Vec<&Manifest>)> = BTreeMap::new();
    for (path, loaded) in loaded {
        folders.entry(sandbox_file(path)).or_insert_with(|| (path, Vec::new())).1.push(&loaded.manifest);
    }
    let mut sandboxes = HashMap::new();
    for (state_file, (file, manifests)) in folders {
        let state = sandbox_state(file, &manifests, printer)?;
        sandboxes.insert(state_file, Rc::new(start_sandbox(file, || state)?));
    }
    Ok(sandboxes)
}
