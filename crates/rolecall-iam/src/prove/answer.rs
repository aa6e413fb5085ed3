//! Answers: proved, refuted by a request, or unknown with the reasons.

use crate::evaluate::Request;

/// A complete request that shows an answer. It has been put to the evaluator, which gave the answer that the sentence
/// tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The request.
    pub request: Request,
    /// What it shows, in plain words.
    pub sentence: String,
}

/// The answer to a question about every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// It holds for every request.
    Proved,
    /// This request breaks it.
    Refuted(Box<Witness>),
    /// It could not be decided.
    Unknown {
        /// Why, in one line each; at least one.
        reasons: Vec<String>,
    },
}

/// Most reasons that are given for one claim.
const MOST_REASONS: usize = 20;

impl Proof {
    /// Unknown for these reasons, each told once and not too many of them.
    pub(super) fn unknown(mut reasons: Vec<String>) -> Self {
        reasons.sort();
        reasons.dedup();
        let more = reasons.len().saturating_sub(MOST_REASONS);
        reasons.truncate(MOST_REASONS);
        if more > 0 {
            reasons.push(format!("and {more} more"));
        }
        Self::Unknown { reasons }
    }

    /// The word for the result in files and output.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Refuted(_) => "refuted",
            Self::Unknown { .. } => "unknown",
        }
    }
}
