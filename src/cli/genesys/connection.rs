//! The way to Genesys Cloud of a command that may work without a manifest.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use rolecall::aws::Aws;
use rolecall::iam::arn::Arn;
use rolecall::manifest::{Manifest, ManifestError};
use rolecall::ports::calls::Calls;
use rolecall::ports::genesys::{GenesysRead, GenesysResult, Organization};
use rolecall::sandbox::Sandbox;
use rolecall_genesys::client::{Client, Patience};
use rolecall_genesys::credentials::{CredentialError, CredentialSource};
use tokio::sync::OnceCell;

use crate::cli::context::{load_manifest, sandbox_state, settings, start_sandbox};
use crate::cli::failure::CommandResult;
use crate::cli::options::AwsOptions;
use crate::cli::printer::Printer;

/// What such a command works with.
pub(crate) struct Connection {
    pub(crate) manifest: Option<Manifest>,
    pub(crate) aws: Aws,
    pub(crate) client: Client,
    /// Serves while it lives.
    _sandbox: Option<Sandbox>,
}

impl Connection {
    /// Reads the manifest, where there is one, and prepares the clients; contacts nobody.
    pub(crate) async fn open(options: &AwsOptions, printer: &mut Printer) -> CommandResult<Self> {
        printer.show_calls(options.common.verbose > 0);
        let manifest = match load_manifest(&options.common, options.sandbox, printer) {
            Ok((manifest, _)) => Some(manifest),
            Err(ManifestError::Missing { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let mut sandbox = None;
        if let (true, Some(manifest)) = (options.sandbox, &manifest) {
            let state = sandbox_state(options.common.file(), &[manifest], printer)?;
            sandbox = Some(start_sandbox(options.common.file(), || state)?);
        }
        let access = manifest.as_ref().map(|manifest| manifest.access.clone()).unwrap_or_default();
        let aws = Aws::connect(&settings(options, &access, sandbox.as_ref())).await;
        let client = match &sandbox {
            Some(sandbox) => connect_to_sandbox(sandbox, options.deadline)?,
            None => connect(manifest.as_ref(), &aws, options.deadline)?,
        };
        Ok(Self { manifest, aws, client, _sandbox: sandbox })
    }
}

/// The client of the sandbox's organisation.
pub(crate) fn connect_to_sandbox(sandbox: &Sandbox, deadline: Duration) -> Result<Client, CredentialError> {
    let environment = sandbox.genesys_environment();
    let lookup =
        |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
    let source = CredentialSource::from_environment(lookup, None)?;
    Ok(Client::new(source, Patience::until(deadline), Calls::default()))
}

/// A client that many manifests share, with its token and the rate that it may use; its organisation is asked for once.
#[derive(Clone, Debug)]
pub(crate) struct SharedClient {
    pub(crate) client: Rc<Client>,
    organization: Rc<OnceCell<Organization>>,
}

impl SharedClient {
    pub(crate) async fn organization(&self) -> GenesysResult<Organization> {
        self.organization.get_or_try_init(|| self.client.organization()).await.cloned()
    }
}

/// The clients made so far: whoever has the same credentials shares one. A clone shares them too.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    known: Rc<RefCell<HashMap<String, SharedClient>>>,
    /// Where the credentials are kept of manifests that name none.
    fallback: Option<(Arn, Aws)>,
}

impl Clients {
    /// Manifests that name no credentials use the secret, which `aws` reads.
    pub fn with_secret(secret: Arn, aws: Aws) -> Self {
        Self { fallback: Some((secret, aws)), ..Self::default() }
    }

    /// The client of that name, made where there is none yet.
    pub fn share<E>(&self, name: String, make: impl FnOnce() -> Result<Client, E>) -> Result<Rc<Client>, E> {
        self.shared(name, make).map(|shared| shared.client)
    }

    /// Forgets what was counted, and what the organisations are: for programs that live longer than a command.
    pub fn begin_anew(&self) {
        for shared in self.known.borrow_mut().values_mut() {
            shared.client.calls().forget();
            shared.organization = Rc::default();
        }
    }

    fn shared<E>(&self, name: String, make: impl FnOnce() -> Result<Client, E>) -> Result<SharedClient, E> {
        if let Some(known) = self.known.borrow().get(&name) {
            return Ok(known.clone());
        }
        let shared = SharedClient { client: Rc::new(make()?), organization: Rc::default() };
        self.known.borrow_mut().insert(name, shared.clone());
        Ok(shared)
    }

    /// Whether the credentials are named for the manifest, by itself or for all.
    pub(crate) fn are_named(&self, manifest: &Manifest) -> bool {
        manifest.genesys.credentials.is_some() || self.fallback.is_some()
    }

    pub(crate) fn get(
        &self,
        manifest: &Manifest,
        aws: &Aws,
        sandbox: Option<&Sandbox>,
        deadline: Duration,
    ) -> Result<SharedClient, CredentialError> {
        let region = manifest.genesys.region;
        match (sandbox, &manifest.genesys.credentials, &self.fallback) {
            (Some(sandbox), _, _) => {
                self.shared(sandbox.endpoint_url(), || connect_to_sandbox(sandbox, deadline))
            }
            (None, None, Some((secret, aws))) => self.shared(format!("{region} {secret}"), || {
                let source = CredentialSource::Secret { store: Box::new(aws.secret(secret)), region };
                Ok(Client::new(source, Patience::until(deadline), Calls::default()))
            }),
            (None, Some(secret), _) => {
                self.shared(format!("{region} {secret}"), || connect(Some(manifest), aws, deadline))
            }
            (None, None, None) => self.shared(region.to_string(), || connect(Some(manifest), aws, deadline)),
        }
    }
}

/// The client, with the credentials that the manifest names, else those of the environment.
pub(crate) fn connect(
    manifest: Option<&Manifest>,
    aws: &Aws,
    deadline: Duration,
) -> Result<Client, CredentialError> {
    let region = manifest.map(|manifest| manifest.genesys.region);
    let secret =
        manifest.and_then(|manifest| Some((manifest.genesys.credentials.as_ref()?, manifest.genesys.region)));
    let source = match secret {
        Some((secret, region)) => CredentialSource::Secret { store: Box::new(aws.secret(secret)), region },
        None => CredentialSource::from_environment(|name| std::env::var(name).ok(), region)?,
    };
    Ok(Client::new(source, Patience::until(deadline), Calls::default()))
}
