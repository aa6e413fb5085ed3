//! A policy document by itself, which does not say what it is for.

use serde_json::Value;

use super::role::{NamedDocument, PermissionDocuments, RoleDocuments, Side};
use super::{ExtractError, Extracted, Kind};
use rolecall_iam::document::{self, Document};
use rolecall_iam::truth::Truth;

/// The calls that a trust policy is about.
const ROLE_CALLS: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

pub(super) fn policy(tree: Value, bytes: usize) -> Result<Extracted, ExtractError> {
    if bytes > document::MAX_BYTES {
        return Err(ExtractError::TooLarge { limit: document::MAX_BYTES });
    }
    let document = Document::from_owned(tree).map_err(ExtractError::Policy)?;
    let (is_trust, notes) = is_trust(&document)?;
    let kind = if is_trust { Kind::TrustPolicy } else { Kind::IdentityPolicy };
    let name = "the policy".to_owned();
    let (trust, permissions) = if is_trust {
        (Side::Known(document), Side::Absent)
    } else {
        let identity = vec![NamedDocument { name: name.clone(), document }];
        (Side::Absent, Side::Known(PermissionDocuments { identity, boundary: None }))
    };
    let role = RoleDocuments {
        name,
        role_name: None,
        arn: None,
        max_session_duration: None,
        trust,
        permissions,
        trust_assumes: Vec::new(),
        permissions_assume: Vec::new(),
        notes,
    };
    Ok(Extracted { kind, roles: vec![role] })
}

/// A trust policy names principals and no resources, an identity policy the other way round (IAM User Guide, "Grammar
/// of the IAM JSON policy language"). Where a document follows neither rule, its actions decide.
fn is_trust(document: &Document) -> Result<(bool, Vec<String>), ExtractError> {
    let statements = document.statements();
    let principals = statements.iter().any(|statement| statement.principal.is_some());
    let resources = statements.iter().any(|statement| statement.resource.is_some());
    let for_roles = statements
        .iter()
        .any(|statement| ROLE_CALLS.iter().any(|call| statement.covers_action(call) != Truth::False));
    let note = |text: &str| vec![text.to_owned()];
    match (principals, resources, for_roles) {
        (true, false, _) => Ok((true, Vec::new())),
        (false, true, _) => Ok((false, Vec::new())),
        (true, true, false) => Err(ExtractError::ResourcePolicy),
        (true, true, true) => Ok((
            true,
            note(
                "read as a trust policy: it has principals and is about assuming roles, though it has resources too",
            ),
        )),
        (false, false, true) => Ok((
            true,
            note("read as a trust policy: it is about assuming roles, though it has no principals"),
        )),
        (false, false, false) => Ok((
            false,
            note("read as an identity policy: it has no principals and is not about assuming roles"),
        )),
    }
}
