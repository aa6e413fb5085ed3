//! A pattern over a text that a script holds in several strings, as `arn:aws:iam::` + account + `:` + resource.
//!
//! A `*` may end inside any of the strings and go on in a later one, and a later one may hold colons of its own. So every way
//! to divide the pattern is followed: from a position in the pattern, each string is read up to every position that it can
//! lead to. The positions are shared between the ways, so that the number of terms stays below strings times the square
//! of the pattern's length.

use std::collections::BTreeMap;

use crate::pattern::{Reach, Token, matches};
use crate::smt::{FALSE, TRUE, and, or};

/// A piece of the text.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    /// These characters.
    Text(String),
    /// A string of the script.
    Value {
        /// Its name.
        name: &'static str,
        /// What characters it has.
        alphabet: Alphabet,
    },
}

/// What characters a string of the script has. The script asserts the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alphabet {
    /// Exactly twelve digits.
    TwelveDigits,
    /// Anything but a colon.
    NoColon,
    /// Anything.
    Anything,
}

/// Whether the text that the pieces make matches the pattern; `None` for a pattern with variables.
pub(crate) fn cut(tokens: &[Token], pieces: &[Piece]) -> Option<String> {
    if tokens.iter().any(|token| matches!(token, Token::Value(_))) {
        return None;
    }
    Some(Cut { tokens, pieces, known: BTreeMap::new() }.from(0, 0))
}

struct Cut<'c> {
    tokens: &'c [Token],
    pieces: &'c [Piece],
    /// What was found for a piece and a position.
    known: BTreeMap<(usize, usize), String>,
}

impl Cut<'_> {
    /// Whether the pieces from `piece` on match the pattern from `position` on.
    fn from(&mut self, piece: usize, position: usize) -> String {
        if let Some(known) = self.known.get(&(piece, position)) {
            return known.clone();
        }
        let term = self.compute(piece, position);
        self.known.insert((piece, position), term.clone());
        term
    }

    fn compute(&mut self, piece: usize, position: usize) -> String {
        let rest = self.tokens.get(position..).unwrap_or_default();
        let Some(current) = self.pieces.get(piece) else {
            let only_runs = rest.iter().all(|token| *token == Token::AnyRun);
            return if only_runs { TRUE } else { FALSE }.to_owned();
        };
        match current.clone() {
            Piece::Text(text) => {
                let ends = self.read(position, &text);
                or(ends.into_iter().map(|end| self.from(piece + 1, end)).collect::<Vec<_>>())
            }
            Piece::Value { name, .. } if piece + 1 == self.pieces.len() => {
                matches(name, rest, Reach::Everything, None)
            }
            Piece::Value { name, alphabet } => self.divide(piece, position, name, alphabet),
        }
    }

    /// Every position up to which the value can be read.
    fn divide(&mut self, piece: usize, position: usize, name: &str, alphabet: Alphabet) -> String {
        let mut ways = Vec::new();
        let mut least = 0;
        let mut runs = false;
        for end in position..=self.tokens.len() {
            // Behind a run the same requests were found already, from the run itself.
            if !(end > position && self.tokens.get(end - 1) == Some(&Token::AnyRun)) {
                let stays_in_run = self.tokens.get(end) == Some(&Token::AnyRun);
                let fits = match alphabet {
                    Alphabet::TwelveDigits => least == 12 || (least < 12 && (runs || stays_in_run)),
                    Alphabet::NoColon | Alphabet::Anything => true,
                };
                let rest = if fits { self.from(piece + 1, end) } else { FALSE.to_owned() };
                if rest != FALSE {
                    let mut read: Vec<Token> = self.tokens.get(position..end).unwrap_or_default().to_vec();
                    read.extend(stays_in_run.then_some(Token::AnyRun));
                    ways.push(and([matches(name, &read, Reach::Everything, None), rest]));
                }
            }
            match self.tokens.get(end) {
                Some(Token::AnyRun) => runs = true,
                Some(token) if can_be_in(token, alphabet) => least += 1,
                Some(_) | None => break,
            }
        }
        or(ways)
    }

    /// The positions that reading a text from a position can lead to.
    fn read(&self, position: usize, text: &str) -> Vec<usize> {
        let mut positions = vec![position];
        for character in text.chars() {
            let mut next: Vec<usize> =
                positions.iter().flat_map(|position| self.step(*position, character)).collect();
            next.sort_unstable();
            next.dedup();
            positions = next;
        }
        positions
    }

    /// The positions that reading one character can lead to. A run stays where it is, or ends.
    fn step(&self, mut position: usize, character: char) -> Vec<usize> {
        let mut reached = Vec::new();
        loop {
            match self.tokens.get(position) {
                Some(Token::AnyRun) => {
                    reached.push(position);
                    position += 1;
                }
                Some(token) if accepts(token, character) => {
                    reached.push(position + 1);
                    return reached;
                }
                Some(_) | None => return reached,
            }
        }
    }
}

fn accepts(token: &Token, character: char) -> bool {
    match token {
        Token::Exactly(wanted) => *wanted == character,
        Token::EitherCase(wanted) => wanted.eq_ignore_ascii_case(&character),
        Token::AnyOne | Token::AnyRun => true,
        Token::Value(_) => false,
    }
}

fn can_be_in(token: &Token, alphabet: Alphabet) -> bool {
    match (token, alphabet) {
        (Token::Exactly(character) | Token::EitherCase(character), Alphabet::TwelveDigits) => {
            character.is_ascii_digit()
        }
        (Token::Exactly(character), Alphabet::NoColon) => *character != ':',
        _ => true,
    }
}
