//! The documents that decide who may assume a role and what it may then do, as far as they are known.

use std::collections::HashSet;

use serde_json::Value;

use rolecall_iam::arn::RoleArn;
use rolecall_iam::document::Document;
use rolecall_iam::prove::{self, Permissions};

/// The most reasons that are kept for one side of a role.
const MAX_REASONS: usize = 100;

/// One side of a role.
#[derive(Debug, Clone, PartialEq)]
pub enum Side<T> {
    /// Everything that decides it.
    Known(T),
    /// Some of it is not known: why, in one line each; at least one.
    Unknown(Vec<String>),
    /// Nothing is said about it.
    Absent,
}

/// A document with the name under which people know it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedDocument {
    /// The policy's ARN, address or name.
    pub name: String,
    /// The document.
    pub document: Document,
}

/// Everything that decides what a session of the role may do, on the side of its account.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PermissionDocuments {
    /// Managed and inline policies.
    pub identity: Vec<NamedDocument>,
    /// The permissions boundary.
    pub boundary: Option<NamedDocument>,
}

impl PermissionDocuments {
    /// The same for the prover.
    #[must_use]
    pub fn for_proof(&self) -> Permissions<'_> {
        fn named(NamedDocument { name, document }: &NamedDocument) -> prove::NamedDocument<'_> {
            prove::NamedDocument { name, document }
        }
        Permissions {
            identity: self.identity.iter().map(named).collect(),
            boundary: self.boundary.as_ref().map(named),
        }
    }
}

/// A role.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleDocuments {
    /// What its source calls it: its ARN, address or logical ID.
    pub name: String,
    /// Its name in IAM, where that is known.
    pub role_name: Option<String>,
    /// Its ARN, where that is known.
    pub arn: Option<RoleArn>,
    /// How long its sessions can last, in seconds, where that is known.
    pub max_session_duration: Option<u32>,
    /// The trust policy.
    pub trust: Side<Document>,
    /// What it may do.
    pub permissions: Side<PermissionDocuments>,
    /// Why no claim about the trust policy is proved, although the document is known: a value in it may be another.
    pub trust_assumes: Vec<String>,
    /// The same for what it may do.
    pub permissions_assume: Vec<String>,
    /// What was taken for granted.
    pub notes: Vec<String>,
}

impl RoleDocuments {
    /// A role of which only the name is taken, and why.
    pub(super) fn unread(name: &str, reason: &str) -> Self {
        Self {
            name: name.to_owned(),
            role_name: None,
            arn: None,
            max_session_duration: None,
            trust: Side::Unknown(vec![reason.to_owned()]),
            permissions: Side::Unknown(vec![reason.to_owned()]),
            trust_assumes: Vec::new(),
            permissions_assume: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// Collects the permissions of a role. One document that is not known leaves all of them unknown: it may allow anything,
/// and deny what the others allow.
#[derive(Debug, Default)]
pub struct PermissionReader {
    found: PermissionDocuments,
    names: HashSet<String>,
    reasons: Vec<String>,
}

impl PermissionReader {
    /// A managed or inline policy. The same one twice counts once.
    pub fn identity(&mut self, name: &str, document: Result<Document, String>) {
        let Some(found) = self.named(name, document) else { return };
        if self.names.insert(found.name.clone()) || !self.found.identity.contains(&found) {
            self.found.identity.push(found);
        }
    }

    /// The permissions boundary.
    pub fn boundary(&mut self, name: &str, document: Result<Document, String>) {
        self.found.boundary = self.named(name, document);
    }

    /// Something is not known, for these reasons.
    pub fn unknown(&mut self, reasons: impl IntoIterator<Item = String>) {
        for reason in reasons {
            if self.reasons.len() < MAX_REASONS && !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
    }

    fn named(&mut self, name: &str, document: Result<Document, String>) -> Option<NamedDocument> {
        match document {
            Ok(document) => Some(NamedDocument { name: name.to_owned(), document }),
            Err(reason) => {
                self.unknown([format!("{name}: {reason}")]);
                None
            }
        }
    }

    /// What was collected.
    #[must_use]
    pub fn finish(self) -> Side<PermissionDocuments> {
        if self.reasons.is_empty() { Side::Known(self.found) } else { Side::Unknown(self.reasons) }
    }
}

/// A document in any of the forms in which tools show it: JSON, JSON in a string, and percent-encoded JSON in a string,
/// which is how IAM answers (IAM API Reference, GetRole: "URL-encoded compliant with RFC 3986").
pub(super) fn document(value: &Value) -> Result<Document, String> {
    let parsed = match value {
        Value::String(text) if text.trim_start().starts_with('%') => {
            let text = percent_encoding::percent_decode_str(text.trim()).decode_utf8();
            Document::parse(&text.map_err(|error| format!("not percent-encoded text: {error}"))?)
        }
        Value::String(text) => Document::parse(text),
        // Back to text, where the limit on the size of a document holds.
        Value::Object(_) | Value::Array(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {
            Document::parse(&value.to_string())
        }
    };
    parsed.map_err(|errors| errors.to_string())
}

/// A number of seconds, also as text.
pub(super) fn seconds(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => number.as_u64().and_then(|seconds| seconds.try_into().ok()),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
