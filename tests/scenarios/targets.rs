//! Onboarding: the manifest is edited, its comments stay, and nothing is written that Lambda does not have.

use rolecall::sandbox::State;

use super::stage::{ONE_TARGET, Stage, manifest};

fn text(stage: &Stage) -> String {
    std::fs::read_to_string(stage.folder.path().join("rolecall.toml")).unwrap()
}

#[test]
fn targets_are_added_listed_applied_and_removed() {
    let commented = format!("# the first\n{ONE_TARGET}");
    let stage = Stage::with(&manifest(&commented), State::demo());
    stage.run(&["target", "add", "orders-status", "customer-lookup", "--qualifier", "live"]).expect(1).says(
        "function `arn:aws:lambda:us-east-1:123456789012:function:customer-lookup` has no alias or version `live`",
    );
    assert_eq!(text(&stage), manifest(&commented), "all or nothing");
    stage
        .run(&["target", "add", "orders-status", "--qualifier", "live"])
        .expect(0)
        .says("added orders-status");
    assert!(text(&stage).contains("# the first"), "{}", text(&stage));
    stage.run(&["target", "add", "orders-status:live"]).expect(2).says("already has the target");

    stage.run(&["target", "list"]).expect(0).says("not in the policy yet");
    stage.run(&["target", "add", "customer-lookup", "--apply", "--yes"]).expect(0).says("3 changes made.");
    let listed = stage.run(&["target", "list", "--output", "json"]).expect(0).json();
    let statuses: Vec<_> = listed.as_array().unwrap().iter().map(|row| row["status"].clone()).collect();
    assert_eq!(statuses, ["in the policy"; 3]);

    stage.run(&["target", "remove", "customer-lookup", "--apply", "--yes"]).expect(0).says("1 change made.");
    stage.run(&["target", "remove", "customer-lookup"]).expect(2).says("customer-lookup");
    stage.run(&["target", "remove", "orders-status"]).expect(0);
    stage.run(&["target", "remove", "my-genesys-trigger-function"]).expect(2).says("last target");
    assert_eq!(text(&stage).replace("# the first\n", ""), manifest(ONE_TARGET));
}

#[test]
fn every_function_with_a_tag_is_added_once() {
    let mut state = State::demo();
    for name in ["orders-status", "customer-lookup"] {
        let account = state.accounts.get_mut("123456789012").unwrap();
        let function = account.functions.get_mut("us-east-1").unwrap().get_mut(name).unwrap();
        function.tags.set("genesys", "yes");
    }
    let stage = Stage::with(&manifest(ONE_TARGET), state);
    let run = stage.run(&["target", "add", "--tag", "genesys=yes"]).expect(0);
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    stage.run(&["target", "add", "--tag", "genesys=yes"]).expect(0).says("already has all of them");
    stage.run(&["plan"]).expect(0).says("function:customer-lookup");
}

#[test]
fn a_function_that_is_gone_is_listed_as_gone() {
    let stage = Stage::with(&manifest("[[target]]\nfunction = \"gone\"\n"), State::demo());
    stage.run(&["target", "list"]).expect(0).says("no such function");
}

#[test]
fn a_policy_that_is_too_long_to_be_managed_is_rendered_with_a_warning() {
    let targets: String =
        (0..60).map(|number| format!("[[target]]\nfunction = \"order-{number}\"\n")).collect();
    let stage = Stage::with(&manifest(&targets), State::demo());
    let place = ["--account", "123456789012", "--region", "us-east-1"];
    let run = stage.run(&[&["render", "verifier"][..], &place].concat()).expect(0);
    assert!(run.stderr.contains("a managed policy holds 6144"), "{}", run.stderr);
    let run = stage.run(&[&["render", "invoke"][..], &place].concat()).expect(0);
    assert_eq!(run.stderr, "");
}
