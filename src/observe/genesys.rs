//! What is in Genesys Cloud: one snapshot of the integrations that may be meant, with their credentials and actions.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::try_join;

use crate::desired::genesys::{
    CREDENTIAL_FIELD, CREDENTIAL_KEY, CREDENTIAL_TYPE, Kind, Mark, Sign, StackResource, WEB_SERVICES_KEY,
};
use crate::ports::WriteOutcome;
use crate::ports::genesys::{
    ActionConfig, ActionRecord, CredentialRecord, CredentialSlot, CredentialTypeRecord, GenesysError,
    GenesysErrorKind, GenesysRead, GenesysResult, IntegrationConfig, IntegrationRecord,
    IntegrationTypeRecord, Organization, Stage, Template, TemplateFile,
};
use rolecall_model::patience::{Attempt, Interrupt, Pace, Patience};

/// Between two looks at what contradicts itself.
const LOOKING: Pace = Pace::doubling(250, 5_000);

/// The state of everything that a plan decides about.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Whose credentials these are.
    pub organization: Organization,
    /// How a credential with the role's ARN is written.
    pub form: CredentialForm,
    /// Whether an integration for addresses takes the type of credential that was asked about; `None` where none was.
    pub acceptance: Option<Acceptance>,
    /// The integrations that are rolecall's for this role, or have the name that its own would have.
    pub integrations: Vec<ObservedIntegration>,
    /// All credentials, as the list gives them, and those that a mark names and the list does not show.
    pub credentials: Vec<CredentialRecord>,
    /// Of these, those that have the sign of rolecall's own, and that neither an integration nor any mark names: a run was stopped
    /// before anything named them, or after what named them was deleted.
    pub orphans: Vec<CredentialRecord>,
}

impl Observed {
    /// The key of the configuration under which an integration of the kind names the credential that rolecall makes.
    #[must_use]
    pub fn key(&self, kind: Kind) -> Option<&String> {
        match kind {
            Kind::Lambda => Some(&self.form.key),
            Kind::WebServices => self.acceptance.as_ref()?.key.as_ref(),
        }
    }

    /// The orphans that were made for an integration of the kind: the type of a credential cannot change.
    pub fn orphans_of(&self, kind: Kind) -> impl Iterator<Item = &CredentialRecord> {
        self.orphans.iter().filter(move |orphan| match kind {
            Kind::Lambda => orphan.type_name == self.form.type_name,
            Kind::WebServices => orphan.type_name != self.form.type_name,
        })
    }
}

/// What Genesys Cloud says about a type of credential, for an integration for addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// The key that the integration takes it under; `None` where it does not.
    pub key: Option<String>,
    /// The types that it takes.
    pub accepted: Vec<String>,
    /// The fields that a credential of the type needs.
    pub required: Vec<String>,
}

impl Acceptance {
    fn of(
        type_name: &str,
        integration: Option<IntegrationTypeRecord>,
        types: &[CredentialTypeRecord],
    ) -> Self {
        let slots = integration.map(|integration| integration.credentials).unwrap_or_default();
        let takes = |slot: &CredentialSlot| slot.credential_types.iter().any(|taken| taken == type_name);
        let keys: Vec<&String> = slots.iter().filter(|(_, slot)| takes(slot)).map(|(key, _)| key).collect();
        // The documented one, where there is a choice; every other one takes the type just as well.
        let key = keys.iter().find(|key| **key == WEB_SERVICES_KEY).or(keys.first());
        let mut accepted: Vec<String> =
            slots.values().flat_map(|slot| slot.credential_types.iter().cloned()).collect();
        accepted.sort();
        accepted.dedup();
        let known = types.iter().find(|known| known.name == type_name);
        Self {
            key: key.map(|key| (*key).clone()),
            accepted,
            required: known.map(|known| known.required.clone()).unwrap_or_default(),
        }
    }
}

/// The names under which a credential with an ARN is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialForm {
    /// The key of an integration's configuration that it stands under.
    pub key: String,
    /// The name of its type.
    pub type_name: String,
    pub field: String,
}

impl Default for CredentialForm {
    fn default() -> Self {
        Self {
            key: CREDENTIAL_KEY.to_owned(),
            type_name: CREDENTIAL_TYPE.to_owned(),
            field: CREDENTIAL_FIELD.to_owned(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ObservedIntegration {
    pub kind: Kind,
    /// What the list says of it.
    pub record: IntegrationRecord,
    /// Its configuration.
    pub config: IntegrationConfig,
    /// The mark in its notes.
    pub mark: Option<Mark>,
    /// Its notes without the mark.
    pub notes: String,
    /// The credential under the key for rolecall's own. That of an integration for Lambda has the fields that Genesys Cloud shows;
    /// of others, no field is kept.
    pub credential: Option<CredentialRecord>,
    /// Its published actions.
    pub actions: Vec<ActionRecord>,
    /// Its actions that were never published.
    pub drafts: Vec<ActionRecord>,
}

/// Which integrations may be meant.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'n> {
    /// Those that are marked for the role, or
    pub role: &'n str,
    pub resource: Option<&'n StackResource>,
    pub id: Option<&'n str>,
    /// those with the name of rolecall's own.
    pub name: &'n str,
    /// Of which kinds; the configuration of each integration of these is read.
    pub kinds: &'n [Kind],
    /// The type of credential that an integration for addresses must take, where the manifest chooses one.
    pub credential_type: Option<&'n str>,
    /// What the names of rolecall's own carry behind them.
    pub sign: &'n Sign,
    /// Whose they may be.
    pub reach: Reach,
    /// How much is read of their actions.
    pub actions: Detail,
    /// How long to wait where two answers contradict each other.
    pub deadline: Duration,
}

/// Whose integrations may be meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Those that are rolecall's own, or have the name that its own would have.
    Own,
    /// Those for Lambda that have this name or ID, whoever made them, and all of the other kinds.
    Named,
    /// All of these kinds.
    Every,
}

/// How much is read of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    Full,
    /// What the list says: no contract, no configuration.
    Listed,
}

/// Reads the snapshot.
pub async fn observe<R: GenesysRead>(reader: &R, sought: &Sought<'_>) -> GenesysResult<Observed> {
    let deadline = sought.deadline;
    let (organization, (form, acceptance), mut credentials, configured, actions, drafts) = try_join!(
        reader.organization(),
        credential_forms(reader, sought.credential_type),
        reader.credentials(),
        try_join_all(sought.kinds.iter().map(|kind| configured(reader, *kind, sought.id, deadline))),
        reader.actions(Stage::Published),
        reader.actions(Stage::Draft),
    )?;
    let is_own = |record: &IntegrationRecord, config: &IntegrationConfig| {
        Mark::read(&config.notes).0.is_some_and(|mark| mark.is_of(sought.role, sought.resource))
            || sought.id == Some(&record.id)
            || sought.name == record.name
            || sought.sign.is_on(&record.name)
    };
    let may_be_meant =
        |(kind, record, config): &(Kind, IntegrationRecord, IntegrationConfig)| match (sought.reach, kind) {
            (Reach::Own, _) => is_own(record, config),
            (Reach::Named, Kind::Lambda) => sought.name == record.name || sought.name == record.id,
            (Reach::Named, Kind::WebServices) | (Reach::Every, _) => true,
        };
    let configured: Vec<_> = configured.into_iter().flatten().collect();
    let marks = configured.iter().filter_map(|(_, _, config)| Mark::read(&config.notes).0);
    // Also what an integration gets back when it is given up.
    let marked: Vec<String> =
        marks.flat_map(|mark| mark.credential.map(|(id, _)| id).into_iter().chain(mark.replaced)).collect();
    let meant = configured.into_iter().filter(may_be_meant);
    let mut observed = Observed {
        organization,
        form,
        acceptance,
        integrations: Vec::new(),
        credentials: Vec::new(),
        orphans: Vec::new(),
    };
    let integrations = try_join_all(meant.map(async |(kind, record, config)| {
        let attached = observed.key(kind).and_then(|key| config.credentials.get(key));
        let of = |actions: &[ActionRecord]| {
            actions.iter().filter(|action| action.integration_id == record.id).cloned().collect::<Vec<_>>()
        };
        let published = of(&actions);
        let unpublished = unpublished(&published, of(&drafts));
        let (credential, actions, drafts) = try_join!(
            async {
                let Some(id) = attached else { return Ok(None) };
                let credential = reader.credential(id).await?;
                Ok(match kind {
                    Kind::Lambda => credential,
                    // Whatever Genesys Cloud shows of it is nobody's concern, and may be secret.
                    Kind::WebServices => {
                        credential.map(|it| CredentialRecord { fields: BTreeMap::new(), ..it })
                    }
                })
            },
            in_detail(reader, published, Stage::Published, (sought.actions, deadline)),
            in_detail(reader, unpublished, Stage::Draft, (sought.actions, deadline)),
        )?;
        let (mark, notes) = Mark::read(&config.notes);
        Ok(ObservedIntegration { kind, record, config, mark, notes, credential, actions, drafts })
    }))
    .await?;
    // A list may lag behind: what a mark names is only gone where nobody finds it by its ID either.
    for id in &marked {
        if !credentials.iter().any(|record| record.id == *id) {
            credentials.extend(reader.credential(id).await?);
        }
    }
    observed.orphans = orphans(reader, &credentials, sought.sign, &marked).await?;
    (observed.integrations, observed.credentials) = (integrations, credentials);
    Ok(observed)
}

async fn orphans<R: GenesysRead>(
    reader: &R,
    credentials: &[CredentialRecord],
    sign: &Sign,
    marked: &[String],
) -> GenesysResult<Vec<CredentialRecord>> {
    let mut orphans = Vec::new();
    for credential in credentials {
        if sign.is_on(&credential.name)
            && !marked.contains(&credential.id)
            && reader.integrations_using(&credential.id).await?.is_empty()
        {
            orphans.push(credential.clone());
        }
    }
    Ok(orphans)
}

/// How credentials are written.
async fn credential_forms<R: GenesysRead>(
    reader: &R,
    stated: Option<&str>,
) -> GenesysResult<(CredentialForm, Option<Acceptance>)> {
    let (lambda, web_services, types) = try_join!(
        reader.integration_type(Kind::Lambda.type_id()),
        async {
            match stated {
                Some(_) => reader.integration_type(Kind::WebServices.type_id()).await,
                None => Ok(None),
            }
        },
        reader.credential_types(),
    )?;
    let acceptance = stated.map(|stated| Acceptance::of(stated, web_services, &types));
    Ok((credential_form(lambda, &types), acceptance))
}

/// What the organization's own integration type says, where it does; the documented names otherwise.
fn credential_form(
    integration: Option<IntegrationTypeRecord>,
    types: &[CredentialTypeRecord],
) -> CredentialForm {
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
    form
}

async fn configured<R: GenesysRead>(
    reader: &R,
    kind: Kind,
    id: Option<&str>,
    deadline: Duration,
) -> GenesysResult<Vec<(Kind, IntegrationRecord, IntegrationConfig)>> {
    let mut records = reader.integrations(kind.type_id()).await?;
    // A list may lag behind: what it does not show is only gone where nobody finds it by its ID either.
    if let Some(id) = id.filter(|id| !records.iter().any(|record| record.id == **id)) {
        let by_id = reader.integration(id).await?;
        records.extend(by_id.filter(|record| record.type_id == kind.type_id()));
    }
    let configured = try_join_all(records.into_iter().map(async |record| {
        let named = Named {
            what: "integration",
            id: &record.id,
            name: &record.name,
            operation: "GET /api/v2/integrations/{integrationId}/config/current",
        };
        let is_there = async || {
            let listed = reader.integrations(kind.type_id()).await?;
            let is_listed = listed.iter().any(|listed| listed.id == record.id);
            Ok(is_listed || reader.integration(&record.id).await?.is_some())
        };
        let read = async || reader.integration_config(&record.id).await;
        let config = as_listed(&named, deadline, read, is_there).await?;
        Ok(config.map(|config| (kind, record, config)))
    }));
    Ok(configured.await?.into_iter().flatten().collect())
}

/// What was published before is listed among the drafts too, while it is being changed.
fn unpublished(published: &[ActionRecord], drafts: Vec<ActionRecord>) -> Vec<ActionRecord> {
    let is_new = |draft: &ActionRecord| !published.iter().any(|action| action.id == draft.id);
    drafts.into_iter().filter(is_new).collect()
}

/// Something that a list names.
struct Named<'n> {
    what: &'static str,
    id: &'n str,
    name: &'n str,
    /// The call that reads it.
    operation: &'static str,
}

/// Reads what a list names. "Not found" means that it was deleted since only where the list does not name it any more either; as
/// long as the two contradict each other, neither is believed.
async fn as_listed<T>(
    named: &Named<'_>,
    deadline: Duration,
    mut read: impl AsyncFnMut() -> GenesysResult<Option<T>>,
    mut is_there: impl AsyncFnMut() -> GenesysResult<bool>,
) -> GenesysResult<Option<T>> {
    let attempt = async || {
        Ok::<_, GenesysError>(match read().await? {
            Some(found) => Attempt::Done(Some(found)),
            None if !is_there().await? => Attempt::Done(None),
            None => Attempt::NotYet("Genesys Cloud to agree with itself", ()),
        })
    };
    let patience = Patience { deadline, interrupt: Interrupt::never(), told: &|_, _| {} };
    patience.until(LOOKING, attempt).await?.map_err(|_| {
        let Named { what, id, name, operation } = named;
        GenesysError {
            operation,
            kind: GenesysErrorKind::Contradictory,
            status: None,
            code: None,
            message: format!(
                "Genesys Cloud lists {what} `{name}` ({id}) and does not find it by its ID, for {} s now; whether it is there is \
                 not known",
                deadline.as_secs()
            ),
            context_id: None,
            outcome: WriteOutcome::Refused,
        }
    })
}

async fn in_detail<R: GenesysRead>(
    reader: &R,
    listed: Vec<ActionRecord>,
    stage: Stage,
    (detail, deadline): (Detail, Duration),
) -> GenesysResult<Vec<ActionRecord>> {
    match detail {
        Detail::Listed => Ok(listed),
        Detail::Full => {
            let read = try_join_all(listed.iter().map(async |action| {
                let named = Named {
                    what: "action",
                    id: &action.id,
                    name: &action.name,
                    operation: match stage {
                        Stage::Published => "GET /api/v2/integrations/actions/{actionId}",
                        Stage::Draft => "GET /api/v2/integrations/actions/{actionId}/draft",
                    },
                };
                let is_there =
                    async || Ok(reader.actions(stage).await?.iter().any(|listed| listed.id == action.id));
                as_listed(
                    &named,
                    deadline,
                    async || action_in_full(reader, &action.id, stage).await,
                    is_there,
                )
                .await
            }));
            Ok(read.await?.into_iter().flatten().collect())
        }
    }
}

/// The actions of an integration that have the same name, published and never published.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Namesakes {
    /// The published ones.
    pub published: Vec<ActionRecord>,
    pub drafts: Vec<ActionRecord>,
}

/// Reads the actions of that name.
pub async fn namesakes<R: GenesysRead>(
    reader: &R,
    integration_id: &str,
    name: &str,
    deadline: Duration,
) -> GenesysResult<Namesakes> {
    let (published, drafts) = try_join!(reader.actions(Stage::Published), reader.actions(Stage::Draft))?;
    let named = |action: &ActionRecord| action.integration_id == integration_id && action.name == name;
    let drafts = unpublished(&published, drafts).into_iter().filter(named).collect();
    let published = published.into_iter().filter(named).collect();
    let (published, drafts) = try_join!(
        in_detail(reader, published, Stage::Published, (Detail::Full, deadline)),
        in_detail(reader, drafts, Stage::Draft, (Detail::Full, deadline)),
    )?;
    Ok(Namesakes { published, drafts })
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
