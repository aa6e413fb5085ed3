//! What a manifest keeps in Secrets Manager and in Parameter Store, as the resources that a policy names.

use super::aws::Home;
use super::template::{Filling, Fillings};
use crate::iam::arn::Arn;
use crate::manifest::Manifest;
use crate::ports::secrets::{SecretId, SecretLocation};

/// The fillings of the templates for callers: who asks Genesys Cloud reads the OAuth client, and who writes reads the rest too.
pub(super) fn fillings(manifest: &Manifest, home: &Home) -> Fillings {
    let genesys = manifest.party.genesys();
    let client = genesys.and_then(|it| it.credentials.as_ref());
    let written = genesys.and_then(|it| it.web_services_credential.as_ref()).map(|it| &it.source);
    let signing = manifest.notify.iter().filter_map(|it| it.webhook.as_ref()?.secret.as_ref());
    let topics = manifest.notify.iter().filter_map(|it| it.topic.as_ref());
    let (client_secrets, client_parameters) = resources(client, manifest, home);
    let (written_secrets, written_parameters) = resources(written, manifest, home);
    Fillings::from([
        ("client_secrets", Filling::List(client_secrets)),
        ("client_parameters", Filling::List(client_parameters)),
        ("written_secrets", Filling::List(written_secrets)),
        ("written_parameters", Filling::List(written_parameters)),
        ("signing_secrets", Filling::List(signing.map(Arn::to_string).collect())),
        ("topics", Filling::List(topics.map(Arn::to_string).collect())),
    ])
}

/// Secrets, and parameters.
fn resources(
    location: Option<&SecretLocation>,
    manifest: &Manifest,
    home: &Home,
) -> (Vec<String>, Vec<String>) {
    let arns = location.map(|location| resource_of(location, manifest, home)).into_iter().collect();
    match location {
        Some(SecretLocation::Parameter(_)) => (Vec::new(), arns),
        Some(SecretLocation::Secret(_)) | None => (arns, Vec::new()),
    }
}

/// A name is one of the caller's account and region; Secrets Manager ends its ARN with six random characters, which a policy writes
/// as `-??????` (Secrets Manager User Guide, "Identity-based policies").
fn resource_of(location: &SecretLocation, manifest: &Manifest, home: &Home) -> String {
    let region = manifest.access.region.as_ref().map_or("*", |region| region.as_str());
    let place = format!("{region}:{}", home.account);
    match location {
        SecretLocation::Secret(SecretId::Arn(arn)) | SecretLocation::Parameter(SecretId::Arn(arn)) => {
            arn.to_string()
        }
        SecretLocation::Secret(SecretId::Name(name)) => {
            format!("arn:{}:secretsmanager:{place}:secret:{name}-??????", home.partition)
        }
        SecretLocation::Parameter(SecretId::Name(name)) => {
            format!("arn:{}:ssm:{place}:parameter{name}", home.partition)
        }
    }
}
