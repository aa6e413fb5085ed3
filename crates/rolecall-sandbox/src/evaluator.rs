//! Asks the crate `awsim-iam-policy` which statements of a document apply to a request.
//!
//! rolecall's own evaluator is not used here, so that sandbox and verifier do not agree by construction. The
//! crate decides actions, resources, principals and conditions; how the layers combine is in
//! [`super::authorize`]. Its known gaps (0.8.0) are closed by writing each document into the dialect that it
//! understands:
//!
//! - Condition keys and variables are compared with regard to case: all are put in lower case. (Tag keys in
//!   them too: "Tag keys and values are not case-sensitive",
//!   docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html.)
//! - Operator names are compared with regard to case: the spelling is corrected.
//! - A role's ARN as principal does not cover its sessions: it is replaced by the session's ARN, if the role
//!   is still the one that was meant when the policy was saved.
//! - `ArnEquals` takes no wildcards: it becomes `ArnLike`, which AWS says behaves the same.
//! - `NumericNotEquals` and `DateNotEquals` with several values are ORed: they are split into one condition a
//!   value.
//! - Dates without a time are not understood: midnight is added.
//! - `NotPrincipal` is not understood: it is written as `Principal` for the caller.
//! - Variables have no defaults and are expanded in 2008 documents: they are expanded here.
//! - A single-valued operator looks at the first value of a key with many: such a condition is made to fail.
//! - Its combination of layers (a resource policy lifts the boundary; `:root` needs no identity policy) and
//!   its unbounded cache of documents are not used.
//!
//! What remains is refused with an error instead of decided ([`Undecidable`]): values with wildcards in
//! variables, variables where AWS allows none, and `ForAnyValue:…NotEquals` over several
//! numbers or dates. Two oddities stay: numbers such as `inf` are numbers, and `?` stands for one byte.
//! Service and federated principals never match, which is right, since no service calls the sandbox.

mod not_principal;

use std::collections::{BTreeMap, HashMap};

use awsim_iam_policy::{
    AuthzRequest, BaseOperator, Condition, ContextValue, Effect, EvalContext, PolicyAttributions,
    PolicyDocument, Principal as PrincipalElement, SetQualifier, evaluate_detailed, parse_value,
};
use serde_json::Value;

use super::principals::{Caller, Identity};
use super::tags::Tags;

/// Why a document cannot be decided here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Undecidable(pub(super) String);

/// One request to be decided.
pub(super) struct Question<'a> {
    pub(super) caller: &'a Caller,
    /// The ARN of the caller's role in the account, if the caller is a session of a role that exists.
    pub(super) role_arn: Option<&'a str>,
    pub(super) action: &'a str,
    pub(super) resource: &'a str,
    pub(super) context: Context,
}

/// The request context; keys in lower case.
#[derive(Debug, Clone, Default)]
pub(super) struct Context(HashMap<String, ContextValue>);

impl Context {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        self.0.insert(key.to_lowercase(), ContextValue::String(value.into()));
        self
    }

    pub(super) fn with_optional(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// A value for a key that has none yet.
    pub(super) fn with_default(self, key: &str, value: Option<&str>) -> Self {
        let missing = !self.0.contains_key(&key.to_lowercase());
        self.with_optional(key, value.filter(|_| missing))
    }

    pub(super) fn with_list(mut self, key: &str, values: Vec<String>) -> Self {
        self.0.insert(key.to_lowercase(), ContextValue::StringList(values));
        self
    }

    /// `prefix/key` for each tag.
    pub(super) fn with_tags(self, prefix: &str, tags: Option<&Tags>) -> Self {
        let tags = tags.into_iter().flat_map(Tags::iter);
        tags.fold(self, |context, (key, value)| context.with(&format!("{prefix}/{key}"), value))
    }
}

/// A statement that applies to the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Applies {
    pub(super) statement: usize,
    pub(super) allow: bool,
}

/// Statements of an identity policy, boundary or session policy that apply.
pub(super) fn identity_statements(text: &str, question: &Question<'_>) -> Result<Vec<Applies>, Undecidable> {
    let documents = [translate(text, question, &BTreeMap::new())?];
    Ok(applying(
        question,
        &documents,
        &EvalContext { identity_policies: &documents, ..EvalContext::default() },
    ))
}

/// Statements of a resource policy that apply; `trusted_ids` as in [`super::state::Role::trusted_ids`].
pub(super) fn resource_statements(
    text: &str,
    trusted_ids: &BTreeMap<String, String>,
    question: &Question<'_>,
) -> Result<Vec<Applies>, Undecidable> {
    let documents = [translate(&not_principal::rewritten(text, question)?, question, trusted_ids)?];
    let layers = EvalContext { resource_policy: documents.first(), ..EvalContext::default() };
    Ok(applying(question, &documents, &layers))
}

fn applying(question: &Question<'_>, documents: &[PolicyDocument], layers: &EvalContext<'_>) -> Vec<Applies> {
    let request = AuthzRequest {
        principal_arn: &question.caller.arn,
        principal_account: &question.caller.account,
        action: question.action,
        resource_arn: question.resource,
        context: &question.context.0,
    };
    let matched = evaluate_detailed(&request, layers, &PolicyAttributions::default()).matched_statements;
    let effect = |index: usize| {
        documents.first().and_then(|document| document.statements.get(index)).map(|it| it.effect)
    };
    matched
        .iter()
        .map(|found| found.statement_index)
        .map(|statement| Applies { statement, allow: effect(statement) == Some(Effect::Allow) })
        .collect()
}

fn translate(
    text: &str,
    question: &Question<'_>,
    trusted_ids: &BTreeMap<String, String>,
) -> Result<PolicyDocument, Undecidable> {
    let mut json: Value = serde_json::from_str(text).map_err(|error| Undecidable(error.to_string()))?;
    spell_operators(&mut json);
    let mut document = parse_value(&json).map_err(|error| Undecidable(error.to_string()))?;
    let variables = document.version.as_deref() == Some("2012-10-17");
    for statement in &mut document.statements {
        if statement.not_principal.is_some() {
            return Err(Undecidable("NotPrincipal".to_owned()));
        }
        if let Some(principal) = &mut statement.principal {
            resolve_principals(principal, question, trusted_ids);
        }
        for resources in [&mut statement.resource, &mut statement.not_resource].into_iter().flatten() {
            let patterns: Result<_, _> =
                resources.iter().map(|text| expand(text, variables, &question.context)).collect();
            *resources = awsim_iam_policy::ResourceList::Multiple(patterns?);
        }
        if let Some(block) = &mut statement.condition {
            let conditions = std::mem::take(&mut block.conditions);
            for condition in conditions {
                block.conditions.extend(translate_condition(condition, variables, &question.context)?);
            }
        }
    }
    Ok(document)
}

/// A role's ARN becomes that of the caller's session; an ARN whose owner was replaced since becomes nobody's.
fn resolve_principals(
    element: &mut PrincipalElement,
    question: &Question<'_>,
    trusted_ids: &BTreeMap<String, String>,
) {
    let (PrincipalElement::Aws(arns) | PrincipalElement::Mixed { aws: arns, .. }) = element else { return };
    let own_id = question.caller.unique_id();
    let own_arn = match &question.caller.identity {
        Identity::User { .. } => Some(question.caller.arn.as_str()),
        Identity::Session(_) => question.role_arn,
    };
    for arn in arns {
        if Some(arn.as_str()) == own_arn {
            let meant = trusted_ids.get(arn).is_none_or(|id| id == own_id);
            *arn = if meant { question.caller.arn.clone() } else { "deleted".to_owned() };
        }
    }
}

fn translate_condition(
    mut condition: Condition,
    variables: bool,
    context: &Context,
) -> Result<Vec<Condition>, Undecidable> {
    use BaseOperator as Op;
    condition.key = condition.key.to_lowercase();
    let operator = &mut condition.operator;
    match operator.base {
        Op::ArnEquals => operator.base = Op::ArnLike,
        Op::ArnNotEquals => operator.base = Op::ArnNotLike,
        _ => {}
    }
    let takes_variables = matches!(
        operator.base,
        Op::StringEquals
            | Op::StringNotEquals
            | Op::StringEqualsIgnoreCase
            | Op::StringNotEqualsIgnoreCase
            | Op::StringLike
            | Op::StringNotLike
            | Op::ArnLike
            | Op::ArnNotLike
    );
    for value in &mut condition.values {
        *value = match takes_variables {
            true => expand(value, variables, context)?,
            false if value.contains("${") => return Err(Undecidable(format!("the variable in `{value}`"))),
            false => with_time(operator.base, value),
        };
    }
    if operator.set_qualifier == SetQualifier::None
        && operator.base != Op::Null
        && matches!(context.0.get(&condition.key), Some(ContextValue::StringList(_)))
    {
        // Never true: the key is present.
        condition.operator.base = Op::Null;
        condition.values = vec!["true".to_owned()];
        return Ok(vec![condition]);
    }
    if matches!(operator.base, Op::NumericNotEquals | Op::DateNotEquals) && condition.values.len() > 1 {
        if operator.set_qualifier == SetQualifier::ForAnyValue {
            return Err(Undecidable(
                "ForAnyValue with a negated number or date of several values".to_owned(),
            ));
        }
        let one = |value: String| Condition { values: vec![value], ..condition.clone() };
        return Ok(condition.values.iter().cloned().map(one).collect());
    }
    Ok(vec![condition])
}

/// `2026-01-01` means midnight (W3C date formats; reference_policies_elements_condition_operators.html).
fn with_time(operator: BaseOperator, value: &str) -> String {
    use BaseOperator as Op;
    let date = matches!(
        operator,
        Op::DateEquals
            | Op::DateNotEquals
            | Op::DateLessThan
            | Op::DateLessThanEquals
            | Op::DateGreaterThan
            | Op::DateGreaterThanEquals
    );
    let bare = value.len() == 10 && value.parse::<jiff::civil::Date>().is_ok();
    if date && bare { format!("{value}T00:00:00Z") } else { value.to_owned() }
}

/// Puts values in the place of `${key}` and `${key, 'default'}`. What has no value is left as a variable,
/// which matches nothing.
fn expand(text: &str, variables: bool, context: &Context) -> Result<String, Undecidable> {
    if !text.contains("${") {
        return Ok(text.to_owned());
    }
    if !variables {
        // A literal dollar sign and braces before 2012; the crate would expand them.
        return Err(Undecidable(format!("`{text}` in a policy without Version 2012-10-17")));
    }
    let (mut expanded, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, tail)) = after.split_once('}') else { break };
        let (key, default) = match inside.split_once(", '") {
            Some((key, quoted)) => (key, quoted.strip_suffix('\'')),
            None => (inside, None),
        };
        let value = match context.0.get(&key.to_lowercase()) {
            Some(ContextValue::String(value)) => Some(value.as_str()),
            _ => default,
        };
        expanded.push_str(before);
        match value {
            Some(value) if value.contains(['*', '?']) => {
                return Err(Undecidable(format!("a wildcard in the value of `{key}`")));
            }
            Some(value) => expanded.push_str(value),
            None if ["*", "?", "$"].contains(&key) => return Err(Undecidable(format!("`${{{key}}}`"))),
            // Not the key itself: the crate has values of its own for some, such as a user name for role
            // sessions.
            None => expanded.push_str("${no value}"),
        }
        rest = tail;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

const OPERATORS: [&str; 27] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

/// The operator as AWS spells it, or none if there is no such operator.
pub(super) fn operator_name(name: &str) -> Option<String> {
    let (set, rest) = match name.split_once(':') {
        Some((set, rest)) => {
            let set =
                ["ForAllValues", "ForAnyValue"].into_iter().find(|known| known.eq_ignore_ascii_case(set))?;
            (format!("{set}:"), rest)
        }
        None => (String::new(), name),
    };
    let known = |name: &str| OPERATORS.into_iter().find(|known| known.eq_ignore_ascii_case(name));
    if let Some(operator) = known(rest) {
        return Some(format!("{set}{operator}"));
    }
    let stem = rest.get(..rest.len().checked_sub("IfExists".len())?)?;
    let exists = rest.get(stem.len()..)?.eq_ignore_ascii_case("IfExists");
    let operator = known(stem).filter(|operator| exists && *operator != "Null")?;
    Some(format!("{set}{operator}IfExists"))
}

fn spell_operators(document: &mut Value) {
    let statements = match document.get_mut("Statement") {
        Some(Value::Array(statements)) => statements.iter_mut().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    for condition in
        statements.into_iter().filter_map(|it| it.get_mut("Condition")).filter_map(Value::as_object_mut)
    {
        *condition = std::mem::take(condition)
            .into_iter()
            .map(|(name, value)| (operator_name(&name).unwrap_or(name), value))
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::operator_name;

    #[test]
    fn operator_names_are_found_in_any_case() {
        assert_eq!(operator_name("stringequals").as_deref(), Some("StringEquals"));
        assert_eq!(
            operator_name("foranyvalue:StringLIKEifexists").as_deref(),
            Some("ForAnyValue:StringLikeIfExists")
        );
        for unknown in ["StringMatches", "NullIfExists", "ForSomeValues:StringEquals", "IfExists", ""] {
            assert_eq!(operator_name(unknown), None, "{unknown}");
        }
    }
}
