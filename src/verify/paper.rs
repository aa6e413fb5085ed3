//! The proof: what is meant of a role against its documents, for every request there can be.

use rolecall_prove::{decide, findings};

use super::absent::{at_another_arn, without_targets};
use super::claim::{Absent, Claim, Decided, Proposition};
use super::functions::{FunctionsJudged, judge, left_open};
use super::note::Note;
use super::other_accounts::with_their_policies;
use super::verification::Verification;
use super::{Documents, PolicyId, RolePolicy};
use crate::desired::aws::Desired;
use crate::extract::{PermissionReader, RoleDocuments, Side};
use crate::iam::arn::RoleArn;
use crate::iam::document::Document;
use crate::iam::lint::{Finding as Fault, PolicyFacts};
use crate::iam::prove::{self, NamedDocument, RoleIntent, prove_boundary};
use crate::observe::aws::ObservedBoundary;
use crate::observe::survey::Survey;
use rolecall_model::stored::StoredDocument;

/// Decides the claims that the manifest makes, and says what else is worth a change.
pub fn paper(documents: &Documents, survey: &Survey) -> Verification {
    let Examined { claims, findings, notes } = examine(documents, survey);
    let claims = with_their_policies(claims, survey);
    let mut verification = Verification::on_paper(&survey.desired, claims, findings);
    verification.notes.extend(notes);
    verification
}

/// What is decided of documents.
pub(super) struct Examined {
    pub(super) claims: Vec<Claim>,
    pub(super) findings: Vec<Fault>,
    pub(super) notes: Vec<Note>,
}

/// The same in parts.
pub(super) fn examine(documents: &Documents, survey: &Survey) -> Examined {
    let desired = &survey.desired;
    let arn = survey.found_arn();
    let role = read(documents, &arn);
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
    let intent = RoleIntent { role: Some(arn), ..desired.intent() };
    let FunctionsJudged { claim, findings: of_functions, mut notes } = judge(&survey.sides, desired);
    notes.extend(left_open(survey));
    let mut claims = at_another_arn(without_targets(decide(&role, &intent), survey), survey);
    claims.extend(boundary_claim(documents, desired));
    claims.extend(claim);
    let mut findings = findings(&role, None, &intent, &facts);
    findings.extend(of_functions);
    Examined { claims, findings, notes }
}

/// The claim about the boundary that rolecall makes of the targets, where the manifest asks for that one.
fn boundary_claim(Documents { boundary, .. }: &Documents, desired: &Desired) -> Option<Claim> {
    let wanted = desired.own_boundary()?;
    let proposition = Proposition::Provable(prove::Claim::BoundaryAllowsNoMore);
    let Some(ObservedBoundary { arn, document, tags: _ }) =
        boundary.as_ref().filter(|known| known.arn == *wanted)
    else {
        let reason = match boundary {
            Some(ObservedBoundary { arn, .. }) => {
                format!("the role's permissions boundary is `{arn}`, not `{wanted}`")
            }
            None => format!("the role has no permissions boundary; the manifest asks for `{wanted}`"),
        };
        let decided = Decided::Absent { what: Absent::Boundary, is_needed: true, reasons: vec![reason] };
        return Some(Claim::new(proposition, decided));
    };
    let parsed = match document {
        Some(stored) => stored.parsed().map_err(ToString::to_string),
        None => Err("it could not be read".to_owned()),
    };
    Some(match parsed {
        Ok(document) => {
            let name = arn.to_string();
            Claim::from(prove_boundary(NamedDocument { name: &name, document }, &desired.intent()))
        }
        Err(reason) => Claim::undecided(proposition, vec![format!("`{arn}`: {reason}")]),
    })
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
    permissions.unknown(documents.unread.iter().cloned());
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
