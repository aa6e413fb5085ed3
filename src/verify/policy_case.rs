//! A policy unit test that was run: what `rolecall simulate` decides.

use crate::iam::evaluate::Decision;
use crate::iam::explain::Explanation;
use crate::iam::simulate::Outcome;

/// Whether a case passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseVerdict {
    /// The answer is the expected one.
    Pass,
    /// It is another one.
    Fail,
    /// The answer itself is unknown, and not expected to be.
    Unknown,
}

/// A case that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyCase {
    /// What became of it.
    pub outcome: Outcome,
    /// The reasons in full, if they were asked for.
    pub explanation: Option<Explanation>,
}

impl PolicyCase {
    /// Whether it passed.
    pub fn verdict(&self) -> CaseVerdict {
        match (self.outcome.pass, self.outcome.response) {
            (true, _) => CaseVerdict::Pass,
            (false, Decision::Unknown) => CaseVerdict::Unknown,
            (false, Decision::Allowed | Decision::ImplicitlyDenied | Decision::ExplicitlyDenied) => {
                CaseVerdict::Fail
            }
        }
    }
}
