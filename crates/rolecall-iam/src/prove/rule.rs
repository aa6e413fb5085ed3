//! A statement as languages: which actions, resources and callers it covers for sure, and which it may cover.
//!
//! The two differ where the evaluator answers "unknown": a wildcard in the service's name, a `*` that must run across a
//! colon, a variable without a known value, an operator on a key of another type. The prover looks for a certain counterexample first and for a possible one
//! after that, so that what is not understood ends as "unknown" and never as a proof.

use std::collections::BTreeSet;

use super::caller::{Caller, Derived};
use super::names::Union;
use super::reading::{Reading, compared, read};
use super::strings::Variable;
use crate::condition::{Condition, Keys, Operator, Unresolved};
use crate::context::{ContextKey, Lookup};
use crate::coverage::{self, Crossing};
use crate::document::{ActionPattern, Clause, Document, Effect, ResourcePattern, Statement};
use crate::evaluate::Layer;
use crate::keys::{self, CallerPart};
use crate::pattern::{Language, Pattern};
use crate::principal::element::PrincipalName;
use crate::truth::Truth;

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) layer: Layer,
    pub(super) document: usize,
    pub(super) statement: usize,
}

/// One value of an `Action` or `Resource` element.
#[derive(Debug, Clone)]
pub(super) struct Element {
    /// Covered for sure; `None` where nothing is.
    pub(super) certain: Option<Pattern>,
    /// Covered at most.
    pub(super) possible: Pattern,
}

impl Element {
    pub(super) fn exactly(pattern: Pattern) -> Self {
        Self { certain: Some(pattern.clone()), possible: pattern }
    }

    pub(super) fn perhaps(possible: Pattern) -> Self {
        Self { certain: None, possible }
    }

    pub(super) fn bound(&self, sureness: Sureness) -> Option<&Pattern> {
        match sureness {
            Sureness::Certain => self.certain.as_ref(),
            Sureness::Possible => Some(&self.possible),
        }
    }
}

/// An `Action` or `Resource` element or its complement.
#[derive(Debug, Clone, Default)]
pub(super) struct Cover {
    pub(super) negated: bool,
    /// Values without wildcards.
    pub(super) names: BTreeSet<String>,
    /// The others.
    pub(super) wild: Vec<Element>,
}

/// How sure a coverage must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sureness {
    Certain,
    Possible,
}

impl Sureness {
    /// Whether a truth is good enough for "it holds".
    pub(super) fn holds(self, truth: Truth) -> bool {
        match self {
            Self::Certain => truth == Truth::True,
            Self::Possible => truth != Truth::False,
        }
    }

    /// How sure the contrary must be where this is wanted.
    pub(super) fn opposite(self) -> Self {
        match self {
            Self::Certain => Self::Possible,
            Self::Possible => Self::Certain,
        }
    }

    /// Whether a truth is good enough for "it does not hold".
    pub(super) fn fails(self, truth: Truth) -> bool {
        self.holds(!truth)
    }
}

/// A way to be covered, or not to be.
#[derive(Debug, Clone, Default)]
pub(super) struct Constraint<'r> {
    pub(super) only: Option<&'r str>,
    pub(super) all_of: Option<&'r Pattern>,
    pub(super) none_of: Vec<&'r Pattern>,
    pub(super) except: Option<&'r BTreeSet<String>>,
}

impl<'r> Constraint<'r> {
    /// What is left of a language.
    pub(super) fn narrow(&self, language: &Language<'r>) -> Language<'r> {
        let Self { only, all_of, none_of, except } = self;
        let narrowed = language.clone().all_of(*all_of).none_of(none_of.iter().copied()).except(*except);
        match only {
            Some(text) => narrowed.only(text),
            None => narrowed,
        }
    }
}

impl Cover {
    /// Covers everything, for sure or perhaps.
    pub(super) fn everything(sureness: Sureness) -> Self {
        let possible = Pattern::like("*");
        let element = match sureness {
            Sureness::Certain => Element::exactly(possible),
            Sureness::Possible => Element::perhaps(possible),
        };
        Self { negated: false, names: BTreeSet::new(), wild: vec![element] }
    }

    fn of(negated: bool, elements: impl Iterator<Item = Element>) -> Self {
        let mut cover = Self { negated, ..Self::default() };
        for element in elements {
            match element.possible.as_literal() {
                Some(name) if element.certain.is_some() => {
                    cover.names.insert(name);
                }
                Some(_) | None => cover.wild.push(element),
            }
        }
        cover
    }

    /// Whether what is covered for sure differs from what may be covered.
    pub(super) fn is_doubtful(&self) -> bool {
        self.wild.iter().any(|element| element.certain.as_ref() != Some(&element.possible))
    }

    /// Whether nothing can be covered.
    pub(super) fn is_empty(&self) -> bool {
        !self.negated && self.names.is_empty() && self.wild.is_empty()
    }

    /// Whether nothing but this name is covered.
    pub(super) fn is_only(&self, name: &str) -> bool {
        !self.negated && self.wild.is_empty() && self.names.iter().all(|other| other == name)
    }

    /// Whether one text is covered.
    pub(super) fn truth(&self, text: &str) -> Truth {
        let covered = Truth::from(self.names.contains(text)).or(self.truth_of_wild(text));
        if self.negated { !covered } else { covered }
    }

    /// Whether one text matches a value with wildcards.
    pub(super) fn truth_of_wild(&self, text: &str) -> Truth {
        Truth::any(self.wild.iter().map(|element| match &element.certain {
            Some(certain) if certain.matches(text) => Truth::True,
            Some(_) | None if element.possible.matches(text) => Truth::Unknown,
            Some(_) | None => Truth::False,
        }))
    }

    /// The ways in which a text of `language` is covered. What is covered is the union of them.
    pub(super) fn covering<'r>(&'r self, language: &Language<'r>, sureness: Sureness) -> Vec<Constraint<'r>> {
        if self.negated { self.avoiding_all(sureness) } else { self.matching_one(language, sureness) }
    }

    /// The ways in which a text of `language` is not covered.
    pub(super) fn missing<'r>(&'r self, language: &Language<'r>, sureness: Sureness) -> Vec<Constraint<'r>> {
        if self.negated { self.matching_one(language, sureness) } else { self.avoiding_all(sureness) }
    }

    fn matching_one<'r>(&'r self, language: &Language<'r>, sureness: Sureness) -> Vec<Constraint<'r>> {
        let named = |name| Constraint { only: Some(name), ..Constraint::default() };
        let mut ways: Vec<Constraint<'_>> = match language.as_only() {
            Some(only) => self.names.get(only).map(|name| named(name.as_str())).into_iter().collect(),
            None => self.names.iter().map(|name| named(name.as_str())).collect(),
        };
        let bounds = self.wild.iter().filter_map(|element| element.bound(sureness));
        ways.extend(bounds.map(|pattern| Constraint { all_of: Some(pattern), ..Constraint::default() }));
        ways
    }

    /// To be sure of avoiding an element is to avoid all that it may cover.
    fn avoiding_all(&self, sureness: Sureness) -> Vec<Constraint<'_>> {
        let none_of = self.wild.iter().filter_map(|element| element.bound(sureness.opposite())).collect();
        vec![Constraint { none_of, except: Some(&self.names), ..Constraint::default() }]
    }
}

/// A statement in the strings of callers of one form. All of its parts must hold for it to match.
#[derive(Debug)]
pub(super) struct Rule<'d> {
    pub(super) place: Place,
    pub(super) statement: &'d Statement,
    /// Action names in lower case: IAM ignores their case.
    pub(super) actions: Cover,
    pub(super) resources: Cover,
    /// Whom it names.
    pub(super) names: Union,
    /// Conditions on keys that follow from the caller.
    pub(super) on_caller: Vec<(Variable, Cover)>,
    /// The other conditions.
    pub(super) conditions: Vec<&'d Condition>,
    /// What is the same for every request of such callers.
    pub(super) settled: Truth,
}

impl<'d> Rule<'d> {
    /// The statements of a document, compiled for a form of caller.
    pub(super) fn compile(
        document: &'d Document,
        layer: Layer,
        index: usize,
        caller: &Caller,
    ) -> impl Iterator<Item = Rule<'d>> {
        let statements = document.statements().iter().enumerate();
        statements.map(move |(number, statement)| {
            Rule::new(statement, Place { layer, document: index, statement: number }, caller, &|_| false)
        })
    }

    /// `skipped` takes names out of a `Principal` element.
    pub(super) fn new(
        statement: &'d Statement,
        place: Place,
        caller: &Caller,
        skipped: &dyn Fn(&PrincipalName) -> bool,
    ) -> Self {
        let of_resource = matches!(place.layer, Layer::Resource | Layer::ResourceControl(_));
        let (names, mut settled) = match (of_resource, &statement.principal) {
            (true, Some(clause)) => (Union::of_clause(clause, caller, skipped), Truth::True),
            // AWS stores no policy in which a `Principal` is missing, or stands where none may.
            (true, None) | (false, Some(_)) => (Union::all(true), Truth::Unknown),
            (false, None) => (Union::all(true), Truth::True),
        };
        let resources = match &statement.resource {
            Some(clause) => resources(clause, statement.effect, caller),
            None if of_resource => Cover::everything(Sureness::Certain),
            None => Cover::everything(Sureness::Possible),
        };
        let (mut on_caller, mut conditions) = (Vec::new(), Vec::new());
        for condition in &statement.conditions {
            match caller.derived(condition.key.folded()) {
                Derived::Independent => conditions.push(condition),
                Derived::Part(variable, part) => match on_part(condition, part, caller) {
                    Ok(cover) => on_caller.push((variable, cover)),
                    Err(truth) => settled = settled.and(truth),
                },
                Derived::Constant(_) | Derived::Never | Derived::NotOf(_) | Derived::Undocumented => {
                    settled = settled.and(condition.holds(&OfCaller { caller }, Unresolved::Doubted));
                }
            }
        }
        let actions = actions(&statement.action);
        Self { place, statement, actions, resources, names, on_caller, conditions, settled }
    }

    /// The same statement, covering other resources.
    pub(super) fn with_resources(&self, resources: Cover) -> Self {
        self.covering(self.actions.clone(), resources)
    }

    /// The same statement, covering other actions and resources.
    pub(super) fn covering(&self, actions: Cover, resources: Cover) -> Self {
        let Self { place, statement, actions: _, resources: _, names, on_caller, conditions, settled } = self;
        Self {
            place: *place,
            statement,
            actions,
            resources,
            names: names.clone(),
            on_caller: on_caller.clone(),
            conditions: conditions.clone(),
            settled: *settled,
        }
    }

    /// Whether anything but the conditions is unknown for some request.
    pub(super) fn is_doubtful(&self) -> bool {
        let Self { place: _, statement: _, actions, resources, names, on_caller, conditions: _, settled } =
            self;
        *settled == Truth::Unknown
            || actions.is_doubtful()
            || resources.is_doubtful()
            || names.is_doubtful()
            || on_caller.iter().any(|(_, cover)| cover.is_doubtful())
    }
}

/// A condition on a part of the caller as a cover of the string that it stands in; a truth where it is the same for all.
fn on_part(condition: &Condition, part: CallerPart, caller: &Caller) -> Result<Cover, Truth> {
    let (test, negated) = match &condition.operator {
        Operator::Compare { quantifier: _, test, negated, if_exists: _ } => (*test, *negated),
        // Whether it is there is the same for all such callers.
        Operator::Null | Operator::Unknown(_) => {
            return Err(condition.holds(&OfCaller { caller }, Unresolved::Doubted));
        }
    };
    // The evaluator says why.
    if keys::is_mismatched(condition.key.folded(), test) || (negated && condition.values.is_empty()) {
        return Err(Truth::Unknown);
    }
    let values = condition.values.iter();
    let elements = values.filter_map(|value| compared(value, condition, test, negated, part, caller));
    Ok(Cover::of(negated, elements))
}

/// What follows from callers of one form, as conditions ask for it.
struct OfCaller<'c> {
    caller: &'c Caller,
}

impl Keys for OfCaller<'_> {
    fn lookup(&self, key: &ContextKey) -> Lookup<'_> {
        lookup(self.caller, key)
    }
}

/// What is known about a key where nothing is known but the form of the caller.
pub(super) fn lookup<'c>(caller: &'c Caller, key: &ContextKey) -> Lookup<'c> {
    match caller.derived(key.folded()) {
        Derived::Constant(value) => Lookup::One(value),
        Derived::Never => Lookup::Absent,
        Derived::NotOf(accounts) => Lookup::NotOf(accounts),
        Derived::Undocumented => Lookup::Undocumented,
        Derived::Part(..) => Lookup::Unknown,
        // Whether the request has it is not known either.
        Derived::Independent => Lookup::Undocumented,
    }
}

fn actions(clause: &Clause<ActionPattern>) -> Cover {
    let element = |action: &ActionPattern| match action.reach() {
        (pattern, true) => Element::exactly(pattern),
        (pattern, false) => Element::perhaps(pattern),
    };
    Cover::of(clause.negated, clause.values.iter().map(element))
}

fn resources(clause: &Clause<ResourcePattern>, effect: Effect, caller: &Caller) -> Cover {
    let crossing = Crossing::in_statement(effect, clause.negated);
    let elements = clause.values.iter().filter_map(|value| resource(value, clause.negated, crossing, caller));
    Cover::of(clause.negated, elements)
}

/// `None` where the value covers nothing.
fn resource(value: &ResourcePattern, negated: bool, crossing: Crossing, caller: &Caller) -> Option<Element> {
    match read(&value.text, caller) {
        Reading::Known(tokens) => Some(Element {
            certain: coverage::certain(&tokens, crossing),
            possible: coverage::possible(&tokens),
        }),
        Reading::Perhaps(tokens) if !negated => Some(Element::perhaps(coverage::possible(&tokens))),
        Reading::Perhaps(_) => Some(Element::perhaps(Pattern::like("*"))),
        Reading::Unresolved if negated => Some(Element::perhaps(Pattern::like("*"))),
        Reading::Unresolved => None,
    }
}
