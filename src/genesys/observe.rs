//! What is in Genesys Cloud: one snapshot of the integrations that may be meant, with their credentials and actions.

use futures_util::future::try_join_all;
use tokio::try_join;

use super::desired::{Kind, Mark};
use crate::ports::genesys::{
    ActionConfig, ActionRecord, CredentialRecord, GenesysRead, GenesysResult, IntegrationConfig,
    IntegrationRecord, Organization, Stage, Template, TemplateFile,
};

/// The state of everything that a plan decides about.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Whose credentials these are.
    pub organization: Organization,
    /// How a credential with the role's ARN is written.
    pub form: CredentialForm,
    /// The integrations that are rolecall's for this role, or have the name that its own would have.
    pub integrations: Vec<ObservedIntegration>,
    /// All credentials, as the list gives them.
    pub credentials: Vec<CredentialRecord>,
    /// Of these, one that has the name and the type of rolecall's own and that nothing uses: an earlier run was stopped
    /// before it could say whose it is.
    pub orphan: Option<CredentialRecord>,
}

/// The names under which a credential with an ARN is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialForm {
    /// The key of an integration's configuration that it stands under.
    pub key: String,
    /// The name of its type.
    pub type_name: String,
    /// Its field.
    pub field: String,
}

impl Default for CredentialForm {
    /// What Genesys's own modules use (GenesysCloudDevOps, `integration-lambda-module`, `integrations.tf`).
    fn default() -> Self {
        Self {
            key: "AmazonWebServicesARN".to_owned(),
            type_name: "amazonWebServicesARN".to_owned(),
            field: "ARN".to_owned(),
        }
    }
}

/// An integration.
#[derive(Clone, Debug, PartialEq)]
pub struct ObservedIntegration {
    /// Its kind.
    pub kind: Kind,
    /// What the list says of it.
    pub record: IntegrationRecord,
    /// Its configuration.
    pub config: IntegrationConfig,
    /// The mark in its notes.
    pub mark: Option<Mark>,
    /// Its notes without the mark.
    pub notes: String,
    /// The credential under the key for the role's ARN, with the fields that Genesys Cloud shows.
    pub credential: Option<CredentialRecord>,
    /// Its published actions.
    pub actions: Vec<ActionRecord>,
    /// Its actions that were never published.
    pub drafts: Vec<ActionRecord>,
}

/// The names that rolecall's own would have.
#[derive(Clone, Copy, Debug)]
pub struct OwnNames<'n> {
    /// Of the integrations.
    pub integration: &'n str,
    /// Of the credential.
    pub credential: &'n str,
}

/// Reads the snapshot: of the integrations that are marked for the role, and of those with the name of rolecall's own.
pub async fn observe<R: GenesysRead>(reader: &R, role: &str, names: OwnNames<'_>) -> GenesysResult<Observed> {
    let (organization, form, credentials, lambda, web_services, actions, drafts) = try_join!(
        reader.organization(),
        credential_form(reader),
        reader.credentials(),
        configured(reader, Kind::Lambda),
        configured(reader, Kind::WebServices),
        reader.actions(Stage::Published),
        reader.actions(Stage::Draft),
    )?;
    let orphan = orphan(reader, &credentials, &form, names.credential).await?;
    let may_be_meant = |(_, record, config): &(Kind, IntegrationRecord, IntegrationConfig)| {
        Mark::read(&config.notes).0.is_some_and(|mark| mark.role == role) || names.integration == record.name
    };
    let meant = lambda.into_iter().chain(web_services).filter(may_be_meant);
    let integrations = try_join_all(meant.map(async |(kind, record, config)| {
        let attached = config.credentials.get(&form.key);
        let of = |actions: &[ActionRecord]| {
            let own = actions.iter().filter(|action| action.integration_id == record.id);
            own.map(|action| action.id.clone()).collect::<Vec<_>>()
        };
        let published = of(&actions);
        // What was published before is listed among the drafts too, while it is being changed.
        let unpublished: Vec<_> = of(&drafts).into_iter().filter(|id| !published.contains(id)).collect();
        let (credential, actions, drafts) = try_join!(
            async {
                match attached {
                    Some(id) => reader.credential(id).await,
                    None => Ok(None),
                }
            },
            in_full(reader, &published, Stage::Published),
            in_full(reader, &unpublished, Stage::Draft),
        )?;
        let (mark, notes) = Mark::read(&config.notes);
        Ok(ObservedIntegration { kind, record, config, mark, notes, credential, actions, drafts })
    }))
    .await?;
    Ok(Observed { organization, form, integrations, credentials, orphan })
}

async fn orphan<R: GenesysRead>(
    reader: &R,
    credentials: &[CredentialRecord],
    form: &CredentialForm,
    name: &str,
) -> GenesysResult<Option<CredentialRecord>> {
    for credential in credentials {
        if credential.name == name
            && credential.type_name == form.type_name
            && reader.integrations_using(&credential.id).await?.is_empty()
        {
            return Ok(Some(credential.clone()));
        }
    }
    Ok(None)
}

/// What the organisation's own integration type says, where it does; the documented names otherwise.
async fn credential_form<R: GenesysRead>(reader: &R) -> GenesysResult<CredentialForm> {
    let (integration, types) =
        try_join!(reader.integration_type(Kind::Lambda.type_id()), reader.credential_types())?;
    let mut form = CredentialForm::default();
    let slots = integration.map(|integration| integration.credentials).unwrap_or_default();
    // More than one way to say it is a choice, and the documented one is known to work.
    if let [(key, slot)] = slots.iter().collect::<Vec<_>>().as_slice()
        && let [type_name] = slot.credential_types.as_slice()
    {
        (form.key, form.type_name) = ((*key).clone(), type_name.clone());
    }
    let found = types.iter().find(|candidate| candidate.name == form.type_name);
    if let Some([field]) = found.map(|found| found.required.as_slice()) {
        form.field.clone_from(field);
    }
    Ok(form)
}

async fn configured<R: GenesysRead>(
    reader: &R,
    kind: Kind,
) -> GenesysResult<Vec<(Kind, IntegrationRecord, IntegrationConfig)>> {
    let records = reader.integrations(kind.type_id()).await?;
    let configured = try_join_all(records.into_iter().map(async |record| {
        // Deleted since the list was read: then it is not there, which is what the snapshot says.
        Ok(reader.integration_config(&record.id).await?.map(|config| (kind, record, config)))
    }));
    Ok(configured.await?.into_iter().flatten().collect())
}

async fn in_full<R: GenesysRead>(
    reader: &R,
    ids: &[String],
    stage: Stage,
) -> GenesysResult<Vec<ActionRecord>> {
    let read = try_join_all(ids.iter().map(|id| action_in_full(reader, id, stage)));
    Ok(read.await?.into_iter().flatten().collect())
}

/// An action with its templates: Genesys Cloud keeps them in files, and whoever writes an action back without having read
/// them empties them.
pub async fn action_in_full<R: GenesysRead>(
    reader: &R,
    id: &str,
    stage: Stage,
) -> GenesysResult<Option<ActionRecord>> {
    let Some(mut action) = reader.action(id, stage).await? else { return Ok(None) };
    if let Some(ActionConfig { request_template, success_template, .. }) = &mut action.config {
        for (template, file) in
            [(request_template, TemplateFile::Request), (success_template, TemplateFile::Success)]
        {
            if *template == Some(Template::Stored)
                && let Some(text) = reader.action_template(id, stage, file).await?
            {
                *template = Some(Template::Text(text));
            }
        }
    }
    Ok(Some(action))
}
