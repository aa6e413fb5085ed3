//! One form for all documents that differ in formatting only, so that formatting is not drift.
//!
//! Equal are: an account's twelve digits and its root ARN; a string and a list of one; any order and repetition of
//! values and of statements; any case of actions, operators and condition keys; numbers and booleans and their text;
//! no `Condition` and an empty one; no `Version` and the one that counts then; an empty `Sid` or `Id` and none.
//!
//! Different are, although no decision depends on them: `Sid` and `Id`. Somebody wrote them, findings and AWS's own
//! error messages cite them, and no formatter changes them.
//!
//! ```
//! use rolecall_iam::document::Document;
//!
//! let written = Document::parse(r#"{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}"#)?;
//! let stored = Document::parse(
//!     r#"{"Version": "2008-10-17", "Statement": [{"Action": ["S3:getobject"], "Effect": "Allow", "Resource": ["*"]}]}"#,
//! )?;
//! assert!(written.equivalent(&stored));
//! # Ok::<(), rolecall_iam::document::DocumentErrors>(())
//! ```
//!
//! Invariant: the canonical form decides every request as its document does.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::condition::{Condition, Operator};
use super::document::{Clause, Document, Statement, Version};
use super::principal::element::{PrincipalKind, PrincipalName};

impl Document {
    /// The canonical form, as JSON.
    #[must_use]
    pub fn canonical(&self) -> Value {
        let mut object = Map::new();
        object.insert("Version".into(), self.version().unwrap_or(Version::V2008).as_str().into());
        if let Some(id) = self.id().filter(|id| !id.is_empty()) {
            object.insert("Id".into(), id.into());
        }
        let mut statements: Vec<(String, Value)> = self
            .statements()
            .iter()
            .map(|statement| {
                let value = canonical_statement(statement);
                (value.to_string(), value)
            })
            .collect();
        statements.sort_by(|left, right| left.0.cmp(&right.0));
        statements.dedup_by(|left, right| left.0 == right.0);
        let statements = statements.into_iter().map(|(_, value)| value).collect();
        object.insert("Statement".into(), Value::Array(statements));
        Value::Object(object)
    }

    /// True where the documents differ in formatting only.
    #[must_use]
    pub fn equivalent(&self, other: &Self) -> bool {
        self == other || self.canonical() == other.canonical()
    }
}

fn canonical_statement(statement: &Statement) -> Value {
    let Statement { sid, effect, principal, action, resource, conditions } = statement;
    let mut object = Map::new();
    if let Some(sid) = sid.as_ref().filter(|sid| !sid.is_empty()) {
        object.insert("Sid".into(), (**sid).into());
    }
    object.insert("Effect".into(), effect.as_str().into());
    if let Some(clause) = principal {
        object.insert(name_of(clause, "Principal", "NotPrincipal"), canonical_principal(&clause.values));
    }
    let actions = action.values.iter().map(|pattern| pattern.raw().to_ascii_lowercase());
    object.insert(name_of(action, "Action", "NotAction"), sorted(actions));
    if let Some(clause) = resource {
        let values = clause.values.iter().map(|pattern| pattern.text.raw().to_owned());
        object.insert(name_of(clause, "Resource", "NotResource"), sorted(values));
    }
    if !conditions.is_empty() {
        object.insert("Condition".into(), canonical_conditions(conditions));
    }
    Value::Object(object)
}

fn name_of<T>(clause: &Clause<T>, name: &str, complement: &str) -> String {
    if clause.negated { complement.into() } else { name.into() }
}

fn sorted(values: impl Iterator<Item = String>) -> Value {
    values.collect::<BTreeSet<String>>().into_iter().collect()
}

fn canonical_principal(names: &[PrincipalName]) -> Value {
    named_principals(names, PrincipalName::to_string)
}

/// The value of `Principal` that names these, each in the form that is given.
pub(crate) fn named_principals(names: &[PrincipalName], text: fn(&PrincipalName) -> String) -> Value {
    if names.contains(&PrincipalName::Everyone) {
        return "*".into();
    }
    let kinds =
        [PrincipalKind::Aws, PrincipalKind::CanonicalUser, PrincipalKind::Federated, PrincipalKind::Service];
    let mut object = Map::new();
    for kind in kinds {
        let mut named = names.iter().filter(|name| name.kind() == Some(kind)).peekable();
        if named.peek().is_some() {
            object.insert(kind.key().into(), sorted(named.map(text)));
        }
    }
    Value::Object(object)
}

/// Operators and keys in the order of their names. Reading refuses an operator or key that stands twice, so that none
/// is lost here.
fn canonical_conditions(conditions: &[Condition]) -> Value {
    let mut operators: Vec<(String, &Condition)> = conditions
        .iter()
        .map(|condition| {
            let name = match &condition.operator {
                Operator::Unknown(name) => name.clone(),
                known @ (Operator::Null | Operator::Compare { .. }) => known.name(),
            };
            (name, condition)
        })
        .collect();
    operators.sort_by(|left, right| (&left.0, &left.1.key).cmp(&(&right.0, &right.1.key)));
    let mut object = Map::new();
    for (operator, condition) in operators {
        let values = sorted(condition.values.iter().map(|value| value.raw.to_string()));
        let keys = object.entry(operator).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(keys) = keys {
            keys.insert(condition.key.folded().into(), values);
        }
    }
    Value::Object(object)
}
