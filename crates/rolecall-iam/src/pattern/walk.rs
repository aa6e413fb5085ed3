//! The automata of several patterns, walked side by side.
//!
//! A state is the set of positions that are active in every pattern at once. A walk that takes the nearest state first
//! finds a shortest example. In each state only characters that some active position asks for are told apart;
//! all others behave alike and are represented by one readable character.

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::characters::{self, CharacterSet, Memberships};
use super::language::{Budget, TooLarge};
use super::{Pattern, Token};

/// Whether `pattern` accepts `text`, by simulation: correct for runs over any character set.
pub(super) fn accepts(pattern: &Pattern, text: &str) -> bool {
    let automaton = Automaton::new([pattern]);
    let mut state = automaton.start();
    for character in text.chars() {
        state = automaton.step(&state, character);
        if automaton.is_dead(&state, 0) {
            return false;
        }
    }
    automaton.accepts(&state, 0)
}

/// Active positions of all patterns, as one bit set.
pub(super) type State = Box<[u64]>;

/// Several patterns laid end to end; each has one position a token and one behind the last.
pub(super) struct Automaton<'p> {
    pub(super) atoms: Vec<Atom<'p>>,
    /// The pattern that each position belongs to.
    owners: Vec<u32>,
    words: usize,
}

pub(super) struct Atom<'p> {
    pattern: &'p Pattern,
    first: usize,
}

impl Atom<'_> {
    fn end(&self) -> usize {
        self.first + self.pattern.tokens.len()
    }
}

impl<'p> Automaton<'p> {
    pub(super) fn new(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        let mut atoms = Vec::new();
        let mut owners = Vec::new();
        for (owner, pattern) in (0..).zip(patterns) {
            atoms.push(Atom { pattern, first: owners.len() });
            owners.extend(std::iter::repeat_n(owner, pattern.tokens.len() + 1));
        }
        let words = owners.len().div_ceil(64);
        Self { atoms, owners, words }
    }

    fn start(&self) -> State {
        let mut state = self.empty();
        for atom in &self.atoms {
            activate(&mut state, atom, 0);
        }
        self.reduce(&mut state);
        state
    }

    fn empty(&self) -> State {
        vec![0; self.words].into_boxed_slice()
    }

    fn step(&self, state: &State, character: char) -> State {
        let mut next = self.empty();
        self.for_each_active(state, |atom, position, token| {
            if atom.pattern.token_accepts(token, character) {
                let stays = matches!(token, Token::Run(_));
                activate(&mut next, atom, if stays { position } else { position + 1 });
            }
        });
        self.reduce(&mut next);
        next
    }

    /// Calls `visit` for each active position that has a token. What is dead costs nothing.
    fn for_each_active(&self, state: &State, mut visit: impl FnMut(&Atom<'p>, usize, Token)) {
        let mut from = 0;
        while let Some(bit) = next_bit(state, from) {
            let atom = self.owners.get(bit).and_then(|owner| self.atoms.get(*owner as usize));
            if let Some(atom) = atom
                && let Some(token) = atom.pattern.tokens.get(bit - atom.first)
            {
                visit(atom, bit - atom.first, *token);
            }
            from = bit + 1;
        }
    }

    /// The patterns that are not dead, in their order.
    pub(super) fn alive(&self, state: &State) -> Vec<usize> {
        let mut alive = Vec::new();
        let mut from = 0;
        while let Some(bit) = next_bit(state, from) {
            let Some(owner) = self.owners.get(bit).map(|owner| *owner as usize) else { break };
            alive.push(owner);
            from = self.atoms.get(owner).map_or(bit, Atom::end) + 1;
        }
        alive
    }

    /// Forgets positions that stand before an active run of any characters: whatever they lead to, the run leads to
    /// as well. Without this, `*a*a*a*b` would have exponentially many states.
    fn reduce(&self, state: &mut State) {
        let mut last_runs: Vec<(usize, usize)> = Vec::new();
        self.for_each_active(state, |atom, position, token| {
            if token == Token::Run(CharacterSet::Any) {
                match last_runs.last_mut().filter(|(first, _)| *first == atom.first) {
                    Some((_, last)) => *last = position,
                    None => last_runs.push((atom.first, position)),
                }
            }
        });
        for (first, position) in last_runs {
            while let Some(bit) = next_bit(state, first).filter(|bit| *bit < first + position) {
                set_bit(state, bit, false);
            }
        }
    }

    pub(super) fn is_dead(&self, state: &State, atom: usize) -> bool {
        self.atoms.get(atom).is_none_or(|atom| next_bit(state, atom.first).is_none_or(|bit| bit > atom.end()))
    }

    /// Whether every continuation is accepted.
    pub(super) fn is_full(&self, state: &State, atom: usize) -> bool {
        self.atoms.get(atom).is_some_and(|atom| {
            atom.pattern.tokens.last() == Some(&Token::Run(CharacterSet::Any)) && bit(state, atom.end() - 1)
        })
    }

    pub(super) fn accepts(&self, state: &State, atom: usize) -> bool {
        self.atoms.get(atom).is_some_and(|atom| bit(state, atom.end()))
    }

    /// One character for each way in which `state` can go on.
    fn characters(&self, state: &State) -> Vec<char> {
        let mut named: Vec<char> = Vec::new();
        let mut sets = Memberships::default();
        self.for_each_active(state, |atom, _, token| match token {
            Token::Character(character) if atom.pattern.ignore_case => {
                named.extend([character.to_ascii_lowercase(), character.to_ascii_uppercase()]);
            }
            Token::Character(character) => named.push(character),
            Token::One(set) | Token::Run(set) => sets.add(set),
        });
        named.sort_unstable();
        named.dedup();
        let mut others = characters::one_of_each(sets, &named);
        others.extend(named);
        others
    }
}

/// What to do with a state that the walk reached.
pub(super) enum Step {
    /// Go on from here.
    Expand,
    /// Nothing of interest follows.
    Prune,
    /// The text that led here is the answer.
    Stop,
}

/// Which of the states that were reached is gone on from first.
#[derive(Clone, Copy)]
pub(super) enum Order<'r> {
    /// The nearest: what is found is shortest.
    Nearest,
    /// The one of least rank. What is found need not be shortest.
    Least(&'r dyn Fn(&State) -> usize),
}

/// A state to go on from.
struct Reached {
    /// Its number, in order of discovery.
    index: usize,
    /// How many characters led to it.
    length: usize,
    state: State,
}

/// The states to go on from, in their order.
enum Frontier<'r> {
    Nearest(VecDeque<Reached>),
    Least(BTreeMap<(usize, usize), Reached>, &'r dyn Fn(&State) -> usize),
}

impl<'r> Frontier<'r> {
    fn new(order: Order<'r>) -> Self {
        match order {
            Order::Nearest => Self::Nearest(VecDeque::new()),
            Order::Least(rank) => Self::Least(BTreeMap::new(), rank),
        }
    }

    fn push(&mut self, reached: Reached) {
        match self {
            Self::Nearest(queue) => queue.push_back(reached),
            Self::Least(ranked, rank) => {
                ranked.insert((rank(&reached.state), reached.index), reached);
            }
        }
    }

    fn pop(&mut self) -> Option<Reached> {
        match self {
            Self::Nearest(queue) => queue.pop_front(),
            Self::Least(ranked, _) => ranked.pop_first().map(|(_, reached)| reached),
        }
    }
}

/// A walk through the states of an automaton.
pub(super) struct Walk<'a> {
    automaton: &'a Automaton<'a>,
    /// For each state in order of discovery: the state before it and the character between them.
    steps: Vec<(usize, char)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(automaton: &'a Automaton<'a>) -> Self {
        Self { automaton, steps: Vec::new() }
    }

    /// Calls `judge` for each state that at most `longest` characters reach, until it says stop.
    pub(super) fn run(
        &mut self,
        order: Order<'_>,
        longest: Option<usize>,
        budget: &mut Budget,
        mut judge: impl FnMut(&State) -> Step,
    ) -> Result<Option<String>, TooLarge> {
        let start = self.automaton.start();
        let mut known: HashSet<State> = HashSet::from([start.clone()]);
        self.steps = vec![(0, '\0')];
        match judge(&start) {
            Step::Stop => return Ok(Some(String::new())),
            Step::Prune => return Ok(None),
            Step::Expand => {}
        }
        let mut frontier = Frontier::new(order);
        frontier.push(Reached { index: 0, length: 0, state: start });
        while let Some(Reached { index, length, state }) = frontier.pop() {
            if longest.is_some_and(|longest| length >= longest) {
                continue;
            }
            for character in self.automaton.characters(&state) {
                let next = self.automaton.step(&state, character);
                budget.spend(2 * self.automaton.words + self.automaton.atoms.len())?;
                if known.contains(&next) {
                    continue;
                }
                known.insert(next.clone());
                let reached = self.steps.len();
                self.steps.push((index, character));
                match judge(&next) {
                    Step::Stop => return Ok(Some(self.text(reached))),
                    Step::Prune => {}
                    Step::Expand => {
                        frontier.push(Reached { index: reached, length: length + 1, state: next });
                    }
                }
            }
        }
        Ok(None)
    }

    /// The text that leads to the state found as number `index`.
    pub(super) fn text(&self, mut index: usize) -> String {
        let mut reversed = Vec::new();
        while index > 0
            && let Some((before, character)) = self.steps.get(index)
        {
            reversed.push(*character);
            index = *before;
        }
        reversed.iter().rev().collect()
    }
}

/// Activates a position of `atom` and what a run there lets through without a character.
fn activate(state: &mut State, atom: &Atom<'_>, mut position: usize) {
    set_bit(state, atom.first + position, true);
    while matches!(atom.pattern.tokens.get(position), Some(Token::Run(_))) {
        position += 1;
        set_bit(state, atom.first + position, true);
    }
}

fn bit(state: &State, index: usize) -> bool {
    state.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 == 1)
}

fn set_bit(state: &mut State, index: usize, value: bool) {
    if let Some(word) = state.get_mut(index / 64) {
        let mask = 1 << (index % 64);
        if value { *word |= mask } else { *word &= !mask }
    }
}

/// The first set bit at or behind `from`.
fn next_bit(state: &State, from: usize) -> Option<usize> {
    let mut word_index = from / 64;
    let mut word = state.get(word_index)? & (u64::MAX << (from % 64));
    while word == 0 {
        word_index += 1;
        word = *state.get(word_index)?;
    }
    Some(word_index * 64 + word.trailing_zeros() as usize)
}
