//! `rolecall genesys`: the Genesys Cloud side, one file a command.

mod action;
mod audit;
mod connect;
mod connection;
pub(crate) mod metrics;
mod side;
mod whoami;

use rolecall::exit::ExitCode;

pub(crate) use self::connection::Connection;
pub(crate) use self::side::Side;
use super::options::GenesysCommand;
use super::printer::Printer;
use rolecall::failure::CommandResult;

pub(crate) async fn run(command: &GenesysCommand, printer: &mut Printer) -> CommandResult<ExitCode> {
    match command {
        GenesysCommand::Whoami(options) => whoami::run(options, printer).await,
        GenesysCommand::Connect(options) => connect::run(options, printer).await,
        GenesysCommand::Action(command) => action::run(command, printer).await,
        GenesysCommand::Audit(options) => audit::run(options, printer).await,
        GenesysCommand::Metrics(options) => metrics::run(options, printer).await,
    }
}
