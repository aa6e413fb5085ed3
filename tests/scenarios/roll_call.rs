//! `audit`: the roll call of an account, from AWS, from saved answers, and against an earlier one.

use rolecall::sandbox::{Fault, FaultRule, Faults, State};
use serde_json::Value;

use super::stage::{ONE_TARGET, Run, Stage, manifest};

const SAVED: &str = include_str!("../../crates/rolecall-sandbox/data/example-account.json");
const EXPECTED: &str = "own_accounts = [\"222222222222\"]\nown_organizations = [\"o-a1b2c3d4e5\"]\n";

fn stage() -> Stage {
    let mut state = State::demo();
    state.add_example_roles();
    let stage = Stage::with(&manifest(ONE_TARGET), state);
    stage.write("audit.toml", EXPECTED);
    stage.write("account.json", SAVED);
    stage
}

fn audit(stage: &Stage, arguments: &[&str]) -> Run {
    stage.run(&[&["audit", "--expect", "audit.toml"], arguments].concat())
}

/// The roles with how they stand.
fn standings(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let role = |role: &Value| (text(&role["arn"]), text(&role["standing"]));
    let mut all: Vec<_> = report["roles"].as_array().unwrap().iter().map(role).collect();
    all.sort();
    all
}

#[test]
fn an_account_is_read_in_two_calls_and_nothing_is_written() {
    let stage = stage();
    let report = audit(&stage, &["--output", "json"]).expect(4).json();
    insta::assert_json_snapshot!(report["summary"], @"");
    let mut calls: Vec<String> = stage.calls().into_iter().map(|call| format!("{}:{}", call.service, call.action)).collect();
    calls.sort();
    insta::assert_json_snapshot!(calls, @"");
    let genesys = report["roles"].as_array().unwrap().iter().find(|role| {
        role["arn"].as_str().unwrap().ends_with("/genesys-other-organization")
    });
    insta::assert_json_snapshot!(genesys.unwrap(), @"");
}

#[test]
fn a_saved_answer_says_the_same_as_the_account() {
    let stage = stage();
    let live = standings(&audit(&stage, &["--output", "json"]).expect(4).json());
    let saved = standings(&audit(&stage, &["account.json", "--output", "json"]).expect(4).json());
    // The sandbox has three roles of its own.
    let own: Vec<&(String, String)> = live.iter().filter(|role| !saved.contains(role)).collect();
    insta::assert_debug_snapshot!(own, @"");
    assert_eq!(saved.len() + own.len(), live.len());
}

#[test]
fn the_report_for_people_is_ordered_by_outsider_and_gravity() {
    let stage = stage();
    let run = audit(&stage, &["account.json"]).expect(4);
    insta::assert_snapshot!("roll_call", run.stdout);
}

#[test]
fn a_way_in_that_is_new_or_changed_is_found_by_the_baseline() {
    let stage = stage();
    let before = audit(&stage, &["account.json", "--output", "json"]).expect(4);
    stage.write("baseline.json", &before.stdout);
    let same = audit(&stage, &["account.json", "--baseline", "baseline.json", "--output", "json"]).expect(0);
    assert_eq!(same.json()["changes"], serde_json::json!({"new": [], "changed": [], "gone": []}));

    let mut account: Value = serde_json::from_str(SAVED).unwrap();
    let roles = account["RoleDetailList"].as_array_mut().unwrap();
    let place = |roles: &[Value], name: &str| roles.iter().position(|role| role["RoleName"] == name).unwrap();
    // One is gone, one asks for another external ID, one leads to everything, one is new.
    roles.remove(place(roles, "datadog-old"));
    let two = place(roles, "datadog-integration");
    roles[two]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] =
        "11111111-2222-4333-8444-555555555555".into();
    let three = place(roles, "two-ids");
    roles[three]["RolePolicyList"][0]["PolicyDocument"]["Statement"] =
        serde_json::json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let mut new = roles[place(roles, "scanner-named-id")].clone();
    new["RoleName"] = "new-vendor".into();
    new["Arn"] = "arn:aws:iam::123456789012:role/new-vendor".into();
    roles.push(new);
    stage.write("account.json", &account.to_string());
    let changed = audit(&stage, &["account.json", "--baseline", "baseline.json", "--output", "json"]).expect(3);
    insta::assert_json_snapshot!(changed.json()["changes"], @"");
    let told = audit(&stage, &["account.json", "--baseline", "baseline.json"]).expect(3).stdout;
    insta::assert_snapshot!(told.split("What to do").nth(1).unwrap(), @"");
}

#[test]
fn every_format_has_each_way_in() {
    let stage = stage();
    let csv = audit(&stage, &["account.json", "--output", "csv"]).expect(4).stdout;
    let mut rows = csv.lines();
    insta::assert_snapshot!(rows.next().unwrap(), @"");
    let report = audit(&stage, &["account.json", "--output", "json"]).expect(4).json();
    let ways: usize =
        report["roles"].as_array().unwrap().iter().map(|role| role["ways"].as_array().unwrap().len()).sum();
    assert_eq!(rows.count(), ways);

    let sarif = audit(&stage, &["account.json", "--output", "sarif"]).expect(4).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let errors = results.iter().filter(|result| result["level"] == "error").count();
    assert_eq!(errors as u64, report["summary"]["open"].as_u64().unwrap());

    let page = audit(&stage, &["account.json", "--output", "html"]).expect(4).stdout;
    assert!(page.contains("<svg") && !page.contains("<script") && !page.contains("http://"));
    assert_eq!(page.matches("github-branch").count(), 2, "once in the picture, once in the list");
}

#[test]
fn what_cannot_be_read_is_named_and_hides_nothing() {
    let stage = stage();
    let report = audit(&stage, &["account.json", "--output", "json"]).expect(4).json();
    insta::assert_json_snapshot!(report["unreadable"], @"");
    stage.set(Faults {
        rules: vec![FaultRule {
            operation: "iam:GetAccountAuthorizationDetails".to_owned(),
            skip: 0,
            times: None,
            fault: Fault::Deny,
        }],
        ..Faults::default()
    });
    let denied = audit(&stage, &[]).expect(1);
    insta::assert_snapshot!(denied.stderr, @"");
}

#[test]
fn what_cannot_be_meant_is_refused_before_anybody_is_asked() {
    let stage = stage();
    stage.write("broken.toml", "own_account = []");
    stage.write("list.json", "[]");
    stage.write("text.json", "not JSON");
    let mut told = String::new();
    for arguments in [
        &["audit", "--output", "junit"][..],
        &["audit", "--expect", "broken.toml"],
        &["audit", "list.json"],
        &["audit", "text.json"],
        &["audit", "missing.json"],
        &["audit", "account.json", "--baseline", "account.json"],
        &["audit", "account.json", "--organization-role", "Reader"],
    ] {
        let run = stage.run(arguments).expect(2);
        told.push_str(&format!("$ rolecall {}\n{}", arguments.join(" "), run.stderr));
    }
    insta::assert_snapshot!(told, @"");
    assert!(stage.calls().is_empty());
}
