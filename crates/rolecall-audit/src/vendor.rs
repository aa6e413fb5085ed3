//! Known vendors by AWS account, from a public list (`data/README.md`: source, licence, what was changed).
//!
//! A listing rests on public pages. It gives an account a name; it is no approval, and changes no verdict.

use std::collections::BTreeMap;

use rolecall_iam::arn::AccountId;
use serde::Deserialize;

const LIST: &str = include_str!("../data/vendors.csv");

/// Who is known behind an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendor {
    /// The name.
    pub name: String,
    /// Where that stands in public, if the list tells.
    pub source: Option<String>,
}

/// The vendors by account.
#[derive(Debug, Clone, Default)]
pub struct Vendors(BTreeMap<AccountId, Vendor>);

#[derive(Deserialize)]
struct Row {
    account: String,
    name: String,
    r#type: String,
    source: String,
}

impl Vendors {
    /// The public list. A row that names no account is left out; a test holds that there is none.
    #[must_use]
    pub fn known() -> Self {
        let mut rows = csv::Reader::from_reader(LIST.as_bytes());
        let rows = rows.deserialize::<Row>().filter_map(Result::ok);
        Self(
            rows.filter_map(|row| {
                let source = Some(row.source).filter(|source| !source.is_empty());
                let name = if row.r#type == "aws" { format!("AWS: {}", row.name) } else { row.name };
                Some((row.account.parse().ok()?, Vendor { name, source }))
            })
            .collect(),
        )
    }

    /// Names an account, in place of what the list says.
    pub fn name(&mut self, account: AccountId, name: String) {
        self.0.insert(account, Vendor { name, source: None });
    }

    /// Who is known behind an account.
    #[must_use]
    pub fn get(&self, account: &AccountId) -> Option<&Vendor> {
        self.0.get(account)
    }

    /// How many accounts have a name.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no account has a name.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{LIST, Vendors};

    #[test]
    fn every_row_of_the_list_is_read() {
        let vendors = Vendors::known();
        assert_eq!(vendors.len(), LIST.lines().count() - 1);
        let genesys = vendors.get(&"765628985471".parse().unwrap()).unwrap();
        assert_eq!(genesys.name, "Genesys");
    }
}
