//! Adapters from the ports to the AWS SDK: the only code that names SDK types.
//!
//! One [`Aws`] serves a command: clients share one configuration, Lambda clients are made per region on first use.
//! Errors are classified once, in [`error`]; "no such entity" becomes `None` here and nowhere else. Retries of
//! throttling and of transient failures are the SDK's own, bounded by the deadline; retries that IAM's eventual
//! consistency asks for belong to `provision::apply`, which knows what was just written.

mod calls;
mod error;
mod probe;
mod read;
mod write;

pub use calls::{Call, Calls};

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, SdkConfig};
use aws_smithy_types::retry::RetryConfig;
use tokio::sync::Semaphore;

use crate::iam::arn::Region;

/// A region that serves IAM and STS where the user configured none: both answer for the whole `aws` partition there.
const FALLBACK_REGION: &str = "us-east-1";

/// One attempt of one call; IAM and STS answer in well under a second, a hanging connection is given up after this.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);

/// The SDK doubles its pause up to 20 s, so this many attempts outlast every deadline in use.
const MAX_ATTEMPTS: u32 = 12;

/// Lambda's control plane allows 15 requests a second for most operations (Lambda quotas page); ten in flight stay
/// near that at ordinary latency, and the SDK backs off where it is still too fast.
const LAMBDA_IN_FLIGHT: usize = 10;

/// How to reach AWS.
#[derive(Clone, Debug, Default)]
pub struct AwsSettings {
    /// The profile of the shared configuration files.
    pub profile: Option<String>,
    /// The region, over the profile's and the environment's.
    pub region: Option<Region>,
    /// How long one operation may take, retries included.
    pub deadline: Option<Duration>,
    /// A fixed endpoint and key instead of everything the environment says: the sandbox.
    pub fixed: Option<FixedEndpoint>,
}

/// An endpoint with the key to sign for it.
#[derive(Clone, Debug)]
pub struct FixedEndpoint {
    /// The URL.
    pub url: String,
    /// The access key's ID.
    pub access_key_id: String,
    /// The secret access key, of an embedded AWS only.
    pub secret_access_key: String,
}

/// AWS, as one caller sees it.
#[derive(Debug)]
pub struct Aws {
    config: SdkConfig,
    iam: aws_sdk_iam::Client,
    sts: aws_sdk_sts::Client,
    lambda: RefCell<HashMap<Region, aws_sdk_lambda::Client>>,
    lambda_in_flight: Semaphore,
    calls: Calls,
}

impl Aws {
    /// Reads the SDK's configuration (profiles, SSO, web identity, `AWS_ENDPOINT_URL` …); contacts nobody.
    pub async fn connect(settings: &AwsSettings) -> Self {
        let mut loader = match &settings.fixed {
            None => aws_config::defaults(BehaviorVersion::latest()),
            Some(fixed) => aws_config::defaults(BehaviorVersion::latest())
                .empty_test_environment()
                .endpoint_url(&fixed.url)
                .credentials_provider(aws_credential_types::Credentials::new(
                    &fixed.access_key_id,
                    &fixed.secret_access_key,
                    None,
                    None,
                    "sandbox",
                )),
        };
        if let Some(profile) = &settings.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &settings.region {
            loader = loader.region(aws_config::Region::new(region.to_string()));
        }
        if let Ok(name) = AppName::new(concat!("rolecall/", env!("CARGO_PKG_VERSION"))) {
            loader = loader.app_name(name);
        }
        let mut timeouts = TimeoutConfig::builder().operation_attempt_timeout(ATTEMPT_TIMEOUT);
        if let Some(deadline) = settings.deadline {
            timeouts = timeouts.operation_timeout(deadline);
        }
        let config = loader
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .timeout_config(timeouts.build())
            .load()
            .await;
        let global = match config.region() {
            Some(_) => config.clone(),
            None => config.to_builder().region(aws_config::Region::from_static(FALLBACK_REGION)).build(),
        };
        let calls = Calls::default();
        Self {
            iam: aws_sdk_iam::Client::from_conf(
                aws_sdk_iam::config::Builder::from(&global).interceptor(calls.clone()).build(),
            ),
            sts: aws_sdk_sts::Client::from_conf(
                aws_sdk_sts::config::Builder::from(&global).interceptor(calls.clone()).build(),
            ),
            lambda: RefCell::default(),
            lambda_in_flight: Semaphore::new(LAMBDA_IN_FLIGHT),
            config,
            calls,
        }
    }

    /// The region that the user configured.
    pub fn region(&self) -> Option<&str> {
        self.config.region().map(AsRef::as_ref)
    }

    /// The requests that were sent.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    fn lambda(&self, region: &Region) -> aws_sdk_lambda::Client {
        self.lambda
            .borrow_mut()
            .entry(region.clone())
            .or_insert_with(|| {
                let region = aws_config::Region::new(region.to_string());
                let config = self.config.to_builder().region(region).build();
                let config = aws_sdk_lambda::config::Builder::from(&config).interceptor(self.calls.clone());
                aws_sdk_lambda::Client::from_conf(config.build())
            })
            .clone()
    }
}
