//! `rolecall init --from-handover`: the manifest for the side that did not write the file.
//!
//! Invariant: whom the role trusts never comes from the file. It is the account that Genesys has published for the region, or what
//! the user says with `--trusted-account`.

use std::path::Path;

use rolecall::error_code::ErrorCode;
use rolecall::failure::{CommandResult, UsageError};
use rolecall::iam::arn::RoleArn;
use rolecall::manifest::{Integration, Manifest};
use rolecall_model::handover::{Handover, Side};

use super::super::handover::{read, refused};
use super::super::input;
use super::super::options::InitOptions;
use super::super::printer::Printer;
use super::ask;

/// The manifest; and the role that is to be connected, where that comes next.
pub(super) async fn from_handover(
    path: &Path,
    options: &InitOptions,
    printer: &mut Printer,
) -> CommandResult<(Manifest, Option<RoleArn>)> {
    let (file, text) = read(path, printer)?;
    check_account(&file)?;
    file.check_partitions(&text, &input::label(path)).map_err(|fault| refused(&fault))?;
    let mut options = options.clone();
    options.genesys_region = Some(file.region.aws_region.to_owned());
    options.organization_id = Some(file.organization.to_string());
    if let Some(role) = &file.role {
        refuse_both("--role", options.role.is_some())?;
        options.role = Some(role.name.to_string());
    }
    if !file.functions.is_empty() {
        refuse_both("--target", !options.target.is_empty())?;
        options.target = file.functions.iter().map(ToString::to_string).collect();
    }
    let mut manifest = ask(&options, printer).await?;
    if let Some(role) = &file.role {
        manifest.role.path = role.path.clone();
        manifest.access.account = Some(role.account.clone());
        manifest.access.region = file.aws_region.clone();
    }
    warn_of_accounts(&file, printer);
    let Handover { side, role, organization, .. } = &file;
    match side {
        // The administrator's manifest is about the integration.
        Side::Aws => {
            let name = file.integration.clone();
            if let Some(genesys) = manifest.party.genesys_mut() {
                genesys.integration = Some(Integration { name, ..Integration::default() });
            }
            if !file.refuted.is_empty() {
                let refuted = file.refuted.join(", ");
                printer.warning(&format!("the AWS team refuted of the role: {refuted}; do not connect it as it is"));
            }
            printer.warning("`rolecall handover check` compares the organization's ID with yours");
        }
        Side::Genesys => printer.warning(&format!(
            "the organization's ID {organization} comes from the file, and it decides who can assume the role: confirm it with the \
             organization's administrator in another way"
        )),
    }
    // Where there is Genesys Cloud alone, the next step is the way to the role.
    let next = match side {
        Side::Aws => role.clone(),
        Side::Genesys => None,
    };
    Ok((manifest, next))
}

/// Names every account that the file brings: the functions of each get what flows send.
fn warn_of_accounts(file: &Handover, printer: &mut Printer) {
    let Some(role) = &file.role else { return };
    let mut accounts = vec![&role.account];
    for function in &file.functions {
        if function.account != role.account {
            printer.warning(&format!(
                "{function} is in account {}, but the role is in account {}",
                function.account, role.account
            ));
        }
        if !accounts.contains(&&function.account) {
            accounts.push(&function.account);
        }
    }
    let names = accounts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (noun, verb, it) = match accounts.as_slice() {
        [_] => ("account", "comes", "it"),
        _ => ("accounts", "come", "each of them"),
    };
    printer.warning(&format!(
        "the {noun} {names} {verb} from the file, and functions there get what flows send: confirm {it} in another way than this file"
    ));
}

/// A file that says another account than Genesys has published is wrong, or somebody else wrote it.
fn check_account(file: &Handover) -> Result<(), UsageError> {
    let (Some(stated), Some(published)) = (&file.trusted_account, file.region.trusted_account()) else {
        return Ok(());
    };
    if *stated == published {
        return Ok(());
    }
    let message = format!(
        "the file says that the role trusts account {stated}, but Genesys Cloud uses {published} in {}; nothing was written",
        file.region
    );
    let hint = "ask whoever sent the file; if Genesys gave you that account, write the manifest with --trusted-account instead";
    Err(UsageError::coded(ErrorCode::Document, message, Some(hint)))
}

fn refuse_both(option: &str, is_given: bool) -> Result<(), UsageError> {
    match is_given {
        true => {
            Err(UsageError::new(format!("the file says what {option} says"), Some("leave the option out")))
        }
        false => Ok(()),
    }
}
