//! Documents with our verdicts and their certificates as JSON lines, for `tests/solvers/run`.
//!
//!     emit [--shipped] [--broken] [--mutations EVERY] [--random N] [--differential N] [--lines FILE]...
//!
//! `--lines` reads JSON lines `{"name", "trust", "permissions": [...], "boundary", "intent": {"role", "trusted": [...],
//! "external_id", "targets": [...]}}`; everything but one of the documents may be left out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    dead_code,
    unreachable_pub,
    reason = "a tool for tests that must fail loudly, and files that the tests of rolecall-iam share"
)]

mod broken;
mod case;
mod differential;
#[path = "../../../rolecall-iam/tests/proof/mutants.rs"]
mod mutants;
#[path = "../../../rolecall-iam/tests/proof/random.rs"]
mod random;
#[path = "../../../rolecall-iam/tests/proof/support.rs"]
mod support;

use std::io::{BufWriter, Write as _};

use serde_json::{Value, json};

use case::Case;
use random::Dice;

fn main() {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut arguments = std::env::args().skip(1);
    let mut print = |lines: Vec<Value>| {
        for line in lines {
            writeln!(out, "{line}").unwrap();
        }
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| panic!("{argument} needs a value"));
        match argument.as_str() {
            "--shipped" => shipped().iter().for_each(|case| print(case.lines())),
            "--broken" => print(broken::lines()),
            "--mutations" => mutations(value().parse().unwrap()).for_each(|case| print(case.lines())),
            "--random" => random_cases(value().parse().unwrap()).for_each(|case| print(case.lines())),
            "--differential" => {
                differential::lines(value().parse().unwrap()).for_each(|line| print(vec![line]));
            }
            "--lines" => lines(&value()).iter().for_each(|case| print(case.lines())),
            other => panic!("unknown argument {other}"),
        }
    }
}

fn folder() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn read(path: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(path)).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The templates in `policies/`, and every pitfall.
fn shipped() -> Vec<Case> {
    let mut trust = read("policies/trust.json");
    trust["Statement"][0]["Principal"]["AWS"] = json!([support::GENESYS]);
    trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] = json!(support::EXTERNAL_ID);
    let mut invoke = read("policies/invoke.json");
    invoke["Statement"][0]["Resource"] = json!([support::FUNCTION, support::QUALIFIED]);
    let mut cases = vec![
        Case::trust("policies/trust.json", trust.clone()),
        Case::permissions("policies/invoke.json", vec![invoke.clone()], None),
        Case::permissions("policies/invoke.json as its own boundary", vec![invoke.clone()], Some(invoke)),
    ];
    let mut files: Vec<_> = std::fs::read_dir(folder().join("tests/commands/files/pitfalls"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    for file in files {
        let value = read(&format!("tests/commands/files/pitfalls/{file}"));
        cases.push(Case::trust(&file, value).with_external_id("5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"));
    }
    cases
}

/// Every so many single-step mutations of the templates.
fn mutations(every: usize) -> impl Iterator<Item = Case> {
    let trust = mutants::trust_mutations().into_iter().enumerate();
    let trust = trust.map(|(number, value)| Case::trust(&format!("trust mutation {number}"), value));
    let invoke = mutants::invoke_mutations().into_iter().enumerate();
    let invoke = invoke
        .map(|(number, value)| Case::permissions(&format!("invoke mutation {number}"), vec![value], None));
    trust.chain(invoke).step_by(every)
}

/// Random trust policies and permissions, one after the other.
fn random_cases(count: u64) -> impl Iterator<Item = Case> {
    (0..count).map(|number| {
        let mut dice = Dice(number);
        let name = format!("random {number}");
        match number % 2 {
            0 => Case::trust(&name, random::trust_document(&mut dice)),
            _ => {
                let identity: Vec<Value> = (0..=dice.roll(2))
                    .map(|_| random::permission_document(&mut dice, &["Allow", "Allow", "Deny"]))
                    .collect();
                let limited = dice.one_in(3);
                let boundary = limited.then(|| random::permission_document(&mut dice, &["Allow", "Deny"]));
                Case::permissions(&name, identity, boundary)
            }
        }
    })
}

/// Cases from a file of JSON lines.
fn lines(path: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let lines = text.lines().filter(|line| !line.trim().is_empty()).enumerate();
    lines
        .map(|(number, line)| {
            let value: Value =
                serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}:{}: {error}", number + 1));
            Case::read(&format!("{path}:{}", number + 1), &value)
        })
        .collect()
}
