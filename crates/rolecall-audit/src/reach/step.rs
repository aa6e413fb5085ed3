//! What a role with some policies can do next: each row of the catalogue, asked upon what the snapshot has.

use std::cell::OnceCell;

use rolecall_iam::arn::{PolicyArn, PolicyOwner, RoleArn};
use rolecall_iam::document::Document;
use rolecall_iam::prove::{NamedDocument, Permissions, Resources};
use serde_json::json;

use super::Assumption;
use super::account::{ASSUME, Account, Runnable, assumes};
use super::attempt::Attempt;
use super::catalogue::{Entry, Gives, Need, On};
use super::holder::{Can, Given, Holder, filled};
use super::known::{Answers, own};
use crate::snapshot::{ReadDocument, Role};

/// How a role's own permissions were widened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Widened {
    /// Something was attached to it.
    Attached,
    /// Its inline policies were overwritten, too.
    Inline,
    /// Its policy at this place was overwritten.
    Version(usize),
}

/// A role, with the permissions that it has or that it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) role: usize,
    pub(super) widened: Option<Widened>,
    pub(super) unbounded: bool,
}

impl State {
    pub(super) fn of(role: usize) -> Self {
        Self { role, widened: None, unbounded: false }
    }
}

/// A document that stands for policies that a role gives itself.
pub(super) struct StandIn {
    everything: Option<Document>,
}

impl StandIn {
    pub(super) const fn nothing() -> Self {
        Self { everything: None }
    }

    pub(super) fn new() -> Self {
        let document = json!({
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
        });
        Self { everything: Document::from_owned(document).ok() }
    }
}

/// The policies of a state, and what cannot be read of them.
pub(super) struct Policies<'s> {
    pub(super) permissions: Permissions<'s>,
    pub(super) unread: Vec<String>,
}

/// Whether IAM lets nobody change a role: those that AWS services and IAM Identity Center keep (IAM User Guide, "Create a
/// service-linked role"; IAM Identity Center User Guide, "Referencing permission sets in resource policies").
pub(super) fn is_protected(role: &Role) -> bool {
    let path = role.arn.path.as_str();
    path.starts_with("/aws-service-role/") || path.starts_with("/aws-reserved/")
}

fn is_inline(name: &str) -> bool {
    name.parse::<PolicyArn>().is_err()
}

impl<'s> Policies<'s> {
    pub(super) fn of(role: &'s Role, state: State, stand_in: &'s StandIn) -> Self {
        let mut unread = Vec::new();
        let mut identity = Vec::new();
        for (index, (name, document)) in role.policies.iter().enumerate() {
            let is_overwritten = match state.widened {
                None | Some(Widened::Attached) => false,
                Some(Widened::Inline) => is_inline(name),
                Some(Widened::Version(overwritten)) => overwritten == index,
            };
            match document {
                _ if is_overwritten => {}
                Ok(document) => identity.push(NamedDocument { name, document }),
                Err(_) => unread.push(name.clone()),
            }
        }
        if state.widened.is_some() {
            identity.extend(
                stand_in.everything.iter().map(|document| NamedDocument { name: "everything", document }),
            );
        }
        let boundary = match &role.boundary {
            Some((name, Ok(document))) if !state.unbounded => Some(NamedDocument { name, document }),
            Some((name, Err(_))) if !state.unbounded => {
                unread.push(name.clone());
                None
            }
            Some(_) | None => None,
        };
        Self { permissions: Permissions { identity, boundary }, unread }
    }
}

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
    pub(super) unread: &'s [String],
    /// What roles with the same permissions have in common.
    pub(super) answers: Option<&'s Answers>,
    /// A trust policy that names the role.
    naming: OnceCell<Option<Document>>,
}

impl<'s> Actor<'s> {
    pub(super) fn new(
        account: &'s Account<'s>,
        role: &'s Role,
        policies: &'s Policies<'s>,
        answers: Option<&'s Answers>,
        now: jiff::Timestamp,
    ) -> Self {
        Self {
            account,
            role,
            holder: Holder::new(&role.arn, &policies.permissions, now),
            unread: &policies.unread,
            answers,
            naming: OnceCell::new(),
        }
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
        let grants = || self.holder.granting(action).next().is_some();
        self.answers.map_or_else(grants, |answers| answers.grants.get(action, grants, |_| true))
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
        let is_own = |name: &str| {
            name.parse::<PolicyArn>().is_ok_and(|arn| matches!(arn.owner, PolicyOwner::Account(_)))
        };
        let policies: &'s [(String, ReadDocument)] = &self.role.policies;
        policies.iter().enumerate().filter(move |(_, (name, _))| is_own(name)).map(|(place, _)| place)
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
        if let (Gives::TrustRewritten, Target::Role(target)) = (entry.gives, target) {
            attempt = attempt.and(|| self.gets_in(target));
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
                (On::OtherRole, Target::Role(index)) => match self.account.role(index) {
                    Some(role) => attempt.and(|| self.upon_role(need, entry, role)),
                    None => Attempt::No,
                },
                (On::Like(_) | On::Nothing, _) => attempt,
                (On::OwnPolicy | On::PassedRole | On::OtherRole, _) => Attempt::No,
            };
        }
        attempt
    }

    /// What a row needs upon things that the snapshot does not list.
    pub(super) fn elsewhere(&self, entry: &'static Entry) -> Attempt {
        let Some(answers) = self.answers else { return self.elsewhere_alone(entry) };
        let is_decided = |attempt: &Attempt| !matches!(attempt, Attempt::Undecided(_));
        match answers.elsewhere.get(entry, || self.elsewhere_alone(entry), is_decided) {
            Attempt::Yes { requests, assumes } => {
                let requests = requests.into_iter().map(|request| own(request, &self.role.arn)).collect();
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
                found = found.or(|| self.holder.can_some(action, like, &self.given(action, None)).into());
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
            Attempt::No => {
                let actions: Vec<&str> = needs.iter().flat_map(|need| need.actions).copied().collect();
                let reason =
                    format!("nothing was found upon which all of `{}` are allowed", actions.join("`, `"));
                Attempt::Undecided(vec![reason])
            }
            Attempt::Yes { .. } | Attempt::Undecided(_) => best,
        }
    }

    fn any(&self, need: &Need, resource: &str, upon: Option<&Role>) -> Attempt {
        let mut found = Attempt::No;
        for action in need.actions {
            found = found.or(|| self.holder.can(action, resource, &self.given(action, upon)).into());
        }
        found
    }

    fn upon_role(&self, need: &Need, entry: &Entry, role: &Role) -> Attempt {
        if role.arn == self.role.arn {
            return Attempt::No;
        }
        match entry.gives {
            Gives::Assumed => self.enters(role),
            Gives::AssumedAndWidened if !is_protected(role) => {
                self.any(need, &role.arn.to_string(), Some(role)).and(|| self.enters(role))
            }
            _ if is_protected(role) => Attempt::No,
            _ => self.any(need, &role.arn.to_string(), Some(role)),
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
        match self.answers {
            Some(answers) => answers.passes_every_role.get(service.to_owned(), passes, |_| true),
            None => passes(),
        }
    }

    /// Values of condition keys that go with an action of IAM upon a role.
    fn given(&self, action: &str, upon: Option<&Role>) -> Given {
        let mut given = Given::default();
        if ["iam:AttachRolePolicy", "iam:AttachUserPolicy"].contains(&action) {
            let administrator =
                format!("arn:{}:iam::aws:policy/AdministratorAccess", self.role.arn.partition);
            given = given.with("iam:PolicyARN", Some(administrator));
        }
        let depends_on_boundary = [
            "iam:AttachRolePolicy",
            "iam:PutRolePolicy",
            "iam:DeleteRolePermissionsBoundary",
            "iam:CreateRole",
            "iam:CreateUser",
            "iam:AttachUserPolicy",
            "iam:PutUserPolicy",
        ];
        if depends_on_boundary.contains(&action) {
            let boundary = upon.and_then(|role| role.boundary.as_ref()).map(|(arn, _)| arn.clone());
            given = given.with("iam:PermissionsBoundary", boundary);
        }
        given
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
