//! `rolecall init`: writes a manifest. Asks at a terminal for what the options leave open.

use std::time::Duration;

use rolecall::aws::{Aws, AwsSettings};
use rolecall::exit::ExitCode;
use rolecall::iam::arn::{RoleArn, RoleName};
use rolecall::manifest::{self, Access, Genesys, Manager, Manifest, Role, Target, Verify, json_schema};
use rolecall::observe::adoption::{Corrections, manifest_of};
use rolecall::observe::aws::observe;
use rolecall::ports::calls::Calls;
use rolecall::ports::genesys::{GenesysRead, Organization};
use rolecall::sandbox::State;
use rolecall_genesys::client::{Client, Patience};
use rolecall_genesys::credentials::{CredentialError, CredentialSource};
use rolecall_model::region::Region;
use rolecall_model::shown::Shown;

use super::advice;
use super::context::{in_sandbox, start_sandbox};
use super::options::InitOptions;
use super::printer::Printer;
use rolecall::failure::{CommandResult, Context as _, UsageError};

/// How long to wait for throttling to pass.
pub(super) const DEADLINE: Duration = Duration::from_secs(120);
/// The role's name where the user does not care.
const DEFAULT_ROLE: &str = "GenesysDataActionRole";

pub(crate) async fn run(options: &InitOptions, printer: &mut Printer) -> CommandResult<ExitCode> {
    if options.schema {
        printer.result(
            &(serde_json::to_string_pretty(&json_schema()).context("cannot print the schema")? + "\n"),
        );
        return Ok(ExitCode::Success);
    }
    let path = &options.file;
    if path.exists() && !options.force {
        let message = format!("`{}` already exists and was not changed", path.display());
        return Err(UsageError::new(
            message,
            Some("use --force to replace it, or --file to write a different file"),
        )
        .into());
    }
    let manifest = match &options.from_role {
        Some(role) => from_role(role, options, printer).await?,
        None => ask(options, printer).await?,
    };
    let text = manifest::write::render(&manifest);
    let (_, notes) = Manifest::parse(&text, &path.display().to_string()).map_err(|faults| {
        UsageError::new(format!("the manifest would be invalid with these values:\n{faults}"), None)
    })?;
    for note in notes {
        printer.warning(note.to_string().trim_end());
    }
    manifest::write::save(path, &text).with_context(|| format!("cannot write `{}`", path.display()))?;
    printer.result(&format!("wrote {}\n", path.display()));
    let advice = advice::of_file(path, options.sandbox);
    let trial = advice::of_file(path, true);
    printer.hint(&format!(
        "{} shows what it would make; {} tries it without an account",
        advice.command("plan"),
        trial.command("apply")
    ));
    Ok(ExitCode::Success)
}

/// The manifest that the options and the answers describe.
async fn ask(options: &InitOptions, printer: &mut Printer) -> CommandResult<Manifest> {
    let region: &'static Region = value(
        "--genesys-region",
        options.genesys_region.as_ref(),
        "Genesys Cloud region (us-east-1, mypurecloud.de, …)",
        printer,
    )?;
    let live = match &options.organization_id {
        Some(_) => None,
        None => live_organization(region, printer).await,
    };
    let organization_id = value(
        "--organization-id",
        options.organization_id.as_ref().or(live.as_ref()),
        "Genesys Cloud organisation ID (the external ID; GET /api/v2/organizations/me returns it as `id`)",
        printer,
    )?;
    let trusted_account = match region.trusted_account() {
        Some(account) => account,
        None => value(
            "--trusted-account",
            options.trusted_account.as_ref(),
            "AWS account that Genesys Cloud uses in this region (not published; ask Genesys)",
            printer,
        )?,
    };
    let targets: Vec<Target> = match options.target.as_slice() {
        [] => vec![value("--target", None, "Lambda function to invoke (a name or an ARN)", printer)?],
        given => given.iter().map(|text| parse("--target", text)).collect::<Result<_, _>>()?,
    };
    Ok(Manifest {
        folder: Default::default(),
        genesys: Genesys {
            region,
            organization_id: Some(organization_id),
            trusted_account,
            credentials: None,
            integration: None,
        },
        role: Role {
            name: parse("--role", options.role.as_deref().unwrap_or(DEFAULT_ROLE))?,
            path: Default::default(),
            description: None,
            max_session_duration: 3600,
            permissions_boundary: None,
            tags: Default::default(),
            managed_by: options.managed_by.map(Manager::from),
        },
        targets,
        access: Access::default(),
        verify: Verify::default(),
        actions: Vec::new(),
    })
}

/// The ID of the organisation that the OAuth client of the environment belongs to, where there is one.
async fn live_organization(region: &'static Region, printer: &mut Printer) -> Option<String> {
    let source = match CredentialSource::from_environment(|name| std::env::var(name).ok(), Some(region)) {
        Ok(source) => source,
        Err(CredentialError::Unset { .. }) => return None,
        Err(error) => {
            printer.warning(&error.to_string());
            return None;
        }
    };
    let client = Client::new(source, Patience::until(DEADLINE), Calls::default());
    match client.organization().await {
        Ok(Organization { id, name }) => {
            printer.progress(&format!(
                "the external ID is the ID of the organisation {}, read from Genesys Cloud: {id}",
                Shown(&name)
            ));
            Some(id)
        }
        Err(error) => {
            printer.warning(&format!("cannot read the organisation's ID from Genesys Cloud: {error}"));
            None
        }
    }
}

/// The manifest that a live role asks for.
async fn from_role(role: &str, options: &InitOptions, printer: &mut Printer) -> CommandResult<Manifest> {
    let region: &'static Region =
        parse("--genesys-region", options.genesys_region.as_deref().unwrap_or_default())?;
    let (name, account): (RoleName, _) = match role.parse::<RoleArn>() {
        Ok(arn) => (arn.name, Some(arn.account)),
        Err(_) => (parse("--from-role", role)?, None),
    };
    let organization_id = options.organization_id.as_deref().map(|id| parse("--organization-id", id));
    let trusted_account = options.trusted_account.as_deref().map(|id| parse("--trusted-account", id));
    let corrections = Corrections {
        account,
        organization_id: organization_id.transpose()?,
        trusted_account: trusted_account.transpose()?,
        targets: options.target.iter().map(|text| parse("--target", text)).collect::<Result<_, _>>()?,
    };
    let settings = AwsSettings {
        profile: options.profile.clone(),
        region: None,
        assume_role: None,
        external_id: None,
        deadline: DEADLINE,
        fixed: None,
    };
    let sandbox = options.sandbox.then(|| start_sandbox(&options.file, State::demo)).transpose()?;
    let settings = sandbox.iter().fold(settings, in_sandbox);
    let observed = observe(&Aws::connect(&settings).await?, &name, &[]).await?;
    let (mut manifest, notes) = manifest_of(&name, &observed, region, &corrections)?;
    manifest.role.managed_by = options.managed_by.map(Manager::from);
    for note in notes {
        printer.warning(&note);
    }
    Ok(manifest)
}

/// The option's value, or the answer at the terminal; asked again until it is right.
fn value<T>(option: &str, given: Option<&String>, question: &str, printer: &mut Printer) -> CommandResult<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    if let Some(text) = given {
        return Ok(parse(option, text)?);
    }
    if !printer.is_interactive() {
        let message = format!("{option} is missing, and there is no terminal to ask for it");
        return Err(UsageError::new(message, Some("`rolecall init --help` lists the options")).into());
    }
    loop {
        let answer = printer.ask(&format!("{question}: ")).context("cannot read the answer")?;
        match answer.parse() {
            Ok(value) => return Ok(value),
            Err(error) if answer.is_empty() => {
                return Err(UsageError::new(format!("no valid answer: {error}"), None).into());
            }
            Err(error) => printer.warning(&error.to_string()),
        }
    }
}

fn parse<T>(option: &str, text: &str) -> Result<T, UsageError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.trim().parse().map_err(|error| UsageError::new(format!("{option}: {error}"), None))
}
