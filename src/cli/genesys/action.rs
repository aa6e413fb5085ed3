//! `rolecall genesys action`: lists, tests, exports and imports data actions. `rolecall apply` makes and changes them.
//!
//! AWS is asked for the account of the role where nobody says it, and why a test failed.

mod check;
mod list;

use std::path::Path;
use std::time::Duration;

use futures_util::FutureExt as _;
use rolecall::connect::Loaded;
use rolecall::desired::exchange::{ExchangedAction, Imported};
use rolecall::desired::genesys::{Kind, Managed};
use rolecall::desired::sources::{read_file, read_input};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{CommandError, CommandResult, Context as _, UsageError};
use rolecall::manifest::{Manifest, edit, names_secret, write};
use rolecall::observe::genesys::{Observed, action_in_full};
use rolecall::observe::record;
use rolecall::operations::{Counterpart, PlanningError};
use rolecall::ports::call::Call;
use rolecall::ports::genesys::{ActionRecord, GenesysRead, Stage};
use rolecall::report::{ActionTestView, TestOutcome, last_line};
use rolecall::verify::action_test::TestEnd;
use rolecall::verify::explain_error::Diagnosis;
use rolecall::verify::live_organization::LiveOrganization;
use rolecall_genesys::client::Client;
use rolecall_model::patience::{Interrupt, Patience};
use rolecall_model::shown::Shown;
use serde_json::{Map, Value, json};

use super::Side;
use crate::cli::change::confirm;
use crate::cli::input;
use crate::cli::options::{ActionCommand, GenesysReach, ImportAction, Output, TestAction};
use crate::cli::overwrite::FileKind;
use crate::cli::printer::Printer;

/// More than any exported action.
const MAX_BYTES: usize = 4 * 1024 * 1024;

pub(crate) async fn run(command: &ActionCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    match command {
        ActionCommand::List { reach } => list::run(reach, printer).await,
        ActionCommand::Test(options) => test(options, printer).await,
        ActionCommand::Export { name, out, force: _, with_secrets, reach } => {
            export((name, *with_secrets), out.as_deref(), reach, printer).await
        }
        ActionCommand::Check(options) => check::run(options, printer),
        ActionCommand::Import(options) => import(options, printer),
    }
}

/// The one action of that name or ID: in the manifest's integrations, else anywhere.
async fn find(side: &Side<'_>, observed: &Observed, name: &str) -> CommandResult<ActionRecord> {
    let is_meant = |action: &&ActionRecord| action.id == name || action.name == name;
    let own: Vec<_> =
        observed.integrations.iter().flat_map(|known| &known.actions).filter(is_meant).collect();
    match own.as_slice() {
        [] => {}
        [only] => return Ok((*only).clone()),
        several => return Err(ambiguous(name, several)),
    }
    let all = side.counterpart()?.client.actions(Stage::Published).await?;
    let named: Vec<_> = all.iter().filter(is_meant).collect();
    match named.as_slice() {
        [only] => action_in_full(side.counterpart()?.client.as_ref(), &only.id, Stage::Published)
            .await?
            .ok_or_else(|| {
                CommandError::failed(
                    ErrorCode::Meanwhile,
                    format!("action `{name}` was deleted a moment ago"),
                )
            }),
        [] => {
            let names: Vec<String> = all.iter().map(|action| format!("`{}`", Shown(&action.name))).collect();
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            Err(UsageError::new(format!("no action is named `{name}`; existing actions: {there}"), None)
                .into())
        }
        several => Err(ambiguous(name, several)),
    }
}

fn ambiguous(name: &str, several: &[&ActionRecord]) -> CommandError {
    let ids: Vec<String> = several.iter().map(|action| Shown(&action.id).to_string()).collect();
    let message = format!("{} actions are named `{name}`: {}", several.len(), ids.join(", "));
    let hint = "give the ID of one of them instead of the name";
    UsageError::coded(ErrorCode::NameTaken, message, Some(hint)).into()
}

async fn test(options: &TestAction, printer: &mut Printer) -> CommandResult<ExitCode> {
    let TestAction { name, input, yes, reach: GenesysReach { aws, role_arn } } = options;
    let side = Side::open(aws, role_arn.as_ref(), printer).await?;
    let context = &side.context;
    let input = match input {
        Some(path) => {
            read_input(path, &read_file).map_err(|fault| UsageError::new(fault.to_string(), None))?
        }
        None => test_input(side.counterpart()?, &context.manifest, name).ok_or_else(|| {
            let message = match context.manifest.actions.iter().any(|action| action.name == *name) {
                true => format!("no input for action `{name}`"),
                false => format!("no [[action]] is named `{name}`, and there is no input for one that is not in the manifest{}", near(name, &context.manifest)),
            };
            let hint = "pass a JSON file with --input FILE, or set `test_input` in the [[action]]";
            UsageError::new(message, Some(hint))
        })?,
    };
    let observed = observe(&side, printer).await?;
    let live = match observed.organization.id == context.external_id.as_str() {
        true => LiveOrganization::Same,
        false => LiveOrganization::Other {
            expected: context.external_id.to_string(),
            found: observed.organization.clone(),
        },
    };
    let action = find(&side, &observed, name).await.map_err(|error| {
        // What the manifest asks for is missing; any other name is a mistake in the call.
        match context.manifest.actions.iter().any(|named| named.name == *name) {
            true if error.code == ErrorCode::CommandLine => CommandError { exit: ExitCode::Refuted, ..error },
            true | false => error,
        }
    })?;
    let question = format!("Run action `{}`, which invokes its function for real?", Shown(&action.name));
    if !yes
        && !confirm(&question, "--yes runs the action, and with it its function, without asking", printer)?
    {
        return Err(CommandError::declined());
    }
    let patience = Patience { deadline: Duration::ZERO, interrupt: Interrupt::never(), told: &|_, _| {} };
    let mut test = context.run_action(&action, &input, &patience).boxed_local().await?;
    let mut asked = Vec::new();
    let mut undiagnosed = None;
    if let TestEnd::Failed { cause, .. } = &test.end {
        // That the action failed is known; that nobody with AWS is here to say why takes nothing of that back.
        let cause = cause.as_deref().unwrap_or_default();
        match role_arn {
            Some(_) => undiagnosed = Some("--role-arn names the role".to_owned()),
            None => match diagnose(&side, cause, &mut asked, printer).boxed_local().await {
                Ok(found) => test.explain(found, &context.manifest),
                Err(error) => undiagnosed = Some(error.message),
            },
        }
    }
    let mut view = ActionTestView { undiagnosed, ..ActionTestView::from(&test) };
    view.advise(printer.invocation());
    printer.result(&match aws.common.output {
        Output::Json => serde_json::to_string_pretty(&view).unwrap_or_default() + "\n",
        _ => view.to_text(),
    });
    let exit = test.exit().or(live.exit());
    if aws.common.output == Output::Human {
        let verdict = match (&live, view.outcome) {
            (LiveOrganization::Other { .. }, _) => {
                "refuted: the OAuth client belongs to another organization than the role is for".to_owned()
            }
            (_, TestOutcome::Succeeded) => format!("done: action {} succeeded", view.action),
            (_, TestOutcome::Failed) => format!("refuted: action {} failed", view.action),
            (_, TestOutcome::Missing) => format!("refuted: action {} does not exist", view.action),
            (_, TestOutcome::NotRun) => format!("undecided: action {} was not run", view.action),
        };
        printer.result(&last_line(exit, false, &verdict));
    }
    side.list_calls(&asked, printer);
    Ok(exit)
}

/// Why the action failed, by what both services hold; what was sent to AWS for that goes to `asked`.
async fn diagnose(
    side: &Side<'_>,
    cause: &str,
    asked: &mut Vec<Call>,
    printer: &mut Printer,
) -> CommandResult<Diagnosis> {
    let connected = side.connect(printer).await?;
    let found = connected.role.diagnose(cause).await;
    *asked = connected.aws.calls().so_far();
    Ok(found?)
}

/// The name in the manifest that may have been meant.
fn near(name: &str, manifest: &Manifest) -> String {
    let distance = |known: &&str| strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase());
    let names = manifest.actions.iter().map(|action| action.name.as_str());
    let nearest = names.min_by_key(distance).filter(|known| distance(known) <= 3);
    nearest.map(|known| format!("; did you mean `{known}`?")).unwrap_or_default()
}

/// The input that the manifest names for the test of an action.
fn test_input(side: &Counterpart<Client>, manifest: &Manifest, name: &str) -> Option<Map<String, Value>> {
    let mut inputs = manifest.actions.iter().zip(&side.sources).filter(|(action, _)| action.name == name);
    inputs.next().and_then(|(_, sources)| sources.test_input.clone())
}

/// Genesys Cloud as it is.
async fn observe(side: &Side<'_>, printer: &mut Printer) -> CommandResult<Observed> {
    let observed = side.context.observe_genesys(&side.role).await;
    let observed = observed.context("cannot read Genesys Cloud")?;
    let observed = observed.ok_or(PlanningError::NothingInGenesys)?;
    printer.warnings(&contradictions(side, &observed));
    Ok(observed)
}

/// What Genesys Cloud shows of the integrations that says that they are not the role's.
fn contradictions(side: &Side<'_>, observed: &Observed) -> Vec<String> {
    // Of all integrations that there are, some are for other roles, as they should be.
    let is_meant = Managed::of(&side.context.manifest).is_none_or(|managed| managed.is_integration_stated);
    let found = is_meant.then(|| record::contradictions(observed, &side.role));
    found.iter().flatten().map(ToString::to_string).collect()
}

async fn export(
    (name, with_secrets): (&str, bool),
    out: Option<&Path>,
    GenesysReach { aws, role_arn }: &GenesysReach,
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    let side = Side::open(aws, role_arn.as_ref(), printer).await?;
    let observed = observe(&side, printer).await?;
    let action = find(&side, &observed, name).await?;
    let kind = kind_of(&side, &action).await?;
    let (Some(contract), Some(config)) = (action.contract, action.config) else {
        let message =
            format!("Genesys Cloud does not show the contract or the configuration of action `{name}`");
        return Err(CommandError::failed(ErrorCode::UnexpectedAnswer, message));
    };
    let holds_secret = |(name, value): &(&String, &String)| names_secret(name) && !value.contains("${");
    let secrets: Vec<String> =
        config.headers.iter().filter(holds_secret).map(|(name, _)| format!("`{}`", Shown(name))).collect();
    if !secrets.is_empty() && !with_secrets {
        let message =
            format!("headers of action `{}` seem to hold secrets: {}", Shown(name), secrets.join(", "));
        let hint = "--with-secrets exports them as they are; keep such a file like a password";
        return Err(UsageError::new(message, Some(hint)).into());
    }
    let text = ExchangedAction { name: action.name, kind, secure: action.secure, contract, config }.render();
    match out {
        Some(path) => {
            printer.files(FileKind::Action, &[(path.to_owned(), text)])?;
            printer.progress(&format!("wrote `{}`", path.display()));
        }
        None => printer.result(&text),
    }
    side.list_calls(&[], printer);
    Ok(ExitCode::Success)
}

/// The kind of the integration that an action belongs to.
async fn kind_of(side: &Side<'_>, action: &ActionRecord) -> CommandResult<Kind> {
    let integration = side.counterpart()?.client.integration(&action.integration_id).await?;
    let type_id = integration.map(|integration| integration.type_id).unwrap_or_default();
    let known = Kind::ALL.into_iter().find(|kind| kind.type_id() == type_id);
    known.ok_or_else(|| {
        let message = format!(
            "action `{}` belongs to an integration of type `{type_id}`, which rolecall does not know",
            action.name
        );
        CommandError::failed(ErrorCode::Unfit, message)
    })
}

/// Writes the schemas beside the manifest and the action into it; contacts nobody. `rolecall apply` makes the action.
fn import(options: &ImportAction, printer: &mut Printer) -> CommandResult<ExitCode> {
    let ImportAction { exported: file, category, common } = options;
    let text = input::read(file, MAX_BYTES)?;
    let action = ExchangedAction::parse(&text).map_err(|error| {
        let message = format!("{}: {error}", input::name(file));
        UsageError::coded(ErrorCode::Document, message, None)
    })?;
    let path = common.file();
    // Read once: what is edited is what was checked.
    let (Loaded { manifest: known, .. }, manifest) = Loaded::load_with_text(path)?;
    let name = path.display().to_string();
    let Imported { action, files } = action.into_manifest(&known.targets, category).map_err(|error| {
        let hint = "`rolecall target add` adds a function";
        UsageError::coded(ErrorCode::EditRefused, error.to_string(), Some(hint))
    })?;
    let edited = edit::add_action(&manifest, &name, &action)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    if let Some((name, _)) = files.iter().find(|(name, _)| folder.join(name).exists()) {
        let message = format!("`{}` already exists; nothing was changed", folder.join(name).display());
        return Err(UsageError::new(
            message,
            Some("move it to another folder, or rename the action in the exported file"),
        )
        .into());
    }
    for (name, text) in &files {
        let path = folder.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        }
        write::save_new(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        printer.progress(&format!("wrote `{}`", path.display()));
    }
    write::save(path, &edited).with_context(|| format!("cannot write the manifest `{}`", path.display()))?;
    let next = match known.genesys_manager() {
        Some(manager) => format!(
            "{} makes what is in Genesys Cloud, and {} compares",
            manager.name(),
            printer.invocation().command("drift")
        ),
        None => format!("{} creates it", printer.invocation().command("apply")),
    };
    printer.result(&match common.output.is_human() {
        true => format!("added action {} to {}; {next}\n", action.name, path.display()),
        false => {
            let files: Vec<String> =
                files.iter().map(|(name, _)| folder.join(name).display().to_string()).collect();
            format!(
                "{:#}\n",
                json!({"manifest": path.display().to_string(), "added": action.name, "files": files})
            )
        }
    });
    Ok(ExitCode::Success)
}
