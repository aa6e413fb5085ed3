//! `rolecall simulate`: what it prints, and how it ends.

use serde_json::{Value, json};

use super::{EXTERNAL_ID, rolecall, rolecall_reading};
use crate::scenarios::views::named;

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
    insta::assert_snapshot!(simulate(&[pass()], &[]).whole(), @"
    exit 0
    -- stdout
    standard input
      PASS     right
               Allowed: allowed by statement `Genesys` of the resource's policy and statement 1 of the caller's identity policies
    1 case passed.
    ");
    insta::assert_snapshot!(simulate(&[pass(), fail()], &[]).whole(), @"
    exit 4
    -- stdout
    standard input
      PASS     right
               Allowed: allowed by statement `Genesys` of the resource's policy and statement 1 of the caller's identity policies
      FAIL     wrong
               ImplicitlyDenied, expected Allowed: no statement of the resource's policy allows it
    1 case passed, 1 failed.
    ");
    insta::assert_snapshot!(simulate(&[pass(), undecidable()], &[]).whole(), @"
    exit 5
    -- stdout
    standard input
      PASS     right
               Allowed: allowed by statement `Genesys` of the resource's policy and statement 1 of the caller's identity policies
      UNKNOWN  an operator that nobody knows
               Unknown, expected ImplicitlyDenied: cannot be decided: /Statement/0/Condition/StringSounds/sts:ExternalId of the resource's policy: `StringSounds` on sts:ExternalId is not a known operator; the request does not have this key; AWS does not say how this operator reads this value, so this cannot be decided
    1 case passed, 1 unknown.
    ");
    insta::assert_snapshot!(simulate(&[undecidable(), fail()], &[]).whole(), @"
    exit 4
    -- stdout
    standard input
      UNKNOWN  an operator that nobody knows
               Unknown, expected ImplicitlyDenied: cannot be decided: /Statement/0/Condition/StringSounds/sts:ExternalId of the resource's policy: `StringSounds` on sts:ExternalId is not a known operator; the request does not have this key; AWS does not say how this operator reads this value, so this cannot be decided
      FAIL     wrong
               ImplicitlyDenied, expected Allowed: no statement of the resource's policy allows it
    0 cases passed, 1 failed, 1 unknown.
    ");
    insta::assert_snapshot!(simulate(&[], &[]).whole(), @"
    exit 0
    -- stdout
    standard input
    0 cases passed.
    -- stderr
    warning: standard input contains no cases
    ");
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
                "reason": "cannot be decided: /Statement/0/Condition/StringSounds/sts:ExternalId of the resource's policy: `StringSounds` on sts:ExternalId is not a known operator; the request does not have this key; AWS does not say how this operator reads this value, so this cannot be decided",
                "statements": [],
                "expected": "ImplicitlyDenied",
                "pass": false,
            },
        ])
    );
    let explained = simulate(&[undecidable()], &["--output", "json", "--explain"]).expect(5).json();
    insta::assert_snapshot!(explained[0]["explanation"].as_str().unwrap(), @"
    ? Unknown: `arn:aws:iam::765628985471:role/data-actions` may or may not perform `sts:AssumeRole` on `arn:aws:iam::123456789012:role/GenesysDataActionRole`
      · cannot be decided: /Statement/0/Condition/StringSounds/sts:ExternalId of the resource's policy: `StringSounds` on sts:ExternalId is not a known operator; the request does not have this key; AWS does not say how this operator reads this value, so this cannot be decided
      ? the resource's policy may allow
        ? statement 1 `Genesys` (Allow) may match
          ✓ Action covers the action `sts:AssumeRole`
          ✓ Principal matches the caller, `arn:aws:iam::765628985471:role/data-actions`
          ? `StringSounds` on sts:ExternalId is not a known operator; the request does not have this key; AWS does not say how this operator reads this value, so this cannot be decided
      ✓ the caller's identity policies allow
        ✓ statement 1 (Allow) matches
          ✓ Action covers the action `sts:AssumeRole`
          ✓ Resource covers the resource `arn:aws:iam::123456789012:role/GenesysDataActionRole`
    ");
}

#[test]
fn faults_name_the_case_and_the_place() {
    let mut wrong = case("a case with two faults", None, "Allowed");
    wrong["request"]["action"] = json!("sts:*");
    wrong["expected"]["response"] = json!("Denied");
    let run = simulate(&[case("right", None, "Allowed"), wrong.clone()], &[]).expect(2);
    assert!(run.stdout.is_empty());
    insta::assert_snapshot!(run.whole(), @"
    exit 2
    -- stderr
    error[E10]: standard input is not a file of cases:
      case `a case with two faults`: /1/request/action: an action must be one call, such as `sts:AssumeRole`
      case `a case with two faults`: /1/expected/response: the response must be `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`, not `Denied`
    hint: `rolecall simulate --help` shows what a case looks like
    ");
    let report = simulate(&[wrong], &["--output", "json"]).expect(2).json();
    assert_eq!((&report["command"], &report["exit_code"]), (&json!("simulate"), &json!(2)));
}

#[test]
fn files_that_are_none() {
    insta::assert_snapshot!(rolecall(&["simulate", "gone.json"]).whole(), @"
    exit 2
    -- stderr
    error[E7]: cannot read `gone.json`: No such file or directory (os error [number])
    ");
    insta::assert_snapshot!(rolecall(&["simulate", "pitfalls"]).whole(), @"
    exit 2
    -- stderr
    error[E7]: cannot read `pitfalls`: it is a folder, not a regular file
    hint: pipe the text into rolecall and name `-`, which is standard input
    ");
    insta::assert_snapshot!(rolecall(&["simulate"]).whole(), @"
    exit 2
    -- stderr
    error[E1]: the following required arguments were not provided:
      <FILE>...

    Usage: rolecall simulate <FILE>...

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(rolecall(&["simulate", "pitfalls/t01-no-external-id.json"]).whole(), @"
    exit 2
    -- stderr
    error[E10]: `pitfalls/t01-no-external-id.json` is not a file of cases:
      /Version: unknown key (known keys: common, cases)
      /Statement: unknown key (known keys: common, cases)
      the document: `cases` is missing
    hint: `rolecall simulate --help` shows what a case looks like
    ");
    let mut said = String::new();
    for bytes in
        [&b""[..], b"[", b"[{\"name\":\"\xff\"}]", b"\xff\xfe[\0]\0", br#"[{"name":"a","name":"b"}]"#]
    {
        said += &named(bytes.escape_ascii(), &rolecall_reading(bytes, &["simulate", "-"]).whole());
    }
    insta::assert_snapshot!(said, @r#"
    === 
    exit 2
    -- stderr
    error[E10]: standard input is not a file of cases:
      the document: not JSON: EOF while parsing a value at line 1 column 0
    hint: `rolecall simulate --help` shows what a case looks like
    === [
    exit 2
    -- stderr
    error[E10]: standard input is not a file of cases:
      /0: not JSON: EOF while parsing a list at line 1 column 1
    hint: `rolecall simulate --help` shows what a case looks like
    === [{\"name\":\"\xff\"}]
    exit 2
    -- stderr
    error[E10]: cannot read standard input: it is not UTF-8: byte 10 cannot be read
    === \xff\xfe[\x00]\x00
    exit 2
    -- stderr
    error[E10]: cannot read standard input: it is UTF-16; save it as UTF-8
    === [{\"name\":\"a\",\"name\":\"b\"}]
    exit 2
    -- stderr
    error[E10]: standard input is not a file of cases:
      /0/name: the key `name` is given twice
    hint: `rolecall simulate --help` shows what a case looks like
    "#);
    rolecall_reading(b"\xef\xbb\xbf[]", &["simulate", "-"]).expect(0);
    let huge = " ".repeat(17 * 1024 * 1024);
    insta::assert_snapshot!(rolecall_reading(huge, &["simulate", "-"]).whole(), @"
    exit 2
    -- stderr
    error[E7]: cannot read standard input: it has more than 16777216 bytes
    ");
    rolecall_reading("[".repeat(100_000), &["simulate", "-"]).expect(2);
}
