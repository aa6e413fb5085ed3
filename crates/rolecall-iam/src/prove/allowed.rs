//! Whether the requests of one principal are allowed: all of them, none, or only some.

use super::answer::Proof;
use super::names::Union;
use super::policy::{Form, Groups, PROOF_BUDGET, ResourcePolicy};
use super::question::{Demand, ExternalIds};
use super::rule::Rule;
use super::solve::{Answer, Asked};
use super::variable::Uncut;
use super::words;
use crate::context::ContextKey;
use crate::document::Effect;
use crate::evaluate::{Request, evaluate_trust};
use crate::pattern::Budget;
use crate::principal::Principal;
use crate::truth::Truth;

impl<'d> ResourcePolicy<'d> {
    /// Proves that every request of a principal with these external IDs is allowed, whatever else it has. `Refuted` means
    /// that none is allowed. Where some are allowed and others are not, the answer is `Unknown` and says what that
    /// depends on.
    ///
    /// The root of an account stands for the whole account, a role for its sessions. A principal without an account is
    /// asked about without an external ID. Requests with session tags, a source identity or a trusted context do not
    /// count: they need further permissions.
    #[must_use]
    pub fn prove_allowed(&self, principal: &Principal, external_ids: ExternalIds<'_>) -> Proof {
        self.usual(principal, external_ids, &mut Budget::new(PROOF_BUDGET)).conclude(self)
    }

    /// What was found about requests of a principal with these external IDs.
    pub(super) fn usual(
        &self,
        principal: &Principal,
        external_ids: ExternalIds<'_>,
        budget: &mut Budget,
    ) -> Usual {
        let mut usual = Usual::default();
        let further = self.further_forms(principal.partition());
        for form in self.forms.iter().chain(&further) {
            let group = Union::of_members([principal], &form.caller);
            if group.is_nobody() {
                continue;
            }
            let has_account = form.caller.kind.has_account();
            let external_ids = if has_account { external_ids } else { ExternalIds::Absent };
            let demands = Vec::from_iter(external_ids.demand());
            if let Err(uncut) = self.usually(form, &group, &demands, &mut usual, budget) {
                usual.reasons.push(words::not_cut(&uncut, None));
            }
        }
        usual.reasons.extend(self.resource_matters.then(words::resource_matters));
        usual
    }

    /// Looks for requests of a group of callers that are allowed, and for others that are not.
    fn usually(
        &self,
        form: &Form<'d>,
        group: &Union,
        demands: &[Demand],
        usual: &mut Usual,
        budget: &mut Budget,
    ) -> Result<(), Uncut> {
        let caller = &form.caller;
        let groups = Groups { inside: std::slice::from_ref(group), outside: &[] };
        let call = self.action(caller);
        let rules = form.rules(self.document);
        budget.spend(rules.len())?;
        let concerned = rules.iter().filter(|rule| {
            rule.settled != Truth::False && rule.statement.covers_action(call) != Truth::False
        });
        let (allows, denies): (Vec<&Rule<'_>>, Vec<&Rule<'_>>) =
            concerned.partition(|rule| rule.statement.effect == Effect::Allow);
        // A plain call: whoever passes tags or a source identity chooses to.
        let absent: Vec<&ContextKey> = self.implying.iter().map(|(key, _)| key).collect();
        let deny_all: Vec<Asked<'_>> = denies.into_iter().map(Asked::main).collect();
        let allow_all: Vec<Asked<'_>> = allows.into_iter().map(Asked::main).collect();
        for allow in &allow_all {
            let answer = self.search(caller, groups, demands, &absent, &[*allow], &deny_all, budget)?;
            if usual.note(self, answer, Truth::True) {
                break;
            }
        }
        let refused = self.search(caller, groups, demands, &absent, &[], &allow_all, budget)?;
        usual.note(self, refused, Truth::False);
        for deny in &deny_all {
            let answer = self.search(caller, groups, demands, &absent, &[*deny], &[], budget)?;
            usual.note(self, answer, Truth::False);
        }
        Ok(())
    }
}

/// What was found about requests that should be allowed.
#[derive(Default)]
pub(super) struct Usual {
    pub(super) allowed: Option<Request>,
    pub(super) refused: Option<Request>,
    pub(super) reasons: Vec<String>,
}

impl Usual {
    /// Keeps an example of an answer; false where there was none for sure.
    fn note(&mut self, policy: &ResourcePolicy<'_>, answer: Answer, expected: Truth) -> bool {
        let found = match answer {
            Answer::Certain(found) | Answer::Possible(found) => found,
            Answer::Nothing => return false,
        };
        let Some(found) = policy.completed(&found) else {
            self.reasons.push(words::not_cut(&Uncut::Linked, None));
            return false;
        };
        let Some(request) = policy.request(found) else {
            self.reasons.push(words::not_cut(&Uncut::NoCaller, None));
            return false;
        };
        let evaluation = evaluate_trust(&request, policy.document);
        let slot = if expected == Truth::True { &mut self.allowed } else { &mut self.refused };
        if evaluation.allows == expected {
            slot.get_or_insert(request);
            return true;
        }
        self.reasons.extend(words::not_evaluated(&evaluation, &[], None));
        false
    }

    pub(super) fn conclude(self, policy: &ResourcePolicy<'_>) -> Proof {
        let Self { allowed, refused, mut reasons } = self;
        match (allowed, refused) {
            (Some(_), None) if reasons.is_empty() => Proof::Proved,
            (None, Some(request)) if reasons.is_empty() => {
                let evaluation = evaluate_trust(&request, policy.document);
                Proof::Refuted(Box::new(policy.witness(request, &evaluation)))
            }
            (Some(allowed), Some(refused)) => {
                reasons.push(words::depends(&allowed, &refused));
                Proof::unknown(reasons)
            }
            (None, None) if reasons.is_empty() => {
                Proof::unknown(vec!["no request of this principal could be tried".to_owned()])
            }
            (Some(_) | None, None) | (None, Some(_)) => Proof::unknown(reasons),
        }
    }
}
