//! `rolecall sandbox`: what can be typed, and what each option means.

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rolecall::sandbox::Tamper;

use super::CommonOptions;

#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Serve the embedded AWS on localhost until interrupted
    Serve {
        #[command(flatten)]
        common: CommonOptions,
        /// The port; 0 takes a free one
        #[arg(long, default_value_t = 0)]
        port: u16,
        /// Milliseconds to add to every call
        #[arg(long, value_name = "MS", default_value_t = 0)]
        latency: u64,
    },
    /// Change something behind rolecall's back, as a manual edit would
    Tamper {
        /// The change to make
        #[arg(value_parser = tampering())]
        kind: Tamper,
        #[command(flatten)]
        common: CommonOptions,
    },
    /// Delete the sandbox's state
    Reset {
        #[command(flatten)]
        common: CommonOptions,
    },
}

fn tampering() -> impl TypedValueParser<Value = Tamper> {
    let kinds = PossibleValuesParser::new(Tamper::ALL.map(Tamper::name));
    kinds.try_map(|name| Tamper::from_name(&name).ok_or("no such change"))
}
