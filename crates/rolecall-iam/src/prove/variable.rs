//! A condition key as a variable: every value that it can have, cut into finitely many classes by the conditions that
//! ask about it, each class with one example.
//!
//! Invariant: two requests that differ in this key only, with values of one class, meet exactly the same of the given
//! conditions. Where that cannot be had, [`cut`] says why instead.

use std::collections::HashSet;

use super::caller::Caller;
use super::domain::{Domain, Values};
use super::family::{self, Spellings};
use super::reading::{Reading, arn_pattern, read};
use super::rule::lookup;
use crate::condition::{Condition, Keys, Operand, Operator, Quantifier, Test};
use crate::context::{ContextKey, ContextValue, Lookup};
use crate::coverage;
use crate::keys::{self, Presence};
use crate::pattern::{Budget, Pattern, Token, TooLarge, examples};
use crate::text::{self, VariableValue};

/// Most classes of sets of values that are tried for a key with several values.
const MOST_SETS: usize = 4096;

/// What a condition can ask while one key is looked at by itself: that key, and what follows from the caller. The
/// value of any other key is unknown, and so is what depends on it.
pub(super) struct OneKey<'a> {
    pub(super) caller: &'a Caller,
    pub(super) key: &'a ContextKey,
    pub(super) value: &'a ContextValue,
}

impl Keys for OneKey<'_> {
    fn lookup(&self, key: &ContextKey) -> Lookup<'_> {
        if key == self.key { self.value.into() } else { lookup(self.caller, key) }
    }

    /// A key that is compared with itself depends on its whole value, not on a class of values.
    fn variable(&self, key: &ContextKey) -> VariableValue<'_> {
        lookup(self.caller, key).into_variable()
    }
}

/// What the conditions compare a key with, by kind.
#[derive(Default)]
struct Atoms<'a> {
    texts: Vec<Pattern>,
    numbers: Vec<&'a str>,
    times: Vec<jiff::Timestamp>,
    networks: Vec<ipnet::IpNet>,
    base64: Vec<&'a str>,
    booleans: bool,
    /// How many conditions count the values of the key.
    sets: usize,
    /// Some condition compares the values as text.
    as_text: bool,
    /// A text that other texts beyond ASCII are equal to without regard to case.
    beyond_ascii: Option<String>,
    /// Why the atoms do not cut the values into finitely many classes.
    uncut: Option<String>,
}

impl<'a> Atoms<'a> {
    fn collect(asked: &[&'a Condition], caller: &Caller) -> Self {
        let mut atoms = Self::default();
        for condition in asked {
            let Operator::Compare { quantifier, test, .. } = &condition.operator else { continue };
            match quantifier {
                Quantifier::Single => {}
                Quantifier::ForAnyValue => atoms.sets += 1,
                Quantifier::ForAllValues => {
                    atoms.sets += 1;
                    // Nothing but empty values counts like no value.
                    atoms.texts.push(Pattern::default());
                }
            }
            // Every value of the key gets the same answer: none.
            if keys::is_mismatched(condition.key.folded(), *test) {
                continue;
            }
            if matches!(test, Test::ArnEquals | Test::ArnLike) {
                atoms.texts.extend(Pattern::arn_like("arn:*:*:*:*:*"));
            }
            for value in &condition.values {
                match &value.operand {
                    Operand::Text(text) => atoms.text(*test, text, caller),
                    Operand::Number(_) => atoms.numbers.push(&value.raw),
                    Operand::Date(time) => atoms.times.push(*time),
                    Operand::Bool(_) => atoms.booleans = true,
                    Operand::Bytes(_) => atoms.base64.push(&value.raw),
                    Operand::Network(network) => atoms.networks.push(*network),
                    Operand::Undocumented => {}
                }
            }
        }
        atoms
    }

    fn text(&mut self, test: Test, text: &text::PolicyText, caller: &Caller) {
        self.as_text = true;
        let tokens = match read(text, caller) {
            Reading::Known(tokens) => tokens,
            Reading::Unresolved => return,
            // Values that it cannot match, whatever stands in for its variables, get another answer than the rest.
            Reading::Perhaps(tokens) => {
                let most = coverage::possible(&tokens);
                let blind = test == Test::StringEqualsIgnoreCase;
                self.texts.push(if blind { most.ignoring_case() } else { most });
                if blind {
                    self.beyond_ascii = Some(text.raw().escape_debug().to_string());
                }
                return;
            }
        };
        let whole = coverage::possible(&tokens);
        self.texts.push(match test {
            Test::StringEqualsIgnoreCase => {
                let shown = || text.raw().escape_debug().to_string();
                if !text.raw().is_ascii() {
                    self.uncut = Some(format!(
                        "`{}` is compared case-insensitively and has non-ASCII characters",
                        shown()
                    ));
                } else if text.raw().contains(|letter: char| letter.is_ascii_alphabetic()) {
                    // Letters beyond ASCII count as the case of some, too: the sign of Kelvin, ligatures.
                    self.beyond_ascii = Some(shown());
                }
                whole.ignoring_case()
            }
            Test::ArnEquals | Test::ArnLike => arn_pattern(&tokens).unwrap_or(whole),
            Test::StringEquals
            | Test::StringLike
            | Test::Numeric(_)
            | Test::Date(_)
            | Test::Bool
            | Test::BinaryEquals
            | Test::IpAddress => whole,
        });
    }

    /// Example values for what is compared as something else than text.
    fn spellings(&mut self, domain: &Domain) -> Vec<Spellings> {
        let mut kinds: Vec<Vec<Spellings>> = Vec::new();
        if !self.numbers.is_empty() {
            kinds.push(family::numbers(&self.numbers));
        }
        if !self.times.is_empty() {
            kinds.push(family::times(&self.times));
        }
        if !self.networks.is_empty() {
            kinds.push(family::addresses(&self.networks));
        }
        if !self.base64.is_empty() {
            kinds.push(family::base64(&self.base64));
        }
        if self.booleans {
            kinds.push(["true", "false"].map(|word| vec![word.to_owned()]).into());
        }
        if kinds.is_empty() {
            kinds.extend(match domain.values {
                Values::Addresses => Some(family::addresses(&[])),
                Values::Times => Some(vec![vec!["2030-01-01T00:00:00Z".to_owned()]]),
                Values::Numbers => Some(family::numbers(&["0"])),
                Values::Listed(_) | Values::Shaped { .. } => None,
            });
        }
        if kinds.len() > 1 {
            self.uncut = Some(
                "its values are compared in more than one way (as numbers, dates, addresses, …)".to_owned(),
            );
        } else if self.as_text && !kinds.is_empty() {
            // One value can be written in many ways, and as text they differ.
            self.uncut = Some("its values are compared both as text and as another type".to_owned());
        }
        kinds.into_iter().flatten().collect()
    }
}

/// The classes of a key.
pub(super) struct Classes {
    /// One value of each.
    pub(super) values: Vec<ContextValue>,
    /// Why there are more classes than these. What is found with these values is true all the same.
    pub(super) incomplete: Option<String>,
}

/// Every value of `key` that `asked` can tell apart, absence included, one example a class.
///
/// `also` are texts that the claim tells apart.
pub(super) fn cut(
    key: &ContextKey,
    asked: &[&Condition],
    also: &[&Pattern],
    domain: &Domain,
    caller: &Caller,
    budget: &mut Budget,
) -> Result<Classes, TooLarge> {
    let mut values = Vec::new();
    if domain.presence != Presence::Always {
        values.push(ContextValue::Absent);
    }
    if domain.presence == Presence::Never {
        return Ok(Classes { values, incomplete: None });
    }
    let mut atoms = Atoms::collect(asked, caller);
    atoms.texts.extend(also.iter().map(|text| (*text).clone()));
    let singles = single_values(&mut atoms, domain, budget)?;
    if domain.several == Some(false) {
        values.extend(singles.into_iter().map(ContextValue::One));
    } else {
        // A key that nobody describes may have several values, even where no condition counts them.
        let sets = sets_of(&singles, 1 + atoms.sets, budget)?;
        values.extend(sets.into_iter().map(ContextValue::from));
    }
    Ok(Classes { values, incomplete: atoms.uncut.map(|reason| format!("`{key}`: {reason}")) })
}

/// Why a question was not decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Uncut {
    /// Some key has more classes than finitely many.
    Reason(String),
    /// What was found holds only for values that do not go together.
    Linked,
    /// Only callers are left whose names AWS would not accept.
    NoCaller,
    /// There are too many classes.
    TooLarge,
}

impl From<TooLarge> for Uncut {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

fn single_values(
    atoms: &mut Atoms<'_>,
    domain: &Domain,
    budget: &mut Budget,
) -> Result<Vec<String>, TooLarge> {
    if let Values::Listed(listed) = &domain.values {
        return Ok(listed.clone());
    }
    let spellings = atoms.spellings(domain);
    budget.spend(spellings.len() + atoms.texts.len())?;
    let literals: HashSet<String> = atoms.texts.iter().filter_map(Pattern::as_literal).collect();
    let Values::Shaped { shape, longest } = &domain.values else {
        let mut found = unlisted(&spellings, &literals, |_| true);
        found.extend(literals);
        // No time is before 1970 and no age before now.
        found.retain(|text| !text.starts_with('-') && !is_before_1970(text, &domain.values));
        return Ok(found);
    };
    if let Some(text) = atoms.beyond_ascii.take().filter(|_| shape.reaches_beyond_ascii()) {
        atoms.uncut = Some(format!("`{text}` is compared case-insensitively and has non-ASCII characters"));
    }
    let fits =
        |text: &str| shape.matches(text) && longest.is_none_or(|longest| text.chars().count() <= longest);
    let mut found = unlisted(&spellings, &literals, fits);
    found.extend(text_values(&atoms.texts, shape, *longest, domain.readable, budget)?);
    if !spellings.is_empty() {
        // What AWS does not say how to read.
        let unreadable = ["other", "another-value", "yet-another-value"].map(|text| vec![text.to_owned()]);
        found.extend(unlisted(&unreadable, &literals, fits).into_iter().take(1));
    }
    let mut seen = HashSet::new();
    found.retain(|text| seen.insert(text.clone()));
    Ok(found)
}

fn is_before_1970(text: &str, values: &Values) -> bool {
    matches!(values, Values::Times)
        && crate::condition::read_time(text).is_some_and(|time| time < jiff::Timestamp::UNIX_EPOCH)
}

/// Of each class a spelling that fits and is not listed: a listed text is a class of its own.
fn unlisted(classes: &[Spellings], listed: &HashSet<String>, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let spelling =
        |class: &Spellings| class.iter().find(|text| fits(text) && !listed.contains(*text)).cloned();
    classes.iter().filter_map(spelling).collect()
}

fn text_values(
    texts: &[Pattern],
    shape: &Pattern,
    longest: Option<usize>,
    readable: &[&str],
    budget: &mut Budget,
) -> Result<Vec<String>, TooLarge> {
    let specimens: Vec<String> =
        texts.iter().filter(|text| text.as_literal().is_none()).map(specimen).collect();
    let preferred: Vec<&str> = readable.iter().copied().chain(specimens.iter().map(String::as_str)).collect();
    examples(shape, longest, texts, &preferred, budget)
}

/// A text that matches the pattern and shows where its wildcards are.
pub(super) fn specimen(pattern: &Pattern) -> String {
    let mut text = String::new();
    for token in pattern.tokens() {
        match token {
            Token::Character(character) => text.push(*character),
            Token::One(set) => text.push(if set.contains('x') { 'x' } else { '1' }),
            Token::Run(set) => {
                if set.contains('-') && text.ends_with(|last: char| last.is_ascii_alphanumeric()) {
                    text.push('-');
                }
                text.push_str(if set.contains('x') { "other" } else { "" });
            }
        }
    }
    text
}

/// Every set of at most `size` of the values: a condition over a set is met or missed because of one value each.
fn sets_of(values: &[String], size: usize, budget: &mut Budget) -> Result<Vec<Vec<String>>, TooLarge> {
    // Two values of one class count as several all the same.
    let mut all: Vec<Vec<usize>> = (0..values.len()).map(|index| vec![index, index]).collect();
    let mut largest: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..size.min(values.len()) {
        let mut larger = Vec::new();
        for set in &largest {
            for next in set.last().map_or(0, |last| last + 1)..values.len() {
                larger.push(set.iter().copied().chain([next]).collect::<Vec<usize>>());
                if all.len() + larger.len() > MOST_SETS {
                    return Err(TooLarge);
                }
            }
        }
        budget.spend(larger.len())?;
        all.extend(larger.iter().cloned());
        largest = larger;
    }
    all.sort_by_key(|set| (set.len(), set.first() == set.last()));
    Ok(all
        .into_iter()
        .map(|set| set.into_iter().filter_map(|index| values.get(index).cloned()).collect())
        .collect())
}

#[cfg(test)]
mod tests;
