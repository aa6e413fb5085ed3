//! What a document says of callers and asks of requests, and a request in the terms in which it is shown.

use std::collections::HashSet;

use super::actions;
use crate::arn::{AccountId, Partition};
use crate::condition::Operand;
use crate::context::{Context, ContextKey, ContextValue, Lookup};
use crate::document::{Document, Effect, Statement};
use crate::keys::{self, Source};
use crate::principal::Principal;
use crate::principal::element::PrincipalName;

/// The partitions that callers can come from: nobody acts outside of his own. Where the resource's is not known, it
/// counts only for documents that ask for the caller's ARN.
pub(super) fn partitions(known: Option<&Partition>, matters: bool) -> Vec<Partition> {
    match known {
        Some(partition) => vec![partition.clone()],
        None => {
            let count = if matters { usize::MAX } else { 1 };
            actions::partitions().take(count).collect()
        }
    }
}

/// The partitions of the ARNs that a document names as principals.
pub(super) fn named_partitions(document: &Document) -> impl Iterator<Item = &Partition> {
    let names = document.statements().iter().filter_map(|statement| statement.principal.as_ref());
    names.flat_map(|clause| &clause.values).filter_map(|name| match name {
        PrincipalName::Identity(identity) => identity.partition(),
        PrincipalName::Account { partition, account: _ } => partition.as_ref(),
        _ => None,
    })
}

pub(super) fn root_of(partition: &Partition, account: &AccountId) -> Principal {
    Principal::Root { partition: partition.clone(), account: account.clone() }
}

/// Every key that the statements of a document ask about, in conditions and variables.
pub(super) fn keys_of(document: &Document) -> impl Iterator<Item = &ContextKey> {
    document.statements().iter().flat_map(keys_of_statement)
}

/// Every key that a statement asks about, in conditions and variables.
pub(super) fn keys_of_statement(statement: &Statement) -> impl Iterator<Item = &ContextKey> {
    let conditions = statement.conditions.iter().flat_map(|condition| {
        let variables = condition.values.iter().flat_map(|value| match &value.operand {
            Operand::Text(text) => Some(text.variables()),
            Operand::Number(_)
            | Operand::Date(_)
            | Operand::Bool(_)
            | Operand::Bytes(_)
            | Operand::Network(_)
            | Operand::Undocumented => None,
        });
        std::iter::once(&condition.key).chain(variables.flatten())
    });
    let resources = statement.resource.iter().flat_map(|clause| &clause.values);
    conditions.chain(resources.flat_map(|value| value.text.variables()))
}

/// The keys of a document that imply another action, with that action.
pub(super) fn implying(document: &Document) -> Vec<(ContextKey, &'static str)> {
    let conditions = document.statements().iter().flat_map(|statement| &statement.conditions);
    let mut found: Vec<(ContextKey, &'static str)> = conditions
        .filter_map(|condition| Some((condition.key.clone(), implied_action(condition.key.folded())?)))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The action that a call for a role implies where it passes this key.
fn implied_action(key: &str) -> Option<&'static str> {
    match keys::facts(key)?.source {
        Source::Parameter(parameter) => parameter.implies(),
        _ => None,
    }
}

/// The context without what it says anyway.
pub(super) fn stated(context: &Context, caller: &Principal) -> Context {
    let mut result = Context::new();
    for (key, value) in context.iter() {
        let said = match caller.derive(key.folded()) {
            Some(Lookup::One(derived)) => matches!(value, ContextValue::One(value) if *value == derived),
            Some(Lookup::Absent) | None => *value == ContextValue::Absent,
            Some(Lookup::Unknown | Lookup::NotOf(_) | Lookup::Undocumented | Lookup::Many(_)) => false,
        };
        if !said {
            result.set(key.clone(), value.clone());
        }
    }
    result
}

/// What the printed name of a caller does not tell: the path of the role behind a session, and the unique id.
pub(super) fn state_caller(context: &mut Context, caller: &Principal, user_id: Option<String>) {
    if let Principal::RoleSession { path: Some(path), .. } = caller
        && path.as_str() != "/"
        && let Some(Lookup::One(arn)) = caller.derive("aws:principalarn")
    {
        context.set("aws:PrincipalArn", arn.into_owned());
    }
    if let Some(user_id) = user_id {
        context.set("aws:userid", user_id);
    }
}

/// A caller as its name tells it: a session's does not show the path of its role. What is shown is put to the evaluator in
/// the form in which a reader would put it there.
pub(super) fn as_printed(caller: Principal) -> Principal {
    match caller {
        Principal::RoleSession { partition, account, path: _, role, session } => {
            Principal::RoleSession { partition, account, path: None, role, session }
        }
        other => other,
    }
}

/// Everybody whom an `Allow` names.
pub(super) fn named(document: &Document) -> Vec<Principal> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let allows = document.statements().iter().filter(|statement| statement.effect == Effect::Allow);
    for name in allows
        .filter_map(|statement| statement.principal.as_ref())
        .filter(|clause| !clause.negated)
        .flat_map(|clause| &clause.values)
    {
        let principal = match name {
            PrincipalName::Account { partition, account } => {
                let partition = partition.clone().or_else(|| "aws".parse().ok());
                partition.map(|partition| root_of(&partition, account))
            }
            PrincipalName::Identity(principal) => Some(principal.clone()),
            PrincipalName::Service(service) => Some(Principal::Service(service.clone())),
            PrincipalName::Federated(provider) => provider.parse().ok(),
            PrincipalName::Everyone
            | PrincipalName::AnyAws
            | PrincipalName::UniqueId(_)
            | PrincipalName::CanonicalUser(_)
            | PrincipalName::Nobody(_)
            | PrincipalName::Undocumented(..) => None,
        };
        if let Some(principal) = principal.filter(|principal| seen.insert(principal.clone())) {
            found.push(principal);
        }
    }
    found
}
