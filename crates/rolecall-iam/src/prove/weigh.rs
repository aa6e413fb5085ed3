//! What becomes of one action: always allowed, allowed to some requests, never, or not decided.
//!
//! A policy-language document can state which requests do not occur: a `Deny` that matches them. So a question can be
//! about a role that is passed to one service, or about credentials that were not issued years ago.

use super::answer::Witness;
use super::caller::Call;
use super::linked::completed;
use super::permission::INVOKE;
use super::policy::PROOF_BUDGET;
use super::readable;
use super::rule::{Cover, Rule, Sureness};
use super::session::Session;
use super::solve::{Answer, Asked, Field, Found, find};
use super::strings::Variable;
use super::variable::Uncut;
use super::words;
use crate::context::Context;
use crate::document::{Document, Effect};
use crate::evaluate::{Layer, Request};
use crate::pattern::{Budget, Language, Pattern};
use crate::truth::Truth;

/// What an action is asked upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resources<'q> {
    /// This resource; `*` for an action without one.
    Exactly(&'q str),
    /// Every resource like this text, with `*` and `?` as wildcards.
    Like(&'q str),
}

/// What was found about the requests of a question.
///
/// Without reasons it is complete: no request allowed means that every one is refused, none refused that every one is
/// allowed. What is shown has been put to the evaluator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weighed {
    /// One that is allowed.
    pub allowed: Option<Box<Witness>>,
    /// One that is refused.
    pub refused: Option<Box<Request>>,
    /// What could not be decided.
    pub reasons: Vec<String>,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Both,
    Allowed,
}

/// The statements that concern an action: resources that they cover alike have the same answer.
pub struct Concern<'s, 'd> {
    rules: Vec<&'s Rule<'d>>,
}

impl Concern<'_, '_> {
    /// Whether all resources are treated alike.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Which of the statements cover a resource; `None` where that depends on the request.
    #[must_use]
    pub fn class_of(&self, resource: &str) -> Option<Vec<bool>> {
        let covers = |rule: &&Rule<'_>| match rule.resources.truth(resource) {
            Truth::True => Some(true),
            Truth::False => Some(false),
            Truth::Unknown => None,
        };
        self.rules.iter().map(covers).collect()
    }
}

/// The statements that concern a question, with what is settled about them.
#[derive(Default)]
struct Concerned<'d> {
    identity: Vec<Rule<'d>>,
    boundary: Vec<Rule<'d>>,
    denies: Vec<Rule<'d>>,
}

impl<'d> Session<'d> {
    /// What becomes of an action, whatever else its request has. A request that a `Deny` of `never` matches does not
    /// occur.
    ///
    /// ```
    /// use rolecall_iam::document::Document;
    /// use rolecall_iam::prove::{NamedDocument, Permissions, Resources, Session};
    ///
    /// let policy = Document::parse(
    ///     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
    ///         "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}}"#,
    /// )?;
    /// let permissions =
    ///     Permissions { identity: vec![NamedDocument { name: "pass", document: &policy }], boundary: None };
    /// let session = Session::new(&permissions, None);
    /// let role = Resources::Exactly("arn:aws:iam::111122223333:role/worker");
    ///
    /// let open = session.weigh("iam:PassRole", role, None);
    /// assert!(open.allowed.is_some() && open.refused.is_some());
    ///
    /// let to_others = Document::parse(
    ///     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*",
    ///         "Condition": {"StringNotEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}}"#,
    /// )?;
    /// let to_lambda = session.weigh("iam:PassRole", role, Some(&to_others));
    /// assert!(to_lambda.allowed.is_some() && to_lambda.refused.is_none() && to_lambda.reasons.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn weigh(&self, action: &str, resources: Resources<'_>, never: Option<&Document>) -> Weighed {
        self.weighed(action, resources, never, Wanted::Both)
    }

    /// The same where only what is allowed is of interest: nothing is said about what is refused.
    #[must_use]
    pub fn weigh_allowed(&self, action: &str, resources: Resources<'_>, never: Option<&Document>) -> Weighed {
        self.weighed(action, resources, never, Wanted::Allowed)
    }

    fn weighed(
        &self,
        action: &str,
        resources: Resources<'_>,
        never: Option<&Document>,
        wanted: Wanted,
    ) -> Weighed {
        let concerned = self.concerned(action, resources);
        let Concerned { identity, boundary, denies } = &concerned;
        let limited = self.boundary.is_some();
        let everywhere = |rule: &Rule<'_>| is_plain(rule) && is_universal(&rule.resources);
        let is_denied = denies.iter().any(everywhere);
        let is_refused = identity.is_empty() || limited && boundary.is_empty() || is_denied;
        // A request that occurs is found below, where some do not.
        if is_refused && (never.is_none() || wanted == Wanted::Allowed) {
            let request = match wanted {
                Wanted::Allowed => None,
                Wanted::Both => self.sample(action, resources, &mut Budget::new(PROOF_BUDGET)),
            };
            return Weighed { refused: request.map(Box::new), ..Weighed::default() };
        }
        if denies.is_empty()
            && identity.iter().any(everywhere)
            && (!limited || boundary.iter().any(everywhere))
            && let Some(witness) = self
                .sample(action, resources, &mut Budget::new(PROOF_BUDGET))
                .and_then(|request| self.shown(request).ok())
        {
            return Weighed { allowed: Some(Box::new(witness)), ..Weighed::default() };
        }
        let never: Vec<Rule<'_>> = never
            .into_iter()
            .flat_map(|document| Rule::compile(document, Layer::Identity, 0, &self.caller))
            .filter(|rule| rule.statement.effect == Effect::Deny)
            .filter(|rule| rule.statement.covers_action(action) != Truth::False)
            .map(|rule| rule.covering(Cover::everything(Sureness::Certain), rule.resources.clone()))
            .collect();
        let mut search = Search {
            session: self,
            action,
            resources,
            wanted,
            budget: Budget::new(PROOF_BUDGET),
            found: Weighed::default(),
        };
        search.run(&concerned, &never);
        let mut found = search.found;
        found.reasons.sort();
        found.reasons.dedup();
        found
    }

    /// The statements that concern an action and tell resources apart.
    #[must_use]
    pub fn concern(&self, action: &str) -> Concern<'_, 'd> {
        let rules = self.identity.iter().chain(self.boundary.iter().flatten());
        let concerned = rules.filter(|rule| {
            rule.settled != Truth::False
                && !is_universal(&rule.resources)
                && rule.statement.covers_action(action) != Truth::False
        });
        Concern { rules: concerned.collect() }
    }

    fn concerned(&self, action: &str, resources: Resources<'_>) -> Concerned<'d> {
        let mut concerned = Concerned::default();
        let identity = self.identity.iter().map(|rule| (Layer::Identity, rule));
        let boundary = self.boundary.iter().flatten().map(|rule| (Layer::Boundary, rule));
        for (layer, rule) in identity.chain(boundary) {
            let mut covers = rule.statement.covers_action(action);
            if covers == Truth::False || rule.settled == Truth::False {
                continue;
            }
            let left = match resources {
                Resources::Exactly(resource) => {
                    covers = covers.and(rule.resources.truth(resource));
                    Cover::everything(Sureness::Certain)
                }
                Resources::Like(_) => rule.resources.clone(),
            };
            let sureness = match covers {
                Truth::False => continue,
                Truth::Unknown => Sureness::Possible,
                Truth::True => Sureness::Certain,
            };
            let settled = rule.covering(Cover::everything(sureness), left);
            match (rule.statement.effect, layer) {
                (Effect::Deny, _) => concerned.denies.push(settled),
                (Effect::Allow, Layer::Boundary) => concerned.boundary.push(settled),
                (Effect::Allow, _) => concerned.identity.push(settled),
            }
        }
        concerned
    }

    /// A request without anything besides.
    fn sample(&self, action: &str, resources: Resources<'_>, budget: &mut Budget) -> Option<Request> {
        let resource = match resources {
            Resources::Exactly(resource) => resource.to_owned(),
            Resources::Like(text) => {
                let pattern = Pattern::like(text);
                Language::new().all_of([&pattern]).example(&[], budget).ok()??
            }
        };
        Some(Request {
            principal: self.example.clone(),
            action: action.to_owned(),
            resource,
            resource_account: None,
            context: Context::new(),
        })
    }

    /// A request that the evaluator allows; otherwise the reasons why it is not known.
    fn shown(&self, request: Request) -> Result<Witness, Vec<String>> {
        let evaluation = self.evaluate(&request);
        if evaluation.allows == Truth::True {
            let sentence = words::session_can(&request, &evaluation, self.policies(), None);
            return Ok(Witness { request, sentence });
        }
        Err(words::not_evaluated(&evaluation, self.policies(), None))
    }
}

/// Whether a statement matches for sure and whatever the request, where its action and its resource are covered.
fn is_plain(rule: &Rule<'_>) -> bool {
    rule.statement.conditions.is_empty() && !rule.is_doubtful()
}

fn is_universal(cover: &Cover) -> bool {
    let everything = |certain: &Pattern| certain.is_universal();
    !cover.negated && cover.wild.iter().any(|element| element.certain.as_ref().is_some_and(everything))
}

struct Search<'s, 'd, 'q> {
    session: &'s Session<'d>,
    action: &'q str,
    resources: Resources<'q>,
    wanted: Wanted,
    budget: Budget,
    found: Weighed,
}

impl Search<'_, '_, '_> {
    fn run(&mut self, concerned: &Concerned<'_>, never: &[Rule<'_>]) {
        let Concerned { identity, boundary, denies } = concerned;
        let limited = self.session.boundary.is_some();
        let limits: Vec<Option<&Rule<'_>>> =
            if limited { boundary.iter().map(Some).collect() } else { vec![None] };
        let never: Vec<Asked<'_>> = never.iter().map(Asked::main).collect();
        let asked = |rules| -> Vec<Asked<'_>> { asked_of(rules) };
        let obstacles: Vec<Asked<'_>> = asked(denies).into_iter().chain(never.iter().copied()).collect();
        for grant in identity {
            for limit in &limits {
                let hold: Vec<Asked<'_>> = std::iter::once(grant).chain(*limit).map(Asked::main).collect();
                self.look_for(Truth::True, &hold, &obstacles);
            }
        }
        if self.wanted == Wanted::Allowed {
            return;
        }
        let layers = [Some(identity), limited.then_some(boundary)];
        for layer in layers.into_iter().flatten() {
            let fail: Vec<Asked<'_>> = asked(layer).into_iter().chain(never.iter().copied()).collect();
            self.look_for(Truth::False, &[], &fail);
        }
        for deny in asked(denies) {
            self.look_for(Truth::False, &[deny], &never);
        }
        if self.found.allowed.is_some() && self.found.refused.is_some() {
            self.found.reasons.clear();
        }
    }

    fn look_for(&mut self, expected: Truth, hold: &[Asked<'_>], fail: &[Asked<'_>]) {
        let is_known = match expected {
            Truth::True => self.found.allowed.is_some(),
            Truth::False | Truth::Unknown => self.found.refused.is_some(),
        };
        if is_known {
            return;
        }
        let action = self.action.to_ascii_lowercase();
        let pattern = match self.resources {
            Resources::Exactly(resource) => Pattern::literal(resource),
            Resources::Like(text) => Pattern::like(text),
        };
        let exact = match self.resources {
            Resources::Exactly(resource) => Some(resource),
            Resources::Like(_) => None,
        };
        let language = match exact {
            Some(resource) => Language::new().only(resource),
            None => Language::new().all_of([&pattern]),
        };
        let specimens: Vec<String> =
            hold.iter().flat_map(|asked| readable::specimens(&asked.rule.resources)).collect();
        let caller = &self.session.caller;
        let field = Field {
            caller,
            call: if self.action.eq_ignore_ascii_case(INVOKE) { Call::Invoke } else { Call::Any },
            strings: caller
                .strings()
                .with(Variable::Action, Language::new().only(&action))
                .with(Variable::Resource, language),
            inside: Vec::new(),
            outside: Vec::new(),
            resource: exact,
            given: Vec::new(),
            readable_actions: &[],
            readable_resources: &specimens.iter().map(String::as_str).collect::<Vec<_>>(),
        };
        match find(&field, hold, fail, &mut self.budget) {
            Ok(Answer::Certain(found) | Answer::Possible(found)) => self.note(expected, &found),
            Ok(Answer::Nothing) => {}
            Err(uncut) => self.found.reasons.push(words::not_cut(&uncut, None)),
        }
    }

    /// Puts what was found to the evaluator.
    fn note(&mut self, expected: Truth, found: &Found) {
        let request = completed(found, Some(&found.resource))
            .ok_or(Uncut::Linked)
            .and_then(|found| self.session.request(self.action.to_owned(), found).ok_or(Uncut::NoCaller));
        let request = match request {
            Ok(request) => request,
            Err(uncut) => {
                self.found.reasons.push(words::not_cut(&uncut, None));
                return;
            }
        };
        match expected {
            Truth::True => match self.session.shown(request) {
                Ok(witness) => self.found.allowed = Some(Box::new(witness)),
                Err(reasons) => self.found.reasons.extend(reasons),
            },
            Truth::False | Truth::Unknown => {
                let evaluation = self.session.evaluate(&request);
                if evaluation.allows == Truth::False {
                    self.found.refused = Some(Box::new(request));
                } else {
                    let policies = self.session.policies();
                    self.found.reasons.extend(words::not_evaluated(&evaluation, policies, None));
                }
            }
        }
    }
}

fn asked_of<'r, 'd>(rules: &'r [Rule<'d>]) -> Vec<Asked<'r>>
where
    'd: 'r,
{
    rules.iter().map(Asked::main).collect()
}
