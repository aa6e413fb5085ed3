//! Scenarios: the real binary against the embedded AWS, over the wire, with faults.

mod analysers;
mod bad_input;
mod drift;
mod explain;
mod explain_error;
mod faults;
mod findings;
mod fleet;
mod foreign;
mod functions;
mod gate;
mod genesys;
mod hostile;
mod identity;
mod life;
mod limits;
mod organization;
mod permissions;
mod recorded;
mod saved_plan;
pub(crate) mod stage;
mod targets;
mod trail;
mod transcript;
mod twin;
mod twin_trouble;
