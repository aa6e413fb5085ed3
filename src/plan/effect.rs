//! What a change of the role leads to: whether it allows more or less than what was there. Proved, not guessed.
//!
//! Invariant: [`Effect::Closes`] is said only where it is proved that nothing more is allowed afterwards. What the prover leaves
//! open counts as [`Effect::Changes`].
//!
//! Deliberately absent: what the change does together with the others of its plan, which the claims about the whole say; and the
//! resources in Genesys Cloud, which allow nothing by themselves.

use schemars::JsonSchema;
use serde::Serialize;

use super::aws::Change;
use crate::iam::arn::RoleArn;
use crate::iam::document::{Document, Effect as StatementEffect};
use crate::iam::prove::{NamedDocument, Permissions, proves_permissions_within, proves_trust_within};
use rolecall_model::stored::StoredDocument;

/// What a change leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// More is allowed than before.
    Opens,
    /// Less is allowed than before.
    Closes,
    /// Something else is allowed than before, or that could not be decided.
    Changes,
    /// The same is allowed as before.
    Same,
}

impl Effect {
    fn of((is_within_before, is_within_after): (bool, bool)) -> Self {
        match (is_within_before, is_within_after) {
            (true, true) => Self::Same,
            (true, false) => Self::Closes,
            (false, true) => Self::Opens,
            (false, false) => Self::Changes,
        }
    }
}

/// What the change leads to for the role of this ARN.
#[must_use]
pub fn effect_of(change: &Change, role: &RoleArn) -> Effect {
    match change {
        Change::CreateRole { .. }
        | Change::CreatePolicy { .. }
        | Change::AttachPolicy { .. }
        | Change::PutInlinePolicy { .. }
        | Change::DeleteBoundary { .. } => Effect::Opens,
        Change::PutBoundary { before: None, .. } | Change::DeleteRole { .. } => Effect::Closes,
        // Which policy goes is known by its name alone, and it may be one that denies.
        Change::PutBoundary { before: Some(_), .. } | Change::DetachPolicy { .. } => Effect::Changes,
        Change::UpdateTrust { before, after, .. } => {
            of_documents(before, after, |these, other| proves_trust_within(&[these], other, role))
        }
        Change::CreatePolicyVersion { before: Some(before), after, .. } => {
            of_documents(before, after, |these, other| {
                proves_permissions_within(&[&permissions(these)], &[&permissions(other)], role)
            })
        }
        Change::CreatePolicyVersion { before: None, .. } => Effect::Changes,
        Change::DeletePolicy { before, .. } | Change::DeleteInlinePolicy { before, .. } => {
            let document = before.as_ref().and_then(StoredDocument::document);
            match document.is_some_and(only_allows) {
                true => Effect::Closes,
                false => Effect::Changes,
            }
        }
        Change::UpdateRole { before, after, .. } => Effect::of((after.1 <= before.1, before.1 <= after.1)),
        Change::TagRole { .. } | Change::TagPolicy { .. } | Change::DeletePolicyVersion { .. } => {
            Effect::Same
        }
    }
}

fn of_documents(
    before: &StoredDocument,
    after: &StoredDocument,
    is_within: impl Fn(&Document, &Document) -> bool,
) -> Effect {
    match (before.document(), after.document()) {
        (Some(before), Some(after)) => Effect::of((is_within(after, before), is_within(before, after))),
        (None, _) | (_, None) => Effect::Changes,
    }
}

fn permissions(document: &Document) -> Permissions<'_> {
    Permissions { identity: vec![NamedDocument { name: "policy", document }], boundary: None }
}

fn only_allows(document: &Document) -> bool {
    document.statements().iter().all(|statement| statement.effect == StatementEffect::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(statements: &str) -> StoredDocument {
        format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#).into()
    }

    const GENESYS: &str = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::765628985471:root"},"Condition":{"StringEquals":{"sts:ExternalId":"id"}}}"#;
    const OTHER: &str = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::999999999999:root"}}"#;

    #[test]
    fn a_widening_is_never_told_as_a_narrowing() {
        let role: RoleArn = "arn:aws:iam::123456789012:role/r".parse().unwrap();
        let (narrow, wide, other) = (trust(GENESYS), trust(&format!("{GENESYS},{OTHER}")), trust(OTHER));
        let unreadable: StoredDocument = "{".to_owned().into();
        let within = |these: &Document, other: &Document| proves_trust_within(&[these], other, &role);
        for (before, after, expected) in [
            (&narrow, &wide, Effect::Opens),
            (&wide, &narrow, Effect::Closes),
            (&narrow, &other, Effect::Changes),
            (&narrow, &narrow, Effect::Same),
            (&unreadable, &narrow, Effect::Changes),
        ] {
            assert_eq!(of_documents(before, after, within), expected, "{before:?} {after:?}");
        }
    }
}
