//! What should be there: the manifest, its files and the filled templates, as values. Pure, but for [`sources`], which
//! reads the files that a manifest names.

pub mod aws;
pub mod check;
pub mod contract;
pub mod exchange;
pub mod export;
pub mod genesys;
pub mod grant;
pub mod guardrail;
pub mod pack;
mod secrets;
pub mod sources;
pub mod template;
pub mod transform;
