//! The files that a command is given: named, or standard input as `-`; never more of one than is read anyway.

use rolecall::failure::UsageError;
use std::io::Read;
use std::path::Path;

use rolecall::extract::text;

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
    // One byte more than the limit shows that there is more.
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    let read = if path.as_os_str() == STANDARD_INPUT {
        std::io::stdin().lock().take(most).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes))
    };
    read.map_err(|error| failed(&error))?;
    text(bytes, limit).map_err(|error| failed(&error))
}
