//! The definition of an action: in the template, or in S3, Parameter Store or Secrets Manager, in the format that Genesys
//! Cloud's user interface exports.
//!
//! In a template it may be an object. Then CloudFormation has made text of its numbers and booleans, and what they were
//! follows from where they stand: the keywords of JSON Schema have their types, and an example value has that of its
//! schema. What stays text either way is left alone.

use serde_json::{Map, Number, Value, json};

use rolecall::desired::exchange::ExchangedAction;
use rolecall::desired::genesys::Kind;

/// Where the parts of a definition stand.
const SCHEMAS: [&str; 2] = ["/contract/input/inputSchema", "/contract/output/successSchema"];
const TIMEOUT: &str = "/config/timeoutSeconds";
const SECURE: &str = "/secure";

/// What a resource says over its definition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stated<'s> {
    pub(super) name: Option<&'s str>,
    pub(super) function: Option<&'s str>,
}

/// The action in a definition that is a value of the template.
pub(super) fn from_value(value: &Value, stated: Stated<'_>) -> Result<ExchangedAction, String> {
    let mut value = value.clone();
    for pointer in SCHEMAS {
        if let Some(schema) = value.pointer_mut(pointer) {
            restore_schema(schema);
        }
    }
    for pointer in [TIMEOUT, SECURE] {
        if let Some(part) = value.pointer_mut(pointer) {
            restore(part);
        }
    }
    read(value, stated)
}

/// The action in a text, which says what it means.
pub(super) fn from_text(text: &str, stated: Stated<'_>) -> Result<ExchangedAction, String> {
    // serde_json's message has the place, not the text.
    let value = serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    read(value, stated)
}

fn read(mut value: Value, Stated { name, function }: Stated<'_>) -> Result<ExchangedAction, String> {
    let Some(members) = value.as_object_mut() else { return Err("it is not an object".to_owned()) };
    if let Some(name) = name {
        members.insert("name".to_owned(), json!(name));
    }
    members.entry("integrationType").or_insert_with(|| json!(Kind::Lambda.type_id()));
    if let Some(function) = function {
        let request = ["config", "request"].into_iter().try_fold(members, |members, key| {
            members.entry(key).or_insert_with(|| json!({})).as_object_mut()
        });
        let Some(request) = request else { return Err("`config.request` is not an object".to_owned()) };
        request.insert("requestUrlTemplate".to_owned(), json!(function));
    }
    ExchangedAction::of(&value).map_err(|error| error.to_string())
}

/// A number or a boolean that became text.
fn restore(value: &mut Value) {
    if let Some(original) = value.as_str().and_then(|text| boolean(text).or_else(|| number(text))) {
        *value = original;
    }
}

fn boolean(text: &str) -> Option<Value> {
    text.parse().ok().map(Value::Bool)
}

fn number(text: &str) -> Option<Value> {
    text.parse::<Number>().ok().map(Value::Number)
}

/// The keywords of JSON Schema, draft 4, whose values are numbers or booleans.
const PLAIN_KEYWORDS: [&str; 14] = [
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "additionalItems",
    "additionalProperties",
];
/// Those that hold schemas by name, and those that hold one or a list.
const SCHEMAS_BY_NAME: [&str; 4] = ["properties", "patternProperties", "definitions", "dependencies"];
const SCHEMA_KEYWORDS: [&str; 7] =
    ["items", "additionalItems", "additionalProperties", "allOf", "anyOf", "oneOf", "not"];
/// Those that hold values of the kind that the schema is about.
const EXAMPLES: [&str; 4] = ["default", "enum", "const", "examples"];

fn restore_schema(schema: &mut Value) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(restore_schema),
        Value::Object(members) => {
            let types = types(members);
            for (keyword, value) in members.iter_mut() {
                let keyword = keyword.as_str();
                if PLAIN_KEYWORDS.contains(&keyword) {
                    restore(value);
                }
                if SCHEMA_KEYWORDS.contains(&keyword) {
                    restore_schema(value);
                }
                if let (true, Value::Object(schemas)) = (SCHEMAS_BY_NAME.contains(&keyword), &mut *value) {
                    schemas.values_mut().for_each(restore_schema);
                }
                if EXAMPLES.contains(&keyword) {
                    match value {
                        Value::Array(values) => {
                            values.iter_mut().for_each(|value| restore_example(value, &types));
                        }
                        value => restore_example(value, &types),
                    }
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn types(schema: &Map<String, Value>) -> Vec<String> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(_) | None => Vec::new(),
    }
}

/// Where text is possible, it is text.
fn restore_example(value: &mut Value, types: &[String]) {
    let is = |name: &str| types.iter().any(|known| known == name);
    let Some(text) = value.as_str() else { return };
    let original = match is("string") {
        true => None,
        false => boolean(text)
            .filter(|_| is("boolean"))
            .or_else(|| number(text).filter(|_| is("number") || is("integer"))),
    };
    if let Some(original) = original {
        *value = original;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:orders";
    const NOTHING: Stated<'_> = Stated { name: None, function: None };

    /// As CloudFormation sends it: every number and boolean as text.
    fn as_text(value: &Value) -> Value {
        match value {
            Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
            Value::Array(values) => values.iter().map(as_text).collect(),
            Value::Object(members) => {
                members.iter().map(|(key, value)| (key.clone(), as_text(value))).collect()
            }
            Value::Null | Value::String(_) => value.clone(),
        }
    }

    fn definition() -> Value {
        json!({
            "name": "Get order", "integrationType": "aws-lambda-data-actions", "secure": true,
            "config": {
                "timeoutSeconds": 20,
                "request": {"requestUrlTemplate": FUNCTION, "requestType": "POST", "headers": {"X-Limit": "5"}},
                "response": {"translationMapDefaults": {"count": "0"}},
            },
            "contract": {
                "input": {"inputSchema": {
                    "type": "object", "additionalProperties": false, "required": ["number"], "title": "12",
                    "properties": {
                        "number": {"type": "string", "maxLength": 12, "default": "007", "enum": ["1", "true"]},
                        "maximum": {"type": "integer", "minimum": -1, "default": 7, "enum": [1, 2]},
                        "flag": {"type": "boolean", "default": false},
                        "ratio": {"type": "number", "multipleOf": 0.25, "maximum": 1e3, "exclusiveMaximum": true},
                    },
                }},
                "output": {"successSchema": {
                    "type": "array", "uniqueItems": true,
                    "items": {
                        "type": "object",
                        "properties": {
                            "flag": {"type": ["boolean", "null"], "default": false},
                            "either": {"type": ["integer", "string"], "default": "5"},
                        },
                        "additionalProperties": {"type": "string", "minLength": 1},
                    },
                }},
            },
        })
    }

    #[test]
    fn what_became_text_is_what_it_was() {
        let whole = ExchangedAction::of(&definition()).unwrap();
        assert_eq!(from_value(&definition(), NOTHING).as_ref(), Ok(&whole));
        assert_eq!(from_value(&as_text(&definition()), NOTHING).as_ref(), Ok(&whole));
        assert_eq!(from_text(&definition().to_string(), NOTHING).as_ref(), Ok(&whole));
        assert_eq!(whole.config.timeout_seconds, Some(20));
        assert!(whole.secure);
    }

    #[test]
    fn the_resource_has_the_last_word() {
        let mut short = definition();
        let members = short.as_object_mut().unwrap();
        members.remove("name");
        members.remove("integrationType");
        members.remove("config");
        let stated = Stated { name: Some("Other"), function: Some(FUNCTION) };
        let action = from_value(&short, stated).unwrap();
        assert_eq!((action.name.as_str(), action.config.url_template.as_str()), ("Other", FUNCTION));
        assert_eq!(from_value(&definition(), stated).unwrap().name, "Other");
        for (definition, says) in [
            (json!("text"), "not an object"),
            (json!({"config": {"request": "x"}}), "`config.request` is not an object"),
        ] {
            assert!(from_value(&definition, stated).unwrap_err().contains(says));
        }
    }

    #[test]
    fn every_fault_of_a_definition_is_told() {
        let fault = from_value(&json!({"secure": "perhaps", "config": {"timeoutSeconds": "soon"}}), NOTHING)
            .unwrap_err();
        for part in [
            "/name",
            "/config/request/requestUrlTemplate",
            "/contract/input/inputSchema",
            "successSchema",
            "/secure",
            "/config/timeoutSeconds",
        ] {
            assert!(fault.contains(part), "no {part} in {fault}");
        }
    }
}
