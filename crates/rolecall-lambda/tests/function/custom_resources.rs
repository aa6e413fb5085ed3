//! The lives of a `Custom::GenesysTrustProof`, as CloudFormation asks for them.

use std::time::Duration;

use rolecall::sandbox::Tamper;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::stage::Function;
use crate::stage::{EXTERNAL_ID, ROLE, Stage};

const TARGET: &str = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";

fn properties() -> Value {
    json!({
        "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:rolecall",
        "RoleName": ROLE, "OrganizationId": EXTERNAL_ID, "GenesysRegion": "us-east-1", "Targets": [TARGET],
        "ProbePrincipal": "arn:aws:iam::123456789012:role/ci",
    })
}

fn applied() -> Stage {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    stage
}

#[test]
fn a_right_role_lives_and_ends() {
    let stage = applied();
    let function = Function::new(stage.environment());
    let events =
        ["Create", "Update", "Create", "Delete"].map(|change| function.request(change, &properties()));
    let served = function.serve(events.into());
    assert!(served.outcomes.iter().all(Result::is_ok), "{served:#?}");
    // Delivered twice, it gives the same.
    assert_eq!(served.answers[0], served.answers[2]);
    for answer in &served.answers {
        assert_eq!(answer["Status"], "SUCCESS", "{answer:#}");
        assert_eq!(answer["PhysicalResourceId"], format!("trust-proof/{ROLE}"));
        assert_eq!(answer["LogicalResourceId"], "Proof");
        assert_eq!(answer["RequestId"], "3b1f0c4e-0001");
    }
    assert_eq!(served.answers[0]["Data"]["Result"], "proved");
    assert_eq!(served.answers[0]["Data"]["RoleArn"], format!("arn:aws:iam::123456789012:role/{ROLE}"));
}

#[test]
fn an_open_role_fails_the_stack_with_its_witness() {
    let stage = applied();
    stage.tamper(Tamper::TrustNoCondition);
    let function = Function::new(stage.environment());
    let events = vec![function.request("Create", &properties()), function.request("Delete", &properties())];
    let served = function.serve(events);
    let answer = &served.answers[0];
    assert_eq!(answer["Status"], "FAILED");
    assert_eq!(answer["PhysicalResourceId"], "not-made/Proof");
    let reason = answer["Reason"].as_str().unwrap();
    assert!(reason.contains("refuted") && reason.contains("without an external ID"), "{reason}");
    // The stack must be able to roll back.
    assert_eq!(served.answers[1]["Status"], "SUCCESS");
}

#[test]
fn every_fault_of_the_properties_is_named() {
    let function = Function::new(Vec::new());
    let wrong = json!({"RoleName": "no/slash", "GenesysRegion": "mars", "TrustedAccount": 12, "AllowUnknown": "perhaps", "Rolename": "x"});
    let events = vec![function.request("Create", &wrong), function.request("Delete", &wrong)];
    let served = function.serve(events);
    let reason = served.answers[0]["Reason"].as_str().unwrap();
    for part in [
        "RoleName",
        "OrganizationId",
        "GenesysRegion",
        "TrustedAccount",
        "Targets",
        "AllowUnknown",
        "unknown properties: `Rolename`",
    ] {
        assert!(reason.contains(part), "no {part} in {reason}");
    }
    assert_eq!(served.answers[1]["Status"], "SUCCESS");
}

#[test]
fn a_reason_that_is_cut_is_whole_in_the_log() {
    let function = Function::new(Vec::new());
    let mut wrong = properties();
    for number in 0..500 {
        wrong[format!("Unknown{number}")] = json!("x");
    }
    let event = function.request("Create", &wrong);
    let served = function.serve(vec![event]);
    let reason = served.answers[0]["Reason"].as_str().unwrap();
    assert!(
        reason.ends_with("(the function's log has all of it)") && !reason.contains("Unknown499"),
        "{reason}"
    );
    assert!(served.log.contains("Unknown499"), "{}", served.log);
}

#[test]
fn text_for_numbers_and_booleans() {
    let stage = applied();
    let mut properties = properties();
    properties["AllowUnknown"] = json!("true");
    properties["Trigger"] = json!(17);
    properties["TrustedAccount"] = json!(765_628_985_471_u64);
    properties["Targets"] = json!(TARGET);
    let function = Function::new(stage.environment());
    let event = function.request("Create", &properties);
    let served = function.serve(vec![event]);
    assert_eq!(served.answers[0]["Status"], "SUCCESS", "{:#}", served.answers[0]);
}

#[test]
fn an_answer_that_fails_is_sent_again() {
    let function = Function::new(Vec::new());
    let event = function.request("Delete", &properties());
    let failures = vec![ResponseTemplate::new(503), ResponseTemplate::new(500)];
    let served = function.serve_after(failures, vec![event]);
    assert_eq!(served.answers.len(), 3);
    assert!(served.outcomes[0].is_ok());
    assert!(served.log.contains("HTTP status 500"), "{}", served.log);
}

#[test]
fn an_answer_is_sent_again_as_long_as_the_function_may_run() {
    // The sixth attempt begins after five seconds of pauses.
    let function = Function::new(Vec::new()).with_timeout(Duration::from_secs(8));
    let event = function.request("Delete", &properties());
    let failures = (0..5).map(|_| ResponseTemplate::new(503)).collect();
    let served = function.serve_after(failures, vec![event]);
    assert!(served.outcomes[0].is_ok(), "{served:#?}");
    assert_eq!(served.answers.len(), 6);
}

#[test]
fn an_attempt_that_hangs_ends_before_the_function_does() {
    let function = Function::new(Vec::new()).with_timeout(Duration::from_secs(3));
    let event = function.request("Delete", &properties());
    let hanging = (0..50).map(|_| ResponseTemplate::new(200).set_delay(Duration::from_secs(60))).collect();
    let served = function.serve_after(hanging, vec![event]);
    let error = served.outcomes[0].as_ref().unwrap_err();
    assert!(error["errorMessage"].as_str().unwrap().contains("did not reach CloudFormation"), "{error:#}");
}

#[test]
fn an_answer_that_never_arrives_fails_the_invocation() {
    let function = Function::new(Vec::new()).with_timeout(Duration::from_secs(4));
    let event = function.request("Delete", &properties());
    let failures = (0..50).map(|_| ResponseTemplate::new(503)).collect();
    let served = function.serve_after(failures, vec![event]);
    let error = served.outcomes[0].as_ref().unwrap_err();
    assert!(error["errorMessage"].as_str().unwrap().contains("did not reach CloudFormation"), "{error:#}");
}

#[test]
fn work_that_does_not_end_is_answered_before_the_deadline() {
    let stage = Stage::new();
    // No role is there: the function waits for it to become visible, for longer than it may run.
    let function = Function::new(stage.environment()).with_timeout(Duration::from_secs(6));
    let event = function.request("Create", &properties());
    let served = function.serve(vec![event]);
    let reason = served.answers[0]["Reason"].as_str().unwrap();
    assert!(reason.contains("not finished within"), "{reason}");
}

#[test]
fn an_unknown_type_can_only_be_deleted() {
    let function = Function::new(Vec::new());
    let mut events =
        vec![function.request("Create", &properties()), function.request("Delete", &properties())];
    for event in &mut events {
        event["ResourceType"] = json!("Custom::SomethingElse");
    }
    let served = function.serve(events);
    assert_eq!(served.answers[0]["Status"], "FAILED");
    assert!(served.answers[0]["Reason"].as_str().unwrap().contains("Custom::GenesysTrustProof"));
    assert_eq!(served.answers[1]["Status"], "SUCCESS");
}
