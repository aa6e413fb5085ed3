//! The order of a plan over both services: **what uses a thing goes before the thing, and comes after it**.
//!
//! Within AWS the order is a [`Way`](super::way::Way): what closes comes before what opens, proved state by state. Genesys Cloud
//! is told of a role when it is as it should be. What Genesys Cloud no longer needs goes last, unless everything goes: a deletion
//! that Genesys Cloud refuses keeps nothing open in AWS.

use super::{Change, aws, genesys};
use crate::plan::genesys::Retirement;

/// When a change is made. Within a turn the planners' order stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Turn {
    /// Everything goes: Genesys Cloud lets go of the role first.
    Disconnect,
    Role,
    /// Genesys Cloud is told of the role, and its actions of the functions.
    Connect,
    /// What Genesys Cloud no longer needs goes, once what takes its place is there.
    Retire,
}

/// The turn of the change. It follows from what the change does, never from the command.
pub(super) fn turn(change: &Change) -> Turn {
    match change {
        Change::Aws(_) => Turn::Role,
        Change::Genesys(step) => turn_in_genesys(step),
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

/// Whether two changes make something new and neither needs the other: such changes go out side by side.
pub(super) fn go_side_by_side(one: &Change, next: &Change) -> bool {
    use aws::Change::{CreatePolicy, CreateRole};
    match (one, next) {
        (Change::Aws(CreatePolicy { arn, .. }), Change::Aws(CreateRole { role }))
        | (Change::Aws(CreateRole { role }), Change::Aws(CreatePolicy { arn, .. })) => {
            role.permissions_boundary.as_ref() != Some(arn)
        }
        (Change::Aws(CreatePolicy { .. }), Change::Aws(CreatePolicy { .. })) => true,
        _ => false,
    }
}
