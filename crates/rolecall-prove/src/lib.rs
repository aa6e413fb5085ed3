//! What `rolecall prove` does with a document: text and an intent come in, claims, findings and the answer come out.
//!
//! [`ProveRequest`] is the whole way; [`decide()`] and [`findings`] are the step of one role, which `verify` takes too.
//! [`reasons`] says why. [`stated`] reads what somebody states of a role, [`words`] says what was decided, [`answer`] is that as data.
//!
//! It is a crate of its own, below the pipeline, because the page in the browser is compiled from it: there is one answer, and
//! two doors to it. Pure: no file, no clock, no account.
//!
//! Deliberately absent: exit codes and the formats of reports.

#![warn(missing_docs)]

pub mod answer;
pub mod claim;
mod decide;
mod meant;
pub mod reasons;
mod request;
pub mod role_proof;
mod service_role;
pub mod stated;
pub mod words;

pub use decide::{decide, findings, shared_ids};
pub use request::{ProveError, ProveRequest, in_parallel, name_of};
