//! Claims about what a session of the role can do: invoke the targets, and nothing else whatever.
//!
//! Only the side of the role's account is looked at: what identity policies and boundary grant. A function's own policy
//! and policies of an organisation are other documents; the former can only add, the latter only take away.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use super::claim::{Claim, ClaimResult, NamedDocument, Permissions, Proof, RoleIntent, Witness};
use super::domain::Call;
use super::readable;
use super::rule::{Cover, Element, Rule};
use super::solve::{Answer, Asked, AskedAction, Field, Found, find};
use super::trust::{PROOF_BUDGET, stated};
use super::variable::Uncut;
use super::words;
use crate::iam::arn::{FunctionArn, RoleArn};
use crate::iam::condition::Operand;
use crate::iam::context::ContextKey;
use crate::iam::document::{Document, Effect, Statement};
use crate::iam::evaluate::{Evaluation, Layer, Layers, Request, evaluate};
use crate::iam::pattern::{Budget, CharacterSet, Language, Pattern, Token};
use crate::iam::principal::Principal;
use crate::iam::text::Form;
use crate::iam::truth::Truth;

const INVOKE: &str = "lambda:InvokeFunction";

/// Proves or refutes what the permissions of a role should guarantee: a session can invoke every target, and can do
/// nothing else.
#[must_use]
pub fn prove_permissions(permissions: &Permissions<'_>, intent: &RoleIntent) -> Vec<ClaimResult> {
    let Some(session) = Session::new(permissions, intent) else { return Vec::new() };
    let targets = match &intent.targets {
        Some(targets) => targets.iter().map(FunctionArn::to_string).collect(),
        None => session.named_functions(),
    };
    let mut budget = Budget::new(PROOF_BUDGET);
    let only = match session.unknown_caller(intent) {
        Some(reason) => Proof::Unknown { reasons: vec![reason] },
        None => session.only_targets(&targets, &mut budget),
    };
    let every = match session.unknown_caller(intent) {
        Some(reason) => Proof::Unknown { reasons: vec![reason] },
        None => session.every_target(&targets, &mut budget),
    };
    vec![
        ClaimResult { claim: Claim::OnlyTargetsMayBeInvoked, result: only },
        ClaimResult { claim: Claim::EveryTargetMayBeInvoked(targets.len()), result: every },
    ]
}

/// A session of the role with the policies that limit it.
pub(in crate::iam) struct Session<'d> {
    permissions: &'d Permissions<'d>,
    pub(in crate::iam) caller: Principal,
    identity: Vec<Rule<'d>>,
    boundary: Option<Vec<Rule<'d>>>,
    /// Stands for the policies of resources: it leaves every decision to the session's account.
    delegation: Document,
}

impl<'d> Session<'d> {
    /// `None` cannot happen: every name in here is a legal one.
    pub(in crate::iam) fn new(permissions: &'d Permissions<'d>, intent: &RoleIntent) -> Option<Self> {
        let role: RoleArn = match &intent.role {
            Some(role) => role.clone(),
            None => "arn:aws:iam::111122223333:role/the-role".parse().ok()?,
        };
        let account = role.account.to_string();
        let caller = Principal::session_of(&role, "session".parse().ok()?);
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
        Some(Self { permissions, caller, identity, boundary, delegation })
    }

    /// Why nothing can be said while the role's own ARN is not known.
    fn unknown_caller(&self, intent: &RoleIntent) -> Option<String> {
        if intent.role.is_some() {
            return None;
        }
        let rules = self.identity.iter().chain(self.boundary.iter().flatten());
        let follows = |key: &ContextKey| self.caller.derive(key.folded()).is_some();
        rules.flat_map(|rule| keys_of(rule.statement)).find(|key| follows(key)).map(|key| {
            format!(
                "a statement asks about `{key}`, which follows from the role's ARN, and that is not known"
            )
        })
    }

    /// Functions that an `Allow` of the invocation names in full.
    fn named_functions(&self) -> Vec<String> {
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

    fn denies(&self) -> impl Iterator<Item = &Rule<'d>> {
        let rules = self.identity.iter().chain(self.boundary.iter().flatten());
        rules.filter(|rule| rule.statement.effect == Effect::Deny)
    }

    /// Nothing but the invocation of the targets is allowed.
    fn only_targets(&self, targets: &[String], budget: &mut Budget) -> Proof {
        let mut reasons = Vec::new();
        let listed: HashSet<&str> = targets.iter().map(String::as_str).collect();
        let targets: Vec<Pattern> = targets.iter().map(|target| Pattern::literal(target)).collect();
        let readable_resources = readable::resources(listed.iter().copied().min());
        for rule in self.identity.iter().filter(|rule| rule.statement.effect == Effect::Allow) {
            let excess =
                Excess { session: self, targets: &targets, listed: &listed, resources: &readable_resources };
            match excess.of(rule, budget) {
                Ok(Some(found)) => match self.confirm(rule, found) {
                    Ok(witness) => return Proof::Refuted(Box::new(witness)),
                    Err(more) => reasons.extend(more),
                },
                Ok(None) => {}
                Err(uncut) => reasons.push(words::not_cut(&uncut, rule.place.statement)),
            }
        }
        reasons.sort();
        reasons.dedup();
        if reasons.is_empty() { Proof::Proved } else { Proof::Unknown { reasons } }
    }

    fn confirm(&self, rule: &Rule<'_>, found: Found) -> Result<Witness, Vec<String>> {
        let request = self.request(rule, found);
        let evaluation = self.evaluate(&request);
        if evaluation.allows == Truth::True {
            let sentence = words::session_can(&request, &evaluation, &self.permissions.identity);
            return Ok(Witness { request, sentence });
        }
        Err(words::not_evaluated(&evaluation, &self.permissions.identity, rule.place.statement))
    }

    fn request(&self, rule: &Rule<'_>, found: Found) -> Request {
        Request {
            principal: self.caller.clone(),
            action: readable::action(&found.action, rule.statement),
            resource: found.resource,
            resource_account: None,
            context: stated(&found.context, &self.caller),
        }
    }

    /// What the session's account says to a request.
    pub(in crate::iam) fn evaluate(&self, request: &Request) -> Evaluation {
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

    /// Every target can be invoked, whatever else the request has.
    fn every_target(&self, targets: &[String], budget: &mut Budget) -> Proof {
        let index = Index::new(self);
        let mut refused: Option<(Request, usize)> = None;
        let mut reasons = Vec::new();
        for target in targets {
            match index.invocation(target, budget) {
                Ok(Invocation::Always) => {}
                Ok(Invocation::Never(request)) => match &mut refused {
                    Some((_, others)) => *others += 1,
                    None => refused = Some((*request, 0)),
                },
                Ok(Invocation::Undecided(more)) => {
                    reasons.extend(more.into_iter().map(|reason| format!("`{target}`: {reason}")));
                }
                Err(uncut) => reasons.push(format!("`{target}`: {}", words::not_cut(&uncut, 0))),
            }
        }
        match refused {
            Some((request, others)) => {
                let evaluation = self.evaluate(&request);
                let mut sentence = words::session_cannot(&request, &evaluation, &self.permissions.identity);
                match others {
                    0 => {}
                    1 => sentence.push_str("; the same goes for one more target"),
                    _ => sentence.push_str(&format!("; the same goes for {others} more targets")),
                }
                Proof::Refuted(Box::new(Witness { request, sentence }))
            }
            None if reasons.is_empty() => Proof::Proved,
            None => Proof::Unknown { reasons },
        }
    }
}

/// The search for something that a session can do beyond the invocation of the targets.
struct Excess<'e, 'd> {
    session: &'e Session<'d>,
    targets: &'e [Pattern],
    listed: &'e HashSet<&'e str>,
    resources: &'e [String],
}

impl Excess<'_, '_> {
    /// What one `Allow` grants too much.
    fn of(&self, rule: &Rule<'_>, budget: &mut Budget) -> Result<Option<Found>, Uncut> {
        let invoke = Pattern::literal(&INVOKE.to_ascii_lowercase());
        let action = readable::action_shape();
        let elsewhere = [readable::arn_shape(), Pattern::literal("*")];
        for resource in &elsewhere {
            let actions = Language::new().all_of([&action]).none_of([&invoke]);
            let resources = Language::new().all_of([resource]);
            if let Some(found) = self.search(rule, actions, resources, Call::Any, budget)? {
                return Ok(Some(found));
            }
        }
        // An element that names a target can add nothing else; leaving it out keeps a thousand of them cheap.
        let Cover { negated, elements } = &rule.resources;
        let names_target = |element: &&Element| {
            element.possible.as_literal().is_some_and(|resource| self.listed.contains(resource.as_str()))
        };
        let elements =
            elements.iter().filter(|element| *negated || !names_target(element)).cloned().collect();
        let rest = Rule {
            place: rule.place,
            statement: rule.statement,
            actions: rule.actions.clone(),
            resources: Cover { negated: *negated, elements },
            principal: rule.principal,
        };
        for function in &readable::function_shapes() {
            let actions = Language::new().all_of([&invoke]);
            let resources = Language::new().all_of([function]).none_of(self.targets);
            if let Some(found) = self.search(&rest, actions, resources, Call::Invoke, budget)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn search(
        &self,
        rule: &Rule<'_>,
        actions: Language<'_>,
        resources: Language<'_>,
        call: Call,
        budget: &mut Budget,
    ) -> Result<Option<Found>, Uncut> {
        if rule.statement.effect == Effect::Allow
            && !rule.resources.negated
            && rule.resources.elements.is_empty()
        {
            return Ok(None);
        }
        let specimens: Vec<String> =
            self.resources.iter().cloned().chain(readable::specimens(&rule.resources)).collect();
        let readable_resources: Vec<&str> = specimens.iter().map(String::as_str).collect();
        let names: Vec<String> =
            readable::lower_case_actions().chain(readable::action_specimens(&rule.actions)).collect();
        let readable_actions: Vec<&str> = names.iter().map(String::as_str).collect();
        let field = Field {
            caller: &self.session.caller,
            call,
            actions,
            resources,
            given: Vec::new(),
            readable_actions: &readable_actions,
            readable_resources: &readable_resources,
        };
        let main = |rule| Asked { rule, action: AskedAction::Main };
        let denies: Vec<&Rule<'_>> = self.session.denies().collect();
        let fail: Vec<Asked<'_>> = denies.into_iter().map(main).collect();
        let mut possible = None;
        let limits: Vec<Option<&Rule<'_>>> = match &self.session.boundary {
            None => vec![None],
            Some(rules) => {
                rules.iter().filter(|rule| rule.statement.effect == Effect::Allow).map(Some).collect()
            }
        };
        for limit in limits {
            let hold: Vec<Asked<'_>> = std::iter::once(rule).chain(limit).map(main).collect();
            match find(&field, &hold, &fail, budget)? {
                Answer::Certain(found) => return Ok(Some(found)),
                Answer::Possible(found) => possible = Some(found),
                Answer::Nothing => {}
            }
        }
        Ok(possible)
    }
}

/// What is known about the invocation of one target.
enum Invocation {
    Always,
    Never(Box<Request>),
    Undecided(Vec<String>),
}

/// The statements by the resources that they name, so that one target meets only those that can concern it.
struct Index<'s, 'd> {
    session: &'s Session<'d>,
    layers: Vec<ByResource<'s, 'd>>,
}

/// The statements of one layer that cover the invocation.
struct ByResource<'s, 'd> {
    layer: Layer,
    named: HashMap<String, Vec<&'s Rule<'d>>>,
    /// Statements with wildcards or complements, with those elements that are no plain names.
    others: Vec<(&'s Rule<'d>, Cover)>,
}

/// The statements that concern one target, by layer and effect, with their coverage settled.
#[derive(Default)]
struct Concerned<'d> {
    identity: Vec<Rule<'d>>,
    boundary: Vec<Rule<'d>>,
    denies: Vec<Rule<'d>>,
}

impl<'s, 'd> Index<'s, 'd> {
    fn new(session: &'s Session<'d>) -> Self {
        let mut layers = vec![ByResource::new(Layer::Identity, &session.identity)];
        layers.extend(session.boundary.as_ref().map(|rules| ByResource::new(Layer::Boundary, rules)));
        Self { session, layers }
    }

    fn invocation(&self, target: &str, budget: &mut Budget) -> Result<Invocation, Uncut> {
        let mut concerned = Concerned::default();
        for layer in &self.layers {
            layer.collect(target, &mut concerned, budget)?;
        }
        let Concerned { identity, boundary, denies } = &concerned;
        let limited = self.session.boundary.is_some();
        let plain = |rules: &[Rule<'_>]| rules.iter().any(is_plain);
        if denies.is_empty() && plain(identity) && (!limited || plain(boundary)) {
            return Ok(Invocation::Always);
        }
        let main = |rule| Asked { rule, action: AskedAction::Main };
        let all = |rules| -> Vec<Asked<'_>> { asked(rules) };
        let (grants, limits, denies) = (all(identity), all(boundary), all(denies));
        let mut found = Samples { index: self, target, allowed: None, refused: None, reasons: Vec::new() };
        for grant in identity {
            let combinations: Vec<Vec<Asked<'_>>> = match limited {
                false => vec![vec![main(grant)]],
                true => boundary.iter().map(|limit| vec![main(grant), main(limit)]).collect(),
            };
            for hold in combinations {
                found.look(&hold, &denies, Truth::True, budget)?;
            }
        }
        found.look(&[], &grants, Truth::False, budget)?;
        if limited {
            found.look(&[], &limits, Truth::False, budget)?;
        }
        for deny in &denies {
            found.look(&[*deny], &[], Truth::False, budget)?;
        }
        Ok(found.conclude())
    }
}

/// Every key that a statement asks about, in conditions and variables.
fn keys_of(statement: &Statement) -> impl Iterator<Item = &ContextKey> {
    let conditions = statement.conditions.iter().flat_map(|condition| {
        let variables = condition.values.iter().flat_map(|value| match &value.operand {
            Operand::Text(text) => Some(text.variables()),
            _ => None,
        });
        std::iter::once(&condition.key).chain(variables.flatten())
    });
    let resources = statement.resource.iter().flat_map(|clause| &clause.values);
    conditions.chain(resources.flat_map(|value| value.text.variables()))
}

fn asked<'r>(rules: &'r [Rule<'r>]) -> Vec<Asked<'r>> {
    rules.iter().map(|rule| Asked { rule, action: AskedAction::Main }).collect()
}

/// Whether a statement that concerns a target matches for sure and whatever the request.
fn is_plain(rule: &Rule<'_>) -> bool {
    rule.statement.conditions.is_empty() && rule.principal == Truth::True && !rule.resources.is_doubtful()
}

impl<'s, 'd> ByResource<'s, 'd> {
    fn new(layer: Layer, rules: &'s [Rule<'d>]) -> Self {
        let mut named: HashMap<String, Vec<&'s Rule<'d>>> = HashMap::new();
        let mut others = Vec::new();
        for rule in rules.iter().filter(|rule| rule.statement.covers_action(INVOKE) != Truth::False) {
            let Cover { negated, elements } = &rule.resources;
            let mut wild = Vec::new();
            for element in elements {
                match element.possible.as_literal().filter(|_| !negated) {
                    Some(resource) => named.entry(resource).or_default().push(rule),
                    None => wild.push(element.clone()),
                }
            }
            if *negated || !wild.is_empty() {
                others.push((rule, Cover { negated: *negated, elements: wild }));
            }
        }
        Self { layer, named, others }
    }

    fn collect(&self, target: &str, concerned: &mut Concerned<'d>, budget: &mut Budget) -> Result<(), Uncut> {
        let named = self.named.get(target).into_iter().flatten().map(|rule| (*rule, Truth::True));
        budget.spend(self.others.len())?;
        let others = self.others.iter().map(|(rule, cover)| (*rule, cover.truth(target)));
        for (rule, covers) in named.chain(others).filter(|(_, covers)| *covers != Truth::False) {
            let settled = rule.settled(covers.and(rule.statement.covers_action(INVOKE)));
            match (rule.statement.effect, self.layer) {
                (Effect::Deny, _) => concerned.denies.push(settled),
                (Effect::Allow, Layer::Boundary) => concerned.boundary.push(settled),
                (Effect::Allow, _) => concerned.identity.push(settled),
            }
        }
        Ok(())
    }
}

/// Invocations of one target that are allowed, and that are not.
struct Samples<'i, 's, 'd> {
    index: &'i Index<'s, 'd>,
    target: &'i str,
    allowed: Option<Request>,
    refused: Option<Request>,
    reasons: Vec<String>,
}

impl Samples<'_, '_, '_> {
    fn look(
        &mut self,
        hold: &[Asked<'_>],
        fail: &[Asked<'_>],
        expected: Truth,
        budget: &mut Budget,
    ) -> Result<(), Uncut> {
        let slot = if expected == Truth::True { &mut self.allowed } else { &mut self.refused };
        if slot.is_some() {
            return Ok(());
        }
        let session = self.index.session;
        let (action, resource) =
            (Pattern::literal(&INVOKE.to_ascii_lowercase()), Pattern::literal(self.target));
        let field = Field {
            caller: &session.caller,
            call: Call::Invoke,
            actions: Language::new().all_of([&action]),
            resources: Language::new().all_of([&resource]),
            given: Vec::new(),
            readable_actions: &[],
            readable_resources: &[],
        };
        let found = match find(&field, hold, fail, budget)? {
            Answer::Certain(found) | Answer::Possible(found) => found,
            Answer::Nothing => return Ok(()),
        };
        let request = Request {
            principal: session.caller.clone(),
            action: INVOKE.to_owned(),
            resource: found.resource,
            resource_account: None,
            context: stated(&found.context, &session.caller),
        };
        let evaluation = session.evaluate(&request);
        if evaluation.allows == expected {
            *slot = Some(request);
        } else {
            self.reasons.extend(words::not_evaluated(&evaluation, &session.permissions.identity, 0));
        }
        Ok(())
    }

    fn conclude(self) -> Invocation {
        let Self { index: _, target: _, allowed, refused, mut reasons } = self;
        reasons.sort();
        reasons.dedup();
        match (allowed, refused) {
            (Some(_), None) if reasons.is_empty() => Invocation::Always,
            (None, Some(request)) if reasons.is_empty() => Invocation::Never(Box::new(request)),
            (Some(allowed), Some(refused)) => {
                reasons.insert(0, words::depends(&allowed, &refused));
                Invocation::Undecided(reasons)
            }
            (Some(_) | None, None) | (None, Some(_)) => Invocation::Undecided(reasons),
        }
    }
}

/// The same statement as one that covers whatever resource is left, as sure as `covers` says.
impl<'d> Rule<'d> {
    fn settled(&self, covers: Truth) -> Rule<'d> {
        let everything = Pattern::from_tokens([Token::Run(CharacterSet::Any)]);
        let certain = (covers == Truth::True).then(|| everything.clone());
        let element = Element { certain, possible: everything };
        Rule {
            place: self.place,
            statement: self.statement,
            actions: self.actions.clone(),
            resources: Cover { negated: false, elements: vec![element] },
            principal: self.principal,
        }
    }
}
