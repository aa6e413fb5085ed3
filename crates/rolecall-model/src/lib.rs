//! What rolecall works on: the [`manifest`], the [`region`]s of Genesys Cloud, and the [`ports`] to AWS and Genesys Cloud,
//! with the policy documents that they carry ([`stored`]).
//!
//! It knows the IAM language ([`iam`]) and nobody else: the adapters implement the ports, the pipeline uses them, and neither
//! needs the other. No I/O but files that a user names ([`mod@file`]). [`patience`] is how everybody waits, [`limit`] is when a
//! command ends, [`activity`] is what it does meanwhile, [`paging`] is how lists are read,
//! [`handover`] is what two teams tell each other, [`redact`] is what keeps secrets out of messages, and [`shown`] is how text of others is shown.

pub use rolecall_iam as iam;
pub use rolecall_shown as shown;

pub mod activity;
pub mod aws_region;
pub mod file;
pub mod handover;
pub mod limit;
pub mod manifest;
pub mod paging;
pub mod patience;
pub mod ports;
pub mod redact;
pub mod region;
pub mod stored;
