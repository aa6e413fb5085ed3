//! The IAM language: tables of what AWS documents, each row with the page that says so, and properties.

mod canonical;
mod conditions;
mod documents;
mod explanations;
mod grammar;
mod layers;
mod matching;
mod names;
mod principals;
mod properties;
mod simulation;
pub(crate) mod support;
mod variables;
