//! Following the remedy of any finding removes it, and brings no other finding and no other refuted claim.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_iam::document::Document;
use rolecall_iam::lint::{
    Edits, Finding, FindingId, PolicyFacts, Remedy, TrustFacts, lint_identity_grammar, lint_permissions,
    lint_trust, lint_trust_grammar,
};
use rolecall_iam::prove::{
    Claim, ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, prove_permissions, prove_trust,
};
use serde_json::Value;

use super::corpus::{CORPUS, intent_of};
use super::mutants::{invoke_mutations, trust_mutations};
use super::random::{Dice, permission_document, trust_document};
use super::support::{clean_trust, document, intent};

/// What is said about a document: how often there is each finding, and which claims are refuted or not decided.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    findings: BTreeMap<FindingId, usize>,
    refuted: BTreeSet<String>,
    undecided: BTreeSet<String>,
}

#[derive(Clone, Copy)]
enum Side {
    Trust,
    Permissions,
}

impl Side {
    fn findings(self, document: &Document, intent: &RoleIntent) -> Vec<Finding> {
        let policy = NamedDocument { name: "policy", document };
        match self {
            Self::Trust => {
                let mut found = lint_trust(&policy, intent, &TrustFacts::default());
                found.extend(lint_trust_grammar(&policy, None));
                found
            }
            Self::Permissions => {
                let permissions = Permissions { identity: vec![policy], boundary: None };
                let mut found = lint_permissions(&permissions, intent, &[PolicyFacts::default()]);
                found.extend(lint_identity_grammar(&policy));
                found
            }
        }
    }

    fn claims(self, document: &Document, intent: &RoleIntent) -> Vec<ClaimResult> {
        let identity = vec![NamedDocument { name: "policy", document }];
        match self {
            Self::Trust => prove_trust(document, intent),
            Self::Permissions => prove_permissions(&Permissions { identity, boundary: None }, intent),
        }
    }

    fn said(self, document: &Document, intent: &RoleIntent) -> Said {
        let mut findings = BTreeMap::new();
        for finding in self.findings(document, intent) {
            // A stated ID that can be guessed is no fault of the statement that requires it.
            let is_stated = finding.id == FindingId::T20
                && intent.external_id.as_ref().is_some_and(|id| finding.message.contains(id.as_str()));
            if !is_stated {
                *findings.entry(finding.id).or_default() += 1;
            }
        }
        let (mut refuted, mut undecided) = (BTreeSet::new(), BTreeSet::new());
        for ClaimResult { claim, result } in self.claims(document, intent) {
            let claim = name_of(&claim);
            match result {
                Proof::Proved => false,
                Proof::Refuted(_) => refuted.insert(claim),
                Proof::Unknown { .. } => undecided.insert(claim),
            };
        }
        Said { findings, refuted, undecided }
    }
}

impl Said {
    /// The same fault has two names: whether another statement asks the same caller for an external ID.
    fn count(&self, id: FindingId) -> usize {
        let count = |id| self.findings.get(&id).copied().unwrap_or(0);
        match id {
            FindingId::T1 | FindingId::T8 => count(FindingId::T1) + count(FindingId::T8),
            other => count(other),
        }
    }

    /// What these documents say that the others did not.
    fn beyond(&self, before: &Self) -> Vec<String> {
        // What a statement lets callers pass along shows when it is known that somebody can assume the role.
        let is_opened =
            before.refuted.union(&before.undecided).any(|claim| claim.ends_with("can assume the role"));
        let is_shown = |id: FindingId| matches!(id, FindingId::T14 | FindingId::T15 | FindingId::T16);
        let more = self.findings.keys().filter(|id| self.count(**id) > before.count(**id));
        let more = more.filter(|id| !(is_opened && is_shown(**id))).map(|id| format!("brings {id}"));
        let refuted = self.refuted.difference(&before.refuted).filter(|it| !before.undecided.contains(*it));
        more.chain(refuted.map(|claim| format!("refutes {claim}"))).collect()
    }
}

/// Without an intent, the external ID that is expected follows from the document.
fn name_of(claim: &Claim) -> String {
    match claim {
        Claim::OnlyWithExternalId(_) | Claim::OthersOnlyWithExternalId(_) => {
            "only with the external ID".to_owned()
        }
        other => other.to_string(),
    }
}

/// Follows each remedy by itself, then one after the other until none is left. How often there was a remedy, and how often none.
fn follow(
    side: Side,
    start: &Document,
    intent: &RoleIntent,
    counts: &mut BTreeMap<FindingId, [usize; 2]>,
) -> Vec<String> {
    let mut faults = Vec::new();
    let before = side.said(start, intent);
    for finding in side.findings(start, intent) {
        let [with, without] = counts.entry(finding.id).or_default();
        let Some(remedy) = &finding.remedy else {
            *without += 1;
            continue;
        };
        *with += 1;
        let told = || format!("{}: {}\nfix: {}\n{start}", finding.id, finding.message, finding.fix);
        assert_eq!(finding.fix, remedy.to_string());
        let after = remedy.apply(start).unwrap_or_else(|| panic!("no document: {}", told()));
        let said = side.said(&after, intent);
        let mut wrong = said.beyond(&before);
        if finding.id != FindingId::T20 && said.count(finding.id) >= before.count(finding.id) {
            wrong.push("it stays".to_owned());
        }
        if !wrong.is_empty() {
            faults.push(format!("{}: {}\n{after}", wrong.join(", "), told()));
        }
    }
    let mut now = start.clone();
    for turn in 0.. {
        let next = side.findings(&now, intent).into_iter().find_map(|finding| finding.remedy);
        let Some(remedy) = next else { break };
        if turn > 40 {
            faults.push(format!("it stays for ever: \n{now}"));
            break;
        }
        now = Remedy::apply(&remedy, &now).unwrap();
    }
    faults
}

fn with_and_without_intent(
    side: Side,
    documents: impl IntoIterator<Item = Document>,
    stated: &RoleIntent,
    counts: &mut BTreeMap<FindingId, [usize; 2]>,
    faults: &mut Vec<String>,
) {
    for document in documents {
        faults.extend(follow(side, &document, &RoleIntent::default(), &mut BTreeMap::new()));
        faults.extend(follow(side, &document, stated, counts));
    }
}

#[test]
fn following_a_remedy_removes_its_finding_and_brings_no_other() {
    let (mut counts, mut faults) = (BTreeMap::new(), Vec::new());
    let (mut trusts, mut permissions) = (trust_mutations(), invoke_mutations());
    let mut dice = Dice(20_261);
    trusts.extend((0..300).map(|_| trust_document(&mut dice)));
    permissions.extend((0..150).map(|_| permission_document(&mut dice, &["Allow", "Deny"])));
    let examples = FindingId::ALL.iter().filter_map(|id| Some((id.as_str(), id.example()?)));
    for (id, text) in examples {
        let value: Value = serde_json::from_str(text).unwrap();
        let is_trust = id.starts_with('T') || text.contains("\"Principal\"");
        if is_trust { trusts.push(value) } else { permissions.push(value) }
    }
    let read = |values: Vec<Value>| values.into_iter().filter_map(|value| Document::from_value(&value).ok());
    with_and_without_intent(Side::Trust, read(trusts), &intent(), &mut counts, &mut faults);
    with_and_without_intent(Side::Permissions, read(permissions), &intent(), &mut counts, &mut faults);
    let published: RoleIntent =
        RoleIntent { trusted: vec!["arn:aws:iam::765628985471:role/genesys".parse().unwrap()], ..intent() };
    with_and_without_intent(Side::Trust, [document(&clean_trust())], &published, &mut counts, &mut faults);
    for line in CORPUS.lines() {
        let policy: Value = serde_json::from_str(line).unwrap();
        let stated = intent_of(&policy["intent"]);
        if policy.get("trust").is_some() {
            with_and_without_intent(
                Side::Trust,
                [document(&policy["trust"])],
                &stated,
                &mut counts,
                &mut faults,
            );
        } else {
            let identity = policy["identity"].as_array().unwrap().iter().map(document);
            with_and_without_intent(Side::Permissions, identity, &stated, &mut counts, &mut faults);
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n\n"));
    // T21, T22, P1 to P5 and L1 to L4 are about facts beside one document.
    for (id, [with, without]) in &counts {
        assert_eq!(
            *with > 0,
            matches!(id.edits(), Edits::From(_)),
            "{id}: {with} with edits, {without} without"
        );
    }
    assert!(counts.len() >= 26, "{counts:?}");
}
