//! Who may call, cut into finitely many classes with one example each: the principals that a statement names, others of
//! their accounts, the role's own account, a stranger's account, services and identity providers.

use std::collections::HashSet;

use super::variable::{arn_pattern_of, pattern_of, resolve};
use crate::iam::arn::{AccountId, Partition, RoleArn, SessionName};
use crate::iam::condition::{Operand, Operator, Test};
use crate::iam::document::Statement;
use crate::iam::pattern::{Budget, CharacterSet, Language, Pattern, Token, TooLarge, classes};
use crate::iam::principal::Principal;
use crate::iam::principal::element::PrincipalName;
use crate::iam::text::Resolved;

/// Accounts that strangers come from; the first that no statement names is used.
const STRANGERS: [&str; 3] = ["999999999999", "888888888888", "777777777777"];

/// Names that the examples of other principals have.
const ROLE: &str = "another-role";
const USER: &str = "another-user";
const SESSION: &str = "session";
const OTHER_SESSION: &str = "another-session";

/// The principals that a claim is about, whatever the statements say.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// The role that is to be assumed.
    pub(super) role: Option<RoleArn>,
    /// Those who are meant to assume it.
    pub(super) trusted: Vec<Principal>,
}

impl Known {
    fn partition(&self) -> Option<Partition> {
        let trusted = || self.trusted.first().and_then(partition_of);
        self.role.as_ref().map(|role| role.partition.clone()).or_else(trusted).or_else(|| "aws".parse().ok())
    }

    /// Whether a caller is one of those who are meant: a whole account, or a role with all its sessions.
    pub(super) fn trusts(&self, caller: &Principal) -> bool {
        self.trusted.iter().any(|trusted| is_or_belongs_to(caller, trusted))
    }

    /// Whether a caller belongs to the account of the role.
    pub(super) fn is_own(&self, caller: &Principal) -> bool {
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

/// One caller of every class that the statements and the claim can tell apart, those first that a reader knows.
///
/// Left out are callers who can never assume a role: root users and sessions from `sts:GetFederationToken`.
pub(super) fn callers(
    statements: &[&Statement],
    known: &Known,
    budget: &mut Budget,
) -> Result<Vec<Principal>, TooLarge> {
    let mut collector = Collector { found: Vec::new(), seen: HashSet::new() };
    let names = || {
        statements
            .iter()
            .filter_map(|statement| statement.principal.as_ref())
            .flat_map(|clause| &clause.values)
    };
    for trusted in &known.trusted {
        collector.named(trusted);
    }
    for name in names() {
        budget.spend(1)?;
        match name {
            PrincipalName::Identity(principal) => collector.named(principal),
            PrincipalName::Account(account) => collector.account(account, known.partition()),
            PrincipalName::Service(service) => collector.add(Principal::Service(service.clone())),
            PrincipalName::Federated(provider) => collector.add_parsed(provider),
            PrincipalName::Everyone
            | PrincipalName::AnyAws
            | PrincipalName::UniqueId(_)
            | PrincipalName::CanonicalUser(_)
            | PrincipalName::Nobody(_) => {}
        }
    }
    let is_named = |account: &str| {
        let own = known.role.as_ref().is_some_and(|role| role.account.as_str() == account);
        own || collector
            .found
            .iter()
            .any(|caller| caller.account().is_some_and(|known| known.as_str() == account))
    };
    let stranger =
        STRANGERS.iter().find(|account| !is_named(account)).and_then(|account| account.parse().ok());
    if let Some(account) = stranger {
        collector.account(&account, known.partition());
    }
    if let Some(role) = &known.role {
        collector.account(&role.account, known.partition());
        collector.named(&Principal::Role(role.clone()));
    }
    for arn in by_conditions(statements, &collector.found, known.partition(), budget)? {
        collector.add_parsed(&arn);
    }
    for service in ["lambda.amazonaws.com", "ec2.amazonaws.com", "another.amazonaws.com"] {
        collector.add(Principal::Service(service.to_owned()));
    }
    collector.add_parsed("accounts.google.com");
    collector.add_parsed("arn:aws:iam::999999999999:oidc-provider/another.example.com");
    collector.add_parsed("arn:aws:iam::999999999999:saml-provider/another-provider");
    Ok(collector.found)
}

struct Collector {
    found: Vec<Principal>,
    seen: HashSet<Principal>,
}

impl Collector {
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
                let path = path.clone().unwrap_or_default();
                let role = RoleArn {
                    partition: partition.clone(),
                    account: account.clone(),
                    path,
                    name: role.clone(),
                };
                self.named(&Principal::Role(role));
            }
            Principal::Root { partition, account } => self.account(account, Some(partition.clone())),
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
    fn account(&mut self, account: &AccountId, partition: Option<Partition>) {
        let Some(partition) = partition else { return };
        self.add_parsed(&format!("arn:{partition}:iam::{account}:role/{ROLE}"));
        self.add_parsed(&format!("arn:{partition}:iam::{account}:user/{USER}"));
    }
}

/// ARNs of roles and users, one for each class that the statements' conditions on the caller cut.
fn by_conditions(
    statements: &[&Statement],
    listed: &[Principal],
    partition: Option<Partition>,
    budget: &mut Budget,
) -> Result<Vec<String>, TooLarge> {
    let Some(partition) = partition else { return Ok(Vec::new()) };
    let mut asked: Vec<Pattern> = Vec::new();
    for condition in statements.iter().flat_map(|statement| &statement.conditions) {
        let Operator::Compare { test, .. } = condition.operator else { continue };
        for value in &condition.values {
            let Operand::Text(text) = &value.operand else { continue };
            let Resolved::Known(tokens) = resolve(text, &Principal::Anonymous) else { continue };
            let within = |set| pattern_of(tokens.iter(), set);
            let around = |before: &str, set: CharacterSet, after: Option<CharacterSet>| {
                let mut pattern = Pattern::like(before);
                within(set).tokens().iter().for_each(|token| pattern.push(*token));
                if let Some(after) = after {
                    pattern.push(Token::Character(':'));
                    pattern.push(Token::Run(after));
                }
                pattern
            };
            let pattern = match condition.key.folded() {
                "aws:principalarn" if matches!(test, Test::ArnEquals | Test::ArnLike) => {
                    arn_pattern_of(&tokens).unwrap_or_else(|| within(CharacterSet::Any))
                }
                "aws:principalarn" => within(CharacterSet::Any),
                "aws:principalaccount" => around("arn:*:iam::", CharacterSet::Digit, Some(CharacterSet::Any)),
                "aws:username" => {
                    asked.push(around("arn:*:user/*/", CharacterSet::Name, None));
                    around("arn:*:user/", CharacterSet::Name, None)
                }
                _ => continue,
            };
            let blind = test == Test::StringEqualsIgnoreCase;
            asked.push(if blind { pattern.ignoring_case() } else { pattern });
        }
    }
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    // Whoever is named already is a class of its own, and so is each account that is.
    let accounts: HashSet<&str> =
        listed.iter().filter_map(|caller| Some(caller.account()?.as_str())).collect();
    asked.extend(accounts.iter().map(|account| Pattern::like(&format!("arn:*:iam::{account}:*"))));
    let atoms: Vec<&Pattern> = asked.iter().collect();
    let mut found = Vec::new();
    for kind in ["role", "user"] {
        let shape = entity(&partition, kind);
        let within = Language::new().all_of([&shape]);
        let preferred: Vec<String> = listed.iter().filter_map(entity_arn).collect();
        let preferred: Vec<&str> = preferred.iter().map(String::as_str).collect();
        found.extend(classes(&within, &atoms, &preferred, budget)?.into_iter().map(|class| class.example));
    }
    Ok(found)
}

fn entity_arn(caller: &Principal) -> Option<String> {
    match caller.derive("aws:principalarn") {
        Some(crate::iam::context::Lookup::One(arn)) => Some(arn.into_owned()),
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
