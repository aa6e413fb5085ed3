//! The roll call as the function answers it: of its own account, of another and of an organization; and what others are told.

use std::time::Duration;

use rolecall::sandbox::{Fault, FaultRule, Faults, State};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, ResponseTemplate};

use super::services::Services;
use super::stage::{Function, Served, without_time};
use crate::stage::{ONE_TARGET, Stage, manifest};

const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:audit";
const OTHER: &str = "444455556666";
const EXTERNAL_ID: &str = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94";
/// As the manifest of the stage, whose external ID the command line expects.
const EXPECTED: &str = "own_accounts = [\"222222222222\"]\nown_organizations = [\"o-a1b2c3d4e5\"]\n\
                        [[vendor]]\naccount = \"765628985471\"\n\
                        external_ids = [\"5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94\"]\n";

/// An account with fifty roles, and one with a role that the function may assume.
fn stage() -> (Stage, Services) {
    let mut state = State::demo();
    state.add_example_roles();
    state.ensure_administrator(OTHER, "/", "rolecall-audit");
    let services = Services::new();
    (Stage::with(&manifest(ONE_TARGET), state), services)
}

fn environment(stage: &Stage, services: &Services) -> Vec<(&'static str, String)> {
    let allowed = ("ROLECALL_ALLOWED_ROLES", "arn:aws:iam::*:role/rolecall-audit".to_owned());
    services.environment(stage).into_iter().chain([allowed]).collect()
}

fn serve(stage: &Stage, services: &Services, events: Vec<Value>) -> Served {
    Function::new(environment(stage, services)).serve(events)
}

fn role_of(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/rolecall-audit")
}

/// What tells everybody.
fn everybody() -> Value {
    json!({"metrics": "Rolecall", "topic": TOPIC, "security_hub": true})
}

fn denied(operation: &str) -> Faults {
    let operation = operation.to_owned();
    Faults {
        rules: vec![FaultRule { operation, skip: 0, times: None, fault: Fault::Deny }],
        ..Faults::default()
    }
}

fn metric(served: &Served) -> Value {
    let line = served.output.strip_suffix('\n').unwrap();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
}

fn standing(finding: &Value) -> [&str; 3] {
    let severity = &finding["FindingProviderFields"]["Severity"]["Label"];
    [&finding["Compliance"]["Status"], &finding["RecordState"], severity].map(|text| text.as_str().unwrap())
}

fn finding(findings: &[Value], id: &str) -> Value {
    let mut found = findings.iter().filter(|finding| finding["Id"] == id);
    found.next().unwrap_or_else(|| panic!("no {id}")).clone()
}

/// What Security Hub has of earlier roll calls.
fn knows(services: &Services, findings: &Value) {
    let answer = ResponseTemplate::new(200).set_body_json(json!({"Findings": findings}));
    services.mount(Mock::given(method("POST")).and(path("/findings")).respond_with(answer));
}

#[test]
fn the_same_json_as_the_command_line() {
    let (stage, services) = stage();
    stage.write("audit.toml", EXPECTED);
    services.object("/team/audit.toml", EXPECTED);
    let command = stage.run(&["audit", "--expect", "audit.toml", "--output", "json"]).expect(4).json();
    let as_json = json!({
        "own_accounts": ["222222222222"],
        "own_organizations": ["o-a1b2c3d4e5"],
        "vendor": [{"account": "765628985471", "external_ids": [EXTERNAL_ID]}],
        "suppress": [{"role": "arn:aws:iam::1:role/x", "reason": "not this account's", "until": "2099-12-31"}],
    });
    let forms = [json!(EXPECTED), as_json, json!("s3://team/audit.toml")];
    let events = forms.map(|expect| json!({"command": "audit", "expect": expect}));
    let served = serve(&stage, &services, events.into());
    for outcome in &served.outcomes {
        assert_eq!(without_time(outcome.as_ref().unwrap()), without_time(&command));
    }
}

#[test]
fn a_summary_counts_all_and_lists_what_there_is_room_for() {
    let (stage, services) = stage();
    let event = json!({"command": "audit", "expect": EXPECTED, "report": "summary"});
    let served = serve(&stage, &services, vec![event]);
    let summary = served.outcomes[0].as_ref().unwrap();
    assert!(summary.to_string().len() <= 30_000, "{}", summary.to_string().len());
    let roles = summary["roles"].as_array().unwrap();
    let attention =
        summary["summary"]["open"].as_u64().unwrap() + summary["summary"]["unknown"].as_u64().unwrap();
    assert_eq!(roles.len() as u64 + summary["left_out"].as_u64().unwrap(), attention);
    let mut shown = summary.clone();
    let shown = shown.as_object_mut().unwrap();
    for key in ["time", "tool_version"] {
        shown.remove(key).unwrap();
    }
    shown["roles"].as_array_mut().unwrap().truncate(2);
    shown.values_mut().for_each(Value::sort_all_objects);
    shown.sort_keys();
    insta::assert_json_snapshot!(shown, @r#"
    {
      "asked": 55,
      "command": "audit",
      "exit_code": 4,
      "findings": {
        "R1": 4,
        "R10": 4,
        "R11": 2,
        "R2": 8,
        "R3": 3,
        "R4": 1,
        "R5": 2,
        "R6": 2,
        "R7": 7,
        "R8": 3,
        "R9": 1
      },
      "format_version": 1,
      "left_out": 0,
      "roles": [
        {
          "arn": "arn:aws:iam::123456789012:role/datadog-old",
          "findings": [
            "R2"
          ],
          "outsiders": [
            "account 464622532012 (Datadog)"
          ],
          "reach": "administrator",
          "standing": "open"
        },
        {
          "arn": "arn:aws:iam::123456789012:role/github-open",
          "findings": [
            "R7"
          ],
          "outsiders": [
            "tokens of token.actions.githubusercontent.com"
          ],
          "reach": "administrator",
          "standing": "open"
        }
      ],
      "sources": [
        "account 123456789012"
      ],
      "summary": {
        "closed": 26,
        "open": 23,
        "unknown": 2,
        "unreadable": 1
      },
      "unreadable": [
        {
          "reason": "trust policy: not a policy document: /Statement/0: not JSON: EOF while parsing an object at line 1 column 58",
          "role": "arn:aws:iam::123456789012:role/broken-trust"
        }
      ],
      "verdict": "open: 51 of 55 roles trust somebody outside: 23 open, 2 unknown, 26 closed, 1 unreadable"
    }
    "#);
}

#[test]
fn another_account_is_read_as_the_role_that_the_settings_allow() {
    let (stage, services) = stage();
    let event = |role: String| json!({"command": "audit", "assume_role": role});
    let served = serve(&stage, &services, vec![event(role_of(OTHER)), event(role_of("555555555555"))]);
    let report = served.outcomes[0].as_ref().unwrap();
    assert_eq!(report["sources"], json!([format!("account {OTHER}")]));
    let role = &report["roles"][0];
    assert_eq!(
        (&role["arn"], &role["ways"][0]["outsider"]),
        (&json!(role_of(OTHER)), &json!("account 123456789012"))
    );
    // Nobody answers for an account that cannot be entered.
    let unread = served.outcomes[1].as_ref().unwrap();
    assert_eq!((&unread["exit_code"], &unread["summary"]), (&json!(1), &Value::Null), "{unread:#}");

    assert!(!stage.calls().is_empty());
    let wrong = [
        json!({"command": "audit", "assume_role": format!("arn:aws:iam::{OTHER}:role/Admin")}),
        json!({"command": "audit", "organization_role": "Admin"}),
        json!({"command": "audit", "assume_role": role_of(OTHER), "organization_role": "rolecall-audit"}),
        json!({"command": "audit", "external_id": "x-1"}),
        json!({"command": "audit", "assume_role": "arn:aws-cn:iam::444455556666:role/rolecall-audit"}),
        json!({"command": "audit", "expect": "own_account = 1"}),
        json!({"command": "audit", "baseline": {"roles": [{}]}}),
        json!({"command": "audit", "report": "short"}),
        json!({"command": "audit", "manifest": "version = 1"}),
    ];
    let parts = [
        "ROLECALL_ALLOWED_ROLES",
        "ROLECALL_ALLOWED_ROLES",
        "not both",
        "needs `assume_role`",
        "partition `aws`",
        "`expect`",
        "`baseline`",
        "`short`",
        "`manifest`",
    ];
    let served = serve(&stage, &services, wrong.into());
    for (outcome, part) in served.outcomes.iter().zip(parts) {
        let error = outcome.as_ref().unwrap_err()["errorMessage"].as_str().unwrap();
        assert!(error.contains(part), "no {part} in {error}");
    }
    assert_eq!(stage.calls().len(), 0);
}

#[test]
fn what_is_wrong_is_told_by_role_and_code() {
    let (stage, services) = stage();
    services.listen();
    let event = json!({"command": "audit", "expect": EXPECTED, "report": "summary", "publish": everybody()});
    let served = serve(&stage, &services, vec![event]);
    assert_eq!(served.outcomes[0].as_ref().unwrap()["exit_code"], 4);

    let mut line = metric(&served);
    let names: Vec<_> = line["_aws"].take()["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().clone();
    assert!(names.iter().all(|name| line[name["Name"].as_str().unwrap()].is_u64()), "{line:#}");
    line["OpenRoles"].as_array_mut().unwrap().truncate(1);
    line.sort_all_objects();
    insta::assert_json_snapshot!(line, @r#"
    {
      "Account": "123456789012",
      "Accounts": 1,
      "AccountsUnread": 0,
      "Command": "audit",
      "FindingsError": 23,
      "FindingsNote": 4,
      "FindingsWarning": 10,
      "OpenRoles": [
        "arn:aws:iam::123456789012:role/datadog-old"
      ],
      "RequestId": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
      "Roles": 55,
      "RolesOpen": 23,
      "RolesUnknown": 2,
      "RolesUnreadable": 1,
      "Wrong": 1,
      "_aws": null
    }
    "#);

    let [topic, subject, message] = services.messages().remove(0);
    assert_eq!(topic, TOPIC);
    insta::assert_snapshot!(subject, @"rolecall audit: account 123456789012: 23 roles OPEN, 2 roles undecided, 1 role unreadable");
    assert!(message.len() < 256 * 1024 && !message.contains("\"Statement\""), "{message}");
    insta::assert_snapshot!(message.lines().take(8).collect::<Vec<_>>().join("\n"), @"
    ## rolecall audit: open: 51 of 55 roles trust somebody outside: 23 open, 2 unknown, 26 closed, 1 unreadable

    Read: account 123456789012. Exit code 4.

    ### Open or undecided

    - open (R2): `arn:aws:iam::123456789012:role/datadog-old`, reaches administrator, for account 464622532012 (Datadog)
    - open (R7): `arn:aws:iam::123456789012:role/github-open`, reaches administrator, for tokens of token.actions.githubusercontent.com
    ");

    let findings = services.findings();
    let ids: std::collections::BTreeSet<&str> =
        findings.iter().map(|it| it["Id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), findings.len(), "each once");
    assert!(!ids.iter().any(|id| id.ends_with("/R10")), "{ids:?}");
    assert_eq!(
        standing(&finding(&findings, "rolecall/audit/123456789012")),
        ["PASSED", "ARCHIVED", "INFORMATIONAL"]
    );
    let broken = finding(&findings, "rolecall/audit/123456789012/broken-trust/unreadable");
    assert_eq!(standing(&broken), ["NOT_AVAILABLE", "ACTIVE", "MEDIUM"]);
    let mut found = finding(&findings, "rolecall/audit/123456789012/genesys-other-organization/R4");
    for time in ["CreatedAt", "UpdatedAt", "LastObservedAt"] {
        found[time] = json!("…");
    }
    found.sort_all_objects();
    insta::assert_json_snapshot!(found, @r#"
    {
      "AwsAccountId": "123456789012",
      "Compliance": {
        "Status": "FAILED"
      },
      "CreatedAt": "…",
      "Description": "A session reaches: data. account 765628985471: any principal of account 765628985471 can assume the role with the external ID `0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`",
      "FindingProviderFields": {
        "Severity": {
          "Label": "HIGH"
        },
        "Types": [
          "Software and Configuration Checks/AWS Security Best Practices"
        ]
      },
      "GeneratorId": "rolecall/audit",
      "Id": "rolecall/audit/123456789012/genesys-other-organization/R4",
      "LastObservedAt": "…",
      "ProductArn": "arn:aws:securityhub:us-east-1:123456789012:product/123456789012/default",
      "ProductFields": {
        "rolecall/account": "123456789012",
        "rolecall/code": "R4"
      },
      "ProductName": "rolecall",
      "RecordState": "ACTIVE",
      "Remediation": {
        "Recommendation": {
          "Text": "find out whose external ID this is, and replace it in the trust policy"
        }
      },
      "Resources": [
        {
          "Id": "arn:aws:iam::123456789012:role/genesys-other-organization",
          "Partition": "aws",
          "Type": "AwsIamRole"
        }
      ],
      "SchemaVersion": "2018-10-08",
      "Title": "Role genesys-other-organization: the external ID is not the expected one",
      "UpdatedAt": "…"
    }
    "#);
}

#[test]
fn what_is_over_is_archived_and_what_was_not_read_is_not() {
    let (stage, services) = stage();
    let known = |id: &str, account: &str, code: &str| {
        json!({
            "SchemaVersion": "2018-10-08",
            "Id": id,
            "ProductArn": "arn:aws:securityhub:us-east-1:123456789012:product/123456789012/default",
            "GeneratorId": "rolecall/audit",
            "AwsAccountId": "123456789012",
            "CreatedAt": "2026-01-01T00:00:00.000Z",
            "UpdatedAt": "2026-01-01T00:00:00.000Z",
            "Title": "as it was",
            "Description": "as it was",
            "RecordState": "ACTIVE",
            "Resources": [{"Type": "AwsIamRole", "Id": "arn:aws:iam::123456789012:role/x"}],
            "ProductFields": {"rolecall/account": account, "rolecall/code": code},
        })
    };
    let gone = "rolecall/audit/123456789012/deleted-role/R2";
    let stays = "rolecall/audit/123456789012/genesys-other-organization/R4";
    let unreadable = "rolecall/audit/123456789012/broken-trust/R2";
    let elsewhere = format!("rolecall/audit/{OTHER}/x/R2");
    let mut theirs = known("rolecall/audit/123456789012/y/R2", "123456789012", "R2");
    theirs["GeneratorId"] = json!("somebody/else");
    knows(
        &services,
        &json!([
            known(gone, "123456789012", "R2"),
            known(stays, "123456789012", "R4"),
            known(unreadable, "123456789012", "R2"),
            known(&elsewhere, OTHER, "R2"),
            theirs,
        ]),
    );
    services.listen();
    let event = json!({"command": "audit", "expect": EXPECTED, "publish": {"security_hub": true}});
    serve(&stage, &services, vec![event]);
    let findings = services.findings();
    let of =
        |id: &str| findings.iter().filter(|finding| finding["Id"] == id).map(standing).collect::<Vec<_>>();
    assert_eq!(of(gone), [["PASSED", "ARCHIVED", "INFORMATIONAL"]]);
    assert_eq!(finding(&findings, gone)["Title"], "as it was");
    assert_eq!(of(stays).iter().map(|it| it[1]).collect::<Vec<_>>(), ["ACTIVE"]);
    assert_eq!(of(unreadable), Vec::<[&str; 3]>::new());
    assert_eq!(of(&elsewhere), Vec::<[&str; 3]>::new());
    assert_eq!(of("rolecall/audit/123456789012/y/R2"), Vec::<[&str; 3]>::new());
}

#[test]
fn an_account_that_cannot_be_read_is_told_and_is_not_closed() {
    let (stage, services) = stage();
    services.listen();
    stage.set(denied("iam:GetAccountAuthorizationDetails"));
    let event = json!({"command": "audit", "publish": everybody()});
    let served = serve(&stage, &services, vec![event]);
    let answer = served.outcomes[0].as_ref().unwrap();
    assert_eq!((&answer["exit_code"], &answer["summary"]), (&json!(1), &Value::Null));
    let line = metric(&served);
    let figures = ["Wrong", "Accounts", "AccountsUnread", "RolesOpen"].map(|name| line[name].as_u64());
    assert_eq!(figures, [Some(1), Some(1), Some(1), None]);
    let [_, subject, message] = services.messages().remove(0);
    assert_eq!(subject, "rolecall audit: account 123456789012: could not be read");
    assert!(message.contains("iam:GetAccountAuthorizationDetails"), "{message}");
    let findings = services.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(standing(&findings[0]), ["NOT_AVAILABLE", "ACTIVE", "MEDIUM"]);
    assert_eq!(findings[0]["Id"], "rolecall/audit/123456789012");
    // What there was stays as it was: nobody looked.
    assert!(services.received().iter().all(|request| request.url.path() != "/findings"));
}

#[test]
fn time_that_is_up_is_told_and_nothing_is_closed() {
    let (stage, services) = stage();
    services.listen();
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(60));
    services.mount(Mock::given(method("GET")).and(path("/team/slow.json")).respond_with(slow));
    let event = json!({"command": "audit", "baseline": "s3://team/slow.json", "publish": everybody()});
    let function = Function::new(environment(&stage, &services)).with_timeout(Duration::from_secs(6));
    let served = function.serve(vec![event]);
    let answer = served.outcomes[0].as_ref().unwrap();
    assert!(answer["error"]["message"].as_str().unwrap().contains("not finished after"), "{answer:#}");
    assert_eq!(answer["summary"], Value::Null);
    assert_eq!((metric(&served)["AccountsUnread"].as_u64(), services.messages().len()), (Some(1), 1));
    assert_eq!(standing(&services.findings()[0])[0], "NOT_AVAILABLE");
}

#[test]
fn an_earlier_report_leaves_only_what_is_new() {
    let (stage, services) = stage();
    services.listen();
    let served = serve(&stage, &services, vec![json!({"command": "audit"})]);
    let report = served.outcomes[0].as_ref().unwrap().clone();
    let mut before = report.clone();
    let roles = before["roles"].as_array_mut().unwrap();
    let new = roles.iter().position(|role| role["ways"][0]["kind"] == "account").unwrap();
    roles.remove(new);
    let event = |baseline: &Value| json!({"command": "audit", "baseline": baseline, "publish": everybody()});
    let served = serve(&stage, &services, vec![event(&report), event(&before)]);
    let codes: Vec<_> = served.outcomes.iter().map(|it| it.as_ref().unwrap()["exit_code"].as_u64()).collect();
    assert_eq!(codes, [Some(0), Some(3)]);
    let new: Vec<_> = served
        .output
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["NewWaysIn"].as_u64())
        .collect();
    assert_eq!(new, [Some(0), Some(1)]);
    let messages = services.messages();
    assert_eq!(messages.len(), 1, "only what is new");
    assert!(
        messages[0][1].contains("1 NEW way in") && messages[0][2].contains("### New ways in"),
        "{messages:?}"
    );
}

#[test]
fn accounts_of_an_organization_that_cannot_be_read_are_told_one_by_one() {
    let (stage, services) = stage();
    let account = |id: &str, state: &str| json!({"Id": id, "State": state, "Status": state});
    let accounts = json!({"Accounts": [
        account("123456789012", "ACTIVE"),
        account(OTHER, "ACTIVE"),
        account("555555555555", "ACTIVE"),
        account("666666666666", "SUSPENDED"),
    ]});
    let list = header("x-amz-target", "AWSOrganizationsV20161128.ListAccounts");
    let answer = ResponseTemplate::new(200).set_body_json(accounts);
    services.mount(Mock::given(method("POST")).and(list).respond_with(answer));
    services.listen();
    let event = json!({
        "command": "audit", "organization_role": "rolecall-audit", "expect": EXPECTED, "report": "summary",
        "publish": everybody(),
    });
    let served = serve(&stage, &services, vec![event]);
    let answer = served.outcomes[0].as_ref().unwrap();
    assert_eq!(answer["exit_code"], 4);
    assert_eq!(answer["sources"], json!(["account 123456789012", format!("account {OTHER}")]));
    let unread: Vec<_> = answer["unread_accounts"].as_array().unwrap().iter().map(|it| &it["role"]).collect();
    assert_eq!(unread, ["account 555555555555"]);
    let line = metric(&served);
    assert_eq!([line["Accounts"].as_u64(), line["AccountsUnread"].as_u64()], [Some(3), Some(1)]);
    let findings = services.findings();
    for (place, status) in [
        ("organization", "PASSED"),
        ("123456789012", "PASSED"),
        (OTHER, "PASSED"),
        ("555555555555", "NOT_AVAILABLE"),
    ] {
        assert_eq!(standing(&finding(&findings, &format!("rolecall/audit/{place}")))[0], status, "{place}");
    }
    let [_, subject, message] = services.messages().remove(0);
    assert!(subject.starts_with("rolecall audit: organization: 1 account unread, "), "{subject}");
    assert!(message.contains("### Accounts that cannot be read"), "{message}");
}
