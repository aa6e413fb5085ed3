//! Which targets of a row nothing tells apart, so that one of them is asked for all.
//!
//! Invariant: two targets have the same key only where each question of the row has the same answer for both. A question
//! about a target depends on the statements that cover it, on its account and its partition, on its boundary (a condition key of
//! IAM's requests), and, as the row asks for them, on its trust policy, on the policies of its own that can be rewritten, and on
//! what its policies deny to a session that has every action of IAM. Where one of these is not decided, there is no key,
//! and the target is asked by itself.

use rolecall_iam::prove::Concern;

use super::account::{Frees, Managed};
use super::catalogue::{ASSUME, Entry, POLICY_ARN, REWRITE};
use super::step::Actor;

/// What the answer about a role depends on.
///
/// Nothing stands for an empty list: millions of keys are compared, and most of their lists are empty.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Alike {
    classes: Option<Vec<u32>>,
    kind: u32,
    trust: Option<u32>,
    /// Its customer-managed policies by place, account and class, where these may be rewritten.
    policies: Option<Vec<(usize, u32, Vec<bool>)>>,
    frees: Option<Frees>,
}

/// What a row asks of its targets.
pub(super) struct Likeness<'a, 's> {
    actor: &'a Actor<'s>,
    /// The actions that tell targets apart.
    actions: Vec<&'static str>,
    keeps_trust: bool,
    rewriting: Option<Concern<'a, 's>>,
    asks_what_is_freed: bool,
}

impl<'a, 's> Likeness<'a, 's> {
    /// `keeps_trust` where the trust policy of a target counts.
    pub(super) fn of(
        actor: &'a Actor<'s>,
        entry: &'static Entry,
        targets: &[usize],
        keeps_trust: bool,
    ) -> Self {
        let mut actions: Vec<&'static str> =
            entry.needs.iter().flat_map(|need| need.actions).copied().collect();
        actions.push(ASSUME);
        actions.sort_unstable();
        actions.dedup();
        actions.retain(|action| actor.tells_apart(action, targets));
        let widens = entry.widening().is_some();
        Self {
            actor,
            actions,
            keeps_trust,
            rewriting: widens.then(|| actor.holder.concern(REWRITE)),
            asks_what_is_freed: widens && actor.holder.asks_about(POLICY_ARN),
        }
    }

    /// The key of a target.
    pub(super) fn key(&self, target: usize) -> Option<Alike> {
        self.actor.holder.count();
        let account = self.actor.account;
        let known = self.actor.classes.borrow();
        let classes: Option<Vec<u32>> = self
            .actions
            .iter()
            .map(|action| known.get(action)?.of_target.get(&target).copied().flatten())
            .collect();
        let policies: Option<Vec<_>> = match &self.rewriting {
            Some(concern) => {
                let policies = account.customer_policies(target).iter();
                policies
                    .map(|Managed { place, arn, owner }| Some((*place, *owner, concern.class_of(arn)?)))
                    .collect()
            }
            None => Some(Vec::new()),
        };
        let trust = if self.keeps_trust { Some(account.trust(target)?) } else { None };
        let frees = if self.asks_what_is_freed { Some(self.actor.what_is_freed(target)?) } else { None };
        let classes = Some(classes?).filter(|classes| !classes.is_empty());
        let policies = Some(policies?).filter(|policies| !policies.is_empty());
        Some(Alike { classes, kind: account.kind(target)?, trust, policies, frees })
    }
}

impl Actor<'_> {
    /// Whether some statement about an action covers some roles only; then the classes of these are known.
    fn tells_apart(&self, action: &'static str, targets: &[usize]) -> bool {
        let mut known = self.classes.borrow_mut();
        let classes = known.entry(action).or_default();
        if classes.is_one {
            return false;
        }
        let mut asked = targets.iter().filter(|target| !classes.of_target.contains_key(target)).peekable();
        if asked.peek().is_none() {
            return true;
        }
        let concern = self.holder.concern(action);
        if concern.is_empty() {
            classes.is_one = true;
            return false;
        }
        let asked: Vec<usize> = asked.copied().collect();
        for target in asked {
            let class = concern.class_of(self.account.arn(target)).map(|class| {
                let next = u32::try_from(classes.numbers.len()).unwrap_or(u32::MAX);
                *classes.numbers.entry(class).or_insert(next)
            });
            classes.of_target.insert(target, class);
        }
        true
    }
}
