//! What the pipeline may ask of Genesys Cloud, as small traits: reads, writes and the one test that runs something.
//!
//! Records carry what Genesys Cloud said, in our own types; no HTTP passes this line. Lists are complete: the adapter
//! reads every page. An answer of "no such entity" is a value (`None`), every other failure is a [`GenesysError`] that
//! was classified once, at the adapter. Retries of a throttled or failing service are the adapter's; waiting for a
//! write to show, and retrying a version conflict, belong to those who know what they wrote.

mod error;
mod tracking;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};

pub use error::{GenesysError, GenesysErrorKind, GenesysResult, gone};
pub use tracking::{ConsumerRecord, FlowRecord, Index, IndexState};

/// The organization that the credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// The ID: the external ID of every role that Genesys Cloud assumes for it.
    pub id: String,
    /// The name that people see.
    pub name: String,
}

/// A kind of integration, such as `aws-lambda-data-actions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationTypeRecord {
    pub id: String,
    /// The credentials that its configuration takes, by the key that they stand under.
    pub credentials: BTreeMap<String, CredentialSlot>,
}

/// A place for a credential in the configuration of an integration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialSlot {
    /// Whether the integration cannot do without.
    pub required: bool,
    /// The names of the credential types that fit.
    pub credential_types: Vec<String>,
}

/// A kind of credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialTypeRecord {
    /// The name, such as `amazonWebServicesARN`.
    pub name: String,
    /// The fields that it needs.
    pub required: Vec<String>,
}

/// A credential, without its secret parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRecord {
    pub id: String,
    /// The name; not unique.
    pub name: String,
    /// The name of its type.
    pub type_name: String,
    /// When it was last changed, as Genesys Cloud writes it; `None` where the answer does not say.
    pub modified: Option<String>,
    /// The fields that Genesys Cloud shows; sensitive ones are redacted or missing. Lists never carry any.
    pub fields: BTreeMap<String, String>,
}

/// A credential to be written. Its values never print.
#[derive(Clone, PartialEq, Eq)]
pub struct CredentialSpecification {
    pub name: String,
    /// The name of its type.
    pub type_name: String,
    /// The values by field.
    pub fields: BTreeMap<String, String>,
    /// Whether the values are secret, so that no message may quote them. The ARN of a role is not.
    pub is_secret: bool,
}

impl fmt::Debug for CredentialSpecification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, type_name, fields, is_secret: _ } = self;
        f.debug_struct("CredentialSpecification")
            .field("name", name)
            .field("type_name", type_name)
            .field("fields", &fields.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// What an integration is meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntendedState {
    Enabled,
    Disabled,
    Deleted,
    Restored,
}

/// What an integration reports to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportedState {
    Active,
    Activating,
    Inactive,
    Deactivating,
    Error,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationRecord {
    pub id: String,
    /// The name; not unique.
    pub name: String,
    /// The ID of its type.
    pub type_id: String,
    /// What it is meant to be.
    pub intended: IntendedState,
    /// What it reports; `None` where the answer does not say or names a state that is not known.
    pub reported: Option<ReportedState>,
    /// What it says about that, where it says something.
    pub detail: Option<String>,
}

/// The configuration of an integration. Writing it needs all of it, with the current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntegrationConfig {
    pub name: String,
    /// The version that was read, and that a write must send.
    pub version: i64,
    /// Settings by the schema of the type; written back as they were read.
    pub properties: Value,
    /// Advanced settings; written back as they were read.
    pub advanced: Value,
    /// Free text for people. The adapter reads `node_dynamodb_empty_string` as no text.
    pub notes: String,
    /// The IDs of the credentials by their key.
    pub credentials: BTreeMap<String, String>,
}

/// What an action takes and gives: JSON Schemas. It cannot change once the action is published.
#[derive(Clone, Debug, PartialEq)]
pub struct Contract {
    /// The schema of the input.
    pub input: Value,
    /// The schema of the output.
    pub output: Value,
}

/// A template: its text, or the file at Genesys Cloud that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Template {
    Text(String),
    /// The answer only names a file; [`GenesysRead::action_template`] reads it.
    Stored,
}

/// How an action calls and what it makes of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionConfig {
    /// How long Genesys Cloud waits; 60 where it does not say.
    pub timeout_seconds: Option<u32>,
    /// What is called: the ARN of a Lambda function, or an address; may hold templates.
    pub url_template: String,
    /// The HTTP method, `POST` for Lambda.
    pub method: String,
    /// The headers; values may hold templates.
    pub headers: BTreeMap<String, String>,
    /// The template of the request's body.
    pub request_template: Option<Template>,
    /// Names and the JSON paths that extract them from the answer.
    pub translation_map: BTreeMap<String, String>,
    /// Values of names whose JSON path finds nothing.
    pub translation_map_defaults: BTreeMap<String, String>,
    /// The template of the result.
    pub success_template: Option<Template>,
}

/// An action, published or a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRecord {
    /// The ID that flows refer to.
    pub id: String,
    /// The name; not unique.
    pub name: String,
    pub category: String,
    /// The integration that it belongs to.
    pub integration_id: String,
    /// The version that a write must send.
    pub version: i64,
    /// Whether only secure flows may call it.
    pub secure: bool,
    /// The contract; `None` in lists.
    pub contract: Option<Contract>,
    /// The configuration; `None` in lists.
    pub config: Option<ActionConfig>,
}

/// An action to be created. Its templates are texts.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionSpecification {
    pub name: String,
    pub category: String,
    /// The integration that it belongs to.
    pub integration_id: String,
    /// Whether only secure flows may call it.
    pub secure: bool,
    pub contract: Contract,
    /// The configuration.
    pub config: ActionConfig,
}

/// What may change in an action that is published.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionUpdate {
    pub name: String,
    pub category: String,
    /// The configuration.
    pub config: ActionConfig,
}

/// Which of an action's two forms is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The one that flows call.
    Published,
    /// The one that is being prepared.
    Draft,
}

/// A template that Genesys Cloud keeps in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateFile {
    /// `requesttemplate.vm`
    Request,
    /// `successtemplate.vm`
    Success,
}

impl TemplateFile {
    /// The file's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "requesttemplate.vm",
            Self::Success => "successtemplate.vm",
        }
    }
}

/// An error that Genesys Cloud reports inside an answer, with the errors that led to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// What went wrong; often only `Internal Server Error`, with the cause in `errors`.
    pub message: String,
    pub code: Option<String>,
    /// The HTTP status of what failed.
    pub status: Option<u16>,
    /// What Genesys support asks for.
    pub context_id: Option<String>,
    /// The errors below it.
    pub errors: Vec<Fault>,
}

impl Fault {
    /// The true cause: the message of the innermost error that has one.
    pub fn deepest(&self) -> &str {
        let inner = self.errors.iter().map(Self::deepest).find(|message| !message.is_empty());
        inner.unwrap_or(&self.message)
    }
}

/// One step of a test.
#[derive(Clone, Debug, PartialEq)]
pub struct TestOperation {
    /// Its number.
    pub step: Option<i64>,
    /// Its name; `Execute` is the call itself, the other names are not documented.
    pub name: String,
    /// Whether it went well.
    pub success: bool,
    /// What it gave.
    pub result: Option<Value>,
    /// Why it failed.
    pub error: Option<Fault>,
}

/// What a test of an action gave. The HTTP status is 200 whether it went well or not.
#[derive(Clone, Debug, PartialEq)]
pub struct TestResult {
    /// Whether the action went well.
    pub success: bool,
    /// The steps.
    pub operations: Vec<TestOperation>,
    /// Why the whole failed.
    pub error: Option<Fault>,
    /// The action's result.
    pub final_result: Option<Value>,
}

/// What is read of Genesys Cloud.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait GenesysRead {
    /// The organization of the credentials.
    async fn organization(&self) -> GenesysResult<Organization>;
    /// A kind of integration.
    async fn integration_type(&self, id: &str) -> GenesysResult<Option<IntegrationTypeRecord>>;
    /// All kinds of credentials.
    async fn credential_types(&self) -> GenesysResult<Vec<CredentialTypeRecord>>;
    async fn credentials(&self) -> GenesysResult<Vec<CredentialRecord>>;
    async fn credential(&self, id: &str) -> GenesysResult<Option<CredentialRecord>>;
    async fn integrations(&self, type_id: &str) -> GenesysResult<Vec<IntegrationRecord>>;
    /// The integrations, of whatever type, that a credential is attached to.
    async fn integrations_using(&self, credential_id: &str) -> GenesysResult<Vec<IntegrationRecord>>;
    async fn integration(&self, id: &str) -> GenesysResult<Option<IntegrationRecord>>;
    /// The current configuration of an integration.
    async fn integration_config(&self, id: &str) -> GenesysResult<Option<IntegrationConfig>>;
    /// All actions of that stage, those that come with Genesys Cloud left out (`static…`); without contract and configuration.
    async fn actions(&self, stage: Stage) -> GenesysResult<Vec<ActionRecord>>;
    /// One action with its contract and configuration.
    async fn action(&self, id: &str, stage: Stage) -> GenesysResult<Option<ActionRecord>>;
    /// The text of a template that Genesys Cloud keeps in a file.
    async fn action_template(
        &self,
        id: &str,
        stage: Stage,
        file: TemplateFile,
    ) -> GenesysResult<Option<String>>;
    /// How many actions an integration of the organization may have; `None` where Genesys Cloud does not say.
    async fn actions_an_integration(&self) -> GenesysResult<Option<u64>>;
    /// What is wrong with a draft; nothing where it may be published. Runs nothing.
    async fn draft_faults(&self, id: &str) -> GenesysResult<Vec<Fault>>;
    /// The index of dependency tracking.
    async fn dependency_index(&self) -> GenesysResult<Index>;
    /// What uses an action, by that index; an action that only secure flows may call is another kind of thing there.
    async fn consumers(&self, action_id: &str, is_secure: bool) -> GenesysResult<Vec<ConsumerRecord>>;
    async fn flow(&self, id: &str) -> GenesysResult<Option<FlowRecord>>;
}

/// What is written to Genesys Cloud. Every write answers with what it made.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait GenesysWrite {
    async fn create_credential(
        &self,
        credential: &CredentialSpecification,
    ) -> GenesysResult<CredentialRecord>;
    /// Replaces a credential.
    async fn update_credential(
        &self,
        id: &str,
        credential: &CredentialSpecification,
    ) -> GenesysResult<CredentialRecord>;
    async fn delete_credential(&self, id: &str) -> GenesysResult<()>;
    async fn create_integration(&self, type_id: &str, name: &str) -> GenesysResult<IntegrationRecord>;
    /// Replaces the configuration of an integration, where `version` is still the current one.
    async fn put_integration_config(
        &self,
        id: &str,
        config: &IntegrationConfig,
    ) -> GenesysResult<IntegrationConfig>;
    /// Enables or disables an integration.
    async fn set_intended_state(&self, id: &str, state: IntendedState) -> GenesysResult<IntegrationRecord>;
    /// Deletes an integration, and with it its actions.
    async fn delete_integration(&self, id: &str) -> GenesysResult<()>;
    /// Creates an action as a draft, which nothing calls yet.
    async fn create_draft(&self, action: &ActionSpecification) -> GenesysResult<ActionRecord>;
    /// Makes a draft of a published action.
    async fn create_draft_of(&self, id: &str) -> GenesysResult<ActionRecord>;
    /// Changes a draft, where `version` is still the current one.
    async fn update_draft(
        &self,
        id: &str,
        version: i64,
        update: &ActionUpdate,
    ) -> GenesysResult<ActionRecord>;
    /// Publishes a draft, where `version` is still the draft's own.
    async fn publish_draft(&self, id: &str, version: i64) -> GenesysResult<ActionRecord>;
    /// Discards a draft.
    async fn delete_draft(&self, id: &str) -> GenesysResult<()>;
    async fn delete_action(&self, id: &str) -> GenesysResult<()>;
}

/// What is run in Genesys Cloud.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait GenesysTest {
    /// Runs an action with that input: Genesys Cloud assumes the role and invokes the function for real.
    async fn test_action(
        &self,
        id: &str,
        stage: Stage,
        input: &Map<String, Value>,
    ) -> GenesysResult<TestResult>;
}
