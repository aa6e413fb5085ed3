//! Names that AWS gives to things, as types that cannot hold a wrong one.
//!
//! A value enters here once, as text, and is trusted afterwards. Every type refuses what AWS would refuse, with an
//! error that states the rule in one line; `Display` gives back exactly the text that was read. Lengths and character
//! sets are those of the AWS service models (IAM 2010-05-08, STS 2011-06-15, Lambda 2015-03-31); their `\w` is ASCII.
//!
//! Deliberately absent: wildcards. An ARN that holds `*` as a pattern belongs to [`super::document`].

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Text that AWS would not accept as this kind of name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not {kind}: {rule}", shorten(value))]
pub struct InvalidName {
    /// What was wanted, with its article: `a role name`.
    pub kind: &'static str,
    /// The rule that the text breaks.
    pub rule: &'static str,
    /// The text as it was given.
    pub value: String,
}

/// Control characters become visible (a trailing newline is a common mistake) and a huge value stays one line.
fn shorten(value: &str) -> String {
    const SHOWN: usize = 80;
    let mut shown: String = value.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if value.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

/// Serialises a type as its `Display` text and reads it back through `FromStr`.
macro_rules! serde_as_text {
    ($name:ident) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// A newtype over text with one rule.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $rule:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidName { kind: $kind, rule: $rule, value: text.to_owned() })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        serde_as_text!($name);
    };
}

mod function;
mod own;

pub use function::{FunctionArn, FunctionName, Qualifier, QualifierKind};
pub use own::Word;

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// True where the length is in range and every byte is a word character or one of `others`.
fn is_made_of(text: &str, lengths: std::ops::RangeInclusive<usize>, others: &[u8]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| is_word(byte) || others.contains(&byte))
}

/// Letters that IAM allows in the names of roles, users, policies and sessions, besides word characters.
const FRIENDLY: &[u8] = b"+=,.@-";

name_type! {
    /// An AWS account.
    AccountId, "an AWS account ID", "must be exactly 12 digits",
    |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

name_type! {
    /// A family of regions that shares nothing with the others: `aws`, `aws-cn`, `aws-us-gov`.
    Partition, "an AWS partition", "must be `aws`, or `aws-` and then lower-case letters and hyphens",
    |text| {
        text == "aws"
            || text.strip_prefix("aws-").is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            })
    }
}

/// How the names of regions begin that do not belong to the partition `aws`, as botocore's `partitions.json` has them.
const PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
];

impl Region {
    /// The partition that the region belongs to, by its name.
    #[must_use]
    pub fn partition(&self) -> &'static str {
        let found = PARTITIONS.iter().find(|(beginning, _)| self.as_str().starts_with(beginning));
        found.map_or("aws", |(_, partition)| partition)
    }
}

name_type! {
    /// A region, such as `us-east-1`, in the form that Lambda's function ARNs allow.
    Region, "an AWS region", "must look like `us-east-1`: an area, a place and a digit, joined by hyphens",
    is_region
}

/// Lambda's `(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}`.
fn is_region(text: &str) -> bool {
    let text = text.strip_prefix("eusc-").unwrap_or(text);
    let mut parts: Vec<&str> = text.split('-').collect();
    if parts.len() == 4 {
        let kind = parts.remove(1);
        let isolated = kind.strip_prefix("iso").is_some_and(|rest| {
            rest.is_empty() || (rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_lowercase()))
        });
        if kind != "gov" && !isolated {
            return false;
        }
    }
    let [area, place, digit] = parts.as_slice() else { return false };
    area.len() == 2
        && area.bytes().all(|byte| byte.is_ascii_lowercase())
        && !place.is_empty()
        && place.bytes().all(|byte| byte.is_ascii_lowercase())
        && digit.len() == 1
        && digit.bytes().all(|byte| byte.is_ascii_digit())
}

name_type! {
    /// The name of a role, without its path. IAM keeps names unique without regard to case.
    RoleName, "a role name", "must be 1–64 letters, digits or any of `_+=,.@-`",
    |text| is_made_of(text, 1..=64, FRIENDLY)
}

name_type! {
    /// The name of an IAM user, without its path.
    UserName, "a user name", "must be 1–64 letters, digits or any of `_+=,.@-`",
    |text| is_made_of(text, 1..=64, FRIENDLY)
}

name_type! {
    /// The path of a role or a user: `/` or `/a/b/`.
    RolePath, "a path", "must be `/`, or start and end with `/` and have up to 512 visible ASCII characters",
    |text| {
        text.len() <= 512
            && text.starts_with('/')
            && text.ends_with('/')
            && text.len() != 2
            && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
    }
}

impl Default for RolePath {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

name_type! {
    /// What a third party passes to `sts:AssumeRole` so that it cannot be tricked into acting for somebody else.
    ExternalId, "an external ID", "must be 2–1224 letters, digits or any of `_+=,.@:/-`",
    |text| is_made_of(text, 2..=1224, b"+=,.@:/-")
}

name_type! {
    /// The name of a customer-managed or inline policy, without its path.
    PolicyName, "a policy name", "must be 1–128 letters, digits or any of `_+=,.@-`",
    |text| is_made_of(text, 1..=128, FRIENDLY)
}

name_type! {
    /// The path of a managed policy: `/` or `/a/b/`.
    PolicyPath, "a policy path",
    "must be `/`, or start and end with `/` and have up to 512 letters, digits or any of `_+=,.@-/`",
    |text| {
        is_made_of(text, 1..=512, b"+=,.@-/") && text.starts_with('/') && text.ends_with('/')
    }
}

name_type! {
    /// The name that a caller of `sts:AssumeRole` gives to the session.
    SessionName, "a role session name", "must be 2–64 letters, digits or any of `_+=,.@-`",
    |text| is_made_of(text, 2..=64, FRIENDLY)
}

impl SessionName {
    /// A name that stands for any.
    pub(crate) fn example() -> Self {
        Self("session".to_owned())
    }
}

/// Any ARN, split at its first five colons. The resource part may hold further colons.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    /// `aws`, `aws-cn`, …
    pub partition: String,
    /// `iam`, `sts`, `lambda`, …
    pub service: String,
    /// Empty for global services.
    pub region: String,
    /// Twelve digits; empty or a word (`aws`) for some resources.
    pub account: String,
    /// Everything after the fifth colon.
    pub resource: String,
}

/// The six parts of an ARN without copying them; `None` where the text has no five colons after `arn`.
#[must_use]
pub fn split_arn(text: &str) -> Option<[&str; 6]> {
    let mut parts = text.splitn(6, ':');
    let split = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    (split[0] == "arn").then_some(split)
}

impl FromStr for Arn {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match split_arn(text) {
            Some([_, partition, service, region, account, resource])
                if !partition.is_empty() && !service.is_empty() && !resource.is_empty() =>
            {
                Ok(Self {
                    partition: partition.to_owned(),
                    service: service.to_owned(),
                    region: region.to_owned(),
                    account: account.to_owned(),
                    resource: resource.to_owned(),
                })
            }
            _ => Err(InvalidName {
                kind: "an ARN",
                rule: "expected `arn:partition:service:region:account:resource`",
                value: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, service, region, account, resource } = self;
        write!(formatter, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

serde_as_text!(Arn);

/// Text of an ARN that does not name a role, a policy or a function.
fn wrong_arn(kind: &'static str, rule: &'static str, value: &str) -> InvalidName {
    InvalidName { kind, rule, value: value.to_owned() }
}

/// Splits `role/some/path/name` into the path, with both slashes, and the name.
fn split_path<'a>(resource: &'a str, kind: &str) -> Option<(&'a str, &'a str)> {
    let path_and_name = resource.strip_prefix(kind)?;
    let slash = path_and_name.rfind('/')?;
    path_and_name.split_at_checked(slash + 1)
}

/// A role: `arn:aws:iam::123456789012:role/path/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleArn {
    /// The partition of the account.
    pub partition: Partition,
    /// The account that owns the role.
    pub account: AccountId,
    /// The path, `/` for most roles.
    pub path: RolePath,
    /// The name, without the path.
    pub name: RoleName,
}

impl RoleArn {
    /// A role that stands for any, where nobody says which one is meant.
    pub(crate) fn example() -> Self {
        Self {
            partition: Partition("aws".to_owned()),
            account: AccountId("111122223333".to_owned()),
            path: RolePath::default(),
            name: RoleName("the-role".to_owned()),
        }
    }
}

impl FromStr for RoleArn {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let wrong = || wrong_arn("a role ARN", "expected `arn:aws:iam::123456789012:role/name`", text);
        let Some([_, partition, "iam", "", account, resource]) = split_arn(text) else { return Err(wrong()) };
        let (path, name) = split_path(resource, "role").ok_or_else(wrong)?;
        Ok(Self {
            partition: partition.parse()?,
            account: account.parse()?,
            path: path.parse()?,
            name: name.parse()?,
        })
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, account, path, name } = self;
        write!(formatter, "arn:{partition}:iam::{account}:role{path}{name}")
    }
}

serde_as_text!(RoleArn);

/// The owner of a managed policy: a customer's account, or AWS itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PolicyOwner {
    /// A customer-managed policy.
    Account(AccountId),
    /// A policy that AWS maintains: `arn:aws:iam::aws:policy/…`.
    Aws,
}

/// A managed policy: `arn:aws:iam::123456789012:policy/path/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyArn {
    /// The partition of the account.
    pub partition: Partition,
    /// Who maintains the policy.
    pub owner: PolicyOwner,
    /// The path, `/` for most policies.
    pub path: PolicyPath,
    /// The name, without the path.
    pub name: PolicyName,
}

impl FromStr for PolicyArn {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let wrong =
            || wrong_arn("a managed policy ARN", "expected `arn:aws:iam::123456789012:policy/name`", text);
        let Some([_, partition, "iam", "", owner, resource]) = split_arn(text) else { return Err(wrong()) };
        let (path, name) = split_path(resource, "policy").ok_or_else(wrong)?;
        Ok(Self {
            partition: partition.parse()?,
            owner: if owner == "aws" { PolicyOwner::Aws } else { PolicyOwner::Account(owner.parse()?) },
            path: path.parse()?,
            name: name.parse()?,
        })
    }
}

impl fmt::Display for PolicyArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, owner, path, name } = self;
        let owner = match owner {
            PolicyOwner::Account(account) => account.as_str(),
            PolicyOwner::Aws => "aws",
        };
        write!(formatter, "arn:{partition}:iam::{owner}:policy{path}{name}")
    }
}

serde_as_text!(PolicyArn);
