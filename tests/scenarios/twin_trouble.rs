//! A twin in trouble: whatever call fails and whenever it is interrupted, nothing is left behind, or a sweep removes it.

use std::sync::Mutex;

use rolecall::sandbox::{Fault, FaultRule, Faults, LogEntry, Tamper};

use super::stage::{ROLE, Run, Stage};
use super::twin::{ACCOUNT, TWIN, applied, roles};
use super::views::named;

fn rule(operation: &str, skip: u32, times: Option<u32>, fault: Fault) -> Faults {
    let rules = vec![FaultRule { operation: operation.to_owned(), skip, times, fault }];
    Faults { rules, ..Faults::default() }
}

/// After a twin that failed: either it is gone, or it was said to be there and a sweep removes it.
#[track_caller]
fn cleaned(stage: &Stage, run: &Run, before: &[String], what: &str) {
    stage.set(Faults::default());
    assert!(!run.stderr.contains("panicked"), "{what}: {}", run.stderr);
    if run.stderr.contains("was left behind") {
        assert_eq!(run.status, 1, "{what}: {}", run.stderr);
        assert!(run.stderr.contains("`rolecall verify --sweep` removes it"), "{what}: {}", run.stderr);
        assert_ne!(roles(&stage.sandbox.state()), before, "{what}");
        insta::allow_duplicates! {
            insta::assert_snapshot!(stage.run(&["verify", "--sweep"]).headlines(), @"
            exit 0
            -- stdout
            1 twin of role GenesysDataActionRole removed.
            Result: 1 twin removed
            ");
        }
    }
    assert_eq!(roles(&stage.sandbox.state()), before, "{what}: {}", run.stderr);
}

/// Every call from the first rehearsed removal on, denied once, or left without an answer however often it is sent.
#[test]
fn a_twin_that_fails_at_any_call_leaves_nothing_behind() {
    let stage = applied();
    stage.run(&TWIN).expect(0);
    let calls = stage.calls();
    let first = calls.iter().position(|call| call.write).unwrap();
    let mut cases: Vec<(u32, Fault, u32)> = Vec::new();
    for call in first..calls.len() {
        let call = u32::try_from(call).unwrap();
        cases.extend([(call, Fault::Deny, 1), (call, Fault::DropCall, 3)]);
    }
    let left_behind = Mutex::new(0);
    let queue = Mutex::new(cases.into_iter());
    // Each run mostly waits; side by side they take a tenth of the time.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let stage = applied();
                let before = roles(&stage.sandbox.state());
                loop {
                    let Some((call, fault, times)) = queue.lock().unwrap().next() else { return };
                    stage.set(rule("*", call, Some(times), fault));
                    let run = stage.run(&TWIN);
                    let what = format!("{fault:?} of call {call}");
                    assert!(matches!(run.status, 0 | 1 | 5), "{what}: {}\n{}", run.stdout, run.stderr);
                    *left_behind.lock().unwrap() += u32::from(run.stderr.contains("was left behind"));
                    cleaned(&stage, &run, &before, &what);
                }
            });
        }
    });
    let left_behind = left_behind.into_inner().unwrap();
    assert!(
        (2..=8).contains(&left_behind),
        "only the removal itself can leave one behind, not {left_behind} calls"
    );
}

/// AWS makes the role, and its answer is lost.
#[test]
fn a_twin_whose_creation_was_not_answered_is_removed() {
    let mut said = String::new();
    for times in [1, 3] {
        let stage = applied();
        let before = roles(&stage.sandbox.state());
        stage.set(rule("iam:CreateRole", 0, Some(times), Fault::DropReply));
        let run = stage.run(&TWIN);
        said += &named(format!("{times} without an answer"), &run.headlines());
        assert!(!run.stderr.contains("left behind"), "{}", run.stderr);
        cleaned(&stage, &run, &before, "an unanswered creation");
    }
    insta::assert_snapshot!(said, @"
    === 1 without an answer
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (removed again)
    Result: every claim about the role is proved
    === 3 without an answer
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (removed again)
    Result: failed: could not create the twin: iam:CreateRole failed: cannot reach 127.0.0.1:[port]: client error (SendRequest): connection closed before message completed (exit code 1)
    -- stderr
    error[E25]: could not create the twin: iam:CreateRole failed: cannot reach 127.0.0.1:[port]: client error (SendRequest): connection closed before message completed
    hint: check the network, the proxy settings (HTTPS_PROXY, NO_PROXY), the region and AWS_ENDPOINT_URL; then repeat the command
    ");
}

#[cfg(unix)]
#[test]
fn an_interrupted_twin_is_removed() {
    std::thread::scope(|scope| {
        // After which call of the twin Ctrl-C is pressed: its creation, its completion, the probes, its removal.
        for action in ["CreateRole", "AttachRolePolicy", "GetCallerIdentity", "Invoke"] {
            scope.spawn(move || {
                let stage = applied();
                let before = roles(&stage.sandbox.state());
                let mut is_made = false;
                let is_after = move |call: &LogEntry| {
                    is_made |= call.action == "CreateRole" && call.status == 200;
                    is_made && call.action == action
                };
                let run = Run::from(stage.run_until(is_after, "-INT", stage.command(&TWIN)));
                let run = run.expect(1);
                // What the twin was doing at that moment differs.
                let is_interruption = |line: &str| line.starts_with("error[E48]: interrupted ");
                assert!(run.stderr.lines().any(is_interruption), "{action}: {}", run.stderr);
                assert!(!run.stderr.contains("left behind"), "{action}: {}", run.stderr);
                cleaned(&stage, &run, &before, action);
            });
        }
    });
}

#[test]
fn throttling_that_passes_is_waited_out() {
    let stage = applied();
    for operation in ["sts:AssumeRole", "lambda:Invoke", "iam:*"] {
        stage.set(rule(operation, 3, Some(3), Fault::Throttle));
        stage.run(&TWIN).expect(0);
    }
}

#[test]
fn throttling_that_does_not_pass_ends_at_the_deadline_and_the_twin_is_removed() {
    let stage = applied();
    let before = roles(&stage.sandbox.state());
    stage.set(rule("lambda:Invoke", 5, None, Fault::Throttle));
    let run = stage.run(&[&TWIN[..], &["--deadline", "20"]].concat());
    insta::assert_snapshot!(run.headlines(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (removed again)
    Result: failed: lambda:InvokeFunction failed: Rate exceeded (TooManyRequestsException, request [id]) (exit code 1)
    -- stderr
    error[E22]: lambda:InvokeFunction failed: Rate exceeded (TooManyRequestsException, request [id])
    hint: AWS limits the calls of this account; repeat the command later, or with a longer --deadline
    ");
    cleaned(&stage, &run, &before, "endless throttling");
}

#[test]
fn enforcement_that_lags_and_flaps_is_waited_for() {
    for flapping in [false, true] {
        let stage = Stage::new();
        stage.set(Faults { enforcement_lag_ms: 2500, flapping, ..Faults::default() });
        let run = stage.run(&["apply", "--yes", "--level", "twin"]).expect(0);
        assert!(run.waited_for("AWS to enforce the changes"), "{}", run.stderr);
    }
}

#[test]
fn reads_that_lag_do_not_hide_a_twin() {
    let stage = applied();
    let before = roles(&stage.sandbox.state());
    stage.set(Faults { read_lag_ms: 1500, ..Faults::default() });
    stage.run(&TWIN).expect(0);
    assert_eq!(roles(&stage.sandbox.state()), before);
}

/// The role lets in without an external ID, is tightened, and AWS goes on letting in for a while.
#[test]
fn a_stale_success_after_tightening_is_no_refutation() {
    let stage = applied();
    let right = stage.sandbox.state().role(ACCOUNT, ROLE).unwrap().trust.clone();
    let loosen =
        || stage.sandbox.change(|state| Tamper::TrustNoCondition.apply(state, ROLE)).unwrap().unwrap();
    loosen();
    insta::assert_snapshot!(stage.run(&["verify"]).section("Verification"), @"
    exit 4
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
      paper    analysers  live       claim
      proved   -          -          nobody but the trusted principals can assume the role
      refuted  -          refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 `arn:aws:sts::123456789012:assumed-role/ci/session` can assume the role without an external ID, because statement 1 allows it and asks for no external ID
      proved   -          -          `arn:aws:iam::765628985471:root` can assume the role
      proved   -          confirmed  `arn:aws:iam::123456789012:role/ci` can assume the role
      proved   confirmed  confirmed  a session can do nothing but invoke the target functions
      proved   confirmed  confirmed  a session can invoke the target function
      proved   -          -          nobody outside the account reaches a target function without the role
      error      T1 (statement 1 of the trust policy): any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID
                 why: another customer of the vendor can make the vendor use this role (the confused deputy problem) (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side. No organization policy applies to it. Policies of other resources and of the caller are not part of it.
      confirmed  iam:SimulatePrincipalPolicy: the targets
                 1 of 1 allowed; rolecall: allowed too
      confirmed  iam:SimulatePrincipalPolicy: functions other than the targets
                 7 of 7 denied; rolecall: denied too
      confirmed  iam:SimulatePrincipalPolicy: other actions on a target
                 6 of 6 denied; rolecall: denied too
      confirmed  iam:SimulatePrincipalPolicy: actions that this role never needs
                 9 of 9 denied; rolecall: denied too
      confirmed  sts:AssumeRole with the correct external ID: allowed
                 AWS let the probe principal arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role
      refuted    sts:AssumeRole without an external ID: allowed
                 AWS let arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role without an external ID
                 asked 1 time as arn:aws:sts::123456789012:assumed-role/ci/rolecall, last at [time], request [id]
      refuted    sts:AssumeRole with a wrong external ID: allowed
                 AWS let arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role with a wrong external ID
                 asked 1 time as arn:aws:sts::123456789012:assumed-role/ci/rolecall, last at [time], request [id]
      refuted    sts:AssumeRole with the correct external ID, different letter case: allowed
                 AWS let arn:aws:sts::123456789012:assumed-role/ci/rolecall assume the role with the correct external ID, different letter case
                 asked 1 time as arn:aws:sts::123456789012:assumed-role/ci/rolecall, last at [time], request [id]
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function: allowed
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-rolecall-sibling: denied
                 the session may not invoke a function other than the targets
      confirmed  DryRun of arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function:$LATEST: denied
                 the session may not invoke the target in a form that the manifest does not list
      note: no second opinion from access-analyzer:ValidatePolicy: the sandbox does not support IAM Access Analyzer
    Do this now
    Result: refuted: the role can be assumed without its external ID; AWS's answer contradicts the manifest: sts:AssumeRole without an external ID; and 2 more (exit code 4)
    ");
    // By apply, which knows that it has just changed the role.
    stage.set(Faults { enforcement_lag_ms: 8000, ..Faults::default() });
    let run = stage.run(&["apply", "--yes"]).expect(0);
    assert!(run.waited_for("AWS to enforce the changes"), "{}", run.stderr);
    // By somebody else: the documents are right, AWS's first answers are not.
    stage.set(Faults::default());
    loosen();
    stage.set(Faults { enforcement_lag_ms: 8000, flapping: true, ..Faults::default() });
    stage.sandbox.change(|state| state.role_mut(ACCOUNT, ROLE).unwrap().trust = right).unwrap();
    let run = stage.run(&["verify"]).expect(0);
    assert!(run.waited_for("AWS to enforce the changes"), "{}", run.stderr);
}

/// What does not pass within the deadline is AWS's answer, and the difference to the documents is a finding.
#[test]
fn a_success_that_stays_is_a_refutation_and_a_finding() {
    let stage = applied();
    let right = stage.sandbox.state().role(ACCOUNT, ROLE).unwrap().trust.clone();
    stage.sandbox.change(|state| Tamper::TrustNoCondition.apply(state, ROLE)).unwrap().unwrap();
    stage.set(Faults { enforcement_lag_ms: 600_000, ..Faults::default() });
    stage.sandbox.change(|state| state.role_mut(ACCOUNT, ROLE).unwrap().trust = right).unwrap();
    let run = stage.run(&["verify", "--deadline", "30", "--output", "json"]).expect(4);
    let verification = &run.json()["verification"];
    assert!(verification["claims"].as_array().unwrap().iter().all(|claim| claim["result"] == "proved"));
    let finding = verification["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == "C1");
    let message = finding.unwrap()["message"].as_str().unwrap();
    insta::assert_snapshot!(message, @"sts:AssumeRole without an external ID: AWS allowed it, but according to the documents in AWS it is denied");
}

#[test]
fn a_session_that_expires_is_said_and_the_twin_removed() {
    let stage = applied();
    let before = roles(&stage.sandbox.state());
    stage.set(rule("lambda:Invoke", 5, None, Fault::Expire));
    let run = stage.run(&TWIN);
    insta::assert_snapshot!(run.headlines(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (removed again)
    Result: failed: lambda:InvokeFunction failed: The security token included in the request is expired (ExpiredTokenException, request [id]) (exit code 1)
    -- stderr
    error[E15]: lambda:InvokeFunction failed: The security token included in the request is expired (ExpiredTokenException, request [id])
    hint: log in again, or get new keys, and repeat the command
    ");
    assert!(!run.stderr.contains("left behind"), "{}", run.stderr);
    cleaned(&stage, &run, &before, "an expired session");
    // The caller's own credentials run out while the twin is there.
    stage.set(rule("iam:DetachRolePolicy", 1, None, Fault::Expire));
    let run = stage.run(&TWIN);
    insta::assert_snapshot!(run.headlines(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (left behind)
    Result: failed: twin `arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random]` was left behind: iam:DetachRolePolicy failed: The security token included in the request is expired (ExpiredToken, request [id]) (exit code 1)
    -- stderr
    error[E55]: twin `arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random]` was left behind: iam:DetachRolePolicy failed: The security token included in the request is expired (ExpiredToken, request [id])
    hint: `rolecall verify --sweep` removes it
    ");
    cleaned(&stage, &run, &before, "expired credentials");
}

/// The SDK does not correct the signing time by AWS's answers, so a clock that is more than five minutes wrong
/// stops the first call; one that is a little wrong goes unnoticed.
#[test]
fn a_wrong_clock_is_named_and_a_slightly_wrong_one_is_none() {
    let stage = applied();
    for seconds in [-200, 200] {
        stage.set(Faults { clock_ahead_s: seconds, ..Faults::default() });
        stage.run(&TWIN).expect(0);
    }
    for seconds in [-3600, 3600] {
        stage.set(Faults { clock_ahead_s: seconds, ..Faults::default() });
        let run = stage.run(&TWIN);
        // The reads go out together; which of them fails first, and whether too late or too early, differs.
        insta::allow_duplicates! {
            insta::with_settings!({filters => [
                (r"(error\[E\d+\]): [a-z]+:\w+ failed", "$1: [a read] failed"),
                // Lambda has another code for it than IAM and STS.
                (r"(expired|not yet current): .* \((SignatureDoesNotMatch|InvalidSignatureException),", "[wrong] ([code],"),
            ]}, { insta::assert_snapshot!(run.whole(), @"
            exit 1
            -- stderr
            error[E16]: [a read] failed: Signature [wrong] ([code], request [id])
            hint: check the access key, the secret key and the session token; a wrong clock gives this error too
            "); });
        }
    }
    // The clock is set while a twin is there, as far as a fault can play it: the removal is refused.
    let before = roles(&stage.sandbox.state());
    stage.calls();
    stage.set(Faults::default());
    stage.sandbox.once_after(
        |call| call.action == "GetCallerIdentity" && call.principal.contains("-twin-"),
        |_, faults| faults.clock_ahead_s = 3600,
    );
    let run = stage.run(&TWIN);
    insta::assert_snapshot!(run.headlines(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    Verification
    Twin arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random] (left behind)
    Result: failed: lambda:InvokeFunction failed: Signature expired: [time] is more than 5 min. from [time] (InvalidSignatureException, request [id]); twin `arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random]` was left behind: iam:DetachRolePolicy failed: Signature expired: [time] is more than 5 min. from [time] (SignatureDoesNotMatch, request [id]) (exit code 1)
    -- stderr
    error[E16]: lambda:InvokeFunction failed: Signature expired: [time] is more than 5 min. from [time] (InvalidSignatureException, request [id])
    hint: check the access key, the secret key and the session token; a wrong clock gives this error too
    error[E55]: twin `arn:aws:iam::123456789012:role/GenesysDataActionRole-twin-[random]` was left behind: iam:DetachRolePolicy failed: Signature expired: [time] is more than 5 min. from [time] (SignatureDoesNotMatch, request [id])
    hint: `rolecall verify --sweep` removes it
    ");
    cleaned(&stage, &run, &before, "a clock that was set");
}
