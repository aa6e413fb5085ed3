//! The templates and the uses are written down twice. Here one is held against the other, for every kind and for many grants together.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::desired::aws::{Desired, desired};
use crate::desired::template::Templates;
use crate::iam::document::Document;
use crate::iam::prove::{Claim, ClaimResult, NamedDocument, Permissions, Proof, prove_permissions};

const ID: &str = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94";

fn table(grant: &Grant) -> String {
    let entry = |(key, value): (&'static str, String)| format!("{key} = \"{value}\"\n");
    format!("[[grant]]\n{}", grant.entries().into_iter().map(entry).collect::<String>())
}

/// What a manifest with these grants wants.
fn wanted(grants: &[Grant]) -> Desired {
    let mut stated: Vec<&Grant> = Vec::new();
    for grant in grants {
        // A bucket has one key.
        let of_another_key = |known: &&Grant| match (*known, grant) {
            (Grant::Recordings(known), Grant::Recordings(it)) => {
                known.bucket == it.bucket && known.key != it.key
            }
            _ => false,
        };
        if !stated.contains(&grant) && !stated.iter().any(of_another_key) {
            stated.push(grant);
        }
    }
    let text = format!(
        "version = 1\n[genesys]\nregion = \"us-east-1\"\norganization_id = \"{ID}\"\n[role]\nname = \"R\"\n{}",
        stated.into_iter().map(table).collect::<String>()
    );
    let (manifest, _) = Manifest::parse(&text, "rolecall.toml").unwrap();
    let home = Home { partition: "aws".parse().unwrap(), account: "123456789012".parse().unwrap() };
    let templates = Templates::new(|_| None).unwrap();
    desired(&manifest, &ID.parse().unwrap(), &templates, &home, &[], &[], 10).unwrap()
}

fn documents(desired: &Desired) -> Vec<Value> {
    desired.policies.iter().map(|(_, policy)| policy.document.document().unwrap().to_value()).collect()
}

/// What is proved of these policies about the uses that the manifest states.
fn results(policies: &[Value], desired: &Desired) -> Vec<ClaimResult> {
    let policies: Vec<Document> = policies.iter().map(|it| Document::from_value(it).unwrap()).collect();
    let identity = policies.iter().map(|document| NamedDocument { name: "grants", document }).collect();
    prove_permissions(&Permissions { identity, boundary: None }, &desired.intent())
}

/// What becomes of the claims "nothing else" and "all of it".
fn answers(policies: &[Value], desired: &Desired) -> [Proof; 2] {
    let results = results(policies, desired);
    let of = |is_it: &dyn Fn(&Claim) -> bool| {
        results.iter().find(|result| is_it(&result.claim)).unwrap().result.clone()
    };
    [
        of(&|claim| *claim == Claim::OnlyStatedMayBeDone),
        of(&|claim| matches!(claim, Claim::EveryStatedMayBeDone(_))),
    ]
}

fn words(element: &Value) -> Vec<String> {
    match element {
        Value::Array(words) => words.iter().map(|word| word.as_str().unwrap().to_owned()).collect(),
        word => vec![word.as_str().unwrap().to_owned()],
    }
}

/// Whether all that this pattern means is meant by another one too: there, the pattern is written for readers alone.
fn is_covered(pattern: &str, others: &[String]) -> bool {
    let prefix = |other: &String| other.strip_suffix('*').is_some_and(|prefix| pattern.starts_with(prefix));
    others.iter().filter(|other| *other != pattern).any(prefix)
}

/// Each policy with one thing taken away or put in.
fn every_change(policies: &[Value], change: impl Fn(&Value) -> Vec<Value>) -> Vec<(String, Vec<Value>)> {
    let mut changed = Vec::new();
    for (place, policy) in policies.iter().enumerate() {
        for (number, statement) in policy["Statement"].as_array().unwrap().iter().enumerate() {
            for other in change(statement) {
                let mut policies = policies.to_vec();
                policies[place]["Statement"][number] = other.clone();
                changed.push((format!("{statement} as {other}"), policies));
            }
        }
    }
    changed
}

fn less(statement: &Value) -> Vec<Value> {
    let mut changed = Vec::new();
    let mut with = |element: &str, value: Value| {
        let mut other = statement.clone();
        other[element] = value;
        changed.push(other);
    };
    for element in ["Action", "Resource"] {
        let all = words(&statement[element]);
        for word in all.iter().filter(|word| all.len() > 1 && !is_covered(word, &all)) {
            with(element, all.iter().filter(|other| *other != word).cloned().collect());
        }
    }
    with("Action", json!("sts:GetCallerIdentity"));
    with("Effect", json!("Deny"));
    changed
}

/// What a request can be shown for: actions of the service, other resources, no condition.
fn more(statement: &Value) -> Vec<Value> {
    let mut changed = Vec::new();
    let mut with = |element: &str, value: Value| {
        let mut other = statement.clone();
        other[element] = value;
        changed.push(other);
    };
    if statement["Resource"] != "*" {
        with("Resource", json!("*"));
        for resource in words(&statement["Resource"]) {
            // The resource, and what is named like it.
            if !resource.ends_with('*') {
                with("Resource", json!([resource, format!("{resource}*")]));
            }
        }
    }
    let actions = words(&statement["Action"]);
    let (service, _) = actions[0].split_once(':').unwrap();
    with("Action", json!([&actions[..], &[format!("{service}:TagResource")]].concat()));
    if statement.get("Condition").is_some() {
        let mut other = statement.clone();
        other.as_object_mut().unwrap().remove("Condition");
        changed.push(other);
    }
    changed
}

/// More by the letter: no action that rolecall knows fits to the resource, so nobody can show a request. It is no proof, either.
fn more_by_the_letter(statement: &Value) -> Vec<Value> {
    let actions = words(&statement["Action"]);
    let (service, _) = actions[0].split_once(':').unwrap();
    let with = |value: Value| {
        let mut other = statement.clone();
        other["Action"] = value;
        other
    };
    vec![
        with(json!("*")),
        with(json!(format!("{service}:*"))),
        with(json!([&actions[..], &["iam:PassRole".to_owned()]].concat())),
    ]
}

fn check(grants: &[Grant]) {
    let desired = wanted(grants);
    let policies = documents(&desired);
    assert_eq!(results(&policies, &desired).len(), 2, "{grants:?}");
    assert_eq!(answers(&policies, &desired), [Proof::Proved, Proof::Proved], "{grants:?}");
    let all_of_it_is_refuted =
        |policies: &[Value]| matches!(answers(policies, &desired), [_, Proof::Refuted(_)]);
    for place in 0..policies.len() {
        let mut fewer = policies.clone();
        let removed = fewer.remove(place);
        assert!(all_of_it_is_refuted(&fewer), "without {removed}: {grants:?}");
    }
    for (change, policies) in every_change(&policies, less) {
        assert!(all_of_it_is_refuted(&policies), "{change}: {grants:?}");
    }
    for (change, policies) in every_change(&policies, more) {
        let [nothing_else, _] = answers(&policies, &desired);
        assert!(matches!(nothing_else, Proof::Refuted(_)), "{change}: {grants:?}\n{nothing_else:?}");
    }
    for (change, policies) in every_change(&policies, more_by_the_letter) {
        let [nothing_else, _] = answers(&policies, &desired);
        assert!(nothing_else != Proof::Proved, "{change}: {grants:?}");
    }
}

fn recordings(bucket: &str, prefix: Option<&str>, key: Option<&str>) -> Grant {
    Grant::Recordings(Recordings {
        bucket: bucket.parse().unwrap(),
        prefix: prefix.map(|prefix| prefix.parse().unwrap()),
        key: key.map(|key| key.parse().unwrap()),
    })
}

fn bot(name: &str, alias: &str) -> Grant {
    Grant::Lex(format!("arn:aws:lex:us-east-1:123456789012:bot:{name}:{alias}").parse().unwrap())
}

fn bot_alias(bot: &str, alias: &str) -> Grant {
    Grant::LexV2(format!("arn:aws:lex:us-east-1:123456789012:bot-alias/{bot}/{alias}").parse().unwrap())
}

fn key(region: &str, number: u8) -> String {
    format!("arn:aws:kms:{region}:123456789012:key/0f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e9{number}")
}

/// A small world, so that grants meet: the same bucket with other prefixes, the same bot with another alias.
fn any_grant() -> impl Strategy<Value = Grant> {
    let place = (
        prop::sample::select(vec!["acme", "acme-recordings", "acme-recordings-2"]),
        prop::sample::select(vec![None, Some("genesys/"), Some("genesys/eu/"), Some("g/")]),
        prop::option::of((prop::sample::select(vec!["us-east-1", "eu-west-1"]), 0..2_u8)),
    );
    let names = prop::sample::select(vec!["Order", "OrderFlowers"]);
    let ids = || prop::sample::select(vec!["ABCDEFGHIJ", "ABCDEFGHIK"]);
    prop_oneof![
        3 => place.prop_map(|(bucket, prefix, of)| {
            let key = of.map(|(region, number)| key(region, number));
            recordings(bucket, prefix, key.as_deref())
        }),
        2 => (names, prop::sample::select(vec!["prod", "prod2"])).prop_map(|(name, alias)| bot(name, alias)),
        2 => (ids(), ids()).prop_map(|(bot, alias)| bot_alias(bot, alias)),
        1 => Just(Grant::Polly),
    ]
}

#[test]
fn the_policies_of_each_kind_allow_what_the_kind_is_for_and_nothing_else() {
    for grant in [
        recordings("acme-recordings", None, None),
        recordings("acme-recordings", Some("genesys/"), None),
        recordings("acme-recordings", Some("genesys/"), Some(&key("eu-central-1", 0))),
        bot("OrderFlowers", "prod"),
        bot_alias("ABCDEFGHIJ", "TSTALIASID"),
        Grant::Polly,
    ] {
        check(&[grant]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn so_do_the_policies_of_many_grants(grants in prop::collection::vec(any_grant(), 1..8)) {
        check(&grants);
    }
}
