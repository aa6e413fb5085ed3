//! One order of the changes of a role, and where the trust policy is written in it.

use super::state::{Powers, State};
use super::trust::{are_within, closed, in_common};
use super::turn::{Preference, sorted};
use crate::iam::arn::{RoleArn, RoleName};
use crate::plan::aws::{Change, TrustStep};
use crate::plan::storable::Limits;
use rolecall_model::stored::StoredDocument;

/// Where a way begins.
pub(super) struct Start<'s> {
    pub(super) role: &'s RoleName,
    pub(super) arn: &'s RoleArn,
    pub(super) state: State,
    /// What IAM stores.
    pub(super) limits: Limits<'s>,
}

/// The changes in an order, the trust policy left aside, with what a session can do between them.
pub(super) struct Route<'s> {
    steps: Vec<Change>,
    start: &'s Start<'s>,
    /// Before the first step and after each.
    powers: Vec<Powers>,
    most_attached: usize,
}

/// The changes with the trust policy among them.
pub(super) struct Crossing {
    pub(super) changes: Vec<Change>,
    /// Whoever gets in before and after gets in meanwhile.
    pub(super) takes_nothing: bool,
}

impl<'s> Route<'s> {
    pub(super) fn new(others: &[Change], preference: Preference, start: &'s Start<'s>) -> Self {
        let steps = sorted(others, preference, &start.state);
        let mut state = start.state.clone();
        let mut powers = vec![state.powers()];
        let mut most_attached = state.attached();
        for step in &steps {
            state.make(step);
            powers.push(state.powers());
            most_attached = most_attached.max(state.attached());
        }
        Self { steps, start, powers, most_attached }
    }

    /// How many managed policies are on the role at once.
    pub(super) fn most_attached(&self) -> usize {
        self.most_attached
    }

    /// What is possible at the ends.
    fn ends(&self) -> Option<(&Powers, &Powers)> {
        self.powers.first().zip(self.powers.last())
    }

    /// Each state on the way once.
    fn distinct(powers: &[Powers]) -> impl Iterator<Item = &Powers> {
        powers.chunk_by(PartialEq::eq).filter_map(<[Powers]>::first)
    }

    /// Whether a session can do nothing on the way that it can do at neither end.
    pub(super) fn is_inside(&self) -> bool {
        let Some((first, last)) = self.ends() else { return true };
        let ends = [first, last];
        Self::distinct(&self.powers).all(|between| Powers::are_within(&[between], &ends, self.start.arn))
    }

    /// Whether a session can do all the way what it can do at both ends.
    pub(super) fn takes_nothing(&self) -> bool {
        let Some((first, last)) = self.ends() else { return true };
        Self::distinct(&self.powers)
            .all(|between| Powers::are_within(&[first, last], &[between], self.start.arn))
    }

    fn all_within(&self, powers: &[Powers], end: &Powers) -> bool {
        Self::distinct(powers).all(|between| Powers::are_within(&[between], &[end], self.start.arn))
    }

    /// The first place where all before it is within what was possible, and all after it within what will be.
    fn meeting_place(&self) -> Option<usize> {
        let (first, last) = self.ends()?;
        let place = (0..self.powers.len())
            .find(|place| self.powers.get(*place..).is_some_and(|rest| self.all_within(rest, last)))?;
        self.powers.get(..=place).filter(|begun| self.all_within(begun, first)).map(|_| place)
    }

    /// The trust policy where nobody can do anything that neither end allows, if there is such a place. The route must be inside.
    pub(super) fn crossing(&self, trust: Option<&Change>) -> Option<Crossing> {
        let Some(Change::UpdateTrust { role, before, after, .. }) = trust else {
            let is_safe = !self.makes_role() || self.is_safe_from_the_start();
            return is_safe.then(|| self.with(Vec::new(), true));
        };
        let write = |before: &StoredDocument, after: &StoredDocument, step| Change::UpdateTrust {
            role: role.clone(),
            before: before.clone(),
            after: after.clone(),
            step,
        };
        let place = if are_within(&[after], before, self.start.arn) {
            Some(0)
        } else if are_within(&[before], after, self.start.arn) {
            Some(self.steps.len())
        } else {
            self.meeting_place()
        };
        let once = place.map(|place| self.with(vec![(place, write(before, after, TrustStep::Wanted))], true));
        let twice = || {
            let is_stored = |document: &StoredDocument| self.start.limits.against_trust(document).is_empty();
            let between = in_common(before, after, self.start.arn, is_stored);
            let step = if between == closed() { TrustStep::Closed } else { TrustStep::Shared };
            let steps = vec![
                (0, write(before, &between, step)),
                (self.steps.len(), write(&between, after, TrustStep::Wanted)),
            ];
            self.with(steps, are_within(&[before, after], &between, self.start.arn))
        };
        Some(once.unwrap_or_else(twice))
    }

    fn makes_role(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Change::CreateRole { .. }))
    }

    /// Whether whoever is let in from the first moment may do what the role is for, and no more.
    fn is_safe_from_the_start(&self) -> bool {
        self.ends().is_some_and(|(_, last)| self.all_within(&self.powers, last))
    }

    fn with(&self, trust: Vec<(usize, Change)>, takes_nothing: bool) -> Crossing {
        let mut changes = self.steps.clone();
        for (place, change) in trust.into_iter().rev() {
            changes.insert(place.min(changes.len()), change);
        }
        Crossing { changes, takes_nothing }
    }

    /// The changes while nobody can assume the role: for what nothing is proved of.
    pub(super) fn behind_closed_doors(self, trust: Option<&Change>) -> Vec<Change> {
        let closed = closed();
        let mut changes = Vec::new();
        let mut wanted: Option<(RoleName, StoredDocument)> = None;
        if let Some(known) = &self.start.state.trust {
            let name = self.start.role.clone();
            let after = match trust {
                Some(Change::UpdateTrust { after, .. }) => after.clone(),
                Some(_) | None => known.clone(),
            };
            if !known.says_the_same_as(&closed) {
                let (before, after) = (known.clone(), closed.clone());
                changes.push(Change::UpdateTrust {
                    role: name.clone(),
                    before,
                    after,
                    step: TrustStep::Closed,
                });
            }
            wanted = (!after.says_the_same_as(&closed)).then_some((name, after));
        }
        for step in self.steps {
            match step {
                Change::CreateRole { mut role } => {
                    wanted = Some((role.name.clone(), std::mem::replace(&mut role.trust, closed.clone())));
                    changes.push(Change::CreateRole { role });
                }
                Change::DeleteRole { .. } => {
                    wanted = None;
                    changes.push(step);
                }
                step => changes.push(step),
            }
        }
        if let Some((role, after)) = wanted {
            changes.push(Change::UpdateTrust { role, before: closed, after, step: TrustStep::Wanted });
        }
        changes
    }
}
