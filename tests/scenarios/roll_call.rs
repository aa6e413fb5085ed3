//! `audit`: the roll call of an account, from AWS, from saved answers, and against an earlier one.

use rolecall::sandbox::{Fault, FaultRule, Faults, State};
use serde_json::{Value, json};

use super::stage::{ONE_TARGET, Run, Stage, manifest};

const SAVED: &str = include_str!("../../crates/rolecall-sandbox/data/example-account.json");
const EXPECTED: &str = "own_accounts = [\"222222222222\"]\nown_organizations = [\"o-a1b2c3d4e5\"]\n";

fn stage() -> Stage {
    let mut state = State::demo();
    state.add_example_roles();
    let stage = Stage::with(&manifest(ONE_TARGET), state);
    stage.write("audit.toml", EXPECTED);
    stage.write("account.json", SAVED);
    stage
}

fn audit(stage: &Stage, arguments: &[&str]) -> Run {
    stage.run(&[&["audit", "--expect", "audit.toml"], arguments].concat())
}

/// The roles with how they stand.
fn standings(report: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let role = |role: &Value| (text(&role["arn"]), text(&role["standing"]));
    let mut all: Vec<_> = report["roles"].as_array().unwrap().iter().map(role).collect();
    all.sort();
    all
}

#[test]
fn an_account_is_read_in_two_calls_and_nothing_is_written() {
    let stage = stage();
    let report = audit(&stage, &["--output", "json"]).expect(4).json();
    insta::assert_json_snapshot!(report["summary"], @r#"
    {
      "open": 23,
      "unknown": 2,
      "closed": 26,
      "unreadable": 1
    }
    "#);
    let mut calls: Vec<String> =
        stage.calls().into_iter().map(|call| format!("{}:{}", call.service, call.action)).collect();
    calls.sort();
    insta::assert_json_snapshot!(calls, @r#"
    [
      "iam:GetAccountAuthorizationDetails",
      "sts:GetCallerIdentity"
    ]
    "#);
    let genesys = report["roles"]
        .as_array()
        .unwrap()
        .iter()
        .find(|role| role["arn"].as_str().unwrap().ends_with("/genesys-other-organization"));
    insta::assert_json_snapshot!(genesys.unwrap(), @r#"
    {
      "arn": "arn:aws:iam::123456789012:role/genesys-other-organization",
      "standing": "open",
      "ways": [
        {
          "outsider": "account 765628985471",
          "kind": "account",
          "id": "account 765628985471",
          "vendor": "Genesys",
          "vendor_source": "https://help.mypurecloud.com/articles/create-iam-resources-to-invoke-an-aws-lambda-function/",
          "principals": [
            "the whole account"
          ],
          "guard": "external ID `0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d`",
          "standing": "open",
          "witness": "any principal of account 765628985471 can assume the role with the external ID `0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`",
          "statements": [
            {
              "number": 1,
              "conditions": [
                "sts:ExternalId StringEquals 0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
              ]
            }
          ],
          "findings": [
            {
              "id": "R4",
              "severity": "error",
              "message": "any principal of account 765628985471 can assume the role with the external ID `0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d`, because statement 1 allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`",
              "title": "the external ID is not the expected one",
              "fix": "find out whose external ID this is, and replace it in the trust policy"
            }
          ]
        }
      ],
      "reach": {
        "certain": "data",
        "possible": "data",
        "words": "data: lambda",
        "data": [
          {
            "action": "lambda:InvokeFunction",
            "resources": [
              "*"
            ]
          }
        ],
        "doubts": [
          "whether it can assume a role could not be decided: lists some of the ARNs that stand for the caller, `arn:aws:sts::123456789012:assumed-role/genesys-other-organization/rolecall`, but not all of them"
        ]
      }
    }
    "#);
}

#[test]
fn a_saved_answer_says_the_same_as_the_account() {
    let stage = stage();
    let live = standings(&audit(&stage, &["--output", "json"]).expect(4).json());
    let saved = standings(&audit(&stage, &["account.json", "--output", "json"]).expect(4).json());
    // Of the sandbox's own roles, one trusts somebody outside: a service.
    let own: Vec<&(String, String)> = live.iter().filter(|role| !saved.contains(role)).collect();
    insta::assert_debug_snapshot!(own, @r#"
    [
        (
            "arn:aws:iam::123456789012:role/lambda-exec",
            "closed",
        ),
    ]
    "#);
    assert_eq!(saved.len() + own.len(), live.len());
}

#[test]
fn the_report_for_people_is_ordered_by_outsider_and_gravity() {
    let stage = stage();
    let run = audit(&stage, &["account.json"]).expect(4);
    insta::assert_snapshot!("roll_call", run.stdout);
}

#[test]
fn a_way_in_that_is_new_or_changed_is_found_by_the_baseline() {
    let stage = stage();
    let before = audit(&stage, &["account.json", "--output", "json"]).expect(4);
    stage.write("baseline.json", &before.stdout);
    let same = audit(&stage, &["account.json", "--baseline", "baseline.json", "--output", "json"]).expect(0);
    assert_eq!(same.json()["changes"], serde_json::json!({"new": [], "changed": [], "gone": []}));

    let mut account: Value = serde_json::from_str(SAVED).unwrap();
    let roles = account["RoleDetailList"].as_array_mut().unwrap();
    let place = |roles: &[Value], name: &str| roles.iter().position(|role| role["RoleName"] == name).unwrap();
    // One is gone, one asks for another external ID, one leads to everything, one is new.
    roles.remove(place(roles, "datadog-old"));
    let two = place(roles, "datadog-integration");
    roles[two]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] =
        "11111111-2222-4333-8444-555555555555".into();
    let three = place(roles, "two-ids");
    roles[three]["RolePolicyList"][0]["PolicyDocument"]["Statement"] =
        serde_json::json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let mut new = roles[place(roles, "scanner-named-id")].clone();
    new["RoleName"] = "new-vendor".into();
    new["Arn"] = "arn:aws:iam::123456789012:role/new-vendor".into();
    roles.push(new);
    stage.write("account.json", &account.to_string());
    let changed =
        audit(&stage, &["account.json", "--baseline", "baseline.json", "--output", "json"]).expect(3);
    insta::assert_json_snapshot!(changed.json()["changes"], @r#"
    {
      "new": [
        {
          "role": "arn:aws:iam::123456789012:role/new-vendor",
          "outsider": "account 999999999999"
        }
      ],
      "changed": [
        {
          "role": "arn:aws:iam::123456789012:role/two-ids",
          "outsider": "account 999999999999",
          "what": [
            "reach: data → administrator",
            "possible reach: data → administrator"
          ]
        },
        {
          "role": "arn:aws:iam::123456789012:role/datadog-integration",
          "outsider": "account 464622532012",
          "what": [
            "guard: external ID `7c1f0b52-3d4e-4f60-9a1b-2c3d4e5f6a71` → external ID `11111111-2222-4333-8444-555555555555`",
            "conditions: sts:ExternalId StringEquals 7c1f0b52-3d4e-4f60-9a1b-2c3d4e5f6a71 → sts:ExternalId StringEquals 11111111-2222-4333-8444-555555555555"
          ]
        }
      ],
      "gone": [
        {
          "role": "arn:aws:iam::123456789012:role/datadog-old",
          "outsider": "account 464622532012"
        }
      ]
    }
    "#);
    let told = audit(&stage, &["account.json", "--baseline", "baseline.json"]).expect(3).stdout;
    insta::assert_snapshot!(told.split("What to do").nth(1).unwrap(), @"

      R1: name the accounts that need the role in `Principal`, each with its external ID
      R2: ask the vendor for an external ID and require it with `StringEquals` on `sts:ExternalId`; if the account is your own, state it under `own_accounts`
      R3: ask the vendor for an external ID and require it with `StringEquals` on `sts:ExternalId`; if the account is your own, state it under `own_accounts`
      R4: find out whose external ID this is, and replace it in the trust policy
      R5: use an ID that the vendor makes for you alone, such as a UUID
      R6: use a different external ID for each vendor
      R7: pin the tenant with a condition on the claim that names it
      R8: name the parts of the tenant that need the role in the condition
      R9: require `cognito-identity.amazonaws.com:amr` to be `authenticated`, with `ForAnyValue:StringLike`
      R11: look at the conditions that are named; `rolecall prove` shows the trust policy statement by statement

    new  account 999999999999 -> arn:aws:iam::123456789012:role/new-vendor
    changed  account 999999999999 -> arn:aws:iam::123456789012:role/two-ids: reach: data → administrator; possible reach: data → administrator
    changed  account 464622532012 -> arn:aws:iam::123456789012:role/datadog-integration: guard: external ID `7c1f0b52-3d4e-4f60-9a1b-2c3d4e5f6a71` → external ID `11111111-2222-4333-8444-555555555555`; conditions: sts:ExternalId StringEquals 7c1f0b52-3d4e-4f60-9a1b-2c3d4e5f6a71 → sts:ExternalId StringEquals 11111111-2222-4333-8444-555555555555
    gone  account 464622532012 -> arn:aws:iam::123456789012:role/datadog-old

    Result: changed: 1 new way in, 2 changed, 1 gone since the baseline; 50 of 53 roles trust somebody outside: 22 open, 2 unknown, 26 closed, 1 unreadable (exit code 3)
    ");
}

/// Whatever is wider, or leads further, is a change: a row is a trust or a policy before and after.
#[test]
fn a_way_in_that_is_wider_is_never_unchanged() {
    let stage = stage();
    let account = |trust: &Value, policy: &Value| {
        let document = |statement: &Value| json!({"Version": "2012-10-17", "Statement": [statement]});
        let role = json!({
            "Arn": "arn:aws:iam::123456789012:role/x",
            "AssumeRolePolicyDocument": document(trust),
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": document(policy)}],
        });
        json!({"RoleDetailList": [role], "Policies": []}).to_string()
    };
    let allow = |principal: Value, action: &str, condition: Value| json!({"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition});
    let vendor = |arn: &str, condition: Value| {
        allow(json!({"AWS": format!("arn:aws:iam::222222222222:{arn}")}), "sts:AssumeRole", condition)
    };
    let id = json!({"StringEquals": {"sts:ExternalId": "11111111-2222-4333-8444-555555555555"}});
    let any = |condition: Value| allow(json!({"AWS": "*"}), "sts:AssumeRole", condition);
    let web = |provider: &str, condition: Value| {
        allow(json!({"Federated": provider}), "sts:AssumeRoleWithWebIdentity", condition)
    };
    let github = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
    let sub =
        |operator: &str, text: &str| json!({operator: {"token.actions.githubusercontent.com:sub": text}});
    let pool = json!({"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}});
    let signed_in = json!({
        "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
    });
    let read = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::one/object"});
    let all = json!({"Effect": "Allow", "Action": ["s3:*", "kms:*"], "Resource": "*"});
    let other = |resource: &str| json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource});
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let with_mfa = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": mfa});
    let same = vendor("root", id.clone());
    let trusts = [
        (vendor("role/x", id.clone()), vendor("root", id.clone())),
        (vendor("role/x", json!({})), vendor("root", json!({}))),
        (any(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/secret-name"}})), any(json!({}))),
        (any(json!({"IpAddress": {"aws:SourceIp": "203.0.113.7/32"}})), any(json!({}))),
        (vendor("root", mfa.clone()), vendor("root", json!({}))),
        (web("cognito-identity.amazonaws.com", signed_in), web("cognito-identity.amazonaws.com", pool)),
        (
            web(github, sub("StringEquals", "repo:o/r:ref:refs/heads/main")),
            web(github, sub("StringLike", "repo:o/r:*")),
        ),
        (web(github, sub("StringLike", "repo:o/r-*")), web(github, sub("StringLike", "repo:o/*"))),
        (
            allow(json!({"AWS": "123456789012"}), "sts:AssumeRole", json!({})),
            allow(json!({"AWS": "*"}), "sts:AssumeRoleWithWebIdentity", json!({})),
        ),
    ];
    let pairs = trusts.into_iter().map(|(before, after)| (account(&before, &read), account(&after, &read)));
    let further = [&all, &other("arn:aws:s3:::two/object"), &with_mfa].map(|policy| account(&same, policy));
    let further = further.into_iter().map(|after| (account(&same, &read), after));
    for (before, after) in pairs.chain(further) {
        stage.write("account.json", &before);
        let report = stage.run(&["audit", "account.json", "--output", "json"]).stdout;
        stage.write("baseline.json", &report);
        stage.run(&["audit", "account.json", "--baseline", "baseline.json"]).expect(0);
        stage.write("account.json", &after);
        let run = stage.run(&["audit", "account.json", "--baseline", "baseline.json"]);
        assert_eq!(run.status, 3, "{before}\n{after}\n{}", run.stdout);
    }
}

#[test]
fn every_format_has_each_way_in() {
    let stage = stage();
    let csv = audit(&stage, &["account.json", "--output", "csv"]).expect(4).stdout;
    let mut rows = csv.lines();
    insta::assert_snapshot!(rows.next().unwrap(), @"role,outsider,kind,vendor,standing,guard,reach,possible_reach,findings,accepted_until,last_used,witness");
    let report = audit(&stage, &["account.json", "--output", "json"]).expect(4).json();
    let ways: usize =
        report["roles"].as_array().unwrap().iter().map(|role| role["ways"].as_array().unwrap().len()).sum();
    assert_eq!(rows.count(), ways);

    let sarif = audit(&stage, &["account.json", "--output", "sarif"]).expect(4).json();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let errors = results.iter().filter(|result| result["level"] == "error").count();
    assert_eq!(errors as u64, report["summary"]["open"].as_u64().unwrap());

    let page = audit(&stage, &["account.json", "--output", "html"]).expect(4).stdout;
    assert!(page.contains("<svg") && !page.contains("<script") && !page.contains("http://"));
    assert_eq!(page.matches("github-branch").count(), 2, "once in the picture, once in the list");
}

#[test]
fn what_cannot_be_read_is_named_and_hides_nothing() {
    let stage = stage();
    let report = audit(&stage, &["account.json", "--output", "json"]).expect(4).json();
    insta::assert_json_snapshot!(report["unreadable"], @r#"
    [
      {
        "role": "arn:aws:iam::123456789012:role/broken-trust",
        "reason": "trust policy: not a policy document: /Statement/0: not JSON: EOF while parsing an object at line 1 column 58"
      }
    ]
    "#);
    stage.set(Faults {
        rules: vec![FaultRule {
            operation: "iam:GetAccountAuthorizationDetails".to_owned(),
            skip: 0,
            times: None,
            fault: Fault::Deny,
        }],
        ..Faults::default()
    });
    let denied = audit(&stage, &[]).expect(1);
    let (told, _request) = denied.stderr.split_once(", request ").unwrap();
    insta::assert_snapshot!(told, @"
    `rolecall.toml` says how its account is reached and which external ID is right
    error[E17]: iam:GetAccountAuthorizationDetails failed: User: arn:aws:sts::123456789012:assumed-role/ci/rolecall is not authorized to perform: iam:GetAccountAuthorizationDetails (AccessDenied
    ");
    assert!(denied.stderr.contains("the caller needs the permission iam:GetAccountAuthorizationDetails"));
}

#[test]
fn what_cannot_be_meant_is_refused_before_anybody_is_asked() {
    let stage = stage();
    stage.write("broken.toml", "own_account = []");
    stage.write("list.json", "[]");
    stage.write("text.json", "not JSON");
    let mut told = String::new();
    for arguments in [
        &["audit", "--output", "junit"][..],
        &["audit", "--expect", "broken.toml"],
        &["audit", "list.json"],
        &["audit", "text.json"],
        &["audit", "missing.json"],
        &["audit", "account.json", "--baseline", "account.json"],
        &["audit", "account.json", "--organization-role", "Reader"],
    ] {
        let run = stage.run(arguments).expect(2);
        told.push_str(&format!("$ rolecall {}\n{}", arguments.join(" "), run.stderr));
    }
    insta::assert_snapshot!(told, @"
    $ rolecall audit --output junit
    error[E1]: invalid value 'junit' for '--output <FORMAT>'
      [possible values: human, json, sarif, csv, html]

    For more information, try '--help'.
    $ rolecall audit --expect broken.toml
    `rolecall.toml` says how its account is reached and which external ID is right
    error[E10]: cannot read `broken.toml`: TOML parse error at line 1, column 1
      |
    1 | own_account = []
      | ^^^^^^^^^^^
    unknown field `own_account`, expected one of `own_accounts`, `own_organizations`, `vendor`, `suppress`

    hint: docs/audit.md shows such a file
    $ rolecall audit list.json
    `rolecall.toml` says how its account is reached and which external ID is right
    error[E10]: cannot read `list.json`: no `RoleDetailList`: expected the output of `aws iam get-account-authorization-details`
    $ rolecall audit text.json
    `rolecall.toml` says how its account is reached and which external ID is right
    error[E10]: cannot read `text.json`: this is not JSON: expected ident at line 1 column 2
    $ rolecall audit missing.json
    `rolecall.toml` says how its account is reached and which external ID is right
    error[E7]: cannot read `missing.json`: No such file or directory (os error 2)
    $ rolecall audit account.json --baseline account.json
    `rolecall.toml` says how its account is reached and which external ID is right
    error[E10]: cannot read `account.json`: not a report of `rolecall audit --output json`: missing field `roles` at line 2465 column 1
    $ rolecall audit account.json --organization-role Reader
    error[E1]: the argument '[SAVED]...' cannot be used with '--organization-role <ROLE>'

    Usage: rolecall audit <SAVED>...

    For more information, try '--help'.
    ");
    assert!(stage.calls().is_empty());
}
