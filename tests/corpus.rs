//! The kept corpus of the fuzz targets, without a fuzzer: what once was found stays found.

#![allow(unreachable_pub, reason = "the fuzz targets use the same files from another crate")]

#[path = "../fuzz/choices.rs"]
mod choices;
#[path = "../fuzz/properties.rs"]
mod properties;

fn replay(target: &str, property: fn(&[u8])) {
    let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let mut replayed = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if std::panic::catch_unwind(|| property(&bytes)).is_err() {
            panic!("{}: the property does not hold", path.display());
        }
        replayed += 1;
    }
    assert!(replayed > 5, "{folder} holds {replayed} files");
}

#[test]
fn parse() {
    replay("parse", properties::parse);
}

#[test]
fn evaluate() {
    replay("evaluate", properties::evaluate);
}

#[test]
fn prove() {
    replay("prove", properties::prove);
}

#[test]
fn extract() {
    replay("extract", properties::extract);
}
