//! The fields of a credential whose values are kept in AWS: a JSON object of texts, read just before it is written.
//!
//! Invariants: no value is in an error or in anything that prints; a field is a text and not empty, so Genesys Cloud gets what the
//! secret says and nothing that was made of it. Deliberately absent: other types than texts, and names of fields that stand for
//! others.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::ports::AwsError;
use crate::ports::secrets::ReadSecret;
use rolecall_model::shown::Shown;

/// The fields, by name.
#[derive(Clone, Debug)]
pub struct CredentialFields(BTreeMap<String, SecretString>);

/// Why there are no fields. The names of fields are shown, their values never.
#[derive(Debug, thiserror::Error)]
pub enum FieldsError {
    /// The store did not answer.
    #[error("cannot read the credential's values from {secret}: {error}")]
    Store {
        /// What messages call the secret.
        secret: String,
        /// What AWS said.
        error: AwsError,
    },
    /// The secret is no JSON object.
    #[error("{secret} is not a JSON object with the fields of the credential")]
    NotAnObject {
        /// What messages call the secret.
        secret: String,
    },
    /// The object is empty.
    #[error("{secret} is a JSON object without fields")]
    NoFields {
        /// What messages call the secret.
        secret: String,
    },
    /// A field is a number, a list or something else.
    #[error("`{}` in {secret} is not a text; the fields of a credential are texts", Shown(field))]
    NotText {
        /// What messages call the secret.
        secret: String,
        field: String,
    },
    /// A field says nothing.
    #[error("`{}` in {secret} is empty", Shown(field))]
    Empty {
        /// What messages call the secret.
        secret: String,
        field: String,
    },
    /// The type of credential needs more fields.
    #[error(
        "{secret} has no {}, which a credential of the type `{}` needs; it has {}",
        listed(missing),
        Shown(type_name),
        listed(found)
    )]
    Missing {
        /// What messages call the secret.
        secret: String,
        /// The type.
        type_name: String,
        /// The fields that it does not have.
        missing: Vec<String>,
        /// The fields that it has.
        found: Vec<String>,
    },
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{}`", Shown(name))).collect::<Vec<_>>().join(", ")
}

impl CredentialFields {
    /// Reads the secret; an error where a credential of the type cannot be made of it.
    pub async fn read(
        store: &dyn ReadSecret,
        type_name: &str,
        required: &[String],
    ) -> Result<Self, FieldsError> {
        let secret = store.called();
        let text = store.read().await;
        let text = text.map_err(|error| FieldsError::Store { secret: secret.clone(), error })?;
        Self::parse(&secret, &text, type_name, required)
    }

    fn parse(
        secret: &str,
        text: &SecretString,
        type_name: &str,
        required: &[String],
    ) -> Result<Self, FieldsError> {
        let secret = || secret.to_owned();
        // The parser's own words may quote the text.
        let Ok(Value::Object(object)) = serde_json::from_str(text.expose_secret()) else {
            return Err(FieldsError::NotAnObject { secret: secret() });
        };
        let mut fields = BTreeMap::new();
        for (field, value) in object {
            match value {
                Value::String(text) if text.is_empty() => {
                    return Err(FieldsError::Empty { secret: secret(), field });
                }
                Value::String(text) => fields.insert(field, SecretString::from(text)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                    return Err(FieldsError::NotText { secret: secret(), field });
                }
            };
        }
        if fields.is_empty() {
            return Err(FieldsError::NoFields { secret: secret() });
        }
        let missing: Vec<String> = required.iter().filter(|it| !fields.contains_key(*it)).cloned().collect();
        match missing.as_slice() {
            [] => Ok(Self(fields)),
            [..] => Err(FieldsError::Missing {
                secret: secret(),
                type_name: type_name.to_owned(),
                missing,
                found: fields.into_keys().collect(),
            }),
        }
    }

    /// The values in the clear, for the request that writes them.
    pub(crate) fn expose(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(field, value)| (field.clone(), value.expose_secret().to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Vec<String>, String> {
        let required = ["userName".to_owned(), "password".to_owned()];
        let fields =
            CredentialFields::parse("the secret `stock`", &text.to_owned().into(), "basicAuth", &required);
        let shown = format!("{fields:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        fields.map(|fields| fields.expose().into_values().collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn texts_become_fields_as_they_are() {
        let values = parsed(r#"{"userName": " a b ", "password": "hunter2\n\u00e9", "more": "x"}"#);
        assert_eq!(values, Ok(vec!["x".to_owned(), "hunter2\n\u{e9}".to_owned(), " a b ".to_owned()]));
    }

    #[test]
    fn nothing_else_does_and_no_value_is_told() {
        for (text, expected) in [
            ("hunter2", "the secret `stock` is not a JSON object with the fields of the credential"),
            ("", "the secret `stock` is not a JSON object with the fields of the credential"),
            (r#""hunter2""#, "the secret `stock` is not a JSON object with the fields of the credential"),
            (r#"["hunter2"]"#, "the secret `stock` is not a JSON object with the fields of the credential"),
            (
                r#"{"password": "hunter2""#,
                "the secret `stock` is not a JSON object with the fields of the credential",
            ),
            ("{}", "the secret `stock` is a JSON object without fields"),
            (
                r#"{"password": "hunter2", "port": 5432}"#,
                "`port` in the secret `stock` is not a text; the fields of a credential are texts",
            ),
            (
                r#"{"a": {"password": "hunter2"}}"#,
                "`a` in the secret `stock` is not a text; the fields of a credential are texts",
            ),
            (
                r#"{"a": null}"#,
                "`a` in the secret `stock` is not a text; the fields of a credential are texts",
            ),
            (r#"{"userName": "hunter2", "password": ""}"#, "`password` in the secret `stock` is empty"),
            (
                r#"{"username": "hunter2", "password": "hunter2"}"#,
                "the secret `stock` has no `userName`, which a credential of the type `basicAuth` needs; it has `password`, `username`",
            ),
        ] {
            assert_eq!(parsed(text), Err(expected.to_owned()), "{text}");
        }
    }
}
