//! What the function's settings allow, and that nothing else leaves it.

use rolecall::sandbox::State;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::stage::Function;
use crate::stage::{ONE_TARGET, Stage, manifest};

const OTHER: &str = "222222222222";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:of-others-AbCdEf";

fn stage() -> Stage {
    let mut state = State::demo();
    state.ensure_administrator(OTHER, "/", "rolecall");
    state.add_function(OTHER, "us-east-1", "my-genesys-trigger-function", &[]);
    Stage::with(&manifest(ONE_TARGET), state)
}

fn drift(more: &str) -> Value {
    json!({"command": "drift", "manifest": manifest(&format!("{more}\n{ONE_TARGET}")), "region": "us-east-1"})
}

fn message(outcome: &Result<Value, Value>) -> String {
    outcome.as_ref().map_or_else(ToString::to_string, |report| report["error"]["message"].to_string())
}

#[test]
fn a_manifest_chooses_no_role_and_no_secret_by_itself() {
    let stage = stage();
    let role = format!("[aws]\nassume_role = \"arn:aws:iam::{OTHER}:role/rolecall\"");
    let secret = format!("[genesys.credentials]\nsecret = \"{SECRET}\"");
    let served = Function::new(stage.environment()).serve(vec![drift(&role), drift(&secret)]);
    for (outcome, setting) in
        served.outcomes.iter().zip(["ROLECALL_ALLOWED_ROLES", "ROLECALL_ALLOWED_SECRETS"])
    {
        let message = message(outcome);
        assert!(message.contains("which the settings of this function do not allow"), "{message}");
        assert!(message.contains(setting), "{message}");
    }
    assert_eq!(stage.calls().len(), 0);
}

#[test]
fn a_name_is_refused_whatever_the_settings_list() {
    let stage = stage();
    let allowed = [("ROLECALL_ALLOWED_SECRETS", "*,genesys/rolecall,/rolecall/genesys".to_owned())];
    let environment = stage.environment().into_iter().chain(allowed).collect();
    let names = ["secret_name = \"genesys/rolecall\"", "parameter = \"/rolecall/genesys\""];
    let requests = names.map(|it| drift(&format!("[genesys.credentials]\n{it}")));
    let served = Function::new(environment).serve(requests.into());
    for outcome in &served.outcomes {
        let message = message(outcome);
        assert!(message.contains("which the function cannot compare with the ARNs"), "{message}");
    }
    assert_eq!((served.outcomes.len(), stage.calls().len()), (2, 0));
}

#[test]
fn a_role_that_the_settings_name_is_assumed() {
    let stage = stage();
    let role = format!("[aws]\nassume_role = \"arn:aws:iam::{OTHER}:role/rolecall\"");
    let allowed = [("ROLECALL_ALLOWED_ROLES", "arn:aws:iam::*:role/rolecall".to_owned())];
    let environment = stage.environment().into_iter().chain(allowed).collect();
    let served = Function::new(environment).serve(vec![drift(&role)]);
    assert_eq!(served.outcomes[0].as_ref().unwrap()["account"], OTHER, "{served:#?}");
}

#[test]
fn the_account_of_the_manifest_is_compared_here_too() {
    let stage = stage();
    let served = Function::new(stage.environment()).serve(vec![drift("[aws]\naccount = \"222222222222\"")]);
    let message = message(&served.outcomes[0]);
    assert!(message.contains("the manifest is for account 222222222222"), "{message}");
}

#[test]
fn an_answer_goes_to_cloudformation_alone() {
    let stage = Stage::new();
    for url in [
        "https://evil.example/answer?X-Amz-Signature=a",
        "http://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/a",
    ] {
        let function = Function::new(stage.environment());
        let mut request = function.request("Create", &json!({"RoleName": "GenesysDataActionRole"}));
        request["ResponseURL"] = json!(url);
        let served = function.serve(vec![request]);
        let error = served.outcomes[0].as_ref().unwrap_err().to_string();
        assert!(error.contains("not a bucket of CloudFormation reached over https"), "{error}");
        assert_eq!(served.answers.len(), 0);
        assert_eq!(stage.calls().len(), 0);
    }
}

#[test]
fn an_answer_follows_no_redirect() {
    let stage = Stage::new();
    let function = Function::new(stage.environment());
    let request = function.request("Delete", &json!({}));
    let redirect = ResponseTemplate::new(307).insert_header("location", "/answer?elsewhere");
    let served = function.serve_after(vec![redirect], vec![request]);
    // The first attempt was refused, and the second went to the same URL.
    assert!(served.log.contains("HTTP status 307"), "{}", served.log);
    assert_eq!(served.answers.len(), 2);
}
