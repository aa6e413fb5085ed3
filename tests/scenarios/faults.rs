//! Promises under faults: whatever call fails, the next apply converges; what IAM needs time for is waited for.

use std::time::Duration;

use rolecall::sandbox::{Fault, FaultRule, Faults, Tamper};

use super::stage::{ONE_TARGET, Stage, manifest};

fn rule(operation: &str, skip: u32, times: Option<u32>, fault: Fault) -> Faults {
    Faults {
        rules: vec![FaultRule { operation: operation.to_owned(), skip, times, fault }],
        ..Faults::default()
    }
}

/// Denies the n-th call of an apply, for every n: each failure is one clear message, and the next apply converges.
#[test]
fn a_denial_of_any_call_stops_cleanly_and_the_next_apply_converges() {
    let first = Stage::new();
    first.run(&["apply", "--yes"]).expect(0);
    let calls = u32::try_from(first.calls().len()).unwrap();
    // Each run mostly waits, so they run side by side.
    let next = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                loop {
                    let denied = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if denied >= calls {
                        return;
                    }
                    let stage = Stage::new();
                    stage.set(rule("*", denied, Some(1), Fault::Deny));
                    let run = stage.run(&["apply", "--yes"]);
                    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
                    match run.status {
                        // A probe that is denied is an answer, and so is a list that is only a shortcut.
                        0 | 4 => {}
                        5 => assert!(run.stdout.contains("lambda:GetPolicy failed"), "{}", run.stdout),
                        1 => {
                            let stderr = &run.stderr;
                            assert!(stderr.contains("error[E") && stderr.contains("hint: "), "{stderr}");
                            let says = |text: &str| stderr.contains(text);
                            assert!(
                                says("nothing was changed")
                                    || says("no change was confirmed")
                                    || says("done:")
                                    || says("changes made, but"),
                                "{stderr}"
                            );
                        }
                        status => panic!(
                            "exit {status} after denying call {denied}:\n{}\n{}",
                            run.stdout, run.stderr
                        ),
                    }
                    stage.set(Faults::default());
                    stage.run(&["apply", "--yes"]).expect(0);
                    stage.run(&["drift"]).expect(0);
                }
            });
        }
    });
}

/// The answer to a write is lost: AWS did it, we do not know. The SDK's retry may find it done.
#[test]
fn a_lost_answer_to_any_write_is_survived() {
    for write in ["iam:CreateRole", "iam:CreatePolicy", "iam:AttachRolePolicy"] {
        let stage = Stage::new();
        stage.set(rule(write, 0, Some(1), Fault::DropReply));
        let run = stage.run(&["apply", "--yes", "--level", "paper"]);
        assert!(matches!(run.status, 0 | 1), "{write}: {}\n{}", run.stdout, run.stderr);
        if run.status == 1 {
            assert!(
                run.stderr.contains("repeat the command; it continues where this run stopped"),
                "{}",
                run.stderr
            );
        }
        stage.set(Faults::default());
        stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
        stage.run(&["drift"]).expect(0);
    }
}

#[test]
fn throttling_that_passes_is_waited_out() {
    let stage = Stage::new();
    stage.set(rule("iam:*", 0, Some(2), Fault::Throttle));
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
}

#[test]
fn throttling_that_does_not_pass_ends_at_the_deadline() {
    let stage = Stage::new();
    stage.set(rule("iam:GetRole", 0, None, Fault::Throttle));
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--deadline", "8"]).whole(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function


    As it is in AWS
      proved     nobody outside the account reaches a target function without the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: not examined: the policies of aliases and versions that the manifest does not name; `verify --level live` reads them

    Result: failed: nothing was changed: iam:GetRole failed: Rate exceeded (Throttling, request [id]) (exit code 1)
    -- stderr
    error[E22]: nothing was changed: iam:GetRole failed: Rate exceeded (Throttling, request [id])
    hint: AWS limits the calls of this account; repeat the command later, or with a longer --deadline
    ");
    stage.set(rule("iam:CreatePolicy", 0, None, Fault::Throttle));
    insta::assert_snapshot!(stage.run(&["apply", "--yes", "--deadline", "8"]).standard_error(), @"
    exit 1
    -- stderr
      ✓ create role GenesysDataActionRole
    error[E22]: could not create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke: iam:CreatePolicy failed: Rate exceeded (Throttling, request [id])
      done:
        create role GenesysDataActionRole
      not tried:
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    hint: AWS limits the calls of this account; repeat the command later, or with a longer --deadline; it reads what is there, and goes on from that
    ");
    stage.set(Faults::default());
    stage.run(&["apply", "--yes"]).expect(0);
}

#[test]
fn reads_that_lag_behind_writes_are_waited_for() {
    let stage = Stage::new();
    stage.set(Faults { read_lag_ms: 1500, ..Faults::default() });
    let run = stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    assert!(run.waited_for("IAM to show the changes"), "{}", run.stderr);
    stage.set(Faults::default());
    stage.run(&["drift"]).expect(0);
}

#[test]
fn enforcement_that_lags_behind_is_waited_for() {
    let stage = Stage::new();
    stage.set(Faults { enforcement_lag_ms: 2500, ..Faults::default() });
    let run = stage.run(&["apply", "--yes"]).expect(0);
    assert!(run.waited_for("AWS to enforce the changes"), "{}", run.stderr);
}

#[test]
fn a_trust_policy_that_names_a_new_principal_is_tried_again() {
    let stage = Stage::with(
        &manifest(ONE_TARGET).replace("role/ci", "role/not-there-yet"),
        rolecall::sandbox::State::demo(),
    );
    let run = stage.run(&["apply", "--yes", "--deadline", "8"]);
    assert!(run.waited_for("IAM to know every principal that the trust policy names"), "{}", run.stderr);
    // The policy goes out beside the role, and needs no principal.
    insta::assert_snapshot!(run.standard_error(), @r#"
    exit 1
    -- stderr
      ✓ create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
    error[E21]: could not create role GenesysDataActionRole: waited [time] s for IAM to know every principal that the trust policy names; the last answer was: iam:CreateRole failed: Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/not-there-yet" (MalformedPolicyDocument, request [id])
      done:
        create policy arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke
      not tried:
        attach arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke to GenesysDataActionRole
    hint: correct what the message names in the manifest or the template; if nothing there explains it, report it with the request ID
    "#);
    stage.sandbox.once_after(
        |call| call.action == "CreateRole" && call.error.is_some(),
        |state, _| {
            state.add_role("123456789012", "not-there-yet", r#"{"AWS":"arn:aws:iam::123456789012:root"}"#)
        },
    );
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
}

/// Ctrl-C between two writes: what was done is said, and the next apply goes on from there.
#[cfg(unix)]
#[test]
fn an_interrupted_apply_says_what_was_done() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    for kind in [Tamper::TrustIfExists, Tamper::MaxSession, Tamper::PolicyWidened] {
        stage.tamper(kind);
    }
    stage.set(Faults { latency_ms: 400, ..Faults::default() });
    let apply = stage.start(&["apply", "--yes"]);
    // Wait until the first write was answered, then interrupt.
    let first = stage.sandbox.log().len();
    for _ in 0..200 {
        if stage.sandbox.log().iter().skip(first).any(|call| WRITES.contains(&call.action.as_str())) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let pid = apply.id().to_string();
    std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap();
    let run: super::stage::Run = apply.wait_with_output().unwrap().into();
    // How many of the writes were done at that moment differs.
    insta::with_settings!({filters => [("  ✓ .*\n", "")]}, {
        insta::assert_snapshot!(run.outline(), @"
        exit 1
        -- stdout
        account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
        Role arn:aws:iam::123456789012:role/GenesysDataActionRole
          trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
          may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
          ~ update trust policy of GenesysDataActionRole (allows less)
          ~ update settings of GenesysDataActionRole (allows less)
          ~ update policy document of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke (allows less)
        0 to create, 3 to change, 0 to delete.
        Result: failed: after 2 changes were made, interrupted before the next change (exit code 1)
        -- stderr
        error[E48]: interrupted before the next change
          done:
          not tried:
        hint: run the same command again: it reads what is there, and goes on from that
        ");
    });
    stage.set(Faults::default());
    stage.run(&["apply", "--yes"]).expect(0);
    stage.run(&["drift"]).expect(0);
}

/// What a repair of these kinds of tampering writes.
const WRITES: [&str; 3] = ["UpdateAssumeRolePolicy", "UpdateRole", "CreatePolicyVersion"];

#[test]
fn an_endpoint_that_fails_for_a_moment_is_asked_again() {
    for fault in [Fault::DropCall, Fault::Internal, Fault::Unavailable] {
        let stage = Stage::new();
        stage.set(rule("iam:GetRole", 0, Some(1), fault));
        stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    }
}
