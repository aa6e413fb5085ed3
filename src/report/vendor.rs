//! The vendor that assumes the role, and what is known of its external ID.

use schemars::JsonSchema;
use serde::Serialize;

use crate::manifest::{ChosenBy, Vendor};

/// The vendor that assumes the role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct VendorView {
    /// Its name in the manifest.
    pub name: String,
    /// The AWS account that it assumes the role from.
    pub account: String,
    /// Who chose the external ID, where the manifest says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id_chosen_by: Option<ChosenBy>,
    /// What that means for other customers of the vendor. No proof covers it.
    pub other_customers: String,
}

impl From<&Vendor> for VendorView {
    fn from(Vendor { name, account, external_id: _, external_id_chosen_by }: &Vendor) -> Self {
        let other_customers = match external_id_chosen_by {
            Some(ChosenBy::Vendor) => format!(
                "not checked: whether {name}, which chose the external ID, gives it to no other customer"
            ),
            Some(ChosenBy::Us) => format!(
                "not checked: whether {name} refuses another customer who states the same external ID, which you chose"
            ),
            None => format!(
                "not known: who chose the external ID, and whether another customer of {name} can state the same ID"
            ),
        };
        Self {
            name: name.clone(),
            account: account.to_string(),
            external_id_chosen_by: *external_id_chosen_by,
            other_customers,
        }
    }
}
