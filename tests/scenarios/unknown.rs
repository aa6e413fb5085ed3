//! What is said of a write whose answer was lost, and of one that somebody else was faster with: what is known, and no more.

use std::process::Stdio;
use std::time::{Duration, Instant};

use rolecall::sandbox::{Fault, FaultRule, Faults, State, Tamper};

use super::stage::{ONE_TARGET, ROLE, Run, Stage, manifest};

const APPLY: [&str; 6] = ["apply", "--yes", "--level", "paper", "--deadline", "8"];

fn with_integration() -> Stage {
    Stage::with(&format!("{}\n[genesys.integration]\n", manifest(ONE_TARGET)), State::demo())
}

fn breaks(stage: &Stage, operation: &str, times: Option<u32>, fault: Fault) {
    let rule = FaultRule { operation: operation.to_owned(), skip: 0, times, fault };
    stage.set(Faults { rules: vec![rule], ..Faults::default() });
}

/// Every write that a first run makes.
const WRITES: [&str; 7] = [
    "iam:CreateRole",
    "iam:CreatePolicy",
    "iam:AttachRolePolicy",
    "genesys:postIntegrationsCredentials",
    "genesys:postIntegrations",
    "genesys:putIntegrationConfigCurrent",
    "genesys:patchIntegration",
];

#[test]
fn a_write_without_an_answer_may_have_been_carried_out() {
    for write in WRITES {
        let stage = with_integration();
        breaks(&stage, write, None, Fault::DropReply);
        let run = stage.run_client(&[APPLY.as_slice(), &["--output", "json"]].concat()).expect(1);
        let report = run.json();
        assert_eq!(report["applied"]["failed"]["outcome"], "unknown", "{write}: {report:#}");
        let error = report["error"]["message"].as_str().unwrap();
        assert!(
            error.contains("this may have been carried out, but no answer confirms it"),
            "{write}: {error}"
        );
        assert!(!error.contains("nothing was changed") && !error.contains("could not"), "{write}: {error}");
        let hint = report["error"]["hint"].as_str().unwrap();
        assert!(hint.contains("reads what is there, and goes on from that"), "{write}: {hint}");
        stage.set(Faults::default());
        stage.run_client(&APPLY).expect(0);
        stage.run_client(&["drift"]).expect(0);
    }
}

#[test]
fn a_write_that_was_refused_was_not_carried_out() {
    for write in WRITES {
        let stage = with_integration();
        breaks(&stage, write, None, Fault::Deny);
        let report = stage.run_client(&[APPLY.as_slice(), &["--output", "json"]].concat()).expect(1).json();
        assert_eq!(report["applied"]["failed"]["outcome"], "refused", "{write}: {report:#}");
        let error = report["error"]["message"].as_str().unwrap();
        assert!(error.contains("could not ") && !error.contains("may have"), "{write}: {error}");
    }
    let stage = with_integration();
    stage.run_client(&APPLY).expect(0);
    stage.tamper(Tamper::MaxSession);
    breaks(&stage, "iam:UpdateRole", None, Fault::Deny);
    stage.run_client(&APPLY).expect(1).says("\n  nothing was changed\n");
}

/// The answer to the first attempt is lost, and the SDK's second one finds what the first one made: that is no failure.
#[test]
fn what_the_first_attempt_made_is_no_collision() {
    for write in ["iam:CreateRole", "iam:CreatePolicy"] {
        let stage = Stage::new();
        breaks(&stage, write, Some(1), Fault::DropReply);
        stage.run(&["apply", "--yes", "--level", "paper"]).expect(0).says("3 changes made.");
        let attempts = stage.calls().iter().filter(|call| write.ends_with(&call.action)).count();
        assert_eq!(attempts, 2, "{write}");
        stage.run(&["drift"]).expect(0);
    }
}

/// Waits for a call of a run that goes on, then changes what is there.
fn meanwhile(stage: &Stage, arguments: &[&str], call: &str, change: impl FnOnce(&mut State)) -> Run {
    // Time enough to come between two calls.
    stage.set(Faults { latency_ms: 300, ..Faults::default() });
    let mut command = stage.client_command(arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while !stage.sandbox.log().iter().any(|entry| entry.action == call) {
        assert!(start.elapsed() < Duration::from_secs(60), "no call of {call}");
        std::thread::sleep(Duration::from_millis(5));
    }
    stage.sandbox.change(change).unwrap();
    let run = child.wait_with_output().unwrap().into();
    stage.set(Faults::default());
    run
}

#[test]
fn who_was_faster_with_a_new_role_is_said() {
    let other = Stage::new();
    other.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let made = other.sandbox.state().accounts["123456789012"].roles[&ROLE.to_lowercase()].clone();
    for (is_own, says) in [
        (
            true,
            "role `GenesysDataActionRole` was created after the plan was made, by another run of rolecall",
        ),
        (
            false,
            "role `GenesysDataActionRole` was created after the plan was made, and not by rolecall for this role",
        ),
    ] {
        let stage = Stage::new();
        let run = meanwhile(&stage, &APPLY, "GetRole", |state| {
            let mut role = made.clone();
            if !is_own {
                role.tags = Default::default();
            }
            state.accounts.get_mut("123456789012").unwrap().roles.insert(ROLE.to_lowercase(), role);
        });
        let run = run.expect(1).says(says);
        assert!(!run.stderr.contains("was not made by rolecall"), "{}", run.stderr);
        match is_own {
            true => drop(stage.run(&APPLY).expect(0)),
            false => drop(stage.run(&APPLY).expect(1).says("--adopt")),
        }
    }
}

#[test]
fn that_somebody_deleted_the_role_meanwhile_is_said() {
    let stage = Stage::new();
    stage.run(&APPLY).expect(0);
    stage.tamper(Tamper::MaxSession);
    stage.calls();
    let run = meanwhile(&stage, &APPLY, "GetRole", |state| {
        Tamper::RoleDeleted.apply(state, ROLE).map(drop).unwrap();
    });
    run.expect(1).says(
        "role `GenesysDataActionRole` was there when the plan was made; another caller has deleted it since",
    );
    stage.run(&APPLY).expect(0);
}

#[test]
fn that_somebody_deleted_the_integration_meanwhile_is_said() {
    let stage = with_integration();
    stage.run_client(&APPLY).expect(0);
    stage.tamper(Tamper::GenesysIntegrationDisabled);
    stage.calls();
    let run = meanwhile(&stage, &APPLY, "getIntegrationConfigCurrent", |state| {
        state.genesys.integrations.retain(|_, it| it.kind != "aws-lambda-data-actions");
    });
    let run = run.expect(1);
    assert!(
        run.stderr.contains("was there when the plan was made; another caller has deleted it since"),
        "{}",
        run.stderr
    );
    stage.run_client(&APPLY).expect(0);
    stage.run_client(&["drift"]).expect(0);
}

/// Two manifests for one role take turns: each says what differs from itself, and neither says who wrote it.
#[test]
fn two_manifests_for_one_role_tell_no_tales() {
    let stage = Stage::new();
    let one = manifest(ONE_TARGET);
    let other = one.replace("[role]\n", "[role]\ndescription = \"The other one\"\n");
    for (text, differs) in [(&one, false), (&other, true), (&one, true)] {
        stage.write("rolecall.toml", text);
        if differs {
            let run = stage.run(&["drift"]).expect(3);
            for word in ["somebody", "by hand", "outside", "another caller"] {
                assert!(!run.stdout.contains(word), "`{word}` is not known:\n{}", run.stdout);
            }
        }
        stage.run(&APPLY).expect(0);
        stage.run(&["drift"]).expect(0);
    }
}
