//! `[genesys.credentials]` and the credential in `[genesys.web_services]`: where AWS keeps what rolecall must not know before it is
//! needed. No error repeats what stands there: it may be the secret itself.

use schemars::JsonSchema;
use serde::Deserialize;

use super::WebServicesCredential;
use super::form::{Form, Label, SecretArn, Text};
use super::note::Notes;
use super::take::{take, take_optional};
use crate::ports::secrets::{SecretId, SecretLocation, is_parameter_path, is_secret_name};

/// The section, or `None` after something was reported.
pub(super) fn check(raw: RawCredentials, notes: &mut Notes<'_>) -> Option<SecretLocation> {
    let RawCredentials { secret, secret_name, parameter } = raw;
    location(secret, secret_name, parameter, notes)
}

/// The credential for addresses, or `None` after something was reported.
pub(super) fn check_web_services(
    raw: RawWebServicesCredential,
    notes: &mut Notes<'_>,
) -> Option<WebServicesCredential> {
    let RawWebServicesCredential { kind, name, secret, secret_name, parameter } = raw;
    let type_name = take(kind, notes);
    let name = take_optional(name, notes);
    let source = location(secret, secret_name, parameter, notes);
    Some(WebServicesCredential { type_name: type_name?, name: name?, source: source? })
}

fn location(
    secret: Option<Text<SecretArn>>,
    secret_name: Option<Text<SecretName>>,
    parameter: Option<Text<SecureParameter>>,
    notes: &mut Notes<'_>,
) -> Option<SecretLocation> {
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

/// The type of a credential in Genesys Cloud. Which there are, Genesys Cloud says; no list of them is documented.
pub(super) enum CredentialType {}

impl Form for CredentialType {
    type Value = String;
    const EXAMPLE: &'static str = "basicAuth";
    const PATTERN: &'static str = "^[A-Za-z][A-Za-z0-9_.-]*$";
    const LENGTH: (usize, usize) = (1, 100);

    fn read(text: &str) -> Result<String, String> {
        let is_right = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        match begins && text.len() <= Self::LENGTH.1 && text.bytes().all(is_right) {
            true => Ok(text.to_owned()),
            false => Err(format!(
                "this is not the type of a credential: a letter, then up to 99 letters, digits and `_.-`; for example `{}`",
                Self::EXAMPLE
            )),
        }
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

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["secret"]}, {"required": ["secret_name"]}, {"required": ["parameter"]}]))]
pub(super) struct RawWebServicesCredential {
    /// The type of the credential in Genesys Cloud. rolecall asks Genesys Cloud which types the integration accepts.
    #[serde(rename = "type")]
    #[schemars(required)]
    pub(super) kind: Option<Text<CredentialType>>,
    /// Its name in Genesys Cloud; the role's name and `web services` when left out.
    #[schemars(extend("examples" = ["Orders (web services)"]))]
    pub(super) name: Option<Text<Label>>,
    /// The ARN of an AWS Secrets Manager secret that holds a JSON object: its texts are the fields of the credential. Either this,
    /// `secret_name` or `parameter`.
    pub(super) secret: Option<Text<SecretArn>>,
    /// The name of such a secret, in the account and the region that rolecall works in.
    pub(super) secret_name: Option<Text<SecretName>>,
    /// An SSM parameter of the type SecureString that holds such JSON: its name with its path, in the account and the region that
    /// rolecall works in, or its ARN.
    pub(super) parameter: Option<Text<SecureParameter>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["secret"]}, {"required": ["secret_name"]}, {"required": ["parameter"]}]))]
pub(super) struct RawCredentials {
    /// The ARN of an AWS Secrets Manager secret that holds JSON with client_id, client_secret, and base_url or region. Either this,
    /// `secret_name` or `parameter`.
    pub(super) secret: Option<Text<SecretArn>>,
    /// The name of such a secret, in the account and the region that rolecall works in.
    pub(super) secret_name: Option<Text<SecretName>>,
    /// An SSM parameter of the type SecureString that holds such JSON: its name with its path, in the account and the region that
    /// rolecall works in, or its ARN.
    pub(super) parameter: Option<Text<SecureParameter>>,
}
