//! The catalogue of error messages, and how a text is held against it.
//!
//! The entries are data (`messages.toml`). An entry without a page that shows its words is not confirmed. No cause is certain
//! by the words: services share them, and the code of a function quotes them. Only what is observed makes a cause certain. Matching is tolerant where texts differ without meaning it: case, quotes, backslashes and white space do
//! not count, so that JSON within JSON, as Architect shows it, reads like the message itself. It is strict elsewhere: a
//! pattern matches whole words only, in their order, and what it leaves open is shorter than an ARN may be.
//! Deliberately absent: what the documents in AWS say. [`super::explain`] asks them.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cause::Certainty;

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Speaker {
    /// AWS Lambda.
    Lambda,
    /// The function's runtime or its code.
    Runtime,
    /// AWS KMS, through Lambda.
    Kms,
    /// AWS STS.
    Sts,
    /// AWS IAM.
    Iam,
    /// Amazon API Gateway.
    ApiGateway,
    /// Genesys Cloud.
    Genesys,
}

/// What rolecall looks at to make sure of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Observation {
    /// Whether a target is in the region that the text names.
    Region,
    /// Whether the trust policy allows `sts:TagSession` to the caller.
    TagSession,
    /// Whether the trust policy allows `sts:SetSourceIdentity` to the caller.
    SourceIdentity,
    /// How long the role's sessions may last.
    SessionDuration,
    /// Whether the trust policy asks for multi-factor authentication.
    Mfa,
}

/// An entry of the catalogue.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownMessage {
    /// Its name, which stays the same.
    pub id: String,
    /// Who says it.
    pub from: Speaker,
    /// An example.
    pub says: String,
    /// Patterns of which one must be in the text.
    find: Vec<String>,
    /// Patterns of texts that are something else.
    #[serde(default)]
    but_not: Vec<String>,
    /// The page that shows it, or that documents its code.
    pub source: String,
    /// Whether that page shows the words or the code that the patterns look for.
    pub confirmed: bool,
    /// What is wrong.
    pub cause: String,
    /// How sure that is by the text alone.
    pub certainty: Certainty,
    /// What rolecall looks at to make sure.
    pub observe: Option<Observation>,
    /// Where to look for more.
    pub look_up: String,
    /// What to do.
    pub fix: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    message: Vec<KnownMessage>,
}

static CATALOGUE: LazyLock<Vec<KnownMessage>> = LazyLock::new(|| {
    let parsed: Result<Catalogue, toml::de::Error> = toml::from_str(include_str!("messages.toml"));
    // The file is part of the program, and a test reads it.
    parsed.map(|catalogue| catalogue.message).unwrap_or_default()
});

/// Every entry, in the order of their priority.
pub fn all() -> &'static [KnownMessage] {
    &CATALOGUE
}

/// The first entry that fits the text.
pub(super) fn find(text: &str) -> Option<&'static KnownMessage> {
    let text = plain(text);
    let fits = |patterns: &[String]| patterns.iter().any(|pattern| is_in(&plain(pattern), &text));
    all().iter().find(|message| fits(&message.find) && !fits(&message.but_not))
}

/// A text without what differs from quoting to quoting.
fn plain(text: &str) -> String {
    // As JSON within JSON writes line ends and quotes.
    let unescaped =
        ["\\n", "\\r", "\\t"].iter().fold(text.to_owned(), |text, escape| text.replace(escape, " "));
    let unescaped = ["\\u0027", "\\u0022"].iter().fold(unescaped, |text, escape| text.replace(escape, ""));
    let mut plain = String::with_capacity(unescaped.len());
    let mut space = false;
    for letter in unescaped.chars() {
        match letter {
            '\\' | '"' | '\'' | '`' | '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => {}
            letter if letter.is_whitespace() => space = true,
            letter => {
                let clings = |letter: char| "{}[]:,".contains(letter);
                if space && !clings(letter) && !plain.is_empty() && !plain.ends_with(clings) {
                    plain.push(' ');
                }
                space = false;
                plain.extend(letter.to_lowercase());
            }
        }
    }
    plain
}

/// How much a `*` may stand for, in bytes: more than any ARN in an error text, and too little to reach across most messages.
const WIDEST: usize = 300;

/// Whether the pattern is in the text; both are plain. `*` stands for anything, the empty text included.
fn is_in(pattern: &str, text: &str) -> bool {
    let parts: Vec<&str> = pattern.split('*').map(str::trim).filter(|part| !part.is_empty()).collect();
    let Some((first, rest)) = parts.split_first() else { return false };
    starts(first, text).any(|end| follow(rest, text.get(end..).unwrap_or_default()))
}

/// Whether the parts follow one another.
fn follow(parts: &[&str], text: &str) -> bool {
    let Some((first, rest)) = parts.split_first() else { return true };
    starts(first, text)
        .take_while(|end| end.saturating_sub(first.len()) <= WIDEST)
        .any(|end| follow(rest, text.get(end..).unwrap_or_default()))
}

/// Where the part ends, wherever it stands as whole words.
fn starts<'t>(part: &'t str, text: &'t str) -> impl Iterator<Item = usize> + 't {
    let word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
    text.match_indices(part).filter_map(move |(start, found)| {
        let end = start + found.len();
        let before = text.get(..start).and_then(|text| text.chars().next_back());
        let after = text.get(end..).and_then(|text| text.chars().next());
        let begins = !(word(part.chars().next()) && word(before));
        let ends = !(word(part.chars().next_back()) && word(after));
        (begins && ends).then_some(end)
    })
}

#[cfg(test)]
mod tests;
