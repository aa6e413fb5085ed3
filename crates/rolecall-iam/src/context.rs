//! The request context: what AWS would know about a request besides principal, action and resource.
//!
//! Invariants: keys are found whatever their case; a key is stated with values, stated to be absent, or not stated.
//! A key that is not stated and does not follow from the principal counts as absent, as the guide treats a key that
//! a request does not have. An empty list of values is the same as absence (the guide's `Null` and `ForAllValues`
//! treat both alike).

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::arn::{AccountId, Partition};

/// The name of a condition key, equal to every other spelling of it that differs in case only.
///
/// That holds for the tag key after the slash too: "the condition matches a resource tag key named either TagKey1 or
/// tagkey1" (IAM User Guide, "AWS global condition context keys", `aws:ResourceTag`).
#[derive(Debug, Clone)]
pub struct ContextKey {
    folded: Box<str>,
    written: Box<str>,
}

impl ContextKey {
    /// Takes the name as somebody wrote it.
    #[must_use]
    pub fn new(written: &str) -> Self {
        Self { folded: written.to_ascii_lowercase().into(), written: written.into() }
    }

    /// The name as it was written.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// The name in lower case: what decides equality.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

impl PartialEq for ContextKey {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for ContextKey {}

impl PartialOrd for ContextKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ContextKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded.cmp(&other.folded)
    }
}

impl Hash for ContextKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl fmt::Display for ContextKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.written)
    }
}

impl From<&str> for ContextKey {
    fn from(written: &str) -> Self {
        Self::new(written)
    }
}

/// What a context says about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextValue {
    /// The request does not have the key, even where one would follow from the principal.
    Absent,
    /// One value.
    One(String),
    /// A list of values, of any length but zero.
    Many(Vec<String>),
}

impl From<&str> for ContextValue {
    fn from(value: &str) -> Self {
        Self::One(value.to_owned())
    }
}

impl From<String> for ContextValue {
    fn from(value: String) -> Self {
        Self::One(value)
    }
}

impl From<Vec<String>> for ContextValue {
    fn from(values: Vec<String>) -> Self {
        if values.is_empty() { Self::Absent } else { Self::Many(values) }
    }
}

/// Condition keys of one request with their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    entries: BTreeMap<ContextKey, ContextValue>,
}

impl Context {
    /// A context that states nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// States a key, in place of what was stated or derived for it before.
    pub fn set(&mut self, key: impl Into<ContextKey>, value: impl Into<ContextValue>) {
        let value = match value.into() {
            ContextValue::Many(values) => ContextValue::from(values),
            other @ (ContextValue::Absent | ContextValue::One(_)) => other,
        };
        self.entries.insert(key.into(), value);
    }

    /// The same context with one more key stated.
    #[must_use]
    pub fn with(mut self, key: impl Into<ContextKey>, value: impl Into<ContextValue>) -> Self {
        self.set(key, value);
        self
    }

    /// What is stated about a key; `None` where nothing is.
    #[must_use]
    pub fn get(&self, key: &ContextKey) -> Option<&ContextValue> {
        self.entries.get(key)
    }

    /// Everything that is stated, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&ContextKey, &ContextValue)> {
        self.entries.iter()
    }

    /// True where the request has a value for a key that `wanted` accepts; the key is given in lower case.
    pub(super) fn has(&self, wanted: impl Fn(&str) -> bool) -> bool {
        self.entries.iter().any(|(key, value)| *value != ContextValue::Absent && wanted(key.folded()))
    }
}

/// Accounts that a caller does not belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accounts<'a> {
    All,
    These(&'a [(Partition, AccountId)]),
}

/// What is known about one key of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Lookup<'a> {
    /// The request does not have the key.
    Absent,
    /// Every such request has the key, but its value cannot be derived and was not stated.
    Unknown,
    /// AWS does not say whether such a request has the key, which is about the account that the caller belongs to: none of these.
    NotOf(Accounts<'a>),
    /// AWS does not say whether such a request has the key.
    Undocumented,
    /// One value.
    One(Cow<'a, str>),
    /// Several values.
    Many(&'a [String]),
}

impl<'a> From<&'a ContextValue> for Lookup<'a> {
    fn from(value: &'a ContextValue) -> Self {
        match value {
            ContextValue::Absent => Self::Absent,
            ContextValue::One(value) => Self::One(Cow::Borrowed(value)),
            ContextValue::Many(values) => match values.as_slice() {
                [value] => Self::One(Cow::Borrowed(value)),
                values => Self::Many(values),
            },
        }
    }
}
