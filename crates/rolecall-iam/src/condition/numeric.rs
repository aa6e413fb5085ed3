//! `NumericEquals` and its kin: whole numbers and decimals, compared exactly and not through binary fractions.

use std::cmp::Ordering;

use super::{Match, Operand, Relation};

/// A decimal number of any length, without superfluous zeros.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decimal {
    negative: bool,
    whole: Box<str>,
    fraction: Box<str>,
}

/// The sign, the digits before the point and the digits after it, without superfluous zeros. "An integer or decimal
/// value", says the guide; of signs, exponents, blanks and leading zeros it says nothing.
fn split(text: &str) -> Option<(bool, &str, &str)> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some(parts) => parts,
        None => (digits, ""),
    };
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_documented = all_digits(whole)
        && all_digits(fraction)
        && !whole.is_empty()
        && (whole == "0" || !whole.starts_with('0'));
    if !is_documented {
        return None;
    }
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    Some((negative && !(whole.is_empty() && fraction.is_empty()), whole, fraction))
}

/// How the first number stands to the second.
fn order(left: (bool, &str, &str), right: (bool, &str, &str)) -> Ordering {
    let magnitude = |(_, whole, fraction): (bool, &str, &str), other: (bool, &str, &str)| {
        whole.len().cmp(&other.1.len()).then_with(|| whole.cmp(other.1)).then_with(|| fraction.cmp(other.2))
    };
    match (left.0, right.0) {
        (false, false) => magnitude(left, right),
        (true, true) => magnitude(right, left),
        (false, true) => Ordering::Greater,
        (true, false) => Ordering::Less,
    }
}

impl Decimal {
    /// Reads digits with an optional minus and an optional point.
    #[must_use]
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (negative, whole, fraction) = split(text)?;
        Some(Self { negative, whole: whole.into(), fraction: fraction.into() })
    }

    fn parts(&self) -> (bool, &str, &str) {
        (self.negative, &self.whole, &self.fraction)
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        order(self.parts(), other.parts())
    }
}

/// More digits than these are not compared exactly everywhere: which numbers AWS takes for equal is not documented.
const EXACT_DIGITS: usize = 15;

pub(super) fn read(raw: &str) -> Operand {
    let number =
        Decimal::read(raw).filter(|number| number.whole.len() + number.fraction.len() <= EXACT_DIGITS);
    number.map_or(Operand::Undocumented, Operand::Number)
}

pub(super) fn compare(request: &str, number: &Decimal, relation: Relation) -> Match {
    match split(request) {
        Some(request) => relation.holds(order(request, number.parts())).into(),
        None => Match::Undocumented,
    }
}
