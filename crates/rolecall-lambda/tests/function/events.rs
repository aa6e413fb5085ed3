//! Calls that CloudTrail recorded, as EventBridge delivers them: a change by hand, rolecall's own, one of others, a second
//! delivery, and what is no event.
//!
//! The events have the form of AWS's documentation: the envelope of EventBridge User Guide, "AWS service events delivered via
//! AWS CloudTrail"; `userIdentity` of CloudTrail User Guide, "CloudTrail userIdentity element"; the record of IAM User Guide,
//! "Logging IAM and AWS STS API calls with AWS CloudTrail". None was recorded in an account.

use rolecall::sandbox::Tamper;
use serde_json::{Value, json};

use super::services::Services;
use super::stage::{Function, Served};
use crate::stage::{ONE_TARGET, ROLE, Stage, manifest};

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:drift";
const MANIFEST: &str = "s3://manifests/rolecall.toml";
const FUNCTION: &str = "my-genesys-trigger-function";
/// What a call holds that nobody is to see.
const UNSEEN: &str = "never-shown-4711";

/// A call of somebody's session.
fn call(service: &str, operation: &str, parameters: Value) -> Value {
    let mut parameters = parameters;
    parameters["policyDocument"] = json!(UNSEEN);
    json!({
        "version": "0",
        "id": "36eb8523-97d0-4518-b33d-ee3579ff19f0",
        "detail-type": "AWS API Call via CloudTrail",
        "source": format!("aws.{service}"),
        "account": "123456789012",
        "time": "2026-11-20T14:17:14Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventVersion": "1.11",
            "userIdentity": {
                "type": "AssumedRole",
                "principalId": "AROAIDPPEZS35WEXAMPLE:mallory",
                "arn": "arn:aws:sts::123456789012:assumed-role/Administrator/mallory",
                "accountId": "123456789012",
                "accessKeyId": UNSEEN,
                "sessionContext": {
                    "sessionIssuer": {
                        "type": "Role",
                        "principalId": "AROAIDPPEZS35WEXAMPLE",
                        "arn": "arn:aws:iam::123456789012:role/Administrator",
                        "accountId": "123456789012",
                        "userName": "Administrator",
                    },
                    "attributes": {"creationDate": "2026-11-20T14:00:00Z", "mfaAuthenticated": "false"},
                },
            },
            "eventTime": "2026-11-20T14:17:14Z",
            "eventSource": format!("{service}.amazonaws.com"),
            "eventName": operation,
            "awsRegion": "us-east-1",
            "sourceIPAddress": "192.0.2.7",
            "userAgent": "aws-cli/2.31.0 | [app](https://example.com/rolecall)\n# as it should be",
            "requestParameters": parameters,
            "responseElements": null,
            "requestID": "9be9a5c8-0001",
            "eventID": "b0cc0c05-5f2c-4b5c-9d3b-3c1f0a2d4e5f",
            "readOnly": false,
            "eventType": "AwsApiCall",
            "managementEvent": true,
            "recipientAccountId": "123456789012",
            "eventCategory": "Management",
        },
    })
}

fn trust_policy_of(role: &str) -> Value {
    call("iam", "UpdateAssumeRolePolicy", json!({"roleName": role}))
}

/// What the rule sends.
fn sent(event: &Value) -> Value {
    about(event, &json!([MANIFEST]))
}

fn about(event: &Value, manifests: &Value) -> Value {
    json!({
        "command": "event", "event": event, "manifest": manifests, "region": "us-east-1",
        "publish": {"metrics": "Rolecall", "topic": TOPIC, "security_hub": true},
    })
}

/// A role that is right, with its manifest in S3, and everybody listens.
fn applied() -> (Stage, Services) {
    let stage = Stage::new();
    stage.run(&["apply", "--yes"]).expect(0);
    let services = Services::new();
    services.object("/manifests/rolecall.toml", &manifest(ONE_TARGET));
    services.listen();
    (stage, services)
}

fn serve(stage: &Stage, services: &Services, events: Vec<Value>) -> Served {
    let served = Function::new(services.environment(stage)).serve(events);
    let said = format!("{served:?}{:?}{:?}", services.messages(), services.findings());
    assert!(!said.contains(UNSEEN), "{said}");
    served
}

/// What was answered; a report as its exit code alone.
fn answer(served: &Served, index: usize) -> Value {
    let mut answer = served.outcomes[index].as_ref().unwrap().clone();
    if let Some(report) = answer.get_mut("report") {
        *report = report["exit_code"].take();
    }
    answer
}

fn line_of_log(served: &Served, message: &str) -> Value {
    let lines = served.log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.into_iter().find(|line| line["message"] == message).unwrap_or_else(|| panic!("{}", served.log))
}

#[test]
fn a_change_by_hand_names_who_made_it_and_what_came_of_it() {
    let (stage, services) = applied();
    stage.tamper(Tamper::TrustNoCondition);
    let served = serve(&stage, &services, vec![sent(&trust_policy_of(ROLE))]);
    insta::assert_json_snapshot!(answer(&served, 0), @r#"
    {
      "event": {
        "id": "b0cc0c05-5f2c-4b5c-9d3b-3c1f0a2d4e5f",
        "time": "2026-11-20T14:17:14Z",
        "name": "UpdateAssumeRolePolicy",
        "actor": "arn:aws:sts::123456789012:assumed-role/Administrator/mallory"
      },
      "report": 4
    }
    "#);
    let [topic, subject, message] = services.messages().remove(0);
    assert_eq!(
        (topic.as_str(), subject.as_str()),
        (TOPIC, "rolecall drift: GenesysDataActionRole REFUTED after UpdateAssumeRolePolicy")
    );
    let (preface, report) = message.split_once("## ").unwrap();
    assert!(
        report.starts_with("rolecall drift: refuted") && report.contains("| trust policy of "),
        "{report}"
    );
    insta::assert_snapshot!(preface, @r"
    A call that CloudTrail recorded started this check. What the check found may have other causes, too.

    | event | |
    |---|---|
    | call | UpdateAssumeRolePolicy of IAM in us-east-1, account 123456789012 |
    | about | role GenesysDataActionRole |
    | who | arn:aws:sts::123456789012:assumed-role/Administrator/mallory (AssumedRole) |
    | session of | arn:aws:iam::123456789012:role/Administrator |
    | when | 2026-11-20T14:17:14Z |
    | from | 192.0.2.7 |
    | program, as the caller states it | aws-cli/2.31.0 \| \[app\](https:&#8203;//example.com/rolecall) # as it should be |
    | CloudTrail event ID | b0cc0c05-5f2c-4b5c-9d3b-3c1f0a2d4e5f |
    ");
    let mut finding = services.findings().remove(0);
    finding.sort_all_objects();
    let description = finding["Description"].as_str().unwrap();
    assert!(description.starts_with("UpdateAssumeRolePolicy (IAM) by arn:aws:sts::123456789012:assumed-role/Administrator/mallory at 2026-11-20T14:17:14Z started this check. "), "{description}");
    insta::assert_json_snapshot!(finding["ProductFields"], @r#"
    {
      "rolecall/event_actor": "arn:aws:sts::123456789012:assumed-role/Administrator/mallory",
      "rolecall/event_id": "b0cc0c05-5f2c-4b5c-9d3b-3c1f0a2d4e5f",
      "rolecall/event_name": "UpdateAssumeRolePolicy",
      "rolecall/exit_code": "4",
      "rolecall/manifest": "s3://manifests/rolecall.toml"
    }
    "#);
    // Its own dimension: the alarms about the schedule see none of it.
    let metric: Value = serde_json::from_str(&served.output).unwrap();
    assert_eq!((&metric["Command"], &metric["Wrong"]), (&json!("event"), &json!(1)));
}

#[test]
fn a_second_delivery_is_the_same_finding_and_that_of_the_schedule() {
    let (stage, services) = applied();
    stage.tamper(Tamper::PolicyWidened);
    let event = sent(&call(
        "iam",
        "CreatePolicyVersion",
        json!({
            "policyArn": format!("arn:aws:iam::123456789012:policy/rolecall/{ROLE}/{ROLE}-invoke"),
        }),
    ));
    let mut scheduled = sent(&json!(null));
    scheduled["command"] = json!("drift");
    scheduled.as_object_mut().unwrap().remove("event");
    serve(&stage, &services, vec![event.clone(), event, scheduled]);
    let ids: Vec<Value> = services.findings().iter().map(|finding| finding["Id"].clone()).collect();
    assert_eq!(ids, vec![json!("rolecall/drift/s3://manifests/rolecall.toml"); 3]);
    let messages = services.messages();
    assert_eq!(messages[0], messages[1]);
}

#[test]
fn an_apply_of_rolecall_is_checked_and_nothing_is_said() {
    let (stage, services) = applied();
    stage.tamper(Tamper::TrustNoCondition);
    stage.run(&["apply", "--yes"]).expect(0);
    let mut event = trust_policy_of(ROLE);
    event["detail"]["userAgent"] = json!("aws-sdk-rust/1.3 app/rolecall");
    let served = serve(&stage, &services, vec![sent(&event)]);
    assert_eq!(answer(&served, 0)["report"], 0);
    assert_eq!(services.messages(), Vec::<[String; 3]>::new());
    // A name of a program is no alibi.
    stage.tamper(Tamper::TrustNoCondition);
    let served = serve(&stage, &services, vec![sent(&event)]);
    assert_eq!(answer(&served, 0)["report"], 4);
    assert_eq!(services.messages().len(), 1);
}

#[test]
fn a_call_that_concerns_no_role_is_ignored_with_a_line_in_the_log() {
    let (stage, services) = applied();
    // Whatever is wrong with the role, these are not about it.
    stage.tamper(Tamper::TrustNoCondition);
    let reading = |operation: &str| {
        let mut event = call("iam", operation, json!({"roleName": ROLE}));
        event["detail"]["readOnly"] = json!(true);
        event
    };
    let mut elsewhere = trust_policy_of(ROLE);
    elsewhere["detail"]["recipientAccountId"] = json!("999999999999");
    let events = [
        trust_policy_of("SomebodyElses"),
        elsewhere,
        reading("GetRole"),
        reading("GenerateServiceLastAccessedDetails"),
        call("iam", "CreateUser", json!({"userName": "alice"})),
        call("iam", "CreatePolicyVersion", json!({"policyArn": "arn:aws:iam::123456789012:policy/other"})),
        call("lambda", "UpdateFunctionCode20150331v2", json!({"functionName": "other"})),
        call("sts", "GetSessionToken", json!({})),
    ];
    let served = serve(&stage, &services, events.iter().map(sent).collect());
    let reasons: Vec<Value> =
        (0..events.len()).map(|index| answer(&served, index)["ignored"].clone()).collect();
    insta::assert_json_snapshot!(reasons, @r#"
    [
      "no manifest that could be read describes what the call names",
      "no manifest that could be read describes what the call names",
      "the call only reads",
      "the call only reads",
      "the call names no role, policy or function",
      "no manifest that could be read describes what the call names",
      "no manifest that could be read describes what the call names",
      "the call gives no session of a role"
    ]
    "#);
    assert_eq!(served.log.matches("\"ignored\"").count(), events.len());
    let line = line_of_log(&served, "ignored");
    assert_eq!(line["event"], "b0cc0c05-5f2c-4b5c-9d3b-3c1f0a2d4e5f");
    assert_eq!((services.messages().len(), services.findings().len(), served.output.as_str()), (0, 0, ""));
}

#[test]
fn a_function_is_known_by_every_form_of_its_name() {
    let (stage, services) = applied();
    let arn = format!("arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}");
    let names = [
        FUNCTION.to_owned(),
        format!("123456789012:function:{FUNCTION}"),
        arn.clone(),
        format!("{arn}:live"),
    ];
    let event = |name: &String| call("lambda", "AddPermission20150331v2", json!({"functionName": name}));
    let served = serve(&stage, &services, names.iter().map(|name| sent(&event(name))).collect());
    for (index, name) in names.iter().enumerate() {
        assert_eq!(answer(&served, index)["report"], 0, "{name}");
        assert_eq!(answer(&served, index)["event"]["name"], "AddPermission");
    }
    let strange = arn.replace("123456789012", "999999999999");
    let served = serve(&stage, &services, vec![sent(&event(&strange))]);
    assert!(answer(&served, 0)["ignored"].is_string());
}

#[test]
fn a_grant_past_the_role_is_found_at_the_function() {
    let (stage, services) = applied();
    let event = |operation: &str| sent(&call("lambda", operation, json!({"functionName": FUNCTION})));
    let served = serve(&stage, &services, vec![event("AddPermission20150331v2")]);
    assert_eq!(answer(&served, 0)["report"], 0);
    let grant = json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "direct", "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction",
        "Resource": format!("arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}"),
    }]});
    stage
        .sandbox
        .change(|state| {
            let functions = &mut state.accounts.get_mut("123456789012").unwrap().functions;
            let function = functions.get_mut("us-east-1").unwrap().get_mut(FUNCTION).unwrap();
            function.policies.insert(String::new(), grant);
        })
        .unwrap();
    let served = serve(&stage, &services, vec![event("AddPermission20150331v2")]);
    assert_eq!(answer(&served, 0)["report"], 4);
    let [_, subject, message] = services.messages().remove(0);
    assert_eq!(subject, "rolecall verify: GenesysDataActionRole REFUTED after AddPermission");
    assert!(message.contains("mallory") && message.contains("L1"), "{message}");
    stage.tamper(Tamper::FunctionDeleted);
    let served = serve(&stage, &services, vec![event("DeleteFunction20150331")]);
    assert_eq!(answer(&served, 0)["report"], 4);
    assert_eq!(
        services.messages()[1][1],
        "rolecall drift: GenesysDataActionRole REFUTED after DeleteFunction"
    );
}

#[test]
fn a_session_of_a_principal_that_is_not_trusted_is_told() {
    let (stage, services) = applied();
    let role = format!("arn:aws:iam::123456789012:role/{ROLE}");
    let by = |account: &str| {
        let mut event = call("sts", "AssumeRole", json!({"roleArn": role, "externalId": UNSEEN}));
        event["detail"]["userIdentity"] =
            json!({"type": "AWSAccount", "principalId": "AIDAQRSTUVWXYZEXAMPLE", "accountId": account});
        event["detail"]["readOnly"] = json!(true);
        event
    };
    let mut refused = by("999999999999");
    refused["detail"]["errorCode"] = json!("AccessDenied");
    let served =
        serve(&stage, &services, vec![sent(&by("765628985471")), sent(&refused), sent(&by("999999999999"))]);
    assert_eq!(answer(&served, 0)["ignored"], "the manifest trusts who assumed the role");
    assert_eq!(answer(&served, 1)["ignored"], "AWS refused the session");
    assert_eq!(answer(&served, 2)["assumed"], json!([MANIFEST]));
    let messages = services.messages();
    assert_eq!(messages.len(), 1);
    let [_, subject, message] = &messages[0];
    assert_eq!(subject, "rolecall event: GenesysDataActionRole ASSUMED by 999999999999");
    insta::assert_snapshot!(message, @r"
    ## rolecall event: role GenesysDataActionRole was assumed by a principal that its manifest does not trust

    | event | |
    |---|---|
    | call | AssumeRole of STS in us-east-1, account 123456789012 |
    | about | role GenesysDataActionRole |
    | who | 999999999999 (AWSAccount) |
    | when | 2026-11-20T14:17:14Z |
    | from | 192.0.2.7 |
    | program, as the caller states it | aws-cli/2.31.0 \| \[app\](https:&#8203;//example.com/rolecall) # as it should be |
    | CloudTrail event ID | b0cc0c05-5f2c-4b5c-9d3b-3c1f0a2d4e5f |

    The manifest s3://manifests/rolecall.toml trusts the account 765628985471. This event says nothing about the trust policy as it is now: run `rolecall drift`. If nobody meant this session to exist, revoke the role's sessions.
    ");
    // Nothing changed, so nothing was checked.
    assert_eq!((services.findings().len(), served.output.as_str()), (0, ""));
}

#[test]
fn what_is_no_event_is_answered_and_the_function_goes_on() {
    let (stage, services) = applied();
    let without = |pointer: &str, key: &str| {
        let mut event = trust_policy_of(ROLE);
        event.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
        event
    };
    let mut scheduled = trust_policy_of(ROLE);
    scheduled["detail-type"] = json!("Scheduled Event");
    let mut nameless = trust_policy_of(ROLE);
    nameless["detail"]["requestParameters"] = json!(null);
    nameless["detail"]["userIdentity"] = json!("root");
    let events = [
        json!(null),
        json!({}),
        scheduled,
        without("", "detail"),
        without("/detail", "eventSource"),
        without("/detail", "eventID"),
        call("s3", "PutObject", json!({})),
        nameless,
        trust_policy_of(ROLE),
    ];
    let served = serve(&stage, &services, events.iter().map(sent).collect());
    let errors: Vec<String> = served
        .outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .map(|error| error["errorMessage"].as_str().unwrap().to_owned())
        .collect();
    insta::assert_json_snapshot!(errors, @r#"
    [
      "not an event of CloudTrail: `detail-type` is missing, and must be `AWS API Call via CloudTrail`",
      "not an event of CloudTrail: `detail-type` is missing, and must be `AWS API Call via CloudTrail`",
      "not an event of CloudTrail: `detail-type` is `Scheduled Event`, and must be `AWS API Call via CloudTrail`",
      "not an event of CloudTrail: `detail.eventSource` is missing",
      "not an event of CloudTrail: `detail.eventSource` is missing",
      "not an event of CloudTrail: `detail.eventID` is missing",
      "`detail.eventSource` is `s3.amazonaws.com`; rolecall knows events of IAM, Lambda and STS"
    ]
    "#);
    assert_eq!(answer(&served, 7)["ignored"], "the call names no role, policy or function");
    assert_eq!(answer(&served, 7)["event"]["actor"], "a caller that CloudTrail does not name");
    assert_eq!(answer(&served, 8)["report"], 0);
}

#[test]
fn a_manifest_that_is_gone_keeps_no_other_from_its_check() {
    let (stage, services) = applied();
    stage.tamper(Tamper::TrustNoCondition);
    let manifests = json!([MANIFEST, "s3://manifests/gone.toml"]);
    let served = serve(&stage, &services, vec![about(&trust_policy_of(ROLE), &manifests)]);
    let error = served.outcomes[0].as_ref().unwrap_err()["errorMessage"].as_str().unwrap();
    assert!(
        error.contains("the roles of some manifests were not checked") && error.contains("gone.toml"),
        "{error}"
    );
    assert_eq!(services.messages().len(), 1);
    assert_eq!(services.findings().len(), 1);
}
