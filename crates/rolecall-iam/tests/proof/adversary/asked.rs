//! What a document asks, read from its JSON by itself: the adversary does not share a parser with what it attacks.

use serde_json::Value;

/// One condition: an operator, a key and the document's values.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) operator: Operator,
    /// The key in lower case.
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Text,
    Wild,
    Blind,
    Number,
    Date,
    Bool,
    Binary,
    Address,
    Null,
    Other,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Operator {
    pub(super) family: Family,
    pub(super) negated: bool,
    /// The request may lack the key.
    pub(super) forgiving: bool,
}

impl Operator {
    fn read(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let rest = name.trim_start_matches("forallvalues:").trim_start_matches("foranyvalue:");
        let bare = rest.trim_end_matches("ifexists");
        let family = if bare == "null" {
            Family::Null
        } else if bare.ends_with("ignorecase") {
            Family::Blind
        } else if bare.ends_with("like") || bare.starts_with("arn") {
            Family::Wild
        } else if bare.starts_with("string") {
            Family::Text
        } else if bare.starts_with("numeric") {
            Family::Number
        } else if bare.starts_with("date") {
            Family::Date
        } else if bare == "bool" {
            Family::Bool
        } else if bare.starts_with("binary") {
            Family::Binary
        } else if bare.ends_with("ipaddress") {
            Family::Address
        } else {
            Family::Other
        };
        Self {
            family,
            negated: bare.contains("not"),
            forgiving: rest.ends_with("ifexists") || name.starts_with("forallvalues:"),
        }
    }
}

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) allows: bool,
    /// Names of the `Principal` element; empty for `NotPrincipal`.
    pub(super) principals: Vec<String>,
    /// `"*"`, `{"AWS": "*"}` or a `NotPrincipal`.
    pub(super) wide: bool,
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) conditions: Vec<Asked>,
}

pub(in crate::proof) fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(entries) => entries.values().flat_map(strings).collect(),
        Value::Bool(_) | Value::Number(_) => vec![value.to_string()],
        Value::Null => Vec::new(),
    }
}

/// The statements of a document.
pub(super) fn statements(document: &Value) -> Vec<Statement> {
    let list = match &document["Statement"] {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    };
    let read = |statement: &Value| {
        let principals = strings(&statement["Principal"]);
        let wide = principals.iter().any(|name| name == "*") || statement.get("NotPrincipal").is_some();
        let mut conditions = Vec::new();
        for (name, keys) in statement["Condition"].as_object().into_iter().flatten() {
            for (key, values) in keys.as_object().into_iter().flatten() {
                conditions.push(Asked {
                    operator: Operator::read(name),
                    key: key.to_ascii_lowercase(),
                    values: strings(values),
                });
            }
        }
        Statement {
            allows: statement["Effect"] == "Allow",
            principals,
            wide,
            actions: [strings(&statement["Action"]), strings(&statement["NotAction"])].concat(),
            resources: [strings(&statement["Resource"]), strings(&statement["NotResource"])].concat(),
            conditions,
        }
    };
    list.into_iter().map(read).collect()
}

/// The keys of the variables in a text, in lower case.
pub(super) fn variables(text: &str) -> Vec<String> {
    let starts = text.match_indices("${").map(|(index, _)| &text[index + 2..]);
    let inside = starts.filter_map(|rest| rest.split(['}', ',']).next());
    inside.map(str::to_ascii_lowercase).filter(|key| key.contains(':')).collect()
}
