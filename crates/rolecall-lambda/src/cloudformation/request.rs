//! What CloudFormation asks (User Guide, "Custom resource request objects").

use rolecall::desired::genesys::StackResource;
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::fmt::Hyphenated;

use super::response_url::ResponseUrl;

/// Whether an event is a request for a custom resource: somebody waits for an answer at that URL, whatever else is wrong.
pub(crate) fn is_request(event: &Value) -> bool {
    event.get("ResponseURL").is_some()
}

/// A request. The properties stay as they came: what is wrong with them is part of the answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    #[serde(rename = "RequestType")]
    pub(super) change: Change,
    pub(super) stack_id: String,
    pub(super) request_id: String,
    pub(super) resource_type: String,
    pub(super) logical_resource_id: String,
    /// Absent from a `Create`.
    pub(super) physical_resource_id: Option<String>,
    #[serde(default)]
    pub(super) resource_properties: Map<String, Value>,
    /// Of an `Update` only.
    #[serde(default)]
    pub(super) old_resource_properties: Map<String, Value>,
}

/// What an answer needs, of a request that may have nothing else that is right. What is missing is empty.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Addressed {
    /// The kind of change, as it was sent.
    #[serde(rename = "RequestType", default, deserialize_with = "text")]
    pub(super) change: String,
    #[serde(rename = "ResponseURL")]
    pub(super) response_url: ResponseUrl,
    #[serde(default, deserialize_with = "text")]
    pub(super) stack_id: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) request_id: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) logical_resource_id: String,
    #[serde(default, deserialize_with = "text")]
    pub(super) physical_resource_id: String,
}

impl Addressed {
    pub(super) fn read(event: &Value) -> anyhow::Result<Self> {
        Self::deserialize(event).map_err(|error| anyhow::anyhow!("not a custom resource request: {error}"))
    }
}

/// A text; anything else is none.
fn text<'de, D: serde::Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    Ok(Value::deserialize(value)?.as_str().unwrap_or_default().to_owned())
}

impl Request {
    /// What Genesys Cloud calls the resource. Where nothing was made, the physical ID is our own word for that; where no
    /// answer to the `Create` came in time, it is one of CloudFormation's; neither is an ID of Genesys Cloud.
    pub(super) fn genesys_id(&self) -> Option<&str> {
        let id = self.physical_resource_id.as_deref()?;
        let tail = id.strip_prefix("custom_-_").unwrap_or(id);
        tail.parse::<Hyphenated>().is_ok().then_some(id)
    }

    /// The resource, by the names that stay the same as long as it lives.
    pub(super) fn stack_resource(&self) -> StackResource {
        StackResource { stack: self.stack_id.clone(), logical_id: self.logical_resource_id.clone() }
    }
}

/// What is to happen to the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Change {
    Create,
    Update,
    Delete,
}

impl Change {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Update => "Update",
            Self::Delete => "Delete",
        }
    }
}
