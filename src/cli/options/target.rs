//! `rolecall target`: what can be typed, and what each option means.

use clap::{Args, Subcommand};
use clap_complete::engine::ArgValueCandidates;
use rolecall::iam::arn::Qualifier;
use rolecall::manifest::Target;

use super::AwsOptions;
use crate::cli::candidates;

#[derive(Debug, Subcommand)]
pub(crate) enum TargetCommand {
    /// Check that the functions exist in Lambda, then add them to the manifest
    Add(AddTarget),
    /// Remove functions from the manifest
    Remove {
        /// The functions: names or ARNs, as in the manifest
        #[arg(required = true, value_name = "FUNCTION", add = ArgValueCandidates::new(candidates::targets))]
        functions: Vec<Target>,
        #[command(flatten)]
        aws: AwsOptions,
        /// Apply afterwards
        #[arg(long)]
        apply: bool,
        /// Do not ask for confirmation before applying
        #[arg(long, short, requires = "apply")]
        yes: bool,
    },
    /// List the functions of the manifest, and whether the role may invoke them
    List {
        #[command(flatten)]
        aws: AwsOptions,
    },
}

#[derive(Args, Debug)]
pub(crate) struct AddTarget {
    /// The functions: names or ARNs
    #[arg(required_unless_present = "tag", value_name = "FUNCTION")]
    pub(crate) functions: Vec<Target>,
    /// The alias or version that is called, for every function
    #[arg(long, value_name = "ALIAS")]
    pub(crate) qualifier: Option<Qualifier>,
    /// Every function of the region with this tag; needs lambda:ListFunctions and lambda:ListTags
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag, conflicts_with = "functions")]
    pub(crate) tag: Option<(String, String)>,
    #[command(flatten)]
    pub(crate) aws: AwsOptions,
    /// Apply afterwards
    #[arg(long)]
    pub(crate) apply: bool,
    /// Do not ask for confirmation before applying
    #[arg(long, short, requires = "apply")]
    pub(crate) yes: bool,
}

fn tag(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        Some(_) | None => Err("must be KEY=VALUE".to_owned()),
    }
}
