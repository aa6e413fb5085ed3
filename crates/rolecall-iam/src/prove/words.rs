//! The sentences of witnesses and reasons: what somebody who does not know IAM needs in order to see what is wrong. A
//! sentence says no more than its request and the document show.

use super::claim::NamedDocument;
use super::mentioned::keys_of_statement;
use super::permission::INVOKE;
use super::policy::ResourcePolicy;
use super::rule::Place;
use super::variable::Uncut;
use crate::context::{ContextKey, ContextValue, Lookup};
use crate::document::{Document, Effect, Statement};
use crate::evaluate::{Block, Evaluation, Layer, Request, StatementRef};
use crate::keys::{self, Source};
use crate::principal::Principal;
use crate::principal::element::PrincipalName;
use crate::truth::Truth;

/// "any principal of account 999999999999 can assume the role without an external ID, because …"
pub(super) fn can_assume(who: &str, request: &Request, evaluation: &Evaluation, trust: &Document) -> String {
    let id = external_id(request);
    let rest = circumstances(request);
    let because = match evaluation.statements.first() {
        Some(statement) => {
            format!(", because {} {}", statement_name(statement), condition_on_id(statement, request, trust))
        }
        None => String::new(),
    };
    format!("{who} can assume the role{id}{rest}{because}")
}

/// "a trust policy can let any principal of any AWS account assume the role without an external ID: …"
pub(super) fn passes(who: &str, request: &Request) -> String {
    let (id, rest) = (external_id(request), circumstances(request));
    format!("a trust policy can let {who} assume the role{id}{rest}: no statement of the policy denies it")
}

/// "any principal of account 765628985471 can invoke `…` without the role, because …", or whatever else it can do to the
/// function.
pub(super) fn can_reach(who: &str, request: &Request, evaluation: &Evaluation) -> String {
    let rest = circumstances(request);
    let because = match evaluation.statements.first() {
        Some(statement) => {
            format!(", because {} of the function's policy allows it", statement_name(statement))
        }
        None => String::new(),
    };
    let Request { action, resource, .. } = request;
    match action.as_str() {
        INVOKE => format!("{who} can invoke `{resource}` without the role{rest}{because}"),
        _ => format!("{who} can call `{action}` on `{resource}`{rest}{because}"),
    }
}

/// "`arn:…` cannot assume the role with the external ID `…`, because …"
pub(super) fn cannot_assume(who: &str, request: &Request, evaluation: &Evaluation) -> String {
    let id = external_id(request);
    let rest = circumstances(request);
    format!("{who} cannot assume the role{id}{rest}, because {}", refusal(evaluation, &[]))
}

/// "a session of the role can call `s3:GetObject` on `…`, because …". Several statements may allow it: `asked` is the one that
/// the request was looked for.
pub(super) fn session_can(
    request: &Request,
    evaluation: &Evaluation,
    policies: &[NamedDocument<'_>],
    asked: Option<Place>,
) -> String {
    let Request { action, resource, .. } = request;
    let rest = circumstances(request);
    let of_identity = || evaluation.statements.iter().filter(|statement| statement.layer == Layer::Identity);
    let is_asked = |statement: &&StatementRef| {
        asked.is_some_and(|place| {
            place.layer == statement.layer
                && place.document == statement.document
                && place.statement == statement.statement
        })
    };
    let because = match of_identity().find(is_asked).or_else(|| of_identity().next()) {
        Some(statement) => format!(", because {} allows it", named_statement(statement, policies)),
        None => String::new(),
    };
    format!("a session of the role can call `{action}` on `{resource}`{rest}{because}")
}

/// "the permissions boundary allows `s3:GetObject` on `…`: …"
pub(super) fn boundary_allows(request: &Request) -> String {
    let Request { action, resource, .. } = request;
    let rest = circumstances(request);
    format!(
        "the permissions boundary allows `{action}` on `{resource}`{rest}: it no longer stops a policy that grants this"
    )
}

/// "a session of the role cannot call `lambda:InvokeFunction` on `…`, because …"
pub(super) fn session_cannot(
    request: &Request,
    evaluation: &Evaluation,
    policies: &[NamedDocument<'_>],
) -> String {
    let Request { action, resource, .. } = request;
    let rest = circumstances(request);
    let refusal = refusal(evaluation, policies);
    format!("a session of the role cannot call `{action}` on `{resource}`{rest}, because {refusal}")
}

/// Who makes the request. A whole account is named only where the statement that lets it in names it, and nothing in the
/// document tells one caller of it from another.
pub(super) fn who(request: &Request, evaluation: &Evaluation, policy: &ResourcePolicy<'_>) -> String {
    let caller = &request.principal;
    let Some(account) = caller.account() else {
        return match caller {
            Principal::Service(name) => format!("the AWS service `{name}`"),
            Principal::Anonymous => "anybody, without signing the request,".to_owned(),
            _ => format!("anybody with a token of the identity provider `{caller}`"),
        };
    };
    let decisive = evaluation.statements.first().filter(|_| evaluation.allows == Truth::True);
    let statement = decisive.and_then(|decisive| policy.statement(decisive.statement));
    let names = statement.and_then(|statement| statement.principal.as_ref()).filter(|names| !names.negated);
    // What grants a further permission may name fewer callers.
    let alike = evaluation.implied.is_empty() && treats_callers_alike(policy.document, statement);
    let Some(names) = names.filter(|_| alike) else {
        return format!("`{caller}`");
    };
    let named = |wanted: &dyn Fn(&PrincipalName) -> bool| names.values.iter().any(wanted);
    let everybody = named(&|name| matches!(name, PrincipalName::Everyone | PrincipalName::AnyAws));
    if !everybody && !named(&|name| name.is_account_of(caller)) {
        format!("`{caller}`")
    } else if policy.is_own(caller) {
        format!("any principal of the role's own account {account}")
    } else if everybody {
        format!("any principal of any AWS account (for example `{caller}`)")
    } else {
        format!("any principal of account {account}")
    }
}

/// Whether no statement that counts tells one caller from another, but for the names of the one that allows.
fn treats_callers_alike(document: &Document, allow: Option<&Statement>) -> bool {
    let reads_caller = |statement: &Statement| {
        keys_of_statement(statement).any(|key| {
            keys::facts(key.folded())
                .is_none_or(|facts| matches!(facts.source, Source::Caller(_) | Source::Attribute(_)))
        })
    };
    let names_everybody = |statement: &Statement| {
        statement
            .principal
            .as_ref()
            .is_some_and(|names| !names.negated && names.values.contains(&PrincipalName::Everyone))
    };
    let mut denies = document.statements().iter().filter(|statement| statement.effect == Effect::Deny);
    allow.is_some_and(|allow| !reads_caller(allow))
        && denies.all(|deny| !reads_caller(deny) && names_everybody(deny))
}

fn external_id(request: &Request) -> String {
    match request.context.get(&ContextKey::new("sts:ExternalId")) {
        Some(ContextValue::One(id)) => format!(" with the external ID `{id}`"),
        Some(ContextValue::Many(ids)) => format!(" with the external IDs `{}`", ids.join("`, `")),
        Some(ContextValue::Absent) | None if request.principal.account().is_some() => {
            " without an external ID".to_owned()
        }
        Some(ContextValue::Absent) | None => String::new(),
    }
}

/// What else the request must have, in as far as it does not follow from the caller.
fn circumstances(request: &Request) -> String {
    let stated: Vec<String> = request
        .context
        .iter()
        .filter(|(key, _)| key.folded() != "sts:externalid")
        .filter_map(|(key, value)| match value {
            ContextValue::Absent => None,
            ContextValue::One(value) => Some(format!("`{key}` is `{value}`")),
            ContextValue::Many(values) => Some(format!("`{key}` is `{}`", values.join("` and `"))),
        })
        .collect();
    if stated.is_empty() { String::new() } else { format!(" when {}", stated.join(" and ")) }
}

/// "statement 2 (`AllowGenesys`)"
fn statement_name(statement: &StatementRef) -> String {
    let number = statement.statement + 1;
    match &statement.sid {
        Some(sid) => format!("statement {number} (`{sid}`)"),
        None => format!("statement {number}"),
    }
}

fn named_statement(statement: &StatementRef, policies: &[NamedDocument<'_>]) -> String {
    let name = statement_name(statement);
    match policies.get(statement.document).filter(|_| statement.layer == Layer::Identity) {
        // A name that says what it is has its own quotes.
        Some(policy) if policy.name.contains('`') => format!("{name} of {}", policy.name),
        Some(policy) => format!("{name} of `{}`", policy.name),
        None if statement.layer == Layer::Boundary => format!("{name} of the permissions boundary"),
        None => name,
    }
}

/// "allows it and its condition `StringEquals` accepts this external ID"
fn condition_on_id(statement: &StatementRef, request: &Request, trust: &Document) -> String {
    let conditions = trust.statements().get(statement.statement).map(|statement| &*statement.conditions);
    let mut names = conditions
        .unwrap_or_default()
        .iter()
        .filter(|condition| condition.key.folded() == "sts:externalid")
        .map(|condition| format!("`{}`", condition.operator_name));
    let Some(first) = names.next() else {
        // Only callers of an account pass an external ID.
        let words = if request.principal.account().is_some() { " and asks for no external ID" } else { "" };
        return format!("allows it{words}");
    };
    let operators = names.fold(first, |all, name| format!("{all} and {name}"));
    match request.context.get(&ContextKey::new("sts:ExternalId")) {
        Some(ContextValue::One(_) | ContextValue::Many(_)) => {
            format!("allows it and this external ID satisfies its condition {operators} on `sts:ExternalId`")
        }
        Some(ContextValue::Absent) | None => format!(
            "allows it and a request without an external ID satisfies its condition {operators} on `sts:ExternalId`"
        ),
    }
}

fn refusal(evaluation: &Evaluation, policies: &[NamedDocument<'_>]) -> String {
    if let Some(statement) = evaluation.statements.first() {
        return format!("{} denies it", named_statement(statement, policies));
    }
    match evaluation.blocked {
        Some(Block::Caller(reason)) => reason.to_owned(),
        Some(Block::Implied(action)) => format!("the call also needs `{action}`, which is not allowed"),
        Some(Block::Layer(Layer::Boundary)) => "the permissions boundary does not allow it".to_owned(),
        Some(Block::Layer(
            Layer::Resource
            | Layer::Identity
            | Layer::Session
            | Layer::ServiceControl(_)
            | Layer::ResourceControl(_),
        ))
        | None => "no statement allows it".to_owned(),
    }
}

/// Why a statement, or a question about all of them, could not be decided for every request.
pub(super) fn not_cut(uncut: &Uncut, statement: Option<Place>) -> String {
    let which = statement.map(|place| format!("statement {}: ", place.statement + 1)).unwrap_or_default();
    match uncut {
        Uncut::Reason(reason) => format!("{which}{reason}"),
        Uncut::NoCaller => format!(
            "{which}the only callers that were found have names that AWS does not accept, so it is not decided"
        ),
        Uncut::Linked => format!("{which}it depends on values of the request that depend on each other"),
        Uncut::TooLarge => format!("{which}conditions and wildcards make too many cases to examine"),
    }
}

/// Why a session that a statement names may be one of a stated role or not.
pub(super) fn session_without_path(statement: Place) -> String {
    format!(
        "statement {}: it names a session, whose ARN leaves out the path of the session's role; whether that is the stated role is not known",
        statement.statement + 1
    )
}

/// Why a policy that names resources cannot be decided without its role.
pub(super) fn resource_matters() -> String {
    "a statement names a resource, and the role that the policy belongs to is not known".to_owned()
}

/// A statement may grant something of which no request can be shown.
pub(super) fn no_known_action(statement: Place) -> String {
    format!(
        "statement {}: it may allow other requests, but none with a known AWS action on a resource that this \
         action applies to",
        statement.statement + 1
    )
}

/// What the evaluator could not evaluate.
pub(super) fn not_evaluated(
    evaluation: &Evaluation,
    policies: &[NamedDocument<'_>],
    statement: Option<Place>,
) -> Vec<String> {
    let mut reasons: Vec<String> = evaluation
        .not_evaluated
        .iter()
        .map(|element| {
            let name = named_statement(&element.statement, policies);
            format!("{name}, {}: {}", element.pointer, element.reason)
        })
        .collect();
    if reasons.is_empty() {
        reasons.push(not_cut(&Uncut::Linked, statement));
    }
    reasons
}

/// Why an action is not proved to be allowed on every resource.
pub(super) fn elsewhere(refused: &Request) -> String {
    format!("it is refused on `{}`, and whether it acts upon such a resource is not known", refused.resource)
}

/// Why a request that should be allowed is so only sometimes.
pub(super) fn depends(allowed: &Request, refused: &Request) -> String {
    let mut differences: Vec<String> = Vec::new();
    if allowed.principal.to_string() != refused.principal.to_string() {
        differences
            .push(format!("the caller (`{}` is allowed, `{}` is not)", allowed.principal, refused.principal));
    }
    let mut keys: Vec<&ContextKey> =
        allowed.context.iter().chain(refused.context.iter()).map(|(key, _)| key).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let (with, without) = (shown(allowed, key), shown(refused, key));
        if with != without {
            differences.push(format!("`{key}` ({with} is allowed, {without} is not)"));
        }
    }
    format!("it depends on {}", differences.join(" and on "))
}

fn shown(request: &Request, key: &ContextKey) -> String {
    match request.context.get(key) {
        Some(ContextValue::One(value)) => format!("`{value}`"),
        Some(ContextValue::Many(values)) => format!("`{}`", values.join("`, `")),
        Some(ContextValue::Absent) => "a request without it".to_owned(),
        None => match request.principal.derive(key.folded()) {
            Some(Lookup::One(value)) => format!("`{value}`"),
            Some(
                Lookup::Absent | Lookup::Unknown | Lookup::NotOf(_) | Lookup::Undocumented | Lookup::Many(_),
            )
            | None => "a request without it".to_owned(),
        },
    }
}
