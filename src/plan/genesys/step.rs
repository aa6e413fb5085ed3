//! One write to Genesys Cloud, with every argument it needs and what it replaces.

use super::Plan;
use crate::desired::genesys::{DesiredAction, Kind, Mark};
use crate::ports::genesys::{ActionUpdate, IntegrationConfig, IntendedState};
use crate::ports::secrets::SecretLocation;

/// The ID of something that is there, or that an earlier step of the same plan makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Id {
    /// It is there.
    Known(String),
    /// An earlier step makes it.
    Made(Pending),
}

/// Stands for an ID that a step of the same plan will make. Only what adds that step to a plan gives one away, so no plan can
/// refer to what nothing in it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending(());

impl Plan {
    /// Adds the step that makes a credential, and refers to it.
    pub(super) fn create_credential(&mut self, credential: Credential) -> Id {
        self.steps.push(Step::CreateCredential { credential });
        Id::Made(Pending(()))
    }

    /// Adds the step that makes an integration, and refers to it.
    pub(super) fn create_integration(&mut self, kind: Kind, name: String) -> Id {
        self.steps.push(Step::CreateIntegration { kind, name });
        Id::Made(Pending(()))
    }
}

/// A credential to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The kind of integration that it is for.
    pub kind: Kind,
    pub name: String,
    /// Its type.
    pub type_name: String,
    pub value: CredentialValue,
}

/// What is in a credential. Plans are shown and saved, so they name a secret and never hold what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialValue {
    /// The ARN of a role.
    Role {
        field: String,
        /// The ARN.
        role: String,
    },
    /// The fields that a secret holds when the credential is written.
    Secret {
        source: SecretLocation,
        /// The fields that the type needs.
        required: Vec<String>,
    },
}

impl CredentialValue {
    /// How the secret is named that the fields are of.
    #[must_use]
    pub fn secret(&self) -> Option<String> {
        match self {
            Self::Role { .. } => None,
            Self::Secret { source, required: _ } => Some(source.to_string()),
        }
    }
}

/// What rolecall decides about the configuration of an integration; everything else in it stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    pub name: String,
    /// The notes for its administrators.
    pub notes: String,
    /// Whose it is; `None` gives it up. The credential in it is the one below, as it was last written.
    pub mark: Option<Mark>,
    /// The credential under the key for rolecall's own.
    pub credential: Attachment,
}

/// What happens to the credential of an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// Nothing: its administrators see to it.
    Left,
    /// This one stands under the key.
    Attached {
        key: String,
        /// The credential.
        id: Id,
    },
    /// Nothing stands under the key any more.
    Detached { key: String },
}

/// Why an action goes, and with it the ID that flows may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// Its contract, or that it is secure, changes; both are fixed once an action is published.
    Replaced,
    /// The manifest does not name it, and the integration is rolecall's own.
    NotInManifest,
    /// Everything goes.
    Destroyed,
}

/// One write.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    CreateCredential {
        credential: Credential,
    },
    UpdateCredential {
        id: String,
        credential: Credential,
        why: String,
    },
    DeleteCredential {
        id: String,
        name: String,
        why: Retirement,
    },
    CreateIntegration {
        kind: Kind,
        name: String,
    },
    /// `given_up` says why an integration of somebody else's is left to itself again.
    Configure {
        kind: Kind,
        id: Id,
        before: Option<IntegrationConfig>,
        after: Configuration,
        given_up: Option<Retirement>,
    },
    SetState {
        kind: Kind,
        id: Id,
        name: String,
        before: Option<IntendedState>,
        after: IntendedState,
    },
    DeleteIntegration {
        kind: Kind,
        id: String,
        name: String,
        why: Retirement,
    },
    CreateAction {
        kind: Kind,
        integration: Id,
        action: DesiredAction,
        replaces: Option<String>,
    },
    PublishDraft {
        id: String,
        version: i64,
        name: String,
    },
    DiscardDraft {
        id: String,
        name: String,
    },
    UpdateAction {
        id: String,
        version: i64,
        before: ActionUpdate,
        after: ActionUpdate,
    },
    DeleteAction {
        id: String,
        name: String,
        why: Retirement,
    },
}

impl Step {
    /// The credential that it writes.
    #[must_use]
    pub fn written_credential(&self) -> Option<&Credential> {
        match self {
            Self::CreateCredential { credential } | Self::UpdateCredential { credential, .. } => {
                Some(credential)
            }
            Self::DeleteCredential { .. }
            | Self::CreateIntegration { .. }
            | Self::Configure { .. }
            | Self::SetState { .. }
            | Self::DeleteIntegration { .. }
            | Self::CreateAction { .. }
            | Self::PublishDraft { .. }
            | Self::DiscardDraft { .. }
            | Self::UpdateAction { .. }
            | Self::DeleteAction { .. } => None,
        }
    }

    /// Whether it leads to what is asked for already, and does not show yet.
    #[must_use]
    pub fn only_waits(&self) -> bool {
        match self {
            Self::SetState { before, after, .. } => *before == Some(*after),
            Self::CreateCredential { .. }
            | Self::UpdateCredential { .. }
            | Self::DeleteCredential { .. }
            | Self::CreateIntegration { .. }
            | Self::Configure { .. }
            | Self::DeleteIntegration { .. }
            | Self::CreateAction { .. }
            | Self::PublishDraft { .. }
            | Self::DiscardDraft { .. }
            | Self::UpdateAction { .. }
            | Self::DeleteAction { .. } => false,
        }
    }

    /// Whether it is about an action, and not about the way to the role.
    pub fn is_about_action(&self) -> bool {
        match self {
            Self::CreateCredential { .. }
            | Self::UpdateCredential { .. }
            | Self::DeleteCredential { .. }
            | Self::CreateIntegration { .. }
            | Self::Configure { .. }
            | Self::SetState { .. }
            | Self::DeleteIntegration { .. } => false,
            Self::CreateAction { .. }
            | Self::PublishDraft { .. }
            | Self::DiscardDraft { .. }
            | Self::UpdateAction { .. }
            | Self::DeleteAction { .. } => true,
        }
    }

    /// The call as the API documents it. An action is created and changed through its draft, so that it is validated first.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreateCredential { .. } => "POST /api/v2/integrations/credentials",
            Self::UpdateCredential { .. } => "PUT /api/v2/integrations/credentials/{credentialId}",
            Self::DeleteCredential { .. } => "DELETE /api/v2/integrations/credentials/{credentialId}",
            Self::CreateIntegration { .. } => "POST /api/v2/integrations",
            Self::Configure { .. } => "PUT /api/v2/integrations/{integrationId}/config/current",
            Self::SetState { .. } => "PATCH /api/v2/integrations/{integrationId}",
            Self::DeleteIntegration { .. } => "DELETE /api/v2/integrations/{integrationId}",
            Self::CreateAction { .. } => "POST /api/v2/integrations/actions/drafts",
            Self::PublishDraft { .. } => "POST /api/v2/integrations/actions/{actionId}/draft/publish",
            Self::DiscardDraft { .. } => "DELETE /api/v2/integrations/actions/{actionId}/draft",
            Self::UpdateAction { .. } => "PATCH /api/v2/integrations/actions/{actionId}/draft",
            Self::DeleteAction { .. } => "DELETE /api/v2/integrations/actions/{actionId}",
        }
    }
}
