//! One rule for exit codes: whatever stops Genesys Cloud or lets somebody else in is 4, whichever command says so and in
//! whichever format; and the last line of a report says what it is.

use std::fmt::Write as _;

use rolecall::sandbox::{Fault, FaultRule, Faults, Tamper};

use super::genesys::{TEST, applied};
use super::stage::{ROLE, Run, Stage};

/// What somebody did, and what every command ends with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Situation {
    AsItShouldBe,
    Tampered(Tamper),
    OtherOrganization,
    DescriptionEdited,
    CredentialExpired,
}

const SITUATIONS: [Situation; 13] = [
    Situation::AsItShouldBe,
    Situation::OtherOrganization,
    Situation::Tampered(Tamper::RoleDeleted),
    Situation::Tampered(Tamper::FunctionDeleted),
    Situation::Tampered(Tamper::TrustExtraPrincipal),
    Situation::Tampered(Tamper::PolicyDetached),
    Situation::Tampered(Tamper::ExtraInlinePolicy),
    Situation::Tampered(Tamper::GenesysIntegrationDisabled),
    Situation::Tampered(Tamper::GenesysActionDeleted),
    Situation::Tampered(Tamper::MaxSession),
    Situation::Tampered(Tamper::TagRemoved),
    Situation::DescriptionEdited,
    Situation::CredentialExpired,
];

/// Those that read come first: `apply` repairs what it can.
const COMMANDS: [&[&str]; 8] = [
    &["drift"],
    &["drift", "--file", "rolecall*.toml"],
    &["plan"],
    &["plan", "--detailed-exitcode"],
    &["verify", "--level", "paper"],
    &["genesys", "whoami"],
    &TEST,
    &["apply", "--yes", "--level", "paper"],
];

fn stage_in(situation: Situation) -> Stage {
    let stage = applied();
    match situation {
        Situation::AsItShouldBe => {}
        Situation::Tampered(kind) => stage.tamper(kind),
        Situation::OtherOrganization => stage.tamper(Tamper::GenesysOrganization),
        Situation::DescriptionEdited => {
            let edit = |state: &mut rolecall::sandbox::State| {
                let account = state.accounts.get_mut("123456789012").unwrap();
                account.roles.values_mut().find(|role| role.name == ROLE).unwrap().description =
                    Some("by hand".to_owned());
            };
            stage.sandbox.change(edit).unwrap();
        }
        Situation::CredentialExpired => stage.set(Faults {
            rules: ["iam:*", "sts:*", "lambda:*"]
                .map(|operation| FaultRule {
                    operation: operation.to_owned(),
                    skip: 0,
                    times: None,
                    fault: Fault::Expire,
                })
                .to_vec(),
            ..Faults::default()
        }),
    }
    stage
}

/// The last line that somebody reads: of the report, or of the error where there is none.
fn last_line(run: &Run) -> &str {
    let text = if run.stdout.trim().is_empty() { &run.stderr } else { &run.stdout };
    text.lines().rfind(|line| !line.trim().is_empty() && !line.starts_with("hint: ")).unwrap_or_default()
}

#[test]
fn every_command_ends_alike_in_the_same_situation() {
    let mut table = String::new();
    for situation in SITUATIONS {
        let stage = stage_in(situation);
        let _ = writeln!(table, "{situation:?}");
        for command in COMMANDS {
            let run = stage.run_client(command);
            let name = command.join(" ").replace(" --level paper", "").replace(" Get order status", "");
            // The call that fails first is another one each time.
            let line = match situation {
                Situation::CredentialExpired if run.status == 1 => "[expired]",
                _ => last_line(&run),
            };
            let _ = writeln!(table, "  {} {name}: {line}", run.status);
        }
    }
    insta::assert_snapshot!(table);
}

/// A program that reads a file gets what the process says.
#[test]
fn every_format_has_the_exit_code_of_the_process() {
    for situation in [
        Situation::OtherOrganization,
        Situation::Tampered(Tamper::FunctionDeleted),
        Situation::Tampered(Tamper::TrustExternalId),
        Situation::Tampered(Tamper::MaxSession),
    ] {
        let stage = stage_in(situation);
        for command in
            [&["drift"] as &[&str], &["plan", "--detailed-exitcode"], &["verify", "--level", "paper"]]
        {
            let expected = stage.run_client(command).status;
            let with = |format| stage.run_client(&[command, &["--output", format]].concat()).expect(expected);
            assert_eq!(with("json").json()["exit_code"], expected, "{situation:?} {command:?}");
            let heading = with("markdown").stdout.lines().next().unwrap().to_owned();
            let word = match expected {
                0 => "",
                3 => ": pending: ",
                4 => ": refuted: ",
                _ => panic!("{expected}"),
            };
            // An error has a section of its own.
            assert!(heading.contains(word), "{situation:?} {command:?}: {heading}");
            let junit = with("junit").stdout;
            let is_red = junit.contains("<failure") || junit.contains("<error");
            // A remark is a failure there, too; an exit code that says something is wrong always is.
            assert!(is_red || expected == 0, "{situation:?} {command:?}:\n{junit}");
        }
    }
}

/// `target add --apply` is one wish: where it is refused, nothing of it stays.
#[test]
fn a_refused_target_leaves_the_manifest_as_it_was() {
    let stage = applied();
    stage.tamper(Tamper::ExtraInlinePolicy);
    let before = std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap();
    let run = stage.run_client(&["target", "add", "orders-status", "--apply", "--yes"]);
    insta::assert_snapshot!(run.standard_error(), @"
    exit 4
    -- stderr
    error[E44]: nothing was changed in AWS or Genesys Cloud: apply refuses this plan; these checks would not pass after it:
      only-targets (refuted): a session can do nothing but invoke the target functions: a session of the role can call `s3:GetObject` on `arn:aws:s3:::another-bucket/object`, because statement 1 of inline policy `sneaky` allows it
    hint: remove the foreign policies from the role (--remove-foreign), or correct the template or the manifest; use `--allow-claim only-targets` to apply anyway
    the manifest `rolecall.toml` was not changed
    ");
    assert_eq!(std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap(), before);
}

/// A difference about an action points to its `[[action]]`, not to the first one.
#[test]
fn a_difference_of_an_action_points_to_that_action() {
    let stage = applied();
    let manifest = std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap();
    let (head, action) = manifest.split_once("[[action]]").unwrap();
    let first = action.replacen("Get order status", "Another", 1);
    stage.write("rolecall.toml", &format!("{head}[[action]]{first}\n[[action]]{action}"));
    stage.tamper(Tamper::GenesysActionEdited);
    let report = stage.run_client(&["drift", "--output", "json"]).expect(4).json();
    let text = std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap();
    let line_of = |name: &str| {
        let name = format!("name = \"{name}\"");
        text.lines().position(|line| line == name).unwrap() as u64
    };
    let places: Vec<(&str, u64)> = report["drift"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["resource"].as_str().unwrap(), it["position"]["line"].as_u64().unwrap()))
        .collect();
    // The table begins one line above its name; lines are counted from one.
    let expected = |name: &'static str| (name, line_of(name));
    assert_eq!(places, [expected("Another"), expected("Get order status")]);
}
