//! `render guardrail`: what is printed, what is proved, and what is refused.

use serde_json::Value;

use super::{EXTERNAL_ID, binary};
use crate::scenarios::stage::Run;

const PROVISIONER: &str = "arn:aws:iam::123456789012:role/ci/provisioner";

/// A run on a manifest with so many targets.
fn render(arguments: &[&str], targets: usize) -> Run {
    let folder = tempfile::TempDir::new().unwrap();
    let targets: String = (0..targets).map(|n| format!("[[target]]\nfunction = \"target-{n}\"\n")).collect();
    let manifest = format!(
        "version = 1\n[genesys]\nregion = \"us-east-1\"\norganization_id = \"{EXTERNAL_ID}\"\n[role]\n\
         name = \"GenesysDataActionRole\"\n{targets}"
    );
    std::fs::write(folder.path().join("rolecall.toml"), manifest).unwrap();
    let place = ["--account", "123456789012", "--region", "us-east-1"];
    Run::from(binary(folder.path()).arg("render").args(arguments).args(place).output().unwrap())
}

#[test]
fn both_policies_are_printed_and_the_first_is_proved() {
    let run = render(&["guardrail", "--output", "json", "--provisioner", PROVISIONER], 1).expect(0);
    let all = run.json();
    let results: Vec<&Value> =
        all["claims"].as_array().unwrap().iter().map(|claim| &claim["result"]).collect();
    assert_eq!(results, ["proved"; 3]);
    let rcp = render(&["rcp"], 1).expect(0);
    assert_eq!(rcp.json(), all["rcp"]);
    assert_eq!(rcp.stderr.matches("proved: ").count(), 3, "{}", rcp.stderr);
    let scp = render(&["scp", "--provisioner", PROVISIONER], 1).expect(0);
    assert_eq!(scp.json(), all["scp"]);
    assert!(!scp.stderr.contains("proved: ") && scp.stderr.contains("is not proved"), "{}", scp.stderr);
}

#[test]
fn a_policy_that_would_lock_everybody_out_is_refused() {
    let said = |arguments: &[&str]| render(arguments, 1).expect(2).stderr;
    assert!(said(&["scp"]).contains("nobody is named"));
    let elsewhere = said(&["scp", "--provisioner", "arn:aws:iam::999999999999:role/ci"]);
    assert!(elsewhere.contains("no provisioner is in the role's account 123456789012"), "{elsewhere}");
    let session = said(&["scp", "--provisioner", "arn:aws:sts::123456789012:assumed-role/ci/run"]);
    assert!(session.contains("is not a role or a user"), "{session}");
    assert!(said(&["trust", "--provisioner", PROVISIONER]).contains("is for the service control policy"));
}

#[test]
fn a_policy_is_never_longer_than_organizations_stores_it() {
    let arguments = ["scp", "--provisioner", PROVISIONER];
    // So many do not fit with white space.
    let dense = render(&arguments, 65).expect(0).stdout;
    assert!(dense.len() <= 10_240 && !dense.contains("\n  "), "{}", dense.len());
    let run = render(&arguments, 100).expect(2);
    assert!(run.stderr.contains("AWS Organizations stores 10240"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}
