//! `rolecall handover`: what can be typed, and what each option means.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::AwsOptions;

#[derive(Debug, Subcommand)]
pub(crate) enum HandoverCommand {
    /// Write the file: what this side knows, and the other one has to be told. It holds no secret
    Write(WriteHandover),
    /// Compare a file of the other side with what this side can read
    Check(CheckHandover),
}

/// The sides, by what somebody has credentials for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HandoverSide {
    /// You have AWS: the role, its functions, whom it trusts, and what is proved of it
    Aws,
    /// You have Genesys Cloud: the organization; if the manifest says the role, also what the integration uses
    Genesys,
}

#[derive(Args, Debug)]
pub(crate) struct WriteHandover {
    /// The side that you have credentials for
    #[arg(long, value_enum, value_name = "SIDE")]
    pub(crate) from: HandoverSide,
    /// The Genesys Cloud region, if neither a manifest nor GENESYSCLOUD_REGION names it
    #[arg(long, value_name = "REGION")]
    pub(crate) genesys_region: Option<String>,
    /// Write it to a file instead of standard output; an earlier handover file is replaced
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Also replace a file that rolecall did not write; never the manifest, nor a file that it names
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}

#[derive(Args, Debug)]
pub(crate) struct CheckHandover {
    /// The file; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) handover: PathBuf,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
}
