//! What a session is meant to do besides invoking functions: these actions on these resources, and nothing else.
//!
//! An allowance is a policy document of one shape: `Allow`, one action and one resource a statement, and conditions that
//! a key has one value. So whatever reads policies reads it too, and nothing in it is doubtful: no `NotAction`, no
//! variables, no operator but `StringEquals`.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::document::Document;

/// One action on one resource, each written as in a policy, with `*` and `?` as wildcards.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    action: String,
    resource: String,
    when: BTreeMap<String, String>,
}

/// Why something is no use that can be stated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UseError {
    /// No action of a policy.
    #[error("`{0}` is not an action: write `service:Name`, where `*` and `?` in the name are wildcards")]
    Action(String),
    /// No resource of a policy.
    #[error(
        "`{0}` is not a resource: write an ARN with all of its six parts, where `*` and `?` are wildcards, or `*`"
    )]
    Resource(String),
    /// A variable: what it stands for depends on the request.
    #[error("`{0}` has a policy variable; write the value out, or a wildcard")]
    Variable(String),
    /// No condition of a policy, or the same key a second time.
    #[error("`{0}` is not a condition key, or it is stated twice")]
    Condition(String),
}

impl Use {
    /// An action on a resource.
    pub fn new(action: &str, resource: &str) -> Result<Self, UseError> {
        let is_word = |text: &str, also: &[char]| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|character| character.is_ascii_alphanumeric() || also.contains(&character))
        };
        let is_action = action
            .split_once(':')
            .is_some_and(|(service, name)| is_word(service, &['-']) && is_word(name, &['*', '?']));
        if !is_action {
            return Err(UseError::Action(action.to_owned()));
        }
        if resource.contains("${") {
            return Err(UseError::Variable(resource.to_owned()));
        }
        let is_arn = resource.starts_with("arn:") && resource.split(':').count() >= 6;
        if !(resource == "*" || is_arn) || resource.chars().any(|it| it.is_control() || it.is_whitespace()) {
            return Err(UseError::Resource(resource.to_owned()));
        }
        let stated = Self { action: action.to_owned(), resource: resource.to_owned(), when: BTreeMap::new() };
        match stated.is_readable() {
            true => Ok(stated),
            false => Err(UseError::Resource(resource.to_owned())),
        }
    }

    /// The same, only where a condition key has exactly this value.
    pub fn when(mut self, key: &str, value: &str) -> Result<Self, UseError> {
        if value.contains("${") {
            return Err(UseError::Variable(value.to_owned()));
        }
        let is_key = key.contains(':') && !key.chars().any(|it| it.is_control() || it.is_whitespace());
        let is_known = self.when.keys().any(|known| known.eq_ignore_ascii_case(key));
        self.when.insert(key.to_owned(), value.to_owned());
        match is_key && !is_known && self.is_readable() {
            true => Ok(self),
            false => Err(UseError::Condition(key.to_owned())),
        }
    }

    /// Whether it can stand in a policy: an allowance is never lost because one of its uses is not understood.
    fn is_readable(&self) -> bool {
        document(&[self.statement()]).is_some()
    }

    /// The action.
    #[must_use]
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The resource.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The condition keys and the values that they must have.
    pub fn conditions(&self) -> impl Iterator<Item = (&str, &str)> {
        self.when.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    pub(super) fn is_of_one_action(&self) -> bool {
        !self.action.contains(['*', '?'])
    }

    fn statement(&self) -> Value {
        let Self { action, resource, when } = self;
        let mut statement = json!({"Effect": "Allow", "Action": action, "Resource": resource});
        if !when.is_empty()
            && let Some(statement) = statement.as_object_mut()
        {
            statement.insert("Condition".to_owned(), json!({"StringEquals": when}));
        }
        statement
    }

    /// The requests that are not meant, because a key has another value or none, as a `Deny`.
    pub(super) fn otherwise(&self) -> Option<Document> {
        let deny = |(key, value): (&String, &String)| json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {key: value}}});
        let denies: Vec<Value> = self.when.iter().map(deny).collect();
        (!denies.is_empty()).then(|| document(&denies)).flatten()
    }
}

/// "`s3:PutObject` on `arn:aws:s3:::recordings/*`"
impl fmt::Display for Use {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { action, resource, when } = self;
        write!(formatter, "`{action}` on `{resource}`")?;
        for (index, (key, value)) in when.iter().enumerate() {
            let link = if index == 0 { " where" } else { " and" };
            write!(formatter, "{link} `{key}` is `{value}`")?;
        }
        Ok(())
    }
}

/// All that a session is meant to do besides invoking functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    uses: Vec<Use>,
    document: Document,
}

impl Allowance {
    /// These uses and nothing else; `None` where there are none.
    #[must_use]
    pub fn of(uses: impl IntoIterator<Item = Use>) -> Option<Self> {
        let mut uses: Vec<Use> = uses.into_iter().collect();
        uses.sort();
        uses.dedup();
        if uses.is_empty() {
            return None;
        }
        let document = document(&uses.iter().map(Use::statement).collect::<Vec<_>>())?;
        Some(Self { uses, document })
    }

    /// The uses, in order.
    #[must_use]
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }

    /// The same as a policy, one statement for each use in their order.
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }
}

fn document(statements: &[Value]) -> Option<Document> {
    Document::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).ok()
}
