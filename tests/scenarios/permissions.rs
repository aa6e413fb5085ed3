//! The shipped permissions are enough, and no more than is used.

use rolecall::sandbox::{Principal, State};

use super::stage::{ONE_TARGET, Stage, manifest};
use super::twin::{look_everywhere, unused};

/// A stage on which the user `verifier` has exactly one of the rendered policies.
fn stage_with(document: &str) -> Stage {
    let stage = Stage::with(&manifest(ONE_TARGET), State::demo());
    let rendered = stage
        .run(&["render", document, "--account", "123456789012", "--region", "us-east-1"])
        .expect(0)
        .stdout;
    stage
        .sandbox
        .change(|state| {
            let user = state.accounts.get_mut("123456789012").unwrap().users.get_mut("verifier").unwrap();
            user.permissions.inline.insert("rolecall".to_owned(), rendered);
        })
        .unwrap();
    stage
}

#[test]
fn the_provisioner_policy_is_enough_to_apply_and_destroy() {
    let stage = stage_with("provisioner").acting_as(Principal::Verifier);
    stage.run(&["apply", "--yes"]).expect(0);
    let more = format!("{ONE_TARGET}\n[[target]]\nfunction = \"orders-status\"\n");
    stage.write("rolecall.toml", &manifest(&more));
    stage
        .run(&["apply", "--yes"])
        .expect(1)
        .says("lambda:GetFunctionConfiguration")
        .says("rolecall render provisioner");
    stage.write("rolecall.toml", &manifest(ONE_TARGET));
    stage.run(&["destroy", "--yes"]).expect(0);
}

#[test]
fn the_verifier_policy_is_enough_to_look_and_not_to_touch() {
    let mut stage = stage_with("verifier");
    stage.run(&["apply", "--yes"]).expect(0);
    stage.act_as(Principal::Verifier);
    stage.run(&["plan"]).expect(0);
    stage.run(&["drift"]).expect(0);
    let run = stage.run(&["verify"]).expect(0).says("were refused, as expected");
    assert!(
        !run.stdout.contains("may not ask") && !run.stdout.contains("the caller needs"),
        "{}",
        run.stdout
    );
    stage.run(&["destroy", "--yes"]).expect(1).says("iam:DetachRolePolicy").says("nothing was changed");
    stage.run(&["drift"]).expect(0);
}

#[test]
fn every_permission_of_the_verifier_policy_is_used() {
    let mut stage = stage_with("verifier");
    let policy = stage.run(&["render", "verifier", "--account", "123456789012", "--region", "us-east-1"]);
    let policy = policy.expect(0).json();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.act_as(Principal::Verifier);
    stage.calls();
    stage.run(&["verify"]).expect(0);
    look_everywhere(&stage);
    // Many roles of an account are read together.
    for role in ["One", "Two", "Three", "Four"] {
        let text = manifest(ONE_TARGET).replace("GenesysDataActionRole", role);
        stage.write(&format!("many/{role}.toml"), &text);
    }
    stage.run(&["drift", "--file", "many/*.toml"]).expect(3);
    // Quotas are asked for only where the defaults are too small.
    assert_eq!(unused(&stage, &policy), ["iam:GetAccountSummary"]);
}

#[test]
fn without_permissions_the_missing_one_is_named() {
    let stage = Stage::new().acting_as(Principal::Nobody);
    let run = stage.run(&["plan"]).expect(1).says("is not authorized to perform");
    assert!(run.stderr.contains("the caller needs the permission "), "{}", run.stderr);
}
