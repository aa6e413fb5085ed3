//! Genesys Cloud: where an organisation lives, how it is reached, and what is asked of it.
//!
//! [`region`] and [`contract`] are plain data and rules without I/O, so the manifest may use them; everything that talks
//! to the Platform API stands beside them and stays behind this module. [`credentials`] say who rolecall is and [`site`]
//! where; [`client`] sends the calls that [`operation`] lists, and implements the ports.

mod adapter;
pub mod client;
pub mod contract;
pub mod credentials;
mod error;
pub mod operation;
pub mod permissions;
pub mod region;
pub mod site;
pub mod whoami;
mod wire;
