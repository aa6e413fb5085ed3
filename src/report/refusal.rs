//! Why a plan is refused, as data for readers.

use schemars::JsonSchema;
use serde::Serialize;

use super::Outcome;

/// A claim or a finding for which `apply` refuses a plan before the first write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RefusalView {
    /// The name of the claim, such as `only-trusted`, or the ID of the finding, such as `T12`.
    pub name: String,
    /// Whether the plan would leave the claim refuted or unknown; a finding counts as refuted.
    pub result: Outcome,
    /// What is wrong, and the request or the reason that shows it.
    pub message: String,
    /// The option of `apply` that accepts it.
    pub option: String,
}

impl RefusalView {
    /// One line: the name, what became of it, and why.
    pub fn to_text(&self) -> String {
        let Self { name, result, message, option: _ } = self;
        let word = match result {
            Outcome::Proved => "proved",
            Outcome::Refuted => "refuted",
            Outcome::Unknown => "unknown",
        };
        format!("{name} ({word}): {message}")
    }
}
