//! The proof: what is meant of a role against its documents, for every request there can be.

use rolecall_prove::{decide, findings};

use super::absent::without_targets;
use super::claim::Claim;
use super::verification::Verification;
use super::{Documents, PolicyId, RolePolicy};
use crate::desired::aws::Desired;
use crate::extract::{PermissionReader, RoleDocuments, Side};
use crate::iam::arn::RoleArn;
use crate::iam::document::Document;
use crate::iam::lint::{Finding as Fault, PolicyFacts};
use crate::observe::survey::Survey;
use rolecall_model::stored::StoredDocument;

/// Decides the claims that the manifest makes, and says what else is worth a change.
pub fn paper(documents: &Documents, survey: &Survey) -> Verification {
    let (claims, findings) = examine(documents, survey);
    Verification::on_paper(&survey.desired, claims, findings)
}

/// The same in parts.
pub(super) fn examine(documents: &Documents, survey: &Survey) -> (Vec<Claim>, Vec<Fault>) {
    let desired = &survey.desired;
    let role = read(documents, &desired.role_arn());
    let written: Vec<Option<Document>> =
        documents.identity.iter().map(|policy| written(policy, desired)).collect();
    let facts: Vec<PolicyFacts<'_>> = documents
        .identity
        .iter()
        .zip(&written)
        .map(|(RolePolicy { id, foreign, attachments, .. }, written)| PolicyFacts {
            inline: matches!(id, PolicyId::Inline(_)),
            foreign: *foreign,
            written: written.as_ref(),
            attachments: *attachments,
        })
        .collect();
    let intent = desired.intent();
    let claims = without_targets(decide(&role, &intent), &survey.missing);
    (claims, findings(&role, None, &intent, &facts))
}

/// Decides the claims that the manifest makes.
pub fn claims(documents: &Documents, desired: &Desired) -> Vec<Claim> {
    decide(&read(documents, &desired.role_arn()), &desired.intent())
}

/// What rolecall would write in the policy's place; nothing, if another tool writes it in a form of its own.
fn written(policy: &RolePolicy, desired: &Desired) -> Option<Document> {
    if desired.managed_by.is_some() {
        return None;
    }
    let (_, policy) = desired.policies.iter().find(|(arn, _)| policy.id.is(arn))?;
    policy.document.document().cloned()
}

/// The documents of a role as values, or why some of them cannot be read.
pub fn read(documents: &Documents, role: &RoleArn) -> RoleDocuments {
    let parse = |stored: &StoredDocument| stored.parsed().cloned().map_err(ToString::to_string);
    let document = |stored: &Option<StoredDocument>| match stored {
        Some(stored) => parse(stored),
        None => Err("it could not be read".to_owned()),
    };
    let mut permissions = PermissionReader::default();
    for policy in &documents.identity {
        permissions.identity(&policy.id.to_string(), document(&policy.document));
    }
    if let Some(boundary) = &documents.boundary {
        permissions.boundary(&boundary.arn.to_string(), document(&boundary.document));
    }
    RoleDocuments {
        name: role.to_string(),
        role_name: Some(role.name.to_string()),
        arn: Some(role.clone()),
        max_session_duration: Some(documents.max_session_duration),
        trust: match parse(&documents.trust) {
            Ok(trust) => Side::Known(trust),
            Err(reason) => Side::Unknown(vec![format!("the trust policy: {reason}")]),
        },
        permissions: permissions.finish(),
        trust_assumes: Vec::new(),
        permissions_assume: Vec::new(),
        notes: Vec::new(),
    }
}
