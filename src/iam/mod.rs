//! The IAM language as values. Pure: no async, no I/O, no clock, no environment.

pub mod arn;
