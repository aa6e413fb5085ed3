//! `[[grant]]`: what else than Lambda functions the role is for. Genesys Cloud has other integrations that assume a role.
//!
//! Deliberately absent: the actions that each kind needs. A manifest names resources; `policies/` says what is done with them.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::form::{Form, Text};
use super::note::{Notes, Span};
use super::take::{place, take_optional};
use crate::iam::arn::{AccountId, Arn, Region};

/// What else the role is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// Recordings are exported to a bucket.
    Recordings(Recordings),
    /// A bot of Amazon Lex V1 is talked to: one of its aliases.
    Lex(LexBot),
    /// A bot of Amazon Lex V2 is talked to: one of its aliases.
    LexV2(LexBotAlias),
    /// Speech is made of text by Amazon Polly.
    Polly,
}

/// Where recordings are exported to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recordings {
    /// The bucket.
    pub bucket: BucketName,
    /// What the keys of the objects begin with; every object of the bucket where nothing is stated.
    pub prefix: Option<KeyPrefix>,
    /// The key that the bucket is encrypted with, where it is a customer managed one.
    pub key: Option<KeyArn>,
}

impl Grant {
    /// The kind, as the manifest writes it.
    #[must_use]
    pub fn kind(&self) -> GrantKind {
        match self {
            Self::Recordings(_) => GrantKind::S3Recordings,
            Self::Lex(_) => GrantKind::Lex,
            Self::LexV2(_) => GrantKind::LexV2,
            Self::Polly => GrantKind::Polly,
        }
    }

    /// The keys and values that state this grant in a `[[grant]]` table.
    #[must_use]
    pub fn entries(&self) -> Vec<(&'static str, String)> {
        let kind = ("kind", self.kind().id().to_owned());
        let others = match self {
            Self::Recordings(Recordings { bucket, prefix, key }) => [
                Some(("bucket", bucket.to_string())),
                prefix.as_ref().map(|prefix| ("prefix", prefix.as_str().to_owned())),
                key.as_ref().map(|key| ("kms_key", key.to_string())),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Self::Lex(bot) => vec![("bot", bot.to_string())],
            Self::LexV2(alias) => vec![("bot_alias", alias.to_string())],
            Self::Polly => Vec::new(),
        };
        std::iter::once(kind).chain(others).collect()
    }

    /// The partition, where an ARN of the grant says it.
    #[must_use]
    pub fn partition(&self) -> Option<&str> {
        match self {
            Self::Recordings(Recordings { bucket: _, prefix: _, key }) => {
                key.as_ref().map(|key| key.0.partition.as_str())
            }
            Self::Lex(bot) => Some(bot.0.partition.as_str()),
            Self::LexV2(alias) => Some(alias.0.partition.as_str()),
            Self::Polly => None,
        }
    }
}

/// "s3-recordings `acme-recordings/genesys/`"
impl fmt::Display for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind().id();
        match self {
            Self::Recordings(Recordings { bucket, prefix, key: _ }) => {
                let prefix = prefix.as_ref().map_or("", KeyPrefix::as_str);
                write!(formatter, "{kind} `{bucket}/{prefix}`")
            }
            Self::Lex(bot) => write!(formatter, "{kind} `{bot}`"),
            Self::LexV2(alias) => write!(formatter, "{kind} `{alias}`"),
            Self::Polly => formatter.write_str(kind),
        }
    }
}

/// The kinds of grants. Functions have a section of their own, `[[target]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GrantKind {
    S3Recordings,
    Lex,
    LexV2,
    Polly,
}

impl GrantKind {
    /// As the manifest writes it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::S3Recordings => "s3-recordings",
            Self::Lex => "lex",
            Self::LexV2 => "lex-v2",
            Self::Polly => "polly",
        }
    }
}

/// The grants, or `None` where one of them was wrong and was reported.
pub(super) fn check_all(raws: Vec<Spanned<RawGrant>>, notes: &mut Notes<'_>) -> Option<Vec<Grant>> {
    let mut grants: Vec<Grant> = Vec::new();
    let mut all_right = true;
    for raw in raws {
        let span = raw.span();
        match check(raw.into_inner(), span.clone(), notes) {
            Some(grant) if grants.contains(&grant) => {
                notes.fault(Some(span), format!("the grant {grant} is listed twice; remove one"));
                all_right = false;
            }
            Some(grant) => {
                if let Some(message) = of_another_key(&grant, &grants) {
                    notes.fault(Some(span), message);
                    all_right = false;
                }
                grants.push(grant);
            }
            None => all_right = false,
        }
    }
    all_right.then_some(grants)
}

/// A bucket is encrypted with one key by default, so a second one is a mistake.
fn of_another_key(grant: &Grant, known: &[Grant]) -> Option<String> {
    let Grant::Recordings(Recordings { bucket, prefix: _, key }) = grant else {
        return None;
    };
    let differs = |other: &&Grant| match other {
        Grant::Recordings(other) => other.bucket == *bucket && other.key != *key,
        Grant::Lex(_) | Grant::LexV2(_) | Grant::Polly => false,
    };
    known
        .iter()
        .find(differs)
        .map(|_| format!("the bucket `{bucket}` has another `kms_key` in another [[grant]]; name one key"))
}

/// A key that only some kinds have.
struct OfKind<'k> {
    key: &'static str,
    kind: GrantKind,
    place: Option<&'k Span>,
}

fn check(raw: RawGrant, section: std::ops::Range<usize>, notes: &mut Notes<'_>) -> Option<Grant> {
    let RawGrant { kind, bucket, prefix, kms_key, bot, bot_alias } = raw;
    let places = [
        ("bucket", GrantKind::S3Recordings, bucket.is_some(), place(bucket.as_ref())),
        ("prefix", GrantKind::S3Recordings, prefix.is_some(), place(prefix.as_ref())),
        ("kms_key", GrantKind::S3Recordings, kms_key.is_some(), place(kms_key.as_ref())),
        ("bot", GrantKind::Lex, bot.is_some(), place(bot.as_ref())),
        ("bot_alias", GrantKind::LexV2, bot_alias.is_some(), place(bot_alias.as_ref())),
    ];
    let stated = places.iter().map(|(key, kind, is_there, place)| OfKind {
        key,
        kind: *kind,
        place: is_there.then_some(place),
    });
    let bucket = take_optional(bucket, notes);
    let prefix = take_optional(prefix, notes);
    let key = take_optional(kms_key, notes);
    let bot = take_optional(bot, notes);
    let alias = take_optional(bot_alias, notes);
    // A missing kind was reported when the keys were looked at.
    let kind = kind?;
    let mut is_right = true;
    for OfKind { key, kind: of, place } in stated {
        if let Some(place) = place.filter(|_| of != kind) {
            let message =
                format!("`{key}` goes only with the kind `{}`, and this grant is `{}`", of.id(), kind.id());
            notes.fault(place.clone(), message);
            is_right = false;
        }
    }
    let (bucket, prefix, key, bot, alias) = (bucket?, prefix?, key?, bot?, alias?);
    let mut missing = |key: &str| {
        notes.fault(
            Some(section.clone()),
            format!("missing key `{key}`: a grant of the kind `{}` needs it", kind.id()),
        );
    };
    let grant = match (kind, bucket, bot, alias) {
        (GrantKind::S3Recordings, Some(bucket), _, _) => {
            Grant::Recordings(Recordings { bucket, prefix, key })
        }
        (GrantKind::Lex, _, Some(bot), _) => Grant::Lex(bot),
        (GrantKind::LexV2, _, _, Some(alias)) => Grant::LexV2(alias),
        (GrantKind::Polly, ..) => Grant::Polly,
        (GrantKind::S3Recordings, None, _, _) => {
            missing("bucket");
            return None;
        }
        (GrantKind::Lex, _, None, _) => {
            missing("bot");
            return None;
        }
        (GrantKind::LexV2, _, _, None) => {
            missing("bot_alias");
            return None;
        }
    };
    is_right.then_some(grant)
}

/// The name of an S3 bucket: 3–63 lower-case letters, digits, dots and hyphens (Amazon S3 User Guide, "General purpose bucket
/// naming rules").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BucketName(String);

impl BucketName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for BucketName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_end =
            |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
        let is_right = (3..=63).contains(&text.len())
            && text.bytes().all(is_inner)
            && is_end(text.bytes().next())
            && is_end(text.bytes().next_back())
            && !text.contains("..")
            && text.parse::<std::net::Ipv4Addr>().is_err();
        match is_right {
            true => Ok(Self(text.to_owned())),
            false => Err(format!(
                "`{}` is not the name of a bucket: 3–63 lower-case letters, digits, hyphens and single dots, not like an IP address, \
                 without `arn:` and without a path; for example `{}`",
                text.escape_debug(),
                Self::EXAMPLE
            )),
        }
    }
}

/// What the keys of objects begin with, up to a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPrefix(String);

impl KeyPrefix {
    /// The prefix as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // In a policy `*` and `?` would be wildcards and `${` a variable, whatever the prefix means by them.
        let is_plain = |character: char| {
            !character.is_control() && !character.is_whitespace() && !"*?$".contains(character)
        };
        let is_right = text.ends_with('/') && !text.starts_with('/') && text.chars().all(is_plain);
        match is_right && text.len() <= 512 {
            true => Ok(Self(text.to_owned())),
            false => Err(format!(
                "`{}` is not a prefix: it ends with `/`, does not begin with `/`, and has no blanks and none of `*?$`; for example `{}`",
                text.escape_debug(),
                Self::EXAMPLE
            )),
        }
    }
}

/// A newtype over the ARN of one kind of resource.
macro_rules! arn_type {
    ($(#[$doc:meta])* $name:ident, $service:literal, $accepts:expr, $rule:literal, $example:literal, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name(Arn);

        impl $name {
            /// The ARN.
            #[must_use]
            pub fn arn(&self) -> &Arn {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let accepts: fn(&str) -> bool = $accepts;
                let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_/:".contains(character);
                let arn = text.parse::<Arn>().ok().filter(|arn| {
                    arn.service == $service
                        && arn.region.parse::<Region>().is_ok()
                        && arn.account.parse::<AccountId>().is_ok()
                        && arn.resource.chars().all(is_plain)
                        && accepts(&arn.resource)
                });
                arn.map(Self).ok_or_else(|| format!("`{}` is not {}; for example `{}`", text.escape_debug(), $rule, $example))
            }
        }

        impl Form for $name {
            type Value = Self;
            const EXAMPLE: &'static str = $example;
            const PATTERN: &'static str = $pattern;
            const LENGTH: (usize, usize) = (20, 2048);

            fn read(text: &str) -> Result<Self, String> {
                text.parse()
            }
        }
    };
}

/// Whether the text is these parts, each of them not empty.
fn is_path<const PARTS: usize>(text: &str, first: &str, separator: char) -> bool {
    let others = text.contains([':', '/'].into_iter().find(|other| *other != separator).unwrap_or(':'));
    let parts: Vec<&str> = text.split(separator).collect();
    !others
        && parts.len() == PARTS
        && parts.first() == Some(&first)
        && parts.iter().all(|part| !part.is_empty())
}

arn_type! {
    /// A key of AWS KMS. A policy that names an alias allows nothing with the key behind it (AWS KMS Developer Guide,
    /// "Using aliases to control access to KMS keys").
    KeyArn, "kms", |resource| is_path::<2>(resource, "key", '/'),
    "the ARN of a KMS key (of the key itself, not of an alias)",
    "arn:aws:kms:us-east-1:123456789012:key/0f6b2c1e-8a4d-4c57-9d0e-3b1f6a7c2e90",
    "^arn:.+:kms:.+:[0-9]{12}:key/.+$"
}

arn_type! {
    /// An alias of a bot of Amazon Lex V1.
    LexBot, "lex", |resource| is_path::<3>(resource, "bot", ':'),
    "the ARN of an alias of an Amazon Lex V1 bot (`bot:NAME:ALIAS`)",
    "arn:aws:lex:us-east-1:123456789012:bot:OrderFlowers:prod",
    "^arn:.+:lex:.+:[0-9]{12}:bot:[^:]+:[^:]+$"
}

arn_type! {
    /// An alias of a bot of Amazon Lex V2.
    LexBotAlias, "lex", |resource| is_path::<3>(resource, "bot-alias", '/'),
    "the ARN of an alias of an Amazon Lex V2 bot (`bot-alias/BOT-ID/ALIAS-ID`)",
    "arn:aws:lex:us-east-1:123456789012:bot-alias/ABCDEFGHIJ/KLMNOPQRST",
    "^arn:.+:lex:.+:[0-9]{12}:bot-alias/[^/]+/[^/]+$"
}

impl Form for BucketName {
    type Value = Self;
    const EXAMPLE: &'static str = "acme-recordings";
    const PATTERN: &'static str = "^[a-z0-9][a-z0-9.-]*[a-z0-9]$";
    const LENGTH: (usize, usize) = (3, 63);

    fn read(text: &str) -> Result<Self, String> {
        text.parse()
    }
}

impl Form for KeyPrefix {
    type Value = Self;
    const EXAMPLE: &'static str = "genesys/";
    const PATTERN: &'static str = "^[^/*?$][^*?$]*/$";
    const LENGTH: (usize, usize) = (2, 512);

    fn read(text: &str) -> Result<Self, String> {
        text.parse()
    }
}

impl LexBot {
    /// The bot's name.
    #[must_use]
    pub fn bot(&self) -> &str {
        self.0.resource.split(':').nth(1).unwrap_or_default()
    }
}

impl LexBotAlias {
    /// The bot's ID.
    #[must_use]
    pub fn bot(&self) -> &str {
        self.0.resource.split('/').nth(1).unwrap_or_default()
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("allOf" = [
    {
        "if": {"properties": {"kind": {"const": "s3-recordings"}}, "required": ["kind"]},
        "then": {"required": ["bucket"]},
        "else": {"properties": {"bucket": false, "prefix": false, "kms_key": false}},
    },
    {
        "if": {"properties": {"kind": {"const": "lex"}}, "required": ["kind"]},
        "then": {"required": ["bot"]},
        "else": {"properties": {"bot": false}},
    },
    {
        "if": {"properties": {"kind": {"const": "lex-v2"}}, "required": ["kind"]},
        "then": {"required": ["bot_alias"]},
        "else": {"properties": {"bot_alias": false}},
    },
]))]
pub(super) struct RawGrant {
    /// What it is: recordings that are exported to an S3 bucket, a bot of Amazon Lex V1 or V2, or Amazon Polly.
    #[schemars(required)]
    pub(super) kind: Option<GrantKind>,
    /// With `s3-recordings`: the bucket.
    pub(super) bucket: Option<Text<BucketName>>,
    /// With `s3-recordings`: what the keys of the objects begin with; every object of the bucket when left out.
    pub(super) prefix: Option<Text<KeyPrefix>>,
    /// With `s3-recordings`: the customer managed key of AWS KMS that the bucket is encrypted with.
    pub(super) kms_key: Option<Text<KeyArn>>,
    /// With `lex`: the ARN of the bot's alias.
    pub(super) bot: Option<Text<LexBot>>,
    /// With `lex-v2`: the ARN of the bot's alias.
    pub(super) bot_alias: Option<Text<LexBotAlias>>,
}
