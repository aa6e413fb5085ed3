//! The files that a command is given: named, a pipe of the shell (`<(…)`), or standard input as `-`; never more of one than is
//! read anyway.

use rolecall::connect::Loaded;
use rolecall::error_code::ErrorCode;
use rolecall::failure::{CommandResult, UsageError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rolecall::extract::text;
use rolecall_model::file;

/// How long a pipe may go without a writer. The shell of `<(…)` has opened it already.
const UNTIL_WRITER: Duration = Duration::from_secs(5);

/// What standard input is called on the command line.
const STANDARD_INPUT: &str = "-";

pub(crate) fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == STANDARD_INPUT
}

/// The manifest in a file, or on standard input; what that names is then beside nothing, so in the current folder.
pub(crate) fn manifest(path: &Path) -> CommandResult<Loaded> {
    match is_standard_input(path) {
        true => Ok(Loaded::parse(&read(path, file::LARGEST)?, &label(path))?),
        false => Ok(Loaded::load(path)?),
    }
}

/// A file as headings call it.
pub(crate) fn label(path: &Path) -> String {
    if is_standard_input(path) { "standard input".to_owned() } else { path.display().to_string() }
}

/// A file as messages call it.
pub(crate) fn name(path: &Path) -> String {
    if is_standard_input(path) { label(path) } else { format!("`{}`", path.display()) }
}

/// The text of a file of at most so many bytes.
pub(crate) fn read(path: &Path, limit: usize) -> Result<String, UsageError> {
    let failed = |error: &dyn std::fmt::Display| {
        UsageError::coded(ErrorCode::Local, format!("cannot read {}: {error}", name(path)), None)
    };
    let read = match is_standard_input(path) {
        true => file::read_all(std::io::stdin().lock(), limit),
        false => file::read_or_pipe(path, limit, UNTIL_WRITER),
    };
    match read {
        Ok(bytes) => text(bytes, limit).map_err(|error| {
            let message = format!("cannot read {}: {error}", name(path));
            UsageError::coded(ErrorCode::Document, message, None)
        }),
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            let hint = "pipe the text into rolecall and name `-`, which is standard input";
            Err(UsageError::coded(
                ErrorCode::Local,
                format!("cannot read {}: {error}", name(path)),
                Some(hint),
            ))
        }
        Err(error) => Err(failed(&error)),
    }
}
