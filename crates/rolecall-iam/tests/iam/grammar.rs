//! What IAM refuses to store. Sources: IAM User Guide, "Principal" (P), "NotPrincipal" (NP), "Sid" (S), "Version" (V),
//! "IAM and AWS STS quotas" (Q); IAM's own error messages (M); Access Analyzer policy checks (AA).

use rolecall_iam::quota::Evidence::{self, Contested, Documented};
use rolecall_iam::quota::{Violation, check_identity_grammar, check_trust_grammar};
use serde_json::{Value, json};

use super::support::document;

fn places(violations: &[Violation]) -> Vec<(&str, Evidence)> {
    violations.iter().map(|violation| (violation.pointer.as_str(), violation.evidence)).collect()
}

#[test]
fn trust_policies() {
    let statement = |change: Value| {
        let mut statement =
            json!({ "Effect": "Allow", "Principal": { "AWS": "765628985471" }, "Action": "sts:AssumeRole" });
        for (key, value) in change.as_object().unwrap() {
            match value {
                Value::Null => statement.as_object_mut().unwrap().remove(key),
                value => statement.as_object_mut().unwrap().insert(key.clone(), value.clone()),
            };
        }
        statement
    };
    let rows = [
        (json!({}), vec![], "the plain case"),
        (json!({ "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"] }), vec![], "P"),
        (json!({ "Principal": { "AWS": "*" } }), vec![], "P: accepted"),
        (json!({ "Principal": { "Service": "lambda.amazonaws.com" } }), vec![], "P"),
        (
            json!({ "Resource": "*" }),
            vec![("/Statement/0/Resource", Documented)],
            "M: Has prohibited field Resource",
        ),
        (json!({ "NotResource": "*" }), vec![("/Statement/0/NotResource", Documented)], "M"),
        (json!({ "Principal": null }), vec![("/Statement/0", Documented)], "AA: Missing principal"),
        (
            json!({ "Principal": "*" }),
            vec![("/Statement/0/Principal", Documented)],
            "M: invalid principal \"STAR\":\"*\"",
        ),
        (
            json!({ "Principal": null, "NotPrincipal": { "AWS": "765628985471" } }),
            vec![("/Statement/0/NotPrincipal", Documented)],
            "NP",
        ),
        (
            json!({ "Principal": { "AWS": ["765628985471", "AROA1234567890EXAMPLE"] } }),
            vec![("/Statement/0/Principal/AWS/1", Documented)],
            "M: Invalid principal",
        ),
        (
            json!({ "Principal": { "AWS": "arn:aws:iam::765628985471:role/*" } }),
            vec![("/Statement/0/Principal/AWS", Documented)],
            "P: no partial wildcards",
        ),
        (
            json!({ "Principal": { "Federated": "*" } }),
            vec![("/Statement/0/Principal/Federated", Documented)],
            "P: a wildcard stands for everybody under `AWS` only",
        ),
        (
            json!({ "Principal": { "Service": ["lambda.amazonaws.com", "*"] } }),
            vec![("/Statement/0/Principal/Service/1", Documented)],
            "P",
        ),
        (
            json!({ "Principal": { "CanonicalUser": "abc" } }),
            vec![("/Statement/0/Principal/CanonicalUser", Documented)],
            "P: S3 only",
        ),
        (
            json!({ "Action": "s3:GetObject" }),
            vec![("/Statement/0/Action", Documented)],
            "M: may only specify STS AssumeRole actions",
        ),
        (
            json!({ "Action": ["sts:AssumeRole", "sts:GetCallerIdentity"] }),
            vec![("/Statement/0/Action/1", Documented)],
            "M",
        ),
        (json!({ "Action": "sts:*" }), vec![("/Statement/0/Action", Contested)], "sources contradict"),
        (json!({ "Action": "*" }), vec![("/Statement/0/Action", Contested)], "sources contradict"),
        (
            json!({ "Action": null, "NotAction": "s3:*" }),
            vec![("/Statement/0/NotAction", Contested)],
            "sources contradict",
        ),
        (json!({ "Sid": "a b" }), vec![("/Statement/0/Sid", Documented)], "M: must be alpha-numeric"),
        (json!({ "Sid": "" }), vec![], "S: empty is none"),
        (
            json!({ "Condition": { "StringMatches": { "sts:ExternalId": "a" } } }),
            vec![("/Statement/0/Condition/StringMatches", Documented)],
            "AA: Invalid condition operator",
        ),
        (
            json!({ "Condition": { "NullIfExists": { "sts:ExternalId": "true" } } }),
            vec![("/Statement/0/Condition/NullIfExists", Documented)],
            "AA: Null with if exists",
        ),
        (
            json!({ "Condition": { "StringEquals": { "ExternalId": "a" } } }),
            vec![("/Statement/0/Condition/StringEquals/ExternalId", Documented)],
            "M: must be prefaced by a vendor",
        ),
        (
            json!({ "Condition": { "StringEquals": { "sts:ExternalId": "日" } } }),
            vec![("/Statement/0/Condition/StringEquals/sts:ExternalId", Documented)],
            "the model's character set",
        ),
    ];
    for (change, expected, source) in rows {
        let document = document(json!({ "Version": "2012-10-17", "Statement": [statement(change.clone())] }));
        assert_eq!(places(&check_trust_grammar(&document)), expected, "{source}: {change}");
    }
    let twice = json!([statement(json!({ "Sid": "a" })), statement(json!({ "Sid": "a" }))]);
    assert_eq!(
        places(&check_trust_grammar(&document(json!({ "Statement": twice })))),
        [("/Statement/1/Sid", Documented)],
        "S: unique"
    );
    assert_eq!(
        places(&check_trust_grammar(&document(json!({ "Statement": [] })))),
        [("/Statement", Documented)]
    );
    let single = document(json!({ "Statement": statement(json!({ "Resource": "*" })) }));
    assert_eq!(places(&check_trust_grammar(&single)), [("/Statement/Resource", Documented)]);
}

#[test]
fn identity_policies() {
    let rows = [
        (
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "lambda:*", "Resource": ["*", "arn:aws:s3:::b"] }] }),
            vec![],
            "",
        ),
        (
            json!({ "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] }),
            vec!["/Version"],
            "M: must be version 2012-10-17 or greater",
        ),
        (
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*" }] }),
            vec!["/Statement/0"],
            "M: must contain resources",
        ),
        (
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }] }),
            vec!["/Statement/0/Principal"],
            "M: should not specify a principal",
        ),
        (
            json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": ["*", "function:f"] } }),
            vec!["/Statement/Resource/1"],
            "M: must be in ARN format or \"*\"",
        ),
        (
            json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": ["lambda:a", "Invoke", "a:b:c", "*:*"], "Resource": "*" }] }),
            vec!["/Statement/0/Action/1", "/Statement/0/Action/2", "/Statement/0/Action/3"],
            "M: must be prefaced by a vendor",
        ),
    ];
    for (value, expected, source) in rows {
        let violations = check_identity_grammar(&document(value.clone()));
        let found: Vec<&str> = violations.iter().map(|violation| violation.pointer.as_str()).collect();
        assert_eq!(found, expected, "{source}: {value}");
    }
}

/// Q: "IAM does not count white space when calculating the size of a policy".
#[test]
fn sizes() {
    let text = "{ \"Version\" : \"2012-10-17\",\n \"Statement\": [ ] }";
    let read = rolecall_iam::document::Document::parse(text).unwrap();
    assert_eq!(read.size(), r#"{"Version":"2012-10-17","Statement":[]}"#.len());
    let long = document(
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": vec!["arn:aws:s3:::bucket"; 10_000] } }),
    );
    assert_eq!(check_identity_grammar(&long)[0].pointer, "", "longer than any document that a call accepts");
}
