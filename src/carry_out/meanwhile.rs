//! A write to AWS that fails because the plan is out of date: what is there is read, so that the sentence about it is true.
//!
//! IAM has no compare-and-swap. What tells rolecall's own first attempt, whose answer was lost, from another run and from
//! somebody else is what was made: its content and its tags. A reading that fails leaves the answer as it was.

use super::Failure;
use crate::desired::aws::{OWNER_TAG, TWIN_TAG};
use crate::iam::arn::{PolicyArn, RoleName};
use crate::plan::aws::Change;
use crate::ports::{
    AwsError, AwsResult, PolicySpecification, Read, RoleRecord, RoleSpecification, Tags, WriteOutcome,
};

/// What a change is about, or needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Entity {
    Role(RoleName),
    Policy(PolicyArn),
}

impl Entity {
    fn in_words(&self) -> String {
        match self {
            Self::Role(role) => format!("role `{role}`"),
            Self::Policy(policy) => format!("policy `{}`", policy.name),
        }
    }

    async fn is_there<R: Read>(&self, reader: &R) -> AwsResult<bool> {
        Ok(match self {
            Self::Role(role) => reader.role(role).await?.is_some(),
            Self::Policy(policy) => reader.policy(policy).await?.is_some(),
        })
    }
}

/// What stands under a name that was to be given to something new.
enum Found {
    /// Nothing that is shown yet.
    Nothing,
    /// What was to be made, with the same content.
    Same,
    /// Something else.
    Other {
        /// Whether it carries rolecall's mark for this role.
        is_own: bool,
    },
}

/// What becomes of a write that AWS refused because of what is there.
pub(super) enum Verdict {
    /// It is done: the answer was to a second attempt of a write whose first one was carried out.
    Done,
    /// It was to remove what was not there any more.
    Gone,
    /// What is there is not shown yet, or was not found though it is there.
    NotYet,
    Failed(Failure),
}

/// About something that AWS says exists already.
pub(super) async fn judge_existing<R: Read>(change: &Change, error: AwsError, reader: &R) -> Verdict {
    let (entity, found) = match change {
        Change::CreateRole { role } => (Entity::Role(role.name.clone()), find_role(role, reader).await),
        Change::CreatePolicy { arn, policy } => {
            (Entity::Policy(arn.clone()), find_policy(arn, policy, reader).await)
        }
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
        | Change::DeleteRole { .. } => return Verdict::Failed(error.into()),
    };
    match (found, error.outcome) {
        (Ok(Found::Nothing), _) => Verdict::NotYet,
        (Ok(Found::Same), WriteOutcome::Unknown | WriteOutcome::Begun) => Verdict::Done,
        // What was found is not what this run would have made: its own attempt came to nothing.
        (Ok(Found::Other { is_own }), _) => {
            Verdict::Failed(Failure::MadeMeanwhile { what: entity.in_words(), is_own })
        }
        (Ok(Found::Same), WriteOutcome::Refused) => {
            Verdict::Failed(Failure::MadeMeanwhile { what: entity.in_words(), is_own: true })
        }
        (Err(_), _) => Verdict::Failed(error.into()),
    }
}

/// About something that AWS does not find, and that this run did not make.
pub(super) async fn judge_missing<R: Read>(subjects: &[Entity], error: AwsError, reader: &R) -> Verdict {
    for subject in subjects {
        match subject.is_there(reader).await {
            Ok(true) => {}
            Ok(false) => {
                let answer = Box::new(error.into());
                return Verdict::Failed(Failure::GoneMeanwhile { what: subject.in_words(), answer });
            }
            Err(_) => return Verdict::Failed(error.into()),
        }
    }
    match subjects {
        [] => Verdict::Failed(error.into()),
        _ => Verdict::NotYet,
    }
}

/// About something that was to be removed, and that AWS does not find.
pub(super) fn judge_removed(left: AwsResult<bool>, known: WriteOutcome) -> Verdict {
    match (left, known) {
        (Ok(true), _) => Verdict::NotYet,
        // The first attempt, whose answer was lost, removed it.
        (Ok(false), WriteOutcome::Unknown | WriteOutcome::Begun) => Verdict::Done,
        (Ok(false), WriteOutcome::Refused) => Verdict::Gone,
        (Err(error), outcome) => Verdict::Failed(AwsError { outcome, ..error }.into()),
    }
}

/// Whether what the change was to remove is still there; `None` for a change that removes nothing.
pub(super) async fn is_left<R: Read>(change: &Change, reader: &R) -> Option<AwsResult<bool>> {
    Some(match change {
        Change::DeleteBoundary { role, .. } => {
            reader.role(role).await.map(|role| role.is_some_and(|role| role.permissions_boundary.is_some()))
        }
        Change::DetachPolicy { role, arn, .. } => {
            let attached = reader.attached_policies(role).await;
            attached.map(|attached| attached.is_some_and(|attached| attached.contains(arn)))
        }
        Change::DeleteInlinePolicy { role, name, .. } => {
            let names = reader.inline_policy_names(role).await;
            names.map(|names| names.is_some_and(|names| names.contains(name)))
        }
        Change::DeletePolicyVersion { arn, version } => {
            let versions = reader.policy_versions(arn).await;
            versions.map(|versions| versions.iter().any(|it| it.id == *version))
        }
        Change::DeletePolicy { arn, .. } => reader.policy(arn).await.map(|policy| policy.is_some()),
        Change::DeleteRole { role } => reader.role(role).await.map(|role| role.is_some()),
        Change::CreateRole { .. }
        | Change::UpdateTrust { .. }
        | Change::PutBoundary { .. }
        | Change::UpdateRole { .. }
        | Change::TagRole { .. }
        | Change::CreatePolicy { .. }
        | Change::TagPolicy { .. }
        | Change::CreatePolicyVersion { .. }
        | Change::AttachPolicy { .. }
        | Change::PutInlinePolicy { .. } => return None,
    })
}

async fn find_role<R: Read>(wanted: &RoleSpecification, reader: &R) -> AwsResult<Found> {
    let Some(there) = reader.role(&wanted.name).await? else { return Ok(Found::Nothing) };
    Ok(found(is_same_role(wanted, &there), &wanted.tags, &there.tags))
}

fn is_same_role(wanted: &RoleSpecification, there: &RoleRecord) -> bool {
    let RoleSpecification {
        name: _,
        path,
        description,
        max_session_duration,
        permissions_boundary,
        tags,
        trust,
    } = wanted;
    there.path == path.as_str()
        && there.description == *description
        && there.max_session_duration == *max_session_duration
        && there.permissions_boundary == *permissions_boundary
        && has_all(&there.tags, tags)
        && there.trust.says_the_same_as(trust)
}

async fn find_policy<R: Read>(arn: &PolicyArn, wanted: &PolicySpecification, reader: &R) -> AwsResult<Found> {
    let Some(there) = reader.policy(arn).await? else { return Ok(Found::Nothing) };
    let document = reader.policy_document(arn, &there.default_version).await?;
    let tags = there.tags.unwrap_or_default();
    let is_same = document.is_some_and(|document| document.says_the_same_as(&wanted.document));
    Ok(found(is_same && has_all(&tags, &wanted.tags), &wanted.tags, &tags))
}

/// An account may add tags of its own to whatever is made.
fn has_all(there: &Tags, wanted: &Tags) -> bool {
    wanted.iter().all(|(key, value)| there.get(key) == Some(value))
}

fn found(is_same: bool, wanted: &Tags, there: &Tags) -> Found {
    // A twin carries a mark of its own.
    let has_mark = |key: &&str| wanted.get(*key).is_some_and(|owner| there.get(*key) == Some(owner));
    let is_own = [OWNER_TAG, TWIN_TAG].iter().any(has_mark);
    match is_same && is_own {
        true => Found::Same,
        false => Found::Other { is_own },
    }
}
