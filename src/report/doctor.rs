//! What `doctor` found: one line a check, as text and as JSON.
//!
//! No secret gets here: what is shown of a proxy is its host, and of credentials whose they are.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::CallsView;
use super::human::{BOLD, DIMMED, GREEN, RED, YELLOW};
use crate::error_code::ErrorCode;
use crate::exit::ExitCode;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// Nothing that has to be.
    Note,
    /// A permission for something that this caller need not do.
    Missing,
    /// It could not be decided.
    Unknown,
    /// It is wrong.
    Failed,
    /// Genesys Cloud could not do what it must.
    Refuted,
}

impl CheckState {
    fn exit(self) -> ExitCode {
        match self {
            Self::Ok | Self::Note | Self::Missing => ExitCode::Success,
            Self::Unknown => ExitCode::Inconclusive,
            Self::Failed => ExitCode::Failed,
            Self::Refuted => ExitCode::Refuted,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "-",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::Refuted => "refuted",
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CheckView {
    /// What was looked at.
    pub check: &'static str,
    /// How it ended.
    pub state: CheckState,
    /// What was found.
    pub text: String,
    /// The code of the error that it ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub code: Option<ErrorCode>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// The result of `doctor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "rolecall doctor")]
pub struct DoctorView {
    /// The version of rolecall.
    pub version: &'static str,
    /// The checks.
    pub checks: Vec<CheckView>,
    /// The exit code.
    #[schemars(with = "u8")]
    pub exit_code: ExitCode,
    /// The requests by operation: how many, how many succeeded, how long they took.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallsView>,
}

impl DoctorView {
    /// The checks, and what they come to.
    pub fn new(version: &'static str, checks: Vec<CheckView>) -> Self {
        let exits = checks.iter().map(|check| check.state.exit());
        let exit_code = exits.fold(ExitCode::Success, ExitCode::or);
        Self { version, checks, exit_code, calls: Vec::new() }
    }

    /// One JSON document.
    pub fn to_json(&self) -> String {
        // Every part is a plain value with string keys, which serde_json cannot fail on.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Text for people.
    pub fn to_text(&self) -> String {
        let mut text = format!("{BOLD}rolecall {}{BOLD:#}\n", self.version);
        // Writing to a String cannot fail.
        for CheckView { check, state, text: found, code, hint } in &self.checks {
            let style = match state {
                CheckState::Ok => GREEN,
                CheckState::Note => DIMMED,
                CheckState::Missing | CheckState::Unknown => YELLOW,
                CheckState::Failed | CheckState::Refuted => RED,
            };
            let code = code.map(|code| format!("{code}: ")).unwrap_or_default();
            let _ = writeln!(text, "  {style}{:<8}{style:#}{check:<20}  {code}{found}", state.word());
            if let Some(hint) = hint {
                let _ = writeln!(text, "{:32}hint: {hint}", "");
            }
        }
        let _ = writeln!(text, "\n{}", self.verdict());
        text
    }

    fn verdict(&self) -> String {
        let of = |wanted: CheckState| {
            let named = self.checks.iter().filter(|check| check.state == wanted);
            let named: Vec<&str> = named.map(|check| check.check).collect();
            (!named.is_empty()).then(|| format!("{}: {}", wanted.word(), named.join(", ")))
        };
        let wrong = [CheckState::Failed, CheckState::Refuted, CheckState::Unknown].into_iter().filter_map(of);
        let wrong: Vec<String> = wrong.collect();
        match (wrong.as_slice(), of(CheckState::Missing)) {
            ([], None) => "Everything that was checked is as it should be.".to_owned(),
            ([], Some(missing)) => format!("Nothing is wrong. Permissions {missing}."),
            (wrong, _) => format!("{}.", wrong.join("; ")),
        }
    }
}
