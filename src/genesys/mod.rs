//! Genesys Cloud: where an organisation lives, how it is reached, and what is asked of it.
//!
//! [`region`] is plain data without I/O, so the manifest may use it; everything that talks to the Platform API
//! stands beside it and stays behind this module. [`credentials`] say who rolecall is and [`site`] where; [`client`]
//! sends the calls that [`operation`] lists.

mod adapter;
pub mod client;
pub mod credentials;
mod error;
pub mod operation;
pub mod permissions;
pub mod region;
pub mod site;
pub mod whoami;
mod wire;
