//! The way from what is there to what should be: in which order a role is written.
//!
//! **On the way nobody can do anything that neither the state before nor the state after allows**, and nobody loses what both
//! allow. A state is who can assume the role, what a session can then do, and for how long. So a moment is wider if one of them
//! already has the new form while the other still has the old one. The order of writes decides that, and the order is not a table
//! of kinds: each state on the way is put to the prover, for every caller and every request.
//!
//! What the role is given is written before what it is relieved of, so that calls do not fail meanwhile. The trust policy is
//! written first where it only closes, last where it only opens, and in between where that is inside both. Where no place is, it
//! is written twice: first what the old and the new one have in common, last the new one. The same is done where nothing is
//! proved, with a trust policy that lets nobody in.
//!
//! Deliberately absent: what has to be written, which the planner says; sessions that were opened before, which keep what the
//! role has until they expire; and policies of resources. What such a policy gives the role, only a `Deny` or a boundary of the
//! role takes away, and the order does not count on it.

mod route;
mod state;
mod trust;
mod turn;

use self::route::{Route, Start};
use self::state::State;
use self::turn::{PREFERENCES, Preference};
use super::aws::{Change, Foreign, Plan};
use super::storable::{Limits, Unstorable};
use crate::iam::arn::RoleArn;
use crate::observe::aws::Observed;
use crate::observe::quotas::default_quotas;
use crate::observe::survey::Survey;
use crate::ports::AccountQuotas;
use rolecall_model::stored::StoredDocument;

/// Changes of a role in an order that is safe to write them in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    pub(super) changes: Vec<Change>,
    pub(super) foreign: Vec<Foreign>,
    /// The first document on it that IAM would refuse.
    pub(super) unstorable: Option<Unstorable>,
}

impl Way {
    /// The way to what the manifest wants.
    #[must_use]
    pub fn to_desired(plan: Plan, survey: &Survey) -> Self {
        let Survey {
            desired,
            observed,
            quotas,
            boundary,
            missing: _,
            missing_boundary: _,
            sides: _,
            open: _,
        } = survey;
        let arn = desired.role_arn();
        let state = State::of(observed, boundary.as_ref());
        let limits = Limits { quotas, partition: Some(&arn.partition) };
        Self::between(
            &Start { role: &desired.role.name, arn: &arn, state, limits },
            quotas.attached_policies,
            plan,
        )
    }

    /// The way to nothing: nothing is put on the role.
    #[must_use]
    pub fn to_nothing(plan: Plan, role: &RoleArn, observed: &Observed) -> Self {
        let state = State::of(observed, None);
        // What IAM holds is within the account's quota, whatever that is.
        let held = state.trust.as_ref().map(StoredDocument::size).unwrap_or_default();
        let quotas = default_quotas();
        let quotas = AccountQuotas { trust_policy_size: quotas.trust_policy_size.max(held), ..quotas };
        let limits = Limits { quotas: &quotas, partition: Some(&role.partition) };
        Self::between(&Start { role: &role.name, arn: role, state, limits }, 0, plan)
    }

    /// The way to a role that has what is observed of another one, or back from it. Its trust policy is written once. It lets in
    /// its maker where the other one lets in Genesys Cloud, and whom the other one trusts besides.
    #[must_use]
    pub fn of_twin(plan: Plan, observed: &Observed, quotas: &AccountQuotas) -> Self {
        let changes = turn::sorted(&plan.changes, Preference::default(), &State::of(observed, None));
        Self::checked(changes, plan.foreign, &Limits { quotas, partition: None })
    }

    /// The changes, in order.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter()
    }

    fn between(start: &Start<'_>, attachable: usize, Plan { changes, foreign }: Plan) -> Self {
        let room = attachable.max(start.state.attached());
        Self::checked(order(changes, start, room), foreign, &start.limits)
    }

    fn checked(changes: Vec<Change>, foreign: Vec<Foreign>, limits: &Limits<'_>) -> Self {
        let unstorable = limits.first_refused(&changes);
        Self { changes, foreign, unstorable }
    }

    /// The way, if IAM stores every document on it.
    pub(crate) fn storable(self) -> Result<Self, Unstorable> {
        match self.unstorable {
            Some(refused) => Err(refused),
            None => Ok(self),
        }
    }
}

impl From<Vec<Change>> for Way {
    /// The changes as they stand.
    fn from(changes: Vec<Change>) -> Self {
        Self::checked(changes, Vec::new(), &Limits { quotas: &default_quotas(), partition: None })
    }
}

/// The changes in the first order that is safe and takes nothing away, else in one that is safe.
fn order(changes: Vec<Change>, start: &Start<'_>, room: usize) -> Vec<Change> {
    let is_of_trust = |change: &Change| matches!(change, Change::UpdateTrust { .. });
    let (trust, others): (Vec<Change>, Vec<Change>) = changes.into_iter().partition(is_of_trust);
    let trust = trust.first();
    let fitting = || {
        let routes = PREFERENCES.iter().map(|preference| Route::new(&others, *preference, start));
        routes.filter(|route| route.most_attached() <= room)
    };
    let mut safe: Option<Vec<Change>> = None;
    for route in fitting().filter(Route::is_inside) {
        let takes_nothing = route.takes_nothing();
        let Some(crossing) = route.crossing(trust) else { continue };
        if takes_nothing && crossing.takes_nothing {
            return crossing.changes;
        }
        safe.get_or_insert(crossing.changes);
    }
    safe.unwrap_or_else(|| {
        let route = fitting().next().unwrap_or_else(|| Route::new(&others, Preference::default(), start));
        route.behind_closed_doors(trust)
    })
}

#[cfg(test)]
mod tests;
