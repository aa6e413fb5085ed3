use serde_json::{Value, json};

use super::*;

fn pointers(faults: &[ContractFault]) -> Vec<&str> {
    faults.iter().map(|fault| fault.pointer.as_str()).collect()
}

#[test]
fn inputs_are_held_against_the_rules() {
    let of = |properties: Value| json!({"type": "object", "properties": properties});
    for (schema, expected) in [
        (of(json!({"orderNumber": {"type": "string"}, "n-1_x": {"type": "null"}})), vec![]),
        (json!({"type": "object"}), vec![]),
        (json!([]), vec![""]),
        (json!({"type": "array"}), vec!["/type"]),
        (json!({"type": "object", "properties": []}), vec!["/properties"]),
        (of(json!({"orgId": {"type": "string"}})), vec!["/properties/orgId"]),
        (of(json!({"integrationId": {"type": "string"}})), vec!["/properties/integrationId"]),
        (of(json!({"rawRequest": {"type": "string"}})), vec!["/properties/rawRequest"]),
        (of(json!({"1st": {"type": "string"}})), vec!["/properties/1st"]),
        (of(json!({"a/b": {"type": "string"}})), vec!["/properties/a~1b"]),
        (of(json!({"a": {}})), vec!["/properties/a"]),
        (of(json!({"a": true})), vec!["/properties/a"]),
        (of(json!({"a": {"type": "object"}})), vec!["/properties/a/type"]),
        (of(json!({"a": {"type": ["string", "array"]}})), vec!["/properties/a/type"]),
        (of(json!({"a": {"type": ["string", "null"]}})), vec!["/properties/a/type"]),
        (of(json!({"a": {"$ref": "#/definitions/a"}})), vec!["/properties/a/$ref", "/properties/a"]),
    ] {
        assert_eq!(pointers(&input_faults(&schema)), expected, "{schema}");
    }
}

#[test]
fn outputs_have_no_references_and_no_arrays_of_arrays() {
    let strings = json!({"type": "array", "items": {"type": "string"}});
    for (schema, expected) in [
        (json!({"type": "object", "properties": {"a": strings, "b": {"type": "object"}}}), vec![]),
        (
            json!({"type": "object", "properties": {"a": {"type": "array", "items": strings}}}),
            vec!["/properties/a/items"],
        ),
        (json!({"items": [{"$ref": "x"}]}), vec!["/items/0/$ref"]),
        // With objects between them, in lists of schemas, and with a list of types.
        (
            json!({"type": "array", "items": {"type": "object", "properties": {"tags": strings}}}),
            vec!["/items/properties/tags"],
        ),
        (
            json!({"type": "array", "items": {"type": "object", "properties": {"b": {"type": "object", "properties": {"c": strings}}}}}),
            vec!["/items/properties/b/properties/c"],
        ),
        (json!({"type": "array", "items": [{"type": ["array", "null"]}]}), vec!["/items/0"]),
        (json!({"type": "array", "items": {"anyOf": [{"type": "string"}, strings]}}), vec!["/items/anyOf/1"]),
        // A property of that name, and a value, are no arrays of arrays.
        (json!({"type": "object", "properties": {"items": strings}}), vec![]),
        (
            json!({"type": "object", "properties": {"items": {"type": "object", "properties": {"a": strings}}}}),
            vec![],
        ),
        (json!({"type": "array", "items": {"type": "string", "enum": [{"type": "array"}]}}), vec![]),
        (json!("string"), vec![""]),
    ] {
        assert_eq!(pointers(&output_faults(&schema)), expected, "{schema}");
    }
}

#[test]
fn what_a_server_adds_is_no_difference_and_what_somebody_changes_is() {
    let sent = json!({
        "type": "object", "required": ["a", "b"],
        "properties": {"a": {"type": "string", "enum": ["x", "y"]}, "b": {"type": "integer", "minimum": 1}},
    });
    let same = json!({
        "$schema": "http://json-schema.org/draft-04/schema#", "id": "urn:1", "title": "Request", "description": null,
        "additionalProperties": true, "required": ["b", "a"], "definitions": {},
        "properties": {"b": {"minimum": 1.0, "type": "integer"}, "a": {"enum": ["y", "x"], "type": "string", "title": "A"}},
        "type": "object",
    });
    let contract = |input: &Value| Contract { input: input.clone(), output: json!({"type": "object"}) };
    let is_same = |there: &Value| same_contract(&contract(&sent), &contract(there));
    assert!(is_same(&sent) && is_same(&same));
    // A title is for people to read, so one that got lost is a difference; a name or a neutral form is none.
    assert!(!same_contract(&contract(&same), &contract(&sent)));
    let mut named = sent.clone();
    for (key, value) in [("$schema", json!("x")), ("additionalProperties", json!(true))] {
        named.as_object_mut().unwrap().insert(key.to_owned(), value);
    }
    assert!(same_contract(&contract(&named), &contract(&sent)));
    for (pointer, other) in [
        ("/properties/c", json!({"type": "string"})),
        ("/properties/title", json!({"type": "string"})),
        ("/properties/a/type", json!("integer")),
        ("/properties/a/enum", json!(["x"])),
        ("/properties/b/maximum", json!(9)),
        ("/required", json!(["a"])),
        ("/additionalProperties", json!(false)),
    ] {
        let mut there = same.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        there.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(key.to_owned(), other);
        assert!(!is_same(&there), "{pointer}");
    }
    let mut without = sent.clone();
    without.pointer_mut("/properties").unwrap().as_object_mut().unwrap().remove("b");
    assert!(!is_same(&without));
}

#[test]
fn configurations_are_compared_by_what_they_do() {
    let text = |text: &str| Some(Template::Text(text.to_owned()));
    let wanted = ActionConfig {
        timeout_seconds: Some(60),
        url_template: "arn:aws:lambda:us-east-1:123456789012:function:orders".to_owned(),
        method: "POST".to_owned(),
        headers: [("X-Team".to_owned(), "orders".to_owned())].into(),
        request_template: text(DEFAULT_REQUEST_TEMPLATE),
        translation_map: BTreeMap::new(),
        translation_map_defaults: BTreeMap::new(),
        success_template: text("{\n  \"a\": 1\n}"),
    };
    let there = ActionConfig {
        timeout_seconds: None,
        headers: [("x-team".to_owned(), "orders".to_owned())].into(),
        request_template: None,
        success_template: text("{\r\n  \"a\": 1\r\n}\n"),
        ..wanted.clone()
    };
    assert!(same_config(&wanted, &there));
    let differs = |change: fn(&mut ActionConfig)| {
        let mut there = there.clone();
        change(&mut there);
        !same_config(&wanted, &there)
    };
    assert!(differs(|config| config.timeout_seconds = Some(10)));
    assert!(differs(|config| config.url_template += ":live"));
    assert!(differs(|config| config.method = "GET".to_owned()));
    assert!(differs(|config| config.headers.clear()));
    assert!(differs(|config| config.request_template = Some(Template::Text("{}".to_owned()))));
    // A file that could not be read may hold anything.
    assert!(differs(|config| config.request_template = Some(Template::Stored)));
    assert!(differs(|config| {
        config.translation_map.insert("a".to_owned(), "$.a".to_owned());
    }));
    assert!(differs(|config| {
        config.translation_map_defaults.insert("a".to_owned(), "1".to_owned());
    }));
    assert!(differs(|config| config.success_template = None));
}
