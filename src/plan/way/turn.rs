//! When a change of a role is made, the trust policy left aside.

use super::state::State;
use crate::iam::arn::PolicyArn;
use crate::iam::document::Effect;
use crate::plan::aws::Change;
use rolecall_model::stored::StoredDocument;

/// Where orders differ from one another.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Preference {
    /// What goes goes before what comes: the role may not have room for both.
    withdraw_first: bool,
    /// A boundary that takes the place of another one is written before the policies.
    rebound_first: bool,
    /// Policies on the role are written from last to first: one may take over what another one gives up.
    revise_backwards: bool,
}

/// The orders that are tried, from first to last.
pub(super) const PREFERENCES: [Preference; 8] = {
    let first = Preference { withdraw_first: false, rebound_first: false, revise_backwards: false };
    let backwards = Preference { revise_backwards: true, ..first };
    let rebound = Preference { rebound_first: true, ..first };
    let rebound_backwards = Preference { rebound_first: true, ..backwards };
    [
        first,
        backwards,
        rebound,
        rebound_backwards,
        Preference { withdraw_first: true, ..first },
        Preference { withdraw_first: true, ..backwards },
        Preference { withdraw_first: true, ..rebound },
        Preference { withdraw_first: true, ..rebound_backwards },
    ]
};

/// The place of a change among the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// A policy is made that is to be the role's boundary.
    Prepare,
    /// A boundary takes the place of another one, if that is to be first.
    ReboundFirst,
    /// A boundary is put on a role that has none, or a session gets shorter.
    Narrow,
    /// What allows something goes, if that is to be first.
    WithdrawFirst,
    /// What denies something goes, if that is to be first.
    RelentFirst,
    /// What gives nobody anything yet: a role without policies, policies that are not attached; and tags.
    Make,
    /// The role is given what denies something.
    Deny,
    /// The role is given what only allows something.
    Permit,
    /// What is on the role already says something else.
    Revise,
    /// What only allows something goes.
    Withdraw,
    /// What denies something goes.
    Relent,
    /// A boundary takes the place of another one.
    Rebound,
    /// A boundary is taken off the role, or a session gets longer.
    Widen,
    /// What is on no role any more is deleted; last the role.
    Clear,
}

/// The changes in their turns; within a turn the planner's order stays.
pub(super) fn sorted(changes: &[Change], preference: Preference, before: &State) -> Vec<Change> {
    let turns = Turns { changes, preference, before };
    let mut sorted = changes.to_vec();
    sorted.sort_by_cached_key(|change| (turns.of(change), turns.among_revisions(change)));
    sorted
}

struct Turns<'t> {
    changes: &'t [Change],
    preference: Preference,
    before: &'t State,
}

impl Turns<'_> {
    fn of(&self, change: &Change) -> Turn {
        let Preference { withdraw_first, rebound_first, revise_backwards: _ } = self.preference;
        match change {
            Change::CreatePolicy { arn, .. } if self.becomes_boundary(arn) => Turn::Prepare,
            Change::PutBoundary { before: None, .. } => Turn::Narrow,
            Change::PutBoundary { before: Some(_), .. } if rebound_first => Turn::ReboundFirst,
            Change::PutBoundary { before: Some(_), .. } => Turn::Rebound,
            Change::DeleteBoundary { .. } => Turn::Widen,
            Change::UpdateRole { before, after, .. } if after.1 < before.1 => Turn::Narrow,
            Change::UpdateRole { .. } => Turn::Widen,
            Change::CreateRole { .. }
            | Change::CreatePolicy { .. }
            | Change::TagRole { .. }
            | Change::TagPolicy { .. } => Turn::Make,
            Change::UpdateTrust { .. } => Turn::Permit,
            Change::DeletePolicyVersion { arn, .. } if self.deletes(arn) => Turn::Clear,
            // A version of what is not on the role gives nobody anything; and it makes room for the next.
            Change::DeletePolicyVersion { arn, .. } | Change::CreatePolicyVersion { arn, .. } => {
                if self.before.is_attached(arn) { Turn::Revise } else { Turn::Make }
            }
            Change::AttachPolicy { arn, .. } => given(self.coming(arn)),
            Change::PutInlinePolicy { document, .. } => given(Some(document)),
            Change::DetachPolicy { arn, .. } => taken(self.before.document(arn), withdraw_first),
            Change::DeleteInlinePolicy { name, .. } => taken(self.before.inline_policy(name), withdraw_first),
            Change::DeletePolicy { .. } | Change::DeleteRole { .. } => Turn::Clear,
        }
    }

    /// The place of a policy among those that are revised; its own changes stay together.
    fn among_revisions(&self, change: &Change) -> usize {
        let (Change::DeletePolicyVersion { arn: of, .. } | Change::CreatePolicyVersion { arn: of, .. }) =
            change
        else {
            return 0;
        };
        let is_of = |change: &Change| matches!(change, Change::CreatePolicyVersion { arn, .. } if arn == of);
        // Versions of what is deleted have no place among them: they go before their policy.
        let Some(place) = self.changes.iter().position(is_of) else { return 0 };
        if self.preference.revise_backwards { self.changes.len() - place } else { place }
    }

    fn becomes_boundary(&self, policy: &PolicyArn) -> bool {
        self.changes.iter().any(|change| match change {
            Change::PutBoundary { after, .. } => after == policy,
            Change::CreateRole { role } => role.permissions_boundary.as_ref() == Some(policy),
            Change::UpdateTrust { .. }
            | Change::DeleteBoundary { .. }
            | Change::UpdateRole { .. }
            | Change::TagRole { .. }
            | Change::CreatePolicy { .. }
            | Change::TagPolicy { .. }
            | Change::DeletePolicyVersion { .. }
            | Change::CreatePolicyVersion { .. }
            | Change::AttachPolicy { .. }
            | Change::DetachPolicy { .. }
            | Change::DeletePolicy { .. }
            | Change::PutInlinePolicy { .. }
            | Change::DeleteInlinePolicy { .. }
            | Change::DeleteRole { .. } => false,
        })
    }

    fn deletes(&self, policy: &PolicyArn) -> bool {
        self.changes.iter().any(|change| matches!(change, Change::DeletePolicy { arn, .. } if arn == policy))
    }

    /// What the policy says once its own changes are made.
    fn coming(&self, policy: &PolicyArn) -> Option<&StoredDocument> {
        let written = self.changes.iter().find_map(|change| match change {
            Change::CreatePolicy { arn, policy: made } if arn == policy => Some(&made.document),
            Change::CreatePolicyVersion { arn, after, .. } if arn == policy => Some(after),
            _ => None,
        });
        written.or_else(|| self.before.document(policy))
    }
}

fn given(document: Option<&StoredDocument>) -> Turn {
    if denies(document) { Turn::Deny } else { Turn::Permit }
}

fn taken(document: Option<&StoredDocument>, first: bool) -> Turn {
    match (denies(document), first) {
        (false, false) => Turn::Withdraw,
        (true, false) => Turn::Relent,
        (false, true) => Turn::WithdrawFirst,
        (true, true) => Turn::RelentFirst,
    }
}

/// Whether the document may deny something.
fn denies(document: Option<&StoredDocument>) -> bool {
    let parsed = document.and_then(StoredDocument::document);
    parsed.is_none_or(|document| document.statements().iter().any(|it| it.effect == Effect::Deny))
}
