//! Policy documents: read from JSON with every fault at once, compiled for evaluation, given back exactly as they came.
//!
//! Invariants: a [`Document`] keeps the JSON that it was read from, so the round trip is lossless by construction; the
//! compiled statements always belong to that JSON, because neither can be changed. To change a document, change the
//! JSON and read it again. What is read here is what evaluation understands; what AWS would refuse to *store* is
//! wider and is told by [`super::quota`].
//!
//! Deliberately absent: meaning. A document does not know whether it is a trust policy or an identity policy.

mod json;
mod read;

use std::fmt;
use std::sync::Arc;

pub use json::{Limits, parse_json, push_step};
use serde_json::Value;

use super::arn::AccountId;
use super::condition::Condition;
use super::pattern::Pattern;
use super::principal::Principal;
use super::principal::element::{PrincipalMatch, PrincipalName, match_element};
use super::text::{Case, PolicyText, Token, matches, tokenize};
use super::truth::Truth;

/// The largest document that is read, in bytes. IAM's own limit is 131,072 characters ([`super::quota`]); tools that
/// look for faults also meet documents that no account would accept.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The deepest nesting that is read. A policy needs seven levels.
pub const MAX_DEPTH: usize = 16;

/// The most faults that are reported for one document.
pub const MAX_FAULTS: usize = 100;

/// The policy language's version: it decides whether `${…}` is a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// `2008-10-17`, which also counts where a document names no version: `${…}` is plain text.
    V2008,
    /// `2012-10-17`.
    V2012,
}

impl Version {
    /// The text that stands in a document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

/// What a statement does to the requests that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`
    Allow,
    /// `Deny`
    Deny,
}

impl Effect {
    /// The text that stands in a document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// An element such as `Action`, or its complement such as `NotAction`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause<T> {
    /// True for `NotAction`, `NotResource` and `NotPrincipal`.
    pub negated: bool,
    /// The values in the document's order.
    pub values: Vec<T>,
}

/// One value of `Action` or `NotAction`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionPattern {
    raw: Box<str>,
    form: ActionForm,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ActionForm {
    /// `*`
    Everything,
    /// Without wildcards: the raw text, whatever its case.
    Exactly,
    /// `service:` and a name with wildcards.
    Names { service: Box<str>, name: Box<[Token]> },
    /// A wildcard in the service, which IAM does not accept; matched, but not relied upon.
    WildService { tokens: Box<[Token]> },
    /// Not of the form `service:Name`, so that IAM refuses it: what it would cover is not documented.
    Undocumented,
}

impl ActionPattern {
    fn read(raw: &str) -> Self {
        let form = match raw.split_once(':') {
            _ if raw == "*" => ActionForm::Everything,
            _ if !is_action_name(raw) => ActionForm::Undocumented,
            _ if !raw.contains(['*', '?']) => ActionForm::Exactly,
            Some((service, name)) if !service.contains(['*', '?']) => {
                ActionForm::Names { service: service.into(), name: tokenize(name) }
            }
            _ => ActionForm::WildService { tokens: tokenize(raw) },
        };
        Self { raw: raw.into(), form }
    }

    /// The pattern as the document has it.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// What it covers at most, in lower case, and whether it covers that for sure.
    pub(super) fn reach(&self) -> (Pattern, bool) {
        match &self.form {
            ActionForm::Everything | ActionForm::Exactly | ActionForm::Names { .. } => {
                (Pattern::like(&self.raw.to_ascii_lowercase()), true)
            }
            ActionForm::WildService { .. } => (Pattern::like(&self.raw.to_ascii_lowercase()), false),
            ActionForm::Undocumented => (Pattern::like("*"), false),
        }
    }

    /// Whether the pattern covers an action such as `sts:AssumeRole`. Case does not count.
    pub(super) fn covers(&self, action: &str) -> Truth {
        match &self.form {
            ActionForm::Everything => Truth::True,
            ActionForm::Exactly => self.raw.eq_ignore_ascii_case(action).into(),
            ActionForm::Names { service, name } => {
                let covered = action.split_once(':').is_some_and(|(wanted, rest)| {
                    service.eq_ignore_ascii_case(wanted) && matches(name, rest, Case::Insensitive)
                });
                covered.into()
            }
            ActionForm::WildService { tokens } => {
                Truth::from(matches(tokens, action, Case::Insensitive)).and(Truth::Unknown)
            }
            ActionForm::Undocumented => Truth::Unknown,
        }
    }
}

/// A service, one colon and a name, of letters, digits, hyphens and wildcards (IAM User Guide, "Action").
fn is_action_name(raw: &str) -> bool {
    let is_word = |word: &str| {
        let is_documented = |byte: u8| byte.is_ascii_alphanumeric() || b"-_*?".contains(&byte);
        !word.is_empty() && word.bytes().all(is_documented)
    };
    raw.split_once(':').is_some_and(|(service, name)| is_word(service) && is_word(name))
}

/// One value of `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourcePattern {
    /// The text with its wildcards and variables.
    pub text: PolicyText,
}

/// One statement of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The statement's id, where it has one.
    pub sid: Option<Arc<str>>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`.
    pub principal: Option<Clause<PrincipalName>>,
    /// `Action` or `NotAction`.
    pub action: Clause<ActionPattern>,
    /// `Resource` or `NotResource`.
    pub resource: Option<Clause<ResourcePattern>>,
    /// Every operator and key of `Condition`; all of them must hold.
    pub conditions: Vec<Condition>,
}

impl Statement {
    /// Whether the statement's `Action` or `NotAction` covers an action.
    #[must_use]
    pub fn covers_action(&self, action: &str) -> Truth {
        let covered = Truth::any(self.action.values.iter().map(|pattern| pattern.covers(action)));
        if self.action.negated { !covered } else { covered }
    }

    /// How the statement's `Principal` or `NotPrincipal` means a caller; `None` where it has neither.
    pub(super) fn match_principal(&self, caller: &Principal, has_boundary: bool) -> Option<PrincipalMatch> {
        let element = self.principal.as_ref()?;
        Some(match_element(element, caller, self.effect, has_boundary))
    }

    /// Whether the statement's `Principal` or `NotPrincipal` means a caller that no boundary limits; `Unknown` where
    /// it has neither.
    #[must_use]
    pub fn names_principal(&self, caller: &Principal) -> Truth {
        self.match_principal(caller, false).map_or(Truth::Unknown, |matched| matched.any)
    }
}

/// A policy document.
#[derive(Debug, Clone)]
pub struct Document {
    source: Value,
    version: Option<Version>,
    id: Option<String>,
    statements: Vec<Statement>,
}

/// Something in a document that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a JSON pointer (RFC 6901); empty for the whole document.
    pub pointer: String,
    /// What is wrong, in one line.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the document" } else { &self.pointer };
        write!(formatter, "{place}: {}", self.message)
    }
}

/// Every fault of a document, in the document's order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a policy document: {}", join(faults))]
pub struct DocumentErrors {
    /// At least one, at most [`MAX_FAULTS`].
    pub faults: Vec<Fault>,
}

/// The faults that one line names.
const NAMED_FAULTS: usize = 10;

/// The first faults, and how many more are known. Reading stops to note them at [`MAX_FAULTS`].
fn join(faults: &[Fault]) -> String {
    let named: Vec<String> = faults.iter().take(NAMED_FAULTS).map(Fault::to_string).collect();
    let more = match faults.len().saturating_sub(NAMED_FAULTS) {
        0 => String::new(),
        more if faults.len() >= MAX_FAULTS => format!("; and at least {more} more"),
        more => format!("; and {more} more"),
    };
    named.join("; ") + &more
}

impl Document {
    /// Reads a document from JSON text.
    ///
    /// # Errors
    /// Every fault with its JSON pointer: broken JSON, duplicate keys, unknown elements, wrong types, a document that is
    /// larger than [`MAX_BYTES`] or deeper than [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, DocumentErrors> {
        let value = parse_json(text, Limits { bytes: MAX_BYTES, depth: MAX_DEPTH })
            .map_err(|faults| DocumentErrors { faults })?;
        Self::from_owned(value)
    }

    /// Reads a document from bytes that should be UTF-8.
    ///
    /// # Errors
    /// As [`Document::parse`]; bytes that are not UTF-8 are a fault that says where.
    pub fn parse_bytes(bytes: &[u8]) -> Result<Self, DocumentErrors> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(text),
            Err(error) => {
                let message = format!("the text is not UTF-8: byte {} cannot be read", error.valid_up_to());
                Err(DocumentErrors { faults: vec![Fault { pointer: String::new(), message }] })
            }
        }
    }

    /// Reads a document from JSON that is already parsed.
    ///
    /// # Errors
    /// As [`Document::parse`], except that duplicate keys cannot be seen any more.
    pub fn from_value(value: &Value) -> Result<Self, DocumentErrors> {
        Self::from_owned(value.clone())
    }

    /// The same without a copy of it.
    ///
    /// # Errors
    /// As [`Document::from_value`].
    pub fn from_owned(source: Value) -> Result<Self, DocumentErrors> {
        let parts = read::read(&source).map_err(|faults| DocumentErrors { faults })?;
        let read::Parts { version, id, statements } = parts;
        Ok(Self { source, version, id, statements })
    }

    /// A policy of a resource that leaves every decision to an account.
    #[must_use]
    pub fn delegating_to(account: &AccountId) -> Self {
        let principal = vec![PrincipalName::Account { partition: None, account: account.clone() }];
        let statement = Statement {
            sid: None,
            effect: Effect::Allow,
            principal: Some(Clause { negated: false, values: principal }),
            action: Clause { negated: false, values: vec![ActionPattern::read("*")] },
            resource: None,
            conditions: Vec::new(),
        };
        let source = serde_json::json!({
            "Version": Version::V2012.as_str(),
            "Statement": {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "*"},
        });
        Self { source, version: Some(Version::V2012), id: None, statements: vec![statement] }
    }

    /// The JSON of the document, exactly as it was read.
    #[must_use]
    pub fn to_value(&self) -> Value {
        self.source.clone()
    }

    /// The JSON of the document, exactly as it was read, without a copy.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.source
    }

    /// The version that the document names. No version means the rules of [`Version::V2008`].
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// The document's `Id`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The statements in their order.
    #[must_use]
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The JSON pointer of a statement: `/Statement/2`, or `/Statement` where a single one stands without a list.
    #[must_use]
    pub fn statement_pointer(&self, index: usize) -> String {
        match self.source.get("Statement") {
            Some(Value::Array(_)) => format!("/Statement/{index}"),
            _ => "/Statement".to_owned(),
        }
    }
}

/// The text of the document without line breaks.
impl fmt::Display for Document {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.source)
    }
}

/// Two documents are equal where their JSON is, apart from the order of keys. For equal in meaning see
/// [`Document::equivalent`].
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Document {}
