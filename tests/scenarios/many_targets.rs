//! Many targets: each function is asked once where once shows it, samples are said to be samples, and `doctor` asks about all.

use std::fmt::Write as _;

use rolecall::sandbox::State;

use super::stage::{Stage, manifest};

const ACCOUNT: &str = "123456789012";

/// A stage with so many functions, all of them targets.
fn stage(number: usize) -> Stage {
    let mut state = State::demo();
    let mut targets = String::new();
    for index in 0..number {
        let name = format!("orders-{index:03}");
        state.add_function(ACCOUNT, "us-east-1", &name, &[]);
        let _ = writeln!(targets, "[[target]]\nfunction = \"{name}\"\n");
    }
    Stage::with(&manifest(&targets), state)
}

fn invocations(stage: &Stage) -> usize {
    stage.calls().iter().filter(|call| call.action == "Invoke").count()
}

#[test]
fn after_a_change_one_function_of_each_policy_shows_that_it_has_spread() {
    let number = 40;
    let stage = stage(number);
    stage.run(&["apply", "--yes", "--level", "live"]).expect(0);
    let state = stage.sandbox.state();
    let policies =
        state.accounts[ACCOUNT].policies.values().filter(|policy| policy.path.contains("rolecall")).count();
    assert_eq!(policies, 1);
    // Two more of the first function; a function beside the targets and a form that is not listed are denied twice each.
    assert_eq!(invocations(&stage), number + 2 * policies + 4);
    // Nothing changed since, so nothing has to spread.
    stage.run(&["apply", "--yes", "--level", "live"]).expect(0);
    assert_eq!(invocations(&stage), number + 4);
}

#[test]
fn the_result_line_says_that_it_is_of_a_sample() {
    let stage = stage(120);
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let last = |arguments: &[&str]| stage.run(arguments).expect(0).stdout.lines().last().unwrap().to_owned();
    insta::assert_snapshot!(last(&["verify"]), @"Result: every claim about the role is proved");
    insta::assert_snapshot!(last(&["verify", "--exhaustive"]), @"Result: every claim about the role is proved");
}

#[test]
fn doctor_asks_about_every_target() {
    let stage = stage(3);
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"lambda:*","Resource":"*orders-002"}]}"#;
    stage
        .sandbox
        .change(|state| {
            let roles = &mut state.accounts.get_mut(ACCOUNT).unwrap().roles;
            roles
                .get_mut("ci")
                .unwrap()
                .permissions
                .inline
                .insert("not-this-one".to_owned(), policy.to_owned());
        })
        .unwrap();
    let run = stage.run(&["doctor"]).expect(1);
    let plan = run.stdout.lines().find(|line| line.contains("plan, drift")).unwrap();
    insta::assert_snapshot!(plan, @"  failed  plan, drift           lambda:GetFunctionConfiguration on arn:aws:lambda:us-east-1:123456789012:function:orders-002");
}

#[test]
fn doctor_says_how_many_of_many_it_asked_about() {
    let stage = stage(120);
    let run = stage.run(&["doctor"]).expect(0);
    let plan = run.stdout.lines().find(|line| line.contains("plan, drift")).unwrap();
    insta::assert_snapshot!(plan, @"  ok      plan, drift           the caller's policies allow it (simulated; 60 of 120 functions asked about)");
    let simulated = stage.calls().iter().filter(|call| call.action == "SimulatePrincipalPolicy").count();
    assert!(simulated < 40, "{simulated}");
}
