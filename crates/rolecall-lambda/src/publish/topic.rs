//! The message to people: a subject for a mail, and the report in Markdown.

use rolecall::exit::ExitCode;
use rolecall::report::{AnyReport, Format, Report};

use super::role_name;
use crate::event::{Call, told};

/// "Less than 100 characters long", and no line breaks or control characters (SNS API Reference, Publish). Mail clients
/// and the older wording of that page want ASCII.
const LONGEST_SUBJECT: usize = 99;

/// "By default, a message can be at most 256 KiB in size" (ibid.), with some room for what SNS puts around it.
const LARGEST: usize = 256 * 1024 - 4 * 1024;

/// How it ended, in one line.
pub(super) fn subject(command: &str, roles: &[(&str, &Report)], call: Option<&Call>) -> String {
    let what = match roles {
        [(name, role)] => format!("{} {}", role_name(name, role), in_words(role.exit)),
        roles => {
            let ends = [
                ExitCode::Failed,
                ExitCode::Usage,
                ExitCode::Refuted,
                ExitCode::Inconclusive,
                ExitCode::Pending,
                ExitCode::Success,
            ];
            let counts = ends.map(|exit| (roles.iter().filter(|(_, role)| role.exit == exit).count(), exit));
            let counts = counts.into_iter().filter(|(count, _)| *count > 0);
            let counts: Vec<String> =
                counts.map(|(count, exit)| format!("{count} {}", in_words(exit))).collect();
            format!("{} roles: {}", roles.len(), counts.join(", "))
        }
    };
    let after = call.map(|call| format!(" after {}", call.operation)).unwrap_or_default();
    one_line(&format!("rolecall {command}: {what}{after}"))
}

/// What SNS takes as a subject.
pub(super) fn one_line(line: &str) -> String {
    line.chars().map(|one| if (' '..='~').contains(&one) { one } else { '?' }).take(LONGEST_SUBJECT).collect()
}

fn in_words(exit: ExitCode) -> &'static str {
    match exit {
        ExitCode::Success => "as it should be",
        ExitCode::Failed => "could not be checked",
        ExitCode::Usage => "has no valid manifest",
        ExitCode::Pending => "drifted",
        ExitCode::Refuted => "REFUTED",
        ExitCode::Inconclusive => "undecided",
    }
}

/// The report, cut at the end of a line to what SNS takes.
pub(super) fn message(report: &AnyReport, call: Option<&Call>) -> String {
    let preface = call.map(|call| format!("{}\n", told::preface(call))).unwrap_or_default();
    fitting(preface + &report.render(Format::Markdown), "`rolecall drift` and the function's answer have")
}

/// The text, cut at the end of a line to what SNS takes; `others` have all of it.
pub(super) fn fitting(text: String, others: &str) -> String {
    if text.len() <= LARGEST {
        return text;
    }
    let cut = format!("\n\n… (cut here: SNS takes no more; {others} all of it)\n");
    let room = text.floor_char_boundary(LARGEST.saturating_sub(cut.len()));
    let kept = text.get(..room).unwrap_or_default();
    let end = kept.rfind('\n').unwrap_or(room);
    kept.get(..end).unwrap_or_default().to_owned() + &cut
}

#[cfg(test)]
mod tests {
    use super::super::tests::{drifted, failed, fine, refuted};
    use super::*;

    #[test]
    fn subjects() {
        let (fine, drifted, refuted, failed) = (fine(), drifted(), refuted(), failed());
        let long = format!("s3://größe/{}", "x".repeat(200));
        for (roles, expected) in [
            (vec![("a", &drifted)], "rolecall drift: GenesysDataActionRole drifted"),
            (vec![("a", &refuted)], "rolecall drift: GenesysDataActionRole REFUTED"),
            (vec![("s3://bucket/a", &failed)], "rolecall drift: s3://bucket/a could not be checked"),
            (
                vec![("a", &fine), ("b", &drifted), ("c", &refuted), ("d", &failed), ("e", &drifted)],
                "rolecall drift: 5 roles: 1 could not be checked, 1 REFUTED, 2 drifted, 1 as it should be",
            ),
        ] {
            assert_eq!(subject("drift", &roles, None), expected);
        }
        let cut = subject("drift", &[(&long, &failed)], None);
        assert!(cut.len() == LONGEST_SUBJECT && cut.starts_with("rolecall drift: s3://gr??e/xxx"), "{cut}");
    }

    #[test]
    fn a_message_is_never_too_large() {
        for line in ["| a row of a table |\n", "no end of line ", "€𝄞ü\n"] {
            let message = fitting(line.repeat(LARGEST), "others have");
            assert!(message.len() <= LARGEST && message.len() > LARGEST - 200, "{}", message.len());
            assert!(message.ends_with("have all of it)\n"));
        }
        assert_eq!(fitting("short\n".to_owned(), "others have"), "short\n");
    }
}
