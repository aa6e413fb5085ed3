//! Claims about what a session of the role can do: invoke the targets, and nothing else whatever.
//!
//! Only the side of the role's account is looked at: what identity policies and boundary grant. A function's own policy
//! and policies of an organisation are other documents; the former can only add, the latter only take away.

use std::collections::{BTreeSet, HashSet};

use serde_json::json;

use super::caller::{Call, Caller, Derived, Example};
use super::claim::{Claim, ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, Witness};
use super::excess::Excess;
use super::linked::completed;
use super::mentioned::{keys_of_statement, state_caller, stated};
use super::readable;
use super::rule::{Place, Rule};
use super::solve::{Answer, Asked, Field, Found, find};
use super::strings::Variable;
use super::targets::every_target;
use super::trust::PROOF_BUDGET;
use super::variable::Uncut;
use super::words;
use crate::arn::{FunctionArn, RoleArn};
use crate::context::ContextKey;
use crate::document::{Document, Effect};
use crate::evaluate::{Evaluation, Layer, Layers, Request, evaluate};
use crate::pattern::{Budget, Language};
use crate::principal::Principal;
use crate::text::Form;
use crate::truth::Truth;

pub(super) const INVOKE: &str = "lambda:InvokeFunction";

/// Proves or refutes what the permissions of a role should guarantee: a session can invoke every target, and can do
/// nothing else.
#[must_use]
pub fn prove_permissions(permissions: &Permissions<'_>, intent: &RoleIntent) -> Vec<ClaimResult> {
    let Some(session) = Session::new(permissions, intent) else { return Vec::new() };
    let targets = match &intent.targets {
        Some(targets) => targets.iter().map(FunctionArn::to_string).collect(),
        None => session.named_functions(),
    };
    let budget = || Budget::new(PROOF_BUDGET);
    let only = match session.unknown_caller(intent) {
        Some(reason) => Proof::unknown(vec![reason]),
        None => session.only_targets(&targets, &mut budget()),
    };
    let every = match session.unknown_caller(intent) {
        Some(reason) => Proof::unknown(vec![reason]),
        None => every_target(&session, &targets, &mut budget()),
    };
    let mut results = vec![ClaimResult { claim: Claim::OnlyTargetsMayBeInvoked, result: only }];
    // Of no target nothing can be said.
    if !targets.is_empty() {
        results.push(ClaimResult { claim: Claim::EveryTargetMayBeInvoked(targets.len()), result: every });
    }
    results
}

/// Where a statement stands among the rules of a session and in its document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed {
    pub(crate) rule: usize,
    pub(crate) document: usize,
    pub(crate) statement: usize,
}

/// A session of the role with the policies that limit it.
pub(crate) struct Session<'d> {
    permissions: &'d Permissions<'d>,
    pub(super) caller: Caller,
    /// Some statement asks for the unique id of the caller.
    asks_for_user_id: bool,
    pub(super) role_is_known: bool,
    /// One of its sessions.
    pub(crate) example: Principal,
    pub(super) identity: Vec<Rule<'d>>,
    pub(super) boundary: Option<Vec<Rule<'d>>>,
    /// Stands for the policies of resources: it leaves every decision to the session's account.
    delegation: Document,
}

impl<'d> Session<'d> {
    /// `None` cannot happen: every name in here is a legal one.
    pub(crate) fn new(permissions: &'d Permissions<'d>, intent: &RoleIntent) -> Option<Self> {
        let role: RoleArn = match &intent.role {
            Some(role) => role.clone(),
            None => "arn:aws:iam::111122223333:role/the-role".parse().ok()?,
        };
        let account = role.account.to_string();
        let caller = Caller::session_of(&role);
        let example = Principal::session_of(&role, "session".parse().ok()?);
        let compile = |document: &NamedDocument<'d>, layer, index| -> Vec<Rule<'d>> {
            Rule::compile(document.document, layer, index, &caller).collect()
        };
        let identity = permissions
            .identity
            .iter()
            .enumerate()
            .flat_map(|(index, document)| compile(document, Layer::Identity, index))
            .collect();
        let boundary = permissions.boundary.as_ref().map(|document| compile(document, Layer::Boundary, 0));
        let delegation = Document::from_value(&json!({
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "*", "Resource": "*"},
        }))
        .ok()?;
        let mut session = Self {
            permissions,
            caller,
            asks_for_user_id: false,
            role_is_known: intent.role.is_some(),
            example,
            identity,
            boundary,
            delegation,
        };
        let asks = session.asked_keys().any(|key| key.folded() == "aws:userid");
        session.asks_for_user_id = asks;
        Some(session)
    }

    fn asked_keys(&self) -> impl Iterator<Item = &ContextKey> {
        let rules = self.identity.iter().chain(self.boundary.iter().flatten());
        rules.flat_map(|rule| keys_of_statement(rule.statement))
    }

    /// Why nothing can be said while the role's own ARN is not known.
    fn unknown_caller(&self, intent: &RoleIntent) -> Option<String> {
        if intent.role.is_some() {
            return None;
        }
        let follows = |key: &&ContextKey| {
            matches!(self.caller.derived(key.folded()), Derived::Constant(_) | Derived::Part(..))
        };
        self.asked_keys().find(follows).map(|key| {
            format!(
                "a statement asks about `{key}`, which follows from the role's ARN, and that is not known"
            )
        })
    }

    /// Functions that an `Allow` of the invocation names in full.
    pub(crate) fn named_functions(&self) -> Vec<String> {
        let allows = self.identity.iter().filter(|rule| rule.statement.effect == Effect::Allow);
        let mut seen = HashSet::new();
        allows
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

    pub(super) fn policies(&self) -> &[NamedDocument<'d>] {
        &self.permissions.identity
    }

    /// What must allow besides an identity policy: one of the boundary's statements, or nothing.
    fn limits(&self) -> Vec<Option<&Rule<'d>>> {
        match &self.boundary {
            None => vec![None],
            Some(rules) => {
                rules.iter().filter(|rule| rule.statement.effect == Effect::Allow).map(Some).collect()
            }
        }
    }

    fn denies(&self) -> impl Iterator<Item = &Rule<'d>> {
        let rules = self.identity.iter().chain(self.boundary.iter().flatten());
        rules.filter(|rule| rule.statement.effect == Effect::Deny)
    }

    /// Nothing but the invocation of the targets is allowed.
    fn only_targets(&self, targets: &[String], budget: &mut Budget) -> Proof {
        let mut reasons = Vec::new();
        let targets: BTreeSet<String> = targets.iter().cloned().collect();
        let near = readable::functions(targets.first().map(String::as_str));
        let excess = Excess { session: self, targets: &targets, near: &near };
        for rule in self.identity.iter().filter(|rule| rule.statement.effect == Effect::Allow) {
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

    /// The account of the role.
    pub(super) fn account(&self) -> String {
        self.example.account().map(ToString::to_string).unwrap_or_default()
    }

    /// A request for one of the actions on one of the resources that is allowed through one `Allow`.
    pub(super) fn search(
        &self,
        rule: &Rule<'_>,
        actions: &Language<'_>,
        resources: &Language<'_>,
        call: Call,
        readable_resources: &[String],
        budget: &mut Budget,
    ) -> Result<Option<Found>, Uncut> {
        let specimens: Vec<String> =
            readable_resources.iter().cloned().chain(readable::specimens(&rule.resources)).collect();
        let field = Field {
            caller: &self.caller,
            call,
            strings: self
                .caller
                .strings()
                .with(Variable::Action, actions.clone())
                .with(Variable::Resource, resources.clone()),
            inside: Vec::new(),
            outside: Vec::new(),
            resource: resources.as_only(),
            given: Vec::new(),
            readable_actions: &[],
            readable_resources: &specimens.iter().map(String::as_str).collect::<Vec<_>>(),
        };
        let fail: Vec<Asked<'_>> = self.denies().map(Asked::main).collect();
        let mut possible = None;
        for limit in self.limits() {
            let hold: Vec<Asked<'_>> = std::iter::once(rule).chain(limit).map(Asked::main).collect();
            match find(&field, &hold, &fail, budget)? {
                Answer::Certain(found) => return Ok(Some(found)),
                Answer::Possible(found) => possible = Some(found),
                Answer::Nothing => {}
            }
        }
        Ok(possible)
    }

    /// The statements of the identity policies that allow.
    pub(crate) fn allows(&self) -> impl Iterator<Item = Placed> {
        let rules =
            self.identity.iter().enumerate().filter(|(_, rule)| rule.statement.effect == Effect::Allow);
        rules.map(|(rule, compiled)| {
            let Place { layer: _, document, statement } = compiled.place;
            Placed { rule, document, statement }
        })
    }

    /// A request that is not allowed, as a witness of that.
    pub(crate) fn refusal(&self, request: Request) -> Option<Witness> {
        let evaluation = self.evaluate(&request);
        let sentence = words::session_cannot(&request, &evaluation, self.policies());
        (evaluation.allows == Truth::False).then_some(Witness { request, sentence })
    }

    /// A request that is allowed through one `Allow`, which [`super::super::lint`] asks for.
    pub(crate) fn reaches(
        &self,
        rule: usize,
        actions: &Language<'_>,
        resources: &Language<'_>,
        readable_resources: &[String],
        budget: &mut Budget,
    ) -> Option<Witness> {
        let rule = self.identity.get(rule)?;
        let found = self.search(rule, actions, resources, Call::Any, readable_resources, budget).ok()??;
        self.confirm(rule, &found).ok()
    }

    /// A request for one of the actions that AWS has, which is allowed through one `Allow`.
    pub(crate) fn reaches_one(
        &self,
        rule: usize,
        wanted: impl Fn(&str) -> bool,
        budget: &mut Budget,
    ) -> Option<Witness> {
        self.exceeds(self.identity.get(rule)?, wanted, budget).ok()?
    }

    pub(super) fn confirm(&self, rule: &Rule<'_>, found: &Found) -> Result<Witness, Vec<String>> {
        let linked = || vec![words::not_cut(&Uncut::Linked, Some(rule.place))];
        let found = completed(found, Some(&found.resource)).ok_or_else(linked)?;
        let action = readable::action(&found.action, rule.statement);
        let no_caller = || vec![words::not_cut(&Uncut::NoCaller, Some(rule.place))];
        let request = self.request(action, found).ok_or_else(no_caller)?;
        let evaluation = self.evaluate(&request);
        if evaluation.allows == Truth::True {
            let sentence = words::session_can(&request, &evaluation, self.policies());
            return Ok(Witness { request, sentence });
        }
        Err(words::not_evaluated(&evaluation, self.policies(), Some(rule.place)))
    }

    pub(super) fn request(&self, action: String, found: Found) -> Option<Request> {
        let Example { principal, user_id } = found.caller?;
        let mut context = stated(&found.context, &principal);
        state_caller(&mut context, &principal, user_id.filter(|_| self.asks_for_user_id));
        Some(Request { principal, action, resource: found.resource, resource_account: None, context })
    }

    /// What the session's account says to a request.
    pub(crate) fn evaluate(&self, request: &Request) -> Evaluation {
        let layers = Layers {
            identity: self.permissions.identity.iter().map(|policy| policy.document).collect(),
            boundary: self.permissions.boundary.as_ref().map(|policy| vec![policy.document]),
            session: None,
            resource: Some(&self.delegation),
            service_control: Vec::new(),
            resource_control: Vec::new(),
        };
        evaluate(request, &layers)
    }
}
