//! How permissions are given: policies that are attached, written or rewritten, for the role itself or for another.

use rolecall_iam::context::{ContextKey, ContextValue};

use super::Power;
use super::account::{Frees, Managed};
use super::attempt::Attempt;
use super::catalogue::{Need, POLICY_ARN, REWRITE};
use super::holder::{Can, Given, Holder, filled};
use super::policies::{Policies, State, Widened, is_protected};
use super::step::Actor;
use crate::snapshot::Role;

/// Actions that attach a managed policy.
const ATTACHING: [&str; 3] = ["iam:AttachRolePolicy", "iam:AttachUserPolicy", "iam:AttachGroupPolicy"];

impl Actor<'_> {
    /// How another role is given more permissions: a policy of its own, or another document for one that it has.
    pub(super) fn widens(&self, need: &Need, index: usize) -> Option<(Widened, Attempt)> {
        let role = self.account.role(index)?;
        if !self.is_other(role) || is_protected(role) {
            return None;
        }
        let (rewriting, adding): (Vec<&str>, Vec<&str>) =
            need.actions.iter().partition(|action| **action == REWRITE);
        let mut best = (Widened::Attached, Attempt::No);
        let arn = role.arn.to_string();
        for action in adding {
            let upon = |given: &Given| self.holder.can(action, &arn, given);
            best.1 = best.1.or(|| self.each_way(action, Some(role), upon));
        }
        for action in rewriting {
            for Managed { place, arn, .. } in self.account.customer_policies(index).iter().copied() {
                let found: Attempt = self.holder.can(action, arn, &Given::default()).into();
                if found.rank() > best.1.rank() {
                    best = (Widened::Version(place), found);
                }
            }
        }
        if let Attempt::No = best.1 { None } else { Some(best) }
    }

    /// An action of IAM in each way that gives every permission: a policy that is attached may be any that leads there.
    pub(super) fn each_way(&self, action: &str, upon: Option<&Role>, can: impl Fn(&Given) -> Can) -> Attempt {
        if !ATTACHING.contains(&action) {
            return can(&self.given(action, upon, None)).into();
        }
        let partition = self.role.arn.partition.as_str();
        let managed = |name: &str| format!("arn:{partition}:iam::aws:policy/{name}");
        let with = |policy: &str| Attempt::from(can(&self.given(action, upon, Some(policy))));
        let found = with(&managed("AdministratorAccess"));
        if !self.holder.asks_about(POLICY_ARN) {
            return found;
        }
        let made = || {
            let policies = self.makeable().into_iter();
            policies.fold(Attempt::No, |found, policy| {
                let creates =
                    || Attempt::from(self.holder.can("iam:CreatePolicy", &policy, &Given::default()));
                found.or(|| with(&policy).and(creates))
            })
        };
        let through_iam = || with(&managed("IAMFullAccess")).and(|| self.frees(upon));
        found.or(made).or(through_iam)
    }

    /// Names of policies that it may be able to make and to attach: any, and those of its conditions.
    fn makeable(&self) -> Vec<String> {
        let own = filled("arn:{partition}:iam::{account}:policy/", &self.role.arn);
        let asked = self.holder.statements().flat_map(|statement| &statement.conditions);
        let asked = asked.filter(|condition| condition.key.folded() == POLICY_ARN);
        let values = asked.flat_map(|condition| &condition.values);
        let texts = values.map(|value| value.raw.replace('*', "any"));
        let mut policies: Vec<String> = texts.filter(|text| text.starts_with(&own)).collect();
        policies.sort();
        policies.dedup();
        policies.insert(0, format!("{own}any"));
        policies
    }

    /// Whether every action of IAM is enough for a role to write itself a policy. A user or a role that is new, or that
    /// a snapshot does not list, has nothing that denies it.
    fn frees(&self, upon: Option<&Role>) -> Attempt {
        let Some(role) = upon else { return Attempt::done() };
        let place = self.account.find(&role.arn);
        place.and_then(|place| self.freed(place)).cloned().unwrap_or(Attempt::No)
    }

    /// Whether that is decided, and how. What it takes for granted may differ from role to role.
    pub(super) fn what_is_freed(&self, place: usize) -> Option<Frees> {
        match self.freed(place)? {
            Attempt::Yes { assumes, .. } if assumes.is_empty() => Some(Frees::Certainly),
            Attempt::No => Some(Frees::Never),
            Attempt::Yes { .. } | Attempt::Undecided(_) => None,
        }
    }

    fn freed(&self, place: usize) -> Option<&Attempt> {
        let role = self.account.role(place)?;
        self.account.freed(place, || {
            let widened = State { widened: Some(Widened::Attached), ..State::of(place) };
            let policies = Policies::of(role, widened, &self.account.iam);
            let holder = Holder::new(&role.arn, &policies.permissions, self.now, &self.account.questions);
            let arn = role.arn.to_string();
            let can = |action: &str, resource: &str, given: &Given| {
                match holder.can(action, resource, given) {
                    // The request is allowed by a policy that is not attached yet.
                    Can::Certainly(_) => Attempt::done(),
                    Can::If(_, assumes) => Attempt::Yes { requests: Vec::new(), assumes },
                    Can::Never => Attempt::No,
                    Can::Undecided(reasons) => Attempt::Undecided(reasons),
                }
            };
            let writes = can("iam:PutRolePolicy", &arn, &self.given("iam:PutRolePolicy", Some(role), None));
            let policy = filled("arn:{partition}:iam::{account}:policy/any", &role.arn);
            let given = self.given("iam:AttachRolePolicy", Some(role), Some(&policy));
            writes.or(|| {
                can("iam:CreatePolicy", &policy, &Given::default())
                    .and(|| can("iam:AttachRolePolicy", &arn, &given))
            })
        })
    }

    /// Policies that it can attach to itself, in words, where none is known to allow everything; and how far they may
    /// reach.
    pub(super) fn attaches_something(&self) -> Option<(String, Power)> {
        if is_protected(self.role) {
            return None;
        }
        let action = "iam:AttachRolePolicy";
        let arn = self.role.arn.to_string();
        let may = |given: &Given| match self.holder.can(action, &arn, given) {
            Can::Certainly(request) | Can::If(request, _) => Some(Some(request)),
            Can::Undecided(_) => Some(None),
            Can::Never => None,
        };
        let own = filled("arn:{partition}:iam::{account}:policy/any", &self.role.arn);
        let of_aws = filled("arn:{partition}:iam::aws:policy/any", &self.role.arn);
        if [own, of_aws]
            .iter()
            .any(|policy| may(&self.given(action, Some(self.role), Some(policy))).is_some())
        {
            return Some(("policies that are not known here".to_owned(), Power::Administrator));
        }
        let request = may(&self.given(action, Some(self.role), None))?;
        let key = ContextKey::new("iam:PolicyARN");
        let value = request.as_ref().and_then(|request| {
            request.context.iter().find(|(name, _)| **name == key).map(|(_, value)| value.clone())
        });
        Some(match value {
            Some(ContextValue::One(policy)) => (format!("`{policy}`"), Power::Escalates),
            Some(ContextValue::Absent | ContextValue::Many(_)) | None => {
                ("some policies".to_owned(), Power::Administrator)
            }
        })
    }

    /// Values of condition keys that go with an action of IAM upon a role.
    fn given(&self, action: &str, upon: Option<&Role>, attached: Option<&str>) -> Given {
        let mut given = Given::default();
        if let Some(policy) = attached {
            given = given.with("iam:PolicyARN", Some(policy.to_owned()));
        }
        if action == "iam:PutRolePermissionsBoundary" {
            // A boundary that leaves everything.
            let everything = format!("arn:{}:iam::aws:policy/AdministratorAccess", self.role.arn.partition);
            return given.with("iam:PermissionsBoundary", Some(everything));
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
}
