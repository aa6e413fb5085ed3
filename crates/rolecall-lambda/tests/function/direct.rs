//! Commands as JSON: the same answers as the command line's.

use std::collections::BTreeMap;
use std::fs;

use rolecall::iam::lint::FailOn;
use rolecall::operations::{ProveRequest, StatedIntent};
use rolecall::report::ProofView;
use rolecall::sandbox::Tamper;
use rolecall::verify::claim::ClaimOutcome;
use serde_json::{Value, json};

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
fn the_verdict_of_the_prover_on_every_pitfall_with_and_without_warnings() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/commands/files/pitfalls");
    let texts: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let principal = "arn:aws:iam::765628985471:root";
    let external_id = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94";
    let cases: Vec<(&String, FailOn)> =
        texts.iter().flat_map(|text| FailOn::ALL.map(|fail_on| (text, fail_on))).collect();
    let requests = cases.iter().map(|(text, fail_on)| {
        json!({"command": "prove", "document": text, "principal": [principal], "external_id": external_id,
            "fail_on": fail_on.as_str()})
    });
    let served = Function::new(Vec::new()).serve(requests.collect());
    let mut with_warnings = 0;
    for ((text, fail_on), answer) in cases.into_iter().zip(&served.outcomes) {
        let intent = StatedIntent {
            trusted: vec![principal.parse().unwrap()],
            external_ids: vec![external_id.parse().unwrap()],
            ..StatedIntent::default()
        };
        let request = ProveRequest {
            name: "`document`".to_owned(),
            label: "document".to_owned(),
            text: text.clone(),
            role: None,
            parameters: BTreeMap::new(),
            plain_references: false,
            intent: intent.into(),
            fail_on,
        };
        let proof = request.prove(&request.roles().unwrap());
        let printed: Value = serde_json::from_str(&ProofView::from(&proof).to_json()).unwrap();
        assert_eq!(answer.as_ref().unwrap(), &printed, "{fail_on}: {text}");
        with_warnings += usize::from(proof.outcome() == ClaimOutcome::Proved && proof.warnings() > 0);
    }
    assert!(with_warnings > 2, "{with_warnings}");
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
        json!({"command": "prove", "document": {}, "fail_on": "note"}),
    ]);
    let message =
        |index: usize| served.outcomes[index].as_ref().unwrap_err()["errorMessage"].as_str().unwrap();
    assert!(message(0).contains("apply"), "{}", message(0));
    assert!(message(1).contains("manifest"), "{}", message(1));
    assert!(message(3).contains("drift, verify, audit, event, prove or simulate"), "{}", message(3));
    assert!(message(4).contains("`genesys` for `level`"), "{}", message(4));
    assert!(message(5).contains("`here` for `region`"), "{}", message(5));
    assert!(message(6).contains("`nobody` for `principal`"), "{}", message(6));
    assert!(message(9).contains("`note` for `fail_on`: expected `error` or `warning`"), "{}", message(9));
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
