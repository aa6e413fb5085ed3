//! Text of a policy value: where it has wildcards and variables, told apart from plain characters once, at parse.
//!
//! Invariants: a substituted value is literal, whatever characters it holds; `${*}`, `${?}` and `${$}` are literal
//! characters (IAM User Guide, "Policy elements: variables and tags"). A variable that the request does not answer
//! makes the text match nothing; it never becomes the empty string.
//!
//! Deliberately absent: set operations on patterns (`pattern`) and the meaning of a value
//! ([`super::condition`]).

use super::context::ContextKey;
use super::truth::Truth;

/// One position of a wildcard pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Token {
    /// Exactly this character.
    Char(char),
    /// `?`: exactly one character.
    AnyOne,
    /// `*`: any number of characters, none included.
    AnyRun,
}

/// Whether a letter matches its other case too (ASCII, as action names are).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Sensitive,
    Insensitive,
}

/// Matches the whole text. At worst length of pattern times length of text; allocates nothing.
///
/// Only the last `*` that was passed needs to be retried: an earlier one that took more could not help, because the
/// later one can take any run.
pub(super) fn matches(mut pattern: &[Token], text: &str, case: Case) -> bool {
    let mut text = text.chars();
    let mut retry: Option<(&[Token], std::str::Chars<'_>)> = None;
    loop {
        match pattern.split_first() {
            Some((Token::AnyRun, [])) => return true,
            Some((Token::AnyRun, rest)) => {
                retry = Some((rest, text.clone()));
                pattern = rest;
                continue;
            }
            Some((token, rest)) => {
                let mut ahead = text.clone();
                if ahead.next().is_some_and(|character| accepts(*token, character, case)) {
                    pattern = rest;
                    text = ahead;
                    continue;
                }
            }
            None if text.as_str().is_empty() => return true,
            None => {}
        }
        let Some((rest, from)) = &mut retry else { return false };
        if from.next().is_none() {
            return false;
        }
        pattern = rest;
        text = from.clone();
    }
}

fn accepts(token: Token, character: char, case: Case) -> bool {
    match (token, case) {
        (Token::Char(wanted), Case::Sensitive) => wanted == character,
        (Token::Char(wanted), Case::Insensitive) => wanted.eq_ignore_ascii_case(&character),
        (Token::AnyOne | Token::AnyRun, _) => true,
    }
}

/// Reads `*` and `?` as wildcards, everything else as itself.
pub(super) fn tokenize(text: &str) -> Box<[Token]> {
    text.chars()
        .map(|character| match character {
            '*' => Token::AnyRun,
            '?' => Token::AnyOne,
            other => Token::Char(other),
        })
        .collect()
}

/// A part of a text that holds variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A character or a wildcard.
    Token(Token),
    /// `${key}` or `${key, 'default'}`.
    Variable {
        /// The context key that is asked for.
        key: ContextKey,
        /// What stands in where the request does not have the key.
        default: Option<String>,
    },
}

/// How a policy text is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reading {
    /// `*` and `?` are wildcards.
    pub(super) wildcards: bool,
    /// `${…}` is a variable; only in documents of version 2012-10-17 and in some places.
    pub(super) variables: bool,
}

/// A value of a policy, with its wildcards and variables found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyText {
    raw: Box<str>,
    form: Form,
}

/// What a [`PolicyText`] consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Plain characters: the raw text is the value.
    Literal,
    /// Characters and wildcards.
    Pattern(Box<[Token]>),
    /// At least one variable or `${*}`-like escape.
    Template(Box<[Piece]>),
    /// `${` that begins no readable variable: it cannot be evaluated.
    Unreadable,
}

/// A policy text with its variables filled in.
pub(super) enum Resolved<T> {
    Known(T),
    /// A variable has no value in this request and no default: the text matches nothing.
    Unresolved,
    /// A variable's value, or the text itself, is not known. These tokens match whatever it matches at most; it matches
    /// nothing where the variable has no value.
    Unknown(T),
}

/// What the request says about a variable.
pub(super) enum VariableValue<'a> {
    Text(std::borrow::Cow<'a, str>),
    Missing,
    Unknown,
}

impl PolicyText {
    pub(super) fn read(raw: &str, reading: Reading) -> Self {
        let form = if reading.variables && raw.contains("${") {
            match read_pieces(raw, reading.wildcards) {
                Some(pieces) => Form::Template(pieces),
                None => Form::Unreadable,
            }
        } else if reading.wildcards && raw.contains(['*', '?']) {
            Form::Pattern(tokenize(raw))
        } else {
            Form::Literal
        };
        Self { raw: raw.into(), form }
    }

    /// A text that cannot be evaluated, whatever it looks like.
    pub(super) fn unreadable(raw: &str) -> Self {
        Self { raw: raw.into(), form: Form::Unreadable }
    }

    /// The text as the document has it.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Its parts.
    #[must_use]
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// The keys that its variables ask for.
    pub fn variables(&self) -> impl Iterator<Item = &ContextKey> {
        let pieces = match &self.form {
            Form::Template(pieces) => &**pieces,
            Form::Literal | Form::Pattern(_) | Form::Unreadable => &[],
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { key, default: _ } => Some(key),
            Piece::Token(_) => None,
        })
    }

    /// The colons that the text itself has, those in its variables' values aside.
    pub(super) fn colons(&self) -> usize {
        match &self.form {
            Form::Literal | Form::Pattern(_) => self.raw.matches(':').count(),
            Form::Template(pieces) => pieces.iter().filter(|piece| is_colon(piece)).count(),
            // It is in doubt anyway.
            Form::Unreadable => usize::MAX,
        }
    }

    /// Whether a variable before the fifth colon has a value with a colon, so that the parts of the ARN behind it shift.
    pub(super) fn shifts_arn_parts<'a>(&self, lookup: impl Fn(&ContextKey) -> VariableValue<'a>) -> Truth {
        let Form::Template(pieces) = &self.form else { return Truth::False };
        let mut colons = 0;
        let early = pieces.iter().take_while(|piece| {
            colons += usize::from(is_colon(piece));
            colons < 5
        });
        Truth::any(early.map(|piece| match piece {
            Piece::Token(_) => Truth::False,
            Piece::Variable { key, default } => match lookup(key) {
                VariableValue::Text(value) => value.contains(':').into(),
                VariableValue::Missing => default.as_ref().is_some_and(|text| text.contains(':')).into(),
                VariableValue::Unknown => Truth::Unknown,
            },
        }))
    }

    /// The tokens with every variable replaced by its value, character by character.
    pub(super) fn resolve<'a>(
        &self,
        lookup: impl Fn(&ContextKey) -> VariableValue<'a>,
    ) -> Resolved<std::borrow::Cow<'_, [Token]>> {
        use std::borrow::Cow;
        let pieces = match &self.form {
            Form::Literal => return Resolved::Known(self.raw.chars().map(Token::Char).collect()),
            Form::Pattern(tokens) => return Resolved::Known(Cow::Borrowed(tokens)),
            Form::Unreadable => return Resolved::Unknown(Cow::Owned(vec![Token::AnyRun])),
            Form::Template(pieces) => pieces,
        };
        let mut tokens = Vec::with_capacity(self.raw.len());
        let mut unknown = false;
        for piece in pieces {
            match piece {
                Piece::Token(token) => tokens.push(*token),
                Piece::Variable { key, default } => match (lookup(key), default) {
                    (VariableValue::Text(value), _) => tokens.extend(value.chars().map(Token::Char)),
                    (VariableValue::Missing, Some(default)) => {
                        tokens.extend(default.chars().map(Token::Char));
                    }
                    (VariableValue::Missing, None) => return Resolved::Unresolved,
                    (VariableValue::Unknown, _) => {
                        unknown = true;
                        tokens.push(Token::AnyRun);
                    }
                },
            }
        }
        if unknown { Resolved::Unknown(Cow::Owned(tokens)) } else { Resolved::Known(Cow::Owned(tokens)) }
    }
}

fn is_colon(piece: &Piece) -> bool {
    *piece == Piece::Token(Token::Char(':'))
}

/// `None` where a `${` begins nothing that the guide describes.
fn read_pieces(raw: &str, wildcards: bool) -> Option<Box<[Piece]>> {
    let mut pieces = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at_checked(start)?;
        push_plain(&mut pieces, before, wildcards);
        let inner = from.strip_prefix("${")?;
        // A default value stands in single quotes and may hold a brace.
        let length = closing_brace(inner)?;
        let (inside, after) = inner.split_at_checked(length)?;
        pieces.push(read_variable(inside)?);
        rest = after.strip_prefix('}')?;
    }
    push_plain(&mut pieces, rest, wildcards);
    Some(pieces.into())
}

fn push_plain(pieces: &mut Vec<Piece>, text: &str, wildcards: bool) {
    pieces.extend(text.chars().map(|character| {
        Piece::Token(match character {
            '*' if wildcards => Token::AnyRun,
            '?' if wildcards => Token::AnyOne,
            other => Token::Char(other),
        })
    }));
}

fn closing_brace(inner: &str) -> Option<usize> {
    let mut quoted = false;
    inner.char_indices().find_map(|(at, character)| {
        match character {
            '\'' => quoted = !quoted,
            '}' if !quoted => return Some(at),
            _ => {}
        }
        None
    })
}

fn read_variable(inside: &str) -> Option<Piece> {
    match inside {
        "*" => return Some(Piece::Token(Token::Char('*'))),
        "?" => return Some(Piece::Token(Token::Char('?'))),
        "$" => return Some(Piece::Token(Token::Char('$'))),
        _ => {}
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let default = default.trim_start().strip_prefix('\'')?.strip_suffix('\'')?;
            if default.contains('\'') {
                return None;
            }
            (key, Some(default.to_owned()))
        }
        None => (inside, None),
    };
    if key.is_empty() || key.contains(['$', '{', '*', '?']) || key.trim() != key {
        return None;
    }
    Some(Piece::Variable { key: ContextKey::new(key), default })
}
