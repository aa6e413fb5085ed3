//! What the function's settings allow to whoever writes a manifest or sends an event.
//!
//! A manifest in S3 or in a parameter, and a resource of a stack, are written by others than the one who deployed the function,
//! and are carried out with the function's permissions. So they may name a role to assume, or a secret to read, only if the
//! settings name it too. The default is nothing but the secret of the function itself.

use std::fmt::Display;

use rolecall::connect::Loaded;
use rolecall::manifest::AssumedRole;
use rolecall::ports::secrets::{SecretId, SecretLocation};

/// The roles that a manifest may name in `assume_role`: ARNs with commas between them, `*` for any text within.
const ROLES: &str = "ROLECALL_ALLOWED_ROLES";
/// The secrets that a manifest may name in [genesys.credentials], and a resource in `CredentialsSecret`, in the same form.
const SECRETS: &str = "ROLECALL_ALLOWED_SECRETS";
/// Further hosts that take answers in the place of S3, each with its port: for tests.
const RESPONSE_HOSTS: &str = "ROLECALL_RESPONSE_HOSTS";

/// What manifests and resources may name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    roles: Vec<String>,
    secrets: Vec<String>,
}

impl Allowed {
    /// What the settings name; `own` is the secret of the function itself.
    pub(crate) fn from_environment(own: Option<String>) -> Self {
        let mut secrets = list(SECRETS);
        secrets.extend(own);
        Self { roles: list(ROLES), secrets }
    }

    /// Everything that a manifest names and the settings do not.
    pub(crate) fn faults(&self, loaded: &Loaded) -> Vec<String> {
        let Loaded { name, manifest, .. } = loaded;
        let fault = |key: &str, value: &dyn Display, setting: &str| {
            format!("`{name}` names `{value}` as `{key}`, {}", not_allowed(setting))
        };
        let mut faults = Vec::new();
        if let Some(AssumedRole { role, external_id: _ }) = &manifest.access.assume_role
            && !is_listed(&self.roles, &role.to_string())
        {
            faults.push(fault("assume_role", role, ROLES));
        }
        if let Some(location) = manifest.genesys().and_then(|genesys| genesys.credentials.as_ref()) {
            let key = match location {
                SecretLocation::Secret(SecretId::Arn(_)) => "secret",
                SecretLocation::Secret(SecretId::Name(_)) => "secret_name",
                SecretLocation::Parameter(_) => "parameter",
            };
            match self.judge(location) {
                Judged::Allowed => {}
                Judged::NotListed => faults.push(fault(key, location, SECRETS)),
                Judged::Nameless => {
                    faults.push(format!("`{name}` names `{location}` as `{key}`, {NEEDS_ARN}"))
                }
            }
        }
        faults
    }

    /// Whether a request may name this role.
    pub(crate) fn check_role(&self, key: &str, role: &str) -> anyhow::Result<()> {
        anyhow::ensure!(is_listed(&self.roles, role), "`{key}` is `{role}`, {}", not_allowed(ROLES));
        Ok(())
    }

    /// Whether a resource may name this secret.
    pub(crate) fn check_secret(&self, secret: &SecretLocation) -> Result<(), String> {
        match self.judge(secret) {
            Judged::Allowed => Ok(()),
            Judged::NotListed => Err(format!("`CredentialsSecret` is `{secret}`, {}", not_allowed(SECRETS))),
            Judged::Nameless => Err(format!("`CredentialsSecret` is `{secret}`, {NEEDS_ARN}")),
        }
    }

    /// Whether the settings allow it. They list ARNs, and only an ARN can be compared with one: what a name stands for depends on the
    /// region and the account, which a manifest chooses, and the ARN of a secret ends in six characters that its name does not tell.
    fn judge(&self, location: &SecretLocation) -> Judged {
        match location.id() {
            SecretId::Name(_) => Judged::Nameless,
            SecretId::Arn(arn) if is_listed(&self.secrets, &arn.to_string()) => Judged::Allowed,
            SecretId::Arn(_) => Judged::NotListed,
        }
    }
}

/// What the settings say about a secret.
enum Judged {
    Allowed,
    NotListed,
    /// It has no ARN to compare with.
    Nameless,
}

const NEEDS_ARN: &str = "a name, which the function cannot compare with the ARNs that its settings allow \
                         (ROLECALL_ALLOWED_SECRETS); name it by its ARN";

fn not_allowed(setting: &str) -> String {
    format!("which the settings of this function do not allow ({setting})")
}

/// Further hosts that answers may go to.
pub(crate) fn response_hosts() -> Vec<String> {
    list(RESPONSE_HOSTS)
}

fn list(variable: &str) -> Vec<String> {
    let text = std::env::var(variable).unwrap_or_default();
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

fn is_listed(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, text))
}

/// Whether a text is what a pattern says, with `*` for any text, as in the `Resource` of a policy.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, is_same) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "abc", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "a1c", false),
            ("a*a", "a", false),
            ("ab*ba", "aba", false),
            ("arn:aws:iam::*:role/v", "arn:aws:iam::1:role/v", true),
            ("arn:aws:iam::*:role/v", "arn:aws:iam::1:role/vv", false),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, text), is_same, "{pattern} {text}");
        }
    }

    fn loaded(access: &str) -> Loaded {
        let text = format!(
            "version = 1\n[genesys]\nregion = \"us-east-1\"\n{access}\n[role]\nname = \"R\"\n[[target]]\nfunction = \"f\"\n"
        );
        Loaded::parse(&text, "s3://bucket/rolecall.toml").unwrap()
    }

    #[test]
    fn nothing_is_allowed_that_the_settings_do_not_name() {
        let role = "arn:aws:iam::123456789012:role/verifier";
        let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys-AbCdEf";
        let manifest = loaded(&format!(
            "[genesys.credentials]\nsecret = \"{secret}\"\n[aws]\nassume_role = \"{role}\"\n"
        ));
        let none = Allowed::default().faults(&manifest);
        assert_eq!(
            none,
            [
                format!(
                    "`s3://bucket/rolecall.toml` names `{role}` as `assume_role`, which the settings of this function do not allow (ROLECALL_ALLOWED_ROLES)"
                ),
                format!(
                    "`s3://bucket/rolecall.toml` names `{secret}` as `secret`, which the settings of this function do not allow (ROLECALL_ALLOWED_SECRETS)"
                ),
            ]
        );
        let allowed = Allowed { roles: vec![role.to_owned()], secrets: vec![secret.to_owned()] };
        assert_eq!(allowed.faults(&manifest), [""; 0]);
        assert_eq!(Allowed::default().faults(&loaded("")), [""; 0]);
    }

    #[test]
    fn no_name_is_a_way_around_the_list() {
        let secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys-AbCdEf";
        let parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/rolecall/genesys";
        let settings = |list: &[&str]| Allowed {
            roles: Vec::new(),
            secrets: list.iter().map(|&it| it.to_owned()).collect(),
        };
        for (list, key, value, is_allowed) in [
            (&[secret][..], "secret", secret, true),
            (&[secret], "secret_name", "genesys", false),
            (&[secret], "secret_name", "genesys-AbCdEf", false),
            (&["genesys"], "secret_name", "genesys", false),
            (&["*"], "secret_name", "genesys", false),
            // A part of an ARN names the same secret to Secrets Manager.
            (&[secret], "secret", "arn:aws:secretsmanager:us-east-1:123456789012:secret:genesys", false),
            (&["genesys"], "secret", secret, false),
            (&[parameter], "parameter", parameter, true),
            (&["arn:aws:ssm:*:123456789012:parameter/rolecall/*"], "parameter", parameter, true),
            (&[parameter], "parameter", "/rolecall/genesys", false),
            (&["/rolecall/genesys"], "parameter", "/rolecall/genesys", false),
            (&["/rolecall/genesys"], "parameter", parameter, false),
            (&[secret], "parameter", parameter, false),
            (&[parameter], "secret", secret, false),
        ] {
            let manifest = loaded(&format!("[genesys.credentials]\n{key} = \"{value}\"\n"));
            let faults = settings(list).faults(&manifest);
            assert_eq!(faults.is_empty(), is_allowed, "{list:?} {key} {value}: {faults:?}");
            let location = manifest.manifest.genesys().unwrap().credentials.clone().unwrap();
            assert_eq!(settings(list).check_secret(&location).is_ok(), is_allowed, "{list:?} {value}");
        }
    }
}
