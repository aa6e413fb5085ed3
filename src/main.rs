//! The `rolecall` command: one shell over the library's operations.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
