//! What rolecall works on: the [`manifest`], the [`region`]s of Genesys Cloud, and the [`ports`] to AWS and Genesys Cloud,
//! with the policy documents that they carry ([`stored`]).
//!
//! It knows the IAM language ([`iam`]) and nobody else: the adapters implement the ports, the pipeline uses them, and neither
//! needs the other. No I/O but the manifest's own file. [`patience`] is how everybody waits,
//! [`redact`] what keeps secrets out of messages.

pub use rolecall_iam as iam;

pub mod manifest;
pub mod patience;
pub mod ports;
pub mod redact;
pub mod region;
pub mod stored;
