//! Who calls: the caller of a request as a value, and what follows from it.
//!
//! How a policy's `Principal` element names callers is in [`element`]. What a caller's ARN does not say stays
//! unknown: a session's ARN does not show the path of its role, and an ARN never shows the unique id behind it.

pub mod element;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::arn::{AccountId, Partition, RoleArn, RoleName, RolePath, SessionName, UserName, split_arn};
use super::context::{Accounts, Lookup};
use super::keys::{self, CallerKind, CallerPart, Follows, Presence, Source};

/// The caller of a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// The root user of an account: `arn:aws:iam::123456789012:root`.
    Root {
        /// The partition of the account.
        partition: Partition,
        /// The account.
        account: AccountId,
    },
    /// An IAM user: `arn:aws:iam::123456789012:user/path/name`.
    User {
        /// The partition of the account.
        partition: Partition,
        /// The account that owns the user.
        account: AccountId,
        /// The path, `/` for most users.
        path: RolePath,
        /// The name, without the path.
        name: UserName,
    },
    /// A role by itself: some session of it whose name is not stated.
    Role(RoleArn),
    /// A session of a role: `arn:aws:sts::123456789012:assumed-role/name/session`.
    RoleSession {
        /// The partition of the account.
        partition: Partition,
        /// The account that owns the role.
        account: AccountId,
        /// The path of the role, which the session's ARN does not show. Names of roles are unique in an account whatever their
        /// path, so a session without a path is of the one role that has the name at the time, wherever it is.
        path: Option<RolePath>,
        /// The name of the role.
        role: RoleName,
        /// The name that was given to the session.
        session: SessionName,
    },
    /// A session from `sts:GetFederationToken`: `arn:aws:sts::123456789012:federated-user/name`.
    FederatedUser {
        /// The partition of the account.
        partition: Partition,
        /// The account of the user that asked for the session.
        account: AccountId,
        /// The name that was given to the session.
        name: String,
    },
    /// An AWS service, such as `lambda.amazonaws.com`.
    Service(String),
    /// Somebody with a token of an OpenID Connect provider: the provider's ARN, or its host name.
    WebIdentity(String),
    /// Somebody with an assertion of a SAML provider: the provider's ARN.
    Saml(String),
    /// Nobody in particular: a request that is not signed.
    Anonymous,
}

/// Text that names no principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a principal: give the ARN of a role, session, user or provider, or a service such as `lambda.amazonaws.com`",
    value.escape_debug()
)]
pub struct InvalidPrincipal {
    /// The text as it was given.
    pub value: String,
}

/// Web identity providers that are named by host and need no provider in IAM (IAM User Guide, "Principal").
const BUILT_IN_PROVIDERS: [&str; 4] =
    ["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];

impl Principal {
    /// A session of this role, whose path is thereby known.
    #[must_use]
    pub fn session_of(role: &RoleArn, session: SessionName) -> Self {
        let RoleArn { partition, account, path, name } = role.clone();
        Self::RoleSession { partition, account, path: Some(path), role: name, session }
    }

    /// The account that the caller belongs to, where it belongs to one.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Root { account, .. }
            | Self::User { account, .. }
            | Self::RoleSession { account, .. }
            | Self::FederatedUser { account, .. } => Some(account),
            Self::Role(role) => Some(&role.account),
            Self::Service(_) | Self::WebIdentity(_) | Self::Saml(_) | Self::Anonymous => None,
        }
    }

    /// The partition of that account.
    pub(crate) fn partition(&self) -> Option<&Partition> {
        match self {
            Self::Root { partition, .. }
            | Self::User { partition, .. }
            | Self::RoleSession { partition, .. }
            | Self::FederatedUser { partition, .. } => Some(partition),
            Self::Role(role) => Some(&role.partition),
            Self::Service(_) | Self::WebIdentity(_) | Self::Saml(_) | Self::Anonymous => None,
        }
    }

    /// Why this caller can never make this call, whatever the policies say.
    pub(super) fn cannot_call(&self, action: &str) -> Option<&'static str> {
        let is = |name: &str| action.eq_ignore_ascii_case(name);
        let plain = is("sts:AssumeRole");
        let web = is("sts:AssumeRoleWithWebIdentity");
        let saml = is("sts:AssumeRoleWithSAML");
        match self {
            // STS API Reference, AssumeRole: "You cannot call AssumeRole by using AWS account root user credentials".
            Self::Root { .. } if plain => Some("the root user of an account cannot assume roles"),
            // IAM User Guide, "Compare AWS STS credentials".
            Self::FederatedUser { .. } if plain => {
                Some("a session from GetFederationToken cannot assume roles")
            }
            Self::Anonymous if plain || web || saml => Some("a request for a role is never anonymous"),
            Self::WebIdentity(_) if plain || saml => {
                Some("a web identity can assume roles with AssumeRoleWithWebIdentity only")
            }
            Self::Saml(_) if plain || web => {
                Some("a SAML identity can assume roles with AssumeRoleWithSAML only")
            }
            // Both calls are not signed: the token stands for the caller, so the caller is the provider's.
            Self::Root { .. }
            | Self::User { .. }
            | Self::Role(_)
            | Self::RoleSession { .. }
            | Self::FederatedUser { .. }
            | Self::Service(_)
                if web || saml =>
            {
                Some("the call is made with a token of an identity provider, not as an AWS principal")
            }
            Self::Root { .. }
            | Self::User { .. }
            | Self::Role(_)
            | Self::RoleSession { .. }
            | Self::FederatedUser { .. }
            | Self::Service(_)
            | Self::WebIdentity(_)
            | Self::Saml(_)
            | Self::Anonymous => None,
        }
    }

    /// What kind of caller this is.
    pub(crate) fn kind(&self) -> CallerKind {
        match self {
            Self::Root { .. } => CallerKind::Root,
            Self::User { .. } => CallerKind::User,
            Self::Role(_) | Self::RoleSession { .. } => CallerKind::Session,
            Self::FederatedUser { .. } => CallerKind::FederatedUser,
            Self::Service(_) => CallerKind::Service,
            Self::WebIdentity(_) => CallerKind::WebIdentity,
            Self::Saml(_) => CallerKind::Saml,
            Self::Anonymous => CallerKind::Anonymous,
        }
    }

    /// The value of a condition key that follows from the caller, by the table in [`keys`]; `None` for keys that do not.
    pub(crate) fn derive(&self, folded_key: &str) -> Option<Lookup<'_>> {
        let facts = keys::facts(folded_key)?;
        let kind = self.kind();
        match facts.source {
            Source::Caller(key) => Some(match key.follows(kind) {
                Follows::Constant(value) => Lookup::One(Cow::Borrowed(value)),
                Follows::Part(part) => self.part(part),
                Follows::Never => Lookup::Absent,
                Follows::NoAccount => Lookup::NotOf(Accounts::All),
                Follows::Undocumented => Lookup::Undocumented,
            }),
            Source::Attribute(attribute) => match attribute.presence(kind) {
                Presence::Undocumented => Some(Lookup::Undocumented),
                Presence::Always => Some(Lookup::Unknown),
                Presence::Sometimes | Presence::Never => None,
            },
            Source::OnBehalf
            | Source::Parameter(_)
            | Source::Always(_)
            | Source::Sometimes(_)
            | Source::ResourceRegion
            | Source::ResourceAccount => None,
        }
    }

    fn part(&self, part: CallerPart) -> Lookup<'_> {
        match part {
            CallerPart::Arn => self.principal_arn(),
            CallerPart::Account => match self.account() {
                Some(account) => Lookup::One(Cow::Borrowed(account.as_str())),
                None => Lookup::Absent,
            },
            CallerPart::UserName => match self {
                Self::User { name, .. } => Lookup::One(Cow::Borrowed(name.as_str())),
                _ => Lookup::Absent,
            },
            CallerPart::UserId => self.user_id(),
            CallerPart::ServiceName => match self {
                Self::Service(name) => Lookup::One(Cow::Borrowed(name)),
                _ => Lookup::Absent,
            },
        }
    }

    /// `aws:PrincipalArn`: for a session it is the ARN of the role. A path that is not known is taken to be `/`, as
    /// it is for most roles; a request that needs another one states the key in its context.
    fn principal_arn(&self) -> Lookup<'_> {
        match self {
            Self::Root { .. } | Self::User { .. } | Self::Role(_) | Self::FederatedUser { .. } => {
                Lookup::One(Cow::Owned(self.to_string()))
            }
            Self::RoleSession { partition, account, path, role, session: _ } => {
                let path = path.as_ref().map_or("/", RolePath::as_str);
                Lookup::One(Cow::Owned(format!("arn:{partition}:iam::{account}:role{path}{role}")))
            }
            Self::Service(_) | Self::Anonymous | Self::WebIdentity(_) | Self::Saml(_) => Lookup::Absent,
        }
    }

    /// The unique ids of users and roles are not part of their ARNs.
    fn user_id(&self) -> Lookup<'_> {
        match self {
            Self::Root { account, .. } => Lookup::One(Cow::Borrowed(account.as_str())),
            Self::FederatedUser { account, name, .. } => Lookup::One(Cow::Owned(format!("{account}:{name}"))),
            Self::User { .. } | Self::Role(_) | Self::RoleSession { .. } => Lookup::Unknown,
            Self::Service(_) | Self::WebIdentity(_) | Self::Saml(_) | Self::Anonymous => Lookup::Absent,
        }
    }

    /// Reads the ARN of an account root, user, role or session.
    pub(super) fn from_arn(text: &str) -> Option<Self> {
        let [_, partition, service, "", account, resource] = split_arn(text)? else { return None };
        let (partition, account) = (partition.parse().ok()?, account.parse().ok()?);
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        match (service, kind) {
            ("iam", "root") if resource == "root" => Some(Self::Root { partition, account }),
            ("iam", "user") => {
                let (path, name) = resource.strip_prefix("user")?.rsplit_once('/')?;
                let path = format!("{path}/").parse().ok()?;
                Some(Self::User { partition, account, path, name: name.parse().ok()? })
            }
            ("iam", "role") => text.parse().ok().map(Self::Role),
            ("sts", "assumed-role") => {
                let (role, session) = name.split_once('/')?;
                let (role, session) = (role.parse().ok()?, session.parse().ok()?);
                Some(Self::RoleSession { partition, account, path: None, role, session })
            }
            // STS API Reference, GetFederationToken: Name has the same letters and lengths as a session name, from 2 to 32.
            ("sts", "federated-user") if name.len() <= 32 && name.parse::<SessionName>().is_ok() => {
                Some(Self::FederatedUser { partition, account, name: name.to_owned() })
            }
            _ => None,
        }
    }
}

impl FromStr for Principal {
    type Err = InvalidPrincipal;

    fn from_str(text: &str) -> Result<Self, InvalidPrincipal> {
        let wrong = || InvalidPrincipal { value: text.to_owned() };
        if text.starts_with("arn:") {
            return match split_arn(text) {
                Some([_, _, "iam", "", _, resource]) if resource.starts_with("saml-provider/") => {
                    Ok(Self::Saml(text.to_owned()))
                }
                Some([_, _, "iam", "", _, resource]) if resource.starts_with("oidc-provider/") => {
                    Ok(Self::WebIdentity(text.to_owned()))
                }
                _ => Self::from_arn(text).ok_or_else(wrong),
            };
        }
        if BUILT_IN_PROVIDERS.contains(&text) {
            return Ok(Self::WebIdentity(text.to_owned()));
        }
        // Alexa calls functions under a name of Amazon's own (Lambda Developer Guide, "Invoke a Lambda function from Alexa").
        let ends = [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"];
        let service = ends.iter().find_map(|end| text.strip_suffix(end));
        match service {
            Some(name)
                if !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)) =>
            {
                Ok(Self::Service(text.to_owned()))
            }
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root { partition, account } => write!(formatter, "arn:{partition}:iam::{account}:root"),
            Self::User { partition, account, path, name } => {
                write!(formatter, "arn:{partition}:iam::{account}:user{path}{name}")
            }
            Self::Role(role) => write!(formatter, "{role}"),
            Self::RoleSession { partition, account, path: _, role, session } => {
                write!(formatter, "arn:{partition}:sts::{account}:assumed-role/{role}/{session}")
            }
            Self::FederatedUser { partition, account, name } => {
                write!(formatter, "arn:{partition}:sts::{account}:federated-user/{name}")
            }
            Self::Service(name) | Self::WebIdentity(name) | Self::Saml(name) => formatter.write_str(name),
            Self::Anonymous => formatter.write_str("anonymous"),
        }
    }
}
