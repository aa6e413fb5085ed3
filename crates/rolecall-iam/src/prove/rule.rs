//! A statement as languages: which actions and resources it covers for sure, and which it may cover.
//!
//! The two differ where the evaluator answers "unknown": a wildcard in the service's name, a `*` that must run across a
//! colon, a variable without a known value. The prover looks for a certain counterexample first and for a possible one
//! after that, so that what is not understood ends as "unknown" and never as a proof.

use std::collections::BTreeSet;

use super::variable::{arn_pattern_of, pattern_of, resolve};
use crate::document::{ActionPattern, Clause, Document, Effect, ResourcePattern, Statement};
use crate::evaluate::Layer;
use crate::pattern::{CharacterSet, Language, Pattern, Token};
use crate::principal::Principal;
use crate::text::{self, Form, Piece, Resolved};
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
    fn exactly(pattern: Pattern) -> Self {
        Self { certain: Some(pattern.clone()), possible: pattern }
    }

    fn perhaps(possible: Pattern) -> Self {
        Self { certain: None, possible }
    }

    fn bound(&self, sureness: Sureness) -> Option<&Pattern> {
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
    only: Option<&'r str>,
    all_of: Option<&'r Pattern>,
    none_of: Vec<&'r Pattern>,
    except: Option<&'r BTreeSet<String>>,
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

/// A statement with its languages, for one caller.
#[derive(Debug)]
pub(super) struct Rule<'d> {
    pub(super) place: Place,
    pub(super) statement: &'d Statement,
    /// Action names in lower case: IAM ignores their case.
    pub(super) actions: Cover,
    pub(super) resources: Cover,
    /// Whether the statement means the caller.
    pub(super) principal: Truth,
}

impl<'d> Rule<'d> {
    /// The statements of a document, compiled for a caller. `names_principals` says that the document is a resource's.
    pub(super) fn compile(
        document: &'d Document,
        layer: Layer,
        index: usize,
        caller: &Principal,
    ) -> impl Iterator<Item = Rule<'d>> {
        let statements = document.statements().iter().enumerate();
        statements.map(move |(number, statement)| {
            Rule::new(statement, Place { layer, document: index, statement: number }, caller)
        })
    }

    pub(super) fn new(statement: &'d Statement, place: Place, caller: &Principal) -> Self {
        let of_resource = matches!(place.layer, Layer::Resource | Layer::ResourceControl(_));
        let principal = match (of_resource, &statement.principal) {
            (true, _) => statement.names_principal(caller),
            (false, None) => Truth::True,
            (false, Some(_)) => Truth::Unknown,
        };
        let resources = match &statement.resource {
            Some(clause) => resources(clause, statement.effect, caller),
            None if of_resource => Cover::everything(Sureness::Certain),
            None => Cover::everything(Sureness::Possible),
        };
        Self { place, statement, actions: actions(&statement.action), resources, principal }
    }

    /// The same statement, covering other resources.
    pub(super) fn with_resources(&self, resources: Cover) -> Self {
        let Self { place, statement, actions, resources: _, principal } = self;
        Self { place: *place, statement, actions: actions.clone(), resources, principal: *principal }
    }
}

fn actions(clause: &Clause<ActionPattern>) -> Cover {
    let element = |action: &ActionPattern| {
        let pattern = Pattern::like(&action.raw().to_ascii_lowercase());
        if has_wild_service(action.raw()) { Element::perhaps(pattern) } else { Element::exactly(pattern) }
    };
    Cover::of(clause.negated, clause.values.iter().map(element))
}

/// IAM accepts no wildcard in a service's name; the evaluator does not rely on it.
fn has_wild_service(raw: &str) -> bool {
    raw != "*" && raw.split(':').next().is_some_and(|service| service.contains(['*', '?']))
}

fn resources(clause: &Clause<ResourcePattern>, effect: Effect, caller: &Principal) -> Cover {
    let elements = clause.values.iter().filter_map(|value| resource(value, clause.negated, effect, caller));
    Cover::of(clause.negated, elements)
}

/// `None` where the value covers nothing.
fn resource(value: &ResourcePattern, negated: bool, effect: Effect, caller: &Principal) -> Option<Element> {
    // The evaluator's reading: only an Allow of Resource lets a `*` run across colons without doubt.
    let crosses = effect == Effect::Allow && !negated;
    let tokens = match resolve(&value.text, caller) {
        Resolved::Known(tokens) => tokens,
        Resolved::Unresolved if negated => return Some(Element::perhaps(Pattern::like("*"))),
        Resolved::Unresolved => return None,
        Resolved::Unknown => return Some(Element::perhaps(with_any_values(value.text.form()))),
    };
    let whole = pattern_of(tokens.iter(), CharacterSet::Any);
    if crosses || whole.is_universal() || whole.as_literal().is_some() {
        return Some(Element::exactly(whole));
    }
    Some(Element { certain: arn_pattern_of(&tokens), possible: whole })
}

/// What a text covers at most, whatever its variables stand for.
fn with_any_values(form: &Form) -> Pattern {
    let Form::Template(pieces) = form else { return Pattern::like("*") };
    Pattern::from_tokens(pieces.iter().map(|piece| match piece {
        Piece::Token(text::Token::Char(character)) => Token::Character(*character),
        Piece::Token(text::Token::AnyOne) => Token::One(CharacterSet::Any),
        Piece::Token(text::Token::AnyRun) | Piece::Variable { .. } => Token::Run(CharacterSet::Any),
    }))
}
