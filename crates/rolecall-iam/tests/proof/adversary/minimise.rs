//! A document with everything left out that a failure does not need.

use serde_json::Value;

/// Leaves out statements, conditions and values as long as `holds` does.
pub(super) fn smallest(whole: Value, holds: &dyn Fn(&Value) -> bool) -> Value {
    let mut best = whole;
    if !holds(&best) {
        return best;
    }
    loop {
        let smaller = candidates(&best).into_iter().find(|candidate| holds(candidate));
        match smaller {
            Some(smaller) => best = smaller,
            None => return best,
        }
    }
}

/// Every document with one thing less; the largest things first.
fn candidates(whole: &Value) -> Vec<Value> {
    let mut pointers = Vec::new();
    let mut found = Vec::new();
    if whole.get("boundary").is_some() {
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove("boundary");
        found.push(without);
    }
    for document in ["trust", "identity", "boundary"] {
        let start = format!("/{document}/Statement");
        if let Some(value) = whole.pointer(&start) {
            removable(value, &start, &mut pointers);
        }
    }
    pointers.sort_by_key(|pointer| pointer.matches('/').count());
    for pointer in pointers {
        let Some((parent, last)) = pointer.rsplit_once('/') else { continue };
        let last = last.replace("~1", "/").replace("~0", "~");
        let mut smaller = whole.clone();
        match smaller.pointer_mut(parent) {
            Some(Value::Array(items)) if items.len() > 1 => {
                items.remove(last.parse().unwrap());
            }
            // An element without names would mean something else.
            Some(Value::Object(entries)) if entries.len() > 1 || !parent.ends_with("Principal") => {
                entries.remove(&last);
            }
            _ => continue,
        }
        found.push(smaller);
    }
    found
}

/// Where something can be left out: items of lists, conditions and their blocks.
fn removable(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let pointer = format!("{at}/{index}");
                found.push(pointer.clone());
                removable(item, &pointer, found);
            }
        }
        Value::Object(entries) => {
            for (key, item) in entries {
                let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                if !["Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"]
                    .contains(&key.as_str())
                {
                    found.push(pointer.clone());
                }
                removable(item, &pointer, found);
            }
        }
        _ => {}
    }
}
