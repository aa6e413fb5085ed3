//! `ArnEquals` and `ArnLike`, which are the same, and their negations: each of the six parts of an ARN is matched by
//! itself, so that `*` never crosses one of the first five colons.

use super::{Keys, Match, Operand};
use crate::arn::split_arn;
use crate::text::{Case, Form, PolicyText, Reading, Resolved, Token, matches};
use crate::truth::Truth;

/// "Each of the six colon-delimited components of the ARN is checked separately": what a text with fewer means is not
/// documented, nor where the components of a variable with a colon begin.
pub(super) fn read(raw: &str, variables: bool) -> Operand {
    let text = PolicyText::read(raw, Reading { wildcards: true, variables });
    if text.colons() < 5 { Operand::Undocumented } else { Operand::Text(text) }
}

pub(super) fn like(request: &str, text: &PolicyText, keys: &impl Keys) -> Match {
    let Some(request_parts) = split_arn(request) else { return Match::Undocumented };
    if *text.form() == Form::Literal {
        return (text.raw() == request).into();
    }
    let tokens = match text.resolve(|key| keys.variable(key)) {
        Resolved::Known(tokens) => tokens,
        Resolved::Unresolved => return Match::Unresolved,
        Resolved::Unknown(most) if matches(&most, request, Case::Sensitive) => return Match::Undocumented,
        Resolved::Unknown(_) => return Match::Unresolved,
    };
    if text.shifts_arn_parts(|key| keys.variable(key)) == Truth::False {
        return match_parts(&tokens, &request_parts).map_or(Match::Undocumented, Match::from);
    }
    // A match by any reading needs the whole text to match at least.
    if matches(&tokens, request, Case::Sensitive) { Match::Undocumented } else { Match::No }
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
