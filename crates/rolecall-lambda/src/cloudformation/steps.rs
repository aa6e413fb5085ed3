//! Carries out a plan for a resource, and takes back what nobody would know of.
//!
//! What a `Create` made and marked as the stack's is named in its answer where it fails, so that CloudFormation deletes it
//! when the stack is rolled back. Everything else that was made is deleted at once: an `Update` that fails keeps the ID
//! that it was asked about. Writing ends early enough for that. What a call did whose answer never came, nobody knows; the
//! reason names it.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use rolecall::carry_out::{self, Absent, Applied, Effect, Event, Made, Observer, Writers};
use rolecall::desired::contract::config_differences;
use rolecall::observe::genesys::action_in_full;
use rolecall::plan::Change;
use rolecall::plan::genesys::{Credential, Id, Plan, Step};
use rolecall::ports::genesys::{
    ActionUpdate, GenesysError, GenesysErrorKind, GenesysRead as _, GenesysResult, GenesysWrite as _,
    IntegrationConfig, Stage, gone,
};
use rolecall::report::ChangeView;
use rolecall_genesys::client::Client;
use rolecall_model::patience::Interrupt;
use tokio::time::{Instant, timeout, timeout_at};
use tokio::try_join;

use super::answer::Failed;
use super::settle::{self, settled};
use super::{FOR_TAKING_BACK, OUT_OF_TIME};
use crate::log;

/// How long one step may wait for what Genesys Cloud does not show yet; the function's own timeout may end it earlier.
const DEADLINE: Duration = Duration::from_secs(120);

/// Writes every step that was carried out into the log.
#[derive(Default)]
struct Logged {
    /// The one that is being carried out.
    current: Cell<&'static str>,
    done: RefCell<Vec<Change>>,
}

impl Observer for Logged {
    fn observe(&self, event: Event<'_>) {
        match event {
            Event::Starting(change) => self.current.set(change.operation()),
            Event::Finished(change, Effect::Written | Effect::NotFound | Effect::Gone) => {
                log::step(change.operation());
                self.done.borrow_mut().push(change.clone());
            }
            Event::Waiting { .. } | Event::Applied(_) => {}
        }
    }
}

/// Carries out the plan. Where it fails, `keep` says what is to be named in the answer; what it does not name is taken
/// back.
pub(super) async fn carry_out(
    plan: &Plan,
    genesys: &Client,
    until: Instant,
    keep: impl Fn(&Made) -> Option<String>,
) -> Result<Made, Failed> {
    let (made, logged, never) = (Made::default(), Logged::default(), Interrupt::never());
    let (whole, writers) = (rolecall::plan::Plan::from(plan.clone()), Writers { aws: Absent, genesys });
    let carried_out = carry_out::carry_out(&whole, &writers, &made, DEADLINE, &never, &logged);
    let mut reason = match timeout_at(until, carried_out).await {
        Ok(Applied { failed, .. }) => match failed.first() {
            None => return Ok(made),
            Some((change, failure)) => failure.of(change),
        },
        Err(_) => format!("{OUT_OF_TIME}; whether {} was carried out is not known", logged.current.get()),
    };
    let done: Vec<String> = logged.done.borrow().iter().map(|change| words(&change.into())).collect();
    if !done.is_empty() {
        reason += &format!("; done: {}", done.join(", "));
    }
    let kept = keep(&made);
    if kept.is_none() {
        let taken_back = timeout(FOR_TAKING_BACK, take_back(plan, genesys, &made)).await;
        reason += &match taken_back {
            Ok(Ok(false)) => String::new(),
            Ok(Ok(true)) => "; what had been made was deleted again".to_owned(),
            Ok(Err(error)) => format!("; what had been made could not be deleted again: {error}"),
            Err(_) => "; what had been made could not be deleted again in time".to_owned(),
        };
        let left = left_behind(plan, &made);
        if !left.is_empty() {
            reason += &format!("; to be deleted by hand: {}", left.join(", "));
        }
    }
    Err(Failed { reason, made: kept })
}

/// What the steps are about.
pub(super) fn in_words(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| words(&step.into())).collect()
}

fn words(ChangeView { subject, resource, note, .. }: &ChangeView) -> String {
    let note = note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    format!("{subject} `{resource}`{note}")
}

/// Deletes what the plan has made; whether there was anything.
async fn take_back(plan: &Plan, genesys: &Client, made: &Made) -> GenesysResult<bool> {
    let mut any = false;
    for step in plan.steps().iter().rev() {
        match step {
            Step::CreateAction { .. } => {
                let action = made.action.borrow().clone();
                if let Some(action) = action {
                    delete_action(genesys, &action.id).await?;
                    made.action.replace(None);
                    any = true;
                }
            }
            Step::UpdateAction { id, after, .. } => discard_draft(genesys, id, after).await?,
            Step::CreateIntegration { kind, .. } => {
                let id = made.integrations.borrow().get(kind).cloned();
                if let Some(id) = id {
                    gone(genesys.delete_integration(&id).await)?;
                    made.integrations.borrow_mut().remove(kind);
                    any = true;
                }
            }
            Step::CreateCredential { credential: Credential { kind, .. } } => {
                let credential = made.credentials.borrow().get(kind).cloned();
                if let Some(credential) = credential {
                    // Where it may be in use by now, what was there before it comes back first.
                    for step in plan.steps() {
                        if let Step::Configure { id: Id::Known(id), before: Some(before), .. } = step {
                            restore(genesys, id, before).await?;
                        }
                    }
                    delete_credential(genesys, &credential.id).await?;
                    made.credentials.borrow_mut().remove(kind);
                    any = true;
                }
            }
            Step::Configure { .. }
            | Step::UpdateCredential { .. }
            | Step::DeleteCredential { .. }
            | Step::SetState { .. }
            | Step::DeleteIntegration { .. }
            | Step::PublishDraft { .. }
            | Step::DiscardDraft { .. }
            | Step::DeleteAction { .. } => {}
        }
    }
    Ok(any)
}

/// What the plan has made and is still there.
fn left_behind(plan: &Plan, made: &Made) -> Vec<String> {
    let left = plan.steps().iter().filter_map(|step| match step {
        Step::CreateAction { .. } => {
            made.action.borrow().as_ref().map(|action| format!("action {}", action.id))
        }
        Step::CreateIntegration { kind, .. } => {
            made.integrations.borrow().get(kind).map(|id| format!("integration {id}"))
        }
        Step::CreateCredential { credential: Credential { kind, .. } } => {
            made.credentials.borrow().get(kind).map(|credential| format!("credential {}", credential.id))
        }
        Step::Configure { .. }
        | Step::UpdateCredential { .. }
        | Step::DeleteCredential { .. }
        | Step::SetState { .. }
        | Step::DeleteIntegration { .. }
        | Step::PublishDraft { .. }
        | Step::DiscardDraft { .. }
        | Step::UpdateAction { .. }
        | Step::DeleteAction { .. } => None,
    });
    left.collect()
}

/// Puts the configuration back that there was, where it is another one now.
async fn restore(genesys: &Client, id: &str, before: &IntegrationConfig) -> GenesysResult<()> {
    let Some(now) = genesys.integration_config(id).await? else { return Ok(()) };
    let before = IntegrationConfig { version: now.version, ..before.clone() };
    if now != before {
        genesys.put_integration_config(id, &before).await?;
    }
    Ok(())
}

/// Discards the draft of an action that says what this plan wanted: it would be in the way of the next one.
async fn discard_draft(genesys: &Client, id: &str, wanted: &ActionUpdate) -> GenesysResult<()> {
    let Some(draft) = action_in_full(genesys, id, Stage::Draft).await? else { return Ok(()) };
    let is_same = |there| config_differences(&wanted.config, there).is_empty();
    if draft.name == wanted.name
        && draft.category == wanted.category
        && draft.config.as_ref().is_some_and(is_same)
    {
        gone(genesys.delete_draft(id).await)?;
    }
    Ok(())
}

/// Deletes a credential, as soon as Genesys Cloud has seen that nothing uses it any more.
async fn delete_credential(genesys: &Client, id: &str) -> GenesysResult<()> {
    let delete = async || Ok(gone(genesys.delete_credential(id).await));
    let is_in_use = |error: &GenesysError| {
        matches!(error.kind, GenesysErrorKind::Conflict | GenesysErrorKind::VersionConflict)
    };
    settled(settle::GENESYS, delete, |result| !result.as_ref().is_err_and(is_in_use)).await?
}

/// Deletes an action, published or not.
///
/// "Not found" may be said of one that was made a moment ago, so it counts only where nobody finds the action by reading
/// either.
pub(super) async fn delete_action(genesys: &Client, id: &str) -> GenesysResult<()> {
    let delete = async || {
        gone(genesys.delete_action(id).await)?;
        gone(genesys.delete_draft(id).await)?;
        try_join!(genesys.action(id, Stage::Published), genesys.action(id, Stage::Draft))
    };
    settled(settle::GENESYS, delete, |(published, draft)| published.is_none() && draft.is_none())
        .await
        .map(drop)
}
