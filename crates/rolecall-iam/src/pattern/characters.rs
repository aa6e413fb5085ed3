//! The character sets that wildcards and value shapes range over, and the order in which characters are shown.

/// A set of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CharacterSet {
    /// Every character.
    Any,
    /// Every character but the colon that ends an ARN part.
    WithinArnPart,
    /// `0` to `9`.
    Digit,
    /// The letters and digits of ASCII.
    Alphanumeric,
    /// Names of IAM entities and sessions: `[\w+=,.@-]`.
    Name,
    /// Visible ASCII characters and U+007F: paths of IAM entities (IAM API Reference, `CreateRole`, parameter `Path`).
    Visible,
    /// Host names: lower-case letters, digits, hyphens and dots.
    Host,
    /// An external ID: `[\w+=,.@:\/-]` (STS AssumeRole, parameter `ExternalId`).
    ExternalId,
    /// A service prefix or a region: lower-case letters, digits and the hyphen.
    Label,
    /// A Lambda function name or alias: `[a-zA-Z0-9-_]`.
    FunctionName,
    /// An alias or version of a function: `[a-zA-Z0-9-_$.]`.
    Qualifier,
}

impl CharacterSet {
    /// Whether `character` belongs to the set.
    pub fn contains(self, character: char) -> bool {
        let word = character.is_ascii_alphanumeric() || character == '_';
        match self {
            Self::Any => true,
            Self::WithinArnPart => character != ':',
            Self::Digit => character.is_ascii_digit(),
            Self::Alphanumeric => character.is_ascii_alphanumeric(),
            Self::Name => word || "+=,.@-".contains(character),
            Self::Visible => ('\u{21}'..='\u{7f}').contains(&character),
            Self::Host => {
                character.is_ascii_lowercase() || character.is_ascii_digit() || "-.".contains(character)
            }
            Self::ExternalId => word || "+=,.@-:/".contains(character),
            Self::Label => character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-',
            Self::FunctionName => word || character == '-',
            Self::Qualifier => word || "-$.".contains(character),
        }
    }
}

/// The visible ASCII characters, the space and U+007F, those first that read best in an example.
const READABLE: &str =
    "xyzabcdefghijklmnopqrstuvw1234567890XYZABCDEFGHIJKLMNOPQRSTUVW-_./@=+,:;~!#%&()[]{}<>|^'\"`\\ *?$\u{7f}";

/// Characters to try as "any other" character, without end: readable ones, then beyond ASCII.
///
/// Beyond ASCII every set of this module but [`CharacterSet::Any`] and [`CharacterSet::WithinArnPart`] is empty, so one
/// unused character from there stands for all others.
pub(super) fn readable() -> impl Iterator<Item = char> {
    READABLE.chars().chain('\u{e9}'..)
}

/// How many of [`readable`] must be tried to have met every combination of sets, given how many are taken.
pub(super) fn enough_readable(taken: usize) -> usize {
    READABLE.len() + taken + 1
}
