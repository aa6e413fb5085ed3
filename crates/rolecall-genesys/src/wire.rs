//! What the Platform API sends and takes, as it stands on the wire, and the way to and from the records of the port.
//!
//! No field of an answer is there for certain, and some are null: the API's documents require next to nothing. So all
//! of them are optional here, and what cannot be missing is missed where the record is made.

mod actions;
pub(super) mod metrics;
mod tracking;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use rolecall_model::ports::genesys::{
    CredentialRecord, CredentialSlot, CredentialSpecification, CredentialTypeRecord, IntegrationConfig,
    IntegrationRecord, IntegrationTypeRecord, IntendedState, ReportedState,
};

pub(super) use actions::{Action, ActionChange, NewAction, PublishBody, Test, Validation};
pub(super) use tracking::{Dependency, Flow, Status};

/// What Genesys Cloud's store makes of an empty text (Terraform provider for Genesys Cloud, `flattenConfigNotes`).
const EMPTY_NOTES: &str = "node_dynamodb_empty_string";

pub(super) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    value: D,
) -> Result<T, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

/// A thing that is named by its ID, or its name, or both.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    #[serde(deserialize_with = "or_default")]
    pub(super) id: String,
    #[serde(deserialize_with = "or_default")]
    pub(super) name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Credential {
    id: String,
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: Named,
    modified_date: Option<String>,
    #[serde(deserialize_with = "or_default")]
    credential_fields: BTreeMap<String, Option<String>>,
}

impl From<Credential> for CredentialRecord {
    fn from(Credential { id, name, kind, modified_date, credential_fields }: Credential) -> Self {
        let type_name = if kind.name.is_empty() { kind.id } else { kind.name };
        let fields = credential_fields.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        Self { id, name, type_name, modified: modified_date, fields }
    }
}

/// A credential on its way out. Not `Debug`: the values are secrets.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CredentialBody<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: Ref<'a>,
    credential_fields: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Ref<'a> {
    Name(&'a str),
    Id(&'a str),
}

impl<'a> From<&'a CredentialSpecification> for CredentialBody<'a> {
    fn from(credential: &'a CredentialSpecification) -> Self {
        let CredentialSpecification { name, type_name, fields, is_secret: _ } = credential;
        Self { name, kind: Ref::Name(type_name), credential_fields: fields }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CredentialType {
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    required: Vec<String>,
}

/// A bare list in the SDKs since 2026-04, a page before.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum CredentialTypes {
    List(Vec<CredentialType>),
    Page { entities: Vec<CredentialType> },
}

impl From<CredentialTypes> for Vec<CredentialTypeRecord> {
    fn from(types: CredentialTypes) -> Self {
        let (CredentialTypes::List(types) | CredentialTypes::Page { entities: types }) = types;
        types
            .into_iter()
            .map(|CredentialType { name, required }| CredentialTypeRecord { name, required })
            .collect()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct IntegrationType {
    id: String,
    #[serde(deserialize_with = "or_default")]
    credentials: BTreeMap<String, Slot>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Slot {
    #[serde(deserialize_with = "or_default")]
    required: bool,
    #[serde(deserialize_with = "or_default")]
    credential_types: Vec<String>,
}

impl From<IntegrationType> for IntegrationTypeRecord {
    fn from(IntegrationType { id, credentials }: IntegrationType) -> Self {
        let slot = |Slot { required, credential_types }: Slot| CredentialSlot { required, credential_types };
        Self { id, credentials: credentials.into_iter().map(|(key, value)| (key, slot(value))).collect() }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Integration {
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    integration_type: Named,
    intended_state: Intended,
    #[serde(default, deserialize_with = "or_default")]
    reported_state: Reported,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Intended {
    Enabled,
    Disabled,
    Deleted,
    Restored,
}

impl From<IntendedState> for Intended {
    fn from(state: IntendedState) -> Self {
        match state {
            IntendedState::Enabled => Self::Enabled,
            IntendedState::Disabled => Self::Disabled,
            IntendedState::Deleted => Self::Deleted,
            IntendedState::Restored => Self::Restored,
        }
    }
}

impl From<Intended> for IntendedState {
    fn from(state: Intended) -> Self {
        match state {
            Intended::Enabled => Self::Enabled,
            Intended::Disabled => Self::Disabled,
            Intended::Deleted => Self::Deleted,
            Intended::Restored => Self::Restored,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reported {
    code: Option<String>,
    #[serde(deserialize_with = "or_default")]
    detail: Message,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    message: Option<String>,
}

impl From<Integration> for IntegrationRecord {
    fn from(integration: Integration) -> Self {
        let Integration { id, name, integration_type, intended_state, reported_state } = integration;
        let reported = match reported_state.code.as_deref() {
            Some("ACTIVE") => Some(ReportedState::Active),
            Some("ACTIVATING") => Some(ReportedState::Activating),
            Some("INACTIVE") => Some(ReportedState::Inactive),
            Some("DEACTIVATING") => Some(ReportedState::Deactivating),
            Some("ERROR") => Some(ReportedState::Error),
            Some(_) | None => None,
        };
        Self {
            id,
            name,
            type_id: integration_type.id,
            intended: intended_state.into(),
            reported,
            detail: reported_state.detail.message,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewIntegration<'a> {
    name: &'a str,
    integration_type: Ref<'a>,
}

impl<'a> NewIntegration<'a> {
    pub(super) fn new(type_id: &'a str, name: &'a str) -> Self {
        Self { name, integration_type: Ref::Id(type_id) }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StateBody {
    pub(super) intended_state: Intended,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Configuration {
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    version: i64,
    #[serde(default)]
    properties: Option<Value>,
    #[serde(default)]
    advanced: Option<Value>,
    #[serde(default, deserialize_with = "or_default")]
    notes: String,
    #[serde(default, deserialize_with = "or_default")]
    credentials: BTreeMap<String, Named>,
}

impl From<Configuration> for IntegrationConfig {
    fn from(configuration: Configuration) -> Self {
        let Configuration { name, version, properties, advanced, notes, credentials } = configuration;
        let object = || Value::Object(serde_json::Map::new());
        Self {
            name,
            version,
            properties: properties.unwrap_or_else(object),
            advanced: advanced.unwrap_or_else(object),
            notes: if notes == EMPTY_NOTES { String::new() } else { notes },
            credentials: credentials.into_iter().map(|(key, credential)| (key, credential.id)).collect(),
        }
    }
}

/// All fields are required.
#[derive(Serialize)]
pub(super) struct ConfigurationBody<'a> {
    name: &'a str,
    version: i64,
    properties: &'a Value,
    advanced: &'a Value,
    notes: &'a str,
    credentials: BTreeMap<&'a str, Ref<'a>>,
}

impl<'a> From<&'a IntegrationConfig> for ConfigurationBody<'a> {
    fn from(config: &'a IntegrationConfig) -> Self {
        let IntegrationConfig { name, version, properties, advanced, notes, credentials } = config;
        let credentials = credentials.iter().map(|(key, id)| (key.as_str(), Ref::Id(id))).collect();
        Self { name, version: *version, properties, advanced, notes, credentials }
    }
}
