//! Exact questions about combinations of patterns, answered by walking all their automata side by side.
//!
//! A state is the set of positions that are active in every pattern at once. The walk goes breadth first, so the first
//! example found is a shortest one. In each state only characters that some active position asks for are told apart;
//! all others behave alike and are represented by one readable character.

use std::collections::{BTreeSet, HashSet};

use super::characters::{self, CharacterSet};
use super::{Pattern, Token};

/// What questions may cost, in words of state touched, before they count as [`TooLarge`].
///
/// One budget may serve many questions, so that a whole proof is bounded and not each of its steps alone.
#[derive(Debug, Clone)]
pub struct Budget {
    left: usize,
}

impl Budget {
    /// A budget of this many units; a million is some hundredths of a second.
    pub fn new(units: usize) -> Self {
        Self { left: units }
    }

    /// Takes `units` from the budget. Where it has not so many, it is spent for good.
    pub fn spend(&mut self, units: usize) -> Result<(), TooLarge> {
        let left = self.left.checked_sub(units);
        self.left = left.unwrap_or(0);
        left.map(|_| ()).ok_or(TooLarge)
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.left == 0
    }
}

impl Default for Budget {
    /// Enough for one hard question.
    fn default() -> Self {
        Self::new(1_000_000)
    }
}

/// The combination of patterns has too many states to be decided in bounded time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the combination of wildcard patterns is too large to be decided")]
pub struct TooLarge;

/// All strings that match every pattern of one list and no pattern of another, up to a length.
#[derive(Debug, Clone, Default)]
pub struct Language<'p> {
    only: Option<&'p str>,
    all_of: Vec<&'p Pattern>,
    none_of: Vec<&'p Pattern>,
    except: Vec<&'p BTreeSet<String>>,
    longest: Option<usize>,
    empty: bool,
}

impl<'p> Language<'p> {
    /// Every string.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only this string, if it belongs to the language.
    #[must_use]
    pub fn only(mut self, text: &'p str) -> Self {
        self.empty |= self.only.is_some_and(|only| only != text);
        self.only = Some(text);
        self
    }

    /// The string that [`Language::only`] left.
    pub fn as_only(&self) -> Option<&'p str> {
        self.only
    }

    /// Only the strings that also match each of `patterns`.
    #[must_use]
    pub fn all_of(mut self, patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        self.all_of.extend(patterns);
        self
    }

    /// Only the strings that match none of `patterns`.
    #[must_use]
    pub fn none_of(mut self, patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        self.none_of.extend(patterns);
        self
    }

    /// Only the strings that are none of `texts`. The same as [`Language::none_of`] their literals, for thousands.
    #[must_use]
    pub fn except(mut self, texts: impl IntoIterator<Item = &'p BTreeSet<String>>) -> Self {
        self.except.extend(texts);
        self
    }

    /// Only the strings of at most this many characters.
    #[must_use]
    pub fn at_most(mut self, characters: usize) -> Self {
        self.longest = Some(self.longest.map_or(characters, |longest| longest.min(characters)));
        self
    }

    /// Whether `text` is one of the strings.
    pub fn contains(&self, text: &str) -> bool {
        !self.empty
            && self.only.is_none_or(|only| only == text)
            && self.longest.is_none_or(|longest| text.chars().nth(longest).is_none())
            && self.all_of.iter().all(|pattern| pattern.matches(text))
            && !self.none_of.iter().any(|pattern| pattern.matches(text))
            && !self.except.iter().any(|texts| texts.contains(text))
    }

    /// Whether two required patterns demand different characters before any wildcard, so that nothing is left.
    fn begins_differently(&self) -> bool {
        let Some((first, others)) = self.all_of.split_first() else { return false };
        others.iter().any(|other| {
            first
                .tokens
                .iter()
                .zip(&other.tokens)
                .map_while(|pair| match pair {
                    (Token::Character(left), Token::Character(right)) => Some(
                        left == right
                            || (first.ignore_case || other.ignore_case) && left.eq_ignore_ascii_case(right),
                    ),
                    (Token::Character(_) | Token::One(_) | Token::Run(_), _) => None,
                })
                .any(|same| !same)
        })
    }

    /// A string of the language: the first of `preferred` that belongs to it, else a shortest one; `None` where the
    /// language is empty.
    pub fn example(&self, preferred: &[&str], budget: &mut Budget) -> Result<Option<String>, TooLarge> {
        if self.empty {
            return Ok(None);
        }
        if let Some(only) = self.only {
            return Ok(self.contains(only).then(|| only.to_owned()));
        }
        if self.begins_differently() {
            return Ok(None);
        }
        budget.spend(preferred.len() * (1 + self.all_of.len() + self.none_of.len()))?;
        if let Some(text) = preferred.iter().find(|text| self.contains(text)) {
            return Ok(Some((*text).to_owned()));
        }
        // An excluded text that does not belong to the language anyway would only make the automaton larger.
        let counts = |text: &&String| self.all_of.iter().all(|required| required.matches(text));
        let texts = self.except.iter().flat_map(|texts| texts.iter()).filter(counts);
        let except: Vec<Pattern> = texts.map(|text| Pattern::literal(text)).collect();
        let required = self.all_of.len();
        let excluded = self.none_of.iter().copied().chain(&except);
        let automaton = Automaton::new(self.all_of.iter().copied().chain(excluded));
        let mut walk = Walk::new(&automaton);
        walk.run(self.longest, budget, |state| {
            if (0..required).any(|atom| automaton.is_dead(state, atom))
                || (required..automaton.atoms.len()).any(|atom| automaton.is_full(state, atom))
            {
                return Step::Prune;
            }
            let accepted =
                (0..automaton.atoms.len()).all(|atom| automaton.accepts(state, atom) == (atom < required));
            if accepted { Step::Stop } else { Step::Expand }
        })
    }
}

/// One string of every class into which `atoms` cut the strings that match `within` and have at most `longest`
/// characters: two strings are of one class where they match the same atoms. Of each class the first member of
/// `preferred` is shown, if there is one, else a shortest string.
pub fn examples(
    within: &Pattern,
    longest: Option<usize>,
    atoms: &[Pattern],
    preferred: &[&str],
    budget: &mut Budget,
) -> Result<Vec<String>, TooLarge> {
    let whole = Language { longest, ..Language::new().all_of([within]) };
    // A literal is a class of its own and needs no automaton: thousands of them stay cheap.
    let literals: BTreeSet<String> =
        atoms.iter().filter_map(Pattern::as_literal).filter(|text| whole.contains(text)).collect();
    let wild: Vec<&Pattern> = atoms.iter().filter(|atom| atom.as_literal().is_none()).collect();
    budget.spend(atoms.len())?;
    let mut known: HashSet<Vec<bool>> = HashSet::new();
    let mut found = Vec::new();
    for text in preferred.iter().filter(|text| whole.contains(text) && !literals.contains(**text)) {
        if known.insert(wild.iter().map(|atom| atom.matches(text)).collect()) {
            found.push((*text).to_owned());
        }
    }
    for (example, signs) in wild_classes(within, longest, &wild, budget)? {
        if known.contains(&signs) {
            continue;
        }
        if !literals.contains(&example) {
            found.push(example);
            continue;
        }
        let signed = wild.iter().zip(&signs).fold(whole.clone(), |language, (atom, sign)| {
            if *sign { language.all_of([*atom]) } else { language.none_of([*atom]) }
        });
        found.extend(signed.except([&literals]).example(&[], budget)?);
    }
    found.extend(literals);
    Ok(found)
}

/// The classes of patterns that are no literals, by exploring every state of their product.
fn wild_classes(
    within: &Pattern,
    longest: Option<usize>,
    wild: &[&Pattern],
    budget: &mut Budget,
) -> Result<Vec<(String, Vec<bool>)>, TooLarge> {
    let automaton = Automaton::new(std::iter::once(within).chain(wild.iter().copied()));
    let mut walk = Walk::new(&automaton);
    let mut known: HashSet<Vec<bool>> = HashSet::new();
    let mut found: Vec<(usize, Vec<bool>)> = Vec::new();
    let mut visited = 0;
    walk.run(longest, budget, |state| {
        let index = visited;
        visited += 1;
        if automaton.is_dead(state, 0) {
            return Step::Prune;
        }
        if automaton.accepts(state, 0) {
            let signs: Vec<bool> =
                (1..automaton.atoms.len()).map(|atom| automaton.accepts(state, atom)).collect();
            if known.insert(signs.clone()) {
                found.push((index, signs));
            }
        }
        Step::Expand
    })?;
    Ok(found.into_iter().map(|(index, signs)| (walk.text(index), signs)).collect())
}

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
type State = Box<[u64]>;

/// Several patterns laid end to end; each has one position a token and one behind the last.
struct Automaton<'p> {
    atoms: Vec<Atom<'p>>,
    words: usize,
}

struct Atom<'p> {
    pattern: &'p Pattern,
    first: usize,
}

impl Atom<'_> {
    fn end(&self) -> usize {
        self.first + self.pattern.tokens.len()
    }
}

impl<'p> Automaton<'p> {
    fn new(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        let mut first = 0;
        let mut atoms = Vec::new();
        for pattern in patterns {
            atoms.push(Atom { pattern, first });
            first += pattern.tokens.len() + 1;
        }
        Self { atoms, words: first.div_ceil(64) }
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
        for atom in &self.atoms {
            for_each_active(state, atom, |position, token| {
                if atom.pattern.token_accepts(token, character) {
                    let stays = matches!(token, Token::Run(_));
                    activate(&mut next, atom, if stays { position } else { position + 1 });
                }
            });
        }
        self.reduce(&mut next);
        next
    }

    /// Forgets positions that stand before an active run of any characters: whatever they lead to, the run leads to
    /// as well. Without this, `*a*a*a*b` would have exponentially many states.
    fn reduce(&self, state: &mut State) {
        for atom in &self.atoms {
            let mut last_run = None;
            for_each_active(state, atom, |position, token| {
                if token == Token::Run(CharacterSet::Any) {
                    last_run = Some(position);
                }
            });
            let before = atom.first + last_run.unwrap_or(0);
            while let Some(bit) = next_bit(state, atom.first).filter(|bit| *bit < before) {
                set_bit(state, bit, false);
            }
        }
    }

    fn is_dead(&self, state: &State, atom: usize) -> bool {
        self.atoms.get(atom).is_none_or(|atom| next_bit(state, atom.first).is_none_or(|bit| bit > atom.end()))
    }

    /// Whether every continuation is accepted.
    fn is_full(&self, state: &State, atom: usize) -> bool {
        self.atoms.get(atom).is_some_and(|atom| {
            atom.pattern.tokens.last() == Some(&Token::Run(CharacterSet::Any)) && bit(state, atom.end() - 1)
        })
    }

    fn accepts(&self, state: &State, atom: usize) -> bool {
        self.atoms.get(atom).is_some_and(|atom| bit(state, atom.end()))
    }

    /// One character for each way in which `state` can go on.
    fn characters(&self, state: &State) -> Vec<char> {
        let mut named: Vec<char> = Vec::new();
        let mut sets: Vec<CharacterSet> = Vec::new();
        for atom in &self.atoms {
            for_each_active(state, atom, |_, token| match token {
                Token::Character(character) if atom.pattern.ignore_case => {
                    named.extend([character.to_ascii_lowercase(), character.to_ascii_uppercase()]);
                }
                Token::Character(character) => named.push(character),
                Token::One(set) | Token::Run(set) => sets.push(set),
            });
        }
        named.sort_unstable();
        named.dedup();
        sets.sort_unstable_by_key(|set| *set as u8);
        sets.dedup();
        let mut signatures: HashSet<u16> = HashSet::new();
        let signature =
            |character| sets.iter().fold(0, |bits: u16, set| bits << 1 | u16::from(set.contains(character)));
        let mut others: Vec<char> = characters::readable()
            .take(characters::enough_readable(named.len()))
            .filter(|character| named.binary_search(character).is_err())
            .filter(|character| signatures.insert(signature(*character)))
            .collect();
        others.extend(named);
        others
    }
}

/// What to do with a state that the walk reached.
enum Step {
    /// Go on from here.
    Expand,
    /// Nothing of interest follows.
    Prune,
    /// The text that led here is the answer.
    Stop,
}

/// A breadth-first walk through the states of an automaton.
struct Walk<'a> {
    automaton: &'a Automaton<'a>,
    /// For each state in order of discovery: the state before it and the character between them.
    steps: Vec<(usize, char)>,
}

impl<'a> Walk<'a> {
    fn new(automaton: &'a Automaton<'a>) -> Self {
        Self { automaton, steps: Vec::new() }
    }

    /// Calls `judge` for each reachable state, nearest first, until it says stop.
    fn run(
        &mut self,
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
        let mut frontier: Vec<(usize, State)> = vec![(0, start)];
        let mut length = 0;
        while !frontier.is_empty() && longest.is_none_or(|longest| length < longest) {
            length += 1;
            for (index, state) in std::mem::take(&mut frontier) {
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
                        Step::Expand => frontier.push((reached, next)),
                    }
                }
            }
        }
        Ok(None)
    }

    /// The text that leads to the state found as number `index`.
    fn text(&self, mut index: usize) -> String {
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

fn for_each_active(state: &State, atom: &Atom<'_>, mut visit: impl FnMut(usize, Token)) {
    let mut from = atom.first;
    while let Some(bit) = next_bit(state, from).filter(|bit| *bit < atom.end()) {
        if let Some(token) = atom.pattern.tokens.get(bit - atom.first) {
            visit(bit - atom.first, *token);
        }
        from = bit + 1;
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
