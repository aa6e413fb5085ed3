//! What the page asks: one line of JSON with what is stated, and then the document as it is.

use std::fmt::Display;

use rolecall_iam::lint::FailOn;
use rolecall_prove::ProveRequest;
use rolecall_prove::stated::{StatedIntent, parameter, principal, stated_use};
use serde::{Deserialize, Serialize};

/// What somebody stated on the page, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The name of the file, where it is one.
    #[serde(default)]
    pub file: Option<String>,
    /// The principals that may assume the role.
    #[serde(default)]
    pub principals: Vec<String>,
    /// The external IDs, one of which they must send.
    #[serde(default)]
    pub external_ids: Vec<String>,
    /// The functions that the role may invoke.
    #[serde(default)]
    pub targets: Vec<String>,
    /// What else it may do, as ACTION=RESOURCE.
    #[serde(default)]
    pub allow: Vec<String>,
    /// The values of a template's parameters, as NAME=VALUE.
    #[serde(default)]
    pub parameters: Vec<String>,
    /// The one role that is meant.
    #[serde(default)]
    pub role: Option<String>,
    /// Whether references in a Terraform plan are plain.
    #[serde(default)]
    pub plain_references: bool,
    /// Whether a warning refutes a role by itself.
    #[serde(default)]
    pub fail_on_warning: bool,
}

/// A field of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The trusted principals.
    Principals,
    ExternalIds,
    Targets,
    /// What else is allowed.
    Allow,
    Parameters,
}

/// Something stated that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldFault {
    /// Where it stands.
    pub field: Field,
    /// What is wrong.
    pub message: String,
}

impl Question {
    /// What messages call the document.
    #[must_use]
    pub fn name(&self) -> String {
        self.file.as_ref().map_or_else(|| "the text".to_owned(), |file| format!("`{file}`"))
    }

    /// The request about a document, or every fault of what is stated.
    ///
    /// # Errors
    /// A field that cannot be read.
    pub fn request(&self, text: String) -> Result<ProveRequest, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let intent = StatedIntent {
            trusted: read(Field::Principals, &self.principals, principal, &mut faults),
            external_ids: read(Field::ExternalIds, &self.external_ids, str::parse, &mut faults),
            targets: read(Field::Targets, &self.targets, str::parse, &mut faults),
            uses: read(Field::Allow, &self.allow, stated_use, &mut faults),
        };
        let parameters = read(Field::Parameters, &self.parameters, parameter, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(ProveRequest {
            name: self.name(),
            label: self.file.clone().unwrap_or_else(|| "text".to_owned()),
            text,
            role: self.role.clone(),
            parameters: parameters.into_iter().collect(),
            plain_references: self.plain_references,
            intent: intent.into(),
            fail_on: if self.fail_on_warning { FailOn::Warning } else { FailOn::Error },
        })
    }
}

fn read<T, E: Display>(
    field: Field,
    texts: &[String],
    read: impl Fn(&str) -> Result<T, E>,
    faults: &mut Vec<FieldFault>,
) -> Vec<T> {
    let mut values = Vec::new();
    for text in texts {
        match read(text) {
            Ok(value) => values.push(value),
            Err(error) => faults
                .push(FieldFault { field, message: format!("`{}`: {error}", rolecall_shown::Shown(text)) }),
        }
    }
    values
}
