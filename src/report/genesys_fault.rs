//! What is wrong in Genesys Cloud, in words.

use super::NoticeView;
use crate::verify::genesys_fault::{GenesysEffect, GenesysPart};

/// What it is.
pub(super) fn part_in_words(part: GenesysPart) -> &'static str {
    match part {
        GenesysPart::Organization => "ID",
        GenesysPart::Credential => "credential",
        GenesysPart::Integration => "integration",
        GenesysPart::IntegrationConfiguration => "integration configuration",
        GenesysPart::IntegrationState => "integration state",
        GenesysPart::Action => "action",
        GenesysPart::ActionDraft => "action draft",
        GenesysPart::State => "state",
    }
}

/// What follows from it.
pub(super) fn effect_in_words(effect: &GenesysEffect) -> String {
    let words = match effect {
        GenesysEffect::Noticed(notice) => return NoticeView::from(notice).message,
        GenesysEffect::OtherOrganization => {
            "the role is for another organisation than the one that its data actions are set up in"
        }
        GenesysEffect::NoCredential => "the integration has no credential of rolecall's with the role's ARN",
        GenesysEffect::OtherRole => "Genesys Cloud may assume another role, or none",
        GenesysEffect::NoIntegration => "there is nothing that data actions could belong to",
        GenesysEffect::NameOrNotes => "its name or its notes are others",
        GenesysEffect::CredentialNotUsed => "the integration does not use the credential with the role's ARN",
        GenesysEffect::NotEnabled => "none of its actions can be called",
        GenesysEffect::NotCallable => "flows cannot call it",
        GenesysEffect::OtherContract => {
            "its contract is another, and only a new action with a new ID can have the one of the manifest"
        }
        GenesysEffect::OtherConfiguration => "it does not do what the manifest says",
        GenesysEffect::NotListed => "it is in rolecall's own integration",
        GenesysEffect::NotNeeded => "no action of the manifest needs it",
    };
    words.to_owned()
}
