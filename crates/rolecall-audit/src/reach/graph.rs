//! Who gets to whom: the steps of all roles as a graph, and the shortest ways in it.
//!
//! A node is a role with the permissions that it has, or that it gave itself. What a node can do is asked once; an edge
//! keeps the row of the catalogue only, and its requests are asked for again where the step is shown. The ways are found
//! from their ends, once for all roles.

mod lists;
mod shown;

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use lists::Lists;
use rayon::prelude::*;

use super::Power;
use super::account::Account;
use super::catalogue::{CATALOGUE, Gives};
use super::explore::Explored;
use super::known::Known;
use super::lead::Lead;
use super::policies::{Policies, State};
use super::step::Actor;
use crate::snapshot::Snapshot;

/// So many states are asked before what was found is noted: each may have thousands of targets, which only the notes share.
const AT_ONCE: usize = 128;

/// Steps of one row from a node to every node of a list. Many nodes lead to the same list.
#[derive(Debug, Clone, Copy)]
struct Link {
    list: u32,
    entry: u8,
    is_certain: bool,
}

/// One of these steps.
#[derive(Debug, Clone, Copy)]
struct Edge {
    to: u32,
    entry: u8,
    is_certain: bool,
}

/// What a role can do by itself, and next.
#[derive(Debug, Default)]
struct Node {
    own: Power,
    own_possible: Power,
    data: (u64, u64),
    links: Vec<Link>,
    /// Rows that lead to somebody whom the snapshot does not list, and whether for certain.
    unlisted: Vec<(u8, bool)>,
    /// It can ask for roles of other accounts.
    asks_elsewhere: bool,
    /// Rows of which it could not be decided whether they apply, and why.
    undecided: Vec<(u8, String)>,
}

/// The best way on from a node.
#[derive(Debug, Clone, Copy)]
struct Way {
    length: u32,
    edge: Option<Edge>,
}

/// The ways to nodes of one kind, by node.
type Ways = Vec<Option<Way>>;

/// Which steps count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sure {
    Certain,
    Possible,
}

/// All roles of a snapshot.
pub(super) struct Graph<'s> {
    account: Account<'s>,
    /// What roles with the same permissions have in common.
    known: Known<'s>,
    now: Timestamp,
    states: Vec<State>,
    nodes: Vec<Node>,
    /// Nodes to which others lead.
    lists: Lists,
    /// The node of a role without its boundary.
    unbounded: HashMap<usize, usize>,
    certain: Levels,
    possible: Levels,
}

/// The ways to administrators and to data.
#[derive(Default)]
struct Levels {
    administrator: Ways,
    data: Ways,
    /// Of each list the two nodes that are closest to data, and the two most powerful.
    closest: Vec<[Option<u32>; 2]>,
    strongest: Vec<[Option<u32>; 2]>,
}

impl<'s> Graph<'s> {
    pub(super) fn of(snapshot: &'s Snapshot, now: Timestamp) -> Self {
        let account = Account::new(snapshot);
        let mut graph = Self {
            known: Known::of(&snapshot.roles, &account),
            account,
            now,
            states: (0..snapshot.roles.len()).map(State::of).collect(),
            nodes: Vec::new(),
            lists: Lists::default(),
            unbounded: HashMap::new(),
            certain: Levels::default(),
            possible: Levels::default(),
        };
        let mut places: HashMap<State, usize> = HashMap::new();
        for (index, _) in snapshot.roles.iter().enumerate().filter(|(_, role)| role.boundary.is_some()) {
            let state = State { unbounded: true, ..State::of(index) };
            let place = place_of(state, &mut graph.states, &mut places);
            graph.unbounded.insert(index, place);
        }
        // States that are found on the way are asked after those that were known before.
        while let Some(states) = graph.states.get(graph.nodes.len()..).filter(|states| !states.is_empty()) {
            let explored: Vec<Explored> = states
                .par_iter()
                .take(AT_ONCE)
                .map(|state| {
                    graph.with_actor(*state, |actor| Explored::of(actor, *state)).unwrap_or_default()
                })
                .collect();
            for explored in explored {
                let node = graph.noted(explored, &mut places);
                graph.nodes.push(node);
            }
        }
        for sure in [Sure::Certain, Sure::Possible] {
            let levels = graph.levels(sure);
            match sure {
                Sure::Certain => graph.certain = levels,
                Sure::Possible => graph.possible = levels,
            }
            let role_of = |place: u32| graph.states.get(place as usize).map(|state| state.role);
            let closest = graph.lists.best(role_of, |place| graph.length_to_data(place, sure).map(Reverse));
            graph.level_mut(sure).closest = closest;
            let powers: Vec<Power> = (0..graph.nodes.len()).map(|place| graph.power(place, sure)).collect();
            let role_of = |place: u32| graph.states.get(place as usize).map(|state| state.role);
            let strongest = graph.lists.best(role_of, |place| powers.get(place).copied());
            graph.level_mut(sure).strongest = strongest;
        }
        graph
    }

    /// A node of what was found about a role.
    fn noted(&mut self, explored: Explored, places: &mut HashMap<State, usize>) -> Node {
        let Explored { own, own_possible, data, leads, unlisted, asks_elsewhere, undecided } = explored;
        let Self { lists, states, .. } = self;
        let link = |lead: &Lead| {
            let list =
                lists.noted(lead, |state| u32::try_from(place_of(state, states, places)).unwrap_or(u32::MAX));
            Link { list, entry: lead.entry, is_certain: lead.is_certain }
        };
        let links = leads.iter().map(link).collect();
        Node { own, own_possible, data, links, unlisted, asks_elsewhere, undecided }
    }

    /// The better of the two nodes of a list that is any gain.
    fn better(&self, place: usize, link: Link, best: &[[Option<u32>; 2]]) -> Option<Edge> {
        let two = best.get(link.list as usize)?;
        let edge = |to: u32| Edge { to, entry: link.entry, is_certain: link.is_certain };
        two.iter().flatten().map(|to| edge(*to)).find(|edge| self.gains_something(place, *edge))
    }

    fn length_to_data(&self, place: usize, sure: Sure) -> Option<u32> {
        self.level(sure).data.get(place).copied().flatten().map(|way| way.length)
    }

    fn with_actor<T>(&self, state: State, ask: impl FnOnce(&Actor<'_>) -> T) -> Option<T> {
        let role = self.account.role(state.role)?;
        let policies = Policies::of(role, state, &self.account.everything);
        Some(ask(&Actor::new(&self.account, &self.known, role, &policies, self.now)))
    }

    /// The shortest ways from every node.
    fn levels(&self, sure: Sure) -> Levels {
        let own = |node: &Node| match sure {
            Sure::Certain => node.own,
            Sure::Possible => node.own_possible,
        };
        let mut sources: Vec<Vec<(u32, Link)>> = vec![Vec::new(); self.lists.count()];
        for (from, node) in (0_u32..).zip(&self.nodes) {
            for link in node.links.iter().filter(|link| link.is_certain || sure == Sure::Possible) {
                if let Some(slot) = sources.get_mut(link.list as usize) {
                    slot.push((from, *link));
                }
            }
        }
        let backwards = self.lists.backwards(self.nodes.len());
        let ways = |is_end: &dyn Fn(&Node) -> bool| {
            let mut ways: Ways = vec![None; self.nodes.len()];
            let mut backwards = backwards.clone();
            let mut queue = VecDeque::new();
            for (place, _) in (0_u32..).zip(&self.nodes).filter(|(_, node)| is_end(node)) {
                if let Some(slot) = ways.get_mut(place as usize) {
                    *slot = Some(Way { length: 0, edge: None });
                }
                queue.push_back(place);
            }
            while let Some(to) = queue.pop_front() {
                let length = ways.get(to as usize).copied().flatten().map_or(0, |way| way.length);
                let Some(state) = self.states.get(to as usize) else { continue };
                // Whoever leads to a list got here by the node of it that was first.
                for list in backwards.passed(to, state.role) {
                    for (from, Link { list: _, entry, is_certain }) in
                        sources.get(list as usize).into_iter().flatten().copied()
                    {
                        if let Some(slot) = ways.get_mut(from as usize).filter(|slot| slot.is_none()) {
                            let edge = Edge { to, entry, is_certain };
                            *slot = Some(Way { length: length + 1, edge: Some(edge) });
                            queue.push_back(from);
                        }
                    }
                }
            }
            ways
        };
        Levels {
            administrator: ways(&|node| own(node) == Power::Administrator || makes_administrator(node, sure)),
            data: ways(&|node| own(node) >= Power::Data),
            closest: Vec::new(),
            strongest: Vec::new(),
        }
    }

    fn level_mut(&mut self, sure: Sure) -> &mut Levels {
        match sure {
            Sure::Certain => &mut self.certain,
            Sure::Possible => &mut self.possible,
        }
    }

    fn level(&self, sure: Sure) -> &Levels {
        match sure {
            Sure::Certain => &self.certain,
            Sure::Possible => &self.possible,
        }
    }

    /// How far a node gets.
    fn power(&self, place: usize, sure: Sure) -> Power {
        let Some(node) = self.nodes.get(place) else { return Power::Nothing };
        let own = match sure {
            Sure::Certain => node.own,
            Sure::Possible => node.own_possible,
        };
        let level = self.level(sure);
        if level.administrator.get(place).is_some_and(Option::is_some) {
            return Power::Administrator;
        }
        let is_open = sure == Sure::Possible && (!node.unlisted.is_empty() || node.asks_elsewhere);
        if is_open || self.to_data(place, sure).is_some() { own.max(Power::Escalates) } else { own }
    }

    /// The first step of the shortest way to another role with data.
    fn to_data(&self, place: usize, sure: Sure) -> Option<Edge> {
        let node = self.nodes.get(place)?;
        let counted = node.links.iter().filter(|link| link.is_certain || sure == Sure::Possible);
        let edges = counted.filter_map(|link| self.better(place, *link, &self.level(sure).closest));
        edges.min_by_key(|edge| self.length_to_data(edge.to as usize, sure))
    }

    /// Whether a step leads to another role, or to more than the same role has already.
    fn gains_something(&self, place: usize, edge: Edge) -> bool {
        let to = edge.to as usize;
        let role = |place: usize| self.states.get(place).map(|state| state.role);
        let (Some(from), Some(gained)) = (self.nodes.get(place), self.nodes.get(to)) else { return false };
        role(place) != role(to)
            || gained.own_possible > from.own_possible
            || gained.data != from.data
            || gained.links.len() > from.links.len()
    }

    /// How many questions were asked.
    pub(super) fn questions(&self) -> u64 {
        self.account.questions.load(Ordering::Relaxed)
    }

    pub(super) fn powers(&self, place: usize) -> (Power, Power) {
        (self.power(place, Sure::Certain), self.power(place, Sure::Possible))
    }
}

/// The place of a state, which is new if nobody led to it before.
fn place_of(state: State, states: &mut Vec<State>, places: &mut HashMap<State, usize>) -> usize {
    // The roles as they are stand first, in their order.
    if state == State::of(state.role) {
        return state.role;
    }
    *places.entry(state).or_insert_with(|| {
        states.push(state);
        states.len() - 1
    })
}

fn gives_administrator((number, is_certain): (u8, bool), sure: Sure) -> bool {
    let entry = CATALOGUE.get(usize::from(number));
    entry.is_some_and(|entry| entry.gives == Gives::NewAdministrator)
        && (is_certain || sure == Sure::Possible)
}

fn makes_administrator(node: &Node, sure: Sure) -> bool {
    node.unlisted.iter().any(|unlisted| gives_administrator(*unlisted, sure))
}
