//! Adapters from the ports to the AWS SDK: the only code that names SDK types.
//!
//! One [`Aws`] serves a command: clients share one configuration, Lambda clients are made per region on first use.
//! Errors are classified once, in `error`; "no such entity" becomes `None` here and nowhere else. Transient
//! failures are tried again by the SDK, three times in all; throttling is waited out here until the deadline; retries
//! that IAM's eventual consistency asks for belong to `provision::apply`, which knows what was just written.

#[cfg(not(all(
    feature = "access-analyzer",
    feature = "cloudtrail",
    feature = "cloudwatch",
    feature = "organizations",
    feature = "sns",
    feature = "ssm"
)))]
mod absent;
#[cfg(feature = "access-analyzer")]
mod access_analyzer;
mod account;
mod answer;
mod calls;
mod environment;
mod error;
mod functions;
mod http;
#[cfg(feature = "cloudwatch")]
mod metrics;
#[cfg(feature = "organizations")]
mod organization;
mod outcome;
mod pace;
#[cfg(feature = "ssm")]
mod parameter;
mod probe;
mod profile;
#[cfg(feature = "publish")]
mod publish;
mod rate;
mod read;
mod secrets;
mod simulate;
#[cfg(feature = "publish")]
mod stored;
#[cfg(feature = "sns")]
mod topic;
#[cfg(feature = "cloudtrail")]
mod trail;
mod trust;
mod write;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, ConfigLoader, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use tokio::sync::Semaphore;

use self::calls::{Recorder, silent_host};
pub use self::environment::SettingsError;
use self::environment::Stated;
use self::error::{classify, too_late};
use self::pace::Pace as CallPace;
#[cfg(feature = "ssm")]
pub use self::parameter::Parameter;
pub use self::profile::{ProfileError, configuration_files, profile_names};
use self::rate::Rate;
pub use self::trust::Trust;
use rolecall_model::iam::arn::{ExternalId, Region, RoleArn};
use rolecall_model::patience::{Attempt, Interrupt, Pace, Patience};
use rolecall_model::ports::calls::Calls;
use rolecall_model::ports::{AwsErrorKind, AwsResult};
use rolecall_model::{activity, limit};

/// Whether this build can send messages to SNS.
pub const HAS_SNS: bool = cfg!(feature = "sns");

/// Whether this build can read parameters of SSM.
pub const HAS_SSM: bool = cfg!(feature = "ssm");

/// A region that serves IAM and STS where the user configured none: both answer for the whole `aws` partition there.
const FALLBACK_REGION: &str = "us-east-1";

/// One attempt of one call; IAM and STS answer in well under a second, a hanging connection is given up after this.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// The pauses between calls that were throttled; the SDK's own three attempts come before each.
const THROTTLED: Pace = Pace::doubling(1_000, 15_000);

/// Connections to Lambda at a time.
const LAMBDA_IN_FLIGHT: usize = 10;

/// `sts:RoleSessionName` of the sessions that rolecall works as, so that CloudTrail shows them.
const SESSION: &str = "rolecall";

/// How to reach AWS.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AwsSettings {
    /// The profile of the shared configuration files, whose credentials then go before those of the environment.
    pub profile: Option<String>,
    /// The region, over the profile's and the environment's.
    pub region: Option<Region>,
    /// The role to assume first.
    pub assume_role: Option<RoleArn>,
    /// The external ID that this role asks for.
    pub external_id: Option<ExternalId>,
    /// How long to wait for throttling to pass.
    pub deadline: Duration,
    /// A fixed endpoint and key instead of everything the environment says: the sandbox.
    pub fixed: Option<FixedEndpoint>,
}

/// An endpoint with the key to sign for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FixedEndpoint {
    pub url: String,
    /// The access key's ID.
    pub access_key_id: String,
    /// The secret access key, of an embedded AWS only.
    pub secret_access_key: String,
}

impl FixedEndpoint {
    /// A configuration that reads neither the environment nor any file.
    fn config(&self, region: Option<aws_config::Region>, timeouts: TimeoutConfig) -> SdkConfig {
        let Self { url, access_key_id, secret_access_key } = self;
        let credentials = Credentials::new(access_key_id, secret_access_key, None, None, "sandbox");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(url)
            .region(region)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .retry_config(RetryConfig::standard())
            .time_source(SystemTimeSource::new())
            .sleep_impl(TokioSleep::new())
            .timeout_config(timeouts)
            .http_client(http::client(None))
            .build()
    }
}

/// What an account allows all of its callers together.
#[derive(Clone, Debug)]
pub struct AccountLimits {
    pace: Rc<CallPace>,
    lambda_in_flight: Rc<Semaphore>,
    lambda_control_plane: Rc<Rate>,
    lambda_policies: Rc<Rate>,
}

impl Default for AccountLimits {
    fn default() -> Self {
        Self {
            pace: Rc::default(),
            lambda_in_flight: Rc::new(Semaphore::new(LAMBDA_IN_FLIGHT)),
            lambda_control_plane: Rc::new(Rate::new()),
            lambda_policies: Rc::new(Rate::new()),
        }
    }
}

/// A region for IAM and STS, whatever the user configured.
fn global(config: &SdkConfig) -> SdkConfig {
    match config.region() {
        Some(_) => config.clone(),
        None => config.to_builder().region(aws_config::Region::from_static(FALLBACK_REGION)).build(),
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT).build()
}

/// Reads what the environment and the user's files say.
fn loader(region: Option<aws_config::Region>, http: SharedHttpClient, stated: &Stated) -> ConfigLoader {
    let loader = aws_config::defaults(BehaviorVersion::latest());
    let loader = loader.timeout_config(timeouts()).http_client(http).retry_config(stated.retry.clone());
    let loader = match region {
        Some(region) => loader.region(region),
        None => loader,
    };
    match AppName::new(concat!("rolecall/", env!("CARGO_PKG_VERSION"))) {
        Ok(name) => loader.app_name(name),
        Err(_) => loader,
    }
}

/// The configuration with the credentials of that role, got on first use and again before they end.
async fn as_role(config: &SdkConfig, role: &RoleArn, external_id: Option<&ExternalId>) -> SdkConfig {
    let provider = AssumeRoleProvider::builder(role.to_string()).session_name(SESSION);
    let provider = match external_id {
        Some(id) => provider.external_id(id.as_str()),
        None => provider,
    };
    let provider = provider.configure(&global(config)).build().await;
    config.to_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
}

/// AWS, as one caller sees it. A clone shares everything.
#[derive(Clone, Debug)]
pub struct Aws {
    config: SdkConfig,
    iam: aws_sdk_iam::Client,
    sts: aws_sdk_sts::Client,
    #[cfg(feature = "access-analyzer")]
    access_analyzer: aws_sdk_accessanalyzer::Client,
    #[cfg(feature = "organizations")]
    organizations: aws_sdk_organizations::Client,
    lambda: Rc<RefCell<HashMap<Region, aws_sdk_lambda::Client>>>,
    limits: AccountLimits,
    calls: Calls,
    trust: Trust,
    deadline: Duration,
    /// The embedded AWS has no quotas.
    has_quotas: bool,
}

impl Aws {
    /// Reads the SDK's configuration (profiles, SSO, web identity, `AWS_ENDPOINT_URL` …); contacts nobody. A profile that
    /// somebody named must exist, and every setting must be one.
    pub async fn connect(settings: &AwsSettings) -> Result<Self, SettingsError> {
        let region = settings.region.as_ref().map(|region| aws_config::Region::new(region.to_string()));
        let (config, trust) = match &settings.fixed {
            Some(fixed) => (fixed.config(region, timeouts()), Trust::System),
            None => Self::configure(settings.profile.as_deref(), region).await?,
        };
        let config = match &settings.assume_role {
            Some(role) => as_role(&config, role, settings.external_id.as_ref()).await,
            None => config,
        };
        let aws = Self::with(config, trust, Calls::default(), settings.deadline);
        Ok(Self { has_quotas: settings.fixed.is_none(), ..aws })
    }

    /// The same with what the environment says, and nothing else.
    pub async fn from_environment(deadline: Duration) -> Result<Self, SettingsError> {
        let (config, trust) = Self::configure(None, None).await?;
        Ok(Self::with(config, trust, Calls::default(), deadline))
    }

    /// The SDK's configuration, read once it is known that it can be.
    async fn configure(
        profile: Option<&str>,
        region: Option<aws_config::Region>,
    ) -> Result<(SdkConfig, Trust), SettingsError> {
        let stated = environment::read(profile).await?;
        let http = http::client(Some(&stated.trust));
        let loader = loader(region, http.clone(), &stated);
        let config = match profile {
            None => loader.load().await,
            Some(profile) => {
                let config = loader.profile_name(profile).load().await;
                profile::use_profile(&config, profile, http, timeouts())
            }
        };
        environment::check_services(&config)?;
        Ok((config, stated.trust))
    }

    fn with(config: SdkConfig, trust: Trust, calls: Calls, deadline: Duration) -> Self {
        let global = global(&config);
        Self {
            iam: aws_sdk_iam::Client::from_conf(
                aws_sdk_iam::config::Builder::from(&global).interceptor(Recorder(calls.clone())).build(),
            ),
            sts: aws_sdk_sts::Client::from_conf(
                aws_sdk_sts::config::Builder::from(&global).interceptor(Recorder(calls.clone())).build(),
            ),
            #[cfg(feature = "access-analyzer")]
            access_analyzer: aws_sdk_accessanalyzer::Client::from_conf(
                aws_sdk_accessanalyzer::config::Builder::from(&global)
                    .interceptor(Recorder(calls.clone()))
                    .build(),
            ),
            #[cfg(feature = "organizations")]
            organizations: aws_sdk_organizations::Client::from_conf(
                aws_sdk_organizations::config::Builder::from(&global)
                    .interceptor(Recorder(calls.clone()))
                    .build(),
            ),
            lambda: Rc::default(),
            limits: AccountLimits::default(),
            config,
            calls,
            trust,
            deadline,
            has_quotas: true,
        }
    }

    /// Waits until a call may go out, where AWS allows so many a second.
    async fn turn(&self, rate: &Rate) {
        if self.has_quotas {
            rate.turn().await;
        }
    }

    /// The same, where many are at work in one account and share what it allows.
    #[must_use]
    pub fn among_many(self, limits: &AccountLimits) -> Self {
        Self { limits: limits.clone(), ..self }
    }

    /// The region that the user configured.
    pub fn region(&self) -> Option<&str> {
        self.config.region().map(AsRef::as_ref)
    }

    /// Whether there are no credentials at all. It asks the places where credentials are kept, and never AWS's services.
    pub async fn lacks_credentials(&self) -> bool {
        let Some(provider) = self.config.credentials_provider() else { return true };
        matches!(provider.provide_credentials().await, Err(CredentialsError::CredentialsNotLoaded(_)))
    }

    /// Whose certificates AWS's are checked against.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// The requests that were sent.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Sends a call, and sends it again while the service asks to slow down, until the deadline.
    async fn patiently<T, E, F>(&self, operation: &'static str, send: impl Fn() -> F) -> AwsResult<T>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let attempt = async || {
            let sent = self.limits.pace.turn().await;
            let result = send().await.map_err(|error| classify(operation, error));
            match result {
                Err(error) if error.kind == AwsErrorKind::Throttled => {
                    self.limits.pace.was_throttled(sent);
                    Ok(Attempt::NotYet("AWS to take more calls", error))
                }
                result => {
                    self.limits.pace.was_answered();
                    result.map(Attempt::Done)
                }
            }
        };
        let patience = Patience { deadline: self.deadline, interrupt: Interrupt::never(), told: &|_, _| {} };
        let call = limit::within(Box::pin(patience.until(THROTTLED, attempt)));
        let result = match activity::calling(operation, call).await {
            Ok(Ok(Ok(done))) => Ok(done),
            Ok(Ok(Err(stopped))) => Err(stopped.last()),
            Ok(Err(error)) => Err(error),
            Err(over) => Err(too_late(operation, over)),
        };
        result.map_err(|mut error| {
            let host = || silent_host(&self.calls, operation);
            if error.kind == AwsErrorKind::Unreachable
                && let Some(host) = host()
            {
                error.message = format!("cannot reach {host}: {}", error.message);
            }
            if error.kind == AwsErrorKind::Untrusted {
                let host = host().unwrap_or_else(|| "the server".to_owned());
                let reason = &error.message;
                error.message =
                    format!("the certificate of {host} is not trusted: {reason}; trusted: {}", self.trust);
            }
            error
        })
    }

    fn lambda(&self, region: &Region) -> aws_sdk_lambda::Client {
        self.lambda
            .borrow_mut()
            .entry(region.clone())
            .or_insert_with(|| {
                let region = aws_config::Region::new(region.to_string());
                let config = self.config.to_builder().region(region).build();
                let config =
                    aws_sdk_lambda::config::Builder::from(&config).interceptor(Recorder(self.calls.clone()));
                aws_sdk_lambda::Client::from_conf(config.build())
            })
            .clone()
    }
}
