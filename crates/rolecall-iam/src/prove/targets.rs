//! Whether a session can invoke every target, whatever else its request has.
//!
//! Statements are indexed by the resources that they name, so that one target meets only the few that can concern it
//! and the cost grows with the number of targets, not with its square.

use std::collections::HashMap;

use super::answer::Proof;
use super::caller::Call;
use super::every::{Every, Permitted};
use super::permission::INVOKE;
use super::rule::{Cover, Rule, Sureness};
use super::session::Session;
use super::solve::{Answer, Asked, Field, find};
use super::strings::Variable;
use super::variable::Uncut;
use super::words;
use crate::document::Effect;
use crate::evaluate::{Layer, Request};
use crate::pattern::{Budget, Language};
use crate::truth::Truth;

/// Proves or refutes that each of the functions can be invoked.
pub(super) fn every_target(session: &Session<'_>, targets: &[String], budget: &mut Budget) -> Proof {
    let index = Index::new(session);
    let mut every = Every::default();
    for target in targets {
        if budget.is_spent() {
            every.give_up();
            break;
        }
        let found = match index.invocation(target, budget) {
            Ok(found) => found,
            Err(uncut) => Permitted::Undecided(vec![words::not_cut(&uncut, None)]),
        };
        every.note(&format!("`{target}`"), found);
    }
    every.conclude(session, |others| match others {
        1 => "invoke one more target".to_owned(),
        _ => format!("invoke {others} more targets"),
    })
}

/// The statements by the resources that they name.
struct Index<'s, 'd> {
    session: &'s Session<'d>,
    layers: Vec<ByResource<'s, 'd>>,
}

/// The statements of one layer that cover the invocation.
struct ByResource<'s, 'd> {
    layer: Layer,
    named: HashMap<&'s str, Vec<&'s Rule<'d>>>,
    /// Statements with wildcards or complements.
    others: Vec<&'s Rule<'d>>,
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

    fn invocation(&self, target: &str, budget: &mut Budget) -> Result<Permitted, Uncut> {
        let mut concerned = Concerned::default();
        for layer in &self.layers {
            layer.collect(target, &mut concerned, budget)?;
        }
        let Concerned { identity, boundary, denies } = &concerned;
        let limited = self.session.boundary.is_some();
        let plain = |rules: &[Rule<'_>]| rules.iter().any(is_plain);
        if denies.is_empty() && plain(identity) && (!limited || plain(boundary)) {
            return Ok(Permitted::Always);
        }
        let limits: Vec<Option<&Rule<'_>>> =
            if limited { boundary.iter().map(Some).collect() } else { vec![None] };
        let obstacles: Vec<Asked<'_>> = denies.iter().map(Asked::main).collect();
        let mut samples = Samples::new(self.session, target);
        for grant in identity {
            for limit in &limits {
                let hold: Vec<Asked<'_>> = std::iter::once(grant).chain(*limit).map(Asked::main).collect();
                samples.look_for(Truth::True, &hold, &obstacles, budget)?;
            }
        }
        samples.look_for(Truth::False, &[], &identity.iter().map(Asked::main).collect::<Vec<_>>(), budget)?;
        if limited {
            samples.look_for(
                Truth::False,
                &[],
                &boundary.iter().map(Asked::main).collect::<Vec<_>>(),
                budget,
            )?;
        }
        for deny in &obstacles {
            samples.look_for(Truth::False, &[*deny], &[], budget)?;
        }
        Ok(samples.conclude())
    }
}

/// Whether a statement that concerns a target matches for sure and whatever the request.
fn is_plain(rule: &Rule<'_>) -> bool {
    rule.statement.conditions.is_empty() && !rule.is_doubtful()
}

impl<'s, 'd> ByResource<'s, 'd> {
    fn new(layer: Layer, rules: &'s [Rule<'d>]) -> Self {
        let mut named: HashMap<&'s str, Vec<&'s Rule<'d>>> = HashMap::new();
        let mut others = Vec::new();
        for rule in rules.iter().filter(|rule| rule.statement.covers_action(INVOKE) != Truth::False) {
            let Cover { negated, names, wild } = &rule.resources;
            if *negated || !wild.is_empty() {
                others.push(rule);
            } else {
                names.iter().for_each(|name| named.entry(name).or_default().push(rule));
            }
        }
        Self { layer, named, others }
    }

    fn collect(&self, target: &str, concerned: &mut Concerned<'d>, budget: &mut Budget) -> Result<(), Uncut> {
        budget.spend(self.others.len())?;
        for rule in self.named.get(target).into_iter().flatten().chain(&self.others) {
            let covers = rule.resources.truth(target).and(rule.statement.covers_action(INVOKE));
            let sureness = match covers {
                Truth::False => continue,
                Truth::Unknown => Sureness::Possible,
                Truth::True => Sureness::Certain,
            };
            let settled = rule.with_resources(Cover::everything(sureness));
            match (rule.statement.effect, self.layer) {
                (Effect::Deny, _) => concerned.denies.push(settled),
                (Effect::Allow, Layer::Boundary) => concerned.boundary.push(settled),
                (Effect::Allow, _) => concerned.identity.push(settled),
            }
        }
        Ok(())
    }
}

/// Permitteds of one target that are allowed, and that are not.
struct Samples<'s, 'd> {
    session: &'s Session<'d>,
    target: &'s str,
    allowed: Option<Request>,
    refused: Option<Request>,
    reasons: Vec<String>,
}

impl<'s, 'd> Samples<'s, 'd> {
    fn new(session: &'s Session<'d>, target: &'s str) -> Self {
        Self { session, target, allowed: None, refused: None, reasons: Vec::new() }
    }

    fn look_for(
        &mut self,
        expected: Truth,
        hold: &[Asked<'_>],
        fail: &[Asked<'_>],
        budget: &mut Budget,
    ) -> Result<(), Uncut> {
        let slot = if expected == Truth::True { &mut self.allowed } else { &mut self.refused };
        if slot.is_some() {
            return Ok(());
        }
        let invoke = INVOKE.to_ascii_lowercase();
        let field = Field {
            caller: &self.session.caller,
            call: Call::Invoke,
            strings: self
                .session
                .caller
                .strings()
                .with(Variable::Action, Language::new().only(&invoke))
                .with(Variable::Resource, Language::new().only(self.target)),
            inside: Vec::new(),
            outside: Vec::new(),
            resource: Some(self.target),
            given: Vec::new(),
            readable_actions: &[],
            readable_resources: &[],
        };
        let (certain, found) = match find(&field, hold, fail, budget)? {
            Answer::Certain(found) => (true, found),
            Answer::Possible(found) => (false, found),
            Answer::Nothing => return Ok(()),
        };
        let Some(request) = self.session.request(INVOKE.to_owned(), found) else {
            self.reasons.push(words::not_cut(&Uncut::NoCaller, None));
            return Ok(());
        };
        if certain {
            *slot = Some(request);
            return Ok(());
        }
        let evaluation = self.session.evaluate(&request);
        if evaluation.allows == expected {
            *slot = Some(request);
        } else {
            self.reasons.extend(words::not_evaluated(&evaluation, self.session.policies(), None));
        }
        Ok(())
    }

    fn conclude(self) -> Permitted {
        let Self { session: _, target: _, allowed, refused, mut reasons } = self;
        reasons.sort();
        reasons.dedup();
        Permitted::of(allowed.as_ref(), refused, reasons)
    }
}
