//! Genesys Cloud's API: its description, whether conversations keep to it, and the client against a server that answers
//! as badly as the network does.

mod audit;
mod contract;
mod faults;
mod leaks;
mod pages;
mod support;
mod tokens;
mod writes;

pub(crate) use contract::keep;
