//! What is not claimed: keys that an action does not have count as absent, and no caller chooses them.

use serde_json::{Value, json};

use super::{Account, allow, arn, policy_arn, vendor, when};

/// How far one role alone gets, in a line.
fn powers(statements: Value) -> String {
    Account::new()
        .role("role", vendor(), statements)
        .told("role")
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_key_that_an_action_does_not_have_opens_nothing() {
    let itself = |actions: Value, condition: Value| {
        powers(json!([when(allow(actions, json!(arn("role"))), condition)]))
    };
    let everywhere =
        |actions: Value, condition: Value| powers(json!([when(allow(actions, json!("*")), condition)]));
    let equals = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    let told = [
        (
            "policies may be attached, ReadOnlyAccess only; inline policies have no ARN",
            itself(
                json!(["iam:AttachRolePolicy", "iam:PutRolePolicy"]),
                json!({"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}),
            ),
        ),
        ("an external ID", itself(json!("iam:PutRolePolicy"), equals("sts:ExternalId", "abc"))),
        ("tags of the request", itself(json!("iam:PutRolePolicy"), equals("aws:RequestTag/a", "b"))),
        (
            "tags of the request, of a new role",
            everywhere(json!(["iam:CreateRole", "iam:AttachRolePolicy"]), equals("aws:RequestTag/a", "b")),
        ),
        (
            "a service that a role is passed to",
            everywhere(json!("iam:*"), equals("iam:PassedToService", "lambda.amazonaws.com")),
        ),
        ("an external ID, for data", everywhere(json!("s3:GetObject"), equals("sts:ExternalId", "abc"))),
        ("tags of the request, for data", everywhere(json!("s3:GetObject"), equals("aws:RequestTag/a", "b"))),
        (
            "negated, each request is allowed",
            itself(
                json!("iam:PutRolePolicy"),
                json!({"StringNotEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
            ),
        ),
        (
            "a boundary that it does not have",
            itself(json!("iam:PutRolePolicy"), equals("iam:PermissionsBoundary", &policy_arn("limit"))),
        ),
        (
            "everywhere in Frankfurt",
            everywhere(json!("s3:GetObject"), equals("aws:RequestedRegion", "eu-central-1")),
        ),
    ];
    let lines: Vec<String> = told.iter().map(|(what, power)| format!("{what}: {power}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    policies may be attached, ReadOnlyAccess only; inline policies have no ARN: Other, perhaps Escalates
    an external ID: Nothing
    tags of the request: Nothing
    tags of the request, of a new role: Other
    a service that a role is passed to: Other
    an external ID, for data: Nothing
    tags of the request, for data: Nothing, perhaps Data
    negated, each request is allowed: Administrator
    a boundary that it does not have: Nothing, perhaps Other
    everywhere in Frankfurt: Data
    ");
}

#[test]
fn tags_are_chosen_where_an_action_takes_them() {
    let tagged = json!({"StringEquals": {"aws:RequestTag/a": "b"}});
    let account = Account::new().role(
        "role",
        vendor(),
        json!([
            when(allow(json!("iam:CreateRole"), json!("*")), tagged),
            allow(json!("iam:AttachRolePolicy"), json!(arn("made-*"))),
        ]),
    );
    insta::assert_snapshot!(account.told("role"), @r#"
    Administrator
    way: make a role and attach a policy -> a new administrator (Administrator): iam:CreateRole role/made-other aws:RequestTag/a=b aws:TagKeys=["a"], iam:AttachRolePolicy role/made-other iam:PolicyARN=arn:aws:iam::aws:policy/AdministratorAccess
    "#);
}
