//! What `handover write` tells programs, and what `handover check` does not compare.

use super::genesys::applied;
use super::handover::from_aws;
use super::one_side::administrator;
use super::stage::{ONE_TARGET, Run, Stage, manifest};
use super::views::named;
use rolecall::sandbox::Tamper;

const WRITE: [&str; 4] = ["handover", "write", "--from", "aws"];

#[test]
fn a_program_reads_what_the_file_says_and_where_it_is() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.tamper(Tamper::PolicyWidened);
    let to_file = ["--out", "handover.toml", "--output", "json"];
    let run = stage.run(&[&WRITE[..], &to_file].concat()).expect(4);
    let mut report = run.json();
    assert!(report.as_object_mut().unwrap().remove("tool_version").is_some_and(|it| it.is_string()));
    report["made_at"] = "[time]".into();
    insta::assert_json_snapshot!(report, @r#"
    {
      "command": "handover write",
      "format_version": 1,
      "exit_code": 4,
      "written_to": "handover.toml",
      "side": "aws",
      "made_at": "[time]",
      "genesys_region": "us-east-1",
      "organization_id": "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94",
      "trusted_account": "765628985471",
      "role": "arn:aws:iam::123456789012:role/GenesysDataActionRole",
      "functions": [
        "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function"
      ],
      "proved": [
        "only-trusted",
        "external-id",
        "may-assume",
        "every-target",
        "only-through-role"
      ],
      "refuted": [
        "only-targets"
      ],
      "undecided": [],
      "warnings": [
        "refuted of the role, and the file says so: only-targets; do not let anybody use the role; `rolecall verify` says why"
      ]
    }
    "#);
    let told: Vec<&str> =
        report["warnings"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(run.stderr, told.iter().map(|it| format!("warning: {it}\n")).collect::<String>());
    // The same without a file: nothing is lost.
    let report = stage.run(&[&WRITE[..], &["--output", "json"]].concat()).expect(4).json();
    let written = std::fs::read_to_string(stage.folder.path().join("handover.toml")).unwrap();
    let lines = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with("made_at")).map(str::to_owned).collect()
    };
    assert_eq!(lines(report["text"].as_str().unwrap()), lines(&written));
    assert!(report.get("written_to").is_none());
}

/// An integration that has another name, and whose notes name another role.
#[test]
fn integrations_that_nobody_names_are_said_not_to_be_compared() {
    let stage = applied();
    let other = manifest(ONE_TARGET).replace("name = \"GenesysDataActionRole\"", "name = \"Another\"");
    stage.write("other.toml", &format!("{other}\n[genesys.integration]\n"));
    let arn = "arn:aws:iam::123456789012:role/Another";
    let connect = ["genesys", "connect", "--role-arn", arn, "--file", "other.toml", "--yes"];
    Run::from(administrator(&stage, &connect).output().unwrap()).expect(0);
    stage.write("handover.toml", &from_aws());
    let check = administrator(&stage, &["handover", "check", "handover.toml"]).output().unwrap();
    insta::assert_snapshot!(named("check", &Run::from(check).whole()), @"
    === check
    exit 5
    -- stdout
    hand-over file of the side `aws`, written [time]
      the writer stated nothing proved
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 (Contact Centre (sandbox))
      -       Genesys region    not compared: the OAuth client's address is not that of a region
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      unknown role              Genesys Cloud does not show which role the credential of integration `GenesysDataActionRole` holds; its notes say that rolecall wrote it for this role; `rolecall genesys action test` shows whether the role can be assumed
      ok      functions         1 of 1 actions of integration `GenesysDataActionRole` call a function of the file
      -       functions         not compared: the actions of `Another`, which neither the manifest nor the file names and whose notes do not name this role

    Result: undecided: this side cannot read everything: role; not compared: Genesys region, functions (exit code 5)
    ");
}
