//! A change as data for readers: what it is about, and what was there before and after.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::Text;
use crate::iam::arn::RoleArn;
use crate::plan;
use crate::plan::aws::{Change, Foreign, RoleSettings, TagChange, TrustStep};
use crate::plan::{Effect, effect_of};
use crate::ports::{PolicySpecification, RoleSpecification};
use rolecall_model::stored::StoredDocument;

/// What happens to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// It comes into being.
    Create,
    /// It is changed.
    Update,
    /// It goes away.
    Delete,
}

/// One write, planned or done.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ChangeView {
    /// The operation as IAM names it, such as `iam:CreateRole`; of Genesys Cloud, the method and the path.
    pub operation: &'static str,
    /// What happens.
    pub verb: Verb,
    /// What it happens to: `role`, `trust policy`, `policy`, `attachment`, `credential`, `integration`, `action` …
    pub subject: &'static str,
    /// The role's name or the policy's ARN; of Genesys Cloud, a name.
    pub resource: Text,
    /// What was there; left out where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What will be there; left out where nothing will be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// What to know about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// Of a plan: whether the role allows more or less after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
}

impl ChangeView {
    /// The change with what it leads to for the role of this ARN.
    pub(super) fn with_effect(change: &plan::Change, role: Option<&RoleArn>) -> Self {
        let effect = match (change, role) {
            (plan::Change::Aws(change), Some(role)) => Some(effect_of(change, role)),
            (plan::Change::Aws(_), None) | (plan::Change::Genesys(_), _) => None,
        };
        Self { effect, ..Self::from(change) }
    }

    /// What it leads to, in words, where the headline does not say it.
    pub(super) fn effect_in_words(&self) -> Option<&'static str> {
        match self.effect? {
            Effect::Opens => Some("allows more"),
            Effect::Closes => Some("allows less"),
            Effect::Changes => Some("allows something else"),
            Effect::Same => None,
        }
    }
}

/// Something on the role that rolecall did not put there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ForeignView {
    /// `managed policy` or `inline policy`.
    pub subject: &'static str,
    /// The policy's ARN or name.
    pub resource: Text,
}

impl From<&Foreign> for ForeignView {
    fn from(foreign: &Foreign) -> Self {
        match foreign {
            Foreign::ManagedPolicy { arn } => {
                Self { subject: "managed policy", resource: arn.to_string().into() }
            }
            Foreign::InlinePolicy { name } => {
                Self { subject: "inline policy", resource: name.clone().into() }
            }
        }
    }
}

/// Why a trust policy is written that is not the wanted one.
fn meanwhile(step: TrustStep) -> Option<String> {
    let note = match step {
        TrustStep::Wanted => return None,
        TrustStep::Shared => {
            "until the other changes are made, the role trusts only whom both the old and the new trust policy trust"
        }
        TrustStep::Closed => "until the other changes are made, nobody can assume the role",
    };
    Some(note.to_owned())
}

impl From<&plan::Change> for ChangeView {
    fn from(change: &plan::Change) -> Self {
        match change {
            plan::Change::Aws(change) => change.into(),
            plan::Change::Genesys(step) => step.into(),
        }
    }
}

impl From<&Change> for ChangeView {
    fn from(change: &Change) -> Self {
        let view =
            |verb, subject, resource: &dyn ToString, before: Option<Value>, after: Option<Value>| Self {
                operation: change.operation(),
                verb,
                subject,
                resource: resource.to_string().into(),
                before,
                after,
                note: None,
                effect: None,
            };
        match change {
            Change::CreateRole { role } => {
                view(Verb::Create, "role", &role.name, None, Some(role_value(role)))
            }
            Change::UpdateTrust { role, before, after, step } => {
                let (before, after) = (Some(document(before)), Some(document(after)));
                Self {
                    note: meanwhile(*step).map(Into::into),
                    ..view(Verb::Update, "trust policy", role, before, after)
                }
            }
            Change::PutBoundary { role, before: Some(before), after } => {
                view(Verb::Update, "permissions boundary", role, Some(json!(before)), Some(json!(after)))
            }
            Change::PutBoundary { role, before: None, after } => {
                view(Verb::Create, "permissions boundary", role, None, Some(json!(after)))
            }
            Change::DeleteBoundary { role, before } => {
                view(Verb::Delete, "permissions boundary", role, Some(json!(before)), None)
            }
            Change::UpdateRole { role, before, after } => {
                let (before, after) = changed_settings(before, after);
                view(Verb::Update, "settings", role, Some(before), Some(after))
            }
            Change::TagRole { role, tags } => {
                let (before, after) = tag_values(tags);
                view(Verb::Update, "tags", role, Some(before), Some(after))
            }
            Change::CreatePolicy { arn, policy } => {
                view(Verb::Create, "policy", arn, None, Some(policy_value(policy)))
            }
            Change::TagPolicy { arn, tags } => {
                let (before, after) = tag_values(tags);
                view(Verb::Update, "policy tags", arn, Some(before), Some(after))
            }
            Change::DeletePolicyVersion { arn, version } => {
                view(Verb::Delete, "policy version", arn, Some(json!(version)), None)
            }
            Change::CreatePolicyVersion { arn, before, after } => view(
                Verb::Update,
                "policy document",
                arn,
                before.as_ref().map(document),
                Some(document(after)),
            ),
            Change::AttachPolicy { role, arn } => {
                view(Verb::Create, "attachment", role, None, Some(json!(arn)))
            }
            Change::DetachPolicy { role, arn, own: _ } => {
                view(Verb::Delete, "attachment", role, Some(json!(arn)), None)
            }
            Change::DeletePolicy { arn, before } => {
                view(Verb::Delete, "policy", arn, before.as_ref().map(document), None)
            }
            Change::PutInlinePolicy { role, name, document: text } => view(
                Verb::Create,
                "inline policy",
                role,
                None,
                Some(json!({"name": name, "document": document(text)})),
            ),
            Change::DeleteInlinePolicy { role, name, before } => view(
                Verb::Delete,
                "inline policy",
                role,
                Some(json!({"name": name, "document": before.as_ref().map(document)})),
                None,
            ),
            Change::DeleteRole { role } => view(Verb::Delete, "role", role, None, None),
        }
    }
}

/// The document as JSON, or as the text that it is where it is none.
fn document(document: &StoredDocument) -> Value {
    serde_json::from_str(document.text()).unwrap_or_else(|_| Value::from(document.text()))
}

fn role_value(role: &RoleSpecification) -> Value {
    let RoleSpecification {
        name: _,
        path,
        description,
        max_session_duration,
        permissions_boundary,
        tags,
        trust,
    } = role;
    let mut value = json!({
        "path": path,
        "description": description,
        "max_session_duration": max_session_duration,
        "tags": tags,
        "trust": document(trust),
    });
    if let (Some(boundary), Some(members)) = (permissions_boundary, value.as_object_mut()) {
        members.insert("permissions_boundary".to_owned(), json!(boundary));
    }
    value
}

fn policy_value(policy: &PolicySpecification) -> Value {
    let PolicySpecification { name: _, path: _, description, tags, document: text } = policy;
    json!({"description": description, "tags": tags, "document": document(text)})
}

fn changed_settings(before: &RoleSettings, after: &RoleSettings) -> (Value, Value) {
    let (mut old, mut new) = (serde_json::Map::new(), serde_json::Map::new());
    if before.0 != after.0 {
        old.insert("description".to_owned(), json!(before.0));
        new.insert("description".to_owned(), json!(after.0));
    }
    if before.1 != after.1 {
        old.insert("max_session_duration".to_owned(), json!(before.1));
        new.insert("max_session_duration".to_owned(), json!(after.1));
    }
    (Value::Object(old), Value::Object(new))
}

fn tag_values(tags: &std::collections::BTreeMap<String, TagChange>) -> (Value, Value) {
    let before = tags.iter().filter_map(|(key, tag)| Some((key.clone(), Value::from(tag.before.clone()?))));
    let after = tags.iter().map(|(key, tag)| (key.clone(), Value::from(tag.after.clone())));
    (Value::Object(before.collect()), Value::Object(after.collect()))
}
