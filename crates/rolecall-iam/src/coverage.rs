//! What a value of `Resource` or `NotResource` covers: the one reading that the evaluator and the prover share.
//!
//! The whole text as a wildcard pattern is the most that a value can cover. Whether a `*` runs across one of the first
//! five colons is documented in one case alone: "If the `*` wildcard is the last character of a resource ARN segment, it
//! can expand to match beyond the colon boundaries" (IAM User Guide, "Resource"). An `Allow` is taken by that word. Every
//! other crossing, and every crossing in a `Deny` or in `NotResource`, is doubted: it covers perhaps.

use super::document::Effect;
use super::pattern::{CharacterSet, Pattern, Token};
use super::text;

/// Which crossings of colons are relied upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crossing {
    /// Those of a `*` at the end of a segment.
    Documented,
    /// None.
    Doubted,
}

impl Crossing {
    /// What a statement may rely on.
    pub(crate) fn in_statement(effect: Effect, negated: bool) -> Self {
        match (effect, negated) {
            (Effect::Allow, false) => Self::Documented,
            (Effect::Allow, true) | (Effect::Deny, _) => Self::Doubted,
        }
    }
}

/// The most that a value can cover.
pub(crate) fn possible(tokens: &[text::Token]) -> Pattern {
    Pattern::from_tokens(tokens.iter().map(|token| one(*token, CharacterSet::Any)))
}

/// What a value covers for sure; `None` where that is nothing.
pub(crate) fn certain(tokens: &[text::Token], crossing: Crossing) -> Option<Pattern> {
    if tokens == [text::Token::AnyRun] || !has_wildcards(tokens) {
        return Some(possible(tokens));
    }
    let mut colons = 0;
    let mut pattern = Pattern::default();
    for (index, token) in tokens.iter().enumerate() {
        if *token == text::Token::Char(':') {
            colons += 1;
        }
        let ends_segment = matches!(tokens.get(index + 1), None | Some(text::Token::Char(':')));
        let crosses = *token == text::Token::AnyRun && ends_segment && crossing == Crossing::Documented;
        let set = if colons >= 5 || crosses { CharacterSet::Any } else { CharacterSet::WithinArnPart };
        pattern.push(one(*token, set));
    }
    // Without all six parts, a value covers an ARN only by crossing.
    (colons >= 5 || crossing == Crossing::Documented).then_some(pattern)
}

/// Whether a value covers more than it covers for sure: a quick look, without making patterns.
pub(crate) fn is_doubtful(tokens: &[text::Token], crossing: Crossing) -> bool {
    if tokens == [text::Token::AnyRun] || !has_wildcards(tokens) {
        return false;
    }
    let mut colons = 0;
    for (index, token) in tokens.iter().enumerate() {
        match token {
            text::Token::Char(':') => colons += 1,
            text::Token::Char(_) => {}
            text::Token::AnyOne if colons < 5 => return true,
            text::Token::AnyRun if colons < 5 => {
                let ends_segment = matches!(tokens.get(index + 1), None | Some(text::Token::Char(':')));
                if crossing == Crossing::Doubted || !ends_segment {
                    return true;
                }
            }
            text::Token::AnyOne | text::Token::AnyRun => {}
        }
    }
    colons < 5 && crossing == Crossing::Doubted
}

fn has_wildcards(tokens: &[text::Token]) -> bool {
    tokens.iter().any(|token| !matches!(token, text::Token::Char(_)))
}

fn one(token: text::Token, set: CharacterSet) -> Token {
    match token {
        text::Token::Char(character) => Token::Character(character),
        text::Token::AnyOne => Token::One(set),
        text::Token::AnyRun => Token::Run(set),
    }
}
