//! Provisions, proves and watches the AWS IAM role that Genesys Cloud assumes to invoke AWS Lambda functions.
//!
//! The path of data: [`manifest`] reads `rolecall.toml`; [`provision`] makes documents of it, reads AWS through
//! [`ports`], plans, and carries the plan out; [`verify`] proves the documents that AWS holds, with [`iam`], and probes
//! them live; [`report`] shows all of it.
//!
//! What each room may know: `iam` and `extract` are crates of their own (`crates/`): the IAM language as values, which knows
//! nobody, and documents in other tools' files, which knows `iam`. `manifest` knows `iam`; `genesys` is the same path of data for Genesys Cloud, with the client that implements its
//! ports, and `provision` shows it how a plan is carried out.
//! `provision` and `verify` know these and the ports, never the SDK: `aws` implements the ports and is the only code
//! that names SDK types. `sandbox` is an AWS and a Genesys Cloud of its own, served on loopback; it shares no code with the
//! evaluator that it puts to the test. `cli` knows them all, and is known to the two binaries alone: `rolecall`, and
//! `rolecall-lambda`, which answers the same commands as JSON. A test keeps these arrows as they are.
//!
//! Deliberately absent: state files (AWS is the state, tags mark what is ours), a template engine, an HTTP client for
//! AWS beside the SDK's.

// The command line stands outside the rooms: it names them as any other program would.
extern crate self as rolecall;

pub use rolecall_aws as aws;
pub use rolecall_extract as extract;
pub use rolecall_iam as iam;
pub use rolecall_model::{manifest, ports};
pub use rolecall_sandbox as sandbox;

pub mod carry_out;
pub mod cli;
pub mod connect;
pub mod desired;
pub mod drift;
pub mod exit;
pub mod failure;
pub mod observe;
pub mod operations;
pub mod plan;
pub mod report;
pub mod verify;
