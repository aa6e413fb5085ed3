//! Plan → AWS and Genesys Cloud. Decides nothing.

pub mod aws;
pub mod genesys;
pub mod settle;
