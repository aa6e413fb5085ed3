//! One change of Genesys Cloud: the calls that make it, and what they may wait for.
//!
//! Genesys Cloud is eventually consistent and counts versions. A write is tried again where something that this run made is not
//! visible yet, or where the version is no longer the current one: then what is there is read again first. An action is written
//! as a draft, validated, and only then published. A run that was stopped leaves nothing that the next plan does not continue
//! from.
//!
//! What was deleted is looked for until nobody finds it, for "not found" may be an old answer, and a success that of a proxy.
//!
//! What only shows at the moment of writing is seen to here: the version that a write replaces, what else stands in a
//! configuration (it stays), and whether somebody has begun a draft of the action (then nothing is written).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use super::aws::Created;
use super::{Effect, Failure, Progress, WriteGenesys};
use crate::desired::contract::same_config;
use crate::desired::genesys::{Kind, Mark};
use crate::observe::credential_fields::CredentialFields;
use crate::observe::genesys::action_in_full;
use crate::plan::genesys::{Attachment, Configuration, Credential, CredentialValue, Id, Step};
use crate::ports::WriteOutcome;
use crate::ports::genesys::{
    ActionRecord, ActionSpecification, ActionUpdate, CredentialRecord, CredentialSpecification, GenesysError,
    GenesysErrorKind, GenesysRead, GenesysResult, GenesysWrite, IntegrationConfig, IntendedState,
    ReportedState, Stage,
};
use rolecall_model::patience::{Attempt, Pace, Patience};

/// Between two attempts of a write, and between two looks.
const PACE: Pace = Pace::doubling(250, 5_000);

/// What the changes so far made: later ones refer to it, and it is known even where the run is given up.
#[derive(Debug, Default)]
pub struct Made {
    /// The roles and policies.
    pub(super) created: Created,
    /// The IDs of the integrations.
    pub integrations: RefCell<BTreeMap<Kind, String>>,
    /// The credentials that were written, by the kind of the integration that each is for.
    pub credentials: RefCell<BTreeMap<Kind, CredentialRecord>>,
    /// The integrations whose configuration was written, and with it whose they are.
    pub configured: RefCell<Vec<String>>,
    /// The action, or its draft, that was written last.
    pub action: RefCell<Option<ActionRecord>>,
}

impl Made {
    fn integration(&self, kind: Kind, id: &Id) -> Result<String, Failure> {
        let id = match id {
            Id::Known(id) => Some(id.clone()),
            Id::Made(_) => self.integrations.borrow().get(&kind).cloned(),
        };
        id.ok_or(Failure::Incomplete { missing: "integration" })
    }

    fn credential(&self, kind: Kind, id: &Id) -> Result<String, Failure> {
        let id = match id {
            Id::Known(id) => Some(id.clone()),
            Id::Made(_) => self.credentials.borrow().get(&kind).map(|record| record.id.clone()),
        };
        id.ok_or(Failure::Incomplete { missing: "credential" })
    }
}

/// Genesys Cloud, with what the plan's steps write and the plan does not hold.
#[derive(Debug)]
pub struct WithFields<'g, G> {
    /// Genesys Cloud.
    pub genesys: &'g G,
    /// The fields of the credential whose values are kept in AWS; `None` where no step writes it.
    pub fields: Option<CredentialFields>,
}

/// For plans that write no credential whose values are kept in AWS.
impl<G: GenesysRead + GenesysWrite> WriteGenesys for &G {
    async fn write(&self, step: &Step, progress: &Progress<'_>) -> Result<Effect, Failure> {
        WithFields { genesys: *self, fields: None }.write(step, progress).await
    }
}

impl<G: GenesysRead + GenesysWrite> WriteGenesys for WithFields<'_, G> {
    async fn write(&self, step: &Step, progress: &Progress<'_>) -> Result<Effect, Failure> {
        let Progress { made, patience } = progress;
        let Self { genesys, fields } = self;
        let known = Cell::new(WriteOutcome::Refused);
        let writing = Writing { genesys: *genesys, fields: fields.as_ref(), made, patience, known };
        let failure = match writing.carry_out(step).await {
            Ok(effect) => return Ok(effect),
            Err(failure) => failure,
        };
        let failure = writing.look_for(step, failure).await;
        Err(match failure {
            // Nothing is left of what was made for it.
            failure @ Failure::Invalid { .. } => failure,
            failure => failure.after(writing.known.get()),
        })
    }
}

/// Tries until it works, or fails with an error that will not pass.
async fn until<T>(
    patience: &Patience<'_>,
    awaited: &'static str,
    mut attempt: impl AsyncFnMut() -> GenesysResult<T>,
    is_passing: impl Fn(&GenesysError) -> bool,
) -> Result<T, Failure> {
    until_some(patience, awaited, async || attempt().await.map(Some), is_passing).await
}

/// Tries until there is an answer, or an error that will not pass.
async fn until_some<T>(
    patience: &Patience<'_>,
    awaited: &'static str,
    mut attempt: impl AsyncFnMut() -> GenesysResult<Option<T>>,
    is_passing: impl Fn(&GenesysError) -> bool,
) -> Result<T, Failure> {
    let attempt = async || match attempt().await {
        Ok(Some(answer)) => Ok(Attempt::Done(answer)),
        Ok(None) => Ok(Attempt::NotYet(awaited, None)),
        Err(error) if is_passing(&error) => Ok(Attempt::NotYet(awaited, Some(error))),
        Err(error) => Err(Failure::Genesys(error)),
    };
    patience.until(PACE, attempt).await?.map_err(Failure::stopped)
}

/// One step on its way.
struct Writing<'a, G> {
    genesys: &'a G,
    fields: Option<&'a CredentialFields>,
    made: &'a Made,
    patience: &'a Patience<'a>,
    /// What is known of the step so far, beyond its last answer.
    known: Cell<WriteOutcome>,
}

impl<G: GenesysRead + GenesysWrite> Writing<'_, G> {
    /// Keeps in mind what the answer to a write says of the step.
    fn heard<T>(&self, result: GenesysResult<T>) -> GenesysResult<T> {
        match (&result, self.known.get()) {
            (Ok(_), _) => self.known.set(WriteOutcome::Begun),
            (Err(error), WriteOutcome::Refused) => self.known.set(error.outcome),
            (Err(_), WriteOutcome::Unknown | WriteOutcome::Begun) => {}
        }
        result
    }

    async fn carry_out(&self, step: &Step) -> Result<Effect, Failure> {
        let genesys = self.genesys;
        match step {
            Step::CreateCredential { credential } => {
                let specification = self.specification(credential)?;
                self.wrote(credential, self.heard(genesys.create_credential(&specification).await)?);
            }
            Step::UpdateCredential { id, credential, .. } => {
                let specification = self.specification(credential)?;
                self.wrote(credential, self.heard(genesys.update_credential(id, &specification).await)?);
            }
            Step::DeleteCredential { id, .. } => {
                let delete = async || genesys.delete_credential(id).await;
                let is_there = async || {
                    let listed = genesys.credentials().await?;
                    Ok(listed.iter().any(|record| record.id == *id)
                        || genesys.credential(id).await?.is_some())
                };
                return self.remove("the credential to be gone", delete, is_there).await;
            }
            Step::CreateIntegration { kind, name } => {
                let record = self.heard(genesys.create_integration(kind.type_id(), name).await)?;
                self.made.integrations.borrow_mut().insert(*kind, record.id);
            }
            Step::Configure { kind, id, after, .. } => {
                let id = self.made.integration(*kind, id)?;
                self.configure(*kind, &id, after).await?;
                self.made.configured.borrow_mut().push(id);
            }
            Step::SetState { kind, id, after, .. } => {
                let id = self.made.integration(*kind, id)?;
                let set = async || self.heard(genesys.set_intended_state(&id, *after).await);
                until(self.patience, VISIBLE, set, not_there_yet).await?;
                if *after == IntendedState::Enabled {
                    self.await_active(&id).await?;
                }
            }
            Step::DeleteIntegration { kind, id, .. } => {
                let delete = async || genesys.delete_integration(id).await;
                let is_there = async || self.has_integration(*kind, id).await;
                return self.remove("the integration to be gone", delete, is_there).await;
            }
            Step::CreateAction { kind, integration, action, .. } => {
                let specification = ActionSpecification {
                    name: action.name.clone(),
                    category: action.category.clone(),
                    integration_id: self.made.integration(*kind, integration)?,
                    secure: action.secure,
                    contract: action.contract.clone(),
                    config: action.config.clone(),
                };
                // Of a body that refers to what was just made, Genesys Cloud may say that it is invalid: the Terraform
                // provider tries again up to ten times on 400 (`resource_genesyscloud_integration_action.go`).
                let tries = Cell::new(if matches!(integration, Id::Made(_)) { 10 } else { 0 });
                let is_passing = |error: &GenesysError| {
                    let is_new = error.kind == GenesysErrorKind::InvalidInput && tries.get() > 0;
                    tries.set(tries.get() - i32::from(is_new));
                    is_new || not_there_yet(error)
                };
                let create = async || self.heard(genesys.create_draft(&specification).await);
                let draft = until(self.patience, VISIBLE, create, is_passing).await?;
                let (id, version) = (draft.id.clone(), draft.version);
                self.made.action.replace(Some(draft));
                self.publish(&id, version).await?;
            }
            Step::PublishDraft { id, version, .. } => self.publish(id, *version).await?,
            Step::DiscardDraft { id, .. } => return self.discard(id).await,
            Step::UpdateAction { id, before, after, .. } => self.update(id, before, after).await?,
            Step::DeleteAction { id, .. } => {
                let delete = async || genesys.delete_action(id).await;
                // The list of all actions is long. What is not found here and is there all the same, the reading afterwards shows.
                let is_there = async || Ok(genesys.action(id, Stage::Published).await?.is_some());
                return self.remove("the action to be gone", delete, is_there).await;
            }
        }
        Ok(Effect::Written)
    }

    /// The credential with its values.
    fn specification(&self, credential: &Credential) -> Result<CredentialSpecification, Failure> {
        let Credential { kind: _, name, type_name, value } = credential;
        let (fields, is_secret) = match value {
            CredentialValue::Role { field, role } => ([(field.clone(), role.clone())].into(), false),
            CredentialValue::Secret { source: _, required: _ } => {
                let fields = self.fields.ok_or(Failure::Incomplete { missing: "credential's values" })?;
                (fields.expose(), true)
            }
        };
        Ok(CredentialSpecification { name: name.clone(), type_name: type_name.clone(), fields, is_secret })
    }

    /// Keeps the credential in mind, without what the answer may repeat of its values.
    fn wrote(&self, credential: &Credential, written: CredentialRecord) {
        let written = CredentialRecord { fields: BTreeMap::new(), ..written };
        self.made.credentials.borrow_mut().insert(credential.kind, written);
    }

    /// Reads the configuration, puts in what the plan says, and writes all of it back; again where somebody was faster.
    async fn configure(&self, kind: Kind, id: &str, after: &Configuration) -> Result<(), Failure> {
        let genesys = self.genesys;
        let (attached, written) = match &after.credential {
            Attachment::Attached { key, id } => {
                let id = self.made.credential(kind, id)?;
                let written = self.made.credentials.borrow().get(&kind).cloned();
                let written = written.filter(|record| record.id == id);
                (Some((key.clone(), id)), written)
            }
            Attachment::Left | Attachment::Detached { .. } => (None, None),
        };
        let mark = after.mark.clone().map(|mark| match written {
            Some(record) => Mark { credential: Some((record.id, record.modified)), ..mark },
            None => mark,
        });
        let attempt = async || {
            let Some(IntegrationConfig { version, properties, advanced, mut credentials, .. }) =
                genesys.integration_config(id).await?
            else {
                return Ok(None);
            };
            if let Attachment::Detached { key } = &after.credential {
                credentials.remove(key);
            }
            credentials.extend(attached.clone());
            let notes = mark.as_ref().map_or_else(|| after.notes.clone(), |mark| mark.write(&after.notes));
            let name = after.name.clone();
            let config = IntegrationConfig { name, version, properties, advanced, notes, credentials };
            self.heard(genesys.put_integration_config(id, &config).await).map(Some)
        };
        let written = until_some(self.patience, "the integration's configuration", attempt, superseded).await;
        written.map(drop).map_err(|failure| overtaken(failure, "the integration's configuration"))
    }

    async fn await_active(&self, id: &str) -> Result<(), Failure> {
        let look = async || {
            let Some(record) = self.genesys.integration(id).await? else { return Ok(None) };
            Ok(match record.reported {
                Some(ReportedState::Active) => Some(Ok(())),
                Some(ReportedState::Error) => Some(Err(Failure::Inactive { detail: record.detail })),
                Some(ReportedState::Activating | ReportedState::Inactive | ReportedState::Deactivating)
                | None => None,
            })
        };
        until_some(self.patience, "the integration to be active", look, |_| false).await?
    }

    /// Deletes something, and looks until it is gone. "Not found" may be an old answer, so it counts only where nobody finds the
    /// thing by reading either.
    async fn remove(
        &self,
        awaited: &'static str,
        mut delete: impl AsyncFnMut() -> GenesysResult<()>,
        mut is_there: impl AsyncFnMut() -> GenesysResult<bool>,
    ) -> Result<Effect, Failure> {
        let mut effect = Effect::NotFound;
        let attempt = async || {
            if effect != Effect::Written {
                match self.heard(delete().await) {
                    Ok(()) => effect = Effect::Written,
                    Err(error) if error.kind == GenesysErrorKind::NotFound => {
                        // The client repeats a deletion whose answer was lost: the first may have done it.
                        if error.outcome == WriteOutcome::Unknown {
                            effect = Effect::Gone;
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok((!is_there().await?).then_some(effect))
        };
        // Genesys Cloud may still take it to be in use by what was deleted a moment ago.
        let is_passing = |error: &GenesysError| {
            matches!(error.kind, GenesysErrorKind::Conflict | GenesysErrorKind::VersionConflict)
        };
        until_some(self.patience, awaited, attempt, is_passing).await
    }

    async fn discard(&self, id: &str) -> Result<Effect, Failure> {
        let delete = async || self.genesys.delete_draft(id).await;
        let is_there = async || Ok(self.genesys.action(id, Stage::Draft).await?.is_some());
        self.remove("the draft to be gone", delete, is_there).await
    }

    async fn has_integration(&self, kind: Kind, id: &str) -> GenesysResult<bool> {
        let listed = self.genesys.integrations(kind.type_id()).await?;
        Ok(listed.iter().any(|record| record.id == id) || self.genesys.integration(id).await?.is_some())
    }

    /// Where something that was there before is not found any more: whether somebody has deleted it.
    async fn look_for(&self, step: &Step, failure: Failure) -> Failure {
        if !says_missing(&failure) {
            return failure;
        }
        let (what, is_there) = match step {
            Step::Configure { kind, id: Id::Known(id), .. }
            | Step::SetState { kind, id: Id::Known(id), .. } => {
                (format!("integration `{id}`"), self.has_integration(*kind, id).await)
            }
            Step::UpdateAction { id, .. } => {
                let found = self.genesys.action(id, Stage::Published).await;
                (format!("action `{id}`"), found.map(|found| found.is_some()))
            }
            Step::PublishDraft { id, .. } => {
                let found = self.genesys.action(id, Stage::Draft).await;
                (format!("the draft of action `{id}`"), found.map(|found| found.is_some()))
            }
            Step::UpdateCredential { id, .. } => {
                let found = self.genesys.credential(id).await;
                (format!("credential `{id}`"), found.map(|found| found.is_some()))
            }
            Step::Configure { id: Id::Made(_), .. }
            | Step::SetState { id: Id::Made(_), .. }
            | Step::CreateCredential { .. }
            | Step::DeleteCredential { .. }
            | Step::CreateIntegration { .. }
            | Step::DeleteIntegration { .. }
            | Step::CreateAction { .. }
            | Step::DiscardDraft { .. }
            | Step::DeleteAction { .. } => return failure,
        };
        match is_there {
            Ok(false) => Failure::GoneMeanwhile { what, answer: Box::new(failure) },
            Ok(true) | Err(_) => failure,
        }
    }

    /// Validates a draft and publishes it under its own version.
    async fn publish(&self, id: &str, version: i64) -> Result<(), Failure> {
        let genesys = self.genesys;
        let validate = async || genesys.draft_faults(id).await;
        let faults = until(self.patience, VISIBLE, validate, not_there_yet).await?;
        if !faults.is_empty() {
            self.discard(id).await?;
            return Err(Failure::Invalid { faults });
        }
        let mut version = Some(version);
        let publish = async || {
            let current = match version.take() {
                Some(version) => version,
                None => match genesys.action(id, Stage::Draft).await? {
                    Some(draft) => draft.version,
                    None => return Ok(None),
                },
            };
            self.heard(genesys.publish_draft(id, current).await).map(Some)
        };
        let is_passing = |error: &GenesysError| superseded(error) || not_there_yet(error);
        let published = until_some(self.patience, "the draft to be published", publish, is_passing).await;
        let published = published.map_err(|failure| overtaken(failure, "the draft of the action"))?;
        self.made.action.replace(Some(published));
        Ok(())
    }

    /// Changes a published action through a draft of it. A draft that is there already is either what an earlier run left,
    /// then it says what is published or what is wanted, or it is somebody's work.
    async fn update(&self, id: &str, before: &ActionUpdate, after: &ActionUpdate) -> Result<(), Failure> {
        let genesys = self.genesys;
        let draft = match action_in_full(genesys, id, Stage::Draft).await? {
            Some(draft) if says(&draft, after) || says(&draft, before) => draft,
            Some(ActionRecord { version, .. }) => {
                return Err(Failure::DraftInTheWay { id: id.to_owned(), version });
            }
            None => self.heard(genesys.create_draft_of(id).await)?,
        };
        let mut version = Some(draft.version);
        let change = async || {
            let current = match version.take() {
                Some(version) => version,
                None => match genesys.action(id, Stage::Draft).await? {
                    Some(draft) => draft.version,
                    None => return Ok(None),
                },
            };
            self.heard(genesys.update_draft(id, current, after).await).map(Some)
        };
        let is_passing = |error: &GenesysError| superseded(error) || not_there_yet(error);
        let draft = until_some(self.patience, "the draft to be changed", change, is_passing).await;
        let draft = draft.map_err(|failure| overtaken(failure, "the draft of the action"))?;
        self.publish(id, draft.version).await
    }
}

fn says(draft: &ActionRecord, update: &ActionUpdate) -> bool {
    let ActionUpdate { name, category, config } = update;
    draft.name == *name
        && draft.category == *category
        && draft.config.as_ref().is_some_and(|there| same_config(config, there))
}

const VISIBLE: &str = "Genesys Cloud to find it";

/// Whether it says that there is no such thing.
fn says_missing(failure: &Failure) -> bool {
    match failure {
        Failure::Genesys(error) => error.kind == GenesysErrorKind::NotFound,
        // Without an answer that failed, what was read was that there is nothing.
        Failure::Deadline { last, .. } => last.as_ref().is_none_or(|last| says_missing(last)),
        Failure::After { failure, .. } => says_missing(failure),
        Failure::Aws(_)
        | Failure::Invalid { .. }
        | Failure::DraftInTheWay { .. }
        | Failure::Inactive { .. }
        | Failure::MadeMeanwhile { .. }
        | Failure::GoneMeanwhile { .. }
        | Failure::Overtaken { .. }
        | Failure::Interrupted { .. }
        | Failure::NoClient { .. }
        | Failure::Unstorable(_)
        | Failure::Incomplete { .. } => false,
    }
}

/// The failure to write anything, where each version that was read was replaced before it could be.
fn overtaken(failure: Failure, what: &'static str) -> Failure {
    match failure {
        Failure::Deadline { awaited: _, waited, last: Some(answer) } if matches!(&*answer, Failure::Genesys(error) if superseded(error)) => {
            Failure::Overtaken { what, waited, answer }
        }
        failure => failure,
    }
}

/// What Genesys Cloud says of something that was made a moment ago.
fn not_there_yet(error: &GenesysError) -> bool {
    error.kind == GenesysErrorKind::NotFound
}

/// Somebody else was faster.
fn superseded(error: &GenesysError) -> bool {
    error.kind == GenesysErrorKind::VersionConflict
}
