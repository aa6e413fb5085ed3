//! `StringEquals`, `StringEqualsIgnoreCase`, `StringLike` and their negations. `*` and `?` are wildcards for
//! `StringLike` only; it crosses colons and slashes.

use super::{Keys, Match, Operand};
use crate::text::{Case, Form, PolicyText, Reading, Resolved, Token, matches};

pub(super) fn read(raw: &str, wildcards: bool, variables: bool) -> Operand {
    Operand::Text(PolicyText::read(raw, Reading { wildcards, variables }))
}

pub(super) fn equals(request: &str, text: &PolicyText, keys: &impl Keys) -> Match {
    match text.form() {
        Form::Literal => (text.raw() == request).into(),
        Form::Pattern(_) | Form::Template(_) | Form::Unreadable => {
            resolved(request, text, keys, Case::Sensitive)
        }
    }
}

/// Upper and lower case are compared letter by letter, for letters outside ASCII too.
pub(super) fn equals_ignore_case(request: &str, text: &PolicyText, keys: &impl Keys) -> Match {
    let fold = |text: &str| text.to_lowercase();
    match text.form() {
        Form::Literal if text.raw().is_ascii() && request.is_ascii() => {
            text.raw().eq_ignore_ascii_case(request).into()
        }
        Form::Literal => (fold(text.raw()) == fold(request)).into(),
        Form::Pattern(_) | Form::Template(_) | Form::Unreadable => {
            match text.resolve(|key| keys.variable(key)) {
                Resolved::Known(tokens) => (fold(&as_text(&tokens)) == fold(request)).into(),
                Resolved::Unresolved => Match::No,
                Resolved::Unknown => Match::Unknown,
            }
        }
    }
}

/// The characters of a text that has no wildcards.
fn as_text(tokens: &[Token]) -> String {
    tokens
        .iter()
        .map(|token| match token {
            Token::Char(character) => *character,
            Token::AnyOne => '?',
            Token::AnyRun => '*',
        })
        .collect()
}

pub(super) fn like(request: &str, text: &PolicyText, keys: &impl Keys) -> Match {
    match text.form() {
        Form::Literal => (text.raw() == request).into(),
        Form::Pattern(tokens) => matches(tokens, request, Case::Sensitive).into(),
        Form::Template(_) | Form::Unreadable => resolved(request, text, keys, Case::Sensitive),
    }
}

fn resolved(request: &str, text: &PolicyText, keys: &impl Keys, case: Case) -> Match {
    match text.resolve(|key| keys.variable(key)) {
        Resolved::Known(tokens) => matches(&tokens, request, case).into(),
        Resolved::Unresolved => Match::No,
        Resolved::Unknown => Match::Unknown,
    }
}
