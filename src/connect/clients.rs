//! Clients of Genesys Cloud: whoever has the same credentials shares one, with its token and the rate that it may use.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use rolecall_aws::{Aws, HAS_SSM};
use rolecall_genesys::client::{Client, Patience};
use rolecall_genesys::credentials::{CredentialError, CredentialSource};
use rolecall_model::region::Region;
use tokio::sync::OnceCell;

use crate::manifest::{Access, Genesys};
use crate::ports::calls::Calls;
use crate::ports::genesys::{GenesysRead, GenesysResult, Organization};
use crate::ports::secrets::{ReadSecret, SecretId, SecretLocation};

/// A client that many manifests share; its organization is asked for once.
#[derive(Clone, Debug)]
pub struct SharedClient {
    pub client: Rc<Client>,
    organization: Rc<OnceCell<Organization>>,
}

impl SharedClient {
    /// The organization that the credentials belong to.
    pub async fn organization(&self) -> GenesysResult<Organization> {
        self.organization.get_or_try_init(|| self.client.organization()).await.cloned()
    }
}

/// The clients made so far. A clone shares them.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    known: Rc<RefCell<HashMap<String, SharedClient>>>,
    /// Where the credentials are kept of manifests that name none.
    fallback: Option<(SecretLocation, Aws)>,
}

impl Clients {
    /// Manifests that name no credentials use the secret, which `aws` reads.
    pub fn with_secret(secret: SecretLocation, aws: Aws) -> Self {
        Self { fallback: Some((secret, aws)), ..Self::default() }
    }

    /// The client of that name, made where there is none yet.
    pub fn share<E>(
        &self,
        name: String,
        make: impl FnOnce() -> Result<Client, E>,
    ) -> Result<SharedClient, E> {
        if let Some(known) = self.known.borrow().get(&name) {
            return Ok(known.clone());
        }
        let shared = SharedClient { client: Rc::new(make()?), organization: Rc::default() };
        self.known.borrow_mut().insert(name, shared.clone());
        Ok(shared)
    }

    /// Forgets what was counted, and what the organizations are: for programs that live longer than a command.
    pub fn begin_anew(&self) {
        for shared in self.known.borrow_mut().values_mut() {
            shared.client.calls().forget();
            shared.organization = Rc::default();
        }
    }

    /// Whether the credentials are named for the manifest, by itself or for all.
    pub(super) fn are_named(&self, genesys: &Genesys) -> bool {
        genesys.credentials.is_some() || self.fallback.is_some()
    }

    /// The client for a manifest.
    pub(super) fn of(
        &self,
        genesys: &Genesys,
        access: &Access,
        aws: &Aws,
        deadline: Duration,
    ) -> Result<SharedClient, CredentialError> {
        let region = genesys.region;
        match (&genesys.credentials, &self.fallback) {
            (None, Some((secret, aws))) => self.share(format!("{region} {secret:?}"), || {
                let source = CredentialSource::Secret { store: kept(secret, aws)?, region };
                Ok(Client::new(source, Patience::until(deadline), Calls::default()))
            }),
            (Some(secret), _) => {
                // A name stands for different secrets in different accounts and regions.
                let place = match secret.id() {
                    SecretId::Arn(_) => String::new(),
                    SecretId::Name(_) => format!(" {:?} {:?}", access, aws.region()),
                };
                self.share(format!("{region} {secret:?}{place}"), || connect(Some(genesys), aws, deadline))
            }
            (None, None) => self.of_environment(genesys, deadline),
        }
    }

    /// The client of the environment, for a manifest that names no credentials: AWS is not needed.
    pub(super) fn of_environment(
        &self,
        genesys: &Genesys,
        deadline: Duration,
    ) -> Result<SharedClient, CredentialError> {
        let region = genesys.region;
        self.share(region.to_string(), || connect_from_environment(Some(region), deadline))
    }
}

/// A client with the credentials that the manifest names, else those of the environment.
pub fn connect(genesys: Option<&Genesys>, aws: &Aws, deadline: Duration) -> Result<Client, CredentialError> {
    let secret = genesys.and_then(|genesys| Some((genesys.credentials.as_ref()?, genesys.region)));
    let Some((secret, region)) = secret else {
        return connect_from_environment(genesys.map(|genesys| genesys.region), deadline);
    };
    let source = CredentialSource::Secret { store: kept(secret, aws)?, region };
    Ok(Client::new(source, Patience::until(deadline), Calls::default()))
}

/// A client with the credentials of the environment. Nothing of AWS is read for it: not even its configuration, which may look for
/// a region on the network.
pub fn connect_from_environment(
    region: Option<&'static Region>,
    deadline: Duration,
) -> Result<Client, CredentialError> {
    let source = CredentialSource::from_environment(|name| std::env::var(name).ok(), region)?;
    Ok(Client::new(source, Patience::until(deadline), Calls::default()))
}

/// The reader of the credential for addresses, where rolecall makes it. Reads nothing yet.
pub(super) fn secret_of(
    genesys: &Genesys,
    aws: &Aws,
) -> Result<Option<Box<dyn ReadSecret>>, CredentialError> {
    let made = genesys.web_services_credential.as_ref();
    let Some(credential) = made.filter(|_| genesys.managed_by.is_none()) else { return Ok(None) };
    match &credential.source {
        SecretLocation::Parameter(id) if !HAS_SSM => {
            let (section, what) = ("[genesys.web_services.credential]", "the credential's values");
            Err(CredentialError::NoParameters { section, what, parameter: id.to_string() })
        }
        location @ (SecretLocation::Secret(_) | SecretLocation::Parameter(_)) => Ok(Some(aws.kept(location))),
    }
}

/// The reader of what is kept there; an error where this build has none.
fn kept(location: &SecretLocation, aws: &Aws) -> Result<Box<dyn ReadSecret>, CredentialError> {
    match location {
        SecretLocation::Parameter(id) if !HAS_SSM => {
            let (section, what) = ("[genesys.credentials]", "the OAuth client");
            Err(CredentialError::NoParameters { section, what, parameter: id.to_string() })
        }
        SecretLocation::Secret(_) | SecretLocation::Parameter(_) => Ok(aws.kept(location)),
    }
}
