//! Identity providers whose issuer many tenants share: what of a token names the tenant. Facts: `IAM User Guide`, "identity-provider
//! controls for shared OIDC providers"; the issuers' own pages, named at each entry.
//!
//! A shared issuer gives tokens to everybody who has an account there. What pins the tenant is to such a provider what an external ID
//! is to a vendor. An issuer that is not listed may be shared or not: nobody here knows.

/// Where an issuer's tokens come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// One host for all customers of a service.
    Shared(&'static str),
    /// `oidc.eks.REGION.amazonaws.com/id/CLUSTER`: one issuer for each cluster.
    EksCluster,
}

/// The claim of a token that names the tenant, and how its values begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issuer {
    /// Where its tokens come from.
    pub host: Host,
    /// Who it is.
    pub name: &'static str,
    /// The claim that names the tenant: the part of the condition key after the colon.
    pub claim: &'static str,
    /// What is written before the tenant's name.
    before: &'static str,
    /// What ends the tenant's name; `None` if the whole value is the tenant.
    after: Option<char>,
    /// What is written between the tenant's name and the name of the place within it, which a colon or the text ends.
    before_place: &'static str,
    /// What a tenant is called.
    pub tenant: &'static str,
    /// What a place within a tenant is called; empty if a tenant is not divided.
    pub place: &'static str,
    /// All of its tokens, in words.
    pub everybody: &'static str,
}

/// The issuers whose tokens are understood.
const KNOWN: [Issuer; 8] = [
    // GitHub Docs, "OpenID Connect reference": `repo:ORG/REPO:ref:refs/heads/BRANCH`, and `repo:ORG@ID/REPO@ID:…` for repositories
    // with immutable subjects.
    Issuer {
        host: Host::Shared("token.actions.githubusercontent.com"),
        name: "GitHub Actions",
        claim: "sub",
        before: "repo:",
        after: Some('/'),
        before_place: "",
        tenant: "organization",
        place: "repository",
        everybody: "any repository on GitHub",
    },
    // GitLab Docs, "Connect to cloud services": `project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH`.
    Issuer {
        host: Host::Shared("gitlab.com"),
        name: "GitLab.com",
        claim: "sub",
        before: "project_path:",
        after: Some('/'),
        before_place: "",
        tenant: "group",
        place: "project",
        everybody: "any project on GitLab.com",
    },
    // HashiCorp, "Dynamic credentials": `organization:ORG:project:PROJECT:workspace:WORKSPACE:run_phase:PHASE`.
    Issuer {
        host: Host::Shared("app.terraform.io"),
        name: "HCP Terraform",
        claim: "sub",
        before: "organization:",
        after: Some(':'),
        before_place: "workspace:",
        tenant: "organization",
        place: "workspace",
        everybody: "any workspace of any organization in HCP Terraform",
    },
    // Buildkite Docs, "OIDC": `organization:ORG:pipeline:PIPELINE:ref:REF:commit:COMMIT:step:STEP`.
    Issuer {
        host: Host::Shared("agent.buildkite.com"),
        name: "Buildkite",
        claim: "sub",
        before: "organization:",
        after: Some(':'),
        before_place: "pipeline:",
        tenant: "organization",
        place: "pipeline",
        everybody: "any pipeline of any organization in Buildkite",
    },
    // Amazon EKS User Guide, "IAM roles for service accounts": `system:serviceaccount:NAMESPACE:SERVICE_ACCOUNT`.
    Issuer {
        host: Host::EksCluster,
        name: "an EKS cluster",
        claim: "sub",
        before: "system:serviceaccount:",
        after: Some(':'),
        before_place: "",
        tenant: "namespace",
        place: "service account",
        everybody: "any service account of the cluster",
    },
    // Amazon Cognito Developer Guide, "Role trust and permissions": `aud` is the identity pool.
    Issuer {
        host: Host::Shared("cognito-identity.amazonaws.com"),
        name: "Amazon Cognito",
        claim: "aud",
        before: "",
        after: None,
        before_place: "",
        tenant: "identity pool",
        place: "",
        everybody: "any identity pool of any AWS account",
    },
    // IAM User Guide, "Available keys for AWS web identity federation": `aud` is the application's client ID.
    Issuer {
        host: Host::Shared("accounts.google.com"),
        name: "Google",
        claim: "aud",
        before: "",
        after: None,
        before_place: "",
        tenant: "application",
        place: "user",
        everybody: "any application that uses Google's sign-in",
    },
    // The same page: `app_id` is the application.
    Issuer {
        host: Host::Shared("graph.facebook.com"),
        name: "Facebook",
        claim: "app_id",
        before: "",
        after: None,
        before_place: "",
        tenant: "application",
        place: "user",
        everybody: "any application that uses Facebook's sign-in",
    },
];

/// The host and path of a provider: `token.actions.githubusercontent.com`, `oidc.eks.REGION.amazonaws.com/id/X`.
#[must_use]
pub fn host_of(provider: &str) -> &str {
    provider.split_once(":oidc-provider/").map_or(provider, |(_, host)| host)
}

impl Issuer {
    /// The issuer behind a provider's host and path, if its tokens are understood.
    #[must_use]
    pub fn of_host(host: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|issuer| match issuer.host {
            Host::Shared(shared) => shared == host,
            Host::EksCluster => {
                let cluster = host.strip_prefix("oidc.eks.").and_then(|rest| rest.split_once("/id/"));
                cluster.is_some_and(|(domain, id)| {
                    let region = [".amazonaws.com", ".amazonaws.com.cn"]
                        .iter()
                        .find_map(|end| domain.strip_suffix(end));
                    region.is_some_and(is_word) && is_word(id)
                })
            }
        })
    }

    /// Whether a tenant is so wide that the places within it should be named. An identity pool is as wide as who signs in.
    #[must_use]
    pub fn is_wide(&self) -> bool {
        !self.place.is_empty()
    }

    /// The condition key of the claim, for a provider with this host.
    #[must_use]
    pub fn key(&self, host: &str) -> String {
        format!("{host}:{}", self.claim)
    }

    /// The tenant that a text of a policy is about; `None` where it leaves that open.
    #[must_use]
    pub fn tenant_of<'t>(&self, text: &'t str) -> Option<&'t str> {
        let rest = text.strip_prefix(self.before)?;
        let tenant = match self.after {
            None => rest,
            Some(after) => rest.split_once(after)?.0,
        };
        is_settled(tenant).then_some(tenant)
    }

    /// All values of one tenant, as a text of a policy.
    #[must_use]
    pub fn all_of(&self, tenant: &str) -> String {
        match self.after {
            None => tenant.to_owned(),
            Some(after) => format!("{}{tenant}{after}*", self.before),
        }
    }

    /// The place within a tenant that a text of a policy is about, with the text that stands for all of its values; `None` where the
    /// text leaves the place open, or where a value names no place.
    #[must_use]
    pub fn place_of(&self, text: &str) -> Option<(String, String)> {
        let tenant = self.tenant_of(text)?;
        let after = self.after?;
        let start = self.before.len() + tenant.len() + after.len_utf8();
        let rest = text.get(start..)?;
        let within = rest.find(self.before_place)? + self.before_place.len();
        let end = rest.get(within..)?.find(':').map(|end| within + end);
        let place = rest.get(within..end.unwrap_or(rest.len()))?;
        // What stands before the place, such as the project of a workspace, must be settled, too.
        let all = text.get(..start + within + place.len())?;
        let is_place = is_settled(place) && !all.contains(['*', '?', '$']);
        let pattern = if end.is_some() { format!("{all}:*") } else { all.to_owned() };
        is_place.then(|| (format!("{tenant}{after}{place}"), pattern))
    }
}

/// Letters, digits and hyphens: a region, or the ID of a cluster.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '-')
}

/// The claim that names the tenant in tokens of a shared issuer, where it is none that is read here: a stated subject is no stated
/// tenant.
#[must_use]
pub fn tenant_elsewhere(host: &str) -> Option<&'static str> {
    TENANT_ELSEWHERE.iter().find(|(part, _)| host.contains(part)).map(|(_, claim)| *claim)
}

/// Such issuers by what their hosts contain (`IAM User Guide`, "identity-provider controls for shared OIDC providers").
const TENANT_ELSEWHERE: [(&str, &str); 4] = [
    ("sts.windows.net", "`sts:RoleSessionName`"),
    ("vercel.com", "`aud`"),
    ("pulumi.com", "`aud`"),
    ("sandboxes.cloud", "`aud`"),
];

/// A name without wildcards and variables.
fn is_settled(name: &str) -> bool {
    !name.is_empty() && !name.contains(['*', '?', '$'])
}
