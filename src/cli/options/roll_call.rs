//! `audit`: what can be typed, and what each option means.

use std::path::PathBuf;

use clap::Args;
use rolecall::iam::arn::RoleName;

use super::AwsOptions;

#[derive(Args, Clone, Debug)]
pub(crate) struct RollCallOptions {
    /// Saved answers of `aws iam get-account-authorization-details`, instead of AWS; `-` is standard input. Each `--file` names a
    /// manifest: its account is read as the manifest says, and its external ID is expected
    #[arg(value_name = "SAVED")]
    pub(crate) saved: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// Read every active account of the organization: assume the role of this name in each; for the management account or a
    /// delegated administrator
    #[arg(long, value_name = "ROLE", conflicts_with = "saved")]
    pub(crate) organization_role: Option<RoleName>,
    /// What is expected: your own accounts and organizations, vendors with their external IDs, accepted ways in (see docs/audit.md)
    #[arg(long, value_name = "FILE")]
    pub(crate) expect: Option<PathBuf>,
    /// An earlier report (`--output json`): exit with code 3 if a way in is new or changed, and with 0 if none is
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
}
