//! Questions to the policy of a role or a function: is there a request of this kind that it allows?
//!
//! Every `Allow` is taken by itself: whoever is let in, is let in by one of them. For each, the callers are cut into
//! classes, and for each class one search decides whether some request gets past every `Deny`.

use std::collections::HashSet;

use super::callers::{Known, callers_of, role_call};
use super::claim::{RoleIntent, Witness};
use super::domain::Call;
use super::linked::completed;
use super::rule::{Place, Rule};
use super::solve::{Answer, Asked, AskedAction, Field, Found, Given, find};
use super::variable::Uncut;
use super::words;
use crate::arn::FunctionArn;
use crate::context::{Context, ContextKey, ContextValue, Lookup};
use crate::document::{Document, Effect, Statement};
use crate::evaluate::{Evaluation, Layer, Request, evaluate_trust};
use crate::pattern::{Budget, Language};
use crate::principal::Principal;
use crate::principal::element::PrincipalName;
use crate::truth::Truth;

/// Which external IDs a question is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum IdRule<'q> {
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
pub(crate) struct Question<'q> {
    /// Only through this `Allow`.
    pub(crate) through: Option<usize>,
    /// Only callers like these.
    pub(crate) who: &'q dyn Fn(&Principal) -> bool,
    /// Only with external IDs like these.
    pub(crate) external_id: IdRule<'q>,
}

/// The answer to a [`Question`].
#[derive(Debug)]
pub(crate) enum Outcome {
    /// This request, which the evaluator allows.
    Allowed(Box<(Request, Evaluation)>),
    /// It could not be decided.
    Unknown(Vec<String>),
    /// There is none.
    Nothing,
}

/// A trust policy that questions are put to.
pub(crate) struct Trust<'d> {
    pub(super) document: &'d Document,
    pub(crate) known: Known,
    pub(super) trusted: Vec<Principal>,
    /// The intent says who is trusted; otherwise it is whoever the document names.
    pub(super) trusted_is_stated: bool,
    /// The role, or another resource that has a policy.
    resource: String,
    resource_is_known: bool,
    /// Keys that the document asks about and that a call cannot have without another permission.
    pub(super) implying: Vec<(ContextKey, &'static str)>,
    /// The action that a caller asks for.
    pub(super) action: fn(&Principal) -> &'static str,
    call: Call,
}

impl<'d> Trust<'d> {
    pub(crate) fn new(document: &'d Document, intent: &RoleIntent) -> Self {
        let role = match &intent.role {
            Some(role) => role.to_string(),
            None => "arn:aws:iam::111122223333:role/the-role".to_owned(),
        };
        let trusted_is_stated = !intent.trusted.is_empty();
        let trusted = if trusted_is_stated { intent.trusted.clone() } else { named(document) };
        let known = Known::new(intent.role.clone(), &trusted);
        Self {
            document,
            known,
            trusted,
            trusted_is_stated,
            resource: role,
            resource_is_known: intent.role.is_some(),
            implying: implying(document),
            action: role_call,
            call: Call::AssumeRole,
        }
    }

    /// The policy of a function instead of a role's: who can invoke it directly.
    pub(crate) fn of_function(document: &'d Document, function: &FunctionArn, intent: &RoleIntent) -> Self {
        let action = |_: &Principal| "lambda:InvokeFunction";
        let resource = function.to_string();
        let policy = Self::new(document, intent);
        Self { resource, resource_is_known: true, implying: Vec::new(), action, call: Call::Invoke, ..policy }
    }

    /// The resource, unless its name is only an example.
    fn settled_resource(&self) -> Option<&str> {
        self.resource_is_known.then_some(&*self.resource)
    }

    /// What an answer shows, in words.
    pub(crate) fn witness(&self, request: Request, evaluation: &Evaluation) -> Witness {
        let sentence = match evaluation.allows {
            _ if self.call == Call::Invoke => words::can_invoke(&request, evaluation, &self.known),
            Truth::True => words::can_assume(&request, evaluation, self.document, &self.known),
            Truth::False | Truth::Unknown => words::cannot_assume(&request, evaluation, &self.known),
        };
        Witness { request, sentence }
    }

    /// Searches for a request that the policy allows.
    pub(crate) fn ask(&self, question: &Question<'_>, budget: &mut Budget) -> Outcome {
        let denies: Vec<usize> = self.statements(Effect::Deny).collect();
        let mut reasons = Vec::new();
        for allow in self.statements(Effect::Allow) {
            if budget.is_spent() {
                reasons.push(words::not_cut(&Uncut::TooLarge, None));
                break;
            }
            if question.through.is_none_or(|through| through == allow)
                && let Some(outcome) = self.ask_through(allow, &denies, question, &mut reasons, budget)
            {
                return outcome;
            }
        }
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
            if !self.concerns(allow, caller) {
                continue;
            }
            let Some(rule) = self.rule(allow, caller) else { continue };
            let found = match self.assumable(caller, &rule, denies, question.external_id, budget) {
                Ok(Answer::Certain(found) | Answer::Possible(found)) => found,
                Ok(Answer::Nothing) => continue,
                Err(uncut) => {
                    reasons.push(words::not_cut(&uncut, Some(place(allow))));
                    continue;
                }
            };
            let Some(found) = completed(&found, self.settled_resource()) else {
                reasons.push(words::not_cut(&Uncut::Linked, Some(place(allow))));
                continue;
            };
            let request = self.request(caller, &found);
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
        let asked: Vec<&ContextKey> = asked.map(|condition| &condition.key).collect();
        let asks_about = |action: &str| {
            self.implying.iter().any(|(key, implied)| *implied == action && asked.contains(&key))
        };
        let mut possible = Answer::Nothing;
        for (tags, source) in [(false, false), (true, false), (false, true), (true, true)] {
            let mut needed: Vec<&'static str> = Vec::new();
            needed.extend(tags.then_some("sts:TagSession"));
            needed.extend(source.then_some("sts:SetSourceIdentity"));
            // Where no statement asks for them, a call that passes them is allowed only where one without them is.
            if !needed.is_empty() && !needed.iter().any(|action| asks_about(action)) {
                continue;
            }
            let others = self.implying.iter().filter(|(_, action)| !needed.contains(action));
            let absent: Vec<&ContextKey> = others.map(|(key, _)| key).collect();
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

    pub(super) fn search(
        &self,
        caller: &Principal,
        external_id: IdRule<'_>,
        absent: &[&ContextKey],
        hold: &[Asked<'_>],
        fail: &[Asked<'_>],
        budget: &mut Budget,
    ) -> Result<Answer, Uncut> {
        let call = (self.action)(caller).to_ascii_lowercase();
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
            call: self.call,
            actions: Language::new().only(&call),
            resources: Language::new().only(&self.resource),
            resource: self.settled_resource(),
            given,
            readable_actions: &[],
            readable_resources: &[],
        };
        find(&field, hold, fail, budget)
    }

    pub(crate) fn statements(&self, effect: Effect) -> impl Iterator<Item = usize> {
        let statements = self.document.statements().iter().enumerate();
        statements.filter(move |(_, statement)| statement.effect == effect).map(|(index, _)| index)
    }

    pub(crate) fn statement(&self, index: usize) -> Option<&'d Statement> {
        self.document.statements().get(index)
    }

    /// Whether a statement can mean the caller and the call.
    pub(super) fn concerns(&self, index: usize, caller: &Principal) -> bool {
        self.statement(index).is_some_and(|statement| {
            statement.covers_action((self.action)(caller)) != Truth::False
                && statement.names_principal(caller) != Truth::False
        })
    }

    pub(super) fn rule(&self, index: usize, caller: &Principal) -> Option<Rule<'d>> {
        Some(Rule::new(self.statement(index)?, place(index), caller))
    }

    pub(super) fn request(&self, caller: &Principal, found: &Found) -> Request {
        Request {
            principal: caller.clone(),
            action: (self.action)(caller).to_owned(),
            resource: self.resource.clone(),
            resource_account: None,
            context: stated(&found.context, caller),
        }
    }
}

fn place(statement: usize) -> Place {
    Place { layer: Layer::Resource, document: 0, statement }
}

/// The keys of a document that imply another action, with that action.
fn implying(document: &Document) -> Vec<(ContextKey, &'static str)> {
    let conditions = document.statements().iter().flat_map(|statement| &statement.conditions);
    let mut found: Vec<(ContextKey, &'static str)> = conditions
        .filter_map(|condition| Some((condition.key.clone(), implied_action(condition.key.folded())?)))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The action that a call for a role implies where it passes this key.
fn implied_action(key: &str) -> Option<&'static str> {
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

/// Everybody whom an `Allow` names.
fn named(document: &Document) -> Vec<Principal> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
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
        if let Some(principal) = principal.filter(|principal| seen.insert(principal.clone())) {
            found.push(principal);
        }
    }
    found
}
