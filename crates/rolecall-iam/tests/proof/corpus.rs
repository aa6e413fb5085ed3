//! Policies of the kind that people have: how often the prover cannot decide about them.
//!
//! `tests/corpus/policies.jsonl` holds one policy a line, written after the documented shape that its `source` names. Account
//! numbers, IDs and names in it are examples.

use std::collections::BTreeMap;

use rolecall_iam::document::Document;
use rolecall_iam::lint::{PolicyFacts, TrustFacts, lint_permissions, lint_trust};
use rolecall_iam::prove::{
    Claim, ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, prove_permissions, prove_trust,
};
use serde_json::Value;

use super::support::document;

/// Most claims of a kind in a thousand that may end as unknown. "Nobody else can" should nearly always be decided. "This
/// principal can" is unknown wherever a condition makes it depend on the request, as a second factor does; its bound is what
/// was measured first. Ten of 590 claims are about identity providers whose tokens rolecall does not know.
const MOST_UNKNOWN: [(Kind, usize); 2] = [(Kind::NobodyElse, 28), (Kind::Can, 380)];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    NobodyElse,
    Can,
}

impl Kind {
    fn of(claim: &Claim) -> Self {
        match claim {
            Claim::OnlyTrustedMayAssume
            | Claim::OnlyWithExternalId(_)
            | Claim::OthersOnlyWithExternalId(_)
            | Claim::OnlyWithOneOf { .. }
            | Claim::NoLongerWith { .. }
            | Claim::OnlyTargetsMayBeInvoked
            | Claim::OnlyStatedMayBeDone => Self::NobodyElse,
            Claim::MayAssume(_)
            | Claim::MayAssumeWith { .. }
            | Claim::MayAssumeUnderConditions(_)
            | Claim::EveryTargetMayBeInvoked(_)
            | Claim::EveryStatedMayBeDone(_) => Self::Can,
            Claim::BoundaryAllowsNoMore | Claim::OnlyThroughRole => {
                unreachable!("not about a role's own documents")
            }
        }
    }
}

pub(super) const CORPUS: &str = include_str!("../corpus/policies.jsonl");

pub(super) fn intent_of(value: &Value) -> RoleIntent {
    let text = |key: &str| value[key].as_str();
    RoleIntent {
        role: text("role").map(|role| role.parse().unwrap()),
        trusted: super::adversary::strings(&value["trusted"])
            .iter()
            .map(|name| name.parse().unwrap())
            .collect(),
        external_id: text("external_id").map(|id| id.parse().unwrap()),
        targets: value["targets"]
            .as_array()
            .map(|targets| targets.iter().map(|target| target.as_str().unwrap().parse().unwrap()).collect()),
        ..RoleIntent::default()
    }
}

fn results_of(policy: &Value, name: &str, intent: &RoleIntent) -> Vec<ClaimResult> {
    if policy.get("trust").is_some() {
        return prove_trust(&document(&policy["trust"]), intent);
    }
    let identity: Vec<Document> = policy["identity"].as_array().unwrap().iter().map(document).collect();
    let boundary = policy.get("boundary").map(document);
    let permissions = Permissions {
        identity: identity.iter().map(|document| NamedDocument { name, document }).collect(),
        boundary: boundary.as_ref().map(|document| NamedDocument { name: "boundary", document }),
    };
    prove_permissions(&permissions, intent)
}

#[test]
fn realistic_policies_are_decided() {
    let mut verdicts: BTreeMap<(Kind, &'static str), usize> = BTreeMap::new();
    let mut undecided: Vec<(Kind, String)> = Vec::new();
    let mut policies = 0;
    for line in CORPUS.lines() {
        let policy: Value = serde_json::from_str(line).unwrap();
        let name = policy["name"].as_str().unwrap();
        assert!(policy["source"].as_str().is_some_and(|source| !source.is_empty()), "{name} has no source");
        policies += 1;
        for intent in [intent_of(&policy["intent"]), RoleIntent::default()] {
            for ClaimResult { claim, result } in results_of(&policy, name, &intent) {
                let kind = Kind::of(&claim);
                *verdicts.entry((kind, result.as_str())).or_default() += 1;
                if let Proof::Unknown { reasons } = result {
                    undecided.push((kind, format!("{name}: {claim}: {}", reasons.join("; "))));
                }
            }
        }
    }
    let all: usize = verdicts.values().sum();
    let unknown = undecided.len() * 1000 / all;
    eprintln!("corpus: {policies} policies, {all} claims, {unknown} ‰ unknown, {verdicts:?}");
    let mut wrong = Vec::new();
    for (kind, most) in MOST_UNKNOWN {
        let of_kind: usize =
            verdicts.iter().filter(|((other, _), _)| *other == kind).map(|(_, count)| count).sum();
        let open: Vec<&str> =
            undecided.iter().filter(|(other, _)| *other == kind).map(|(_, told)| told.as_str()).collect();
        let share = open.len() * 1000 / of_kind;
        eprintln!("corpus: {kind:?}: {share} ‰ of {of_kind} claims are unknown");
        if share > most {
            wrong.push(format!("{kind:?}: {share} ‰ of {of_kind} claims are unknown:\n{}", open.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn realistic_policies_have_findings_without_panic() {
    for line in CORPUS.lines() {
        let policy: Value = serde_json::from_str(line).unwrap();
        let intent = intent_of(&policy["intent"]);
        if policy.get("trust").is_some() {
            let document = document(&policy["trust"]);
            let policy = NamedDocument { name: "trust", document: &document };
            let _ = lint_trust(&policy, &intent, &TrustFacts::default());
            continue;
        }
        for value in policy["identity"].as_array().unwrap() {
            let document = document(value);
            let permissions = Permissions {
                identity: vec![NamedDocument { name: "policy", document: &document }],
                boundary: None,
            };
            let _ = lint_permissions(&permissions, &intent, &[PolicyFacts::default()]);
        }
    }
}
