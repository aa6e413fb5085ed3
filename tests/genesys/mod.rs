//! The client of Genesys Cloud against a server that answers as badly as the network does, and the contract that every
//! conversation in the tests is held against.

mod contract;
mod faults;
mod pages;
mod support;
mod tokens;

pub(crate) use contract::keep;
