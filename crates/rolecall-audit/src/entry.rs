//! One way into a role from outside: whether the outsider gets in, and what holds the others of his kind back. Proved.
//!
//! | outsider | closed means: every request that gets in … |
//! |---|---|
//! | another account | has one of finitely many external IDs; or comes from an account of the same owner |
//! | everybody | comes from a stated organization |
//! | tokens of a shared issuer | has a token of a stated tenant |
//! | tokens of another issuer, assertions | has one of the stated subjects; otherwise it is unknown whom the issuer serves |
//! | a service | – the service acts for this account, or it is told that it may act for others ([`Guard::AnyCustomer`]) |
//!
//! Deliberately absent: judgement by the text of conditions. A text proposes what the guard may be, a proof decides.

use std::collections::{BTreeMap, BTreeSet};

use rolecall_iam::arn::{AccountId, RoleArn};
use rolecall_iam::condition::Operator;
use rolecall_iam::context::{ContextKey, ContextValue};
use rolecall_iam::document::Document;
use rolecall_iam::principal::Principal;
use rolecall_iam::prove::{Callers, ExternalIds, Group, Proof, Question, ResourcePolicy, Values, Witness};

use crate::issuer::Issuer;
use crate::outsider::{Outsider, host_of, named_in};

/// Whether somebody gets in who should not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody but whom the guard names gets in.
    Closed,
    /// This request gets in.
    Open(Box<Witness>),
    /// It could not be decided.
    Unknown(Vec<String>),
}

/// What every request that gets in must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// Nothing: whoever belongs to the outsider gets in.
    Nothing,
    /// The account has the same owner.
    SameOwner,
    /// One of these external IDs.
    ExternalIds(Vec<String>),
    /// An external ID, and any of a kind will do.
    SomeExternalId,
    /// Membership of one of these organizations.
    Organizations(Vec<String>),
    /// A token of one of these tenants of a shared issuer.
    Tenants(Vec<String>),
    /// One of these subjects.
    Subjects(Vec<String>),
    /// The service acts for this account.
    OwnResources,
    /// The service may act for any of its customers.
    AnyCustomer,
}

/// One way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who comes in.
    pub outsider: Outsider,
    /// The principals, as the trust policy writes them.
    pub named: Vec<String>,
    /// What holds others back.
    pub guard: Guard,
    /// Whether that is enough.
    pub verdict: Verdict,
}

/// Whom the reader takes for himself.
#[derive(Debug, Clone, Default)]
pub struct Insiders {
    /// Accounts of the same owner.
    pub accounts: BTreeSet<AccountId>,
    /// Organizations of the same owner.
    pub organizations: BTreeSet<String>,
}

/// More external IDs than these are not told one by one.
const MOST_IDS: usize = 50;

/// All ways into the role from outside its account.
#[must_use]
pub fn entries(role: &RoleArn, trust: &Document, insiders: &Insiders) -> Vec<Entry> {
    let door = Door { role, trust, policy: ResourcePolicy::of_role(trust, Some(role)), insiders };
    let named = named_in(trust, &role.account);
    let mut found: Vec<Entry> = Vec::new();
    for (outsider, names) in &named {
        let judged = match outsider {
            Outsider::Everybody => None,
            Outsider::Account(account) => door.account(account),
            Outsider::WebIdentity(provider) => door.web_identity(provider),
            Outsider::Saml(provider) => door.saml(provider),
            Outsider::Service(service) => door.service(service),
        };
        found.extend(judged.map(|(guard, verdict)| Entry {
            outsider: outsider.clone(),
            named: names.clone(),
            guard,
            verdict,
        }));
    }
    found.extend(door.everybody(&named).map(|(guard, verdict)| Entry {
        outsider: Outsider::Everybody,
        named: Vec::new(),
        guard,
        verdict,
    }));
    found
}

/// The guard, and whether it is enough; `None` where nobody gets in.
type Judged = Option<(Guard, Verdict)>;

struct Door<'d> {
    role: &'d RoleArn,
    trust: &'d Document,
    policy: ResourcePolicy<'d>,
    insiders: &'d Insiders,
}

impl Door<'_> {
    fn root(&self, account: &AccountId) -> Principal {
        Principal::Root { partition: self.role.partition.clone(), account: account.clone() }
    }

    fn ask(&self, question: &Question) -> Proof {
        self.policy.prove_refused(question)
    }

    fn account(&self, account: &AccountId) -> Judged {
        let group = Group::of([self.root(account)]);
        let of_them = || Question::about(Callers::all().inside(&group));
        match self.ask(&of_them()) {
            Proof::Proved => return None,
            Proof::Unknown { reasons } => return Some((Guard::Nothing, Verdict::Unknown(reasons))),
            Proof::Refuted(_) => {}
        }
        if self.insiders.accounts.contains(account) {
            return Some((Guard::SameOwner, Verdict::Closed));
        }
        if let Some(organizations) = self.organizations(&of_them) {
            return Some(organizations);
        }
        Some(self.external_ids(&of_them))
    }

    /// The external IDs that these requests need.
    fn external_ids(&self, asked: &dyn Fn() -> Question) -> (Guard, Verdict) {
        match self.ask(&asked().with_external_ids(ExternalIds::Absent)) {
            Proof::Refuted(witness) => return (Guard::Nothing, Verdict::Open(witness)),
            Proof::Unknown { reasons } => return (Guard::Nothing, Verdict::Unknown(reasons)),
            Proof::Proved => {}
        }
        match self.every_value(asked, "sts:ExternalId") {
            Ok(ids) => (Guard::ExternalIds(ids), Verdict::Closed),
            Err(verdict) => (Guard::SomeExternalId, verdict),
        }
    }

    /// The finitely many values of a key that these requests can have; otherwise what shows that there are others.
    fn every_value(&self, asked: &dyn Fn() -> Question, key: &str) -> Result<Vec<String>, Verdict> {
        let stated = self.literals(key);
        let mut known: Vec<String> = Vec::new();
        while known.len() <= MOST_IDS {
            let others = Values::OtherThanOrAbsent(known.clone());
            match self.ask(&asked().with_values(key, &others)) {
                Proof::Proved => return Ok(known),
                Proof::Unknown { reasons } => return Err(Verdict::Unknown(reasons)),
                Proof::Refuted(witness) => match value_of(&witness, key) {
                    Some(value) if stated.contains(&value) => known.push(value),
                    Some(_) | None => return Err(Verdict::Open(witness)),
                },
            }
        }
        Err(Verdict::Unknown(vec![format!("more than {MOST_IDS} values of `{key}` are accepted")]))
    }

    /// Organizations that these requests must come from, if they must come from some.
    fn organizations(&self, asked: &dyn Fn() -> Question) -> Judged {
        let key = "aws:PrincipalOrgID";
        if self.literals(key).is_empty() {
            return None;
        }
        let organizations =
            self.every_value(asked, key).ok().filter(|organizations| !organizations.is_empty())?;
        let are_ours = organizations.iter().all(|id| self.insiders.organizations.contains(id));
        match are_ours {
            true => Some((Guard::Organizations(organizations), Verdict::Closed)),
            // Another organization is an outsider like any other.
            false => None,
        }
    }

    fn everybody(&self, named: &BTreeMap<Outsider, Vec<String>>) -> Judged {
        let own = self.root(&self.role.account);
        let members = named.keys().filter_map(|outsider| match outsider {
            Outsider::Everybody => None,
            Outsider::Account(account) => Some(self.root(account)),
            Outsider::WebIdentity(provider) => Some(Principal::WebIdentity(provider.clone())),
            Outsider::Saml(provider) => Some(Principal::Saml(provider.clone())),
            Outsider::Service(service) => Some(Principal::Service(service.clone())),
        });
        let known = Group::of(members.chain([own]));
        let others = || Question::about(Callers::all().outside(&known));
        match self.ask(&others()) {
            Proof::Proved => None,
            Proof::Unknown { reasons } => Some((Guard::Nothing, Verdict::Unknown(reasons))),
            Proof::Refuted(witness) => Some(match self.every_value(&others, "aws:PrincipalOrgID") {
                Ok(organizations)
                    if organizations.iter().all(|id| self.insiders.organizations.contains(id)) =>
                {
                    (Guard::Organizations(organizations), Verdict::Closed)
                }
                Ok(organizations) => (Guard::Organizations(organizations), Verdict::Open(witness)),
                Err(_) => (Guard::Nothing, Verdict::Open(witness)),
            }),
        }
    }

    fn service(&self, service: &str) -> Judged {
        let group = Group::of([Principal::Service(service.to_owned())]);
        let of_it = || Question::about(Callers::all().inside(&group));
        match self.ask(&of_it()) {
            Proof::Proved => return None,
            Proof::Unknown { reasons } => return Some((Guard::Nothing, Verdict::Unknown(reasons))),
            Proof::Refuted(_) => {}
        }
        let own = self.role.account.to_string();
        let elsewhere = of_it()
            .with_values("aws:SourceAccount", &Values::UnlikeOrAbsent(vec![own.clone()]))
            .with_values("aws:SourceArn", &Values::UnlikeOrAbsent(vec![format!("arn:*:*:*:{own}:*")]))
            .with_values(
                "aws:SourceOrgID",
                &Values::UnlikeOrAbsent(self.insiders.organizations.iter().cloned().collect()),
            );
        let guard =
            if self.ask(&elsewhere) == Proof::Proved { Guard::OwnResources } else { Guard::AnyCustomer };
        Some((guard, Verdict::Closed))
    }

    fn web_identity(&self, provider: &str) -> Judged {
        let group = Group::of([Principal::WebIdentity(provider.to_owned())]);
        let of_it = || Question::about(Callers::all().inside(&group));
        match self.ask(&of_it()) {
            Proof::Proved => return None,
            Proof::Unknown { reasons } => return Some((Guard::Nothing, Verdict::Unknown(reasons))),
            Proof::Refuted(_) => {}
        }
        let host = host_of(provider);
        let Some(issuer) = Issuer::of_host(host) else {
            return Some(match self.every_value(&of_it, &format!("{host}:sub")) {
                Ok(subjects) => (Guard::Subjects(subjects), Verdict::Closed),
                Err(Verdict::Unknown(reasons)) => (Guard::Nothing, Verdict::Unknown(reasons)),
                Err(Verdict::Open(_) | Verdict::Closed) => {
                    let reason = format!(
                        "whom `{host}` gives tokens to is not known, and not every subject is stated"
                    );
                    (Guard::Nothing, Verdict::Unknown(vec![reason]))
                }
            });
        };
        let texts = self.texts(&issuer.key());
        let tenants: BTreeSet<&str> = texts.iter().filter_map(|text| issuer.tenant_of(text)).collect();
        let theirs = tenants.iter().map(|tenant| issuer.all_of(tenant)).collect();
        Some(match self.ask(&of_it().with_values(&issuer.key(), &Values::UnlikeOrAbsent(theirs))) {
            Proof::Proved => {
                (Guard::Tenants(tenants.into_iter().map(str::to_owned).collect()), Verdict::Closed)
            }
            Proof::Refuted(witness) => (Guard::Nothing, Verdict::Open(witness)),
            Proof::Unknown { reasons } => (Guard::Nothing, Verdict::Unknown(reasons)),
        })
    }

    fn saml(&self, provider: &str) -> Judged {
        let group = Group::of([Principal::Saml(provider.to_owned())]);
        match self.ask(&Question::about(Callers::all().inside(&group))) {
            Proof::Proved => None,
            Proof::Unknown { reasons } => Some((Guard::Nothing, Verdict::Unknown(reasons))),
            // The provider is the account's own choice, and it serves one organization: its metadata stands in IAM.
            Proof::Refuted(_) => Some((Guard::Subjects(Vec::new()), Verdict::Closed)),
        }
    }

    /// The texts that conditions compare a key with.
    fn texts(&self, key: &str) -> Vec<String> {
        let key = ContextKey::new(key);
        let conditions = self.trust.statements().iter().flat_map(|statement| &statement.conditions);
        let asked = conditions.filter(|condition| {
            condition.key == key && matches!(condition.operator, Operator::Compare { .. })
        });
        asked.flat_map(|condition| condition.values.iter().map(|value| value.raw.to_string())).collect()
    }

    fn literals(&self, key: &str) -> BTreeSet<String> {
        self.texts(key).into_iter().collect()
    }
}

fn value_of(witness: &Witness, key: &str) -> Option<String> {
    match witness.request.context.get(&ContextKey::new(key))? {
        ContextValue::One(value) => Some(value.clone()),
        ContextValue::Many(values) => match values.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        },
        ContextValue::Absent => None,
    }
}
