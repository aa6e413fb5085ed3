//! Whether the role is for the organization in Genesys Cloud that the credentials at hand belong to.

use super::finding::Finding;
use crate::ports::genesys::{GenesysError, Organization};

/// What came of the comparison.
#[derive(Debug)]
pub enum LiveOrganization {
    /// No credentials are at hand, or the plan for Genesys Cloud compares it.
    NotAsked,
    /// The role is for it.
    Same,
    /// The role is for another one.
    Other {
        /// The external ID of the role: the ID of the manifest's organization.
        expected: String,
        /// The organization of the credentials.
        found: Organization,
    },
    /// Genesys Cloud gave no answer.
    Unanswered {
        /// Why not.
        error: GenesysError,
        /// Whether somebody named the credentials; others just happen to be in the environment.
        are_named: bool,
    },
}

impl LiveOrganization {
    /// Another organization, as a finding.
    #[must_use]
    pub fn into_finding(self) -> Option<Finding> {
        match self {
            Self::NotAsked | Self::Same | Self::Unanswered { .. } => None,
            Self::Other { expected, found } => Some(Finding::OtherOrganization { expected, found }),
        }
    }
}
