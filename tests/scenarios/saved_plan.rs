//! A plan in a file is carried out only while it would be exactly that.

use rolecall::sandbox::Tamper;

use super::stage::{ROLE, Stage};

#[test]
fn a_saved_plan_is_carried_out_without_asking() {
    let stage = Stage::new();
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    insta::assert_snapshot!(stage.run(&["apply", "plan.json"]).headlines(), @"
    exit 0
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    3 changes made.
    Verification
    Result: 3 changes made; every claim about the role is proved
    ");
    insta::assert_snapshot!(stage.run(&["apply", "plan.json"]).whole(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
      trusted     arn:aws:iam::765628985471:root and arn:aws:iam::123456789012:role/ci with external ID 5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94
      may invoke  arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function

    No changes: AWS matches the manifest.
    -- stderr
    error[E46]: nothing was changed in AWS or Genesys Cloud: the plan is stale: AWS or the manifest has changed since it was made, or the file was edited (role differs)
    hint: make and review a new plan: `rolecall plan --out FILE`
    ");
}

#[test]
fn a_plan_that_would_be_another_by_now_is_refused() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.sandbox.change(|state| Tamper::TrustExternalId.apply(state, ROLE)).unwrap().unwrap();
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    stage.sandbox.change(|state| Tamper::TrustNoCondition.apply(state, ROLE)).unwrap().unwrap();
    stage.calls();
    insta::assert_snapshot!(stage.run(&["apply", "plan.json"]).headlines(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole
    0 to create, 1 to change, 0 to delete.
    -- stderr
    error[E46]: nothing was changed in AWS or Genesys Cloud: the plan is stale: AWS or the manifest has changed since it was made, or the file was edited (changes differs)
    hint: make and review a new plan: `rolecall plan --out FILE`
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn an_edited_plan_is_refused_and_another_file_is_no_plan() {
    let stage = Stage::new();
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    let path = stage.folder.path().join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("765628985471", "999999999999")).unwrap();
    insta::assert_snapshot!(stage.run(&["apply", "plan.json"]).headlines(), @"
    exit 1
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    -- stderr
    error[E46]: nothing was changed in AWS or Genesys Cloud: the plan is stale: AWS or the manifest has changed since it was made, or the file was edited (role differs)
    hint: make and review a new plan: `rolecall plan --out FILE`
    ");
    insta::assert_snapshot!(stage.run(&["apply", "rolecall.toml"]).headlines(), @"
    exit 2
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    -- stderr
    error[E47]: nothing was changed in AWS or Genesys Cloud: this is not a plan that `rolecall plan --out` wrote: expected value at line 1 column 1
    ");
    insta::assert_snapshot!(stage.run(&["apply", "gone.json"]).whole(), @"
    exit 2
    -- stderr
    error[E7]: cannot read the plan `gone.json`: No such file or directory (os error [number])
    ");
    std::fs::write(&path, r#"{"rolecall_plan": 2}"#).unwrap();
    insta::assert_snapshot!(stage.run(&["apply", "plan.json"]).headlines(), @"
    exit 2
    -- stdout
    account 123456789012, as arn:aws:sts::123456789012:assumed-role/ci/rolecall
    Role arn:aws:iam::123456789012:role/GenesysDataActionRole (does not exist yet)
    3 to create, 0 to change, 0 to delete.
    -- stderr
    error[E47]: nothing was changed in AWS or Genesys Cloud: this is not a plan that `rolecall plan --out` wrote: its format is 2, but this version of rolecall reads format 1
    ");
    assert!(stage.calls().iter().all(|call| !call.write));
}
