//! The description of Genesys Cloud's API, and whether conversations keep to it.

mod contract;

pub(crate) use contract::keep;
