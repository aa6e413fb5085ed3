//! What somebody states of a role, as text, made into values: the same words mean the same on the command line, in an event
//! and in the browser.

use rolecall_iam::arn::{AccountId, ExternalId, FunctionArn};
use rolecall_iam::principal::{InvalidPrincipal, Principal};
use rolecall_iam::prove::{Allowance, FurtherId, RoleIntent, Use};

/// What a role is for, as somebody stated it.
#[derive(Clone, Debug, Default)]
pub struct StatedIntent {
    /// The only principals that may assume the role.
    pub trusted: Vec<Principal>,
    /// The external IDs, one of which must be sent.
    pub external_ids: Vec<ExternalId>,
    /// The functions that may be invoked. None: nobody stated what the role may do.
    pub targets: Vec<FunctionArn>,
    /// What else may be done.
    pub uses: Vec<Use>,
}

impl From<StatedIntent> for RoleIntent {
    fn from(StatedIntent { trusted, external_ids, targets, uses }: StatedIntent) -> Self {
        let mut ids = external_ids.into_iter();
        Self {
            role: None,
            trusted,
            external_id: ids.next(),
            further_ids: ids.map(|id| FurtherId { id, until: None }).collect(),
            targets: (!targets.is_empty()).then_some(targets),
            allowance: Allowance::of(uses),
        }
    }
}

/// A principal as IAM's policies name it: twelve digits stand for the root of the account.
///
/// # Errors
/// Why it is none.
pub fn principal(text: &str) -> Result<Principal, InvalidPrincipal> {
    match text.parse::<AccountId>() {
        Ok(account) => format!("arn:aws:iam::{account}:root").parse(),
        Err(_) => text.parse(),
    }
}

/// An action on a resource, as `ACTION=RESOURCE`.
///
/// # Errors
/// Why it is none.
pub fn stated_use(text: &str) -> Result<Use, String> {
    let (action, resource) = text.split_once('=').ok_or_else(|| "must be ACTION=RESOURCE".to_owned())?;
    Use::new(action, resource).map_err(|error| error.to_string())
}

/// The value of a template's parameter, as `NAME=VALUE`.
///
/// # Errors
/// Why it is none.
pub fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("must be NAME=VALUE".to_owned()),
    }
}
