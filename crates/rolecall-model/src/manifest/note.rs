//! What is said about a manifest: faults and warnings, each with its place, rendered as plain text.
//!
//! A line that seems to hold a secret is shown without its value: manifests are read in CI, and their faults end
//! up in logs. The library that draws the lines gets them without the value too.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

/// One fault or warning: where it is, what is wrong and the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The file as the user named it.
    pub file: String,
    /// The place in the file; absent where the note is about the file as a whole.
    pub place: Option<Place>,
    /// What is wrong, and what to do about it.
    pub message: String,
}

/// A place in the manifest's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The line, counted from one.
    pub line: usize,
    /// The column in characters, counted from one.
    pub column: usize,
    /// The number of characters that the note is about, at least one and never past the end of the line.
    pub width: usize,
    /// The line's text, without a secret's value.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Note { file, place, message } = self;
        let Some(Place { line, column, width, text }) = place else {
            return write!(formatter, "{file}: {message}");
        };
        // The place stands before the message, not in the line below as rustc has it: editors and CI find it there.
        let title = format!("{file}:{line}:{column}: {message}");
        let byte = |character| text.char_indices().nth(character).map_or(text.len(), |(at, _)| at);
        let span = byte(column - 1)..byte(column - 1 + width);
        let snippet = Snippet::source(text).line_start(*line).annotation(AnnotationKind::Primary.span(span));
        let report = [Group::with_title(Level::ERROR.no_name().primary_title(title)).element(snippet)];
        formatter.write_str(&Renderer::plain().render(&report))
    }
}

/// Nobody reads more faults at once; the rest shows when these are mended.
const MAX_SHOWN: usize = 100;

/// Everything that is wrong with a manifest, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Faults(pub Vec<Note>);

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, note) in self.0.iter().take(MAX_SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{note}")?;
        }
        match self.0.len().checked_sub(MAX_SHOWN) {
            Some(more @ 1..) => write!(formatter, "\nand {more} more"),
            Some(0) | None => Ok(()),
        }
    }
}

impl std::error::Error for Faults {}

/// Collects faults and warnings while a manifest is read.
pub(super) struct Notes<'text> {
    file: &'text str,
    text: &'text str,
    line_starts: Vec<usize>,
    faults: Vec<Note>,
    warnings: Vec<Note>,
}

/// The bytes of the manifest that something is about; `None` for the file as a whole.
pub(super) type Span = Option<Range<usize>>;

impl<'text> Notes<'text> {
    pub(super) fn new(file: &'text str, text: &'text str) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Notes { file, text, line_starts, faults: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn fault(&mut self, span: Span, message: impl Into<String>) {
        let note = self.note(span, &message.into());
        self.faults.push(note);
    }

    pub(super) fn warn(&mut self, span: Span, message: impl Into<String>) {
        let note = self.note(span, &message.into());
        self.warnings.push(note);
    }

    pub(super) fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// The value with the warnings, or the faults; each in the order of the file, the file as a whole first.
    pub(super) fn conclude<T>(mut self, value: Option<T>) -> Result<(T, Vec<Note>), Faults> {
        let by_place = |note: &Note| note.place.as_ref().map(|place| (place.line, place.column));
        self.faults.sort_by_key(by_place);
        self.warnings.sort_by_key(by_place);
        match value {
            Some(value) if self.faults.is_empty() => Ok((value, self.warnings)),
            Some(_) | None => Err(Faults(self.faults)),
        }
    }

    fn note(&self, span: Span, message: &str) -> Note {
        Note {
            file: self.file.to_owned(),
            place: span.map(|span| self.place(&span)),
            message: printable(message, MAX_MESSAGE),
        }
    }

    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        // The last start that is not past the span; the first start is 0, so there is always one.
        let line = self.line_starts.partition_point(|start| *start <= span.start);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let whole = self.text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
        let characters = |range: Range<usize>| self.text.get(range).unwrap_or_default().chars().count();
        let before = characters(start..span.start);
        let text = printable(&conceal(whole), MAX_LINE);
        let room = text.chars().count().saturating_sub(before);
        let width = characters(span.clone()).min(room).max(1);
        Place { line, column: before + 1, width, text }
    }
}

/// Words in a key whose value must not be printed.
const SECRET_WORDS: [&str; 9] =
    ["secret", "password", "passwd", "token", "authorization", "api_key", "api-key", "apikey", "cookie"];

/// Whether a key of this name holds a secret.
#[must_use]
pub fn names_secret(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| lower.contains(word))
}

/// The line, cut before a value that seems to be a secret, or before the user name and password of an address.
/// References to secrets (an ARN, a `${credentials…}` placeholder) are not secrets.
fn conceal(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let after = |start: usize, end: &str| lower.get(start..)?.find(end).map(|at| start + at + end.len());
    // A parameter of SSM is named in [genesys.credentials], and the secret itself may stand there by mistake. The address of a
    // webhook may hold a token.
    let words = SECRET_WORDS.iter().chain(&["parameter", "webhook"]);
    let value_at = words.filter_map(|word| after(lower.find(word)?, "=")).min();
    // With a scheme or without, and whatever the password is.
    let user_at = after(0, "://").or_else(|| after(0, "=")).filter(|at| {
        let before = lower.get(*at..).and_then(|value| value.split_once('@'));
        before.is_some_and(|(user, _)| user.contains(':') || lower.contains("://"))
    });
    let cut =
        value_at.filter(|at| !lower.get(*at..).is_some_and(is_reference)).into_iter().chain(user_at).min();
    match cut.and_then(|at| line.split_at_checked(at)) {
        Some((shown, _)) => format!("{shown} …"),
        None => line.to_owned(),
    }
}

fn is_reference(value: &str) -> bool {
    value.trim_start().trim_start_matches(['"', '\'']).starts_with("arn:") || value.contains("${credentials.")
}

/// The most characters that are shown of a message and of a line.
const MAX_MESSAGE: usize = 1000;
const MAX_LINE: usize = 200;

/// The start of the text with control characters made visible, so that no text of the file steers the terminal.
fn printable(text: &str, most: usize) -> String {
    let visible =
        |character: char| if character.is_control() && character != '\t' { '\u{fffd}' } else { character };
    let mut shown: String = text.chars().take(most).map(visible).collect();
    if text.chars().nth(most).is_some() {
        shown.push('…');
    }
    shown
}
