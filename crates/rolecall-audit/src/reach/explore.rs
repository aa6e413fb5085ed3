//! What a role can do by itself, and to whom each row of the catalogue leads it.

use std::collections::HashMap;
use std::hash::Hash;

use rolecall_iam::truth::Truth;

use super::alike::{Alike, Likeness};
use super::attempt::Attempt;
use super::catalogue::{ASSUME, CATALOGUE, Entry, Gives, WayIn};
use super::lead::Lead;
use super::policies::{Policies, State, Widened};
use super::services::TELLING;
use super::step::{Actor, Target};
use super::{Extent, Power};

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
        for (number, entry) in (0_u8..).zip(&CATALOGUE) {
            if actor.may(entry) {
                Row { explored: &mut explored, actor, state, number, entry }.ask();
            }
        }
        // Only where a role can give itself permissions, it matters which data it has already.
        let is_compared =
            state != State::of(state.role) || explored.leads.iter().any(|lead| lead.leads_to(state.role));
        explored.by_itself(actor, is_compared);
        let elsewhere = actor.elsewhere_roles();
        explored.asks_elsewhere = elsewhere.iter().any(|(_, attempt)| !matches!(attempt, Attempt::No));
        if actor.is_incomplete() {
            explored.with_unread(actor, state);
        }
        explored
    }

    /// A policy that cannot be read may allow everything that the other policies and the boundary leave.
    fn with_unread(&mut self, actor: &Actor<'_>, state: State) {
        let widened = State { widened: Some(Widened::Attached), ..state };
        let policies = Policies::of(actor.role, widened, &actor.account.everything);
        let everything = Actor::new(actor.account, actor.known, actor.role, &policies, actor.now);
        let more = if everything.administers().is_some() {
            Self { own_possible: Power::Administrator, ..Self::default() }
        } else if state.widened.is_none() {
            Self::of(&everything, widened)
        } else {
            return;
        };
        self.own_possible = self.own_possible.max(more.own_possible);
        self.asks_elsewhere |= more.asks_elsewhere;
        self.leads.extend(more.leads.into_iter().map(|lead| Lead { is_certain: false, ..lead }));
        let known = |number: u8| self.unlisted.iter().any(|(known, _)| *known == number);
        let unlisted = more.unlisted.into_iter().filter(|(number, _)| !known(*number));
        let unlisted: Vec<(u8, bool)> = unlisted.map(|(number, _)| (number, false)).collect();
        self.unlisted.extend(unlisted);
    }

    fn by_itself(&mut self, actor: &Actor<'_>, is_compared: bool) {
        for (row, telling) in TELLING.iter().enumerate() {
            if self.own == Power::Data && !is_compared {
                return;
            }
            let assumes = match actor.asks(telling) {
                None => continue,
                Some(Ok((_, assumes))) => assumes,
                Some(Err(_)) => {
                    self.own_possible = self.own_possible.max(Power::Data);
                    continue;
                }
            };
            let bit = 1_u64.checked_shl(u32::try_from(row).unwrap_or(u32::MAX)).unwrap_or_default();
            self.data.0 |= bit;
            if is_compared && actor.extent(telling) == Extent::All {
                self.data.1 |= bit;
            }
            self.own_possible = self.own_possible.max(Power::Data);
            if assumes.is_empty() {
                self.own = Power::Data;
            }
        }
        if self.own < Power::Data {
            let (certain, possible) = actor.does_anything();
            self.own = if certain == Truth::True { Power::Other } else { Power::Nothing };
            let perhaps = if possible == Truth::False { Power::Nothing } else { Power::Other };
            self.own_possible = self.own_possible.max(perhaps);
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
    /// Whether the row applies for certain, or only perhaps, because of what is assumed or not decided; `None` where it
    /// does not.
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
                Some(false)
            }
        }
    }

    /// One step.
    fn lead(&mut self, to: State, attempt: Attempt) {
        let is_certain = self.note(attempt);
        self.leads(is_certain.map(|is_certain| (to, is_certain)));
    }

    /// Steps to several roles.
    fn leads(&mut self, found: impl IntoIterator<Item = (State, bool)>) {
        let (mut certain, mut possible) = (Vec::new(), Vec::new());
        for (to, is_certain) in found {
            if is_certain { certain.push(to) } else { possible.push(to) }
        }
        for (to, is_certain) in [(certain, true), (possible, false)] {
            if !to.is_empty() {
                let (to, entry) = (to.into(), self.number);
                self.explored.leads.push(Lead { to, except: None, is_shared: false, entry, is_certain });
            }
        }
    }

    /// A row, asked upon other roles. Those that no statement tells apart are asked for once.
    fn upon_roles(&mut self, mut targets: Vec<usize>) {
        targets.retain(|target| !self.is_itself(*target));
        if targets.is_empty() {
            return;
        }
        let Self { actor, entry, .. } = *self;
        let is_trust_kept = entry.way_in() != WayIn::TrustRewritten;
        let likeness = Likeness::of(actor, entry, &targets, is_trust_kept);
        let mut known: HashMap<Alike, Option<(bool, Option<Widened>)>> = HashMap::new();
        let mut found = Vec::new();
        for target in targets {
            let alike = likeness.key(target);
            let answer = match alike.as_ref().and_then(|alike| known.get(alike)) {
                Some(answer) => *answer,
                None => {
                    let answer = self.note(actor.attempt(entry, Target::Role(target))).map(|is_certain| {
                        let widened = entry.widening().and_then(|need| actor.widens(need, target));
                        (is_certain, widened.map(|(widened, _)| widened))
                    });
                    known.extend(alike.map(|alike| (alike, answer)));
                    answer
                }
            };
            let state = |widened| State { widened, ..State::of(target) };
            found.extend(answer.map(|(is_certain, widened)| (state(widened), is_certain)));
        }
        self.leads(found);
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
                let attempt = actor.attempt(entry, Target::Nothing);
                if let (Attempt::No, Some((policies, power))) = (&attempt, actor.attaches_something()) {
                    let reason = format!("it can attach {policies}, and what that allows is not asked");
                    self.explored.undecided.push((self.number, reason));
                    self.explored.own_possible = power;
                }
                self.lead(to, attempt);
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
            Gives::Passed(service) => self.for_all(|row| row.passed(service)),
            Gives::RunBy(service) => {
                if self.note(actor.attempt(entry, Target::Nothing)).is_none() {
                    return;
                }
                let runnables = actor.account.run_by(&actor.role.arn.account, service);
                self.leads(runnables.iter().map(|runnable| (State::of(runnable.role), false)));
            }
            Gives::TrustRewritten | Gives::Assumed | Gives::AssumedAndWidened => {
                let own = &actor.role.arn.account;
                match entry.way_in() {
                    WayIn::Assumed if actor.account.is_impartial_to(&actor.role.arn) => {
                        self.for_all(|row| row.upon_roles(assumable(row.actor)));
                    }
                    // A trust policy may let in one of several roles with the same permissions.
                    WayIn::Assumed => self.upon_roles(assumable(actor)),
                    WayIn::TrustRewritten => {
                        self.for_all(|row| row.upon_roles(actor.account.of_account(own).to_vec()));
                    }
                    WayIn::RunBy(service) => {
                        let runnables = actor.account.run_by(own, service).iter();
                        let targets: Vec<usize> = runnables.map(|runnable| runnable.role).collect();
                        self.for_all(|row| row.upon_roles(targets.clone()));
                    }
                }
            }
        }
    }

    /// A row that leads all roles with the same permissions to the same roles, but each not to itself: it is asked once, as
    /// somebody else than all of them.
    fn for_all(&mut self, ask: impl Fn(&mut Row<'_, '_, '_>)) {
        let Self { actor, state, number, entry, .. } = *self;
        let answers = actor.shared.filter(|_| actor.account.lists_each_once());
        let leads = answers.and_then(|answers| {
            answers.rows.get(number, || {
                let anybody = actor.anybody();
                let mut explored = Explored::default();
                ask(&mut Row { explored: &mut explored, actor: &anybody, state, number, entry });
                // Reasons name the role that is asked.
                let is_decided = explored.undecided.is_empty();
                let shared = explored.leads.into_iter().map(|lead| Lead { is_shared: true, ..lead });
                is_decided.then(|| shared.collect())
            })
        });
        match leads {
            Some(leads) => {
                self.explored.leads.extend(leads.iter().filter_map(|lead| lead.of_one(state.role)));
            }
            None => ask(self),
        }
    }

    /// Whether a place is that of the role itself.
    fn is_itself(&self, role: usize) -> bool {
        !self.actor.is_anybody && role == self.state.role
    }

    /// Roles that can be passed to a service.
    fn passed(&mut self, service: &str) {
        let Self { actor, entry, .. } = *self;
        let runnables = actor.account.run_by(&actor.role.arn.account, service);
        let Some(name) = runnables.first().map(|runnable| runnable.service.clone()) else { return };
        let Some(is_certain) = self.note(actor.elsewhere(entry)) else { return };
        let is_certain = is_certain && entry.beside.is_none() && actor.unread.is_empty();
        let is_one_service = runnables.iter().all(|runnable| runnable.service == name);
        let is_free = is_one_service && actor.passes_every_role(&name);
        let targets: Vec<usize> = runnables.iter().map(|runnable| runnable.role).collect();
        let likeness = Likeness::of(actor, entry, &targets, false);
        let mut passing: HashMap<(Alike, &str), Option<bool>> = HashMap::new();
        let mut widening: HashMap<Alike, Option<(Widened, Option<bool>)>> = HashMap::new();
        let mut leads = Vec::new();
        for runnable in runnables {
            let passes = if is_free {
                Some(true)
            } else {
                let ask = |row: &mut Self| row.note(actor.passes(runnable));
                let alike = likeness.key(runnable.role).map(|alike| (alike, runnable.service.as_str()));
                shared(&mut passing, alike, || ask(self))
            };
            let Some(passes) = passes.filter(|_| !self.is_itself(runnable.role)) else { continue };
            let is_certain = is_certain && passes && runnable.assumes.is_empty();
            let Some(need) = entry.widening() else {
                leads.push((State::of(runnable.role), is_certain));
                continue;
            };
            let widened = shared(&mut widening, likeness.key(runnable.role), || {
                let (widened, attempt) = actor.widens(need, runnable.role)?;
                Some((widened, self.note(attempt)))
            });
            let Some((widened, Some(widens))) = widened else { continue };
            leads.push((State { widened: Some(widened), ..State::of(runnable.role) }, is_certain && widens));
        }
        self.leads(leads);
    }
}

/// The answer for all that are alike.
fn shared<K: Eq + Hash, V: Copy>(known: &mut HashMap<K, V>, key: Option<K>, ask: impl FnOnce() -> V) -> V {
    match key {
        Some(key) => *known.entry(key).or_insert_with(ask),
        None => ask(),
    }
}

/// Roles that a role may be able to assume: those that name it, and those that let its account in as far as its policies
/// let it ask.
fn assumable(actor: &Actor<'_>) -> Vec<usize> {
    let mut targets: Vec<usize> = actor.account.naming(&actor.role.arn).collect();
    let open = actor.account.open_to(&actor.role.arn.account);
    if actor.grants(ASSUME) {
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
    targets.retain(|target| actor.account.role(*target).is_some_and(|role| actor.is_other(role)));
    targets
}
