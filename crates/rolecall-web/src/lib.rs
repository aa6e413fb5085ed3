//! The proof in the browser: what the page asks, and what it is answered.
//!
//! Everything is decided by `rolecall-prove`, as by the command `rolecall prove`. Here a question becomes a request, and the
//! proofs become what the page shows: the same words, the places to mark, and the command that proves the same.
//!
//! The crate is ordinary Rust with one thin edge, `edge`, which is all that WebAssembly adds: no generated glue and no
//! generator, so that a plain `rustc` of any distribution builds it.
//!
//! Deliberately absent: requests, storage, time. The module imports nothing from its host, so it can reach nothing.

mod answer;
mod command;
mod edge;
mod marks;
mod question;

pub use answer::{Page, answer};
pub use question::Question;
