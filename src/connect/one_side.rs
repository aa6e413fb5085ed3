//! A manifest with Genesys Cloud alone: for whoever has no credentials for AWS.
//!
//! Invariant: AWS's configuration is read only where the manifest keeps the OAuth client, or a credential, in a secret of AWS. Reading
//! it may already take seconds: without a region, the SDK looks for one on the network.

use std::rc::Rc;

use rolecall_aws::{Aws, AwsSettings};
use rolecall_genesys::client::Client;

use super::clients::{SharedClient, secret_of};
use super::connected::{Surroundings, external_id};
use super::error::{ConnectError, OtherRole};
use crate::desired::aws::Home;
use crate::desired::sources::read_sources;
use crate::iam::arn::{AccountId, FunctionArn, Partition, Region, RoleArn};
use crate::manifest::Manifest;
use crate::observe::survey::{addresses, arn_at};
use crate::operations::{self, Counterpart, Unasked};

/// Reads the files that the manifest names, and prepares the client; at most Genesys Cloud is contacted, for the external ID.
pub async fn open_genesys(
    manifest: Manifest,
    genesys: Option<SharedClient>,
    settings: &AwsSettings,
    surroundings: &Surroundings,
) -> Result<operations::Context<Unasked, Client>, ConnectError> {
    let Surroundings { services: _, templates, clients, deadline, read } = surroundings;
    let party = manifest.require_genesys()?;
    let sources = read_sources(&manifest, read)?;
    let shared = match (genesys, clients.are_named(party)) {
        (Some(shared), _) => shared,
        (None, true) => clients.of(party, &manifest.access, &Aws::connect(settings).await?, *deadline)?,
        (None, false) => clients.of_environment(party, *deadline)?,
    };
    let secret = match &party.web_services_credential {
        Some(_) => secret_of(party, &Aws::connect(settings).await?)?,
        None => None,
    };
    let external_id = external_id(&manifest, Some(&shared)).await?;
    Ok(operations::Context {
        manifest,
        external_id,
        templates: Rc::clone(templates),
        aws: Unasked,
        snapshot: None,
        addresses: Vec::new(),
        deadline: *deadline,
        genesys: Some(Counterpart { client: shared.client, sources, secret }),
    })
}

/// Refuses a role that cannot be the manifest's.
pub fn check_role(role: &RoleArn, manifest: &Manifest) -> Result<(), ConnectError> {
    let other = |what, wanted: String| Err(OtherRole { role: role.to_string(), what, wanted }.into());
    let named = &manifest.role;
    if role.name != named.name {
        return other("name", named.name.to_string());
    }
    if role.path != named.path {
        return other("path", named.path.to_string());
    }
    if let Some(account) = stated_account(manifest).filter(|account| **account != role.account) {
        return other("account", account.to_string());
    }
    manifest.party.check_partition(&format!("the role `{role}`"), role.partition.as_str())?;
    Ok(())
}

/// The role's ARN, where the manifest says all of it: no account has to be asked.
#[must_use]
pub fn stated_role(manifest: &Manifest) -> Option<RoleArn> {
    let account = stated_account(manifest)?.clone();
    let regions =
        manifest.access.region.iter().chain(manifest.targets.iter().filter_map(|it| it.region.as_ref()));
    let partition = match (&manifest.access.assume_role, manifest.party.partition()) {
        (Some(assumed), _) => assumed.role.partition.clone(),
        (None, Some(partition)) => partition.parse().ok()?,
        (None, None) => regions.map(Region::partition).next()?.parse::<Partition>().ok()?,
    };
    let home = Home { partition, account };
    Some(home.role_arn(&manifest.role.name, &manifest.role.path))
}

fn stated_account(manifest: &Manifest) -> Option<&AccountId> {
    let assumed = manifest.access.assume_role.as_ref().map(|assumed| &assumed.role.account);
    manifest.access.account.as_ref().or(assumed)
}

/// The functions of the targets as the manifest says them: those without an account are in the role's.
pub fn stated_functions(
    manifest: &Manifest,
    role: &RoleArn,
    region: Option<&Region>,
) -> Result<Vec<FunctionArn>, ConnectError> {
    let home = Home { partition: role.partition.clone(), account: role.account.clone() };
    let region = region.or(manifest.access.region.as_ref());
    let addresses = addresses(&manifest.targets, region)?;
    Ok(addresses.iter().map(|address| arn_at(address, &home)).collect())
}
