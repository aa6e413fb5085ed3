//! Exact questions about combinations of patterns: is there a string that matches these and not those, and into which
//! classes do patterns cut all strings?

use std::collections::{BTreeSet, HashSet};

use super::Pattern;
use super::walk::{Automaton, Order, State, Step, Walk};

/// What questions may cost, in words of state touched, before they count as [`TooLarge`].
///
/// One budget may serve many questions, so that a whole proof is bounded and not each of its steps alone.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    left: usize,
}

impl Budget {
    /// A budget of this many units; a million is some hundredths of a second.
    pub(crate) fn new(units: usize) -> Self {
        Self { left: units }
    }

    /// Takes `units` from the budget. Where it has not so many, it is spent for good.
    pub(crate) fn spend(&mut self, units: usize) -> Result<(), TooLarge> {
        let left = self.left.checked_sub(units);
        self.left = left.unwrap_or(0);
        left.map(|_| ()).ok_or(TooLarge)
    }

    /// Whether nothing is left.
    pub(crate) fn is_spent(&self) -> bool {
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
pub(crate) struct TooLarge;

/// All strings that match every pattern of one list and no pattern of another, up to a length.
#[derive(Debug, Clone, Default)]
pub(crate) struct Language<'p> {
    only: Option<&'p str>,
    all_of: Vec<&'p Pattern>,
    none_of: Vec<&'p Pattern>,
    except: Vec<&'p BTreeSet<String>>,
    longest: Option<usize>,
    empty: bool,
}

impl<'p> Language<'p> {
    /// Every string.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Only this string, if it belongs to the language.
    #[must_use]
    pub(crate) fn only(mut self, text: &'p str) -> Self {
        self.empty |= self.only.is_some_and(|only| only != text);
        self.only = Some(text);
        self
    }

    /// The string that [`Language::only`] left.
    pub(crate) fn as_only(&self) -> Option<&'p str> {
        self.only
    }

    /// Only the strings that also match each of `patterns`.
    #[must_use]
    pub(crate) fn all_of(mut self, patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        self.all_of.extend(patterns);
        self
    }

    /// Only the strings that match none of `patterns`.
    #[must_use]
    pub(crate) fn none_of(mut self, patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        self.none_of.extend(patterns);
        self
    }

    /// Only the strings that are none of `texts`. The same as [`Language::none_of`] their literals, for thousands.
    #[must_use]
    pub(crate) fn except(mut self, texts: impl IntoIterator<Item = &'p BTreeSet<String>>) -> Self {
        self.except.extend(texts);
        self
    }

    /// Only the strings of at most this many characters, where there is a limit.
    pub(super) fn at_most(self, longest: Option<usize>) -> Self {
        Self { longest, ..self }
    }

    /// Whether `text` is one of the strings.
    pub(crate) fn contains(&self, text: &str) -> bool {
        !self.empty
            && self.only.is_none_or(|only| only == text)
            && self.longest.is_none_or(|longest| text.chars().nth(longest).is_none())
            && self.all_of.iter().all(|pattern| pattern.matches(text))
            && !self.none_of.iter().any(|pattern| pattern.matches(text))
            && !self.except.iter().any(|texts| texts.contains(text))
    }

    /// The patterns that every string of the language matches.
    pub(crate) fn required(&self) -> &[&'p Pattern] {
        &self.all_of
    }

    /// Whether two required patterns demand different characters before any wildcard, so that nothing is left.
    fn begins_differently(&self) -> bool {
        let Some((last, others)) = self.all_of.split_last() else { return false };
        // Whatever was required before has been compared before.
        others.iter().any(|other| other.begins_unlike(last))
            || others
                .split_last()
                .is_some_and(|(last, others)| others.iter().any(|other| other.begins_unlike(last)))
    }

    /// A string of the language: the first of `preferred` that belongs to it, else a shortest one; `None` where the
    /// language is empty.
    pub(crate) fn example(
        &self,
        preferred: &[&str],
        budget: &mut Budget,
    ) -> Result<Option<String>, TooLarge> {
        if self.empty {
            return Ok(None);
        }
        if let Some(only) = self.only {
            budget.spend(1 + self.all_of.len() + self.none_of.len())?;
            return Ok(self.contains(only).then(|| only.to_owned()));
        }
        if self.begins_differently() {
            return Ok(None);
        }
        // An excluded pattern that no string of the language matches anyway would only make the automaton larger.
        budget.spend((1 + self.none_of.len()) * self.all_of.len() / 8 + 1)?;
        let matters =
            |excluded: &&&Pattern| !self.all_of.iter().any(|required| required.begins_unlike(excluded));
        let none_of: Vec<&Pattern> = self.none_of.iter().filter(matters).copied().collect();
        if none_of.iter().any(|excluded| excluded.is_universal() || self.all_of.contains(excluded)) {
            return Ok(None);
        }
        budget.spend(preferred.len() * (1 + self.all_of.len() + none_of.len()))?;
        let rest = Self { none_of, ..self.clone() };
        if let Some(text) = preferred.iter().find(|text| rest.contains(text)) {
            return Ok(Some((*text).to_owned()));
        }
        rest.search(budget)
    }

    fn search(&self, budget: &mut Budget) -> Result<Option<String>, TooLarge> {
        let counts = |text: &&String| self.all_of.iter().all(|required| required.matches(text));
        let texts = self.except.iter().flat_map(|texts| texts.iter());
        budget.spend(self.except.iter().map(|texts| texts.len()).sum())?;
        let except: Vec<Pattern> = texts.filter(counts).map(|text| Pattern::literal(text)).collect();
        let required = self.all_of.len();
        let excluded = self.none_of.iter().copied().chain(&except);
        let automaton = Automaton::new(self.all_of.iter().copied().chain(excluded));
        let atoms = automaton.atoms.len();
        let judge = |state: &State| {
            let alive = automaton.alive(state);
            let excluded = || alive.iter().copied().filter(|atom| *atom >= required);
            if alive.iter().take_while(|atom| **atom < required).count() < required
                || excluded().any(|atom| automaton.is_full(state, atom))
            {
                return Step::Prune;
            }
            let accepted = (0..required).all(|atom| automaton.accepts(state, atom))
                && !excluded().any(|atom| automaton.accepts(state, atom));
            if accepted { Step::Stop } else { Step::Expand }
        };
        // Where much is excluded, the way that leaves most of it behind is the one to try first. That way may be longer.
        let rank = |state: &State| automaton.alive(state).len();
        let many = self.longest.is_none() && atoms - required > FEW_EXCLUDED;
        let order = if many { Order::Least(&rank) } else { Order::Nearest };
        Walk::new(&automaton).run(order, self.longest, budget, judge)
    }
}

/// With so many excluded patterns or fewer the shortest example is looked for.
const FEW_EXCLUDED: usize = 16;

/// One string of every class into which `atoms` cut the strings that match `within` and have at most `longest`
/// characters: two strings are of one class where they match the same atoms. Of each class the first member of
/// `preferred` is shown, if there is one, else a shortest string.
pub(crate) fn examples(
    within: &Pattern,
    longest: Option<usize>,
    atoms: &[Pattern],
    preferred: &[&str],
    budget: &mut Budget,
) -> Result<Vec<String>, TooLarge> {
    let whole = Language::new().all_of([within]).at_most(longest);
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
    walk.run(Order::Nearest, longest, budget, |state| {
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
