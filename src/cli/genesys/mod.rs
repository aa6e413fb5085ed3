//! `rolecall genesys`: the Genesys Cloud side, one file a command.

mod connection;
mod whoami;

use rolecall::report::ExitCode;

pub(crate) use self::connection::Connection;
use super::options::GenesysCommand;
use super::printer::Printer;

pub(crate) async fn run(command: &GenesysCommand, printer: &mut Printer) -> anyhow::Result<ExitCode> {
    match command {
        GenesysCommand::Whoami(options) => whoami::run(options, printer).await,
    }
}
