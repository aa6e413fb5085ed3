//! Who gets in: trust policies against callers and external IDs. What is expected is what AWS documents, by
//! page of the IAM User Guide: `condition_operators` (reference_policies_elements_condition_operators),
//! `multivalued` (…_condition-single-vs-multi-valued-context-keys), `principal` (…_elements_principal),
//! `logic` (…_evaluation-logic and …-logic-cross-account), `keys` (…_condition-keys), `external ID`
//! (id_roles_common-scenarios_third-party).

use rolecall::sandbox::{Principal, Sandbox};
use serde_json::{Value, json};

use super::client::{Client, sandbox, trust};
use Principal::{Administrator, Ci, Nobody, Stranger, Vendor};

pub(super) const ROLE: &str = "GenesysDataActionRole";
pub(super) const VENDOR: &str = "arn:aws:iam::765628985471:root";

/// A trust policy's statements, and who gets in with which external ID.
pub(super) type Row = (&'static str, Value, Vec<(Principal, Option<&'static str>, bool)>);

pub(super) fn statement(principal: Value, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", "Condition": condition})
}

pub(super) fn vendor(condition: Value) -> Value {
    json!([statement(json!(VENDOR), condition)])
}

/// One condition on the external ID, tried by the vendor.
fn on_external_id(
    name: &'static str,
    operator: &str,
    value: Value,
    tries: &[(Option<&'static str>, bool)],
) -> Row {
    let tries = tries.iter().map(|(id, allowed)| (Vendor, *id, *allowed)).collect();
    (name, vendor(json!({operator: {"sts:ExternalId": value}})), tries)
}

fn external_ids() -> Vec<Row> {
    let (none, right, wrong) = (None, Some("org-1"), Some("org-2"));
    vec![
        // external ID: "the role can be assumed only when the request includes this value".
        on_external_id(
            "equals",
            "StringEquals",
            json!("org-1"),
            &[(right, true), (wrong, false), (none, false), (Some("ORG-1"), false)],
        ),
        // condition_operators: "Exact matching, case sensitive"; a wildcard is a letter like others.
        on_external_id("equals a star", "StringEquals", json!("org-*"), &[(right, false), (none, false)]),
        on_external_id(
            "ignore case",
            "StringEqualsIgnoreCase",
            json!("org-1"),
            &[(Some("ORG-1"), true), (wrong, false), (none, false)],
        ),
        on_external_id(
            "like a star",
            "StringLike",
            json!("*"),
            &[(right, true), (wrong, true), (none, false)],
        ),
        on_external_id(
            "like one letter",
            "StringLike",
            json!("org-?"),
            &[(right, true), (Some("org-12"), false), (none, false)],
        ),
        // condition_operators: "Values are ORed", negated ones NORed.
        on_external_id(
            "several",
            "StringEquals",
            json!(["org-1", "org-2"]),
            &[(right, true), (wrong, true), (Some("org-3"), false)],
        ),
        on_external_id(
            "none of several",
            "StringNotEquals",
            json!(["org-1", "org-2"]),
            &[(right, false), (wrong, false), (Some("org-3"), true)],
        ),
        // condition_operators: a negated operator is true where the key is missing, and so is every operator
        // with IfExists.
        on_external_id(
            "not equals",
            "StringNotEquals",
            json!("org-1"),
            &[(right, false), (wrong, true), (none, true)],
        ),
        on_external_id(
            "if exists",
            "StringEqualsIfExists",
            json!("org-1"),
            &[(right, true), (wrong, false), (none, true)],
        ),
        on_external_id(
            "not like, if exists",
            "StringNotLikeIfExists",
            json!("org-*"),
            &[(right, false), (Some("other"), true), (none, true)],
        ),
        on_external_id("present", "Null", json!("false"), &[(right, true), (wrong, true), (none, false)]),
        on_external_id("absent", "Null", json!("true"), &[(right, false), (none, true)]),
        // multivalued: ForAllValues "returns true if there are no keys in the request", ForAnyValue false.
        on_external_id(
            "for all",
            "ForAllValues:StringEquals",
            json!("org-1"),
            &[(right, true), (wrong, false), (none, true)],
        ),
        on_external_id(
            "for any",
            "ForAnyValue:StringEquals",
            json!("org-1"),
            &[(right, true), (wrong, false), (none, false)],
        ),
        on_external_id(
            "number",
            "NumericEquals",
            json!("10"),
            &[(Some("10"), true), (Some("10.0"), true), (Some("11"), false), (right, false)],
        ),
        on_external_id(
            "no number of",
            "NumericNotEquals",
            json!(["10", "20"]),
            &[(Some("10"), false), (Some("20"), false), (Some("30"), true)],
        ),
        // Operator and key names are not case-sensitive (elements_condition).
        on_external_id(
            "lower case operator",
            "stringequals",
            json!("org-1"),
            &[(right, true), (none, false)],
        ),
        (
            "lower case key",
            vendor(json!({"StringEquals": {"STS:externalid": "org-1"}})),
            vec![(Vendor, right, true), (Vendor, none, false)],
        ),
        (
            "no condition",
            vendor(json!({})),
            vec![
                (Vendor, right, true),
                (Vendor, none, true),
                (Stranger, right, false),
                (Administrator, none, false),
            ],
        ),
        (
            "bare account",
            json!([statement(json!("765628985471"), json!({"StringEquals": {"sts:ExternalId": "org-1"}}))]),
            vec![(Vendor, right, true), (Vendor, none, false), (Stranger, right, false)],
        ),
        // Statements are ORed: the one without a condition lets everybody of the account in.
        (
            "second statement",
            json!([
                statement(json!(VENDOR), json!({"StringEquals": {"sts:ExternalId": "org-1"}})),
                statement(json!(VENDOR), json!({}))
            ]),
            vec![(Vendor, right, true), (Vendor, none, true)],
        ),
        // logic: "an explicit deny in any policy overrides any allow"; the key is missing, so that the
        // negated operator is true.
        (
            "denied unless",
            json!([
                statement(json!(VENDOR), json!({})),
                {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole",
                 "Condition": {"StringNotEquals": {"sts:ExternalId": "org-1"}}},
            ]),
            vec![(Vendor, right, true), (Vendor, wrong, false), (Vendor, none, false)],
        ),
        // elements_condition: several keys, and several operators, must all be true.
        (
            "two keys",
            vendor(
                json!({"StringEquals": {"sts:ExternalId": "org-1", "aws:PrincipalAccount": "765628985471"},
                       "Bool": {"aws:ViaAWSService": "false"}}),
            ),
            vec![(Vendor, right, true), (Vendor, wrong, false)],
        ),
    ]
}

fn principals_and_keys() -> Vec<Row> {
    let (none, right) = (None, Some("org-1"));
    let anybody = |condition: Value| json!([statement(json!("*"), condition)]);
    let one = |arn: &str| json!([statement(json!(arn), json!({}))]);
    vec![
        // principal: "*" is everybody who is authenticated; logic: same account, identity policies need not
        // allow.
        (
            "everybody, with ID",
            anybody(json!({"StringEquals": {"sts:ExternalId": "org-1"}})),
            vec![
                (Vendor, right, true),
                (Stranger, right, true),
                (Nobody, right, true),
                (Stranger, none, false),
            ],
        ),
        // principal: an account "delegates authority to the account", whose identity policies must allow.
        (
            "own account",
            one("arn:aws:iam::123456789012:root"),
            vec![(Administrator, none, true), (Ci, none, true), (Nobody, none, false), (Vendor, none, false)],
        ),
        // logic: a user named in a resource policy of the same account needs no identity policy.
        (
            "own user",
            one("arn:aws:iam::123456789012:user/nobody"),
            vec![(Nobody, none, true), (Administrator, none, false)],
        ),
        (
            "own role",
            one("arn:aws:iam::123456789012:role/ci"),
            vec![(Ci, none, true), (Administrator, none, false)],
        ),
        (
            "own session",
            one("arn:aws:sts::123456789012:assumed-role/ci/rolecall"),
            vec![(Ci, none, true), (Administrator, none, false)],
        ),
        ("other session", one("arn:aws:sts::123456789012:assumed-role/ci/other"), vec![(Ci, none, false)]),
        (
            "vendor's role",
            one("arn:aws:iam::765628985471:role/data-actions"),
            vec![(Vendor, none, true), (Stranger, none, false)],
        ),
        (
            "vendor's session",
            one("arn:aws:sts::765628985471:assumed-role/data-actions/genesys-cloud"),
            vec![(Vendor, none, true)],
        ),
        (
            "service",
            json!([{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]),
            vec![(Vendor, none, false), (Administrator, none, false)],
        ),
        (
            "service or account",
            json!([{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com", "AWS": "765628985471"},
                    "Action": "sts:AssumeRole"}]),
            vec![(Vendor, none, true), (Stranger, none, false)],
        ),
        (
            "other action",
            json!([{"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": "sts:TagSession"}]),
            vec![(Vendor, none, false)],
        ),
        (
            "any action",
            json!([{"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": "STS:assumerole*"}]),
            vec![(Vendor, none, true)],
        ),
        // keys: for a session aws:PrincipalArn is the role's ARN. condition_operators: ArnEquals and ArnLike
        // behave identically.
        (
            "principal's ARN",
            anybody(json!({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::765628985471:role/*"}})),
            vec![(Vendor, none, true), (Stranger, none, false)],
        ),
        (
            "colons are not crossed",
            anybody(json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/data-actions"}})),
            vec![(Vendor, none, true), (Ci, none, false)],
        ),
        (
            "principal's account",
            anybody(json!({"StringEquals": {"aws:PrincipalAccount": ["765628985471"]}})),
            vec![(Vendor, none, true), (Stranger, none, false)],
        ),
        (
            "session name",
            vendor(json!({"StringLike": {"sts:RoleSessionName": "ro*"}})),
            vec![(Vendor, none, true)],
        ),
        (
            "other session name",
            vendor(json!({"StringEquals": {"sts:RoleSessionName": "other"}})),
            vec![(Vendor, none, false)],
        ),
        (
            "address",
            vendor(json!({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})),
            vec![(Vendor, none, true)],
        ),
        (
            "not this address",
            vendor(json!({"NotIpAddress": {"aws:SourceIp": ["10.0.0.0/8", "127.0.0.1"]}})),
            vec![(Vendor, none, false)],
        ),
        (
            "since a day",
            vendor(json!({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01"}})),
            vec![(Vendor, none, true)],
        ),
        (
            "until a day",
            vendor(json!({"DateLessThan": {"aws:CurrentTime": "2026-01-01"}})),
            vec![(Vendor, none, false)],
        ),
        // keys: aws:MultiFactorAuthPresent is false for a role session, and missing for a long-term key.
        (
            "multi-factor",
            anybody(json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}})),
            vec![(Vendor, none, false), (Administrator, none, false)],
        ),
        (
            "multi-factor if known",
            anybody(json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}})),
            vec![(Vendor, none, false), (Administrator, none, true)],
        ),
        // elements_variables: the value of the key; a default after a comma.
        (
            "variable",
            vendor(json!({"StringEquals": {"sts:ExternalId": "${aws:PrincipalAccount}"}})),
            vec![(Vendor, Some("765628985471"), true), (Vendor, right, false)],
        ),
        (
            "default",
            vendor(json!({"StringEquals": {"sts:ExternalId": "${aws:PrincipalTag/team, 'org-1'}"}})),
            vec![(Vendor, right, true), (Vendor, Some("team"), false)],
        ),
        (
            "no value",
            vendor(json!({"StringEquals": {"sts:ExternalId": "${aws:username}"}})),
            vec![(Vendor, Some("genesys-cloud"), false)],
        ),
    ]
}

pub(super) fn rows() -> impl Iterator<Item = Row> {
    external_ids().into_iter().chain(principals_and_keys())
}

pub(super) async fn set_trust(sandbox: &Sandbox, document: &str) {
    let administrator = Client::new(sandbox, Administrator);
    let parameters = [("RoleName", ROLE), ("PolicyDocument", document)];
    administrator.iam("UpdateAssumeRolePolicy", &parameters).await.ok();
}

pub(super) async fn world() -> Sandbox {
    let sandbox = sandbox();
    let parameters = [("RoleName", ROLE), ("AssumeRolePolicyDocument", &*trust(&vendor(json!({}))))];
    Client::new(&sandbox, Administrator).iam("CreateRole", &parameters).await.ok();
    sandbox
}

#[tokio::test]
async fn trust_policies_let_in_whom_aws_lets_in() {
    let sandbox = world().await;
    for (name, statements, tries) in rows() {
        set_trust(&sandbox, &trust(&statements)).await;
        for (caller, id, allowed) in tries {
            let id: Vec<_> = id.map(|id| ("ExternalId", id)).into_iter().collect();
            let answer = Client::new(&sandbox, caller).assume(ROLE, "rolecall", &id).await;
            let expected = if allowed { (200, "") } else { (403, "AccessDenied") };
            assert_eq!(
                (answer.status, answer.code().as_str()),
                expected,
                "{name}: {caller:?} with {id:?}: {answer:?}"
            );
        }
    }
}
