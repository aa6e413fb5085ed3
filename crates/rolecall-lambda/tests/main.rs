//! `rolecall-lambda` under AWS's own runtime client, with a runtime API and an AWS on loopback.
//!
//! The answers are compared with those of the command line, whose binary is beside the function's: `cargo test` in the folder of
//! the workspace builds both.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on must fail loudly"
)]

mod function;
#[path = "../../../tests/genesys/contract.rs"]
mod genesys;
#[path = "../../../tests/scenarios/stage.rs"]
#[allow(dead_code, reason = "the command line's tests need more of it")]
mod stage;
