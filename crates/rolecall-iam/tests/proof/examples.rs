//! The example of each kind of finding has that finding.

use rolecall_iam::document::Document;
use rolecall_iam::lint::{
    Finding, FindingId, PolicyFacts, TrustFacts, lint_identity_grammar, lint_permissions, lint_trust,
    lint_trust_grammar,
};
use rolecall_iam::prove::{NamedDocument, Permissions, RoleIntent};

/// The role of the examples: Genesys Cloud's account and a role of another account, an external ID, one target.
fn intent() -> RoleIntent {
    RoleIntent {
        role: Some("arn:aws:iam::111122223333:role/GenesysDataActionRole".parse().unwrap()),
        trusted: ["arn:aws:iam::765628985471:root", "arn:aws:iam::444455556666:role/support"]
            .map(|arn| arn.parse().unwrap())
            .into(),
        external_id: Some("5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94".parse().unwrap()),
        targets: Some(vec!["arn:aws:lambda:us-east-1:111122223333:function:orders".parse().unwrap()]),
        ..RoleIntent::default()
    }
}

fn findings(document: &Document) -> Vec<Finding> {
    let named = NamedDocument { name: "example", document };
    // A statement of a trust policy names principals, a statement of an identity policy does not.
    if document.statements().iter().any(|statement| statement.principal.is_some()) {
        let mut found = lint_trust_grammar(&named, None);
        found.extend(lint_trust(&named, &intent(), &TrustFacts::default()));
        return found;
    }
    let mut found = lint_identity_grammar(&named);
    let permissions = Permissions { identity: vec![named], boundary: None };
    found.extend(lint_permissions(&permissions, &intent(), &[PolicyFacts::default()]));
    found
}

#[test]
fn every_example_has_its_finding() {
    for id in FindingId::ALL {
        let Some(example) = id.example() else {
            continue;
        };
        let document = Document::parse(example).unwrap_or_else(|error| panic!("{id}: {error}"));
        let found = findings(&document);
        assert!(found.iter().any(|finding| finding.id == *id), "{id}: {found:#?}");
    }
}

/// Kinds about functions have examples of another shape; everything else that a document shows has one.
#[test]
fn only_facts_have_no_example() {
    let without: Vec<&str> =
        FindingId::ALL.iter().filter(|id| id.example().is_none()).map(|id| id.as_str()).collect();
    assert_eq!(without, ["T21", "T22", "P1", "P2", "P3", "P4", "P5", "L1", "L2", "L3", "L4"]);
}
