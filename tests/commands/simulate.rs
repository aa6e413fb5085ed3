//! `rolecall simulate`: what it prints, and how it ends.

use serde_json::{Value, json};

use super::{EXTERNAL_ID, rolecall, rolecall_reading};

fn case(name: &str, external_id: Option<&str>, expected: &str) -> Value {
    let context = external_id.map_or(json!({}), |id| json!({ "sts:ExternalId": id }));
    json!({
        "name": name,
        "request": {
            "principal": "arn:aws:iam::765628985471:role/data-actions",
            "action": "sts:AssumeRole",
            "resource": { "resource": "arn:aws:iam::123456789012:role/GenesysDataActionRole" },
            "context": context,
        },
        "identityPolicies": [{ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } }],
        "resourcePolicy": { "Version": "2012-10-17", "Statement": [{ "Sid": "Genesys", "Effect": "Allow",
            "Principal": { "AWS": "765628985471" }, "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": EXTERNAL_ID } } }] },
        "expected": { "response": expected },
    })
}

fn undecidable() -> Value {
    let mut case = case("an operator that nobody knows", None, "ImplicitlyDenied");
    case["resourcePolicy"]["Statement"][0]["Condition"] =
        json!({ "StringSounds": { "sts:ExternalId": "x" } });
    case
}

fn simulate(cases: &[Value], arguments: &[&str]) -> crate::scenarios::stage::Run {
    rolecall_reading(Value::from(cases).to_string(), &[&["simulate", "-"], arguments].concat())
}

#[test]
fn the_exit_code_is_the_gravest() {
    let pass = || case("right", Some(EXTERNAL_ID), "Allowed");
    let fail = || case("wrong", Some("other"), "Allowed");
    simulate(&[pass()], &[]).expect(0).says("1 case passed.");
    simulate(&[pass(), fail()], &[]).expect(4).says("1 case passed, 1 failed.");
    simulate(&[pass(), undecidable()], &[]).expect(5).says("1 case passed, 1 unknown.");
    simulate(&[undecidable(), fail()], &[]).expect(4).says("0 cases passed, 1 failed, 1 unknown.");
    simulate(&[], &[]).expect(0).says("0 cases passed.").says("warning: standard input contains no cases");
}

#[test]
fn what_people_read() {
    let cases = [
        case("right", Some(EXTERNAL_ID), "Allowed"),
        case("Genesys Cloud's ID is wrong", Some("x"), "Allowed"),
        undecidable(),
    ];
    insta::assert_snapshot!(simulate(&cases, &[]).expect(4).stdout);
    insta::assert_snapshot!(simulate(&cases, &["--explain"]).expect(4).stdout);
}

#[test]
fn what_programs_read() {
    let run = simulate(&[case("right", Some(EXTERNAL_ID), "Allowed"), undecidable()], &["--output", "json"]);
    assert_eq!(
        run.expect(5).json(),
        json!([
            {
                "name": "right",
                "response": "Allowed",
                "reason": "allowed by statement `Genesys` of the resource's policy and statement 1 of the caller's identity policies",
                "statements": [
                    { "pointer": "/resourcePolicy/Statement/0", "sid": "Genesys" },
                    { "pointer": "/identityPolicies/0/Statement" },
                ],
                "expected": "Allowed",
                "pass": true,
            },
            {
                "name": "an operator that nobody knows",
                "response": "Unknown",
                "reason": "cannot be decided: /Statement/0/Condition/StringSounds/sts:ExternalId of the resource's policy: `StringSounds` on sts:ExternalId is not a known operator; the request does not have this key; this cannot be decided",
                "statements": [],
                "expected": "ImplicitlyDenied",
                "pass": false,
            },
        ])
    );
    let explained = simulate(&[undecidable()], &["--output", "json", "--explain"]).expect(5).json();
    assert!(explained[0]["explanation"].as_str().unwrap().starts_with("? Unknown: "));
}

#[test]
fn faults_name_the_case_and_the_place() {
    let mut wrong = case("a case with two faults", None, "Allowed");
    wrong["request"]["action"] = json!("sts:*");
    wrong["expected"]["response"] = json!("Denied");
    let run = simulate(&[case("right", None, "Allowed"), wrong.clone()], &[]).expect(2);
    assert!(run.stdout.is_empty());
    run.says("error: standard input is not a file of cases:\n")
        .says("\n  case `a case with two faults`: /1/request/action: an action must be one call, such as `sts:AssumeRole`\n")
        .says("\n  case `a case with two faults`: /1/expected/response: the response must be `Allowed`, ")
        .says("hint: `rolecall simulate --help`");
    let report = simulate(&[wrong], &["--output", "json"]).expect(2).json();
    assert_eq!((&report["command"], &report["exit_code"]), (&json!("simulate"), &json!(2)));
}

#[test]
fn files_that_are_none() {
    rolecall(&["simulate", "gone.json"]).expect(2).says("cannot read `gone.json`: No such file");
    rolecall(&["simulate", "pitfalls"]).expect(2).says("cannot read `pitfalls`: ");
    rolecall(&["simulate"]).expect(2).says("<FILE>...");
    rolecall(&["simulate", "pitfalls/t01-no-external-id.json"])
        .expect(2)
        .says("a file of cases must be a list");
    for (bytes, message) in [
        (&b""[..], "not JSON"),
        (b"[", "not JSON"),
        (b"[{\"name\":\"\xff\"}]", "it is not UTF-8: byte 10 cannot be read"),
        (b"\xff\xfe[\0]\0", "it is UTF-16; save it as UTF-8"),
        (br#"[{"name":"a","name":"b"}]"#, "the key `name` is given twice"),
    ] {
        rolecall_reading(bytes, &["simulate", "-"]).expect(2).says(message);
    }
    rolecall_reading(b"\xef\xbb\xbf[]", &["simulate", "-"]).expect(0);
    let huge = " ".repeat(17 * 1024 * 1024);
    rolecall_reading(huge, &["simulate", "-"]).expect(2).says("more than 16777216 bytes");
    rolecall_reading("[".repeat(100_000), &["simulate", "-"]).expect(2);
}
