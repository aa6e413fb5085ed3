//! What lives longer than one event: the way to AWS, and the clients of Genesys Cloud with their tokens.
//!
//! A function that stays warm asks Secrets Manager and the login host once, not with every event. A secret that was
//! rotated is noticed: what Genesys Cloud refuses is read again, and everything after five minutes.

use std::rc::Rc;
use std::time::Duration;

use rolecall::aws::{Aws, SettingsError};
use rolecall::connect::Clients;
use rolecall::ports::calls::Calls;
use rolecall::ports::secrets::SecretLocation;
use rolecall_genesys::client::{Client, Patience};
use rolecall_genesys::credentials::CredentialSource;
use rolecall_model::region::Region;
use tokio::sync::OnceCell;

use crate::settings::Allowed;

/// The secret with the OAuth client, where a request names none.
const SECRET: &str = "GENESYS_CREDENTIALS_SECRET";
/// The region of the organization, where neither a request nor the secret names one.
const REGION: &str = "GENESYSCLOUD_REGION";

/// How long a call may be tried again; the function's own timeout ends it earlier.
const DEADLINE: Duration = Duration::from_secs(60);

/// Connections, made when they are needed.
#[derive(Default)]
pub(crate) struct Connections {
    aws: OnceCell<Aws>,
    clients: OnceCell<Clients>,
    allowed: std::cell::OnceCell<Allowed>,
}

impl Connections {
    pub(crate) async fn aws(&self) -> Result<&Aws, SettingsError> {
        self.aws.get_or_try_init(|| Aws::from_environment(DEADLINE)).await
    }

    /// What manifests and resources may name.
    pub(crate) fn allowed(&self) -> &Allowed {
        self.allowed
            .get_or_init(|| Allowed::from_environment(variable(SECRET).map(|arn| arn.trim().to_owned())))
    }

    /// The clients of Genesys Cloud so far. Manifests that name no credentials use the secret that the environment names.
    pub(crate) async fn clients(&self) -> Result<&Clients, String> {
        let make = async || {
            Ok(match named_secret()? {
                Some(secret) => {
                    Clients::with_secret(secret, self.aws().await.map_err(|error| error.to_string())?.clone())
                }
                None => Clients::default(),
            })
        };
        self.clients.get_or_try_init(make).await
    }

    /// The client with the OAuth client of that secret, where the settings allow it; else of the secret that the environment names, else of the
    /// environment itself.
    pub(crate) async fn genesys(
        &self,
        secret: Option<&SecretLocation>,
        region: Option<&'static Region>,
    ) -> Result<Rc<Client>, String> {
        let named = match secret {
            Some(secret) => {
                self.allowed().check_secret(secret)?;
                Some(secret.clone())
            }
            None => named_secret()?,
        };
        let source = match &named {
            Some(secret) => CredentialSource::Secret {
                store: self.aws().await.map_err(|error| error.to_string())?.kept(secret),
                region: match (region, variable(REGION)) {
                    (Some(region), _) => region,
                    (None, Some(text)) => text.parse().map_err(|error| format!("{REGION}: {error}"))?,
                    (None, None) => {
                        return Err(format!(
                            "the region of the Genesys Cloud organization is not known: state `GenesysRegion`, or set \
                             {REGION} for the function"
                        ));
                    }
                },
            },
            None => CredentialSource::from_environment(variable, region).map_err(|error| {
                format!("{error}; state `CredentialsSecret`, or set {SECRET} for the function")
            })?,
        };
        let name = format!("{named:?} {region:?}");
        let make = || Ok::<_, String>(Client::new(source, Patience::until(DEADLINE), Calls::default()));
        Ok(self.clients().await?.share(name, make)?.client)
    }

    /// Forgets what belongs to one event: a function that lives for days would keep it all.
    pub(crate) fn begin_anew(&self) {
        if let Some(aws) = self.aws.get() {
            aws.calls().forget();
        }
        if let Some(clients) = self.clients.get() {
            clients.begin_anew();
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

/// The secret that the environment names.
fn named_secret() -> Result<Option<SecretLocation>, String> {
    let Some(text) = variable(SECRET) else { return Ok(None) };
    // Whatever else stands there may be the secret itself, so the message does not repeat it.
    SecretLocation::from_arn(&text).map(Some).ok_or_else(|| {
        format!("{SECRET} must be the ARN of a secret in AWS Secrets Manager or of a SecureString of SSM")
    })
}
