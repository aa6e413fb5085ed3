//! Who assumes the role: a Genesys Cloud organization, or a vendor with an AWS account of its own.
//!
//! Invariant: a vendor's name holds no character that steers what shows it (see [`VendorName`]'s rule), so that sentences may quote it as
//! it is. Deliberately absent: what a vendor does with the role. rolecall knows no API of any vendor but Genesys.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::form::{Form, Text};
use super::note::Notes;
use super::{FurtherOrganization, Genesys, take};
use crate::iam::arn::{AccountId, ExternalId};
use crate::iam::lint::guessable;

/// Who assumes the role.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a manifest has one of them")]
pub enum Party {
    /// A Genesys Cloud organization.
    Genesys(Genesys),
    /// A vendor that rolecall knows nothing about but what the manifest says.
    Vendor(Vendor),
}

impl Party {
    /// What reports call the party.
    pub fn name(&self) -> PartyName {
        match self {
            Self::Genesys(_) => PartyName::Genesys,
            Self::Vendor(vendor) => PartyName::Vendor(vendor.name.clone()),
        }
    }

    /// The account that the trust policy names.
    pub fn trusted_account(&self) -> &AccountId {
        match self {
            Self::Genesys(genesys) => &genesys.trusted_account,
            Self::Vendor(vendor) => &vendor.account,
        }
    }

    /// The external ID, if the manifest states it.
    pub fn external_id(&self) -> Option<&ExternalId> {
        match self {
            Self::Genesys(genesys) => genesys.organization_id.as_ref(),
            Self::Vendor(vendor) => Some(&vendor.external_id),
        }
    }

    /// Further organizations that assume the role.
    pub fn further(&self) -> &[FurtherOrganization] {
        match self {
            Self::Genesys(genesys) => &genesys.further,
            Self::Vendor(_) => &[],
        }
    }

    /// The Genesys Cloud organization, if it is the party.
    pub fn genesys(&self) -> Option<&Genesys> {
        match self {
            Self::Genesys(genesys) => Some(genesys),
            Self::Vendor(_) => None,
        }
    }

    /// The vendor, if that is not Genesys.
    pub fn vendor(&self) -> Option<&Vendor> {
        match self {
            Self::Genesys(_) => None,
            Self::Vendor(vendor) => Some(vendor),
        }
    }

    /// The Genesys Cloud organization, if it is the party.
    pub fn genesys_mut(&mut self) -> Option<&mut Genesys> {
        match self {
            Self::Genesys(genesys) => Some(genesys),
            Self::Vendor(_) => None,
        }
    }

    /// The partition of the trusted account, where Genesys has published it. An account that only the manifest names may be
    /// in any.
    pub fn partition(&self) -> Option<&'static str> {
        let Genesys { region, trusted_account, .. } = self.genesys()?;
        let is_published = region.trusted_account().as_ref() == Some(trusted_account);
        region.partition.filter(|_| is_published)
    }

    /// Refuses a partition in which the trusted account cannot be: an AWS account exists in one partition, and no principal
    /// acts outside of its own (AWS General Reference, "Amazon Resource Names").
    pub fn check_partition(&self, what: &str, partition: &str) -> Result<(), WrongPartition> {
        match self.partition() {
            Some(trusted) if trusted != partition => Err(WrongPartition {
                what: what.to_owned(),
                partition: partition.to_owned(),
                account: self.trusted_account().clone(),
                trusted: trusted.to_owned(),
            }),
            Some(_) | None => Ok(()),
        }
    }
}

/// Genesys Cloud's account is of another partition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} is in the partition `{partition}`, and Genesys Cloud's account {account} is in `{trusted}`: no principal can assume a \
     role of another partition; use a region and an account of `{trusted}`, or state the `trusted_account` that Genesys gave you \
     for `{partition}`"
)]
pub struct WrongPartition {
    what: String,
    partition: String,
    account: AccountId,
    trusted: String,
}

/// What was asked for needs Genesys Cloud, and the manifest is for a vendor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is about Genesys Cloud, but the manifest is for {vendor}")]
pub struct NotGenesys {
    /// The vendor's name.
    pub vendor: String,
}

/// A vendor that assumes the role from an AWS account of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendor {
    /// What reports call it.
    pub name: String,
    /// The account that the trust policy names.
    pub account: AccountId,
    /// The external ID that the vendor has to send.
    pub external_id: ExternalId,
    /// Who chose the external ID, if the manifest says so.
    pub external_id_chosen_by: Option<ChosenBy>,
}

/// Who chose an external ID. A vendor that chooses it can give each customer a different one; an ID that a customer chose, another
/// customer may choose as well (IAM User Guide, "The confused deputy problem").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChosenBy {
    Vendor,
    Us,
}

impl ChosenBy {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Vendor, Self::Us];

    /// The word in the manifest.
    pub fn id(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Us => "us",
        }
    }
}

/// What reports call the party that assumes the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartyName {
    /// Genesys Cloud.
    Genesys,
    /// A vendor by the name that the manifest gives it.
    Vendor(String),
}

impl fmt::Display for PartyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Genesys => "Genesys Cloud",
            Self::Vendor(name) => name,
        })
    }
}

/// The name of a vendor.
pub(super) enum VendorName {}

impl Form for VendorName {
    type Value = String;
    const EXAMPLE: &'static str = "Datadog";
    const PATTERN: &'static str = r"^[A-Za-z0-9\xc0-\xd6\xd8-\xf6\xf8-\xff]([A-Za-z0-9\xc0-\xd6\xd8-\xf6\xf8-\xff .,_&()+-]*[A-Za-z0-9\xc0-\xd6\xd8-\xf6\xf8-\xff.,_&()+-])?$";
    const LENGTH: (usize, usize) = (1, 64);

    fn read(text: &str) -> Result<String, String> {
        // The letters that IAM allows in a description, and marks that mean nothing to a terminal, to Markdown, to HTML or to YAML
        // where a letter stands before them.
        let is_letter = |it: char| {
            it.is_ascii_alphanumeric()
                || matches!(it, '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{ff}')
        };
        let rule = format!(
            "a vendor's name has 1 to 64 letters, digits, spaces and any of `.,_&()+-`, begins with a letter or a digit and does not \
             end with a space; for example `{}`",
            Self::EXAMPLE
        );
        let is_right = text.chars().count() <= Self::LENGTH.1
            && text.starts_with(is_letter)
            && !text.ends_with(' ')
            && text.chars().all(|it| is_letter(it) || " .,_&()+-".contains(it));
        if is_right { Ok(text.to_owned()) } else { Err(rule) }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RawVendor {
    /// The vendor's name, as reports call it.
    #[schemars(required)]
    pub(super) name: Option<Text<VendorName>>,
    /// The AWS account that the vendor assumes the role from. The vendor's documentation names it.
    #[schemars(required, extend("examples" = ["464622532012"]))]
    pub(super) account: Option<Text<AccountId>>,
    /// The external ID that the vendor has to send.
    #[schemars(required)]
    pub(super) external_id: Option<Text<ExternalId>>,
    /// Who chose the external ID: `vendor`, or `us`. What a customer chooses, another customer of the vendor may choose as well. Left
    /// out, reports say that it is not known.
    #[schemars(with = "Option<ChosenBy>")]
    pub(super) external_id_chosen_by: Option<Spanned<ChosenBy>>,
}

/// The vendor, or `None` after something was reported.
pub(super) fn check_vendor(raw: RawVendor, notes: &mut Notes<'_>) -> Option<Vendor> {
    let RawVendor { name, account, external_id, external_id_chosen_by } = raw;
    let id_place = take::place(external_id.as_ref());
    let name = take::take(name, notes);
    let account = take::take(account, notes);
    let external_id = take::take(external_id, notes);
    let (name, account, external_id) = (name?, account?, external_id?);
    let external_id_chosen_by = external_id_chosen_by.map(Spanned::into_inner);
    if external_id_chosen_by == Some(ChosenBy::Us)
        && let Some(reason) = guessable(external_id.as_str())
    {
        let message = format!(
            "this external ID is easy to guess ({reason}), and you chose it: another customer of {name} who states the same external ID \
             may reach the role through {name}; use a random UUID, or an external ID that {name} generates for you alone"
        );
        notes.warn(id_place, message);
    }
    Some(Vendor { name, account, external_id, external_id_chosen_by })
}
