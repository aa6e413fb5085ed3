//! A profile that somebody named: its credentials are used, and no others.
//!
//! The SDK asks the environment first, whoever named the profile. The AWS CLI does not: an explicit profile takes
//! `AWS_ACCESS_KEY_ID` out of the chain, and a profile that only `AWS_PROFILE` names does not (botocore, `credentials.py`,
//! `create_credential_resolver`). rolecall does as the CLI does, and leaves the order of `AWS_PROFILE` to the SDK.
//!
//! Deliberately absent: the credentials of the container or the machine as a last resort. A profile that wants them says so
//! with `credential_source`.

use std::env;
use std::path::PathBuf;

use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet, load};
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::os_shim_internal::{Env, Fs};

/// Why a profile cannot be used. Nobody was contacted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// No file has it.
    #[error("the AWS profile `{profile}` does not exist; looked at {}", listed(.files))]
    Missing {
        profile: String,
        /// The files that could have it.
        files: Vec<PathBuf>,
    },
    /// A file cannot be read.
    #[error("cannot read the AWS profile `{profile}` from {}: {reason}", listed(.files))]
    Unreadable {
        profile: String,
        /// The files that could have it.
        files: Vec<PathBuf>,
        /// Why not.
        reason: String,
    },
}

fn listed(files: &[PathBuf]) -> String {
    let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.display())).collect();
    names.join(" and ")
}

/// What the user's files say. A profile that somebody named, by an option or by `AWS_PROFILE`, must be there.
pub(crate) async fn load_profiles(
    named: Option<&str>,
    of_environment: Option<&str>,
) -> Result<ProfileSet, ProfileError> {
    let name = named.map(|name| name.to_owned().into());
    let named = named.or(of_environment);
    match load(&Fs::real(), &Env::real(), &Default::default(), name).await {
        Ok(profiles) => match named.filter(|name| profiles.get_profile(name).is_none()) {
            None => Ok(profiles),
            Some(missing) => {
                Err(ProfileError::Missing { profile: missing.to_owned(), files: configuration_files() })
            }
        },
        Err(error) => Err(ProfileError::Unreadable {
            profile: named.unwrap_or("default").to_owned(),
            files: configuration_files(),
            reason: reason(&error),
        }),
    }
}

/// The profiles of the user's files, by name; none where the files cannot be read. Contacts nobody.
pub async fn profile_names() -> Vec<String> {
    let profiles = load(&Fs::real(), &Env::real(), &Default::default(), None).await;
    let mut names: Vec<String> = profiles.iter().flat_map(ProfileSet::profiles).map(str::to_owned).collect();
    names.sort_unstable();
    names
}

/// The innermost cause: the outer sentences of the SDK say only that a file could not be parsed.
fn reason(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.last().map(ToString::to_string).unwrap_or_default()
}

/// The files in which the SDK looks for profiles ("Location of the shared config and credentials files", SDKs and Tools Reference Guide).
pub fn configuration_files() -> Vec<PathBuf> {
    let home = env::home_dir().unwrap_or_else(|| PathBuf::from("~"));
    let file = |variable: &str, name: &str| {
        let stated = env::var_os(variable).filter(|path| !path.is_empty());
        stated.map_or_else(|| home.join(".aws").join(name), PathBuf::from)
    };
    vec![file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials")]
}

/// The configuration with the credentials of that profile, got on first use.
pub(crate) fn use_profile(
    config: &SdkConfig,
    profile: &str,
    http: SharedHttpClient,
    timeouts: TimeoutConfig,
) -> SdkConfig {
    let surroundings = ProviderConfig::without_region()
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_region(super::global(config).region().cloned())
        .with_http_client(http)
        .with_timeout_config(timeouts);
    let provider =
        ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&surroundings).build();
    config.to_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
}
