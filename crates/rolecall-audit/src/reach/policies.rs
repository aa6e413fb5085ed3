//! The policies of a role, as they are or as the role was given more.

use rolecall_iam::arn::{AccountId, PolicyArn, PolicyOwner};
use rolecall_iam::context::ContextKey;
use rolecall_iam::document::{Document, Effect, Statement};
use rolecall_iam::prove::{NamedDocument, Permissions};
use rolecall_iam::truth::Truth;
use serde_json::json;

use super::catalogue::ASSUME;
use crate::snapshot::Role;

/// How a role's own permissions were widened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Widened {
    /// Something was attached to it.
    Attached,
    /// Its inline policies were overwritten, too.
    Inline,
    /// Its policy at this place was overwritten.
    Version(usize),
}

/// A role, with the permissions that it has or that it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) role: usize,
    pub(super) widened: Option<Widened>,
    pub(super) unbounded: bool,
}

impl State {
    pub(super) fn of(role: usize) -> Self {
        Self { role, widened: None, unbounded: false }
    }
}

/// A document that stands for policies that a role gives itself.
pub(super) struct StandIn {
    /// Its place stays the same: documents are told apart by it.
    document: Option<Box<Document>>,
    /// It allows every action upon everything.
    is_everything: bool,
}

impl StandIn {
    pub(super) fn new() -> Self {
        Self::of("*")
    }

    pub(super) fn of(action: &str) -> Self {
        let document = json!({
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"},
        });
        Self { document: Document::from_owned(document).ok().map(Box::new), is_everything: action == "*" }
    }
}

/// The policies of a state, and what cannot be read of them.
pub(super) struct Policies<'s> {
    pub(super) permissions: Permissions<'s>,
    pub(super) unread: Vec<String>,
}

/// Whether IAM lets nobody change a role: those that AWS services and IAM Identity Center keep (IAM User Guide, "Create a
/// service-linked role"; IAM Identity Center User Guide, "Referencing permission sets in resource policies").
pub(super) fn is_protected(role: &Role) -> bool {
    let path = role.arn.path.as_str();
    path.starts_with("/aws-service-role/") || path.starts_with("/aws-reserved/")
}

fn is_inline(name: &str) -> bool {
    name.parse::<PolicyArn>().is_err()
}

/// The customer-managed policies of a role, each with its place and its account.
pub(super) fn customer_policies(role: &Role) -> impl Iterator<Item = (usize, &str, AccountId)> {
    role.policies.iter().enumerate().filter_map(|(place, (name, _))| {
        match name.parse::<PolicyArn>().ok()?.owner {
            PolicyOwner::Account(owner) => Some((place, name.as_str(), owner)),
            PolicyOwner::Aws => None,
        }
    })
}

/// Whether a document adds nothing where another allows everything. Without such documents, roles that were given everything
/// have the same permissions, and are asked once. A document that lets a role assume roles stays: its texts say which
/// accounts are asked about.
fn is_part_of_everything(document: &Document) -> bool {
    document.statements().iter().all(|statement| {
        statement.effect == Effect::Allow
            && statement.conditions.is_empty()
            && statement.principal.is_none()
            && statement.covers_action(ASSUME) == Truth::False
    })
}

impl<'s> Policies<'s> {
    pub(super) fn of(role: &'s Role, state: State, stand_in: &'s StandIn) -> Self {
        let gains_everything =
            state.widened.is_some() && stand_in.is_everything && stand_in.document.is_some();
        let mut unread = Vec::new();
        let mut identity = Vec::new();
        for (index, (name, document)) in role.policies.iter().enumerate() {
            let is_overwritten = match state.widened {
                None | Some(Widened::Attached) => false,
                Some(Widened::Inline) => is_inline(name),
                Some(Widened::Version(overwritten)) => overwritten == index,
            };
            match document {
                _ if is_overwritten => {}
                Ok(document) if gains_everything && is_part_of_everything(document) => {}
                Ok(document) => identity.push(NamedDocument { name, document }),
                Err(_) => unread.push(name.clone()),
            }
        }
        if state.widened.is_some() {
            identity.extend(
                stand_in.document.iter().map(|document| NamedDocument { name: "everything", document }),
            );
        }
        let boundary = match &role.boundary {
            Some((name, Ok(document))) if !state.unbounded => Some(NamedDocument { name, document }),
            Some((name, Err(_))) if !state.unbounded => {
                unread.push(name.clone());
                None
            }
            Some(_) | None => None,
        };
        Self { permissions: Permissions { identity, boundary }, unread }
    }
}

/// Whether statements ask who the caller is, besides by `Principal`.
pub(super) fn depends_on_caller(statements: &[Statement]) -> bool {
    statements.iter().any(|statement| {
        let resources = statement.resource.iter().flat_map(|clause| &clause.values);
        let mut values = statement.conditions.iter().flat_map(|condition| &condition.values);
        resources.map(|value| value.text.raw()).any(has_variable)
            || values.any(|value| has_variable(&value.raw))
            || statement.conditions.iter().any(|condition| is_about_caller(&condition.key))
    })
}

fn has_variable(text: &str) -> bool {
    text.contains("${")
}

fn is_about_caller(key: &ContextKey) -> bool {
    let key = key.folded();
    key.starts_with("aws:principal") || ["aws:userid", "aws:username"].contains(&key)
}
