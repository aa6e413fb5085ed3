//! Genesys Cloud: where an organisation lives, how it is reached, and what is asked of it.
//!
//! [`region`] is plain data without I/O, so the manifest may use it; everything that talks to the Platform API
//! stands beside it and stays behind this module. [`credentials`] say who rolecall is and [`site`] where; [`client`]
//! sends the calls that [`operation`] lists.
//!
//! The path of data: the manifest and its files ([`sources`]) make [`desired`], reads make [`observe`], both make the
//! [`plan`], and [`apply`] carries it out; these know the ports alone. `contract`, `desired` and `plan` are pure.

mod adapter;
pub mod apply;
pub mod client;
pub mod contract;
pub mod credentials;
pub mod desired;
mod error;
pub mod observe;
pub mod operation;
pub mod plan;
pub mod region;
pub mod site;
pub mod sources;
mod wire;
