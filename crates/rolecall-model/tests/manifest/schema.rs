//! The JSON Schema says what the parser says.

use proptest::prelude::*;
use rolecall_model::manifest::write::render;
use rolecall_model::manifest::{Manifest, Note, json_schema};
use serde_json::{Value, json};

use super::{FULL, LEAST, VENDOR, strategy};

pub(super) fn to_json(text: &str) -> Value {
    serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap()
}

pub(super) fn accepts(text: &str) -> bool {
    validator().is_valid(&to_json(text))
}

fn validator() -> &'static jsonschema::Validator {
    static VALIDATOR: std::sync::LazyLock<jsonschema::Validator> =
        std::sync::LazyLock::new(|| jsonschema::validator_for(json_schema()).unwrap());
    &VALIDATOR
}

/// Visits every key of the schema with a pointer to it in a manifest, at the first element of a list.
fn visit(schema: &Value, at: &str, visitor: &mut impl FnMut(&str, &Value)) {
    for (key, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let pointer = format!("{at}/{key}");
        visitor(&pointer, schema);
        match schema.get("items") {
            Some(element) => visit(element, &format!("{pointer}/0"), visitor),
            None => visit(schema, &pointer, visitor),
        }
    }
}

#[test]
fn it_is_a_schema_and_explains_every_key() {
    assert!(jsonschema::meta::is_valid(json_schema()));
    assert_eq!(json_schema()["title"], "rolecall.toml");
    assert_eq!(json_schema().get("$id"), None);
    let text = json_schema().to_string();
    assert!(
        !text.contains("null") && !text.contains("$ref"),
        "TOML has no null, and editors want no references"
    );
    let mut keys = 0;
    visit(json_schema(), "", &mut |key, schema| {
        keys += 1;
        let description = schema["description"].as_str().unwrap_or_default();
        assert!(description.len() > 10 && !description.contains('\n'), "{key}: {description}");
        if schema.get("properties").is_some() {
            assert_eq!(schema["additionalProperties"], false, "{key}");
        }
        for example in schema.get("examples").and_then(Value::as_array).into_iter().flatten() {
            assert!(jsonschema::is_valid(schema, example), "{key}: {example}");
        }
    });
    assert_eq!(keys, 82);
}

#[test]
fn the_parser_accepts_every_example_of_the_schema() {
    let mut tried = 0;
    visit(json_schema(), "", &mut |pointer, schema| {
        let Some(example) = schema.pointer("/examples/0") else { return };
        let mut changed = to_json(if pointer.starts_with("/vendor") { VENDOR } else { FULL });
        let second = pointer.replace("/action/0", "/action/1");
        let place = if changed.pointer(pointer).is_some() { pointer } else { &second };
        // Each kind of grant has keys of its own.
        let grant = match pointer {
            "/grant/0/bot" => Some("/grant/1/bot"),
            "/grant/0/bot_alias" => Some("/grant/2/bot_alias"),
            _ => None,
        };
        let place = grant.unwrap_or(place);
        // The example is the ID of another organization in this manifest.
        if pointer == "/genesys/organization/0/id" {
            changed["genesys"].as_object_mut().unwrap().remove("organization_id");
        }
        // Keys that exclude each other take each other's place.
        if let Some(key) = pointer.strip_prefix("/genesys/credentials/") {
            changed["genesys"]["credentials"] = serde_json::json!({ key: null });
        }
        if let Some(key) = pointer.strip_prefix("/genesys/web_services/credential/")
            && ["secret", "secret_name", "parameter"].contains(&key)
        {
            changed["genesys"]["web_services"]["credential"] = json!({ "type": "basicAuth", key: null });
        }
        *changed.pointer_mut(place).unwrap_or_else(|| panic!("{pointer} is not in the full manifest")) =
            example.clone();
        tried += 1;
        if let Err(faults) = Manifest::parse(&toml::to_string(&changed).unwrap(), "m") {
            // A target of another name leaves the action behind, which is not the example's fault.
            let others = faults.0.iter().filter(|note| !note.message.starts_with("no [[target]] is"));
            assert_eq!(
                others.collect::<Vec<_>>(),
                Vec::<&rolecall_model::manifest::Note>::new(),
                "{pointer}"
            );
        }
    });
    assert_eq!(tried, 55);
}

#[test]
fn the_shipped_examples_pass() {
    for text in [FULL, LEAST, VENDOR] {
        let errors: Vec<String> =
            validator().iter_errors(&to_json(text)).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}

proptest! {
    #[test]
    fn it_accepts_every_right_manifest(manifest in strategy::manifest()) {
        let text = render(&manifest);
        let errors: Vec<String> = validator().iter_errors(&to_json(&text)).map(|error| error.to_string()).collect();
        prop_assert!(errors.is_empty(), "{errors:?} in {text}");
    }
}

/// Pointers to all values, without the free tables (tags, headers, translation maps), whose keys are anybody's.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    for (key, child) in children {
        let pointer = format!("{at}/{key}");
        if !["tags", "headers", "translation_map", "translation_map_defaults"].contains(&key.as_str()) {
            pointers(child, &pointer, found);
        }
        found.push(pointer);
    }
}

/// Both accept the manifest, or both refuse it.
fn agree(manifest: &Value) -> bool {
    let text = toml::to_string(manifest).unwrap();
    let parsed = Manifest::parse(&text, "m");
    // Which function an action means is beyond a schema.
    let of_shape = |note: &Note| !note.message.starts_with("no [[target]] is");
    let is_right = parsed.as_ref().err().is_none_or(|faults| !faults.0.iter().any(of_shape));
    assert_eq!(is_right, validator().is_valid(manifest), "{parsed:?}\n{text}");
    is_right
}

#[test]
fn parser_and_schema_refuse_the_same_shapes() {
    assert!(refused_of(FULL, 92) > 200);
    assert!(refused_of(VENDOR, 11) > 50);
    let mut both = to_json(FULL);
    both["vendor"] = to_json(VENDOR)["vendor"].clone();
    assert!(!agree(&both));
    let mut with_action = to_json(VENDOR);
    with_action["action"] = json!([]);
    assert!(!agree(&with_action));
}

/// How many changes of the manifest both refuse.
fn refused_of(manifest: &str, keys: usize) -> usize {
    let full = to_json(manifest);
    let mut all = Vec::new();
    pointers(&full, "", &mut all);
    assert!(all.len() == keys, "{all:?}");
    let mut refused = 0;
    for pointer in &all {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        for wrong in [json!(true), json!(1.5), json!("\u{4e00} !"), json!([1]), json!({"x": {}}), json!(-1)] {
            let mut changed = full.clone();
            *changed.pointer_mut(pointer).unwrap() = wrong;
            refused += usize::from(!agree(&changed));
        }
        let mut renamed = full.clone();
        if let Value::Object(map) = renamed.pointer_mut(parent).unwrap() {
            let value = map.remove(key).unwrap();
            agree(&renamed);
            let Value::Object(map) = renamed.pointer_mut(parent).unwrap() else { unreachable!() };
            map.insert("zzz".to_owned(), value);
            assert!(!agree(&renamed), "{pointer}");
        }
    }
    refused
}
