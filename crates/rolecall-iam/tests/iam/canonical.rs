//! Formatting is not drift; everything else is.

use serde_json::{Value, json};

use super::support::document;

fn trust(change: impl FnOnce(&mut Value)) -> Value {
    let mut value = json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Vendor",
                "Effect": "Allow",
                "Principal": { "AWS": "arn:aws:iam::765628985471:root" },
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": { "StringEquals": { "sts:ExternalId": ["a", "b"] }, "Bool": { "aws:SecureTransport": "true" } },
            },
            { "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "sts:SetSourceIdentity" },
        ],
    });
    change(&mut value);
    value
}

type Change = fn(&mut Value);

#[test]
fn formatting() {
    let base = document(trust(|_| {}));
    let changes: [(&str, Change); 13] = [
        ("an account's id", |value| value["Statement"][0]["Principal"]["AWS"] = json!("765628985471")),
        ("a list of one", |value| value["Statement"][0]["Principal"]["AWS"] = json!(["765628985471"])),
        ("a list of one action", |value| value["Statement"][1]["Action"] = json!(["sts:SetSourceIdentity"])),
        ("a value twice", |value| {
            value["Statement"][0]["Principal"]["AWS"] =
                json!(["765628985471", "arn:aws:iam::765628985471:root"])
        }),
        ("order of actions", |value| {
            value["Statement"][0]["Action"] = json!(["sts:TagSession", "sts:AssumeRole", "sts:TagSession"])
        }),
        ("case of actions", |value| {
            value["Statement"][0]["Action"] = json!(["STS:assumerole", "sts:TagSession"])
        }),
        ("order of statements", |value| value["Statement"].as_array_mut().unwrap().reverse()),
        ("a statement twice", |value| {
            let copy = value["Statement"][1].clone();
            value["Statement"].as_array_mut().unwrap().push(copy);
        }),
        ("case of a condition key", |value| {
            value["Statement"][0]["Condition"] = json!({ "Bool": { "AWS:securetransport": true }, "stringequals": { "sts:externalid": ["b", "a"] } });
        }),
        ("an empty condition", |value| value["Statement"][1]["Condition"] = json!({})),
        ("an operator without keys", |value| value["Statement"][1]["Condition"] = json!({ "Bool": {} })),
        ("an empty id", |value| value["Id"] = json!("")),
        ("an empty statement id", |value| value["Statement"][1]["Sid"] = json!("")),
    ];
    for (name, change) in changes {
        let changed = document(trust(change));
        assert!(base.equivalent(&changed) && changed.equivalent(&base), "{name}: {changed}");
    }
    let absent = document(json!({ "Statement": [] }));
    assert!(absent.equivalent(&document(json!({ "Version": "2008-10-17", "Statement": [] }))));
    let single = json!({ "Effect": "Deny", "Action": "*", "Resource": "*" });
    assert!(document(json!({ "Statement": single })).equivalent(&document(json!({ "Statement": [single] }))));
}

#[test]
fn everything_else() {
    let base = document(trust(|_| {}));
    let changes: [(&str, Change); 14] = [
        ("version", |value| value["Version"] = json!("2008-10-17")),
        ("id", |value| value["Id"] = json!("x")),
        ("statement id", |value| value["Statement"][0]["Sid"] = json!("Other")),
        ("effect", |value| value["Statement"][1]["Effect"] = json!("Allow")),
        ("account", |value| value["Statement"][0]["Principal"]["AWS"] = json!("999988887777")),
        ("a role of the account", |value| {
            value["Statement"][0]["Principal"]["AWS"] = json!("arn:aws:iam::765628985471:role/x")
        }),
        ("one more principal", |value| {
            value["Statement"][0]["Principal"]["Service"] = json!("lambda.amazonaws.com")
        }),
        ("NotPrincipal", |value| {
            value["Statement"][1] =
                json!({ "Effect": "Deny", "NotPrincipal": { "AWS": "*" }, "Action": "sts:SetSourceIdentity" })
        }),
        ("action", |value| value["Statement"][0]["Action"] = json!(["sts:AssumeRole"])),
        ("case of a value", |value| {
            value["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] = json!(["A", "b"])
        }),
        (
            "operator",
            |value| value["Statement"][0]["Condition"] = json!({ "StringEqualsIfExists": { "sts:ExternalId": ["a", "b"] }, "Bool": { "aws:SecureTransport": "true" } }),
        ),
        ("one condition less", |value| {
            value["Statement"][0]["Condition"] = json!({ "StringEquals": { "sts:ExternalId": ["a", "b"] } })
        }),
        ("a value more", |value| {
            value["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"] = json!(["a", "b", "c"])
        }),
        ("a resource", |value| value["Statement"][1]["Resource"] = json!("*")),
    ];
    for (name, change) in changes {
        let changed = document(trust(change));
        assert!(!base.equivalent(&changed) && !changed.equivalent(&base), "{name}: {changed}");
    }
    let resource =
        |name: &str| document(json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": name } }));
    assert!(!resource("arn:aws:s3:::a").equivalent(&resource("arn:aws:s3:::A")));
}
