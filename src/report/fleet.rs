//! The reports of many roles as one, in every format: what is wrong stands first, what is right is counted and listed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::html::Section;
use super::human::{BOLD, GREEN, RED, count};
use super::issue::{Issue, error_text};
use super::markdown::{cell, code};
use super::proof::PROVE;
use super::{CallsView, ErrorView, Format, Origin, Report, last_line, sarif};
use crate::exit::ExitCode;

/// The result of a command on several manifests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "rolecall report of several manifests")]
pub struct FleetReport {
    /// The command, such as `drift`.
    pub command: &'static str,
    /// What made the report.
    #[serde(flatten)]
    pub origin: Origin,
    /// The exit code of the process: of those below the one that counts most (1, then 4, then 5, then 3).
    #[serde(rename = "exit_code")]
    #[schemars(with = "u8")]
    pub exit: ExitCode,
    /// How many manifests ended with each exit code.
    pub exit_codes: BTreeMap<u8, usize>,
    /// Of `plan`: of those with exit code 0, how many have changes that are not made yet. Left out if none has.
    #[serde(skip_serializing_if = "is_zero")]
    pub pending: usize,
    /// How many requests AWS was sent, retries included.
    pub aws_calls: usize,
    /// The requests to AWS by operation: how many, how many succeeded, how long they took. Times differ in every run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallsView>,
    /// What to know about all of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Whether one of the roles is for another vendor than Genesys.
    #[serde(skip)]
    pub for_vendors: bool,
    /// The report of each manifest, in the order in which they were named.
    pub roles: Vec<Report>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// How one of several ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// The exit code.
    pub exit: ExitCode,
    /// Whether something is planned that was not written.
    pub is_pending: bool,
    /// Whether the role is for another vendor than Genesys.
    pub is_for_vendor: bool,
}

/// The report of one manifest, or of several.
#[derive(Clone, Debug, PartialEq)]
pub enum AnyReport {
    /// Of one.
    One(Box<Report>),
    /// Of several.
    Several(FleetReport),
}

impl AnyReport {
    /// The report of one manifest, with how the command ended.
    pub fn one(report: Report, exit: ExitCode) -> Self {
        Self::One(Box::new(Report { exit, ..report }))
    }

    /// The report with when it was made.
    #[must_use]
    pub fn at(self, time: Timestamp) -> Self {
        let origin = Origin::at(time);
        match self {
            Self::One(report) => Self::One(Box::new(Report { origin, ..*report })),
            Self::Several(fleet) => Self::Several(FleetReport { origin, ..fleet }),
        }
    }

    /// How all of it ended.
    pub fn exit(&self) -> ExitCode {
        match self {
            Self::One(report) => report.exit,
            Self::Several(fleet) => fleet.exit,
        }
    }

    /// The report as a document of that format.
    pub fn render(&self, format: Format) -> String {
        match self {
            Self::One(report) => Report::clone(report).render(format, report.exit),
            Self::Several(fleet) => fleet.render(format),
        }
    }
}

impl FleetReport {
    /// The report of a command whose parts ended like this, without the parts.
    pub fn new(command: &'static str, ends: &[End], aws_calls: usize) -> Self {
        let mut exit_codes = BTreeMap::new();
        for End { exit, is_pending: _, is_for_vendor: _ } in ends {
            *exit_codes.entry(exit.code()).or_default() += 1;
        }
        // Others were contacted: only for the one manifest it is as if nothing had been.
        let in_company = |exit| if exit == ExitCode::Usage { ExitCode::Failed } else { exit };
        let exit = ends.iter().map(|end| in_company(end.exit)).fold(ExitCode::Success, ExitCode::or);
        let pending = ends.iter().filter(|end| end.exit == ExitCode::Success && end.is_pending).count();
        let for_vendors = ends.iter().any(|end| end.is_for_vendor);
        Self { command, exit, exit_codes, pending, aws_calls, for_vendors, ..Self::default() }
    }

    /// The report as a document of that format.
    pub fn render(&self, format: Format) -> String {
        match format {
            // Every part is a plain value with string keys, which serde_json cannot fail on.
            Format::Json => serde_json::to_string_pretty(self).unwrap_or_default() + "\n",
            Format::Sarif => self.to_sarif(),
            Format::Junit => self.to_junit(),
            Format::Github => self.to_github(),
            Format::Markdown => self.to_markdown(),
            Format::Html => self.to_html(),
        }
    }

    /// The JSON Schema of the document.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).into()
    }

    /// For people: how many ended in which way.
    pub fn closing_text(&self) -> String {
        format!(
            "\n{BOLD}{}{BOLD:#}\n{}",
            self.tally(),
            last_line(self.exit, self.pending > 0, &self.verdict())
        )
    }

    /// How many there are of what the reports are about.
    pub(super) fn counted(&self) -> String {
        let (one, many) = if self.command == PROVE { ("role", "roles") } else { ("manifest", "manifests") };
        count(self.exit_codes.values().sum(), one, many)
    }

    /// How many ended how, a line each.
    pub(super) fn tally(&self) -> String {
        let line = |number: usize, meaning: &str, exit: ExitCode| match number {
            0 => String::new(),
            number => format!("\n  {number} × {meaning} (exit code {})", exit.code()),
        };
        let ends = ExitCode::ALL.into_iter().map(|exit| {
            let number = self.exit_codes.get(&exit.code()).copied().unwrap_or_default();
            let pending = if exit == ExitCode::Success { self.pending } else { 0 };
            let planned = line(pending, "pending: changes are planned and not made yet", exit);
            planned + &line(number.saturating_sub(pending), exit.meaning(self.for_vendors), exit)
        });
        format!("{}:{}", self.counted(), ends.collect::<String>())
    }

    pub(super) fn title(&self) -> String {
        format!("rolecall {}", self.command)
    }

    /// All that is wrong, most severe first.
    fn issues(&self) -> Vec<Issue> {
        let mut issues: Vec<Issue> = self.roles.iter().flat_map(Report::issues).collect();
        issues.sort_by_key(|issue| issue.level);
        issues
    }

    /// What went wrong, and where.
    fn errors(&self) -> impl Iterator<Item = (&Report, &ErrorView)> {
        self.roles.iter().filter_map(|role| Some((role, role.error.as_ref()?)))
    }

    /// One run of one tool: code scanning takes no two of the same.
    fn to_sarif(&self) -> String {
        let errors = self.errors().map(|(role, error)| {
            sarif::error_notification(error, &format!("{}: {}", role.name(), error_text(error)))
        });
        let warnings = self.warnings.iter().map(|warning| sarif::notification("note", warning));
        let of_roles = self.roles.iter().flat_map(|role| &role.warnings);
        let of_roles = of_roles.map(|warning| sarif::notification("warning", warning));
        let unexamined = self.roles.iter().filter_map(|role| {
            let text = format!("{}: {}", role.name(), role.unexamined?.to_text());
            Some(sarif::notification("note", &text))
        });
        let notifications: Vec<_> = errors.chain(of_roles).chain(warnings).chain(unexamined).collect();
        let invocation = sarif::invocation(self.exit, self.for_vendors, &notifications);
        sarif::log(&format!("rolecall/{}/several", self.command), &self.issues(), &invocation)
    }

    fn to_junit(&self) -> String {
        let mut report = quick_junit::Report::new(self.title());
        report.add_test_suites(self.roles.iter().flat_map(Report::suites));
        report.to_string().unwrap_or_default()
    }

    fn to_github(&self) -> String {
        let errors: String =
            self.errors().map(|(role, error)| role.error_annotation(&error_text(error))).collect();
        let issues: String = self.issues().iter().map(Issue::annotation).collect();
        let notice = match errors.is_empty() && issues.is_empty() {
            true => super::github::notice(&self.title(), &self.verdict()),
            false => String::new(),
        };
        let unexamined = self.roles.iter().map(Report::unexamined_annotation).collect::<String>();
        errors + &issues + &unexamined + &notice
    }

    fn to_markdown(&self) -> String {
        let mut text = format!(
            "# {}: {}\n\n| {} | role | result |\n|---|---|---|\n",
            self.title(),
            cell(&self.verdict()),
            if self.command == PROVE { "in the file" } else { "manifest" },
        );
        for role in &self.roles {
            let End { exit, is_pending, is_for_vendor: _ } = role.end();
            let mark = match (exit, is_pending) {
                (ExitCode::Success, true) => "⏳",
                (ExitCode::Success, false) => "✅",
                (
                    ExitCode::Failed
                    | ExitCode::Usage
                    | ExitCode::Pending
                    | ExitCode::Refuted
                    | ExitCode::Inconclusive,
                    _,
                ) => "❌",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "| {} | {} | {mark} {} |",
                cell(role.name()),
                code(&role.role_arn()),
                cell(&role.verdict())
            );
        }
        for warning in &self.warnings {
            let _ = write!(text, "\n{}\n", cell(warning));
        }
        for role in self.roles.iter().filter(|role| !role.is_quiet()) {
            text += &format!("\n{}", role.to_markdown());
        }
        text
    }

    /// Each role that there is something to say about, its section as on a page of its own.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&Report, Option<Section<'_>>)> {
        self.roles.iter().enumerate().map(|(index, role)| {
            (role, (!role.is_quiet()).then(|| Section::new(role, format!("manifest-{}-", index + 1))))
        })
    }
}

impl Report {
    /// How it ended, as one of several.
    pub fn end(&self) -> End {
        End { exit: self.exit, is_pending: self.is_pending(), is_for_vendor: self.is_for_vendor() }
    }

    /// The manifest, where there are several.
    pub(super) fn name(&self) -> &str {
        self.manifest.as_deref().unwrap_or_default()
    }

    /// Whether there is nothing to say but that all is as it should be.
    pub(super) fn is_quiet(&self) -> bool {
        let verification = self.verification.as_ref();
        self.exit == ExitCode::Success
            && self.changes.iter().flatten().next().is_none()
            && self.foreign.is_empty()
            && verification.is_none_or(|it| it.findings.is_empty())
    }

    /// For people: one of several manifests. `text` is what is shown of it alone.
    pub fn entry(&self, exit: ExitCode, text: &str) -> String {
        let arn = self.role_arn();
        if self.is_quiet() {
            return format!("{GREEN}✓{GREEN:#} {}  {arn}\n", self.name());
        }
        let style = if exit == ExitCode::Success { GREEN } else { RED };
        let error = self.error.as_ref().map(|error| format!("\n{}\n", error_text(error))).unwrap_or_default();
        let body = if text.is_empty() { error } else { format!("\n{}\n", text.trim_matches('\n')) };
        format!(
            "\n{BOLD}{}{BOLD:#}: {style}{}{style:#} (exit code {})\n{body}\n",
            self.name(),
            self.verdict(),
            exit.code()
        )
    }
}
