//! A plan in a file is carried out only while it would be exactly that.

use rolecall::sandbox::Tamper;

use super::stage::{ROLE, Stage};

#[test]
fn a_saved_plan_is_carried_out_without_asking() {
    let stage = Stage::new();
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    stage.run(&["apply", "plan.json"]).expect(0).says("3 changes made.");
    stage
        .run(&["apply", "plan.json"])
        .expect(1)
        .says("nothing was changed in AWS or Genesys Cloud: the plan is stale");
}

#[test]
fn a_plan_that_would_be_another_by_now_is_refused() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.sandbox.change(|state| Tamper::TrustExternalId.apply(state, ROLE)).unwrap().unwrap();
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    stage.sandbox.change(|state| Tamper::TrustNoCondition.apply(state, ROLE)).unwrap().unwrap();
    stage.calls();
    stage.run(&["apply", "plan.json"]).expect(1).says("changes differs").says("rolecall plan --out");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn an_edited_plan_is_refused_and_another_file_is_no_plan() {
    let stage = Stage::new();
    stage.run(&["plan", "--out", "plan.json"]).expect(0);
    let path = stage.folder.path().join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("765628985471", "999999999999")).unwrap();
    stage.run(&["apply", "plan.json"]).expect(1).says("the plan is stale");
    stage.run(&["apply", "rolecall.toml"]).expect(2).says("this is not a plan");
    stage.run(&["apply", "gone.json"]).expect(2).says("cannot read the plan `gone.json`");
    std::fs::write(&path, r#"{"rolecall_plan": 2}"#).unwrap();
    stage.run(&["apply", "plan.json"]).expect(2).says("its format is 2");
    assert!(stage.calls().iter().all(|call| !call.write));
}
