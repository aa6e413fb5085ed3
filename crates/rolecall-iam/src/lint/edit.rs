//! A remedy as data: the edits of a document that mend a finding, what the document is then, and the sentence that says so.
//!
//! Invariant: an edit names what stands in the document, or what the intent states; it never makes up a value.

use std::fmt;

use serde_json::{Map, Value, json};

use super::external_id::EXTERNAL_ID;
use crate::canonical::named_principals;
use crate::document::{Document, Version};
use crate::principal::element::PrincipalName;

/// What mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// The document says the current version.
    Version,
    /// Statements are changed; the first edit is of the statement that the finding is about.
    Edits(Vec<Edit>),
}

/// A change of one statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The statement's place in the document, from zero.
    pub statement: usize,
    /// What is changed.
    pub change: Change,
}

/// What is changed of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is deleted.
    Delete,
    /// `Principal` no longer names these.
    DropPrincipals(Vec<PrincipalName>),
    /// `Principal` names these alone.
    Principals(Vec<PrincipalName>),
    /// `Action` no longer lists these.
    DropActions(Vec<String>),
    /// `Action` lists these alone.
    Actions(Vec<String>),
    /// `Resource` lists these alone.
    Resources(Vec<String>),
    /// One of these external IDs is required, by an exact comparison and by nothing else.
    ExternalIds(Vec<String>),
}

impl Remedy {
    /// The document after the remedy; `None` if it would not be one.
    #[must_use]
    pub fn apply(&self, document: &Document) -> Option<Document> {
        let mut value = document.to_value();
        let Self::Edits(edits) = self else {
            value.as_object_mut()?.insert("Version".to_owned(), Version::V2012.as_str().into());
            return Document::from_owned(value).ok();
        };
        for Edit { statement, change } in edits {
            let place = value.pointer_mut(&document.statement_pointer(*statement))?.as_object_mut()?;
            let clause = document.statements().get(*statement).and_then(|it| it.principal.as_ref());
            change.make(place, clause.map(|clause| clause.values.as_slice()).unwrap_or_default());
        }
        let is_deleted =
            |index: usize| edits.iter().any(|edit| edit.statement == index && edit.change == Change::Delete);
        if let Some(statements) = value.get_mut("Statement").and_then(Value::as_array_mut) {
            let mut index = 0;
            statements.retain(|_| {
                index += 1;
                !is_deleted(index - 1)
            });
        }
        Document::from_owned(value).ok()
    }
}

impl Change {
    fn make(&self, statement: &mut Map<String, Value>, names: &[PrincipalName]) {
        let mut replace = |element: &str, complement: &str, value: Value| {
            statement.remove(complement);
            statement.insert(element.to_owned(), value);
        };
        match self {
            Self::Delete => {}
            Self::DropPrincipals(dropped) => {
                let kept: Vec<PrincipalName> =
                    names.iter().filter(|name| !dropped.contains(name)).cloned().collect();
                replace("Principal", "NotPrincipal", named_principals(&kept, written));
            }
            Self::Principals(names) => replace("Principal", "NotPrincipal", named_principals(names, written)),
            Self::Actions(actions) => replace("Action", "NotAction", json!(actions)),
            Self::Resources(resources) => replace("Resource", "NotResource", json!(resources)),
            Self::DropActions(dropped) => {
                let is_kept = |action: &Value| {
                    !action
                        .as_str()
                        .is_some_and(|it| dropped.iter().any(|other| other.eq_ignore_ascii_case(it)))
                };
                if let Some(Value::Array(actions)) = statement.get_mut("Action") {
                    actions.retain(is_kept);
                }
            }
            Self::ExternalIds(ids) => require(statement, ids),
        }
    }
}

/// Every condition on the external ID makes room for one.
fn require(statement: &mut Map<String, Value>, ids: &[String]) {
    let value = statement.entry("Condition").or_insert_with(|| json!({}));
    let Some(conditions) = value.as_object_mut() else { return };
    for keys in conditions.values_mut().filter_map(Value::as_object_mut) {
        keys.retain(|key, _| !key.eq_ignore_ascii_case(EXTERNAL_ID));
    }
    conditions.retain(|_, keys| keys.as_object().is_none_or(|keys| !keys.is_empty()));
    let equals = conditions.keys().find(|operator| operator.eq_ignore_ascii_case("StringEquals")).cloned();
    let equals =
        conditions.entry(equals.unwrap_or_else(|| "StringEquals".to_owned())).or_insert_with(|| json!({}));
    if let Some(keys) = equals.as_object_mut() {
        let ids = match ids {
            [only] => json!(only),
            several => json!(several),
        };
        keys.insert(EXTERNAL_ID.to_owned(), ids);
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Edits(edits) = self else {
            return write!(formatter, "write `\"Version\": \"{}\"`", Version::V2012.as_str());
        };
        let mut said: Option<usize> = edits.first().map(|edit| edit.statement);
        for (index, Edit { statement, change }) in edits.iter().enumerate() {
            let separator = match index {
                0 => "",
                _ if matches!(change, Change::Resources(_)) => ", ",
                _ if index + 1 == edits.len() => ", and ",
                _ => ", ",
            };
            write!(formatter, "{separator}{change}")?;
            if said != Some(*statement) {
                write!(formatter, " in statement {}", statement + 1)?;
                said = Some(*statement);
            }
        }
        Ok(())
    }
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delete => formatter.write_str("delete the statement"),
            Self::DropPrincipals(names) => {
                write!(formatter, "remove {} from `Principal`", listed(&texts(names)))
            }
            Self::Principals(names) => {
                write!(formatter, "name {} alone in `Principal`", listed(&texts(names)))
            }
            Self::DropActions(actions) => write!(formatter, "remove {} from `Action`", listed(actions)),
            Self::Actions(actions) => write!(formatter, "allow {} alone", listed(actions)),
            Self::Resources(resources) => write!(formatter, "on {} alone", listed(resources)),
            Self::ExternalIds(ids) => write!(
                formatter,
                "require the external ID {} with a single `StringEquals` condition on `{EXTERNAL_ID}`",
                ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" or ")
            ),
        }
    }
}

/// A name as a document has it: an account with its partition, where that is known.
fn written(name: &PrincipalName) -> String {
    match name {
        PrincipalName::Account { partition: Some(partition), account } => {
            format!("arn:{partition}:iam::{account}:root")
        }
        other => other.to_string(),
    }
}

fn texts(names: &[PrincipalName]) -> Vec<String> {
    names.iter().map(written).collect()
}

/// Most values that a sentence names.
const MOST_LISTED: usize = 3;

fn listed(values: &[impl fmt::Display]) -> String {
    let shown: Vec<String> = values.iter().take(MOST_LISTED).map(|value| format!("`{value}`")).collect();
    match (shown.split_last(), values.len().saturating_sub(MOST_LISTED)) {
        (Some((last, first)), 0) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        (_, 0) => shown.concat(),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}
