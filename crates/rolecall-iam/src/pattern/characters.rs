//! The character sets that wildcards and value shapes range over, and the order in which characters are shown.

use std::sync::LazyLock;

/// A set of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CharacterSet {
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

/// Every set, each at the place of its bit in a [`Memberships`].
const SETS: [CharacterSet; 11] = [
    CharacterSet::Any,
    CharacterSet::WithinArnPart,
    CharacterSet::Digit,
    CharacterSet::Alphanumeric,
    CharacterSet::Name,
    CharacterSet::Visible,
    CharacterSet::Host,
    CharacterSet::ExternalId,
    CharacterSet::Label,
    CharacterSet::FunctionName,
    CharacterSet::Qualifier,
];

/// Sets, one bit for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Memberships(u16);

impl Memberships {
    fn of(character: char) -> Self {
        let bits = SETS.iter().filter(|set| set.contains(character)).map(|set| 1 << *set as u16);
        Self(bits.fold(0, |all, bit: u16| all | bit))
    }

    pub(super) fn add(&mut self, set: CharacterSet) {
        self.0 |= 1 << set as u16;
    }

    fn among(self, sets: Self) -> Self {
        Self(self.0 & sets.0)
    }
}

/// What a walk needs of each readable character, worked out once: a proof asks some hundred thousand times.
struct Table {
    readable: Vec<(char, Memberships)>,
    beyond: Memberships,
    /// Every combination of sets that some character belongs to.
    combinations: Vec<Memberships>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let readable: Vec<(char, Memberships)> =
        READABLE.chars().map(|character| (character, Memberships::of(character))).collect();
    let beyond = Memberships::of(BEYOND);
    let mut combinations = vec![beyond];
    for (_, combination) in &readable {
        if !combinations.contains(combination) {
            combinations.push(*combination);
        }
    }
    Table { readable, beyond, combinations }
});

/// The first character of each combination of `sets` that is not `taken`, which is sorted.
pub(super) fn one_of_each(sets: Memberships, taken: &[char]) -> Vec<char> {
    let mut left: Vec<Memberships> = Vec::new();
    for combination in TABLE.combinations.iter().map(|combination| combination.among(sets)) {
        if !left.contains(&combination) {
            left.push(combination);
        }
    }
    let beyond = (BEYOND..).map(|character| (character, TABLE.beyond)).take(taken.len() + 1);
    let mut found = Vec::with_capacity(left.len() + taken.len());
    for (character, combination) in TABLE.readable.iter().copied().chain(beyond) {
        if left.is_empty() {
            break;
        }
        let combination = combination.among(sets);
        if let Some(place) = left.iter().position(|left| *left == combination)
            && taken.binary_search(&character).is_err()
        {
            left.swap_remove(place);
            found.push(character);
        }
    }
    found
}

impl CharacterSet {
    /// Whether `character` belongs to the set.
    pub(crate) fn contains(self, character: char) -> bool {
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

/// The first of the characters beyond the readable ones. There every set of this module but [`CharacterSet::Any`] and
/// [`CharacterSet::WithinArnPart`] is empty, so one unused character from there stands for all others.
const BEYOND: char = '\u{e9}';
