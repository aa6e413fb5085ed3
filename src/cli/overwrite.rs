//! One guard for every file that rolecall writes at a place that a user names.
//!
//! Invariants: a file that the command reads, or that its manifest names, is never replaced. Any other file that rolecall did not
//! write is replaced only with `--force`. What is not an ordinary file is never written to. [`super::outputs`] asks before
//! anything is contacted, and [`Guard::write`] asks again.
//!
//! Edits of the manifest are no matter of this guard: `init`, `target` and `genesys action import` check what they find themselves.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use rolecall::desired::exchange::ExchangedAction;
use rolecall::failure::{CommandError, CommandResult, Context as _, UsageError};
use rolecall::manifest::write;
use rolecall::report::saved;
use rolecall_certificate::FIRST_LINE;
use rolecall_model::{file, handover};

use super::input::is_standard_input;

/// What rolecall writes at a place that a user names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Report,
    Plan,
    Handover,
    Action,
    Certificate,
    ManualPage,
}

impl FileKind {
    /// As messages call it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Plan => "saved plan",
            Self::Handover => "handover file",
            Self::Action => "exported action",
            Self::Certificate => "certificate",
            Self::ManualPage => "manual page",
        }
    }

    /// The option that names the place.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Report => "--report",
            Self::Plan | Self::Handover | Self::Action => "--out",
            Self::Certificate => "--smtlib",
            Self::ManualPage => "--dir",
        }
    }

    /// Whether rolecall wrote this file as one of these.
    pub(super) fn wrote_file(self, path: &Path) -> bool {
        beginning(path).is_ok_and(|text| self.wrote(&text))
    }

    /// Whether rolecall wrote this text as one of these. Nothing is lost with an empty file.
    fn wrote(self, text: &str) -> bool {
        text.is_empty()
            || match self {
                Self::Report => is_report(text),
                Self::Plan => saved::is_saved(text),
                Self::Handover => text.starts_with(handover::FIRST_LINE),
                // The user interface exports the same format, laid out in another way.
                Self::Action => ExchangedAction::parse(text).is_ok_and(|action| action.render() == text),
                Self::Certificate => text.starts_with(FIRST_LINE),
                Self::ManualPage => text.contains("\n.TH rolecall"),
            }
    }
}

/// Whether rolecall wrote the text for `--report`, in whatever format. The beginning says it, however long the report is.
fn is_report(text: &str) -> bool {
    let is_json = text.starts_with("{\n  \"command\": \"") && text.contains("\n  \"format_version\": ");
    let is_proof = text.starts_with("{\n  \"result\": \"")
        && (text.contains("\n  \"claims\": [") || text.contains("\n  \"roles\": ["));
    let is_sarif =
        text.starts_with("{\n  \"$schema\": \"") && text.contains("\n          \"name\": \"rolecall\"");
    let is_junit = text.contains("<testsuites name=\"rolecall ");
    let is_github = text
        .lines()
        .all(|line| ["::error ", "::warning ", "::notice "].iter().any(|command| line.starts_with(command)));
    let is_markdown = (text.starts_with("# rolecall ") || text.starts_with("## rolecall "))
        && text.lines().any(|line| line.strip_prefix("rolecall ").is_some_and(starts_with_digit));
    let is_html = text.contains("<meta name=\"generator\" content=\"rolecall ");
    is_json || is_proof || is_sarif || is_junit || is_github || is_markdown || is_html
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
}

/// What may be replaced.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    /// What the command needs: where it is, and what.
    pub(super) kept: Vec<(PathBuf, &'static str)>,
    /// The manifests: what they name is kept, too.
    pub(super) manifests: Vec<PathBuf>,
    /// Whether the user wants files replaced that rolecall did not write.
    pub(super) force: bool,
}

impl Guard {
    /// Refuses a place that cannot be written to, or whose file must stay.
    pub(super) fn check(&self, path: &Path, kind: FileKind) -> Result<(), UsageError> {
        if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) {
            let message = format!(
                "the {} `{}` is not an ordinary file (a symbolic link is not followed)",
                kind.noun(),
                path.display()
            );
            return Err(UsageError::new(message, Some("name a new file, or one that may be replaced")));
        }
        self.check_file(path, kind)
    }

    fn check_file(&self, path: &Path, kind: FileKind) -> Result<(), UsageError> {
        let (noun, option, shown) = (kind.noun(), kind.option(), path.display());
        let another = format!("name another file for the {noun}");
        let place = place(path);
        if let Some((_, what)) = self.kept.iter().find(|(kept, _)| *kept == place) {
            let message = format!("`{option}` would replace {what} `{shown}`");
            return Err(UsageError::new(message, Some(&another)));
        }
        if !path.is_file() {
            return Ok(());
        }
        let named = self.is_named(&place);
        if named == Some(true) {
            let message = format!("`{option}` would replace `{shown}`, which the manifest names");
            return Err(UsageError::new(message, Some(&another)));
        }
        if kind.wrote_file(path) {
            return Ok(());
        }
        let way_out = match (self.force, named) {
            (true, Some(_)) => return Ok(()),
            (true, None) => {
                format!(
                    "{another}; `--force` does not replace this one, because the manifest cannot be read and may name it"
                )
            }
            (false, _) => format!("{another}, or replace this one with `--force`"),
        };
        let message = format!("`{shown}` already exists, and rolecall did not write it as a {noun}");
        Err(UsageError::new(message, Some(&way_out)))
    }

    /// Whether a manifest names the file at that place; `None` where that is not known.
    fn is_named(&self, place: &Path) -> Option<bool> {
        let mut is_known = true;
        for manifest in &self.manifests {
            match strings_of(manifest) {
                Ok(strings) => {
                    let folder = folder(manifest);
                    if strings.iter().any(|string| self::place(&folder.join(string)) == place) {
                        return Some(true);
                    }
                }
                // It is read once, and later.
                Err(_) if is_standard_input(manifest) => is_known = false,
                Err(error) => is_known &= error.kind() == ErrorKind::NotFound,
            }
        }
        is_known.then_some(false)
    }

    /// Writes all of these files, or none if one of them must not be written.
    pub(crate) fn write(&self, kind: FileKind, files: &[(PathBuf, String)]) -> CommandResult<()> {
        files.iter().try_for_each(|(path, _)| self.check(path, kind))?;
        files.iter().try_for_each(|(path, text)| {
            save(kind, path, text)
                .with_context(|| format!("cannot write the {} `{}`", kind.noun(), path.display()))
        })
    }

    /// Writes a report. That it cannot be written ends no command.
    pub(super) fn write_report(&self, path: &Path, text: &str) -> io::Result<()> {
        let refused = self.check_file(path, FileKind::Report).map_err(CommandError::from);
        refused.map_err(|error| io::Error::other(error.message))?;
        save(FileKind::Report, path, text)
    }
}

fn save(kind: FileKind, path: &Path, text: &str) -> io::Result<()> {
    match kind {
        FileKind::Plan => write::save_private(path, text),
        FileKind::Report
        | FileKind::Handover
        | FileKind::Action
        | FileKind::Certificate
        | FileKind::ManualPage => write::save_document(path, text),
    }
}

/// The text of a file, as far as it tells who wrote it.
fn beginning(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(u64::try_from(file::LARGEST).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Every string of a manifest, whatever its key: each may name a file.
fn strings_of(manifest: &Path) -> io::Result<Vec<String>> {
    let text = file::read_text(manifest, file::LARGEST)?;
    let table: toml::Table = text.parse().map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    let mut strings = Vec::new();
    let mut values: Vec<toml::Value> = vec![table.into()];
    while let Some(value) = values.pop() {
        match value {
            toml::Value::String(string) => strings.push(string),
            toml::Value::Array(items) => values.extend(items),
            toml::Value::Table(table) => values.extend(table.into_iter().map(|(_, value)| value)),
            toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_) => {}
        }
    }
    Ok(strings)
}

/// Where a path leads, by whatever name: two paths with one place are one file.
pub(super) fn place(path: &Path) -> PathBuf {
    let named = || Some(folder(path).canonicalize().ok()?.join(path.file_name()?));
    path.canonicalize().ok().or_else(named).unwrap_or_else(|| path.to_path_buf())
}

pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
