//! What a role with some policies can do next: each row of the catalogue, asked upon what the snapshot has.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use rolecall_iam::arn::RoleArn;
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::Request;
use rolecall_iam::prove::Resources;
use serde_json::json;

use super::Assumption;
use super::account::{Account, Runnable, assumes};
use super::attempt::Attempt;
use super::catalogue::{ASSUME, Entry, Gives, Need, On, WayIn};
use super::holder::{Can, Given, Holder, filled};
use super::known::{Answers, Known, own};
use super::policies::{Policies, customer_policies, is_protected};
use crate::snapshot::Role;

/// Upon what a row is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'t> {
    /// Nothing of the snapshot.
    Nothing,
    /// A policy of the role, by its place.
    Policy(usize),
    /// A role that a service can run with.
    Runnable(&'t Runnable),
    /// Another role.
    Role(usize),
}

/// A role in a state, who acts.
pub(super) struct Actor<'s> {
    pub(super) account: &'s Account<'s>,
    pub(super) role: &'s Role,
    pub(super) holder: Holder<'s>,
    pub(super) now: jiff::Timestamp,
    pub(super) unread: &'s [String],
    pub(super) known: &'s Known<'s>,
    /// What roles with the same permissions have in common.
    pub(super) shared: Option<&'s Answers>,
    /// What this role was asked, where no other has its permissions.
    alone: Answers,
    /// Every role is another than this one: it stands for all that have its permissions.
    pub(super) is_anybody: bool,
    /// Which roles are covered alike, by action.
    pub(super) classes: RefCell<HashMap<&'static str, Classes>>,
    /// A trust policy that names the role.
    naming: OnceCell<Option<Document>>,
}

impl<'s> Actor<'s> {
    pub(super) fn new(
        account: &'s Account<'s>,
        known: &'s Known<'s>,
        role: &'s Role,
        policies: &'s Policies<'s>,
        now: jiff::Timestamp,
    ) -> Self {
        Self {
            account,
            role,
            holder: Holder::new(&role.arn, &policies.permissions, now, &account.questions),
            now,
            unread: &policies.unread,
            known,
            shared: known.answers(role, policies),
            alone: Answers::default(),
            is_anybody: false,
            classes: RefCell::default(),
            naming: OnceCell::new(),
        }
    }

    /// A session with the same permissions that is not one of the roles, so that no role is left out.
    pub(super) fn anybody(&self) -> Self {
        Self {
            holder: Holder::new(&self.role.arn, self.holder.permissions, self.now, &self.account.questions),
            alone: Answers::default(),
            is_anybody: true,
            classes: RefCell::default(),
            naming: OnceCell::new(),
            ..*self
        }
    }

    pub(super) fn answers(&self) -> &Answers {
        self.shared.unwrap_or(&self.alone)
    }

    /// A request of an answer, made by a session of this role.
    pub(super) fn in_its_name(&self, request: Request) -> Request {
        match self.shared {
            Some(_) => own(request, &self.role.arn),
            None => request,
        }
    }

    /// Whether a role is another than this one.
    pub(super) fn is_other(&self, role: &Role) -> bool {
        self.is_anybody || role.arn != self.role.arn
    }

    fn naming(&self) -> Option<&Document> {
        let document = || {
            Document::from_owned(json!({
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Principal": {"AWS": self.role.arn}, "Action": ASSUME},
            }))
        };
        self.naming.get_or_init(|| document().ok()).as_ref()
    }

    /// Whether some statement may allow an action.
    pub(super) fn grants(&self, action: &'static str) -> bool {
        self.answers().grants.get(action, || self.holder.granting(action).next().is_some(), |_| true)
    }

    /// Whether a policy cannot be read that may allow more. A boundary cannot.
    pub(super) fn is_incomplete(&self) -> bool {
        let boundary = self.role.boundary.as_ref().map(|(name, _)| name);
        self.unread.iter().any(|name| Some(name) != boundary)
    }

    /// Whether some statement may allow what a row needs.
    pub(super) fn may(&self, entry: &Entry) -> bool {
        entry.needs.iter().all(|need| {
            need.actions.iter().any(|action| self.grants(action))
                // A trust policy that names the role is enough.
                || need.actions.contains(&ASSUME)
        })
    }

    /// The customer-managed policies of the role, by place.
    pub(super) fn own_policies(&self) -> impl Iterator<Item = usize> + use<'s> {
        customer_policies(self.role).map(|(place, _, _)| place)
    }

    /// A row, asked upon a target.
    pub(super) fn attempt(&self, entry: &'static Entry, target: Target<'_>) -> Attempt {
        let unread = self.unread.iter().cloned().map(Assumption::Unread);
        let beside = entry.beside.map(Assumption::Exists);
        if is_protected(self.role) && entry.needs.iter().any(|need| need.on == On::Itself) {
            return Attempt::No;
        }
        let mut attempt = self.upon(entry, target);
        if let Attempt::No = attempt {
            return attempt;
        }
        attempt = attempt.and(|| self.elsewhere(entry));
        if let Target::Role(target) = target {
            attempt = match entry.way_in() {
                WayIn::TrustRewritten => attempt.and(|| self.gets_in(target)),
                WayIn::RunBy(service) => attempt.and(|| self.runs(service, target)),
                WayIn::Assumed => attempt,
            };
        }
        attempt.assuming(beside.into_iter().chain(unread))
    }

    /// What a row needs upon the target, or upon the role itself.
    pub(super) fn upon(&self, entry: &'static Entry, target: Target<'_>) -> Attempt {
        let mut attempt = Attempt::done();
        for need in entry.needs {
            attempt = match (need.on, target) {
                (On::Itself, _) => {
                    attempt.and(|| self.any(need, &self.role.arn.to_string(), Some(self.role)))
                }
                (On::OwnPolicy, Target::Policy(place)) => match self.role.policies.get(place) {
                    Some((policy, _)) => attempt.and(|| self.any(need, policy, None)),
                    None => Attempt::No,
                },
                (On::PassedRole, Target::Runnable(runnable)) => {
                    attempt.and(|| self.passes(runnable)).assuming(runnable.assumes.iter().cloned())
                }
                (On::OtherRole, Target::Role(index)) => attempt.and(|| self.upon_role(need, entry, index)),
                (On::OtherRole, Target::Runnable(runnable)) => {
                    attempt.and(|| self.widens(need, runnable.role).map_or(Attempt::No, |(_, widens)| widens))
                }
                (On::Like(_) | On::Nothing, _) => attempt,
                (On::OwnPolicy | On::PassedRole | On::OtherRole, _) => Attempt::No,
            };
        }
        attempt
    }

    /// What a row needs upon things that the snapshot does not list.
    pub(super) fn elsewhere(&self, entry: &'static Entry) -> Attempt {
        let is_decided = |attempt: &Attempt| !matches!(attempt, Attempt::Undecided(_));
        match self.answers().elsewhere.get(entry, || self.elsewhere_alone(entry), is_decided) {
            Attempt::Yes { requests, assumes } => {
                let requests = requests.into_iter().map(|request| self.in_its_name(request)).collect();
                Attempt::Yes { requests, assumes }
            }
            attempt @ (Attempt::No | Attempt::Undecided(_)) => attempt,
        }
    }

    fn elsewhere_alone(&self, entry: &'static Entry) -> Attempt {
        let mut attempt = Attempt::done();
        let mut asked: Vec<&str> = Vec::new();
        for need in entry.needs {
            match need.on {
                On::Like(like) if !asked.contains(&like) => {
                    asked.push(like);
                    let together: Vec<&Need> =
                        entry.needs.iter().filter(|other| other.on == need.on).collect();
                    attempt = attempt.and(|| self.upon_one(&together, &filled(like, &self.role.arn)));
                }
                On::Nothing => attempt = attempt.and(|| self.any(need, "*", None)),
                On::Like(_) | On::Itself | On::OwnPolicy | On::PassedRole | On::OtherRole => {}
            }
        }
        attempt
    }

    /// Several needs upon one thing like a text.
    fn upon_one(&self, needs: &[&Need], like: &str) -> Attempt {
        let mut best = Attempt::No;
        let mut is_somewhere = true;
        for need in needs {
            let mut found = Attempt::No;
            for action in need.actions {
                let upon = |given: &Given| self.holder.can_some(action, like, given);
                found = found.or(|| self.each_way(action, None, upon));
            }
            let Attempt::Yes { requests, .. } = &found else {
                is_somewhere &= !matches!(found, Attempt::No);
                best = best.or(|| found);
                continue;
            };
            let Some(resource) = requests.first().map(|request| request.resource.clone()) else { continue };
            best = best.or(|| {
                needs.iter().fold(Attempt::done(), |all, need| all.and(|| self.any(need, &resource, None)))
            });
        }
        match best {
            Attempt::Yes { .. } if is_somewhere => best,
            _ if !is_somewhere => Attempt::No,
            // Each is allowed somewhere.
            Attempt::No if self.are_apart(needs, like) => Attempt::No,
            Attempt::No => {
                let actions: Vec<&str> = needs.iter().flat_map(|need| need.actions).copied().collect();
                let reason =
                    format!("nothing was found upon which all of `{}` are allowed", actions.join("`, `"));
                Attempt::Undecided(vec![reason])
            }
            Attempt::Yes { .. } | Attempt::Undecided(_) => best,
        }
    }

    /// Whether two needs are nowhere allowed upon the same thing: what one names is refused to the other.
    fn are_apart(&self, needs: &[&Need], like: &str) -> bool {
        let named = |need: &Need| -> Option<Vec<&str>> {
            let mut texts = Vec::new();
            for statement in need.actions.iter().flat_map(|action| self.holder.granting(action)) {
                let clause = statement.resource.as_ref().filter(|clause| !clause.negated)?;
                for value in &clause.values {
                    let text = value.text.raw();
                    if text.contains("${") {
                        return None;
                    }
                    texts.push(if text == "*" { like } else { text });
                }
            }
            Some(texts)
        };
        let is_refused = |need: &Need, text: &str| {
            let never = |action: &&str| match self.holder.can_like(action, text, &Given::default()) {
                Can::Never => true,
                Can::Certainly(_) | Can::If(..) | Can::Undecided(_) => false,
            };
            need.actions.iter().all(never)
        };
        needs.iter().any(|one| {
            named(one).is_some_and(|texts| {
                let others = needs.iter().filter(|other| *other != one);
                others.into_iter().any(|other| texts.iter().all(|text| is_refused(other, text)))
            })
        })
    }

    fn any(&self, need: &Need, resource: &str, upon: Option<&Role>) -> Attempt {
        let mut found = Attempt::No;
        for action in need.actions {
            found =
                found.or(|| self.each_way(action, upon, |given| self.holder.can(action, resource, given)));
        }
        found
    }

    fn upon_role(&self, need: &Need, entry: &Entry, index: usize) -> Attempt {
        let Some(role) = self.account.role(index).filter(|role| self.is_other(role)) else {
            return Attempt::No;
        };
        let is_changed = match entry.gives {
            Gives::Assumed => Attempt::done(),
            _ if is_protected(role) => Attempt::No,
            _ if entry.widening() == Some(need) => {
                self.widens(need, index).map_or(Attempt::No, |(_, widens)| widens)
            }
            _ => self.any(need, &role.arn.to_string(), Some(role)),
        };
        match entry.way_in() {
            WayIn::Assumed => is_changed.and(|| self.enters(role)),
            WayIn::TrustRewritten | WayIn::RunBy(_) => is_changed,
        }
    }

    /// Whether a service runs with a role.
    fn runs(&self, service: &str, target: usize) -> Attempt {
        let Some(role) = self.account.role(target) else { return Attempt::No };
        let runnable = self.account.run_by(&role.arn.account, service).iter();
        match runnable.into_iter().find(|runnable| runnable.role == target) {
            Some(runnable) => Attempt::Yes { requests: Vec::new(), assumes: runnable.assumes.clone() },
            None => Attempt::No,
        }
    }

    pub(super) fn enters(&self, role: &Role) -> Attempt {
        match &role.trust {
            Ok(trust) => assumes(&self.holder, &role.arn, trust).into(),
            Err(reason) => Attempt::Undecided(vec![format!("the trust policy of `{}`: {reason}", role.arn)]),
        }
    }

    /// Whether the role gets into another as soon as the other names it.
    fn gets_in(&self, target: usize) -> Attempt {
        let (Some(role), Some(trust)) = (self.account.role(target), self.naming()) else {
            return Attempt::No;
        };
        match assumes(&self.holder, &role.arn, trust) {
            // The request is allowed by a trust policy that is not there yet.
            Can::Certainly(_) => Attempt::done(),
            Can::If(_, assumes) => Attempt::Yes { requests: Vec::new(), assumes },
            Can::Never => Attempt::No,
            Can::Undecided(reasons) => Attempt::Undecided(reasons),
        }
    }

    /// Whether the role can be passed, whatever its trust policy asks of the service.
    pub(super) fn passes(&self, runnable: &Runnable) -> Attempt {
        let Some(role) = self.account.role(runnable.role) else { return Attempt::No };
        let given = Given::default().with("iam:PassedToService", Some(runnable.service.clone()));
        self.holder.can("iam:PassRole", &role.arn.to_string(), &given).into()
    }

    /// Whether every role of the account can be passed to a service.
    pub(super) fn passes_every_role(&self, service: &str) -> bool {
        let passes = || {
            let every = filled("arn:{partition}:iam::{account}:role/*", &self.role.arn);
            let given = Given::default().with("iam:PassedToService", Some(service.to_owned()));
            let weighed = self.holder.weigh("iam:PassRole", Resources::Like(&every), &given);
            self.unread.is_empty()
                && weighed.allowed.is_some()
                && weighed.refused.is_none()
                && weighed.reasons.is_empty()
        };
        self.answers().passes_every_role.get(service.to_owned(), passes, |_| true)
    }

    /// Roles of accounts that the snapshot does not have, which its own policies let it ask for.
    pub(super) fn elsewhere_roles(&self) -> Vec<(String, Attempt)> {
        let mut texts: Vec<&str> = self
            .holder
            .granting(ASSUME)
            .filter_map(|statement| statement.resource.as_ref())
            .filter(|clause| !clause.negated)
            .flat_map(|clause| &clause.values)
            .map(|value| value.text.raw())
            .collect();
        texts.sort_unstable();
        texts.dedup();
        let mut found = Vec::new();
        if self.asks_all_but() {
            let like = filled("arn:{partition}:iam::999999999999:role/?*", &self.role.arn);
            let can = self.holder.can_some(ASSUME, &like, &Given::default());
            let unread = self.unread.iter().cloned().map(Assumption::Unread);
            let attempt = Attempt::from(can).assuming(unread.chain([Assumption::OtherAccount]));
            found.push(("all but those that the policy names".to_owned(), attempt));
        }
        for text in texts {
            let account = text.split(':').nth(4).unwrap_or("*");
            if self.account.knows(account) || account.is_empty() {
                continue;
            }
            let is_role = text.parse::<RoleArn>().is_ok();
            let like = if text == "*" { "arn:{partition}:iam::*:role/?*" } else { text };
            // The account of somebody else, whoever that is.
            let like = filled(like, &self.role.arn).replace("::*:", "::999999999999:");
            let can = if is_role {
                self.holder.can(ASSUME, &like, &Given::default())
            } else {
                self.holder.can_some(ASSUME, &like, &Given::default())
            };
            let unread = self.unread.iter().cloned().map(Assumption::Unread);
            found.push((
                text.to_owned(),
                Attempt::from(can).assuming(unread.chain([Assumption::OtherAccount])),
            ));
        }
        found
    }

    /// Whether some statement lets it ask for every role but some.
    fn asks_all_but(&self) -> bool {
        let mut clauses = self.holder.granting(ASSUME).filter_map(|statement| statement.resource.as_ref());
        clauses.any(|clause| clause.negated)
    }

    /// Whether its policies may let it assume anything, and the roles that they write out where they write out all.
    pub(super) fn written_roles(&self) -> Option<Vec<RoleArn>> {
        let mut roles = Vec::new();
        for statement in self.holder.granting(ASSUME) {
            let clause = statement.resource.as_ref().filter(|clause| !clause.negated)?;
            for value in &clause.values {
                roles.push(value.text.raw().parse::<RoleArn>().ok()?);
            }
        }
        Some(roles)
    }
}

/// The numbers of roles that the statements about one action cover alike.
#[derive(Debug, Default)]
pub(super) struct Classes {
    pub(super) numbers: HashMap<Vec<bool>, u32>,
    /// By target; nothing where it depends on the request what covers it.
    pub(super) of_target: HashMap<usize, Option<u32>>,
    /// No statement tells any resources apart.
    pub(super) is_one: bool,
}
