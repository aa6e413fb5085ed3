//! What is wrong in Genesys Cloud, in words.

use super::NoticeView;
use crate::verify::genesys_fault::{GenesysEffect, GenesysPart};

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
        GenesysEffect::Noticed(notice) => return NoticeView::from(notice).message.to_string(),
        GenesysEffect::OtherOrganization => {
            "the role's external ID is not the ID of the OAuth client's organization"
        }
        GenesysEffect::NoCredential => {
            "the integration has no credential managed by rolecall with the role's ARN"
        }
        GenesysEffect::OtherRole => "Genesys Cloud may assume a different role or no role",
        GenesysEffect::NoIntegration => "data actions have no integration to belong to",
        GenesysEffect::NameOrNotes => "name or notes differ",
        GenesysEffect::NameOrCategory => "name or category differs",
        GenesysEffect::CredentialNotUsed => "the integration does not use the credential with the role's ARN",
        GenesysEffect::NotEnabled => "none of its actions can be called",
        GenesysEffect::NotCallable => "flows cannot call it",
        GenesysEffect::OtherContract => {
            "contract differs; only a new action with a new ID can have the contract in the manifest"
        }
        GenesysEffect::OtherConfiguration => "configuration differs from the manifest",
        GenesysEffect::NoIntegrationOfType(kind) => {
            return format!("no integration of the type `{}` has this name or ID", kind.type_id());
        }
        GenesysEffect::SeveralIntegrations { ids } => {
            return format!(
                "{} integrations have this name ({}), so none of them was compared",
                ids.len(),
                ids.join(", ")
            );
        }
        GenesysEffect::CredentialGone { id } => {
            return format!("the integration names the credential {id}, which Genesys Cloud does not find");
        }
        GenesysEffect::NoRoleCredential => "the integration names no credential with a role's ARN",
        GenesysEffect::NamesOtherRole => "the credential names a different role",
        GenesysEffect::NoSecretCredential => {
            "the integration has no credential managed by rolecall with the values that the manifest names"
        }
        GenesysEffect::OtherValues => "its values may not be those that the manifest names",
        GenesysEffect::SecretCredentialNotUsed => {
            "the integration does not use the credential with the values that the manifest names"
        }
        GenesysEffect::CredentialNotStated => {
            "the integration uses a credential managed by rolecall, and the manifest names none"
        }
        GenesysEffect::NoCredentialNamed => "the integration names no credential",
        GenesysEffect::OtherCredentialType => "the credential has a different type",
        GenesysEffect::NotPublished => "it was never published, so flows cannot call it",
        GenesysEffect::NotListed => "it is in an integration managed by rolecall",
        GenesysEffect::NotNeeded => "no action in the manifest needs it",
    };
    words.to_owned()
}
