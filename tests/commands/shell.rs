//! What a shell, `man` and a disk see of the program: completion, manual pages, results that cannot be written.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::scenarios::stage::{ONE_TARGET, Run, binary, manifest};

/// What could come next on a line; the last word is the one at the cursor.
fn candidates(folder: &Path, words: &[&str]) -> Run {
    let mut command = binary(folder);
    command.args(["--", "rolecall"]).args(words).env("ROLECALL_COMPLETE", "bash");
    command.env("_CLAP_COMPLETE_INDEX", words.len().to_string()).env("_CLAP_IFS", "\n");
    // Whoever asked AWS or Genesys Cloud would have to ask here, and would fail.
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1").output().unwrap().into()
}

fn words(folder: &Path, line: &[&str]) -> String {
    let run = candidates(folder, line).expect(0);
    assert_eq!(run.stderr, "");
    run.stdout.replace('\n', " ")
}

fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("rolecall.toml", &manifest(ONE_TARGET));
    write(
        "other.toml",
        &manifest(&format!("{ONE_TARGET}\n[[target]]\nfunction = \"billing\"\nqualifier = \"live\"\n")),
    );
    write("config", "[profile staging]\nregion = us-east-1\n[default]\nregion = us-east-1\n");
    write("credentials", "[live]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n");
    fs::create_dir(folder.path().join(".aws")).unwrap();
    for name in ["config", "credentials"] {
        fs::rename(folder.path().join(name), folder.path().join(".aws").join(name)).unwrap();
    }
    folder
}

#[test]
fn the_shell_is_told_what_the_manifest_the_catalogue_and_the_profiles_hold() {
    let folder = folder();
    let words = |line: &[&str]| words(folder.path(), line);
    assert_eq!(words(&["target", "remove", "m"]), "my-genesys-trigger-function");
    assert_eq!(words(&["target", "remove", "--file", "other.toml", "b"]), "billing:live");
    let codes = words(&["explain", ""]);
    assert!(codes.starts_with("T1 ") && codes.contains(" D1 "), "{codes}");
    let findings = words(&["apply", "--allow-findings", ""]);
    assert!(
        findings.starts_with("T1 ") && !findings.contains(" D1 "),
        "differences are not allowed: {findings}"
    );
    assert_eq!(words(&["plan", "--profile", ""]), "default live staging");
    assert_eq!(words(&["sandbox", "tamper", "max"]), "max-session");
    assert_eq!(words(&["dri"]), "drift");
}

#[test]
fn nothing_is_said_where_nothing_can_be_read() {
    let folder = TempDir::new().unwrap();
    let action = ["genesys", "action", "test", "x"];
    assert_eq!(words(folder.path(), &action), "");
    fs::write(folder.path().join("rolecall.toml"), "version = 1\n[[target").unwrap();
    assert_eq!(words(folder.path(), &action), "");
    assert_eq!(words(folder.path(), &["target", "remove", "zzz"]), "");
    fs::create_dir(folder.path().join(".aws")).unwrap();
    fs::write(folder.path().join(".aws/config"), "[profile \u{0}").unwrap();
    assert_eq!(words(folder.path(), &["plan", "--profile", "z"]), "");
    // A shell that nobody knows, and an index beyond the line.
    let mut command = binary(folder.path());
    command.args(["--", "rolecall", "plan"]).env("ROLECALL_COMPLETE", "nosh");
    let unknown: Run = command.output().unwrap().into();
    let beyond: Run =
        command.env("ROLECALL_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "99").output().unwrap().into();
    for run in [unknown, beyond] {
        let run = run.expect(1);
        assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    }
}

#[test]
fn each_script_asks_the_program() {
    let folder = TempDir::new().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let run: Run = binary(folder.path()).args(["completions", shell]).output().unwrap().into();
        let script = run.expect(0).stdout;
        assert!(script.contains("ROLECALL_COMPLETE") && script.contains("rolecall"), "{script}");
    }
}

#[test]
fn every_manual_page_that_a_page_names_is_written() {
    let folder = TempDir::new().unwrap();
    let run: Run = binary(folder.path()).args(["man", "--dir", "share/man1"]).output().unwrap().into();
    let said = run.expect(0).stdout;
    let mut pages = BTreeSet::new();
    let mut named = BTreeSet::new();
    let page = regex::Regex::new(r"rolecall[a-z-]*\(1\)").unwrap();
    for entry in fs::read_dir(folder.path().join("share/man1")).unwrap() {
        let entry = entry.unwrap();
        let text = fs::read_to_string(entry.path()).unwrap().replace("\\-", "-");
        named.extend(page.find_iter(&text).map(|name| name.as_str().to_owned()));
        let name = entry.file_name().into_string().unwrap();
        pages.insert(name.replace(".1", "(1)"));
    }
    assert_eq!(said, format!("wrote {} manual pages to share/man1\n", pages.len()));
    assert!(named.contains("rolecall-genesys-action-test(1)"), "{named:?}");
    let main: Run = binary(folder.path()).arg("man").output().unwrap().into();
    let main = main.expect(0).stdout.replace("\\-", "-");
    named.extend(page.find_iter(&main).map(|name| name.as_str().to_owned()));
    assert_eq!(named.difference(&pages).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// A disk that is always full.
#[cfg(target_os = "linux")]
#[test]
fn a_result_that_cannot_be_written_is_a_failure() {
    let folder = folder();
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    for arguments in [
        ["render", "--account", "123456789012", "--region", "us-east-1"].as_slice(),
        &["plan", "--sandbox"],
        &["apply", "--sandbox", "--yes"],
        &["drift", "--sandbox"],
        &["target", "list", "--sandbox"],
        &["init", "--schema"],
        &["explain"],
        &["completions", "bash"],
        &["man"],
        &["plan", "--help"],
        &["--version"],
    ] {
        let mut command = binary(folder.path());
        let run: Run = command.args(arguments).stdout(full()).output().unwrap().into();
        let run = run.expect(1);
        let error =
            "error[E11]: cannot write the result to standard output: No space left on device (os error 28)";
        assert!(run.stderr.contains(error), "{arguments:?}: {}", run.stderr);
    }
    // The work is carried to its end all the same.
    let run: Run = binary(folder.path()).args(["drift", "--sandbox"]).output().unwrap().into();
    run.expect(0);
}

/// `rolecall man | true`.
#[cfg(target_os = "linux")]
#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let folder = folder();
    for arguments in [["man"].as_slice(), &["explain"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run: Run = binary(folder.path()).args(arguments).stdout(writer).output().unwrap().into();
        let run = run.expect(0);
        assert_eq!(run.stderr, "", "{arguments:?}");
    }
}
