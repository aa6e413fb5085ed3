//! Who uses the actions whose IDs a plan ends: flows refer to an action by its ID, and fail where it is gone.
//!
//! Read only for such actions. A failure to ask is a value ([`Doubt`]), for a plan is worth showing without it; and it is never
//! taken for the answer that nobody uses the action.

use futures_util::future::join_all;

use crate::observe::genesys::Observed;
use crate::ports::genesys::{
    ConsumerRecord, FlowRecord, GenesysError, GenesysErrorKind, GenesysRead, GenesysResult, Index, IndexState,
};

/// An action that ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    pub id: String,
    pub name: String,
    /// Whether only secure flows may call it: dependency tracking keeps these apart.
    pub is_secure: bool,
}

/// What is known of the use of an action.
#[derive(Clone, Debug)]
pub struct Usage {
    pub action: Ending,
    /// What uses it, each once.
    pub users: Vec<User>,
    /// Why there may be more; `None` where the index is in order.
    pub doubt: Option<Doubt>,
}

/// Something that uses an action.
#[derive(Clone, Debug)]
pub struct User {
    pub id: String,
    pub name: String,
    /// Its kind, as the API writes it.
    pub kind: String,
    /// Of a flow, what is known of it.
    pub flow: Option<Flow>,
}

/// What is known of a flow.
#[derive(Clone, Debug)]
pub enum Flow {
    /// It was read; and whether the version that runs is among those that use the action.
    Read {
        record: FlowRecord,
        /// Whether the version that runs uses the action.
        runs_it: bool,
    },
    /// Genesys Cloud has no such flow any more.
    Gone,
    /// It could not be read.
    Unreadable(GenesysErrorKind),
}

/// Why there may be users that are not known.
#[derive(Clone, Debug)]
pub enum Doubt {
    /// Genesys Cloud did not answer the question.
    Unanswered(GenesysError),
    /// The index does not know the action.
    NotIndexed,
    /// The index is not in order.
    Index(IndexState),
    /// The index could not take in some things, which may use the action.
    LeftOut(Vec<String>),
}

/// The actions of that snapshot that have one of these IDs.
#[must_use]
pub fn ending<'a>(observed: &Observed, ids: impl Iterator<Item = &'a str>) -> Vec<Ending> {
    let actions = || observed.integrations.iter().flat_map(|known| &known.actions);
    let found = ids.filter_map(|id| actions().find(|action| action.id == id));
    found
        .map(|action| Ending { id: action.id.clone(), name: action.name.clone(), is_secure: action.secure })
        .collect()
}

/// Asks who uses the actions.
pub async fn usage<R: GenesysRead>(reader: &R, ending: Vec<Ending>) -> Vec<Usage> {
    if ending.is_empty() {
        return Vec::new();
    }
    let index = reader.dependency_index().await;
    join_all(ending.into_iter().map(async |action| match &index {
        Err(error) => Usage { action, users: Vec::new(), doubt: Some(Doubt::Unanswered(error.clone())) },
        Ok(index) => used_by(reader, action, index).await,
    }))
    .await
}

async fn used_by<R: GenesysRead>(reader: &R, action: Ending, index: &Index) -> Usage {
    let consumers = match reader.consumers(&action.id, action.is_secure).await {
        Ok(consumers) => consumers,
        Err(error) => {
            let doubt = match error.kind == GenesysErrorKind::NotFound {
                true => Doubt::NotIndexed,
                false => Doubt::Unanswered(error),
            };
            return Usage { action, users: Vec::new(), doubt: Some(doubt) };
        }
    };
    // Each version of a flow that uses the action is one entry.
    let mut seen: Vec<(ConsumerRecord, Vec<String>)> = Vec::new();
    for consumer in consumers {
        let version = consumer.version.clone();
        match seen.iter_mut().find(|(known, _)| known.id == consumer.id) {
            Some((_, versions)) => versions.extend(version),
            None => seen.push((consumer, version.into_iter().collect())),
        }
    }
    let users = join_all(seen.into_iter().map(async |(consumer, versions)| {
        let flow = match consumer.is_flow() {
            true => Some(of_flow(reader.flow(&consumer.id).await, &versions)),
            false => None,
        };
        let ConsumerRecord { id, name, kind, version: _ } = consumer;
        User { id, name, kind, flow }
    }));
    let doubt = match (&index.state, index.failed.as_slice()) {
        (IndexState::Operational, []) => None,
        (IndexState::Operational, failed) => Some(Doubt::LeftOut(failed.to_vec())),
        (
            IndexState::NeedsRebuild
            | IndexState::Building
            | IndexState::Incomplete
            | IndexState::NotBuilt
            | IndexState::Other(_),
            _,
        ) => Some(Doubt::Index(index.state.clone())),
    };
    Usage { action, users: users.await, doubt }
}

fn of_flow(read: GenesysResult<Option<FlowRecord>>, versions: &[String]) -> Flow {
    match read {
        Ok(Some(record)) => {
            let runs_it = record.published.as_ref().is_some_and(|published| versions.contains(published));
            Flow::Read { record, runs_it }
        }
        Ok(None) => Flow::Gone,
        Err(error) => Flow::Unreadable(error.kind),
    }
}
