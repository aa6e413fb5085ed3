//! What grants: everything in AWS and Genesys Cloud that can let somebody assume the role, let its session do more or less, or let
//! somebody reach a target without the role. [`GRANTS`] says what examines each, and `docs/evidence.md` shows the table, with what
//! rolecall says where a read fails.

/// What a change there can lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Somebody else can assume the role, or Genesys Cloud no longer can.
    Assume,
    /// A session can do more or less.
    Session,
    /// Somebody reaches a target without the role.
    PastTheRole,
}

/// What examines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// `plan`, `apply`, `drift`, `verify` at every level, and the scheduled check.
    Every,
    /// `verify` from the level `live` on.
    Live,
    /// `plan`, `apply` and `drift` of a manifest with `[[action]]` or `[genesys.credentials]`.
    GenesysCloud,
    /// A test of a data action: `verify --level genesys`, `genesys action test`.
    ActionTest,
    /// `genesys audit`.
    Audit,
    /// Nothing; every report says so.
    Nothing,
}

/// Something that grants.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    /// Its name.
    pub what: &'static str,
    /// What it decides.
    pub effect: Effect,
    /// What examines it.
    pub look: Look,
    /// The AWS calls that read it; each is a permission of the same name.
    pub reads: &'static [&'static str],
}

const fn grant(what: &'static str, effect: Effect, look: Look, reads: &'static [&'static str]) -> Grant {
    Grant { what, effect, look, reads }
}

pub const GRANTS: [Grant; 16] = [
    grant("the role's trust policy", Effect::Assume, Look::Every, &["iam:GetRole"]),
    grant(
        "the role's inline policies",
        Effect::Session,
        Look::Every,
        &["iam:ListRolePolicies", "iam:GetRolePolicy"],
    ),
    grant(
        "the managed policies on the role, each in its default version",
        Effect::Session,
        Look::Every,
        &["iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion"],
    ),
    grant(
        "the role's permissions boundary, rolecall's or another, in its default version",
        Effect::Session,
        Look::Every,
        &["iam:GetRole", "iam:GetPolicy", "iam:GetPolicyVersion"],
    ),
    grant(
        "the policy of each target function, and of each alias or version that the manifest names",
        Effect::PastTheRole,
        Look::Every,
        &["lambda:GetPolicy"],
    ),
    grant(
        "the URLs of each target function and of its aliases",
        Effect::PastTheRole,
        Look::Every,
        &["lambda:ListFunctionUrlConfigs"],
    ),
    grant(
        "the policies of every other alias of a target, of `$LATEST`, of the versions behind the aliases and of the 10 newest \
         (`--exhaustive`: of every version)",
        Effect::PastTheRole,
        Look::Live,
        &["lambda:ListAliases", "lambda:ListVersionsByFunction", "lambda:GetPolicy"],
    ),
    grant("where a target's alias leads", Effect::Session, Look::Live, &["lambda:ListAliases"]),
    grant(
        "the organization's policies (SCPs, RCPs), if the account belongs to an organization",
        Effect::Session,
        Look::Live,
        &["organizations:DescribeOrganization"],
    ),
    grant("for a grant, the policies of the bucket and of the key", Effect::Session, Look::Nothing, &[]),
    grant("the policies of other resources that name the role", Effect::Session, Look::Nothing, &[]),
    grant("the policies of the caller in its own account", Effect::Assume, Look::Nothing, &[]),
    grant("the integration and its data actions", Effect::Assume, Look::GenesysCloud, &[]),
    grant(
        "the role ARN in the integration's credential, which the API of Genesys Cloud does not show",
        Effect::Assume,
        Look::ActionTest,
        &[],
    ),
    grant("who changed integrations, credentials and data actions", Effect::Assume, Look::Audit, &[]),
    grant(
        "other integrations of the organization with the same role or credential",
        Effect::Assume,
        Look::Nothing,
        &[],
    ),
];
