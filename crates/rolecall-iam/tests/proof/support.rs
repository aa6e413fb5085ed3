//! What the tests of this folder share: the intent, clean documents, short ways to ask.

use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Layers, Request, evaluate, evaluate_trust};
use rolecall_iam::prove::{
    Claim, ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, Witness, prove_permissions,
    prove_trust,
};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

pub(super) const GENESYS: &str = "arn:aws:iam::765628985471:root";
pub(super) const EXTERNAL_ID: &str = "5f6b2c1e-8a3d-4c7f-9b1e-2d4f6a8c0e13";
pub(super) const ROLE: &str = "arn:aws:iam::111122223333:role/GenesysDataActionRole";
pub(super) const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:orders";
pub(super) const QUALIFIED: &str = "arn:aws:lambda:us-east-1:111122223333:function:stock:live";

pub(super) fn intent() -> RoleIntent {
    RoleIntent {
        role: Some(ROLE.parse().unwrap()),
        trusted: vec![GENESYS.parse().unwrap()],
        external_id: Some(EXTERNAL_ID.parse().unwrap()),
        targets: Some(vec![FUNCTION.parse().unwrap(), QUALIFIED.parse().unwrap()]),
        allowance: None,
        further_ids: Vec::new(),
    }
}

pub(super) fn clean_trust() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "GenesysCloud",
            "Effect": "Allow",
            "Principal": {"AWS": [GENESYS]},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }],
    })
}

pub(super) fn clean_invoke() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "InvokeTargets",
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": [FUNCTION, QUALIFIED],
        }],
    })
}

pub(super) fn document(value: &Value) -> Document {
    Document::from_value(value).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// A trust policy of these statements, each with `Effect` and `Action` unless it has its own.
pub(super) fn trust_of(statements: &[Value]) -> Value {
    let statements: Vec<Value> = statements
        .iter()
        .map(|statement| {
            let mut whole = json!({"Effect": "Allow", "Action": "sts:AssumeRole"});
            for (key, value) in statement.as_object().unwrap() {
                whole[key] = value.clone();
            }
            whole
        })
        .collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

pub(super) fn trust_results(value: &Value, intent: &RoleIntent) -> Vec<ClaimResult> {
    let document = document(value);
    let results = prove_trust(&document, intent);
    for result in &results {
        if let Proof::Refuted(witness) = &result.result {
            confirm_trust(&document, &result.claim, witness);
        }
    }
    results
}

/// A witness says what the evaluator says.
fn confirm_trust(document: &Document, claim: &Claim, witness: &Witness) {
    let allows = evaluate_trust(&witness.request, document).allows;
    let expected = match claim {
        Claim::MayAssume(_) | Claim::MayAssumeWith { .. } => Truth::False,
        _ => Truth::True,
    };
    assert_eq!(allows, expected, "{claim}: {witness:?}");
}

pub(super) fn permission_results(
    identity: &[&Value],
    boundary: Option<&Value>,
    intent: &RoleIntent,
) -> Vec<ClaimResult> {
    let identity: Vec<Document> = identity.iter().map(|value| document(value)).collect();
    let boundary = boundary.map(document);
    permission_results_of(&identity, boundary.as_ref(), intent)
}

pub(super) fn permission_results_of(
    identity: &[Document],
    boundary: Option<&Document>,
    intent: &RoleIntent,
) -> Vec<ClaimResult> {
    let permissions = Permissions {
        identity: identity.iter().map(|document| NamedDocument { name: "invoke", document }).collect(),
        boundary: boundary.map(|document| NamedDocument { name: "boundary", document }),
    };
    let results = prove_permissions(&permissions, intent);
    for result in &results {
        if let Proof::Refuted(witness) = &result.result {
            let allowed = session_may(&witness.request, identity, boundary) == Truth::True;
            let is_too_much =
                matches!(result.claim, Claim::OnlyTargetsMayBeInvoked | Claim::OnlyStatedMayBeDone);
            assert_eq!(allowed, is_too_much, "{witness:?}");
        }
    }
    results
}

/// What identity policies and boundary say, where the resource's own policy leaves it to them.
pub(super) fn session_may(request: &Request, identity: &[Document], boundary: Option<&Document>) -> Truth {
    let delegation = document(&json!({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "*", "Resource": "*"},
    }));
    let layers = Layers {
        identity: identity.iter().collect(),
        boundary: boundary.map(|document| vec![document]),
        resource: Some(&delegation),
        ..Layers::default()
    };
    evaluate(request, &layers).allows
}

/// The results, short: `proved`, or the sentence or reasons.
pub(super) fn told(results: &[ClaimResult]) -> Vec<String> {
    results
        .iter()
        .map(|result| match &result.result {
            Proof::Proved => "proved".to_owned(),
            Proof::Refuted(witness) => format!("refuted: {}", witness.sentence),
            Proof::Unknown { reasons } => format!("unknown: {}", reasons.join("; ")),
        })
        .collect()
}

pub(super) fn all_proved(results: &[ClaimResult]) -> bool {
    results.iter().all(|result| result.result == Proof::Proved)
}
