//! Actions, resources and Lambda's ARNs. Sources: IAM User Guide, "Action" (A), "Resource" (R), "NotAction" (NA),
//! "NotResource" (NR); Lambda Developer Guide, "Function resource names" (L).

use rolecall_iam::evaluate::Decision::{self, Allowed, ExplicitlyDenied, ImplicitlyDenied, Unknown};
use rolecall_iam::evaluate::Request;
use serde_json::{Value, json};

use super::support::{by_identity, policy, request};

const OWNER: &str = "arn:aws:iam::111122223333:role/own";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:fn";

fn decide(asked: &Request, statement: &Value) -> Decision {
    let deny = statement["Effect"] == "Deny";
    let statements = if deny {
        json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }, statement])
    } else {
        json!([statement])
    };
    by_identity(asked, &policy(statements)).decision
}

#[test]
fn actions() {
    let rows = [
        ("Action", json!("lambda:InvokeFunction"), true, "A"),
        ("Action", json!("LAMBDA:invokefunction"), true, "A: prefix and name have no case"),
        ("Action", json!("lambda:*"), true, "A: wildcard"),
        ("Action", json!("lambda:Invoke*"), true, "A: wildcard"),
        ("Action", json!("lambda:invoke?unction"), true, "A: ? is one character"),
        ("Action", json!("lambda:Invoke?"), false, "A: ? is one character"),
        ("Action", json!("*"), true, "A: everything"),
        ("Action", json!("*:*"), true, "everything, though IAM would not store it"),
        ("Action", json!("lambda:Invoke"), false, "A: the whole name"),
        ("Action", json!("s3:*"), false, "A: another service"),
        ("Action", json!("InvokeFunction"), false, "not documented: without a service"),
        ("Action", json!(" lambda:InvokeFunction"), false, "not documented: a blank"),
        ("Action", json!(["s3:*", "lambda:InvokeFunction"]), true, "A: any of them"),
        ("Action", json!([]), false, "none"),
        ("NotAction", json!("s3:*"), true, "NA: everything else"),
        ("NotAction", json!(["s3:*", "lambda:*"]), false, "NA"),
        ("NotAction", json!("*"), false, "NA"),
    ];
    let asked = request(OWNER, "lambda:InvokeFunction", FUNCTION);
    for (element, value, covers, source) in rows {
        let statement = |effect: &str| json!({ "Effect": effect, element: value, "Resource": "*" });
        let undocumented = value == "*:*" || source.starts_with("not documented");
        let expected = match covers {
            _ if undocumented => (Unknown, Unknown),
            true => (Allowed, ExplicitlyDenied),
            false => (ImplicitlyDenied, Allowed),
        };
        let found = (decide(&asked, &statement("Allow")), decide(&asked, &statement("Deny")));
        assert_eq!(found, expected, "{source}: {element} {value}");
    }
}

#[test]
fn resources() {
    let rows = [
        ("Resource", json!("*"), Allowed, ExplicitlyDenied, "R"),
        ("Resource", json!(FUNCTION), Allowed, ExplicitlyDenied, "R"),
        (
            "Resource",
            json!("arn:aws:lambda:us-east-1:111122223333:function:FN"),
            ImplicitlyDenied,
            Allowed,
            "R: case-sensitive",
        ),
        ("Resource", json!("arn:aws:lambda:*:*:function:f?"), Allowed, ExplicitlyDenied, "R: wildcards"),
        (
            "Resource",
            json!("arn:aws:lambda:us-east-1:111122223333:*"),
            Allowed,
            ExplicitlyDenied,
            "R: wildcards",
        ),
        (
            "Resource",
            json!("arn:aws:lambda:us-east-1:111122223333:function:f"),
            ImplicitlyDenied,
            Allowed,
            "R: all of it",
        ),
        ("Resource", json!(["arn:aws:s3:::b", FUNCTION]), Allowed, ExplicitlyDenied, "R: any of them"),
        (
            "Resource",
            json!("arn:aws:lambda:*"),
            Allowed,
            Unknown,
            "R: a last * \"can expand to match beyond the colon boundaries\"",
        ),
        (
            "Resource",
            json!("arn:aws:lam*:fn"),
            Allowed,
            Unknown,
            "R: across colons: an Allow may, a Deny is not relied upon",
        ),
        ("NotResource", json!("arn:aws:s3:::*"), Allowed, ExplicitlyDenied, "NR"),
        ("NotResource", json!(FUNCTION), ImplicitlyDenied, Allowed, "NR"),
        ("NotResource", json!("arn:aws:lambda:*"), Unknown, Unknown, "NR: across colons"),
    ];
    let asked = request(OWNER, "lambda:InvokeFunction", FUNCTION);
    for (element, value, allow, deny, source) in rows {
        let statement = |effect: &str| json!({ "Effect": effect, "Action": "*", element: value });
        assert_eq!(decide(&asked, &statement("Allow")), allow, "{source}: {element} {value}");
        assert_eq!(decide(&asked, &statement("Deny")), deny, "{source}: {element} {value}, denied");
    }
    let bucket = request(OWNER, "s3:GetObject", "arn:aws:s3:::b/a:b:c/d");
    for (value, expected) in [
        ("arn:aws:s3:::b/*", Allowed),
        ("arn:aws:s3:::b/*d", Allowed),
        ("arn:aws:s3:::b/?", ImplicitlyDenied),
    ] {
        assert_eq!(
            decide(&bucket, &json!({ "Effect": "Allow", "Action": "*", "Resource": value })),
            expected,
            "R: * crosses /"
        );
    }
    // An action without a resource is asked of `*`.
    let list = request(OWNER, "lambda:ListFunctions", "*");
    for (value, expected) in
        [("*", Allowed), (FUNCTION, ImplicitlyDenied), ("arn:aws:lambda:*:*:*", ImplicitlyDenied)]
    {
        assert_eq!(
            decide(&list, &json!({ "Effect": "Allow", "Action": "*", "Resource": value })),
            expected,
            "R: {value}"
        );
    }
}

/// L: the policy's resource is compared with function name and qualifier as the call passes them.
#[test]
fn function_arns() {
    let table = [
        (json!("fn"), [true, false, false, false, false, false]),
        (json!("fn:prod"), [false, false, true, false, false, false]),
        (json!("fn:1"), [false, true, false, false, false, false]),
        (json!("fn:$LATEST"), [false, false, false, true, false, false]),
        (json!("fn:*"), [false, true, true, true, false, false]),
        (json!("fn*"), [true, true, true, true, true, true]),
        (json!(["fn", "fn:*"]), [true, true, true, true, false, false]),
    ];
    let called = ["fn", "fn:1", "fn:prod", "fn:$LATEST", "fn-admin", "fn-admin:prod"];
    let arn = |name: &str| format!("arn:aws:lambda:us-east-1:111122223333:function:{name}");
    for (named, answers) in table {
        let resources: Vec<String> = match &named {
            Value::Array(names) => names.iter().map(|name| arn(name.as_str().unwrap())).collect(),
            name => vec![arn(name.as_str().unwrap())],
        };
        let statement =
            json!({ "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": resources });
        for (call, allowed) in called.iter().zip(answers) {
            let expected = if allowed { Allowed } else { ImplicitlyDenied };
            assert_eq!(
                decide(&request(OWNER, "lambda:InvokeFunction", &arn(call)), &statement),
                expected,
                "L: {named} called as {call}"
            );
        }
    }
}

/// Patterns that make careless matchers slow.
#[test]
fn wildcards_take_bounded_time() {
    let text = "a".repeat(5_000);
    let pattern = format!("{}b", "*a".repeat(500));
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": pattern });
    let started = std::time::Instant::now();
    assert_eq!(decide(&request(OWNER, "s3:GetObject", &text), &statement), ImplicitlyDenied);
    let condition = json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "StringLike": { "t:K": pattern } } });
    let mut asked = request(OWNER, "s3:GetObject", "*");
    asked.context.set("t:K", text.as_str());
    assert_eq!(decide(&asked, &condition), ImplicitlyDenied);
    assert!(started.elapsed().as_secs() < 10, "took {:?}", started.elapsed());
}
