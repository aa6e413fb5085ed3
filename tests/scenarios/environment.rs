//! Odd values in the environment and in the AWS configuration: never a panic, and never a setting that is left out without a
//! word. An empty variable is an unset one.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use rolecall::sandbox::State;

use super::stage::{ONE_TARGET, Run, Stage, manifest};
use super::views::named;

/// Every variable that rolecall, the AWS SDK or the client of Genesys Cloud reads.
const VARIABLES: [&str; 46] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_RETRY_MODE",
    "AWS_MAX_ATTEMPTS",
    "AWS_NEW_RETRIES_2026",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_LAMBDA",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_CA_BUNDLE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_SDK_UA_APP_ID",
    "AWS_DEFAULTS_MODE",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "AWS_DISABLE_REQUEST_COMPRESSION",
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_AUTH_SCHEME_PREFERENCE",
    "AWS_SIGV4A_SIGNING_REGION_SET",
    "GENESYSCLOUD_OAUTHCLIENT_ID",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    "GENESYSCLOUD_REGION",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "https_proxy",
    "SSL_CERT_FILE",
];

/// Keys of a profile that the SDK reads.
const KEYS: [&str; 22] = [
    "aws_access_key_id",
    "aws_session_token",
    "region",
    "retry_mode",
    "max_attempts",
    "endpoint_url",
    "services",
    "use_fips_endpoint",
    "use_dualstack_endpoint",
    "ignore_configured_endpoint_urls",
    "ca_bundle",
    "sdk_ua_app_id",
    "defaults_mode",
    "request_checksum_calculation",
    "response_checksum_validation",
    "disable_request_compression",
    "request_min_compression_size_bytes",
    "account_id_endpoint_mode",
    "auth_scheme_preference",
    "sigv4a_signing_region_set",
    "sso_session",
    "credential_process",
];

fn odd() -> Vec<&'static OsStr> {
    let texts = ["", "abc", "0", "-1", "99999999999999999999", "://", "a\nb"];
    let mut values: Vec<&OsStr> = texts.into_iter().map(OsStr::new).collect();
    values.push(OsStr::from_bytes(b"caf\xe9"));
    values
}

/// One attempt a call, and none without end: what is tested is that something is said.
fn plan(stage: &Stage) -> std::process::Command {
    let mut command = stage.command(&["plan"]);
    command.env("AWS_MAX_ATTEMPTS", "1");
    command
}

/// The exit code is one of the table, and the message is not the SDK's dump of what it holds.
#[track_caller]
fn is_told(what: &str, run: &Run) {
    assert!((0..=5).contains(&run.status), "{what}: {} {}", run.status, run.stderr);
    for raw in ["panicked", "SdkBody", "unhandled error", "Error {"] {
        assert!(!run.stderr.contains(raw), "{what}: {}", run.stderr);
    }
}

#[test]
fn no_variable_of_the_environment_ends_in_a_panic() {
    let stage = Stage::new();
    for variable in VARIABLES {
        for value in odd() {
            let run: Run = plan(&stage).env(variable, value).output().unwrap().into();
            let what = format!("{variable}={value:?}");
            is_told(&what, &run);
            // A key that is empty is no key; every other variable is as good as unset.
            let is_key = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"].contains(&variable)
                || variable.starts_with("AWS_ENDPOINT_URL");
            if value.is_empty() && !is_key {
                assert_eq!(run.status, 0, "{what}: {}", run.stderr);
            }
            let ours = ["AWS_", "GENESYSCLOUD_"].iter().any(|prefix| variable.starts_with(prefix));
            if ours && value.to_str().is_none() {
                assert_eq!(run.status, 2, "{what}: {}", run.stderr);
                assert!(run.stderr.contains(variable), "{what}: {}", run.stderr);
            }
        }
    }
}

#[test]
fn no_key_of_the_aws_configuration_ends_in_a_panic() {
    let stage = Stage::new();
    for key in KEYS {
        for value in odd() {
            let mut config = format!("[default]\n{key} = ").into_bytes();
            config.extend_from_slice(value.as_bytes());
            std::fs::write(stage.folder.path().join("config"), config).unwrap();
            let run: Run = plan(&stage).env("AWS_CONFIG_FILE", "config").output().unwrap().into();
            is_told(&format!("{key} = {value:?}"), &run);
        }
    }
}

#[test]
fn a_setting_that_cannot_be_meant_is_named_before_the_first_call() {
    let stage = Stage::new();
    stage.write("empty.pem", "");
    stage.write("config", "[default]\nretry_mode = often\n");
    stage.write("broken", "[default\n");
    let mut said = String::new();
    for (variable, value) in [
        ("AWS_RETRY_MODE", "abc"),
        ("AWS_MAX_ATTEMPTS", "abc"),
        ("AWS_MAX_ATTEMPTS", "0"),
        ("AWS_ENDPOINT_URL", "localhost:4566"),
        ("AWS_ENDPOINT_URL_IAM", "abc"),
        ("AWS_USE_FIPS_ENDPOINT", "yes"),
        ("AWS_PROFILE", "typo"),
        ("AWS_CA_BUNDLE", "gone.pem"),
        ("AWS_CA_BUNDLE", "empty.pem"),
        ("HTTPS_PROXY", "socks5://user:hunter2@proxy:1080"),
        ("HTTPS_PROXY", "http://user:hunter2@"),
        ("AWS_CONFIG_FILE", "config"),
        ("AWS_CONFIG_FILE", "broken"),
    ] {
        let run: Run = plan(&stage).env(variable, value).output().unwrap().into();
        said += &named(format!("{variable}={value}"), &run.whole());
    }
    insta::assert_snapshot!(said, @"
    === AWS_RETRY_MODE=abc
    exit 2
    -- stderr
    error[E12]: AWS_RETRY_MODE: `abc` is not a retry mode: `standard`, `adaptive` or `legacy`
    === AWS_MAX_ATTEMPTS=abc
    exit 2
    -- stderr
    error[E12]: AWS_MAX_ATTEMPTS: `abc` must be a whole number, 1 or more
    === AWS_MAX_ATTEMPTS=0
    exit 2
    -- stderr
    error[E12]: AWS_MAX_ATTEMPTS: `0` must be a whole number, 1 or more
    === AWS_ENDPOINT_URL=localhost:4566
    exit 2
    -- stderr
    error[E12]: AWS_ENDPOINT_URL: not the URL of an endpoint (expected `https://host`)
    === AWS_ENDPOINT_URL_IAM=abc
    exit 2
    -- stderr
    error[E12]: AWS_ENDPOINT_URL_IAM: not the URL of an endpoint (expected `https://host`)
    === AWS_USE_FIPS_ENDPOINT=yes
    exit 2
    -- stderr
    error[E12]: AWS_USE_FIPS_ENDPOINT: `yes` must be `true` or `false`
    === AWS_PROFILE=typo
    exit 2
    -- stderr
    error[E12]: the AWS profile `typo` does not exist; looked at `[folder]/.aws/config` and `[folder]/.aws/credentials`
    hint: correct --profile, AWS_PROFILE or `profile` in [aws] (`aws configure list-profiles` names those that exist), or leave them out to use the credentials of the environment
    === AWS_CA_BUNDLE=gone.pem
    exit 2
    -- stderr
    error[E12]: AWS_CA_BUNDLE: cannot read `gone.pem`: No such file or directory (os error [number])
    === AWS_CA_BUNDLE=empty.pem
    exit 2
    -- stderr
    error[E12]: AWS_CA_BUNDLE: `empty.pem` has no certificate in PEM form
    === HTTPS_PROXY=socks5://user:hunter2@proxy:1080
    exit 2
    -- stderr
    error[E12]: HTTPS_PROXY: only proxies of the schemes `http` and `https` are supported
    === HTTPS_PROXY=http://user:hunter2@
    exit 2
    -- stderr
    error[E12]: HTTPS_PROXY: not the URL of a proxy (expected `http://host:port`)
    === AWS_CONFIG_FILE=config
    exit 2
    -- stderr
    error[E12]: `retry_mode` of the AWS profile `default`: `often` is not a retry mode: `standard`, `adaptive` or `legacy`
    === AWS_CONFIG_FILE=broken
    exit 2
    -- stderr
    error[E12]: cannot read the AWS profile `default` from `broken` and `[folder]/.aws/credentials`: error parsing broken on line 1:
      Profile definition must end with ']'
    hint: correct the file: each line is `[profile NAME]`, `key = value` or a comment
    ");
    assert!(stage.calls().is_empty(), "nothing was contacted");
}

#[test]
fn the_retry_modes_of_botocore_are_accepted_and_an_empty_variable_is_unset() {
    let stage = Stage::with(&manifest(ONE_TARGET), State::demo());
    for (variable, value) in [
        ("AWS_RETRY_MODE", "legacy"),
        ("AWS_RETRY_MODE", "adaptive"),
        ("AWS_RETRY_MODE", ""),
        ("AWS_MAX_ATTEMPTS", ""),
        ("AWS_ENDPOINT_URL_STS", ""),
        ("AWS_PROFILE", ""),
        ("AWS_CA_BUNDLE", ""),
        ("GENESYSCLOUD_REGION", ""),
    ] {
        let run: Run = stage.command(&["plan"]).env(variable, value).output().unwrap().into();
        assert_eq!(run.status, 0, "{variable}={value}: {}", run.stderr);
    }
    // What an unset input makes of it in CI: the embedded AWS is reached by a profile's key instead.
    stage.write("config", &format!("[default]\nendpoint_url = {}\n", stage.sandbox.endpoint_url()));
    let mut command = stage.command(&["plan"]);
    command.env("AWS_CONFIG_FILE", "config").env("AWS_ENDPOINT_URL", "");
    let run: Run = command.output().unwrap().into();
    run.expect(0);
}

/// A proxy that answers nobody: whoever asks it fails.
#[test]
fn nothing_on_this_machine_is_asked_through_a_proxy() {
    let stage = Stage::new();
    for proxy in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        let through = |arguments: &[&str]| {
            let mut command = stage.client_command(arguments);
            command.env(proxy, "http://user:hunter2@127.0.0.1:9");
            Run::from(command.output().unwrap())
        };
        through(&["plan"]).expect(0);
        through(&["genesys", "whoami"]).expect(0);
        through(&["plan", "--sandbox", "--file", "rolecall.toml"]).expect(0);
    }
}
