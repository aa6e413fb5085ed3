//! Text in the width of a terminal: lines end between words, and what follows stands below what it belongs to.
//!
//! A terminal breaks a line in the middle of a word, and a report of claims and ARNs becomes hard to read. A word that is longer
//! than the line stays whole. Colours have no width.
//!
//! Deliberately absent: anything for a pipe or a file, where a line is a line; and formats that programs read.

use console::{measure_text_width, strip_ansi_codes};

/// Narrower terminals are left alone: nothing would be easier to read.
const NARROWEST: usize = 40;

/// Labels are no wider; two spaces further to the right are not behind a label.
const WIDEST_LABEL: usize = 32;

/// The text, with no line wider than this unless a word is.
pub(super) fn wrap(text: &str, width: usize) -> String {
    if width < NARROWEST {
        return text.to_owned();
    }
    text.split_inclusive('\n').map(|line| wrap_line(line, width)).collect()
}

fn wrap_line(line: &str, width: usize) -> String {
    if measure_text_width(line.trim_end()) <= width {
        return line.to_owned();
    }
    let hanging = " ".repeat(hanging(&strip_ansi_codes(line), width));
    let mut wrapped = String::new();
    let mut column = 0;
    let mut has_word = false;
    for word in line.split_inclusive(' ') {
        let (bare, whole) =
            (measure_text_width(word.trim_end()), measure_text_width(word.trim_end_matches('\n')));
        if has_word && bare > 0 && column + bare > width {
            wrapped.truncate(wrapped.trim_end_matches(' ').len());
            wrapped.push('\n');
            wrapped.push_str(&hanging);
            column = hanging.len();
        }
        wrapped.push_str(word);
        column += whole;
        has_word |= bare > 0;
    }
    wrapped
}

/// Where the lines that follow begin: below the text behind a label, else a little further in than the line itself.
fn hanging(line: &str, width: usize) -> usize {
    let indentation = line.len() - line.trim_start_matches(' ').len();
    let rest = line.trim_start_matches(' ');
    let behind_label = rest.find("  ").map(|end| {
        let spaces = rest.get(end..).map_or(0, |gap| gap.len() - gap.trim_start_matches(' ').len());
        indentation + end + spaces
    });
    behind_label.filter(|column| *column <= WIDEST_LABEL).unwrap_or(indentation + 2).min(width / 2)
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_end_between_words_and_go_on_below_their_text() {
        let text = "  proved     the trusted principals can assume the role only with the external ID `5f6b2c1e`\nshort\n";
        insta::assert_snapshot!(wrap(text, 60), @"
          proved     the trusted principals can assume the role only
                     with the external ID `5f6b2c1e`
        short
        ");
    }

    #[test]
    fn a_word_is_never_broken_and_colours_have_no_width() {
        let arn =
            "arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke";
        let text = format!("  \u{1b}[32m+\u{1b}[0m create policy {arn}\n");
        let wrapped = wrap(&text, 60);
        assert!(wrapped.contains(arn), "{wrapped:?}");
        assert_eq!(
            wrapped.split_whitespace().collect::<Vec<_>>(),
            text.split_whitespace().collect::<Vec<_>>()
        );
        let coloured = format!("\u{1b}[32m{}\u{1b}[0m\n", "word ".repeat(12).trim_end());
        assert_eq!(wrap(&coloured, 60), coloured);
    }
}
