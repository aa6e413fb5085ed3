//! Plan → AWS. Decides nothing: it carries out the plan's writes in their order, one at a time, and stops at the first
//! that fails, at the deadline, or when it is told to.
//!
//! IAM is eventually consistent, so a write can fail only because an earlier one has not spread yet. Exactly those
//! errors are tried again (the list is [`awaits`]); everything else is final. A write that was sent is always waited
//! for, so what [`Applied`] says was done is what was done.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::plan::aws::{Change, Plan};
use crate::ports::{AwsError, AwsErrorKind, AwsResult, Write};

/// The first pause before a write is tried again, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What was done, and what was not.
#[derive(Debug)]
pub struct Applied<C = Change, F = Failure> {
    /// The changes that were confirmed, in order.
    pub done: Vec<C>,
    /// The change that failed, and why.
    pub failure: Option<(C, F)>,
    /// The changes that were not tried.
    pub remaining: Vec<C>,
}

impl<C, F> Applied<C, F> {
    /// Nothing was done yet of these.
    pub fn none_of(remaining: Vec<C>) -> Self {
        Self { done: Vec::new(), failure: None, remaining }
    }

    /// Whether the whole plan was carried out.
    pub fn is_complete(&self) -> bool {
        self.failure.is_none() && self.remaining.is_empty()
    }
}

/// Why a plan was not carried out to its end.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// AWS refused a write.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// AWS still answered as if an earlier write had not happened.
    #[error("waited {} s for {awaited}; the last answer was: {last}", waited.as_secs())]
    Deadline {
        /// What was waited for.
        awaited: &'static str,
        /// For how long.
        waited: Duration,
        /// The last answer.
        last: AwsError,
    },
    /// The user interrupted a wait.
    #[error("interrupted while waiting for {awaited}")]
    Interrupted {
        /// What was waited for.
        awaited: &'static str,
    },
}

/// Is told what happens while it happens.
pub trait Progress<C = Change> {
    /// A change is about to be made.
    fn starting(&mut self, change: &C);
    /// The change was made.
    fn finished(&mut self, change: &C);
    /// Something is waited for.
    fn waiting(&mut self, awaited: &str, waited: Duration);
}

/// Tells a running command to stop at the next safe point. `true` means stop.
pub type Interrupt = watch::Receiver<bool>;

/// Carries out the plan.
pub async fn apply<W: Write>(
    plan: &Plan,
    writer: &W,
    deadline: Duration,
    mut interrupt: Interrupt,
    progress: &mut impl Progress,
) -> Applied {
    let mut applied = Applied::none_of(plan.changes.clone());
    let mut created = BTreeSet::new();
    while !applied.remaining.is_empty() && !*interrupt.borrow() {
        let change = applied.remaining.remove(0);
        progress.starting(&change);
        match persist(&change, writer, &created, deadline, &mut interrupt, progress).await {
            Ok(()) => {
                progress.finished(&change);
                created.extend(created_by(&change));
                applied.done.push(change);
            }
            Err(failure) => {
                applied.failure = Some((change, failure));
                break;
            }
        }
    }
    applied
}

/// Makes one change, trying again while AWS may not have seen the changes before it.
async fn persist<W: Write>(
    change: &Change,
    writer: &W,
    created: &BTreeSet<String>,
    deadline: Duration,
    interrupt: &mut Interrupt,
    progress: &mut impl Progress,
) -> Result<(), Failure> {
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match write(change, writer).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let Some(awaited) = awaits(change, &error, created) else { return Err(Failure::Aws(error)) };
        let waited = start.elapsed();
        if waited + pause > deadline {
            return Err(Failure::Deadline { awaited, waited, last: error });
        }
        progress.waiting(awaited, waited);
        tokio::select! {
            () = sleep(pause) => {}
            _ = interrupt.wait_for(|stop| *stop) => return Err(Failure::Interrupted { awaited }),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What a failed write may be waiting for, or `None` where trying again cannot help.
///
/// The cases are those that Terraform's provider retries on (`internal/service/iam/role.go`, `policy.go`,
/// `role_policy_attachment.go`): a principal that IAM does not see yet, a concurrent modification, and a dependency
/// that was removed a moment ago; and entities which this very run created.
fn awaits(change: &Change, error: &AwsError, created: &BTreeSet<String>) -> Option<&'static str> {
    match (change, error.kind) {
        (Change::CreateRole { .. } | Change::UpdateTrust { .. }, AwsErrorKind::MalformedDocument)
            if error.message.contains("Invalid principal in policy") =>
        {
            Some("IAM to know every principal that the trust policy names")
        }
        (_, AwsErrorKind::ConcurrentModification) => Some("another change of the same entity to end"),
        (Change::DeleteRole { .. } | Change::DeletePolicy { .. }, AwsErrorKind::DeleteConflict) => {
            Some("IAM to see that nothing depends on it any more")
        }
        (_, AwsErrorKind::NotFound) if subjects(change).iter().any(|subject| created.contains(*subject)) => {
            Some("IAM to show what was just created")
        }
        _ => None,
    }
}

fn created_by(change: &Change) -> Option<String> {
    match change {
        Change::CreateRole { role } => Some(role.name.to_string()),
        Change::CreatePolicy { arn, .. } => Some(arn.clone()),
        Change::UpdateTrust { .. }
        | Change::PutBoundary { .. }
        | Change::DeleteBoundary { .. }
        | Change::UpdateRole { .. }
        | Change::TagRole { .. }
        | Change::TagPolicy { .. }
        | Change::DeletePolicyVersion { .. }
        | Change::CreatePolicyVersion { .. }
        | Change::AttachPolicy { .. }
        | Change::DetachPolicy { .. }
        | Change::DeletePolicy { .. }
        | Change::PutInlinePolicy { .. }
        | Change::DeleteInlinePolicy { .. }
        | Change::DeleteRole { .. } => None,
    }
}

/// The entities that must exist for the change: role names and policy ARNs.
fn subjects(change: &Change) -> Vec<&str> {
    match change {
        Change::CreateRole { .. } | Change::CreatePolicy { .. } => Vec::new(),
        Change::UpdateTrust { role, .. }
        | Change::PutBoundary { role, .. }
        | Change::DeleteBoundary { role, .. }
        | Change::UpdateRole { role, .. }
        | Change::TagRole { role, .. }
        | Change::PutInlinePolicy { role, .. }
        | Change::DeleteInlinePolicy { role, .. }
        | Change::DeleteRole { role } => vec![role.as_str()],
        Change::TagPolicy { arn, .. }
        | Change::DeletePolicyVersion { arn, .. }
        | Change::CreatePolicyVersion { arn, .. }
        | Change::DeletePolicy { arn, .. } => vec![arn],
        Change::AttachPolicy { role, arn } | Change::DetachPolicy { role, arn } => vec![role.as_str(), arn],
    }
}

async fn write<W: Write>(change: &Change, writer: &W) -> AwsResult<()> {
    use crate::plan::aws::new_values;
    match change {
        Change::CreateRole { role } => writer.create_role(role).await,
        Change::UpdateTrust { role, after, .. } => writer.update_trust(role, after).await,
        Change::PutBoundary { role, after, .. } => writer.put_boundary(role, after).await,
        Change::DeleteBoundary { role, .. } => gone(writer.delete_boundary(role).await),
        Change::UpdateRole { role, after: (description, seconds), .. } => {
            writer.update_role(role, description, *seconds).await
        }
        Change::TagRole { role, tags } => writer.tag_role(role, &new_values(tags)).await,
        Change::CreatePolicy { policy, .. } => writer.create_policy(policy).await,
        Change::TagPolicy { arn, tags } => writer.tag_policy(arn, &new_values(tags)).await,
        Change::DeletePolicyVersion { arn, version } => {
            gone(writer.delete_policy_version(arn, version).await)
        }
        Change::CreatePolicyVersion { arn, after, .. } => writer.create_policy_version(arn, after).await,
        Change::AttachPolicy { role, arn } => writer.attach_policy(role, arn).await,
        Change::DetachPolicy { role, arn } => gone(writer.detach_policy(role, arn).await),
        Change::DeletePolicy { arn, .. } => gone(writer.delete_policy(arn).await),
        Change::PutInlinePolicy { role, name, document } => {
            writer.put_inline_policy(role, name, document).await
        }
        Change::DeleteInlinePolicy { role, name, .. } => gone(writer.delete_inline_policy(role, name).await),
        Change::DeleteRole { role } => gone(writer.delete_role(role).await),
    }
}

/// What is gone already needs no deleting.
fn gone(result: AwsResult<()>) -> AwsResult<()> {
    match result {
        Err(error) if error.kind == AwsErrorKind::NotFound => Ok(()),
        result => result,
    }
}
