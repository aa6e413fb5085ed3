//! The search for something that a session can do beyond the invocation of the targets.
//!
//! What refutes the claim is a request that somebody could make: an action that AWS has, on a resource that it acts upon. So
//! known actions are tried first, then those that the statement writes out. Whether anything else is left is asked of all
//! actions and resources at once; what is found there by its pattern alone makes the claim unknown.

use std::collections::BTreeSet;

use super::actions::{self, ACTIONS, Target};
use super::answer::Witness;
use super::caller::Call;
use super::permission::INVOKE;
use super::readable;
use super::rule::{Cover, Rule};
use super::session::Session;
use super::solve::Found;
use super::variable::Uncut;
use super::words;
use crate::arn::{FunctionArn, Partition};
use crate::evaluate::UNRESTRICTED;
use crate::pattern::{Budget, Language, Pattern};
use crate::truth::Truth;

/// Actions that are no excess: the invocation of the targets, and what every caller may do without a permission.
const EXPECTED: [&str; 2] = [INVOKE, UNRESTRICTED];

fn is_expected(action: &str) -> bool {
    EXPECTED.iter().any(|expected| expected.eq_ignore_ascii_case(action))
}

/// Requests to look for among those that AWS is known to have.
pub(super) struct Wanted<'w> {
    pub(super) action: &'w dyn Fn(&str) -> bool,
    /// An action that the question writes out, whether AWS is known to have it or not.
    pub(super) written: Option<&'w str>,
    /// Only resources like these.
    pub(super) within: Option<&'w Pattern>,
}

pub(super) struct Excess<'e, 'd> {
    pub(super) session: &'e Session<'d>,
    pub(super) targets: &'e BTreeSet<String>,
    /// Functions to show where they fit.
    pub(super) near: &'e [String],
}

impl Excess<'_, '_> {
    /// What one `Allow` grants too much; the reasons where that is not known.
    pub(super) fn of(&self, rule: &Rule<'_>, budget: &mut Budget) -> Result<Option<Witness>, Vec<String>> {
        let mut reasons = Vec::new();
        if !EXPECTED.iter().any(|expected| rule.actions.is_only(&expected.to_ascii_lowercase())) {
            let wanted = Wanted { action: &|action| !is_expected(action), written: None, within: None };
            match self.session.exceeds(rule, &wanted, budget) {
                Ok(Some(witness)) => return Ok(Some(witness)),
                Ok(None) => {}
                Err(more) => reasons.extend(more),
            }
            reasons.extend(self.anything_else(rule, budget));
        }
        match self.other_functions(rule, budget) {
            Ok(Some(witness)) => return Ok(Some(witness)),
            Ok(None) => {}
            Err(more) => reasons.extend(more),
        }
        if reasons.is_empty() { Ok(None) } else { Err(reasons) }
    }

    /// Why it is not proved that the statement grants no other action.
    fn anything_else(&self, rule: &Rule<'_>, budget: &mut Budget) -> Option<String> {
        let action = readable::action_shape();
        let except = EXPECTED.iter().map(|expected| expected.to_ascii_lowercase()).collect();
        let actions = Language::new().all_of([&action]).except([&except]);
        let resources = [readable::arn_shape(), Pattern::literal("*")];
        let mut resources = resources.iter().map(|shape| Language::new().all_of([shape]));
        resources.find_map(|resources| self.session.anything(rule, &actions, &resources, budget))
    }

    /// The invocation of a function that is no target.
    fn other_functions(&self, rule: &Rule<'_>, budget: &mut Budget) -> Result<Option<Witness>, Vec<String>> {
        // A resource that is a target adds nothing; leaving it out keeps a thousand of them cheap.
        let Cover { negated, names, wild } = &rule.resources;
        let names = names.iter().filter(|name| *negated || !self.targets.contains(*name)).cloned().collect();
        let resources = Cover { negated: *negated, names, wild: wild.clone() };
        if resources.is_empty() || rule.statement.covers_action(INVOKE) == Truth::False {
            return Ok(None);
        }
        let rest = rule.with_resources(resources);
        let invoke = INVOKE.to_ascii_lowercase();
        let actions = Language::new().only(&invoke);
        let mut reasons = Vec::new();
        for shape in &self.session.function_shapes() {
            let resources = Language::new().all_of([shape]).except([self.targets]);
            let found =
                match self.session.search(&rest, &actions, &resources, Call::Invoke, self.near, budget) {
                    Ok(Some(found)) => found,
                    Ok(None) => continue,
                    Err(uncut) => {
                        reasons.push(words::not_cut(&uncut, Some(rule.place)));
                        continue;
                    }
                };
            if found.resource.parse::<FunctionArn>().is_err() {
                reasons.push(words::no_known_action(rule.place));
                continue;
            }
            match self.session.confirm(rule, &found) {
                Ok(witness) => return Ok(Some(witness)),
                Err(more) => reasons.extend(more),
            }
        }
        if reasons.is_empty() { Ok(None) } else { Err(reasons) }
    }
}

impl<'d> Session<'d> {
    /// The partition of the role, whose resources a session acts upon.
    pub(super) fn partition(&self) -> Option<&Partition> {
        self.caller.partition()
    }

    /// Functions of the role's partition, without and with an alias or version; of any partition while the role is not
    /// known.
    pub(crate) fn function_shapes(&self) -> Vec<Pattern> {
        let known = self.partition().filter(|_| self.role_is_known).cloned();
        let partitions: Vec<Partition> = match known {
            Some(partition) => vec![partition],
            None => actions::partitions().collect(),
        };
        partitions.iter().flat_map(|partition| Target::Function.shapes(partition)).collect()
    }

    /// Why it is not proved that one `Allow` grants none of these requests.
    pub(super) fn anything(
        &self,
        rule: &Rule<'_>,
        actions: &Language<'_>,
        resources: &Language<'_>,
        budget: &mut Budget,
    ) -> Option<String> {
        match self.search(rule, actions, resources, Call::Any, &[], budget) {
            Ok(Some(_)) => Some(words::no_known_action(rule.place)),
            Ok(None) => None,
            Err(uncut) => Some(words::not_cut(&uncut, Some(rule.place))),
        }
    }

    /// A request that is wanted and that is allowed through one `Allow`.
    pub(super) fn exceeds(
        &self,
        rule: &Rule<'_>,
        wanted: &Wanted<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Witness>, Vec<String>> {
        let mut reasons = Vec::new();
        let covered = ACTIONS
            .iter()
            .filter(|(name, _)| (wanted.action)(name) && rule.statement.covers_action(name) != Truth::False);
        let named = rule.actions.names.iter().filter(|_| !rule.actions.negated).map(String::as_str);
        let written = named.chain(wanted.written);
        let written = written.filter(|name| actions::known(name).is_none() && (wanted.action)(name));
        // The table leaves out the invocation, which the claims treat by itself.
        let acts_on = |name: &str| name.eq_ignore_ascii_case(INVOKE).then_some(Target::Function);
        let written = written.map(|name| (name, acts_on(name)));
        for (name, target) in covered.map(|(name, target)| (*name, Some(*target))).chain(written) {
            match self.reaches_action(rule, name, target, wanted.within, budget) {
                Ok(Some(found)) => {
                    let found = Found { action: name.to_owned(), ..found };
                    match self.confirm(rule, &found) {
                        Ok(witness) => return Ok(Some(witness)),
                        Err(more) => reasons.extend(more),
                    }
                }
                Ok(None) => {}
                Err(uncut) => reasons.push(words::not_cut(&uncut, Some(rule.place))),
            }
        }
        if reasons.is_empty() { Ok(None) } else { Err(reasons) }
    }

    /// A request for one action on a resource that it acts upon: of its service, where it is not known better.
    fn reaches_action(
        &self,
        rule: &Rule<'_>,
        name: &str,
        target: Option<Target>,
        within: Option<&Pattern>,
        budget: &mut Budget,
    ) -> Result<Option<Found>, Uncut> {
        let Some(partition) = self.partition() else { return Ok(None) };
        let (action, account) = (name.to_ascii_lowercase(), self.account());
        let shapes = match target {
            Some(target) => target.shapes(partition),
            None => {
                let service = action.split(':').next().unwrap_or_default();
                let own = Pattern::like(&format!("arn:{partition}:{service}:*:*:?*"));
                // A resource that the question writes out is taken as it is.
                let asked = within.filter(|within| within.as_literal().is_some()).cloned();
                [own, Pattern::literal("*")].into_iter().chain(asked).collect()
            }
        };
        let likely = target.map(|target| target.likely(partition, &account)).unwrap_or_default();
        let actions = Language::new().only(&action);
        let call = if name.eq_ignore_ascii_case(INVOKE) { Call::Invoke } else { Call::Any };
        for shape in &shapes {
            let resources = Language::new().all_of([shape]).all_of(within);
            let found = self.search(rule, &actions, &resources, call, &likely, budget)?;
            let accepts = |found: &Found| target.is_none_or(|target| target.accepts(&found.resource));
            if let Some(found) = found.filter(accepts) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}
