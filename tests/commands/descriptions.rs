//! `rolecall prove` on what the AWS CLI prints about roles.

use serde_json::{Value, json};

use super::{ALIAS, EXTERNAL_ID, FUNCTION, PRINCIPAL, file, results, rolecall, rolecall_reading};
use crate::scenarios::views::named;

const INTENT: [&str; 8] =
    ["--principal", PRINCIPAL, "--external-id", EXTERNAL_ID, "--target", FUNCTION, "--target", ALIAS];

fn with_intent<'a>(path: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["prove", path][..], &INTENT, more].concat()
}

#[test]
fn the_trust_of_a_role() {
    for path in ["descriptions/get-role.json", "descriptions/get-role-encoded.json"] {
        let proof = rolecall(&["prove", path, "--output", "json"]).expect(0).json();
        assert_eq!(results(&proof), ["proved"; 3], "{path}");
        assert_eq!(proof["role"], "arn:aws:iam::123456789012:role/GenesysDataActionRole");
    }
    // What a role may do is not part of the answer of `get-role`.
    insta::assert_snapshot!(rolecall(&with_intent("descriptions/get-role.json", &[])).whole(), @"
    exit 5
    -- stdout
    arn:aws:iam::123456789012:role/GenesysDataActionRole (role description descriptions/get-role.json)
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      unknown    what a session can do
                 the file contains no permissions of the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    ");
    // `list-roles` prints the same about several.
    let listed = std::fs::read_to_string(file("descriptions/get-role.json")).unwrap();
    let role = serde_json::from_str::<Value>(&listed).unwrap()["Role"].take();
    let list = json!({ "Roles": [role.clone(), role] }).to_string();
    insta::assert_snapshot!(rolecall_reading(list, &["prove", "-"]).whole(), @"
    exit 0
    -- stdout
    arn:aws:iam::123456789012:role/GenesysDataActionRole (role description standard input)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      note       T21: the role `arn:aws:iam::123456789012:role/GenesysDataActionRole` accepts the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` too
                 why: a caller that can use the ID for one role can use it for the other roles (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
                 fix: use the vendor's ID on one role, or accept that a caller that may use one of these roles may use each
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    arn:aws:iam::123456789012:role/GenesysDataActionRole (role description standard input)
      proved     nobody but the trusted principals can assume the role
      proved     principals of other accounts can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    2 roles: 2 proved
    Result: proved
    ");
    let run = rolecall(&["prove", "descriptions/get-legacy-role.json", "--principal", PRINCIPAL]);
    insta::assert_snapshot!(run.whole(), @"
    exit 4
    -- stdout
    arn:aws:iam::123456789012:role/vendors/LegacyGenesysRole (role description descriptions/get-legacy-role.json)
      refuted    nobody but the trusted principals can assume the role
                 any principal of the role's own account 123456789012 can assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because statement 1 (`Genesys`) allows it and this external ID satisfies its condition `StringEquals` on `sts:ExternalId`
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      warning    T24 (statement 1 `Genesys` of the trust policy): as shown above
                 why: principals of the account can assume the role, and the role can renew its own sessions (https://aws.amazon.com/blogs/security/announcing-an-update-to-iam-role-trust-policy-behavior/)
                 fix: remove `123456789012` from `Principal`
      note       T22: a session can last 43200 seconds
                 why: a stolen session stays valid until it expires; role chaining limits sessions to one hour anyway (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html)
                 fix: set the maximum session duration to 3600 seconds, if no caller needs longer sessions
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
}

#[test]
fn every_role_of_an_account() {
    let path = "descriptions/authorization-details.json";
    let proof = rolecall(&with_intent(path, &["--output", "json"])).expect(4).json();
    assert_eq!(proof["result"], "refuted");
    let roles: Vec<(&str, &str)> = proof["roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| (role["role"].as_str().unwrap(), role["result"].as_str().unwrap()))
        .collect();
    assert_eq!(
        roles,
        [
            ("arn:aws:iam::123456789012:role/GenesysDataActionRole", "proved"),
            ("arn:aws:iam::123456789012:role/vendors/LegacyGenesysRole", "refuted"),
            ("arn:aws:iam::123456789012:role/trigger-execution", "proved"),
        ]
    );
    // The boundary leaves of `lambda:*` exactly the targets.
    assert_eq!(results(&proof["roles"][1]), ["refuted", "proved", "proved", "proved", "proved"]);
    let run = rolecall(&with_intent(path, &[]));
    insta::assert_snapshot!(run.outline(), @"
    exit 4
    -- stdout
    arn:aws:iam::123456789012:role/GenesysDataActionRole (account description descriptions/authorization-details.json)
      proved     nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      note       T21: the role `arn:aws:iam::123456789012:role/vendors/LegacyGenesysRole` accepts the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` too
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    arn:aws:iam::123456789012:role/vendors/LegacyGenesysRole (account description descriptions/authorization-details.json)
      refuted    nobody but the trusted principals can assume the role
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      proved     `arn:aws:iam::765628985471:root` can assume the role
      proved     a session can do nothing but invoke the target functions
      proved     a session can invoke each of the 2 target functions
      warning    T24 (statement 1 `Genesys` of the trust policy): as shown above
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    arn:aws:iam::123456789012:role/trigger-execution (account description descriptions/authorization-details.json)
      proved     nobody but the trusted principals can assume the role
      proved     `lambda.amazonaws.com` can assume the role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: the role trusts only the AWS service lambda.amazonaws.com
      note: T23: the AWS service `lambda.amazonaws.com` can assume the role, because statement 1 allows it; it may do so for any of its customers
      note: its permissions were not judged; `--role NAME` with --principal or --target says what the role is for
    3 roles: 2 proved, 1 refuted
    Result: refuted
    -- stderr
    hint: --role NAME proves only that role of the file
    ");
    // Named by itself, the execution role is held against the intent.
    insta::assert_snapshot!(rolecall(&with_intent(path, &["--role", "trigger-execution"])).whole(), @"
    exit 4
    -- stdout
    arn:aws:iam::123456789012:role/trigger-execution (account description descriptions/authorization-details.json)
      refuted    nobody but the trusted principals can assume the role
                 the AWS service `lambda.amazonaws.com` can assume the role, because statement 1 allows it
      proved     the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
      refuted    `arn:aws:iam::765628985471:root` can assume the role
                 `arn:aws:sts::765628985471:assumed-role/another-role/session` cannot assume the role with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`, because no statement allows it
      unknown    what a session can do
                 arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole: its document is not in the file, which may have been made with a filter or in pages
      error      T10 (statement 1 of the trust policy): as shown above
                 why: an external ID is not a secret; the `Principal` element decides which callers can assume the role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
                 fix: name `arn:aws:iam::765628985471:root` alone in `Principal`, allow `sts:AssumeRole` alone, and require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      warning    T23 (statement 1 of the trust policy): the AWS service `lambda.amazonaws.com` can assume the role, because statement 1 allows it; it may do so for any of its customers
                 why: without `aws:SourceArn` or `aws:SourceAccount`, another customer can make the service use this role (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
                 fix: name `arn:aws:iam::765628985471:root` alone in `Principal`, allow `sts:AssumeRole` alone, and require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: refuted
    ");
}

#[test]
fn one_role_of_an_account() {
    let path = "descriptions/authorization-details.json";
    for name in ["GenesysDataActionRole", "arn:aws:iam::123456789012:role/GenesysDataActionRole"] {
        let run = rolecall(&with_intent(path, &["--role", name, "--output", "json"])).expect(0);
        assert_eq!(results(&run.json()), ["proved"; 5]);
        assert_eq!(run.stderr, "");
    }
    insta::assert_snapshot!(rolecall(&["prove", path, "--role", "Genesys"]).whole(), @"
    exit 2
    -- stderr
    error[E10]: cannot prove `descriptions/authorization-details.json`: it contains no role `Genesys`; it contains `arn:aws:iam::123456789012:role/GenesysDataActionRole`, `arn:aws:iam::123456789012:role/vendors/LegacyGenesysRole`, `arn:aws:iam::123456789012:role/trigger-execution`
    ");
}

fn details() -> Value {
    let text = std::fs::read_to_string(file("descriptions/authorization-details.json")).unwrap();
    let mut details: Value = serde_json::from_str(&text).unwrap();
    details["RoleDetailList"].as_array_mut().unwrap().truncate(1);
    details
}

/// The first role of the account, after a change to what the CLI printed.
#[test]
fn what_is_missing_or_changed() {
    type Change = fn(&mut Value);
    let rows: [(&str, Change); 8] = [
        ("nothing", |_| {}),
        ("no condition", |details| {
            details["RoleDetailList"][0]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] = json!({})
        }),
        ("any function", |details| {
            details["Policies"][0]["PolicyVersionList"][0]["Document"]["Statement"][0]["Resource"] =
                json!("*")
        }),
        // A version that is not in force does not count.
        ("a version that is not in force", |details| {
            let versions = details["Policies"][0]["PolicyVersionList"].as_array_mut().unwrap();
            let mut old = versions[0].clone();
            old["Document"]["Statement"][0]["Action"] = json!("*");
            old["IsDefaultVersion"] = json!(false);
            versions.insert(0, old);
        }),
        ("no version in force", |details| {
            details["Policies"][0]["PolicyVersionList"][0]["IsDefaultVersion"] = json!(false)
        }),
        ("no policies", |details| {
            details.as_object_mut().unwrap().remove("Policies");
        }),
        ("an odd inline policy", |details| {
            details["RoleDetailList"][0]["RolePolicyList"] =
                json!([{ "PolicyName": "odd", "PolicyDocument": "%7B%22Statement%22%3A%5B%7B%7D%5D%7D" }]);
        }),
        ("no trust policy", |details| {
            details["RoleDetailList"][0].as_object_mut().unwrap().remove("AssumeRolePolicyDocument");
        }),
    ];
    let mut said = String::new();
    for (name, change) in rows {
        let mut details = details();
        change(&mut details);
        said += &named(name, &rolecall_reading(details.to_string(), &with_intent("-", &[])).unproved());
    }
    insta::assert_snapshot!(said, @"
    === nothing
    exit 0
    -- stdout
    arn:aws:iam::123456789012:role/GenesysDataActionRole (account description standard input)
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: proved
    === no condition
    exit 4
    -- stdout
    arn:aws:iam::123456789012:role/GenesysDataActionRole (account description standard input)
      refuted    the trusted principals can assume the role only with the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94`
                 any principal of account 765628985471 can assume the role without an external ID, because statement 1 allows it and asks for no external ID
      error      T1 (statement 1 of the trust policy): as shown above
                 why: another customer of the vendor can make the vendor use this role (the confused deputy problem) (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html)
                 fix: require the external ID `5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94` with a single `StringEquals` condition on `sts:ExternalId`
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === any function
    exit 4
    -- stdout
    arn:aws:iam::123456789012:role/GenesysDataActionRole (account description standard input)
      refuted    a session can do nothing but invoke the target functions
                 a session of the role can call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function-other`, because statement 1 of `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` allows it
      error      P6 (statement 1 of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke): a session of the role can call `lambda:InvokeFunction` on `arn:aws:lambda:us-east-1:123456789012:function:another-function`, because statement 1 of `arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke` allows it
                 why: anyone with a session can call functions and actions that the role does not need (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` alone, on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function` and `arn:aws:lambda:us-east-1:123456789012:function:orders-status:live` alone
      error      P7 (statement 1 of arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke): as shown above
                 why: a function without a qualifier and each alias or version are different resources, and a prefix covers siblings (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html)
                 fix: allow `lambda:InvokeFunction` alone, on `arn:aws:lambda:us-east-1:123456789012:function:my-genesys-trigger-function` and `arn:aws:lambda:us-east-1:123456789012:function:orders-status:live` alone
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: refuted
    === a version that is not in force
    exit 0
    -- stdout
    arn:aws:iam::123456789012:role/GenesysDataActionRole (account description standard input)
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: proved
    === no version in force
    exit 5
    -- stdout
    arn:aws:iam::123456789012:role/GenesysDataActionRole (account description standard input)
      unknown    what a session can do
                 arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke: its version in force is not in the file
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: unknown
    === no policies
    exit 5
    -- stdout
    arn:aws:iam::123456789012:role/GenesysDataActionRole (account description standard input)
      unknown    what a session can do
                 arn:aws:iam::123456789012:policy/rolecall/GenesysDataActionRole/GenesysDataActionRole-invoke: its document is not in the file, which may have been made with a filter or in pages
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: unknown
    === an odd inline policy
    exit 5
    -- stdout
    arn:aws:iam::123456789012:role/GenesysDataActionRole (account description standard input)
      unknown    what a session can do
                 inline policy odd: not a policy document: /Statement/0: `Effect` is missing; /Statement/0: `Action` or `NotAction` is missing
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: unknown
    === no trust policy
    exit 5
    -- stdout
    arn:aws:iam::123456789012:role/GenesysDataActionRole (account description standard input)
      unknown    who can assume the role
                 the trust policy: `AssumeRolePolicyDocument` is missing
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
    Result: unknown
    ");
}
