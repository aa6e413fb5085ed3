//! The parts of a statement, and the ways in which each of them holds or fails.

use super::names::{Alternative, Union};
use super::rule::{Constraint, Cover, Sureness};
use super::strings::{Strings, Variable};
use crate::pattern::Pattern;
use crate::truth::Truth;

/// Something that holds for some requests.
#[derive(Clone, Copy)]
pub(super) enum Part<'s> {
    /// A key has one of the values for which a condition holds.
    Key(usize, &'s [Truth]),
    /// A string is covered.
    Cover(Variable, &'s Cover),
    /// A string matches.
    Matches(Variable, &'s Pattern),
    /// The caller is named.
    Names(&'s Union),
}

impl<'s> Part<'s> {
    /// The ways in which a part holds for what is left. It holds in no other.
    pub(super) fn holding(self, strings: &Strings<'s>, sureness: Sureness) -> Vec<Way<'s>> {
        match self {
            Self::Key(..) => vec![Way::default()],
            Self::Cover(variable, cover) => cover
                .covering(strings.get(variable), sureness)
                .into_iter()
                .map(|constraint| Way::of(variable, constraint))
                .collect(),
            Self::Matches(variable, pattern) => {
                vec![Way::of(variable, Constraint { all_of: Some(pattern), ..Constraint::default() })]
            }
            Self::Names(union) if union.negated => {
                Way::outside(union.bound(sureness.opposite())).into_iter().collect()
            }
            Self::Names(union) => union.bound(sureness).map(Way::matching).collect(),
        }
    }

    /// The ways in which a part fails for what is left.
    pub(super) fn failing(self, strings: &Strings<'s>, sureness: Sureness) -> Vec<Way<'s>> {
        match self {
            Self::Key(key, truths) => vec![Way { key: Some((key, truths)), ..Way::default() }],
            Self::Cover(variable, cover) => cover
                .missing(strings.get(variable), sureness)
                .into_iter()
                .map(|constraint| Way::of(variable, constraint))
                .collect(),
            Self::Matches(variable, pattern) => {
                vec![Way::of(variable, Constraint { none_of: vec![pattern], ..Constraint::default() })]
            }
            Self::Names(union) if union.negated => union.bound(sureness).map(Way::matching).collect(),
            Self::Names(union) => Way::outside(union.bound(sureness.opposite())).into_iter().collect(),
        }
    }
}

/// Parts that must not all hold.
#[derive(Clone)]
pub(super) struct Obstacle<'s> {
    pub(super) parts: Vec<Part<'s>>,
}

/// A way in which a part holds or fails.
#[derive(Default)]
pub(super) struct Way<'s> {
    pub(super) strings: Vec<(Variable, Constraint<'s>)>,
    /// The values of a key that are left have these truths, and fail.
    pub(super) key: Option<(usize, &'s [Truth])>,
    /// Several strings must not all match.
    pub(super) besides: Vec<Obstacle<'s>>,
}

impl<'s> Way<'s> {
    fn of(variable: Variable, constraint: Constraint<'s>) -> Self {
        Self { strings: vec![(variable, constraint)], ..Self::default() }
    }

    fn matching(alternative: &'s Alternative) -> Self {
        let strings = alternative.on.iter().map(|(variable, pattern)| {
            (*variable, Constraint { all_of: Some(pattern), ..Constraint::default() })
        });
        Self { strings: strings.collect(), ..Self::default() }
    }

    /// Outside all of the alternatives; `None` where one of them is everybody.
    fn outside(alternatives: impl Iterator<Item = &'s Alternative>) -> Option<Self> {
        let mut way = Self::default();
        for alternative in alternatives {
            match alternative.on.as_slice() {
                [] => return None,
                [(variable, pattern)] => match way.strings.iter_mut().find(|(known, _)| known == variable) {
                    Some((_, constraint)) => constraint.none_of.push(pattern),
                    None => {
                        let constraint = Constraint { none_of: vec![pattern], ..Constraint::default() };
                        way.strings.push((*variable, constraint));
                    }
                },
                several => {
                    let parts = several.iter().map(|(variable, pattern)| Part::Matches(*variable, pattern));
                    way.besides.push(Obstacle { parts: parts.collect() });
                }
            }
        }
        Some(way)
    }
}
