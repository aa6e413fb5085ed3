//! What others are told of an `apply`: who and what, how it ended, and what was changed by its name.
//!
//! Invariant: it holds no document and no value of a change, so no secret can be in it; reasons of failures are the report's, which
//! are redacted. `docs/notify.md` describes it. Deliberately absent: how it is delivered.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{ChangeView, Origin, Report, Text};
use crate::error_code::ErrorCode;
use crate::exit::ExitCode;
use crate::manifest::NotifyOn;

/// The longest subject of a message: "less than 100 characters" (SNS API Reference, Publish).
const LONGEST_SUBJECT: usize = 99;

/// The body of a notification.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(title = "rolecall notification")]
pub struct Notification {
    /// What happened: `apply`.
    pub event: &'static str,
    /// The ID of the notification, the same in each attempt to deliver it.
    pub id: String,
    /// What made it, and when.
    #[serde(flatten)]
    pub origin: Origin,
    /// The ARN of the role, where it is known.
    pub role: Option<String>,
    /// The AWS account.
    pub account: Option<String>,
    /// Who applied.
    pub caller: Option<String>,
    /// The exit code.
    #[schemars(with = "u8")]
    pub exit_code: ExitCode,
    /// How it ended, in a sentence.
    pub result: String,
    /// What was changed.
    pub changed: Vec<ChangedView>,
    /// What failed, and may have been done all the same.
    pub failed: Vec<ChangedView>,
    /// How many changes were not tried.
    pub not_tried: usize,
    /// The code of the error that it ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub error: Option<ErrorCode>,
}

/// A change by its name.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ChangedView {
    /// The operation, such as `iam:CreateRole`.
    pub operation: String,
    /// What it changes.
    pub resource: Text,
}

impl From<&ChangeView> for ChangedView {
    fn from(change: &ChangeView) -> Self {
        Self { operation: change.operation.to_string(), resource: change.resource.clone() }
    }
}

impl Notification {
    /// What is told of an `apply`.
    #[must_use]
    pub fn of_apply(report: &Report, exit: ExitCode, id: String, now: Timestamp) -> Self {
        let applied = report.applied.as_ref();
        let failed = applied.iter().flat_map(|applied| applied.failed.iter().chain(&applied.also_failed));
        Self {
            event: "apply",
            id,
            origin: Origin::at(now),
            role: report.role.as_ref().map(|role| role.arn.clone()),
            account: report.account.clone(),
            caller: report.caller.clone(),
            exit_code: exit,
            result: Report { exit, ..report.clone() }.verdict(),
            changed: applied.iter().flat_map(|applied| &applied.done).map(ChangedView::from).collect(),
            failed: failed.map(|failed| ChangedView::from(&failed.change)).collect(),
            not_tried: applied.map_or(0, |applied| applied.not_tried.len()),
            error: report.error.as_ref().map(|error| error.code),
        }
    }

    /// Whether that is told of.
    #[must_use]
    pub fn is_due(&self, on: NotifyOn) -> bool {
        match on {
            NotifyOn::Changed => !self.changed.is_empty() || !self.failed.is_empty(),
            NotifyOn::Failed => self.exit_code != ExitCode::Success,
            NotifyOn::Always => true,
        }
    }

    /// As JSON on one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Every part is a plain value with string keys, which serde_json cannot fail on.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The subject of a message: ASCII, on one line.
    #[must_use]
    pub fn subject(&self) -> String {
        let role = self.role.as_deref().and_then(|arn| arn.rsplit('/').next()).unwrap_or("unknown role");
        let subject = format!("rolecall apply: {role} exit code {}", self.exit_code.code());
        subject.chars().filter(|it| it.is_ascii() && !it.is_ascii_control()).take(LONGEST_SUBJECT).collect()
    }
}
