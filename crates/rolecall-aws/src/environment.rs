//! What the environment and the AWS configuration files say, checked before the SDK reads it.
//!
//! The SDK panics on some values (`AWS_MAX_ATTEMPTS=abc`), ignores others without a word (`AWS_USE_FIPS_ENDPOINT=yes`), and
//! fails with others only at the first call. Here each of them is an error that names the variable or the key.
//!
//! Retries: the SDK tries in its mode `standard`, whatever `AWS_RETRY_MODE` says. `legacy` is what botocore calls its older
//! mode. For `adaptive` rolecall has its own pace ([`super::pace`]), which keeps to the deadline.
//!
//! Deliberately absent: credentials. What is wrong with them, the provider says that reads them.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use aws_config::profile::ProfileSet;
use aws_config::retry::RetryConfig;
use rolecall_model::aws_region;
use rolecall_model::iam::arn::Region;
use rolecall_model::redact::address;

use super::profile::{self, ProfileError};
use super::trust::{self, Trust};

/// Why AWS cannot be reached in the way that the environment or a configuration file asks for. Nobody was contacted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The profile cannot be used.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A value cannot be meant.
    #[error("{place}: {fault}")]
    Wrong {
        /// The variable, or the key and its profile.
        place: String,
        /// What is wrong with it.
        fault: String,
    },
}

/// What was read.
#[derive(Clone, Debug)]
pub(crate) struct Stated {
    pub(crate) retry: RetryConfig,
    pub(crate) trust: Trust,
}

/// Prefixes of variables that somebody may mean for rolecall.
const OURS: [&str; 4] = ["AWS_", "GENESYSCLOUD_", "ROLECALL_", "SSL_CERT_"];

/// Begins the names of all variables that lead a service's calls elsewhere.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";

/// What is read as `true` or `false`, and the key of the same meaning.
const SWITCHES: [(&str, &str); 3] = [
    ("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
    ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"),
];

/// The certificates that stand for the system's, on Linux.
const CERTIFICATES: &str = "SSL_CERT_FILE";

/// Variables that name a proxy.
const PROXIES: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// A value and where it stands.
struct Value {
    place: String,
    text: String,
}

impl Value {
    fn wrong(&self, fault: impl Into<String>) -> SettingsError {
        SettingsError::Wrong {
            place: self.place.clone(),
            fault: fault.into().replace(&self.text, &address(&self.text)),
        }
    }
}

/// Checks what the environment and the files say for a profile; `None` is the one that they choose themselves.
pub(crate) async fn read(named: Option<&str>) -> Result<Stated, SettingsError> {
    let environment = Environment::read()?;
    environment.check_proxies()?;
    let profiles = profile::load_profiles(named, environment.get("AWS_PROFILE")).await?;
    let stated = Settings { environment: &environment, profiles: &profiles };
    stated.check()?;
    if let Some(file) = environment.raw(CERTIFICATES) {
        let wrong = |fault| SettingsError::Wrong { place: CERTIFICATES.to_owned(), fault };
        trust::read(CERTIFICATES, Path::new(file)).map_err(wrong)?;
    }
    let trust = match stated.value("AWS_CA_BUNDLE", "ca_bundle") {
        Some(value) => {
            trust::read(&value.place, Path::new(&value.text)).map_err(|fault| value.wrong(fault))?
        }
        None => Trust::System,
    };
    Ok(Stated { retry: stated.retry()?, trust })
}

fn switch(value: &Value) -> Result<bool, SettingsError> {
    match value.text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(value.wrong(format!("`{}` must be `true` or `false`", value.text))),
    }
}

/// The variables of the process that are text.
struct Environment(Vec<(String, String)>);

impl Environment {
    fn read() -> Result<Self, SettingsError> {
        Self::of(env::vars_os())
    }

    fn of(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Self, SettingsError> {
        let mut texts = Vec::new();
        for (name, value) in variables {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                // A key with a line break would become a header that the SDK panics over.
                Ok(value) if name.starts_with("AWS_") && value.contains(char::is_control) => {
                    let fault = "it has a line break or another control character".to_owned();
                    return Err(SettingsError::Wrong { place: name, fault });
                }
                Ok(value) => texts.push((name, value)),
                Err(_) if is_ours(&name) => {
                    return Err(SettingsError::Wrong {
                        place: name,
                        fault: "its value is not UTF-8".to_owned(),
                    });
                }
                Err(_) => {}
            }
        }
        Ok(Self(texts))
    }

    /// A variable that says something.
    fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|value| !value.is_empty())
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A proxy that cannot be read would be left out without a word, and the calls would go another way.
    fn check_proxies(&self) -> Result<(), SettingsError> {
        let wrong = |name: &str, fault: &str| {
            // The value may hold a password.
            Err(SettingsError::Wrong { place: name.to_owned(), fault: fault.to_owned() })
        };
        for name in PROXIES {
            let Some(text) = self.get(name) else { continue };
            let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
            match url::Url::parse(&with_scheme) {
                Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                    return wrong(name, "only proxies of the schemes `http` and `https` are supported");
                }
                Ok(url) if url.host_str().is_some_and(|host| !host.is_empty()) => {}
                Ok(_) | Err(_) => {
                    return wrong(name, "not the URL of a proxy (expected `http://host:port`)");
                }
            }
        }
        Ok(())
    }
}

/// Whether it is a variable that rolecall or the AWS SDK reads.
fn is_ours(name: &str) -> bool {
    OURS.iter().any(|prefix| name.starts_with(prefix)) || PROXIES.contains(&name)
}

/// Both places where a setting can stand: the environment goes before the profile.
struct Settings<'a> {
    environment: &'a Environment,
    profiles: &'a ProfileSet,
}

impl Settings<'_> {
    fn value(&self, variable: &str, key: &str) -> Option<Value> {
        let stated = self.environment.get(variable);
        let stated = stated.map(|text| Value { place: variable.to_owned(), text: text.to_owned() });
        stated.or_else(|| self.of_profile(key))
    }

    fn of_profile(&self, key: &str) -> Option<Value> {
        let text = self.profiles.get(key)?.trim();
        let place = format!("`{key}` of the AWS profile `{}`", self.profiles.selected_profile());
        Some(Value { place, text: text.to_owned() })
    }

    fn retry(&self) -> Result<RetryConfig, SettingsError> {
        if let Some(value) = self.value("AWS_RETRY_MODE", "retry_mode")
            && !["legacy", "standard", "adaptive"].contains(&value.text.to_ascii_lowercase().as_str())
        {
            let fault = format!("`{}` is not a retry mode: `standard`, `adaptive` or `legacy`", value.text);
            return Err(value.wrong(fault));
        }
        let retry = RetryConfig::standard();
        let Some(value) = self.value("AWS_MAX_ATTEMPTS", "max_attempts") else { return Ok(retry) };
        match value.text.parse() {
            Ok(attempts @ 1..) => Ok(retry.with_max_attempts(attempts)),
            Ok(0) | Err(_) => Err(value.wrong(format!("`{}` must be a whole number, 1 or more", value.text))),
        }
    }

    fn check(&self) -> Result<(), SettingsError> {
        let [fips, dual_stack, ignore] = SWITCHES
            .map(|(variable, key)| self.value(variable, key).map_or(Ok(false), |value| switch(&value)));
        fips?;
        dual_stack?;
        if !ignore? {
            self.check_endpoints()?;
        }
        self.check_region()
    }

    fn check_endpoints(&self) -> Result<(), SettingsError> {
        let of_environment = self.environment.0.iter().filter(|(name, _)| name.starts_with(ENDPOINT));
        let of_environment =
            of_environment.map(|(name, text)| Value { place: name.clone(), text: text.clone() });
        for value in of_environment.chain(self.of_profile("endpoint_url")) {
            check_endpoint(&value)?;
        }
        Ok(())
    }

    fn check_region(&self) -> Result<(), SettingsError> {
        let variables = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        let variable =
            variables.into_iter().find(|name| self.environment.get(name).is_some()).unwrap_or("AWS_REGION");
        let Some(value) = self.value(variable, "region") else { return Ok(()) };
        let region = value.text.parse::<Region>().map_err(|error| value.wrong(error.to_string()))?;
        aws_region::check(&region).map_err(|error| value.wrong(error.to_string()))
    }
}

/// Where calls are led to must be a URL that requests can be made of.
fn check_endpoint(value: &Value) -> Result<(), SettingsError> {
    let Value { text, .. } = value;
    match url::Url::parse(text) {
        _ if text.trim().is_empty() => Err(value.wrong("it is empty; unset it, or set it to a URL")),
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => Ok(()),
        Ok(_) | Err(_) => Err(value.wrong("not the URL of an endpoint (expected `https://host`)")),
    }
}

/// Checks what the SDK itself made of the files: `endpoint_url` in a section `[services …]`.
pub(crate) fn check_services(config: &aws_config::SdkConfig) -> Result<(), SettingsError> {
    const SERVICES: [&str; 14] = [
        "AccessAnalyzer",
        "CloudTrail",
        "IAM",
        "Lambda",
        "Organizations",
        "S3",
        "Secrets Manager",
        "SecurityHub",
        "SNS",
        "SSM",
        "SSO",
        "SSO OIDC",
        "STS",
        "Signin",
    ];
    let Some(stated) = config.service_config() else { return Ok(()) };
    for service in SERVICES {
        let key = aws_types::service_config::ServiceConfigKey::builder()
            .service_id(service)
            .env(ENDPOINT)
            .profile("endpoint_url")
            .build();
        let Ok(key) = key else { continue };
        if let Some(text) = stated.load_config(key) {
            check_endpoint(&Value { place: format!("`endpoint_url` of the service `{service}`"), text })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::profile::load;
    use aws_types::os_shim_internal::{Env, Fs};

    async fn checked(variable: Option<(&str, &str)>, config: &str) -> Result<(), String> {
        let environment =
            Environment::of(variable.into_iter().map(|(name, text)| (name.into(), text.into())))
                .map_err(|error| error.to_string())?;
        environment.check_proxies().map_err(|error| error.to_string())?;
        let files = Fs::from_slice(&[("config", config)]);
        let env = Env::from_slice(&[("AWS_CONFIG_FILE", "config"), ("HOME", "/none")]);
        let profiles =
            load(&files, &env, &Default::default(), None).await.map_err(|error| error.to_string())?;
        let settings = Settings { environment: &environment, profiles: &profiles };
        let result = settings.retry().and_then(|_| settings.check());
        result.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn what_botocore_and_the_cli_accept_is_accepted() {
        for (name, value) in [
            ("AWS_RETRY_MODE", "legacy"),
            ("AWS_RETRY_MODE", "Standard"),
            ("AWS_RETRY_MODE", "adaptive"),
            ("AWS_RETRY_MODE", ""),
            ("AWS_MAX_ATTEMPTS", "5"),
            ("AWS_MAX_ATTEMPTS", ""),
            ("AWS_REGION", ""),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
            ("AWS_USE_FIPS_ENDPOINT", "TRUE"),
            ("HTTPS_PROXY", "http://user:secret@proxy.example:3128"),
            ("ALL_PROXY", "proxy.example:3128"),
            ("NO_PROXY", "anything, *"),
        ] {
            assert_eq!(checked(Some((name, value)), "").await, Ok(()), "{name}={value}");
        }
    }

    #[tokio::test]
    async fn a_value_that_cannot_be_meant_is_an_error_that_names_its_place() {
        for (name, key, value) in [
            ("AWS_RETRY_MODE", "retry_mode", "abc"),
            ("AWS_MAX_ATTEMPTS", "max_attempts", "0"),
            ("AWS_MAX_ATTEMPTS", "max_attempts", "-1"),
            ("AWS_MAX_ATTEMPTS", "max_attempts", "99999999999"),
            ("AWS_ENDPOINT_URL", "endpoint_url", "abc"),
            ("AWS_ENDPOINT_URL", "endpoint_url", "127.0.0.1:9"),
            ("AWS_ENDPOINT_URL", "endpoint_url", "http://"),
            ("AWS_REGION", "region", "no region"),
            ("AWS_REGION", "region", "us-esat-1"),
            ("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", "yes"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", "1"),
        ] {
            let said = checked(Some((name, value)), "").await.unwrap_err();
            assert!(said.starts_with(&format!("{name}: ")), "{said}");
            let said = checked(None, &format!("[default]\n{key} = {value}\n")).await.unwrap_err();
            assert!(said.starts_with(&format!("`{key}` of the AWS profile `default`: ")), "{said}");
        }
        for (name, value) in
            [("HTTPS_PROXY", "://"), ("https_proxy", "ftp://user:hunter2@h"), ("ALL_PROXY", "http://")]
        {
            let said = checked(Some((name, value)), "").await.unwrap_err();
            assert!(said.starts_with(&format!("{name}: ")) && !said.contains("hunter2"), "{said}");
        }
    }
}
