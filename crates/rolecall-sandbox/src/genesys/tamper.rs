//! Somebody in Genesys Cloud's own user interface, who changes things behind rolecall's back.

use serde_json::{Value, json};

use super::audits::{self, Author, Entity};
use super::state::{Change, IntendedState};
use super::{actions, catalogue, integrations, request};
use crate::state::State;

/// A way to change something in the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GenesysTamper {
    ActionEdited,
    ActionDeleted,
    IntegrationDisabled,
    CredentialRole,
    Organization,
}

/// The user who does it.
const SOMEBODY: &str = "00000000-0000-4000-8000-000000000001";
const OTHER_ROLE: &str = "arn:aws:iam::123456789012:role/ci";

impl GenesysTamper {
    /// Does it to the first thing of its kind; says what was done, or what is missing.
    pub(crate) fn apply(self, state: &mut State) -> Result<String, &'static str> {
        let before = state.clone();
        let (done, action, kind, id) = match self {
            Self::ActionEdited => {
                let (id, revision) = first_action(state)?;
                let seconds = revision.config.get("timeoutSeconds").and_then(Value::as_u64);
                if let Some(config) = revision.config.as_object_mut() {
                    config.insert(
                        "timeoutSeconds".to_owned(),
                        json!(if seconds == Some(59) { 58 } else { 59 }),
                    );
                }
                revision.version += 1;
                (format!("action `{}` now has a different timeout", revision.name), "Update", "Action", id)
            }
            Self::ActionDeleted => {
                let (id, revision) = first_action(state)?;
                let name = revision.name.clone();
                state.genesys.actions.remove(&id);
                (format!("action `{name}` is deleted"), "Delete", "Action", id)
            }
            Self::IntegrationDisabled => {
                let mut all = state.genesys.integrations.iter_mut();
                let found = all
                    .find(|(_, it)| it.kind != catalogue::PLATFORM && it.intended == IntendedState::Enabled);
                let (id, integration) = found.ok_or("no integration is enabled")?;
                integration.intended = IntendedState::Disabled;
                integration.intended_since = jiff::Timestamp::now().as_millisecond();
                let name = &integration.configuration.name;
                (format!("integration `{name}` is disabled"), "Disable", "Integration", id.clone())
            }
            Self::CredentialRole => {
                let mut all = state.genesys.credentials.iter_mut();
                let found = all.find(|(_, it)| it.fields.get("ARN").is_some_and(|arn| arn != OTHER_ROLE));
                let (id, credential) = found.ok_or("no credential names a role")?;
                credential.fields.insert("ARN".to_owned(), OTHER_ROLE.to_owned());
                credential.modified = request::time(jiff::Timestamp::now());
                (
                    format!("credential `{}` names {OTHER_ROLE}", credential.name),
                    "Update",
                    "Credential",
                    id.clone(),
                )
            }
            Self::Organization => {
                let id = "0a0a0a0a-1b1b-4c2c-8d3d-4e4e4e4e4e4e";
                if state.genesys.organization.id == id {
                    return Err("the organization is already a different one");
                }
                state.genesys.organization.id = id.to_owned();
                return Ok(format!("the OAuth client belongs to organization {id} now"));
            }
        };
        let (name, changes) = difference(&before, state, kind, &id);
        let at = request::time(jiff::Timestamp::now());
        let author = Author { client: None, user: Some(SOMEBODY), at };
        audits::write(state, &author, action, &Entity { kind, id: &id, name: &name }, true, changes);
        Ok(done)
    }
}

fn first_action(state: &mut State) -> Result<(String, &mut super::Revision), &'static str> {
    let mut published =
        state.genesys.actions.iter_mut().filter_map(|(id, it)| Some((id, it.published.as_mut()?)));
    published.next().map(|(id, revision)| (id.clone(), revision)).ok_or("there is no action")
}

/// The name of what was changed, and how it changed.
fn difference(before: &State, after: &State, kind: &str, id: &str) -> (String, Vec<Change>) {
    let shown = |state: &State| match kind {
        "Action" => state.genesys.actions.get(id).map(|it| actions::audited(it.published.as_ref())),
        "Integration" => state.genesys.integrations.get(id).map(integrations::audited),
        _ => None,
    };
    let (old, new) = (shown(before).unwrap_or_default(), shown(after).unwrap_or_default());
    let name = [old.get("name"), old.pointer("/config/name")].into_iter().flatten().find_map(Value::as_str);
    match before.genesys.credentials.get(id) {
        Some(credential) => (credential.name.clone(), vec![audits::hidden("credentialFields.ARN")]),
        None => (name.unwrap_or_default().to_owned(), audits::changes(&old, &new)),
    }
}
