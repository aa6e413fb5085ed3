//! What the organization remembers.
//!
//! Plain data that goes to JSON and back. Documents whose inside Genesys Cloud only passes on (schemas, request and
//! response configurations) are kept as they were sent. Deliberately absent: tokens and running audit queries, which
//! end with the process.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CLIENT_ID, CLIENT_SECRET, catalogue};
use crate::measured::Execution;

/// The most audit entries that are kept.
const AUDIT_LENGTH: usize = 10_000;

/// One organization of Genesys Cloud with everything in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Genesys {
    /// The organization itself.
    pub organization: Organization,
    /// OAuth clients for client credentials, by ID.
    pub clients: BTreeMap<String, OAuthClient>,
    /// Names of the users by ID.
    pub users: BTreeMap<String, String>,
    /// Credentials of integrations by ID.
    pub credentials: BTreeMap<String, Credential>,
    /// Integrations by ID.
    pub integrations: BTreeMap<String, Integration>,
    /// Data actions by ID; the built-in ones are not among them.
    pub actions: BTreeMap<String, Action>,
    /// What was changed, oldest first.
    pub audits: Vec<AuditEntry>,
    /// Limits by namespace and key.
    pub limits: BTreeMap<String, BTreeMap<String, u64>>,
    /// Flows by ID.
    #[serde(default)]
    pub flows: BTreeMap<String, Flow>,
    /// What Architect's dependency tracking says of itself.
    #[serde(default)]
    pub dependency_index: DependencyIndex,
    /// The actions that ran, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub executions: Vec<Execution>,
    /// Whether analytics has percentiles, which are in the SDKs' description of its answers and in no example.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub tells_percentiles: bool,
    /// Whether a credential's fields can be read back. Genesys Cloud redacts "sensitive fields", and whether an ARN is
    /// one is not documented: a client must cope with both.
    pub shows_credential_fields: bool,
}

/// Who the customer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The ID, which is the external ID at AssumeRole.
    pub id: String,
    pub name: String,
}

/// An OAuth client for client credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OAuthClient {
    pub name: String,
    /// The secret; made up and public, as everything here.
    pub secret: String,
    /// The permissions of its roles.
    pub permissions: Vec<String>,
    /// How long its tokens live, 300 to 172800 seconds.
    pub token_seconds: u32,
}

/// The credential of an integration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub name: String,
    /// The name of its type.
    pub kind: String,
    /// The fields, secret or not.
    pub fields: BTreeMap<String, String>,
    /// RFC 3339.
    pub created: String,
    /// RFC 3339.
    pub modified: String,
}

/// What somebody wants of an integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum IntendedState {
    /// To be active.
    Enabled,
    /// To rest.
    Disabled,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Integration {
    /// The ID of its type.
    pub kind: String,
    pub intended: IntendedState,
    /// Milliseconds since 1970: when that was last changed.
    pub intended_since: i64,
    pub configuration: Configuration,
}

/// The configuration of an integration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Configuration {
    /// The name, which is the integration's.
    pub name: String,
    /// Counts the changes, from 1.
    pub version: u64,
    /// Properties of the type.
    pub properties: Value,
    /// More of them.
    pub advanced: Value,
    /// Notes of the people who look after it.
    pub notes: String,
    /// IDs of credentials by the keys that the type knows.
    pub credentials: BTreeMap<String, String>,
}

/// A data action, published or only drafted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// The ID of its integration.
    pub integration: String,
    /// What flows run; none until the first draft is published.
    pub published: Option<Revision>,
    /// What is being worked on.
    pub draft: Option<Revision>,
}

/// What can change about an action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revision {
    /// The name, which is no key.
    pub name: String,
    pub category: String,
    /// Whether it takes sensitive data.
    pub secure: bool,
    /// Counts the changes, from 1; a draft counts its own.
    pub version: u64,
    /// `{"input": {"inputSchema": …}, "output": {"successSchema": …}}`.
    pub contract: Value,
    /// `{"timeoutSeconds": …, "request": …, "response": …}`, the templates as text.
    pub config: Value,
}

/// A flow, as far as dependency tracking tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    pub name: String,
    /// The kind, such as `INBOUNDCALLFLOW`.
    pub kind: String,
    /// The name of its division.
    pub division: String,
    /// The ID of the user who published it.
    pub published_by: Option<String>,
    /// The version that runs.
    pub published: Option<String>,
    /// The versions that use the actions.
    pub versions: Vec<String>,
    /// The IDs of the actions that it uses.
    pub actions: Vec<String>,
}

/// The index of dependency tracking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependencyIndex {
    /// As the API writes it.
    pub status: String,
    /// What it could not take in.
    pub failed: Vec<String>,
}

impl Default for DependencyIndex {
    fn default() -> Self {
        Self { status: "OPERATIONAL".to_owned(), failed: Vec::new() }
    }
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub id: String,
    /// RFC 3339.
    pub at: String,
    /// The ID of the OAuth client that did it; none where a user did.
    pub client: Option<String>,
    /// The ID of the user who did it.
    pub user: Option<String>,
    /// `Create`, `Update`, `Delete`, `Publish`, `Enable`, `Disable` or `Execute`.
    pub action: String,
    /// `Action`, `ActionDraft`, `Integration` or `Credential`.
    pub entity_type: String,
    /// What it was done to.
    pub entity_id: String,
    /// Its name at that time.
    pub entity_name: String,
    /// Whether it succeeded.
    pub success: bool,
    pub changes: Vec<Change>,
}

/// A property before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its name, with dots where it lies deeper.
    pub property: String,
    /// Empty where it was not there, or is secret.
    pub old: Vec<String>,
    /// Empty where it is gone, or is secret.
    pub new: Vec<String>,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_yes(it: &bool) -> bool {
    *it
}

impl Default for Genesys {
    /// An organization that nothing was connected to yet.
    fn default() -> Self {
        let organization = Organization {
            id: "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94".to_owned(),
            name: "Contact Centre (sandbox)".to_owned(),
        };
        let client = OAuthClient {
            name: "rolecall".to_owned(),
            secret: CLIENT_SECRET.to_owned(),
            permissions: catalogue::LEAST_PERMISSIONS.map(str::to_owned).into(),
            token_seconds: 86_400,
        };
        let users = (1..=60)
            .map(|number| (format!("00000000-0000-4000-8000-{number:012}"), format!("Agent {number:02}")));
        let built_in = Integration {
            kind: catalogue::PLATFORM.to_owned(),
            intended: IntendedState::Enabled,
            intended_since: 0,
            configuration: Configuration::new("Genesys Cloud Data Actions"),
        };
        Self {
            organization,
            clients: BTreeMap::from([(CLIENT_ID.to_owned(), client)]),
            users: users.collect(),
            credentials: BTreeMap::new(),
            integrations: BTreeMap::from([(catalogue::PLATFORM_INTEGRATION.to_owned(), built_in)]),
            actions: BTreeMap::new(),
            executions: Vec::new(),
            tells_percentiles: true,
            audits: Vec::new(),
            limits: catalogue::limits(),
            flows: BTreeMap::new(),
            dependency_index: DependencyIndex::default(),
            shows_credential_fields: false,
        }
    }
}

impl Genesys {
    /// Adds a line to the audit log.
    pub(super) fn record(&mut self, entry: AuditEntry) {
        let excess = (self.audits.len() + 1).saturating_sub(AUDIT_LENGTH);
        self.audits.drain(..excess);
        self.audits.push(entry);
    }
}

impl Configuration {
    /// As it is at first.
    pub(super) fn new(name: &str) -> Self {
        let empty = || Value::Object(serde_json::Map::new());
        Self {
            name: name.to_owned(),
            version: 1,
            properties: empty(),
            advanced: empty(),
            notes: String::new(),
            credentials: BTreeMap::new(),
        }
    }
}

impl IntendedState {
    /// As the API spells it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Disabled => "DISABLED",
        }
    }
}
