//! Policy templates: JSON documents in which a whole string such as `"{{external_id}}"` stands for a value.
//!
//! A template is parsed before anything is filled in, and a value can only take the place of a whole string node, as a
//! string or as the elements of an array. So no value can change a document's structure, whatever it contains.
//! Deliberately absent: a template engine, text substitution, defaults, conditions.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::manifest::Boundary;

/// What a placeholder stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filling {
    Text(String),
    /// An array of strings.
    List(Vec<String>),
}

/// Placeholders and what they stand for.
pub type Fillings = BTreeMap<&'static str, Filling>;

/// Why a template cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text is not JSON.
    #[error("template `{template}` is not JSON: {message}")]
    NotJson {
        template: String,
        /// What the parser said.
        message: String,
    },
    /// A placeholder that nothing fills.
    #[error(
        "template `{template}` has an unknown placeholder `{{{{{placeholder}}}}}` at `{pointer}`; it may use {known}"
    )]
    UnknownPlaceholder {
        template: String,
        /// The JSON pointer of the node.
        pointer: String,
        /// The placeholder's name.
        placeholder: String,
        /// The placeholders that this template may use.
        known: String,
    },
    /// A placeholder with text around it, or in a key.
    #[error(
        "template `{template}` has braces within a longer text at `{pointer}`; a placeholder must be a whole string, \
         such as \"{{{{external_id}}}}\""
    )]
    PartialPlaceholder {
        template: String,
        /// The JSON pointer of the node.
        pointer: String,
    },
}

/// A parsed template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    name: String,
    document: Value,
}

impl Template {
    /// Parses a template; `name` is used in messages.
    pub fn parse(name: &str, text: &str) -> Result<Self, TemplateError> {
        match serde_json::from_str(text) {
            Ok(document) => Ok(Self { name: name.to_owned(), document }),
            Err(error) => {
                Err(TemplateError::NotJson { template: name.to_owned(), message: error.to_string() })
            }
        }
    }

    /// The name that messages use.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the caller of `apply` and `destroy` needs. With a boundary in the manifest the policy holds its holder to it.
    pub fn provisioner(boundary: Option<&Boundary>) -> Result<Self, TemplateError> {
        match boundary {
            None => Self::parse("provisioner.json", include_str!("../../policies/provisioner.json")),
            Some(_) => Self::parse(
                "provisioner-with-boundary.json",
                include_str!("../../policies/provisioner-with-boundary.json"),
            ),
        }
    }

    /// The permissions boundary that allows the targets alone.
    pub fn boundary() -> Result<Self, TemplateError> {
        Self::parse("boundary.json", include_str!("../../policies/boundary.json"))
    }

    /// What lets an organization in until a time.
    pub fn trust_until() -> Result<Self, TemplateError> {
        Self::parse("trust-until.json", include_str!("../../policies/trust-until.json"))
    }

    /// What an export of recordings needs.
    pub fn recordings() -> Result<Self, TemplateError> {
        Self::parse("s3-recordings.json", include_str!("../../policies/s3-recordings.json"))
    }

    /// What it needs where the bucket is encrypted with a customer managed key.
    pub fn recordings_key() -> Result<Self, TemplateError> {
        Self::parse("s3-recordings-key.json", include_str!("../../policies/s3-recordings-key.json"))
    }

    /// What the policy of a key needs that recordings in Genesys Cloud are encrypted with. No role has it.
    pub fn key_policy() -> Result<Self, TemplateError> {
        Self::parse("key.json", include_str!("../../policies/key.json"))
    }

    /// What talking to bots of Amazon Lex V1 needs.
    pub fn lex() -> Result<Self, TemplateError> {
        Self::parse("lex.json", include_str!("../../policies/lex.json"))
    }

    /// What talking to bots of Amazon Lex V2 needs.
    pub fn lex_v2() -> Result<Self, TemplateError> {
        Self::parse("lex-v2.json", include_str!("../../policies/lex-v2.json"))
    }

    /// What making speech of text needs.
    pub fn polly() -> Result<Self, TemplateError> {
        Self::parse("polly.json", include_str!("../../policies/polly.json"))
    }

    /// What the caller of `plan`, `drift` and `verify` needs.
    pub fn verifier() -> Result<Self, TemplateError> {
        Self::parse("verifier.json", include_str!("../../policies/verifier.json"))
    }

    /// What the caller of `verify --level twin` and `verify --sweep` needs. With a boundary in the manifest a twin has it too.
    pub fn twin(boundary: Option<&Boundary>) -> Result<Self, TemplateError> {
        match boundary {
            None => Self::parse("twin.json", include_str!("../../policies/twin.json")),
            Some(_) => {
                Self::parse("twin-with-boundary.json", include_str!("../../policies/twin-with-boundary.json"))
            }
        }
    }

    /// The resource control policy that keeps everybody but the trusted principals out of the role.
    pub fn resource_control() -> Result<Self, TemplateError> {
        Self::parse("rcp.json", include_str!("../../policies/rcp.json"))
    }

    /// The service control policy that lets nobody but the provisioner change the role.
    pub fn service_control() -> Result<Self, TemplateError> {
        Self::parse("scp.json", include_str!("../../policies/scp.json"))
    }

    /// The document with every placeholder filled. A statement about a list that is empty says nothing, and IAM would not store
    /// it: it is left out.
    pub fn fill(&self, fillings: &Fillings) -> Result<Value, TemplateError> {
        let mut document = self.filled(&self.document, fillings, "")?;
        let is_about_nothing = |statement: &Value| {
            statement.get("Resource").and_then(Value::as_array).is_some_and(Vec::is_empty)
        };
        if let Some(statements) = document.get_mut("Statement").and_then(Value::as_array_mut) {
            statements.retain(|statement| !is_about_nothing(statement));
        }
        Ok(document)
    }

    fn filled(&self, node: &Value, fillings: &Fillings, pointer: &str) -> Result<Value, TemplateError> {
        match node {
            Value::String(text) => Ok(match self.placeholder(text, fillings, pointer)? {
                None => node.clone(),
                Some(Filling::Text(value)) => Value::from(value.as_str()),
                Some(Filling::List(values)) => Value::from(values.as_slice()),
            }),
            Value::Array(elements) => {
                let mut filled = Vec::with_capacity(elements.len());
                for (index, element) in elements.iter().enumerate() {
                    match self.filled(element, fillings, &format!("{pointer}/{index}"))? {
                        // A list in the place of an element becomes that many elements.
                        Value::Array(spliced) if element.is_string() => filled.extend(spliced),
                        value => filled.push(value),
                    }
                }
                Ok(Value::Array(filled))
            }
            Value::Object(members) => {
                let fill = |(key, value): (&String, &Value)| {
                    let pointer = format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"));
                    if has_braces(key) {
                        return Err(TemplateError::PartialPlaceholder {
                            template: self.name.clone(),
                            pointer,
                        });
                    }
                    Ok((key.clone(), self.filled(value, fillings, &pointer)?))
                };
                members.iter().map(fill).collect::<Result<_, _>>().map(Value::Object)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(node.clone()),
        }
    }

    fn placeholder<'f>(
        &self,
        text: &str,
        fillings: &'f Fillings,
        pointer: &str,
    ) -> Result<Option<&'f Filling>, TemplateError> {
        let inner = text
            .strip_prefix("{{")
            .and_then(|rest| rest.strip_suffix("}}"))
            .filter(|inner| !has_braces(inner));
        match inner {
            None if has_braces(text) => Err(TemplateError::PartialPlaceholder {
                template: self.name.clone(),
                pointer: pointer.to_owned(),
            }),
            None => Ok(None),
            Some(name) => match fillings.get(name.trim()) {
                Some(filling) => Ok(Some(filling)),
                None => Err(TemplateError::UnknownPlaceholder {
                    template: self.name.clone(),
                    pointer: pointer.to_owned(),
                    placeholder: name.trim().to_owned(),
                    known: fillings.keys().map(|key| format!("{{{{{key}}}}}")).collect::<Vec<_>>().join(", "),
                }),
            },
        }
    }
}

fn has_braces(text: &str) -> bool {
    text.contains("{{") || text.contains("}}")
}

/// The templates that rolecall fills: shipped ones, or the user's.
#[derive(Clone, Debug, PartialEq)]
pub struct Templates {
    /// The role's trust policy.
    pub trust: Template,
    /// The policy for the targets.
    pub invoke: Template,
}

/// The file names of the templates that a user may replace.
pub const REPLACEABLE: [&str; 2] = ["trust.json", "invoke.json"];

impl Templates {
    /// Parses the templates: the user's text where `replacement` has one for the file name, the shipped one elsewhere.
    pub fn new(replacement: impl Fn(&str) -> Option<String>) -> Result<Self, TemplateError> {
        let template = |name: &str, shipped: &str| {
            let own = replacement(name);
            Template::parse(name, own.as_deref().unwrap_or(shipped))
        };
        let [trust, invoke] = REPLACEABLE;
        Ok(Self {
            trust: template(trust, include_str!("../../policies/trust.json"))?,
            invoke: template(invoke, include_str!("../../policies/invoke.json"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fillings() -> Fillings {
        Fillings::from([
            ("id", Filling::Text(r#"a","Effect":"Deny"#.to_owned())),
            ("targets", Filling::List(vec!["one".to_owned(), "two".to_owned()])),
        ])
    }

    fn fill(text: &str) -> Result<Value, String> {
        let template = Template::parse("t.json", text).map_err(|error| error.to_string())?;
        template.fill(&fillings()).map_err(|error| error.to_string())
    }

    #[test]
    fn values_become_nodes_and_never_structure() {
        assert_eq!(fill(r#"{"a": "{{id}}"}"#), Ok(json!({"a": r#"a","Effect":"Deny"#})));
        assert_eq!(fill(r#"{"a": "{{targets}}"}"#), Ok(json!({"a": ["one", "two"]})));
        assert_eq!(
            fill(r#"["x", "{{ targets }}", ["{{id}}"]]"#),
            Ok(json!(["x", "one", "two", [r#"a","Effect":"Deny"#]]))
        );
        assert_eq!(
            fill(r#"{"n": 1, "b": true, "v": "${aws:username}"}"#),
            Ok(json!({"n": 1, "b": true, "v": "${aws:username}"}))
        );
    }

    #[test]
    fn faults_name_the_template_and_the_pointer() {
        let unknown = fill(r#"{"Statement": [{"Sid": "{{other}}"}]}"#).unwrap_err();
        assert_eq!(
            unknown,
            "template `t.json` has an unknown placeholder `{{other}}` at `/Statement/0/Sid`; it may use {{id}}, {{targets}}"
        );
        for partial in
            [r#"{"a": {"b": "x{{id}}"}}"#, r#"{"a": {"b": "{{id}}{{id}}"}}"#, r#"{"a": {"b": "}}"}}"#]
        {
            assert!(fill(partial).unwrap_err().contains("within a longer text at `/a/b`"), "{partial}");
        }
        assert!(fill(r#"{"a/{{id}}": 1}"#).unwrap_err().contains("at `/a~1{{id}}`"));
        assert!(fill("{").unwrap_err().starts_with("template `t.json` is not JSON: EOF"));
    }

    #[test]
    fn shipped_templates_parse() {
        assert!(Templates::new(|_| None).is_ok());
    }
}
