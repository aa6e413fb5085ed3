//! The ports on the client: which call answers which question.

use futures_util::TryStreamExt;
use futures_util::future::try_join;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::client::{Client, Request};
use super::operation as op;
use super::whoami;
use super::wire;
use rolecall_model::ports::genesys::{
    ActionRecord, ActionSpecification, ActionUpdate, ConsumerRecord, CredentialRecord,
    CredentialSpecification, CredentialTypeRecord, Fault, FlowRecord, GenesysErrorKind, GenesysRead,
    GenesysResult, GenesysTest, GenesysWrite, Index, IntegrationConfig, IntegrationRecord,
    IntegrationTypeRecord, IntendedState, Organization, Stage, TemplateFile, TestResult,
};
use rolecall_model::ports::metrics::{ActionMetrics, ReadActionMetrics, Window};

/// The page size of integrations and actions; nobody has many.
const PAGE: u32 = 100;
/// The largest page of the listing of credentials.
const CREDENTIAL_PAGE: u32 = 200;
/// How the IDs of the actions begin that come with Genesys Cloud (Terraform provider, `staticActionIDPrefix`).
const BUILT_IN: &str = "static";

/// `Ok(None)` where there is no such thing.
fn optional<T>(result: GenesysResult<T>) -> GenesysResult<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == GenesysErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

async fn get<W: DeserializeOwned, T: From<W>>(request: Request<'_>) -> GenesysResult<T> {
    request.json::<W>().await.map(T::from)
}

async fn find<W: DeserializeOwned, T: From<W>>(request: Request<'_>) -> GenesysResult<Option<T>> {
    optional(get(request).await)
}

async fn list<W: DeserializeOwned, T: From<W>>(request: Request<'_>) -> GenesysResult<Vec<T>> {
    request.pages::<W>(PAGE).map_ok(T::from).try_collect().await
}

impl GenesysRead for Client {
    async fn organization(&self) -> GenesysResult<Organization> {
        let wire::Named { id, name } = self.call(&op::ORGANIZATION).json().await?;
        Ok(Organization { id, name })
    }

    async fn integration_type(&self, id: &str) -> GenesysResult<Option<IntegrationTypeRecord>> {
        find::<wire::IntegrationType, _>(self.call(&op::INTEGRATION_TYPE).at(id)).await
    }

    async fn actions_an_integration(&self) -> GenesysResult<Option<u64>> {
        let limits = whoami::limits(self).await?;
        let limit = limits.into_iter().flatten().find(|limit| limit.key == "actions.integration.max");
        Ok(limit.and_then(|limit| limit.value).and_then(|value| u64::try_from(value).ok()))
    }

    async fn credential_types(&self) -> GenesysResult<Vec<CredentialTypeRecord>> {
        get::<wire::CredentialTypes, _>(self.call(&op::CREDENTIAL_TYPES)).await
    }

    async fn credentials(&self) -> GenesysResult<Vec<CredentialRecord>> {
        let credentials =
            self.call(&op::CREDENTIALS).cursor_pages::<wire::Credential>("after", CREDENTIAL_PAGE);
        credentials.map_ok(CredentialRecord::from).try_collect().await
    }

    async fn credential(&self, id: &str) -> GenesysResult<Option<CredentialRecord>> {
        find::<wire::Credential, _>(self.call(&op::CREDENTIAL).at(id)).await
    }

    async fn integrations(&self, type_id: &str) -> GenesysResult<Vec<IntegrationRecord>> {
        let mut found: Vec<IntegrationRecord> =
            list::<wire::Integration, _>(self.call(&op::INTEGRATIONS).query("integrationType", &type_id))
                .await?;
        found.retain(|integration| integration.type_id == type_id);
        Ok(found)
    }

    async fn integrations_using(&self, credential_id: &str) -> GenesysResult<Vec<IntegrationRecord>> {
        list::<wire::Integration, _>(self.call(&op::INTEGRATIONS).query("credentialId", &credential_id)).await
    }

    async fn integration(&self, id: &str) -> GenesysResult<Option<IntegrationRecord>> {
        find::<wire::Integration, _>(self.call(&op::INTEGRATION).at(id)).await
    }

    async fn integration_config(&self, id: &str) -> GenesysResult<Option<IntegrationConfig>> {
        find::<wire::Configuration, _>(self.call(&op::CONFIGURATION).at(id)).await
    }

    async fn actions(&self, stage: Stage) -> GenesysResult<Vec<ActionRecord>> {
        let operation = match stage {
            Stage::Published => &op::ACTIONS,
            Stage::Draft => &op::DRAFTS,
        };
        let mut found: Vec<ActionRecord> = list::<wire::Action, _>(self.call(operation)).await?;
        found.retain(|action| !action.id.starts_with(BUILT_IN));
        Ok(found)
    }

    async fn action(&self, id: &str, stage: Stage) -> GenesysResult<Option<ActionRecord>> {
        let operation = match stage {
            Stage::Published => &op::ACTION,
            Stage::Draft => &op::DRAFT,
        };
        find::<wire::Action, _>(
            self.call(operation).at(id).query("includeConfig", &true).query("expand", &"contract"),
        )
        .await
    }

    async fn action_template(
        &self,
        id: &str,
        stage: Stage,
        file: TemplateFile,
    ) -> GenesysResult<Option<String>> {
        let operation = match stage {
            Stage::Published => &op::TEMPLATE,
            Stage::Draft => &op::DRAFT_TEMPLATE,
        };
        optional(self.call(operation).at(id).at(file.name()).text().await)
    }

    async fn draft_faults(&self, id: &str) -> GenesysResult<Vec<Fault>> {
        get::<wire::Validation, _>(self.call(&op::CHECK_DRAFT).at(id)).await
    }

    async fn dependency_index(&self) -> GenesysResult<Index> {
        get::<wire::Status, _>(self.call(&op::DEPENDENCY_INDEX)).await
    }

    async fn consumers(&self, action_id: &str, is_secure: bool) -> GenesysResult<Vec<ConsumerRecord>> {
        let kind = if is_secure { "SECUREACTION" } else { "DATAACTION" };
        list::<wire::Dependency, _>(
            self.call(&op::CONSUMERS).query("id", &action_id).query("objectType", &kind),
        )
        .await
    }

    async fn flow(&self, id: &str) -> GenesysResult<Option<FlowRecord>> {
        find::<wire::Flow, _>(self.call(&op::FLOW).at(id)).await
    }
}

/// What no message about the write may quote.
fn secrets(credential: &CredentialSpecification) -> Vec<SecretString> {
    let values = credential.fields.values().filter(|_| credential.is_secret);
    values.cloned().map(SecretString::from).collect()
}

impl GenesysWrite for Client {
    async fn create_credential(
        &self,
        credential: &CredentialSpecification,
    ) -> GenesysResult<CredentialRecord> {
        let body = wire::CredentialBody::from(credential);
        get::<wire::Credential, _>(self.call(&op::ADD_CREDENTIAL).body(&body).hiding(secrets(credential)))
            .await
    }

    async fn update_credential(
        &self,
        id: &str,
        credential: &CredentialSpecification,
    ) -> GenesysResult<CredentialRecord> {
        let body = wire::CredentialBody::from(credential);
        get::<wire::Credential, _>(
            self.call(&op::SET_CREDENTIAL).at(id).body(&body).hiding(secrets(credential)),
        )
        .await
    }

    async fn delete_credential(&self, id: &str) -> GenesysResult<()> {
        self.call(&op::REMOVE_CREDENTIAL).at(id).done().await
    }

    async fn create_integration(&self, type_id: &str, name: &str) -> GenesysResult<IntegrationRecord> {
        let body = wire::NewIntegration::new(type_id, name);
        get::<wire::Integration, _>(self.call(&op::ADD_INTEGRATION_OF_TYPE).body(&body)).await
    }

    async fn put_integration_config(
        &self,
        id: &str,
        config: &IntegrationConfig,
    ) -> GenesysResult<IntegrationConfig> {
        let body = wire::ConfigurationBody::from(config);
        get::<wire::Configuration, _>(self.call(&op::SET_CONFIGURATION).at(id).body(&body)).await
    }

    async fn set_intended_state(&self, id: &str, state: IntendedState) -> GenesysResult<IntegrationRecord> {
        let body = wire::StateBody { intended_state: state.into() };
        get::<wire::Integration, _>(self.call(&op::SET_INTEGRATION).at(id).body(&body)).await
    }

    async fn delete_integration(&self, id: &str) -> GenesysResult<()> {
        // It answers with what it deleted.
        let deleted = self.call(&op::REMOVE_INTEGRATION).at(id).json::<wire::Integration>().await;
        deleted.map(drop)
    }

    async fn create_draft(&self, action: &ActionSpecification) -> GenesysResult<ActionRecord> {
        get::<wire::Action, _>(self.call(&op::ADD_DRAFT).body(&wire::NewAction::from(action))).await
    }

    async fn create_draft_of(&self, id: &str) -> GenesysResult<ActionRecord> {
        get::<wire::Action, _>(self.call(&op::OPEN_DRAFT).at(id)).await
    }

    async fn update_draft(
        &self,
        id: &str,
        version: i64,
        update: &ActionUpdate,
    ) -> GenesysResult<ActionRecord> {
        let body = wire::ActionChange::new(version, update);
        get::<wire::Action, _>(self.call(&op::SET_DRAFT).at(id).body(&body)).await
    }

    async fn publish_draft(&self, id: &str, version: i64) -> GenesysResult<ActionRecord> {
        get::<wire::Action, _>(self.call(&op::PUBLISH_DRAFT).at(id).body(&wire::PublishBody { version }))
            .await
    }

    async fn delete_draft(&self, id: &str) -> GenesysResult<()> {
        self.call(&op::REMOVE_DRAFT).at(id).done().await
    }

    async fn delete_action(&self, id: &str) -> GenesysResult<()> {
        self.call(&op::REMOVE_ACTION).at(id).done().await
    }
}

impl ReadActionMetrics for Client {
    async fn action_metrics(&self, ids: &[String], window: Window) -> GenesysResult<ActionMetrics> {
        if ids.is_empty() {
            return Ok(ActionMetrics::default());
        }
        let ask = async |query: wire::metrics::Query| {
            self.call(&op::ACTION_METRICS).body(&query).json::<wire::metrics::Answer>().await
        };
        let (ends, times) = try_join(
            ask(wire::metrics::Query::of_ends(ids, window)),
            ask(wire::metrics::Query::of_times(ids, window)),
        )
        .await?;
        Ok(wire::metrics::metrics(&ends, &times))
    }
}

impl GenesysTest for Client {
    async fn test_action(
        &self,
        id: &str,
        stage: Stage,
        input: &Map<String, Value>,
    ) -> GenesysResult<TestResult> {
        let operation = match stage {
            Stage::Published => &op::TEST_ACTION,
            Stage::Draft => &op::TEST_DRAFT,
        };
        get::<wire::Test, _>(self.call(operation).at(id).body(input)).await
    }
}
