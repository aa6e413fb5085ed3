//! The roles of a snapshot by whom they trust, and whether one role gets into another.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};

use rolecall_iam::arn::{AccountId, RoleArn, RoleName, SessionName};
use rolecall_iam::context::{Context, ContextKey, ContextValue};
use rolecall_iam::document::{Document, Effect, Statement};
use rolecall_iam::evaluate::{Request, evaluate, evaluate_trust};
use rolecall_iam::principal::Principal;
use rolecall_iam::principal::element::PrincipalName;
use rolecall_iam::prove::{Callers, Group, Proof, Question, ResourcePolicy, Values};
use rolecall_iam::truth::Truth;

use super::Assumption;
use super::attempt::Attempt;
use super::catalogue::ASSUME;
use super::chosen::is_chosen;
use super::holder::{Can, Given, Holder, is_derived, session_of};
use super::policies::{StandIn, customer_policies, depends_on_caller, is_protected};
use crate::snapshot::{Role, Snapshot};

/// A role that a service can run with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Runnable {
    pub(super) role: usize,
    /// The service as the trust policy names it.
    pub(super) service: String,
    pub(super) assumes: Vec<Assumption>,
}

/// A customer-managed policy of a role.
#[derive(Debug, Clone, Copy)]
pub(super) struct Managed<'s> {
    /// Where it stands among the policies of the role.
    pub(super) place: usize,
    pub(super) arn: &'s str,
    /// A number for its account.
    pub(super) owner: u32,
}

/// Whether a role can write itself every permission as soon as it has every action of IAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Frees {
    /// It can.
    Certainly,
    /// It cannot.
    Never,
}

/// Roles by whom they trust.
pub(super) struct Account<'s> {
    pub(super) roles: &'s [Role],
    /// The policy that a role gives itself.
    pub(super) everything: StandIn,
    /// The policy with which a role can give itself more.
    pub(super) iam: StandIn,
    /// How many questions were asked.
    pub(super) questions: AtomicU64,
    index: HashMap<&'s RoleArn, usize>,
    of_account: HashMap<&'s AccountId, Vec<usize>>,
    /// By the account of the role and the service without `.amazonaws.com`.
    run_by: HashMap<(&'s AccountId, String), Vec<Runnable>>,
    /// By the account that is let in as a whole, in order.
    open: HashMap<AccountId, Vec<usize>>,
    /// The accounts of which all these treat the roles alike.
    impartially_open: HashSet<&'s AccountId>,
    /// Those that let everybody in, in order: nobody needs a permission of his own.
    to_everybody: Vec<usize>,
    /// The ARNs of the roles as texts.
    arns: Vec<String>,
    /// The trust policies as numbers, equal where their texts are; nothing where they tell the roles that have them apart.
    trusts: Vec<Option<u32>>,
    /// Whether the trust policy lets a role in or not whichever role of its account it is.
    are_impartial: Vec<bool>,
    /// Numbers of the roles, equal where account, partition and boundary are, and whether IAM lets somebody change them.
    kinds: Vec<u32>,
    /// The customer-managed policies of each role.
    customer_policies: Vec<Box<[Managed<'s>]>>,
    /// What becomes of each role with every action of IAM, as far as somebody asked.
    freed: Vec<OnceLock<Attempt>>,
    /// By a role that is named.
    naming: HashMap<(AccountId, RoleName), Vec<usize>>,
}

impl<'s> Account<'s> {
    pub(super) fn new(snapshot: &'s Snapshot) -> Self {
        let roles = snapshot.roles.as_slice();
        let mut account = Self {
            roles,
            everything: StandIn::new(),
            iam: StandIn::of("iam:*"),
            questions: AtomicU64::new(0),
            index: roles.iter().enumerate().map(|(index, role)| (&role.arn, index)).collect(),
            of_account: HashMap::new(),
            run_by: HashMap::new(),
            open: HashMap::new(),
            impartially_open: HashSet::new(),
            to_everybody: Vec::new(),
            arns: roles.iter().map(|role| role.arn.to_string()).collect(),
            trusts: Vec::with_capacity(roles.len()),
            are_impartial: roles.iter().map(|role| role.trust.as_deref().is_ok_and(is_impartial)).collect(),
            kinds: Vec::with_capacity(roles.len()),
            customer_policies: Vec::with_capacity(roles.len()),
            freed: roles.iter().map(|_| OnceLock::new()).collect(),
            naming: HashMap::new(),
        };
        let mut numbers: HashMap<String, u32> = HashMap::new();
        for role in roles {
            let text = role.trust.as_ref().map_or_else(String::clone, ToString::to_string);
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            let number = *numbers.entry(text).or_insert(next);
            let names_resources =
                |trust: &Arc<Document>| trust.statements().iter().any(|told| told.resource.is_some());
            account.trusts.push(Some(number).filter(|_| !role.trust.as_ref().is_ok_and(names_resources)));
        }
        let mut kinds = HashMap::new();
        for role in roles {
            let boundary = role.boundary.as_ref().map(|(name, _)| name.as_str());
            let kind = (&role.arn.account, role.arn.partition.as_str(), boundary, is_protected(role));
            let next = u32::try_from(kinds.len()).unwrap_or(u32::MAX);
            account.kinds.push(*kinds.entry(kind).or_insert(next));
        }
        let mut owners = HashMap::new();
        for role in roles {
            let managed = customer_policies(role).map(|(place, arn, owner)| {
                let next = u32::try_from(owners.len()).unwrap_or(u32::MAX);
                Managed { place, arn, owner: *owners.entry(owner).or_insert(next) }
            });
            account.customer_policies.push(managed.collect());
        }
        for (index, role) in roles.iter().enumerate() {
            account.of_account.entry(&role.arn.account).or_default().push(index);
        }
        for (index, role) in roles.iter().enumerate() {
            match &role.trust {
                Ok(trust) => account.note(index, role, trust),
                // It may let its account in.
                Err(_) => account.open.entry(role.arn.account.clone()).or_default().push(index),
            }
        }
        let is_impartial = |place: &usize| account.are_impartial.get(*place) == Some(&true);
        account.impartially_open = account
            .of_account
            .keys()
            .copied()
            .filter(|own| account.open.get(*own).is_none_or(|open| open.iter().all(is_impartial)))
            .collect();
        account
    }

    fn note(&mut self, index: usize, role: &'s Role, trust: &Document) {
        let concerned: Vec<&Statement> = trust
            .statements()
            .iter()
            .filter(|statement| statement.covers_action(ASSUME) != Truth::False)
            .collect();
        let (mut accounts, mut named, mut services) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut is_for_everybody = false;
        for statement in concerned.iter().filter(|statement| statement.effect == Effect::Allow) {
            let Some(clause) = &statement.principal else { continue };
            if clause.negated {
                is_for_everybody = true;
                continue;
            }
            for name in &clause.values {
                match name {
                    PrincipalName::Everyone | PrincipalName::AnyAws => is_for_everybody = true,
                    PrincipalName::Account { account, .. } => drop(accounts.insert(account.clone())),
                    PrincipalName::Identity(Principal::Role(role)) => {
                        named.insert((role.account.clone(), role.name.clone()));
                    }
                    PrincipalName::Identity(Principal::RoleSession { account, role, .. }) => {
                        named.insert((account.clone(), role.clone()));
                    }
                    PrincipalName::Service(service) => drop(services.insert(service.clone())),
                    PrincipalName::Identity(_)
                    | PrincipalName::UniqueId(_)
                    | PrincipalName::Federated(_)
                    | PrincipalName::CanonicalUser(_)
                    | PrincipalName::Nobody(_)
                    | PrincipalName::Undocumented(..) => {}
                }
            }
        }
        self.to_everybody.extend(is_for_everybody.then_some(index));
        for account in accounts {
            self.open.entry(account).or_default().push(index);
        }
        for identity in named {
            self.naming.entry(identity).or_default().push(index);
        }
        for service in services {
            let Some(assumes) = lets_in(role, trust, &service) else { continue };
            let stem = service.split(".amazonaws.com").next().unwrap_or(&service).to_owned();
            let runnable = Runnable { role: index, service, assumes };
            self.run_by.entry((&role.arn.account, stem)).or_default().push(runnable);
        }
    }

    pub(super) fn role(&self, index: usize) -> Option<&'s Role> {
        self.roles.get(index)
    }

    /// The ARN of a role as a text.
    pub(super) fn arn(&self, index: usize) -> &str {
        self.arns.get(index).map_or("", String::as_str)
    }

    /// A number for the trust policy of a role.
    pub(super) fn trust(&self, index: usize) -> Option<u32> {
        self.trusts.get(index).copied().flatten()
    }

    /// A number for what an action of IAM asks about a role besides its name.
    pub(super) fn kind(&self, index: usize) -> Option<u32> {
        self.kinds.get(index).copied()
    }

    /// The customer-managed policies of a role.
    pub(super) fn customer_policies(&self, index: usize) -> &[Managed<'s>] {
        self.customer_policies.get(index).map_or(&[], |policies| policies)
    }

    /// What becomes of a role with every action of IAM: that is the same whoever asks.
    pub(super) fn freed(&self, index: usize, ask: impl FnOnce() -> Attempt) -> Option<&Attempt> {
        Some(self.freed.get(index)?.get_or_init(ask))
    }

    /// Whether no trust policy tells this role from others of its account with the same permissions.
    pub(super) fn is_impartial_to(&self, role: &RoleArn) -> bool {
        let is_impartial = |place: &usize| self.are_impartial.get(*place) == Some(&true);
        self.naming(role).all(|place| is_impartial(&place)) && self.impartially_open.contains(&role.account)
    }

    /// Whether no role is listed twice.
    pub(super) fn lists_each_once(&self) -> bool {
        self.index.len() == self.roles.len()
    }

    pub(super) fn find(&self, arn: &RoleArn) -> Option<usize> {
        self.index.get(arn).copied()
    }

    /// Whether roles of this account are among those of the snapshot.
    pub(super) fn knows(&self, account: &str) -> bool {
        self.of_account.keys().any(|known| known.as_str() == account)
    }

    /// The roles of an account.
    pub(super) fn of_account(&self, account: &AccountId) -> &[usize] {
        self.of_account.get(account).map_or(&[], Vec::as_slice)
    }

    /// The roles of an account that a service can run with.
    pub(super) fn run_by(&self, account: &'s AccountId, service: &str) -> &[Runnable] {
        self.run_by.get(&(account, service.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The roles that let a whole account in, in order.
    pub(super) fn open_to(&self, account: &AccountId) -> &[usize] {
        self.open.get(account).map_or(&[], Vec::as_slice)
    }

    /// The roles that may let a role in although it has no permission to ask: their trust policies name it, or everybody.
    pub(super) fn naming(&self, role: &RoleArn) -> impl Iterator<Item = usize> {
        let named = self.naming.get(&(role.account.clone(), role.name.clone()));
        named.into_iter().flatten().chain(&self.to_everybody).copied()
    }
}

/// Whether a trust policy tells no two roles of an account with the same permissions apart: it names none, and asks about
/// nothing of the caller.
fn is_impartial(trust: &Document) -> bool {
    let is_open = |name: &PrincipalName| match name {
        PrincipalName::Everyone
        | PrincipalName::AnyAws
        | PrincipalName::Account { .. }
        | PrincipalName::Service(_)
        | PrincipalName::Federated(_)
        | PrincipalName::CanonicalUser(_) => true,
        PrincipalName::Identity(_)
        | PrincipalName::UniqueId(_)
        | PrincipalName::Nobody(_)
        | PrincipalName::Undocumented(..) => false,
    };
    !depends_on_caller(trust.statements())
        && trust.statements().iter().all(|statement| {
            let clause = statement.principal.as_ref().filter(|clause| !clause.negated);
            statement.resource.is_none() && clause.is_some_and(|clause| clause.values.iter().all(is_open))
        })
}

/// What must hold for a service to run with a role for the role's own account; `None` where it cannot.
fn lets_in(role: &Role, trust: &Document, service: &str) -> Option<Vec<Assumption>> {
    let own = role.arn.account.to_string();
    let request = Request {
        principal: Principal::Service(service.to_owned()),
        action: ASSUME.to_owned(),
        resource: role.arn.to_string(),
        resource_account: None,
        context: Context::new().with("aws:SourceAccount", own.as_str()),
    };
    let is_conditional = trust.statements().iter().any(|statement| !statement.conditions.is_empty());
    match evaluate_trust(&request, trust).allows {
        Truth::True if !is_conditional => return Some(Vec::new()),
        Truth::False if !is_conditional => return None,
        Truth::True | Truth::False | Truth::Unknown => {}
    }
    let policy = ResourcePolicy::of_role(trust, Some(&role.arn));
    let group = Group::of([Principal::Service(service.to_owned())]);
    let mut undecided = None;
    for values in [Values::Like(vec![own]), Values::Absent] {
        let question =
            Question::about(Callers::all().inside(&group)).with_values("aws:SourceAccount", &values);
        match policy.prove_refused(&question) {
            Proof::Proved => {}
            Proof::Refuted(witness) => {
                let expected = |key: &ContextKey| key.folded() == "aws:sourceaccount";
                let others = witness.request.context.iter().filter(|(key, _)| !expected(key));
                return Some(others.map(|(key, value)| condition(key, value)).collect());
            }
            Proof::Unknown { reasons } => undecided = Some(reasons),
        }
    }
    undecided.map(|reasons| reasons.into_iter().map(Assumption::Undecided).collect())
}

fn condition(key: &ContextKey, value: &ContextValue) -> Assumption {
    let value = match value {
        ContextValue::Absent => "absent".to_owned(),
        ContextValue::One(value) => value.clone(),
        ContextValue::Many(values) => values.join(", "),
    };
    Assumption::If { key: key.written().to_owned(), value }
}

/// Whether a session of the holder's role gets into a role with this trust policy: both sides are asked.
pub(super) fn assumes(holder: &Holder<'_>, target: &RoleArn, trust: &Document) -> Can {
    let any = assumes_as(holder, session_of(holder.role), target, trust);
    if let Can::Certainly(_) | Can::If(..) = any {
        return any;
    }
    // Whoever began the session chose its name.
    for session in sessions_named(holder.role, trust) {
        let principal = Principal::session_of(holder.role, session.clone());
        let named = Assumption::Exists("a session of the role with the name that the trust policy tells");
        match assumes_as(holder, principal, target, trust) {
            Can::Certainly(request) => return Can::If(request, vec![named]),
            Can::If(request, mut assumed) => {
                assumed.push(named);
                return Can::If(request, assumed);
            }
            Can::Never | Can::Undecided(_) => {}
        }
    }
    any
}

/// The names of sessions of a role that a trust policy lets in.
fn sessions_named<'t>(of: &'t RoleArn, trust: &'t Document) -> impl Iterator<Item = &'t SessionName> {
    let allowing = trust.statements().iter().filter(|statement| statement.effect == Effect::Allow);
    let clauses = allowing.filter_map(|statement| statement.principal.as_ref());
    clauses.filter(|clause| !clause.negated).flat_map(|clause| &clause.values).filter_map(|name| match name {
        PrincipalName::Identity(Principal::RoleSession { account, role, session, .. })
            if *account == of.account && *role == of.name =>
        {
            Some(session)
        }
        PrincipalName::Identity(_)
        | PrincipalName::Everyone
        | PrincipalName::AnyAws
        | PrincipalName::Account { .. }
        | PrincipalName::Service(_)
        | PrincipalName::UniqueId(_)
        | PrincipalName::Federated(_)
        | PrincipalName::CanonicalUser(_)
        | PrincipalName::Nobody(_)
        | PrincipalName::Undocumented(..) => None,
    })
}

/// The same for one session.
fn assumes_as(holder: &Holder<'_>, principal: Principal, target: &RoleArn, trust: &Document) -> Can {
    holder.count();
    let is_any = principal == session_of(holder.role);
    let resource = target.to_string();
    let mut request = Request {
        principal: principal.clone(),
        action: ASSUME.to_owned(),
        resource: resource.clone(),
        resource_account: None,
        context: Context::new(),
    };
    let concerned = |statement: &&Statement| statement.covers_action(ASSUME) != Truth::False;
    let keys: BTreeSet<&ContextKey> = trust
        .statements()
        .iter()
        .filter(concerned)
        .chain(holder.statements().map(|statement| -> &Statement { statement }).filter(concerned))
        .flat_map(|statement| &statement.conditions)
        .map(|condition| &condition.key)
        .filter(|key| !is_derived(key))
        .collect();
    let evaluation = evaluate(&request, &holder.layers(Some(trust)));
    if keys.is_empty() {
        return match evaluation.allows {
            Truth::True => Can::Certainly(request),
            Truth::False => Can::Never,
            Truth::Unknown => {
                Can::Undecided(evaluation.not_evaluated.into_iter().map(|element| element.reason).collect())
            }
        };
    }
    // Each side for itself says what its conditions need.
    let trusted = ResourcePolicy::of_role(trust, Some(target));
    let group = Group::of([if is_any { Principal::Role(holder.role.clone()) } else { principal }]);
    let mut reasons = Vec::new();
    match trusted.prove_refused(&Question::about(Callers::all().inside(&group))) {
        Proof::Proved => return Can::Never,
        Proof::Refuted(witness) => request.context = witness.request.context,
        Proof::Unknown { reasons: more } => reasons.extend(more),
    }
    match holder.can(ASSUME, &resource, &Given::default()) {
        Can::Certainly(own) | Can::If(own, _) => {
            for (key, value) in own.context.iter() {
                request.context.set(key.clone(), value.clone());
            }
        }
        // A trust policy that names the role makes its own policies unnecessary.
        Can::Never => {}
        Can::Undecided(more) => reasons.extend(more),
    }
    if evaluate(&request, &holder.layers(Some(trust))).allows != Truth::True {
        let is_settled = reasons.is_empty() && evaluation.names_caller == Truth::False;
        // Both sides allow some request, and they may need different ones.
        let own = holder.can(ASSUME, &resource, &Given::default());
        return match own {
            Can::Never if is_settled => Can::Never,
            Can::Never | Can::Certainly(_) | Can::If(..) | Can::Undecided(_) => {
                reasons
                    .push(format!("no request was found that both `{}` and `{resource}` allow", holder.role));
                Can::Undecided(reasons)
            }
        };
    }
    // What no condition asks for, and what the request is allowed without, is no assumption.
    let is_needed = |key: &ContextKey| {
        let others = request.context.iter().filter(|(other, _)| *other != key);
        let context =
            others.fold(Context::new(), |context, (key, value)| context.with(key.clone(), value.clone()));
        let without = Request { context, ..request.clone() };
        keys.contains(key) || evaluate(&without, &holder.layers(Some(trust))).allows != Truth::True
    };
    let assumed: Vec<Assumption> = request
        .context
        .iter()
        .filter(|(key, _)| !is_chosen(ASSUME, key) && !is_derived(key) && is_needed(key))
        .map(|(key, value)| condition(key, value))
        .collect();
    if assumed.is_empty() && keys.iter().all(|key| is_chosen(ASSUME, key)) {
        return Can::Certainly(request);
    }
    if assumed.is_empty() {
        let reason = |key: &&ContextKey| Assumption::Undecided(format!("a condition on `{key}` lets it"));
        let open = keys.iter().filter(|key| !is_chosen(ASSUME, key)).map(reason).collect();
        return Can::If(request, open);
    }
    Can::If(request, assumed)
}
