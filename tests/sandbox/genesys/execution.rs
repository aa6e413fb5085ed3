//! Tests and executions of actions: over AssumeRole and Invoke, and every way in which they fail.

use rolecall::sandbox::{Fault, FaultRule, Faults, State};
use serde_json::{Value, json};

use super::{Cloud, FUNCTION, ROLE, action, id};

const ORGANIZATION: &str = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94";
const VENDOR: &str = "arn:aws:sts::765628985471:assumed-role/data-actions/genesys-cloud";

/// Role, integration and an action whose answer takes all the forms that the documentation shows.
async fn scene(external_id: &str, functions: Value) -> (Cloud, String) {
    let cloud = Cloud::new().await;
    cloud.role(external_id, &functions).await;
    let integration = cloud.connected(ROLE).await;
    let mut body = action(&integration);
    body["config"]["request"]["requestTemplate"] = json!(
        r#"{"order": "$esc.jsonString(${input.orderNumber})", "lines": $!{input.lines}0, "all": ${input.rawRequest}}"#
    );
    body["config"]["response"] = json!({
        "translationMap": {"order": "$.event.order", "none": "$.event.none"},
        "translationMapDefaults": {"none": "\"nothing\""},
        "successTemplate": r#"{"orderStatus": ${order}, "other": ${none}}"#,
    });
    let path = format!("integrations/actions/{}", id(&cloud.post("integrations/actions", body).await.ok()));
    (cloud, path)
}

fn inputs() -> Value {
    json!({"orderNumber": "A\"1"})
}

/// The nested text of the operation that failed, which is the last one.
async fn cause(cloud: &Cloud, path: &str) -> String {
    let result = cloud.post(&format!("{path}/test"), inputs()).await.ok();
    assert_eq!(result["success"], false, "{result}");
    assert_eq!(result["error"]["message"], "Internal Server Error");
    let failed = result["operations"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&failed["name"], &failed["success"]), (&json!("Execute"), &json!(false)));
    failed["error"]["errors"][0]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_test_goes_through_the_role_to_the_function_and_back() {
    let (cloud, path) = scene(ORGANIZATION, json!([FUNCTION])).await;
    cloud.sandbox.clear_log();
    let result = cloud.post(&format!("{path}/test"), inputs()).await.ok();
    assert_eq!(result["success"], true, "{result}");
    assert_eq!(result["finalResult"], json!({"orderStatus": "A\"1", "other": "nothing"}));
    let executed = &result["operations"][2];
    assert_eq!(executed["name"], "Execute");
    assert_eq!(
        executed["result"]["event"],
        json!({"order": "A\"1", "lines": 0, "all": {"orderNumber": "A\"1"}})
    );
    let calls: Vec<_> =
        cloud.sandbox.log().into_iter().map(|it| (it.service, it.action, it.principal)).collect();
    let call =
        |service: &str, action: &str, principal: &str| (service.into(), action.into(), principal.into());
    assert_eq!(
        calls,
        [
            call("sts", "AssumeRole", VENDOR),
            call(
                "lambda",
                "Invoke",
                "arn:aws:sts::123456789012:assumed-role/GenesysDataActionRole/genesys-cloud"
            ),
            call("genesys", "postIntegrationsActionTest", cloud.sandbox.genesys().client_id),
        ]
    );
    let executed = cloud.post(&format!("{path}/execute"), inputs()).await.ok();
    assert_eq!(executed, result["finalResult"]);
    cloud.call("POST", &format!("{path}/draft"), None).await.ok();
    assert_eq!(cloud.post(&format!("{path}/draft/test"), inputs()).await.ok()["success"], true);
    cloud.post(&format!("{path}x/test"), inputs()).await.fails(404, "not.found", "");
}

#[tokio::test]
async fn inputs_are_held_against_the_contract() {
    let (cloud, path) = scene(ORGANIZATION, json!([FUNCTION])).await;
    cloud.sandbox.clear_log();
    for (inputs, message) in [
        (json!({}), "missing required properties ([\"orderNumber\"])"),
        (json!({"orderNumber": 7}), "'orderNumber' does not match"),
        (json!({"orderNumber": "1", "lines": "two"}), "'lines' does not match"),
        (json!({"orderNumber": "1", "colour": "red"}), "not allowed by the schema: [\"colour\"]"),
    ] {
        let result = cloud.post(&format!("{path}/test"), inputs.clone()).await.ok();
        assert_eq!(result["success"], false);
        assert!(result["operations"][0]["error"]["message"].as_str().unwrap().contains(message), "{result}");
        cloud.post(&format!("{path}/execute"), inputs).await.fails(400, "invalid.schema", message);
    }
    assert!(cloud.sandbox.log().iter().all(|call| call.service == "genesys"), "nothing reached AWS");
}

#[tokio::test]
async fn a_wrong_external_id_shows_as_aws_says_it() {
    let (cloud, path) = scene("another-organization", json!([FUNCTION])).await;
    let denied = format!("User: {VENDOR} is not authorized to perform: sts:AssumeRole on resource: {ROLE}");
    assert_eq!(cause(&cloud, &path).await, denied);
    // The other way round: the role is right, the organization is a different one.
    let (cloud, path) = scene(ORGANIZATION, json!([FUNCTION])).await;
    cloud.sandbox.change(|state: &mut State| state.genesys.organization.id = "other".to_owned()).unwrap();
    assert_eq!(cause(&cloud, &path).await, denied);
    let executed = cloud.post(&format!("{path}/execute"), inputs()).await;
    executed.fails(500, "internal.server.error", "Internal Server Error");
    assert_eq!(executed.body["errors"][0]["message"], denied);
}

#[tokio::test]
async fn a_missing_permission_and_a_wrong_qualifier_show_as_aws_says_it() {
    let (cloud, path) = scene(ORGANIZATION, json!([format!("{FUNCTION}:live")])).await;
    let denied = cause(&cloud, &path).await;
    assert!(
        denied.contains(&format!(
            "is not authorized to perform: lambda:InvokeFunction on resource: {FUNCTION}"
        )),
        "{denied}"
    );
    assert!(
        denied.ends_with("because no identity-based policy allows the lambda:InvokeFunction action"),
        "{denied}"
    );
    let version = cloud.get(&path).await.ok()["version"].clone();
    let request = json!({"requestUrlTemplate": format!("{FUNCTION}:live"), "requestType": "POST"});
    cloud.patch(&path, json!({"version": version, "config": {"request": request}})).await.ok();
    assert_eq!(cloud.post(&format!("{path}/test"), inputs()).await.ok()["success"], true);
    let request = json!({"requestUrlTemplate": format!("{FUNCTION}:gone"), "requestType": "POST"});
    cloud.patch(&path, json!({"version": 2, "config": {"request": request}})).await.ok();
    assert!(cause(&cloud, &path).await.contains("lambda:InvokeFunction"));
}

#[tokio::test]
async fn a_function_or_role_that_is_gone_shows_as_aws_says_it() {
    let (cloud, path) = scene(ORGANIZATION, json!([FUNCTION])).await;
    let functions = |state: &mut State| {
        let functions =
            state.accounts.get_mut("123456789012").unwrap().functions.get_mut("us-east-1").unwrap();
        functions.remove("my-genesys-trigger-function").unwrap()
    };
    cloud.sandbox.change(functions).unwrap();
    assert_eq!(cause(&cloud, &path).await, format!("Function not found: {FUNCTION}"));
    cloud
        .sandbox
        .change(|state| state.accounts.get_mut("123456789012").unwrap().roles.remove("genesysdataactionrole"))
        .unwrap();
    assert!(cause(&cloud, &path).await.contains("sts:AssumeRole"));
}

#[tokio::test]
async fn an_integration_that_rests_or_lost_its_credential_runs_nothing() {
    let (cloud, path) = scene(ORGANIZATION, json!([FUNCTION])).await;
    let integration = cloud.get(&path).await.ok()["integrationId"].as_str().unwrap().to_owned();
    cloud.patch(&format!("integrations/{integration}"), json!({"intendedState": "DISABLED"})).await.ok();
    assert!(cause(&cloud, &path).await.contains("not active"));
    cloud.patch(&format!("integrations/{integration}"), json!({"intendedState": "ENABLED"})).await.ok();
    cloud.reaches(&integration, "ACTIVE").await;
    let credential = cloud.organization().credentials.into_keys().next().unwrap();
    cloud.delete(&format!("integrations/credentials/{credential}")).await.ok();
    assert!(cause(&cloud, &path).await.contains("no credentials"));
}

#[tokio::test]
async fn faults_of_aws_are_faults_of_the_action() {
    let (cloud, path) = scene(ORGANIZATION, json!([FUNCTION])).await;
    let rule =
        FaultRule { operation: "lambda:Invoke".into(), skip: 0, times: Some(1), fault: Fault::Throttle };
    cloud.sandbox.set_faults(Faults { rules: vec![rule], ..Faults::default() });
    assert_eq!(cause(&cloud, &path).await, "Rate exceeded");
    assert_eq!(cloud.post(&format!("{path}/test"), inputs()).await.ok()["success"], true);
}

#[tokio::test]
async fn a_template_that_gives_no_json_fails_where_it_is_used() {
    let (cloud, path) = scene(ORGANIZATION, json!([FUNCTION])).await;
    for (part, template, name) in [
        ("requestTemplate", "#if($input.orderNumber)1#end", "Resolve request body template"),
        ("requestTemplate", "{", "Execute"),
        ("successTemplate", "${nothing}", "Resolve response template"),
    ] {
        let version = cloud.get(&path).await.ok()["version"].clone();
        let mut config =
            json!({"request": {"requestUrlTemplate": FUNCTION, "requestType": "POST"}, "response": {}});
        config[if part == "requestTemplate" { "request" } else { "response" }][part] = json!(template);
        cloud.patch(&path, json!({"version": version, "config": config})).await.ok();
        let result = cloud.post(&format!("{path}/test"), inputs()).await.ok();
        let last = result["operations"].as_array().unwrap().last().unwrap();
        assert_eq!((&last["name"], &last["success"]), (&json!(name), &json!(false)), "{result}");
    }
}
