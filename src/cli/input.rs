//! The files that a command is given: named, a pipe of the shell (`<(…)`), or standard input as `-`; never more of one than is
//! read anyway.

use rolecall::failure::UsageError;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use rolecall::extract::text;
use rolecall_model::file;

/// How long a pipe may go without a writer. The shell of `<(…)` has opened it already.
const UNTIL_WRITER: Duration = Duration::from_secs(5);

/// What standard input is called on the command line.
const STANDARD_INPUT: &str = "-";

/// A file as headings call it.
pub(crate) fn label(path: &Path) -> String {
    if path.as_os_str() == STANDARD_INPUT { "standard input".to_owned() } else { path.display().to_string() }
}

/// A file as messages call it.
pub(crate) fn name(path: &Path) -> String {
    if path.as_os_str() == STANDARD_INPUT { label(path) } else { format!("`{}`", path.display()) }
}

/// The text of a file of at most so many bytes.
pub(crate) fn read(path: &Path, limit: usize) -> Result<String, UsageError> {
    let failed =
        |error: &dyn std::fmt::Display| UsageError::new(format!("cannot read {}: {error}", name(path)), None);
    let read = match path.as_os_str() == STANDARD_INPUT {
        true => file::read_all(std::io::stdin().lock(), limit),
        false => file::read_or_pipe(path, limit, UNTIL_WRITER),
    };
    match read {
        Ok(bytes) => text(bytes, limit).map_err(|error| failed(&error)),
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            let hint = "pipe the text into rolecall and name `-`, which is standard input";
            Err(UsageError::new(format!("cannot read {}: {error}", name(path)), Some(hint)))
        }
        Err(error) => Err(failed(&error)),
    }
}
