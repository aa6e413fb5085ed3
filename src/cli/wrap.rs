//! Text in the width of a terminal: lines end between words, and what follows stands below what it belongs to.
//!
//! A terminal breaks a line in the middle of a word, and a report of claims and ARNs becomes hard to read. A long ARN begins further
//! to the left, so that it fits; a word that is longer than the whole line stays whole, so that it can be copied. Colours have no width.
//!
//! Deliberately absent: anything for a pipe or a file, where a line is a line; and formats that programs read.

use console::{measure_text_width, strip_ansi_codes};

/// Narrower terminals are left alone: nothing would be easier to read.
const NARROWEST: usize = 40;

/// What goes on below a line is further in.
const LEAST_INDENTATION: usize = 2;

/// Labels, and the columns of a table before its last, are no wider; two spaces further to the right are not behind one.
const WIDEST_LABEL: usize = 34;

/// The text, with no line wider than this unless a word is.
pub(super) fn wrap(text: &str, width: usize) -> String {
    if width < NARROWEST {
        return text.to_owned();
    }
    text.split_inclusive('\n').map(|line| wrap_line(line, width)).collect()
}

/// The text behind a label on its first line, which is as wide as that.
pub(super) fn wrap_behind(label: &str, text: &str, width: usize) -> String {
    let wrapped = wrap(&format!("{label}{text}"), width);
    wrapped.strip_prefix(label).map_or_else(|| text.to_owned(), str::to_owned)
}

fn wrap_line(line: &str, width: usize) -> String {
    if measure_text_width(line.trim_end()) <= width {
        return line.to_owned();
    }
    let hanging = hanging(&strip_ansi_codes(line), width);
    let mut wrapped = String::new();
    let mut column = 0;
    let mut has_word = false;
    for word in line.split_inclusive(' ') {
        let (bare, whole) =
            (measure_text_width(word.trim_end()), measure_text_width(word.trim_end_matches('\n')));
        if has_word && bare > 0 && column + bare > width {
            wrapped.truncate(wrapped.trim_end_matches(' ').len());
            wrapped.push('\n');
            // A long ARN is moved to the left until it fits.
            let indentation = hanging.min(width.saturating_sub(bare).max(LEAST_INDENTATION));
            wrapped.push_str(&" ".repeat(indentation));
            column = indentation;
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
    // A gap ends where a text begins behind two spaces.
    let gaps = rest.char_indices().filter(|(_, character)| *character != ' ').filter_map(|(at, _)| {
        let before = rest.get(..at).filter(|before| before.ends_with("  "))?;
        Some(indentation + measure_text_width(before))
    });
    gaps.rev().find(|column| *column <= WIDEST_LABEL).unwrap_or(indentation + 2).min(width / 2)
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
    fn a_line_of_a_table_goes_on_in_its_last_column() {
        let text =
            "  refuted  refuted    -          a session can do nothing but invoke the target functions\n";
        insta::assert_snapshot!(wrap(text, 70), @"
        refuted  refuted    -          a session can do nothing but invoke
                                       the target functions
        ");
    }

    #[test]
    fn a_long_arn_is_moved_to_the_left_until_it_fits() {
        let text = "  proved     somebody may call arn:aws:lambda:us-east-1:123456789012:function:orders and no more\n";
        insta::assert_snapshot!(wrap(text, 60), @"
        proved     somebody may call
             arn:aws:lambda:us-east-1:123456789012:function:orders
                   and no more
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
