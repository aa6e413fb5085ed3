//! Whom a `Principal` element names, and groups of callers that a claim is about, in the strings of callers of one form.
//!
//! The meaning is that of [`crate::principal::element`]; a test compares the two.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::caller::{Caller, user_ids_of_session};
use super::rule::Sureness;
use super::strings::Variable;
use crate::arn::{AccountId, Partition, RoleArn, RolePath};
use crate::document::Clause;
use crate::keys::CallerKind;
use crate::pattern::Pattern;
use crate::principal::Principal;
use crate::principal::element::PrincipalName;

/// Callers whose strings match all of these patterns; all callers of the form where there is none.
#[derive(Debug, Clone, Default)]
pub(super) struct Alternative {
    pub(super) on: Vec<(Variable, Pattern)>,
    /// They are meant for sure.
    certain: bool,
    /// They may be meant.
    possible: bool,
}

impl Alternative {
    fn surely(on: Vec<(Variable, Pattern)>) -> Self {
        Self { on, certain: true, possible: true }
    }

    fn perhaps(self) -> Self {
        Self { certain: false, ..self }
    }

    fn within(self, other: &Self) -> Self {
        Self { on: self.on.into_iter().chain(other.on.iter().cloned()).collect(), ..self }
    }
}

/// Callers, named by principals: the root of an account stands for the whole account, a role for its sessions.
///
/// A copy shares its members with the original.
#[derive(Debug, Clone, Default)]
pub struct Group {
    members: Arc<Members>,
}

#[derive(Debug, Default)]
struct Members {
    by_account: BTreeMap<Option<AccountId>, BTreeSet<Principal>>,
    partitions: BTreeSet<Partition>,
}

impl Group {
    /// The group of these principals.
    #[must_use]
    pub fn of(principals: impl IntoIterator<Item = Principal>) -> Self {
        let mut members = Members::default();
        for principal in principals {
            if let Some(partition) = principal.partition().filter(|known| !members.partitions.contains(known))
            {
                members.partitions.insert(partition.clone());
            }
            members.by_account.entry(principal.account().cloned()).or_default().insert(principal);
        }
        Self { members: Arc::new(members) }
    }

    /// The accounts that belong to it as a whole.
    pub(super) fn whole_accounts(&self) -> impl Iterator<Item = (Partition, AccountId)> {
        self.members.by_account.values().flatten().filter_map(|member| match member {
            Principal::Root { partition, account } => Some((partition.clone(), account.clone())),
            _ => None,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.by_account.is_empty()
    }

    /// The partitions that its members belong to.
    pub(super) fn partitions(&self) -> impl Iterator<Item = &Partition> {
        self.members.partitions.iter()
    }

    /// Whether a name means nobody but members.
    pub(super) fn covers(&self, name: &PrincipalName) -> bool {
        let lists = |account: &AccountId, wanted: &dyn Fn(&Principal) -> bool| {
            self.members
                .by_account
                .get(&Some(account.clone()))
                .is_some_and(|members| members.iter().any(wanted))
        };
        // Without a partition, an account of any of them may be meant.
        let is_root = |member: &Principal, partition: Option<&Partition>| matches!(member, Principal::Root { partition: of, .. } if partition == Some(of));
        match name {
            PrincipalName::Account { partition, account } => {
                lists(account, &|member| is_root(member, partition.as_ref()))
            }
            PrincipalName::Identity(identity) => identity.account().is_some_and(|account| {
                lists(account, &|member| is_root(member, identity.partition()) || member == identity)
            }),
            PrincipalName::Everyone
            | PrincipalName::AnyAws
            | PrincipalName::UniqueId(_)
            | PrincipalName::Service(_)
            | PrincipalName::Federated(_)
            | PrincipalName::CanonicalUser(_)
            | PrincipalName::Nobody(_)
            | PrincipalName::Undocumented(..) => false,
        }
    }

    /// The members among callers of one form who can be named by an element. Thousands of others cost nothing.
    pub(super) fn among(&self, caller: &Caller, element: Option<&Clause<PrincipalName>>) -> Union {
        let few = element.filter(|clause| !clause.negated && clause.values.len() <= FEW_NAMES);
        let accounts: Option<Vec<Option<AccountId>>> = few.and_then(|clause| {
            let account_of = |name: &PrincipalName| match name {
                PrincipalName::Account { account, .. } => Some(Some(account.clone())),
                PrincipalName::Identity(identity) => Some(identity.account().cloned()),
                PrincipalName::Service(_) | PrincipalName::Federated(_) => Some(None),
                PrincipalName::Everyone | PrincipalName::AnyAws | PrincipalName::Undocumented(..) => None,
                PrincipalName::UniqueId(_) | PrincipalName::CanonicalUser(_) | PrincipalName::Nobody(_) => {
                    Some(None)
                }
            };
            clause.values.iter().map(account_of).collect()
        });
        match accounts {
            Some(mut accounts) => {
                accounts.sort();
                accounts.dedup();
                let members =
                    accounts.iter().filter_map(|account| self.members.by_account.get(account)).flatten();
                Union::of_members(members, caller)
            }
            None => Union::of_members(self.members.by_account.values().flatten(), caller),
        }
    }

    /// The same for a group whose members do not count. A session that an element names by its ARN may be one of a role among
    /// the members, whatever the path.
    pub(super) fn perhaps_among(&self, caller: &Caller, element: Option<&Clause<PrincipalName>>) -> Union {
        let mut union = self.among(caller, element);
        let names = element.filter(|clause| !clause.negated && clause.values.len() <= FEW_NAMES);
        let sessions = names.iter().flat_map(|clause| &clause.values).filter_map(|name| match name {
            PrincipalName::Identity(session) if self.has_namesake(session) => member_of(session, caller),
            _ => None,
        });
        union.alternatives.extend(sessions.map(Alternative::perhaps));
        union
    }

    /// Whether a session is of a role that has the name of a member; its path may be another one.
    pub(super) fn has_namesake(&self, session: &Principal) -> bool {
        let Principal::RoleSession { partition, account, path: _, role: name, session: _ } = session else {
            return false;
        };
        let members = self.members.by_account.get(&Some(account.clone())).into_iter().flatten();
        members.into_iter().any(|member| {
            matches!(member, Principal::Role(role) if role.partition == *partition && role.name == *name)
        })
    }
}

/// Elements of more names are not looked through for the accounts that they name.
const FEW_NAMES: usize = 64;

/// Any of several alternatives, or, negated, none of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Union {
    pub(super) negated: bool,
    alternatives: Vec<Alternative>,
}

impl Union {
    /// The alternatives that count for a reading.
    pub(super) fn bound(&self, sureness: Sureness) -> impl Iterator<Item = &Alternative> {
        self.alternatives.iter().filter(move |alternative| match sureness {
            Sureness::Certain => alternative.certain,
            Sureness::Possible => alternative.possible,
        })
    }

    /// Whether nobody is meant.
    pub(super) fn is_nobody(&self) -> bool {
        !self.negated && self.alternatives.is_empty()
    }

    /// Whether what is meant for sure differs from what may be meant.
    pub(super) fn is_doubtful(&self) -> bool {
        self.alternatives.iter().any(|alternative| alternative.certain != alternative.possible)
    }

    /// A `Principal` or `NotPrincipal` element, without the names that `skipped` takes out.
    pub(super) fn of_clause(
        clause: &Clause<PrincipalName>,
        caller: &Caller,
        skipped: &dyn Fn(&PrincipalName) -> bool,
    ) -> Self {
        let kept = || clause.values.iter().filter(|name| clause.negated || !skipped(name));
        let alternatives: Vec<Alternative> = kept().filter_map(|name| named(name, caller)).collect();
        if !clause.negated {
            return Self { negated: false, alternatives };
        }
        if clause.values.iter().any(|name| matches!(name, PrincipalName::Everyone | PrincipalName::AnyAws)) {
            return Self { negated: true, alternatives: vec![Alternative::surely(Vec::new())] };
        }
        // Whoever is listed in part may be exempt or not; whoever is listed in every part is exempt.
        let mut exempt = exempt(&clause.values, caller);
        exempt.extend(alternatives.into_iter().map(Alternative::perhaps));
        Self { negated: true, alternatives: exempt }
    }

    /// The callers of the form who belong to these principals.
    pub(super) fn of_members<'p>(members: impl IntoIterator<Item = &'p Principal>, caller: &Caller) -> Self {
        let alternatives = members.into_iter().filter_map(|member| member_of(member, caller)).collect();
        Self { negated: false, alternatives }
    }

    /// All callers of the form, or none of them.
    pub(super) fn all(all: bool) -> Self {
        let alternatives = all.then(|| Alternative::surely(Vec::new())).into_iter().collect();
        Self { negated: false, alternatives }
    }
}

fn on(variable: Variable, pattern: Pattern) -> Alternative {
    Alternative::surely(vec![(variable, pattern)])
}

/// The callers of the form that a name means; `None` where there is none.
fn named(name: &PrincipalName, caller: &Caller) -> Option<Alternative> {
    match name {
        PrincipalName::Everyone => Some(Alternative::surely(Vec::new())),
        PrincipalName::AnyAws => {
            let all = Alternative::surely(Vec::new());
            // What it means for a caller who holds nothing but a provider's token is not documented.
            let signed = !matches!(caller.kind, CallerKind::WebIdentity | CallerKind::Saml);
            Some(if signed { all } else { all.perhaps() })
        }
        PrincipalName::Account { partition, .. }
            if partition.is_some() && partition.as_ref() != caller.partition() =>
        {
            None
        }
        PrincipalName::Account { partition: _, account } => {
            let arns = caller.arns_of_account(account).filter(|_| caller.kind.has_account())?;
            Some(on(Variable::Arn, arns))
        }
        PrincipalName::Identity(identity) => identified(identity, caller),
        PrincipalName::Service(service) => {
            (caller.kind == CallerKind::Service).then(|| on(Variable::Name, Pattern::literal(service)))
        }
        PrincipalName::Federated(provider) => {
            matches!(caller.kind, CallerKind::WebIdentity | CallerKind::Saml)
                .then(|| on(Variable::Name, Pattern::literal(provider)))
        }
        PrincipalName::UniqueId(_) | PrincipalName::CanonicalUser(_) | PrincipalName::Nobody(_) => None,
        PrincipalName::Undocumented(kind, _) => {
            kind.may_mean(caller.kind).then(|| Alternative::surely(Vec::new()).perhaps())
        }
    }
}

fn identified(identity: &Principal, caller: &Caller) -> Option<Alternative> {
    match (identity, caller.kind) {
        (Principal::Role(role), CallerKind::Session) => {
            Some(on(Variable::Arn, Pattern::literal(&role.to_string())))
        }
        (Principal::RoleSession { partition, .. }, CallerKind::Session)
            if caller.partition() == Some(partition) =>
        {
            member_of(identity, caller)
        }
        (Principal::User { .. }, CallerKind::User)
        | (Principal::FederatedUser { .. }, CallerKind::FederatedUser) => {
            Some(on(Variable::Arn, Pattern::literal(&identity.to_string())))
        }
        // The user behind a federated session is not part of the session's ARN.
        (Principal::User { account, .. }, CallerKind::FederatedUser) => {
            Some(on(Variable::Arn, caller.arns_of_account(account)?).perhaps())
        }
        _ => None,
    }
}

/// The callers of the form who belong to a principal. The ARN of a role is that of one path, `/` where none is written; the
/// ARN of a session leaves the path out and stands for the role of that name at whatever path.
fn member_of(member: &Principal, caller: &Caller) -> Option<Alternative> {
    match member {
        Principal::Root { partition, account } => {
            let same = caller.kind.has_account() && caller.partition() == Some(partition);
            let arns = caller.arns_of_account(account).filter(|_| same)?;
            Some(on(Variable::Arn, arns))
        }
        Principal::Role(_) => identified(member, caller),
        Principal::RoleSession { partition, account, path, role, session } => {
            let is_session = caller.kind == CallerKind::Session && caller.partition() == Some(partition);
            let of_any_path = || caller.arns_of_role(account, role.as_str());
            let of_path = |path: &RolePath| {
                let (account, path, name) = (account.clone(), path.clone(), role.clone());
                let role = RoleArn { partition: partition.clone(), account, path, name };
                Some(Pattern::literal(&role.to_string()))
            };
            let arns = is_session.then(|| path.as_ref().map_or_else(of_any_path, of_path)).flatten()?;
            let ids = user_ids_of_session(session);
            Some(Alternative::surely(vec![(Variable::Arn, arns), (Variable::UserId, ids)]))
        }
        Principal::User { .. } | Principal::FederatedUser { .. } => {
            let same = caller.kind == member.kind();
            same.then(|| on(Variable::Arn, Pattern::literal(&member.to_string())))
        }
        Principal::Service(name) | Principal::WebIdentity(name) | Principal::Saml(name) => {
            let same = caller.kind == member.kind();
            same.then(|| on(Variable::Name, Pattern::literal(name)))
        }
        Principal::Anonymous => {
            (caller.kind == CallerKind::Anonymous).then(|| Alternative::surely(Vec::new()))
        }
    }
}

/// More names than this are not looked through for callers who are listed in every form: all of them stay in doubt.
const MOST_EXEMPT: usize = 1000;

/// Callers whom `NotPrincipal` lists in all the forms that it asks for: with the account, the user or role, and the session.
fn exempt(names: &[PrincipalName], caller: &Caller) -> Vec<Alternative> {
    let all = || names.iter().filter_map(|name| named(name, caller)).collect();
    match caller.kind {
        // The account is the only form in which a root user is listed.
        CallerKind::Root => all(),
        CallerKind::Service | CallerKind::WebIdentity | CallerKind::Saml | CallerKind::Anonymous => all(),
        // The user who asked for the session counts too, and is not known.
        CallerKind::FederatedUser => Vec::new(),
        CallerKind::User | CallerKind::Session if names.len() > MOST_EXEMPT => Vec::new(),
        CallerKind::User => listed_with_account(names)
            .filter(|identity| matches!(identity, Principal::User { .. }))
            .filter_map(|user| identified(user, caller))
            .collect(),
        CallerKind::Session => {
            let mut exempt = Vec::new();
            for session in listed_with_account(names) {
                let Principal::RoleSession { account, role, .. } = session else { continue };
                for listed in listed_with_account(names) {
                    if let Principal::Role(named) = listed
                        && named.account == *account
                        && named.name == *role
                        && let (Some(session), Some(role)) =
                            (identified(session, caller), identified(listed, caller))
                    {
                        exempt.push(session.within(&role));
                    }
                }
            }
            exempt
        }
    }
}

/// The users, roles and sessions among the names whose account is listed, too.
fn listed_with_account(names: &[PrincipalName]) -> impl Iterator<Item = &Principal> {
    let lists = |identity: &Principal| names.iter().any(|name| name.is_account_of(identity));
    names
        .iter()
        .filter_map(|name| match name {
            PrincipalName::Identity(identity) => Some(identity),
            _ => None,
        })
        .filter(move |identity| lists(identity))
}
