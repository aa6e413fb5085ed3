//! Hand-over files that somebody changed on their way, that are too early or too late, or that say what should stop their reader.

use std::fs;

use jiff::{SignedDuration, Timestamp};
use rolecall::sandbox::Tamper;

use super::genesys::applied;
use super::handover::{FUNCTION, from_aws, from_genesys, made_at};
use super::one_side::{ROLE_ARN, administrator};
use super::stage::{Run, Stage};
use super::views::named;

fn run(mut command: std::process::Command) -> Run {
    command.output().unwrap().into()
}

/// Adds to the manifest of a stage.
fn state(stage: &Stage, old: &str, new: &str) {
    let path = stage.folder.path().join("rolecall.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(old), "{text}");
    fs::write(path, text.replacen(old, new, 1)).unwrap();
}

#[test]
fn the_trusted_account_of_the_file_is_compared_and_a_missing_role_proves_nothing() {
    let stage = Stage::new();
    let file = from_genesys();
    let end = file.find("\n[aws]").unwrap();
    stage.write("handover.toml", &file[..end]);
    let mut said =
        named("before the role is made", &stage.run(&["handover", "check", "handover.toml"]).whole());
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    for (name, text) in [
        ("another trusted account", file.replace("765628985471", "210987654321")),
        ("no trusted account", file.replace("trusted_account = \"765628985471\"\n", "")),
        ("another partition", {
            let aws = file
                .replace("arn:aws:", "arn:aws-cn:")
                .replace("partition = \"aws\"", "partition = \"aws-cn\"");
            aws.replace("region = \"us-east-1\"\n\n[[", "region = \"cn-north-1\"\n\n[[")
                .replace("lambda:us-east-1", "lambda:cn-north-1")
        }),
    ] {
        stage.write("handover.toml", &text);
        said += &named(name, &stage.run(&["handover", "check", "handover.toml"]).whole());
    }
    insta::assert_snapshot!(said, @"
    === before the role is made
    exit 5
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      ok      Genesys region    us-east-1 (mypurecloud.com)
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      unknown trust policy      the role does not exist: nothing is proved of whom it trusts
      -       role              not compared: the file names no role; `rolecall handover write --from aws` tells it to the other side
      -       functions         not compared: the file names no function

    Result: undecided: this side cannot read everything: trust policy; not compared: role, functions (exit code 5)
    === another trusted account
    exit 4
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      ok      Genesys region    us-east-1 (mypurecloud.com)
      refuted trusted account   the file says 210987654321, but the manifest trusts 765628985471; Genesys Cloud uses 765628985471 in us-east-1 (mypurecloud.com)
      ok      trust policy      proved: only-trusted, external-id, may-assume
      ok      role              arn:aws:iam::123456789012:role/GenesysDataActionRole
      ok      functions         1 of 1 are targets of the manifest

    Result: refuted: the file and this side contradict each other: trusted account (exit code 4)
    === no trusted account
    exit 0
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      ok      Genesys region    us-east-1 (mypurecloud.com)
      -       trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com); not compared: the file names no account
      ok      trust policy      proved: only-trusted, external-id, may-assume
      ok      role              arn:aws:iam::123456789012:role/GenesysDataActionRole
      ok      functions         1 of 1 are targets of the manifest

    Result: done: nothing that was compared contradicts the file; not compared: trusted account
    === another partition
    exit 4
    -- stdout
    hand-over file of the side `genesys`, written [time]
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      ok      Genesys region    us-east-1 (mypurecloud.com)
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      refuted partition         arn:aws-cn:iam::123456789012:role/GenesysDataActionRole is in partition aws-cn, but Genesys Cloud's account of us-east-1 (mypurecloud.com) is in partition aws, from which it cannot be reached
      ok      trust policy      proved: only-trusted, external-id, may-assume
      refuted role              the file says arn:aws-cn:iam::123456789012:role/GenesysDataActionRole, but the manifest's role is arn:aws:iam::123456789012:role/GenesysDataActionRole
      refuted functions         the manifest does not list arn:aws-cn:lambda:cn-north-1:123456789012:function:my-genesys-trigger-function

    Result: refuted: the file and this side contradict each other: partition, role, functions (exit code 4)
    ");
}

#[test]
fn the_file_does_not_choose_what_it_is_compared_with() {
    let stage = applied();
    let own = "GenesysDataActionRole";
    let file = from_aws().replace("[aws]", "integration = \"Harmless\"\n\n[aws]");
    let check = ["handover", "check", "handover.toml"];
    stage.write("handover.toml", &file.replace("my-genesys-trigger-function", "another"));
    let mut said =
        named("another integration and function", &run(administrator(&stage, &check)).expect(4).whole());
    stage.write("handover.toml", &from_aws().replace(&format!("role/{own}"), "role/Another"));
    said += &named("another role", &run(administrator(&stage, &check)).whole());
    stage.write("handover.toml", &from_aws());
    stage
        .sandbox
        .change(|state| {
            for integration in state.genesys.integrations.values_mut() {
                let notes = &mut integration.configuration.notes;
                *notes = notes.replace(ROLE_ARN, "arn:aws:iam::210987654321:role/Theirs");
            }
        })
        .unwrap();
    said += &named("the notes name another role", &run(administrator(&stage, &check)).expect(4).whole());
    insta::assert_snapshot!(said, @"
    === another integration and function
    exit 4
    -- stdout
    hand-over file of the side `aws`, written [time]
      the writer stated nothing proved
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 (Contact Centre (sandbox))
      -       Genesys region    not compared: the OAuth client's address is not that of a region
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      unknown role              Genesys Cloud does not show which role the credential of integration `GenesysDataActionRole` holds; its notes say that rolecall wrote it for this role; `rolecall genesys action test` shows whether the role can be assumed
      refuted functions         action `Get order status` calls arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function, which is not in the file

    Result: refuted: the file and this side contradict each other: functions (exit code 4)
    === another role
    exit 4
    -- stdout
    hand-over file of the side `aws`, written [time]
      the writer stated nothing proved
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 (Contact Centre (sandbox))
      -       Genesys region    not compared: the OAuth client's address is not that of a region
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      refuted role              the notes of integration `GenesysDataActionRole` say that rolecall wrote it for arn:aws:iam::123456789012:role/GenesysDataActionRole, but the file says arn:aws:iam::123456789012:role/Another
      ok      functions         1 of 1 actions of integration `GenesysDataActionRole` call a function of the file

    Result: refuted: the file and this side contradict each other: role (exit code 4)
    === the notes name another role
    exit 4
    -- stdout
    hand-over file of the side `aws`, written [time]
      the writer stated nothing proved
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 (Contact Centre (sandbox))
      -       Genesys region    not compared: the OAuth client's address is not that of a region
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      refuted role              the notes of integration `GenesysDataActionRole` say that rolecall wrote it for arn:aws:iam::210987654321:role/Theirs, but the file says arn:aws:iam::123456789012:role/GenesysDataActionRole
      ok      functions         1 of 1 actions of integration `GenesysDataActionRole` call a function of the file

    Result: refuted: the file and this side contradict each other: role (exit code 4)
    ");
}

#[test]
fn a_manifest_that_begins_with_a_file_names_every_account() {
    let stage = Stage::new();
    let long_ago =
        (Timestamp::now() - SignedDuration::from_hours(45 * 24 + 1)).strftime("%Y-%m-%dT%H:%M:%SZ");
    let soon = (Timestamp::now() + SignedDuration::from_hours(24)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut said = String::new();
    for (name, text) in [
        (
            "another account",
            from_aws().replace("lambda:us-east-1:123456789012", "lambda:us-east-1:210987654321"),
        ),
        ("another partition", {
            let aws = from_aws()
                .replace("arn:aws:", "arn:aws-cn:")
                .replace("partition = \"aws\"", "partition = \"aws-cn\"");
            aws.replace("region = \"us-east-1\"\n\n[[", "region = \"cn-north-1\"\n\n[[")
                .replace("lambda:us-east-1", "lambda:cn-north-1")
        }),
        ("a claim that nobody makes", from_aws() + "\n[proved]\nclaims = [\"everything-is-fine\"]\n"),
        ("long ago", from_aws().replace(&made_at(), &long_ago.to_string())),
        ("in the future", from_aws().replace(&made_at(), &soon)),
    ] {
        stage.write("handover.toml", &text);
        let init = ["init", "--from-handover", "handover.toml", "--file", "new.toml", "--force"];
        said += &named(name, &stage.run(&init).standard_error());
    }
    insta::assert_snapshot!(said.replace(&soon, "[soon]"), @"
    === another account
    exit 0
    -- stderr
    warning: arn:aws:lambda:us-east-1:210987654321:function:my-genesys-trigger-function is in account 210987654321, but the role is in account 123456789012
    warning: the accounts 123456789012, 210987654321 come from the file, and functions there get what flows send: confirm each of them in another way than this file
    warning: `rolecall handover check` compares the organization's ID with yours
    hint: `rolecall genesys connect --role-arn arn:aws:iam::123456789012:role/GenesysDataActionRole --file new.toml` makes the integration; it needs no access to AWS
    === another partition
    exit 2
    -- stderr
    error[E10]: handover.toml:11:8: must be in partition aws, that of Genesys Cloud's account of us-east-1 (mypurecloud.com)
    hint: `rolecall handover write` writes such a file; have it written again
    === a claim that nobody makes
    exit 2
    -- stderr
    error[E10]: handover.toml:20:11: must be the name of a claim: only-trusted, external-id, may-assume, only-targets, every-target, boundary, only-through-role, organization
    hint: `rolecall handover write` writes such a file; have it written again
    === long ago
    exit 0
    -- stderr
    warning: the file was written 45 days ago: have it written again
    warning: the account 123456789012 comes from the file, and functions there get what flows send: confirm it in another way than this file
    warning: `rolecall handover check` compares the organization's ID with yours
    hint: `rolecall genesys connect --role-arn arn:aws:iam::123456789012:role/GenesysDataActionRole --file new.toml` makes the integration; it needs no access to AWS
    === in the future
    exit 2
    -- stderr
    error[E10]: handover.toml: `made_at` is [time], which is in the future
    hint: check the clocks of both sides, and have the file written again
    ");
    assert_eq!(stage.calls(), []);
}

#[test]
fn what_the_writer_refuted_is_in_the_file_and_stops_its_reader() {
    let stage = applied();
    stage.tamper(Tamper::TrustNoCondition);
    let written = stage.run(&["handover", "write", "--from", "aws", "--out", "handover.toml"]).expect(4);
    let file = fs::read_to_string(stage.folder.path().join("handover.toml")).unwrap();
    let claims = &file[file.find("\n# Proved").unwrap()..];
    let read = run(administrator(&stage, &["handover", "check", "handover.toml"])).expect(4);
    let said =
        named("written", &written.whole()) + &named("the file", claims) + &named("read", &read.whole());
    insta::assert_snapshot!(said, @r#"
    === written
    exit 4
    -- stdout
    wrote handover.toml
    -- stderr
    warning: refuted of the role, and the file says so: external-id; do not let anybody use the role; `rolecall verify` says why
    === the file

    # Proved by the writer when the file was written. That is what the writer says, and no proof here.
    [proved]
    claims = ["only-trusted", "may-assume", "only-targets", "every-target", "only-through-role"]

    # Refuted by the writer when the file was written: do not use the role as it is.
    [refuted]
    claims = ["external-id"]
    === read
    exit 4
    -- stdout
    hand-over file of the side `aws`, written [time]
      the writer proved: only-trusted, may-assume, only-targets, every-target, only-through-role (not checked here)
      ok      organization ID   5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94 (Contact Centre (sandbox))
      -       Genesys region    not compared: the OAuth client's address is not that of a region
      ok      trusted account   765628985471 is Genesys Cloud's in us-east-1 (mypurecloud.com)
      refuted writer's claims   the writer refuted: external-id
      unknown role              Genesys Cloud does not show which role the credential of integration `GenesysDataActionRole` holds; its notes say that rolecall wrote it for this role; `rolecall genesys action test` shows whether the role can be assumed
      ok      functions         1 of 1 actions of integration `GenesysDataActionRole` call a function of the file

    Result: refuted: the file says that the role is not safe or does not work: external-id (exit code 4)
    "#);
    let report = run(administrator(&stage, &["handover", "check", "handover.toml", "--output", "json"]));
    let mut report = report.expect(4).json();
    report
        .as_object_mut()
        .unwrap()
        .retain(|key, _| key != "checks" && key != "made_at" && key != "tool_version");
    insta::assert_json_snapshot!(report, @r#"
    {
      "command": "handover check",
      "format_version": 1,
      "written_by": "aws",
      "writer_proved": [
        "only-trusted",
        "may-assume",
        "only-targets",
        "every-target",
        "only-through-role"
      ],
      "writer_refuted": [
        "external-id"
      ],
      "verdict": "refuted: the file says that the role is not safe or does not work: external-id",
      "exit_code": 4
    }
    "#);
}

#[test]
fn without_an_account_the_writer_learns_what_is_not_in_the_file() {
    let stage = applied();
    let write = ["handover", "write", "--from", "genesys", "--genesys-region", "us-east-1"];
    let without = run(administrator(&stage, &write)).expect(0);
    assert!(!without.stdout.contains(FUNCTION) && !without.stdout.contains("[aws]"), "{}", without.stdout);
    state(&stage, "[role]", "[aws]\naccount = \"123456789012\"\n\n[role]");
    let with = run(administrator(&stage, &write)).expect(0);
    assert!(with.stdout.contains(FUNCTION) && with.stdout.contains(ROLE_ARN), "{}", with.stdout);
    insta::assert_snapshot!(named("without", &without.standard_error()) + &named("with", &with.standard_error()), @"
    === without
    exit 0
    -- stderr
    warning: state `account` in [aws]: role and functions are not in the file
    === with
    exit 0
    ");
}
