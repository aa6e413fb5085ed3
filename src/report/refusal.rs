//! Why a plan is refused, as data for readers.

use rolecall_prove::words::claim_in_words;
use schemars::JsonSchema;
use serde::Serialize;

use super::Text;
use crate::verify::claim::ClaimOutcome;
use crate::verify::gate::Objection;

/// A claim or a finding for which `apply` refuses a plan before the first write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RefusalView {
    /// The name of the claim, such as `only-trusted`, or the ID of the finding, such as `T12`.
    pub name: String,
    /// Whether the plan would leave the claim refuted or unknown; a finding counts as refuted.
    pub result: ClaimOutcome,
    /// What is wrong, and the request or the reason that shows it.
    pub message: Text,
    /// The option of `apply` that accepts it.
    pub option: String,
}

impl RefusalView {
    /// One line: the name, what became of it, and why.
    pub fn to_text(&self) -> String {
        let Self { name, result, message, option: _ } = self;
        let word = match result {
            ClaimOutcome::Proved => "proved",
            ClaimOutcome::Refuted => "refuted",
            ClaimOutcome::Unknown => "unknown",
        };
        format!("{name} ({word}): {message}")
    }
}

impl From<&Objection> for RefusalView {
    fn from(objection: &Objection) -> Self {
        match objection {
            Objection::Refuted(claim) | Objection::Undecided(claim) => {
                let (name, words) = (claim.kind().id(), claim_in_words(&claim.proposition));
                Self {
                    name: name.to_owned(),
                    result: claim.outcome(),
                    message: format!("{words}: {}", claim.because().join("; ")).into(),
                    option: format!("--allow-claim {name}"),
                }
            }
            Objection::Fault(finding) => Self {
                name: finding.id.to_string(),
                result: ClaimOutcome::Refuted,
                message: finding.message.clone().into(),
                option: format!("--allow-findings {}", finding.id),
            },
        }
    }
}
