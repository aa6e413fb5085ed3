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
    let run = stage.run(&["target", "add", "orders-status", "customer-lookup", "--qualifier", "live"]);
    insta::assert_snapshot!(run.whole(), @"
    exit 1
    -- stderr
    error[E39]: function `arn:aws:lambda:us-east-1:123456789012:function:customer-lookup` has no alias or version `live`
    hint: correct the [[target]] in the manifest, or deploy the function first
    ");
    assert_eq!(text(&stage), manifest(&commented), "all or nothing");
    insta::assert_snapshot!(stage.run(&["target", "add", "orders-status", "--qualifier", "live"]).whole(), @"
    exit 0
    -- stdout
    added orders-status:live
    ");
    insta::assert_snapshot!(text(&stage), @r#"
    version = 1

    [genesys]
    region = "us-east-1"
    organization_id = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94"

    [role]
    name = "GenesysDataActionRole"

    # the first
    [[target]]
    function = "my-genesys-trigger-function"

    [[target]]
    function = "orders-status"
    qualifier = "live"


    [verify]
    probe_principal = "arn:aws:iam::123456789012:role/ci"
    "#);
    insta::assert_snapshot!(stage.run(&["target", "add", "orders-status:live"]).whole(), @"
    exit 2
    -- stderr
    error[E6]: the manifest already has the target `orders-status:live`
    hint: the manifest was not changed
    ");

    insta::assert_snapshot!(stage.run(&["target", "list"]).whole(), @"
    exit 0
    -- stdout
    my-genesys-trigger-function               not in the policy yet     arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function
    orders-status:live                        not in the policy yet     arn:aws:lambda:us-east-1:123456789012:function:orders-status:live
    ");
    let run = stage.run(&["target", "add", "customer-lookup", "--apply", "--yes"]);
    insta::assert_snapshot!(run.headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    Result: 3 changes made; every claim about the role is proved
    -- stderr
    added customer-lookup
    ");
    let listed = stage.run(&["target", "list", "--output", "json"]).expect(0).json();
    let statuses: Vec<_> = listed.as_array().unwrap().iter().map(|row| row["status"].clone()).collect();
    assert_eq!(statuses, ["in the policy"; 3]);

    let run = stage.run(&["target", "remove", "customer-lookup", "--apply", "--yes"]);
    insta::assert_snapshot!(run.headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    0 to create, 1 to change, 0 to delete.
    1 change made.
    Verification
    Result: 1 change made; every claim about the role is proved
    -- stderr
    removed customer-lookup
    ");
    insta::assert_snapshot!(stage.run(&["target", "remove", "customer-lookup"]).whole(), @"
    exit 2
    -- stderr
    error[E6]: no [[target]] is `customer-lookup`; the nearest: `orders-status:live`, `my-genesys-trigger-function`
    hint: the manifest was not changed
    ");
    stage.run(&["target", "remove", "orders-status"]).expect(0);
    insta::assert_snapshot!(stage.run(&["target", "remove", "my-genesys-trigger-function"]).whole(), @"
    exit 2
    -- stderr
    error[E6]: `my-genesys-trigger-function` is the last target, and a manifest without a [[grant]] has at least one; `rolecall destroy` removes the role
    hint: the manifest was not changed
    ");
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
    insta::assert_snapshot!(stage.run(&["target", "add", "--tag", "genesys=yes"]).whole(), @"
    exit 0
    -- stdout
    the manifest already has all of them
    -- stderr
    2 functions have the tag genesys=yes in us-east-1
    ");
    let plan = stage.run(&["plan", "--output", "json"]).expect(0).json();
    insta::assert_json_snapshot!(plan["role"]["targets"], @r#"
    [
      "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function",
      "arn:aws:lambda:us-east-1:123456789012:function:customer-lookup",
      "arn:aws:lambda:us-east-1:123456789012:function:orders-status"
    ]
    "#);
}

#[test]
fn a_function_that_is_gone_is_listed_as_gone() {
    let stage = Stage::with(&manifest("[[target]]\nfunction = \"gone\"\n"), State::demo());
    insta::assert_snapshot!(stage.run(&["target", "list"]).whole(), @"
    exit 0
    -- stdout
    gone                                      no such function
    ");
}

#[test]
fn a_policy_that_is_too_long_to_be_managed_is_rendered_with_a_warning() {
    let targets: String =
        (0..60).map(|number| format!("[[target]]\nfunction = \"order-{number}\"\n")).collect();
    let stage = Stage::with(&manifest(&targets), State::demo());
    let place = ["--account", "123456789012", "--region", "us-east-1"];
    let run = stage.run(&[&["render", "verifier"][..], &place].concat()).expect(0);
    insta::assert_snapshot!(run.standard_error(), @"
    exit 0
    -- stderr
    warning: the verifier policy has 11920 characters and a managed policy holds 6144: put its statements into several policies
    ");
    let run = stage.run(&[&["render", "invoke"][..], &place].concat()).expect(0);
    assert_eq!(run.stderr, "");
}
