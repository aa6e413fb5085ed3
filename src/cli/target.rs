//! `rolecall target`: onboards Lambda functions by editing `rolecall.toml`; comments and order are kept.

use rolecall::connect::Services;
use rolecall::error_code::ErrorCode;
use rolecall::exit::ExitCode;
use rolecall::iam::arn::Region;
use rolecall::manifest::{Manager, Target, edit, write};
use rolecall::observe::aws::ObservedFunction;
use rolecall::observe::survey::{addresses, ask_account, named_functions, observe_at_home, resolve, tagged};
use rolecall::report::count;
use serde_json::json;

use super::context::{Context, load_manifest};
use super::options::{AddTarget, AllowOptions, ApplyCommand, AwsOptions, Level, ReachOptions, TargetCommand};
use super::plan::list_calls;
use super::printer::Printer;
use rolecall::failure::{Coded as _, CommandError, CommandResult, Context as _, UsageError};

pub(crate) async fn run(command: &TargetCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    match command {
        TargetCommand::Add(options) => add(options, printer).await,
        TargetCommand::Remove { functions, aws, apply, yes } => {
            let manager = load_manifest(&aws.common, false, printer)?.manifest.role.managed_by;
            refuse_to_apply(*apply, manager)?;
            let change = |text: String, target: &Target| edit::remove_target(&text, &file(aws), target);
            let before = edit_manifest(aws, functions, change, "removed", printer)?;
            say_whose_job(manager, "stop allowing these functions", printer);
            if *apply { apply_now(aws, *yes, before, printer).await } else { Ok(ExitCode::Success) }
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
    let before = edit_manifest(aws, &wanted, change, "added", printer)?;
    list_calls(&context.aws, printer);
    drop(context);
    say_whose_job(manager, "allow the new targets", printer);
    if *apply { apply_now(aws, *yes, before, printer).await } else { Ok(ExitCode::Success) }
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

/// Makes all the edits on the text, and writes it once: all of them or none. What it was before, where it was changed.
fn edit_manifest(
    aws: &AwsOptions,
    targets: &[Target],
    change: impl Fn(String, &Target) -> Result<String, edit::EditError>,
    verb: &str,
    printer: &mut Printer,
) -> CommandResult<Option<String>> {
    let path = aws.common.file();
    let missing = || format!("cannot edit the manifest `{}`", path.display());
    let before =
        rolecall_model::file::read_text(path, rolecall_model::file::LARGEST).with_context(missing)?;
    let mut text = before.clone();
    for target in targets {
        text = change(text, target).map_err(|error| {
            let hint = "the manifest was not changed";
            UsageError::coded(error.code(), error.to_string(), Some(hint))
        })?;
    }
    if text == before {
        printer.result("the manifest already has all of them\n");
        return Ok(None);
    }
    write::save(path, &text).with_context(missing)?;
    let names = targets.iter().map(|target| format!("{verb} {target}\n")).collect::<String>();
    printer.result(&names);
    Ok(Some(before))
}

/// Applies the edited manifest. Where that is refused or declined, nothing was written, and the manifest becomes what it was.
async fn apply_now(
    aws: &AwsOptions,
    yes: bool,
    before: Option<String>,
    printer: &mut Printer,
) -> CommandResult<ExitCode> {
    let reach = ReachOptions::default();
    let apply = ApplyCommand {
        plan: None,
        aws: aws.clone(),
        reach,
        yes,
        level: Level::default(),
        allow: AllowOptions::default(),
    };
    let applied = super::apply::run(&apply, printer).await;
    let (Err(error), Some(before)) = (&applied, before) else { return applied };
    let path = aws.common.file();
    write::save(path, &before).with_context(|| {
        format!("{}; and the manifest `{}` could not be restored", error.message, path.display())
    })?;
    printer.progress(&format!("restored the manifest `{}`", path.display()));
    applied
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
