//! A JSON value to statements, with every fault and its place.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::json::push_step;
use super::{
    ActionPattern, Clause, Effect, Fault, MAX_DEPTH, MAX_FAULTS, ResourcePattern, Statement, Version,
};
use crate::arn::split_arn;
use crate::condition::{Condition, ConditionValue, Operator};
use crate::context::ContextKey;
use crate::principal::element::{PrincipalKind, PrincipalName};
use crate::text::{Form, Piece, PolicyText, Reading, Token};

/// What a document consists of.
pub(super) struct Parts {
    pub(super) version: Option<Version>,
    pub(super) id: Option<String>,
    pub(super) statements: Vec<Statement>,
}

pub(super) fn read(source: &Value) -> Result<Parts, Vec<Fault>> {
    let mut reader = Reader { pointer: String::new(), faults: Vec::new(), variables: false };
    if is_deeper(source, MAX_DEPTH) {
        reader.fault(format!("nested deeper than {MAX_DEPTH} levels"));
        return Err(reader.faults);
    }
    let parts = reader.document(source);
    match parts {
        Some(parts) if reader.faults.is_empty() => Ok(parts),
        _ => Err(reader.faults),
    }
}

/// Text never gets this far when it is too deep; a value that somebody else parsed can.
fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|item| is_deeper(item, levels - 1)),
        Value::Object(entries) => levels == 0 || entries.values().any(|item| is_deeper(item, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

struct Reader {
    pointer: String,
    faults: Vec<Fault>,
    /// `${…}` is a variable in this document.
    variables: bool,
}

impl Reader {
    fn fault(&mut self, message: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault { pointer: self.pointer.clone(), message: message.into() });
        }
    }

    /// Reads something one step further in.
    fn at<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.pointer.len();
        push_step(&mut self.pointer, step);
        let result = read(self);
        self.pointer.truncate(length);
        result
    }

    fn document(&mut self, source: &Value) -> Option<Parts> {
        let Value::Object(object) = source else {
            self.fault(format!("a policy document must be an object, not {}", kind_of(source)));
            return None;
        };
        self.refuse_unknown(object, &["Version", "Id", "Statement"]);
        let version =
            object.get("Version").and_then(|value| self.at("Version", |reader| reader.version(value)));
        self.variables = version == Some(Version::V2012);
        let id = object.get("Id").and_then(|value| self.at("Id", |reader| reader.string(value)));
        let statements = match object.get("Statement") {
            None => {
                self.fault("`Statement` is missing");
                Vec::new()
            }
            Some(Value::Array(items)) => self.at("Statement", |reader| {
                let mut statements = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    statements.extend(reader.at(&index.to_string(), |reader| reader.statement(item)));
                }
                statements
            }),
            Some(item) => self.at("Statement", |reader| reader.statement(item)).into_iter().collect(),
        };
        Some(Parts { version, id, statements })
    }

    fn refuse_unknown(&mut self, object: &Map<String, Value>, known: &[&str]) {
        for key in object.keys().filter(|key| !known.contains(&key.as_str())) {
            let hint = known.iter().find(|name| name.eq_ignore_ascii_case(key));
            let message = match hint {
                Some(name) => format!("unknown element `{key}`; write `{name}`"),
                None => format!("unknown element `{}`", key.escape_debug()),
            };
            self.at(key, |reader| reader.fault(message));
        }
    }

    fn version(&mut self, value: &Value) -> Option<Version> {
        let text = self.string(value)?;
        let version = [Version::V2008, Version::V2012].into_iter().find(|version| version.as_str() == text);
        if version.is_none() {
            self.fault(format!(
                "the version must be `2012-10-17` or `2008-10-17`, not `{}`",
                text.escape_debug()
            ));
        }
        version
    }

    fn string(&mut self, value: &Value) -> Option<String> {
        if let Value::String(text) = value {
            return Some(text.clone());
        }
        self.fault(format!("expected a string, not {}", kind_of(value)));
        None
    }

    /// A string, or a list of strings.
    fn strings<T>(&mut self, value: &Value, mut read: impl FnMut(&mut Self, &str) -> T) -> Vec<T> {
        let mut results = Vec::new();
        match value {
            Value::String(text) => results.push(read(self, text)),
            Value::Array(items) => {
                results.reserve(items.len());
                for (index, item) in items.iter().enumerate() {
                    self.at(&index.to_string(), |reader| match item {
                        Value::String(text) => results.push(read(reader, text)),
                        other => reader.fault(format!("expected a string, not {}", kind_of(other))),
                    });
                }
            }
            other => self.fault(format!("expected a string or a list of strings, not {}", kind_of(other))),
        }
        results
    }

    fn statement(&mut self, value: &Value) -> Option<Statement> {
        let Value::Object(object) = value else {
            self.fault(format!("a statement must be an object, not {}", kind_of(value)));
            return None;
        };
        self.refuse_unknown(
            object,
            &[
                "Sid",
                "Effect",
                "Principal",
                "NotPrincipal",
                "Action",
                "NotAction",
                "Resource",
                "NotResource",
                "Condition",
            ],
        );
        let sid = object.get("Sid").and_then(|value| self.at("Sid", |reader| reader.string(value)));
        let effect = match object.get("Effect") {
            Some(value) => self.at("Effect", |reader| reader.effect(value)),
            None => {
                self.fault("`Effect` is missing");
                None
            }
        };
        let principal = self.clause(object, "Principal", "NotPrincipal", Self::principals);
        let action = self.clause(object, "Action", "NotAction", |reader, value| {
            reader.strings(value, |_, text| ActionPattern::read(text))
        });
        if action.is_none() && !object.contains_key("Action") && !object.contains_key("NotAction") {
            self.fault("`Action` or `NotAction` is missing");
        }
        let resource = self.clause(object, "Resource", "NotResource", |reader, value| {
            reader.strings(value, |reader, text| reader.resource(text))
        });
        let conditions = match object.get("Condition") {
            Some(value) => self.at("Condition", |reader| reader.conditions(value)),
            None => Vec::new(),
        };
        Some(Statement {
            sid: sid.map(Into::into),
            effect: effect?,
            principal,
            action: action?,
            resource,
            conditions,
        })
    }

    fn effect(&mut self, value: &Value) -> Option<Effect> {
        let text = self.string(value)?;
        let effect = [Effect::Allow, Effect::Deny].into_iter().find(|effect| effect.as_str() == text);
        if effect.is_none() {
            self.fault(format!("the effect must be `Allow` or `Deny`, not `{}`", text.escape_debug()));
        }
        effect
    }

    /// An element or its complement; both at once is a fault.
    fn clause<T>(
        &mut self,
        object: &Map<String, Value>,
        name: &str,
        complement: &str,
        read: impl FnOnce(&mut Self, &Value) -> Vec<T>,
    ) -> Option<Clause<T>> {
        let (key, value, negated) = match (object.get(name), object.get(complement)) {
            (None, None) => return None,
            (Some(value), None) => (name, value, false),
            (None, Some(value)) => (complement, value, true),
            (Some(_), Some(_)) => {
                self.fault(format!("`{name}` and `{complement}` cannot both be in one statement"));
                return None;
            }
        };
        let values = self.at(key, |reader| read(reader, value));
        Some(Clause { negated, values })
    }

    fn principals(&mut self, value: &Value) -> Vec<PrincipalName> {
        let mut names = Vec::new();
        match value {
            Value::String(text) if text == "*" => names.push(PrincipalName::Everyone),
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.at(key, |reader| match PrincipalKind::from_key(key) {
                        Some(kind) => {
                            names.extend(reader.strings(value, |_, text| PrincipalName::read(kind, text)));
                        }
                        None => reader.fault(format!(
                            "unknown kind of principal `{}`; expected `AWS`, `Service`, `Federated` or `CanonicalUser`",
                            key.escape_debug()
                        )),
                    });
                }
            }
            other => self.fault(format!(
                "a principal must be `\"*\"` or an object such as `{{\"AWS\": …}}`, not {}",
                kind_of(other)
            )),
        }
        names
    }

    fn resource(&self, text: &str) -> ResourcePattern {
        ResourcePattern { text: read_resource(text, self.variables) }
    }

    fn conditions(&mut self, value: &Value) -> Vec<Condition> {
        let mut conditions = Vec::new();
        let Value::Object(operators) = value else {
            self.fault(format!("a condition must be an object of operators, not {}", kind_of(value)));
            return conditions;
        };
        let mut seen = BTreeSet::new();
        for (name, keys) in operators {
            self.at(name, |reader| {
                if !seen.insert(name.to_ascii_lowercase()) {
                    reader.fault(format!("the operator `{}` is given twice", name.escape_debug()));
                }
                reader.condition_keys(name, keys, &mut conditions);
            });
        }
        conditions
    }

    fn condition_keys(&mut self, operator_name: &str, keys: &Value, conditions: &mut Vec<Condition>) {
        let operator = Operator::read(operator_name);
        let Value::Object(keys) = keys else {
            self.fault(format!("an operator must hold an object of condition keys, not {}", kind_of(keys)));
            return;
        };
        let mut seen = BTreeSet::new();
        for (name, value) in keys {
            self.at(name, |reader| {
                let key = ContextKey::new(name);
                if !seen.insert(key.clone()) {
                    reader.fault(format!("the condition key `{}` is given twice", name.escape_debug()));
                }
                let values = reader.condition_values(&operator, value);
                let operator = operator.clone();
                conditions.push(Condition { operator, operator_name: operator_name.into(), key, values });
            });
        }
    }

    fn condition_values(&mut self, operator: &Operator, value: &Value) -> Vec<ConditionValue> {
        let variables = self.variables;
        let scalar = |value: &Value| match value {
            Value::String(text) => Some(ConditionValue::read(operator, text, variables)),
            Value::Bool(flag) => Some(ConditionValue::read(operator, &flag.to_string(), variables)),
            Value::Number(number) => Some(ConditionValue::read_number(operator, number, variables)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        let mut values = Vec::new();
        let items = match value {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        for (index, item) in items.iter().enumerate() {
            match scalar(item) {
                Some(value) => values.push(value),
                None => {
                    let message = format!(
                        "a condition value must be a string, a number or true/false, not {}",
                        kind_of(item)
                    );
                    if value.is_array() {
                        self.at(&index.to_string(), |reader| reader.fault(message));
                    } else {
                        self.fault(message);
                    }
                }
            }
        }
        values
    }
}

/// Variables count in the last part of an ARN only (IAM User Guide, "Policy elements: variables and tags"); one that
/// stands earlier makes the text unreadable, and so does a text that is neither an ARN nor begins with a wildcard.
fn read_resource(text: &str, variables: bool) -> PolicyText {
    if !is_resource(text) {
        return PolicyText::unreadable(text);
    }
    let read = PolicyText::read(text, Reading { wildcards: true, variables });
    if let Form::Template(pieces) = read.form() {
        let mut colons = 0;
        for piece in pieces {
            match piece {
                Piece::Token(Token::Char(':')) => colons += 1,
                Piece::Variable { .. } if colons < 5 => return PolicyText::unreadable(text),
                Piece::Token(_) | Piece::Variable { .. } => {}
            }
        }
    }
    read
}

/// Whether a text has the form that IAM asks of a resource: an ARN, or a pattern of ARNs.
fn is_resource(text: &str) -> bool {
    let wild = |text: &str| text.contains(['*', '?']);
    let first = text.split(':').next().unwrap_or_default();
    text.trim() == text && (wild(first) || (first == "arn" && (wild(text) || split_arn(text).is_some())))
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
