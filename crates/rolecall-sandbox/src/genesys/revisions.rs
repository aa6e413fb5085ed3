//! What an action may be: the rules for names, configurations and contracts
//! (help.mypurecloud.com, "Add contracts to data actions"; the SDKs' descriptions).

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::state::Revision;

/// Characters of a name or a category.
const LONGEST_NAME: usize = 256;
/// Names that an input must not have.
const RESERVED: [&str; 3] = ["orgId", "integrationId", "rawRequest"];
const METHODS: [&str; 5] = ["GET", "PUT", "POST", "PATCH", "DELETE"];

/// The body that creates an action or a draft.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewAction {
    pub(super) category: String,
    pub(super) name: String,
    pub(super) integration_id: String,
    config: Config,
    contract: Contract,
    #[serde(default)]
    secure: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Config {
    timeout_seconds: Option<u64>,
    request: RequestConfig,
    response: ResponseConfig,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct RequestConfig {
    request_url_template: String,
    request_template: Option<String>,
    request_type: String,
    headers: Map<String, Value>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct ResponseConfig {
    translation_map: Map<String, Value>,
    translation_map_defaults: Map<String, Value>,
    success_template: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Contract {
    input: Input,
    output: Output,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    input_schema: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    success_schema: Value,
}

impl NewAction {
    pub(super) fn revision(self) -> Revision {
        Revision {
            name: self.name,
            category: self.category,
            secure: self.secure,
            version: 1,
            contract: self.contract.value(),
            config: self.config.value(),
        }
    }
}

impl Config {
    /// As it is kept. A template that is not sent as text is empty from then on: a URI says where it can be read and
    /// is not followed.
    pub(super) fn value(self) -> Value {
        let Self { timeout_seconds, request, response } = self;
        let mut value = json!({
            "request": {
                "requestUrlTemplate": request.request_url_template,
                "requestType": request.request_type,
                "headers": request.headers,
                "requestTemplate": request.request_template.unwrap_or_default(),
            },
            "response": {
                "translationMap": response.translation_map,
                "translationMapDefaults": response.translation_map_defaults,
                "successTemplate": response.success_template.unwrap_or_default(),
            },
        });
        if let (Some(seconds), Some(value)) = (timeout_seconds, value.as_object_mut()) {
            value.insert("timeoutSeconds".to_owned(), json!(seconds));
        }
        value
    }
}

impl Contract {
    pub(super) fn value(self) -> Value {
        json!({
            "input": {"inputSchema": self.input.input_schema},
            "output": {"successSchema": self.output.success_schema},
        })
    }
}

impl Revision {
    /// Everything that keeps it from being published.
    pub(super) fn faults(&self) -> Vec<Refusal> {
        let mut faults = Vec::new();
        for (field, text) in [("name", &self.name), ("category", &self.category)] {
            if text.is_empty() || text.chars().count() > LONGEST_NAME {
                faults.push(format!("The {field} must have 1 to {LONGEST_NAME} characters."));
            }
        }
        let seconds = self.config.get("timeoutSeconds").and_then(Value::as_u64);
        if seconds.is_some_and(|seconds| !(1..=60).contains(&seconds)) {
            faults.push("timeoutSeconds must be between 1 and 60.".to_owned());
        }
        if self.request("requestUrlTemplate").is_empty() {
            faults.push("requestUrlTemplate is required.".to_owned());
        }
        if !METHODS.contains(&self.request("requestType")) {
            faults.push(format!("requestType must be one of {}.", METHODS.join(", ")));
        }
        let (input, output) = (self.input_schema(), self.contract.pointer("/output/successSchema"));
        input_faults(input.unwrap_or(&Value::Null), &mut faults);
        output_faults(output.unwrap_or(&Value::Null), &mut faults);
        faults.into_iter().map(Refusal::invalid_schema).collect()
    }

    /// A text of the request's configuration.
    pub(super) fn request(&self, name: &str) -> &str {
        self.text("request", name)
    }

    /// A text of the response's configuration.
    pub(super) fn response(&self, name: &str) -> &str {
        self.text("response", name)
    }

    fn text(&self, part: &str, name: &str) -> &str {
        self.config.get(part).and_then(|part| part.get(name)).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn input_schema(&self) -> Option<&Value> {
        self.contract.pointer("/input/inputSchema")
    }
}

fn input_faults(schema: &Value, faults: &mut Vec<String>) {
    if schema.get("type") != Some(&json!("object")) {
        faults.push("The input schema must be of type object.".to_owned());
    }
    if has_reference(schema) {
        faults.push("The input schema must not use $ref.".to_owned());
    }
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let mut letters = name.chars();
        let well_formed = letters.next().is_some_and(|first| first.is_ascii_alphabetic())
            && letters.all(|it| it.is_ascii_alphanumeric() || "-_".contains(it));
        if !well_formed {
            faults.push(format!("The input '{name}' is not a valid name."));
        }
        if RESERVED.contains(&name.as_str()) {
            faults.push(format!("The input '{name}' has a reserved name."));
        }
        let flat = ["string", "integer", "number", "boolean", "null"];
        let types: Vec<&str> = match property.get("type") {
            Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
            other => other.and_then(Value::as_str).into_iter().collect(),
        };
        if types.is_empty() || types.iter().any(|kind| !flat.contains(kind)) {
            faults.push(format!("The input '{name}' must be of a simple type."));
        }
    }
}

fn output_faults(schema: &Value, faults: &mut Vec<String>) {
    if !schema.is_object() {
        faults.push("The output schema is missing.".to_owned());
    }
    if has_reference(schema) {
        faults.push("The output schema must not use $ref.".to_owned());
    }
    if has_nested_array(schema, false) {
        faults.push("The output schema must not nest arrays.".to_owned());
    }
}

fn has_reference(schema: &Value) -> bool {
    match schema {
        Value::Object(entries) => entries.iter().any(|(key, value)| key == "$ref" || has_reference(value)),
        Value::Array(items) => items.iter().any(has_reference),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn has_nested_array(schema: &Value, within: bool) -> bool {
    let array = schema.get("type") == Some(&json!("array"));
    let below = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::values);
    (array && within)
        || schema.get("items").into_iter().chain(below).any(|inner| has_nested_array(inner, within || array))
}

/// Whether inputs are what a flat schema asks for; says what is not.
pub(super) fn input_mismatch(schema: &Value, inputs: &Map<String, Value>) -> Option<String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let required =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for name in required {
        if !inputs.contains_key(name) {
            return Some(format!("object has missing required properties ([\"{name}\"])"));
        }
    }
    for (name, value) in inputs {
        match properties.and_then(|properties| properties.get(name)).and_then(|property| property.get("type"))
        {
            None if schema.get("additionalProperties") == Some(&json!(false))
                && !properties.is_some_and(|properties| properties.contains_key(name)) =>
            {
                return Some(format!(
                    "object instance has properties which are not allowed by the schema: [\"{name}\"]"
                ));
            }
            Some(kind) if !has_type(kind, value) => {
                return Some(format!(
                    "instance type of '{name}' does not match any allowed primitive type ({kind})"
                ));
            }
            None | Some(_) => {}
        }
    }
    None
}

fn has_type(kind: &Value, value: &Value) -> bool {
    match kind {
        Value::Array(kinds) => kinds.iter().any(|kind| has_type(kind, value)),
        kind => match kind.as_str() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("null") => value.is_null(),
            _ => false,
        },
    }
}
