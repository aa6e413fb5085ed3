//! Which manifests are meant: paths and patterns become files, each of them once.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use glob::MatchOptions;

use crate::cli::printer::Printer;
use rolecall::error_code::ErrorCode;
use rolecall::failure::UsageError;

/// As a shell matches: `*` stops at a folder's end, and hidden files are named or left out.
const AS_A_SHELL: MatchOptions =
    MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: true };

/// Whether several manifests are named, or a pattern, which may match several another time.
pub(crate) fn are_many(named: &[PathBuf]) -> bool {
    named.len() > 1 || named.iter().any(|path| is_pattern(path))
}

/// A file may be called `[a].toml`: what exists is no pattern.
fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[']) && !path.exists()
}

/// The files in the order in which they are named, those of a pattern in that of the alphabet.
pub(super) fn expand(named: &[PathBuf], printer: &mut Printer) -> Result<Vec<PathBuf>, UsageError> {
    let mut files = all(named)?;
    let mut seen = HashSet::new();
    files.retain(|file| {
        // What cannot be found is reported when it is read.
        let is_new = seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone()));
        if !is_new {
            printer.warning(&format!("`{}` is named more than once; it is read once", file.display()));
        }
        is_new
    });
    Ok(files)
}

/// The same, each as often as it is named.
pub(crate) fn all(named: &[PathBuf]) -> Result<Vec<PathBuf>, UsageError> {
    let mut files = Vec::new();
    for path in named {
        match is_pattern(path) {
            true => files.extend(matches(path)?),
            false => files.push(path.clone()),
        }
    }
    Ok(files)
}

fn matches(pattern: &Path) -> Result<Vec<PathBuf>, UsageError> {
    let shown = pattern.display();
    let found = glob::glob_with(&pattern.to_string_lossy(), AS_A_SHELL)
        .map_err(|error| UsageError::new(format!("`{shown}` is not a pattern: {}", error.msg), None))?;
    let found: Vec<PathBuf> = found
        .collect::<Result<_, _>>()
        .map_err(|error| UsageError::new(format!("cannot look for `{shown}`: {error}"), None))?;
    let files: Vec<PathBuf> = found.into_iter().filter(|path| path.is_file()).collect();
    if files.is_empty() {
        let hint =
            "quote the pattern, so that the shell leaves it alone; `**` stands for folders within folders";
        return Err(UsageError::coded(
            ErrorCode::ManifestMissing,
            format!("no manifest matches `{shown}`"),
            Some(hint),
        ));
    }
    Ok(files)
}
