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
    insta::assert_snapshot!(said, @"");
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
    insta::assert_snapshot!(said, @"");
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
    insta::assert_snapshot!(said.replace(&soon, "[soon]"), @"");
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
    insta::assert_snapshot!(said, @"");
    let report = run(administrator(&stage, &["handover", "check", "handover.toml", "--output", "json"]));
    let mut report = report.expect(4).json();
    report
        .as_object_mut()
        .unwrap()
        .retain(|key, _| key != "checks" && key != "made_at" && key != "tool_version");
    insta::assert_json_snapshot!(report, @"");
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
    insta::assert_snapshot!(named("without", &without.standard_error()) + &named("with", &with.standard_error()), @"");
}
