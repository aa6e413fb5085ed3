//! Wildcard languages: the patterns that IAM policies are made of, as values that can be matched and compared.
//!
//! One type covers every textual test of the policy language: a literal (`StringEquals`), `*` and `?`
//! (`StringLike`, `Action`, `Resource`), the same without regard to letter case, and an ARN compared part by part
//! (`ArnLike`). A negated test is the same pattern on the excluded side of a [`Language`].
//!
//! Invariants: matching costs at most text times pattern, whatever the pattern; [`Language::example`] and [`examples`]
//! are exact, and say [`TooLarge`] instead of becoming slow.
//! Deliberately absent: policy variables. The caller substitutes them and pushes the value as literal text.

mod characters;
mod language;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use characters::CharacterSet;
pub(crate) use language::{Budget, Language, TooLarge, examples};

/// One element of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Token {
    /// Exactly this character.
    Character(char),
    /// Exactly one character of the set.
    One(CharacterSet),
    /// Any number of characters of the set, also none.
    Run(CharacterSet),
}

/// A set of strings, written as a sequence of tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Pattern {
    tokens: Vec<Token>,
    ignore_case: bool,
    /// Some [`Token::Run`] does not accept every character, so that greedy matching would be wrong.
    restricted_run: bool,
}

impl Pattern {
    /// The pattern that only `text` itself matches.
    pub(crate) fn literal(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push_literal(text);
        pattern
    }

    /// `*` stands for any run of characters and `?` for exactly one; colons and slashes are nothing special.
    pub(crate) fn like(text: &str) -> Self {
        let mut pattern = Self::default();
        pattern.push_like(text, CharacterSet::Any);
        pattern
    }

    /// Six parts between colons, each with its own wildcards, as `ArnLike` and `ArnEquals` compare them
    /// (IAM User Guide, reference_policies_elements_condition_operators). The sixth part may hold further colons.
    /// `None` where `text` has fewer than six parts: such a pattern matches no ARN.
    pub(crate) fn arn_like(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let (resource, leading) = parts.split_last().filter(|(_, leading)| leading.len() == 5)?;
        let mut pattern = Self::default();
        for part in leading {
            pattern.push_like(part, CharacterSet::WithinArnPart);
            pattern.push(Token::Character(':'));
        }
        pattern.push_like(resource, CharacterSet::Any);
        Some(pattern)
    }

    /// The pattern made of these tokens.
    pub(crate) fn from_tokens(tokens: impl IntoIterator<Item = Token>) -> Self {
        let mut pattern = Self::default();
        for token in tokens {
            pattern.push(token);
        }
        pattern
    }

    /// The same pattern, blind to the case of ASCII letters.
    #[must_use]
    pub(crate) fn ignoring_case(mut self) -> Self {
        self.ignore_case = true;
        self
    }

    /// The same pattern with every wildcard restricted to `set`; `None` where a character does not belong to it.
    #[must_use]
    pub(crate) fn within(&self, set: CharacterSet) -> Option<Self> {
        let mut pattern = Self { ignore_case: self.ignore_case, ..Self::default() };
        for token in &self.tokens {
            pattern.push(match token {
                Token::Character(character) if set.contains(*character) => *token,
                Token::Character(_) => return None,
                Token::One(_) => Token::One(set),
                Token::Run(_) => Token::Run(set),
            });
        }
        Some(pattern)
    }

    /// Whether a wildcard stands for characters beyond ASCII.
    pub(crate) fn reaches_beyond_ascii(&self) -> bool {
        self.tokens.iter().any(|token| match token {
            Token::Character(character) => !character.is_ascii(),
            Token::One(set) | Token::Run(set) => set.contains('\u{212a}'),
        })
    }

    /// The pattern followed by this text.
    #[must_use]
    pub(crate) fn followed_by(mut self, text: &str) -> Self {
        self.push_literal(text);
        self
    }

    /// Whether the two demand different characters before any run, so that no string belongs to both.
    pub(crate) fn begins_unlike(&self, other: &Self) -> bool {
        let blind = self.ignore_case || other.ignore_case;
        self.tokens
            .iter()
            .zip(&other.tokens)
            .map_while(|pair| match pair {
                (Token::Run(_), _) | (_, Token::Run(_)) => None,
                (Token::Character(left), Token::Character(right)) => {
                    Some(left == right || blind && left.eq_ignore_ascii_case(right))
                }
                (Token::Character(character), Token::One(set))
                | (Token::One(set), Token::Character(character)) => Some(
                    set.contains(*character)
                        || blind
                            && (set.contains(character.to_ascii_lowercase())
                                || set.contains(character.to_ascii_uppercase())),
                ),
                (Token::One(_), Token::One(_)) => Some(true),
            })
            .any(|same| !same)
    }

    /// Appends `text` character by character; wildcards in it are ordinary characters.
    pub(crate) fn push_literal(&mut self, text: &str) {
        self.tokens.extend(text.chars().map(Token::Character));
    }

    /// Appends `text`, in which `*` and `?` stand for characters of `set`.
    pub(crate) fn push_like(&mut self, text: &str, set: CharacterSet) {
        for character in text.chars() {
            self.push(match character {
                '*' => Token::Run(set),
                '?' => Token::One(set),
                other => Token::Character(other),
            });
        }
    }

    /// Appends one token. A run that repeats the run before it adds nothing and is left out.
    pub(crate) fn push(&mut self, token: Token) {
        if let Token::Run(set) = token {
            if self.tokens.last() == Some(&token) {
                return;
            }
            self.restricted_run |= set != CharacterSet::Any;
        }
        self.tokens.push(token);
    }

    /// The elements of the pattern.
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Whether letter case is ignored.
    pub(crate) fn ignores_case(&self) -> bool {
        self.ignore_case
    }

    /// The one string that matches, where there is exactly one.
    pub(crate) fn as_literal(&self) -> Option<String> {
        let character = |token: &Token| match token {
            Token::Character(character) if !(self.ignore_case && character.is_ascii_alphabetic()) => {
                Some(*character)
            }
            Token::Character(_) | Token::One(_) | Token::Run(_) => None,
        };
        self.tokens.iter().map(character).collect()
    }

    /// Whether every string matches.
    pub(crate) fn is_universal(&self) -> bool {
        self.tokens == [Token::Run(CharacterSet::Any)]
    }

    /// Whether the whole of `text` matches.
    pub(crate) fn matches(&self, text: &str) -> bool {
        if self.restricted_run { walk::accepts(self, text) } else { self.matches_greedily(text) }
    }

    /// Where a run may hold anything, only the latest run ever has to be lengthened: whatever an earlier one could
    /// take over, the latest can take over too. That keeps the cost at text times pattern.
    fn matches_greedily(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let mut position = 0;
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            match self.tokens.get(position) {
                None if rest.as_str().is_empty() => return true,
                None => {}
                Some(Token::Run(_)) => {
                    position += 1;
                    if position == self.tokens.len() {
                        return true;
                    }
                    retry = Some((position, rest.clone()));
                    continue;
                }
                Some(token) => {
                    let mut after = rest.clone();
                    match after.next() {
                        None => return false,
                        Some(character) if self.token_accepts(*token, character) => {
                            rest = after;
                            position += 1;
                            continue;
                        }
                        Some(_) => {}
                    }
                }
            }
            let Some((behind_run, start)) = &mut retry else {
                return false;
            };
            if start.next().is_none() {
                return false;
            }
            position = *behind_run;
            rest = start.clone();
        }
    }

    fn token_accepts(&self, token: Token, character: char) -> bool {
        match token {
            Token::Character(expected) if self.ignore_case => expected.eq_ignore_ascii_case(&character),
            Token::Character(expected) => expected == character,
            Token::One(set) | Token::Run(set) => set.contains(character),
        }
    }
}
