//! The `Condition` element (IAM User Guide, "Condition operators", "Multivalued context keys", "Policy elements: variables
//! and tags").
//!
//! What AWS does not document is unknown: it holds for [`Bound::Over`], does not for [`Bound::Under`], and is noted.

use rolecall_iam::condition::{Condition, ConditionValue, Operand, Operator, Quantifier, Relation, Test};
use rolecall_iam::text::{self, Form, Piece, PolicyText};

use crate::Encoding;
use crate::cut::{self, Alphabet, cut};
use crate::keys::{Count, Type, Value};
use crate::model::{Model, Scope, Used};
use crate::pattern::{
    Reach, Token, arn_language, arn_parts, ignoring_case, language, matches, plain, values_before_resource,
};
use crate::smt::{Bound, FALSE, and, equal, in_language, integer, is_expressible, literal, not, or};

/// A comparison without its quantifier.
#[derive(Clone, Copy)]
struct Comparison<'c> {
    test: Test,
    negated: bool,
    values: &'c [ConditionValue],
}

impl Model<'_> {
    /// Whether a request meets the condition.
    pub(crate) fn condition(&mut self, condition: &Condition, bound: Bound) -> String {
        let Condition { operator, operator_name, key, values } = condition;
        match operator {
            Operator::Unknown(_) => {
                self.loosen(&format!("the operator `{operator_name}` is not known"));
                bound.unknown()
            }
            Operator::Null => self.null(key.folded(), values, bound),
            Operator::Compare { quantifier, test, negated, if_exists } => {
                let used = self.key(key.folded());
                if *negated && values.is_empty() {
                    self.loosen("a negated operator without values");
                    return bound.unknown();
                }
                if !suits(*test, used.key.sort) {
                    self.loosen(&format!("`{operator_name}` on `{key}`, a key of a different type"));
                }
                let comparison = Comparison { test: *test, negated: *negated, values };
                match quantifier {
                    Quantifier::Single => self.single(&used, comparison, *if_exists, bound),
                    Quantifier::ForAnyValue => self.any_value(&used, comparison, *if_exists, bound),
                    Quantifier::ForAllValues => self.all_values(&used, comparison, bound),
                }
            }
        }
    }

    /// `Null`: "true" asks for the key's absence, "false" for its presence.
    fn null(&mut self, key: &str, values: &[ConditionValue], bound: Bound) -> String {
        let used = self.key(key);
        let present = self.present(&used, &used.first());
        let mut ways = Vec::new();
        for value in values {
            ways.push(match &value.operand {
                Operand::Bool(true) => not(present.clone()),
                Operand::Bool(false) => present.clone(),
                _ => {
                    self.loosen("a value of `Null` that is neither true nor false");
                    bound.unknown()
                }
            });
        }
        if values.is_empty() {
            self.loosen("`Null` without a value");
            return bound.unknown();
        }
        or(ways)
    }

    /// No set operator. A missing key does not match, unless the operator is negated or ends in `IfExists`.
    fn single(&mut self, used: &Used, comparison: Comparison<'_>, if_exists: bool, bound: Bound) -> String {
        let value = used.first();
        let present = self.present(used, &value);
        let holds = self.one(used, &value, comparison, bound);
        let holds = match comparison.negated || if_exists {
            true => or([not(present), holds]),
            false => and([present, holds]),
        };
        match used.key.count {
            Count::One => holds,
            Count::Several | Count::Unknown => {
                self.loosen(&format!(
                    "`{}` may have several values, and the operator has no ForAnyValue or ForAllValues",
                    used.folded
                ));
                let several = format!("{}.2.present", used.name);
                bound.doubt(and([not(several.clone()), holds]), several)
            }
        }
    }

    /// `ForAnyValue`: one of the values. Without values it does not hold; whether `IfExists` changes that is not documented.
    fn any_value(
        &mut self,
        used: &Used,
        comparison: Comparison<'_>,
        if_exists: bool,
        bound: Bound,
    ) -> String {
        let mut ways = Vec::new();
        for value in used.values() {
            let mut both = vec![self.present(used, &value), self.one(used, &value, comparison, bound)];
            if used.can_be_empty() && bound == Bound::Under {
                both.push(not(equal(&value, "\"\"")));
                self.loosen(&format!("an empty value of `{}` under ForAnyValue", used.folded));
            }
            ways.push(and(both));
        }
        let holds = or(ways);
        if !if_exists {
            return holds;
        }
        self.loosen("ForAnyValue with IfExists on a key that is absent");
        let absent = not(self.present(used, &used.first()));
        bound.doubt(holds, absent)
    }

    /// `ForAllValues`: every value, and also "if the key values resolve to a null data set, such as an empty string".
    fn all_values(&mut self, used: &Used, comparison: Comparison<'_>, bound: Bound) -> String {
        let mut every = Vec::new();
        let mut empty = Vec::new();
        for value in used.values() {
            let absent = not(self.present(used, &value));
            every.push(or([absent.clone(), self.one(used, &value, comparison, bound)]));
            empty.push(or([absent, equal(&value, "\"\"")]));
        }
        match used.can_be_empty() {
            true => or([and(every), and(empty)]),
            false => and(every),
        }
    }

    /// One value of the request against all values of the document: one must match, or, negated, none may.
    fn one(&mut self, used: &Used, value: &str, comparison: Comparison<'_>, bound: Bound) -> String {
        let Comparison { test, negated, values } = comparison;
        let inner = if negated { bound.flip() } else { bound };
        let ways: Vec<String> =
            values.iter().map(|listed| self.leaf(used, value, test, negated, listed, inner)).collect();
        if negated { not(or(ways)) } else { or(ways) }
    }

    fn leaf(
        &mut self,
        used: &Used,
        value: &str,
        test: Test,
        negated: bool,
        listed: &ConditionValue,
        bound: Bound,
    ) -> String {
        if !suits(test, used.key.sort) {
            return bound.unknown();
        }
        match (test, &listed.operand) {
            (
                Test::StringEquals
                | Test::StringEqualsIgnoreCase
                | Test::StringLike
                | Test::ArnEquals
                | Test::ArnLike,
                Operand::Text(text),
            ) => self.text(used, value, test, negated, text, bound),
            (Test::Numeric(relation), Operand::Number(_)) => match self.scaled(&listed.raw) {
                Some(number) => compare(relation, value, &number),
                None => bound.unknown(),
            },
            (Test::Date(relation), Operand::Date(time)) => {
                let nanoseconds = time.as_nanosecond();
                compare(relation, value, &integer(&nanoseconds.unsigned_abs().to_string(), nanoseconds < 0))
            }
            (Test::Bool, Operand::Bool(true)) => value.to_owned(),
            (Test::Bool, Operand::Bool(false)) => not(value.to_owned()),
            (Test::IpAddress, Operand::Network(network)) => {
                let (six, first, last) = match (network.network(), network.broadcast()) {
                    (std::net::IpAddr::V4(first), std::net::IpAddr::V4(last)) => {
                        (false, u128::from(u32::from(first)), u128::from(u32::from(last)))
                    }
                    (std::net::IpAddr::V6(first), std::net::IpAddr::V6(last)) => {
                        (true, u128::from(first), u128::from(last))
                    }
                    _ => return bound.unknown(),
                };
                let family = format!("{value}.six");
                let family = if six { family } else { not(family) };
                and([family, format!("(<= {first} {value} {last})")])
            }
            _ => {
                self.loosen(&format!("the operator cannot read the value {}", literal(&listed.raw)));
                bound.unknown()
            }
        }
    }

    /// A decimal as a whole number, multiplied by the script's power of ten.
    fn scaled(&self, raw: &str) -> Option<String> {
        let (negative, digits) = match raw.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, raw.strip_prefix('+').unwrap_or(raw)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let padding = self.decimals.checked_sub(fraction.len())?;
        Some(integer(&format!("{whole}{fraction}{}", "0".repeat(padding)), negative))
    }

    /// A text with wildcards and variables.
    fn text(
        &mut self,
        used: &Used,
        value: &str,
        test: Test,
        negated: bool,
        text: &PolicyText,
        bound: Bound,
    ) -> String {
        let Some(Filled { mut tokens, resolved }) = self.fill(text) else { return bound.unknown() };
        let mut wide = None;
        if test == Test::StringEqualsIgnoreCase {
            let folds = |token: &Token| match token {
                Token::Exactly(character) => character.is_ascii(),
                Token::EitherCase(_) | Token::AnyOne | Token::AnyRun => true,
                Token::Value(_) => false,
            };
            if !tokens.iter().all(folds) {
                self.loosen("IgnoreCase with a variable or a letter outside ASCII");
                return bound.unknown();
            }
            tokens = ignoring_case(tokens);
            if used.can_be_empty() {
                self.loosen(&format!(
                    "IgnoreCase on `{}`, which may hold letters outside ASCII",
                    used.folded
                ));
                wide = Some(bound);
            }
        }
        let by_parts = matches!(test, Test::ArnEquals | Test::ArnLike);
        let holds = match by_parts {
            true => self.arn_matches(used, value, &tokens, bound),
            false => self.value_matches(used, value, &tokens, wide),
        };
        // "An unresolved variable is effectively null": a positive operator does not match. A negated one does, but a note on
        // the same page says that the statement might become invalid.
        let Some(resolved) = resolved else { return holds };
        if negated {
            self.loosen("a variable without a value under a negated operator");
            return match bound {
                Bound::Over => or([not(resolved), holds]),
                Bound::Under => and([resolved, holds]),
            };
        }
        and([resolved, holds])
    }

    /// Whether a value of a key matches as a whole text.
    fn value_matches(&mut self, used: &Used, value: &str, tokens: &[Token], wide: Option<Bound>) -> String {
        let has_values = tokens.iter().any(|token| matches!(token, Token::Value(_)));
        match (used.key.value, self.encoding) {
            (Value::CallerArn, Encoding::Parts) => {
                let pieces = [
                    cut::Piece::Text(self.arn_start()),
                    cut::Piece::Value { name: "acct", alphabet: Alphabet::TwelveDigits },
                    cut::Piece::Text(":".to_owned()),
                    cut::Piece::Value { name: "res", alphabet: Alphabet::Anything },
                ];
                let signed = cut(tokens, &pieces)
                    .unwrap_or_else(|| matches(&self.caller_arn(), tokens, Reach::Everything, None));
                self.by_kind(signed, || matches(value, tokens, Reach::Everything, None))
            }
            (Value::CallerArn, Encoding::Whole) => matches("arn", tokens, Reach::Everything, None),
            // Twelve digits between the fifth and the sixth colon: no other character can match.
            (Value::CallerAccount, Encoding::Whole) if !has_values => {
                let possible = tokens.iter().all(|token| match token {
                    Token::Exactly(character) => character.is_ascii_digit(),
                    Token::EitherCase(_) => false,
                    Token::AnyOne | Token::AnyRun | Token::Value(_) => true,
                });
                let signed = match possible {
                    true => in_language(
                        "arn",
                        &format!(
                            "(re.++ (str.to_re {}) {} (str.to_re \":\") re.all)",
                            literal(&self.arn_start()),
                            language(tokens, Reach::WithinPart, None)
                        ),
                    ),
                    false => FALSE.to_owned(),
                };
                self.by_kind(signed, || matches(value, tokens, Reach::Everything, None))
            }
            (Value::CallerAccount, Encoding::Whole) => {
                self.needs_account = true;
                matches(value, tokens, Reach::Everything, wide)
            }
            _ => matches(value, tokens, Reach::Everything, wide),
        }
    }

    /// Whether a value of a key matches an ARN part by part.
    fn arn_matches(&mut self, used: &Used, value: &str, tokens: &[Token], bound: Bound) -> String {
        let Some(parts) = arn_parts(tokens) else {
            self.loosen("a pattern of an ARN operator with fewer than six parts");
            return bound.unknown();
        };
        let whole = |value: &str| in_language(value, &arn_language(&parts));
        let holds = match (used.key.value, self.encoding) {
            (Value::CallerArn, Encoding::Parts) => {
                let [word, partition, service, region, account, resource] = &parts;
                let partition_value = literal(&self.partition);
                let signed = and([
                    part_matches("\"arn\"", word),
                    part_matches(&partition_value, partition),
                    part_matches("\"iam\"", service),
                    part_matches("\"\"", region),
                    part_matches("acct", account),
                    matches("res", resource, Reach::Everything, None),
                ]);
                self.by_kind(signed, || whole(value))
            }
            (Value::CallerArn, Encoding::Whole) => whole("arn"),
            _ => whole(value),
        };
        // A value with a colon would move the parts behind it.
        let shifts: Vec<String> = values_before_resource(&parts)
            .iter()
            .map(|value| format!("(str.contains {value} \":\")"))
            .collect();
        if shifts.is_empty() {
            return holds;
        }
        self.loosen("a variable with a colon in one of the first five parts of an ARN");
        let shifts = or(shifts);
        bound.doubt(and([not(shifts.clone()), holds]), shifts)
    }

    /// One term for users and sessions, another for callers of whom AWS does not say what the key holds.
    fn by_kind(&self, signed: String, other: impl FnOnce() -> String) -> String {
        match self.scope {
            Scope::Session => signed,
            Scope::Trust | Scope::Function => {
                let other = other();
                if signed == other { signed } else { format!("(ite (<= kind 2) {signed} {other})") }
            }
        }
    }

    /// `aws:PrincipalArn` of a user or role as one string.
    fn caller_arn(&self) -> String {
        match self.encoding {
            Encoding::Parts => format!("(str.++ {} acct \":\" res)", literal(&self.arn_start())),
            Encoding::Whole => "arn".to_owned(),
        }
    }

    /// The text with its variables replaced by terms; `None` where it cannot be expressed.
    pub(crate) fn fill(&mut self, text: &PolicyText) -> Option<Filled> {
        if !is_expressible(text.raw()) {
            self.loosen("a character beyond U+2FFFF");
            return None;
        }
        let mut tokens = Vec::new();
        let mut needed = Vec::new();
        match text.form() {
            Form::Literal => tokens = plain(text.raw()),
            Form::Pattern(all) => tokens.extend(all.iter().map(|token| translate(*token))),
            Form::Unreadable => {
                self.loosen("`${` that does not begin a variable, or a variable where none is allowed");
                return None;
            }
            Form::Template(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Token(token) => tokens.push(translate(*token)),
                        Piece::Variable { key, default } => {
                            let (term, present) = self.variable(key.folded())?;
                            match default {
                                Some(default) => tokens.push(Token::Value(format!(
                                    "(ite {present} {term} {})",
                                    literal(default)
                                ))),
                                None => {
                                    needed.push(present);
                                    tokens.push(Token::Value(term));
                                }
                            }
                        }
                    }
                }
            }
        }
        let resolved = (!needed.is_empty()).then(|| and(needed));
        Some(Filled { tokens, resolved })
    }

    /// The value of a variable and whether the request has it.
    fn variable(&mut self, folded: &str) -> Option<(String, String)> {
        let used = self.key(folded);
        if used.key.count != Count::One || !matches!(used.key.sort, Type::Text | Type::Arn) {
            self.loosen(&format!("the variable `{folded}`, which is not known to be a single text"));
            return None;
        }
        let present = self.present(&used, &used.name);
        let term = match used.key.value {
            Value::CallerArn => match (self.encoding, self.scope) {
                (Encoding::Whole, _) => "arn".to_owned(),
                (Encoding::Parts, Scope::Session) => self.caller_arn(),
                (Encoding::Parts, Scope::Trust | Scope::Function) => {
                    format!("(ite (<= kind 2) {} {})", self.caller_arn(), used.name)
                }
            },
            Value::CallerAccount => {
                self.needs_account = true;
                used.name
            }
            _ => used.name,
        };
        Some((term, present))
    }
}

/// A text of a policy whose variables are terms.
pub(crate) struct Filled {
    pub(crate) tokens: Vec<Token>,
    /// That every variable without a default has a value; `None` without such variables.
    pub(crate) resolved: Option<String>,
}

fn translate(token: text::Token) -> Token {
    match token {
        text::Token::Char(character) => Token::Exactly(character),
        text::Token::AnyOne => Token::AnyOne,
        text::Token::AnyRun => Token::AnyRun,
    }
}

fn part_matches(value: &str, tokens: &[Token]) -> String {
    matches(value, tokens, Reach::WithinPart, None)
}

fn compare(relation: Relation, value: &str, other: &str) -> String {
    let operator = match relation {
        Relation::Equal => "=",
        Relation::Less => "<",
        Relation::LessOrEqual => "<=",
        Relation::Greater => ">",
        Relation::GreaterOrEqual => ">=",
    };
    format!("({operator} {value} {other})")
}

/// Whether an operator is for keys of a type. What AWS makes of it otherwise is not documented.
fn suits(test: Test, sort: Type) -> bool {
    match test {
        Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike => {
            matches!(sort, Type::Text | Type::Arn)
        }
        Test::ArnEquals | Test::ArnLike => sort == Type::Arn,
        Test::Numeric(_) => sort == Type::Number,
        Test::Date(_) => sort == Type::Date,
        Test::Bool => sort == Type::Bool,
        Test::IpAddress => sort == Type::Address,
        // No key of the guide holds bytes.
        Test::BinaryEquals => false,
    }
}
