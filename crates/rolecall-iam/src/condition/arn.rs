//! `ArnEquals` and `ArnLike`, which are the same, and their negations: each of the six parts of an ARN is matched by
//! itself, so that `*` never crosses one of the first five colons.

use super::{Keys, Match, Operand};
use crate::arn::split_arn;
use crate::text::{Case, Form, PolicyText, Reading, Resolved, Token, matches};

pub(super) fn read(raw: &str, variables: bool) -> Operand {
    Operand::Text(PolicyText::read(raw, Reading { wildcards: true, variables }))
}

pub(super) fn like(request: &str, text: &PolicyText, keys: &impl Keys) -> Match {
    let Some(request_parts) = split_arn(request) else { return Match::Unreadable };
    if *text.form() == Form::Literal {
        return (text.raw() == request).into();
    }
    let tokens = match text.resolve(|key| keys.variable(key)) {
        Resolved::Known(tokens) => tokens,
        Resolved::Unresolved => return Match::No,
        Resolved::Unknown(most) => {
            return if matches(&most, request, Case::Sensitive) { Match::Unknown } else { Match::Unresolved };
        }
    };
    match match_parts(&tokens, &request_parts) {
        Some(matched) => matched.into(),
        // A pattern without six parts is no ARN. A match by any reading needs the whole text to match at least.
        None if matches(&tokens, request, Case::Sensitive) => Match::Unknown,
        None => Match::No,
    }
}

/// Part by part; `None` where the pattern has fewer than six.
fn match_parts(pattern: &[Token], text: &[&str; 6]) -> Option<bool> {
    let mut parts = pattern.splitn(6, |token| *token == Token::Char(':'));
    let mut matched = true;
    for text in text {
        matched &= matches(parts.next()?, text, Case::Sensitive);
    }
    Some(matched)
}
