//! `rolecall init`: writes a manifest. Asks at a terminal for what the options leave open.

mod answers;
mod functions;
mod genesys;
mod handover;
mod vendor;

use std::time::Duration;

use rolecall::aws::{Aws, AwsSettings};
use rolecall::exit::ExitCode;
use rolecall::iam::arn::{RoleArn, RoleName};
use rolecall::manifest::{self, Manager, Manifest, json_schema};
use rolecall::observe::adoption::{Corrections, HomeRegion, manifest_of, regions_of};
use rolecall::observe::aws::observe;
use rolecall::observe::ownership::is_own_role;
use rolecall::ports::calls::Calls;
use rolecall::ports::genesys::{GenesysRead, Organization};
use rolecall::sandbox::{Sandbox, State};
use rolecall_genesys::client::{Client, Patience};
use rolecall_genesys::credentials::{CredentialError, CredentialSource};
use rolecall_model::region::Region;
use rolecall_model::shown::Shown;

use self::answers::{DEFAULT_ROLE, Draft, Field, parsed, until_taken};
use self::handover::from_handover;
use super::advice;
use super::context::{in_sandbox, start_sandbox};
use super::options::InitOptions;
use super::printer::Printer;
use rolecall::failure::{CommandResult, Context as _, UsageError};

/// How long to wait for throttling to pass.
pub(super) const DEADLINE: Duration = Duration::from_secs(120);

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
    let (manifest, files, role) = match (options.from_genesys, &options.from_role, &options.from_handover) {
        (true, _, _) => {
            let (manifest, files) = genesys::describe(options, printer).await?;
            (manifest, files, None)
        }
        (false, Some(role), _) => (from_role(role, options, printer).await?, Vec::new(), None),
        (false, None, Some(file)) => {
            let (manifest, role) = from_handover(file, options, printer).await?;
            (manifest, Vec::new(), role)
        }
        (false, None, None) => match vendor::of_options(options)? {
            Some(manifest) => (manifest, Vec::new(), None),
            None => (ask(options, printer).await?, Vec::new(), None),
        },
    };
    let text = manifest::write::render(&manifest);
    let (_, notes) = Manifest::parse(&text, &path.display().to_string()).map_err(|faults| {
        UsageError::new(format!("the manifest would be invalid with these values:\n{faults}"), None)
    })?;
    for note in notes {
        printer.warning(note.to_string().trim_end());
    }
    genesys::write_beside(path, &files, || {
        // The questions took a while: without --force, what came there meanwhile stays.
        let save = if options.force { manifest::write::save } else { manifest::write::save_new };
        save(path, &text).with_context(|| format!("cannot write `{}`", path.display()))
    })?;
    printer.result(&format!("wrote {}\n", path.display()));
    let advice = advice::of_file(path, options.sandbox);
    if let Some(role) = role {
        let connect = advice.command(&format!("genesys connect --role-arn {role}"));
        printer.hint(&format!("{connect} makes the integration; it needs no access to AWS"));
        return Ok(ExitCode::Success);
    }
    if options.from_genesys {
        printer.hint(&format!("{} compares the manifest with what is there", advice.command("drift")));
        return Ok(ExitCode::Success);
    }
    printer.hint(&match manifest.role.managed_by {
        // `apply` creates no role that another tool makes.
        Some(manager) => match rendered_for(manager) {
            Some(render) => format!(
                "{} prints the role's configuration; {} shows what differs from AWS",
                advice.command(render),
                advice.command("drift")
            ),
            None => format!("{} shows what differs from AWS", advice.command("drift")),
        },
        None => format!(
            "{} shows what it would make; {} tries it without an account",
            advice.command("plan"),
            advice::of_file(path, true).command("apply")
        ),
    });
    Ok(ExitCode::Success)
}

/// The command that prints the role as the tool reads it, if rolecall writes the tool's language.
fn rendered_for(manager: Manager) -> Option<&'static str> {
    match manager {
        Manager::Terraform | Manager::Opentofu => Some("render --format terraform"),
        Manager::Cloudformation => Some("render --format cloudformation"),
        Manager::Cdk | Manager::Pulumi | Manager::Other => None,
    }
}

/// The manifest that the options and the answers describe.
async fn ask(options: &InitOptions, printer: &mut Printer) -> CommandResult<Manifest> {
    let mut draft = Draft::new(options)?;
    let can_ask = printer.is_interactive();
    if can_ask {
        draft.check(can_ask)?;
        if draft.is_missing(Field::Region) {
            draft.ask(Field::Region, stated_region().as_deref(), &[], printer)?;
        }
    }
    if let (true, Some(region)) = (draft.is_missing(Field::Organization), draft.region())
        && let Some(id) = live_organization(region, printer).await
        && let Err(reason) = draft.take(Field::Organization, &id, &[])
    {
        printer.warning(&format!("the organization's ID cannot be used: {reason}"));
    }
    draft.check(can_ask)?;
    for field in Field::ALL.into_iter().filter(|_| can_ask) {
        if draft.is_missing(field) {
            let offered = match field {
                Field::Targets => functions::offer(options, printer).await,
                Field::Region | Field::Organization | Field::TrustedAccount | Field::Role => Vec::new(),
            };
            let default = match (field, offered.as_slice()) {
                (Field::Role, _) => Some(DEFAULT_ROLE),
                (Field::Targets, [_]) => Some("1"),
                (Field::Region | Field::Organization | Field::TrustedAccount | Field::Targets, _) => None,
            };
            draft.ask(field, default, &offered, printer)?;
        }
    }
    Ok(draft.finish())
}

/// The region that the environment names for the tools of Genesys Cloud.
fn stated_region() -> Option<String> {
    let stated = std::env::var("GENESYSCLOUD_REGION").ok()?;
    stated.parse::<&'static Region>().ok().map(|region| region.aws_region.to_owned())
}

/// The ID of the organization that the OAuth client of the environment belongs to, where there is one.
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
                "the external ID is the ID of the organization {}, read from Genesys Cloud: {id}",
                Shown(&name)
            ));
            Some(id)
        }
        Err(error) => {
            printer.warning(&format!("cannot read the organization's ID from Genesys Cloud: {error}"));
            None
        }
    }
}

/// The manifest that a live role asks for.
async fn from_role(role: &str, options: &InitOptions, printer: &mut Printer) -> CommandResult<Manifest> {
    let stated = options.genesys_region.as_deref().map(|text| parse("--genesys-region", text)).transpose()?;
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
    let (aws, _sandbox) = connect(options).await?;
    let observed = observe(&aws, &name, &[]).await?;
    let is_own = observed.role.as_ref().is_some_and(|role| is_own_role(role, &name));
    let region = match stated {
        Some(region) => region,
        None => choose_region(regions_of(&name, &observed, &corrections)?, printer)?,
    };
    let (mut manifest, notes) = manifest_of(&name, &observed, region, &corrections)?;
    // With --from-genesys nothing becomes rolecall's that it did not make.
    let unstated = (options.from_genesys && !is_own).then_some(Manager::Other);
    manifest.role.managed_by = options.managed_by.map(Manager::from).or(unstated);
    if options.from_genesys {
        manifest.access.account = Some(observed.caller.account.clone());
    }
    for note in notes {
        printer.warning(&note);
    }
    Ok(manifest)
}

/// The AWS account that the options lead to, and the sandbox that serves it while it lives.
async fn connect(options: &InitOptions) -> CommandResult<(Aws, Option<Sandbox>)> {
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
    Ok((Aws::connect(&settings).await?, sandbox))
}

/// The region of Genesys Cloud that a role is for, as far as the role shows it.
fn choose_region(found: HomeRegion, printer: &mut Printer) -> CommandResult<&'static Region> {
    match found {
        HomeRegion::Known { region, account } => {
            printer.progress(&format!("account {account} is Genesys Cloud's in {region} only"));
            Ok(region)
        }
        HomeRegion::Shared { account, likely } if printer.is_interactive() => {
            printer.progress(&format!("Genesys Cloud uses account {account} in many regions"));
            let default = stated_region().or(likely.map(|region| region.aws_region.to_owned()));
            until_taken("Genesys Cloud region of the organization", default.as_deref(), printer, parsed)
        }
        HomeRegion::Shared { account, likely: Some(region) } => {
            printer.warning(&format!(
                "Genesys Cloud uses account {account} in many regions; the manifest says {region}, because \
                 the role's functions are in {}; if the organization lives in a different region, correct `region` in [genesys]",
                region.aws_region
            ));
            Ok(region)
        }
        HomeRegion::Shared { account, likely: None } => {
            let message =
                format!("--genesys-region is missing: Genesys Cloud uses account {account} in many regions");
            Err(UsageError::new(message, Some("give the region in which the organization lives")).into())
        }
        HomeRegion::Unknown if printer.is_interactive() => until_taken(
            "Genesys Cloud region of the organization",
            stated_region().as_deref(),
            printer,
            parsed,
        ),
        HomeRegion::Unknown => {
            let message =
                "--genesys-region is missing: the role trusts no account that Genesys has published";
            Err(UsageError::new(message, Some("give the region in which the organization lives")).into())
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
