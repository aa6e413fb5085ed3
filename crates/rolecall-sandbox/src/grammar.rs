//! What IAM accepts as a policy document, with its error texts.
//!
//! The texts are those that AWS is known to answer where a source shows one; the many shapes for which none
//! does are `Syntax errors in policy.`, IAM's general answer. Whether IAM accepts `sts:*` in a trust policy
//! is contested; it is accepted here, so that a verifier meets it.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::evaluator::operator_name;
use super::state::State;
use super::wire::ApiError;

/// Where a document is to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Trust,
    Managed,
    Inline,
    Session,
}

const SYNTAX: &str = "Syntax errors in policy.";
const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
];

/// Checks a document; for a trust policy, answers what its user and role ARNs stand for in `state`.
pub(super) fn check(text: &str, kind: Kind, state: &State) -> Result<BTreeMap<String, String>, ApiError> {
    if text.is_empty()
        || text.len() > 131_072
        || !text.chars().all(|it| matches!(it, '\t' | '\n' | '\r' | ' '..='\u{ff}'))
    {
        let text = "The specified value for policyDocument is invalid: 1 to 131072 characters of \
                    [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+";
        return Err(ApiError::validation(text));
    }
    let Ok(Unique(Value::Object(document))) = serde_json::from_str(text) else {
        return Err(malformed(if kind == Kind::Trust {
            "This policy contains invalid Json"
        } else {
            SYNTAX
        }));
    };
    if document.keys().any(|key| !["Version", "Id", "Statement"].contains(&key.as_str())) {
        return Err(malformed(SYNTAX));
    }
    let old = match document.get("Version").map(Value::as_str) {
        Some(Some("2012-10-17")) => false,
        None | Some(Some("2008-10-17")) => true,
        Some(_) => return Err(malformed(SYNTAX)),
    };
    let statements: Vec<&Value> = match document.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => return Err(malformed(SYNTAX)),
    };
    if old && kind == Kind::Managed {
        return Err(malformed("Policy document must be version 2012-10-17 or greater."));
    }
    let (mut ids, mut trusted) = (Vec::new(), BTreeMap::new());
    for statement in statements {
        let statement = statement.as_object().ok_or_else(|| malformed(SYNTAX))?;
        check_statement(statement, kind)?;
        if let Some(id) = statement.get("Sid") {
            let id = id
                .as_str()
                .filter(|id| id.chars().all(|it| it.is_ascii_alphanumeric()))
                .ok_or_else(|| malformed(SYNTAX))?;
            if ids.contains(&id) {
                return Err(malformed("Statement IDs (SID) in a single policy must be unique."));
            }
            ids.push(id);
        }
        if kind == Kind::Trust {
            trusted.extend(check_principal(statement.get("Principal"), state)?);
        }
    }
    Ok(trusted)
}

fn check_statement(statement: &Map<String, Value>, kind: Kind) -> Result<(), ApiError> {
    let has = |key: &str| statement.contains_key(key);
    if statement.keys().any(|key| !ELEMENTS.contains(&key.as_str())) {
        return Err(malformed(SYNTAX));
    }
    match statement.get("Effect").map(Value::as_str) {
        Some(Some("Allow" | "Deny")) => {}
        Some(_) => return Err(malformed(SYNTAX)),
        None => return Err(malformed("Missing required field Effect")),
    }
    if has("Action") == has("NotAction") {
        return Err(malformed(if has("Action") { SYNTAX } else { "Policy statement must contain actions." }));
    }
    let actions = strings(statement.get("Action").or(statement.get("NotAction")))?;
    if kind == Kind::Trust {
        for field in ["Resource", "NotResource", "NotPrincipal"] {
            if has(field) {
                return Err(malformed(format!("Has prohibited field {field}")));
            }
        }
        if !actions.iter().all(|action| is_trust_action(action)) || has("NotAction") {
            return Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."));
        }
    } else {
        if has("Principal") || has("NotPrincipal") {
            return Err(malformed("Policy document should not specify a principal."));
        }
        if !actions
            .iter()
            .all(|action| *action == "*" || action.split(':').filter(|part| !part.is_empty()).count() == 2)
        {
            return Err(malformed(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ));
        }
        if has("Resource") == has("NotResource") {
            return Err(malformed(if has("Resource") {
                SYNTAX
            } else {
                "Policy statement must contain resources."
            }));
        }
        for resource in strings(statement.get("Resource").or(statement.get("NotResource")))? {
            if resource != "*" && !(resource.starts_with("arn:") && resource.matches(':').count() >= 2) {
                return Err(malformed(format!("Resource {resource} must be in ARN format or \"*\".")));
            }
        }
    }
    statement.get("Condition").map_or(Ok(()), check_condition)
}

fn is_trust_action(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let known = ["sts:tagsession", "sts:setsourceidentity", "sts:setcontext", "sts:*"];
    action.starts_with("sts:assumerole") || known.contains(&action.as_str())
}

fn check_condition(condition: &Value) -> Result<(), ApiError> {
    let operators = condition.as_object().ok_or_else(|| malformed(SYNTAX))?;
    for (operator, keys) in operators {
        let keys = keys
            .as_object()
            .filter(|_| operator_name(operator).is_some())
            .ok_or_else(|| malformed(SYNTAX))?;
        let scalar = |value: &Value| value.is_string() || value.is_boolean() || value.is_number();
        let valid =
            |value: &Value| scalar(value) || value.as_array().is_some_and(|values| values.iter().all(scalar));
        if !keys.values().all(valid) {
            return Err(malformed(SYNTAX));
        }
    }
    Ok(())
}

/// The ARNs of users and roles in a trust policy's principal, with the unique IDs that they have now.
fn check_principal(principal: Option<&Value>, state: &State) -> Result<Vec<(String, String)>, ApiError> {
    let types = match principal {
        None => return Err(malformed("Missing required field Principal")),
        Some(Value::String(text)) if text == "*" => {
            return Err(malformed("AssumeRolepolicy contained an invalid principal: \"STAR\":\"*\"."));
        }
        Some(Value::Object(types)) if !types.is_empty() => types,
        Some(_) => return Err(malformed(SYNTAX)),
    };
    let mut named = Vec::new();
    for (kind, values) in types {
        for value in strings(Some(values))? {
            let invalid =
                || malformed(format!("Invalid principal in policy: \"{}\":\"{value}\"", kind.to_uppercase()));
            match kind.as_str() {
                "AWS" => named.extend(check_aws_principal(value, state).map_err(|()| invalid())?),
                "Service" if value.contains('.') && !value.contains('*') => {}
                "Federated" if !value.is_empty() && !value.contains('*') => {}
                _ => return Err(invalid()),
            }
        }
    }
    Ok(named)
}

fn check_aws_principal(value: &str, state: &State) -> Result<Option<(String, String)>, ()> {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit());
    let account_root = value.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root"));
    // Which accounts exist in the world is not known here: any twelve digits will do.
    if value == "*" || is_account(value) || account_root.is_some_and(is_account) {
        return Ok(None);
    }
    if let Some(session) =
        value.strip_prefix("arn:aws:sts::").and_then(|rest| rest.split_once(":assumed-role/"))
    {
        let (account, name) = session;
        let whole =
            name.split('/').filter(|part| !part.is_empty()).count() == 2 && !name.contains(['*', '?']);
        return if whole && is_account(account) { Ok(None) } else { Err(()) };
    }
    match state.unique_id(value) {
        Some(id) => Ok(Some((value.to_owned(), id.to_owned()))),
        None => Err(()),
    }
}

/// A string or an array of strings.
fn strings(value: Option<&Value>) -> Result<Vec<&str>, ApiError> {
    match value {
        Some(Value::String(text)) => Ok(vec![text]),
        Some(Value::Array(texts)) => {
            texts.iter().map(|text| text.as_str().ok_or_else(|| malformed(SYNTAX))).collect()
        }
        _ => Err(malformed(SYNTAX)),
    }
}

/// Characters that count towards the size quotas: "IAM does not count white space".
pub(super) fn size(document: &str) -> usize {
    document.chars().filter(|letter| !letter.is_whitespace()).count()
}

/// `MalformedPolicyDocument` with AWS's text.
pub(super) fn malformed(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "MalformedPolicyDocument", message)
}

/// JSON in which no object says the same key twice; `serde_json` alone would keep the last.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor).map(Self)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON without duplicate keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Unique(value))) = entries.next_entry::<String, Unique>()? {
            if map.insert(key, value).is_some() {
                return Err(A::Error::custom("duplicate key"));
            }
        }
        Ok(Value::Object(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unique(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}
