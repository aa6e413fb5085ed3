//! One change of AWS: the call, and what its failure may be waiting for.
//!
//! IAM is eventually consistent, so a write can fail only because an earlier one has not spread yet. Exactly those errors are
//! tried again (the list is `awaits`); everything else is final. An answer that says that the plan is out of date is held
//! against what is there first (`meanwhile`): what a delete does not find is gone only when a reading does not
//! find it either, because what follows may open what this was to close.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use super::meanwhile::{Entity, Verdict, is_left, judge_existing, judge_missing, judge_removed};
use super::{Effect, Failure, Progress, WriteAws};
use crate::plan::aws::Change;
use crate::ports::{AwsError, AwsErrorKind, AwsResult, Read, Write, WriteOutcome};
use rolecall_model::patience::{Attempt, Pace, Stopped};

/// Between two attempts of a write.
const PACE: Pace = Pace::doubling(500, 5_000);

/// The roles and policies that this run made: IAM may not show them yet.
#[derive(Debug, Default)]
pub(super) struct Created(RefCell<HashSet<Entity>>);

impl Created {
    fn add(&self, change: &Change) {
        self.0.borrow_mut().extend(created_by(change));
    }

    fn has_any(&self, subjects: &[Entity]) -> bool {
        subjects.iter().any(|subject| self.0.borrow().contains(subject))
    }
}

impl<W: Read + Write> WriteAws for &W {
    async fn write(&self, change: &Change, progress: &Progress<'_>) -> Result<Effect, Failure> {
        let created = &progress.made.created;
        // What a later attempt is refused, an earlier one may have done.
        let known = Cell::new(WriteOutcome::Refused);
        let attempt = async || {
            let mut error = match write(change, *self).await {
                Ok(()) => return Ok(Attempt::Done(Effect::Written)),
                Err(error) => error,
            };
            if error.outcome == WriteOutcome::Unknown {
                known.set(WriteOutcome::Unknown);
            }
            error.outcome = known.get();
            let shown = error.clone();
            let is_missing = error.kind == AwsErrorKind::NotFound;
            let verdict = if is_missing && let Some(left) = is_left(change, *self).await {
                judge_removed(left, known.get())
            } else if let Some(awaited) = awaits(change, &error, created) {
                return Ok(Attempt::NotYet(awaited, Some(error)));
            } else if is_missing {
                judge_missing(&subjects(change), error, *self).await
            } else if error.kind == AwsErrorKind::AlreadyExists {
                judge_existing(change, error, *self).await
            } else {
                Verdict::Failed(Failure::Aws(error))
            };
            match verdict {
                Verdict::Done => Ok(Attempt::Done(Effect::Written)),
                Verdict::Gone => Ok(Attempt::Done(Effect::NotFound)),
                Verdict::NotYet => Ok(Attempt::NotYet("IAM to show what it says", Some(shown))),
                Verdict::Failed(failure) => Err(failure),
            }
        };
        let effect = progress.patience.until(PACE, attempt).await?.map_err(stopped)?;
        created.add(change);
        Ok(effect)
    }
}

/// Why waiting for AWS ended.
fn stopped(stopped: Stopped<Option<AwsError>>) -> Failure {
    let known = match &stopped {
        Stopped::Deadline { last, .. } | Stopped::Interrupted { last, .. } => {
            last.as_ref().map_or(WriteOutcome::Refused, |error| error.outcome)
        }
    };
    match stopped {
        Stopped::Deadline { awaited: _, waited, last: Some(error) }
            if error.kind == AwsErrorKind::ConcurrentModification =>
        {
            Failure::Overtaken { what: "the same role or policy", waited, answer: Box::new(error.into()) }
        }
        stopped => Failure::stopped(stopped).after(known),
    }
}

/// What a failed write may be waiting for, or `None` where trying again cannot help.
///
/// The cases are those that Terraform's provider retries on (`internal/service/iam/role.go`, `policy.go`,
/// `role_policy_attachment.go`): a principal that IAM does not see yet, a concurrent modification, and a dependency
/// that was removed a moment ago; and entities which this very run created.
fn awaits(change: &Change, error: &AwsError, created: &Created) -> Option<&'static str> {
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
        (_, AwsErrorKind::NotFound) if created.has_any(&subjects(change)) => {
            Some("IAM to show what was just created")
        }
        _ => None,
    }
}

fn created_by(change: &Change) -> Option<Entity> {
    match change {
        Change::CreateRole { role } => Some(Entity::Role(role.name.clone())),
        Change::CreatePolicy { arn, .. } => Some(Entity::Policy(arn.clone())),
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

/// The entities that must exist for the change.
fn subjects(change: &Change) -> Vec<Entity> {
    match change {
        Change::CreateRole { .. } | Change::CreatePolicy { .. } => Vec::new(),
        Change::UpdateTrust { role, .. }
        | Change::PutBoundary { role, .. }
        | Change::DeleteBoundary { role, .. }
        | Change::UpdateRole { role, .. }
        | Change::TagRole { role, .. }
        | Change::PutInlinePolicy { role, .. }
        | Change::DeleteInlinePolicy { role, .. }
        | Change::DeleteRole { role } => vec![Entity::Role(role.clone())],
        Change::TagPolicy { arn, .. }
        | Change::DeletePolicyVersion { arn, .. }
        | Change::CreatePolicyVersion { arn, .. }
        | Change::DeletePolicy { arn, .. } => vec![Entity::Policy(arn.clone())],
        Change::AttachPolicy { role, arn } | Change::DetachPolicy { role, arn, .. } => {
            vec![Entity::Role(role.clone()), Entity::Policy(arn.clone())]
        }
    }
}

async fn write<W: Write>(change: &Change, writer: &W) -> AwsResult<()> {
    match change {
        Change::CreateRole { role } => writer.create_role(role).await,
        Change::UpdateTrust { role, after, .. } => writer.update_trust(role, after).await,
        Change::PutBoundary { role, after, .. } => writer.put_boundary(role, after).await,
        Change::DeleteBoundary { role, .. } => writer.delete_boundary(role).await,
        Change::UpdateRole { role, after: (description, seconds), .. } => {
            writer.update_role(role, description, *seconds).await
        }
        Change::TagRole { role, tags } => writer.tag_role(role, &crate::plan::aws::new_values(tags)).await,
        Change::CreatePolicy { policy, .. } => writer.create_policy(policy).await,
        Change::TagPolicy { arn, tags } => writer.tag_policy(arn, &crate::plan::aws::new_values(tags)).await,
        Change::DeletePolicyVersion { arn, version } => writer.delete_policy_version(arn, version).await,
        Change::CreatePolicyVersion { arn, after, .. } => writer.create_policy_version(arn, after).await,
        Change::AttachPolicy { role, arn } => writer.attach_policy(role, arn).await,
        Change::DetachPolicy { role, arn, .. } => writer.detach_policy(role, arn).await,
        Change::DeletePolicy { arn, .. } => writer.delete_policy(arn).await,
        Change::PutInlinePolicy { role, name, document } => {
            writer.put_inline_policy(role, name, document).await
        }
        Change::DeleteInlinePolicy { role, name, .. } => writer.delete_inline_policy(role, name).await,
        Change::DeleteRole { role } => writer.delete_role(role).await,
    }
}
