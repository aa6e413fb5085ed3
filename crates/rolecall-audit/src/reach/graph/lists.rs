//! The nodes to which rows lead. Many nodes lead to the same ones, and each leaves itself out: what they have in common is
//! held once.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::lead::Lead;
use super::super::policies::State;

/// A node that was not told yet: only the role itself led there, which it leaves out.
const NOWHERE: u32 = u32::MAX;

/// Nodes in their order.
#[derive(Debug)]
struct Base {
    places: Vec<u32>,
    /// States that were left out when the nodes were noted, and where they stand.
    holes: Vec<(usize, State)>,
}

/// The nodes of a base but for those of one role.
#[derive(Debug, Clone, Copy)]
pub(super) struct List {
    base: u32,
    except: Option<u32>,
    len: u32,
}

/// All lists, by number.
#[derive(Debug, Default)]
pub(super) struct Lists {
    bases: Vec<Base>,
    lists: Vec<List>,
    /// By the place of what several roles share. It is held as long as the graph is.
    of_shared: HashMap<usize, u32>,
    of_content: HashMap<Arc<[u32]>, u32>,
    numbers: HashMap<(u32, Option<u32>), u32>,
}

impl Lists {
    /// The number of the list to which a lead leads.
    pub(super) fn noted(&mut self, lead: &Lead, mut place_of: impl FnMut(State) -> u32) -> u32 {
        let is_left_out = |state: &State| lead.except == Some(state.role);
        let base = if lead.is_shared {
            let next = number(self.bases.len());
            let base = *self.of_shared.entry(lead.to.as_ptr().addr()).or_insert(next);
            if base == next {
                let mut holes = Vec::new();
                let mut place = |(at, state): (usize, &State)| {
                    if is_left_out(state) {
                        holes.push((at, *state));
                        return NOWHERE;
                    }
                    place_of(*state)
                };
                let places = lead.to.iter().enumerate().map(&mut place).collect();
                self.bases.push(Base { places, holes });
            } else if let Some(Base { places, holes }) = self.bases.get_mut(base as usize) {
                holes.retain(|(at, state)| {
                    let is_kept = is_left_out(state);
                    if let Some(slot) = places.get_mut(*at).filter(|_| !is_kept) {
                        *slot = place_of(*state);
                    }
                    is_kept
                });
            }
            base
        } else {
            let places: Arc<[u32]> =
                lead.to.iter().filter(|state| !is_left_out(state)).map(|state| place_of(*state)).collect();
            let next = number(self.bases.len());
            let base = *self.of_content.entry(Arc::clone(&places)).or_insert(next);
            if base == next {
                self.bases.push(Base { places: places.to_vec(), holes: Vec::new() });
            }
            base
        };
        let except = lead.except.filter(|_| lead.is_shared).map(number);
        let next = number(self.lists.len());
        let list = *self.numbers.entry((base, except)).or_insert(next);
        if list == next {
            let left_out = lead.to.iter().filter(|state| is_left_out(state)).count();
            self.lists.push(List { base, except, len: number(lead.to.len() - left_out) });
        }
        list
    }
    /// How many lists there are.
    pub(super) fn count(&self) -> usize {
        self.lists.len()
    }

    /// How many nodes a list has.
    pub(super) fn len(&self, list: u32) -> usize {
        self.lists.get(list as usize).map_or(0, |list| list.len as usize)
    }

    /// How often a list has a node of this role, which is the role's own.
    pub(super) fn times(&self, list: u32, place: usize, role: usize) -> usize {
        let Some(List { base, except, len: _ }) = self.lists.get(list as usize) else { return 0 };
        if except.is_some_and(|except| except as usize == role) {
            return 0;
        }
        let base = self.bases.get(*base as usize);
        base.map_or(0, |base| base.places.iter().filter(|to| **to as usize == place).count())
    }

    /// Of each list the two best nodes, the first of those that are equal.
    pub(super) fn best<R: Ord>(
        &self,
        role_of: impl Fn(u32) -> Option<usize>,
        rank: impl Fn(usize) -> Option<R>,
    ) -> Vec<[Option<u32>; 2]> {
        let best_two = |base: &Base, except: Option<u32>| {
            let mut first: Option<(R, u32)> = None;
            let mut second: Option<(R, u32)> = None;
            for place in base.places.iter().copied().filter(|place| *place != NOWHERE) {
                if except.is_some() && role_of(place) == except.map(|except| except as usize) {
                    continue;
                }
                let Some(rank) = rank(place as usize) else { continue };
                if first.as_ref().is_none_or(|(best, _)| rank > *best) {
                    second = first.replace((rank, place));
                } else if second.as_ref().is_none_or(|(best, _)| rank > *best) {
                    second = Some((rank, place));
                }
            }
            [first.map(|(_, place)| place), second.map(|(_, place)| place)]
        };
        let of_bases: Vec<[Option<u32>; 2]> = self.bases.iter().map(|base| best_two(base, None)).collect();
        let of_list = |List { base, except, len: _ }: &List| {
            let two = of_bases.get(*base as usize).copied().unwrap_or_default();
            let is_left_out =
                |place: &u32| except.is_some_and(|except| role_of(*place) == Some(except as usize));
            match self.bases.get(*base as usize) {
                Some(base) if two.iter().flatten().any(is_left_out) => best_two(base, *except),
                Some(_) | None => two,
            }
        };
        self.lists.iter().map(of_list).collect()
    }

    /// The lists, to be gone through from their nodes.
    pub(super) fn backwards(&self, nodes: usize) -> Backwards {
        let mut bases_of: Vec<Vec<u32>> = vec![Vec::new(); nodes];
        for (number, base) in (0_u32..).zip(&self.bases) {
            for place in &base.places {
                if let Some(slot) = bases_of.get_mut(*place as usize) {
                    slot.push(number);
                }
            }
        }
        let mut lists_of: Vec<Vec<(u32, Option<u32>)>> = vec![Vec::new(); self.bases.len()];
        for (number, List { base, except, len: _ }) in (0_u32..).zip(&self.lists) {
            if let Some(slot) = lists_of.get_mut(*base as usize) {
                slot.push((number, *except));
            }
        }
        Backwards { bases_of, lists_of }
    }
}

/// The lists by their nodes.
#[derive(Debug, Clone)]
pub(super) struct Backwards {
    bases_of: Vec<Vec<u32>>,
    /// The lists of each base that nobody came to yet, each with the role that it leaves out.
    lists_of: Vec<Vec<(u32, Option<u32>)>>,
}

impl Backwards {
    /// The lists that have a node of a role, and that nobody came to yet, in order.
    pub(super) fn passed(&mut self, place: u32, role: usize) -> Vec<u32> {
        let mut passed = Vec::new();
        for base in self.bases_of.get(place as usize).into_iter().flatten() {
            let Some(lists) = self.lists_of.get_mut(*base as usize) else { continue };
            lists.retain(|(list, except)| {
                let is_kept = except.is_some_and(|except| except as usize == role);
                if !is_kept {
                    passed.push(*list);
                }
                is_kept
            });
        }
        passed.sort_unstable();
        passed.dedup();
        passed
    }
}

fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
