//! `iam` and `extract` under the names that the real crate gives them, and nothing else.

pub use rolecall_extract as extract;
pub use rolecall_iam as iam;
