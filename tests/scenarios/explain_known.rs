//! Messages of the catalogue, explained on the sandbox: what the text alone says, and what the role and the targets add.

use rolecall::sandbox::Tamper;

use super::stage::{ROLE, Stage};

const VENDOR: &str = "arn:aws:sts::765628985471:assumed-role/data-actions/genesys-cloud";

fn applied() -> Stage {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    stage
}

fn explained(stage: &Stage, text: &str) -> String {
    stage.run(&["verify", "--explain-error", text]).whole()
}

#[test]
fn a_region_mismatch_is_not_a_missing_function() {
    let text = "ResourceNotFoundException: Functions from 'eu-west-1' are not reachable in this region ('us-east-1')";
    insta::assert_snapshot!(explained(&applied(), text), @"
    exit 5
    -- stdout
    Diagnosis
      The text has words of AWS Lambda; others may use the same.
      likely     Lambda was called in a region other than the one in the function's ARN; the function may well exist
                 no target of the manifest is in `eu-west-1`, so the data action names another function
                 look up: the region of the ARN in the data action, and the region that the text names second
                 fix: compare the two regions with the [[target]]; if the ARN is right, give a function in the region that was called, or ask Genesys support about calls between regions
                 source: https://github.com/alexcasalboni/aws-lambda-power-tuning/issues/18

    Result: undecided: the most likely cause is: Lambda was called in a region other than the one in the function's ARN; the function may well exist (exit code 5)
    ");
}

#[test]
fn the_failed_step_of_a_test_is_named() {
    let text = r#"{"success": false, "operations": [
        {"step": 9, "name": "Execute", "success": true},
        {"step": 10, "name": "Apply output transformation", "success": false, "error": {"message":
         "Transform failed to process result using 'successTemplate' template due to error:'Variable $Presences has not been set at successTemplate[line 1, column 20]'"}}]}"#;
    insta::assert_snapshot!(explained(&applied(), text), @"
    exit 5
    -- stdout
    Diagnosis
      The text has words of Genesys Cloud; others may use the same. The test failed in step 10, `Apply output transformation`.
      likely     `success_template` uses a variable that neither `translation_map` nor `translation_map_defaults` sets
                 look up: the name behind `$` in the text, letter by letter; and whether the function's answer has the value that the path names
                 fix: correct the name, or give it a default in `translation_map_defaults`; `rolecall genesys action check` shows it without a call
                 source: https://github.com/genesys-samples/DataActionsWorkshop (chapter Building the Data Action: step 10 of a failed test)

    Result: undecided: the most likely cause is: `success_template` uses a variable that neither `translation_map` nor `translation_map_defaults` sets (exit code 5)
    ");
}

#[test]
fn what_no_page_confirms_is_said_to_be_unconfirmed_and_is_not_certain() {
    let text = "The role defined for the function cannot be assumed by Lambda.";
    insta::assert_snapshot!(explained(&applied(), text), @"
    exit 5
    -- stdout
    Diagnosis
      The text has words of AWS Lambda; others may use the same.
      likely     Lambda cannot assume the function's own execution role: its trust policy does not name lambda.amazonaws.com
                 unverified: no source is known that shows these words; read the whole text before you act
                 look up: the trust policy of the execution role, not that of the role that Genesys Cloud assumes
                 fix: trust the service `lambda.amazonaws.com` in the execution role
                 source: https://repost.aws/knowledge-center/lambda-troubleshoot-invoke-error-502-500

    Result: undecided: the most likely cause is: Lambda cannot assume the function's own execution role: its trust policy does not name lambda.amazonaws.com (exit code 5)
    ");
}

#[test]
fn a_message_that_nobody_knows_says_what_was_looked_at() {
    insta::assert_snapshot!(explained(&applied(), "The flux capacitor is empty."), @"
    exit 5
    -- stdout
    Diagnosis
      The text contains no error that rolecall knows.
      possible   rolecall does not know this message, and what it looked at is in order
                 none of the 115 known messages is in the text
                 the role `arn:aws:iam::123456789012:role/GenesysDataActionRole` exists, and its documents can be read
                 the target of the manifest exists
                 fix: pass the innermost message of the test's `error.errors`; `rolecall verify` checks everything else

    Result: undecided: the most likely cause is: rolecall does not know this message, and what it looked at is in order (exit code 5)
    ");
}

#[test]
fn session_tags_are_certain_only_while_the_trust_policy_refuses_them() {
    let text = format!(
        "User: {VENDOR} is not authorized to perform: sts:TagSession on resource: arn:aws:iam::123456789012:role/{ROLE}"
    );
    let stage = applied();
    let cause = |status: i32| {
        let report =
            stage.run(&["verify", "--explain-error", &text, "--output", "json"]).expect(status).json();
        let cause = &report["diagnosis"]["causes"][0];
        format!("{} {} {}", cause["known"]["id"], cause["certainty"], cause["evidence"])
    };
    insta::assert_snapshot!(cause(4), @r#""sts-tag-session" "certain" ["the trust policy does not allow it"]"#);
    stage
        .sandbox
        .change(|state| {
            let role = state.role_mut("123456789012", ROLE).unwrap();
            let mut trust: serde_json::Value = serde_json::from_str(&role.trust).unwrap();
            trust["Statement"].as_array_mut().unwrap().push(serde_json::json!({
                "Effect": "Allow", "Principal": {"AWS": "765628985471"}, "Action": "sts:TagSession"
            }));
            role.trust = trust.to_string();
        })
        .unwrap();
    insta::assert_snapshot!(cause(5), @r#""sts-tag-session" "possible" ["the trust policy allows it now"]"#);
}

#[test]
fn a_call_of_the_functions_own_code_is_not_blamed_on_genesys_cloud() {
    let text = "User: arn:aws:sts::123456789012:assumed-role/orders-execution/orders is not authorized to perform: \
                sts:AssumeRole on resource: arn:aws:iam::123456789012:role/Reports";
    insta::assert_snapshot!(explained(&applied(), text), @"
    exit 5
    -- stdout
    Diagnosis
      AWS denied `arn:aws:sts::123456789012:assumed-role/orders-execution/orders` sts:AssumeRole on `arn:aws:iam::123456789012:role/Reports`.
      likely     `arn:aws:sts::123456789012:assumed-role/orders-execution/orders` belongs to the role's own account, not to Genesys Cloud: a function's code or another program of yours made this call
                 fix: look at the function's log and at its execution role

    Result: undecided: the most likely cause is: `arn:aws:sts::123456789012:assumed-role/orders-execution/orders` belongs to the role's own account, not to Genesys Cloud: a function's code or another program of yours made this call (exit code 5)
    ");
}

#[test]
fn a_missing_target_is_told_beside_an_unknown_message() {
    let stage = applied();
    stage.sandbox.change(|state| Tamper::FunctionDeleted.apply(state, ROLE)).unwrap().unwrap();
    insta::assert_snapshot!(explained(&stage, "The flux capacitor is empty."), @"
    exit 5
    -- stdout
    Diagnosis
      The text contains no error that rolecall knows.
      likely     no function `my-genesys-trigger-function` in us-east-1; the nearest names there are `my-genesys-trigger-function-test`, `customer-lookup`, `orders-status`
                 none of the 115 known messages is in the text
                 the role `arn:aws:iam::123456789012:role/GenesysDataActionRole` exists, and its documents can be read
                 fix: deploy it, or correct the [[target]] and the data action

    Result: undecided: the most likely cause is: no function `my-genesys-trigger-function` in us-east-1; the nearest names there are `my-genesys-trigger-function-test`, `customer-lookup`, `orders-status` (exit code 5)
    ");
}
