//! Commands as JSON: the same answers as the command line's.

use std::fs;

use rolecall::sandbox::Tamper;
use serde_json::json;

use super::stage::{Function, without_time};
use crate::stage::{ONE_TARGET, Stage, manifest};

#[test]
fn the_same_json_as_the_command_line() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    let drift = stage.run(&["drift", "--output", "json"]).expect(0).json();
    let served = Function::new(stage.environment()).serve(vec![
        json!({"command": "drift", "manifest": manifest(ONE_TARGET), "region": "us-east-1"}),
        json!({"command": "verify", "manifest": manifest(ONE_TARGET), "level": "paper"}),
    ]);
    assert_eq!(without_time(served.outcomes[0].as_ref().unwrap()), without_time(&drift));
    let verified = served.outcomes[1].as_ref().unwrap();
    assert_eq!(verified["exit_code"], 0, "{verified:#}");
    assert_eq!(verified["command"], "verify");
}

#[test]
fn drift_and_a_refutation_are_answers() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    stage.tamper(Tamper::TrustNoCondition);
    let event = json!({"command": "drift", "manifest": manifest(ONE_TARGET), "region": "us-east-1"});
    let served = Function::new(stage.environment()).serve(vec![event]);
    assert_eq!(served.outcomes[0].as_ref().unwrap()["exit_code"], 4);
}

#[test]
fn documents_and_cases() {
    let trust =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies/trust.cases.json")).unwrap();
    let open = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
    }]});
    let served = Function::new(Vec::new()).serve(vec![
        json!({"command": "simulate", "cases": trust}),
        json!({"command": "prove", "document": open, "principal": ["arn:aws:iam::765628985471:root"]}),
    ]);
    let simulated = served.outcomes[0].as_ref().unwrap().as_array().unwrap();
    assert!(!simulated.is_empty() && simulated.iter().all(|case| case["pass"] == true), "{simulated:?}");
    assert_eq!(served.outcomes[1].as_ref().unwrap()["result"], "refuted");
}

#[test]
fn what_is_wrong_is_said() {
    let stage = Stage::new();
    let served = Function::new(stage.environment()).serve(vec![
        json!({"command": "apply", "manifest": manifest(ONE_TARGET)}),
        json!({"command": "drift"}),
        json!({"command": "drift", "manifest": "version = 2"}),
        json!({"some": "event"}),
        json!({"command": "verify", "manifest": manifest(ONE_TARGET), "level": "genesys"}),
        json!({"command": "drift", "manifest": manifest(ONE_TARGET), "region": "here"}),
        json!({"command": "prove", "document": {}, "principal": ["nobody"]}),
        json!({"command": "prove", "document": "neither JSON nor YAML: ["}),
        json!({"command": "simulate", "cases": [{"name": "nothing else"}]}),
    ]);
    let message =
        |index: usize| served.outcomes[index].as_ref().unwrap_err()["errorMessage"].as_str().unwrap();
    assert!(message(0).contains("apply"), "{}", message(0));
    assert!(message(1).contains("manifest"), "{}", message(1));
    assert!(message(3).contains("drift, verify, audit, event, prove or simulate"), "{}", message(3));
    assert!(message(4).contains("`genesys` for `level`"), "{}", message(4));
    assert!(message(5).contains("`here` for `region`"), "{}", message(5));
    assert!(message(6).contains("`nobody` for `principal`"), "{}", message(6));
    for (index, command, part) in
        [(7, "prove", "cannot prove `document`"), (8, "simulate", "`cases.json` is not")]
    {
        let answer = served.outcomes[index].as_ref().unwrap();
        assert_eq!((&answer["command"], &answer["exit_code"]), (&json!(command), &json!(2)), "{answer:#}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(part), "{answer:#}");
    }
    let broken = served.outcomes[2].as_ref().unwrap();
    assert_eq!(broken["exit_code"], 2, "{broken:#}");
    assert!(broken["error"]["message"].as_str().unwrap().contains("version"), "{broken:#}");
}
