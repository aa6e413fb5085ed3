//! Actions, their drafts and their tests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::or_default;
use rolecall_model::ports::genesys::{
    ActionConfig, ActionRecord, ActionSpecification, ActionUpdate, Contract, Fault, Template, TestOperation,
    TestResult,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Action {
    pub(crate) id: String,
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
pub(crate) struct ContractBody {
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
pub(crate) struct Config {
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
pub(crate) struct NewAction<'a> {
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
pub(crate) struct ActionChange<'a> {
    version: i64,
    name: &'a str,
    category: &'a str,
    config: Config,
}

impl<'a> ActionChange<'a> {
    pub(crate) fn new(version: i64, ActionUpdate { name, category, config }: &'a ActionUpdate) -> Self {
        Self { version, name, category, config: config.into() }
    }
}

#[derive(Serialize)]
pub(crate) struct PublishBody {
    pub(crate) version: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct FaultBody {
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
pub(crate) struct Validation {
    #[serde(deserialize_with = "or_default")]
    valid: bool,
    #[serde(deserialize_with = "or_default")]
    errors: Vec<FaultBody>,
}

impl From<Validation> for Vec<Fault> {
    fn from(Validation { valid, errors }: Validation) -> Self {
        if errors.is_empty() && !valid {
            let message = "Genesys Cloud reports that the draft is not valid, without a reason".to_owned();
            return vec![Fault { message, ..Fault::default() }];
        }
        errors.into_iter().map(Fault::from).collect()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Test {
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
