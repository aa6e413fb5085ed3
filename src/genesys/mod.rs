//! Genesys Cloud: where an organisation lives, how it is reached, and what is asked of it.
//!
//! [`region`] and [`contract`] are plain data and rules without I/O, so the manifest may use them. [`desired`],
//! [`observe`], [`plan`] and [`apply`] are the path of data, on the ports alone. [`credentials`] say who rolecall is and
//! [`site`] where; [`client`] sends the calls that [`operation`] lists, and implements the ports.

mod adapter;
pub mod apply;
pub mod audit;
pub mod client;
pub mod contract;
pub mod credentials;
pub mod desired;
mod error;
pub mod exchange;
pub mod observe;
pub mod operation;
pub mod permissions;
pub mod plan;
pub mod region;
pub mod site;
pub mod sources;
pub mod whoami;
mod wire;
