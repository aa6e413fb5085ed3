//! What a newcomer sees, word for word: standard output, standard error and the exit code of the demo.

use std::path::Path;

use super::stage::{Run, binary};
use super::views::normalised;

fn run(folder: &Path, arguments: &[&str]) -> String {
    let output: Run = binary(folder).args(arguments).output().unwrap().into();
    format!("exit {}\n-- stdout\n{}-- stderr\n{}", output.status, output.stdout, output.stderr)
}

#[test]
fn the_demo_in_an_empty_folder() {
    let folder = tempfile::TempDir::new().unwrap();
    let at = |arguments: &[&str]| run(folder.path(), arguments);
    insta::assert_snapshot!("first_apply", at(&["apply", "--sandbox", "--yes"]));
    insta::assert_snapshot!("second_apply", at(&["apply", "--sandbox", "--yes"]));
    insta::assert_snapshot!("tamper", at(&["sandbox", "tamper", "trust-extra-principal"]));
    insta::assert_snapshot!("plan_after_tampering", at(&["plan", "--sandbox", "--detailed-exitcode"]));
    insta::assert_snapshot!("drift_after_tampering", at(&["drift", "--sandbox"]));
    insta::assert_snapshot!("drift_as_json", normalised(&at(&["drift", "--sandbox", "--output", "json"])));
    insta::assert_snapshot!("repair", at(&["apply", "--sandbox", "--yes"]));
    insta::assert_snapshot!("destroy", at(&["destroy", "--sandbox", "--yes"]));
    insta::assert_snapshot!("reset", at(&["sandbox", "reset"]).replace(folder.path().to_str().unwrap(), "."));
}

#[test]
fn help_names_every_command_and_exit_code() {
    let folder = tempfile::TempDir::new().unwrap();
    insta::assert_snapshot!("help", run(folder.path(), &["--help"]));
}

#[test]
fn render_prints_what_apply_would_send() {
    let folder = tempfile::TempDir::new().unwrap();
    let manifest = super::stage::manifest(super::stage::ONE_TARGET);
    std::fs::write(folder.path().join("rolecall.toml"), manifest).unwrap();
    let arguments = ["render", "--account", "123456789012", "--region", "us-east-1"];
    insta::assert_snapshot!("render", run(folder.path(), &arguments));
    let whole = |format: &str| {
        run(
            folder.path(),
            &["render", "--format", format, "--account", "123456789012", "--region", "us-east-1"],
        )
    };
    insta::assert_snapshot!("render_terraform", whole("terraform"));
    insta::assert_snapshot!("render_cloudformation", whole("cloudformation"));
    insta::assert_snapshot!("render_without_account", run(folder.path(), &["render"]));
}
