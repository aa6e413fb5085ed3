//! The arrows of the house run one way. Between crates Cargo keeps them, and this test says which there are; within `src`,
//! where a room is no more than a folder, it reads the paths that the code names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each crate of the workspace may know of the others.
const CRATES: [(&str, &[&str]); 13] = [
    ("rolecall-iam", &[]),
    ("rolecall-audit", &["rolecall-iam"]),
    ("rolecall-certificate", &["rolecall-iam"]),
    ("rolecall-extract", &["rolecall-iam"]),
    ("rolecall-prove", &["rolecall-extract", "rolecall-iam"]),
    ("rolecall-shown", &[]),
    ("rolecall-model", &["rolecall-iam", "rolecall-shown"]),
    ("rolecall-aws", &["rolecall-model"]),
    ("rolecall-genesys", &["rolecall-model"]),
    ("rolecall-notify", &["rolecall-model"]),
    ("rolecall-sandbox", &[]),
    ("rolecall-web", &["rolecall-extract", "rolecall-iam", "rolecall-prove", "rolecall-shown"]),
    ("rolecall-lambda", &["rolecall", "rolecall-aws", "rolecall-genesys", "rolecall-model"]),
];

/// The path of data, and what every shell needs around it. A room knows itself and those before it.
const ROOMS: [&str; 11] = [
    "desired",
    "observe",
    "plan",
    "carry_out",
    "verify",
    "drift",
    "operations",
    "report",
    "failure",
    "catalogue",
    CONNECT,
];

/// The room that makes the clients which implement the ports.
const CONNECT: &str = "connect";

/// What no other room names: the pipeline reaches AWS and Genesys Cloud through the ports.
const OUTSIDE: [&str; 3] = ["crate::aws", "rolecall_aws", "std::env"];

/// What only the command line names.
const COMMAND_LINE: [&str; 6] =
    ["crate::sandbox", "rolecall_sandbox::", "clap", "indicatif", "anstream", "crate::cli"];

/// Rooms that only compute.
const PURE: [&str; 2] = ["src/plan", "src/report"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

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

/// The room's folder, its file, or both.
fn room(name: &str) -> Vec<PathBuf> {
    let places = [root().join("src").join(name), root().join(format!("src/{name}.rs"))];
    let found: Vec<PathBuf> =
        places.iter().filter(|place| place.exists()).flat_map(|place| sources(place)).collect();
    assert!(!found.is_empty(), "there is no room `{name}`");
    found
}

#[test]
fn each_crate_knows_only_those_below_it() {
    let mut known = BTreeMap::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let manifest = fs::read_to_string(entry.unwrap().path().join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let dependencies = manifest["dependencies"].as_table().unwrap().keys();
        let own: Vec<String> = dependencies.filter(|name| name.starts_with("rolecall")).cloned().collect();
        known.insert(manifest["package"]["name"].as_str().unwrap().to_owned(), own);
    }
    let expected =
        CRATES.map(|(name, known)| (name.to_owned(), known.iter().map(ToString::to_string).collect()));
    assert_eq!(known, BTreeMap::from(expected));
}

#[test]
fn the_sdk_is_named_by_its_adapter_alone() {
    for folder in
        ["src", "crates/rolecall-model/src", "crates/rolecall-genesys/src", "crates/rolecall-lambda/src"]
    {
        for file in sources(&root().join(folder)) {
            for word in ["aws_sdk", "aws_config", "aws_smithy"] {
                assert!(!code(&file).contains(word), "{} names `{word}`", file.display());
            }
        }
    }
}

#[test]
fn each_room_knows_only_those_before_it() {
    let mut broken = Vec::new();
    for (position, name) in ROOMS.iter().enumerate() {
        let later = ROOMS.iter().skip(position + 1).map(|room| format!("crate::{room}"));
        let outside: &[&str] = if *name == CONNECT { &[] } else { &OUTSIDE };
        let outside = outside.iter().chain(&COMMAND_LINE).map(ToString::to_string);
        let forbidden: Vec<String> = later.chain(outside).collect();
        for file in room(name) {
            let code = code(&file);
            for word in forbidden.iter().filter(|word| code.contains(word.as_str())) {
                broken.push(format!("{} names `{word}`", file.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn what_only_computes_neither_waits_nor_reads() {
    for place in PURE {
        for file in sources(&root().join(place)) {
            let code = code(&file);
            for word in ["tokio", "async ", ".await", "std::fs"] {
                assert!(!code.contains(word), "{} must be pure, and names `{word}`", file.display());
            }
        }
    }
}

#[test]
fn the_iam_language_needs_neither_clock_nor_files() {
    for crate_name in ["rolecall-iam", "rolecall-extract", "rolecall-prove"] {
        let files = sources(&root().join("crates").join(crate_name).join("src"));
        // Tests may measure.
        for file in files.iter().filter(|file| !file.ends_with("tests.rs")) {
            let code = code(file);
            for word in ["std::env", "std::fs", "Instant", "SystemTime", "async "] {
                assert!(!code.contains(word), "{} names `{word}`", file.display());
            }
        }
    }
}

#[test]
fn output_goes_through_one_door() {
    for file in ["src", "crates/rolecall-lambda/src"].iter().flat_map(|folder| sources(&root().join(folder)))
    {
        let code = code(&file);
        for word in ["println!", "eprintln!", "io::stdout", "io::stderr"] {
            // The command line's door, and the log of the Lambda function.
            let is_door = ["src/cli/printer.rs", "crates/rolecall-lambda/src/log.rs"]
                .iter()
                .any(|door| file.ends_with(door));
            assert!(is_door || !code.contains(word), "{} names `{word}`", file.display());
        }
    }
}

/// What replaces or makes a file, and who may do it: a file at a place that a user names goes through `src/cli/overwrite.rs`.
#[test]
fn files_are_written_through_one_guard() {
    const EXCEPTIONS: [(&str, &str, &str); 5] = [
        ("src/cli/overwrite.rs", "write::save", "the guard"),
        ("src/cli/init.rs", "write::save", "the manifest, which is new or replaced with --force"),
        ("src/cli/init/genesys.rs", "write::save_new", "new files beside the manifest"),
        (
            "src/cli/genesys/action.rs",
            "write::save",
            "new files beside the manifest, and the manifest's edit",
        ),
        ("src/cli/target.rs", "write::save", "the manifest's edit"),
    ];
    let writers = [
        "write::save",
        "fs::write",
        "fs::copy",
        "fs::rename",
        "File::create",
        "OpenOptions",
        "File::options",
        "persist(",
        "generate_to",
    ];
    let mut found = Vec::new();
    for file in sources(&root().join("src")).iter().filter(|file| !is_test(file)) {
        let code = code(file);
        let name = file.strip_prefix(root()).unwrap().display().to_string();
        found.extend(writers.iter().filter(|word| code.contains(**word)).map(|word| (name.clone(), *word)));
    }
    let is_stated = |(name, word): &(String, &str)| {
        EXCEPTIONS.iter().any(|(file, stated, _)| file == name && stated.starts_with(*word))
    };
    let strangers: Vec<_> = found.iter().filter(|it| !is_stated(it)).collect();
    assert!(strangers.is_empty(), "{strangers:?}");
    for (file, word, why) in EXCEPTIONS {
        assert!(found.iter().any(|(name, found)| name == file && word.starts_with(*found)), "{file}: {why}");
    }
}

fn is_test(file: &Path) -> bool {
    ["tests.rs", "documented.rs"].iter().any(|name| file.ends_with(name))
}
