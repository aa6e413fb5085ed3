//! The roll call of an AWS account: who outside it can assume which role, and how far that leads. Pure: no AWS call, no file.
//!
//! [`snapshot`] reads what `aws iam get-account-authorization-details` saves, [`entry`] proves each way in.

#![warn(missing_docs)]

pub mod baseline;
pub mod entry;
pub mod expectation;
pub mod finding;
pub mod outsider;
pub mod reach;
pub mod roll;
pub mod snapshot;
pub mod vendor;
