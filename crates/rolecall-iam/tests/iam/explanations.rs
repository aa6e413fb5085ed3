//! Decisions in words.

use rolecall_iam::evaluate::{Layers, Level, evaluate, evaluate_trust};
use rolecall_iam::explain::{Mark, explain, explain_trust};
use serde_json::json;

use super::support::{VENDOR, VENDOR_ROLE, allow_all, assume, policy, with_context};

fn trust() -> rolecall_iam::document::Document {
    policy(json!([
        { "Sid": "Vendor", "Effect": "Allow", "Principal": { "AWS": VENDOR }, "Action": "sts:AssumeRole",
          "Condition": { "StringEquals": { "sts:ExternalId": "abc" } } },
        { "Effect": "Allow", "Principal": { "Service": "lambda.amazonaws.com" }, "Action": "sts:TagSession" },
    ]))
}

#[test]
fn a_missing_external_id() {
    let (asked, trust) = (assume(VENDOR_ROLE), trust());
    let explanation = explain_trust(&asked, &trust, &evaluate_trust(&asked, &trust));
    assert_eq!(explanation.mark, Mark::No);
    assert_eq!(
        explanation.to_string(),
        "\
✗ ImplicitlyDenied: `arn:aws:iam::765628985471:role/platform` may not perform `sts:AssumeRole` on `arn:aws:iam::111122223333:role/DataActions`
  · no statement of the resource's policy allows it
  ✗ the resource's policy does not allow
    ✗ statement 1 `Vendor` (Allow) does not match
      ✗ sts:ExternalId must be `abc`; the request does not have this key
    · 1 statement is about other actions
"
    );
}

#[test]
fn an_allowed_call() {
    let (all, trust) = (allow_all(), trust());
    let asked = with_context(assume(VENDOR_ROLE), json!({ "sts:ExternalId": "abc" }));
    let layers = Layers { identity: vec![&all], resource: Some(&trust), ..Layers::default() };
    assert_eq!(
        explain(&asked, &layers, &evaluate(&asked, &layers)).to_string(),
        "\
✓ Allowed: `arn:aws:iam::765628985471:role/platform` may perform `sts:AssumeRole` on `arn:aws:iam::111122223333:role/DataActions`
  · allowed by statement `Vendor` of the resource's policy and statement 1 of the caller's identity policies
  ✓ the resource's policy allows
    ✓ statement 1 `Vendor` (Allow) matches
      ✓ Action covers the action `sts:AssumeRole`
      ✓ Principal matches the caller, `arn:aws:iam::765628985471:role/platform`
      ✓ sts:ExternalId must be `abc`; the request has `abc`
    · 1 statement is about other actions
  ✓ the caller's identity policies allow
    ✓ statement 1 (Allow) matches
      ✓ Action covers the action `sts:AssumeRole`
      ✓ Resource covers the resource `arn:aws:iam::111122223333:role/DataActions`
"
    );
}

#[test]
fn denied_unknown_and_implied() {
    let (all, trust) = (allow_all(), trust());
    let guard = policy(json!([{ "Sid": "Guard", "Effect": "Deny", "Action": "sts:*", "Resource": "*",
        "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } }]));
    let asked = with_context(
        assume(VENDOR_ROLE),
        json!({ "sts:ExternalId": "abc", "aws:RequestTag/team": "red", "aws:SourceIp": "10.1.2.3" }),
    );
    let layers = Layers {
        identity: vec![&all],
        resource: Some(&trust),
        service_control: vec![Level { documents: vec![&all, &guard] }],
        ..Layers::default()
    };
    let text = explain(&asked, &layers, &evaluate(&asked, &layers)).to_string();
    for line in [
        "✗ ExplicitlyDenied:",
        "· denied by statement `Guard` of the service control policies of level 1",
        "✗ the service control policies of level 1 deny",
        "✗ policy 2, statement 1 `Guard` (Deny) matches",
        "✓ aws:SourceIp must be an address in `10.0.0.0/8`; the request has `10.1.2.3`",
        "✗ the call needs `sts:TagSession` too: denied by statement `Guard`",
        "✗ Principal does not match the caller",
    ] {
        assert!(text.contains(line), "{line} in:\n{text}");
    }
    let odd = policy(json!([{ "Effect": "Allow", "Principal": { "AWS": VENDOR }, "Action": "sts:AssumeRole",
        "Condition": { "Sounds": { "sts:ExternalId": "abc" } } }]));
    let text = explain_trust(&asked, &odd, &evaluate_trust(&asked, &odd)).to_string();
    assert!(text.contains("? statement 1 (Allow) may match"), "{text}");
    assert!(text.contains("`Sounds` on sts:ExternalId is not a known operator"), "{text}");
}

/// Every family of operators has words.
#[test]
fn conditions_as_sentences() {
    let rows = [
        ("StringNotEquals", json!(["a", "b"]), "t:K must not be `a` or `b`"),
        ("StringEqualsIgnoreCase", json!("a"), "t:K must be, ignoring letter case, `a`"),
        ("StringLikeIfExists", json!("a*"), "t:K must have the form `a*`, if the request has it"),
        ("ForAnyValue:StringEquals", json!("a"), "at least one value of t:K must be `a`"),
        ("ForAllValues:StringEquals", json!("a"), "every value of t:K, if there is any, must be `a`"),
        ("NumericLessThanEquals", json!(5), "t:K must be a number at most `5`"),
        ("DateGreaterThan", json!("2024-01-01"), "t:K must be a time after `2024-01-01`"),
        ("Bool", json!(true), "t:K must be `true`"),
        ("BinaryEquals", json!("AAAA"), "t:K must be the bytes `AAAA`"),
        ("NotIpAddress", json!("10.0.0.0/8"), "t:K must not be an address in `10.0.0.0/8`"),
        ("ArnNotLike", json!("arn:*"), "t:K must not be an ARN of the form `arn:*`"),
        ("Null", json!("true"), "t:K must be absent"),
        ("Null", json!("false"), "t:K must be present"),
        ("StringEquals", json!([]), "t:K must be one of no values"),
    ];
    for (operator, values, expected) in rows {
        let read = policy(
            json!([{ "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { operator: { "t:K": values } } }]),
        );
        assert_eq!(read.statements()[0].conditions[0].phrase(), expected);
    }
}

/// Where AWS is not verified, the explanation says what cannot be decided.
#[test]
fn doubts_are_told() {
    let identity = policy(json!([{ "Effect": "Allow", "Action": "*", "Resource": "arn:aws:i*m:*",
        "Condition": { "ForAnyValue:StringEqualsIfExists": { "aws:TagKeys": "a" } } }]));
    let asked = assume("arn:aws:iam::111122223333:role/own");
    let layers = Layers { identity: vec![&identity], ..Layers::default() };
    let text = explain(&asked, &layers, &evaluate(&asked, &layers)).to_string();
    assert!(text.contains("the request does not have this key; this cannot be decided"), "{text}");
    let wide = policy(json!([{ "Effect": "Deny", "Action": "*", "Resource": "arn:aws:iam*" }]));
    let layers = Layers { identity: vec![&wide], ..Layers::default() };
    let text = explain(&asked, &layers, &evaluate(&asked, &layers)).to_string();
    assert!(text.contains("on a `*` that runs across a colon"), "{text}");
}

/// "NotPrincipal": a boundary changes whom a Deny means, and the words follow the decision.
#[test]
fn a_boundary_counts_in_words_too() {
    let all = allow_all();
    let user = "arn:aws:iam::111122223333:user/ann";
    let resource = policy(
        json!([{ "Effect": "Deny", "NotPrincipal": { "AWS": [user, "111122223333"] }, "Action": "*" }]),
    );
    let asked = assume(user);
    let free = Layers { identity: vec![&all], resource: Some(&resource), ..Layers::default() };
    let bounded = Layers { boundary: Some(vec![&all]), ..free.clone() };
    for (layers, words) in
        [(&free, "· statement 1 (Deny) does not match"), (&bounded, "✗ statement 1 (Deny) matches")]
    {
        let text = explain(&asked, layers, &evaluate(&asked, layers)).to_string();
        assert!(text.contains(words), "{words} in:\n{text}");
    }
}

/// A long list of statements is cut.
#[test]
fn many_statements() {
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let identity = policy(json!(vec![statement; 5]));
    let asked = super::support::request("arn:aws:iam::111122223333:role/own", "s3:ListAllMyBuckets", "*");
    let evaluation = evaluate(&asked, &Layers { identity: vec![&identity], ..Layers::default() });
    let reason = rolecall_iam::explain::reason(&evaluation);
    assert!(reason.ends_with("statement 3 of the caller's identity policies and 2 more"), "{reason}");
}
