//! The client of Genesys Cloud against a server that answers as badly as the network does.

mod faults;
mod pages;
mod support;
mod tokens;
