//! `iam` and `extract` as the real crate has them, and nothing else.

#[path = "../../src/extract/mod.rs"]
pub mod extract;
#[path = "../../src/iam/mod.rs"]
pub mod iam;
