//! Genesys Cloud: where an organisation lives and, from there, how it is reached.
//!
//! [`region`] is plain data without I/O, so the manifest may use it; everything that talks to the Platform API
//! stands beside it and stays behind this module.

pub mod apply;
pub mod contract;
pub mod desired;
pub mod observe;
pub mod plan;
pub mod region;
pub mod sources;
