//! The manifest: what is refused and in which words, the limits, the JSON Schema, edits, writing and reading.

mod broken;
mod edit;
mod limits;
mod schema;
mod store;
mod strategy;
mod write;

use rolecall_model::manifest::{Manifest, Note};

/// A manifest in which every key is used once.
const FULL: &str = include_str!("full.toml");

/// The smallest manifest: what must be stated and nothing else.
const VENDOR: &str = r#"version = 1
[vendor]
name = "Datadog"
account = "464622532012"
external_id = "5f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90"
external_id_chosen_by = "vendor"
[role]
name = "DatadogRole"
[[target]]
function = "order-status"
"#;

const LEAST: &str = r#"version = 1

[genesys]
region = "us-east-1"

[role]
name = "GenesysDataActionRole"

[[target]]
function = "order-status"
"#;

/// The manifest of a text that has faults nowhere.
fn parse(text: &str) -> (Manifest, Vec<Note>) {
    Manifest::parse(text, "rolecall.toml").unwrap_or_else(|faults| panic!("{faults}\n\nin\n{text}"))
}

/// What is said about a text: its faults, or else its warnings.
fn said_about(text: &str) -> String {
    match Manifest::parse(text, "rolecall.toml") {
        Ok((_, warnings)) => warnings.iter().map(Note::to_string).collect::<Vec<_>>().join("\n"),
        Err(faults) => faults.to_string(),
    }
}
