//! What a role can do by itself, and to whom each row of the catalogue leads it.

use rolecall_iam::truth::Truth;

use super::account::ASSUME;
use super::catalogue::{CATALOGUE, Entry, Gives};
use super::holder::Given;
use super::services::TELLING;
use super::step::{Actor, Attempt, State, Target, Widened};
use super::{Extent, Power};

/// A step to a role in a state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lead {
    pub(super) to: State,
    pub(super) entry: u8,
    pub(super) is_certain: bool,
}

/// What was found about a role in a state.
#[derive(Debug, Default)]
pub(super) struct Explored {
    pub(super) own: Power,
    pub(super) own_possible: Power,
    /// Rows of the table of data that are allowed, and those that are allowed upon everything, as bits.
    pub(super) data: (u64, u64),
    pub(super) leads: Vec<Lead>,
    /// Rows that lead to somebody whom the snapshot does not list, and whether for certain.
    pub(super) unlisted: Vec<(u8, bool)>,
    /// It can ask for roles of other accounts.
    pub(super) asks_elsewhere: bool,
    /// Rows of which it could not be decided whether they apply, and one reason for each.
    pub(super) undecided: Vec<(u8, String)>,
}

impl Explored {
    /// Asks a role everything.
    pub(super) fn of(actor: &Actor<'_>, state: State) -> Self {
        let mut explored = Self::default();
        if actor.administers().is_some() {
            let is_certain = actor.unread.is_empty();
            explored.own = if is_certain { Power::Administrator } else { Power::Nothing };
            explored.own_possible = Power::Administrator;
            return explored;
        }
        explored.by_itself(actor);
        for (number, entry) in (0_u8..).zip(&CATALOGUE) {
            if actor.may(entry) {
                Row { explored: &mut explored, actor, state, number, entry }.ask();
            }
        }
        let elsewhere = actor.elsewhere_roles();
        explored.asks_elsewhere = elsewhere.iter().any(|(_, attempt)| matches!(attempt, Attempt::Yes { .. }));
        explored
    }

    fn by_itself(&mut self, actor: &Actor<'_>) {
        for (row, telling) in TELLING.iter().enumerate() {
            let Some(Ok(access)) = actor.reads(telling) else { continue };
            let bit = 1_u64.checked_shl(u32::try_from(row).unwrap_or(u32::MAX)).unwrap_or_default();
            self.data.0 |= bit;
            if access.extent == Extent::All {
                self.data.1 |= bit;
            }
            self.own_possible = Power::Data;
            if access.assumes.is_empty() {
                self.own = Power::Data;
            }
        }
        if self.own < Power::Data {
            let other = |truth| if truth == Truth::True { Power::Other } else { Power::Nothing };
            let (certain, possible) = actor.does_anything();
            self.own = other(certain);
            self.own_possible = self.own_possible.max(other(possible));
        }
    }
}

/// One row, asked of one role.
struct Row<'e, 'a, 's> {
    explored: &'e mut Explored,
    actor: &'a Actor<'s>,
    state: State,
    number: u8,
    entry: &'static Entry,
}

impl Row<'_, '_, '_> {
    /// Whether the row applies for certain; `None` where it does not, or that is not decided.
    fn note(&mut self, attempt: Attempt) -> Option<bool> {
        match attempt {
            Attempt::Yes { assumes, .. } => Some(assumes.is_empty()),
            Attempt::No => None,
            Attempt::Undecided(reasons) => {
                let undecided = &mut self.explored.undecided;
                // One reason for each row tells that there may be more.
                if undecided.iter().all(|(known, _)| *known != self.number) {
                    undecided.push((self.number, reasons.into_iter().next().unwrap_or_default()));
                }
                None
            }
        }
    }

    fn lead(&mut self, to: State, attempt: Attempt) {
        let lead = self.note(attempt).map(|is_certain| Lead { to, entry: self.number, is_certain });
        self.explored.leads.extend(lead);
    }

    fn unlisted(&mut self, attempt: Attempt) -> bool {
        let found = self.note(attempt).map(|is_certain| (self.number, is_certain));
        self.explored.unlisted.extend(found);
        found.is_some()
    }

    fn ask(&mut self) {
        let Self { actor, state, entry, .. } = *self;
        match entry.gives {
            Gives::OwnAttached if state.widened.is_none() => {
                let to = State { widened: Some(Widened::Attached), ..state };
                self.lead(to, actor.attempt(entry, Target::Nothing));
            }
            Gives::OwnInline if state.widened.is_none() => {
                let to = State { widened: Some(Widened::Inline), ..state };
                self.lead(to, actor.attempt(entry, Target::Nothing));
            }
            Gives::OwnVersion if state.widened.is_none() => {
                for place in actor.own_policies() {
                    let to = State { widened: Some(Widened::Version(place)), ..state };
                    self.lead(to, actor.attempt(entry, Target::Policy(place)));
                }
            }
            // Once is enough.
            Gives::OwnAttached | Gives::OwnInline | Gives::OwnVersion => {}
            Gives::Unbounded if actor.role.boundary.is_some() && !state.unbounded => {
                let to = State { unbounded: true, ..state };
                self.lead(to, actor.attempt(entry, Target::Nothing));
            }
            Gives::Unbounded => {}
            Gives::OtherVersion => {
                for place in actor.own_policies() {
                    if self.unlisted(actor.attempt(entry, Target::Policy(place))) {
                        return;
                    }
                }
            }
            Gives::NewAdministrator | Gives::User => {
                self.unlisted(actor.attempt(entry, Target::Nothing));
            }
            Gives::Passed(service) => self.passed(service),
            Gives::RunBy(service) => {
                if self.note(actor.attempt(entry, Target::Nothing)).is_none() {
                    return;
                }
                for runnable in actor.account.run_by(&actor.role.arn.account, service) {
                    if runnable.role != state.role {
                        let to = State::of(runnable.role);
                        self.explored.leads.push(Lead { to, entry: self.number, is_certain: false });
                    }
                }
            }
            Gives::TrustRewritten => {
                for target in actor.account.of_account(&actor.role.arn.account) {
                    if *target != state.role {
                        self.lead(State::of(*target), actor.attempt(entry, Target::Role(*target)));
                    }
                }
            }
            Gives::Assumed => {
                for target in assumable(actor) {
                    self.lead(State::of(target), actor.attempt(entry, Target::Role(target)));
                }
            }
            Gives::AssumedAndWidened => {
                for target in assumable(actor) {
                    let to = State { widened: Some(Widened::Attached), ..State::of(target) };
                    self.lead(to, actor.attempt(entry, Target::Role(target)));
                }
            }
        }
    }

    /// Roles that can be passed to a service.
    fn passed(&mut self, service: &str) {
        let Self { actor, entry, state, .. } = *self;
        let runnables = actor.account.run_by(&actor.role.arn.account, service);
        let Some(name) = runnables.first().map(|runnable| runnable.service.clone()) else { return };
        let Some(is_certain) = self.note(actor.elsewhere(entry)) else { return };
        let is_certain = is_certain && entry.beside.is_none() && actor.unread.is_empty();
        let is_one_service = runnables.iter().all(|runnable| runnable.service == name);
        let given = Given::default().with("iam:PassedToService", Some(name));
        let is_free = is_one_service && actor.upon_every_role("iam:PassRole", &given);
        for runnable in runnables.iter().filter(|runnable| runnable.role != state.role) {
            let passes =
                if is_free { Some(runnable.assumes.is_empty()) } else { self.note(actor.passes(runnable)) };
            let (to, entry) = (State::of(runnable.role), self.number);
            let lead = passes.map(|passes| Lead { to, entry, is_certain: is_certain && passes });
            self.explored.leads.extend(lead);
        }
    }
}

/// Roles that a role may be able to assume: those that name it, and those that let its account in as far as its policies
/// let it ask.
fn assumable(actor: &Actor<'_>) -> Vec<usize> {
    let mut targets: Vec<usize> = actor.account.naming(&actor.role.arn).collect();
    let open = actor.account.open_to(&actor.role.arn.account);
    if actor.holder.granting(ASSUME).next().is_some() {
        match actor.written_roles() {
            Some(written) => {
                let places = written.iter().filter_map(|role| actor.account.find(role));
                targets.extend(places.filter(|place| open.binary_search(place).is_ok()));
            }
            None => targets.extend(open),
        }
    }
    targets.sort_unstable();
    targets.dedup();
    targets.retain(|target| actor.account.role(*target).is_some_and(|role| role.arn != actor.role.arn));
    targets
}
