//! What the comparison with a hand-over file found, as text and as JSON, and what a new file says, as JSON. What a file says was
//! checked when it was read.

use std::fmt::Write as _;

use serde::Serialize;

use super::doctor::CheckState;
use super::human::{BOLD, DIMMED, GREEN, RED, YELLOW};
use super::{Origin, last_line};
use crate::exit::ExitCode;
use crate::operations::handover::{Agreement, Compared, Subject};
use rolecall_model::handover::{Handover, Side};

/// The result of `handover check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandoverView {
    pub command: &'static str,
    /// What made the report.
    #[serde(flatten)]
    pub origin: Origin,
    /// The side that wrote the file: `aws` or `genesys`.
    pub written_by: &'static str,
    /// When it was written.
    pub made_at: String,
    /// The claims that the writer states as proved.
    pub writer_proved: Vec<String>,
    /// The claims that the writer states as refuted.
    pub writer_refuted: Vec<String>,
    /// The comparisons.
    pub checks: Vec<ComparedView>,
    /// How it ended, in a sentence.
    pub verdict: String,
    pub exit_code: ExitCode,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedView {
    /// What was compared.
    pub check: &'static str,
    /// How it ended.
    pub state: CheckState,
    /// What was found.
    pub text: String,
}

impl From<&Compared> for ComparedView {
    fn from(Compared { subject, agreement, found, verdict: _ }: &Compared) -> Self {
        let check = match subject {
            Subject::Organization => "organization ID",
            Subject::Region => "Genesys region",
            Subject::TrustedAccount => "trusted account",
            Subject::Trust => "trust policy",
            Subject::Role => "role",
            Subject::Functions => "functions",
            Subject::Partition => "partition",
            Subject::Stated => "writer's claims",
        };
        let state = match agreement {
            Agreement::Same => CheckState::Ok,
            Agreement::Nothing => CheckState::Note,
            Agreement::Unknown => CheckState::Unknown,
            Agreement::Contradicts => CheckState::Refuted,
        };
        Self { check, state, text: found.clone() }
    }
}

impl HandoverView {
    /// The comparisons, and what they come to.
    #[must_use]
    pub fn new(file: &Handover, compared: &[Compared]) -> Self {
        let exit_code = compared.iter().map(|it| it.agreement.exit()).fold(ExitCode::Success, ExitCode::or);
        let checks: Vec<ComparedView> = compared.iter().map(ComparedView::from).collect();
        Self {
            command: "handover check",
            origin: Origin::default(),
            written_by: file.side.name(),
            made_at: file.made_at.to_string(),
            writer_proved: file.proved.clone(),
            writer_refuted: file.refuted.clone(),
            verdict: verdict(compared, &checks, exit_code),
            checks,
            exit_code,
        }
    }

    /// One JSON document.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Every part is a plain value with string keys, which serde_json cannot fail on.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Text for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { written_by, made_at, writer_proved, checks, verdict, exit_code, .. } = self;
        let mut text =
            format!("{BOLD}hand-over file of the side `{written_by}`{BOLD:#}, written {made_at}\n");
        // What the other side says of Genesys Cloud has no claims.
        if *written_by == Side::Aws.name() {
            let _ = match writer_proved.as_slice() {
                [] => writeln!(text, "  the writer stated nothing proved"),
                proved => writeln!(text, "  the writer proved: {} (not checked here)", proved.join(", ")),
            };
        }
        for ComparedView { check, state, text: found } in checks {
            let style = match state {
                CheckState::Ok => GREEN,
                CheckState::Note => DIMMED,
                CheckState::Missing | CheckState::Unknown => YELLOW,
                CheckState::Failed | CheckState::Refuted => RED,
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {style}{:<8}{style:#}{check:<16}  {found}", state.word());
        }
        text + &last_line(*exit_code, false, verdict)
    }
}

/// The result of `handover write`: what the file says, for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandoverFileView {
    pub command: &'static str,
    /// What made the report.
    #[serde(flatten)]
    pub origin: Origin,
    /// The file.
    #[serde(flatten)]
    pub content: FileContent,
    /// The side that wrote it: `aws` or `genesys`.
    pub side: &'static str,
    /// When, as the file says it.
    pub made_at: String,
    /// The region of Genesys Cloud.
    pub genesys_region: &'static str,
    /// The organization's ID, which is the external ID.
    pub organization_id: String,
    /// The account that the role trusts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_account: Option<String>,
    /// The integration's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integration: Option<String>,
    /// The role's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The region of AWS that the writer works in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aws_region: Option<String>,
    /// The functions' ARNs, with their qualifiers.
    pub functions: Vec<String>,
    /// The claims that were proved.
    pub proved: Vec<String>,
    /// The claims that were refuted.
    pub refuted: Vec<String>,
    /// The claims that were not decided; the file does not name them.
    pub undecided: Vec<&'static str>,
    /// What to know about the file.
    pub warnings: Vec<String>,
    pub exit_code: ExitCode,
}

/// Where the file is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileContent {
    /// In this file.
    WrittenTo(String),
    /// Nowhere but here: this is its text.
    Text(String),
}

impl HandoverFileView {
    /// What the file says, and what its writer is to know: the undecided claims and the warnings.
    #[must_use]
    pub fn new(
        file: &Handover,
        content: FileContent,
        (undecided, warnings): (Vec<&'static str>, Vec<String>),
        exit_code: ExitCode,
    ) -> Self {
        let Handover { made_at, side, region, organization, trusted_account, integration, role, .. } = file;
        let Handover { aws_region, functions, proved, refuted, .. } = file;
        Self {
            command: "handover write",
            origin: Origin::default(),
            content,
            side: side.name(),
            made_at: made_at.to_string(),
            genesys_region: region.aws_region,
            organization_id: organization.to_string(),
            trusted_account: trusted_account.as_ref().map(ToString::to_string),
            integration: integration.clone(),
            role: role.as_ref().map(ToString::to_string),
            aws_region: aws_region.as_ref().map(ToString::to_string),
            functions: functions.iter().map(ToString::to_string).collect(),
            proved: proved.clone(),
            refuted: refuted.clone(),
            undecided,
            warnings,
            exit_code,
        }
    }

    /// One JSON document.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Every part is a plain value with string keys, which serde_json cannot fail on.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// What the comparisons come to. What was not compared is named, whatever the others say.
fn verdict(compared: &[Compared], checks: &[ComparedView], exit_code: ExitCode) -> String {
    let named = |wanted: CheckState, is_meant: &dyn Fn(&Compared) -> bool| {
        let mut named: Vec<&str> = Vec::new();
        for (compared, view) in compared.iter().zip(checks) {
            if view.state == wanted && is_meant(compared) && !named.contains(&view.check) {
                named.push(view.check);
            }
        }
        named.join(", ")
    };
    let left_out = named(CheckState::Note, &|_| true);
    let left_out = if left_out.is_empty() { left_out } else { format!("; not compared: {left_out}") };
    match exit_code {
        ExitCode::Refuted => {
            let mut parts: Vec<String> = compared.iter().filter_map(|it| it.verdict.clone()).collect();
            let others = named(CheckState::Refuted, &|it| it.verdict.is_none());
            if !others.is_empty() {
                parts.push(format!("the file and this side contradict each other: {others}"));
            }
            format!("refuted: {}", parts.join("; "))
        }
        ExitCode::Inconclusive => {
            let unknown = named(CheckState::Unknown, &|_| true);
            format!("undecided: this side cannot read everything: {unknown}{left_out}")
        }
        ExitCode::Success | ExitCode::Failed | ExitCode::Usage | ExitCode::Pending => {
            match left_out.is_empty() {
                true => "done: nothing that this side can read contradicts the file".to_owned(),
                false => format!("done: nothing that was compared contradicts the file{left_out}"),
            }
        }
    }
}
