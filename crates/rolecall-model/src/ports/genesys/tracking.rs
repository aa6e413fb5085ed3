//! Who uses what, as Architect's dependency tracking tells it.
//!
//! It tells what its index holds: references within Architect. That nothing is told is no proof that nobody uses a thing.

/// How far the index of dependency tracking can be relied on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexState {
    /// It is kept up to date.
    Operational,
    /// It answers, and says of itself that it should be built anew.
    NeedsRebuild,
    /// It is being built, or waits for that.
    Building,
    /// The last build did not come to its end.
    Incomplete,
    /// There is none.
    NotBuilt,
    /// A state that the SDKs do not name.
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    pub state: IndexState,
    /// The names of what it could not take in: what these use is not known.
    pub failed: Vec<String>,
}

/// Something that uses an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerRecord {
    pub id: String,
    pub name: String,
    /// Its kind, as the API writes it, such as `INBOUNDCALLFLOW`.
    pub kind: String,
    /// The version that uses the action.
    pub version: Option<String>,
}

impl ConsumerRecord {
    /// Whether it is a flow (`Dependency.type` of the SDKs: all flows end so, but for workflows).
    pub fn is_flow(&self) -> bool {
        self.kind.ends_with("FLOW")
    }
}

/// A flow, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRecord {
    /// The version that runs; `None` where none was published.
    pub published: Option<String>,
    /// Who published it: a person, or an OAuth client.
    pub owner: Option<String>,
    pub division: Option<String>,
}
