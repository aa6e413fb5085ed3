//! `rolecall init --vendor`: the manifest for another vendor than Genesys. Asks nothing: clap has seen to it that all of it is given.

use rolecall::failure::CommandResult;
use rolecall::manifest::{self, Access, Manifest, Party, Role, Vendor, Verify};

use super::super::options::{ChosenBy, InitOptions, VendorOptions};
use super::parse;

/// The manifest, if the options name a vendor.
pub(super) fn of_options(options: &InitOptions) -> CommandResult<Option<Manifest>> {
    let VendorOptions { vendor, vendor_account, external_id, external_id_chosen_by } = &options.vendor;
    let (Some(name), Some(account), Some(external_id), Some(role)) =
        (vendor, vendor_account, external_id, &options.role)
    else {
        return Ok(None);
    };
    let vendor = Vendor {
        // The manifest's own rule for it is applied to the written text.
        name: name.clone(),
        account: parse("--vendor-account", account)?,
        external_id: parse("--external-id", external_id)?,
        external_id_chosen_by: external_id_chosen_by.map(|chooser| match chooser {
            ChosenBy::Vendor => manifest::ChosenBy::Vendor,
            ChosenBy::Us => manifest::ChosenBy::Us,
        }),
    };
    Ok(Some(Manifest {
        folder: Default::default(),
        party: Party::Vendor(vendor),
        role: Role {
            name: parse("--role", role)?,
            path: Default::default(),
            description: None,
            max_session_duration: 3600,
            permissions_boundary: None,
            tags: Default::default(),
            managed_by: options.managed_by.map(manifest::Manager::from),
        },
        invokers: Default::default(),
        targets: options.target.iter().map(|text| parse("--target", text)).collect::<Result<_, _>>()?,
        grants: Vec::new(),
        access: Access::default(),
        verify: Verify::default(),
        notify: None,
        actions: Vec::new(),
    }))
}
