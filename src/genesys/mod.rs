//! Genesys Cloud: where an organisation lives, how it is reached, and what is asked of it.
//!
//! [`region`] and [`contract`] are plain data and rules without I/O, so the manifest may use them. [`desired`],
//! [`observe`], [`plan`] and [`apply`] are the path of data, on the ports alone. [`credentials`] say who rolecall is and
//! [`site`] where; [`client`] sends the calls that [`operation`] lists, and implements the ports.

pub mod apply;
pub mod contract;
pub mod desired;
pub mod exchange;
pub mod observe;
pub mod plan;
pub mod sources;

pub use rolecall_genesys::{audit, client, credentials, operation, permissions, site, whoami};
pub use rolecall_model::region;
