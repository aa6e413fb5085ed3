//! Plan → Genesys Cloud. Decides nothing: it carries out the steps in their order, one at a time, and stops at the first
//! that fails, at the deadline, or when it is told to.
//!
//! Genesys Cloud is eventually consistent and counts versions. A write is tried again where something that this run made
//! is not visible yet, or where the version is no longer the current one: then what is there is read again first. An action
//! is written as a draft, validated, and only then published. A run that was stopped leaves nothing that the next plan
//! does not continue from.

mod patience;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::carry_out::aws::{Interrupt, Progress};
use crate::desired::contract::same_config;
use crate::desired::genesys::{Kind, Mark};
use crate::observe::genesys::action_in_full;
use crate::plan::genesys::{Attachment, Configuration, Id, Plan, RoleCredential, Step};
use crate::ports::genesys::{
    ActionRecord, ActionSpecification, ActionUpdate, CredentialRecord, CredentialSpecification, Fault,
    GenesysError, GenesysErrorKind, GenesysRead, GenesysWrite, IntegrationConfig, IntendedState,
    ReportedState, Stage, gone,
};
use patience::Patience;

/// What was done, and what was not.
pub type Applied = crate::carry_out::aws::Applied<Step, Failure>;

/// Why a plan was not carried out to its end.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Genesys Cloud refused a call.
    #[error(transparent)]
    Genesys(#[from] GenesysError),
    /// Genesys Cloud would not publish the action.
    #[error("Genesys Cloud does not accept the action, and the draft was discarded: {}", list(faults))]
    Invalid {
        /// What it says about the draft.
        faults: Vec<Fault>,
    },
    /// Somebody is changing the action in Genesys Cloud.
    #[error(
        "somebody's draft of the action `{id}` (version {version}) is not published yet; it was left as it is"
    )]
    DraftInTheWay {
        /// The action's ID.
        id: String,
        /// The draft's version.
        version: i64,
    },
    /// The integration was enabled and reports an error.
    #[error("the integration reports an error: {}", detail.as_deref().unwrap_or("it does not say which"))]
    Inactive {
        /// Its own words.
        detail: Option<String>,
    },
    /// Genesys Cloud still did not show what was waited for.
    #[error("waited {} s for {awaited}{}", waited.as_secs(), last_answer(last.as_deref()))]
    Deadline {
        /// What was waited for.
        awaited: &'static str,
        /// For how long.
        waited: Duration,
        /// The last answer, where it was an error.
        last: Option<Box<GenesysError>>,
    },
    /// The user interrupted a wait.
    #[error("interrupted while waiting for {awaited}")]
    Interrupted {
        /// What was waited for.
        awaited: &'static str,
    },
    /// The plan names something that none of its steps makes.
    #[error("the plan is not complete: nothing in it makes the {missing} that this step needs")]
    Incomplete {
        /// What is missing.
        missing: &'static str,
    },
}

fn last_answer(last: Option<&GenesysError>) -> String {
    last.map(|error| format!("; the last answer was: {error}")).unwrap_or_default()
}

fn list(faults: &[Fault]) -> String {
    faults.iter().map(Fault::deepest).collect::<Vec<_>>().join("; ")
}

/// Carries out the plan.
pub async fn apply<G: GenesysRead + GenesysWrite>(
    plan: &Plan,
    genesys: &G,
    made: &mut Made,
    deadline: Duration,
    interrupt: Interrupt,
    progress: &mut impl Progress<Step>,
) -> Applied {
    let mut applied = Applied::none_of(plan.steps.clone());
    while !applied.remaining.is_empty() && !*interrupt.borrow() {
        let step = applied.remaining.remove(0);
        progress.starting(&step);
        let patience = Patience::new(deadline, interrupt.clone(), progress);
        match (Writing { genesys, made, patience }).carry_out(&step).await {
            Ok(()) => {
                progress.finished(&step);
                applied.done.push(step);
            }
            Err(failure) => {
                applied.failure = Some((step, failure));
                break;
            }
        }
    }
    applied
}

/// What the steps so far made: later ones refer to it, and it is known even where the run is given up.
#[derive(Debug, Default)]
pub struct Made {
    /// The IDs of the integrations.
    pub integrations: BTreeMap<Kind, String>,
    /// The credential that was written.
    pub credential: Option<CredentialRecord>,
    /// The integrations whose configuration was written, and with it whose they are.
    pub configured: BTreeSet<String>,
    /// The action, or its draft, that was written last.
    pub action: Option<ActionRecord>,
}

impl Made {
    fn integration(&self, kind: Kind, id: &Id) -> Result<String, Failure> {
        match id {
            Id::Known(id) => Some(id),
            Id::Made => self.integrations.get(&kind),
        }
        .cloned()
        .ok_or(Failure::Incomplete { missing: "integration" })
    }

    fn credential(&self, id: &Id) -> Result<String, Failure> {
        match id {
            Id::Known(id) => Some(id),
            Id::Made => self.credential.as_ref().map(|record| &record.id),
        }
        .cloned()
        .ok_or(Failure::Incomplete { missing: "credential" })
    }
}

/// One step on its way.
struct Writing<'a, G, P> {
    genesys: &'a G,
    made: &'a mut Made,
    patience: Patience<'a, P>,
}

impl<G: GenesysRead + GenesysWrite, P: Progress<Step>> Writing<'_, G, P> {
    async fn carry_out(&mut self, step: &Step) -> Result<(), Failure> {
        let genesys = self.genesys;
        match step {
            Step::CreateCredential { credential } => {
                self.made.credential = Some(genesys.create_credential(&specification(credential)).await?);
            }
            Step::UpdateCredential { id, credential, .. } => {
                self.made.credential = Some(genesys.update_credential(id, &specification(credential)).await?);
            }
            Step::DeleteCredential { id, .. } => {
                // Genesys Cloud may still take it to be in use by the integration that was deleted a moment ago.
                let is_passing = |error: &GenesysError| {
                    matches!(error.kind, GenesysErrorKind::Conflict | GenesysErrorKind::VersionConflict)
                };
                let delete = async || gone(genesys.delete_credential(id).await);
                self.patience.until("the credential to be free", delete, is_passing).await?;
            }
            Step::CreateIntegration { kind, name } => {
                let record = genesys.create_integration(kind.type_id(), name).await?;
                self.made.integrations.insert(*kind, record.id);
            }
            Step::Configure { kind, id, after, .. } => {
                let id = self.made.integration(*kind, id)?;
                self.configure(&id, after).await?;
                self.made.configured.insert(id);
            }
            Step::SetState { kind, id, after, .. } => {
                let id = self.made.integration(*kind, id)?;
                let set = async || genesys.set_intended_state(&id, *after).await;
                self.patience.until(VISIBLE, set, not_there_yet).await?;
                if *after == IntendedState::Enabled {
                    self.await_active(&id).await?;
                }
            }
            Step::DeleteIntegration { id, .. } => {
                gone(genesys.delete_integration(id).await)?;
                self.await_gone(id).await?;
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
                let tries = Cell::new(if *integration == Id::Made { 10 } else { 0 });
                let is_passing = |error: &GenesysError| {
                    let is_new = error.kind == GenesysErrorKind::InvalidInput && tries.get() > 0;
                    tries.set(tries.get() - i32::from(is_new));
                    is_new || not_there_yet(error)
                };
                let create = async || genesys.create_draft(&specification).await;
                let draft = self.patience.until(VISIBLE, create, is_passing).await?;
                let (id, version) = (draft.id.clone(), draft.version);
                self.made.action = Some(draft);
                self.publish(&id, version).await?;
            }
            Step::PublishDraft { id, version, .. } => self.publish(id, *version).await?,
            Step::DiscardDraft { id, .. } => gone(genesys.delete_draft(id).await)?,
            Step::UpdateAction { id, before, after, .. } => self.update(id, before, after).await?,
            Step::DeleteAction { id, .. } => gone(genesys.delete_action(id).await)?,
        }
        Ok(())
    }

    /// Reads the configuration, puts in what the plan says, and writes all of it back; again where somebody was faster.
    async fn configure(&mut self, id: &str, after: &Configuration) -> Result<(), Failure> {
        let genesys = self.genesys;
        let (attached, written) = match &after.credential {
            Attachment::Attached { key, id } => {
                let id = self.made.credential(id)?;
                let written = self.made.credential.clone().filter(|record| record.id == id);
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
            genesys.put_integration_config(id, &config).await.map(Some)
        };
        self.patience.until_some("the integration's configuration", attempt, superseded).await.map(drop)
    }

    async fn await_active(&mut self, id: &str) -> Result<(), Failure> {
        let look = async || {
            let Some(record) = self.genesys.integration(id).await? else { return Ok(None) };
            Ok(match record.reported {
                Some(ReportedState::Active) => Some(Ok(())),
                Some(ReportedState::Error) => Some(Err(Failure::Inactive { detail: record.detail })),
                Some(ReportedState::Activating | ReportedState::Inactive | ReportedState::Deactivating)
                | None => None,
            })
        };
        self.patience.until_some("the integration to be active", look, |_| false).await?
    }

    async fn await_gone(&mut self, id: &str) -> Result<(), Failure> {
        let look = async || Ok(self.genesys.integration(id).await?.is_none().then_some(()));
        self.patience.until_some("the integration to be gone", look, |_| false).await
    }

    /// Validates a draft and publishes it under its own version.
    async fn publish(&mut self, id: &str, version: i64) -> Result<(), Failure> {
        let genesys = self.genesys;
        let validate = async || genesys.draft_faults(id).await;
        let faults = self.patience.until(VISIBLE, validate, not_there_yet).await?;
        if !faults.is_empty() {
            gone(genesys.delete_draft(id).await)?;
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
            genesys.publish_draft(id, current).await.map(Some)
        };
        let is_passing = |error: &GenesysError| superseded(error) || not_there_yet(error);
        let published = self.patience.until_some("the draft to be published", publish, is_passing).await?;
        self.made.action = Some(published);
        Ok(())
    }

    /// Changes a published action through a draft of it. A draft that is there already is either what an earlier run left,
    /// then it says what is published or what is wanted, or it is somebody's work.
    async fn update(&mut self, id: &str, before: &ActionUpdate, after: &ActionUpdate) -> Result<(), Failure> {
        let genesys = self.genesys;
        let draft = match action_in_full(genesys, id, Stage::Draft).await? {
            Some(draft) if says(&draft, after) || says(&draft, before) => draft,
            Some(ActionRecord { version, .. }) => {
                return Err(Failure::DraftInTheWay { id: id.to_owned(), version });
            }
            None => genesys.create_draft_of(id).await?,
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
            genesys.update_draft(id, current, after).await.map(Some)
        };
        let is_passing = |error: &GenesysError| superseded(error) || not_there_yet(error);
        let draft = self.patience.until_some("the draft to be changed", change, is_passing).await?;
        self.publish(id, draft.version).await
    }
}

fn says(draft: &ActionRecord, update: &ActionUpdate) -> bool {
    let ActionUpdate { name, category, config } = update;
    draft.name == *name
        && draft.category == *category
        && draft.config.as_ref().is_some_and(|there| same_config(config, there))
}

fn specification(credential: &RoleCredential) -> CredentialSpecification {
    CredentialSpecification {
        name: credential.name.clone(),
        type_name: credential.form.type_name.clone(),
        fields: [(credential.form.field.clone(), credential.role.clone())].into(),
    }
}

const VISIBLE: &str = "Genesys Cloud to show what was just made";

/// What Genesys Cloud says of something that was made a moment ago.
fn not_there_yet(error: &GenesysError) -> bool {
    error.kind == GenesysErrorKind::NotFound
}

/// Somebody else was faster.
fn superseded(error: &GenesysError) -> bool {
    error.kind == GenesysErrorKind::VersionConflict
}
