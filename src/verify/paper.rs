//! The proof: the manifest's claims against the documents, for every request there can be.

use serde_json::{Map, Value, json};

use super::{Documents, NamedDocument};
use crate::iam::context::ContextValue;
use crate::iam::document::Document;
use crate::iam::evaluate::Request;
use crate::iam::prove::{self, ClaimResult, Permissions, Proof, RoleIntent, Witness, prove_permissions, prove_trust};
use crate::provision::desired::Desired;
use crate::report::{ClaimView, Outcome, VerificationView};

/// Decides the claims that the manifest makes.
pub fn paper(documents: &Documents, desired: &Desired) -> VerificationView {
    let intent = RoleIntent {
        role: Some(desired.role_arn()),
        trusted: desired.trusted.iter().filter_map(|principal| principal.parse().ok()).collect(),
        external_id: Some(desired.external_id.clone()),
        targets: Some(desired.targets.clone()),
    };
    let mut claims = Vec::new();
    match Document::parse(&documents.trust) {
        Ok(trust) => claims.extend(prove_trust(&trust, &intent).iter().map(view)),
        Err(error) => claims.push(undecided("who can assume the role", format!("the trust policy is {error}"))),
    }
    match permissions(documents) {
        Ok((identity, boundary)) => {
            let permissions = Permissions {
                identity: identity.iter().map(|(name, document)| prove::NamedDocument { name, document }).collect(),
                boundary: boundary.as_ref().map(|(name, document)| prove::NamedDocument { name, document }),
            };
            claims.extend(prove_permissions(&permissions, &intent).iter().map(view));
        }
        Err(reasons) => claims.push(ClaimView {
            claim: "what a session can do".to_owned(),
            result: Outcome::Unknown,
            witness: None,
            reasons,
        }),
    }
    VerificationView { claims, ..VerificationView::default() }
}

type Named = (String, Document);

/// The parsed documents, or why some of them could not be read.
fn permissions(documents: &Documents) -> Result<(Vec<Named>, Option<Named>), Vec<String>> {
    let mut faults = Vec::new();
    let mut parse = |named: &NamedDocument| {
        let NamedDocument { name, document } = named;
        let Some(text) = document else {
            faults.push(format!("{name} could not be read"));
            return None;
        };
        match Document::parse(text) {
            Ok(document) => Some((name.clone(), document)),
            Err(error) => {
                faults.push(format!("{name} is {error}"));
                None
            }
        }
    };
    let identity = documents.identity.iter().filter_map(&mut parse).collect();
    let boundary = documents.boundary.as_ref().and_then(&mut parse);
    if faults.is_empty() { Ok((identity, boundary)) } else { Err(faults) }
}

fn undecided(claim: &str, reason: String) -> ClaimView {
    ClaimView { claim: claim.to_owned(), result: Outcome::Unknown, witness: None, reasons: vec![reason] }
}

fn view(ClaimResult { claim, result }: &ClaimResult) -> ClaimView {
    let (result, witness, reasons) = match result {
        Proof::Proved => (Outcome::Proved, None, Vec::new()),
        Proof::Refuted(witness) => (Outcome::Refuted, Some(witness_value(witness)), Vec::new()),
        Proof::Unknown { reasons } => (Outcome::Unknown, None, reasons.clone()),
    };
    ClaimView { claim: claim.to_string(), result, witness, reasons }
}

/// The witness as a complete request, in the words of the case files of `simulate`.
fn witness_value(Witness { request, sentence }: &Witness) -> Value {
    let Request { principal, action, resource, resource_account, context } = request;
    let mut keys = Map::new();
    for (key, value) in context.iter() {
        let value = match value {
            ContextValue::Absent => Value::Null,
            ContextValue::One(value) => Value::from(value.as_str()),
            ContextValue::Many(values) => Value::from(values.as_slice()),
        };
        keys.insert(key.written().to_owned(), value);
    }
    let mut object = json!({"resource": resource});
    if let (Some(account), Some(members)) = (resource_account, object.as_object_mut()) {
        members.insert("accountId".to_owned(), account.as_str().into());
    }
    json!({
        "sentence": sentence,
        "principal": principal.to_string(),
        "action": action,
        "resource": object,
        "context": keys,
    })
}
