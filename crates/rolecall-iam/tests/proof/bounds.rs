//! Bad input: an answer or a clear "unknown", in bounded time, whatever the document.

use std::time::{Duration, Instant};

use rolecall_iam::document::Document;
use rolecall_iam::lint::{PolicyFacts, TrustFacts, lint_permissions, lint_trust};
use rolecall_iam::prove::{NamedDocument, Permissions, RoleIntent};
use serde_json::{Value, json};

use super::support::{
    EXTERNAL_ID, FUNCTION, GENESYS, clean_trust, document, intent, permission_results, told, trust_of,
    trust_results,
};

/// Generous for a debug build on a busy machine; what it must exclude takes minutes or for ever.
const LIMIT: Duration = Duration::from_secs(30);

fn within_limit(name: &str, work: impl FnOnce() -> Vec<String>) {
    let started = Instant::now();
    let answers = work();
    let elapsed = started.elapsed();
    assert!(elapsed < LIMIT, "{name}: {elapsed:?}");
    assert!(!answers.is_empty(), "{name}");
    eprintln!("{name}: {elapsed:?}");
}

#[test]
fn hostile_patterns() {
    let hostile: Vec<String> =
        (0..200).map(|number| format!("*a*{}*a*a*b{}*", number % 10, number % 7)).collect();
    within_limit("external IDs", || {
        let condition = json!({"StringLike": {"sts:ExternalId": hostile}, "StringNotLike": {"sts:ExternalId": ["*a*a*a*a*b", "?*?*?*x"]}});
        told(&trust_results(
            &trust_of(&[json!({"Principal": {"AWS": GENESYS}, "Condition": condition})]),
            &intent(),
        ))
    });
    within_limit("principals", || {
        let arns: Vec<String> = hostile.iter().map(|text| format!("arn:aws:iam::*:role/{text}")).collect();
        let condition = json!({"ArnLike": {"aws:PrincipalArn": arns}});
        told(&trust_results(
            &trust_of(&[json!({"Principal": {"AWS": "*"}, "Condition": condition})]),
            &intent(),
        ))
    });
    within_limit("resources", || {
        let policy = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["lambda:*a*a*a*b", "l*:*"], "Resource": hostile},
            {"Effect": "Deny", "NotAction": "lambda:*e*e*", "NotResource": hostile},
        ]});
        told(&permission_results(&[&policy], None, &intent()))
    });
}

#[test]
fn ten_thousand_statements() {
    let allows = |count: u64| -> Vec<Value> {
        (0..count)
            .map(|number| {
                json!({
                    "Effect": "Allow",
                    "Principal": {"AWS": format!("{:012}", 100_000_000_000 + number)},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"sts:ExternalId": format!("tenant-{number}")}},
                })
            })
            .collect()
    };
    let statements = allows(10_000);
    let many = json!({"Version": "2012-10-17", "Statement": statements});
    within_limit("stated", || told(&trust_results(&many, &intent())));
    within_limit("not stated", || told(&trust_results(&many, &RoleIntent::default())));
    let mut half_denied = allows(500);
    for statement in half_denied.iter_mut().skip(250) {
        statement["Effect"] = json!("Deny");
    }
    let half = json!({"Version": "2012-10-17", "Statement": half_denied});
    within_limit("half of them deny", || told(&trust_results(&half, &RoleIntent::default())));
    let invoke: Vec<Value> = (0..10_000)
        .map(|number| json!({"Effect": if number % 2 == 0 { "Allow" } else { "Deny" }, "Action": "lambda:InvokeFunction", "Resource": format!("{FUNCTION}{number}*")}))
        .collect();
    let invoke = json!({"Version": "2012-10-17", "Statement": invoke});
    within_limit("prefixes", || told(&permission_results(&[&invoke], Some(&invoke), &intent())));
}

#[test]
fn many_keys_and_values() {
    let keys: serde_json::Map<String, Value> = (0..300)
        .map(|number| (format!("custom:key{number}"), json!([format!("a{number}*"), "b*", "*c"])))
        .collect();
    let ids: Vec<String> = (0..5_000).map(|number| format!("tenant-{number}")).collect();
    let document = trust_of(&[
        json!({"Principal": {"AWS": GENESYS}, "Condition": {"StringLike": keys, "StringEquals": {"sts:ExternalId": ids}}}),
        json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Condition": {"ForAnyValue:StringNotLike": keys}}),
        json!({"Effect": "Deny", "Principal": {"AWS": "*"}, "Condition": {"StringNotEquals": {"sts:ExternalId": EXTERNAL_ID}}}),
    ]);
    within_limit("keys and values", || told(&trust_results(&document, &intent())));
}

#[test]
fn findings_are_bounded_too() {
    let statements: Vec<Value> = (0..150)
        .map(|number| json!({"Effect": "Allow", "Action": "lambda:*", "Resource": format!("{FUNCTION}{number}:*")}))
        .collect();
    let policy = document(&json!({"Version": "2012-10-17", "Statement": statements}));
    within_limit("permissions", || {
        let permissions =
            Permissions { identity: vec![NamedDocument { name: "p", document: &policy }], boundary: None };
        lint_permissions(&permissions, &intent(), &[PolicyFacts::default()])
            .into_iter()
            .map(|found| found.message)
            .collect()
    });
    let statements: Vec<Value> = (0..300)
        .map(|number| json!({"Principal": {"AWS": format!("{:012}", 100_000_000_000_u64 + number)}}))
        .collect();
    let trust = document(&trust_of(&statements));
    within_limit("trust", || {
        let policy = NamedDocument { name: "t", document: &trust };
        lint_trust(&policy, &intent(), &TrustFacts::default())
            .into_iter()
            .map(|found| found.message)
            .collect()
    });
}

#[test]
fn what_is_too_large_or_too_deep_is_refused_at_once() {
    let mut padded = clean_trust();
    padded["Id"] = json!("x".repeat(20_000_000));
    let started = Instant::now();
    assert!(Document::parse(&padded.to_string()).is_err());
    assert!(Document::parse(&format!("{}{}", "[".repeat(200_000), "]".repeat(200_000))).is_err());
    assert!(started.elapsed() < LIMIT);
}

#[test]
fn what_is_not_understood_is_unknown_and_never_proved() {
    let unknown = |statement: Value| {
        let answers = told(&trust_results(&trust_of(&[statement]), &intent()));
        assert!(answers.iter().any(|answer| answer.starts_with("unknown")), "{answers:?}");
    };
    let genesys = json!({"AWS": GENESYS});
    unknown(json!({"Principal": genesys, "Condition": {"StringMatches": {"sts:ExternalId": EXTERNAL_ID}}}));
    unknown(
        json!({"Principal": genesys, "Condition": {"StringEquals": {"sts:ExternalId": "${aws:PrincipalTag/id}"}}}),
    );
    unknown(
        json!({"Principal": genesys, "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}, "IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}),
    );
    unknown(
        json!({"Principal": {"AWS": "arn:aws:iam::765628985471:role/one"}, "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}),
    );
}
