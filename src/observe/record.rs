//! Whether what Genesys Cloud shows of an integration is about the role that somebody has in mind: its notes, in which rolecall records
//! for which role it wrote which credential, and the credential, where its field is shown.
//!
//! Invariant: silence proves nothing. Genesys Cloud shows nobody what a credential holds, so no contradiction is no confirmation.

use std::fmt;

use super::genesys::{Observed, ObservedIntegration};
use crate::desired::genesys::Kind;
use crate::iam::arn::RoleArn;
use rolecall_model::shown::Shown;

/// Why an integration is not, or may not be, that of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The name of the integration.
    pub integration: String,
    /// The role that is meant.
    pub role: String,
    /// What contradicts it.
    pub found: Found,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The credential's field shows another role.
    Holds(String),
    /// The notes record that rolecall wrote the credential for another role.
    RecordedFor(String),
    /// The notes record another credential than the one that is there.
    OtherCredential,
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { integration, role, found } = self;
        let integration = Shown(integration);
        match found {
            Found::Holds(held) => {
                write!(f, "the credential of integration `{integration}` holds {}, not {role}", Shown(held))
            }
            Found::RecordedFor(other) => write!(
                f,
                "the notes of integration `{integration}` say that rolecall wrote its credential for {}, not for {role}",
                Shown(other)
            ),
            Found::OtherCredential => write!(
                f,
                "the credential of integration `{integration}` is not the one that rolecall wrote for {role}: which role it holds \
                 is not known; `rolecall genesys connect` writes it again"
            ),
        }
    }
}

/// What contradicts that the integrations are those of that role.
#[must_use]
pub fn contradictions(observed: &Observed, role: &RoleArn) -> Vec<Contradiction> {
    let wanted = role.to_string();
    let field = &observed.form.field;
    let of = |known: &ObservedIntegration| {
        let held = known.credential.as_ref().and_then(|credential| credential.fields.get(field));
        let held = held.filter(|held| held.parse::<RoleArn>().is_ok());
        let present = known.credential.as_ref().map(|credential| credential.id.as_str());
        let recorded =
            known.mark.as_ref().and_then(|mark| mark.credential.as_ref()).map(|(id, _)| id.as_str());
        let found = match (held, &known.mark) {
            (Some(held), _) if *held != wanted => Found::Holds(held.clone()),
            (_, Some(mark)) if mark.role != wanted => Found::RecordedFor(mark.role.clone()),
            (None, Some(_)) if recorded.is_some() && present != recorded => Found::OtherCredential,
            (Some(_), Some(_) | None) | (None, Some(_) | None) => return None,
        };
        Some(Contradiction { integration: known.record.name.clone(), role: wanted.clone(), found })
    };
    // Of the other kinds, no credential is about a role.
    observed.integrations.iter().filter(|known| known.kind == Kind::Lambda).filter_map(of).collect()
}
