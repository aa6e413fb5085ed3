//! `rolecall audit`: the roll call of accounts, from AWS, from saved answers, or of the sandbox.

use std::path::Path;

use jiff::Timestamp;
use rolecall::connect::{read_accounts, read_organization};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandResult, Context as _, UsageError};
use rolecall::manifest::{Access, Manifest};
use rolecall::operations::{AccountsRead, RollCallRequest};
use rolecall::report::{RollCallView, Text};
use rolecall::sandbox::{Faults, Sandbox, SandboxOptions};
use rolecall_audit::snapshot::Snapshot;
use rolecall_model::file;

use super::context::{load_manifest, sandbox_state, settings, start_sandbox_with};
use super::fleet;
use super::input;
use super::options::{Output, RollCallOptions};
use super::printer::Printer;

/// The largest saved answer that is read: ten thousand roles take a tenth of it.
const LARGEST_SAVED: usize = 512 << 20;

pub(crate) async fn run(options: &RollCallOptions, printer: &mut Printer) -> CommandResult<ExitCode> {
    let RollCallOptions { saved, aws, organization_role: _, expect, baseline } = options;
    printer.show_calls(aws.common.verbose > 0);
    let manifests = manifests(options, printer)?;
    let mut request = expect.as_deref().map(expecting).transpose()?.unwrap_or_default();
    let now = Timestamp::now();
    manifests.iter().for_each(|manifest| request.expect_manifest(manifest, now));
    if let Some(baseline) = baseline {
        compare(&mut request, baseline)?;
    }
    let read = match saved.is_empty() {
        true => from_aws(options, &manifests, printer).await?,
        false => from_files(saved)?,
    };
    let mut view = RollCallView::new(&request.call(read, now));
    if !saved.is_empty() {
        view.sources = saved.iter().map(|path| Text::from(input::label(path))).collect();
    }
    let file = saved.first().map_or_else(|| aws.common.file(), |path| path.as_path());
    printer.result(&match aws.common.output {
        Output::Json => view.to_json(),
        Output::Csv => view.to_csv().context("cannot write the CSV")?,
        Output::Sarif => view.to_sarif(&file.display().to_string()),
        Output::Html => view.to_html(),
        // The other formats are refused where the command line is read.
        Output::Human | Output::Junit | Output::Github | Output::Markdown => {
            view.to_text(aws.common.verbose > 0)
        }
    });
    Ok(view.exit_code)
}

/// The manifests that are named, or the nearest; none of them is needed.
fn manifests(options: &RollCallOptions, printer: &mut Printer) -> CommandResult<Vec<Manifest>> {
    let common = &options.aws.common;
    if options.aws.sandbox && !common.is_manifest_meant() {
        return Ok(vec![load_manifest(common, true, printer)?.manifest]);
    }
    let files = match (common.files.is_empty(), common.is_manifest_meant()) {
        (false, _) => fleet::files_of(&common.files)?,
        (true, true) => vec![common.file().to_path_buf()],
        (true, false) => Vec::new(),
    };
    let mut manifests = Vec::new();
    for path in &files {
        let loaded = input::manifest(path)?;
        printer.warnings(&loaded.warnings);
        printer.progress(&format!(
            "`{}` says how its account is reached and which external ID is right",
            path.display()
        ));
        manifests.push(loaded.manifest);
    }
    Ok(manifests)
}

fn expecting(path: &Path) -> CommandResult<RollCallRequest> {
    let text = input::read(path, file::LARGEST)?;
    RollCallRequest::expecting(&text).map_err(|error| {
        let message = format!("cannot read {}: {error}", input::name(path));
        UsageError::coded(ErrorCode::Document, message, Some("docs/audit.md shows such a file")).into()
    })
}

fn compare(request: &mut RollCallRequest, path: &Path) -> CommandResult<()> {
    let text = input::read(path, LARGEST_SAVED)?;
    request.compare_with(&text).map_err(|error| {
        let message = format!("cannot read {}: {error}", input::name(path));
        UsageError::coded(ErrorCode::Document, message, None).into()
    })
}

fn from_files(saved: &[std::path::PathBuf]) -> CommandResult<AccountsRead> {
    let mut read = AccountsRead::default();
    for path in saved {
        let text = input::read(path, LARGEST_SAVED)?;
        let Snapshot { roles, unreadable } = Snapshot::read(&text).map_err(|error| {
            let message = format!("cannot read {}: {error}", input::name(path));
            UsageError::coded(ErrorCode::Document, message, None)
        })?;
        read.snapshot.roles.extend(roles);
        read.snapshot.unreadable.extend(unreadable);
    }
    Ok(read)
}

async fn from_aws(
    options: &RollCallOptions,
    manifests: &[Manifest],
    printer: &mut Printer,
) -> CommandResult<AccountsRead> {
    let aws = &options.aws;
    let sandbox = aws.sandbox.then(|| sandbox(options, manifests, printer)).transpose()?;
    let mut accounts = Vec::new();
    for manifest in manifests {
        let settings = settings(aws, &manifest.access, sandbox.as_ref());
        if !accounts.contains(&settings) {
            accounts.push(settings);
        }
    }
    if accounts.is_empty() {
        accounts.push(settings(aws, &Access::default(), sandbox.as_ref()));
    }
    Ok(match (&options.organization_role, accounts.as_slice()) {
        (None, accounts) => read_accounts(accounts).await?,
        (Some(role), [only]) => read_organization(only, role).await?,
        (Some(_), _) => {
            let message = "an organization is read with one set of credentials";
            return Err(UsageError::new(message, Some("omit --file, or name one manifest")).into());
        }
    })
}

/// The embedded AWS with fifty more roles in its account. Nothing is written to its state.
fn sandbox(
    options: &RollCallOptions,
    manifests: &[Manifest],
    printer: &mut Printer,
) -> CommandResult<Sandbox> {
    let manifests: Vec<&Manifest> = manifests.iter().collect();
    let mut state = sandbox_state(options.aws.common.file(), &manifests, printer)?;
    state.add_example_roles();
    printer.progress("the sandbox's account was given the roles of an example, for this run");
    start_sandbox_with(SandboxOptions {
        state: Some(state),
        state_file: None,
        faults: Faults::default(),
        port: 0,
    })
}
