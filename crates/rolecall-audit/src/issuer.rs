//! Identity providers whose issuer many tenants share: what of a token names the tenant. Facts: `IAM User Guide`, "identity-provider
//! controls for shared OIDC providers"; the issuers' own pages, named at each entry.
//!
//! A shared issuer gives tokens to everybody who has an account there. What pins the tenant is to such a provider what an external ID
//! is to a vendor. An issuer that is not listed may be shared or not: nobody here knows.

/// The claim of a token that names the tenant, and how its values begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issuer {
    /// The host, and the path if several issuers share the host.
    pub host: &'static str,
    /// Who it is.
    pub name: &'static str,
    /// The claim that names the tenant: the part of the condition key after the colon.
    pub claim: &'static str,
    /// What is written before the tenant's name.
    pub before: &'static str,
    /// What ends the tenant's name; `None` if the whole value is the tenant.
    pub after: Option<char>,
    /// What a tenant is called.
    pub tenant: &'static str,
    /// What lies within a tenant.
    pub within: &'static str,
}

const fn of(
    host: &'static str,
    name: &'static str,
    (claim, before, after): (&'static str, &'static str, Option<char>),
    (tenant, within): (&'static str, &'static str),
) -> Issuer {
    Issuer { host, name, claim, before, after, tenant, within }
}

/// The shared issuers that are known.
pub const SHARED: [Issuer; 7] = [
    // GitHub Docs, "OpenID Connect reference": `repo:ORG/REPO:ref:refs/heads/BRANCH`, and `repo:ORG@ID/REPO@ID:…` for repositories
    // with immutable subjects.
    of(
        "token.actions.githubusercontent.com",
        "GitHub Actions",
        ("sub", "repo:", Some('/')),
        ("organization", "repository"),
    ),
    // GitLab Docs, "Connect to cloud services": `project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH`.
    of("gitlab.com", "GitLab.com", ("sub", "project_path:", Some('/')), ("group", "project")),
    // HashiCorp, "Dynamic credentials": `organization:ORG:project:PROJECT:workspace:WORKSPACE:run_phase:PHASE`.
    of(
        "app.terraform.io",
        "HCP Terraform",
        ("sub", "organization:", Some(':')),
        ("organization", "workspace"),
    ),
    // Buildkite Docs, "OIDC": `organization:ORG:pipeline:PIPELINE:ref:REF:commit:COMMIT:step:STEP`.
    of("agent.buildkite.com", "Buildkite", ("sub", "organization:", Some(':')), ("organization", "pipeline")),
    // Amazon Cognito Developer Guide, "Role trust and permissions": `aud` is the identity pool.
    of("cognito-identity.amazonaws.com", "Amazon Cognito", ("aud", "", None), ("identity pool", "identity")),
    // IAM User Guide, "Web identity": `aud` is the application's client ID.
    of("accounts.google.com", "Google", ("aud", "", None), ("application", "account")),
    // IAM User Guide, "Web identity": `app_id` is the application.
    of("graph.facebook.com", "Facebook", ("app_id", "", None), ("application", "account")),
];

impl Issuer {
    /// The shared issuer behind a provider's host.
    #[must_use]
    pub fn of_host(host: &str) -> Option<&'static Self> {
        SHARED.iter().find(|issuer| issuer.host == host)
    }

    /// The condition key of the claim.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}:{}", self.host, self.claim)
    }

    /// The tenant that a text of a policy is about; `None` where it leaves that open.
    #[must_use]
    pub fn tenant_of<'t>(&self, text: &'t str) -> Option<&'t str> {
        let rest = text.strip_prefix(self.before)?;
        let tenant = match self.after {
            None => rest,
            Some(after) => rest.split_once(after)?.0,
        };
        (!tenant.is_empty() && !tenant.contains(['*', '?', '$'])).then_some(tenant)
    }

    /// All values of one tenant, as a text of a policy.
    #[must_use]
    pub fn all_of(&self, tenant: &str) -> String {
        match self.after {
            None => tenant.to_owned(),
            Some(after) => format!("{}{tenant}{after}*", self.before),
        }
    }
}
