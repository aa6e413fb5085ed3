//! What can be wrong in Genesys Cloud, as values. `report` has the words.

use crate::desired::genesys::Kind;
use crate::plan::genesys::Notice;

/// Something in Genesys Cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenesysPart {
    Organization,
    Credential,
    Integration,
    IntegrationConfiguration,
    /// Whether it is enabled.
    IntegrationState,
    /// A data action.
    Action,
    ActionDraft,
    /// What an integration or action reports of itself.
    State,
}

/// What follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GenesysEffect {
    /// The role is for another organization than its data actions.
    OtherOrganization,
    /// The integration has no credential of rolecall's with the role's ARN.
    NoCredential,
    /// The credential may name another role, or none.
    OtherRole,
    /// There is no integration.
    NoIntegration,
    /// The integration has another name, or other notes.
    NameOrNotes,
    /// The name or the category of an action differs; what it does is the same.
    NameOrCategory,
    /// The integration does not use the credential with the role's ARN.
    CredentialNotUsed,
    /// The integration is not enabled.
    NotEnabled,
    /// Flows cannot call the action.
    NotCallable,
    /// The action's contract is another one, and only a new action can have the manifest's.
    OtherContract,
    /// The action does not do what the manifest says.
    OtherConfiguration,
    /// The action is in rolecall's own integration, and not in the manifest.
    NotListed,
    /// No action of the manifest needs it.
    NotNeeded,
    /// No integration of the type has the name or ID that the manifest states.
    NoIntegrationOfType(Kind),
    /// Several integrations have the name.
    SeveralIntegrations {
        /// Their IDs.
        ids: Vec<String>,
    },
    /// The integration names no credential with a role's ARN.
    NoRoleCredential,
    /// The integration names a credential that does not exist.
    CredentialGone { id: String },
    /// The credential names another role.
    NamesOtherRole,
    /// The integration for addresses has no credential of rolecall's with the values of the secret.
    NoSecretCredential,
    /// The credential may have other values than the secret.
    OtherValues,
    /// The integration for addresses does not use the credential with the values of the secret.
    SecretCredentialNotUsed,
    /// The integration for addresses uses a credential of rolecall's, and the manifest names none.
    CredentialNotStated,
    /// The integration for addresses names no credential.
    NoCredentialNamed,
    /// The credential has another type than the manifest states.
    OtherCredentialType,
    /// The action was never published.
    NotPublished,
    /// Genesys Cloud reports something.
    Noticed(Notice),
}
