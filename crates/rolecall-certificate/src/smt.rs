//! Text of SMT-LIB 2: literals, connectives, comments.
//!
//! Invariant: a user's text gets into a script through [`literal`] or [`comment`] only, and both give printable ASCII.
//! A quote, a backslash or a line break in a policy can therefore end neither a literal nor a comment.

/// Whether a leaf that is not known for sure counts as holding.
///
/// A claim that something is impossible stays safe if an `Allow` is read too widely and a `Deny` too narrowly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bound {
    /// At least every request that matches: for `Allow`.
    Over,
    /// No request that does not match: for `Deny`.
    Under,
}

impl Bound {
    /// The bound under a negation.
    pub(crate) fn flip(self) -> Self {
        match self {
            Self::Over => Self::Under,
            Self::Under => Self::Over,
        }
    }

    /// What stands for something that is not known.
    pub(crate) fn unknown(self) -> String {
        match self {
            Self::Over => TRUE.to_owned(),
            Self::Under => FALSE.to_owned(),
        }
    }

    /// A term that is certain, and `doubtful` cases that may hold as well.
    pub(crate) fn doubt(self, certain: String, doubtful: String) -> String {
        match self {
            Self::Over => or([certain, doubtful]),
            Self::Under => certain,
        }
    }
}

pub(crate) const TRUE: &str = "true";
pub(crate) const FALSE: &str = "false";

/// The greatest code point of the theory of strings (SMT-LIB 2.6, "Unicode Strings").
const LAST_CHARACTER: char = '\u{2FFFF}';

/// Whether the theory of strings has every character of a text.
pub(crate) fn is_expressible(text: &str) -> bool {
    text.chars().all(|character| character <= LAST_CHARACTER)
}

/// A string literal. Raw text outside ASCII is read differently by z3 and cvc5, and a backslash could begin an escape:
/// both are written as code points.
pub(crate) fn literal(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 2);
    result.push('"');
    for character in text.chars() {
        match character {
            '"' => result.push_str("\"\""),
            '\\' => result.push_str("\\u{5c}"),
            ' '..='~' => result.push(character),
            other => result.push_str(&format!("\\u{{{:x}}}", u32::from(other))),
        }
    }
    result.push('"');
    result
}

/// Text within a comment: printable ASCII only.
pub(crate) fn comment(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            ' '..='~' => character.to_string(),
            other => format!("\\u{{{:x}}}", u32::from(other)),
        })
        .collect()
}

/// A term `(name argument...)`.
pub(crate) fn call(name: &str, arguments: &[&str]) -> String {
    format!("({name} {})", arguments.join(" "))
}

pub(crate) fn equal(left: &str, right: &str) -> String {
    if left == right { TRUE.to_owned() } else { call("=", &[left, right]) }
}

pub(crate) fn not(mut term: String) -> String {
    match term.as_str() {
        TRUE => FALSE.to_owned(),
        FALSE => TRUE.to_owned(),
        _ => {
            term.insert_str(0, "(not ");
            term.push(')');
            term
        }
    }
}

pub(crate) fn and(terms: impl IntoIterator<Item = String>) -> String {
    join("and", TRUE, FALSE, terms)
}

pub(crate) fn or(terms: impl IntoIterator<Item = String>) -> String {
    join("or", FALSE, TRUE, terms)
}

pub(crate) fn implies(condition: &str, term: &str) -> String {
    call("=>", &[condition, term])
}

/// `neutral` is left out, `absorbing` swallows the rest, repetitions are told once.
fn join(name: &str, neutral: &str, absorbing: &str, terms: impl IntoIterator<Item = String>) -> String {
    let mut kept: Vec<String> = Vec::new();
    for term in terms {
        if term == absorbing {
            return term;
        }
        if term != neutral && !kept.contains(&term) {
            kept.push(term);
        }
    }
    match kept.len() {
        0 => neutral.to_owned(),
        1 => kept.swap_remove(0),
        _ => format!("({name} {})", kept.join(" ")),
    }
}

/// Whether `value` is in a regular language. A language of one word is an equation, that of all words says nothing.
pub(crate) fn in_language(value: &str, language: &str) -> String {
    if language == "re.all" {
        return TRUE.to_owned();
    }
    match language.strip_prefix("(str.to_re ").and_then(|rest| rest.strip_suffix(')')) {
        Some(word) if word.starts_with('"') && is_one_literal(word) => equal(value, word),
        _ => call("str.in_re", &[value, language]),
    }
}

/// Whether the text is a single string literal.
fn is_one_literal(text: &str) -> bool {
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.replace("\"\"", "").contains('"'))
}

/// The concatenation of languages.
pub(crate) fn sequence(languages: &[String]) -> String {
    match languages {
        [] => "(str.to_re \"\")".to_owned(),
        [only] => only.clone(),
        several => format!("(re.++ {})", several.join(" ")),
    }
}

/// A whole number: SMT-LIB has no negative literals.
pub(crate) fn integer(digits: &str, negative: bool) -> String {
    let digits = digits.trim_start_matches('0');
    match (digits, negative) {
        ("", _) => "0".to_owned(),
        (digits, false) => digits.to_owned(),
        (digits, true) => format!("(- {digits})"),
    }
}
