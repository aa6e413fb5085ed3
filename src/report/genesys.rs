//! The Genesys Cloud side as data for readers: steps as changes, notices, and tests of actions.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::Text;
use super::change::{ChangeView, Verb};
use crate::desired::genesys::DesiredAction;
use crate::manifest::Manager;
use crate::plan::genesys::{
    Attachment, Configuration, Credential, CredentialValue, Id, Notice, Retirement, Step,
};
use crate::ports::genesys::{
    ActionConfig, ActionUpdate, Contract, IntegrationConfig, IntendedState, ReportedState, Template,
};

/// The Genesys Cloud side of a command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct GenesysView {
    /// The organization that the OAuth client belongs to: its ID.
    pub organization_id: Text,
    /// Its name.
    pub organization_name: Text,
    /// The tool that makes what is there, where that is not rolecall.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by: Option<Manager>,
    /// What was noticed and is left alone.
    pub notices: Vec<NoticeView>,
}

/// Something that no change repairs, but that the reader should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoticeView {
    /// What it is, in one word for programs.
    pub notice: &'static str,
    /// Whether Genesys Cloud differs from the manifest.
    pub is_difference: bool,
    /// What it is about: an ID or a name.
    pub resource: Text,
    /// What the reader should know.
    pub message: Text,
}

impl From<&Notice> for NoticeView {
    fn from(notice: &Notice) -> Self {
        let is_difference = notice.is_difference();
        let view = |notice, resource: &str, message: String| Self {
            notice,
            is_difference,
            resource: resource.to_owned().into(),
            message: message.into(),
        };
        match notice {
            Notice::Unverifiable { id, role } => view(
                "not_verifiable",
                id,
                format!(
                    "not examined: the role ARN in the credential {id}, which Genesys Cloud does not show; rolecall wrote \
                     {role}; `verify --level genesys` tests it"
                ),
            ),
            Notice::MayBeChanged { id, when } => view(
                "may_be_changed",
                id,
                format!(
                    "the credential {id} was changed at {when}, less than a minute after rolecall wrote it: by somebody, or because \
                     rolecall attached it to the integration; Genesys Cloud does not show what is in it"
                ),
            ),
            Notice::NotActive { integration, reported, detail } => {
                let reported = reported.map_or("an unknown state", reported_name);
                let detail = detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
                view(
                    "not_active",
                    integration,
                    format!("integration {integration} is enabled and reports {reported}{detail}"),
                )
            }
            Notice::ValuesNotShown { id, secret } => view(
                "values_not_shown",
                id,
                format!(
                    "credential {id}: not verifiable, because Genesys Cloud does not show its values; rolecall wrote the \
                     values of {secret}; if they were changed there since, `rolecall genesys connect --rewrite-credential` writes its \
                     present values"
                ),
            ),
            Notice::ValuesNotCompared { id, secret } => view(
                "values_not_compared",
                id,
                format!(
                    "credential {id}: not verifiable, because Genesys Cloud does not show its values; whether they are those of \
                     {secret} is not known"
                ),
            ),
            Notice::ForeignAction { id, name } => view(
                "foreign_action",
                id,
                format!(
                    "action {name} ({id}) is not in the manifest; rolecall leaves it alone, because rolecall did not \
                     make its integration"
                ),
            ),
            Notice::Kept { integration } => view(
                "kept",
                integration,
                format!(
                    "integration {integration} was adopted, so rolecall does not delete it or its actions; rolecall \
                     only stops managing it"
                ),
            ),
            Notice::RoleNotShown { id, role } => view(
                "role_not_shown",
                id,
                format!(
                    "credential {id}: not verifiable, because Genesys Cloud does not show its ARN; only the test of a data \
                     action shows whether the credential names {role}"
                ),
            ),
            Notice::NotCompared { id, integration, actions, drafts } => {
                let listed = |names: &[String]| names.join(", ");
                let what = match (actions.as_slice(), drafts.as_slice()) {
                    ([], []) => "it has no data actions".to_owned(),
                    (actions, []) => {
                        format!("not compared, because no [[action]] names them: {}", listed(actions))
                    }
                    ([], drafts) => format!("never published, and not compared: {}", listed(drafts)),
                    (actions, drafts) => format!(
                        "not compared, because no [[action]] names them: {}; never published: {}",
                        listed(actions),
                        listed(drafts)
                    ),
                };
                view("not_compared", id, format!("integration {integration} ({id}): {what}"))
            }
            Notice::NoIntegrations { kind } => view(
                "no_integrations",
                kind.type_id(),
                format!("the organization has no integration of the type {}", kind.type_id()),
            ),
            Notice::Qualified { action } => view(
                "qualifier_unverified",
                action,
                format!(
                    "action {action} calls an alias or version: AWS allows this, but Genesys does not document it; \
                     test the action to find out"
                ),
            ),
        }
    }
}

/// What Genesys Cloud calls the state that an integration reports.
#[must_use]
pub fn reported_name(state: ReportedState) -> &'static str {
    match state {
        ReportedState::Active => "ACTIVE",
        ReportedState::Activating => "ACTIVATING",
        ReportedState::Inactive => "INACTIVE",
        ReportedState::Deactivating => "DEACTIVATING",
        ReportedState::Error => "ERROR",
    }
}

/// What Genesys Cloud calls the state that an integration is meant to have.
#[must_use]
pub fn intended_name(state: IntendedState) -> &'static str {
    match state {
        IntendedState::Enabled => "ENABLED",
        IntendedState::Disabled => "DISABLED",
        IntendedState::Deleted => "DELETED",
        IntendedState::Restored => "RESTORED",
    }
}

impl From<&Step> for ChangeView {
    fn from(step: &Step) -> Self {
        let view = |verb, subject, resource: &str, before: Option<Value>, after: Option<Value>| Self {
            operation: step.operation(),
            verb,
            subject,
            resource: resource.to_owned().into(),
            before,
            after,
            note: None,
            effect: None,
        };
        match step {
            Step::CreateCredential { credential } => {
                view(Verb::Create, "credential", &credential.name, None, Some(credential_value(credential)))
            }
            Step::UpdateCredential { id: _, credential, why } => Self {
                note: Some(why.clone().into()),
                ..view(Verb::Update, "credential", &credential.name, None, Some(credential_value(credential)))
            },
            Step::DeleteCredential { id, name, why: _ } => {
                view(Verb::Delete, "credential", name, Some(json!(id)), None)
            }
            Step::CreateIntegration { kind, name } => {
                view(Verb::Create, "integration", name, None, Some(json!(kind.type_id())))
            }
            Step::Configure { before, after, .. } => {
                let verb = if before.is_some() { Verb::Update } else { Verb::Create };
                let before = before.as_ref().map(|before| config_value(before, after));
                view(verb, "integration configuration", &after.name, before, Some(configuration_value(after)))
            }
            Step::SetState { name, before, after, .. } => Self {
                note: step.only_waits().then(|| {
                    let text = "it is enabled and not active yet: rolecall enables it again, and waits until it is active";
                    text.to_owned().into()
                }),
                ..view(
                    Verb::Update,
                    "integration state",
                    name,
                    before.map(|before| json!(intended_name(before))),
                    Some(json!(intended_name(*after))),
                )
            },
            Step::DeleteIntegration { kind, id: _, name, why: _ } => {
                view(Verb::Delete, "integration", name, Some(json!(kind.type_id())), None)
            }
            Step::CreateAction { action, replaces, .. } => Self {
                note: replaces.as_ref().map(|id| {
                    let text = format!(
                        "a replacement: the new action gets a new ID; change the flows that refer to {id}"
                    );
                    text.into()
                }),
                ..view(Verb::Create, "action", &action.name, None, Some(action_value(action)))
            },
            Step::PublishDraft { id, name, .. } => Self {
                note: Some("an earlier run stopped before it published the action".to_owned().into()),
                ..view(Verb::Update, "action draft", name, None, Some(json!(id)))
            },
            Step::DiscardDraft { id, name } => {
                view(Verb::Delete, "action draft", name, Some(json!(id)), None)
            }
            Step::UpdateAction { before, after, .. } => view(
                Verb::Update,
                "action",
                &after.name,
                Some(update_value(before)),
                Some(update_value(after)),
            ),
            Step::DeleteAction { id, name, why } => Self {
                note: match why {
                    Retirement::Replaced => {
                        Some("replaced: flows that refer to its ID will fail".to_owned().into())
                    }
                    Retirement::NotInManifest => {
                        Some("not in the manifest: flows that refer to its ID will fail".to_owned().into())
                    }
                    Retirement::Destroyed => None,
                },
                ..view(Verb::Delete, "action", name, Some(json!(id)), None)
            },
        }
    }
}

/// What a credential will hold: the ARN of the role, or where its values are kept.
fn credential_value(Credential { kind: _, name: _, type_name, value }: &Credential) -> Value {
    match value {
        CredentialValue::Role { field: _, role } => json!(role),
        CredentialValue::Secret { source, required: _ } => {
            json!({"type": type_name, "values_of": source.to_string()})
        }
    }
}

/// The part of a configuration that the plan decides about.
fn config_value(config: &IntegrationConfig, after: &Configuration) -> Value {
    let IntegrationConfig { name, version, properties: _, advanced: _, notes, credentials } = config;
    let mut value = json!({"name": name, "version": version, "notes": notes});
    let key = match &after.credential {
        Attachment::Left => None,
        Attachment::Attached { key, .. } | Attachment::Detached { key } => Some(key),
    };
    if let (Some(key), Some(members)) = (key, value.as_object_mut())
        && let Some(id) = credentials.get(key)
    {
        members.insert("credentials".to_owned(), json!({key: id}));
    }
    value
}

fn configuration_value(after: &Configuration) -> Value {
    let Configuration { name, notes, mark, credential } = after;
    let notes = mark.as_ref().map_or_else(|| notes.clone(), |mark| mark.write(notes));
    let mut value = json!({"name": name, "notes": notes});
    if let (Attachment::Attached { key, id }, Some(members)) = (credential, value.as_object_mut()) {
        let id = match id {
            Id::Known(id) => id,
            Id::Made(_) => "(known after apply)",
        };
        members.insert("credentials".to_owned(), json!({key: id}));
    }
    value
}

fn action_value(action: &DesiredAction) -> Value {
    let DesiredAction { name: _, category, secure, contract: Contract { input, output }, config } = action;
    json!({
        "category": category,
        "secure": secure,
        "input": input,
        "output": output,
        "config": config_of(config),
    })
}

fn update_value(ActionUpdate { name: _, category, config }: &ActionUpdate) -> Value {
    json!({"category": category, "config": config_of(config)})
}

fn config_of(config: &ActionConfig) -> Value {
    let ActionConfig {
        timeout_seconds,
        url_template,
        method,
        headers,
        request_template,
        translation_map,
        translation_map_defaults,
        success_template,
    } = config;
    let text = |template: &Option<Template>| match template {
        None => Value::Null,
        Some(Template::Text(text)) => json!(text),
        Some(Template::Stored) => json!("(could not be read)"),
    };
    json!({
        "timeout_seconds": timeout_seconds,
        "url_template": url_template,
        "method": method,
        "headers": headers,
        "request_template": text(request_template),
        "translation_map": translation_map,
        "translation_map_defaults": translation_map_defaults,
        "success_template": text(success_template),
    })
}
