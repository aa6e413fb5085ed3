//! Claims about a trust policy: who can assume the role, and with which external ID.

use super::claim::{Claim, ClaimResult, Proof, RoleIntent};
use super::names::{Group, Union};
use super::question::{Form, Groups, IdRule, Outcome, Question, Trust, Who};
use super::rule::Rule;
use super::solve::{Answer, Asked};
use super::variable::Uncut;
use super::words;
use crate::arn::ExternalId;
use crate::condition::{Condition, Operator, Test};
use crate::context::{ContextKey, ContextValue};
use crate::document::{Document, Effect};
use crate::evaluate::{Request, evaluate_trust};
use crate::keys::CallerKind;
use crate::pattern::Budget;
use crate::principal::Principal;
use crate::truth::Truth;

/// Where the intent names nobody, so many of those whom the document names are asked about.
const MOST_NAMED: usize = 20;

/// What the proof of one claim may cost: about a tenth of a second.
pub(crate) const PROOF_BUDGET: usize = 2_000_000;

/// Proves or refutes what a trust policy should guarantee: only the trusted principals can assume the role, only with
/// the external ID, and they really can.
#[must_use]
pub fn prove_trust(document: &Document, intent: &RoleIntent) -> Vec<ClaimResult> {
    let trust = Trust::new(document, intent);
    let budget = || Budget::new(PROOF_BUDGET);
    let external_id = trust.expected_id(intent, &mut budget());
    let id = external_id.as_deref();
    let only_with_id = match trust.all_can_pass_id {
        true => Claim::OnlyWithExternalId(external_id.clone()),
        false => Claim::OthersOnlyWithExternalId(external_id.clone()),
    };
    let mut results = vec![
        ClaimResult { claim: Claim::OnlyTrustedMayAssume, result: trust.only_trusted(&mut budget()) },
        ClaimResult { claim: only_with_id, result: trust.only_with_id(id, &mut budget()) },
    ];
    let mut budget = budget();
    let named_at_most = if trust.trusted_is_stated { usize::MAX } else { MOST_NAMED };
    for principal in trust.trusted.iter().take(named_at_most) {
        results.push(trust.may_assume(principal, id, &mut budget));
    }
    results
}

impl<'d> Trust<'d> {
    /// The external ID that must be passed: the stated one, or else one with which the role can be assumed.
    pub(crate) fn expected_id(&self, intent: &RoleIntent, budget: &mut Budget) -> Option<String> {
        if let Some(id) = &intent.external_id {
            return Some(id.to_string());
        }
        // A policy that never asks for an ID accepts any, so that none of them is expected.
        if !names_external_id(self.document) {
            return None;
        }
        let who = Who { inside: vec![&self.trusted_group], ..Who::anyone() };
        match self.ask(&Question { through: None, who, external_id: IdRule::Present }, budget) {
            Outcome::Allowed(found) => match found.0.context.get(&ContextKey::new("sts:ExternalId")) {
                Some(ContextValue::One(id)) => Some(id.clone()),
                Some(ContextValue::Absent | ContextValue::Many(_)) | None => None,
            },
            // What the policy asks for besides cannot be decided; the only ID that it names is expected all the same.
            Outcome::Unknown(_) => only_named_id(self.document),
            Outcome::Nothing => None,
        }
    }

    fn only_trusted(&self, budget: &mut Budget) -> Proof {
        let who = Who { outside: vec![&self.trusted_group], ..Who::anyone() };
        self.never(&Question { through: None, who, external_id: IdRule::Any }, budget)
    }

    fn only_with_id(&self, id: Option<&str>, budget: &mut Budget) -> Proof {
        let external_id = id.map_or(IdRule::Absent, IdRule::AnythingBut);
        self.never(&Question { through: None, who: self.must_pass_id(), external_id }, budget)
    }

    /// Callers of whom an external ID is expected: the trusted principals, or, where they are not stated or not all of them
    /// can pass one, everybody of another account.
    pub(crate) fn must_pass_id(&self) -> Who<'_> {
        let (inside, outside): (Vec<&Group>, Vec<&Group>) = match self.all_can_pass_id {
            true => (vec![&self.trusted_group], Vec::new()),
            false => (Vec::new(), vec![&self.own]),
        };
        Who { kinds: CallerKind::has_account, inside, outside }
    }

    fn never(&self, question: &Question<'_>, budget: &mut Budget) -> Proof {
        match self.ask(question, budget) {
            Outcome::Nothing => Proof::Proved,
            Outcome::Unknown(reasons) => Proof::unknown(reasons),
            Outcome::Allowed(found) => {
                let (request, evaluation) = *found;
                Proof::Refuted(Box::new(self.witness(request, &evaluation)))
            }
        }
    }

    /// Whether a principal that should be able to assume the role can, whatever else its request has. Where nobody stated
    /// that it should, it is enough that it can with some request.
    fn may_assume(&self, trusted: &Principal, id: Option<&str>, budget: &mut Budget) -> ClaimResult {
        let always = |result| ClaimResult { claim: Claim::MayAssume(trusted.clone()), result };
        let usual = self.usual(trusted, id.map(IdRule::Exactly), budget);
        if self.trusted_is_stated {
            return always(usual.conclude(self));
        }
        let usual = match usual.allowed {
            Some(_) => usual,
            None => {
                // Another ID may be expected of it.
                let any = self.usual(trusted, Some(IdRule::Any), budget);
                if any.allowed.is_some() { any } else { usual }
            }
        };
        let at_some_time = usual.allowed.as_ref().is_some_and(|request| {
            request
                .context
                .iter()
                .any(|(key, _)| ["aws:currenttime", "aws:epochtime"].contains(&key.folded()))
        });
        // Nobody chooses the time of a request.
        if usual.reasons.is_empty() && usual.allowed.is_some() && usual.refused.is_some() && !at_some_time {
            let claim = Claim::MayAssumeUnderConditions(trusted.clone());
            return ClaimResult { claim, result: Proof::Proved };
        }
        always(usual.conclude(self))
    }

    /// What was found about requests of a principal with this external ID; without one where there is none.
    fn usual(&self, trusted: &Principal, id: Option<IdRule<'_>>, budget: &mut Budget) -> Usual {
        let mut usual = Usual::default();
        for form in &self.forms {
            let group = Union::of_exactly(trusted, &form.caller);
            if group.is_nobody() {
                continue;
            }
            let external_id = id.filter(|_| form.caller.kind.has_account()).unwrap_or(IdRule::Absent);
            if let Err(uncut) = self.usually(form, &group, external_id, &mut usual, budget) {
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
        external_id: IdRule<'_>,
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
            let answer = self.search(caller, groups, external_id, &absent, &[*allow], &deny_all, budget)?;
            if usual.note(self, answer, Truth::True) {
                break;
            }
        }
        let refused = self.search(caller, groups, external_id, &absent, &[], &allow_all, budget)?;
        usual.note(self, refused, Truth::False);
        for deny in &deny_all {
            let answer = self.search(caller, groups, external_id, &absent, &[*deny], &[], budget)?;
            usual.note(self, answer, Truth::False);
        }
        Ok(())
    }
}

/// What was found about requests that should be allowed.
#[derive(Default)]
struct Usual {
    allowed: Option<Request>,
    refused: Option<Request>,
    reasons: Vec<String>,
}

impl Usual {
    /// Keeps an example of an answer; false where there was none for sure.
    fn note(&mut self, trust: &Trust<'_>, answer: Answer, expected: Truth) -> bool {
        let found = match answer {
            Answer::Certain(found) | Answer::Possible(found) => found,
            Answer::Nothing => return false,
        };
        let Some(found) = trust.completed(&found) else {
            self.reasons.push(words::not_cut(&Uncut::Linked, None));
            return false;
        };
        let Some(request) = trust.request(found) else {
            self.reasons.push(words::not_cut(&Uncut::NoCaller, None));
            return false;
        };
        let evaluation = evaluate_trust(&request, trust.document);
        let slot = if expected == Truth::True { &mut self.allowed } else { &mut self.refused };
        if evaluation.allows == expected {
            slot.get_or_insert(request);
            return true;
        }
        self.reasons.extend(words::not_evaluated(&evaluation, &[], None));
        false
    }

    fn conclude(self, trust: &Trust<'_>) -> Proof {
        let Self { allowed, refused, mut reasons } = self;
        match (allowed, refused) {
            (Some(_), None) if reasons.is_empty() => Proof::Proved,
            (None, Some(request)) if reasons.is_empty() => {
                let evaluation = evaluate_trust(&request, trust.document);
                Proof::Refuted(Box::new(trust.witness(request, &evaluation)))
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

/// The external ID that the policy's `Allow` statements compare with, where there is one and no other.
fn only_named_id(document: &Document) -> Option<String> {
    let allows = document.statements().iter().filter(|statement| statement.effect == Effect::Allow);
    let equal = |condition: &&Condition| {
        condition.key.folded() == "sts:externalid"
            && matches!(
                condition.operator,
                Operator::Compare { test: Test::StringEquals | Test::StringLike, negated: false, .. }
            )
    };
    let conditions = allows.flat_map(|statement| &statement.conditions).filter(equal);
    let mut ids = conditions.flat_map(|condition| &condition.values).map(|value| &*value.raw);
    let first = ids.next().filter(|id| id.parse::<ExternalId>().is_ok())?;
    ids.all(|id| id == first).then(|| first.to_owned())
}

fn names_external_id(document: &Document) -> bool {
    let mut conditions = document.statements().iter().flat_map(|statement| &statement.conditions);
    conditions.any(|condition| condition.key.folded() == "sts:externalid")
}
