//! Statements against a request: which match, and what they add up to.

use super::{Block, Decision, Evaluation, Layer, NotEvaluated, Request, StatementRef, parts};
use crate::condition::{Keys, Unresolved};
use crate::context::{ContextKey, Lookup};
use crate::coverage::{self, Crossing};
use crate::document::{Document, Effect, ResourcePattern, Statement};
use crate::principal::element::PrincipalMatch;
use crate::text::{Case, Form, Resolved, Token, matches};
use crate::truth::Truth;

/// How the statements of a set of policies add up, by how directly they name the caller.
pub(super) type Scan = PrincipalMatch;

/// Whether statements name principals: those of a resource's policy do, the others must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyKind {
    NamesPrincipals,
    WithoutPrincipals,
}

impl Layer {
    pub(crate) fn kind(self) -> PolicyKind {
        match self {
            Self::Resource | Self::ResourceControl(_) => PolicyKind::NamesPrincipals,
            Self::ServiceControl(_) | Self::Identity | Self::Boundary | Self::Session => {
                PolicyKind::WithoutPrincipals
            }
        }
    }
}

/// One action that a request asks for.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) request: &'a Request,
    pub(crate) action: &'a str,
    /// The action does not have `sts:ExternalId` among its keys, even where the call passes one.
    pub(crate) hides_external_id: bool,
    /// A permissions boundary limits the caller.
    pub(crate) has_boundary: bool,
}

impl Keys for Subject<'_> {
    fn lookup(&self, key: &ContextKey) -> Lookup<'_> {
        if self.hides_external_id && key.folded() == "sts:externalid" {
            return Lookup::Absent;
        }
        match self.request.context.get(key) {
            Some(stated) => stated.into(),
            None => self.request.principal.derive(key.folded()).unwrap_or(Lookup::Absent),
        }
    }
}

impl Subject<'_> {
    /// Whether the statement matches, by how directly it names the caller.
    fn matches(&self, statement: &Statement, kind: PolicyKind) -> PrincipalMatch {
        let action = statement.covers_action(self.action);
        if action == Truth::False {
            return PrincipalMatch::NONE;
        }
        let principal = self.principal(statement, kind);
        if principal.any == Truth::False {
            return PrincipalMatch::NONE;
        }
        let resource = self.resource(statement, kind);
        if resource == Truth::False {
            return PrincipalMatch::NONE;
        }
        let unresolved = Unresolved::in_statement(statement.effect);
        let conditions = statement.conditions.iter().map(|condition| condition.holds(self, unresolved));
        principal.and(action.and(resource).and(Truth::all(conditions)))
    }

    /// Whether the statement means the caller. AWS stores no statement that lacks a `Principal` where one is needed, or
    /// has one where none may stand, so what such a statement means is unknown.
    pub(super) fn principal(&self, statement: &Statement, kind: PolicyKind) -> PrincipalMatch {
        let everybody = |any| PrincipalMatch { any, skips_identity: any, skips_all: any };
        match (kind, &statement.principal) {
            (PolicyKind::WithoutPrincipals, None) => everybody(Truth::True),
            (PolicyKind::NamesPrincipals, None) | (PolicyKind::WithoutPrincipals, Some(_)) => {
                everybody(Truth::Unknown)
            }
            (PolicyKind::NamesPrincipals, Some(_)) => statement
                .match_principal(&self.request.principal, self.has_boundary)
                .unwrap_or(everybody(Truth::Unknown)),
        }
    }

    /// Whether the statement covers the resource. A trust policy has no `Resource`: it belongs to its role.
    pub(super) fn resource(&self, statement: &Statement, kind: PolicyKind) -> Truth {
        let Some(clause) = &statement.resource else {
            return match kind {
                PolicyKind::NamesPrincipals => Truth::True,
                PolicyKind::WithoutPrincipals => Truth::Unknown,
            };
        };
        let crossing = Crossing::in_statement(statement.effect, clause.negated);
        let unresolved = if clause.negated { Truth::Unknown } else { Truth::False };
        let covered =
            Truth::any(clause.values.iter().map(|pattern| self.covers(pattern, crossing, unresolved)));
        if clause.negated { !covered } else { covered }
    }

    /// `unresolved` is the answer where a variable has no value.
    fn covers(&self, pattern: &ResourcePattern, crossing: Crossing, unresolved: Truth) -> Truth {
        let resource = self.request.resource.as_str();
        let covers = |tokens: &[Token]| {
            if !matches(tokens, resource, Case::Sensitive) {
                return Truth::False;
            }
            if !coverage::is_doubtful(tokens, crossing) {
                return Truth::True;
            }
            let certain = coverage::certain(tokens, crossing);
            if certain.is_some_and(|certain| certain.matches(resource)) {
                Truth::True
            } else {
                Truth::Unknown
            }
        };
        match pattern.text.form() {
            Form::Literal => (pattern.text.raw() == resource).into(),
            Form::Pattern(tokens) => covers(tokens),
            Form::Template(_) | Form::Unreadable => match pattern.text.resolve(|key| self.variable(key)) {
                Resolved::Known(tokens) => covers(&tokens),
                Resolved::Unresolved => unresolved,
                Resolved::Unknown(most) if !matches(&most, resource, Case::Sensitive) => unresolved,
                Resolved::Unknown(_) => Truth::Unknown,
            },
        }
    }
}

/// Services whose resources resource control policies protect. The list of the Service Authorization Reference has sixty;
/// of a service that is neither here nor known to be missing there, the answer is unknown.
fn supports_resource_control(action: &str) -> Truth {
    const PROTECTED: [&str; 9] =
        ["sts", "s3", "kms", "sqs", "secretsmanager", "dynamodb", "logs", "ecr", "events"];
    let service = action.split_once(':').map_or(action, |(service, _)| service);
    if PROTECTED.iter().any(|name| name.eq_ignore_ascii_case(service)) {
        Truth::True
    } else if service.eq_ignore_ascii_case("lambda") {
        Truth::False
    } else {
        Truth::Unknown
    }
}

/// What has been found so far about one action.
pub(super) struct Tally<'a> {
    subject: &'a Subject<'a>,
    denied: Truth,
    denying: Vec<StatementRef>,
    allowing: Vec<StatementRef>,
    not_evaluated: Vec<NotEvaluated>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(subject: &'a Subject<'a>) -> Self {
        Self {
            subject,
            denied: Truth::False,
            denying: Vec::new(),
            allowing: Vec::new(),
            not_evaluated: Vec::new(),
        }
    }

    /// Evaluates the policies of a layer. Any of their statements may allow; any may deny.
    pub(super) fn scan(&mut self, layer: Layer, documents: &[&Document]) -> Scan {
        let reaches = match layer {
            Layer::ResourceControl(_) => supports_resource_control(self.subject.action),
            Layer::ServiceControl(_)
            | Layer::Resource
            | Layer::Identity
            | Layer::Boundary
            | Layer::Session => Truth::True,
        };
        // `RCPFullAWSAccess` allows at every level, so that only a Deny of a resource control policy counts.
        let only_denies = matches!(layer, Layer::ResourceControl(_));
        let mut allowed = Scan::NONE;
        for (document_index, document) in documents.iter().enumerate() {
            for (index, statement) in document.statements().iter().enumerate() {
                if only_denies && statement.effect == Effect::Allow {
                    continue;
                }
                let matched = self.subject.matches(statement, layer.kind()).and(reaches);
                let reference = || StatementRef {
                    layer,
                    document: document_index,
                    statement: index,
                    sid: statement.sid.clone(),
                };
                match (statement.effect, matched.any) {
                    (_, Truth::False) => continue,
                    (Effect::Allow, Truth::True) => self.allowing.push(reference()),
                    (Effect::Deny, Truth::True) => self.denying.push(reference()),
                    (Effect::Allow | Effect::Deny, Truth::Unknown) => {
                        self.explain_unknown(&reference(), document, reaches);
                    }
                }
                match statement.effect {
                    Effect::Allow => allowed = allowed.or(matched),
                    Effect::Deny => self.denied = self.denied.or(matched.any),
                }
            }
        }
        allowed
    }

    fn explain_unknown(&mut self, statement: &StatementRef, document: &Document, reaches: Truth) {
        let unknown = parts::parts_of(self.subject, document, statement.statement, statement.layer.kind())
            .into_iter()
            .filter(|part| part.truth == Truth::Unknown)
            .map(|part| (part.pointer, part.reason));
        let service = (reaches == Truth::Unknown).then(|| {
            let service = self.subject.action.split(':').next().unwrap_or_default();
            let reason =
                format!("it is not known whether resource control policies apply to the service `{service}`");
            (document.statement_pointer(statement.statement), reason)
        });
        self.not_evaluated.extend(unknown.chain(service).map(|(pointer, reason)| NotEvaluated {
            statement: statement.clone(),
            pointer,
            reason,
        }));
    }

    /// The decision, given whether every layer allows, and each layer's part in that in the order of evaluation.
    pub(super) fn conclude(
        self,
        allowed: Truth,
        layers: &[(Layer, Truth)],
        names_caller: Truth,
    ) -> Evaluation {
        let Self { subject: _, denied, denying, allowing, not_evaluated } = self;
        let first =
            |wanted: Truth| layers.iter().find(|(_, truth)| *truth == wanted).map(|(layer, _)| *layer);
        let denied_by = || denying.first().map(|statement| statement.layer);
        let unknown_in = || not_evaluated.first().map(|element| element.statement.layer);
        let (decision, layer) = match (denied, allowed) {
            (Truth::True, _) => (Decision::ExplicitlyDenied, denied_by()),
            (Truth::Unknown, _) => (Decision::Unknown, unknown_in()),
            (Truth::False, Truth::True) => (Decision::Allowed, None),
            (Truth::False, Truth::False) => (Decision::ImplicitlyDenied, first(Truth::False)),
            // Each layer by itself may be certain: then it is open whether one makes another unnecessary.
            (Truth::False, Truth::Unknown) => (Decision::Unknown, first(Truth::Unknown).or_else(unknown_in)),
        };
        let statements = match decision {
            Decision::Allowed => allowing,
            Decision::ExplicitlyDenied => denying,
            Decision::ImplicitlyDenied | Decision::Unknown => Vec::new(),
        };
        Evaluation {
            decision,
            allows: allowed.and(!denied),
            blocked: layer.map(Block::Layer),
            statements,
            not_evaluated,
            names_caller,
            implied: Vec::new(),
        }
    }
}
