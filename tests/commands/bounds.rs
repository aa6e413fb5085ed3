//! Files that nobody writes by hand: every one gets an answer.

#![allow(clippy::needless_pass_by_value)]

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::rolecall_reading;

/// `benches/README.md` has the figures for files of 10 MB.
const MANY: usize = 300;

fn policy(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn trusting(principal: &Value, id: &str) -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": id } } })
}

fn account(number: usize) -> Value {
    json!(format!("arn:aws:iam::{number:012}:root"))
}

fn function(number: usize) -> String {
    format!("arn:aws:lambda:us-east-1:123456789012:function:f{number}")
}

fn invoking(resource: Value) -> Value {
    json!({ "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": resource })
}

fn many<T>(make: impl FnMut(usize) -> T) -> Vec<T> {
    (0..MANY).map(make).collect()
}

fn description(roles: usize, id: impl Fn(usize) -> String) -> Value {
    let role = |number: usize| {
        json!({
            "RoleName": format!("r{number}"),
            "Arn": format!("arn:aws:iam::123456789012:role/r{number}"),
            "AssumeRolePolicyDocument": policy(vec![trusting(&account(765_628_985_471), &id(number))]),
            "RolePolicyList": [],
            "AttachedManagedPolicies": [],
        })
    };
    json!({ "RoleDetailList": (0..roles).map(role).collect::<Vec<_>>(), "Policies": [] })
}

fn plan() -> Value {
    let address = |number: usize| format!("aws_iam_role.r{number}");
    let trust = policy(vec![trusting(&account(765_628_985_471), "0a1b2c3d4e5f")]).to_string();
    let resource = |number: usize, key: &str, value: Value| json!({ "address": address(number), "mode": "managed", "type": "aws_iam_role", "name": format!("r{number}"), key: value });
    let values =
        |number: usize| json!({ "name": format!("r{number}"), "assume_role_policy": trust.as_str() });
    let change = json!({ "actions": ["create"], "after_unknown": { "arn": true } });
    json!({
        "format_version": "1.2",
        "planned_values": { "root_module": { "resources": many(|n| resource(n, "values", values(n))) } },
        "resource_changes": many(|n| resource(n, "change", change.clone())),
    })
}

fn template() -> String {
    let mut text = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Statement:\n".to_owned();
    for number in 0..MANY {
        let _ = writeln!(
            text,
            "          - {{Effect: Allow, Principal: {{AWS: '{number:012}'}}, Action: 'sts:AssumeRole'}}"
        );
    }
    text
}

/// A file, the exit code of its proof, and the last line of the answer; the last line of an error is on standard error.
#[test]
fn every_file_gets_an_answer() {
    let allow = json!({ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole" });
    let deny = |number: usize| json!({ "Effect": "Deny", "Principal": { "AWS": account(number) }, "Action": "sts:AssumeRole" });
    let roles = json!(many(|number| format!("arn:aws:iam::{number:012}:role/r")));
    let long = "f".repeat(2 * 1024 * 1024);
    let text = |value: Value| value.to_string();
    let mut wrong = Vec::new();
    let with_id = |principals: Value| policy(vec![trusting(&principals, "0a1b2c3d4e5f")]);
    for (name, text, status) in [
        ("accounts", text(with_id(json!(many(account)))), 0),
        ("roles", text(with_id(roles)), 0),
        (
            "statements",
            text(policy(many(|number| trusting(&account(number), &format!("id-{number:08}"))))),
            4,
        ),
        ("denials", text(policy([vec![allow], many(deny)].concat())), 4),
        ("functions", text(policy(vec![invoking(json!(many(function)))])), 0),
        ("identity statements", text(policy(many(|number| invoking(json!(function(number)))))), 0),
        ("a long name", text(policy(vec![invoking(json!(format!("{}{long}", function(0))))])), 5),
        ("roles of one external ID", text(description(100, |_| "0a1b2c3d4e5f".to_owned())), 0),
        ("roles of their own external IDs", text(description(100, |number| format!("id-{number:08}"))), 0),
        ("an account without roles", text(description(0, |_| String::new())), 2),
        ("a plan", text(plan()), 0),
        ("a template", template(), 4),
        ("nested lists", "[".repeat(1_000_000), 2),
        ("nested objects", "{\"Statement\":".repeat(100_000), 2),
        ("nested YAML", format!("a: {}", "[".repeat(100_000)), 2),
        ("numbers", format!("[{}0]", "0,".repeat(1_000_000)), 2),
        ("a long YAML", format!("a: {}", "x".repeat(5 * 1024 * 1024)), 2),
        ("a long JSON", format!("[{}]", " ".repeat(70 * 1024 * 1024)), 2),
    ] {
        for output in ["human", "json"] {
            let run = rolecall_reading(&text, &["prove", "-", "--output", output]);
            let answer = if run.status == 2 { &run.stderr } else { &run.stdout };
            let last = answer.lines().last().unwrap_or_default();
            let word = match status {
                0 => "proved",
                2 => "",
                4 => "refuted",
                _ => "unknown",
            };
            let is_answer = !last.trim().is_empty() && (output != "human" || last.contains(word));
            if run.status != status || !is_answer {
                wrong.push(format!("{name}, {output}: {} with {last:.300}", run.status));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_too_much_is_unknown() {
    let mut account = description(5_001, |_| String::new());
    for role in account["RoleDetailList"].as_array_mut().unwrap() {
        role["AssumeRolePolicyDocument"] = json!({});
    }
    let run = rolecall_reading(account.to_string(), &["prove", "-"]).expect(5);
    let end: Vec<&str> = run.stdout.lines().skip(5_000 * 6 - 6).collect();
    insta::assert_snapshot!(end.join("\n"), @"
    arn:aws:iam::123456789012:role/r4999 (account description standard input)
      unknown    who can assume the role
                 the trust policy: not a policy document: the document: `Statement` is missing
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.
      note: its permissions were not judged, because who can assume it is not known; --target says what the role is for

    arn:aws:iam::123456789012:role/r5000 (account description standard input)
      unknown    who can assume the role
                 the file has more than 5000 roles; --role NAME proves only that role
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    5001 roles: 5001 unknown
    Result: unknown
    ");
    let name = "f".repeat(1024 * 1024);
    let functions = [function(0) + &name, function(1)];
    let said = [json!(functions[0]), json!(functions)].map(|resources| {
        let policy = policy(vec![invoking(resources)]).to_string();
        rolecall_reading(policy, &["prove", "-"]).whole()
    });
    insta::assert_snapshot!(said.concat(), @"
    exit 5
    -- stdout
    Identity policy standard input
      unknown    what a session can do
                 the policy: it has 1048729 characters; IAM stores no document of this size, and rolecall proves documents of up to 262144
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    exit 5
    -- stdout
    Identity policy standard input
      unknown    what a session can do
                 the policy: it has 1048783 characters; IAM stores no document of this size, and rolecall proves documents of up to 262144
      Proved on the role's side: policies of the organization (SCPs, RCPs), of other resources and of the caller are not part of it.

    Result: unknown
    ");
}
