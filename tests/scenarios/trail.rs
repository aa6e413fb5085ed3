//! `genesys audit --with-cloudtrail`: what AWS recorded of the role and its policies, beside Genesys Cloud's own trail.

use serde_json::{Value, json};

use super::recorded::{Asked, Recorded};
use super::stage::{Run, Stage};

const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/GenesysDataActionRole";

fn event(id: &str, name: &str, at: u64, record: &Value) -> Value {
    let service = if name.starts_with("Assume") { "sts.amazonaws.com" } else { "iam.amazonaws.com" };
    let read_only = if name.starts_with("Get") { "true" } else { "false" };
    json!({"EventId": id, "EventName": name, "EventSource": service, "EventTime": at, "ReadOnly": read_only,
        "CloudTrailEvent": record.to_string()})
}

/// Two pages about the role's name, one about its ARN, and the change that names a policy again.
fn trail(asked: &Asked) -> Option<(u16, String)> {
    (asked.operation == "LookupEvents").then_some(())?;
    let input: Value = serde_json::from_str(&asked.body).unwrap();
    let resource = input["LookupAttributes"][0]["AttributeValue"].as_str().unwrap();
    assert_eq!(input["LookupAttributes"][0]["AttributeKey"], "ResourceName");
    let attached = event(
        "e-1",
        "AttachRolePolicy",
        1_795_176_000,
        &json!({
        "userIdentity": {"arn": "arn:aws:sts::123456789012:assumed-role/admin/mallory"},
        "sourceIPAddress": "192.0.2.20", "userAgent": "console.amazonaws.com",
        "requestParameters": {"roleName": "GenesysDataActionRole", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}}),
    );
    let made = event(
        "e-2",
        "CreateRole",
        1_795_172_400,
        &json!({
        "userIdentity": {"arn": "arn:aws:iam::123456789012:role/ci"}, "sourceIPAddress": "192.0.2.10",
        "userAgent": "aws-sdk-rust/1 os/linux app/rolecall/0.1.0",
        "requestParameters": {"roleName": "GenesysDataActionRole", "tags": []}}),
    );
    let assumed = event(
        "e-3",
        "AssumeRole",
        1_795_179_600,
        &json!({
        "userIdentity": {"type": "AWSAccount", "accountId": "765628985471", "arn": "arn:aws:sts::765628985471:assumed-role/x/y"},
        "sourceIPAddress": "198.51.100.7", "errorCode": "AccessDenied",
        "requestParameters": {"roleArn": ROLE_ARN, "roleSessionName": "genesys"}}),
    );
    let page = match (resource, input["NextToken"].as_str()) {
        ("GenesysDataActionRole", None) => json!({"Events": [attached], "NextToken": "2"}),
        ("GenesysDataActionRole", Some("2")) => json!({"Events": [made]}),
        (ROLE_ARN, None) => json!({"Events": [assumed]}),
        (policy, None) if policy.starts_with("arn:aws:iam::") => json!({"Events": [attached]}),
        other => panic!("{other:?}"),
    };
    Some((200, page.to_string()))
}

fn audit(stage: &Stage, recorded: &Recorded, output: &str) -> Run {
    let mut command = stage.client_command(&[
        "genesys",
        "audit",
        "--with-cloudtrail",
        "--output",
        output,
        "--from",
        "2026-11-20",
    ]);
    command.env("AWS_ENDPOINT_URL_CLOUDTRAIL", recorded.url()).output().unwrap().into()
}

#[test]
fn both_trails_are_one_report() {
    let stage = Stage::new();
    stage.run(&["apply", "--yes", "--level", "paper"]).expect(0);
    let recorded = Recorded::new(&stage.sandbox.endpoint_url(), trail);
    let report = audit(&stage, &recorded, "json").expect(0).json();
    let entries = report["entries"].as_array().unwrap();
    let trail: Vec<&Value> = entries.iter().filter(|entry| entry["source"] == "cloud_trail").collect();
    let seen: Vec<_> = trail
        .iter()
        .map(|it| {
            (
                it["action"].as_str().unwrap(),
                it["is_change"].as_bool().unwrap(),
                it["by_rolecall"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("sts:AssumeRole", false, false),
            ("iam:AttachRolePolicy", true, false),
            ("iam:CreateRole", true, true)
        ]
    );
    assert_eq!((&trail[0]["outcome"], &trail[0]["entity_id"]), (&json!("AccessDenied"), &json!(ROLE_ARN)));
    assert_eq!(trail[1]["user"], "arn:aws:sts::123456789012:assumed-role/admin/mallory");
    assert_eq!(trail[1]["changes"][1]["new"][0], "arn:aws:iam::aws:policy/AdministratorAccess");
    let run = audit(&stage, &recorded, "human");
    insta::assert_snapshot!(run.headlines(), @"
    exit 0
    -- stdout
    ! [time] iam:AttachRolePolicy Role GenesysDataActionRole  SUCCESS
    3 entries from [time] to [time]; 2 changes, 1 not by rolecall, 1 failed.
    ! not made by rolecall (OAuth client 11111111-2222-3333-4444-555555555555)
    ");
    let (entries, _) = run.stdout.split_once("3 entries from").unwrap();
    insta::assert_snapshot!(entries, @"
      2026-11-20T13:00:00Z sts:AssumeRole Role arn:aws:iam::123456789012:role/GenesysDataActionRole  AccessDenied
        by arn:aws:sts::765628985471:assumed-role/x/y from 198.51.100.7
        roleArn: nothing -> arn:aws:iam::123456789012:role/GenesysDataActionRole
        roleSessionName: nothing -> genesys
    ! 2026-11-20T12:00:00Z iam:AttachRolePolicy Role GenesysDataActionRole  SUCCESS
        by arn:aws:sts::123456789012:assumed-role/admin/mallory from 192.0.2.20 (console.amazonaws.com)
        roleName: nothing -> GenesysDataActionRole
        policyArn: nothing -> arn:aws:iam::aws:policy/AdministratorAccess
      2026-11-20T11:00:00Z iam:CreateRole Role GenesysDataActionRole  SUCCESS
        by arn:aws:iam::123456789012:role/ci from 192.0.2.10 (aws-sdk-rust/1 os/linux app/rolecall/0.1.0)
        roleName: nothing -> GenesysDataActionRole
    ");
}

#[test]
fn who_may_not_look_hears_which_permission() {
    let stage = Stage::new();
    let denied = |asked: &Asked| {
        let body = json!({"__type": "AccessDeniedException", "message": "not authorized to perform cloudtrail:LookupEvents"});
        (asked.operation == "LookupEvents").then(|| (400, body.to_string()))
    };
    let recorded = Recorded::new(&stage.sandbox.endpoint_url(), denied);
    insta::assert_snapshot!(audit(&stage, &recorded, "human").whole(), @"
    exit 1
    -- stderr
    error[E17]: cloudtrail:LookupEvents failed: not authorized to perform cloudtrail:LookupEvents (AccessDeniedException, request recorded)
    hint: the caller needs the permission cloudtrail:LookupEvents; `rolecall render provisioner` and `rolecall render verifier` print the minimal policies for rolecall
    ");
}
