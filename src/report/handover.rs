//! What the comparison with a hand-over file found, as text and as JSON. What the file says was checked when it was read.

use std::fmt::Write as _;

use serde::Serialize;

use super::doctor::CheckState;
use super::human::{BOLD, DIMMED, GREEN, RED, YELLOW};
use super::last_line;
use crate::exit::ExitCode;
use crate::operations::handover::{Agreement, Compared, Subject};
use rolecall_model::handover::Handover;

/// The result of `handover check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandoverView {
    /// The side that wrote the file: `aws` or `genesys`.
    pub written_by: &'static str,
    /// When it was written.
    pub made_at: String,
    /// The comparisons.
    pub checks: Vec<ComparedView>,
    /// The exit code.
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
    fn from(Compared { subject, agreement, found }: &Compared) -> Self {
        let check = match subject {
            Subject::Organization => "organization ID",
            Subject::Region => "Genesys region",
            Subject::TrustedAccount => "trusted account",
            Subject::Trust => "trust policy",
            Subject::Role => "role",
            Subject::Functions => "functions",
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
        let exits = compared.iter().map(|it| it.agreement.exit());
        Self {
            written_by: file.side.name(),
            made_at: file.made_at.to_string(),
            checks: compared.iter().map(ComparedView::from).collect(),
            exit_code: exits.fold(ExitCode::Success, ExitCode::or),
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
        let Self { written_by, made_at, checks, exit_code } = self;
        let mut text =
            format!("{BOLD}hand-over file of the side `{written_by}`{BOLD:#}, written {made_at}\n");
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
        let named = |wanted: CheckState| {
            let mut named: Vec<&str> =
                checks.iter().filter(|it| it.state == wanted).map(|it| it.check).collect();
            named.dedup();
            named.join(", ")
        };
        let verdict = match exit_code {
            ExitCode::Refuted => {
                format!(
                    "refuted: the file and this side contradict each other: {}",
                    named(CheckState::Refuted)
                )
            }
            ExitCode::Inconclusive => {
                format!("undecided: this side cannot read everything: {}", named(CheckState::Unknown))
            }
            ExitCode::Success | ExitCode::Failed | ExitCode::Usage | ExitCode::Pending => {
                "done: nothing that this side can read contradicts the file".to_owned()
            }
        };
        text + &last_line(*exit_code, false, &verdict)
    }
}
