//! The roll call, on accounts built for it.

mod entries;
mod reach;
mod roll;
