//! What the function's settings allow to whoever writes a manifest or sends an event.
//!
//! A manifest in S3 or in a parameter, and a resource of a stack, are written by others than the one who deployed the function,
//! and are carried out with the function's permissions. So they may name a role to assume, or a secret to read, only if the
//! settings name it too. The default is nothing but the secret of the function itself.

use std::fmt::Display;

use rolecall::connect::Loaded;
use rolecall::iam::arn::Arn;
use rolecall::manifest::AssumedRole;

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
        if let Some(secret) = &manifest.genesys.credentials
            && !is_listed(&self.secrets, &secret.to_string())
        {
            faults.push(fault("secret", secret, SECRETS));
        }
        faults
    }

    /// Whether a resource may name this secret.
    pub(crate) fn check_secret(&self, secret: &Arn) -> Result<(), String> {
        match is_listed(&self.secrets, &secret.to_string()) {
            true => Ok(()),
            false => Err(format!("`CredentialsSecret` is `{secret}`, {}", not_allowed(SECRETS))),
        }
    }
}

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
}
