//! A secret that is kept somewhere, read when it is needed; and how one names where.

use std::fmt;

use futures_util::future::LocalBoxFuture;
use secrecy::SecretString;

use super::AwsResult;
use crate::iam::arn::{AccountId, Arn, Partition, Region};

/// Reads one secret's current value.
pub trait ReadSecret: fmt::Debug {
    /// What messages call it: "the secret `genesys`", "the parameter `/genesys`".
    fn called(&self) -> String;
    /// Asks the store, each time. Boxed, so that who holds the reader needs no type parameter for it.
    fn read(&self) -> LocalBoxFuture<'_, AwsResult<SecretString>>;
}

/// Where AWS keeps a secret text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretLocation {
    /// A secret of Secrets Manager.
    Secret(SecretId),
    /// A `SecureString` of SSM Parameter Store.
    Parameter(SecretId),
}

/// How a secret or a parameter is named.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretId {
    /// By its ARN, which names region and account.
    Arn(Arn),
    /// By its name, in whichever region and account the caller works.
    Name(String),
}

impl SecretLocation {
    /// The secret or the parameter that an ARN names.
    #[must_use]
    pub fn from_arn(text: &str) -> Option<Self> {
        let arn: Arn = text.trim().parse().ok()?;
        let is_placed = arn.partition.parse::<Partition>().is_ok()
            && arn.region.parse::<Region>().is_ok()
            && arn.account.parse::<AccountId>().is_ok();
        let is_secret = || arn.resource.strip_prefix("secret:").is_some_and(|name| !name.is_empty());
        let is_parameter = || arn.resource.strip_prefix("parameter").is_some_and(is_parameter_path);
        match arn.service.as_str() {
            "secretsmanager" if is_placed && is_secret() => Some(Self::Secret(SecretId::Arn(arn))),
            "ssm" if is_placed && is_parameter() => Some(Self::Parameter(SecretId::Arn(arn))),
            _ => None,
        }
    }

    /// What messages call it.
    #[must_use]
    pub fn called(&self) -> String {
        let kind = match self {
            Self::Secret(_) => "secret",
            Self::Parameter(_) => "parameter",
        };
        format!("the {kind} `{self}`")
    }

    /// How it is named.
    #[must_use]
    pub fn id(&self) -> &SecretId {
        match self {
            Self::Secret(id) | Self::Parameter(id) => id,
        }
    }
}

impl fmt::Display for SecretLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(formatter)
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arn(arn) => arn.fmt(formatter),
            Self::Name(name) => formatter.write_str(name),
        }
    }
}

/// Whether this is a parameter's name with a path: `/team/name`, without a version or a label.
///
/// No parameter of a customer's begins with `aws` or `ssm` (SSM API Reference, `PutParameter`). What does is public, or leads to a
/// secret of Secrets Manager (`/aws/reference/secretsmanager/…`), which must be named as one.
#[must_use]
pub fn is_parameter_path(text: &str) -> bool {
    const LONGEST: usize = 1011;
    let Some(path) = text.strip_prefix('/').filter(|_| text.len() <= LONGEST) else { return false };
    let is_part = |part: &str| {
        let is_right = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        !["", ".", ".."].contains(&part) && part.bytes().all(is_right)
    };
    let is_reserved = |word: &str| path.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word));
    path.split('/').all(is_part) && !is_reserved("aws") && !is_reserved("ssm")
}

/// Whether Secrets Manager takes this as the name of a secret (API Reference, `CreateSecret`).
#[must_use]
pub fn is_secret_name(text: &str) -> bool {
    let is_right = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@-".contains(&byte);
    (1..=512).contains(&text.len()) && text.bytes().all(is_right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_secret_or_a_parameter() {
        let account = "us-east-1:123456789012";
        for (text, is_one) in [
            (format!("arn:aws:secretsmanager:{account}:secret:genesys-AbCdEf"), true),
            (format!(" arn:aws:ssm:{account}:parameter/rolecall/genesys\n"), true),
            (format!("arn:aws:ssm:{account}:parameter/rolecall/genesys:3"), false),
            (format!("arn:aws:ssm:{account}:parameter/aws/reference/secretsmanager/other"), false),
            (format!("arn:aws:ssm:{account}:parameter/SSM-thing"), false),
            (format!("arn:aws:ssm:{account}:parameter/"), false),
            (format!("arn:aws:ssm:{account}:parameter/a/../b"), false),
            (format!("arn:aws:ssm:{account}:document/name"), false),
            (format!("arn:aws:secretsmanager:{account}:secret:"), false),
            ("arn:aws:ssm:evil.example/:123456789012:parameter/name".to_owned(), false),
            ("arn:aws:secretsmanager:us-east-1::secret:genesys-AbCdEf".to_owned(), false),
            ("/rolecall/genesys".to_owned(), false),
            (String::new(), false),
        ] {
            let location = SecretLocation::from_arn(&text);
            assert_eq!(location.is_some(), is_one, "{text}");
            if let Some(location) = location {
                assert_eq!(location.to_string(), text.trim());
            }
        }
    }

    #[test]
    fn what_is_a_name() {
        for (text, is_parameter, is_secret) in [
            ("/rolecall/genesys", true, true),
            ("/a.b_c-d", true, true),
            ("rolecall", false, true),
            ("/", false, true),
            ("/a//b", false, true),
            ("/aws/reference/secretsmanager/other", false, true),
            ("/Aws", false, true),
            ("/a:3", false, false),
            ("a b", false, false),
            ("", false, false),
        ] {
            assert_eq!((is_parameter_path(text), is_secret_name(text)), (is_parameter, is_secret), "{text}");
        }
    }
}
