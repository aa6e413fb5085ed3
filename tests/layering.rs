//! The arrows between the rooms run one way: `src/lib.rs` says which, this test keeps them.

use std::fs;
use std::path::{Path, PathBuf};

/// What each room must not name.
const FORBIDDEN: [(&str, &[&str]); 10] = [
    (
        "crates/rolecall-iam/src",
        &["std::env", "std::fs", "std::time::Instant", "std::time::SystemTime", "async "],
    ),
    (
        "src/manifest",
        &[
            "crate::provision",
            "crate::verify",
            "crate::report",
            "crate::aws",
            "crate::sandbox",
            "crate::ports",
            "aws_sdk",
            "aws_config",
            "aws_smithy",
            "tokio",
        ],
    ),
    ("crates/rolecall-extract/src", &["std::env", "std::fs"]),
    (
        "src/ports.rs",
        &[
            "crate::provision",
            "crate::verify",
            "crate::report",
            "crate::aws",
            "crate::sandbox",
            "aws_sdk",
            "tokio",
        ],
    ),
    (
        "src/provision",
        &[
            "crate::report",
            "crate::aws",
            "crate::sandbox",
            "crate::verify",
            "aws_sdk",
            "aws_config",
            "aws_smithy",
            "std::env",
            "std::fs",
        ],
    ),
    (
        "src/verify",
        &["crate::aws", "crate::sandbox", "aws_sdk", "aws_config", "aws_smithy", "std::env", "std::fs"],
    ),
    (
        "src/report",
        &[
            "crate::aws",
            "crate::sandbox",
            "aws_sdk",
            "aws_config",
            "aws_smithy",
            "tokio",
            "std::env",
            "std::fs",
        ],
    ),
    (
        "src/genesys",
        &[
            "crate::report",
            "crate::aws",
            "crate::sandbox",
            "crate::verify",
            "aws_sdk",
            "aws_config",
            "aws_smithy",
            "std::env",
        ],
    ),
    ("src/aws", &["crate::provision", "crate::verify", "crate::report", "crate::sandbox", "crate::manifest"]),
    (
        "src/sandbox",
        &[
            "crate::iam",
            "crate::provision",
            "crate::verify",
            "crate::report",
            "crate::aws",
            "crate::manifest",
            "aws_sdk",
        ],
    ),
];

/// Within the pure parts of `provision` and `genesys`, what must not stand there either.
const PURE: [&str; 8] = [
    "src/provision/template.rs",
    "src/provision/desired.rs",
    "src/provision/plan.rs",
    "src/genesys/contract.rs",
    "src/genesys/desired.rs",
    "src/genesys/exchange.rs",
    "src/genesys/plan.rs",
    "src/genesys/plan/action.rs",
];

fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    entries
        .flat_map(|entry| sources(&entry.unwrap().path()))
        .filter(|path| path.extension() == Some("rs".as_ref()))
        .collect()
}

/// Code without comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_room_knows_only_what_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut broken = Vec::new();
    for (room, forbidden) in FORBIDDEN {
        for file in sources(&root.join(room)) {
            let code = code(&file);
            let own = format!("crate::{}", room.trim_start_matches("src/"));
            for word in forbidden {
                let code = code.replace(&own, "");
                if code.contains(word) {
                    broken.push(format!("{} names `{word}`", file.strip_prefix(root).unwrap().display()));
                }
            }
        }
    }
    for file in PURE {
        let code = code(&root.join(file));
        for word in ["tokio", "async ", ".await"] {
            if code.contains(word) {
                broken.push(format!("{file} must be pure, and names `{word}`"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn output_goes_through_one_door() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in sources(&root.join("src")) {
        let code = code(&file);
        for word in ["println!", "eprintln!", "io::stdout", "io::stderr"] {
            // The command line's door, and the log of the Lambda function.
            let is_door = ["src/cli/printer.rs", "src/lambda/log.rs"].iter().any(|door| file.ends_with(door));
            assert!(is_door || !code.contains(word), "{} names `{word}`", file.display());
        }
    }
}
