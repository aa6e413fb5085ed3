//! Ways into a role: one trust policy a row, what is proved of it.

#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use rolecall_audit::entry::{Entries, Entry, Insiders, Verdict, entries};
use rolecall_iam::document::Document;
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::123456789012:role/vendor";
const GITHUB: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
const EKS: &str = "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/AAAA";

fn statement(principal: Value, action: &str, condition: Value) -> Value {
    json!({"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition})
}

fn vendor(condition: Value) -> Value {
    statement(json!({"AWS": "arn:aws:iam::999999999999:root"}), "sts:AssumeRole", condition)
}

fn token(provider: &str, condition: Value) -> Value {
    statement(json!({"Federated": provider}), "sts:AssumeRoleWithWebIdentity", condition)
}

fn of(statements: Vec<Value>) -> Entries {
    let document = Document::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap();
    let insiders = Insiders {
        accounts: ["222222222222".parse().unwrap()].into(),
        organizations: ["o-a1b2c3d4e5".to_owned()].into(),
        external_ids: Default::default(),
    };
    entries(&ROLE.parse().unwrap(), &document, &insiders)
}

/// One line for each way in.
fn told(statements: Vec<Value>) -> String {
    let line = |entry: &Entry| {
        let verdict = match &entry.verdict {
            Verdict::Closed => "closed".to_owned(),
            Verdict::Open(witness) => format!("open: {}", witness.sentence),
            Verdict::Unknown(reasons) => format!("unknown: {}", reasons.join("; ")),
        };
        format!("{}: {}: {verdict}", entry.outsider, entry.guard)
    };
    let Entries { ways, doubts } = of(statements);
    let doubts = doubts.iter().map(|doubt| format!("left open: {doubt}"));
    ways.iter().map(line).chain(doubts).collect::<Vec<_>>().join("\n")
}

#[test]
fn each_way_in_is_judged() {
    let mut table = String::new();
    let id = |operator: &str, value: Value| json!({operator: {"sts:ExternalId": value}});
    let sub =
        |operator: &str, value: Value| json!({operator: {"token.actions.githubusercontent.com:sub": value}});
    for (name, statements) in [
        ("vendor without", vec![vendor(json!({}))]),
        ("vendor with id", vec![vendor(id("StringEquals", json!("a-b-c")))]),
        ("vendor with two", vec![vendor(id("StringEquals", json!(["one-id", "other-id"])))]),
        ("vendor with like", vec![vendor(id("StringLike", json!("a*")))]),
        ("vendor id star literal", vec![vendor(id("StringEquals", json!("*")))]),
        ("vendor if exists", vec![vendor(id("StringEqualsIfExists", json!("a")))]),
        ("vendor null", vec![vendor(json!({"Null": {"sts:ExternalId": "false"}}))]),
        (
            "vendor and other statement",
            vec![
                vendor(id("StringEquals", json!("a"))),
                statement(
                    json!({"AWS": "*"}),
                    "sts:AssumeRole",
                    json!({"StringEquals": {"aws:PrincipalAccount": "999999999999"}}),
                ),
            ],
        ),
        ("sibling", vec![statement(json!({"AWS": "222222222222"}), "sts:AssumeRole", json!({}))]),
        ("own", vec![statement(json!({"AWS": "123456789012"}), "sts:AssumeRole", json!({}))]),
        ("everybody", vec![statement(json!("*"), "sts:AssumeRole", json!({}))]),
        (
            "our org",
            vec![statement(
                json!({"AWS": "*"}),
                "sts:AssumeRole",
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
            )],
        ),
        (
            "their org",
            vec![statement(
                json!({"AWS": "*"}),
                "sts:AssumeRole",
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-z9y8x7w6v5"}}),
            )],
        ),
        ("lambda", vec![statement(json!({"Service": "lambda.amazonaws.com"}), "sts:AssumeRole", json!({}))]),
        (
            "service own",
            vec![statement(
                json!({"Service": "config.amazonaws.com"}),
                "sts:AssumeRole",
                json!({"StringEquals": {"aws:SourceAccount": "123456789012"}}),
            )],
        ),
        (
            "service arn",
            vec![statement(
                json!({"Service": "config.amazonaws.com"}),
                "sts:AssumeRole",
                json!({"ArnLike": {"aws:SourceArn": "arn:aws:config:*:123456789012:*"}}),
            )],
        ),
        ("github none", vec![token(GITHUB, json!({}))]),
        (
            "github aud",
            vec![token(
                GITHUB,
                json!({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}),
            )],
        ),
        ("github org", vec![token(GITHUB, sub("StringLike", json!("repo:octo/*")))]),
        ("github open org", vec![token(GITHUB, sub("StringLike", json!("repo:octo*")))]),
        (
            "github exact",
            vec![token(GITHUB, sub("StringEquals", json!("repo:octo/app:ref:refs/heads/main")))],
        ),
        ("github star in equals", vec![token(GITHUB, sub("StringEquals", json!("repo:octo/*")))]),
        ("eks none", vec![token(EKS, json!({}))]),
        (
            "eks sub",
            vec![token(
                EKS,
                json!({"StringEquals": {"oidc.eks.us-east-1.amazonaws.com/id/AAAA:sub": "system:serviceaccount:ns:sa"}}),
            )],
        ),
        ("cognito none", vec![token("cognito-identity.amazonaws.com", json!({}))]),
        (
            "cognito pool",
            vec![token(
                "cognito-identity.amazonaws.com",
                json!({"StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:pool"}}),
            )],
        ),
        (
            "saml",
            vec![statement(
                json!({"Federated": "arn:aws:iam::123456789012:saml-provider/idp"}),
                "sts:AssumeRoleWithSAML",
                json!({}),
            )],
        ),
        (
            "not principal",
            vec![
                json!({"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}),
            ],
        ),
        (
            "user of vendor",
            vec![statement(
                json!({"AWS": "arn:aws:iam::999999999999:role/agent"}),
                "sts:AssumeRole",
                json!({}),
            )],
        ),
    ] {
        let ways = told(statements).replace('\n', "\n  ");
        table.push_str(&format!("{name}\n  {ways}\n"));
    }
    insta::assert_snapshot!(table);
}
