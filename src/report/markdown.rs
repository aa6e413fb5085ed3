//! Markdown for the summary of a CI step: what differs first, then what is proved.
//!
//! Names and texts come from AWS and from the manifest; as table cells they are escaped, so that none of them can end the
//! cell, start a tag or become a link, and so that none of them calls anybody: a comment with `@name` would notify `name`.

use std::fmt::Write as _;

use super::Text;
use super::diff::{self, Sign};
use super::human::count;
use super::issue::{Level, capitalized, error_text};
use super::text::join;
use super::{CellView, DeedView, DifferenceView, Report, TestOutcome, VerificationView};
use crate::exit::ExitCode;
use crate::verify::analysis::Opinion;
use crate::verify::claim::ClaimOutcome;
use rolecall_model::shown::{Shown, steers};

/// Values of so many differences are shown; the tables list all.
const DETAILS_SHOWN: usize = 50;

impl Report {
    pub(super) fn to_markdown(&self) -> String {
        let mut text = format!("## {}: {}\n\n", cell(&self.title()), cell(&self.verdict()));
        // Writing to a String cannot fail.
        if let Some(role) = &self.role {
            let _ = writeln!(text, "Role {}, exit code {}.\n", code(&role.arn), self.exit.code());
        }
        let _ = writeln!(text, "{}\n", cell(&self.origin_in_words()));
        if let Some(error) = self.error_text() {
            let _ = writeln!(text, "### Error\n\n{}", fenced("text", &error));
        }
        match &self.drift {
            Some(drift) if self.changes_are_repairs() => text += &drift_section(drift, self.in_sync()),
            // What other tools have to repair stands beside what rolecall does.
            Some(drift) if drift.is_empty() => text += &self.changes_section(),
            Some(drift) => {
                text += &drift_section(drift, self.in_sync());
                if self.changes.iter().flatten().next().is_some() {
                    text += &self.changes_section();
                }
            }
            None => text += &self.changes_section(),
        }
        let notices: Vec<_> = self.genesys.iter().flat_map(|genesys| &genesys.notices).collect();
        for notice in &notices {
            let _ = writeln!(text, "- {}", cell(&notice.message));
        }
        if !notices.is_empty() {
            text.push('\n');
        }
        if let Some(verification) = &self.verification {
            text += &verification_section(verification);
        }
        text += &do_now_section(&self.do_now);
        if let Some(metrics) = &self.metrics {
            let _ = writeln!(text, "{}", metrics.to_markdown());
        }
        for warning in &self.warnings {
            let _ = writeln!(text, "### Warning\n\n{}", fenced("text", warning));
        }
        text.trim_end().to_owned() + "\n"
    }

    fn changes_section(&self) -> String {
        let changes = self.changes.as_deref().unwrap_or_default();
        let mut text = String::new();
        if self.applied.is_none() && changes.is_empty() && self.changes.is_some() && self.foreign.is_empty() {
            return format!("No changes: {}.\n\n", self.in_sync());
        }
        if !changes.is_empty() {
            let _ = writeln!(
                text,
                "### {}\n\n| | change | leads to |\n|---|---|---|",
                capitalized(&count(changes.len(), "change", "changes"))
            );
            for change in changes {
                let state = self.applied.as_ref().map_or("pending", |applied| applied.state_of(change));
                let effect = change.effect_in_words().unwrap_or_default();
                let _ = writeln!(text, "| {state} | {} | {effect} |", cell(&change.headline()));
            }
            text.push('\n');
            text += &self.until_applied_section();
            for change in changes.iter().take(DETAILS_SHOWN) {
                text += &details(
                    &change.headline(),
                    &[],
                    &diff::signed_lines(change.before.as_ref(), change.after.as_ref()),
                );
            }
        }
        for foreign in &self.foreign {
            let _ = writeln!(
                text,
                "- {} {} is not managed by rolecall",
                foreign.subject,
                code(&foreign.resource)
            );
        }
        if !self.foreign.is_empty() {
            text.push('\n');
        }
        text
    }
}

impl Report {
    /// What the changes end, and what that leads to now.
    fn until_applied_section(&self) -> String {
        let harm = self.until_applied.iter().filter(|it| it.consequence.exit() != ExitCode::Pending);
        let mut text: String = harm
            .map(|DifferenceView { resource, attribute, consequence, effects, .. }| {
                let effects = effects.iter().map(|effect| format!(": {}", cell(effect))).collect::<String>();
                format!(
                    "- Until apply, {}{effects} ({} of {})\n",
                    cell(consequence.title()),
                    cell(attribute),
                    code(resource)
                )
            })
            .collect();
        if !text.is_empty() {
            text.push('\n');
        }
        text
    }
}

fn do_now_section(deeds: &[DeedView]) -> String {
    if deeds.is_empty() {
        return String::new();
    }
    let mut text = "### Do this now\n\n".to_owned();
    for (index, DeedView { what, command }) in deeds.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = match command {
            Some(command) => writeln!(text, "{}. {} ({})", index + 1, code(command), cell(what)),
            None => writeln!(text, "{}. {}", index + 1, cell(what)),
        };
    }
    text + "\n"
}

fn drift_section(drift: &[DifferenceView], in_sync: &str) -> String {
    if drift.is_empty() {
        return format!("### Drift\n\nNone: {in_sync}.\n\n");
    }
    let number = count(drift.len(), "difference", "differences");
    let mut text =
        format!("### Drift: {number}\n\n| | consequence | what differs | where |\n|---|---|---|---|\n");
    for difference in drift {
        let DifferenceView { resource, attribute, consequence, position, .. } = difference;
        let mark = match consequence.level() {
            Level::Error => "❌",
            Level::Warning => "⚠️",
            Level::Note => "ℹ️",
        };
        let place = position.as_ref().map(|at| format!("{}:{}", at.file, at.line)).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {mark} | {} | {} of {} | {} |",
            cell(consequence.title()),
            cell(attribute),
            code(resource),
            cell(&place)
        );
    }
    text.push('\n');
    for DifferenceView { resource, attribute, effects, expected, actual, .. } in
        drift.iter().take(DETAILS_SHOWN)
    {
        let lines = diff::signed_lines(expected.as_ref(), actual.as_ref());
        text += &details(&format!("{attribute} of {resource}"), effects, &lines);
    }
    text
}

/// What differs, folded. The lines of a value that is there on one side only carry its sign.
fn details(summary: &str, effects: &[Text], lines: &[(Sign, String)]) -> String {
    if effects.is_empty() && lines.is_empty() {
        return String::new();
    }
    let lines: Vec<String> = lines.iter().map(|(sign, line)| format!("{}{line}", sign.character())).collect();
    let mut text = format!("<details><summary>{}</summary>\n\n", html(summary));
    for effect in effects {
        let _ = writeln!(text, "{}\n", cell(effect));
    }
    if !lines.is_empty() {
        // A platform colours a `diff` by its signs, and would show a widening green.
        let _ = writeln!(text, "{}", fenced("text", &lines.join("\n")));
    }
    text + "</details>\n\n"
}

fn verification_section(verification: &VerificationView) -> String {
    let mut text = String::new();
    if !verification.claims.is_empty() {
        let is_table = verification.is_table();
        let (columns, lines) =
            if is_table { (" paper | AWS's analysers | live |", "---|---|---|") } else { (" |", "---|") };
        let _ = writeln!(text, "### Proof\n\n|{columns} claim | because |\n|{lines}---|---|");
        let mut rows = verification.table.iter();
        for claim in &verification.claims {
            let paper = match claim.result {
                ClaimOutcome::Proved => "✅ proved",
                ClaimOutcome::Refuted => "❌ refuted",
                ClaimOutcome::Unknown => "⚠️ unknown",
            };
            let said = |cell: &Option<CellView>| cell.as_ref().map_or("", |cell| mark(cell.shows));
            let row = rows.next().filter(|_| is_table);
            let others = row.map(|row| format!(" {} | {} |", said(&row.analysers), said(&row.live)));
            let _ = writeln!(
                text,
                "| {paper} |{} {} | {} |",
                others.unwrap_or_default(),
                cell(&claim.claim),
                cell(&join(&claim.because, "; "))
            );
        }
        let _ = writeln!(text, "\n{}\n", verification.organization.limits());
    }
    if !verification.findings.is_empty() {
        let _ = writeln!(text, "### Findings\n\n| | where | what | fix |\n|---|---|---|---|");
        for finding in &verification.findings {
            let _ = writeln!(
                text,
                "| {} {} | {} | {} | {} |",
                cell(&finding.severity),
                cell(&finding.id),
                cell(finding.statement.as_deref().unwrap_or_default()),
                cell(&finding.message),
                cell(&finding.fix)
            );
        }
        text.push('\n');
    }
    if !verification.analyses.is_empty() {
        let _ =
            writeln!(text, "### AWS's analysers\n\n| | analyser | question | answer |\n|---|---|---|---|");
        for analysis in &verification.analyses {
            let mark = mark(analysis.shows);
            let cells = [cell(&analysis.analyser), cell(&analysis.question), cell(&analysis.answer)];
            let _ = writeln!(text, "| {mark} | {} |", cells.join(" | "));
        }
        text.push('\n');
    }
    if verification.all_probes().next().is_some() {
        let _ = writeln!(text, "### Probes\n\n| | probe | what it shows |\n|---|---|---|");
        for probe in verification.all_probes() {
            let mark = mark(probe.shows.into());
            let _ = writeln!(text, "| {mark} | {} | {} |", cell(&probe.probe), cell(&probe.message));
        }
        text.push('\n');
    }
    if !verification.actions.is_empty() {
        let _ =
            writeln!(text, "### Data actions, run by Genesys Cloud\n\n| | action | because |\n|---|---|---|");
        for test in &verification.actions {
            let mark = match test.outcome {
                TestOutcome::Succeeded => "✅ succeeded",
                TestOutcome::Failed => "❌ failed",
                TestOutcome::NotRun => "⚠️ not run",
                TestOutcome::Missing => "❌ does not exist",
            };
            let _ = writeln!(text, "| {mark} | {} | {} |", cell(&test.action), cell(&test.why()));
        }
        text.push('\n');
    }
    for note in &verification.notes {
        let _ = writeln!(text, "- {}", cell(note));
    }
    for trouble in verification.troubles() {
        let _ = writeln!(text, "### Error\n\n{}", fenced("text", &error_text(trouble)));
    }
    text
}

fn mark(opinion: Opinion) -> &'static str {
    match opinion {
        Opinion::Confirms => "✅ confirmed",
        Opinion::Refutes => "❌ refuted",
        Opinion::Disagrees => "⚠️ disagrees",
        Opinion::NoInformation => "no information",
    }
}

/// Text that is nothing but text in Markdown, on one line.
#[must_use]
pub fn cell(text: &str) -> String {
    let mut escaped = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // GitLab runs a line of a note that begins with `/`; the others would begin a heading or a list.
            '/' | '#' | '-' | '+' if escaped.is_empty() => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\n' | '\r' => escaped.push(' '),
            character if steers(character) => {
                escaped.push_str(&Shown(character.to_string()).to_string().replace('\\', "\\\\"))
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            _ if calls(&escaped, character, characters.peek().copied()) => {
                escaped.push(character);
                escaped.push_str(NOTHING);
            }
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A space without a width. Platforms look for names, issues and addresses in what is shown, so a backslash would not be enough.
const NOTHING: &str = "&#8203;";

/// Whether a platform makes a mention, a reference or a link of a character between what is before it and that next one: `@name`,
/// `#1`, `https://`, `www.`. None links to objects of S3, and messages name manifests there.
fn calls(before: &str, character: char, next: Option<char>) -> bool {
    match character {
        '@' => true,
        '#' => next.is_some_and(|next| next.is_ascii_digit()),
        ':' => next == Some('/') && !before.ends_with("s3"),
        'w' | 'W' => next == Some('.'),
        _ => false,
    }
}

fn html(text: &str) -> String {
    let shown = Shown(text).to_string();
    let mut escaped = String::new();
    let mut characters = shown.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            character => {
                let calls = calls(&escaped, character, characters.peek().copied());
                escaped.push(character);
                if calls {
                    escaped.push_str(NOTHING);
                }
            }
        }
    }
    escaped
}

/// A name in code style. Within a table even there a bar ends the cell, and a name with a backquote needs more of them.
pub(super) fn code(text: &str) -> String {
    if text.contains(['`', '|']) || text.contains(steers) { cell(text) } else { format!("`{text}`") }
}

/// A block that no line of the text can end.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::{cell, code, fenced, html};

    #[test]
    fn no_text_calls_anybody_or_links_anywhere() {
        assert_eq!(cell("to @all, #12 and # 1"), "to @&#8203;all, #&#8203;12 and # 1");
        assert_eq!(cell("at https://example.com/a"), "at https:&#8203;//example.com/a");
        assert_eq!(cell("s3://bucket/rolecall.toml"), "s3://bucket/rolecall.toml");
        assert_eq!(cell("www.example.com"), "www&#8203;.example.com");
        assert_eq!(cell("/close"), "\\/close");
        assert_eq!(cell("# a"), "\\# a");
        assert_eq!(html("@all <b>&#12;"), "@&#8203;all &lt;b&gt;&amp;#&#8203;12;");
    }

    #[test]
    fn no_text_leaves_its_place() {
        assert_eq!(cell("a|b\n<i>`x`</i> [l](u)"), "a\\|b &lt;i&gt;\\`x\\`&lt;/i&gt; \\[l\\](u)");
        assert_eq!(code("a`b"), "a\\`b");
        assert_eq!(fenced("text", "a ```` b"), "`````text\na ```` b\n`````\n");
    }
}
