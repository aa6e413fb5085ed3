//! Provisions, proves and watches the AWS IAM role that Genesys Cloud assumes to invoke AWS Lambda functions.
//!
//! The path of data: [`manifest`] reads `rolecall.toml`; [`desired`] makes documents of it; [`observe`] reads AWS and Genesys
//! Cloud through [`ports`]; [`plan`] says what is to be written, and [`mod@carry_out`] writes it; [`verify`] proves the documents
//! that AWS holds, with [`iam`], and probes them live; [`mod@drift`] says what differs.
//!
//! [`operations`] are these steps for whoever asks: a request goes in, an outcome comes out. Around them is what every shell
//! needs: [`connect`] opens manifests and reaches the services, [`report`] shows an outcome, [`failure`] gives an error its exit
//! code and the way out.
//!
//! Two programs are shells over this library, of equal rank: `rolecall`, the command line, which is the binary of this package,
//! and `rolecall-lambda`, a crate of its own. Options, output and the embedded AWS are the command line's; events are the
//! function's. The library knows neither.
//!
//! What each room may know, a test keeps as it is: a room knows those before it on the path. The pipeline reaches the services
//! through the ports, never through the SDK; [`connect`] alone makes the clients that implement them. [`sandbox`] is an AWS and a
//! Genesys Cloud of its own, served on loopback; it shares no code with the evaluator that it puts to the test.
//!
//! Deliberately absent: state files (AWS is the state, tags mark what is ours), a template engine, an HTTP client for
//! AWS beside the SDK's.

pub use rolecall_audit as audit;
pub use rolecall_aws as aws;
pub use rolecall_extract as extract;
pub use rolecall_iam as iam;
pub use rolecall_model::{manifest, ports};
#[cfg(feature = "sandbox")]
pub use rolecall_sandbox as sandbox;

pub mod carry_out;
pub mod catalogue;
pub mod connect;
pub mod desired;
pub mod drift;
pub mod error_code;
pub mod exit;
pub mod failure;
pub mod observe;
pub mod operations;
pub mod plan;
pub mod report;
pub mod verify;
