//! The classes of one key against values drawn at random.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::condition::Unresolved;
use crate::document::Document;
use crate::principal::Principal;
use crate::prove::caller::Call;
use crate::truth::Truth;

const TEXTS: [&str; 22] = [
    "",
    "a",
    "A",
    "ab",
    "b",
    "x",
    "arn:aws:s3:r:1:x",
    "arn:aws:s3:r:1:x:y",
    "arn:aws:s3:r:1",
    "5",
    "5.0",
    "05",
    "7",
    "-3",
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:01Z",
    "2025-06-01",
    "10.0.0.1",
    "10.1.0.1",
    "11.0.0.0",
    "true",
    "YWI=",
];
const VALUES: [&str; 25] = [
    "a${aws:PrincipalTag/x}",
    "${aws:PrincipalTag/x}*b",
    "arn:aws:s3:${aws:PrincipalTag/x}:*",
    "a",
    "a*",
    "?",
    "*",
    "*b",
    "A",
    "arn:*:s3:*:*:x",
    "arn:aws:s3:*:*",
    "arn:aws:s3:*:*:*y",
    "5",
    "7",
    "-3",
    "5.5",
    "2026-01-01T00:00:00Z",
    "2025-12-31",
    "10.0.0.0/8",
    "10.0.0.0/16",
    "10.1.0.0/16",
    "10.0.0.1",
    "true",
    "false",
    "YWI=",
];
const OPERATORS: [&str; 24] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "ArnLike",
    "ArnNotEquals",
    "NumericEquals",
    "NumericLessThan",
    "NumericGreaterThanEquals",
    "NumericNotEquals",
    "DateEquals",
    "DateLessThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "Null",
    "StringEqualsIfExists",
    "NumericLessThanEquals",
    "DateNotEquals",
    "StringNotEqualsIgnoreCase",
    "ArnEquals",
];

fn condition() -> impl Strategy<Value = serde_json::Value> {
    let operator = prop::sample::select(&OPERATORS[..]);
    let quantifier = prop_oneof![3 => Just(""), 1 => Just("ForAllValues:"), 1 => Just("ForAnyValue:")];
    let values = prop::collection::vec(prop::sample::select(&VALUES[..]), 1..3);
    (quantifier, operator, values).prop_map(|(quantifier, operator, values)| {
        let quantifier = if operator == "Null" { "" } else { quantifier };
        json!({format!("{quantifier}{operator}"): {"custom:key": values}})
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever value a request has, one of the examples meets exactly the same conditions.
    #[test]
    fn every_value_belongs_to_a_class(
        blocks in prop::collection::vec(condition(), 1..4),
        values in prop::collection::vec(prop::collection::vec(prop::sample::select(&TEXTS[..]), 0..4), 60),
    ) {
        let statements: Vec<_> = blocks
            .iter()
            .map(|block| json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": block}))
            .collect();
        let document = Document::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap();
        let asked: Vec<&Condition> =
            document.statements().iter().flat_map(|statement| &statement.conditions).collect();
        let caller = Caller::only(&Principal::Anonymous, None);
        let key = ContextKey::new("custom:key");
        let domain = Domain::of(key.folded(), &caller, Call::Any, None);
        let counts = asked.iter().any(|condition| {
            matches!(&condition.operator, Operator::Compare { quantifier, .. } if *quantifier != Quantifier::Single)
        });
        let truths = |value: &ContextValue| -> Vec<Truth> {
            let one = OneKey { caller: &caller, key: &key, value };
            asked.iter().map(|condition| condition.holds(&one, Unresolved::Doubted)).collect()
        };
        let classes = cut(&key, &asked, &[], &domain, &caller, &mut Budget::default());
        let Ok(classes) = classes else { return Ok(()) };
        prop_assume!(classes.incomplete.is_none());
        let known: HashSet<Vec<Truth>> = classes.values.iter().map(truths).collect();
        for value in values {
            let value: Vec<String> = value.into_iter().map(str::to_owned).collect();
            let value = match value.as_slice() {
                [one] => ContextValue::One(one.clone()),
                _ if counts => ContextValue::from(value),
                _ => continue,
            };
            prop_assert!(known.contains(&truths(&value)), "{:?} {:?}", value, classes.values);
        }
    }
}
