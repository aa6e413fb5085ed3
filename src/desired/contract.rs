//! What Genesys Cloud asks of an action's contract, and when two contracts or configurations say the same. Pure.
//!
//! The rules are those of Genesys's article on contracts (Resource Center, "Add contracts to an action"): a flat input of
//! one plain type for each name, names that start with a letter, three names that are reserved, no `$ref`, no arrays
//! within arrays in the output. Deliberately absent: JSON Schema itself. What these rules leave open, Genesys Cloud decides when it validates
//! the draft, which happens before every publication.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::manifest::{DEFAULT_REQUEST_TEMPLATE, DEFAULT_SUCCESS_TEMPLATE};
use crate::ports::genesys::{ActionConfig, Contract, Template};

/// Something that Genesys Cloud would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractFault {
    /// Where in the schema, as a JSON pointer.
    pub pointer: String,
    /// What is wrong, and the way out.
    pub message: String,
}

/// The types of an input's properties.
const PLAIN_TYPES: [&str; 5] = ["string", "integer", "number", "boolean", "null"];
/// Names that Genesys Cloud fills in itself.
const RESERVED: [&str; 3] = ["orgId", "integrationId", "rawRequest"];

/// What is wrong with the schema of an input.
pub fn input_faults(schema: &Value) -> Vec<ContractFault> {
    let mut faults = Vec::new();
    references(schema, "", &mut faults);
    let mut fault = |pointer: String, message: String| faults.push(ContractFault { pointer, message });
    let Some(top) = schema.as_object() else {
        fault(String::new(), "a schema is a JSON object".to_owned());
        return faults;
    };
    if top.get("type").and_then(Value::as_str) != Some("object") {
        fault(
            "/type".to_owned(),
            "the input of an action is an object: write `\"type\": \"object\"`".to_owned(),
        );
    }
    let properties = match top.get("properties") {
        None => return faults,
        Some(Value::Object(properties)) => properties,
        Some(_) => {
            fault("/properties".to_owned(), "`properties` is an object: a schema for each name".to_owned());
            return faults;
        }
    };
    for (name, property) in properties {
        let pointer = format!("/properties/{}", escaped(name));
        if RESERVED.contains(&name.as_str()) {
            fault(pointer.clone(), format!("`{name}` is reserved by Genesys Cloud; choose another name"));
        } else if !is_name(name) {
            fault(
                pointer.clone(),
                format!("`{name}` is not a name: it starts with a letter, then letters, digits, `-` and `_`"),
            );
        }
        let Some(property) = property.as_object() else {
            fault(pointer, format!("the schema of `{name}` is a JSON object"));
            continue;
        };
        let wrong = match property.get("type") {
            Some(Value::String(one)) if PLAIN_TYPES.contains(&one.as_str()) => None,
            Some(Value::String(one)) => Some(one),
            // Its validator compares the whole value with the names of the types, so a list is none of them.
            Some(Value::Array(_)) => {
                let message = format!(
                    "`{name}` has a list of types, and an input of Genesys Cloud has one: {}; leave an input that may \
                     be missing out of `required` instead of adding null",
                    PLAIN_TYPES.join(", ")
                );
                fault(format!("{pointer}/type"), message);
                None
            }
            Some(_) | None => {
                fault(pointer, format!("`{name}` has no type; write one of {}", PLAIN_TYPES.join(", ")));
                continue;
            }
        };
        if let Some(wrong) = wrong {
            let message = format!(
                "`{name}` is of type `{wrong}`, and an input of Genesys Cloud is flat: {}; split it into plain \
                 properties, and build the JSON that the function wants in `request_template`",
                PLAIN_TYPES.join(", ")
            );
            fault(format!("{pointer}/type"), message);
        }
    }
    faults
}

/// What is wrong with the schema of an output.
pub fn output_faults(schema: &Value) -> Vec<ContractFault> {
    let mut faults = Vec::new();
    if !schema.is_object() {
        faults
            .push(ContractFault { pointer: String::new(), message: "a schema is a JSON object".to_owned() });
    }
    references(schema, "", &mut faults);
    nested_arrays(schema, "", Within::Schema { array: false }, &mut faults);
    faults
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// A name within a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Every member of an object or a list, with its pointer.
fn members<'v>(value: &'v Value, pointer: &str) -> Vec<(String, &'v Value)> {
    match value {
        Value::Object(members) => {
            members.iter().map(|(name, value)| (format!("{pointer}/{}", escaped(name)), value)).collect()
        }
        Value::Array(elements) => {
            elements.iter().enumerate().map(|(index, value)| (format!("{pointer}/{index}"), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn references(value: &Value, pointer: &str, faults: &mut Vec<ContractFault>) {
    if value.get("$ref").is_some_and(Value::is_string) {
        faults.push(ContractFault {
            pointer: format!("{pointer}/$ref"),
            message: "Genesys Cloud does not support `$ref` in contracts; write the schema out in its place"
                .to_owned(),
        });
    }
    for (pointer, member) in members(value, pointer) {
        references(member, &pointer, faults);
    }
}

/// What a value within a schema is, for the search of arrays in arrays.
#[derive(Clone, Copy)]
enum Within {
    /// A schema; whether its value lies in an array.
    Schema { array: bool },
    /// Schemas by name: a name such as `items` is no keyword there.
    Names { array: bool },
    /// No schema.
    Data,
}

/// Arrays within arrays, also with objects between them.
fn nested_arrays(value: &Value, pointer: &str, within: Within, faults: &mut Vec<ContractFault>) {
    let is_array = match value.get("type") {
        Some(Value::String(one)) => one == "array",
        Some(Value::Array(several)) => several.iter().any(|one| one == "array"),
        Some(_) | None => false,
    };
    if let (Within::Schema { array: true }, true) = (within, is_array) {
        faults.push(ContractFault {
            pointer: pointer.to_owned(),
            message: "Genesys Cloud does not support arrays within arrays in an output; flatten it in the function or \
                      in `success_template`"
                .to_owned(),
        });
        return;
    }
    for (below, member) in members(value, pointer) {
        let key = below.rsplit('/').next().unwrap_or_default();
        let next = match (within, key) {
            (Within::Data, _) => continue,
            (Within::Names { array }, _) => Within::Schema { array },
            (Within::Schema { .. }, "items" | "additionalItems") => Within::Schema { array: true },
            (Within::Schema { array }, "properties" | "patternProperties" | "definitions") => {
                Within::Names { array }
            }
            (Within::Schema { .. }, "enum" | "default" | "const" | "examples" | "required" | "type") => {
                Within::Data
            }
            (Within::Schema { array }, _) => Within::Schema { array },
        };
        nested_arrays(member, &below, next, faults);
    }
}

/// Whether the contract there says what the wanted one says.
pub fn same_contract(wanted: &Contract, there: &Contract) -> bool {
    covers(&wanted.input, &there.input, Place::Schema) && covers(&wanted.output, &there.output, Place::Schema)
}

/// What a JSON value within a schema is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A schema: its keys are keywords.
    Schema,
    /// The schemas by name: its keys are names.
    Names,
    /// A list in which the order says nothing: `required`, `enum`, `type`.
    Set,
    /// Anything else.
    Data,
}

/// Keywords that Genesys Cloud may add to what was sent; they say nothing about the values.
const ANNOTATIONS: [&str; 5] = ["$schema", "id", "$id", "title", "description"];
/// Those of them that it may also leave out, for they only name the schema.
const NAMES_OF_SCHEMAS: [&str; 3] = ["$schema", "id", "$id"];

/// Equality, except for what a server may add to a schema: annotations, and keywords in their neutral form.
fn covers(wanted: &Value, there: &Value, place: Place) -> bool {
    match (wanted, there) {
        (Value::Object(wanted), Value::Object(there)) => {
            let kept = wanted.iter().filter(|(_, value)| !value.is_null()).all(|(key, value)| {
                match there.get(key) {
                    Some(other) => covers(value, other, below(place, key)),
                    None => {
                        place == Place::Schema
                            && (NAMES_OF_SCHEMAS.contains(&key.as_str()) || is_neutral(key, value))
                    }
                }
            });
            let is_added = |(key, value): (&String, &Value)| {
                !wanted.contains_key(key)
                    && !value.is_null()
                    && !(place == Place::Schema
                        && (ANNOTATIONS.contains(&key.as_str()) || is_neutral(key, value)))
            };
            kept && !there.iter().any(is_added)
        }
        (Value::Array(wanted), Value::Array(there)) if place == Place::Set => {
            wanted.iter().all(|value| there.contains(value))
                && there.iter().all(|value| wanted.contains(value))
        }
        (Value::Array(wanted), Value::Array(there)) => {
            wanted.len() == there.len()
                && wanted.iter().zip(there).all(|(wanted, there)| {
                    covers(wanted, there, if place == Place::Schema { Place::Schema } else { Place::Data })
                })
        }
        (Value::Number(wanted), Value::Number(there)) => wanted == there || wanted.as_f64() == there.as_f64(),
        (wanted, there) => wanted == there,
    }
}

fn below(place: Place, key: &str) -> Place {
    match (place, key) {
        (Place::Schema, "properties" | "patternProperties" | "definitions" | "dependencies") => Place::Names,
        (Place::Schema, "required" | "enum" | "type") => Place::Set,
        (Place::Schema, "default" | "const" | "examples") => Place::Data,
        (Place::Schema | Place::Names, _) => Place::Schema,
        (Place::Set | Place::Data, _) => Place::Data,
    }
}

/// Whether leaving the keyword out means the same (JSON Schema, draft 4).
fn is_neutral(key: &str, value: &Value) -> bool {
    match key {
        "additionalProperties" => *value == Value::Bool(true),
        "required" => value.as_array().is_some_and(Vec::is_empty),
        "properties" | "definitions" => value.as_object().is_some_and(Map::is_empty),
        _ => false,
    }
}

/// How long Genesys Cloud waits where nothing is stated.
pub const DEFAULT_TIMEOUT: u32 = 60;

/// Whether the configuration there says what the wanted one says.
pub fn same_config(wanted: &ActionConfig, there: &ActionConfig) -> bool {
    config_differences(wanted, there).is_empty()
}

/// The parts in which the configuration there says something else than the wanted one.
pub fn config_differences(wanted: &ActionConfig, there: &ActionConfig) -> Vec<&'static str> {
    let ActionConfig {
        timeout_seconds,
        url_template,
        method,
        headers,
        request_template,
        translation_map,
        translation_map_defaults,
        success_template,
    } = wanted;
    let same_timeout =
        timeout_seconds.unwrap_or(DEFAULT_TIMEOUT) == there.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT);
    let parts = [
        ("timeout", same_timeout),
        ("URL", *url_template == there.url_template),
        ("method", method.eq_ignore_ascii_case(&there.method)),
        ("headers", folded(headers) == folded(&there.headers)),
        (
            "request template",
            same_template(request_template, &there.request_template, DEFAULT_REQUEST_TEMPLATE),
        ),
        ("translation map", *translation_map == there.translation_map),
        ("translation map defaults", *translation_map_defaults == there.translation_map_defaults),
        (
            "success template",
            same_template(success_template, &there.success_template, DEFAULT_SUCCESS_TEMPLATE),
        ),
    ];
    parts.into_iter().filter(|(_, is_same)| !is_same).map(|(name, _)| name).collect()
}

/// HTTP does not tell the names of headers apart by case (RFC 9110, 5.1).
fn folded(headers: &BTreeMap<String, String>) -> BTreeMap<String, &str> {
    headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str())).collect()
}

/// A template that is left out is the documented default. Line ends and white space at the end get lost where a template
/// is kept in a file, and mean nothing. One whose text could not be read is equal to nothing.
fn same_template(wanted: &Option<Template>, there: &Option<Template>, default: &str) -> bool {
    fn text<'t>(template: &'t Option<Template>, default: &'t str) -> Option<String> {
        match template {
            None => Some(default.to_owned()),
            Some(Template::Text(text)) => Some(text.replace("\r\n", "\n").trim_end().to_owned()),
            Some(Template::Stored) => None,
        }
    }
    text(wanted, default).is_some_and(|wanted| text(there, default) == Some(wanted))
}

#[cfg(test)]
mod tests;
