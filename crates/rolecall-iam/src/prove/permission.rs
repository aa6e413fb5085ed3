//! Claims about what a session of the role can do: invoke the targets, and nothing else whatever.
//!
//! Only the side of the role's account is looked at: what identity policies and boundary grant. A function's own policy
//! and policies of an organization are other documents; the former can only add, the latter only take away.

use std::collections::{BTreeSet, HashSet};

use super::answer::{Proof, Witness};
use super::claim::{Claim, ClaimResult, NamedDocument, Permissions, RoleIntent};
use super::excess::Excess;
use super::policy::PROOF_BUDGET;
use super::readable;
use super::session::Session;
use super::targets::every_target;
use super::uses::every_use;
use super::variable::Uncut;
use super::words;
use crate::arn::FunctionArn;
use crate::pattern::Budget;
use crate::text::Form;
use crate::truth::Truth;

pub(super) const INVOKE: &str = "lambda:InvokeFunction";

/// Proves or refutes that a permissions boundary that is made for the role alone allows nothing but what the role is for. A
/// boundary grants nothing; a wider one no longer limits what the role's policies can be changed to.
#[must_use]
pub fn prove_boundary(boundary: NamedDocument<'_>, intent: &RoleIntent) -> ClaimResult {
    let alone = Permissions { identity: vec![boundary], boundary: None };
    let (session, targets) = meant(&alone, intent);
    let result = match only_meant(&session, &targets) {
        Proof::Refuted(witness) => {
            let Witness { request, sentence: _ } = *witness;
            let sentence = words::boundary_allows(&request);
            Proof::Refuted(Box::new(Witness { request, sentence }))
        }
        result @ (Proof::Proved | Proof::Unknown { .. }) => result,
    };
    ClaimResult { claim: Claim::BoundaryAllowsNoMore, result }
}

/// Proves or refutes what the permissions of a role should guarantee: a session can invoke every target, and can do
/// nothing else.
#[must_use]
pub fn prove_permissions(permissions: &Permissions<'_>, intent: &RoleIntent) -> Vec<ClaimResult> {
    let budget = || Budget::new(PROOF_BUDGET);
    let allowance = intent.allowance.as_ref();
    let (session, targets) = meant(permissions, intent);
    let only = only_meant(&session, &targets);
    let every = |prove: &dyn Fn() -> Proof| match session.unknown_caller() {
        Some(reason) => Proof::unknown(vec![reason]),
        None => prove(),
    };
    let only_claim = match allowance {
        Some(_) => Claim::OnlyStatedMayBeDone,
        None => Claim::OnlyTargetsMayBeInvoked,
    };
    let mut results = vec![ClaimResult { claim: only_claim, result: only }];
    // Of no target nothing can be said.
    if !targets.is_empty() {
        let result = every(&|| every_target(&session, &targets, &mut budget()));
        results.push(ClaimResult { claim: Claim::EveryTargetMayBeInvoked(targets.len()), result });
    }
    if let Some(allowance) = allowance {
        let result = every(&|| every_use(&session, allowance, &mut budget()));
        results.push(ClaimResult { claim: Claim::EveryStatedMayBeDone(allowance.uses().len()), result });
    }
    results
}

/// A session of the role, and the functions that it is meant to invoke.
fn meant<'d>(permissions: &'d Permissions<'d>, intent: &'d RoleIntent) -> (Session<'d>, Vec<String>) {
    let allowance = intent.allowance.as_ref();
    let session = Session::new(permissions, intent.role.as_ref()).beyond(allowance);
    let targets = match &intent.targets {
        Some(targets) => targets.iter().map(FunctionArn::to_string).collect(),
        None if allowance.is_some() => Vec::new(),
        None => session.named_functions(),
    };
    (session, targets)
}

/// Whether it can do nothing else.
fn only_meant(session: &Session<'_>, targets: &[String]) -> Proof {
    match session.unknown_caller() {
        Some(reason) => Proof::unknown(vec![reason]),
        None => session.only_targets(targets, &mut Budget::new(PROOF_BUDGET)),
    }
}

impl Session<'_> {
    /// Functions that an `Allow` of the invocation names in full.
    pub(crate) fn named_functions(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        self.granting()
            .filter(|rule| rule.statement.covers_action(INVOKE) == Truth::True)
            .filter_map(|rule| rule.statement.resource.as_ref())
            .filter(|clause| !clause.negated)
            .flat_map(|clause| &clause.values)
            .filter(|value| *value.text.form() == Form::Literal)
            .filter(|value| value.text.raw().parse::<FunctionArn>().is_ok())
            .map(|value| value.text.raw().to_owned())
            .filter(|function| seen.insert(function.clone()))
            .collect()
    }

    /// Proves that nothing but the invocation of the targets is allowed.
    pub(super) fn proves_only(&self, targets: &[String]) -> Proof {
        self.only_targets(targets, &mut Budget::new(PROOF_BUDGET))
    }

    /// Nothing but the invocation of the targets is allowed.
    fn only_targets(&self, targets: &[String], budget: &mut Budget) -> Proof {
        let mut reasons = Vec::new();
        let targets: BTreeSet<String> = targets.iter().cloned().collect();
        let near = readable::functions(targets.first().map(String::as_str));
        let excess = Excess { session: self, targets: &targets, near: &near };
        for rule in self.granting() {
            if budget.is_spent() {
                reasons.push(words::not_cut(&Uncut::TooLarge, None));
                break;
            }
            match excess.of(rule, budget) {
                Ok(Some(witness)) => return Proof::Refuted(Box::new(witness)),
                Ok(None) => {}
                Err(more) => reasons.extend(more),
            }
        }
        if reasons.is_empty() { Proof::Proved } else { Proof::unknown(reasons) }
    }
}
