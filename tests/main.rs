//! One test binary: tables and properties of the pure core, scenarios on the embedded AWS, the command line as users see
//! it, and the walls between the rooms of the house.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on must fail loudly"
)]

mod circles;
mod commands;
mod corpus;
mod genesys;
mod layering;
mod report;
mod sandbox;
mod scenarios;
