//! The words for faults of shape: an unknown key, a missing key, a wrong type; each with a way out.

use std::fmt::Display;

use serde_json::{Map, Value};
use toml::de::DeValue;

use super::section::Section;

/// Keys that people write, spelled as [`spelling`] leaves them, and the section and key that they mean. What is
/// only misspelled needs no entry.
const HABITS: [(&str, &str, &str); 20] = [
    ("rolearn", "[aws]", "assume_role"),
    ("externalid", "[genesys]", "organization_id"),
    ("orgid", "[genesys]", "organization_id"),
    ("domain", "[genesys]", "region"),
    ("environment", "[genesys]", "region"),
    ("account", "[genesys]", "trusted_account"),
    ("accountid", "[genesys]", "trusted_account"),
    ("principal", "[genesys]", "trusted_account"),
    ("trustedaccount", "[vendor]", "account"),
    ("organizationid", "[vendor]", "external_id"),
    ("secretarn", "[genesys.credentials]", "secret"),
    ("parameterarn", "[genesys.credentials]", "parameter"),
    ("parametername", "[genesys.credentials]", "parameter"),
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

/// Keys that guides name and Genesys Cloud does not have, and what is true; spelled as [`spelling`] leaves them.
const FICTIONS: [(&str, &str); 4] =
    [("scope", SCOPES), ("scopes", SCOPES), ("rolearn", ROLE_ARN), ("awsrolearn", ROLE_ARN)];
const SCOPES: &str = "scopes do not apply to OAuth clients of the grant type client credentials: give the client a role with \
                      the permissions that `rolecall genesys whoami` lists";
const ROLE_ARN: &str = "no Genesys Cloud credential has this field: rolecall makes the role of [role] and writes its \
     ARN into the field `ARN` of the credential itself";

/// What is said about a key that the section does not have, and the key of the section that was probably meant.
pub(super) struct Unknown {
    pub(super) message: String,
    pub(super) meant: Option<String>,
}

/// Every word that may stand for a key of the manifest.
pub(super) struct Vocabulary(Vec<Meaning>);

/// A word, spelled as [`spelling`] leaves it, and what it means.
struct Meaning {
    word: String,
    section: String,
    key: String,
}

impl Vocabulary {
    /// The keys of the schema, and what people write in place of some of them.
    pub(super) fn of(schema: &Value) -> Self {
        let mut meanings: Vec<Meaning> = HABITS
            .into_iter()
            .map(|(word, section, key)| Meaning {
                word: word.to_owned(),
                section: section.to_owned(),
                key: key.to_owned(),
            })
            .collect();
        list_keys(schema, &Section::default(), &mut meanings);
        Vocabulary(meanings)
    }

    /// What to say about a key that the section does not have.
    pub(super) fn unknown(&self, key: &str, properties: &Map<String, Value>, section: &Section) -> Unknown {
        let here = section.header();
        let place = if here.is_empty() { "at the top level".to_owned() } else { format!("in {here}") };
        let opening = format!("unknown key `{key}` {place}");
        let written = spelling(key);
        if CREDENTIALS.contains(&written.as_str()) {
            let way_out = match here.starts_with("[genesys.web_services") {
                true => "name the secret of AWS Secrets Manager that holds them with `secret`",
                false => {
                    "set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, or name a secret of AWS Secrets Manager \
                     with `secret` in [genesys.credentials]"
                }
            };
            let message = format!("{opening}; credentials stay out of this file: {way_out}");
            return Unknown { message, meant: None };
        }
        // AWS has roles with ARNs.
        let fiction = FICTIONS.iter().filter(|_| here != "[aws]").find(|(word, _)| *word == written);
        if let Some((_, truth)) = fiction {
            return Unknown { message: format!("{opening}; {truth}"), meant: None };
        }
        let (way_out, meant) = match self.nearest(&written, &here) {
            Some(Meaning { key, section, .. }) if *section == here => {
                (format!("did you mean `{key}`?"), Some(key.clone()))
            }
            Some(Meaning { key, section, .. }) if section.is_empty() => {
                (format!("`{key}` belongs at the top level, above the first section"), None)
            }
            Some(Meaning { key, section, .. }) => (format!("did you mean `{key}` in {section}?"), None),
            None => {
                let known: Vec<String> = properties.keys().map(|known| format!("`{known}`")).collect();
                (format!("the keys here are {}", known.join(", ")), None)
            }
        };
        Unknown { message: format!("{opening}; {way_out}"), meant }
    }

    /// A word of this section that is near, for that is a slip; else exactly that word of another section.
    fn nearest(&self, written: &str, here: &str) -> Option<&Meaning> {
        let slip = self
            .0
            .iter()
            .filter(|meaning| meaning.section == here && written.len() <= 2 * meaning.word.len())
            .map(|meaning| (strsim::damerau_levenshtein(&meaning.word, written), meaning))
            .filter(|(distance, meaning)| *distance <= meaning.word.len().div_ceil(4))
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, meaning)| meaning);
        slip.or_else(|| self.0.iter().find(|meaning| meaning.word == written))
    }
}

/// Lower case without separators, so that `externalId`, `external-id` and `external_id` are one.
fn spelling(key: &str) -> String {
    key.chars()
        .filter(|character| !matches!(character, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

fn list_keys(schema: &Value, section: &Section, found: &mut Vec<Meaning>) {
    for (key, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        found.push(Meaning { word: spelling(key), section: section.header(), key: key.clone() });
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
    format!("missing section {header}; it needs at least {}", needed(element))
}

/// Sections of which exactly one is needed, and none is there.
pub(super) fn missing_choice(keys: &[&str], schema: &Value, section: &Section) -> String {
    let describe = |key: &&str| {
        let schema = schema.get("properties")?.get(*key)?;
        Some(format!("{}, which needs at least {}", section.inner(key, false).header(), needed(schema)))
    };
    format!("missing section {}", keys.iter().filter_map(describe).collect::<Vec<_>>().join(", or "))
}

/// The keys that a section cannot do without, each with an example.
fn needed(section: &Value) -> String {
    // Of keys of which exactly one is needed, the first.
    let places = ["/required", "/oneOf/0/required"].into_iter().filter_map(|at| section.pointer(at));
    let keys = places.filter_map(Value::as_array).flatten().filter_map(Value::as_str);
    let example = |key| Some(format!("`{key} = {}`", first_example(section.get("properties")?.get(key)?)?));
    keys.filter_map(example).collect::<Vec<_>>().join(", ")
}

/// A value of another type than the key has.
pub(super) fn wrong_type(key: &str, found: &DeValue<'_>, schema: &Value, section: &Section) -> String {
    let expected = schema.get("type").and_then(Value::as_str).unwrap_or("value");
    let is_section = schema.get("properties").is_some();
    let inner = section.inner(key, false).header();
    match (expected, found) {
        ("array", DeValue::Table(_)) if schema.pointer("/items/properties").is_some() => {
            format!("`{key}` is a list of tables; write `[{inner}]` in place of `{inner}`")
        }
        ("object", DeValue::Array(_)) if is_section => {
            format!("`{key}` exists only once; write `{inner}` in place of `[{inner}]`")
        }
        ("object", _) if is_section => {
            format!("`{key}` is a section; write `{inner}` and below it {}", needed(schema))
        }
        ("string", DeValue::Integer(number)) => in_quotes(key, number),
        ("string", DeValue::Float(number)) => in_quotes(key, number),
        ("integer", DeValue::String(text)) if text.parse::<i64>().is_ok() => {
            format!("`{key}` must be a number; leave out the quotes: `{key} = {text}`")
        }
        (expected, found) => format!(
            "`{key}` must be {}, not {}{}",
            name(expected),
            name(found.type_str()),
            example(key, schema)
        ),
    }
}

fn in_quotes(key: &str, number: &impl Display) -> String {
    format!("`{key}` must be text; put it in quotes: `{key} = \"{number}\"`")
}

/// An element of another type than the list has.
pub(super) fn wrong_element(key: &str, found: &DeValue<'_>, schema: &Value, section: &Section) -> String {
    let found = name(found.type_str());
    match schema.get("type").and_then(Value::as_str) {
        Some(expected @ "string") => {
            format!("each value of `{key}` must be {}, not {found}", name(expected))
        }
        Some(_) | None => format!("each {} must be a table, not {found}", section.header()),
    }
}

/// A type of JSON Schema or of TOML, with its article.
fn name(of_type: &str) -> String {
    match of_type {
        "object" | "table" => "a table".to_owned(),
        "array" => "a list".to_owned(),
        "integer" => "a whole number".to_owned(),
        "string" => "text in quotes".to_owned(),
        "float" => "a number with a fraction".to_owned(),
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
