//! The roll call, on accounts built for it.

mod entries;
mod roll;
