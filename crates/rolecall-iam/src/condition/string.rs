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

/// Which letters outside ASCII count as the upper and lower case of one another is not documented.
pub(super) fn equals_ignore_case(request: &str, text: &PolicyText, keys: &impl Keys) -> Match {
    match text.form() {
        Form::Literal => same_ignoring_case(text.raw(), request),
        Form::Pattern(_) | Form::Template(_) | Form::Unreadable => {
            match text.resolve(|key| keys.variable(key)) {
                Resolved::Known(tokens) => same_ignoring_case(&as_text(&tokens), request),
                Resolved::Unresolved => Match::Unresolved,
                // Which letters are the same beyond ASCII is not settled here.
                Resolved::Unknown(most)
                    if request.is_ascii()
                        && text.raw().is_ascii()
                        && !matches(&most, request, Case::Insensitive) =>
                {
                    Match::Unresolved
                }
                Resolved::Unknown(_) => Match::Undocumented,
            }
        }
    }
}

fn same_ignoring_case(text: &str, request: &str) -> Match {
    if text.eq_ignore_ascii_case(request) {
        Match::Yes
    } else if text.to_lowercase() == request.to_lowercase() || text.to_uppercase() == request.to_uppercase() {
        Match::Undocumented
    } else {
        Match::No
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
        Resolved::Unresolved => Match::Unresolved,
        // It matches nothing, whatever stands in for the variable.
        Resolved::Unknown(most) if !matches(&most, request, case) => Match::Unresolved,
        Resolved::Unknown(_) => Match::Undocumented,
    }
}
