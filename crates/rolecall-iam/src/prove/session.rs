//! What a session of a role can do, by what its identity policies and its boundary grant.

use super::allowance::Allowance;
use super::answer::{Proof, Witness};
use super::caller::{Call, Caller, Derived, Example};
use super::claim::{NamedDocument, Permissions};
use super::excess::Wanted;
use super::linked::completed;
use super::mentioned::{keys_of_statement, state_caller, stated};
use super::policy::PROOF_BUDGET;
use super::readable;
use super::rule::{Place, Rule};
use super::solve::{Answer, Asked, Field, Found, find};
use super::strings::Variable;
use super::variable::Uncut;
use super::words;
use crate::arn::{RoleArn, SessionName};
use crate::context::{Context, ContextKey};
use crate::document::{Document, Effect};
use crate::evaluate::{Evaluation, Layer, Layers, Request, UNRESTRICTED, evaluate};
use crate::pattern::{Budget, Language, Pattern};
use crate::principal::Principal;
use crate::truth::Truth;

/// Where a statement stands among the rules of a session and in its document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed {
    pub(crate) rule: usize,
    pub(crate) document: usize,
    pub(crate) statement: usize,
}

/// Any session of a role, with the policies that decide on the side of its account what it may do.
///
/// Policies of resources are other documents and can add to that. Policies of an organization can take away.
pub struct Session<'d> {
    permissions: &'d Permissions<'d>,
    pub(super) caller: Caller,
    /// Some statement asks for the unique id of the caller.
    asks_for_user_id: bool,
    pub(super) role_is_known: bool,
    /// One of its sessions.
    pub(crate) example: Principal,
    pub(super) identity: Vec<Rule<'d>>,
    pub(super) boundary: Option<Vec<Rule<'d>>>,
    /// What a search passes over, because a session is meant to do it.
    meant: Option<Meant<'d>>,
    /// Stands for the policies of resources: it leaves every decision to the session's account.
    delegation: Document,
}

/// What a session is meant to do, in the two forms in which it is asked.
struct Meant<'d> {
    rules: Vec<Rule<'d>>,
    document: &'d Document,
}

impl<'d> Session<'d> {
    /// Any session of the role. Without the role's ARN, an answer holds for whichever role has the policies.
    #[must_use]
    pub fn new(permissions: &'d Permissions<'d>, role: Option<&RoleArn>) -> Self {
        let role_is_known = role.is_some();
        let role = role.cloned().unwrap_or_else(RoleArn::example);
        let caller = Caller::session_of(&role);
        let example = Principal::session_of(&role, SessionName::example());
        let compile = |document: &NamedDocument<'d>, layer, index| -> Vec<Rule<'d>> {
            Rule::compile(document.document, layer, index, &caller).collect()
        };
        let identity: Vec<Rule<'d>> = permissions
            .identity
            .iter()
            .enumerate()
            .flat_map(|(index, document)| compile(document, Layer::Identity, index))
            .collect();
        let boundary: Option<Vec<Rule<'d>>> =
            permissions.boundary.as_ref().map(|document| compile(document, Layer::Boundary, 0));
        let mut session = Self {
            permissions,
            caller,
            asks_for_user_id: false,
            role_is_known,
            example,
            identity,
            boundary,
            meant: None,
            delegation: Document::delegating_to(&role.account),
        };
        let asks = session.asked_keys().any(|key| key.folded() == "aws:userid");
        session.asks_for_user_id = asks;
        session
    }

    /// The same, where only what the allowance does not cover is looked for.
    pub(crate) fn beyond(mut self, allowance: Option<&'d Allowance>) -> Self {
        self.meant = allowance.map(|allowance| {
            let document = allowance.document();
            let rules = Rule::compile(document, Layer::Identity, 0, &self.caller).collect();
            Meant { rules, document }
        });
        self
    }

    /// Proves that no session can call an action on a resource, with whatever else the request has. `action` and
    /// `resource` are written as in a policy, with `*` and `?` as wildcards. `Refuted` shows a request that is allowed.
    ///
    /// What refutes is a request for an action that AWS is known to have, or that a policy or the question writes out. If
    /// a policy could allow only other requests, the answer is `Unknown`. No policy restricts `sts:GetCallerIdentity`, so
    /// a question about it is refuted.
    #[must_use]
    pub fn prove_refused(&self, action: &str, resource: &str) -> Proof {
        if let Some(reason) = self.unknown_caller() {
            return Proof::unknown(vec![reason]);
        }
        let mut budget = Budget::new(PROOF_BUDGET);
        let actions = Pattern::like(&action.to_ascii_lowercase());
        let resources = Pattern::like(resource);
        let among = |name: &str| actions.matches(&name.to_ascii_lowercase());
        let written = (!action.contains(['*', '?'])).then_some(action);
        let wanted = Wanted { action: &among, written, within: Some(&resources) };
        let mut reasons = Vec::new();
        let (of_actions, of_resources) =
            (Language::new().all_of([&actions]), Language::new().all_of([&resources]));
        for rule in self.granting() {
            if budget.is_spent() {
                reasons.push(words::not_cut(&Uncut::TooLarge, None));
                break;
            }
            match self.exceeds(rule, &wanted, &mut budget) {
                Ok(Some(witness)) => return Proof::Refuted(Box::new(witness)),
                Ok(None) => {}
                Err(more) => reasons.extend(more),
            }
            reasons.extend(self.anything(rule, &of_actions, &of_resources, &mut budget));
        }
        if among(UNRESTRICTED) {
            match self.unrestricted(&resources, &mut budget) {
                Ok(Some(witness)) => return Proof::Refuted(Box::new(witness)),
                Ok(None) => {}
                Err(uncut) => reasons.push(words::not_cut(&uncut, None)),
            }
        }
        if reasons.is_empty() { Proof::Proved } else { Proof::unknown(reasons) }
    }

    /// A call that no policy restricts.
    fn unrestricted(&self, resources: &Pattern, budget: &mut Budget) -> Result<Option<Witness>, Uncut> {
        let Some(resource) = Language::new().all_of([resources]).example(&["*"], budget)? else {
            return Ok(None);
        };
        let request = Request {
            principal: self.example.clone(),
            action: UNRESTRICTED.to_owned(),
            resource,
            resource_account: None,
            context: Context::new(),
        };
        let evaluation = self.evaluate(&request);
        let sentence = words::session_can(&request, &evaluation, self.policies(), None);
        Ok((evaluation.allows == Truth::True).then_some(Witness { request, sentence }))
    }

    fn asked_keys(&self) -> impl Iterator<Item = &ContextKey> {
        let rules = self.identity.iter().chain(self.boundary.iter().flatten());
        rules.flat_map(|rule| keys_of_statement(rule.statement))
    }

    /// Why nothing can be said while the role's own ARN is not known.
    pub(super) fn unknown_caller(&self) -> Option<String> {
        if self.role_is_known {
            return None;
        }
        let follows = |key: &&ContextKey| {
            matches!(self.caller.derived(key.folded()), Derived::Constant(_) | Derived::Part(..))
        };
        self.asked_keys().find(follows).map(|key| {
            format!(
                "a statement asks about `{key}`, which depends on the role's ARN, and the role's ARN is not known"
            )
        })
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
        let meant = self.meant.iter().flat_map(|meant| &meant.rules);
        let fail: Vec<Asked<'_>> = self.denies().chain(meant).map(Asked::main).collect();
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
    pub(super) fn granting(&self) -> impl Iterator<Item = &Rule<'d>> {
        self.identity.iter().filter(|rule| rule.statement.effect == Effect::Allow)
    }

    /// Where these statements stand.
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
        let wanted = Wanted { action: &wanted, written: None, within: None };
        self.exceeds(self.identity.get(rule)?, &wanted, budget).ok()?
    }

    pub(super) fn confirm(&self, rule: &Rule<'_>, found: &Found) -> Result<Witness, Vec<String>> {
        let linked = || vec![words::not_cut(&Uncut::Linked, Some(rule.place))];
        let found = completed(found, Some(&found.resource)).ok_or_else(linked)?;
        let action = readable::action(&found.action, rule.statement);
        let no_caller = || vec![words::not_cut(&Uncut::NoCaller, Some(rule.place))];
        let request = self.request(action, found).ok_or_else(no_caller)?;
        let evaluation = self.evaluate(&request);
        if evaluation.allows == Truth::True && !self.may_be_meant(&request) {
            let sentence = words::session_can(&request, &evaluation, self.policies(), Some(rule.place));
            return Ok(Witness { request, sentence });
        }
        Err(words::not_evaluated(&evaluation, self.policies(), Some(rule.place)))
    }

    fn may_be_meant(&self, request: &Request) -> bool {
        self.meant.as_ref().is_some_and(|meant| {
            let layers = Layers {
                identity: vec![meant.document],
                resource: Some(&self.delegation),
                ..Layers::default()
            };
            evaluate(request, &layers).allows != Truth::False
        })
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
