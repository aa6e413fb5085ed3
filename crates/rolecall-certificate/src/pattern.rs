//! Texts with wildcards as regular languages.
//!
//! Facts: `*` is any run of characters and `?` exactly one (IAM User Guide, "Policy elements: Resource" and "Condition
//! operators"); `${*}`, `${?}` and `${$}` are plain characters and a variable's value is literal, whatever it holds
//! ("Policy elements: variables and tags"). ARN operators match the six parts of an ARN one by one ("Condition operators",
//! "Amazon Resource Name (ARN) condition operators").

use crate::smt::{self, Bound, sequence};

/// One position of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// This character.
    Exactly(char),
    /// This ASCII letter in upper or lower case.
    EitherCase(char),
    /// `?`
    AnyOne,
    /// `*`
    AnyRun,
    /// The value of an SMT term of sort String.
    Value(String),
}

/// What a wildcard can stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Any character.
    Everything,
    /// Any character but a colon: the first five parts of an ARN.
    WithinPart,
}

/// A character that is no colon: the two ranges beside it.
const NO_COLON: &str = "(re.union (re.range \"\\u{0}\" \"9\") (re.range \";\" \"\\u{2ffff}\"))";
/// Every character outside ASCII. Which of them IAM folds into ASCII letters is not documented.
const BEYOND_ASCII: &str = "(re.range \"\\u{80}\" \"\\u{2ffff}\")";

/// The language of a pattern.
///
/// `wide` is the bound of a comparison that ignores case, on a key that may hold characters outside ASCII.
pub(crate) fn language(tokens: &[Token], reach: Reach, wide: Option<Bound>) -> String {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let flush = |plain: &mut String, parts: &mut Vec<String>| {
        if !plain.is_empty() {
            parts.push(format!("(str.to_re {})", smt::literal(plain)));
            plain.clear();
        }
    };
    for token in tokens {
        if let Token::Exactly(character) = token {
            plain.push(*character);
            continue;
        }
        flush(&mut plain, &mut parts);
        parts.push(match token {
            Token::Exactly(_) => continue,
            Token::EitherCase(letter) => either_case(*letter, wide),
            Token::AnyOne => match reach {
                Reach::Everything => "re.allchar".to_owned(),
                Reach::WithinPart => NO_COLON.to_owned(),
            },
            Token::AnyRun => match reach {
                Reach::Everything => "re.all".to_owned(),
                Reach::WithinPart => format!("(re.* {NO_COLON})"),
            },
            Token::Value(term) => format!("(str.to_re {term})"),
        });
    }
    flush(&mut plain, &mut parts);
    sequence(&parts)
}

fn either_case(letter: char, wide: Option<Bound>) -> String {
    let word = |letter: char| format!("(str.to_re {})", smt::literal(&letter.to_string()));
    let (lower, upper) = (word(letter.to_ascii_lowercase()), word(letter.to_ascii_uppercase()));
    match wide {
        Some(Bound::Over) => format!("(re.union {lower} {upper} {BEYOND_ASCII})"),
        Some(Bound::Under) | None => format!("(re.union {lower} {upper})"),
    }
}

/// Whether `value` matches the pattern. A pattern without wildcards is an equation.
pub(crate) fn matches(value: &str, tokens: &[Token], reach: Reach, wide: Option<Bound>) -> String {
    let plain = tokens.iter().all(|token| matches!(token, Token::Exactly(_) | Token::Value(_)));
    if plain && tokens.iter().any(|token| matches!(token, Token::Value(_))) {
        return smt::equal(value, &concatenation(tokens));
    }
    smt::in_language(value, &language(tokens, reach, wide))
}

/// The text of a pattern without wildcards.
fn concatenation(tokens: &[Token]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut plain = String::new();
    for token in tokens {
        match token {
            Token::Exactly(character) => plain.push(*character),
            Token::Value(term) => {
                if !plain.is_empty() {
                    parts.push(smt::literal(&std::mem::take(&mut plain)));
                }
                parts.push(term.clone());
            }
            Token::EitherCase(_) | Token::AnyOne | Token::AnyRun => {}
        }
    }
    if !plain.is_empty() {
        parts.push(smt::literal(&plain));
    }
    match parts.as_slice() {
        [only] => only.clone(),
        several => format!("(str.++ {})", several.join(" ")),
    }
}

/// The pattern cut at its first five colons; `None` where it has fewer: then it is no ARN.
pub(crate) fn arn_parts(tokens: &[Token]) -> Option<[&[Token]; 6]> {
    let mut parts = tokens.splitn(6, |token| *token == Token::Exactly(':'));
    Some([parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?])
}

/// The language of ARNs that match a pattern part by part: no wildcard of the first five parts stands for a colon.
pub(crate) fn arn_language(parts: &[&[Token]; 6]) -> String {
    let [partition_word, partition, service, region, account, resource] = parts;
    let mut languages = Vec::new();
    for part in [partition_word, partition, service, region, account] {
        languages.push(language(part, Reach::WithinPart, None));
        languages.push("(str.to_re \":\")".to_owned());
    }
    languages.push(language(resource, Reach::Everything, None));
    sequence(&languages)
}

/// The values of variables that stand in the first five parts. One that holds a colon would shift the parts.
pub(crate) fn values_before_resource(parts: &[&[Token]; 6]) -> Vec<String> {
    let [first, second, third, fourth, fifth, _] = parts;
    let before = [first, second, third, fourth, fifth];
    let values = before.into_iter().flat_map(|part| part.iter()).filter_map(|token| match token {
        Token::Value(term) => Some(term.clone()),
        Token::Exactly(_) | Token::EitherCase(_) | Token::AnyOne | Token::AnyRun => None,
    });
    values.collect()
}

/// Plain characters as tokens.
pub(crate) fn plain(text: &str) -> Vec<Token> {
    text.chars().map(Token::Exactly).collect()
}

/// Characters with `*` and `?` as wildcards.
pub(crate) fn wild(text: &str) -> Vec<Token> {
    text.chars()
        .map(|character| match character {
            '*' => Token::AnyRun,
            '?' => Token::AnyOne,
            other => Token::Exactly(other),
        })
        .collect()
}

/// The same with every ASCII letter in either case.
pub(crate) fn ignoring_case(tokens: Vec<Token>) -> Vec<Token> {
    let fold = |token| match token {
        Token::Exactly(letter) if letter.is_ascii_alphabetic() => Token::EitherCase(letter),
        other => other,
    };
    tokens.into_iter().map(fold).collect()
}
