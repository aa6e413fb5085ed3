//! The proof: what is meant of a role against its documents, for every request there can be.

use super::{Documents, RolePolicy};
use crate::extract::{PermissionReader, RoleDocuments, Side};
use crate::iam::arn::RoleArn;
use crate::iam::document::Document;
use crate::iam::lint::{Finding, OtherRole, PolicyFacts, TrustFacts, lint_permissions, lint_trust};
use crate::iam::prove::{NamedDocument, RoleIntent, prove_permissions, prove_trust};
use crate::provision::desired::Desired;
use crate::report::{ClaimKind, ClaimView, FindingView, VerificationView};

/// Decides the claims that the manifest makes, and says what else is worth a change.
pub fn paper(documents: &Documents, desired: &Desired) -> VerificationView {
    let role = read(documents, &desired.role_arn());
    let written: Vec<Option<Document>> =
        documents.identity.iter().map(|policy| written(policy, desired)).collect();
    let facts: Vec<PolicyFacts<'_>> = documents
        .identity
        .iter()
        .zip(&written)
        .map(|(RolePolicy { inline, foreign, attachments, .. }, written)| PolicyFacts {
            inline: *inline,
            foreign: *foreign,
            written: written.as_ref(),
            attachments: *attachments,
        })
        .collect();
    VerificationView {
        claims: decide(&role, &intent(desired)),
        findings: findings(&role, &[], &intent(desired), &facts).iter().map(FindingView::from).collect(),
        ..VerificationView::default()
    }
}

/// What the manifest means the role for.
pub fn intent(desired: &Desired) -> RoleIntent {
    RoleIntent {
        role: Some(desired.role_arn()),
        trusted: desired.trusted.iter().filter_map(|principal| principal.parse().ok()).collect(),
        external_id: Some(desired.external_id.clone()),
        targets: Some(desired.targets.clone()),
    }
}

/// Decides the claims that the manifest makes.
pub(super) fn claims(documents: &Documents, desired: &Desired) -> Vec<ClaimView> {
    decide(&read(documents, &desired.role_arn()), &intent(desired))
}

/// What rolecall would write in the policy's place.
fn written(policy: &RolePolicy, desired: &Desired) -> Option<Document> {
    let (_, policy) = desired.policies.iter().find(|(arn, _)| *arn == policy.name)?;
    Document::parse(&policy.document).ok()
}

/// Decides the claims about a role. A side that nothing is known of is passed over, unless the intent is about it.
pub fn decide(role: &RoleDocuments, intent: &RoleIntent) -> Vec<ClaimView> {
    let mut claims = Vec::new();
    match &role.trust {
        Side::Known(trust) => claims.extend(prove_trust(trust, intent).iter().map(ClaimView::from)),
        Side::Unknown(reasons) => {
            claims.push(ClaimView::undecided(
                ClaimKind::OnlyTrusted,
                "who can assume the role",
                reasons.clone(),
            ));
        }
        Side::Absent if intent.trusted.is_empty() && intent.external_id.is_none() => {}
        Side::Absent => {
            let reason = "there is no trust policy here".to_owned();
            claims.push(ClaimView::undecided(
                ClaimKind::OnlyTrusted,
                "who can assume the role",
                vec![reason],
            ));
        }
    }
    match &role.permissions {
        Side::Known(documents) => {
            claims.extend(prove_permissions(&documents.for_proof(), intent).iter().map(ClaimView::from));
        }
        Side::Unknown(reasons) => {
            claims.push(ClaimView::undecided(
                ClaimKind::OnlyTargets,
                "what a session can do",
                reasons.clone(),
            ));
        }
        Side::Absent if intent.targets.is_none() => {}
        Side::Absent => {
            let reason = "the role's permissions are not here".to_owned();
            claims.push(ClaimView::undecided(ClaimKind::OnlyTargets, "what a session can do", vec![reason]));
        }
    }
    claims
}

/// What is worth a change in the documents of a role, as far as they are known. `others` are roles of its account, `facts`
/// belong to its identity policies, in their order.
pub fn findings(
    role: &RoleDocuments,
    others: &[&RoleDocuments],
    intent: &RoleIntent,
    facts: &[PolicyFacts<'_>],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Side::Known(document) = &role.trust {
        let with_trust = others.iter().filter_map(|other| match &other.trust {
            Side::Known(trust) => Some(OtherRole { name: &other.name, trust }),
            Side::Unknown(_) | Side::Absent => None,
        });
        let max_session_duration = role.max_session_duration;
        let facts = TrustFacts { max_session_duration, other_roles: with_trust.collect() };
        findings.extend(lint_trust(&NamedDocument { name: "the trust policy", document }, intent, &facts));
    }
    if let Side::Known(documents) = &role.permissions {
        findings.extend(lint_permissions(&documents.for_proof(), intent, facts));
    }
    findings
}

/// The documents of a role as values, or why some of them cannot be read.
pub fn read(documents: &Documents, role: &RoleArn) -> RoleDocuments {
    let parse = |text: &str| Document::parse(text).map_err(|error| error.to_string());
    let document = |text: &Option<String>| match text {
        Some(text) => parse(text),
        None => Err("it could not be read".to_owned()),
    };
    let mut permissions = PermissionReader::default();
    for policy in &documents.identity {
        permissions.identity(&policy.name, document(&policy.document));
    }
    if let Some(boundary) = &documents.boundary {
        permissions.boundary(&boundary.name, document(&boundary.document));
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
        notes: Vec::new(),
    }
}
