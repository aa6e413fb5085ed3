//! Schemas and results in Architect's flattened format, which knows no objects within objects: names are joined by dots, and what
//! lies in an array becomes an array itself.
//!
//! The SDKs say that the format exists (`flatten`, `successSchemaFlattened`, `arrayProperties`) and not what it looks like in every
//! case. Left as they are, because nothing says what becomes of them: a result that is no object, and objects without properties.

use serde_json::{Map, Value, json};

/// A schema without objects in objects, and the names in the original that were arrays.
pub(super) fn schema(original: &Value) -> (Value, Vec<String>) {
    let (mut properties, mut arrays) = (Map::new(), Vec::new());
    flatten_schema("", original, false, (&mut properties, &mut arrays));
    let mut flat = original.clone();
    if let Some(flat) = flat.as_object_mut() {
        flat.retain(|key, _| {
            ["$schema", "title", "description", "additionalProperties"].contains(&key.as_str())
        });
        flat.insert("type".to_owned(), json!("object"));
        flat.insert("properties".to_owned(), Value::Object(properties));
    }
    (flat, arrays)
}

fn flatten_schema(
    name: &str,
    schema: &Value,
    within: bool,
    (properties, arrays): (&mut Map<String, Value>, &mut Vec<String>),
) {
    let inner = schema.get("properties").and_then(Value::as_object);
    match (inner, schema.get("items")) {
        (Some(inner), _) => {
            for (key, value) in inner {
                flatten_schema(&joined(name, key), value, within, (&mut *properties, &mut *arrays));
            }
        }
        (None, Some(items)) => {
            arrays.push(name.to_owned());
            flatten_schema(name, items, true, (properties, arrays));
        }
        (None, None) => {
            let leaf = if within { json!({"type": "array", "items": schema}) } else { schema.clone() };
            properties.insert(name.to_owned(), leaf);
        }
    }
}

/// A result in the same format.
pub(super) fn value(original: &Value) -> Value {
    if !original.is_object() {
        return original.clone();
    }
    let mut flat = Map::new();
    flatten_value("", original, false, &mut flat);
    Value::Object(flat)
}

fn flatten_value(name: &str, value: &Value, within: bool, flat: &mut Map<String, Value>) {
    match value {
        Value::Object(inner) if !inner.is_empty() => {
            for (key, value) in inner {
                flatten_value(&joined(name, key), value, within, flat);
            }
        }
        Value::Array(items) => {
            for item in items {
                flatten_value(name, item, true, flat);
            }
        }
        leaf if within => {
            let all = flat.entry(name).or_insert_with(|| json!([]));
            if let Some(all) = all.as_array_mut() {
                all.push(leaf.clone());
            }
        }
        leaf => {
            flat.insert(name.to_owned(), leaf.clone());
        }
    }
}

fn joined(outer: &str, inner: &str) -> String {
    if outer.is_empty() { inner.to_owned() } else { format!("{outer}.{inner}") }
}

#[cfg(test)]
mod tests {
    use super::{schema, value};
    use serde_json::json;

    #[test]
    fn nothing_lies_within_an_object_any_more() {
        let original = json!({"title": "Orders", "type": "object", "required": ["customer"], "properties": {
            "customer": {"type": "object", "properties": {"name": {"type": "string"}}},
            "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
            "tags": {"type": "array", "items": {"type": "string"}},
        }});
        let texts = json!({"type": "array", "items": {"type": "string"}});
        let flat = json!({"title": "Orders", "type": "object", "properties": {
            "customer.name": {"type": "string"}, "lines.sku": texts, "tags": texts,
        }});
        assert_eq!(schema(&original), (flat, vec!["lines".to_owned(), "tags".to_owned()]));
        let result =
            json!({"customer": {"name": "Ada"}, "lines": [{"sku": "1"}, {"sku": "2"}], "tags": ["new"]});
        let flat = json!({"customer.name": "Ada", "lines.sku": ["1", "2"], "tags": ["new"]});
        assert_eq!(value(&result), flat);
        assert_eq!(value(&json!([1, 2])), json!([1, 2]));
    }
}
