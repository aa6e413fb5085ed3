//! Annotations of GitHub Actions: workflow commands on standard output, one line an issue.
//!
//! Escaping follows GitHub's own toolkit (actions/toolkit, packages/core/src/command.ts): `%`, CR and LF everywhere, `:` and
//! `,` in properties too.

use std::fmt::Write as _;

use super::issue::{Issue, Level};
use super::{ExitCode, Report};

impl Report {
    pub(super) fn to_github(&self) -> String {
        let mut text = String::new();
        if let Some(error) = self.error_text() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "::error title={}::{}", property(&self.title()), data(&error));
        }
        for Issue { title, level, message, position, .. } in self.issues() {
            let command = match level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note => "notice",
            };
            let file = property(&position.file.replace('\\', "/"));
            let _ = writeln!(
                text,
                "::{command} file={file},line={},col={},title={}::{}",
                position.line,
                position.column,
                property(&title),
                data(&message)
            );
        }
        if text.is_empty() {
            let _ = writeln!(text, "::notice title={}::{}", property(&self.title()), data(&self.verdict()));
        }
        text
    }

    /// The command, as a title.
    pub(super) fn title(&self) -> String {
        format!("rolecall {}", self.command)
    }

    /// How it ended, in a few words.
    pub(super) fn verdict(&self) -> String {
        match ExitCode::ALL.into_iter().find(|exit| exit.code() == self.exit_code) {
            Some(exit) => exit.meaning().to_owned(),
            None => format!("exit code {}", self.exit_code),
        }
    }
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
