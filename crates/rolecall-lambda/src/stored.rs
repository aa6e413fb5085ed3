//! Texts by reference: a manifest or a definition that is kept in S3, in SSM Parameter Store or in Secrets Manager.
//!
//! A text that begins like a reference is one, or is wrong: neither TOML nor JSON begins with `s3://` or `arn:`. What was
//! kept encrypted for its value's sake says so, for no message may quote from it.

use std::fmt;

use rolecall::aws::{Aws, Parameter};
use rolecall::iam::arn::{Arn, Partition, Region};
use rolecall::ports::secrets::ReadSecret as _;
use rolecall::ports::{AwsError, AwsErrorKind};
use secrecy::SecretString;

/// A manifest or a definition is a few kilobytes; whatever is larger was named by mistake. (A parameter has 8 KB at most, a
/// secret 64.)
pub(crate) const LARGEST: usize = 1024 * 1024;

/// How much of a text that is no reference is shown.
const SHOWN: usize = 200;

/// Where a text is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    /// `s3://bucket/key`, or one version of it: `s3://bucket/key?versionId=…`. The key is written as it is.
    Object { bucket: String, key: String, version: Option<String> },
    /// A parameter of SSM Parameter Store, by its ARN.
    Parameter(Arn),
    /// A secret of Secrets Manager, by its ARN.
    Secret(Arn),
}

/// A text that was kept somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) text: SecretString,
    /// Whether it was kept as a secret: then no message may quote from it.
    pub(crate) is_secret: bool,
}

/// Text that begins like a reference, and is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{reference}` names nothing that can be read: {rule}")]
pub(crate) struct InvalidReference {
    reference: String,
    rule: &'static str,
}

/// Why a text could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoredError {
    #[error("cannot read `{reference}`: {error}{}", advice(error))]
    Aws { reference: Reference, error: AwsError },
    #[error("`{reference}` has more than {largest} bytes; check that this is the right object")]
    TooLarge { reference: Reference, largest: usize },
    #[error("`{reference}` is not text in UTF-8")]
    NotText { reference: Reference },
}

impl Reference {
    /// The reference that a text is; `None` where it is the text itself.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, InvalidReference> {
        let text = text.trim();
        let wrong = |rule| {
            let first_line = text.lines().next().unwrap_or_default();
            InvalidReference { reference: first_line.chars().take(SHOWN).collect(), rule }
        };
        if let Some(object) = text.strip_prefix("s3://") {
            return object_of(object).map(Some).map_err(wrong);
        }
        if !text.starts_with("arn:") {
            return Ok(None);
        }
        const RULE: &str = "an ARN is that of a parameter (arn:aws:ssm:us-east-1:123456789012:parameter/name) or of a secret \
                            (arn:aws:secretsmanager:us-east-1:123456789012:secret:name-AbCdEf); objects in S3 read \
                            s3://bucket/key";
        let arn: Arn = text.parse().map_err(|_| wrong(RULE))?;
        let is_placed = arn.partition.parse::<Partition>().is_ok() && arn.region.parse::<Region>().is_ok();
        let names = |kind: &str| arn.resource.strip_prefix(kind).is_some_and(is_path);
        match arn.service.as_str() {
            "ssm" if is_placed && names("parameter/") => Ok(Some(Self::Parameter(arn))),
            "secretsmanager" if is_placed && names("secret:") => Ok(Some(Self::Secret(arn))),
            _ => Err(wrong(RULE)),
        }
    }

    /// The same, whichever version of it is meant.
    pub(crate) fn place(&self) -> String {
        match self {
            Self::Object { bucket, key, version: _ } => format!("s3://{bucket}/{key}"),
            Self::Parameter(_) | Self::Secret(_) => self.to_string(),
        }
    }

    /// Reads the text.
    pub(crate) async fn read(&self, aws: &Aws) -> Result<Stored, StoredError> {
        self.read_up_to(aws, LARGEST).await
    }

    /// The same, of a text that may be larger or must be smaller than a manifest.
    pub(crate) async fn read_up_to(&self, aws: &Aws, largest: usize) -> Result<Stored, StoredError> {
        let failed = |error| StoredError::Aws { reference: self.clone(), error };
        match self {
            Self::Object { bucket, key, version } => {
                let bytes = aws.object(bucket, key, version.as_deref(), largest).await.map_err(failed)?;
                let bytes =
                    bytes.ok_or_else(|| StoredError::TooLarge { reference: self.clone(), largest })?;
                let text =
                    String::from_utf8(bytes).map_err(|_| StoredError::NotText { reference: self.clone() })?;
                Ok(Stored { text: text.into(), is_secret: false })
            }
            Self::Parameter(arn) => {
                let Parameter { value, is_secure } = aws.parameter(arn).await.map_err(failed)?;
                Ok(Stored { text: value, is_secret: is_secure })
            }
            Self::Secret(arn) => {
                let text = aws.secret(arn).read().await.map_err(failed)?;
                Ok(Stored { text, is_secret: true })
            }
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { version: Some(version), .. } => {
                write!(formatter, "{}?versionId={version}", self.place())
            }
            Self::Object { version: None, .. } => formatter.write_str(&self.place()),
            Self::Parameter(arn) | Self::Secret(arn) => arn.fmt(formatter),
        }
    }
}

/// What stands after `s3://`. Buckets and keys have the lengths and letters of the S3 User Guide ("General purpose bucket
/// naming rules", "Object key naming").
fn object_of(text: &str) -> Result<Reference, &'static str> {
    let (object, version) = match text.rsplit_once("?versionId=") {
        Some((_, "")) => return Err("`versionId` has no value"),
        Some((object, version)) => (object, Some(version.to_owned())),
        None => (text, None),
    };
    let (bucket, key) = object.split_once('/').unwrap_or((object, ""));
    let is_right = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(is_right) {
        return Err("a bucket has 3 to 63 lower-case letters, digits, dots or hyphens");
    }
    if !is_path(key) || key.len() > 1024 || key.contains(char::is_control) {
        return Err("expected s3://bucket/key with the key of one object, without empty parts, `.` or `..`");
    }
    Ok(Reference::Object { bucket: bucket.to_owned(), key: key.to_owned(), version })
}

/// Whether a name can stand for a file: none of its parts leads elsewhere.
fn is_path(name: &str) -> bool {
    name.split('/').all(|part| !["", ".", ".."].contains(&part))
}

/// What is to be done about a refusal.
fn advice(error: &AwsError) -> String {
    if error.kind != AwsErrorKind::AccessDenied {
        return String::new();
    }
    let permission = error.operation;
    // "If you don't have the s3:ListBucket permission, Amazon S3 returns […] 403" (S3 API Reference, GetObject).
    let or_gone = match permission.starts_with("s3:") {
        true => {
            "; if it has that, there is no such object: S3 says so only to callers that may s3:ListBucket"
        }
        false => "",
    };
    format!("; the function's role needs the permission {permission}{or_gone}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(bucket: &str, key: &str, version: Option<&str>) -> Option<Reference> {
        let version = version.map(str::to_owned);
        Some(Reference::Object { bucket: bucket.to_owned(), key: key.to_owned(), version })
    }

    #[test]
    fn what_is_a_reference() {
        let parameter = "arn:aws:ssm:eu-central-1:123456789012:parameter/rolecall/orders";
        let numbered = "arn:aws:ssm:eu-central-1:123456789012:parameter/rolecall/orders:3";
        let secret = "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:orders-AbCdEf";
        for (text, expected) in [
            ("", None),
            ("version = 1\n", None),
            ("{\"name\": \"s3://bucket/key\"}", None),
            ("# s3://bucket/key", None),
            ("s3://manifests/rolecall.toml", object("manifests", "rolecall.toml", None)),
            (" s3://manifests/rolecall.toml\n", object("manifests", "rolecall.toml", None)),
            ("s3://man.if-3sts/a/b c%20ü?x.toml", object("man.if-3sts", "a/b c%20ü?x.toml", None)),
            ("s3://manifests/a.toml?versionId=3/L4kq", object("manifests", "a.toml", Some("3/L4kq"))),
            ("s3://manifests/a?versionId=1?versionId=2", object("manifests", "a?versionId=1", Some("2"))),
            (parameter, Some(Reference::Parameter(parameter.parse().unwrap()))),
            (numbered, Some(Reference::Parameter(numbered.parse().unwrap()))),
            (secret, Some(Reference::Secret(secret.parse().unwrap()))),
        ] {
            let parsed = Reference::parse(text);
            assert_eq!(parsed.as_ref(), Ok(&expected), "{text}");
            if let Some(reference) = expected {
                assert_eq!(reference.to_string(), text.trim());
                assert!(text.trim().starts_with(&reference.place()));
            }
        }
    }

    #[test]
    fn what_begins_like_one_and_is_none() {
        for text in [
            "s3://",
            "s3://bucket",
            "s3://bucket/",
            "s3://bucket/folder/",
            "s3:///key",
            "s3://Bucket/key",
            "s3://no/key",
            "s3://bucket/a/../../b",
            "s3://bucket/./b",
            "s3://bucket//b",
            "arn:aws:ssm:us-east-1:123456789012:parameter/../name",
            "s3://bucket/key?versionId=",
            "s3://bucket/line\nversion = 1",
            "arn:",
            "arn:aws:s3:::bucket/key",
            "arn:aws:ssm:us-east-1:123456789012:document/name",
            "arn:aws:ssm:us-east-1:123456789012:parameter/",
            "arn:aws:ssm::123456789012:parameter/name",
            "arn:aws:ssm:evil.example/:123456789012:parameter/name",
            "arn:aws:secretsmanager:us-east-1:123456789012:name",
        ] {
            let error = Reference::parse(text).unwrap_err();
            assert!(error.to_string().contains(text.lines().next().unwrap()), "{error}");
        }
    }
}
