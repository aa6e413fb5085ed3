//! The embedded AWS and Genesys Cloud, driven through its HTTP door by a small client of its own, with AWS's documentation as
//! the expectation.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects by failing"
)]

mod agreement;
mod assume_role;
mod client;
mod escalation;
mod faults;
mod genesys;
mod iam;
mod lambda;
mod lambda_changes;
mod persistence;
mod probes;
mod signatures;
mod tamper;
mod trust_table;
mod two_processes;
