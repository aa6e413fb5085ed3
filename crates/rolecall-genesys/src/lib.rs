//! The ports on Genesys Cloud's Platform API.
//!
//! [`credentials`] say who rolecall is and [`site`] where; [`client`] sends the calls that [`operation`] lists, and
//! implements the ports. [`whoami`] and [`audit`] are questions that only this API answers.

mod adapter;
pub mod audit;
pub mod client;
pub mod credentials;
mod error;
pub mod operation;
pub mod permissions;
pub mod site;
pub mod whoami;
mod wire;
