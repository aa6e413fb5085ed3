//! What the OAuth client may do. Permissions come from its roles; scopes do not apply to clients of the grant type
//! client credentials (`OAuthClient.md` of platform-client-sdk-python 257.1.0).

use serde::Deserialize;

use super::wire::or_default;

/// Whether a permission is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A role grants it, or a call that needs it was let in.
    Granted,
    /// No role grants it, or a call that needs it was refused.
    Missing,
    /// It cannot be told without changing something.
    Unknown,
}

/// What is known of the client's permissions.
#[derive(Clone, Debug)]
pub enum Permissions {
    /// What the API says of the client's roles.
    Granted {
        /// The policies of the roles.
        policies: Vec<Policy>,
        /// Whether a role came without its policies, and may grant more.
        is_partial: bool,
    },
    /// The API does not say; what calls have shown, by the permissions of which they need one.
    Seen(Vec<(&'static [&'static str], Access)>),
}

/// `AuthzGrantPolicy` of the Platform API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Policy {
    #[serde(deserialize_with = "or_default")]
    domain: String,
    #[serde(deserialize_with = "or_default")]
    entity_name: String,
    #[serde(deserialize_with = "or_default")]
    actions: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    condition: String,
}

impl Policy {
    /// Whether it is about a permission such as `integrations:action:view`.
    fn covers(&self, permission: &str) -> bool {
        let mut parts = permission.split(':');
        let mut is = |own: &str| {
            let part = parts.next().unwrap_or_default();
            own == "*" || own.eq_ignore_ascii_case(part)
        };
        let (domain, entity) = (is(&self.domain), is(&self.entity_name));
        let action = parts.next().unwrap_or_default();
        domain && entity && self.actions.iter().any(|own| own == "*" || own.eq_ignore_ascii_case(action))
    }
}

impl Permissions {
    /// Permissions from the policies of each role; `None` for a role that came without.
    pub(super) fn granted(roles: impl Iterator<Item = Option<Vec<Policy>>>) -> Self {
        let mut is_partial = false;
        let policies = roles.flat_map(|policies| {
            is_partial |= policies.is_none();
            policies.unwrap_or_default()
        });
        let policies = policies.collect();
        Self::Granted { policies, is_partial }
    }

    /// Whether the client has one of these permissions.
    pub fn access(&self, any_of: &[&str]) -> Access {
        match self {
            _ if any_of.is_empty() => Access::Granted,
            Self::Granted { policies, is_partial } => {
                let about = || policies.iter().filter(|policy| any_of.iter().any(|one| policy.covers(one)));
                if about().any(|policy| policy.condition.is_empty()) {
                    Access::Granted
                } else if *is_partial || about().next().is_some() {
                    Access::Unknown
                } else {
                    Access::Missing
                }
            }
            Self::Seen(seen) => seen
                .iter()
                .find(|(permissions, _)| *permissions == any_of)
                .map_or(Access::Unknown, |(_, access)| *access),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIEW: &[&str] = &["integrations:action:view", "bridge:actions:view"];

    fn access(policies: &str, permission: &[&str]) -> Access {
        let roles: Vec<Option<Vec<Policy>>> = serde_json::from_str(policies).unwrap();
        Permissions::granted(roles.into_iter()).access(permission)
    }

    #[test]
    fn a_policy_covers_what_its_parts_name() {
        for (policies, expected) in [
            (
                r#"[[{"domain":"integrations","entityName":"action","actions":["view","edit"]}]]"#,
                Access::Granted,
            ),
            (r#"[[{"domain":"bridge","entityName":"actions","actions":["view"]}]]"#, Access::Granted),
            (r#"[[{"domain":"integrations","entityName":"*","actions":["*"]}]]"#, Access::Granted),
            (r#"[[{"domain":"*","entityName":"*","actions":["*"]}]]"#, Access::Granted),
            (
                r#"[[{"domain":"integrations","entityName":"integration","actions":["view"]}]]"#,
                Access::Missing,
            ),
            (r#"[[{"domain":"integrations","entityName":"action","actions":["edit"]}]]"#, Access::Missing),
            (r#"[[{"domain":"integrations","entityName":"action","actions":null}]]"#, Access::Missing),
            (
                r#"[[{"domain":"integrations","entityName":"action","actions":["view"],"condition":"c"}]]"#,
                Access::Unknown,
            ),
            ("[null]", Access::Unknown),
            ("[]", Access::Missing),
        ] {
            assert_eq!(access(policies, VIEW), expected, "{policies}");
        }
        assert_eq!(access("[]", &[]), Access::Granted, "a call that needs none");
    }

    #[test]
    fn what_no_call_has_shown_is_unknown() {
        let seen = Permissions::Seen(vec![(VIEW, Access::Missing)]);
        assert_eq!(seen.access(VIEW), Access::Missing);
        assert_eq!(seen.access(&["integrations:action:edit"]), Access::Unknown);
    }
}
