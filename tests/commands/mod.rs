//! The commands that contact nobody: `simulate` and `prove`, on files of every kind that they read.
//!
//! The files are what the tools print: plans and states of Terraform 1.11 with the AWS provider 5.100 (from the
//! configurations beside them), answers of AWS CLI 1.45, templates that cfn-lint accepts.

mod allow;
mod bad_input;
mod bounds;
mod cloudformation;
mod compared;
mod descriptions;
mod explain;
mod extraction;
mod guardrail;
mod holder;
mod page;
mod pitfalls;
mod policies;
mod prove;
mod prove_documents;
mod prove_formats;
pub(crate) mod reference_pages;
mod render_anywhere;
mod shell;
mod simulate;
mod stated;
mod terraform;
mod terraform_ways;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::scenarios::stage::{Run, binary};

const EXTERNAL_ID: &str = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94";
const PRINCIPAL: &str = "arn:aws:iam::765628985471:root";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";
const ALIAS: &str = "arn:aws:lambda:us-east-1:123456789012:function:orders-status:live";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/files").join(name)
}

/// A run in the folder of the files.
fn rolecall(arguments: &[&str]) -> Run {
    binary(&file("")).args(arguments).output().unwrap().into()
}

/// A run that is given this on standard input.
pub(crate) fn rolecall_reading(input: impl AsRef<[u8]>, arguments: &[&str]) -> Run {
    let mut command = binary(&file(""));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.as_ref().to_vec();
    // A command that refuses what it reads does not read to the end.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output.into()
}

/// The results of the claims, in order.
fn results(proof: &Value) -> Vec<&str> {
    proof["claims"].as_array().unwrap().iter().map(|claim| claim["result"].as_str().unwrap()).collect()
}
