//! Desired × observed → the writes, in order. Pure, and the only place that decides what is written.

pub mod aws;
mod change;
pub mod genesys;
