//! What the Platform API sends and takes, as it stands on the wire, and the way to and from the records of the port.
//!
//! No field of an answer is there for certain, and some are null: the API's documents require next to nothing. So all
//! of them are optional here, and what cannot be missing is missed where the record is made.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::ports::genesys::{
    ActionConfig, ActionRecord, ActionSpecification, ActionUpdate, Contract, CredentialRecord,
    CredentialSlot, CredentialSpecification, CredentialTypeRecord, Fault, IntegrationConfig,
    IntegrationRecord, IntegrationTypeRecord, IntendedState, ReportedState, Template, TestOperation,
    TestResult,
};

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
    fn from(CredentialSpecification { name, type_name, fields }: &'a CredentialSpecification) -> Self {
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

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Action {
    pub(super) id: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    category: String,
    #[serde(default, deserialize_with = "or_default")]
    integration_id: String,
    #[serde(default, deserialize_with = "or_default")]
    version: i64,
    #[serde(default, deserialize_with = "or_default")]
    secure: bool,
    #[serde(default)]
    contract: Option<ContractBody>,
    #[serde(default)]
    config: Option<Config>,
}

impl From<Action> for ActionRecord {
    fn from(action: Action) -> Self {
        let Action { id, name, category, integration_id, version, secure, contract, config } = action;
        Self {
            id,
            name,
            category,
            integration_id,
            version,
            secure,
            contract: contract.and_then(ContractBody::record),
            config: config.map(ActionConfig::from),
        }
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
pub(super) struct ContractBody {
    input: Option<InputBody>,
    output: Option<OutputBody>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct InputBody {
    input_schema: Option<Value>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutputBody {
    success_schema: Option<Value>,
}

impl ContractBody {
    fn record(self) -> Option<Contract> {
        Some(Contract { input: self.input?.input_schema?, output: self.output?.success_schema? })
    }

    fn of(Contract { input, output }: &Contract) -> Self {
        Self {
            input: Some(InputBody { input_schema: Some(input.clone()) }),
            output: Some(OutputBody { success_schema: Some(output.clone()) }),
        }
    }
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Config {
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_seconds: Option<u32>,
    #[serde(deserialize_with = "or_default")]
    request: RequestConfig,
    #[serde(deserialize_with = "or_default")]
    response: ResponseConfig,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
struct RequestConfig {
    #[serde(deserialize_with = "or_default")]
    request_url_template: String,
    #[serde(deserialize_with = "or_default")]
    request_type: String,
    #[serde(deserialize_with = "or_default")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_template: Option<String>,
    #[serde(skip_serializing)]
    request_template_uri: Option<String>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
struct ResponseConfig {
    #[serde(deserialize_with = "or_default")]
    translation_map: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    translation_map_defaults: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    success_template: Option<String>,
    #[serde(skip_serializing)]
    success_template_uri: Option<String>,
}

fn template(text: Option<String>, address: Option<&String>) -> Option<Template> {
    text.map(Template::Text).or(address.map(|_| Template::Stored))
}

/// The text of a template that is to be sent. One that is only stored is left out, and stays as it is.
fn text(template: Option<&Template>) -> Option<String> {
    match template {
        Some(Template::Text(text)) => Some(text.clone()),
        Some(Template::Stored) | None => None,
    }
}

impl From<Config> for ActionConfig {
    fn from(Config { timeout_seconds, request, response }: Config) -> Self {
        Self {
            timeout_seconds,
            url_template: request.request_url_template,
            method: request.request_type,
            headers: request.headers,
            request_template: template(request.request_template, request.request_template_uri.as_ref()),
            translation_map: response.translation_map,
            translation_map_defaults: response.translation_map_defaults,
            success_template: template(response.success_template, response.success_template_uri.as_ref()),
        }
    }
}

impl From<&ActionConfig> for Config {
    fn from(config: &ActionConfig) -> Self {
        let ActionConfig { timeout_seconds, url_template, method, headers, request_template, .. } = config;
        Self {
            timeout_seconds: *timeout_seconds,
            request: RequestConfig {
                request_url_template: url_template.clone(),
                request_type: method.clone(),
                headers: headers.clone(),
                request_template: text(request_template.as_ref()),
                request_template_uri: None,
            },
            response: ResponseConfig {
                translation_map: config.translation_map.clone(),
                translation_map_defaults: config.translation_map_defaults.clone(),
                success_template: text(config.success_template.as_ref()),
                success_template_uri: None,
            },
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewAction<'a> {
    name: &'a str,
    category: &'a str,
    integration_id: &'a str,
    secure: bool,
    contract: ContractBody,
    config: Config,
}

impl<'a> From<&'a ActionSpecification> for NewAction<'a> {
    fn from(action: &'a ActionSpecification) -> Self {
        let ActionSpecification { name, category, integration_id, secure, contract, config } = action;
        Self {
            name,
            category,
            integration_id,
            secure: *secure,
            contract: ContractBody::of(contract),
            config: config.into(),
        }
    }
}

#[derive(Serialize)]
pub(super) struct ActionChange<'a> {
    version: i64,
    name: &'a str,
    category: &'a str,
    config: Config,
}

impl<'a> ActionChange<'a> {
    pub(super) fn new(version: i64, ActionUpdate { name, category, config }: &'a ActionUpdate) -> Self {
        Self { version, name, category, config: config.into() }
    }
}

#[derive(Serialize)]
pub(super) struct PublishBody {
    pub(super) version: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct FaultBody {
    message: Option<String>,
    code: Option<String>,
    status: Option<u16>,
    context_id: Option<String>,
    #[serde(deserialize_with = "or_default")]
    errors: Vec<FaultBody>,
}

impl From<FaultBody> for Fault {
    fn from(FaultBody { message, code, status, context_id, errors }: FaultBody) -> Self {
        let errors = errors.into_iter().map(Self::from).collect();
        Self { message: message.unwrap_or_default(), code, status, context_id, errors }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Validation {
    #[serde(deserialize_with = "or_default")]
    valid: bool,
    #[serde(deserialize_with = "or_default")]
    errors: Vec<FaultBody>,
}

impl From<Validation> for Vec<Fault> {
    fn from(Validation { valid, errors }: Validation) -> Self {
        if errors.is_empty() && !valid {
            let message = "Genesys Cloud calls the draft not valid and does not say why".to_owned();
            return vec![Fault { message, ..Fault::default() }];
        }
        errors.into_iter().map(Fault::from).collect()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Test {
    #[serde(deserialize_with = "or_default")]
    success: bool,
    #[serde(deserialize_with = "or_default")]
    operations: Vec<TestStep>,
    error: Option<FaultBody>,
    final_result: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TestStep {
    step: Option<i64>,
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    success: bool,
    result: Option<Value>,
    error: Option<FaultBody>,
}

impl From<Test> for TestResult {
    fn from(Test { success, operations, error, final_result }: Test) -> Self {
        let operation = |TestStep { step, name, success, result, error }: TestStep| TestOperation {
            step,
            name,
            success,
            result,
            error: error.map(Fault::from),
        };
        let operations = operations.into_iter().map(operation).collect();
        Self { success, operations, error: error.map(Fault::from), final_result }
    }
}
