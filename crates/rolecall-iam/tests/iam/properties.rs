//! Laws that hold for all documents and requests, tried on random ones: odd ones too, because a tool meets them.

use proptest::prelude::*;
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Decision, Layers, Level, Request, evaluate, evaluate_trust};
use rolecall_iam::explain::explain;
use rolecall_iam::quota::{check_identity_grammar, check_trust_grammar};
use rolecall_iam::truth::Truth;
use serde_json::{Map, Value, json};

use super::support::{OPERATORS, ROLE, document, request, with_context};

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = Value> + Clone {
    prop::sample::select(texts).prop_map(Value::from)
}

/// A value, or a list of up to three.
fn one_or_many(
    values: impl Strategy<Value = Value> + Clone + 'static,
) -> impl Strategy<Value = Value> + Clone {
    prop_oneof![values.clone(), prop::collection::vec(values, 0..3).prop_map(Value::Array)].boxed()
}

const NAMES: &[&str] = &[
    "*",
    "765628985471",
    "arn:aws:iam::765628985471:root",
    "arn:aws:iam::765628985471:role/platform",
    "arn:aws:iam::765628985471:role/a/platform",
    "arn:aws:sts::765628985471:assumed-role/platform/s1",
    "arn:aws:iam::111122223333:user/ann",
    "arn:aws:iam::111122223333:root",
    "arn:aws:iam::765628985471:role/*",
    "AROA1234567890EXAMPLE",
    "lambda.amazonaws.com",
    "nonsense",
];
const ACTIONS: &[&str] = &[
    "sts:AssumeRole",
    "STS:assumerole",
    "sts:*",
    "*",
    "sts:TagSession",
    "sts:Assume?ole",
    "s3:Get*",
    "x*:y",
    "nonsense",
];
const RESOURCES: &[&str] = &[
    "*",
    ROLE,
    "arn:aws:iam::*:role/*",
    "arn:aws:iam*Actions",
    "arn:aws:iam::111122223333:role/${aws:username}",
    "arn:aws:iam::111122223333:role/${t:a, 'DataActions'}",
    "${broken",
    "nonsense",
];
/// Operators in another case, of their own kind, or of no kind.
const ODD_OPERATORS: &[&str] = &["stringequals", "Null", "NullIfExists", "Nonsense"];
const KEYS: &[&str] = &[
    "sts:ExternalId",
    "STS:externalid",
    "t:a",
    "t:b",
    "aws:PrincipalArn",
    "aws:PrincipalAccount",
    "aws:userid",
    "aws:RequestTag/x",
];
const VALUES: &[&str] = &[
    "abc",
    "ABC",
    "a*",
    "*",
    "",
    "true",
    "false",
    "10",
    "-1.5",
    "2024-01-01",
    "1700000000",
    "10.0.0.0/8",
    "10.1.2.3",
    "AAAA",
    "arn:aws:iam::*:role/*",
    "arn:aws:iam::765628985471:role/platform",
    "${t:a}",
    "${t:b, 'abc'}",
    "${*}",
];

fn principal() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::select(&["AWS", "Service", "Federated", "CanonicalUser"][..]);
    let map = prop::collection::btree_map(kinds, one_or_many(one_of(NAMES)), 0..3).prop_map(|map| {
        map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>().into()
    });
    prop_oneof![1 => Just(json!("*")), 4 => map]
}

fn conditions() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![4 => one_of(VALUES), 1 => any::<bool>().prop_map(Value::from), 1 => (-20..20).prop_map(Value::from)];
    let keys = prop::collection::btree_map(prop::sample::select(KEYS), one_or_many(scalar.boxed()), 0..3);
    prop::collection::btree_map(operator(), keys, 0..3).prop_map(|map| json!(map))
}

fn operator() -> impl Strategy<Value = String> {
    let prefix = prop::sample::select(&["", "", "ForAnyValue:", "ForAllValues:"][..]);
    let suffix = prop::sample::select(&["", "", "IfExists"][..]);
    let known = (prefix, prop::sample::select(&OPERATORS[..]), suffix)
        .prop_map(|(prefix, name, suffix)| format!("{prefix}{name}{suffix}"));
    prop_oneof![6 => known, 1 => prop::sample::select(ODD_OPERATORS).prop_map(str::to_owned)]
}

fn statement() -> impl Strategy<Value = Value> {
    let element = |values: &'static [&'static str], name: &'static str, not: &'static str| {
        (prop_oneof![4 => Just(name), 1 => Just(not)], one_or_many(one_of(values)))
    };
    (
        prop::option::of(prop::sample::select(&["", "A", "B"][..])),
        one_of(&["Allow", "Deny"]),
        prop::option::weighted(
            0.7,
            (prop_oneof![4 => Just("Principal"), 1 => Just("NotPrincipal")], principal()),
        ),
        element(ACTIONS, "Action", "NotAction"),
        prop::option::weighted(0.5, element(RESOURCES, "Resource", "NotResource")),
        prop::option::weighted(0.6, conditions()),
    )
        .prop_map(|(sid, effect, principal, action, resource, condition)| {
            let mut object = Map::new();
            if let Some(sid) = sid {
                object.insert("Sid".into(), sid.into());
            }
            object.insert("Effect".into(), effect);
            for (key, value) in principal.into_iter().chain([action]).chain(resource) {
                object.insert(key.into(), value);
            }
            if let Some(condition) = condition {
                object.insert("Condition".into(), condition);
            }
            Value::Object(object)
        })
}

fn policies() -> impl Strategy<Value = Value> {
    let version = prop::option::of(prop::sample::select(&["2008-10-17", "2012-10-17"][..]));
    (version, prop::collection::vec(statement(), 0..4)).prop_map(|(version, mut statements)| {
        let mut object = Map::new();
        if let Some(version) = version {
            object.insert("Version".into(), version.into());
        }
        let single = statements.len() == 1;
        let value = if single { statements.remove(0) } else { Value::Array(statements) };
        object.insert("Statement".into(), value);
        Value::Object(object)
    })
}

fn requests() -> impl Strategy<Value = Request> {
    let callers = prop::sample::select(
        &[
            "arn:aws:iam::765628985471:role/platform",
            "arn:aws:iam::765628985471:role/a/platform",
            "arn:aws:sts::765628985471:assumed-role/platform/s1",
            "arn:aws:iam::111122223333:user/ann",
            "arn:aws:iam::111122223333:root",
            "arn:aws:sts::111122223333:federated-user/fed",
            "lambda.amazonaws.com",
            "accounts.google.com",
        ][..],
    );
    let actions =
        prop::sample::select(&["sts:AssumeRole", "STS:ASSUMEROLE", "sts:TagSession", "s3:GetObject"][..]);
    let resources = prop::sample::select(&[ROLE, "arn:aws:iam::111122223333:role/ann", "*", "x"][..]);
    let context = prop::collection::btree_map(prop::sample::select(KEYS), one_or_many(one_of(VALUES)), 0..4);
    (callers, actions, resources, context).prop_map(|(caller, action, resource, context)| {
        with_context(request(caller, action, resource), json!(context))
    })
}

/// What somebody sees of a decision, without places in a document that another form of it does not have.
fn answer(request: &Request, layers: &Layers<'_>) -> (Decision, Truth, Truth) {
    let evaluation = evaluate(request, layers);
    (evaluation.decision, evaluation.allows, evaluation.names_caller)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn round_trip(value in policies()) {
        if let Ok(read) = Document::from_value(&value) {
            prop_assert_eq!(read.to_value().to_string(), value.to_string());
            let again = Document::parse(&value.to_string()).unwrap();
            prop_assert_eq!(again.statements(), read.statements());
        }
    }

    #[test]
    fn canonical_form(value in policies(), other in policies(), asked in requests()) {
        let (Ok(read), Ok(other)) = (Document::from_value(&value), Document::from_value(&other)) else { return Ok(()) };
        let canonical = document(read.canonical());
        prop_assert_eq!(canonical.canonical().to_string(), read.canonical().to_string(), "idempotent");
        prop_assert!(read.equivalent(&canonical));
        for (left, right) in [(&read, &canonical), (&canonical, &read)] {
            let layers = |document| Layers { identity: vec![&other], resource: Some(document), ..Layers::default() };
            prop_assert_eq!(answer(&asked, &layers(left)), answer(&asked, &layers(right)), "as a resource policy");
            let layers = |document| Layers { identity: vec![document], resource: Some(&other), ..Layers::default() };
            prop_assert_eq!(answer(&asked, &layers(left)), answer(&asked, &layers(right)), "as an identity policy");
        }
    }

    /// A statement that denies never turns a denial into an allow, and one that allows never the reverse; a layer that
    /// limits never gives.
    #[test]
    fn monotonicity(value in policies(), added in statement(), asked in requests()) {
        let Ok(before) = Document::from_value(&value) else { return Ok(()) };
        let mut grown = value.clone();
        let statements = match grown["Statement"].take() {
            Value::Array(mut items) => { items.push(added.clone()); items }
            single => vec![single, added.clone()],
        };
        grown["Statement"] = Value::Array(statements);
        let Ok(after) = Document::from_value(&grown) else { return Ok(()) };
        let (before_trust, after_trust) = (evaluate_trust(&asked, &before).allows, evaluate_trust(&asked, &after).allows);
        if added["Effect"] == "Deny" {
            prop_assert!(after_trust <= before_trust, "{before_trust:?} became {after_trust:?}");
        } else {
            prop_assert!(after_trust >= before_trust, "{before_trust:?} became {after_trust:?}");
        }
        let free = Layers { identity: vec![&after], resource: Some(&after), ..Layers::default() };
        let without = evaluate(&asked, &free).allows;
        for limited in [
            Layers { service_control: vec![Level { documents: vec![&before] }], ..free.clone() },
            Layers { resource_control: vec![Level { documents: vec![&before] }], ..free.clone() },
            Layers { session: Some(vec![&before]), ..free.clone() },
        ] {
            prop_assert!(evaluate(&asked, &limited).allows <= without);
        }
    }

    /// Answers are consistent with themselves, and words can be found for all of them.
    #[test]
    fn every_answer_has_reasons(trust in policies(), identity in policies(), asked in requests()) {
        let (Ok(trust), Ok(identity)) = (Document::from_value(&trust), Document::from_value(&identity)) else { return Ok(()) };
        let layers = Layers {
            identity: vec![&identity], boundary: Some(vec![&identity]), session: Some(vec![&identity]), resource: Some(&trust),
            service_control: vec![Level { documents: vec![&identity] }], resource_control: vec![Level { documents: vec![&trust] }],
        };
        let evaluation = evaluate(&asked, &layers);
        let consistent = match evaluation.decision {
            Decision::Allowed => evaluation.allows == Truth::True && evaluation.blocked.is_none() && !evaluation.statements.is_empty(),
            Decision::ImplicitlyDenied => evaluation.allows == Truth::False && evaluation.blocked.is_some(),
            Decision::ExplicitlyDenied => evaluation.allows == Truth::False && !evaluation.statements.is_empty(),
            Decision::Unknown => evaluation.allows != Truth::True && !evaluation.not_evaluated.is_empty(),
        };
        prop_assert!(consistent, "{evaluation:?}");
        prop_assert!(!explain(&asked, &layers, &evaluation).to_string().is_empty());
        for element in &evaluation.not_evaluated {
            prop_assert!(!element.reason.is_empty());
        }
    }

    /// Any text at all, and any JSON at all.
    #[test]
    fn reading_never_panics(text in "\\PC{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200), value in any_json(), asked in requests()) {
        let _ = Document::parse(&text);
        let _ = Document::parse_bytes(&bytes);
        let _ = rolecall_iam::simulate::parse(&json!([value]).to_string());
        for value in [value.clone(), json!({ "Statement": value })] {
            if let Ok(read) = Document::parse(&value.to_string()) {
                let _ = evaluate_trust(&asked, &read);
                let _ = check_trust_grammar(&read).len() + check_identity_grammar(&read).len() + read.size();
            }
        }
    }
}

/// JSON that resembles policies, cut and mixed at will.
fn any_json() -> impl Strategy<Value = Value> {
    let words = &[
        "Statement",
        "Effect",
        "Allow",
        "Deny",
        "Action",
        "Resource",
        "Principal",
        "AWS",
        "Condition",
        "StringEquals",
        "sts:ExternalId",
        "*",
        "${",
        "Sid",
        "request",
        "expected",
        "2012-10-17",
        "Version",
    ][..];
    let word = prop::sample::select(words);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        let key = prop_oneof![word.clone().prop_map(str::to_owned), "\\PC{0,4}".prop_map(|text| text)];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(key, inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}
