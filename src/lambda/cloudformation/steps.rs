//! Carries out a plan for a resource, and takes back what nobody would know of.
//!
//! What a `Create` made and could not finish is named in its answer, so that CloudFormation deletes it when the stack is
//! rolled back. An `Update` that fails keeps the ID that it was asked about; what it made beside that is deleted at once.

use std::time::Duration;

use rolecall::genesys::apply::{Applied, Made, apply};
use rolecall::genesys::client::Client;
use rolecall::genesys::plan::{Plan, Step};
use rolecall::ports::genesys::{GenesysResult, GenesysWrite, gone};
use rolecall::provision::apply::Progress;
use rolecall::report::ChangeView;
use tokio::sync::watch;

use crate::log;

/// How long one step may wait for what Genesys Cloud does not show yet; the function's own timeout may end it earlier.
const DEADLINE: Duration = Duration::from_secs(120);

/// Writes every step that was carried out into the log.
struct Logged;

impl Progress<Step> for Logged {
    fn starting(&mut self, _: &Step) {}

    fn finished(&mut self, step: &Step) {
        log::step(step.operation());
    }

    fn waiting(&mut self, _: &str, _: Duration) {}
}

/// Carries out the plan. Where it fails, `keeps` says whether what was made is named in the answer.
pub(super) async fn carry_out(
    plan: &Plan,
    genesys: &Client,
    made: &mut Made,
    keeps: impl Fn(&Made) -> bool,
) -> Result<(), String> {
    // Nobody interrupts: the sender lives as long as the run.
    let (_sender, interrupt) = watch::channel(false);
    let applied = apply(plan, genesys, made, DEADLINE, interrupt, &mut Logged).await;
    let Some((step, failure)) = &applied.failure else { return Ok(()) };
    let mut reason = format!("{} failed: {failure}", step.operation());
    let done = in_words(&applied.done);
    if !done.is_empty() {
        reason += &format!("; done before that: {}", done.join(", "));
    }
    if !keeps(made) {
        match take_back(&applied, genesys, made).await {
            Ok(0) => {}
            Ok(_) => reason += "; what had been made was deleted again",
            Err(error) => reason += &format!("; what had been made could not be deleted again: {error}"),
        }
    }
    Err(reason)
}

/// What the steps are about.
pub(super) fn in_words(steps: &[Step]) -> Vec<String> {
    let words = |step: &Step| {
        let ChangeView { subject, resource, note, .. } = ChangeView::from(step);
        let note = note.map(|note| format!(" ({note})")).unwrap_or_default();
        format!("{subject} `{resource}`{note}")
    };
    steps.iter().map(words).collect()
}

/// Deletes what the steps made, and says how much that was.
async fn take_back(applied: &Applied, genesys: &Client, made: &mut Made) -> GenesysResult<usize> {
    let failed = applied.failure.iter().map(|(step, _)| step);
    let mut deleted = 0;
    for step in applied.done.iter().chain(failed).rev() {
        match step {
            Step::CreateAction { .. } => {
                if let Some(action) = made.action.take() {
                    delete_action(genesys, &action.id).await?;
                    deleted += 1;
                }
            }
            Step::CreateIntegration { kind, .. } => {
                if let Some(id) = made.integrations.remove(kind) {
                    gone(genesys.delete_integration(&id).await)?;
                    deleted += 1;
                }
            }
            Step::CreateCredential { .. } => {
                if let Some(credential) = made.credential.take() {
                    gone(genesys.delete_credential(&credential.id).await)?;
                    deleted += 1;
                }
            }
            Step::UpdateCredential { .. }
            | Step::DeleteCredential { .. }
            | Step::Configure { .. }
            | Step::SetState { .. }
            | Step::DeleteIntegration { .. }
            | Step::PublishDraft { .. }
            | Step::DiscardDraft { .. }
            | Step::UpdateAction { .. }
            | Step::DeleteAction { .. } => {}
        }
    }
    Ok(deleted)
}

/// Deletes an action, published or not.
pub(super) async fn delete_action(genesys: &Client, id: &str) -> GenesysResult<()> {
    gone(genesys.delete_action(id).await)?;
    gone(genesys.delete_draft(id).await)
}
