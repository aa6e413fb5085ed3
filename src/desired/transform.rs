//! What an action's templates and paths make of an input and of an answer, offline. Pure.
//!
//! Of Velocity it knows references, quiet references and `$esc.jsonString(…)`, of JSON paths names, indexes and `[*]`: the
//! forms that Genesys's articles on request and response configuration show. What goes beyond is [`Undecided`], never a
//! pass and never a fault. Deliberately absent: what the function does.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A form that rolecall does not carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecided(pub String);

const DIRECTIVES: [&str; 14] = [
    "if", "else", "elseif", "end", "set", "foreach", "macro", "define", "include", "parse", "evaluate",
    "break", "stop", "#",
];

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Reference(Reference),
}

/// A reference such as `$!{input.id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// What it refers to, such as `input.id`.
    pub name: String,
    /// Whether a missing value is an empty text.
    pub quiet: bool,
    /// Whether the value is escaped for a JSON string.
    escaped: bool,
}

pub fn references(template: &str) -> Result<Vec<Reference>, Undecided> {
    let reference = |piece| match piece {
        Piece::Reference(reference) => Some(reference),
        Piece::Text(_) => None,
    };
    Ok(parse(template)?.into_iter().filter_map(reference).collect())
}

/// The text that a template makes; or the first name that has no value.
pub fn render(
    template: &str,
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Result<String, String>, Undecided> {
    let mut text = String::new();
    for piece in parse(template)? {
        match piece {
            Piece::Text(plain) => text.push_str(&plain),
            Piece::Reference(Reference { name, quiet, escaped }) => match lookup(&name) {
                Some(value) if escaped => text.push_str(&within_quotes(&value)),
                Some(value) => text.push_str(&value),
                None if quiet => {}
                None => return Ok(Err(name)),
            },
        }
    }
    Ok(Ok(text))
}

/// A text as it stands between the quotes of a JSON string.
fn within_quotes(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

fn parse(template: &str) -> Result<Vec<Piece>, Undecided> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['$', '#']) {
        let (before, from) = rest.split_at(at);
        pieces.push(Piece::Text(before.to_owned()));
        if let Some(after) = from.strip_prefix('#') {
            let opened = after.strip_prefix('{').unwrap_or(after);
            if let Some(directive) = DIRECTIVES.into_iter().find(|name| begins_with(opened, name)) {
                return Err(Undecided(format!(
                    "rolecall does not carry out the Velocity directive `#{directive}`"
                )));
            }
            pieces.push(Piece::Text("#".to_owned()));
            rest = after;
            continue;
        }
        let Some((name, quiet, braces, length)) = reference(from) else {
            pieces.push(Piece::Text("$".to_owned()));
            rest = from.get(1..).unwrap_or_default();
            continue;
        };
        rest = from.get(length..).unwrap_or_default();
        if braces || !rest.starts_with(['(', '[']) {
            pieces.push(Piece::Reference(Reference { name: name.to_owned(), quiet, escaped: false }));
            continue;
        }
        let argument = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        match (name, argument) {
            ("esc.jsonString", Some((argument, after))) => match parse(argument.trim())?.as_slice() {
                [Piece::Text(empty), Piece::Reference(inner)] if empty.is_empty() => {
                    pieces.push(Piece::Reference(Reference { escaped: true, ..inner.clone() }));
                    rest = after;
                }
                _ => {
                    return Err(Undecided(
                        "rolecall does not carry out what `$esc.jsonString` is given here".to_owned(),
                    ));
                }
            },
            (name, _) => {
                return Err(Undecided(format!("rolecall does not carry out the Velocity method `${name}`")));
            }
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// A block that is not closed, or an `#end` that closes none. Comments, literal blocks and escapes are not looked into.
pub fn block_fault(template: &str) -> Option<String> {
    const OPENING: [&str; 4] = ["if", "foreach", "macro", "define"];
    if ["##", "#*", "#[[", "\\#"].iter().any(|form| template.contains(form)) {
        return None;
    }
    let mut open: Vec<&str> = Vec::new();
    for after in template.split('#').skip(1) {
        let name = after.strip_prefix('{').unwrap_or(after);
        if begins_with(name, "end") {
            if open.pop().is_none() {
                return Some("an `#end` closes nothing".to_owned());
            }
        } else if let Some(block) = OPENING.into_iter().find(|block| begins_with(name, block)) {
            open.push(block);
        }
    }
    open.last().map(|block| format!("`#{block}` has no `#end`"))
}

/// Why a text is certainly no JSON path. Filters and scripts are not looked into.
pub fn path_fault(path: &str) -> Option<&'static str> {
    let Some(steps) = path.strip_prefix('$') else { return Some("it starts with `$`") };
    if !(steps.is_empty() || steps.starts_with(['.', '['])) {
        return Some("`.` or `[` follows the `$`");
    }
    if steps.contains(['?', '(']) {
        return None;
    }
    let (mut is_open, mut quote) = (false, None);
    for letter in steps.chars() {
        match (quote, letter) {
            (Some(closing), letter) if letter == closing => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') if is_open => quote = Some(letter),
            (None, '[') if is_open => return Some("a `[` is within another"),
            (None, '[') => is_open = true,
            (None, ']') if !is_open => return Some("a `]` closes nothing"),
            (None, ']') => is_open = false,
            (None, _) => {}
        }
    }
    (is_open || quote.is_some()).then_some("a `[` or a quote is not closed")
}

fn begins_with(text: &str, word: &str) -> bool {
    let after = text.strip_prefix(word);
    after.is_some_and(|after| word == "#" || !after.starts_with(|it: char| it.is_ascii_alphanumeric()))
}

/// `${name}`, `$!{name}`, `$name` or `$!name` at the beginning of a text: name, quiet, in braces, length.
fn reference(text: &str) -> Option<(&str, bool, bool, usize)> {
    let inner = text.strip_prefix('$')?;
    let quiet = inner.starts_with('!');
    let inner = inner.strip_prefix('!').unwrap_or(inner);
    let braces = inner.starts_with('{');
    let inner = inner.strip_prefix('{').unwrap_or(inner);
    let end =
        inner.find(|it: char| !(it.is_ascii_alphanumeric() || "_-.".contains(it))).unwrap_or(inner.len());
    let name = inner.get(..end)?.trim_end_matches('.');
    let is_closed = !braces || inner.get(name.len()..)?.starts_with('}');
    let begins = name.starts_with(|it: char| it.is_ascii_alphabetic());
    let length = (text.len() - inner.len()) + name.len() + usize::from(braces);
    (begins && is_closed).then_some((name, quiet, braces, length))
}

/// What a JSON path leads to.
pub fn follow(path: &str, value: &Value) -> Result<Option<Value>, Undecided> {
    let undecided = || Undecided(format!("rolecall does not follow the JSON path `{path}`"));
    path.strip_prefix('$').and_then(|steps| walk(steps, value)).ok_or_else(undecided)
}

/// `None` where the path has another form.
fn walk(steps: &str, value: &Value) -> Option<Option<Value>> {
    if steps.is_empty() {
        return Some(Some(value.clone()));
    }
    if let Some(rest) = steps.strip_prefix("[*]") {
        let Some(items) = value.as_array() else { return Some(None) };
        let found: Option<Vec<_>> = items.iter().map(|item| walk(rest, item)).collect();
        return Some(Some(found?.into_iter().flatten().collect()));
    }
    if let Some((index, rest)) = steps.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let quoted = |quote| index.strip_prefix(quote).and_then(|name: &str| name.strip_suffix(quote));
        let found = match quoted('\'').or_else(|| quoted('"')) {
            Some(name) => value.get(name),
            None => value.get(index.parse::<usize>().ok()?),
        };
        return found.map_or(Some(None), |found| walk(rest, found));
    }
    let rest = steps.strip_prefix('.')?;
    let (name, rest) = rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()));
    if name.is_empty() || name.contains(['*', '?', '(', '@']) {
        return None;
    }
    value.get(name).map_or(Some(None), |found| walk(rest, found))
}

/// What a reference to an input stands for.
pub fn input_value(name: &str, input: &Map<String, Value>) -> Option<String> {
    match name.strip_prefix("input.")? {
        "rawRequest" => Some(Value::Object(input.clone()).to_string()),
        name => input.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
    }
}

/// The values by which a success template is filled, out of an answer.
pub fn translated(
    answer: &Value,
    map: &BTreeMap<String, String>,
    defaults: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, Undecided> {
    let mut values = defaults.clone();
    for (name, path) in map {
        if let Some(found) = follow(path, answer)? {
            values.insert(name.clone(), found.to_string());
        }
    }
    values.insert("rawResult".to_owned(), answer.to_string());
    Ok(values)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_are_filled_and_a_missing_one_is_named() {
        let input = json!({"id": "A\"1", "count": 3}).as_object().unwrap().clone();
        let rendered = |template: &str| render(template, |name| input_value(name, &input));
        for (template, text) in [
            ("plain", "plain"),
            ("${input.count} $input.count $!{input.count}", "3 3 3"),
            ("<$!{input.none}>", "<>"),
            (r#"{"id":"$esc.jsonString(${input.id})"}"#, r#"{"id":"A\"1"}"#),
            ("costs $5, ${} and # 1", "costs $5, ${} and # 1"),
            ("${input.rawRequest}", r#"{"id":"A\"1","count":3}"#),
        ] {
            assert_eq!(rendered(template), Ok(Ok(text.to_owned())), "{template}");
        }
        assert_eq!(rendered("a ${input.none}"), Ok(Err("input.none".to_owned())));
        for template in [
            "#if($input.a)x#end",
            "#{foreach}($a in $b)",
            "$input.id.length()",
            "$list[0]",
            "$esc.jsonString(\"x\")",
        ] {
            assert!(rendered(template).is_err(), "{template}");
        }
    }

    #[test]
    fn what_is_not_closed_is_a_fault_and_what_is_not_looked_into_is_none() {
        for template in [
            "{}",
            "#if($a)1#else 2#end",
            "#{if}($a)x#{end}",
            "#foreach($a in $b)#if($a)x#end#end",
            "#1 #iffy",
        ] {
            assert_eq!(block_fault(template), None, "{template}");
        }
        for template in ["## #if", "#[[#if]]#", "\\#if", "#* #if *#"] {
            assert_eq!(block_fault(template), None, "{template}");
        }
        for template in
            ["#if($a)x", "#foreach($a in $b)#if($a)x#end", "x#end", "#{if}($a)x", "#if($a)#end#end"]
        {
            assert!(block_fault(template).is_some(), "{template}");
        }
        for path in ["$", "$.a", "$[0]", "$['a]b']", "$..a", "$.a[*].b", "$.a[?(@.b[0]==']')]", "$[\"it's\"]"]
        {
            assert_eq!(path_fault(path), None, "{path}");
        }
        for path in ["a.b", "", "$a", "$.[status", "$.a]", "$[[0]]", "$['a]"] {
            assert!(path_fault(path).is_some(), "{path}");
        }
    }

    #[test]
    fn paths_lead_somewhere_nowhere_or_stay_undecided() {
        let answer = json!({"order": {"state": "open"}, "items": [{"id": 1}, {"id": 2}, {}], "a b": 0});
        for (path, found) in [
            ("$", Some(answer.clone())),
            ("$.order.state", Some(json!("open"))),
            ("$['order']['state']", Some(json!("open"))),
            ("$[\"a b\"]", Some(json!(0))),
            ("$.items[1].id", Some(json!(2))),
            ("$.items[*].id", Some(json!([1, 2]))),
            ("$.items[7].id", None),
            ("$.order[*]", None),
            ("$.none.deep", None),
        ] {
            assert_eq!(follow(path, &answer), Ok(found), "{path}");
        }
        for path in ["order", "$..id", "$.items[?(@.id==1)]", "$.items.*", "$.items[-1:]"] {
            assert!(follow(path, &answer).is_err(), "{path}");
        }
    }
}
