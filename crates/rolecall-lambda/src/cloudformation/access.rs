//! What both resources in Genesys Cloud say: who rolecall is there, and which organization is meant.

use std::rc::Rc;

use rolecall::iam::arn::ExternalId;
use rolecall::ports::genesys::Organization;
use rolecall::ports::secrets::SecretLocation;
use rolecall_genesys::client::Client;
use rolecall_model::region::Region;
use serde_json::{Map, Value};

use super::properties::Properties;
use crate::connections::Connections;

/// The way to Genesys Cloud.
#[derive(Clone, Debug)]
pub(super) struct Access {
    secret: Option<SecretLocation>,
    region: Option<&'static Region>,
    /// The organization that the credentials must belong to, where it is stated.
    pub(super) organization: Option<ExternalId>,
}

impl Access {
    pub(super) fn read(properties: &mut Properties<'_>) -> Self {
        let secret = match properties.value("CredentialsSecret") {
            None => None,
            Some(value) => {
                // Whatever else stands there may be the secret itself, so the message does not repeat it.
                let location = value.as_str().and_then(SecretLocation::from_arn);
                if location.is_none() {
                    properties.fault(
                        "`CredentialsSecret` must be the ARN of a secret in AWS Secrets Manager or of a SecureString of SSM; \
                         what it holds never stands in a template"
                            .to_owned(),
                    );
                }
                location
            }
        };
        Self {
            secret,
            region: properties.optional("GenesysRegion"),
            organization: properties.optional("OrganizationId"),
        }
    }

    /// The way alone: what else is wrong with the properties of something that is to be deleted does not matter.
    pub(super) fn alone(properties: &Map<String, Value>) -> Result<Self, String> {
        let mut properties = Properties::of(properties);
        let access = Self::read(&mut properties);
        match properties.faults_so_far().as_slice() {
            [] => Ok(access),
            faults => Err(faults.join("; ")),
        }
    }

    /// Fails where the credentials are of another organization than the one that is stated: what it does not know, it would
    /// take for gone.
    pub(super) fn check(&self, actual: &Organization) -> Result<(), String> {
        match &self.organization {
            Some(stated) if stated.as_str() != actual.id => Err(format!(
                "the OAuth client belongs to organization `{}` ({}), and `OrganizationId` says {}",
                actual.name,
                actual.id,
                stated.as_str()
            )),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) async fn connect(&self, connections: &Connections) -> Result<Rc<Client>, String> {
        connections.genesys(self.secret.as_ref(), self.region).await
    }
}
