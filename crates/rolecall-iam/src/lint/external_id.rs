//! What conditions on `sts:ExternalId` do wrong, and which external IDs protect little.

use std::collections::BTreeSet;

use super::FindingId;
use crate::condition::{Condition, Operand, Operator, Quantifier, Test};
use crate::document::{Document, Effect, Statement};
use crate::truth::Truth;

pub(super) const EXTERNAL_ID: &str = "sts:ExternalId";
pub(super) const ASSUME_ROLE: &str = "sts:AssumeRole";

pub(super) fn is_external_id(condition: &&Condition) -> bool {
    condition.key.folded().eq_ignore_ascii_case(EXTERNAL_ID)
}

pub(super) fn is_negated(condition: &Condition) -> bool {
    matches!(condition.operator, Operator::Compare { negated: true, .. })
}

/// Which fault of a statement lets in a caller without an external ID.
pub(super) fn why_absence_is_enough(
    document: &Document,
    index: usize,
    conditions: &[&Condition],
) -> FindingId {
    let has = |wanted: fn(&Condition) -> bool| conditions.iter().any(|condition| wanted(condition));
    let for_all = |condition: &Condition| {
        matches!(condition.operator, Operator::Compare { quantifier: Quantifier::ForAllValues, .. })
    };
    let if_exists =
        |condition: &Condition| matches!(condition.operator, Operator::Compare { if_exists: true, .. });
    if has(|condition| matches!(condition.operator, Operator::Null)) {
        FindingId::T6
    } else if has(for_all) {
        FindingId::T4
    } else if has(if_exists) {
        FindingId::T3
    } else if has(is_negated) {
        FindingId::T5
    } else {
        // Another statement asks for an ID, and so protects nothing.
        let others = document.statements().iter().enumerate();
        let asks = |statement: &Statement| {
            statement.effect == Effect::Allow
                && statement.covers_action(ASSUME_ROLE) != Truth::False
                && statement.conditions.iter().any(|condition| is_external_id(&condition))
        };
        let guarded = others.filter(|(other, _)| *other != index).any(|(_, statement)| asks(statement));
        if guarded { FindingId::T8 } else { FindingId::T1 }
    }
}

/// The plain values of conditions, in their order.
pub(super) fn literals<'c, 'd: 'c>(conditions: &'c [&'d Condition]) -> impl Iterator<Item = &'d str> + 'c {
    let positive = conditions.iter().filter(|condition| !is_negated(condition));
    let texts = positive.flat_map(|condition| &condition.values);
    texts.filter(|value| matches!(value.operand, Operand::Text(_))).map(|value| &*value.raw)
}

/// Which fault of a statement lets in a caller with another external ID.
pub(super) fn why_another_id_is_enough(conditions: &[&Condition]) -> FindingId {
    let compares = |wanted: Test| {
        conditions.iter().any(|condition| {
            matches!(condition.operator, Operator::Compare { test, negated: false, .. } if test == wanted)
        })
    };
    let wild = literals(conditions).any(|text| text.contains(['*', '?']));
    if (compares(Test::StringLike) || compares(Test::ArnLike) || compares(Test::ArnEquals)) && wild {
        FindingId::T2
    } else if literals(conditions).count() > 1 {
        FindingId::T9
    } else if compares(Test::StringEqualsIgnoreCase) {
        FindingId::T7
    } else if literals(conditions).count() == 1 {
        FindingId::T9
    } else {
        FindingId::T5
    }
}

/// Why an external ID is easy to guess, if it is.
#[must_use]
pub fn guessable(id: &str) -> Option<&'static str> {
    let is_hex_or_hyphen = |character: char| character.is_ascii_hexdigit() || character == '-';
    let looks_random = id.len() == 36 && id.chars().all(is_hex_or_hyphen) && distinct(id) >= 8;
    if looks_random {
        return None;
    }
    if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("it looks like an AWS account ID");
    }
    if id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some("it is a plain number");
    }
    if id.contains('@') {
        return Some("it looks like an e-mail address");
    }
    if !id.bytes().any(|byte| byte.is_ascii_digit()) {
        return Some("it looks like a name");
    }
    (estimated_bits(id) < 64).then_some("it is too short or too regular")
}

fn distinct(text: &str) -> usize {
    text.chars().collect::<BTreeSet<char>>().len()
}

/// At most so many bits, judged by the kinds of characters used: what a random text of that kind would have.
fn estimated_bits(text: &str) -> usize {
    let uses = |kind: fn(char) -> bool| text.chars().any(kind);
    let hexadecimal = text.chars().all(|character| character.is_ascii_hexdigit() || character == '-');
    let both_cases =
        uses(|character| character.is_ascii_lowercase()) && uses(|character| character.is_ascii_uppercase());
    let bits = match (hexadecimal, both_cases) {
        (true, _) => 4,
        (false, false) => 5,
        (false, true) => 6,
    };
    bits * text.len().min(distinct(text) * 4)
}
