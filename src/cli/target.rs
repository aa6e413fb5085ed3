//! `rolecall target`: onboards Lambda functions by editing `rolecall.toml`; comments and order are kept.

use std::cell::Cell;
use std::path::Path;

use rolecall::connect::{Loaded, Services};
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::failure::{Coded as _, CommandError, CommandResult, Context as _, UsageError};
use rolecall::iam::arn::Region;
use rolecall::manifest::{Manager, Target, edit, write};
use rolecall::observe::aws::ObservedFunction;
use rolecall::observe::survey::{addresses, ask_account, named_functions, observe_at_home, resolve, tagged};
use rolecall::report::count;
use serde_json::{Value, json};

use super::calls::list_calls;
use super::context::{Context, load_manifest};
use super::options::{
    AddTarget, AllowOptions, ApplyCommand, AwsOptions, FailOptions, Level, ReachOptions, ReportOptions,
    SideOptions, TargetCommand,
};
use super::printer::Printer;

pub(crate) async fn run(command: &TargetCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    match command {
        TargetCommand::Add(options) => add(options, printer).await,
        TargetCommand::Remove { functions, aws, apply, yes } => {
            let manager = load_manifest(&aws.common, false, printer)?.manifest.role.managed_by;
            refuse_to_apply(*apply, manager)?;
            let change = |text: String, target: &Target| edit::remove_target(&text, &file(aws), target);
            let edited = edit_manifest(aws, functions, change, "removed")?;
            say_whose_job(manager, "stop allowing these functions", printer);
            finish(aws, edited, (*apply, *yes), printer).await
        }
        TargetCommand::List { aws } => list(aws, printer).await,
    }
}

/// With another tool, there is nothing that `--apply` could write.
fn refuse_to_apply(apply: bool, manager: Option<Manager>) -> Result<(), UsageError> {
    match manager {
        Some(manager) if apply => Err(UsageError::coded(
            ErrorCode::ManagedElsewhere,
            format!(
                "`--apply` has nothing to write: {} manages the role (`managed_by` in [role]); the manifest was not changed",
                manager.name()
            ),
            Some("leave out --apply, then change the role with the tool that manages it"),
        )),
        Some(_) | None => Ok(()),
    }
}

fn say_whose_job(manager: Option<Manager>, what: &str, printer: &mut Printer) {
    if let Some(manager) = manager {
        printer.hint(&format!(
            "{} manages the role: {what} in its configuration, and {}; then `rolecall drift` compares",
            manager.name(),
            manager.run()
        ));
    }
}

async fn add(options: &AddTarget, printer: &mut Printer) -> CommandResult<ExitCode> {
    let AddTarget { functions, qualifier, tag, aws, apply, yes } = options;
    let context = Context::open(aws, Services::Aws, printer).await?;
    let manager = context.manifest.role.managed_by;
    refuse_to_apply(*apply, manager)?;
    ask_account(&context.manifest.access, &context.aws).await?;
    let mut wanted = functions.clone();
    if let Some((key, value)) = tag {
        let region = context.region.as_ref().ok_or_else(|| {
            UsageError::coded(
                ErrorCode::NoRegion,
                "no region to look for tags in",
                Some("set --region, AWS_REGION or the profile's region"),
            )
        })?;
        wanted = with_tag(&context, region, key, value).await?;
        if wanted.is_empty() {
            let message = format!("no function in {region} has the tag `{key}={value}`");
            return Err(UsageError::new(
                message,
                Some("keys and values of tags are compared with regard to case"),
            )
            .into());
        }
        let functions = count(wanted.len(), "function has", "functions have");
        printer.progress(&format!("{functions} the tag {key}={value} in {region}"));
    }
    for target in wanted.iter_mut().filter(|target| target.qualifier.is_none()) {
        target.qualifier.clone_from(qualifier);
    }
    // What the manifest has already needs no adding: onboarding by tag is repeated whenever functions are deployed.
    if tag.is_some() {
        wanted.retain(|target| target.find_in(&context.manifest.targets).is_empty());
    }
    // A function that is not there is only not added: nothing that the manifest asks for is missing.
    resolve(&addresses(&wanted, context.region.as_ref())?, &context.aws)
        .await
        .map_err(|error| CommandError { exit: ExitCode::Failed, ..error.into() })?;
    let change = |text: String, target: &Target| edit::add_target(&text, &file(aws), target);
    let edited = edit_manifest(aws, &wanted, change, "added")?;
    list_calls(&context.aws, printer);
    drop(context);
    say_whose_job(manager, "allow the new targets", printer);
    finish(aws, edited, (*apply, *yes), printer).await
}

/// The functions of the region that have the tag, by name: they are the caller's own.
async fn with_tag(context: &Context, region: &Region, key: &str, value: &str) -> CommandResult<Vec<Target>> {
    let found = tagged(&context.aws, region, key, value).await?;
    let target = |name| Target {
        function: name,
        qualifier: None,
        region: Some(region.clone()),
        account: None,
        partition: None,
    };
    Ok(found.into_iter().map(|function| target(function.name)).collect())
}

fn file(aws: &AwsOptions) -> String {
    aws.common.file().display().to_string()
}

/// A manifest with all the edits made on its text.
struct Edited {
    text: String,
    /// What it was before.
    before: String,
    /// What was added or removed, a line each.
    names: String,
    /// The same as data.
    document: Value,
}

impl Edited {
    /// Writes it: all edits or none.
    fn write(&self, aws: &AwsOptions) -> CommandResult<()> {
        let path = aws.common.file();
        write::save(path, &self.text).with_context(|| cannot_edit(path))
    }
}

fn cannot_edit(path: &Path) -> String {
    format!("cannot edit the manifest `{}`", path.display())
}

/// Makes all the edits on the text; `None` where there is nothing to edit.
fn edit_manifest(
    aws: &AwsOptions,
    targets: &[Target],
    change: impl Fn(String, &Target) -> Result<String, edit::EditError>,
    verb: &str,
) -> CommandResult<Option<Edited>> {
    let path = aws.common.file();
    let before = rolecall_model::file::read_text(path, rolecall_model::file::LARGEST)
        .with_context(|| cannot_edit(path))?;
    let mut text = before.clone();
    for target in targets {
        text = change(text, target).map_err(|error| {
            let hint = "the manifest was not changed";
            UsageError::coded(error.code(), error.to_string(), Some(hint))
        })?;
    }
    let names = targets.iter().map(|target| format!("{verb} {target}\n")).collect::<String>();
    let all: Vec<String> = targets.iter().map(ToString::to_string).collect();
    let document = json!({"manifest": path.display().to_string(), verb: all});
    Ok((text != before).then_some(Edited { text, before, names, document }))
}

const UNCHANGED: &str = "the manifest already has all of them";

/// Writes the edited manifest; or applies it, and writes it before the first change in AWS.
async fn finish(
    aws: &AwsOptions,
    edited: Option<Edited>,
    (apply, yes): (bool, bool),
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    match (edited, apply) {
        (None, true) => printer.progress(UNCHANGED),
        (None, false) if aws.common.output.is_human() => printer.result(&format!("{UNCHANGED}\n")),
        (None, false) => {
            let path = aws.common.file().display().to_string();
            printer.result(&format!("{:#}\n", json!({"manifest": path, "added": []})));
        }
        (Some(edited), false) => {
            edited.write(aws)?;
            printer.result(&match aws.common.output.is_human() {
                true => edited.names,
                false => format!("{:#}\n", edited.document),
            });
        }
        (Some(edited), true) => return apply_unwritten(aws, yes, &edited, printer).await,
    }
    match apply {
        true => super::apply::run(&apply_command(aws, yes), printer).await,
        false => Ok(ExitCode::Success),
    }
}

/// Applies the edited manifest. If that is refused, declined or interrupted before the first change, the manifest is what it was.
async fn apply_unwritten(
    aws: &AwsOptions,
    yes: bool,
    edited: &Edited,
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    let path = aws.common.file();
    let manifest = Loaded::parse(&edited.text, &path.display().to_string())?;
    let is_written = Cell::new(false);
    let write = |printer: &mut Printer| {
        edited.write(aws)?;
        is_written.set(true);
        printer.progress(edited.names.trim_end());
        Ok(())
    };
    let applied = super::apply::run_unwritten(&apply_command(aws, yes), manifest, &write, printer).await;
    match (&applied, is_written.get()) {
        // Nothing was written to AWS after all: the plan was another one by then.
        (Err(error), true) => {
            write::save(path, &edited.before).with_context(|| {
                format!("{}; and the manifest `{}` could not be restored", error.message, path.display())
            })?;
            printer.progress(&format!("restored the manifest `{}`", path.display()));
        }
        (_, false) => printer.progress(&format!("the manifest `{}` was not changed", path.display())),
        (Ok(_), true) => {}
    }
    applied
}

fn apply_command(aws: &AwsOptions, yes: bool) -> ApplyCommand {
    ApplyCommand {
        on: SideOptions::default(),
        plan: None,
        aws: aws.clone(),
        reach: ReachOptions::default(),
        to: ReportOptions::default(),
        yes,
        level: Level::default(),
        allow: AllowOptions::default(),
        fail: FailOptions::default(),
    }
}

/// Each target with what AWS says of it.
async fn list(aws: &AwsOptions, printer: &mut Printer) -> CommandResult<ExitCode> {
    let context = Context::open(aws, Services::Aws, printer).await?;
    let (observed, _) = observe_at_home(&context.manifest, &context.addresses, &context.aws).await?;
    let granted = named_functions(&observed);
    let mut rows = Vec::new();
    for (target, function) in context.manifest.targets.iter().zip(&observed.functions) {
        let (status, arn) = match function {
            ObservedFunction::Present(arn) if granted.contains(arn) => ("in the policy", arn.to_string()),
            ObservedFunction::Present(arn) => ("not in the policy yet", arn.to_string()),
            ObservedFunction::QualifierMissing(arn) => ("no such alias or version", arn.to_string()),
            ObservedFunction::Missing(_) => ("no such function", String::new()),
        };
        rows.push((target.to_string(), status, arn));
    }
    let text = match aws.common.output.is_human() {
        true => {
            rows.iter().map(|(target, status, arn)| format!("{target:<40}  {status:<24}  {arn}\n")).collect()
        }
        false => {
            let rows: Vec<_> = rows
                .iter()
                .map(|(target, status, arn)| json!({"target": target, "status": status, "arn": arn}))
                .collect();
            serde_json::to_string_pretty(&rows).context("cannot print the targets")? + "\n"
        }
    };
    printer.result(&text);
    list_calls(&context.aws, printer);
    Ok(ExitCode::Success)
}
