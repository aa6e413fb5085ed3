//! The published schema of `--output json`.

use rolecall::report::Report;
use serde_json::Value;

use crate::scenarios::stage::Stage;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");

/// The schema comes from the types. Where it differs: `UPDATE_SCHEMA=1 cargo test report_schema`.
#[test]
fn the_published_report_schema_is_that_of_the_types() {
    let current = serde_json::to_string_pretty(&Report::json_schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(FILE, &current).unwrap();
    }
    let published = std::fs::read_to_string(FILE).unwrap();
    assert!(
        published == current,
        "docs/report.schema.json is not current: UPDATE_SCHEMA=1 cargo test report_schema"
    );
}

#[test]
fn reports_keep_to_the_published_report_schema() {
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let stage = Stage::new();
    for arguments in [
        &["apply", "--yes"] as &[_],
        &["plan"],
        &["drift"],
        &["verify"],
        &["verify", "--level", "paper"],
        &["verify", "--level", "twin"],
        &["verify", "--explain-error", "sts:AssumeRole"],
        &["destroy", "--yes"],
    ] {
        let report = stage.run(&[arguments, &["--output", "json"]].concat()).json();
        let faults: Vec<String> = schema.iter_errors(&report).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{arguments:?}: {faults:?}");
    }
}
