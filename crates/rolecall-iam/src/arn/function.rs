//! Lambda's names: a function, and the alias or version at which it is called.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::{AccountId, InvalidName, Partition, Region, is_made_of, split_arn, wrong_arn};

name_type! {
    /// The name of a Lambda function.
    FunctionName, "a Lambda function name", "must be 1–64 letters, digits, hyphens or underscores",
    |text| is_made_of(text, 1..=64, b"-")
}

name_type! {
    /// What follows the function's name in a qualified ARN: an alias, a version number or `$LATEST`.
    Qualifier, "a Lambda qualifier",
    "must be an alias of 1–128 letters, digits, hyphens or underscores, a version number, or `$LATEST`",
    |text| matches!(text, "$LATEST" | "$LATEST.PUBLISHED") || is_made_of(text, 1..=128, b"-")
}

/// What a [`Qualifier`] names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QualifierKind {
    /// A name that its owner can point at another version at any time.
    Alias,
    /// A published version, which never changes.
    Version,
    /// `$LATEST` or `$LATEST.PUBLISHED`.
    Latest,
}

impl Qualifier {
    /// Tells an alias from a version: AWS forbids aliases that consist of digits only.
    #[must_use]
    pub fn kind(&self) -> QualifierKind {
        if self.0.starts_with('$') {
            QualifierKind::Latest
        } else if self.0.bytes().all(|byte| byte.is_ascii_digit()) {
            QualifierKind::Version
        } else {
            QualifierKind::Alias
        }
    }
}

/// A Lambda function, in the exact form in which it is called: unqualified, or at an alias or version.
///
/// The two forms are different resources to Lambda: a policy that names one does not cover the other (Lambda
/// Developer Guide, "Function resource names").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionArn {
    /// The partition of the account.
    pub partition: Partition,
    /// The region of the function.
    pub region: Region,
    /// The account that owns the function.
    pub account: AccountId,
    /// The name of the function.
    pub name: FunctionName,
    /// The alias or version, where the call names one.
    pub qualifier: Option<Qualifier>,
}

impl FunctionArn {
    /// The same function without an alias or version.
    #[must_use]
    pub fn unqualified(&self) -> Self {
        Self { qualifier: None, ..self.clone() }
    }

    /// The same function at this alias or version.
    #[must_use]
    pub fn qualified(&self, qualifier: Qualifier) -> Self {
        Self { qualifier: Some(qualifier), ..self.clone() }
    }
}

impl FromStr for FunctionArn {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let wrong = || {
            wrong_arn(
                "a Lambda function ARN",
                "expected `arn:aws:lambda:us-east-1:123456789012:function:name`, with or without `:alias` or `:version`",
                text,
            )
        };
        let Some([_, partition, "lambda", region, account, resource]) = split_arn(text) else {
            return Err(wrong());
        };
        let mut parts = resource.split(':');
        let (Some("function"), Some(name), qualifier, None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        Ok(Self {
            partition: partition.parse()?,
            region: region.parse()?,
            account: account.parse()?,
            name: name.parse()?,
            qualifier: qualifier.map(str::parse).transpose()?,
        })
    }
}

impl fmt::Display for FunctionArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, region, account, name, qualifier } = self;
        write!(formatter, "arn:{partition}:lambda:{region}:{account}:function:{name}")?;
        match qualifier {
            Some(qualifier) => write!(formatter, ":{qualifier}"),
            None => Ok(()),
        }
    }
}

serde_as_text!(FunctionArn);
