//! The wildcard algebra, the prover and the findings: exactness, agreement with the evaluator, bounded cost.

mod adversary;
mod agreement;
mod allowance;
mod bounds;
mod callers;
mod chain;
mod corpus;
mod examples;
mod findings;
mod guardrail;
mod known;
mod mutants;
mod mutations;
mod passages;
mod paths;
mod phases;
mod pitfalls;
mod questions;
mod random;
mod remedies;
mod reviewed;
mod stated;
mod support;
mod tokens;
mod undocumented;
mod within;

/// How many cases a property runs: `ordinary`, or what `ROLECALL_PROOF_CASES` says.
fn cases(ordinary: u32) -> u32 {
    std::env::var("ROLECALL_PROOF_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(ordinary)
}
