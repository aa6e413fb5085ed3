//! Velocity templates and JSON paths in the forms that Genesys's help shows: references, quiet references,
//! `$esc.jsonString(…)`, and paths of names, indexes and `[*]`.
//!
//! A directive or another method is an error, never passed through as text. Deliberately absent: everything else of
//! Velocity.

use serde_json::Value;

const DIRECTIVES: [&str; 14] = [
    "if", "else", "elseif", "end", "set", "foreach", "macro", "define", "include", "parse", "evaluate",
    "break", "stop", "#",
];

/// What a reference stands for.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The text with its references replaced; one without a value stays as it is, or vanishes if it is quiet.
pub(super) fn render(template: &str, lookup: Lookup<'_>) -> Result<String, String> {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(position) = rest.find(['$', '#']) {
        let (before, from) = rest.split_at(position);
        text.push_str(before);
        if let Some(after) = from.strip_prefix('#') {
            if let Some(directive) = DIRECTIVES.into_iter().find(|name| starts_with_word(after, name)) {
                return Err(format!("the sandbox does not support the Velocity directive #{directive}"));
            }
            text.push('#');
            rest = after;
            continue;
        }
        let Some(found) = Reference::parse(from) else {
            text.push('$');
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        rest = from.get(found.length..).unwrap_or_default();
        if let Some(argument) = rest.strip_prefix('(').filter(|_| !found.braces) {
            let Some((argument, after)) = argument.split_once(')').filter(|_| found.name == "esc.jsonString")
            else {
                return Err(format!("the sandbox does not support the Velocity method ${}", found.name));
            };
            text.push_str(&escape(&render(argument.trim(), lookup)?));
            rest = after;
            continue;
        }
        match lookup(found.name) {
            Some(value) => text.push_str(&value),
            None if found.quiet => {}
            None => text.push_str(from.get(..found.length).unwrap_or_default()),
        }
    }
    text.push_str(rest);
    Ok(text)
}

fn starts_with_word(text: &str, word: &str) -> bool {
    let after = text.strip_prefix(word);
    after.is_some_and(|after| word == "#" || !after.starts_with(|it: char| it.is_ascii_alphanumeric()))
}

/// `${name}`, `$!{name}`, `$name` or `$!name` at the beginning of a text.
struct Reference<'a> {
    name: &'a str,
    quiet: bool,
    braces: bool,
    length: usize,
}

impl<'a> Reference<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let inner = text.strip_prefix('$')?;
        let quiet = inner.starts_with('!');
        let inner = inner.strip_prefix('!').unwrap_or(inner);
        let braces = inner.starts_with('{');
        let inner = inner.strip_prefix('{').unwrap_or(inner);
        let letters = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
        let end = inner.find(|it| !letters(it)).unwrap_or(inner.len());
        let name = inner.get(..end)?.trim_end_matches('.');
        let prefix = text.len() - inner.len();
        if !name.starts_with(|it: char| it.is_ascii_alphabetic())
            || (braces && !inner.get(name.len()..)?.starts_with('}'))
        {
            return None;
        }
        Some(Self { name, quiet, braces, length: prefix + name.len() + usize::from(braces) })
    }
}

/// A text as it stands between the quotes of a JSON string.
fn escape(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

/// What a JSON path leads to; `Err` where the path is of another form.
pub(super) fn follow(path: &str, value: &Value) -> Result<Option<Value>, String> {
    let steps = path.strip_prefix('$').ok_or_else(|| format!("`{path}` is not a JSON path"))?;
    walk(steps, value)
        .map_err(|step| format!("the sandbox does not support `{step}` in the JSON path `{path}`"))
}

fn walk(steps: &str, value: &Value) -> Result<Option<Value>, String> {
    if steps.is_empty() {
        return Ok(Some(value.clone()));
    }
    if let Some(rest) = steps.strip_prefix("[*]") {
        let Some(items) = value.as_array() else { return Ok(None) };
        let found: Result<Vec<_>, _> = items.iter().map(|item| walk(rest, item)).collect();
        return Ok(Some(found?.into_iter().flatten().collect()));
    }
    if let Some((index, rest)) = steps.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let name = index.strip_prefix('\'').and_then(|name| name.strip_suffix('\''));
        let found = match (name, index.parse::<usize>()) {
            (Some(name), _) => value.get(name),
            (None, Ok(index)) => value.get(index),
            (None, Err(_)) => return Err(steps.to_owned()),
        };
        return found.map_or(Ok(None), |found| walk(rest, found));
    }
    let rest = steps.strip_prefix('.').ok_or_else(|| steps.to_owned())?;
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    if name.is_empty() || name.contains(['*', '?', '(']) {
        return Err(steps.to_owned());
    }
    value.get(name).map_or(Ok(None), |found| walk(rest, found))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{follow, render};

    #[test]
    fn references_are_replaced_in_every_documented_form() {
        let lookup = |name: &str| match name {
            "input.id" => Some("A\"1".to_owned()),
            "input.count" => Some("3".to_owned()),
            _ => None,
        };
        for (template, text) in [
            ("plain", "plain"),
            ("${input.count}", "3"),
            ("[$input.count, $!{input.count}]", "[3, 3]"),
            ("<$!{input.none}>", "<>"),
            ("<${input.none}>", "<${input.none}>"),
            (r#"{"id":"$esc.jsonString(${input.id})"}"#, r#"{"id":"A\"1"}"#),
            ("costs $5, ${} and $", "costs $5, ${} and $"),
            ("$input.count.", "3."),
            ("#1 #iffy", "#1 #iffy"),
        ] {
            assert_eq!(render(template, &lookup).as_deref(), Ok(text), "{template}");
        }
        for unsupported in ["#if($input.count)x#end", "#set($a = 1)", "## note", "$math.add(1, 2)"] {
            assert!(render(unsupported, &lookup).is_err(), "{unsupported}");
        }
    }

    #[test]
    fn paths_lead_through_names_indexes_and_all_items() {
        let value = json!({"a": {"b": [1, {"c": 2}, {"c": 3}]}, "odd name": true});
        for (path, found) in [
            ("$", Some(value.clone())),
            ("$.a.b[0]", Some(json!(1))),
            ("$.a.b[*].c", Some(json!([2, 3]))),
            ("$['odd name']", Some(json!(true))),
            ("$.a.none.deeper", None),
            ("$.a[*]", None),
        ] {
            assert_eq!(follow(path, &value), Ok(found), "{path}");
        }
        for unsupported in ["a.b", "$..c", "$.a.b[?(@.c)]", "$.*"] {
            assert!(follow(unsupported, &value).is_err(), "{unsupported}");
        }
    }
}
