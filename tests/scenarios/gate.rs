//! What a plan would leave unproved stops `apply` before the first write, unless it is allowed by name; `plan` says so.

use rolecall::sandbox::{State, Tamper};

use super::stage::{ONE_TARGET, ROLE, Run, Stage, manifest};

const ALLOW: &str = "--allow-claim";

fn trust(condition: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{{{{trusted_principals}}}}"}},
            "Action":"sts:AssumeRole","Condition":{condition}}}]}}"#
    )
}

/// `apply` with these templates is refused for this claim, `plan` says the same, and nothing is written.
fn refused(stage: &Stage, exit: i32, claim: &str) -> Run {
    let plan = stage.run(&["plan", "--policies", "own"]).expect(exit).says("Apply refuses this plan.");
    plan.says(&format!("use {ALLOW} {claim} to apply anyway"));
    let json = stage.run(&["plan", "--policies", "own", "--output", "json"]).expect(exit).json();
    let names: Vec<&str> = json["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refusal| refusal["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&claim), "{names:?}");
    let run = stage.run(&["apply", "--yes", "--policies", "own"]).expect(exit);
    let run = run.says("nothing was changed in AWS or Genesys Cloud").says(&format!("{ALLOW} {claim}"));
    assert!(stage.calls().iter().all(|call| !call.write), "a refused plan writes nothing");
    run
}

#[test]
fn a_second_external_id_is_refused() {
    let stage = Stage::new();
    stage.write(
        "own/trust.json",
        &trust(r#"{"StringEquals":{"sts:ExternalId":["{{external_id}}","another-customer"]}}"#),
    );
    refused(&stage, 4, "external-id").says("external-id (refuted)").says("another-customer");
}

#[test]
fn a_pattern_as_external_id_is_refused() {
    let stage = Stage::new();
    stage.write("own/trust.json", &trust(r#"{"StringLike":{"sts:ExternalId":"5f6b2c1e-*"}}"#));
    refused(&stage, 4, "external-id").says("T2 (refuted)");
    let allowed = ["apply", "--yes", "--level", "paper", "--policies", "own", ALLOW, "external-id"];
    stage.run(&allowed).expect(4).says("3 changes made.");
}

/// Whether Genesys Cloud calls from there, nobody here knows.
#[test]
fn a_condition_that_cannot_be_decided_is_refused_as_undecided() {
    let stage = Stage::new();
    let condition = r#"{"StringEquals":{"sts:ExternalId":"{{external_id}}"},"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#;
    stage.write("own/trust.json", &trust(condition));
    refused(&stage, 5, "may-assume").says("may-assume (unknown)").says("aws:SourceIp");
    // One claim for each of the principals, under one name.
    let allowed = ["apply", "--yes", "--level", "paper", "--policies", "own", ALLOW, "may-assume"];
    stage.run(&allowed).expect(5).says("3 changes made.");
}

#[test]
fn a_widened_policy_is_refused() {
    let stage = Stage::new();
    stage.write(
        "own/invoke.json",
        r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"{{targets}}"},
            {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::orders/*"}]}"#,
    );
    refused(&stage, 4, "only-targets").says("s3:GetObject");
    // The name of one claim allows no other.
    let other = ["apply", "--yes", "--policies", "own", ALLOW, "external-id"];
    stage.run(&other).expect(4).says("only-targets (refuted)");
    assert!(stage.calls().iter().all(|call| !call.write));
    let allowed = ["apply", "--yes", "--level", "paper", "--policies", "own", ALLOW, "only-targets"];
    stage.run(&allowed).expect(4).says("3 changes made.");
}

#[test]
fn a_role_that_can_do_more_is_not_adopted_unless_that_is_allowed() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.tamper(Tamper::TagRemoved);
    stage.tamper(Tamper::ExtraManagedPolicy);
    stage.calls();
    let adopt = ["apply", "--yes", "--level", "paper", "--adopt"];
    stage.run(&adopt).expect(4).says("only-targets (refuted)").says("--remove-foreign");
    stage.run(&["plan", "--adopt"]).expect(4).says("Apply refuses this plan.");
    assert!(stage.calls().iter().all(|call| !call.write));
    stage.run(&[&adopt[..], &[ALLOW, "only-targets"]].concat()).expect(4).says("made.");
}

/// Two targets, after the first of which somebody put a policy on the role that cannot be decided.
fn undecided_by_others(first: &str) -> Stage {
    let stage = Stage::with(&manifest(first), State::demo());
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let foreign = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*",
        "Condition":{"StringResembles":{"aws:PrincipalArn":"x"}}}}"#;
    let changed = stage.sandbox.change(|state| {
        let roles = &mut state.accounts.get_mut("123456789012").unwrap().roles;
        let role = roles.values_mut().find(|role| role.name == ROLE).unwrap();
        role.permissions.inline.insert("theirs".to_owned(), foreign.to_owned());
    });
    changed.unwrap();
    stage.calls();
    stage
}

/// What is open already because of somebody else, and what the plan does not touch, keeps nobody from adding a target.
#[test]
fn what_others_left_undecided_before_is_not_held_against_a_plan() {
    let stage = undecided_by_others(ONE_TARGET);
    stage.run(&["target", "add", "orders-status", "--qualifier", "live"]).expect(0);
    stage
        .run(&["apply", "--yes", "--level", "paper"])
        .expect(5)
        .says("1 change made.")
        .says("StringResembles");
}

#[test]
fn on_a_role_that_is_adopted_nothing_is_open_already() {
    let stage = undecided_by_others(ONE_TARGET);
    stage.tamper(Tamper::TagRemoved);
    stage.calls();
    stage.run(&["apply", "--yes", "--adopt"]).expect(5).says("only-targets (unknown)");
    assert!(stage.calls().iter().all(|call| !call.write));
}

/// `target add --apply` changes the manifest and then meets the same gate.
#[test]
fn a_target_is_not_added_to_a_role_that_can_do_more() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage.tamper(Tamper::ExtraInlinePolicy);
    stage.calls();
    let add = ["target", "add", "orders-status", "--qualifier", "live", "--apply", "--yes"];
    stage
        .run(&add)
        .expect(4)
        .says("nothing was changed in AWS or Genesys Cloud")
        .says("only-targets (refuted)");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_saved_plan_meets_the_same_gate() {
    let stage = Stage::new();
    stage.write("own/trust.json", &trust(r#"{"StringLike":{"sts:ExternalId":"5f6b2c1e-*"}}"#));
    stage.run(&["plan", "--policies", "own", "--out", "plan.json"]).expect(4);
    stage.run(&["apply", "plan.json", "--policies", "own"]).expect(4).says("external-id (refuted)");
    assert!(stage.calls().iter().all(|call| !call.write));
    let allowed = ["apply", "plan.json", "--level", "paper", "--policies", "own", ALLOW, "external-id"];
    stage.run(&allowed).expect(4).says("3 changes made.");
}

#[test]
fn in_a_fleet_only_the_roles_that_are_proved_are_written() {
    let stage = Stage::new();
    stage.write("roles/one.toml", &manifest(ONE_TARGET));
    stage.write("roles/two.toml", &manifest(ONE_TARGET).replace(ROLE, "AnotherRole"));
    stage.write("own/trust.json", &trust(r#"{"StringLike":{"sts:ExternalId":"5f6b2c1e-*"}}"#));
    let run = stage.run(&["apply", "--yes", "--file", "roles/*.toml", "--policies", "own"]).expect(4);
    run.says("external-id (refuted)");
    assert!(stage.calls().iter().all(|call| !call.write));
}

/// A permissions boundary that is not in force yet is read before it is put on the role.
#[test]
fn a_boundary_that_nobody_can_read_is_refused() {
    let boundary = "permissions_boundary = \"arn:aws:iam::123456789012:policy/NotThere\"";
    let text = manifest(ONE_TARGET).replace("\n\n[[target]]", &format!("\n{boundary}\n\n[[target]]"));
    let stage = Stage::with(&text, State::demo());
    stage.run(&["apply", "--yes"]).expect(5).says("only-targets (unknown)").says("could not be read");
    assert!(stage.calls().iter().all(|call| !call.write));
}

#[test]
fn a_claim_that_does_not_exist_is_a_mistake_in_the_call() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", ALLOW, "everything"]).expect(2).says("only-targets");
    stage.run(&["apply", "--yes", "--allow-findings", "T99"]).expect(2).says("not the ID of a finding");
    assert!(stage.calls().is_empty());
}
