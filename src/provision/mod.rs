//! The path of data, top to bottom: templates and values make documents, the manifest and the documents make
//! [`desired`], reads make [`observe`], both make the [`plan`], and [`apply`] carries it out.
//!
//! `template`, `pack`, `desired`, `plan` and `export` are pure. `observe` can only read, `apply` can only write. Nothing here prints.

pub mod adoption;
pub mod apply;
pub mod desired;
pub mod export;
pub mod observe;
pub mod pack;
pub mod plan;
pub mod settle;
pub mod snapshot;
pub mod survey;
pub mod template;
