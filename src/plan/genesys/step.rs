//! One write to Genesys Cloud, with every argument it needs and what it replaces.

use super::Plan;
use crate::desired::genesys::{DesiredAction, Kind, Mark};
use crate::observe::genesys::CredentialForm;
use crate::ports::genesys::{ActionUpdate, IntegrationConfig, IntendedState};

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
    pub(super) fn create_credential(&mut self, credential: RoleCredential) -> Id {
        self.steps.push(Step::CreateCredential { credential });
        Id::Made(Pending(()))
    }

    /// Adds the step that makes an integration, and refers to it.
    pub(super) fn create_integration(&mut self, kind: Kind, name: String) -> Id {
        self.steps.push(Step::CreateIntegration { kind, name });
        Id::Made(Pending(()))
    }
}

/// A credential with the ARN of the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleCredential {
    /// Its name.
    pub name: String,
    /// How it is written.
    pub form: CredentialForm,
    /// The ARN.
    pub role: String,
}

/// What rolecall decides about the configuration of an integration; everything else in it stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The name.
    pub name: String,
    /// The notes for its administrators.
    pub notes: String,
    /// Whose it is; `None` gives it up. The credential in it is the one below, as it was last written.
    pub mark: Option<Mark>,
    /// The credential under the key for the role's ARN.
    pub credential: Attachment,
}

/// What happens to the credential of an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// Nothing: its administrators see to it.
    Left,
    /// This one stands under the key.
    Attached {
        /// The key.
        key: String,
        /// The credential.
        id: Id,
    },
    /// Nothing stands under the key any more.
    Detached {
        /// The key.
        key: String,
    },
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
#[expect(missing_docs, reason = "the fields are the arguments of the call that the variant is named after")]
pub enum Step {
    CreateCredential {
        credential: RoleCredential,
    },
    UpdateCredential {
        id: String,
        credential: RoleCredential,
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
