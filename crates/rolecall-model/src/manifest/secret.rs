//! `[genesys.credentials]`: where AWS keeps the OAuth client. No error repeats what stands there: it may be the secret itself.

use super::check::take_optional;
use super::form::Form;
use super::note::Notes;
use super::raw::RawCredentials;
use crate::ports::secrets::{SecretId, SecretLocation, is_parameter_path, is_secret_name};

/// The section, or `None` after something was reported.
pub(super) fn check(raw: RawCredentials, notes: &mut Notes<'_>) -> Option<SecretLocation> {
    let RawCredentials { secret, secret_name, parameter } = raw;
    let arn = take_optional(secret, notes)?;
    let name = take_optional(secret_name, notes)?;
    let parameter = take_optional(parameter, notes)?;
    match (arn, name, parameter) {
        (Some(arn), None, None) => Some(SecretLocation::Secret(SecretId::Arn(arn))),
        (None, Some(name), None) => Some(SecretLocation::Secret(SecretId::Name(name))),
        (None, None, Some(parameter)) => Some(parameter),
        // More than one, or none, was reported when the keys were looked at.
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) | (None, None, None) => None,
    }
}

/// The name of a secret of AWS Secrets Manager.
pub(super) enum SecretName {}

impl Form for SecretName {
    type Value = String;
    const EXAMPLE: &'static str = "genesys/rolecall";
    const PATTERN: &'static str = "^[A-Za-z0-9/_+=.@-]+$";
    const LENGTH: (usize, usize) = (1, 512);

    fn read(text: &str) -> Result<String, String> {
        match is_secret_name(text) {
            true => Ok(text.to_owned()),
            false => Err(format!(
                "this is not the name of a secret in AWS Secrets Manager: 1–512 letters, digits and `/_+=.@-`; an ARN belongs into \
                 `secret`; for example `{}`",
                Self::EXAMPLE
            )),
        }
    }
}

/// A parameter of SSM Parameter Store, by its name with its path or by its ARN.
pub(super) enum SecureParameter {}

impl Form for SecureParameter {
    type Value = SecretLocation;
    const EXAMPLE: &'static str = "/rolecall/genesys";
    const PATTERN: &'static str = "^(arn:.+:ssm:.+:[0-9]{12}:parameter)?/[A-Za-z0-9/_.-]+$";
    const LENGTH: (usize, usize) = (2, 2048);

    fn read(text: &str) -> Result<SecretLocation, String> {
        let by_name = || is_parameter_path(text).then(|| SecretId::Name(text.to_owned()));
        let by_arn = || match SecretLocation::from_arn(text) {
            Some(location @ SecretLocation::Parameter(_)) => Some(location),
            Some(SecretLocation::Secret(_)) | None => None,
        };
        by_name().map(SecretLocation::Parameter).or_else(by_arn).ok_or_else(|| {
            format!(
                "this is not a parameter of SSM: expected its name with its path, or its ARN, without a version; a secret of Secrets \
                 Manager belongs into `secret`, and a secret itself must not be in this file; for example `{}`",
                Self::EXAMPLE
            )
        })
    }
}
