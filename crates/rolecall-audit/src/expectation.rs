//! What the reader of a roll call expects, from a file of his own: accounts and organizations of the same owner, vendors with their
//! external IDs, and findings that somebody has looked at and accepted until a date.

use std::collections::{BTreeMap, BTreeSet};

use glob::Pattern;
use jiff::civil::Date;
use rolecall_iam::arn::AccountId;
use serde::Deserialize;

use crate::entry::Insiders;

/// Everything that is expected.
#[derive(Debug, Clone, Default)]
pub struct Expectation {
    /// Who belongs to the same owner, and which external IDs are right.
    pub insiders: Insiders,
    /// Names of accounts.
    pub names: BTreeMap<AccountId, String>,
    /// What was accepted.
    pub suppressions: Vec<Suppression>,
}

/// Ways into roles that somebody has accepted.
#[derive(Debug, Clone)]
pub struct Suppression {
    /// The roles, by ARN with wildcards.
    pub role: Pattern,
    /// The outsiders as reports write them, with wildcards; `None` for all.
    pub outsider: Option<Pattern>,
    /// Why that is right.
    pub reason: String,
    /// The last day on which it counts.
    pub until: Date,
}

/// A file that cannot be read as an expectation.
#[derive(Debug, thiserror::Error)]
pub enum ExpectationError {
    /// It is not TOML of this shape; the text names line and column.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// It is not JSON of this shape.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// A value is not what it must be.
    #[error("{place}: `{value}` is not {wanted}")]
    Value {
        /// The key.
        place: &'static str,
        /// What stands there.
        value: String,
        /// What must stand there.
        wanted: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    own_accounts: Vec<String>,
    #[serde(default)]
    own_organizations: Vec<String>,
    #[serde(default)]
    vendor: Vec<VendorRow>,
    #[serde(default)]
    suppress: Vec<SuppressRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VendorRow {
    account: String,
    name: Option<String>,
    external_ids: Option<BTreeSet<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuppressRow {
    role: String,
    outsider: Option<String>,
    reason: String,
    /// A date of TOML, or the same as text: JSON has no dates.
    until: toml::Value,
}

fn account(place: &'static str, value: String) -> Result<AccountId, ExpectationError> {
    value.parse().map_err(|_| ExpectationError::Value {
        place,
        value,
        wanted: "an AWS account ID of 12 digits",
    })
}

/// Only `*` and `?` are wildcards; brackets stand for themselves, and so do several `*` for one.
fn pattern(place: &'static str, value: String) -> Result<Pattern, ExpectationError> {
    let wanted = "a text in which `*` and `?` are the wildcards";
    let mut plain = value.replace('[', "[[]");
    while plain.contains("**") {
        plain = plain.replace("**", "*");
    }
    Pattern::new(&plain).map_err(|_| ExpectationError::Value { place, value, wanted })
}

/// The day, without the time that may follow.
fn date(value: &toml::Value) -> Option<Date> {
    match value {
        toml::Value::Datetime(date) => date.date.and_then(|_| date.to_string().get(..10)?.parse().ok()),
        toml::Value::String(text) => text.parse().ok(),
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Array(_)
        | toml::Value::Table(_) => None,
    }
}

impl Expectation {
    /// Reads the file.
    pub fn read(text: &str) -> Result<Self, ExpectationError> {
        Self::of(toml::from_str(text)?)
    }

    /// The same as JSON: dates are texts.
    pub fn read_json(value: serde_json::Value) -> Result<Self, ExpectationError> {
        Self::of(serde_json::from_value(value)?)
    }

    fn of(
        File { own_accounts, own_organizations, vendor, suppress }: File,
    ) -> Result<Self, ExpectationError> {
        let mut read = Self::default();
        for own in own_accounts {
            read.insiders.accounts.insert(account("own_accounts", own)?);
        }
        for own in own_organizations {
            // AWS Organizations API Reference, `Organization`: "o-" followed by 10 to 32 lower-case letters or digits.
            let is_word = |id: &str| {
                (10..=32).contains(&id.len())
                    && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            };
            if !own.strip_prefix("o-").is_some_and(is_word) {
                let wanted = "the ID of an organization (`o-` and 10 to 32 letters or digits)";
                return Err(ExpectationError::Value { place: "own_organizations", value: own, wanted });
            }
            read.insiders.organizations.insert(own);
        }
        for VendorRow { account: id, name, external_ids } in vendor {
            let id = account("vendor.account", id)?;
            read.names.extend(name.map(|name| (id.clone(), name)));
            if external_ids.as_ref().is_some_and(BTreeSet::is_empty) {
                let (place, value) = ("vendor.external_ids", "[]".to_owned());
                return Err(ExpectationError::Value {
                    place,
                    value,
                    wanted: "a list of external IDs; leave it out to accept any",
                });
            }
            if let Some(external_ids) = external_ids {
                read.insiders.external_ids.entry(id).or_default().extend(external_ids);
            }
        }
        for SuppressRow { role, outsider, reason, until } in suppress {
            if reason.trim().is_empty() {
                let wanted = "a reason";
                return Err(ExpectationError::Value { place: "suppress.reason", value: reason, wanted });
            }
            let until = date(&until).ok_or_else(|| {
                let wanted = "a date such as 2027-01-31";
                ExpectationError::Value { place: "suppress.until", value: until.to_string(), wanted }
            })?;
            read.suppressions.push(Suppression {
                role: pattern("suppress.role", role)?,
                outsider: outsider.map(|outsider| pattern("suppress.outsider", outsider)).transpose()?,
                reason,
                until,
            });
        }
        Ok(read)
    }
}

impl Suppression {
    /// Whether it is about a way into a role.
    #[must_use]
    pub fn covers(&self, role: &str, outsider: &str) -> bool {
        self.role.matches(role) && self.outsider.as_ref().is_none_or(|named| named.matches(outsider))
    }
}
