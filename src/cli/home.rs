//! Where what is rendered belongs: account, partition and the ARNs of the targets, without asking AWS.

use rolecall::desired::aws::{DesiredError, Home};
use rolecall::desired::template::Templates;
use rolecall::error_code::ErrorCode;
use rolecall::failure::{CommandResult, UsageError};
use rolecall::iam::arn::{AccountId, ExternalId, FunctionArn, Partition, Region};
use rolecall::manifest::{Manifest, Target};

use super::options::RenderOptions;

/// The partition where no ARN in the manifest names another.
const DEFAULT_PARTITION: &str = "aws";

/// The manifest's targets as ARNs.
pub(super) fn targets(
    options: &RenderOptions,
    manifest: &Manifest,
    home: &Home,
) -> CommandResult<Vec<FunctionArn>> {
    let region = options.region.as_ref().or(manifest.access.region.as_ref());
    Ok(manifest.targets.iter().map(|target| arn(target, region, home)).collect::<Result<_, _>>()?)
}

/// The account that `--account` or the manifest's ARNs say.
pub(super) fn home(options: &RenderOptions, manifest: &Manifest) -> CommandResult<Home> {
    let assumed = manifest.access.assume_role.as_ref().map(|assumed| &assumed.role);
    let of_target = || manifest.targets.iter().find_map(|target| target.account.clone());
    let account = options.account.clone().or_else(|| assumed.map(|role| role.account.clone()));
    let account: AccountId = account.or_else(of_target).ok_or_else(|| {
        UsageError::new(
            "the manifest does not say which account the role is in",
            Some("give --account ID: the documents are rendered without contacting AWS"),
        )
    })?;
    let partition = partition(manifest)?;
    Ok(Home { partition, account })
}

/// A home whose account stands for that of the stack: no text of the manifest or of a template has its digits.
pub(super) fn home_of_any_stack(
    manifest: &Manifest,
    external_id: &ExternalId,
    templates: &Templates,
) -> CommandResult<Home> {
    let partition = partition(manifest)?;
    manifest
        .party
        .check_partition("the account of the stack", partition.as_str())
        .map_err(DesiredError::Partition)?;
    let given = format!("{manifest:?} {external_id} {templates:?}");
    let free = (0_u64..).map(|number| format!("{number:012}")).find(|digits| !given.contains(digits));
    let account = free.unwrap_or_default().parse::<AccountId>()?;
    Ok(Home { partition, account })
}

/// The partition that the manifest's ARNs say.
pub(super) fn partition(manifest: &Manifest) -> CommandResult<Partition> {
    let assumed = manifest.access.assume_role.as_ref().map(|assumed| assumed.role.partition.clone());
    let of_target = || manifest.targets.iter().find_map(|target| target.partition.clone());
    Ok(assumed.or_else(of_target).map_or_else(|| DEFAULT_PARTITION.parse::<Partition>(), Ok)?)
}

fn arn(target: &Target, configured: Option<&Region>, home: &Home) -> Result<FunctionArn, UsageError> {
    let region = target.region.as_ref().or(configured).cloned().ok_or_else(|| {
        UsageError::coded(
            ErrorCode::NoRegion,
            format!("no region for target `{}`", target.function),
            Some("give the [[target]] a `region`, or render with --region"),
        )
    })?;
    Ok(FunctionArn {
        partition: home.partition.clone(),
        region,
        account: target.account.clone().unwrap_or_else(|| home.account.clone()),
        name: target.function.clone(),
        qualifier: target.qualifier.clone(),
    })
}
