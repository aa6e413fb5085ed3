//! One way into a role from outside: whether the outsider gets in, and what holds the others of his kind back. Proved.
//!
//! | outsider | closed means: every request that gets in … |
//! |---|---|
//! | another account | has one of finitely many external IDs; or comes from an account or an organization of the same owner |
//! | every account | comes from an organization of the same owner |
//! | tokens of an issuer that is understood | has a token of a stated tenant |
//! | tokens of another issuer | has one of finitely many subjects; otherwise it is unknown whom the issuer serves |
//! | assertions | is asserted by the account's own provider |
//! | a service | is made by that service; [`Guard`] tells for whom it may act |
//!
//! Deliberately absent: judgement by the text of conditions. A text proposes what the guard may be, a proof decides.

mod provider;

use std::collections::{BTreeMap, BTreeSet};

use rolecall_iam::arn::{AccountId, RoleArn};
use rolecall_iam::condition::{Condition, Operator, Quantifier};
use rolecall_iam::context::ContextKey;
use rolecall_iam::document::{Document, Effect};
use rolecall_iam::issuer::{Issuer, host_of};
use rolecall_iam::principal::Principal;
use rolecall_iam::prove::{
    Callers, ExternalIds, Group, Proof, Question, ResourcePolicy, Unlisted, Values, Witness,
};

use crate::outsider::{Named, Outsider, named_in};
use provider::COGNITO;

/// Whether somebody gets in who should not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody of his kind gets in but whom the guard names.
    Closed,
    /// This request gets in.
    Open(Box<Witness>),
    /// It could not be decided.
    Unknown(Vec<String>),
}

/// What every request that gets in must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// Nobody gets in, although a statement names him.
    Nobody,
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
    /// A token of one of these tenants of an issuer, and of one of these places within them, if places are stated.
    Tenants {
        /// Who gives the tokens.
        issuer: &'static Issuer,
        /// The tenants.
        tenants: Vec<String>,
        /// The places; empty if any place within the tenants will do.
        places: Vec<String>,
    },
    /// One of these subjects.
    Subjects(Vec<String>),
    /// An assertion of the account's own provider.
    OwnProvider,
    /// The service acts for this account or this owner's organization.
    OwnResources,
    /// The service may act for any of its customers.
    AnyCustomer,
}

/// A statement that lets the outsider in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetInBy {
    /// The statement's place, from zero.
    pub statement: usize,
    /// The statement's ID.
    pub sid: Option<String>,
    /// Its conditions, as they are written.
    pub conditions: Vec<String>,
}

/// One way in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Who comes in.
    pub outsider: Outsider,
    /// The principals, as the trust policy writes them.
    pub named: Vec<String>,
    /// The statements that let the outsider in.
    pub statements: Vec<LetInBy>,
    /// What holds others back.
    pub guard: Guard,
    /// Whether that is enough.
    pub verdict: Verdict,
    /// Guests of a Cognito identity pool, who did not sign in, get in if the pool admits guests.
    pub guests: Option<Box<Witness>>,
}

/// Whom the reader takes for himself.
#[derive(Debug, Clone, Default)]
pub struct Insiders {
    /// Accounts of the same owner.
    pub accounts: BTreeSet<AccountId>,
    /// Organizations of the same owner.
    pub organizations: BTreeSet<String>,
    /// The external IDs that are right for an account, where somebody stated them.
    pub external_ids: BTreeMap<AccountId, BTreeSet<String>>,
}

/// The ways into a role, and what is left open beside them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries {
    /// The ways in.
    pub ways: Vec<Entry>,
    /// What AWS does not document, so that nobody can decide it: callers without an account whom a wildcard might mean although its
    /// conditions ask for what callers of an account have.
    pub doubts: Vec<String>,
}

/// More outsiders than these no trust policy has room for (IAM and AWS STS quotas, trust policy length).
const MOST_OUTSIDERS: usize = 500;

/// All ways into the role from outside its account.
#[must_use]
pub fn entries(role: &RoleArn, trust: &Document, insiders: &Insiders) -> Entries {
    let door = Door { role, trust, policy: ResourcePolicy::of_role(trust, Some(role)), insiders };
    let named = named_in(trust, &role.account);
    let mut found = Entries::default();
    if named.outsiders.len() > MOST_OUTSIDERS {
        let reason = format!("the trust policy names more than {MOST_OUTSIDERS} outsiders");
        found.ways.push(undecided(Outsider::Unnamed, reason));
        return found;
    }
    let undocumented = named.undocumented.iter();
    found.ways.extend(undocumented.map(|(outsider, reason)| undecided(outsider.clone(), reason.clone())));
    for (outsider, principals) in &named.outsiders {
        let callers = door.callers(outsider);
        let (guard, verdict) = match outsider {
            _ if door.ask(&callers()) == Proof::Proved => (Guard::Nobody, Verdict::Closed),
            Outsider::Account(account) => door.account(account, &callers),
            Outsider::WebIdentity(provider) => door.web_identity(provider, &callers),
            Outsider::Saml(_) => door.saml(&callers),
            Outsider::Service(_) => door.service(&callers),
            // These are never named.
            Outsider::EveryAccount | Outsider::Unnamed => continue,
        };
        found.ways.push(door.entry(outsider, principals, (guard, verdict), &callers));
    }
    if named.has_wildcard {
        door.unnamed(&named, &mut found);
    }
    found
}

/// Whom a name lets in is not known.
fn undecided(outsider: Outsider, reason: String) -> Entry {
    Entry {
        outsider,
        named: Vec::new(),
        statements: Vec::new(),
        guard: Guard::Nothing,
        verdict: Verdict::Unknown(vec![reason]),
        guests: None,
    }
}

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

    /// A principal that stands for the outsider.
    fn principal(&self, outsider: &Outsider) -> Option<Principal> {
        match outsider {
            Outsider::EveryAccount | Outsider::Unnamed => None,
            Outsider::Account(account) => Some(self.root(account)),
            Outsider::WebIdentity(provider) => Some(Principal::WebIdentity(provider.clone())),
            Outsider::Saml(provider) => Some(Principal::Saml(provider.clone())),
            Outsider::Service(service) => Some(Principal::Service(service.clone())),
        }
    }

    /// All requests of a named outsider.
    fn callers(&self, outsider: &Outsider) -> impl Fn() -> Question + use<> {
        let group = Group::of(self.principal(outsider));
        move || Question::about(Callers::all().inside(&group))
    }

    fn entry(
        &self,
        outsider: &Outsider,
        principals: &[String],
        (guard, verdict): (Guard, Verdict),
        callers: &dyn Fn() -> Question,
    ) -> Entry {
        let is_cognito = matches!(outsider, Outsider::WebIdentity(provider) if host_of(provider) == COGNITO);
        let (guests, verdict) = match (is_cognito, verdict) {
            (true, Verdict::Closed) => self.guests(callers),
            (_, verdict) => (None, verdict),
        };
        Entry {
            outsider: outsider.clone(),
            named: principals.to_vec(),
            statements: self.statements(callers),
            guard,
            verdict,
            guests,
        }
    }

    /// The statements through which some of these requests get in.
    fn statements(&self, callers: &dyn Fn() -> Question) -> Vec<LetInBy> {
        let allows = self.trust.statements().iter().enumerate();
        let allows = allows.filter(|(_, statement)| statement.effect == Effect::Allow);
        let let_in = allows.filter(|(index, _)| self.ask(&callers().through(*index)) != Proof::Proved);
        let told = let_in.map(|(statement, allow)| LetInBy {
            statement,
            sid: allow.sid.as_deref().map(str::to_owned),
            conditions: allow
                .conditions
                .iter()
                .map(|condition| {
                    let values: Vec<&str> = condition.values.iter().map(|value| &*value.raw).collect();
                    format!("{} {} {}", condition.key, condition.operator_name, values.join(" | "))
                })
                .collect(),
        });
        told.collect()
    }

    fn account(&self, account: &AccountId, callers: &dyn Fn() -> Question) -> (Guard, Verdict) {
        if self.insiders.accounts.contains(account) {
            return (Guard::SameOwner, Verdict::Closed);
        }
        // Another organization is an outsider like any other.
        if let Some(organizations) = self.own_organizations(callers) {
            return (Guard::Organizations(organizations), Verdict::Closed);
        }
        match self.ask(&callers().with_external_ids(ExternalIds::Absent)) {
            Proof::Refuted(witness) => return (Guard::Nothing, Verdict::Open(witness)),
            Proof::Unknown { reasons } => return (Guard::Nothing, Verdict::Unknown(reasons)),
            Proof::Proved => {}
        }
        let ids = match self.every_value(callers, "sts:ExternalId") {
            Ok(ids) => ids,
            Err(verdict) => return (Guard::SomeExternalId, verdict),
        };
        let expected = self.insiders.external_ids.get(account);
        let unexpected = ids.iter().find(|id| expected.is_some_and(|expected| !expected.contains(*id)));
        let with = |id| callers().with_external_ids(ExternalIds::Exactly(id));
        let verdict = match unexpected.map(|id| self.ask(&with(id))) {
            None | Some(Proof::Proved) => Verdict::Closed,
            Some(Proof::Refuted(witness)) => Verdict::Open(witness),
            Some(Proof::Unknown { reasons }) => Verdict::Unknown(reasons),
        };
        (Guard::ExternalIds(ids), verdict)
    }

    /// The values that the key can have in these requests, if there are finitely many; otherwise a value beyond those that were found.
    fn every_value(&self, callers: &dyn Fn() -> Question, key: &str) -> Result<Vec<String>, Verdict> {
        self.policy.every_value(callers, key).map_err(|unlisted| match unlisted {
            Unlisted::Other(witness) => Verdict::Open(witness),
            Unlisted::Unknown(reasons) => Verdict::Unknown(reasons),
        })
    }

    /// Organizations that these requests must come from, if they must come from some.
    fn organizations(&self, callers: &dyn Fn() -> Question) -> Option<Vec<String>> {
        let key = "aws:PrincipalOrgID";
        let asked = !self.texts(key).is_empty();
        asked.then(|| self.every_value(callers, key).ok()).flatten().filter(|ids| !ids.is_empty())
    }

    /// Our organizations, if these requests must come from them.
    fn own_organizations(&self, callers: &dyn Fn() -> Question) -> Option<Vec<String>> {
        if let Some(ids) = self.organizations(callers).filter(|ids| self.are_ours(ids)) {
            return Some(ids);
        }
        let key = "aws:PrincipalOrgPaths";
        if self.insiders.organizations.is_empty() || self.texts(key).is_empty() {
            return None;
        }
        let ours: Vec<String> = self.insiders.organizations.iter().cloned().collect();
        let paths = ours.iter().map(|id| format!("{id}/*")).collect();
        let elsewhere = callers().with_values(key, &Values::UnlikeOrAbsent(paths));
        (self.ask(&elsewhere) == Proof::Proved).then_some(ours)
    }

    fn are_ours(&self, organizations: &[String]) -> bool {
        organizations.iter().all(|id| self.insiders.organizations.contains(id))
    }

    /// Whom a wildcard lets in beside those who are named.
    fn unnamed(&self, named: &Named, found: &mut Entries) {
        let principals = named.outsiders.keys().filter_map(|outsider| self.principal(outsider));
        let known = Group::of(principals.chain([self.root(&self.role.account)]));
        let accounts = || Question::about(Callers::of_accounts().outside(&known));
        let judged = match self.ask(&accounts()) {
            Proof::Proved => None,
            Proof::Unknown { reasons } => Some((Guard::Nothing, Verdict::Unknown(reasons))),
            Proof::Refuted(witness) => {
                Some(match (self.own_organizations(&accounts), self.organizations(&accounts)) {
                    (Some(ours), _) => (Guard::Organizations(ours), Verdict::Closed),
                    (None, Some(ids)) => (Guard::Organizations(ids), Verdict::Open(witness)),
                    (None, None) => (Guard::Nothing, Verdict::Open(witness)),
                })
            }
        };
        let is_open = matches!(judged, Some((_, Verdict::Open(_))));
        found.ways.extend(judged.map(|judged| self.entry(&Outsider::EveryAccount, &[], judged, &accounts)));
        let others = || Question::about(Callers::without_account().outside(&known));
        match self.ask(&others()) {
            // Who is open to every account is open: that services get in, too, says nothing more.
            _ if is_open => {}
            Proof::Proved => {}
            // A caller without an account that had one of these keys would have the value that the statement asks for: it would act for
            // whom the statement means.
            Proof::Unknown { reasons } if self.asks_unnamed_whose(&others) => found.doubts.extend(reasons),
            Proof::Unknown { reasons } => {
                let judged = (Guard::Nothing, Verdict::Unknown(reasons));
                found.ways.push(self.entry(&Outsider::Unnamed, &[], judged, &others));
            }
            Proof::Refuted(witness) => {
                let judged = (Guard::Nothing, Verdict::Open(witness));
                found.ways.push(self.entry(&Outsider::Unnamed, &[], judged, &others));
            }
        }
    }

    /// Whether each statement that may let them in asks whose they are.
    fn asks_unnamed_whose(&self, callers: &dyn Fn() -> Question) -> bool {
        let through = self.statements(callers);
        let allows = through.iter().filter_map(|let_in| self.trust.statements().get(let_in.statement));
        let mut asked = allows.map(|statement| statement.conditions.iter().any(asks_whose));
        !through.is_empty() && asked.all(|asked| asked)
    }

    fn service(&self, callers: &dyn Fn() -> Question) -> (Guard, Verdict) {
        let own = self.role.account.to_string();
        let organizations = self.insiders.organizations.iter().cloned().collect();
        let elsewhere = callers()
            .with_values("aws:SourceAccount", &Values::UnlikeOrAbsent(vec![own.clone()]))
            .with_values("aws:SourceArn", &Values::OtherArnOrAbsent(vec![format!("arn:*:*:*:{own}:*")]))
            .with_values("aws:SourceOrgID", &Values::UnlikeOrAbsent(organizations));
        let is_own = self.ask(&elsewhere) == Proof::Proved;
        (if is_own { Guard::OwnResources } else { Guard::AnyCustomer }, Verdict::Closed)
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
}

/// Whether a condition asks for one of the keys that tell whose a caller is, so that a caller without the key is refused.
fn asks_whose(condition: &Condition) -> bool {
    const WHOSE: [&str; 4] =
        ["aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn"];
    let is_required = match &condition.operator {
        Operator::Compare { quantifier, test: _, negated, if_exists } => {
            !negated && !if_exists && *quantifier != Quantifier::ForAllValues
        }
        Operator::Null | Operator::Unknown(_) => false,
    };
    is_required && WHOSE.contains(&condition.key.folded())
}
