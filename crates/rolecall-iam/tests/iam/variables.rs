//! Policy variables. Sources: IAM User Guide, "Policy elements: variables and tags" (VT), "Version" (V).

use rolecall_iam::evaluate::Decision::{Allowed, ImplicitlyDenied, Unknown};
use rolecall_iam::text::{Form, PolicyText};
use serde_json::{Value, json};

use super::support::{by_identity, document, request, with_context};

const USER: &str = "arn:aws:iam::111122223333:user/ann";

#[test]
fn in_resources() {
    let bucket = |rest: &str| format!("arn:aws:s3:::home/{rest}");
    let rows = [
        ("2012-10-17", "${aws:username}/*", json!({}), "ann/x", Allowed, "VT"),
        ("2012-10-17", "${aws:username}/*", json!({}), "bob/x", ImplicitlyDenied, "VT"),
        ("2012-10-17", "${AWS:USERNAME}/*", json!({}), "ann/x", Allowed, "VT: key names have no case"),
        ("2012-10-17", "${t:team}/*", json!({}), "/x", ImplicitlyDenied, "VT: unresolved matches nothing"),
        ("2012-10-17", "${t:team}*", json!({}), "anything", ImplicitlyDenied, "VT: unresolved is not empty"),
        ("2012-10-17", "${t:team, 'all'}/*", json!({}), "all/x", Allowed, "VT: default"),
        (
            "2012-10-17",
            "${t:team, 'all'}/*",
            json!({ "t:team": "red" }),
            "red/x",
            Allowed,
            "VT: default not needed",
        ),
        (
            "2012-10-17",
            "${t:team, 'all'}/*",
            json!({ "t:team": "red" }),
            "all/x",
            ImplicitlyDenied,
            "VT: default not needed",
        ),
        (
            "2012-10-17",
            "${t:team}/*",
            json!({ "t:team": "*" }),
            "red/x",
            ImplicitlyDenied,
            "VT: a value's * is literal",
        ),
        ("2012-10-17", "${t:team}/*", json!({ "t:team": "*" }), "*/x", Allowed, "VT: a value's * is literal"),
        (
            "2012-10-17",
            "${t:team}/*",
            json!({ "t:team": ["a", "b"] }),
            "a/x",
            ImplicitlyDenied,
            "VT: single-valued keys only",
        ),
        ("2012-10-17", "a${*}b", json!({}), "a*b", Allowed, "VT: ${*}"),
        ("2012-10-17", "a${*}b", json!({}), "axb", ImplicitlyDenied, "VT: ${*}"),
        ("2012-10-17", "a${?}b", json!({}), "a?b", Allowed, "VT: ${?}"),
        ("2012-10-17", "a${?}b", json!({}), "axb", ImplicitlyDenied, "VT: ${?}"),
        ("2012-10-17", "a${$}b", json!({}), "a$b", Allowed, "VT: ${$}"),
        ("2012-10-17", "${aws:userid}", json!({}), "AIDA", Unknown, "the id of a user is not in its ARN"),
        ("2012-10-17", "${broken", json!({}), "${broken", Unknown, "no variable of the guide"),
        ("2008-10-17", "${aws:username}/*", json!({}), "ann/x", ImplicitlyDenied, "V: literal in 2008-10-17"),
        (
            "2008-10-17",
            "${aws:username}/*",
            json!({}),
            "${aws:username}/x",
            Allowed,
            "V: literal in 2008-10-17",
        ),
        ("", "${aws:username}/*", json!({}), "${aws:username}/x", Allowed, "V: no version is 2008-10-17"),
        ("2008-10-17", "a${*}b", json!({}), "a${anything}b", Allowed, "V: * in literal text is a wildcard"),
    ];
    for (version, pattern, context, key, expected, source) in rows {
        let mut value =
            json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": bucket(pattern) } });
        if !version.is_empty() {
            value["Version"] = version.into();
        }
        let asked = with_context(request(USER, "s3:GetObject", &bucket(key)), context);
        assert_eq!(by_identity(&asked, &document(value)).decision, expected, "{source}: {pattern} and {key}");
    }
    // VT: an unresolved variable "might cause the entire statement to be invalid"; what is left of NotResource is not said.
    let complement = document(json!({ "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::home/${t:team}/*" } }));
    assert_eq!(by_identity(&request(USER, "s3:GetObject", &bucket("x/y")), &complement).decision, Unknown);
    // VT: variables stand after the fifth colon only.
    let early = document(json!({ "Version": "2012-10-17",
        "Statement": { "Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:${t:region}::x" } }));
    let asked = with_context(request(USER, "s3:GetObject", "arn:aws:s3:a::x"), json!({ "t:region": "a" }));
    assert_eq!(by_identity(&asked, &early).decision, Unknown);
}

#[test]
fn in_conditions() {
    let rows: Vec<(&str, &str, Value, _, &str)> = vec![
        ("StringEquals", "${t:other}", json!({ "t:K": "x", "t:other": "x" }), Allowed, "VT"),
        ("StringEquals", "${t:other}", json!({ "t:K": "x", "t:other": "y" }), ImplicitlyDenied, "VT"),
        ("StringEquals", "${t:other}", json!({ "t:K": "x" }), ImplicitlyDenied, "VT: unresolved, positive"),
        ("StringNotEquals", "${t:other}", json!({ "t:K": "x" }), Allowed, "VT: unresolved, negated"),
        ("StringNotEquals", "${t:other}", json!({ "t:K": "x", "t:other": "x" }), ImplicitlyDenied, "VT"),
        ("StringEqualsIgnoreCase", "${t:other}", json!({ "t:K": "X", "t:other": "x" }), Allowed, "VT"),
        ("StringLike", "${t:other}/*", json!({ "t:K": "x/1", "t:other": "x" }), Allowed, "VT"),
        (
            "StringLike",
            "${t:other}",
            json!({ "t:K": "abc", "t:other": "*" }),
            ImplicitlyDenied,
            "VT: a value's * is literal",
        ),
        ("StringLike", "a${*}", json!({ "t:K": "a*" }), Allowed, "VT: ${*}"),
        ("StringLike", "a${*}", json!({ "t:K": "ab" }), ImplicitlyDenied, "VT: ${*}"),
        ("StringEquals", "${t:other, 'none'}", json!({ "t:K": "none" }), Allowed, "VT: default"),
        (
            "ArnLike",
            "${aws:PrincipalArn}",
            json!({ "t:K": USER }),
            Unknown,
            "an ARN in a variable: not documented",
        ),
        ("ArnEquals", "arn:aws:iam::${aws:PrincipalAccount}:user/*", json!({ "t:K": USER }), Allowed, "VT"),
        (
            "ArnLike",
            "arn:aws:iam::${aws:PrincipalAccount}:role/*",
            json!({ "t:K": USER }),
            ImplicitlyDenied,
            "VT",
        ),
        (
            "StringEquals",
            "${aws:userid}",
            json!({ "t:K": "AIDA" }),
            Unknown,
            "the id of a user is not in its ARN",
        ),
        (
            "NumericEquals",
            "${t:other}",
            json!({ "t:K": "1", "t:other": "1" }),
            Unknown,
            "VT: not in numbers, so the text is no value",
        ),
        (
            "DateEquals",
            "${t:other}",
            json!({ "t:K": "2024-01-01", "t:other": "2024-01-01" }),
            Unknown,
            "VT: not in dates, so the text is no value",
        ),
        (
            "Bool",
            "${t:other}",
            json!({ "t:K": "true", "t:other": "true" }),
            Unknown,
            "VT: not in booleans, so the text is no value",
        ),
        (
            "IpAddress",
            "${t:other}",
            json!({ "t:K": "10.0.0.1", "t:other": "10.0.0.1" }),
            Unknown,
            "VT: not in addresses, so the text is no value",
        ),
        (
            "StringLike",
            "${aws:userid}*",
            json!({ "t:K": "AIDA" }),
            Unknown,
            "the id of a user is not in its ARN",
        ),
        (
            "StringEqualsIgnoreCase",
            "${aws:userid}",
            json!({ "t:K": "AIDA" }),
            Unknown,
            "the id of a user is not in its ARN",
        ),
        (
            "StringEqualsIgnoreCase",
            "${t:other}",
            json!({ "t:K": "x" }),
            ImplicitlyDenied,
            "VT: unresolved, positive",
        ),
        (
            "ArnLike",
            "arn:aws:iam::111122223333:user/${aws:userid}",
            json!({ "t:K": USER }),
            Unknown,
            "the id of a user is not in its ARN",
        ),
        (
            "ArnLike",
            "arn:aws:iam::111122223333:user/${t:other}",
            json!({ "t:K": USER }),
            ImplicitlyDenied,
            "VT: unresolved, positive",
        ),
        (
            "ArnNotLike",
            "arn:aws:iam::111122223333:user/${t:other}",
            json!({ "t:K": USER }),
            Allowed,
            "VT: unresolved, negated",
        ),
    ];
    for (operator, value, context, expected, source) in rows {
        let identity = document(json!({ "Version": "2012-10-17", "Statement":
            { "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { operator: { "t:K": value } } } }));
        let asked = with_context(request(USER, "s3:GetObject", "*"), context.clone());
        assert_eq!(
            by_identity(&asked, &identity).decision,
            expected,
            "{source}: {operator} {value} with {context}"
        );
    }
}

/// VT: not in actions, where a text with other characters than those of a name is not documented.
#[test]
fn elsewhere() {
    let identity = document(json!({ "Version": "2012-10-17", "Statement":
        { "Effect": "Allow", "Action": "s3:${t:verb}", "Resource": "*" } }));
    let asked = with_context(request(USER, "s3:GetObject", "*"), json!({ "t:verb": "GetObject" }));
    assert_eq!(by_identity(&asked, &identity).decision, Unknown);
}

#[test]
fn what_is_a_variable() {
    let resource = |text: &str| -> PolicyText {
        let read = document(json!({ "Version": "2012-10-17", "Statement":
            { "Effect": "Allow", "Action": "*", "Resource": format!("arn:aws:s3:::{text}") } }));
        read.statements()[0].resource.as_ref().unwrap().values[0].text.clone()
    };
    for text in ["${", "${}", "${a", "${a,}", "${a, b}", "${a, 'b}", "${${a}}", "${ a}", "${a*}"] {
        assert_eq!(*resource(text).form(), Form::Unreadable, "{text}");
    }
    for (text, keys) in [
        ("${a}", vec!["a"]),
        ("${a:b}x${c/d}", vec!["a:b", "c/d"]),
        ("${a, 'b}c'}", vec!["a"]),
        ("${a,'b'}", vec!["a"]),
        ("${*}${?}${$}", vec![]),
    ] {
        let found = resource(text);
        let found: Vec<&str> = found.variables().map(|key| key.written()).collect();
        assert_eq!(found, keys, "{text}");
    }
}
