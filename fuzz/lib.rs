//! What the fuzz targets check. The real crate's tests include the same files and replay the kept corpus.

pub mod choices;
pub mod properties;
