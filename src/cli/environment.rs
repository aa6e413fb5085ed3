//! An empty variable is an unset one: CI systems make them of secrets and inputs that nobody stated.
//!
//! The libraries below do not agree on it (the AWS SDK panics over an empty `AWS_ENDPOINT_URL`), and a process cannot take a
//! variable out of its own environment without `unsafe`. So the program begins once more without the empty ones.
//!
//! Deliberately absent: the variables of proxies. An empty `HTTPS_PROXY` goes before `https_proxy`, as it does in curl.

use std::env;
use std::ffi::OsString;
use std::io;

/// Prefixes of the variables that are meant.
const OURS: [&str; 4] = ["AWS_", "GENESYSCLOUD_", "ROLECALL_", "SSL_CERT_"];

/// Begins once more if there is an empty variable; comes back if there is none, or if that cannot be done.
pub(super) fn leave_out_empty() -> io::Result<()> {
    let empty: Vec<OsString> = env::vars_os()
        .filter(|(name, value)| {
            value.is_empty()
                && name.to_str().is_some_and(|name| OURS.iter().any(|ours| name.starts_with(ours)))
        })
        .map(|(name, _)| name)
        .collect();
    if empty.is_empty() { Ok(()) } else { begin_without(&empty) }
}

#[cfg(unix)]
fn begin_without(variables: &[OsString]) -> io::Result<()> {
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    let mut arguments = env::args_os();
    let program = arguments.next().unwrap_or_else(|| "rolecall".into());
    let mut command = Command::new(env::current_exe()?);
    command.arg0(program).args(arguments);
    for variable in variables {
        command.env_remove(variable);
    }
    Err(command.exec())
}

/// On Windows a variable that is set to nothing is not set.
#[cfg(not(unix))]
fn begin_without(_: &[OsString]) -> io::Result<()> {
    Ok(())
}
