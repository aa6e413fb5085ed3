//! What `drift` advises is run in the very state that it was advised for: it must work, and end the drift that it is for.

use std::collections::BTreeSet;

use super::super::stage::Run;
use super::*;

/// What drift advises, without what stands twice.
fn repairs(stage: &Stage) -> Vec<String> {
    let report = stage.run_client(&["drift", "--output", "json"]).json();
    let differences = report["drift"].as_array().unwrap_or_else(|| panic!("{report:#}"));
    let mut repairs: Vec<String> =
        differences.iter().map(|difference| difference["repair"].as_str().unwrap().to_owned()).collect();
    repairs.sort();
    repairs.dedup();
    repairs
}

/// Runs the one command that all differences name.
#[track_caller]
fn run_the_advice(stage: &Stage) -> Vec<String> {
    let advised: Vec<String> =
        repairs(stage).into_iter().filter(|repair| repair.starts_with("rolecall ")).collect();
    let [command] = advised.as_slice() else { panic!("one command repairs everything: {advised:?}") };
    let mut words: Vec<&str> = command.split(' ').skip(1).collect();
    words.extend(["--yes", "--level", "paper"]);
    stage.run_client(&words).expect(0);
    let left = repairs(stage);
    assert!(!left.iter().any(|repair| repair.starts_with("rolecall ")), "{left:?}");
    advised
}

/// The integration of the manifest's name as somebody made it by hand.
fn by_hand(stage: &Stage) {
    change(stage, |state| {
        for integration in state.genesys.integrations.values_mut() {
            integration.configuration.notes = "Made by hand.".to_owned();
        }
    });
}

#[test]
fn an_integration_of_somebody_else_is_adopted_by_what_drift_advises() {
    let stage = applied();
    by_hand(&stage);
    assert_eq!(run_the_advice(&stage), ["rolecall apply --adopt"]);
}

/// Genesys Cloud shows when it was changed, and not to what; rolecall itself may have done it.
#[test]
fn a_credential_that_somebody_changed_right_after_apply_is_not_green() {
    let stage = applied();
    tamper(&stage, Tamper::GenesysCredentialRole);
    insta::assert_snapshot!(stage.run_client(&["drift"]).section("Do this now"), @"
    exit 5
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    1 difference; - expected by the manifest, + found.
    As it is in AWS
    Do this now
      1. rolecall genesys connect --rewrite-credential
         rolecall writes the credential of the integration again, under its ID
    Result: undecided: the effect of this difference could not be decided (1 difference) (exit code 5)
    ");
    stage.run_client(&["genesys", "connect", "--rewrite-credential", "--yes"]).expect(0);
    stage.run_client(&["drift"]).expect(0);
}

#[test]
fn a_new_contract_needs_replace_for_every_other_repair_too() {
    let stage = applied();
    tamper(&stage, Tamper::GenesysIntegrationDisabled);
    stage.write(
        "schemas/request.json",
        r#"{"type":"object","properties":{"orderNumber":{"type":"integer"}}}"#,
    );
    stage.write("input.json", r#"{"orderNumber": 4711}"#);
    assert_eq!(run_the_advice(&stage), ["rolecall apply --replace"]);
}

#[test]
fn both_needs_are_named_together() {
    let stage = applied();
    by_hand(&stage);
    tamper(&stage, Tamper::GenesysIntegrationDisabled);
    stage.write(
        "schemas/request.json",
        r#"{"type":"object","properties":{"orderNumber":{"type":"integer"}}}"#,
    );
    stage.write("input.json", r#"{"orderNumber": 4711}"#);
    let advised = repairs(&stage);
    assert!(advised.iter().all(|repair| repair.contains("--adopt")), "{advised:?}");
    run_the_advice(&stage);
}

#[test]
fn an_integration_of_another_role_is_left_to_it() {
    let stage = applied();
    change(&stage, |state| {
        for integration in state.genesys.integrations.values_mut() {
            let notes = &mut integration.configuration.notes;
            *notes = notes.replace("role/GenesysDataActionRole", "role/OtherTeamsRole");
        }
    });
    insta::assert_snapshot!(repairs(&stage).join("\n"), @"choose another `name` in [genesys.integration]: rolecall made the integration of this name for another role or stack");
    insta::assert_snapshot!(stage.run_client(&["apply", "--yes"]).whole(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


    As it is in AWS
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     `arn:aws:iam::123456789012:role/ci` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke the target function
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: failed: nothing was changed: integration `GenesysDataActionRole` (c2d326e0-055b-def6-0eb9-36d56fa29667) exists and rolecall made it for the role `arn:aws:iam::123456789012:role/OtherTeamsRole` (exit code 1)
    -- stderr
    error[E35]: nothing was changed: integration `GenesysDataActionRole` (c2d326e0-055b-def6-0eb9-36d56fa29667) exists and rolecall made it for the role `arn:aws:iam::123456789012:role/OtherTeamsRole`
    hint: choose another `name` in [genesys.integration], or use --adopt to take the integration over: the command shows what would change, and asks first
    ");
}

#[test]
fn a_test_of_actions_without_a_terminal_says_what_yes_does() {
    insta::assert_snapshot!(applied().run_client(&["verify", "--level", "genesys"]).whole(), @"
    exit 2
    -- stderr
    error[E2]: no terminal to ask for confirmation (use `--yes`)
    hint: --yes runs the data actions, and with them their functions, without asking
    ");
}

/// The commands that a run's output advises: the steps of "Do this now" that are one, and what stands in backticks.
fn advised(run: &Run) -> BTreeSet<String> {
    let text = format!("{}\n{}", run.stdout, run.stderr);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let step = |line| {
        let (number, step) = str::trim_start(line).split_once(". ")?;
        is_number(number).then_some(step)
    };
    let repairs = text.lines().filter_map(step);
    let commands = repairs.chain(text.split('`').skip(1).step_by(2)).map(str::to_owned);
    commands.filter(|command| command.starts_with("rolecall ")).collect()
}

/// An advised command as a shell reads it. Nobody answers questions here.
fn obeyed(command: &str) -> Vec<String> {
    let mut words = shlex::split(command).unwrap();
    words.remove(0);
    match words.first().map(String::as_str) {
        Some("apply") => words.extend(["--yes", "--level", "paper"].map(str::to_owned)),
        Some("destroy") => words.push("--yes".to_owned()),
        Some(_) | None => {}
    }
    if words.starts_with(&["genesys".to_owned(), "connect".to_owned()]) {
        words.push("--yes".to_owned());
    }
    words
}

/// Whatever is changed on either side: a command that a look advises can be run in the state that advised it, and one that writes
/// leaves nothing that the next one would not have named.
#[test]
fn each_advised_command_can_be_run_whatever_was_changed_on_either_side() {
    let stage = applied();
    let before = State::clone(&stage.sandbox.state());
    let of_genesys = Tamper::ALL.into_iter().filter(|kind| kind.is_in_genesys());
    let of_aws =
        [Tamper::TrustNoCondition, Tamper::RoleDeleted, Tamper::FunctionDeleted, Tamper::ExtraInlinePolicy];
    let mut obeyed_commands = 0;
    for genesys in of_genesys {
        for aws in [None].into_iter().chain(of_aws.map(Some)) {
            let back = || {
                change(&stage, |state| {
                    *state = before.clone();
                    genesys.apply(state, ROLE).unwrap();
                    if let Some(aws) = aws {
                        aws.apply(state, ROLE).unwrap();
                    }
                });
            };
            back();
            for look in [
                &["drift"] as &[&str],
                &["plan"],
                &["verify", "--level", "genesys", "--yes"],
                &["apply", "--yes", "--level", "paper"],
            ] {
                let commands = advised(&stage.run_client(look));
                let applies = commands.iter().any(|command| command.starts_with("rolecall apply"));
                // What comes after `apply` is run after it in `repaired`.
                for command in commands.iter().filter(|it| !(applies && it.contains("--rewrite-credential")))
                {
                    if look.first() != Some(&"apply") {
                        back();
                    }
                    let it = format!("{genesys:?} {aws:?}: {look:?} advises `{command}`");
                    let words = obeyed(command);
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    let told = stage.run_client(&words);
                    assert_ne!(told.status, 2, "{it}\n{}", told.whole());
                    let refused = told.stderr.contains("error[E");
                    if words.first() == Some(&"apply") && !refused {
                        // Without a word on Genesys Cloud it leaves that to the next step.
                        let side = if words.contains(&"--side") { "aws" } else { "both" };
                        let left = stage.run_client(&["drift", "--side", side, "--output", "json"]).json();
                        for difference in left["drift"].as_array().unwrap() {
                            let what = difference["attribute"].as_str().unwrap();
                            let repair = difference["repair"].as_str().unwrap();
                            assert!(
                                told.stdout.contains(what)
                                    || !repair.starts_with("rolecall")
                                    // The next step's.
                                    || repair != command && commands.contains(repair),
                                "{it}, and leaves {what}:\n{}",
                                told.whole()
                            );
                        }
                    }
                    obeyed_commands += 1;
                }
                back();
            }
        }
    }
    assert!(obeyed_commands > 40, "{obeyed_commands}");
}
