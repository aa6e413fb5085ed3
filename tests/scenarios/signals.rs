//! SIGTERM is what SIGINT is: whatever has begun to write stops between two writes and says how far it got.
#![cfg(unix)]

use std::process::Command;

use rolecall::sandbox::{Faults, Tamper};

use super::stage::{ONE_TARGET, Run, Stage, manifest};

/// Runs a command that hears a signal after its first write to the embedded AWS or Genesys Cloud.
fn end_after_write(stage: &Stage, command: Command, signal: &'static str) -> Run {
    stage.run_until(|call| call.write, signal, command).into()
}

/// What was said without the names of the changes: how many of them come before the signal depends on the machine.
fn how_far(run: &Run) -> String {
    let said = run.standard_error();
    let kept = said.lines().filter(|line| !line.starts_with("  ✓ ") && !line.starts_with("    "));
    kept.map(|line| format!("{line}\n")).collect()
}

/// A role with three things to repair, one after the other.
fn repairable() -> Stage {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    for kind in [Tamper::TrustIfExists, Tamper::MaxSession, Tamper::PolicyWidened] {
        stage.tamper(kind);
    }
    stage
}

#[test]
fn apply_and_destroy_stop_between_two_writes() {
    for signal in ["-TERM", "-INT"] {
        let stage = repairable();
        let apply = end_after_write(&stage, stage.command(&["apply", "--yes"]), signal);
        insta::allow_duplicates! {
            insta::assert_snapshot!(how_far(&apply), @"
            exit 1
            -- stderr
            error[E48]: interrupted before the next change
              done:
              not tried:
            hint: run the same command again: it reads what is there, and goes on from that
            ");
        }
        stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
        let destroy = end_after_write(&stage, stage.command(&["destroy", "--yes"]), signal);
        insta::allow_duplicates! {
            insta::assert_snapshot!(how_far(&destroy), @"
            exit 1
            -- stderr
            error[E48]: interrupted before the next change
              done:
              not tried:
            hint: run the same command again: it reads what is there, and goes on from that
            ");
        }
        stage.run(&["destroy", "--yes"]).expect(0);
    }
}

#[test]
fn the_report_for_programs_says_so_too() {
    let stage = repairable();
    let apply =
        end_after_write(&stage, stage.command(&["apply", "--yes", "--output", "json"]), "-TERM").expect(1);
    let report = apply.json();
    assert_ne!(report["applied"]["done"].as_array().unwrap().len(), 0);
    assert_ne!(report["applied"]["not_tried"].as_array().unwrap().len(), 0);
}

#[test]
fn a_target_that_is_added_and_applied_stops_there_too() {
    let stage = repairable();
    let add = ["target", "add", "customer-lookup", "--apply", "--yes"];
    insta::assert_snapshot!(how_far(&end_after_write(&stage, stage.command(&add), "-TERM")), @"
    exit 1
    -- stderr
    added customer-lookup
    error[E48]: interrupted before the next change
      done:
      not tried:
    hint: run the same command again: it reads what is there, and goes on from that
    ");
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
}

#[test]
fn connect_stops_there_too() {
    let text = manifest(&format!("[genesys.integration]\nname = \"Orders\"\n\n{ONE_TARGET}"));
    let stage = Stage::with(&text, rolecall::sandbox::State::demo());
    stage
        .sandbox
        .change(|state| state.genesys.organization.id = super::stage::EXTERNAL_ID.to_owned())
        .unwrap();
    stage.write("bare.toml", &manifest(ONE_TARGET));
    stage.run(&["apply", "--yes", "--level", "paper", "--file", "bare.toml"]).expect(0);
    let connect = stage.client_command(&["genesys", "connect", "--yes"]);
    insta::assert_snapshot!(how_far(&end_after_write(&stage, connect, "-TERM")), @"
    exit 1
    -- stderr
    error[E48]: interrupted before the next change
      done:
      not tried:
    hint: run the same command again: it reads what is there, and goes on from that
    ");
}

#[test]
fn a_twin_is_removed() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let before: Vec<String> = stage.sandbox.state().accounts["123456789012"].roles.keys().cloned().collect();
    let verify = stage.command(&["verify", "--level", "twin"]);
    let verify = Run::from(stage.run_until(|call| call.action == "CreateRole", "-TERM", verify));
    insta::assert_snapshot!(verify.headlines(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (removed again)
    Result: failed: interrupted before the twin was examined (exit code 1)
    -- stderr
    error[E48]: interrupted before the twin was examined
    ");
    let after: Vec<String> = stage.sandbox.state().accounts["123456789012"].roles.keys().cloned().collect();
    assert_eq!(before, after);
}

#[test]
fn of_a_fleet_nobody_begins_after_the_signal() {
    let stage = Stage::new();
    for number in 0..40 {
        let text = manifest(ONE_TARGET).replace("GenesysDataActionRole", &format!("Role{number:02}"));
        stage.write(&format!("accounts/{number:02}.toml"), text.split("[verify]").next().unwrap());
    }
    // So that nobody is done before the signal.
    stage.set(Faults { latency_ms: 150, ..Faults::default() });
    let apply = stage.command(&["apply", "--yes", "--file", "accounts/*.toml", "--output", "json"]);
    let run = end_after_write(&stage, apply, "-TERM").expect(1);
    let report = run.json();
    let roles = report["roles"].as_array().unwrap();
    assert_eq!(roles.len(), 40);
    let made = stage.sandbox.state().accounts["123456789012"]
        .roles
        .keys()
        .filter(|name| name.starts_with("role"))
        .count();
    // Sixteen at a time: those that had begun.
    assert!(made <= 16, "{made}");
    assert!(roles.iter().all(|role| role["exit_code"] == 1), "{}", run.stdout);
}

#[test]
fn before_the_first_write_a_signal_ends_the_process() {
    let stage = Stage::new();
    let status = stage.run_until(|_| true, "-TERM", stage.command(&["plan"])).status;
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15));
}
