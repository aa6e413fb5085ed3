//! The `Condition` element: operators, keys and values, and whether a request meets them.
//!
//! One operator family a file; what they share is here: quantifiers, `IfExists`, negation, missing keys. Facts: IAM User
//! Guide, "Condition operators", "Multivalued context keys" and "Policy elements: variables and tags".
//!
//! Invariants: a comparison is a documented match, a documented miss, or not documented, and what is not documented is
//! [`Truth::Unknown`] under every operator, negated or not. That holds for an operator that is not known, an operator on a
//! key of another type, and a value that AWS does not say how to read, in the policy or in the request. A value that has a
//! variable without a value matches nothing; where a negated operator would turn that into a match, the answer is
//! [`Truth::Unknown`], because the guide says both that such a condition is met and that its statement might be invalid.

mod account;
mod arn;
mod binary;
mod boolean;
mod date;
mod ip;
mod null;
mod numeric;
mod string;
mod words;

pub(crate) use date::read_time;
pub use numeric::Decimal;

use super::context::{ContextKey, Lookup};
use super::document::Effect;
use super::keys;
use super::text::{PolicyText, VariableValue};
use super::truth::Truth;

/// A condition operator, such as `ForAnyValue:StringLikeIfExists`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// Whether the key is there at all.
    Null,
    /// A comparison of the request's values with the document's.
    Compare {
        /// How several values of the request count.
        quantifier: Quantifier,
        /// What is compared.
        test: Test,
        /// The `Not` in the name: none of the document's values may match.
        negated: bool,
        /// A request without the key meets the condition.
        if_exists: bool,
    },
    /// A name that is no operator of the guide.
    Unknown(String),
}

/// How the values of a key with several values count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantifier {
    /// No prefix: the key has one value.
    Single,
    /// `ForAnyValue:`
    ForAnyValue,
    /// `ForAllValues:`
    ForAllValues,
}

/// The comparison that an operator makes, without its negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Test {
    /// `StringEquals`, `StringNotEquals`
    StringEquals,
    /// `StringEqualsIgnoreCase`, `StringNotEqualsIgnoreCase`
    StringEqualsIgnoreCase,
    /// `StringLike`, `StringNotLike`
    StringLike,
    /// `NumericEquals`, `NumericNotEquals`, `NumericLessThan`, …
    Numeric(Relation),
    /// `DateEquals`, `DateNotEquals`, `DateLessThan`, …
    Date(Relation),
    /// `Bool`
    Bool,
    /// `BinaryEquals`
    BinaryEquals,
    /// `IpAddress`, `NotIpAddress`
    IpAddress,
    /// `ArnEquals`, `ArnNotEquals`: the same comparison as [`Test::ArnLike`]
    ArnEquals,
    /// `ArnLike`, `ArnNotLike`
    ArnLike,
}

/// How the request's value must stand to the document's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// `Equals`
    Equal,
    /// `LessThan`
    Less,
    /// `LessThanEquals`
    LessOrEqual,
    /// `GreaterThan`
    Greater,
    /// `GreaterThanEquals`
    GreaterOrEqual,
}

impl Relation {
    fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Every comparison by its name without prefix and suffix, and whether the name negates it.
const COMPARISONS: [(&str, Test, bool); 26] = [
    ("StringEquals", Test::StringEquals, false),
    ("StringNotEquals", Test::StringEquals, true),
    ("StringEqualsIgnoreCase", Test::StringEqualsIgnoreCase, false),
    ("StringNotEqualsIgnoreCase", Test::StringEqualsIgnoreCase, true),
    ("StringLike", Test::StringLike, false),
    ("StringNotLike", Test::StringLike, true),
    ("NumericEquals", Test::Numeric(Relation::Equal), false),
    ("NumericNotEquals", Test::Numeric(Relation::Equal), true),
    ("NumericLessThan", Test::Numeric(Relation::Less), false),
    ("NumericLessThanEquals", Test::Numeric(Relation::LessOrEqual), false),
    ("NumericGreaterThan", Test::Numeric(Relation::Greater), false),
    ("NumericGreaterThanEquals", Test::Numeric(Relation::GreaterOrEqual), false),
    ("DateEquals", Test::Date(Relation::Equal), false),
    ("DateNotEquals", Test::Date(Relation::Equal), true),
    ("DateLessThan", Test::Date(Relation::Less), false),
    ("DateLessThanEquals", Test::Date(Relation::LessOrEqual), false),
    ("DateGreaterThan", Test::Date(Relation::Greater), false),
    ("DateGreaterThanEquals", Test::Date(Relation::GreaterOrEqual), false),
    ("Bool", Test::Bool, false),
    ("BinaryEquals", Test::BinaryEquals, false),
    ("IpAddress", Test::IpAddress, false),
    ("NotIpAddress", Test::IpAddress, true),
    ("ArnEquals", Test::ArnEquals, false),
    ("ArnNotEquals", Test::ArnEquals, true),
    ("ArnLike", Test::ArnLike, false),
    ("ArnNotLike", Test::ArnLike, true),
];

impl Operator {
    /// Reads an operator's name. Case does not count.
    #[must_use]
    pub fn read(name: &str) -> Self {
        if name.eq_ignore_ascii_case("Null") {
            return Self::Null;
        }
        let (quantifier, rest) = if let Some(rest) = strip_prefix(name, "ForAnyValue:") {
            (Quantifier::ForAnyValue, rest)
        } else if let Some(rest) = strip_prefix(name, "ForAllValues:") {
            (Quantifier::ForAllValues, rest)
        } else {
            (Quantifier::Single, name)
        };
        let (rest, if_exists) = match strip_suffix(rest, "IfExists") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        match COMPARISONS.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(rest)) {
            Some((_, test, negated)) => {
                Self::Compare { quantifier, test: *test, negated: *negated, if_exists }
            }
            None => Self::Unknown(name.to_owned()),
        }
    }

    /// The operator's name as the guide writes it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Null => "Null".to_owned(),
            Self::Unknown(name) => name.clone(),
            Self::Compare { quantifier, test, negated, if_exists } => {
                let prefix = match quantifier {
                    Quantifier::Single => "",
                    Quantifier::ForAnyValue => "ForAnyValue:",
                    Quantifier::ForAllValues => "ForAllValues:",
                };
                let comparison = COMPARISONS
                    .iter()
                    .find(|(_, known, not)| known == test && not == negated)
                    .map_or("", |(name, _, _)| *name);
                let suffix = if *if_exists { "IfExists" } else { "" };
                format!("{prefix}{comparison}{suffix}")
            }
        }
    }
}

fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn strip_suffix<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let (rest, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    tail.eq_ignore_ascii_case(suffix).then_some(rest)
}

/// One operator with one key and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What is asked.
    pub operator: Operator,
    /// The operator's name as the document has it.
    pub operator_name: Box<str>,
    /// The key that is asked about.
    pub key: ContextKey,
    /// The document's values in their order; any of them may match.
    pub values: Vec<ConditionValue>,
}

/// A value of a condition, read as its operator reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionValue {
    /// The value as text; `true` and numbers are written as JSON writes them.
    pub raw: Box<str>,
    /// What the operator makes of it.
    pub operand: Operand,
}

/// A condition value by the family of its operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// String and ARN operators: text with wildcards and variables.
    Text(PolicyText),
    /// Numeric operators.
    Number(Decimal),
    /// Date operators.
    Date(jiff::Timestamp),
    /// `Bool` and `Null`.
    Bool(bool),
    /// `BinaryEquals`.
    Bytes(Vec<u8>),
    /// `IpAddress`, `NotIpAddress`.
    Network(ipnet::IpNet),
    /// AWS does not say how the operator reads the value, or the operator is not known.
    Undocumented,
}

impl ConditionValue {
    pub(super) fn read(operator: &Operator, raw: &str, variables: bool) -> Self {
        let operand = match operator {
            Operator::Null => boolean::read(raw),
            Operator::Unknown(_) => Operand::Undocumented,
            Operator::Compare { test, .. } => match test {
                Test::StringEquals | Test::StringEqualsIgnoreCase => string::read(raw, false, variables),
                Test::StringLike => string::read(raw, true, variables),
                Test::ArnEquals | Test::ArnLike => arn::read(raw, variables),
                Test::Numeric(_) => numeric::read(raw),
                Test::Date(_) => date::read(raw),
                Test::Bool => boolean::read(raw),
                Test::BinaryEquals => binary::read(raw),
                Test::IpAddress => ip::read(raw),
            },
        };
        Self { raw: raw.into(), operand }
    }

    /// Reads a JSON number. How one with a point or an exponent is spelled as text is not documented.
    pub(super) fn read_number(operator: &Operator, number: &serde_json::Number, variables: bool) -> Self {
        let read = Self::read(operator, &number.to_string(), variables);
        match read.operand {
            Operand::Text(_) if !(number.is_i64() || number.is_u64()) => {
                Self { operand: Operand::Undocumented, ..read }
            }
            _ => read,
        }
    }
}

/// What a condition may ask of a request.
pub(super) trait Keys {
    /// What is known about a key.
    fn lookup(&self, key: &ContextKey) -> Lookup<'_>;

    /// The value that replaces a variable: only keys with a single value can be variables.
    fn variable(&self, key: &ContextKey) -> VariableValue<'_> {
        self.lookup(key).into_variable()
    }
}

impl<'a> Lookup<'a> {
    /// What stands in for a variable: only a key with a single value can.
    pub(super) fn into_variable(self) -> VariableValue<'a> {
        match self {
            Lookup::One(value) => VariableValue::Text(value),
            Lookup::Absent | Lookup::Many(_) => VariableValue::Missing,
            Lookup::Unknown | Lookup::NotOf(_) | Lookup::Undocumented => VariableValue::Unknown,
        }
    }
}

/// What a negated operator makes of a variable without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// It is met: "effectively null", says the page on variables.
    Documented,
    /// A note on the same page says that the statement might be invalid as a whole, so that it would not count.
    Doubted,
}

impl Unresolved {
    /// An `Allow` is taken by the page's word; a `Deny` that might not count is not relied upon.
    pub(super) fn in_statement(effect: Effect) -> Self {
        match effect {
            Effect::Allow => Self::Documented,
            Effect::Deny => Self::Doubted,
        }
    }
}

/// Outcome of comparing one value of the request with one of the document.
enum Match {
    /// A documented match.
    Yes,
    /// A documented miss.
    No,
    /// AWS does not say what the comparison of these two gives.
    Undocumented,
    /// A variable has no value: no match.
    Unresolved,
}

impl From<bool> for Match {
    fn from(matched: bool) -> Self {
        if matched { Self::Yes } else { Self::No }
    }
}

impl Condition {
    /// Whether a request meets the condition.
    pub(super) fn holds(&self, keys: &impl Keys, unresolved: Unresolved) -> Truth {
        let (quantifier, test, negated, if_exists) = match &self.operator {
            Operator::Unknown(_) => return Truth::Unknown,
            Operator::Null => return null::holds(&self.values, &keys.lookup(&self.key)),
            Operator::Compare { quantifier, test, negated, if_exists } => {
                (*quantifier, *test, *negated, *if_exists)
            }
        };
        match keys.lookup(&self.key) {
            Lookup::Unknown | Lookup::Undocumented => Truth::Unknown,
            Lookup::Absent => absent(quantifier, negated, if_exists),
            // The value may be absent, or one that none of these texts matches.
            Lookup::NotOf(accounts)
                if !self.values.is_empty()
                    && !keys::is_mismatched(self.key.folded(), test)
                    && self.values.iter().all(|value| account::names_one(value, accounts)) =>
            {
                let present = Truth::from(negated);
                if absent(quantifier, negated, if_exists) == present { present } else { Truth::Unknown }
            }
            Lookup::NotOf(_) => Truth::Unknown,
            // The guide says which operators a key takes, and nothing about others.
            Lookup::One(_) | Lookup::Many(_) if keys::is_mismatched(self.key.folded(), test) => {
                Truth::Unknown
            }
            Lookup::One(value) => self.compare(&[value], quantifier, test, negated, keys, unresolved),
            Lookup::Many(values) => self.compare(values, quantifier, test, negated, keys, unresolved),
        }
    }

    fn compare<S: AsRef<str>>(
        &self,
        request: &[S],
        quantifier: Quantifier,
        test: Test,
        negated: bool,
        keys: &impl Keys,
        unresolved: Unresolved,
    ) -> Truth {
        let each = request.iter().map(|value| self.one(value.as_ref(), test, negated, keys, unresolved));
        match quantifier {
            // The guide calls keys with several values a matter for set operators; it does not say what happens without one.
            Quantifier::Single if request.len() > 1 => Truth::Unknown,
            Quantifier::Single | Quantifier::ForAnyValue => Truth::any(each),
            // "It also returns true if … the key values resolve to a null data set, such as an empty string."
            Quantifier::ForAllValues if request.iter().all(|value| value.as_ref().is_empty()) => Truth::True,
            Quantifier::ForAllValues => Truth::all(each),
        }
    }

    /// One value of the request against all values of the document: one must match, or, negated, none may.
    fn one(
        &self,
        request: &str,
        test: Test,
        negated: bool,
        keys: &impl Keys,
        unresolved: Unresolved,
    ) -> Truth {
        // An empty list "does not match any request" (IAM Access Analyzer, "Empty array condition"); of a negated operator
        // the page says nothing.
        if negated && self.values.is_empty() {
            return Truth::Unknown;
        }
        let matched = Truth::any(self.values.iter().map(|value| {
            match matches_value(request, &value.operand, test, keys) {
                Match::Yes => Truth::True,
                Match::No => Truth::False,
                Match::Undocumented => Truth::Unknown,
                Match::Unresolved if negated && unresolved == Unresolved::Doubted => Truth::Unknown,
                Match::Unresolved => Truth::False,
            }
        }));
        if negated { !matched } else { matched }
    }
}

/// The request does not have the key.
fn absent(quantifier: Quantifier, negated: bool, if_exists: bool) -> Truth {
    match (quantifier, if_exists) {
        (Quantifier::ForAllValues, _) | (Quantifier::Single, true) => Truth::True,
        (Quantifier::Single, false) => negated.into(),
        (Quantifier::ForAnyValue, false) => Truth::False,
        // The guide says of IfExists that a missing key makes the condition true, and of ForAnyValue that it makes it
        // false; which one wins is not verified.
        (Quantifier::ForAnyValue, true) => Truth::Unknown,
    }
}

fn matches_value(request: &str, operand: &Operand, test: Test, keys: &impl Keys) -> Match {
    match (test, operand) {
        (Test::StringEquals, Operand::Text(text)) => string::equals(request, text, keys),
        (Test::StringEqualsIgnoreCase, Operand::Text(text)) => {
            string::equals_ignore_case(request, text, keys)
        }
        (Test::StringLike, Operand::Text(text)) => string::like(request, text, keys),
        (Test::ArnEquals | Test::ArnLike, Operand::Text(text)) => arn::like(request, text, keys),
        (Test::Numeric(relation), Operand::Number(number)) => numeric::compare(request, number, relation),
        (Test::Date(relation), Operand::Date(date)) => date::compare(request, *date, relation),
        (Test::Bool, Operand::Bool(flag)) => boolean::equals(request, *flag),
        (Test::BinaryEquals, Operand::Bytes(bytes)) => binary::equals(request, bytes),
        (Test::IpAddress, Operand::Network(network)) => ip::contains(request, network),
        (
            Test::StringEquals
            | Test::StringEqualsIgnoreCase
            | Test::StringLike
            | Test::Numeric(_)
            | Test::Date(_)
            | Test::Bool
            | Test::BinaryEquals
            | Test::IpAddress
            | Test::ArnEquals
            | Test::ArnLike,
            Operand::Text(_)
            | Operand::Number(_)
            | Operand::Date(_)
            | Operand::Bool(_)
            | Operand::Bytes(_)
            | Operand::Network(_)
            | Operand::Undocumented,
        ) => Match::Undocumented,
    }
}
