//! Dependency tracking and flows, as the SDKs describe them (`DependencyStatus`, `Dependency`, `Flow`; PureCloudPlatformClientV2
//! 269.0.0).

use serde::Deserialize;

use super::{Named, or_default};
use rolecall_model::ports::genesys::{ConsumerRecord, FlowRecord, Index, IndexState};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Status {
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(deserialize_with = "or_default")]
    failed_objects: Vec<Named>,
}

impl From<Status> for Index {
    fn from(Status { status, failed_objects }: Status) -> Self {
        let state = match status.to_ascii_uppercase().as_str() {
            "OPERATIONAL" => IndexState::Operational,
            "OPERATIONALNEEDSREBUILD" => IndexState::NeedsRebuild,
            "BUILDINITIALIZING" | "BUILDINPROGRESS" | "BUILDQUEUED" => IndexState::Building,
            "BUILDINCOMPLETE" => IndexState::Incomplete,
            "NOTBUILT" => IndexState::NotBuilt,
            _ => IndexState::Other(status),
        };
        let name = |Named { id, name }| if name.is_empty() { id } else { name };
        Self { state, failed: failed_objects.into_iter().map(name).collect() }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Dependency {
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(rename = "type", default, deserialize_with = "or_default")]
    kind: String,
    #[serde(default)]
    version: Option<String>,
}

impl From<Dependency> for ConsumerRecord {
    fn from(Dependency { id, name, kind, version }: Dependency) -> Self {
        Self { id, name, kind, version }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Flow {
    division: Option<Named>,
    published_version: Option<Version>,
    published_by: Option<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Version {
    id: Option<String>,
    created_by: Option<Named>,
    created_by_client: Option<Named>,
}

impl From<Flow> for FlowRecord {
    fn from(Flow { division, published_version, published_by }: Flow) -> Self {
        let named = |named: Option<Named>| {
            let Named { id, name } = named?;
            Some(if name.is_empty() { id } else { name }).filter(|name| !name.is_empty())
        };
        let Version { id, created_by, created_by_client } = published_version.unwrap_or_default();
        let owner = named(published_by).or_else(|| named(created_by)).or_else(|| named(created_by_client));
        Self { published: id, owner, division: named(division) }
    }
}
