//! A statement as languages: which actions and resources it covers for sure, and which it may cover.
//!
//! The two differ where the evaluator answers "unknown": a wildcard in the service's name, a `*` that must run across a
//! colon, a variable without a known value. The prover looks for a certain counterexample first and for a possible one
//! after that, so that what is not understood ends as "unknown" and never as a proof.

use super::variable::{arn_pattern_of, pattern_of, resolve};
use crate::iam::document::{ActionPattern, Clause, Document, Effect, ResourcePattern, Statement};
use crate::iam::evaluate::Layer;
use crate::iam::pattern::{CharacterSet, Pattern, Token};
use crate::iam::principal::Principal;
use crate::iam::text::{self, Form, Piece, Resolved};
use crate::iam::truth::Truth;

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
}

/// An `Action` or `Resource` element or its complement.
#[derive(Debug, Clone)]
pub(super) struct Cover {
    pub(super) negated: bool,
    pub(super) elements: Vec<Element>,
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

    /// Whether a truth is good enough for "it does not hold".
    pub(super) fn fails(self, truth: Truth) -> bool {
        self.holds(!truth)
    }
}

/// A way to be covered, or not to be: match the one pattern, if there is one, and none of the others.
#[derive(Debug, Clone, Default)]
pub(super) struct Constraint<'r> {
    pub(super) all_of: Option<&'r Pattern>,
    pub(super) none_of: Vec<&'r Pattern>,
}

impl Cover {
    /// Whether what is covered for sure differs from what may be covered.
    pub(super) fn is_doubtful(&self) -> bool {
        self.elements.iter().any(|element| element.certain.as_ref() != Some(&element.possible))
    }

    fn bound(element: &Element, sureness: Sureness) -> Option<&Pattern> {
        match sureness {
            Sureness::Certain => element.certain.as_ref(),
            Sureness::Possible => Some(&element.possible),
        }
    }

    /// Whether one text is covered.
    pub(super) fn truth(&self, text: &str) -> Truth {
        let covered = Truth::any(self.elements.iter().map(|element| match &element.certain {
            Some(certain) if certain.matches(text) => Truth::True,
            Some(_) | None if element.possible.matches(text) => Truth::Unknown,
            Some(_) | None => Truth::False,
        }));
        if self.negated { !covered } else { covered }
    }

    /// The ways to be covered. What is covered is the union of them.
    pub(super) fn covering(&self, sureness: Sureness) -> Vec<Constraint<'_>> {
        if self.negated { self.avoiding_all(sureness) } else { self.matching_one(sureness) }
    }

    /// The ways not to be covered.
    pub(super) fn missing(&self, sureness: Sureness) -> Vec<Constraint<'_>> {
        if self.negated { self.matching_one(sureness) } else { self.avoiding_all(sureness) }
    }

    fn matching_one(&self, sureness: Sureness) -> Vec<Constraint<'_>> {
        let bounds = self.elements.iter().filter_map(|element| Self::bound(element, sureness));
        bounds.map(|pattern| Constraint { all_of: Some(pattern), none_of: Vec::new() }).collect()
    }

    /// To be sure of avoiding an element is to avoid all that it may cover.
    fn avoiding_all(&self, sureness: Sureness) -> Vec<Constraint<'_>> {
        let opposite = match sureness {
            Sureness::Certain => Sureness::Possible,
            Sureness::Possible => Sureness::Certain,
        };
        let none_of = self.elements.iter().filter_map(|element| Self::bound(element, opposite)).collect();
        vec![Constraint { all_of: None, none_of }]
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
            None => {
                let everything = Pattern::like("*");
                let element =
                    if of_resource { Element::exactly(everything) } else { Element::perhaps(everything) };
                Cover { negated: false, elements: vec![element] }
            }
        };
        Self { place, statement, actions: actions(&statement.action), resources, principal }
    }
}

fn actions(clause: &Clause<ActionPattern>) -> Cover {
    let element = |action: &ActionPattern| {
        let pattern = Pattern::like(&action.raw().to_ascii_lowercase());
        if has_wild_service(action.raw()) { Element::perhaps(pattern) } else { Element::exactly(pattern) }
    };
    Cover { negated: clause.negated, elements: clause.values.iter().map(element).collect() }
}

/// IAM accepts no wildcard in a service's name; the evaluator does not rely on it.
fn has_wild_service(raw: &str) -> bool {
    raw != "*" && raw.split(':').next().is_some_and(|service| service.contains(['*', '?']))
}

fn resources(clause: &Clause<ResourcePattern>, effect: Effect, caller: &Principal) -> Cover {
    let elements =
        clause.values.iter().filter_map(|value| resource(value, clause.negated, effect, caller)).collect();
    Cover { negated: clause.negated, elements }
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
