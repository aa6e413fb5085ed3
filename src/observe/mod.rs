//! What is there: snapshots of AWS and Genesys Cloud, read through the ports in as few dependent rounds as they allow.

pub mod adoption;
pub(crate) mod agreement;
pub mod authorizations;
pub mod aws;
pub mod credential_fields;
pub mod function_sides;
mod functions;
pub mod genesys;
pub mod metrics;
pub mod ownership;
pub mod quotas;
pub mod record;
pub mod snapshot;
pub mod survey;
pub mod usage;
