//! What a reader does not know must not be proved: every way onto a role makes its sides unknown, or is read right.
//!
//! The plans in `files` are what Terraform 1.11.4 with the AWS provider 5.100.0 prints for the configurations beside them
//! (with `head.tf` in front). Each row of a table changes one of them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    missing_docs
)]

mod accounts;
mod attempts;
mod cloudformation;
mod numbers;
mod plans;
mod terraform;

use rolecall_extract::{Parameters, RoleDocuments, Side, extract};

/// What of a role is known: `t` for the trust, `p` for the permissions; and every reason.
pub(crate) fn known(role: &RoleDocuments) -> (String, String) {
    let mut sides = String::new();
    let mut reasons = Vec::new();
    match &role.trust {
        Side::Known(_) if role.trust_assumes.is_empty() => sides.push('t'),
        Side::Known(_) | Side::Absent => {}
        Side::Unknown(found) => reasons.extend(found.clone()),
    }
    match &role.permissions {
        Side::Known(_) if role.permissions_assume.is_empty() => sides.push('p'),
        Side::Known(_) | Side::Absent => {}
        Side::Unknown(found) => reasons.extend(found.clone()),
    }
    reasons.extend(role.trust_assumes.clone());
    reasons.extend(role.permissions_assume.clone());
    (sides, reasons.join("\n"))
}

pub(crate) fn roles(text: &str) -> Vec<RoleDocuments> {
    roles_with(text, &[])
}

pub(crate) fn roles_with(text: &str, parameters: &[(&str, &str)]) -> Vec<RoleDocuments> {
    let parameters: Parameters =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    extract(text, &parameters).unwrap_or_else(|error| panic!("{error}\n{text}")).roles
}

/// A role of a file by its name.
pub(crate) fn role(text: &str, name: &str) -> RoleDocuments {
    let found = roles(text).into_iter().find(|role| role.name == name);
    found.unwrap_or_else(|| panic!("no role {name} in\n{text}"))
}

/// Checks what is known of a role, and that each of the words is in the reasons.
pub(crate) fn expect(text: &str, name: &str, sides: &str, words: &str) {
    let (found, reasons) = known(&role(text, name));
    assert_eq!(found, sides, "{name}: {reasons}\nof {}", text.get(..text.len().min(3000)).unwrap_or(text));
    assert!(reasons.contains(words), "{name}: `{words}` is not in: {reasons}");
}
