//! `--side`: which of both services a command is about, for whoever has access to one of them.

use clap::{Args, ValueEnum};
use rolecall::connect::Services;

/// Which of both services a command is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// AWS, and Genesys Cloud where the manifest asks for something there
    #[default]
    Both,
    /// AWS alone: for whoever has no credentials for Genesys Cloud. The result says that nobody looked there
    Aws,
}

impl From<Side> for Services {
    fn from(side: Side) -> Self {
        match side {
            Side::Both => Self::Both,
            Side::Aws => Self::AwsAlone,
        }
    }
}

/// The side that a command works on.
#[derive(Args, Clone, Copy, Debug, Default)]
pub(crate) struct SideOptions {
    /// Work on this side only
    #[arg(long, value_enum, default_value_t, value_name = "SIDE")]
    pub(crate) side: Side,
}
