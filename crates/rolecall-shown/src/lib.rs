//! Text of others as it is shown: on one line, and nothing in it steers a terminal, a log or a reader's eye.
//!
//! Names in Genesys Cloud, names of inline policies, tags and error messages are written by others. [`Shown`] shows what
//! such a text holds beyond plain text: control characters (ESC and C1 start terminal sequences, a line end starts a line
//! that looks like ours), marks that turn the direction of text around (CVE-2021-42574), and characters without a width,
//! with which two names look alike. [`neutral`] does the same to a whole page at the door, where line ends are our own.
//!
//! What is replaced becomes the escape of JSON (`\u001b`): a JSON document stays one, with the same meaning.

use std::fmt::{self, Display, Write as _};

/// What is shown of one text at most. Explanations of a claim have a few thousand characters.
const LONGEST: usize = 20_000;

/// Shows a text on one line, without anything that steers.
#[derive(Clone, Copy, Debug)]
pub struct Shown<T>(pub T);

impl<T: AsRef<str>> Display for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_ref();
        if text.len() <= LONGEST && text.chars().all(|character| !steers(character)) {
            return f.pad(text);
        }
        let mut escaped = String::new();
        for (index, character) in text.chars().enumerate() {
            if index == LONGEST {
                escaped.push('…');
                break;
            }
            write(character, &mut escaped);
        }
        f.pad(&escaped)
    }
}

/// Whether a character does more than to stand in a line of text.
#[must_use]
pub fn steers(character: char) -> bool {
    matches!(
        character,
        // C0, DEL and C1.
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Soft hyphen, Arabic letter mark, Hangul fillers, Mongolian vowel separator: nothing is to be seen of them.
        | '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{ffa0}'
        // Without a width; marks, embeddings, overrides and isolates of direction; line and paragraph separators.
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        // Tags: a second, invisible ASCII.
        | '\u{e0000}'..='\u{e007f}'
    )
}

/// A character, or its escape.
fn write(character: char, text: &mut String) {
    match character {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        character if steers(character) => escape(character, text),
        character => text.push(character),
    }
}

fn escape(character: char, text: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a String cannot fail.
        let _ = write!(text, "\\u{unit:04x}");
    }
}

/// A page with lines of our own. `is_own` is asked at each ESC, with the rest of the page: it answers with the length of a
/// sequence of ours, which passes. Nothing else in the page steers.
///
/// A runner of GitHub Actions takes a line that begins with `::` as a command, after white space too, and one of Azure
/// Pipelines `##[` and `##vso[` anywhere in a line (actions/runner, `ActionCommand.cs`, keeps to both). So they are taken
/// apart, unless the page is made of commands (`are_commands`).
#[must_use]
pub fn neutral(page: &str, are_commands: bool, is_own: impl Fn(&str) -> Option<usize>) -> String {
    let mut text = String::with_capacity(page.len());
    let mut is_line_start = true;
    let mut rest = page;
    while let Some(character) = rest.chars().next() {
        if character == '\u{1b}'
            && let Some((own, after)) = is_own(rest).and_then(|length| rest.split_at_checked(length))
        {
            text.push_str(own);
            rest = after;
            continue;
        }
        match character {
            '\n' | '\t' => text.push(character),
            ':' if is_line_start && !are_commands && rest.starts_with("::") => escape(character, &mut text),
            '#' if ["##[", "##vso["].iter().any(|command| rest.starts_with(command)) => {
                escape(character, &mut text);
            }
            character => write(character, &mut text),
        }
        is_line_start = character == '\n' || (is_line_start && character.is_whitespace());
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The colours of a door that has one.
    fn red(page: &str) -> Option<usize> {
        page.starts_with("\u{1b}[31m").then_some(5)
    }

    #[test]
    fn a_text_stays_on_its_line_and_steers_nothing() {
        for (text, shown) in [
            ("Orders & Größe 注文 🚚", "Orders & Größe 注文 🚚"),
            ("a\u{1b}[2Jb", "a\\u001b[2Jb"),
            ("a\u{9b}31mb\u{7f}", "a\\u009b31mb\\u007f"),
            ("a\r\n::error::b\tc", "a\\r\\n::error::b\\tc"),
            ("evil\u{202e}txt.exe\u{2066}", "evil\\u202etxt.exe\\u2066"),
            ("ad\u{200b}min\u{feff}", "ad\\u200bmin\\ufeff"),
            ("\u{e0041}", "\\udb40\\udc41"),
        ] {
            assert_eq!(Shown(text).to_string(), shown);
        }
        assert_eq!(format!("{:<4}|", Shown("ab")), "ab  |");
        assert_eq!(Shown("x".repeat(LONGEST + 1)).to_string(), "x".repeat(LONGEST) + "…");
    }

    #[test]
    fn the_escape_of_a_json_document_means_the_same() {
        let text = "a\u{9b}\u{202e}\u{e0041}##[x";
        let document = serde_json::to_string(text).unwrap();
        let page = neutral(&document, false, |_| None);
        assert!(page.is_ascii(), "{page}");
        assert_eq!(serde_json::from_str::<String>(&page).unwrap(), text);
    }

    #[test]
    fn no_line_of_a_page_is_a_command_and_only_own_sequences_pass() {
        for (page, shown) in [
            (
                "a\n::error::b\n  ::set-output::c\nd::e\n",
                "a\n\\u003a:error::b\n  \\u003a:set-output::c\nd::e\n",
            ),
            ("a ##[error]b ##vso[c] ## d", "a \\u0023#[error]b \\u0023#vso[c] ## d"),
            ("\u{1b}[31mred\u{1b}[32mno", "\u{1b}[31mred\\u001b[32mno"),
            ("a\tb\rc", "a\tb\\rc"),
        ] {
            assert_eq!(neutral(page, false, red), shown);
        }
        assert_eq!(neutral("::error::a\n", true, red), "::error::a\n");
    }
}
