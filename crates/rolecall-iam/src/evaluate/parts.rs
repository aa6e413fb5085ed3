//! A statement part by part: what each element asks, and whether the request meets it. Only for answers that are shown;
//! the decision itself does not come through here.

use super::scan::{PolicyKind, Subject};
use crate::condition::{Condition, Keys, Operand, Operator, Unresolved};
use crate::context::Lookup;
use crate::document::{Document, Effect, Statement, push_step};
use crate::keys;
use crate::truth::Truth;

/// One element of a statement and the answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// Where it stands in its document.
    pub(crate) pointer: String,
    pub(crate) truth: Truth,
    /// What was asked and what the request has, in words.
    pub(crate) reason: String,
}

/// Every element of a statement, in the order in which it is evaluated.
pub(crate) fn parts_of(
    subject: &Subject<'_>,
    document: &Document,
    index: usize,
    kind: PolicyKind,
) -> Vec<Part> {
    let Some(statement) = document.statements().get(index) else { return Vec::new() };
    let base = document.statement_pointer(index);
    let mut parts = vec![action(subject, statement, &base)];
    parts.extend(principal(subject, statement, kind, &base));
    parts.extend(resource(subject, statement, kind, &base));
    parts.extend(statement.conditions.iter().map(|asked| condition(subject, statement.effect, asked, &base)));
    parts
}

fn action(subject: &Subject<'_>, statement: &Statement, base: &str) -> Part {
    let name = if statement.action.negated { "NotAction" } else { "Action" };
    let truth = statement.covers_action(subject.action);
    let reason = match truth {
        Truth::True => format!("covers the action `{}`", subject.action),
        Truth::False => format!("does not cover the action `{}`", subject.action),
        Truth::Unknown => {
            "has a wildcard in the name of a service, or is not of the form `service:Action`; IAM accepts neither".to_owned()
        }
    };
    Part { pointer: format!("{base}/{name}"), truth, reason }
}

fn principal(subject: &Subject<'_>, statement: &Statement, kind: PolicyKind, base: &str) -> Option<Part> {
    if kind == PolicyKind::WithoutPrincipals && statement.principal.is_none() {
        return None;
    }
    let name = if statement.principal.as_ref().is_some_and(|clause| clause.negated) {
        "NotPrincipal"
    } else {
        "Principal"
    };
    let caller = &subject.request.principal;
    let truth = subject.principal(statement, kind).any;
    let reason = match (truth, &statement.principal) {
        (Truth::True, _) => format!("matches the caller, `{caller}`"),
        (Truth::False, _) => format!("does not match the caller, `{caller}`"),
        (Truth::Unknown, None) => "is missing, but a resource policy needs it".to_owned(),
        (Truth::Unknown, Some(_)) if kind == PolicyKind::WithoutPrincipals => {
            "is not allowed in a policy of this kind".to_owned()
        }
        (Truth::Unknown, Some(clause)) if clause.negated => {
            format!("lists some of the ARNs that stand for the caller, `{caller}`, but not all of them")
        }
        (Truth::Unknown, Some(_)) => {
            format!(
                "may match the caller, `{caller}`: AWS does not say whom this text means, or the ARN is not enough to decide"
            )
        }
    };
    Some(Part { pointer: format!("{base}/{name}"), truth, reason })
}

fn resource(subject: &Subject<'_>, statement: &Statement, kind: PolicyKind, base: &str) -> Option<Part> {
    if kind == PolicyKind::NamesPrincipals && statement.resource.is_none() {
        return None;
    }
    let name = if statement.resource.as_ref().is_some_and(|clause| clause.negated) {
        "NotResource"
    } else {
        "Resource"
    };
    let resource = &subject.request.resource;
    let truth = subject.resource(statement, kind);
    let reason = match (truth, &statement.resource) {
        (Truth::True, _) => format!("covers the resource `{resource}`"),
        (Truth::False, _) => format!("does not cover the resource `{resource}`"),
        (Truth::Unknown, None) => "is missing, but a policy of this kind needs it".to_owned(),
        (Truth::Unknown, Some(_)) => format!(
            "may cover the resource `{resource}`: it depends on a variable without a known value, or on a `*` that runs across a colon, or it is not an ARN"
        ),
    };
    Some(Part { pointer: format!("{base}/{name}"), truth, reason })
}

fn condition(subject: &Subject<'_>, effect: Effect, asked: &Condition, base: &str) -> Part {
    let mut pointer = format!("{base}/Condition");
    for step in [&asked.operator_name, asked.key.written()] {
        push_step(&mut pointer, step);
    }
    let truth = asked.holds(subject, Unresolved::in_statement(effect));
    let found = match subject.lookup(&asked.key) {
        Lookup::Absent => "the request does not have this key".to_owned(),
        Lookup::Unknown => "the request's value is not known".to_owned(),
        Lookup::NotOf(_) => {
            "AWS does not say whether such a request has this key; the caller belongs to no account"
                .to_owned()
        }
        Lookup::Undocumented => "AWS does not say whether such a request has this key".to_owned(),
        Lookup::One(value) => format!("the request has `{value}`"),
        Lookup::Many(values) => format!("the request has `{}`", values.join("`, `")),
    };
    let mismatched = match &asked.operator {
        Operator::Compare { test, .. } => keys::is_mismatched(asked.key.folded(), *test),
        Operator::Null | Operator::Unknown(_) => false,
    };
    let doubt = match truth {
        Truth::Unknown if mismatched => {
            "; AWS does not say what this operator does with values of this key's type, so this cannot be decided"
        }
        Truth::Unknown if asked.values.iter().any(|value| value.operand == Operand::Undocumented) => {
            "; AWS does not say how this operator reads this value, so this cannot be decided"
        }
        Truth::Unknown => "; this cannot be decided",
        Truth::True | Truth::False => "",
    };
    Part { pointer, truth, reason: format!("{}; {found}{doubt}", asked.phrase()) }
}
