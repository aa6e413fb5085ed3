//! `rolecall init --from-genesys`: the manifest of what others made in Genesys Cloud, and the files that it names. Reads only there.

use std::path::{Path, PathBuf};

use rolecall::desired::genesys::{Kind, Sign};
use rolecall::error_code::ErrorCode;
use rolecall::failure::{CommandError, CommandResult, Context as _, UsageError};
use rolecall::iam::arn::{ExternalId, RoleArn};
use rolecall::manifest::{Manager, Manifest, write};
use rolecall::observe::genesys::{Detail, Observed, Reach, Sought, observe};
use rolecall::operations::describe::{Chosen, Described, Wanted, WantedRole, choose};
use rolecall::ports::calls::Calls;
use rolecall::sandbox::{Sandbox, State};
use rolecall_genesys::client::{Client, Patience};
use rolecall_genesys::credentials::CredentialSource;
use rolecall_model::region::Region;
use rolecall_model::shown::Shown;

use super::answers::until_taken;
use super::{DEADLINE, ask, from_role, parse, parsed, stated_region};
use crate::cli::context::{connect_to_sandbox, start_sandbox};
use crate::cli::options::InitOptions;
use crate::cli::printer::Printer;

/// Files beside the manifest: their paths, relative to it, and their texts.
pub(super) type Files = Vec<(PathBuf, String)>;

pub(super) async fn describe(
    options: &InitOptions,
    printer: &mut Printer,
) -> CommandResult<(Manifest, Files)> {
    let live = match &options.from_role {
        Some(role) => Some(from_role(role, options, printer).await?),
        None => None,
    };
    let region = match live.as_ref().and_then(Manifest::genesys) {
        Some(genesys) => genesys.region,
        None => region(options, printer)?,
    };
    let (client, _sandbox) = connect(options, region)?;
    let observed = read(&client).await.context("cannot read Genesys Cloud")?;
    let organization = organization(&observed, options, live.as_ref(), printer)?;
    let wanted = wanted(options, live.as_ref())?;
    let chosen = choose(&observed, &wanted)?;
    let mut manifest = match live {
        Some(manifest) => manifest,
        None => draft(options, region, &organization, &chosen, printer).await?,
    };
    let manager = options.managed_by.map_or(Manager::Other, Manager::from);
    if let Some(genesys) = manifest.party.genesys_mut() {
        genesys.managed_by = Some(manager);
    }
    let role = role_of(&manifest, &chosen)?;
    let Described { files, notes } = chosen.describe(&mut manifest, &organization, &role);
    for note in chosen.notes.iter().chain(&notes) {
        printer.warning(note);
    }
    Ok((manifest, files))
}

/// The region in which the OAuth client lives.
fn region(options: &InitOptions, printer: &mut Printer) -> CommandResult<&'static Region> {
    match options.genesys_region.clone().or_else(stated_region) {
        Some(text) => Ok(parse("--genesys-region", &text)?),
        None if printer.is_interactive() => {
            until_taken("Genesys Cloud region of the organization", None, printer, parsed)
        }
        None => {
            let hint = "give the region in which the organization lives";
            Err(UsageError::new("--genesys-region is missing", Some(hint)).into())
        }
    }
}

/// The client of the environment, or of the sandbox that serves while it lives.
fn connect(options: &InitOptions, region: &'static Region) -> CommandResult<(Client, Option<Sandbox>)> {
    if options.sandbox {
        let sandbox = start_sandbox(&options.file, State::demo)?;
        return Ok((connect_to_sandbox(&sandbox, DEADLINE)?, Some(sandbox)));
    }
    let source = CredentialSource::from_environment(|name| std::env::var(name).ok(), Some(region))?;
    Ok((Client::new(source, Patience::until(DEADLINE), Calls::default()), None))
}

async fn read(client: &Client) -> Result<Observed, rolecall::ports::genesys::GenesysError> {
    let sought = Sought {
        role: "",
        resource: None,
        id: None,
        name: "",
        kinds: &Kind::ALL,
        credential_type: None,
        sign: &Sign::of_nobody(),
        reach: Reach::Every,
        actions: Detail::Full,
        deadline: DEADLINE,
    };
    observe(client, &sought).await
}

/// The organization of the OAuth client: the manifest must be about no other.
fn organization(
    observed: &Observed,
    options: &InitOptions,
    live: Option<&Manifest>,
    printer: &mut Printer,
) -> CommandResult<ExternalId> {
    let (id, name) = (&observed.organization.id, Shown(&observed.organization.name));
    if let Some(stated) = options.organization_id.as_ref().filter(|stated| *stated != id) {
        let message = format!("the OAuth client belongs to organization {name} ({id}), not to `{stated}`");
        let hint = "leave out --organization-id, or use an OAuth client of that organization";
        return Err(UsageError::coded(ErrorCode::WrongOrganization, message, Some(hint)).into());
    }
    let external_id = live.and_then(|manifest| manifest.party.external_id());
    match external_id.filter(|stated| stated.as_str() != id) {
        Some(stated) => {
            let message = format!(
                "the role requires the external ID `{stated}`, but the OAuth client belongs to organization {name} ({id}), \
                 which could not assume it"
            );
            let hint = "use an OAuth client of the role's organization, or leave out --from-role";
            Err(UsageError::coded(ErrorCode::WrongOrganization, message, Some(hint)).into())
        }
        None => {
            printer.progress(&format!(
                "the external ID is the ID of the organization {name}, read from Genesys Cloud: {id}"
            ));
            let id = id.parse::<ExternalId>();
            Ok(id.with_context(|| format!("the ID of the organization {name} cannot be an external ID"))?)
        }
    }
}

fn wanted(options: &InitOptions, live: Option<&Manifest>) -> CommandResult<Wanted> {
    let role = match (live, &options.role) {
        (Some(manifest), _) => Some(match known_role(manifest) {
            Some(arn) => WantedRole::Arn(arn),
            None => WantedRole::Name(manifest.role.name.clone()),
        }),
        (None, Some(name)) => Some(WantedRole::Name(parse("--role", name)?)),
        (None, None) => None,
    };
    Ok(Wanted { integration: options.integration.clone(), role })
}

/// The ARN of the manifest's role, where the account is known.
fn known_role(manifest: &Manifest) -> Option<RoleArn> {
    let account = manifest.access.account.as_ref()?;
    let partition = manifest.targets.iter().find_map(|target| target.partition.as_ref());
    let partition = partition.map_or("aws", |partition| partition.as_str());
    let (path, name) = (&manifest.role.path, &manifest.role.name);
    format!("arn:{partition}:iam::{account}:role{path}{name}").parse().ok()
}

/// The role that the credentials are for. If nothing shows its account, its name is all that is compared.
fn role_of(manifest: &Manifest, chosen: &Chosen<'_>) -> CommandResult<RoleArn> {
    let known = chosen.role.clone().or_else(|| known_role(manifest));
    let account = manifest.targets.iter().find_map(|target| target.account.clone());
    let in_account = |account| {
        let access = rolecall::manifest::Access { account: Some(account), ..manifest.access.clone() };
        known_role(&Manifest { access, ..manifest.clone() })
    };
    known.or_else(|| account.and_then(in_account)).ok_or_else(|| {
        let message = "nothing shows in which account the role is";
        CommandError::from(UsageError::new(message, Some("give --from-role with the ARN of the role")))
    })
}

/// The manifest without its actions, from what Genesys Cloud shows and the options say.
async fn draft(
    options: &InitOptions,
    region: &'static Region,
    organization: &ExternalId,
    chosen: &Chosen<'_>,
    printer: &mut Printer,
) -> CommandResult<Manifest> {
    let called = chosen.targets();
    if called.is_empty() && options.target.is_empty() {
        let message =
            "no data action calls a Lambda function by its ARN, so there is nothing that the role is for";
        return Err(UsageError::new(message, Some("give each function with --target")).into());
    }
    let name = chosen.role.as_ref().map(|role| role.name.to_string());
    if name.is_none() && options.role.is_none() && !printer.is_interactive() {
        let message = "--role is missing: Genesys Cloud does not show which role the credentials name";
        return Err(
            UsageError::new(message, Some("give the name of the role that the integrations use")).into()
        );
    }
    let stated = InitOptions {
        genesys_region: Some(region.aws_region.to_owned()),
        organization_id: Some(organization.to_string()),
        role: name.or_else(|| options.role.clone()),
        target: called.iter().map(ToString::to_string).chain(options.target.iter().cloned()).collect(),
        managed_by: options.managed_by,
        ..options.clone()
    };
    let mut manifest = ask(&stated, printer).await?;
    if let Some(role) = &chosen.role {
        manifest.role.path = role.path.clone();
        manifest.access.account = Some(role.account.clone());
    }
    // What was not made by rolecall becomes its own by no description.
    manifest.role.managed_by.get_or_insert(Manager::Other);
    Ok(manifest)
}

/// Writes the files beside the manifest, then the manifest. None that exists is replaced, and if one cannot be written, those that
/// were are removed again: a manifest never names files that are not there.
pub(super) fn write_beside(
    manifest: &Path,
    files: &Files,
    write_manifest: impl FnOnce() -> CommandResult<()>,
) -> CommandResult<()> {
    let folder = manifest.parent().unwrap_or(Path::new(""));
    let is_same = |path: &Path, text: &str| std::fs::read_to_string(path).is_ok_and(|there| there == text);
    let located: Vec<(PathBuf, &String)> =
        files.iter().map(|(name, text)| (folder.join(name), text)).collect();
    let mut in_the_way = located.iter().filter(|(path, text)| path.exists() && !is_same(path, text));
    if let Some((path, _)) = in_the_way.next() {
        let message = format!("`{}` already exists and is different; nothing was written", path.display());
        let hint = "move it away, or write the manifest to another folder with --file";
        return Err(UsageError::new(message, Some(hint)).into());
    }
    let mut written: Vec<&Path> = Vec::new();
    let outcome = located.iter().filter(|(path, _)| !path.exists()).try_for_each(|(path, text)| {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
        }
        write::save_new(path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        written.push(path);
        CommandResult::Ok(())
    });
    outcome.and_then(|()| write_manifest()).inspect_err(|_| {
        for path in &written {
            // The error that led here is the one to be told.
            let _ = std::fs::remove_file(path);
        }
    })
}
