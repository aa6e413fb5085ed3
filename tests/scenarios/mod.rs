//! Scenarios: the real binary against the embedded AWS, over the wire, with faults.

mod bad_input;
mod drift;
mod faults;
mod findings;
mod fleet;
mod life;
mod permissions;
mod saved_plan;
pub(crate) mod stage;
mod targets;
mod transcript;
mod twin;
mod twin_trouble;
