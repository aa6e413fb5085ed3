//! A policy of a role or a function that questions are put to: is there a request of this kind that it allows?
//!
//! Every `Allow` is taken by itself: whoever is let in, is let in by one of them. For each form of caller, one search decides
//! whether some request gets past every `Deny`. What is found is made a request, put to the evaluator, and shown only where
//! that allows it. Where the search could not see how two parts of a request depend on each other, the same search
//! is made once more for the one caller that was found.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashSet};

use super::answer::{Proof, Witness};
use super::caller::{Call, Caller, Example};
use super::linked::completed;
use super::mentioned::{
    as_printed, implying, keys_of, named_partitions, partitions, root_of, state_caller, stated,
};
use super::names::{Group, Union};
use super::permission::INVOKE;
use super::question::{Callers, Demand, Question};
use super::rule::{Place, Rule};
use super::solve::{Answer, Asked, AskedAction, Field, Found, Given, find};
use super::strings::Variable;
use super::variable::Uncut;
use super::words;
use crate::arn::{AccountId, FunctionArn, Partition, RoleArn};
use crate::context::{ContextKey, ContextValue};
use crate::document::{Document, Effect, Statement};
use crate::evaluate::{Evaluation, Layer, Request, evaluate_trust};
use crate::pattern::{Budget, Language};
use crate::principal::Principal;
use crate::principal::element::PrincipalName;
use crate::truth::Truth;

/// What one answer may cost: about a tenth of a second.
pub(crate) const PROOF_BUDGET: usize = 2_000_000;

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

/// Callers of one form, with the policy's statements as they read for them.
pub(super) struct Form<'d> {
    pub(super) caller: Caller,
    rules: OnceCell<Vec<Rule<'d>>>,
}

impl<'d> Form<'d> {
    pub(super) fn new(caller: Caller) -> Self {
        Self { caller, rules: OnceCell::new() }
    }

    pub(super) fn rules(&self, document: &'d Document) -> &[Rule<'d>] {
        self.rules.get_or_init(|| Rule::compile(document, Layer::Resource, 0, &self.caller).collect())
    }
}

/// A policy that says who may call: the trust policy of a role, or the policy of a function.
///
/// An answer is about this policy alone, as if everything on the caller's side allowed the call.
pub struct ResourcePolicy<'d> {
    pub(super) document: &'d Document,
    pub(super) forms: Vec<Form<'d>>,
    /// The role, or another resource that has a policy.
    resource: String,
    resource_is_known: bool,
    /// The account of the role, where it is known.
    own_account: Option<AccountId>,
    /// Keys that the document asks about and that a call cannot have without another permission.
    pub(super) implying: Vec<(ContextKey, &'static str)>,
    /// Some statement asks for the unique id of the caller.
    asks_for_user_id: bool,
    /// Some statement asks for the account of the caller, or for an ARN in one.
    pub(super) asks_for_account: bool,
    /// It stands for policies that may name any service.
    pub(super) may_name_services: bool,
    /// Some statement names a resource, and which one the policy belongs to is not known.
    pub(super) resource_matters: bool,
    call: Call,
    /// The action on a function that is asked about.
    on_function: Cow<'static, str>,
}

impl<'d> ResourcePolicy<'d> {
    /// The trust policy of a role: who can assume it. Without the role's ARN, an answer holds for whichever role has
    /// the policy.
    #[must_use]
    pub fn of_role(document: &'d Document, role: Option<&RoleArn>) -> Self {
        Self::of_role_in(document, role, None)
    }

    /// The same where the partition of the role is known and its ARN may not be.
    pub(super) fn of_role_in(
        document: &'d Document,
        role: Option<&RoleArn>,
        partition: Option<&Partition>,
    ) -> Self {
        let known = role.is_some();
        let resource = role.map_or_else(|| RoleArn::example().to_string(), RoleArn::to_string);
        let partition = role.map(|role| &role.partition).or(partition);
        let policy = Self::of(document, Call::AssumeRole, resource, partition);
        Self {
            resource_is_known: known,
            own_account: role.map(|role| role.account.clone()),
            implying: implying(document),
            resource_matters: !known
                && document.statements().iter().any(|statement| statement.resource.is_some()),
            ..policy
        }
    }

    /// The policy of a function: who can invoke it directly.
    #[must_use]
    pub fn of_function(document: &'d Document, function: &FunctionArn) -> Self {
        Self::of(document, Call::Invoke, function.to_string(), Some(&function.partition))
    }

    /// The same for another action on the function.
    pub(super) fn asked_for(self, action: &str) -> Self {
        Self { on_function: Cow::Owned(action.to_owned()), ..self }
    }

    fn of(document: &'d Document, call: Call, resource: String, partition: Option<&Partition>) -> Self {
        let asked: HashSet<&str> = keys_of(document).map(ContextKey::folded).collect();
        let mut partitions = partitions(partition, asked.contains("aws:principalarn"));
        // Whoever is named by an ARN counts, even where AWS would not store such a policy.
        partitions.extend(named_partitions(document).cloned());
        partitions.sort();
        partitions.dedup();
        Self {
            document,
            forms: Caller::forms(call, &partitions).into_iter().map(Form::new).collect(),
            resource,
            resource_is_known: true,
            own_account: None,
            implying: Vec::new(),
            asks_for_user_id: asked.contains("aws:userid"),
            asks_for_account: ["aws:principalaccount", "aws:principalarn"]
                .iter()
                .any(|key| asked.contains(key)),
            may_name_services: false,
            resource_matters: false,
            call,
            on_function: Cow::Borrowed(INVOKE),
        }
    }

    /// Proves that every request that a question is about is refused. `Refuted` shows one that is allowed.
    #[must_use]
    pub fn prove_refused(&self, question: &Question) -> Proof {
        self.refused(question, &mut Budget::new(PROOF_BUDGET))
    }

    pub(super) fn refused(&self, question: &Question, budget: &mut Budget) -> Proof {
        match self.ask(question, budget) {
            Outcome::Nothing => Proof::Proved,
            Outcome::Unknown(reasons) => Proof::unknown(reasons),
            Outcome::Allowed(found) => {
                let (request, evaluation) = *found;
                Proof::Refuted(Box::new(self.witness(request, &evaluation)))
            }
        }
    }

    /// The accounts that an `Allow` names by their number, in each partition that callers can come from.
    pub(super) fn numbered_accounts(&self) -> Vec<Principal> {
        let partitions: BTreeSet<&Partition> =
            self.forms.iter().filter_map(|form| form.caller.partition()).collect();
        let allows =
            self.statements(Effect::Allow).filter_map(|index| self.statement(index)?.principal.as_ref());
        let names = allows.filter(|clause| !clause.negated).flat_map(|clause| &clause.values);
        names
            .filter_map(|name| match name {
                PrincipalName::Account { partition: None, account } => Some(account),
                _ => None,
            })
            .flat_map(|account| partitions.iter().map(move |partition| root_of(partition, account)))
            .collect()
    }

    /// Callers of partitions that only a question names. Where the resource is known, nobody of another partition counts.
    pub(super) fn further_forms<'p>(
        &self,
        partitions: impl IntoIterator<Item = &'p Partition>,
    ) -> Vec<Form<'d>> {
        if self.resource_is_known {
            return Vec::new();
        }
        let known: BTreeSet<&Partition> =
            self.forms.iter().filter_map(|form| form.caller.partition()).collect();
        let further: BTreeSet<&Partition> =
            partitions.into_iter().filter(|partition| !known.contains(partition)).collect();
        let further: Vec<Partition> = further.into_iter().cloned().collect();
        let forms = Caller::forms(self.call, &further).into_iter();
        forms.filter(|caller| caller.kind.has_account()).map(Form::new).collect()
    }

    /// The resource, unless its name is only an example.
    fn settled_resource(&self) -> Option<&str> {
        self.resource_is_known.then_some(&*self.resource)
    }

    /// Whether a caller belongs to the account of the role.
    pub(crate) fn is_own(&self, caller: &Principal) -> bool {
        self.own_account.is_some() && caller.account() == self.own_account.as_ref()
    }

    /// What an answer shows, in words.
    pub(crate) fn witness(&self, request: Request, evaluation: &Evaluation) -> Witness {
        let who = words::who(&request, evaluation, self);
        let sentence = match evaluation.allows {
            _ if self.call == Call::Invoke => words::can_reach(&who, &request, evaluation),
            Truth::True => words::can_assume(&who, &request, evaluation, self.document),
            Truth::False | Truth::Unknown => words::cannot_assume(&who, &request, evaluation),
        };
        Witness { request, sentence }
    }

    /// The action that callers of a form ask for.
    pub(super) fn action(&self, caller: &Caller) -> &str {
        match self.call {
            Call::Invoke | Call::Any => &self.on_function,
            Call::AssumeRole => caller.role_call(),
        }
    }

    /// Searches for a request that the policy allows.
    pub(crate) fn ask(&self, question: &Question, budget: &mut Budget) -> Outcome {
        let mut reasons = Vec::new();
        let Callers { have_account, inside, outside: _ } = &question.callers;
        let counts =
            |form: &&Form<'d>| have_account.is_none_or(|asked| asked == form.caller.kind.has_account());
        let further = self.further_forms(inside.iter().flat_map(Group::partitions));
        let services: Vec<_> = self.forms.iter().map(|form| self.elsewhere(form, question)).collect();
        for allow in self.statements(Effect::Allow) {
            if budget.is_spent() {
                reasons.push(words::not_cut(&Uncut::TooLarge, None));
                break;
            }
            if question.through.is_some_and(|through| through != allow) {
                continue;
            }
            let known = self.forms.iter().zip(&services).map(|(form, elsewhere)| match elsewhere {
                Some(elsewhere) if !self.names_services(allow) => elsewhere,
                Some(_) | None => form,
            });
            for form in known.chain(&further).filter(counts) {
                match self.ask_form(allow, form, question, budget) {
                    Ok(Some(outcome)) => return outcome,
                    Ok(None) => {}
                    Err(more) => reasons.extend(more),
                }
            }
        }
        reasons.extend(self.resource_matters.then(words::resource_matters));
        if reasons.is_empty() { Outcome::Nothing } else { Outcome::Unknown(reasons) }
    }

    /// Whether callers of one form are let in through one `Allow`; the reasons where that is not known.
    fn ask_form(
        &self,
        allow: usize,
        form: &Form<'d>,
        question: &Question,
        budget: &mut Budget,
    ) -> Result<Option<Outcome>, Vec<String>> {
        let undecided = |uncut: Uncut| vec![words::not_cut(&uncut, Some(place(allow)))];
        let Some(statement) = self.statement(allow) else { return Ok(None) };
        if statement.covers_action(self.action(&form.caller)) == Truth::False {
            return Ok(None);
        }
        let names = statement.principal.as_ref().map_or(0, |clause| clause.values.len());
        budget.spend(names).map_err(|error| undecided(error.into()))?;
        let excluded = |name: &PrincipalName| question.callers.outside.iter().any(|group| group.covers(name));
        let rule = Rule::new(statement, place(allow), &form.caller, &excluded);
        if rule.settled == Truth::False || rule.names.is_nobody() {
            return Ok(None);
        }
        let rules = form.rules(self.document);
        let answer = self.assumable(&form.caller, &rule, rules, question, budget).map_err(undecided)?;
        let found = match answer {
            Answer::Certain(found) => found,
            Answer::Possible(found) if question.may_exclude(found.caller.as_ref()) => {
                return Err(vec![words::session_without_path(place(allow))]);
            }
            Answer::Possible(found) => found,
            Answer::Nothing => return Ok(None),
        };
        let reasons = match self.confirm(allow, &found) {
            Ok(allowed) => return Ok(Some(allowed)),
            Err(reasons) => reasons,
        };
        // What depends on the caller can be decided for the one that was found.
        let Some(Example { principal, user_id }) = found.caller else { return Err(reasons) };
        let one = form.caller.alone(&principal, user_id.as_deref());
        let alone: Vec<Rule<'_>> = Rule::compile(self.document, Layer::Resource, 0, &one).collect();
        let Some(rule) = alone.get(allow) else { return Err(reasons) };
        match self.assumable(&one, rule, &alone, question, budget) {
            Ok(Answer::Certain(found)) => self.confirm(allow, &found).map(Some).or(Err(reasons)),
            Ok(Answer::Possible(_) | Answer::Nothing) | Err(_) => Err(reasons),
        }
    }

    /// What was found, with what must be there besides; `None` where its values contradict one another.
    pub(super) fn completed(&self, found: &Found) -> Option<Found> {
        completed(found, self.settled_resource())
    }

    /// What was found, as a request that the evaluator allows.
    fn confirm(&self, allow: usize, found: &Found) -> Result<Outcome, Vec<String>> {
        let linked = || vec![words::not_cut(&Uncut::Linked, Some(place(allow)))];
        let found = self.completed(found).ok_or_else(linked)?;
        let Some(request) = self.request(found) else {
            return Err(vec![words::not_cut(&Uncut::NoCaller, Some(place(allow)))]);
        };
        let evaluation = evaluate_trust(&request, self.document);
        if evaluation.allows == Truth::True {
            return Ok(Outcome::Allowed(Box::new((request, evaluation))));
        }
        Err(words::not_evaluated(&evaluation, &[], Some(place(allow))))
    }

    /// Whether callers can assume the role through one `Allow`, past every `Deny`.
    ///
    /// A call that passes session tags, a source identity or a context needs another permission for that, so calls with and
    /// without them are searched one after the other.
    fn assumable(
        &self,
        caller: &Caller,
        rule: &Rule<'_>,
        rules: &[Rule<'_>],
        question: &Question,
        budget: &mut Budget,
    ) -> Result<Answer, Uncut> {
        let of = |effect: Effect| rules.iter().filter(move |rule| rule.statement.effect == effect);
        let denies: Vec<&Rule<'_>> = of(Effect::Deny).filter(|rule| rule.settled != Truth::False).collect();
        budget.spend(rules.len() + self.implying.len())?;
        let among = |group: &Group| group.among(caller, rule.statement.principal.as_ref());
        let inside: Vec<Union> = question.callers.inside.iter().map(among).collect();
        let perhaps = |group: &Group| group.perhaps_among(caller, rule.statement.principal.as_ref());
        let outside: Vec<Union> = question.callers.outside.iter().map(perhaps).collect();
        if inside.iter().any(Union::is_nobody) {
            return Ok(Answer::Nothing);
        }
        let group = Groups { inside: &inside, outside: &outside };
        let mut possible = Answer::Nothing;
        for needed in self.needs() {
            let others = self.implying.iter().filter(|(_, action)| !needed.contains(action));
            let absent: Vec<&ContextKey> = others.map(|(key, _)| key).collect();
            let calls = grants(of(Effect::Allow), &needed).ok_or(Uncut::TooLarge)?;
            for grants in calls {
                budget.spend(1)?;
                let implied =
                    grants.iter().map(|(rule, action)| Asked { rule, action: AskedAction::Implied(action) });
                let hold: Vec<Asked<'_>> = std::iter::once(Asked::main(rule)).chain(implied).collect();
                let actions = || {
                    let implied = needed.iter().map(|action| AskedAction::Implied(action));
                    std::iter::once(AskedAction::Main).chain(implied)
                };
                let fail: Vec<Asked<'_>> = denies
                    .iter()
                    .flat_map(|rule| actions().map(move |action| Asked { rule, action }))
                    .collect();
                match self.search(caller, group, &question.demands, &absent, &hold, &fail, budget)? {
                    Answer::Certain(found) => return Ok(Answer::Certain(found)),
                    Answer::Possible(found) => possible = Answer::Possible(found),
                    Answer::Nothing => {}
                }
            }
        }
        Ok(possible)
    }

    /// Which further permissions a call may need: all combinations of those that some statement asks about. What no statement
    /// asks about helps nobody: a call that passes it is allowed only where one without it is.
    fn needs(&self) -> Vec<Vec<&'static str>> {
        let actions = ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"];
        let mut combinations = vec![Vec::new()];
        for action in actions {
            if self.implying.iter().any(|(_, implied)| *implied == action) {
                let with: Vec<Vec<&'static str>> = combinations
                    .iter()
                    .map(|before: &Vec<&'static str>| before.iter().copied().chain([action]).collect())
                    .collect();
                combinations.extend(with);
            }
        }
        combinations
    }

    #[expect(clippy::too_many_arguments, reason = "a search is made of all of these")]
    pub(super) fn search(
        &self,
        caller: &Caller,
        group: Groups<'_>,
        demands: &[Demand],
        absent: &[&ContextKey],
        hold: &[Asked<'_>],
        fail: &[Asked<'_>],
        budget: &mut Budget,
    ) -> Result<Answer, Uncut> {
        let call = self.action(caller).to_ascii_lowercase();
        let accepted: Vec<_> =
            demands.iter().map(|demand| |value: &ContextValue| demand.accepts(value)).collect();
        let demanded = demands.iter().zip(&accepted);
        let is_absent = |value: &ContextValue| *value == ContextValue::Absent;
        let given = demanded
            .map(|(demand, accepts)| Given { key: demand.key.folded(), texts: &demand.texts, accepts })
            .chain(absent.iter().map(|key| Given { key: key.folded(), texts: &[], accepts: &is_absent }))
            .collect();
        let field = Field {
            caller,
            call: self.call,
            strings: caller
                .strings()
                .with(Variable::Action, Language::new().only(&call))
                .with(Variable::Resource, Language::new().only(&self.resource)),
            inside: group.inside.iter().collect(),
            outside: group.outside.iter().collect(),
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

    /// The request that was found; `None` where its caller is none that AWS would accept.
    pub(super) fn request(&self, found: Found) -> Option<Request> {
        let Example { principal, user_id } = found.caller?;
        let mut context = stated(&found.context, &principal);
        state_caller(&mut context, &principal, user_id.filter(|_| self.asks_for_user_id));
        let action = match (self.call, &principal) {
            (Call::Invoke | Call::Any, _) => &self.on_function,
            (Call::AssumeRole, Principal::WebIdentity(_)) => "sts:AssumeRoleWithWebIdentity",
            (Call::AssumeRole, Principal::Saml(_)) => "sts:AssumeRoleWithSAML",
            (Call::AssumeRole, _) => "sts:AssumeRole",
        };
        Some(Request {
            principal: as_printed(principal),
            action: action.to_owned(),
            resource: self.resource.clone(),
            resource_account: None,
            context,
        })
    }
}

/// Groups in the terms of one form of caller.
#[derive(Clone, Copy)]
pub(super) struct Groups<'g> {
    pub(super) inside: &'g [Union],
    pub(super) outside: &'g [Union],
}

/// More combinations of statements than these are not searched through.
const MOST_GRANTS: usize = 10_000;

/// For each of the actions one `Allow` that may grant it, in every combination; `None` where there are too many.
fn grants<'r, 'd: 'r>(
    allows: impl Iterator<Item = &'r Rule<'d>>,
    needed: &[&'static str],
) -> Option<Vec<Vec<(&'r Rule<'d>, &'static str)>>> {
    let allows: Vec<&Rule<'d>> = allows.filter(|rule| rule.settled != Truth::False).collect();
    let mut combinations: Vec<Vec<(&Rule<'d>, &'static str)>> = vec![Vec::new()];
    for action in needed {
        let granting: Vec<&Rule<'d>> = allows
            .iter()
            .copied()
            .filter(|rule| rule.statement.covers_action(action) != Truth::False)
            .collect();
        if combinations.len().saturating_mul(granting.len()) > MOST_GRANTS {
            return None;
        }
        combinations = combinations
            .iter()
            .flat_map(|before| {
                granting.iter().map(move |rule| before.iter().copied().chain([(*rule, *action)]).collect())
            })
            .collect();
    }
    Some(combinations)
}

pub(super) fn place(statement: usize) -> Place {
    Place { layer: Layer::Resource, document: 0, statement }
}
