//! The `Principal` and `NotPrincipal` elements: whom a statement names, and whether a caller is meant.
//!
//! Facts: IAM User Guide, "Principal", "NotPrincipal" and "Policy evaluation logic". An ARN with a wildcard inside, a
//! deleted principal's unique id and a canonical user match no caller. Whom another text means that AWS refuses as a name
//! is not documented.

use super::Principal;
use crate::arn::{AccountId, Partition, split_arn};
use crate::document::{Clause, Effect};
use crate::keys::CallerKind;
use crate::truth::Truth;

/// The kinds of names that a `Principal` element can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// `"AWS"`
    Aws,
    /// `"Service"`
    Service,
    /// `"Federated"`
    Federated,
    /// `"CanonicalUser"`, which only S3 knows.
    CanonicalUser,
}

impl PrincipalKind {
    /// The key under which names of this kind stand in a document.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::Service => "Service",
            Self::Federated => "Federated",
            Self::CanonicalUser => "CanonicalUser",
        }
    }

    /// Whether a name of this kind can mean such a caller.
    pub(crate) fn may_mean(self, caller: CallerKind) -> bool {
        match self {
            Self::Aws => true,
            Self::Service => caller == CallerKind::Service,
            Self::Federated => matches!(caller, CallerKind::WebIdentity | CallerKind::Saml),
            Self::CanonicalUser => false,
        }
    }

    pub(crate) fn from_key(key: &str) -> Option<Self> {
        [Self::Aws, Self::Service, Self::Federated, Self::CanonicalUser]
            .into_iter()
            .find(|kind| kind.key() == key)
    }
}

/// One name in a `Principal` or `NotPrincipal` element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalName {
    /// `"Principal": "*"`: everybody, signed or not.
    Everyone,
    /// `{"AWS": "*"}`: for a role's trust, every AWS principal of every account.
    AnyAws,
    /// A whole account, as twelve digits or as its root ARN.
    Account {
        /// The partition that the root ARN names. Twelve digits mean an account of the partition that the policy is in.
        partition: Option<Partition>,
        /// The account.
        account: AccountId,
    },
    /// Exactly this user, role or session.
    Identity(Principal),
    /// The unique id (`AROA…`, `AIDA…`) that IAM shows in place of a principal that has been deleted.
    UniqueId(String),
    /// An AWS service.
    Service(String),
    /// An identity provider: its ARN, or the host name of a built-in one.
    Federated(String),
    /// An S3 canonical user.
    CanonicalUser(String),
    /// Text under `AWS` that names nobody: an ARN or an account with a wildcard inside.
    Nobody(String),
    /// Text that AWS refuses as a name: whom it would mean is not documented.
    Undocumented(PrincipalKind, String),
}

impl PrincipalName {
    pub(crate) fn read(kind: PrincipalKind, text: &str) -> Self {
        match kind {
            PrincipalKind::CanonicalUser => Self::CanonicalUser(text.to_owned()),
            PrincipalKind::Service if is_plain(text) => Self::Service(text.to_owned()),
            PrincipalKind::Federated if is_plain(text) => Self::Federated(text.to_owned()),
            PrincipalKind::Service | PrincipalKind::Federated => Self::Undocumented(kind, text.to_owned()),
            PrincipalKind::Aws if text == "*" => Self::AnyAws,
            PrincipalKind::Aws => match (text.parse(), Principal::from_arn(text)) {
                (Ok(account), _) => Self::Account { partition: None, account },
                (_, Some(Principal::Root { partition, account })) => {
                    Self::Account { partition: Some(partition), account }
                }
                (_, Some(identity)) => Self::Identity(identity),
                _ if is_unique_id(text) => Self::UniqueId(text.to_owned()),
                _ if names_nobody(text) => Self::Nobody(text.to_owned()),
                _ => Self::Undocumented(kind, text.to_owned()),
            },
        }
    }

    /// Whether this is the account of a caller, written as an account.
    pub(crate) fn is_account_of(&self, caller: &Principal) -> bool {
        match self {
            Self::Account { partition, account } => {
                caller.account() == Some(account)
                    && partition.as_ref().is_none_or(|partition| caller.partition() == Some(partition))
            }
            Self::Everyone
            | Self::AnyAws
            | Self::Identity(_)
            | Self::UniqueId(_)
            | Self::Service(_)
            | Self::Federated(_)
            | Self::CanonicalUser(_)
            | Self::Nobody(_)
            | Self::Undocumented(..) => false,
        }
    }

    /// The kind under which the name stands; `None` for the bare `"*"`.
    #[must_use]
    pub(crate) fn kind(&self) -> Option<PrincipalKind> {
        match self {
            Self::Everyone => None,
            Self::AnyAws | Self::Account { .. } | Self::Identity(_) | Self::UniqueId(_) | Self::Nobody(_) => {
                Some(PrincipalKind::Aws)
            }
            Self::Undocumented(kind, _) => Some(*kind),
            Self::Service(_) => Some(PrincipalKind::Service),
            Self::Federated(_) => Some(PrincipalKind::Federated),
            Self::CanonicalUser(_) => Some(PrincipalKind::CanonicalUser),
        }
    }

    /// Whether the caller is meant, and how much the caller then needs besides.
    fn matches(&self, caller: &Principal) -> (Truth, Reach) {
        let same = |equal: bool| (Truth::from(equal), Reach::SkipsAll);
        match self {
            Self::Everyone => (Truth::True, Reach::SkipsAll),
            Self::AnyAws => match caller {
                // The guide calls `{"AWS": "*"}` and `"*"` the same in resource policies that serve the public; what
                // it means for a caller who holds nothing but a provider's token is not documented.
                Principal::WebIdentity(_) | Principal::Saml(_) => (Truth::Unknown, Reach::SkipsAll),
                Principal::Root { .. }
                | Principal::User { .. }
                | Principal::Role(_)
                | Principal::RoleSession { .. }
                | Principal::FederatedUser { .. }
                | Principal::Service(_)
                | Principal::Anonymous => (Truth::True, Reach::SkipsAll),
            },
            Self::Account { .. } => (self.is_account_of(caller).into(), Reach::Delegates),
            Self::Identity(named) => matches_identity(named, caller),
            Self::Service(name) => same(matches!(caller, Principal::Service(caller) if caller == name)),
            Self::Federated(name) => same(matches!(
                caller,
                Principal::WebIdentity(provider) | Principal::Saml(provider) if provider == name
            )),
            Self::UniqueId(_) | Self::CanonicalUser(_) | Self::Nobody(_) => (Truth::False, Reach::Delegates),
            Self::Undocumented(kind, _) => {
                (Truth::from(kind.may_mean(caller.kind())).and(Truth::Unknown), Reach::SkipsAll)
            }
        }
    }
}

/// The name as a document would have it; an account as its twelve digits.
impl std::fmt::Display for PrincipalName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everyone | Self::AnyAws => formatter.write_str("*"),
            Self::Account { partition: _, account } => write!(formatter, "{account}"),
            Self::Identity(identity) => write!(formatter, "{identity}"),
            Self::UniqueId(text)
            | Self::Service(text)
            | Self::Federated(text)
            | Self::CanonicalUser(text)
            | Self::Nobody(text)
            | Self::Undocumented(_, text) => formatter.write_str(text),
        }
    }
}

/// A name without wildcards, blanks and what is not ASCII.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"*?".contains(&byte))
}

/// "You cannot use a wildcard to match part of a principal name or ARN", and "you cannot identify a user group as a
/// principal" (IAM User Guide, "Principal").
fn names_nobody(text: &str) -> bool {
    let begins = text.starts_with("arn:") || text.starts_with(|first: char| first.is_ascii_digit());
    let is_group = split_arn(text)
        .is_some_and(|[_, _, service, _, _, resource]| service == "iam" && resource.starts_with("group/"));
    (begins && text.contains(['*', '?']) || is_group) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// IAM's unique ids are a four-letter prefix that tells the kind, and capital letters and digits (IAM User Guide, "IAM
/// identifiers").
fn is_unique_id(text: &str) -> bool {
    let prefixes = ["AROA", "AIDA", "AGPA", "AIPA", "ANPA"];
    text.len() >= 16
        && prefixes.iter().any(|prefix| text.starts_with(prefix))
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn matches_identity(named: &Principal, caller: &Principal) -> (Truth, Reach) {
    match (named, caller) {
        (Principal::Role(role), Principal::Role(caller)) => {
            (Truth::from(role == caller), Reach::SkipsIdentity)
        }
        (Principal::Role(named), Principal::RoleSession { partition, account, path, role, session: _ }) => {
            let same = named.name == *role
                && named.account == *account
                && named.partition == *partition
                && path.as_ref().is_none_or(|path| *path == named.path);
            (Truth::from(same), Reach::SkipsIdentity)
        }
        // The caller is some session of the role; which one was not said.
        (Principal::RoleSession { partition, account, role, .. }, Principal::Role(caller)) => {
            let same = caller.name == *role && caller.account == *account && caller.partition == *partition;
            (Truth::from(same).and(Truth::Unknown), Reach::SkipsAll)
        }
        (
            Principal::RoleSession { partition, account, path: _, role, session },
            Principal::RoleSession {
                partition: caller_partition,
                account: caller_account,
                path: _,
                role: caller_role,
                session: caller_session,
            },
        ) => {
            let same = session == caller_session
                && role == caller_role
                && account == caller_account
                && partition == caller_partition;
            (Truth::from(same), Reach::SkipsAll)
        }
        // The user behind a federated session is not part of the session's ARN.
        (Principal::User { account, .. }, Principal::FederatedUser { account: caller, .. }) => {
            (Truth::from(account == caller).and(Truth::Unknown), Reach::SkipsIdentity)
        }
        (named, caller) => (Truth::from(named == caller), Reach::SkipsAll),
    }
}

/// Which of the caller's own limits an `Allow` in a resource policy of the same account makes unnecessary (IAM User
/// Guide, "Policy evaluation logic", "Resource-based policies").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// The account decides: identity policies, boundary and session policy must all allow.
    Delegates,
    /// No identity policy is needed; boundary and session policy still limit.
    SkipsIdentity,
    /// Nothing of the caller's account limits but an explicit deny.
    SkipsAll,
}

/// Whether a `Principal` element means the caller, by how direct the naming is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PrincipalMatch {
    /// The caller is meant in some way.
    pub(crate) any: Truth,
    /// The caller is meant so that it needs no identity policy of its own account.
    pub(crate) skips_identity: Truth,
    /// The caller is meant so that boundary and session policy do not limit either.
    pub(crate) skips_all: Truth,
}

impl PrincipalMatch {
    pub(crate) const NONE: Self =
        Self { any: Truth::False, skips_identity: Truth::False, skips_all: Truth::False };

    fn add(&mut self, truth: Truth, reach: Reach) {
        self.any = self.any.or(truth);
        if reach >= Reach::SkipsIdentity {
            self.skips_identity = self.skips_identity.or(truth);
        }
        if reach == Reach::SkipsAll {
            self.skips_all = self.skips_all.or(truth);
        }
    }

    /// The same, where the rest of the statement holds no better than this.
    pub(crate) fn and(self, rest: Truth) -> Self {
        Self {
            any: self.any.and(rest),
            skips_identity: self.skips_identity.and(rest),
            skips_all: self.skips_all.and(rest),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            any: self.any.or(other.any),
            skips_identity: self.skips_identity.or(other.skips_identity),
            skips_all: self.skips_all.or(other.skips_all),
        }
    }
}

/// Whether the element means the caller. `has_boundary` says that a permissions boundary limits the caller.
pub(crate) fn match_element(
    element: &Clause<PrincipalName>,
    caller: &Principal,
    effect: Effect,
    has_boundary: bool,
) -> PrincipalMatch {
    let mut result = PrincipalMatch::NONE;
    if element.negated {
        result.add(match_all_but(&element.values, caller, effect, has_boundary), Reach::SkipsAll);
    } else {
        for name in &element.values {
            let (truth, reach) = name.matches(caller);
            result.add(truth, reach);
        }
    }
    result
}

/// `NotPrincipal`. To exempt a caller, a statement must list its account, its user or role, and its session; what
/// happens where only some of them are listed the guide leaves open ("might deny").
fn match_all_but(names: &[PrincipalName], caller: &Principal, effect: Effect, has_boundary: bool) -> Truth {
    // IAM User Guide, "NotPrincipal": with Deny it always denies a principal that has a permissions boundary.
    if effect == Effect::Deny && has_boundary {
        return Truth::True;
    }
    if names.iter().any(|name| matches!(name, PrincipalName::Everyone | PrincipalName::AnyAws)) {
        return Truth::False;
    }
    let lists = |wanted: &dyn Fn(&PrincipalName) -> bool| names.iter().any(wanted);
    let account = lists(&|name| name.is_account_of(caller));
    let itself = lists(&|name| {
        !matches!(name, PrincipalName::Account { .. }) && name.matches(caller).0 == Truth::True
    });
    let perhaps = lists(&|name| {
        matches!(name, PrincipalName::Undocumented(..)) && name.matches(caller).0 == Truth::Unknown
    });
    let (some, all) = match caller {
        Principal::Root { .. } => (account, account),
        Principal::Service(_) | Principal::WebIdentity(_) | Principal::Saml(_) | Principal::Anonymous => {
            (itself, itself)
        }
        Principal::User { .. } => (account || itself, account && itself),
        // Some session of the role, and a session counts by its own ARN too.
        Principal::Role(_) => (account || itself, false),
        // The user who asked for the session counts too, and is not known.
        Principal::FederatedUser { .. } => (account || itself, false),
        Principal::RoleSession { .. } => {
            let lists_identity = |session: bool| {
                lists(&|name| {
                    matches!(name, PrincipalName::Identity(named)
                        if matches!(named, Principal::RoleSession { .. }) == session)
                        && name.matches(caller).0 == Truth::True
                })
            };
            let (role, session) = (lists_identity(false), lists_identity(true));
            (account || role || session, account && role && session)
        }
    };
    match (some, all) {
        (_, true) => Truth::False,
        (true, false) => Truth::Unknown,
        (false, false) if perhaps => Truth::Unknown,
        (false, false) => Truth::True,
    }
}
