//! The access token: fetched once, used until shortly before it expires, replaced once when the API refuses it.
//!
//! Its life is counted from `expires_in` on the clock that only moves forward, so a wrong wall clock does no harm.
//! Credentials that the login host refuses are read again: a rotated secret has another value by then. Whoever lives long
//! reads them again every few minutes, for a secret may also name another OAuth client while the old one still works. A
//! store that is down at that moment takes away nothing: what was read before serves on, and it is asked again soon.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use rolecall_model::ports::AwsErrorKind;
use rolecall_model::ports::genesys::{GenesysErrorKind as Kind, GenesysResult};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Client;
use super::answer::Answer;
use crate::credentials::{CredentialError, CredentialSource, Credentials};
use crate::error::Failure;
use crate::operation::TOKEN;
use crate::site::Site;

/// A token is replaced this long before its end, or a tenth of its life before where that is less.
const MARGIN: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Credentials that were read serve this long, as they do in AWS's own cache for functions (Secrets Manager User Guide,
/// "Use AWS Secrets Manager secrets in AWS Lambda functions": `SECRETS_MANAGER_TTL`, 300 s by default).
const FRESH: Duration = Duration::from_secs(300);
/// The same, where they could not be read again.
const STALE: Duration = Duration::from_secs(30);

/// The credentials and the token that they got.
#[derive(Debug)]
pub(super) struct Tokens {
    source: CredentialSource,
    session: Mutex<Option<Session>>,
}

struct Session {
    credentials: Credentials,
    /// When they are read again.
    fresh_until: Instant,
    http: reqwest::Client,
    token: Option<Token>,
    /// How many tokens there have been.
    serial: u64,
}

struct Token {
    secret: Arc<SecretString>,
    renew_at: Instant,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { credentials, fresh_until: _, http: _, token, serial } = self;
        let has_token = token.is_some();
        f.debug_struct("Session")
            .field("credentials", credentials)
            .field("has_token", &has_token)
            .field("serial", serial)
            .finish()
    }
}

impl Tokens {
    pub(super) fn new(source: CredentialSource) -> Self {
        Self { source, session: Mutex::new(None) }
    }
}

/// What a request needs to be let in.
pub(super) struct Pass {
    pub(super) http: reqwest::Client,
    pub(super) site: Site,
    /// Which token it is, to tell it from the next.
    pub(super) serial: u64,
    token: Arc<SecretString>,
    credentials: Vec<SecretString>,
}

impl Pass {
    pub(super) fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// What no message may show: nobody keeps a proxy from quoting the request in its error page.
    pub(super) fn secrets(&self) -> Vec<SecretString> {
        self.credentials.iter().cloned().chain([SecretString::clone(&self.token)]).collect()
    }
}

/// The answer of the login host (`oauthtoken.go` of platform-client-sdk-cli 166.0.0).
#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: u64,
}

impl Client {
    /// A token for a request; another one than `refused`.
    pub(super) async fn pass(&self, refused: Option<u64>) -> Result<Pass, Failure> {
        let mut guard = self.tokens.session.lock().await;
        let session = match guard.take() {
            Some(session) => session,
            None => Session::new(self.tokens.read().await?)?,
        };
        let session = guard.insert(session);
        if Instant::now() >= session.fresh_until {
            match self.tokens.source.read().await {
                Ok(credentials) => session.renew(credentials)?,
                Err(CredentialError::Store { source, .. }) if is_passing(source.kind) => {
                    session.fresh_until = Instant::now() + STALE;
                }
                Err(error) => return Err(unreadable(&error)),
            }
        }
        let is_good = |token: &Token| refused != Some(session.serial) && Instant::now() < token.renew_at;
        if !session.token.as_ref().is_some_and(is_good) {
            session.token = None;
            let token = match self.fetch(session).await {
                Err(failure) if failure.error.kind == Kind::InvalidCredentials => {
                    let credentials = self.tokens.read().await?;
                    if credentials.is_same(&session.credentials) {
                        return Err(failure);
                    }
                    session.renew(credentials)?;
                    self.fetch(session).await?
                }
                result => result?,
            };
            session.serial += 1;
            session.token = Some(token);
        }
        let Session { http, credentials, token: Some(token), serial, fresh_until: _ } = session else {
            return Err(Failure::new(&TOKEN, Kind::Other, "there is no token"));
        };
        Ok(Pass {
            http: http.clone(),
            site: credentials.site.clone(),
            serial: *serial,
            token: token.secret.clone(),
            credentials: credentials.secrets(),
        })
    }

    async fn fetch(&self, session: &Session) -> Result<Token, Failure> {
        let Credentials { client_id, client_secret, site } = &session.credentials;
        let call = session
            .http
            .post(site.login_at(TOKEN.path))
            .basic_auth(client_id, Some(client_secret.expose_secret()))
            .form(&[("grant_type", "client_credentials")]);
        let start = Instant::now();
        let turn = self.turn().await;
        let answer = self.transmit(&turn, &TOKEN, call, session.credentials.secrets()).await?;
        let token: TokenAnswer = answer.read(&TOKEN, Answer::secret_json).map_err(|failure| {
            if failure.error.status.is_some_and(|status| [400, 401, 403].contains(&status)) {
                refused(failure, &session.credentials)
            } else {
                failure
            }
        })?;
        let life = Duration::from_secs(token.expires_in);
        let renew_at = start + life.saturating_sub(MARGIN.min(life / 10));
        Ok(Token { secret: Arc::new(token.access_token.into()), renew_at })
    }

    /// The ID of the OAuth client and where it lives, once credentials have been read.
    pub async fn identity(&self) -> GenesysResult<(String, Site)> {
        let Credentials { client_id, site, .. } = match &*self.tokens.session.lock().await {
            Some(session) => session.credentials.clone(),
            None => self.tokens.read().await.map_err(|failure| failure.error)?,
        };
        Ok((client_id, site))
    }
}

/// An OAuth client that the login host does not know, or whose secret is another.
fn refused(mut failure: Failure, credentials: &Credentials) -> Failure {
    let (client, site) = (credentials.client(), &credentials.site);
    failure.error.kind = Kind::InvalidCredentials;
    failure.error.message = format!(
        "{site} does not accept {client} and its secret: {}; possible causes: a wrong ID or \
         secret, a disabled client, a grant type other than client credentials, or a client of another region",
        failure.error.message
    );
    failure
}

impl Tokens {
    async fn read(&self) -> Result<Credentials, Failure> {
        self.source.read().await.map_err(|error| unreadable(&error))
    }
}

fn unreadable(error: &CredentialError) -> Failure {
    Failure::new(&TOKEN, Kind::NoCredentials, error.to_string())
}

/// Whether the store says nothing about the secret. One that is gone or forbidden is not to be used any more.
fn is_passing(kind: AwsErrorKind) -> bool {
    matches!(
        kind,
        AwsErrorKind::Throttled
            | AwsErrorKind::Unreachable
            | AwsErrorKind::Untrusted
            | AwsErrorKind::TimedOut
            | AwsErrorKind::ServiceFailure
    )
}

impl Session {
    /// Takes credentials that were read again; a token that other ones got ends with them.
    fn renew(&mut self, credentials: Credentials) -> Result<(), Failure> {
        if credentials.is_same(&self.credentials) {
            self.fresh_until = Instant::now() + FRESH;
        } else {
            *self = Self { serial: self.serial, ..Self::new(credentials)? };
        }
        Ok(())
    }

    fn new(credentials: Credentials) -> Result<Self, Failure> {
        let builder = reqwest::Client::builder()
            .user_agent(concat!("rolecall/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Policy::none());
        let builder = if credentials.site.is_local() { builder.no_proxy() } else { builder };
        let unusable = |error: reqwest::Error| {
            let message = format!("cannot prepare the HTTP client: {}", error.without_url());
            Failure::new(&TOKEN, Kind::Other, message)
        };
        let (fresh_until, http) = (Instant::now() + FRESH, builder.build().map_err(unusable)?);
        Ok(Self { credentials, fresh_until, http, token: None, serial: 0 })
    }
}
