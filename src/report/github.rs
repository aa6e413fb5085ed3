//! Annotations of GitHub Actions: workflow commands on standard output, one line an issue.
//!
//! Escaping follows GitHub's own toolkit (actions/toolkit, packages/core/src/command.ts): `%`, CR and LF everywhere, `:` and
//! `,` in properties too.

use super::issue::{Issue, Level};
use super::{Report, UnexaminedView};

impl Report {
    pub(super) fn to_github(&self) -> String {
        let mut text = String::new();
        if let Some(error) = self.error_text() {
            text += &self.error_annotation(&error);
        }
        // A claim that a difference breaks is told with the difference.
        let issues = self.issues_with(|claim| !self.is_told(claim));
        text.extend(issues.iter().map(Issue::annotation));
        match text.is_empty() {
            // The verdict says what was not looked at.
            true => notice(&self.title(), &self.verdict()),
            false => text + &self.unexamined_annotation(),
        }
    }

    /// That nobody looked at one side, as a line; empty where somebody did.
    pub(super) fn unexamined_annotation(&self) -> String {
        let unexamined = self.unexamined.map(UnexaminedView::to_text);
        unexamined.map(|text| notice(&self.title(), &text)).unwrap_or_default()
    }

    /// What went wrong, as a line.
    pub(super) fn error_annotation(&self, error: &str) -> String {
        format!("::error title={}::{}\n", property(&self.title()), data(error))
    }

    /// The command, as a title.
    pub(super) fn title(&self) -> String {
        match &self.manifest {
            Some(manifest) => format!("rolecall {} of {manifest}", self.command),
            None => format!("rolecall {}", self.command),
        }
    }
}

impl Issue {
    /// The issue as a line.
    pub(super) fn annotation(&self) -> String {
        let Self { title, level, message, position, .. } = self;
        let command = match level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let file = property(&position.file.replace('\\', "/"));
        let (line, column) = (position.line, position.column);
        let (title, message) = (property(title), data(message));
        format!("::{command} file={file},line={line},col={column},title={title}::{message}\n")
    }
}

/// That there is nothing to annotate.
pub(super) fn notice(title: &str, verdict: &str) -> String {
    format!("::notice title={}::{}\n", property(title), data(verdict))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        assert_eq!(data("100%\r\n::error::x, y"), "100%25%0D%0A::error::x, y");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }
}
