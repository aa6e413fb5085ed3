//! From an error text of AWS or Genesys Cloud to its most likely cause.

use rolecall::sandbox::{State, Tamper};
use serde_json::Value;

use super::stage::{ONE_TARGET, ROLE, Stage, manifest};

const VENDOR: &str = "arn:aws:sts::765628985471:assumed-role/data-actions/genesys-cloud";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function";

fn assume(caller: &str, role: &str) -> String {
    let role = format!("arn:aws:iam::123456789012:role/{role}");
    // As the test of a data action shows it: the cause within other words.
    format!(
        "{{\"success\":false,\"error\":{{\"message\":\"Internal Server Error\",\"errors\":[{{\"message\":\"User: {caller} is \
         not authorized to perform: sts:AssumeRole on resource: {role}\"}}]}}}}"
    )
}

fn invoke(function: &str, why: &str) -> String {
    format!(
        "User: arn:aws:sts::123456789012:assumed-role/{ROLE}/genesys is not authorized to perform: lambda:InvokeFunction on \
         resource: {function} {why}"
    )
}

fn applied() -> Stage {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage
}

/// The first cause, as its name and certainty.
#[track_caller]
fn first(stage: &Stage, text: &str, status: i32) -> (String, String, Value) {
    let report = stage.run(&["verify", "--explain-error", text, "--output", "json"]).expect(status).json();
    let cause = report["diagnosis"]["causes"][0].clone();
    (cause["cause"].as_str().unwrap().to_owned(), cause["certainty"].as_str().unwrap().to_owned(), cause)
}

#[track_caller]
fn is(stage: &Stage, text: &str, cause: &str, certainty: &str) {
    let status = if certainty == "certain" { 4 } else { 5 };
    let (found, sure, view) = first(stage, text, status);
    assert_eq!((found.as_str(), sure.as_str()), (cause, certainty), "{view}");
}

#[test]
fn a_right_role_leaves_the_external_id_that_was_sent() {
    is(&applied(), &assume(VENDOR, ROLE), "wrong_external_id", "likely");
}

#[test]
fn a_trust_policy_with_another_id_is_shown_with_that_id() {
    let stage = applied();
    stage.sandbox.change(|state| Tamper::TrustExternalId.apply(state, ROLE)).unwrap().unwrap();
    is(&stage, &assume(VENDOR, ROLE), "wrong_external_id", "certain");
}

#[test]
fn a_caller_of_another_account_is_shown_as_that() {
    let caller = "arn:aws:sts::222222222222:assumed-role/data-actions/genesys-cloud";
    is(&applied(), &assume(caller, ROLE), "wrong_principal", "certain");
}

#[test]
fn another_role_and_no_role_are_told_apart() {
    let stage = applied();
    is(&stage, &assume(VENDOR, "SomeOtherRole"), "other_role", "certain");
    stage.run(&["destroy", "--yes"]).expect(0);
    is(&stage, &assume(VENDOR, ROLE), "role_missing", "certain");
}

#[test]
fn a_denying_trust_statement_is_found() {
    let stage = applied();
    stage
        .sandbox
        .change(|state| {
            let role = state.role_mut("123456789012", ROLE).unwrap();
            let mut trust: Value = serde_json::from_str(&role.trust).unwrap();
            trust["Statement"].as_array_mut().unwrap().push(serde_json::json!({
                "Sid": "Frozen", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"
            }));
            role.trust = trust.to_string();
        })
        .unwrap();
    let (cause, _, view) = first(&stage, &assume(VENDOR, ROLE), 4);
    assert_eq!(cause, "explicit_deny");
    insta::assert_json_snapshot!(view["evidence"], @r#"
    [
      "denied by statement `Frozen` of the resource's policy"
    ]
    "#);
}

#[test]
fn a_missing_permission_a_boundary_and_a_denial_are_told_apart() {
    let text = invoke(FUNCTION, "because no identity-based policy allows the lambda:InvokeFunction action");
    let stage = applied();
    is(&stage, &text, "stale", "possible");
    stage.sandbox.change(|state| Tamper::PolicyDetached.apply(state, ROLE)).unwrap().unwrap();
    is(&stage, &text, "missing_permission", "certain");

    let stage = applied();
    stage.sandbox.change(|state| Tamper::BoundaryChanged.apply(state, ROLE)).unwrap().unwrap();
    let document = stage.sandbox.state();
    let has_boundary = document.role("123456789012", ROLE).unwrap().permissions.boundary.is_some();
    assert!(has_boundary);
    is(&stage, &text, "boundary", "certain");

    let stage = applied();
    stage
        .sandbox
        .change(|state| {
            let deny = r#"{"Version":"2012-10-17","Statement":{"Sid":"No","Effect":"Deny","Action":"lambda:*","Resource":"*"}}"#;
            let role = state.role_mut("123456789012", ROLE).unwrap();
            role.permissions.inline.insert("no".to_owned(), deny.to_owned());
        })
        .unwrap();
    is(&stage, &text, "explicit_deny", "certain");
}

#[test]
fn another_form_and_another_function_are_told_apart() {
    let stage = applied();
    is(&stage, &invoke(&format!("{FUNCTION}:live"), ""), "wrong_qualifier", "certain");
    is(&stage, &invoke(&format!("{FUNCTION}-test"), ""), "not_a_target", "certain");
}

#[test]
fn aws_own_words_about_an_organization_are_believed() {
    let text = invoke(FUNCTION, "with an explicit deny in a service control policy");
    is(&applied(), &text, "organization_policy", "certain");
}

#[test]
fn a_function_that_is_gone_is_named() {
    let stage = applied();
    let text = format!("ResourceNotFoundException: Function not found: {FUNCTION}");
    is(&stage, &text, "stale", "likely");
    is(
        &stage,
        "Function not found: arn:aws:lambda:us-east-1:123456789012:function:other",
        "not_a_target",
        "likely",
    );
    stage.sandbox.change(|state| Tamper::FunctionDeleted.apply(state, ROLE)).unwrap().unwrap();
    is(&stage, &text, "function_missing", "certain");

    let targets = format!("{ONE_TARGET}qualifier = \"no-such-alias\"\n");
    let stage = Stage::with(&manifest(&targets), State::demo());
    is(&stage, &text, "qualifier_missing", "certain");
}

#[test]
fn what_says_nothing_is_not_guessed_at() {
    is(&applied(), "Internal Server Error", "unexplained", "possible");
}

#[test]
fn people_read_it_and_standard_input_is_taken() {
    use std::io::Write as _;
    use std::process::Stdio;
    let stage = applied();
    let mut child = stage
        .command(&["verify", "--explain-error", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(assume(VENDOR, "SomeOtherRole").as_bytes()).unwrap();
    let run: super::stage::Run = child.wait_with_output().unwrap().into();
    insta::assert_snapshot!(run.whole(), @"
    exit 4
    -- stdout
    Diagnosis
      AWS denied `arn:aws:sts::765628985471:assumed-role/data-actions/genesys-cloud` sts:AssumeRole on `arn:aws:iam::123456789012:role/SomeOtherRole`.
      certain    Genesys Cloud tried to assume `arn:aws:iam::123456789012:role/SomeOtherRole`, but the manifest's role is `arn:aws:iam::123456789012:role/GenesysDataActionRole`
                 fix: put the manifest's role into the credentials of the integration, or correct the manifest; if the manifest has [genesys.integration], `rolecall genesys connect --rewrite-credential` does it

    Result: refuted: Genesys Cloud tried to assume `arn:aws:iam::123456789012:role/SomeOtherRole`, but the manifest's role is `arn:aws:iam::123456789012:role/GenesysDataActionRole` (exit code 4)
    ");
}
