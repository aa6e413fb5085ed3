//! Claims about a trust policy: who can assume the role, and with which external ID.
//!
//! Every `Allow` is taken by itself: whoever can assume the role can do so through one of them. For each, the callers
//! are cut into classes, and for each class one search decides whether some request gets past every `Deny`.

use super::callers::{Known, callers_as, callers_of, role_call};
use super::claim::{Claim, ClaimResult, Proof, RoleIntent, Witness};
use super::domain::Call;
use super::rule::{Place, Rule};
use super::solve::{Answer, Asked, AskedAction, Field, Found, Given, find};
use super::variable::Uncut;
use super::words;
use crate::iam::context::{Context, ContextKey, ContextValue, Lookup};
use crate::iam::document::{Document, Effect, Statement};
use crate::iam::evaluate::{Evaluation, Layer, Request, evaluate_trust};
use crate::iam::pattern::{Budget, Language};
use crate::iam::principal::Principal;
use crate::iam::principal::element::PrincipalName;
use crate::iam::truth::Truth;

/// Where the intent names nobody, so many of those whom the document names are asked about.
const MOST_NAMED: usize = 20;

/// What a whole proof may cost.
pub(super) const PROOF_BUDGET: usize = 20_000_000;

/// Which external IDs a question is about.
#[derive(Debug, Clone, Copy)]
pub(in crate::iam) enum IdRule<'q> {
    /// Any, or none.
    Any,
    /// None.
    Absent,
    /// Some ID.
    Present,
    /// This one.
    Exactly(&'q str),
    /// Another one than this, or none.
    AnythingBut(&'q str),
    /// Some other ID than this.
    Another(&'q str),
}

impl<'q> IdRule<'q> {
    fn accepts(self, value: &ContextValue) -> bool {
        let is = |id: &str| matches!(value, ContextValue::One(value) if value == id);
        let present = *value != ContextValue::Absent;
        match self {
            Self::Any => true,
            Self::Absent => !present,
            Self::Present => present,
            Self::Exactly(id) => is(id),
            Self::AnythingBut(id) => !is(id),
            Self::Another(id) => present && !is(id),
        }
    }

    fn text(self) -> Option<&'q str> {
        match self {
            Self::Any | Self::Absent | Self::Present => None,
            Self::Exactly(id) | Self::AnythingBut(id) | Self::Another(id) => Some(id),
        }
    }
}

/// A question to a trust policy: is there a request like this that it allows?
pub(in crate::iam) struct Question<'q> {
    /// Only through this `Allow`.
    pub(in crate::iam) through: Option<usize>,
    /// Only callers like these.
    pub(in crate::iam) who: &'q dyn Fn(&Principal) -> bool,
    /// Only with external IDs like these.
    pub(in crate::iam) external_id: IdRule<'q>,
}

/// The answer to a [`Question`].
#[derive(Debug)]
pub(in crate::iam) enum Outcome {
    /// This request, which the evaluator allows.
    Allowed(Box<(Request, Evaluation)>),
    /// It could not be decided.
    Unknown(Vec<String>),
    /// There is none.
    Nothing,
}

/// A trust policy that questions are put to.
pub(in crate::iam) struct Trust<'d> {
    document: &'d Document,
    pub(in crate::iam) known: Known,
    trusted: Vec<Principal>,
    /// The intent says who is trusted; otherwise it is whoever the document names.
    trusted_is_stated: bool,
    pub(in crate::iam) role: String,
}

/// Proves or refutes what a trust policy should guarantee: only the trusted principals can assume the role, only with
/// the external ID, and they really can.
#[must_use]
pub fn prove_trust(document: &Document, intent: &RoleIntent) -> Vec<ClaimResult> {
    let trust = Trust::new(document, intent);
    let mut budget = Budget::new(PROOF_BUDGET);
    let external_id = trust.expected_id(intent, &mut budget);
    let id = external_id.as_deref();
    let mut results = vec![
        ClaimResult { claim: Claim::OnlyTrustedMayAssume, result: trust.only_trusted(&mut budget) },
        ClaimResult {
            claim: Claim::OnlyWithExternalId(external_id.clone()),
            result: trust.only_with_id(id, &mut budget),
        },
    ];
    let named_at_most = if trust.trusted_is_stated { usize::MAX } else { MOST_NAMED };
    for principal in trust.trusted.iter().take(named_at_most) {
        results.push(ClaimResult {
            claim: Claim::MayAssume(principal.clone()),
            result: trust.may_assume(principal, id, &mut budget),
        });
    }
    results
}

impl<'d> Trust<'d> {
    pub(in crate::iam) fn new(document: &'d Document, intent: &RoleIntent) -> Self {
        let role = match &intent.role {
            Some(role) => role.to_string(),
            None => "arn:aws:iam::111122223333:role/the-role".to_owned(),
        };
        let trusted_is_stated = !intent.trusted.is_empty();
        let trusted = if trusted_is_stated { intent.trusted.clone() } else { named(document) };
        let known = Known::new(intent.role.clone(), &trusted);
        Self { document, known, trusted, trusted_is_stated, role }
    }

    /// The external ID that must be passed: the stated one, or else one with which the role can be assumed.
    pub(in crate::iam) fn expected_id(&self, intent: &RoleIntent, budget: &mut Budget) -> Option<String> {
        if let Some(id) = &intent.external_id {
            return Some(id.to_string());
        }
        let who = |caller: &Principal| self.known.trusts(caller);
        // An ID counts only where the policy asks for one: without it the same caller must be refused.
        let with = Question { through: None, who: &who, external_id: IdRule::Present };
        match self.ask(&with, budget) {
            Outcome::Allowed(found) if names_external_id(self.document) => {
                match found.0.context.get(&ContextKey::new("sts:ExternalId")) {
                    Some(ContextValue::One(id)) => Some(id.clone()),
                    Some(ContextValue::Absent | ContextValue::Many(_)) | None => None,
                }
            }
            Outcome::Allowed(_) | Outcome::Unknown(_) | Outcome::Nothing => None,
        }
    }

    fn only_trusted(&self, budget: &mut Budget) -> Proof {
        let who = |caller: &Principal| !self.known.trusts(caller);
        self.never(&Question { through: None, who: &who, external_id: IdRule::Any }, budget)
    }

    fn only_with_id(&self, id: Option<&str>, budget: &mut Budget) -> Proof {
        let who = |caller: &Principal| self.must_pass_id(caller);
        let external_id = id.map_or(IdRule::Absent, IdRule::AnythingBut);
        self.never(&Question { through: None, who: &who, external_id }, budget)
    }

    /// Whether an external ID is expected of a caller. Services and identity providers cannot pass one. It protects
    /// against a confused third party, so callers of the role's own account need none unless the intent says so.
    pub(in crate::iam) fn must_pass_id(&self, caller: &Principal) -> bool {
        let meant = self.known.trusts(caller) && caller.account().is_some();
        meant && (self.trusted_is_stated || !self.known.is_own(caller))
    }

    fn never(&self, question: &Question<'_>, budget: &mut Budget) -> Proof {
        match self.ask(question, budget) {
            Outcome::Nothing => Proof::Proved,
            Outcome::Unknown(reasons) => Proof::Unknown { reasons },
            Outcome::Allowed(found) => {
                let (request, evaluation) = *found;
                let sentence = words::can_assume(&request, &evaluation, self.document, &self.known);
                Proof::Refuted(Box::new(Witness { request, sentence }))
            }
        }
    }

    /// Searches for a request that the policy allows.
    pub(in crate::iam) fn ask(&self, question: &Question<'_>, budget: &mut Budget) -> Outcome {
        let denies: Vec<usize> = self.statements(Effect::Deny).collect();
        let mut reasons = Vec::new();
        for allow in self.statements(Effect::Allow) {
            if question.through.is_none_or(|through| through == allow)
                && let Some(outcome) = self.ask_through(allow, &denies, question, &mut reasons, budget)
            {
                return outcome;
            }
        }
        reasons.sort();
        reasons.dedup();
        if reasons.is_empty() { Outcome::Nothing } else { Outcome::Unknown(reasons) }
    }

    fn ask_through(
        &self,
        allow: usize,
        denies: &[usize],
        question: &Question<'_>,
        reasons: &mut Vec<String>,
        budget: &mut Budget,
    ) -> Option<Outcome> {
        let statement = self.statement(allow)?;
        let denying: Vec<&Statement> = denies.iter().filter_map(|index| self.statement(*index)).collect();
        let callers = match callers_of(statement, &denying, &self.known, budget) {
            Ok(callers) => callers,
            Err(error) => {
                reasons.push(words::not_cut(&Uncut::from(error), Some(place(allow))));
                return None;
            }
        };
        for caller in callers.iter().filter(|caller| (question.who)(caller)) {
            let Some(rule) = self.rule(allow, caller) else { continue };
            if rule.principal == Truth::False
                || rule.statement.covers_action(role_call(caller)) == Truth::False
            {
                continue;
            }
            let found = match self.assumable(caller, &rule, denies, question.external_id, budget) {
                Ok(Answer::Certain(found) | Answer::Possible(found)) => found,
                Ok(Answer::Nothing) => continue,
                Err(uncut) => {
                    reasons.push(words::not_cut(&uncut, Some(place(allow))));
                    continue;
                }
            };
            let request = self.request(caller, found);
            let evaluation = evaluate_trust(&request, self.document);
            if evaluation.allows == Truth::True {
                return Some(Outcome::Allowed(Box::new((request, evaluation))));
            }
            reasons.extend(words::not_evaluated(&evaluation, &[], Some(place(allow))));
        }
        None
    }

    /// Whether the caller can assume the role through one `Allow`, past every `Deny`.
    ///
    /// A call that passes session tags or a source identity needs another permission for that, so calls with and
    /// without them are searched one after the other.
    fn assumable(
        &self,
        caller: &Principal,
        rule: &Rule<'_>,
        denies: &[usize],
        external_id: IdRule<'_>,
        budget: &mut Budget,
    ) -> Result<Answer, Uncut> {
        let denies: Vec<Rule<'_>> = denies.iter().filter_map(|index| self.rule(*index, caller)).collect();
        let asked = std::iter::once(rule).chain(&denies).flat_map(|rule| &rule.statement.conditions);
        let implying: Vec<(&ContextKey, &'static str)> = asked
            .filter_map(|condition| Some((&condition.key, implied_action(condition.key.folded())?)))
            .collect();
        let mut possible = Answer::Nothing;
        for (tags, source) in [(false, false), (true, false), (false, true), (true, true)] {
            let mut needed: Vec<&'static str> = Vec::new();
            needed.extend(tags.then_some("sts:TagSession"));
            needed.extend(source.then_some("sts:SetSourceIdentity"));
            if !needed.iter().all(|action| implying.iter().any(|(_, implied)| implied == action)) {
                continue;
            }
            let absent: Vec<&ContextKey> =
                implying.iter().filter(|(_, action)| !needed.contains(action)).map(|(key, _)| *key).collect();
            let calls = self.grants(caller, &needed);
            for grants in calls.iter() {
                let hold: Vec<Asked<'_>> = std::iter::once(Asked { rule, action: AskedAction::Main })
                    .chain(
                        grants
                            .iter()
                            .map(|(rule, action)| Asked { rule, action: AskedAction::Implied(action) }),
                    )
                    .collect();
                let actions = || {
                    let implied = needed.iter().map(|action| AskedAction::Implied(action));
                    std::iter::once(AskedAction::Main).chain(implied)
                };
                let fail: Vec<Asked<'_>> = denies
                    .iter()
                    .flat_map(|rule| actions().map(move |action| Asked { rule, action }))
                    .collect();
                match self.search(caller, external_id, &absent, &hold, &fail, budget)? {
                    Answer::Certain(found) => return Ok(Answer::Certain(found)),
                    Answer::Possible(found) => possible = Answer::Possible(found),
                    Answer::Nothing => {}
                }
            }
        }
        Ok(possible)
    }

    /// For each of the actions one `Allow` that may grant it, in every combination.
    fn grants(&self, caller: &Principal, needed: &[&'static str]) -> Vec<Vec<(Rule<'d>, &'static str)>> {
        let mut combinations = vec![Vec::new()];
        for action in needed {
            let granting: Vec<usize> = self
                .statements(Effect::Allow)
                .filter(|index| {
                    self.statement(*index).is_some_and(|statement| {
                        statement.covers_action(action) != Truth::False
                            && statement.names_principal(caller) != Truth::False
                    })
                })
                .collect();
            combinations = combinations
                .iter()
                .flat_map(|before: &Vec<(usize, &'static str)>| {
                    granting
                        .iter()
                        .map(move |index| before.iter().copied().chain([(*index, *action)]).collect())
                })
                .collect();
        }
        let compile = |(index, action): (usize, &'static str)| Some((self.rule(index, caller)?, action));
        combinations.into_iter().map(|grants| grants.into_iter().filter_map(compile).collect()).collect()
    }

    fn search(
        &self,
        caller: &Principal,
        external_id: IdRule<'_>,
        absent: &[&ContextKey],
        hold: &[Asked<'_>],
        fail: &[Asked<'_>],
        budget: &mut Budget,
    ) -> Result<Answer, Uncut> {
        let call = role_call(caller).to_ascii_lowercase();
        let accepts = |value: &ContextValue| external_id.accepts(value);
        let mut given: Vec<Given<'_>> = Vec::new();
        if !matches!(external_id, IdRule::Any) {
            let texts = external_id.text().into_iter().collect();
            given.push(Given { key: "sts:externalid", texts, accepts: &accepts });
        }
        let is_absent = |value: &ContextValue| *value == ContextValue::Absent;
        given.extend(absent.iter().map(|key| Given {
            key: key.folded(),
            texts: Vec::new(),
            accepts: &is_absent,
        }));
        let field = Field {
            caller,
            call: Call::AssumeRole,
            actions: Language::new().only(&call),
            resources: Language::new().only(&self.role),
            given,
            readable_actions: &[],
            readable_resources: &[],
        };
        find(&field, hold, fail, budget)
    }

    /// Whether a principal that should be able to assume the role can, whatever else its request has.
    fn may_assume(&self, trusted: &Principal, id: Option<&str>, budget: &mut Budget) -> Proof {
        let statements: Vec<&Statement> = self.document.statements().iter().collect();
        let callers = match callers_as(trusted, &statements, &self.known, budget) {
            Ok(callers) => callers,
            Err(error) => return Proof::Unknown { reasons: vec![words::not_cut(&Uncut::from(error), None)] },
        };
        let mut usual = Usual::default();
        for caller in &callers {
            let external_id = match id {
                Some(id) if caller.account().is_some() => IdRule::Exactly(id),
                Some(_) | None => IdRule::Absent,
            };
            if let Err(uncut) = self.usually(caller, external_id, &mut usual, budget) {
                usual.reasons.push(words::not_cut(&uncut, None));
            }
        }
        usual.conclude(self)
    }

    /// Looks for requests of a caller that are allowed, and for others that are not.
    fn usually(
        &self,
        caller: &Principal,
        external_id: IdRule<'_>,
        usual: &mut Usual,
        budget: &mut Budget,
    ) -> Result<(), Uncut> {
        let rules: Vec<Rule<'_>> =
            (0..self.document.statements().len()).filter_map(|index| self.rule(index, caller)).collect();
        let (allows, denies): (Vec<&Rule<'_>>, Vec<&Rule<'_>>) = rules
            .iter()
            .filter(|rule| rule.principal != Truth::False)
            .filter(|rule| rule.statement.covers_action(role_call(caller)) != Truth::False)
            .partition(|rule| rule.statement.effect == Effect::Allow);
        // A plain call: whoever passes tags or a source identity chooses to.
        let keys = rules.iter().flat_map(|rule| &rule.statement.conditions).map(|condition| &condition.key);
        let absent: Vec<&ContextKey> = keys.filter(|key| implied_action(key.folded()).is_some()).collect();
        let deny_all: Vec<Asked<'_>> = denies.into_iter().map(Asked::main).collect();
        let allow_all: Vec<Asked<'_>> = allows.into_iter().map(Asked::main).collect();
        for allow in &allow_all {
            let answer = self.search(caller, external_id, &absent, &[*allow], &deny_all, budget)?;
            if usual.note(self, caller, answer, Truth::True) {
                break;
            }
        }
        let refused = self.search(caller, external_id, &absent, &[], &allow_all, budget)?;
        usual.note(self, caller, refused, Truth::False);
        for deny in &deny_all {
            let answer = self.search(caller, external_id, &absent, &[*deny], &[], budget)?;
            usual.note(self, caller, answer, Truth::False);
        }
        Ok(())
    }

    fn statements(&self, effect: Effect) -> impl Iterator<Item = usize> {
        let statements = self.document.statements().iter().enumerate();
        statements.filter(move |(_, statement)| statement.effect == effect).map(|(index, _)| index)
    }

    fn statement(&self, index: usize) -> Option<&'d Statement> {
        self.document.statements().get(index)
    }

    fn rule(&self, index: usize, caller: &Principal) -> Option<Rule<'d>> {
        Some(Rule::new(self.statement(index)?, place(index), caller))
    }

    pub(in crate::iam) fn request(&self, caller: &Principal, found: Found) -> Request {
        Request {
            principal: caller.clone(),
            action: role_call(caller).to_owned(),
            resource: self.role.clone(),
            resource_account: None,
            context: stated(&found.context, caller),
        }
    }
}

fn place(statement: usize) -> Place {
    Place { layer: Layer::Resource, document: 0, statement }
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
    fn note(&mut self, trust: &Trust<'_>, caller: &Principal, answer: Answer, expected: Truth) -> bool {
        let found = match answer {
            Answer::Certain(found) | Answer::Possible(found) => found,
            Answer::Nothing => return false,
        };
        let request = trust.request(caller, found);
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
        reasons.sort();
        reasons.dedup();
        match (allowed, refused) {
            (Some(_), None) if reasons.is_empty() => Proof::Proved,
            (None, Some(request)) if reasons.is_empty() => {
                let evaluation = evaluate_trust(&request, trust.document);
                let sentence = words::cannot_assume(&request, &evaluation, &trust.known);
                Proof::Refuted(Box::new(Witness { request, sentence }))
            }
            (Some(allowed), Some(refused)) => {
                reasons.insert(0, words::depends(&allowed, &refused));
                Proof::Unknown { reasons }
            }
            (None, None) if reasons.is_empty() => {
                Proof::Unknown { reasons: vec!["no request of this principal could be tried".to_owned()] }
            }
            (Some(_) | None, None) | (None, Some(_)) => Proof::Unknown { reasons },
        }
    }
}

/// The action that a call for a role implies where it passes this key.
pub(in crate::iam) fn implied_action(key: &str) -> Option<&'static str> {
    match key {
        "aws:tagkeys" | "sts:transitivetagkeys" => Some("sts:TagSession"),
        "sts:sourceidentity" => Some("sts:SetSourceIdentity"),
        _ if key.starts_with("aws:requesttag/") => Some("sts:TagSession"),
        _ => None,
    }
}

/// The context without what it says anyway.
pub(super) fn stated(context: &Context, caller: &Principal) -> Context {
    let mut result = Context::new();
    for (key, value) in context.iter() {
        let said = match caller.derive(key.folded()) {
            Some(Lookup::One(derived)) => matches!(value, ContextValue::One(value) if *value == derived),
            Some(Lookup::Absent) | None => *value == ContextValue::Absent,
            Some(Lookup::Unknown | Lookup::Many(_)) => false,
        };
        if !said {
            result.set(key.clone(), value.clone());
        }
    }
    result
}

fn names_external_id(document: &Document) -> bool {
    let mut conditions = document.statements().iter().flat_map(|statement| &statement.conditions);
    conditions.any(|condition| condition.key.folded() == "sts:externalid")
}

/// Everybody whom an `Allow` names.
fn named(document: &Document) -> Vec<Principal> {
    let mut found = Vec::new();
    let allows = document.statements().iter().filter(|statement| statement.effect == Effect::Allow);
    for name in allows
        .filter_map(|statement| statement.principal.as_ref())
        .filter(|clause| !clause.negated)
        .flat_map(|clause| &clause.values)
    {
        let principal = match name {
            PrincipalName::Account(account) => format!("arn:aws:iam::{account}:root").parse().ok(),
            PrincipalName::Identity(principal) => Some(principal.clone()),
            PrincipalName::Service(service) => Some(Principal::Service(service.clone())),
            PrincipalName::Federated(provider) => provider.parse().ok(),
            PrincipalName::Everyone
            | PrincipalName::AnyAws
            | PrincipalName::UniqueId(_)
            | PrincipalName::CanonicalUser(_)
            | PrincipalName::Nobody(_) => None,
        };
        if let Some(principal) = principal.filter(|principal| !found.contains(principal)) {
            found.push(principal);
        }
    }
    found
}
