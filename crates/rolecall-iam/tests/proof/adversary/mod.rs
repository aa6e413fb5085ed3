//! An adversary of the prover: it reads the prover's own constants and the document's, and aims at them.
//!
//! A claim that is proved must have no counterexample among requests drawn from the document's own cuts, and none that the
//! evaluator cannot decide. A witness must be a request that somebody can make, and must be answered in the same way after
//! it was printed as a case and read back.
//!
//! `ROLECALL_PROOF_CASES` sets the number of documents, `ROLECALL_ADVERSARY_SEED` the first seed,
//! `ROLECALL_ADVERSARY_REQUESTS` the requests for each proved claim, `ROLECALL_ADVERSARY_SHOWN` how many failures are minimised and shown, and `ROLECALL_ADVERSARY_OUT` a file for the trust
//! documents with their intents, one JSON object a line.

mod asked;
mod documents;
mod knowledge;
mod minimise;
mod permissions;
mod report;
mod requests;
mod trust;
mod witness;

pub(super) use asked::strings;
use rolecall_iam::document::Document;
use rolecall_iam::prove::Claim;
use rolecall_iam::truth::Truth;
use serde_json::Value;

fn setting<T: std::str::FromStr>(name: &str, ordinary: T) -> T {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(ordinary)
}

fn first_seed() -> u64 {
    setting("ROLECALL_ADVERSARY_SEED", 0)
}

/// Failures that are minimised and shown; the others are only counted.
fn most_shown() -> usize {
    setting("ROLECALL_ADVERSARY_SHOWN", 20)
}

/// The short name of a claim.
fn short(claim: &Claim) -> &'static str {
    match claim {
        Claim::OnlyTrustedMayAssume => "only trusted",
        Claim::OnlyWithExternalId(_) | Claim::OthersOnlyWithExternalId(_) => "only with ID",
        Claim::OnlyWithOneOf { .. } => "only with one of the IDs",
        Claim::NoLongerWith { .. } => "no longer with an ID",
        Claim::MayAssumeWith { .. } | Claim::MayAssume(_) | Claim::MayAssumeUnderConditions(_) => {
            "may assume"
        }
        Claim::OnlyTargetsMayBeInvoked => "only targets",
        Claim::OnlyStatedMayBeDone => "only what is stated",
        Claim::EveryTargetMayBeInvoked(_) => "every target",
        Claim::EveryStatedMayBeDone(_) => "all that is stated",
        Claim::BoundaryAllowsNoMore => "the boundary",
        Claim::OnlyThroughRole => "past the role",
    }
}

/// The document, if the evaluator reads it.
fn read(value: &Value) -> Option<Document> {
    Document::from_value(value).ok()
}

fn answer(allows: Truth) -> String {
    format!("the evaluator's answer is {allows:?}")
}

/// Requests drawn for each proved claim.
fn requests_per_claim() -> usize {
    setting("ROLECALL_ADVERSARY_REQUESTS", 40)
}
