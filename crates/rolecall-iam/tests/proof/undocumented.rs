//! What AWS does not document is unknown in both directions: a value that nobody says how to read never makes an answer
//! certain, neither in an `Allow` nor in a `Deny`, neither for the evaluator nor for the prover.

use rolecall_iam::document::Document;
use rolecall_iam::evaluate::Decision;
use rolecall_iam::prove::{NamedDocument, Permissions, Proof, RoleIntent, prove_permissions, prove_trust};
use serde_json::{Value, json};

use crate::iam::support::{OPERATORS, VENDOR, by_identity, policy, request, with_context};

/// A key whose values the operators of a family compare, a value of a request, values of a document that are documented, and
/// values that are not.
struct Family {
    key: &'static str,
    request: &'static str,
    readable: Vec<Value>,
    unreadable: Vec<Value>,
}

fn family(operator: &str) -> Family {
    let texts = |texts: &[&str]| texts.iter().map(|text| json!(text)).collect::<Vec<Value>>();
    let and = |mut values: Vec<Value>, more: &[Value]| {
        values.extend(more.iter().cloned());
        values
    };
    let bare = operator.replace("Not", "");
    match bare.as_str() {
        _ if bare.starts_with("String") => Family {
            key: "sts:ExternalId",
            request: "abc",
            readable: and(texts(&["abc", "x"]), &[json!(15), json!(true)]),
            unreadable: vec![json!(1.5), json!("${"), json!("${aws:username"), json!("a${}")],
        },
        _ if bare.starts_with("Numeric") => Family {
            key: "aws:MultiFactorAuthAge",
            request: "10",
            readable: and(texts(&["10", "9.5", "-1", "0"]), &[json!(10), json!(11.5)]),
            unreadable: and(
                texts(&[
                    "1e9",
                    " 999",
                    "999 ",
                    "+5",
                    "0x10",
                    "1,000",
                    "\u{663}",
                    "\u{ff11}",
                    "",
                    "NaN",
                    "Infinity",
                    "007",
                    ".5",
                    "5.",
                    "--1",
                    "9999999999999999",
                    "0.1234567890123456",
                    "1_000",
                    "10\n",
                    "${aws:EpochTime}",
                ]),
                &[json!(true)],
            ),
        },
        _ if bare.starts_with("Date") => Family {
            key: "aws:CurrentTime",
            request: "2026-05-01T12:00:00Z",
            readable: and(
                texts(&[
                    "2100-01-01T00:00:00Z",
                    "2020-01-01T00:00Z",
                    "2024-05-01T12:00:00.125+02:00",
                    "2024-05-01",
                    "1714564800",
                ]),
                &[json!(1714564800)],
            ),
            unreadable: and(
                texts(&[
                    "2100-01-01T00:00:00",
                    "2100-01-01T24:00:00Z",
                    "2100-01-01T00:00:60Z",
                    "4102444800000",
                    "4102444800.5",
                    "2100",
                    "2100-01",
                    "21000101",
                    "20250101",
                    "2100-01-01 00:00:00Z",
                    "2100-01-01t00:00:00z",
                    "2100-01-01T00Z",
                    "2100-01-01T00:00:00,5Z",
                    "2100-01-01T00:00:00.Z",
                    "2100-01-01T00:00:00+02",
                    "2100-01-01T00:00:00+0200",
                    "2100-01-01T00:00:00+25:00",
                    "2100-01-01T00:00:00Z[Europe/Berlin]",
                    "+002100-01-01T00:00:00Z",
                    "2100-13-01T00:00:00Z",
                    " 2100-01-01T00:00:00Z",
                    "2100-01-01T00:00:00Z ",
                    "01/01/2100",
                    "tomorrow",
                    "",
                    "-1",
                    "0",
                    "\u{662}\u{661}\u{660}\u{660}-01-01T00:00:00Z",
                    "Fri, 01 Jan 2100 00:00:00 GMT",
                ]),
                &[json!(4_102_444_800_000_u64), json!(1.5), json!(true)],
            ),
        },
        "Bool" => Family {
            key: "aws:MultiFactorAuthPresent",
            request: "true",
            readable: and(texts(&["true", "false"]), &[json!(true), json!(false)]),
            unreadable: and(
                texts(&[
                    "1",
                    "0",
                    "yes",
                    "True",
                    "TRUE",
                    " true",
                    "true ",
                    "",
                    "on",
                    "${aws:SecureTransport}",
                ]),
                &[json!(1), json!(0)],
            ),
        },
        "BinaryEquals" => Family {
            key: "test:Key",
            request: "AAAA",
            readable: texts(&["AAAA", "AAAB"]),
            unreadable: texts(&["A", "AAA", " AAAA", "AAAA\n", "AA-_", "AAB=", "\u{e9}"]),
        },
        "IpAddress" => Family {
            key: "aws:SourceIp",
            request: "203.0.113.7",
            readable: texts(&[
                "203.0.113.0/24",
                "203.0.113.7",
                "10.0.0.0/8",
                "2001:db8::/32",
                "0.0.0.0/0",
                "::/0",
            ]),
            unreadable: texts(&[
                "0.0.0.0/0.0.0.0",
                "203.0.113.7/24",
                "0.0.0.0/00",
                "0.0.0.0/+0",
                "0.0.0.0/ 0",
                " 0.0.0.0/0",
                "0.0.0.0/33",
                "0",
                "0/0",
                "203.0.113",
                "203.000.113.007",
                "0xcb.0.0x71.7",
                "3405803783",
                "203.0.113.*",
                "203.0.113.0-203.0.113.255",
                "*",
                "everywhere",
                "",
                "::ffff:0:0/96",
                "2001:db8::1",
                "fe80::1%eth0",
                "fe80::1%eth0/64",
                "[2001:db8::1]",
                "::ffff:203.0.113.7",
                "::ffff:203.0.113.0/120",
            ]),
        },
        _ if bare.starts_with("Arn") => Family {
            key: "aws:PrincipalArn",
            request: "arn:aws:iam::111122223333:user/a",
            readable: texts(&["arn:aws:iam::111122223333:user/a", "arn:*:iam::*:role/*"]),
            unreadable: texts(&[
                "*",
                "arn:aws:iam::*",
                "arn:*",
                "user/a",
                "",
                "111122223333",
                "${",
                "${aws:PrincipalArn}",
            ]),
        },
        other => panic!("no family for {other}"),
    }
}

/// Every operator with every quantifier and with `IfExists`.
fn spelled(operator: &str) -> Vec<String> {
    let prefixes = ["", "ForAllValues:", "ForAnyValue:"];
    let suffixes = ["", "IfExists"];
    prefixes
        .iter()
        .flat_map(|prefix| suffixes.iter().map(move |suffix| format!("{prefix}{operator}{suffix}")))
        .collect()
}

fn decisions(operator: &str, key: &str, values: &Value, value: &str) -> [Decision; 2] {
    let asked = request("arn:aws:iam::111122223333:user/a", "s3:GetObject", "arn:aws:s3:::b/k");
    let asked = with_context(asked, json!({ key: value }));
    let condition = json!({ operator: { key: values } });
    let allow =
        policy(json!([{ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition }]));
    let deny = policy(json!([
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition },
    ]));
    [allow, deny].map(|document| by_identity(&asked, &document).decision)
}

fn intent() -> RoleIntent {
    RoleIntent {
        trusted: vec![format!("arn:aws:iam::{VENDOR}:root").parse().unwrap()],
        external_id: Some("5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94".parse().unwrap()),
        targets: Some(vec!["arn:aws:lambda:us-east-1:111122223333:function:orders".parse().unwrap()]),
        ..RoleIntent::default()
    }
}

fn trusted() -> Value {
    json!({ "Effect": "Allow", "Principal": { "AWS": VENDOR }, "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94" } } })
}

fn invokes() -> Value {
    json!({ "Effect": "Allow", "Action": "lambda:InvokeFunction",
        "Resource": "arn:aws:lambda:us-east-1:111122223333:function:orders" })
}

/// "Nobody but", of a trust policy.
fn only_trusted(document: &Document) -> Proof {
    prove_trust(document, &intent()).remove(0).result
}

/// "Nothing but", of the permissions.
fn only_targets(document: &Document) -> Proof {
    let permissions =
        Permissions { identity: vec![NamedDocument { name: "policy", document }], boundary: None };
    prove_permissions(&permissions, &intent()).remove(0).result
}

#[test]
fn a_value_that_is_documented_is_decided() {
    for operator in OPERATORS {
        let Family { key, request, readable, .. } = family(operator);
        for (spelled, value) in
            spelled(operator).iter().flat_map(|spelled| readable.iter().map(move |value| (spelled, value)))
        {
            let found = decisions(spelled, key, value, request);
            assert!(!found.contains(&Decision::Unknown), "{spelled} {value}: {found:?}");
        }
    }
}

#[test]
fn a_value_that_is_not_documented_is_unknown_in_both_directions() {
    for operator in OPERATORS {
        let Family { key, request, readable, unreadable } = family(operator);
        for spelled in spelled(operator) {
            for value in &unreadable {
                let found = decisions(&spelled, key, value, request);
                assert_eq!(found, [Decision::Unknown; 2], "{spelled} {value} against {request}");
            }
            // The value of the request is read in the same way.
            if ["Numeric", "Date", "Bool", "Binary", "Ip", "NotIp"]
                .iter()
                .any(|start| operator.starts_with(start))
            {
                for value in ["", "x", "1e9", "True ", "A"] {
                    let found = decisions(&spelled, "test:Key", &readable[0], value);
                    // Nothing is nothing in base64 too.
                    let empty = value.is_empty()
                        && (spelled.starts_with("ForAllValues") || spelled.contains("Binary"));
                    assert!(
                        empty || found == [Decision::Unknown; 2],
                        "{spelled} {} against `{value}`: {found:?}",
                        readable[0]
                    );
                }
            }
        }
    }
}

#[test]
fn nothing_is_proved_by_a_value_that_is_not_documented() {
    for operator in OPERATORS {
        let Family { key, unreadable, readable, .. } = family(operator);
        let alone = unreadable.iter().map(|value| (operator.to_owned(), value.clone()));
        let beside = json!([readable[0], unreadable[0]]);
        for (spelled, values) in
            alone.chain(spelled(operator).into_iter().map(|spelled| (spelled, beside.clone())))
        {
            let condition = json!({ spelled.as_str(): { key: values } });
            let trust = |effect: &str, action: &str| {
                json!({ "Effect": effect, "Principal": { "AWS": "*" },
                "Action": action, "Condition": condition })
            };
            let everybody =
                json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole" });
            let open = policy(json!([trusted(), trust("Allow", "sts:AssumeRole")]));
            let closed = policy(json!([everybody, trust("Deny", "sts:*")]));
            for document in [open, closed] {
                assert_ne!(only_trusted(&document), Proof::Proved, "{document}");
            }
            let everything = |effect: &str| json!({ "Effect": effect, "Action": "*", "Resource": "*", "Condition": condition });
            let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
            let open = policy(json!([invokes(), everything("Allow")]));
            let closed = policy(json!([all, everything("Deny")]));
            for document in [open, closed] {
                assert_ne!(only_targets(&document), Proof::Proved, "{document}");
            }
        }
    }
}

#[test]
fn presence_is_unknown_for_a_value_that_is_neither_true_nor_false() {
    for value in [json!("1"), json!("True"), json!(""), json!(0), json!([])] {
        assert_eq!(decisions("Null", "sts:ExternalId", &value, "abc"), [Decision::Unknown; 2], "{value}");
        let condition = json!({ "Null": { "sts:ExternalId": value } });
        let open = json!({ "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "sts:AssumeRole",
            "Condition": condition });
        assert_ne!(only_trusted(&policy(json!([trusted(), open]))), Proof::Proved, "{value}");
    }
}

/// IAM refuses names like these; what they would cover nobody says.
#[test]
fn nothing_is_proved_by_a_name_that_is_not_documented() {
    let actions = [
        " s3:*",
        "s3:* ",
        "\ts3:*",
        "s3:*\n",
        "s3",
        "s3:",
        ":*",
        "s3:Get:Object",
        "s\u{0455}3:*",
        "s3:Get\u{e9}",
        "",
        " *",
        "* ",
        "s3 :*",
        "s3:[GP]et*",
        "s3.*",
        "s3:Get.*",
        "\u{200b}*",
        "s3:Get%2A",
        "*:*",
        "s*:*",
    ];
    for action in actions {
        let asked = request("arn:aws:iam::111122223333:user/a", "s3:GetObject", "arn:aws:s3:::b/k");
        let wide = json!({ "Effect": "Allow", "Action": action, "Resource": "*" });
        let except = json!({ "Effect": "Allow", "NotAction": action, "Resource": "*" });
        let closed = json!({ "Effect": "Deny", "Action": action, "Resource": "*" });
        let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        for statements in [json!([wide]), json!([except]), json!([all, closed])] {
            assert_eq!(by_identity(&asked, &policy(statements)).decision, Decision::Unknown, "{action:?}");
        }
        for document in [policy(json!([invokes(), wide])), policy(json!([all, closed]))] {
            assert_ne!(only_targets(&document), Proof::Proved, "{document}");
        }
    }
    for resource in [
        " *",
        "* ",
        "\t*",
        "s3",
        "",
        " arn:aws:s3:::*",
        "ARN:aws:s3:::*",
        "arn:aws:s3",
        "b/k",
        "arn:aws:s3:::* ",
    ] {
        let wide = json!({ "Effect": "Allow", "Action": "*", "Resource": resource });
        let closed = json!({ "Effect": "Deny", "Action": "*", "Resource": resource });
        let all = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        for document in [policy(json!([invokes(), wide])), policy(json!([all, closed]))] {
            assert_ne!(only_targets(&document), Proof::Proved, "{document}");
        }
    }
    let principals = [
        json!({ "AWS": " *" }),
        json!({ "AWS": "* " }),
        json!({ "AWS": "**" }),
        json!({ "AWS": "?" }),
        json!({ "AWS": "" }),
        json!({ "AWS": " 444455556666" }),
        json!({ "AWS": "arn:aws:iam::444455556666:root " }),
        json!({ "AWS": "\u{ff14}44455556666" }),
        json!({ "AWS": "everybody" }),
        json!({ "AWS": "ARN:aws:iam::444455556666:root" }),
        json!({ "Service": "*" }),
        json!({ "Service": "lambda*" }),
        json!({ "Service": " lambda.amazonaws.com" }),
        json!({ "Federated": "*" }),
        json!({ "Federated": "arn:aws:iam::*:saml-provider/*" }),
    ];
    for principal in principals {
        let open = json!({ "Effect": "Allow", "Principal": principal,
            "Action": ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"] });
        assert_ne!(only_trusted(&policy(json!([trusted(), open]))), Proof::Proved, "{principal}");
    }
}
