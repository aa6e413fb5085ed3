//! The words for faults of shape: an unknown key, a missing key, a wrong type; each with a way out.

use serde_json::{Map, Value};
use toml::de::DeValue;

use super::walk::Section;

/// Keys that people write, spelled as [`spelling`] leaves them, and the section and key that they mean. What is
/// only misspelled needs no entry.
const HABITS: [(&str, &str, &str); 15] = [
    ("externalid", "[genesys]", "organization_id"),
    ("orgid", "[genesys]", "organization_id"),
    ("domain", "[genesys]", "region"),
    ("environment", "[genesys]", "region"),
    ("account", "[genesys]", "trusted_account"),
    ("accountid", "[genesys]", "trusted_account"),
    ("principal", "[genesys]", "trusted_account"),
    ("secretarn", "[genesys.credentials]", "secret"),
    ("rolename", "[role]", "name"),
    ("sessionduration", "[role]", "max_session_duration"),
    ("boundary", "[role]", "permissions_boundary"),
    ("arn", "[[target]]", "function"),
    ("lambda", "[[target]]", "function"),
    ("alias", "[[target]]", "qualifier"),
    ("timeout", "[[action]]", "timeout_seconds"),
];

/// Keys of an OAuth client, spelled as [`spelling`] leaves them.
const CREDENTIALS: [&str; 4] = ["clientid", "clientsecret", "password", "token"];

/// What is said about a key that the section does not have, and the key of the section that was probably meant.
pub(super) struct Unknown {
    pub(super) message: String,
    pub(super) meant: Option<String>,
}

/// A word that may have been written, and what it means.
struct Candidate {
    word: String,
    section: String,
    key: String,
}

/// A key that the section does not have.
pub(super) fn unknown(
    key: &str,
    properties: &Map<String, Value>,
    root: &Value,
    section: &Section,
) -> Unknown {
    let here = section.header();
    let place = if here.is_empty() { "at the top level".to_owned() } else { format!("in {here}") };
    let opening = format!("unknown key `{key}` {place}");
    let written = spelling(key);
    if CREDENTIALS.contains(&written.as_str()) {
        let message = format!(
            "{opening}; credentials stay out of this file: set GENESYSCLOUD_OAUTHCLIENT_ID and \
             GENESYSCLOUD_OAUTHCLIENT_SECRET, or name a secret of AWS Secrets Manager with `secret` in \
             [genesys.credentials]"
        );
        return Unknown { message, meant: None };
    }
    let mut candidates: Vec<Candidate> = HABITS
        .into_iter()
        .map(|(word, section, key)| Candidate {
            word: word.to_owned(),
            section: section.to_owned(),
            key: key.to_owned(),
        })
        .collect();
    list_keys(root, &Section::default(), &mut candidates);
    let nearest = candidates
        .into_iter()
        .map(|candidate| {
            (candidate.section != here, strsim::damerau_levenshtein(&candidate.word, &written), candidate)
        })
        // A near word of this section is a slip; a word of another section must be exactly that word.
        .filter(|(elsewhere, distance, candidate)| {
            *distance <= if *elsewhere { 0 } else { candidate.word.len().div_ceil(4) }
        })
        .min_by_key(|(elsewhere, distance, _)| (*elsewhere, *distance));
    let (way_out, meant) = match nearest {
        Some((false, _, Candidate { key, .. })) => (format!("did you mean `{key}`?"), Some(key)),
        Some((true, _, Candidate { key, section, .. })) if section.is_empty() => {
            (format!("`{key}` belongs at the top level, above the first section"), None)
        }
        Some((true, _, Candidate { key, section, .. })) => {
            (format!("did you mean `{key}` in {section}?"), None)
        }
        None => {
            let known: Vec<String> = properties.keys().map(|known| format!("`{known}`")).collect();
            (format!("the keys here are {}", known.join(", ")), None)
        }
    };
    Unknown { message: format!("{opening}; {way_out}"), meant }
}

/// Lower case without separators, so that `externalId`, `external-id` and `external_id` are one.
fn spelling(key: &str) -> String {
    key.chars()
        .filter(|character| !matches!(character, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

/// All keys of the schema.
fn list_keys(schema: &Value, section: &Section, found: &mut Vec<Candidate>) {
    for (key, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        found.push(Candidate { word: spelling(key), section: section.header(), key: key.clone() });
        match schema.get("items") {
            Some(element) => list_keys(element, &section.inner(key, true), found),
            None => list_keys(schema, &section.inner(key, false), found),
        }
    }
}

/// A required key that is not there.
pub(super) fn missing(key: &str, schema: &Value, section: &Section) -> String {
    let here = section.header();
    let element = schema.get("items").unwrap_or(schema);
    if element.get("properties").is_none() {
        let place = if here.is_empty() { String::new() } else { format!(" in {here}") };
        return format!("missing key `{key}`{place}{}", example(key, schema));
    }
    let header = section.inner(key, schema.get("items").is_some()).header();
    let needed: Vec<String> = element
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter_map(|key| Some(format!("`{key} = {}`", first_example(element.get("properties")?.get(key)?)?)))
        .collect();
    format!("missing section {header}; it needs at least {}", needed.join(", "))
}

/// A value of another type than the key has.
pub(super) fn wrong_type(key: &str, found: &DeValue<'_>, schema: &Value, section: &Section) -> String {
    let is_section = |schema: &Value| schema.get("properties").is_some();
    let expected = schema.get("type").and_then(Value::as_str).unwrap_or("value");
    match (expected, found) {
        ("array", DeValue::Table(_)) if schema.get("items").is_some_and(is_section) => {
            let inner = section.inner(key, false).header();
            format!("`{key}` is a list of tables; write `[{inner}]` in place of `{inner}`")
        }
        ("object", DeValue::Array(_)) if is_section(schema) => {
            let inner = section.inner(key, false).header();
            format!("`{key}` exists only once; write `{inner}` in place of `[{inner}]`")
        }
        ("string", DeValue::Integer(number)) => {
            format!("`{key}` must be text; put it in quotes: `{key} = \"{number}\"`")
        }
        ("string", DeValue::Float(number)) => {
            format!("`{key}` must be text; put it in quotes: `{key} = \"{number}\"`")
        }
        ("integer", DeValue::String(text)) if text.parse::<i64>().is_ok() => {
            format!("`{key}` must be a number; leave out the quotes: `{key} = {text}`")
        }
        (expected, found) => {
            format!(
                "`{key}` must be {}, not {}{}",
                name(expected),
                name(found.type_str()),
                example(key, schema)
            )
        }
    }
}

/// A type of JSON Schema or of TOML, with its article.
fn name(of_type: &str) -> String {
    match of_type {
        "object" | "table" => "a table".to_owned(),
        "array" => "a list".to_owned(),
        "integer" => "a whole number".to_owned(),
        "string" => "text in quotes".to_owned(),
        "boolean" => "true or false".to_owned(),
        "datetime" => "a date".to_owned(),
        other => format!("a {other}"),
    }
}

fn example(key: &str, schema: &Value) -> String {
    first_example(schema).map(|value| format!("; for example `{key} = {value}`")).unwrap_or_default()
}

/// The schema's first example. A JSON string, number or boolean is written in the same way in TOML.
fn first_example(schema: &Value) -> Option<String> {
    schema.pointer("/examples/0").map(Value::to_string)
}
