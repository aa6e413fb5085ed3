//! What became of a plan as data for readers: what was done, what failed and what is known of it, what was not tried.

use schemars::JsonSchema;
use serde::Serialize;

use super::ChangeView;
use crate::carry_out::{Applied, Failure};
use crate::plan::Change;
use crate::ports::WriteOutcome;

/// What was done in AWS and Genesys Cloud.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AppliedView {
    /// The changes that the services confirmed.
    pub done: Vec<ChangeView>,
    /// The change that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedView>,
    /// The changes that failed beside it, where several went out side by side.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also_failed: Vec<FailedView>,
    /// The changes that were not tried.
    pub not_tried: Vec<ChangeView>,
}

/// A change that failed.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FailedView {
    /// The change.
    #[serde(flatten)]
    pub change: ChangeView,
    /// What became of it.
    pub outcome: OutcomeView,
    /// Why it failed.
    pub reason: String,
}

/// What is known of a change that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeView {
    /// It was not carried out.
    Refused,
    /// It may have been carried out: no answer says what became of it.
    Unknown,
    /// A part of it was carried out, or all of it without the effect that it should have.
    Begun,
}

impl From<WriteOutcome> for OutcomeView {
    fn from(outcome: WriteOutcome) -> Self {
        match outcome {
            WriteOutcome::Refused => Self::Refused,
            WriteOutcome::Unknown => Self::Unknown,
            WriteOutcome::Begun => Self::Begun,
        }
    }
}

impl OutcomeView {
    /// In the words of a list.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Refused => "failed",
            Self::Unknown => "may be done",
            Self::Begun => "begun",
        }
    }
}

impl From<&(Change, Failure)> for FailedView {
    fn from((change, failure): &(Change, Failure)) -> Self {
        Self { change: change.into(), outcome: failure.outcome().into(), reason: failure.to_string() }
    }
}

impl From<&Applied> for AppliedView {
    fn from(applied: &Applied) -> Self {
        Self {
            done: applied.done.iter().map(ChangeView::from).collect(),
            failed: applied.failed.first().map(FailedView::from),
            also_failed: applied.failed.iter().skip(1).map(FailedView::from).collect(),
            not_tried: applied.remaining.iter().map(ChangeView::from).collect(),
        }
    }
}

impl AppliedView {
    /// Everything that failed.
    pub(super) fn all_failed(&self) -> impl Iterator<Item = &FailedView> {
        self.failed.iter().chain(&self.also_failed)
    }

    /// What became of a change of the plan, in the words of a list. Changes that go out side by side fail in any order.
    pub(super) fn state_of(&self, change: &ChangeView) -> &'static str {
        // What it leads to is said of plans only.
        let change = ChangeView { effect: None, ..change.clone() };
        match self.all_failed().find(|failed| failed.change == change) {
            Some(failed) => failed.outcome.word(),
            None if self.done.contains(&change) => "done",
            None => "not tried",
        }
    }
}
