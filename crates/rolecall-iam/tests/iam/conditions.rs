//! Condition operators. Sources: IAM User Guide, "Condition operators" (CO), "Multivalued context keys" (MV), "Condition"
//! (CE), "Policy elements: variables and tags" (VT).
//!
//! Every row is asked twice: as the condition of an Allow, which must then allow or not, and as the condition of a Deny beside
//! an Allow, which must then deny or not.

use rolecall_iam::condition::Operator;
use rolecall_iam::evaluate::Decision;
use rolecall_iam::truth::Truth::{self, False, True, Unknown};
use serde_json::{Value, json};

use super::support::{OPERATORS, by_identity, policy, request, with_context};

/// What the condition answers: once in an Allow, once in a Deny.
fn answers(operator: &str, key: &str, values: &Value, context: &Value) -> (Truth, Truth) {
    let asked = with_context(
        request("arn:aws:iam::111122223333:user/a", "s3:GetObject", "arn:aws:s3:::b/k"),
        context.clone(),
    );
    let condition = json!({ operator: { key: values } });
    let allow =
        policy(json!([{ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition }]));
    let deny = policy(json!([
        { "Effect": "Allow", "Action": "*", "Resource": "*" },
        { "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition },
    ]));
    let allowed = match by_identity(&asked, &allow).decision {
        Decision::Allowed => True,
        Decision::ImplicitlyDenied => False,
        Decision::Unknown => Unknown,
        Decision::ExplicitlyDenied => panic!("an Allow denied"),
    };
    let denied = match by_identity(&asked, &deny).decision {
        Decision::ExplicitlyDenied => True,
        Decision::Allowed => False,
        Decision::Unknown => Unknown,
        Decision::ImplicitlyDenied => panic!("the Allow beside the Deny is gone"),
    };
    (allowed, denied)
}

/// A value of the key `test:Key`, or `null` where the request does not have it.
fn check(rows: &[(&str, &str, Value, Value, Truth)]) {
    for (source, operator, values, value, expected) in rows {
        let context = if value.is_null() { json!({}) } else { json!({ "test:Key": value }) };
        let found = answers(operator, "test:Key", values, &context);
        assert_eq!(found, (*expected, *expected), "{source}: {operator} {values} against {value}");
    }
}

#[test]
fn strings() {
    check(&[
        ("CO", "StringEquals", json!("abc"), json!("abc"), True),
        ("CO, case-sensitive", "StringEquals", json!("abc"), json!("Abc"), False),
        ("CO, exact", "StringEquals", json!("abc"), json!("abcd"), False),
        ("CO, exact", "StringEquals", json!("abc"), json!("ab"), False),
        ("CO, * is no wildcard", "StringEquals", json!("a*"), json!("abc"), False),
        ("CO, * is no wildcard", "StringEquals", json!("a*"), json!("a*"), True),
        ("CE, any value", "StringEquals", json!(["x", "abc"]), json!("abc"), True),
        ("CO", "StringNotEquals", json!("abc"), json!("abc"), False),
        ("CO", "StringNotEquals", json!("abc"), json!("Abc"), True),
        ("CE, negated: none of them", "StringNotEquals", json!(["x", "abc"]), json!("abc"), False),
        ("CE, negated: none of them", "StringNotEquals", json!(["x", "abc"]), json!("y"), True),
        ("CO", "StringEqualsIgnoreCase", json!("abc"), json!("aBC"), True),
        ("CO", "StringEqualsIgnoreCase", json!("abc"), json!("abd"), False),
        ("beyond ASCII: not documented", "StringEqualsIgnoreCase", json!("Größe"), json!("GRÖßE"), Unknown),
        // The Kelvin sign is an upper-case k.
        ("beyond ASCII: not documented", "StringEqualsIgnoreCase", json!("k"), json!("\u{212A}"), Unknown),
        ("CO", "StringNotEqualsIgnoreCase", json!("abc"), json!("aBC"), False),
        ("CO", "StringNotEqualsIgnoreCase", json!("abc"), json!("x"), True),
        ("CO", "StringLike", json!("a*c"), json!("abbc"), True),
        ("CO, * may be nothing", "StringLike", json!("a*c"), json!("ac"), True),
        ("CO, ? is one", "StringLike", json!("a?c"), json!("ac"), False),
        ("CO, ? is one", "StringLike", json!("a?c"), json!("aéc"), True),
        ("CO, case-sensitive", "StringLike", json!("A*"), json!("abc"), False),
        ("CO, crosses colons and slashes", "StringLike", json!("arn:*d"), json!("arn:a:b/c:d"), True),
        ("CO", "StringLike", json!("*"), json!(""), True),
        ("CO", "StringLike", json!("?*"), json!(""), False),
        ("CO", "StringNotLike", json!("a*"), json!("abc"), False),
        ("CO", "StringNotLike", json!(["a*", "b*"]), json!("c"), True),
        ("CE, operator names in any case", "stringEQUALS", json!("abc"), json!("abc"), True),
    ]);
}

#[test]
fn numbers() {
    check(&[
        ("CO", "NumericEquals", json!("10"), json!("10"), True),
        ("CO", "NumericEquals", json!(10), json!("10.0"), True),
        ("leading zeros: not documented", "NumericEquals", json!("010"), json!("10"), Unknown),
        ("CO", "NumericEquals", json!("-0"), json!("0"), True),
        (
            "many digits: not documented",
            "NumericEquals",
            json!("9007199254740993"),
            json!("9007199254740992"),
            Unknown,
        ),
        ("CO", "NumericNotEquals", json!("10"), json!("10.0"), False),
        ("CO", "NumericNotEquals", json!(["10", "11"]), json!("12"), True),
        ("CO", "NumericLessThan", json!("10"), json!("9.99"), True),
        ("CO", "NumericLessThan", json!("10"), json!("10"), False),
        ("CO, not as text", "NumericLessThan", json!("10"), json!("9"), True),
        ("CO", "NumericLessThan", json!("-9"), json!("-10"), True),
        ("CO", "NumericLessThanEquals", json!("10"), json!("10"), True),
        ("CO", "NumericLessThanEquals", json!("10"), json!("10.01"), False),
        ("CO", "NumericGreaterThan", json!("-1"), json!("0"), True),
        ("CO", "NumericGreaterThan", json!("1"), json!("1"), False),
        ("CO", "NumericGreaterThanEquals", json!("1.50"), json!("1.5"), True),
        ("no number: not documented", "NumericEquals", json!("ten"), json!("10"), Unknown),
        ("no number: not documented", "NumericLessThan", json!("10"), json!("five"), Unknown),
        ("negated, no number: not documented", "NumericNotEquals", json!("10"), json!("ten"), Unknown),
    ]);
}

#[test]
fn dates() {
    check(&[
        ("CO", "DateEquals", json!("2024-05-01T12:00:00Z"), json!("2024-05-01T12:00:00Z"), True),
        (
            "CO, W3C: zones",
            "DateEquals",
            json!("2024-05-01T12:00:00Z"),
            json!("2024-05-01T14:00:00+02:00"),
            True,
        ),
        (
            "CO, W3C: without seconds",
            "DateEquals",
            json!("2024-05-01T12:00Z"),
            json!("2024-05-01T12:00:00Z"),
            True,
        ),
        ("CO, W3C: a day", "DateGreaterThanEquals", json!("2024-05-01"), json!("2024-05-01T00:00:00Z"), True),
        ("CO, W3C: a day", "DateLessThan", json!("2024-05-01"), json!("2024-04-30T23:59:59Z"), True),
        (
            "a month is no moment: not documented",
            "DateLessThan",
            json!("2024-05"),
            json!("2024-05-01T00:00:00Z"),
            Unknown,
        ),
        ("CO, epoch", "DateEquals", json!("2024-05-01T12:00:00Z"), json!("1714564800"), True),
        ("CO, epoch", "DateGreaterThan", json!(1714564800), json!("2024-05-01T12:00:01Z"), True),
        ("CO", "DateNotEquals", json!("2024-05-01"), json!("2024-05-02"), True),
        ("CO", "DateNotEquals", json!("2024-05-01"), json!("2024-05-01T00:00:00Z"), False),
        ("CO", "DateLessThan", json!("2024-05-01"), json!("2024-05-01"), False),
        ("CO", "DateLessThanEquals", json!("2024-05-01"), json!("2024-05-01"), True),
        ("CO", "DateGreaterThan", json!("2024-05-01"), json!("2024-05-02"), True),
        ("no date: not documented", "DateLessThan", json!("tomorrow"), json!("2024-05-01"), Unknown),
        (
            "epoch with a fraction: not documented",
            "DateLessThan",
            json!("1714564800.5"),
            json!("1714564800"),
            Unknown,
        ),
        ("before 1970: not documented", "DateLessThan", json!("-5"), json!("2024-05-01"), Unknown),
        ("no date: not documented", "DateLessThan", json!("1x"), json!("2024-05-01"), Unknown),
        ("no date: not documented", "DateLessThan", json!(""), json!("2024-05-01"), Unknown),
        ("negated, no date: not documented", "DateNotEquals", json!("2024-05-01"), json!("today"), Unknown),
        ("no date: not documented", "DateEquals", json!("2024-13-01"), json!("2024-05-01"), Unknown),
        (
            "without a zone: not documented",
            "DateEquals",
            json!("2024-05-01T12:00:00"),
            json!("2024-05-01T12:00:00Z"),
            Unknown,
        ),
        ("four digits: a year or seconds", "DateLessThan", json!("2024"), json!("2024-05-01"), Unknown),
    ]);
}

#[test]
fn booleans_bytes_and_addresses() {
    check(&[
        ("CO", "Bool", json!("true"), json!("true"), True),
        ("CO, JSON", "Bool", json!(true), json!("true"), True),
        ("CO", "Bool", json!("true"), json!("false"), False),
        ("CO", "Bool", json!(["true", "false"]), json!("false"), True),
        ("another word: not documented", "Bool", json!("yes"), json!("true"), Unknown),
        ("another case: not documented", "Bool", json!("True"), json!("true"), Unknown),
        ("another case: not documented", "Bool", json!("FALSE"), json!("false"), Unknown),
        ("another case: not documented", "Bool", json!("true"), json!("TRUE"), Unknown),
        (
            "CO",
            "BinaryEquals",
            json!("QmluYXJ5VmFsdWVJbkJhc2U2NA=="),
            json!("QmluYXJ5VmFsdWVJbkJhc2U2NA=="),
            True,
        ),
        ("CO", "BinaryEquals", json!("AAAA"), json!("AAAB"), False),
        ("no base64: not documented", "BinaryEquals", json!("A"), json!("A"), Unknown),
        ("CO", "IpAddress", json!("203.0.113.0/24"), json!("203.0.113.77"), True),
        ("CO", "IpAddress", json!("203.0.113.0/24"), json!("203.0.114.1"), False),
        ("CO, /32 by default", "IpAddress", json!("203.0.113.7"), json!("203.0.113.7"), True),
        ("CO, /32 by default", "IpAddress", json!("203.0.113.7"), json!("203.0.113.8"), False),
        (
            "CO, version 6",
            "IpAddress",
            json!("2001:db8:1234:5678::/64"),
            json!("2001:DB8:1234:5678:0:0:0:9"),
            True,
        ),
        ("CO, version 6", "IpAddress", json!("2001:db8::/32"), json!("203.0.113.7"), False),
        ("CO", "IpAddress", json!(["10.0.0.0/8", "203.0.113.0/24"]), json!("203.0.113.7"), True),
        ("no address: not documented", "IpAddress", json!("everywhere"), json!("203.0.113.7"), Unknown),
        ("CO", "NotIpAddress", json!("203.0.113.0/24"), json!("203.0.113.7"), False),
        (
            "negated, no address in the request: not documented",
            "NotIpAddress",
            json!("10.0.0.0/8"),
            json!("here"),
            Unknown,
        ),
        ("CO", "NotIpAddress", json!(["10.0.0.0/8", "203.0.113.0/24"]), json!("8.8.8.8"), True),
        (
            "negated, no address: not documented",
            "NotIpAddress",
            json!("everywhere"),
            json!("203.0.113.7"),
            Unknown,
        ),
    ]);
}

#[test]
fn arns() {
    let role = "arn:aws:iam::111122223333:role/team/a";
    for operator in ["ArnLike", "ArnEquals"] {
        check(&[
            ("CO", operator, json!(role), json!(role), True),
            ("CO", operator, json!("arn:aws:iam::111122223333:role/*"), json!(role), True),
            ("CO", operator, json!("arn:aws:iam::*:role/team/?"), json!(role), True),
            (
                "CO, each part by itself",
                operator,
                json!("arn:aws:iam::*:a"),
                json!("arn:aws:iam::1:b:a"),
                False,
            ),
            (
                "five parts are no ARN: not documented",
                operator,
                json!("arn:aws:iam:*:role/team/a"),
                json!(role),
                Unknown,
            ),
            ("CO, each part by itself", operator, json!("arn:*:*:*:*:*"), json!(role), True),
            (
                "CO, case-sensitive",
                operator,
                json!("arn:aws:iam::111122223333:role/Team/*"),
                json!(role),
                False,
            ),
            (
                "CO, the last part may hold colons",
                operator,
                json!("arn:aws:lambda:*:*:function:f*"),
                json!("arn:aws:lambda:us-east-1:111122223333:function:f:live"),
                True,
            ),
            ("CO, any of them", operator, json!(["arn:aws:sns:::x", role]), json!(role), True),
            (
                "no ARN in the request: not documented",
                operator,
                json!("arn:*:*:*:*:*"),
                json!("abc"),
                Unknown,
            ),
            ("no ARN in the policy: not documented", operator, json!("*"), json!(role), Unknown),
            ("no ARN in the policy: not documented", operator, json!("x*"), json!(role), Unknown),
        ]);
    }
    for operator in ["ArnNotLike", "ArnNotEquals"] {
        check(&[
            ("CO", operator, json!("arn:aws:iam::111122223333:role/*"), json!(role), False),
            ("CO", operator, json!("arn:aws:iam::999988887777:role/*"), json!(role), True),
            ("CE, none of them", operator, json!(["arn:aws:sns:::x", role]), json!(role), False),
            ("no ARN in the request: not documented", operator, json!(role), json!("abc"), Unknown),
        ]);
    }
}

#[test]
fn missing_keys() {
    let positive = [
        ("StringEquals", json!("a")),
        ("StringEqualsIgnoreCase", json!("a")),
        ("StringLike", json!("*")),
        ("NumericEquals", json!("1")),
        ("NumericLessThan", json!("1")),
        ("DateGreaterThan", json!("2020-01-01")),
        ("Bool", json!("false")),
        ("BinaryEquals", json!("AAAA")),
        ("IpAddress", json!("0.0.0.0/0")),
        ("ArnLike", json!("arn:*:*:*:*:*")),
        ("ArnEquals", json!("arn:*:*:*:*:*")),
    ];
    for (operator, values) in positive {
        let if_exists = format!("{operator}IfExists");
        check(&[
            ("CO, a missing key does not match", operator, values.clone(), Value::Null, False),
            ("CO, IfExists", &if_exists, values.clone(), Value::Null, True),
        ]);
        check(&[
            ("MV, vacuously true", &format!("ForAllValues:{operator}"), values.clone(), Value::Null, True),
            ("MV, none to match", &format!("ForAnyValue:{operator}"), values.clone(), Value::Null, False),
            ("MV", &format!("ForAllValues:{if_exists}"), values.clone(), Value::Null, True),
        ]);
    }
    let negated = [
        ("StringNotEquals", json!("a")),
        ("StringNotEqualsIgnoreCase", json!("a")),
        ("StringNotLike", json!("*")),
        ("NumericNotEquals", json!("1")),
        ("DateNotEquals", json!("2020-01-01")),
        ("NotIpAddress", json!("0.0.0.0/0")),
        ("ArnNotLike", json!("arn:*:*:*:*:*")),
        ("ArnNotEquals", json!("arn:*:*:*:*:*")),
    ];
    for (operator, values) in negated {
        check(&[
            ("CO, negated: a missing key matches", operator, values.clone(), Value::Null, True),
            ("CO, IfExists", &format!("{operator}IfExists"), values.clone(), Value::Null, True),
            ("MV", &format!("ForAllValues:{operator}"), values.clone(), Value::Null, True),
            ("MV", &format!("ForAnyValue:{operator}"), values.clone(), Value::Null, False),
        ]);
    }
    check(&[
        ("CO, IfExists: a key that is there counts", "StringEqualsIfExists", json!("a"), json!("a"), True),
        ("CO, IfExists: a key that is there counts", "StringEqualsIfExists", json!("a"), json!("b"), False),
        ("CO, IfExists", "BoolIfExists", json!("true"), json!("false"), False),
        ("CO, IfExists", "StringNotEqualsIfExists", json!("a"), json!("a"), False),
        ("no values: no match", "StringEquals", json!([]), json!("a"), False),
        ("no values, negated: not documented", "StringNotEquals", json!([]), json!("a"), Unknown),
        ("no values", "ForAllValues:StringEquals", json!([]), json!(["a"]), False),
        ("no values", "ForAllValues:StringEquals", json!([]), Value::Null, True),
        ("no values", "ForAnyValue:StringEquals", json!([]), json!(["a"]), False),
    ]);
    // CO says that IfExists makes a missing key match, MV that ForAnyValue makes it fail.
    assert_eq!(
        answers("ForAnyValue:StringEqualsIfExists", "test:Key", &json!("a"), &json!({})),
        (Unknown, Unknown)
    );
}

#[test]
fn several_values() {
    check(&[
        ("MV", "ForAllValues:StringEquals", json!(["a", "b"]), json!(["a", "b"]), True),
        ("MV", "ForAllValues:StringEquals", json!(["a", "b"]), json!(["a"]), True),
        ("MV", "ForAllValues:StringEquals", json!(["a", "b"]), json!(["a", "c"]), False),
        (
            "MV, a single value is a set of one",
            "ForAllValues:StringEquals",
            json!(["a", "b"]),
            json!("a"),
            True,
        ),
        (
            "MV, a single value is a set of one",
            "ForAllValues:StringEquals",
            json!(["a", "b"]),
            json!("c"),
            False,
        ),
        ("MV, an empty list", "ForAllValues:StringEquals", json!("a"), json!([]), True),
        (
            "MV, an empty string among others",
            "ForAllValues:StringEquals",
            json!("a"),
            json!(["", "a"]),
            False,
        ),
        ("MV, nothing but an empty string", "ForAllValues:StringEquals", json!("a"), json!([""]), True),
        ("MV", "ForAllValues:StringLike", json!(["a*", "b*"]), json!(["a1", "b2"]), True),
        ("MV", "ForAllValues:StringNotEquals", json!(["a"]), json!(["b", "c"]), True),
        ("MV", "ForAllValues:StringNotEquals", json!(["a"]), json!(["a", "c"]), False),
        ("MV", "ForAnyValue:StringEquals", json!(["a", "b"]), json!(["x", "b"]), True),
        ("MV", "ForAnyValue:StringEquals", json!(["a", "b"]), json!(["x", "y"]), False),
        ("MV, an empty list", "ForAnyValue:StringEquals", json!("a"), json!([]), False),
        ("MV", "ForAnyValue:StringEquals", json!("a"), json!("a"), True),
        ("MV", "ForAnyValue:StringNotEquals", json!(["a"]), json!(["a", "c"]), True),
        ("MV", "ForAnyValue:StringNotEquals", json!(["a"]), json!(["a"]), False),
        ("MV, with IfExists", "ForAnyValue:StringEqualsIfExists", json!("a"), json!(["b"]), False),
        ("MV, prefix in any case", "foranyvalue:stringequals", json!("a"), json!(["a"]), True),
        ("MV, no set operator: not documented", "StringEquals", json!("a"), json!(["a", "b"]), Unknown),
        ("MV, a list of one", "StringEquals", json!("a"), json!(["a"]), True),
        (
            "MV, no set operator, negated: not documented",
            "StringNotEquals",
            json!("x"),
            json!(["a", "b"]),
            Unknown,
        ),
    ]);
}

#[test]
fn presence() {
    check(&[
        ("CO, Null", "Null", json!("true"), Value::Null, True),
        ("CO, Null", "Null", json!("true"), json!("a"), False),
        ("CO, Null", "Null", json!("false"), Value::Null, False),
        ("CO, Null", "Null", json!("false"), json!("a"), True),
        ("CO, Null, JSON", "Null", json!(true), Value::Null, True),
        ("CO, Null: an empty list", "Null", json!("true"), json!([]), True),
        ("CO, Null: both", "Null", json!(["true", "false"]), json!("a"), True),
        ("CO, Null: another value", "Null", json!("maybe"), json!("a"), Unknown),
        ("Access Analyzer, Null with if exists", "NullIfExists", json!("true"), Value::Null, Unknown),
        ("not an operator", "StringMatches", json!("a"), json!("a"), Unknown),
        ("not an operator", "ForSomeValues:StringEquals", json!("a"), json!("a"), Unknown),
        ("not an operator", "ForAnyValue:Null", json!("true"), json!("a"), Unknown),
    ]);
}

/// CE: several operators and several keys must all hold; key names have no case, a tag's key after the slash neither.
#[test]
fn keys_and_blocks() {
    let asked = |context| {
        with_context(request("arn:aws:iam::111122223333:user/a", "s3:GetObject", "arn:aws:s3:::b/k"), context)
    };
    let rows = [
        (json!({}), json!({}), True),
        (json!({ "StringEquals": {} }), json!({}), True),
        (json!({ "StringEquals": { "t:A": "1", "t:B": "2" } }), json!({ "t:A": "1", "t:B": "2" }), True),
        (json!({ "StringEquals": { "t:A": "1", "t:B": "2" } }), json!({ "t:A": "1" }), False),
        (
            json!({ "StringEquals": { "t:A": "1" }, "Bool": { "t:B": "true" } }),
            json!({ "t:A": "1", "t:B": "false" }),
            False,
        ),
        (json!({ "StringEquals": { "STS:externalID": "x" } }), json!({ "sts:ExternalId": "x" }), True),
        (
            json!({ "StringEquals": { "aws:ResourceTag/Team": "x" } }),
            json!({ "AWS:resourcetag/team": "x" }),
            True,
        ),
        // A known failure outweighs what cannot be evaluated.
        (json!({ "Nonsense": { "t:A": "1" }, "StringEquals": { "t:A": "2" } }), json!({ "t:A": "1" }), False),
        (
            json!({ "Nonsense": { "t:A": "1" }, "StringEquals": { "t:A": "1" } }),
            json!({ "t:A": "1" }),
            Unknown,
        ),
    ];
    for (condition, context, expected) in rows {
        let identity =
            policy(json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition }));
        assert_eq!(
            by_identity(&asked(context.clone()), &identity).allows,
            expected,
            "{condition} against {context}"
        );
    }
}

#[test]
fn every_operator_has_one_name() {
    for prefix in ["", "ForAnyValue:", "ForAllValues:"] {
        for name in OPERATORS {
            for suffix in ["", "IfExists"] {
                let written = format!("{prefix}{name}{suffix}");
                assert_eq!(Operator::read(&written.to_uppercase()).name(), written);
            }
        }
    }
}
