//! How texts of a policy read for callers of one form: variables that follow from the caller are filled in, and where that
//! is not possible, the text is known only as the most that it can match.

use super::caller::{Caller, Derived, Within};
use super::rule::{Element, lookup};
use crate::condition::{Condition, ConditionValue, Operand, Test};
use crate::coverage;
use crate::keys::CallerPart;
use crate::pattern::{CharacterSet, Pattern, Token};
use crate::text::{self, Form, Piece, PolicyText};
use crate::truth::Truth;

/// A text of a policy for callers of one form.
pub(super) enum Reading {
    /// These characters and wildcards.
    Known(Vec<text::Token>),
    /// A variable has no value: the text matches nothing.
    Unresolved,
    /// It depends on something else; it matches at most this.
    Perhaps(Vec<text::Token>),
}

pub(super) fn read(text: &PolicyText, caller: &Caller) -> Reading {
    read_with(text, caller, |_| None)
}

/// `aligned` knows the tokens that stand for a variable in this place.
fn read_with(
    text: &PolicyText,
    caller: &Caller,
    aligned: impl Fn(usize) -> Option<Vec<text::Token>>,
) -> Reading {
    let pieces = match text.form() {
        Form::Literal => return Reading::Known(text.raw().chars().map(text::Token::Char).collect()),
        Form::Pattern(tokens) => return Reading::Known(tokens.to_vec()),
        Form::Unreadable => return Reading::Perhaps(vec![text::Token::AnyRun]),
        Form::Template(pieces) => pieces,
    };
    let mut tokens = Vec::with_capacity(text.raw().len());
    let mut known = true;
    for (index, piece) in pieces.iter().enumerate() {
        let (key, default) = match piece {
            Piece::Token(token) => {
                tokens.push(*token);
                continue;
            }
            Piece::Variable { key, default } => (key, default),
        };
        match (caller.derived(key.folded()), default) {
            (Derived::Constant(value), _) => tokens.extend(value.chars().map(text::Token::Char)),
            (Derived::Never, Some(default)) => tokens.extend(default.chars().map(text::Token::Char)),
            (Derived::Never, None) => return Reading::Unresolved,
            (Derived::Part(..) | Derived::NotOf(_) | Derived::Undocumented | Derived::Independent, _) => {
                match aligned(index) {
                    Some(standing) => tokens.extend(standing),
                    None => {
                        known = false;
                        tokens.push(text::Token::AnyRun);
                    }
                }
            }
        }
    }
    if known { Reading::Known(tokens) } else { Reading::Perhaps(tokens) }
}

/// `${aws:PrincipalAccount}` where the caller's own account stands in `aws:PrincipalArn`: twelve characters, whichever.
/// Before it must stand what begins every such ARN, and behind it the colon that ends the account.
fn own_account(text: &PolicyText, caller: &Caller, index: usize, test: Test) -> Option<Vec<text::Token>> {
    let Form::Template(pieces) = text.form() else { return None };
    let Piece::Variable { key, .. } = pieces.get(index)? else { return None };
    if key.folded() != "aws:principalaccount" || !caller.kind.has_account() {
        return None;
    }
    if pieces.get(index + 1) != Some(&Piece::Token(text::Token::Char(':'))) {
        return None;
    }
    let before: Option<Vec<text::Token>> = pieces
        .get(..index)?
        .iter()
        .map(|piece| match piece {
            Piece::Token(token) => Some(*token),
            Piece::Variable { .. } => None,
        })
        .collect();
    let before = before?;
    let by_parts = matches!(test, Test::ArnEquals | Test::ArnLike);
    let aligned = if by_parts {
        let colons = before.iter().filter(|token| **token == text::Token::Char(':')).count();
        colons == 4 && before.last() == Some(&text::Token::Char(':'))
    } else {
        let head = caller.arn_head()?;
        before.iter().copied().eq(head.chars().map(text::Token::Char))
    };
    aligned.then(|| vec![text::Token::AnyOne; 12])
}

/// Six parts, each with its own wildcards, as ARN operators compare them; `None` where there are fewer.
pub(super) fn arn_pattern(tokens: &[text::Token]) -> Option<Pattern> {
    let mut colons = 0;
    let mut pattern = Pattern::default();
    for token in tokens {
        let set = if colons < 5 { CharacterSet::WithinArnPart } else { CharacterSet::Any };
        pattern.push(match token {
            text::Token::Char(character) => Token::Character(*character),
            text::Token::AnyOne => Token::One(set),
            text::Token::AnyRun => Token::Run(set),
        });
        colons += usize::from(*token == text::Token::Char(':'));
    }
    (colons >= 5).then_some(pattern)
}

/// Whether the value of a variable may have a colon among the first five parts of an ARN. The account that is filled in
/// where a text is known has none.
fn may_shift(text: &PolicyText, known: bool, caller: &Caller) -> bool {
    match text.shifts_arn_parts(|key| lookup(caller, key).into_variable()) {
        Truth::True => true,
        Truth::Unknown => !known,
        Truth::False => false,
    }
}

/// What a condition compares a part of the caller with, as values of the string that the part stands in. `None` where
/// the value matches nothing.
pub(super) fn compared(
    value: &ConditionValue,
    condition: &Condition,
    test: Test,
    negated: bool,
    part: CallerPart,
    caller: &Caller,
) -> Option<Element> {
    let anything = || Some(Element::perhaps(Pattern::like("*")));
    let Operand::Text(text) = &value.operand else { return anything() };
    let on_arn = condition.key.folded() == "aws:principalarn";
    let aligned = |index| on_arn.then(|| own_account(text, caller, index, test)).flatten();
    let (tokens, known) = match read_with(text, caller, aligned) {
        Reading::Known(tokens) => (tokens, true),
        // Without a value for its variable, a negated operator may be met or its statement may not count.
        Reading::Perhaps(_) if negated => return anything(),
        Reading::Perhaps(tokens) => (tokens, false),
        // The guide says of a negated operator both that it is met and that the statement might be invalid.
        Reading::Unresolved if negated => return anything(),
        Reading::Unresolved => return None,
    };
    let whole = coverage::possible(&tokens);
    let (pattern, known) = match test {
        Test::ArnEquals | Test::ArnLike => match arn_pattern(&tokens) {
            Some(pattern) if !may_shift(text, known, caller) => (pattern, known),
            Some(_) => (whole, false),
            None => return anything(),
        },
        Test::StringEqualsIgnoreCase if !text.raw().is_ascii() => return anything(),
        Test::StringEqualsIgnoreCase => (whole.ignoring_case(), known),
        Test::StringEquals | Test::StringLike => (whole, known),
        Test::Numeric(_) | Test::Date(_) | Test::Bool | Test::BinaryEquals | Test::IpAddress => {
            return anything();
        }
    };
    match caller.pattern_on_part(part, &pattern) {
        Some(Within::Pattern(pattern)) if known => Some(Element::exactly(pattern)),
        Some(Within::Pattern(pattern)) => Some(Element::perhaps(pattern)),
        Some(Within::Nothing) => None,
        None => anything(),
    }
}
