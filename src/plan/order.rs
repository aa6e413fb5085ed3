//! The order of a plan, stated once: **what closes comes before what opens**, and what uses a thing goes before the thing.
//!
//! Each change has its turn, whichever service it is about; within a turn the planners' order stays. A turn follows from what
//! the change does, never from the command: the plan towards nothing is ordered by the same table.

use super::{Change, aws, genesys};
use crate::plan::genesys::Retirement;

/// When a change is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// Everything goes: Genesys Cloud lets go of the role first.
    Disconnect,
    /// The trust policy is replaced by one that lets nobody in who could not get in before.
    Close,
    /// What others gave the role is taken away, a boundary is put on it where none was, a session gets shorter.
    Narrow,
    /// The trust policy is replaced by one that lets somebody in, once what others gave the role is gone.
    Open,
    /// A boundary takes the place of another one: which of them allows more, their names do not say.
    Bound,
    /// What gives nobody anything yet is made: a role without policies, policies that are not attached; and tags.
    Make,
    /// The role is given its permissions.
    Permit,
    /// A boundary is taken off the role, once its permissions are those that are wanted; a session gets longer.
    Widen,
    /// What the role no longer needs goes, once what takes its place is there.
    Clear,
    /// Genesys Cloud is told of the role, and its actions of the functions.
    Connect,
    /// What Genesys Cloud no longer needs goes, once what takes its place is there. A failure here keeps nothing open in AWS.
    Retire,
}

/// The turn of the change.
pub(super) fn turn(change: &Change) -> Turn {
    match change {
        Change::Aws(change) => turn_in_aws(change),
        Change::Genesys(step) => turn_in_genesys(step),
    }
}

fn turn_in_aws(change: &aws::Change) -> Turn {
    use aws::Change;
    match change {
        Change::DetachPolicy { own: false, .. }
        | Change::DeleteInlinePolicy { .. }
        | Change::PutBoundary { before: None, .. } => Turn::Narrow,
        Change::PutBoundary { before: Some(_), .. } => Turn::Bound,
        Change::UpdateRole { before, after, .. } if after.1 < before.1 => Turn::Narrow,
        Change::UpdateTrust { opens: false, .. } => Turn::Close,
        Change::UpdateTrust { opens: true, .. } => Turn::Open,
        Change::CreateRole { .. }
        | Change::CreatePolicy { .. }
        | Change::TagRole { .. }
        | Change::TagPolicy { .. } => Turn::Make,
        // Room for the next version; what is not in force permits nothing.
        Change::DeletePolicyVersion { .. }
        | Change::CreatePolicyVersion { .. }
        | Change::AttachPolicy { .. }
        | Change::PutInlinePolicy { .. } => Turn::Permit,
        Change::UpdateRole { .. } | Change::DeleteBoundary { .. } => Turn::Widen,
        Change::DetachPolicy { own: true, .. } | Change::DeletePolicy { .. } | Change::DeleteRole { .. } => {
            Turn::Clear
        }
    }
}

fn turn_in_genesys(step: &genesys::Step) -> Turn {
    use genesys::Step;
    match step {
        Step::DeleteIntegration { why, .. }
        | Step::DeleteCredential { why, .. }
        | Step::DeleteAction { why, .. }
        | Step::Configure { given_up: Some(why), .. } => match why {
            Retirement::Destroyed => Turn::Disconnect,
            Retirement::NotInManifest | Retirement::Replaced => Turn::Retire,
        },
        Step::CreateCredential { .. }
        | Step::UpdateCredential { .. }
        | Step::CreateIntegration { .. }
        | Step::Configure { given_up: None, .. }
        | Step::SetState { .. }
        | Step::CreateAction { .. }
        | Step::PublishDraft { .. }
        | Step::DiscardDraft { .. }
        | Step::UpdateAction { .. } => Turn::Connect,
    }
}

/// Whether the change makes something new that nothing else in the plan has to precede: such changes go out side by side.
pub(super) fn stands_alone(change: &Change) -> bool {
    matches!(change, Change::Aws(aws::Change::CreateRole { .. } | aws::Change::CreatePolicy { .. }))
}
