//! The vendor that assumes the role, as data for readers.

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
}

impl From<&Vendor> for VendorView {
    fn from(Vendor { name, account, external_id: _, external_id_chosen_by }: &Vendor) -> Self {
        Self {
            name: name.clone(),
            account: account.to_string(),
            external_id_chosen_by: *external_id_chosen_by,
        }
    }
}
