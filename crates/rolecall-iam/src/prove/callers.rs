//! Who may call, cut into finitely many classes with one example each: the principals that a statement names, others of
//! their accounts, the role's own account, a stranger's account, services and identity providers.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::variable::{arn_pattern_of, pattern_of, resolve, specimen};
use crate::arn::{AccountId, Partition, RoleArn, SessionName};
use crate::condition::{Condition, Operand, Operator, Test};
use crate::document::Statement;
use crate::pattern::{Budget, CharacterSet, Pattern, Token, TooLarge, examples};
use crate::principal::Principal;
use crate::principal::element::PrincipalName;
use crate::text::Resolved;

/// Accounts that strangers come from; the first that no statement names is used.
const STRANGERS: [&str; 3] = ["999999999999", "888888888888", "777777777777"];

/// Names that the examples of other principals have.
const ROLE: &str = "another-role";
const USER: &str = "another-user";
const SESSION: &str = "session";
const OTHER_SESSION: &str = "another-session";

/// The principals that a claim is about, whatever the statements say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The role that is to be assumed.
    role: Option<RoleArn>,
    /// Those who are meant to assume it, by account.
    trusted: BTreeMap<Option<AccountId>, Vec<Principal>>,
}

impl Known {
    pub(super) fn new(role: Option<RoleArn>, trusted: &[Principal]) -> Self {
        let mut known = Self { role, trusted: BTreeMap::new() };
        for principal in trusted {
            known.trusted.entry(principal.account().cloned()).or_default().push(principal.clone());
        }
        known
    }

    fn trusted(&self) -> impl Iterator<Item = &Principal> {
        self.trusted.values().flatten()
    }

    fn partition(&self) -> Option<Partition> {
        let trusted = || self.trusted().find_map(partition_of);
        self.role.as_ref().map(|role| role.partition.clone()).or_else(trusted).or_else(|| "aws".parse().ok())
    }

    /// Whether a caller is one of those who are meant: a whole account, or a role with all its sessions.
    pub(crate) fn trusts(&self, caller: &Principal) -> bool {
        let same_account = self.trusted.get(&caller.account().cloned());
        same_account.into_iter().flatten().any(|trusted| is_or_belongs_to(caller, trusted))
    }

    /// Whether a caller belongs to the account of the role.
    pub(crate) fn is_own(&self, caller: &Principal) -> bool {
        self.role.as_ref().is_some_and(|role| caller.account() == Some(&role.account))
    }
}

/// Whether naming `trusted` as a principal means `caller`.
pub(super) fn is_or_belongs_to(caller: &Principal, trusted: &Principal) -> bool {
    match (trusted, caller) {
        (Principal::Root { account, .. }, caller) => caller.account() == Some(account),
        (Principal::Role(named), Principal::RoleSession { account, role, .. }) => {
            named.account == *account && named.name == *role
        }
        (named, caller) => named == caller,
    }
}

/// Whether a caller stands for every account that nobody names.
pub(super) fn is_stranger(caller: &Principal) -> bool {
    is_example(caller) && caller.account().is_some_and(|account| STRANGERS.contains(&account.as_str()))
}

/// Whether a caller stands for all others of its account.
pub(super) fn is_example(caller: &Principal) -> bool {
    match caller {
        Principal::RoleSession { role, .. } => role.as_str() == ROLE,
        Principal::User { name, .. } => name.as_str() == USER,
        Principal::Root { .. }
        | Principal::Role(_)
        | Principal::FederatedUser { .. }
        | Principal::Service(_)
        | Principal::WebIdentity(_)
        | Principal::Saml(_)
        | Principal::Anonymous => false,
    }
}

fn partition_of(principal: &Principal) -> Option<Partition> {
    match principal {
        Principal::Root { partition, .. }
        | Principal::User { partition, .. }
        | Principal::RoleSession { partition, .. }
        | Principal::FederatedUser { partition, .. } => Some(partition.clone()),
        Principal::Role(role) => Some(role.partition.clone()),
        Principal::Service(_) | Principal::WebIdentity(_) | Principal::Saml(_) | Principal::Anonymous => None,
    }
}

/// The action by which a caller asks for a session of a role.
pub(super) fn role_call(caller: &Principal) -> &'static str {
    match caller {
        Principal::WebIdentity(_) => "sts:AssumeRoleWithWebIdentity",
        Principal::Saml(_) => "sts:AssumeRoleWithSAML",
        Principal::Root { .. }
        | Principal::User { .. }
        | Principal::Role(_)
        | Principal::RoleSession { .. }
        | Principal::FederatedUser { .. }
        | Principal::Service(_)
        | Principal::Anonymous => "sts:AssumeRole",
    }
}

/// One caller of every class that an `Allow`, the `Deny` statements and the claim can tell apart, among those whom the
/// `Allow` means; first those that a reader knows.
///
/// Left out are callers who can never assume a role: root users and sessions from `sts:GetFederationToken`.
pub(super) fn callers_of(
    allow: &Statement,
    denies: &[&Statement],
    known: &Known,
    budget: &mut Budget,
) -> Result<Vec<Principal>, TooLarge> {
    let mut collector = Collector::new(known.partition());
    let everyone = |name: &PrincipalName| matches!(name, PrincipalName::Everyone | PrincipalName::AnyAws);
    let wide =
        allow.principal.as_ref().is_none_or(|clause| clause.negated || clause.values.iter().any(everyone));
    let own = known.role.clone().map(Principal::Role);
    for name in names(std::iter::once(allow)) {
        budget.spend(1)?;
        collector.name(name);
        if let PrincipalName::Account(account) = name {
            let same_account = known.trusted.get(&Some(account.clone())).into_iter().flatten();
            let own = own.iter().filter(|role| role.account() == Some(account));
            same_account.chain(own).for_each(|principal| collector.named(principal));
        }
    }
    for name in names(denies.iter().copied()) {
        budget.spend(1)?;
        collector.name(name);
    }
    if wide {
        for trusted in known.trusted() {
            budget.spend(1)?;
            collector.named(trusted);
        }
        if let Some(stranger) = collector.stranger(known) {
            collector.account(&stranger);
        }
        if let Some(own) = &own {
            own.account().into_iter().for_each(|account| collector.account(account));
            collector.named(own);
        }
        collector.strange_services_and_providers();
    }
    let statements: Vec<&Statement> = std::iter::once(allow).chain(denies.iter().copied()).collect();
    collector.by_conditions(&statements, budget)?;
    Ok(collector.found)
}

/// One caller of every class among those who act as a trusted principal.
pub(super) fn callers_as(
    trusted: &Principal,
    statements: &[&Statement],
    known: &Known,
    budget: &mut Budget,
) -> Result<Vec<Principal>, TooLarge> {
    let mut collector = Collector::new(partition_of(trusted).or_else(|| known.partition()));
    collector.named(trusted);
    for name in names(statements.iter().copied()) {
        budget.spend(1)?;
        if let PrincipalName::Identity(identity) = name
            && identity.account() == trusted.account()
        {
            collector.named(identity);
        }
    }
    collector.by_conditions(statements, budget)?;
    let Collector { mut found, .. } = collector;
    found.retain(|caller| is_or_belongs_to(caller, trusted));
    Ok(found)
}

fn names<'s>(statements: impl Iterator<Item = &'s Statement>) -> impl Iterator<Item = &'s PrincipalName> {
    statements.filter_map(|statement| statement.principal.as_ref()).flat_map(|clause| &clause.values)
}

struct Collector {
    partition: Option<Partition>,
    found: Vec<Principal>,
    seen: HashSet<Principal>,
}

impl Collector {
    fn new(partition: Option<Partition>) -> Self {
        Self { partition, found: Vec::new(), seen: HashSet::new() }
    }

    fn add(&mut self, caller: Principal) {
        if self.seen.insert(caller.clone()) {
            self.found.push(caller);
        }
    }

    fn add_parsed(&mut self, text: &str) {
        if let Ok(principal) = text.parse::<Principal>() {
            self.named(&principal);
        }
    }

    fn name(&mut self, name: &PrincipalName) {
        match name {
            PrincipalName::Identity(principal) => self.named(principal),
            PrincipalName::Account(account) => self.account(account),
            PrincipalName::Service(service) => self.add(Principal::Service(service.clone())),
            PrincipalName::Federated(provider) => self.add_parsed(provider),
            PrincipalName::Everyone
            | PrincipalName::AnyAws
            | PrincipalName::UniqueId(_)
            | PrincipalName::CanonicalUser(_)
            | PrincipalName::Nobody(_) => {}
        }
    }

    /// The callers who act as a named principal.
    fn named(&mut self, principal: &Principal) {
        match principal {
            Principal::Role(role) => {
                for session in [SESSION, OTHER_SESSION] {
                    if let Ok(session) = session.parse::<SessionName>() {
                        self.add(Principal::session_of(role, session));
                    }
                }
            }
            Principal::RoleSession { partition, account, path, role, session: _ } => {
                self.add(principal.clone());
                let (partition, account, name) = (partition.clone(), account.clone(), role.clone());
                let path = path.clone().unwrap_or_default();
                self.named(&Principal::Role(RoleArn { partition, account, path, name }));
            }
            Principal::Root { account, .. } => self.account(account),
            Principal::User { .. }
            | Principal::Service(_)
            | Principal::WebIdentity(_)
            | Principal::Saml(_) => {
                self.add(principal.clone());
            }
            Principal::FederatedUser { .. } | Principal::Anonymous => {}
        }
    }

    /// A role and a user of an account that nobody names.
    fn account(&mut self, account: &AccountId) {
        let Some(partition) = self.partition.clone() else { return };
        self.add_parsed(&format!("arn:{partition}:iam::{account}:role/{ROLE}"));
        self.add_parsed(&format!("arn:{partition}:iam::{account}:user/{USER}"));
    }

    /// An account that nobody has mentioned.
    fn stranger(&self, known: &Known) -> Option<AccountId> {
        let mentioned = |account: &AccountId| {
            known.role.as_ref().is_some_and(|role| role.account == *account)
                || self.found.iter().any(|caller| caller.account() == Some(account))
        };
        STRANGERS.iter().filter_map(|account| account.parse().ok()).find(|account| !mentioned(account))
    }

    fn strange_services_and_providers(&mut self) {
        for service in ["lambda.amazonaws.com", "ec2.amazonaws.com", "another.amazonaws.com"] {
            self.add(Principal::Service(service.to_owned()));
        }
        self.add_parsed("accounts.google.com");
        self.add_parsed("arn:aws:iam::999999999999:oidc-provider/another.example.com");
        self.add_parsed("arn:aws:iam::999999999999:saml-provider/another-provider");
    }

    /// Roles and users, one for each class that the statements' conditions on the caller cut.
    fn by_conditions(&mut self, statements: &[&Statement], budget: &mut Budget) -> Result<(), TooLarge> {
        let mut asked: Vec<Pattern> = Vec::new();
        for condition in statements.iter().flat_map(|statement| &statement.conditions) {
            patterns_of_arns(condition, &mut asked);
        }
        let Some(partition) = self.partition.clone().filter(|_| !asked.is_empty()) else { return Ok(()) };
        // Each account that is mentioned is a class of its own.
        let accounts: BTreeSet<&str> =
            self.found.iter().filter_map(|caller| Some(caller.account()?.as_str())).collect();
        asked.extend(accounts.iter().map(|account| Pattern::like(&format!("arn:*:iam::{account}:*"))));
        let specimens: Vec<String> = asked.iter().map(specimen).collect();
        let preferred: Vec<&str> = specimens.iter().map(String::as_str).collect();
        // So is everybody who is named: others of the same account and pattern are not denied with them.
        asked.extend(self.found.iter().filter_map(entity_arn).map(|arn| Pattern::literal(&arn)));
        for kind in ["role", "user"] {
            for arn in examples(&entity(&partition, kind), None, &asked, &preferred, budget)? {
                self.add_parsed(&arn);
            }
        }
        Ok(())
    }
}

/// What a condition on the caller asks of the ARN of its role or user.
fn patterns_of_arns(condition: &Condition, asked: &mut Vec<Pattern>) {
    let Operator::Compare { test, .. } = condition.operator else { return };
    for value in &condition.values {
        let Operand::Text(text) = &value.operand else { continue };
        let Resolved::Known(tokens) = resolve(text, &Principal::Anonymous) else { continue };
        let whole = pattern_of(tokens.iter(), CharacterSet::Any);
        let within = |before: &str, set: CharacterSet, after: &str| {
            let mut pattern = Pattern::like(before);
            pattern_of(tokens.iter(), set).tokens().iter().for_each(|token| pattern.push(*token));
            pattern.push_like(after, CharacterSet::Any);
            pattern
        };
        let patterns = match condition.key.folded() {
            "aws:principalarn" if matches!(test, Test::ArnEquals | Test::ArnLike) => {
                vec![arn_pattern_of(&tokens).unwrap_or(whole)]
            }
            "aws:principalarn" => vec![whole],
            "aws:principalaccount" => vec![within("arn:*:iam::", CharacterSet::Digit, ":*")],
            "aws:username" => {
                vec![
                    within("arn:*:user/", CharacterSet::Name, ""),
                    within("arn:*:user/*/", CharacterSet::Name, ""),
                ]
            }
            _ => return,
        };
        let blind = test == Test::StringEqualsIgnoreCase;
        asked.extend(
            patterns.into_iter().map(|pattern| if blind { pattern.ignoring_case() } else { pattern }),
        );
    }
}

fn entity_arn(caller: &Principal) -> Option<String> {
    match caller.derive("aws:principalarn") {
        Some(crate::context::Lookup::One(arn)) => Some(arn.into_owned()),
        _ => None,
    }
}

/// `arn:aws:iam::<account>:<kind>/<path and name>`.
fn entity(partition: &Partition, kind: &str) -> Pattern {
    let mut pattern = Pattern::literal(&format!("arn:{partition}:iam::"));
    for _ in 0..12 {
        pattern.push(Token::One(CharacterSet::Digit));
    }
    pattern.push_literal(&format!(":{kind}/"));
    pattern.push(Token::Run(CharacterSet::PathAndName));
    pattern.push(Token::One(CharacterSet::Name));
    pattern
}
