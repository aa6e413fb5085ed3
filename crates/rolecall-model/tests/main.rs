//! The manifest: what is refused and in which words, the limits, the JSON Schema, edits, writing and reading.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on must fail loudly"
)]

mod manifest;
