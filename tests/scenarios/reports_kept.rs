//! `--report FORMAT=PATH`: what is in the files of a run that is killed, and what a report never costs its user.

use std::fs;

use super::stage::{Run, Stage, binary};

const FORMATS: [&str; 6] = ["json", "sarif", "junit", "github", "markdown", "html"];

fn read(stage: &Stage, name: &str) -> String {
    fs::read_to_string(stage.folder.path().join(name)).unwrap()
}

/// A run that is killed after its first call must not leave the result of the run before it.
#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_no_older_result() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let reports = FORMATS.map(|format| format!("--report={format}=out.{format}"));
    let drift: Vec<&str> = ["drift"].into_iter().chain(reports.iter().map(String::as_str)).collect();
    for signal in ["-INT", "-TERM", "-KILL"] {
        stage.run(&drift).expect(0);
        let report: serde_json::Value = serde_json::from_str(&read(&stage, "out.json")).unwrap();
        assert_eq!(report["exit_code"], 0);
        let status = stage.run_until(|_| true, signal, stage.command(&drift)).status;
        assert_eq!(status.code(), None);
        let report: serde_json::Value = serde_json::from_str(&read(&stage, "out.json")).unwrap();
        assert_eq!((&report["exit_code"], &report["error"]["code"]), (&1.into(), &"E48".into()));
        let sarif: serde_json::Value = serde_json::from_str(&read(&stage, "out.sarif")).unwrap();
        assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
        assert!(read(&stage, "out.junit").contains("<error"));
        assert!(read(&stage, "out.github").starts_with("::error"));
        for format in FORMATS {
            let text = read(&stage, &format!("out.{format}"));
            assert!(text.contains("E48") && text.contains("there is no result yet"), "{text}");
            assert!(!text.contains("proved"), "{text}");
        }
        insta::allow_duplicates! {
            insta::assert_snapshot!(read(&stage, "out.github"), @"::error title=rolecall drift::E48: there is no result yet: rolecall is still at work, or was stopped before its end%0Ahint: wait for its end; if it was stopped, run the same command again");
        }
    }
}

#[test]
fn the_files_that_variables_name_are_refused() {
    let stage = Stage::new();
    for variable in [
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CA_BUNDLE",
        "SSL_CERT_FILE",
    ] {
        stage.write("secret", "kept");
        let mut command = stage.command(&["drift", "--report", "json=./secret"]);
        command.env(variable, stage.folder.path().join("secret"));
        let run = Run::from(command.output().unwrap()).expect(2);
        assert!(run.stderr.contains("`--report` would replace the "), "{variable}: {}", run.stderr);
        assert_eq!(read(&stage, "secret"), "kept");
    }
    assert!(stage.calls().is_empty());
}

#[test]
fn certificates_are_not_replaced() {
    let stage = Stage::new();
    let trust =
        stage.run(&["render", "trust", "--account", "123456789012", "--region", "us-east-1"]).expect(0);
    stage.write("trust.json", &trust.stdout);
    stage.run(&["prove", "trust.json", "--smtlib", "out"]).expect(0);
    let entry = fs::read_dir(stage.folder.path().join("out")).unwrap().next().unwrap().unwrap();
    let certificate = fs::read_to_string(entry.path()).unwrap();
    let report = format!("json=out/{}", entry.file_name().to_str().unwrap());
    let run = stage.run(&["prove", "trust.json", "--smtlib", "out", "--report", &report]).expect(2);
    assert!(run.stderr.contains("is in the folder that `--smtlib` writes to"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(entry.path()).unwrap(), certificate);
    stage.run(&["prove", "trust.json", "--smtlib", "out", "--report", "json=beside.json"]).expect(0);
}

#[cfg(unix)]
#[test]
fn a_report_is_for_those_who_could_read_the_file_before() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("out.json");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let run: Run = binary(folder.path())
        .args(["plan", "--sandbox", "--report", "json=out.json"])
        .output()
        .unwrap()
        .into();
    run.expect(0);
    assert!(fs::read_to_string(&path).unwrap().ends_with("}\n"));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
