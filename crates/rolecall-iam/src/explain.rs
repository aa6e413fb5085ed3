//! A decision in words: one tree from the answer down to the element that made it.
//!
//! The tree is plain data, built only when somebody asks: the evaluator keeps no words. It says for every layer what it
//! contributed, for every statement that concerns the action whether it matches, and for one that does not, which
//! element failed.

use std::fmt;

use super::document::{Document, Effect};
use super::evaluate::{
    Block, Decision, Evaluation, Implied, Layer, Layers, Part, Request, StatementRef, Subject, parts_of,
};
use super::truth::Truth;

/// What a line of the tree says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// It holds, matches or allows.
    Yes,
    /// It does not hold, does not match or denies.
    No,
    /// It could not be decided.
    Unknown,
    /// A heading or a remark.
    Note,
}

impl From<Truth> for Mark {
    fn from(truth: Truth) -> Self {
        match truth {
            Truth::False => Self::No,
            Truth::Unknown => Self::Unknown,
            Truth::True => Self::Yes,
        }
    }
}

/// A line with the lines that give its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What the line says.
    pub mark: Mark,
    /// The line.
    pub text: String,
    /// Its reasons.
    pub reasons: Vec<Explanation>,
}

impl Explanation {
    fn new(mark: impl Into<Mark>, text: impl Into<String>, reasons: Vec<Self>) -> Self {
        Self { mark: mark.into(), text: text.into(), reasons }
    }

    fn write(&self, formatter: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let mark = match self.mark {
            Mark::Yes => '✓',
            Mark::No => '✗',
            Mark::Unknown => '?',
            Mark::Note => '·',
        };
        writeln!(formatter, "{:indent$}{mark} {}", "", self.text, indent = depth * 2)?;
        self.reasons.iter().try_for_each(|reason| reason.write(formatter, depth + 1))
    }
}

/// The tree, a line each, reasons indented by two spaces.
impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(formatter, 0)
    }
}

/// The whole tree for a request and the answer that [`super::evaluate::evaluate`] gave to it.
#[must_use]
pub fn explain(request: &Request, layers: &Layers<'_>, evaluation: &Evaluation) -> Explanation {
    let mut reasons = vec![Explanation::new(Mark::Note, reason(evaluation), Vec::new())];
    let subject = subject(request, &request.action, false, layers.boundary.is_some());
    reasons.extend(explain_layers(&subject, layers));
    for Implied { action, evaluation } in &evaluation.implied {
        let subject = self::subject(request, action, true, layers.boundary.is_some());
        let mark = Mark::from(evaluation.allows);
        let text = format!("the call needs `{action}` too: {}", reason(evaluation));
        reasons.push(Explanation::new(mark, text, explain_layers(&subject, layers)));
    }
    let Request { principal, action, resource, .. } = request;
    let answer = match evaluation.decision {
        Decision::Allowed => "may perform",
        Decision::ImplicitlyDenied | Decision::ExplicitlyDenied => "may not perform",
        Decision::Unknown => "may or may not perform",
    };
    let text = format!("{}: `{principal}` {answer} `{action}` on `{resource}`", evaluation.decision.as_str());
    Explanation::new(evaluation.allows, text, reasons)
}

/// The tree for a request and a role's trust policy alone, for [`super::evaluate::evaluate_trust`].
#[must_use]
pub fn explain_trust(request: &Request, trust: &Document, evaluation: &Evaluation) -> Explanation {
    explain(request, &Layers { resource: Some(trust), ..Layers::default() }, evaluation)
}

fn subject<'a>(
    request: &'a Request,
    action: &'a str,
    hides_external_id: bool,
    has_boundary: bool,
) -> Subject<'a> {
    Subject { request, action, hides_external_id, has_boundary }
}

/// The decisive reason in one line.
#[must_use]
pub fn reason(evaluation: &Evaluation) -> String {
    match evaluation.decision {
        Decision::Allowed if evaluation.statements.is_empty() => {
            "allowed: no policy has to allow it".to_owned()
        }
        Decision::Allowed => format!("allowed by {}", statement_list(&evaluation.statements)),
        Decision::ExplicitlyDenied => format!("denied by {}", statement_list(&evaluation.statements)),
        Decision::ImplicitlyDenied => match evaluation.blocked {
            Some(Block::Caller(reason)) => reason.to_owned(),
            Some(Block::Layer(layer)) => no_statement_allows(layer),
            Some(Block::Implied(action)) => format!("the call needs `{action}` too, which is not allowed"),
            None => "no statement allows it".to_owned(),
        },
        Decision::Unknown => match evaluation.not_evaluated.first() {
            Some(element) => format!(
                "cannot be decided: {} of {}: {}",
                element.pointer,
                policy_name(element.statement.layer),
                element.reason
            ),
            None => "cannot be decided".to_owned(),
        },
    }
}

fn statement_list(statements: &[StatementRef]) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<String> = statements.iter().take(SHOWN).map(name_of).collect();
    if let Some(more) = statements.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    names.join(" and ")
}

fn name_of(statement: &StatementRef) -> String {
    let StatementRef { layer, document: _, statement, sid } = statement;
    let policy = policy_name(*layer);
    match sid.as_deref().filter(|sid| !sid.is_empty()) {
        Some(sid) => format!("statement `{sid}` of {policy}"),
        None => format!("statement {} of {policy}", statement + 1),
    }
}

fn policy_name(layer: Layer) -> String {
    match layer {
        Layer::ResourceControl(level) => format!("the resource control policies of level {}", level + 1),
        Layer::ServiceControl(level) => format!("the service control policies of level {}", level + 1),
        Layer::Resource => "the resource's policy".to_owned(),
        Layer::Identity => "the caller's identity policies".to_owned(),
        Layer::Boundary => "the caller's permissions boundary".to_owned(),
        Layer::Session => "the session policy".to_owned(),
    }
}

fn no_statement_allows(layer: Layer) -> String {
    match layer {
        Layer::Resource => "no statement of the resource's policy allows it".to_owned(),
        Layer::Identity => {
            "no statement of the caller's identity policies allows it, and the resource's policy alone is not enough"
                .to_owned()
        }
        Layer::ResourceControl(_) | Layer::ServiceControl(_) | Layer::Boundary | Layer::Session => {
            format!("no statement of {} allows it", policy_name(layer))
        }
    }
}

fn explain_layers(subject: &Subject<'_>, layers: &Layers<'_>) -> Vec<Explanation> {
    let Layers { identity, boundary, session, resource, service_control, resource_control } = layers;
    let resource: Vec<&Document> = resource.iter().copied().collect();
    let levels = |levels: &[super::evaluate::Level<'_>], layer: fn(usize) -> Layer| {
        levels
            .iter()
            .enumerate()
            .map(|(index, level)| explain_layer(subject, layer(index), &level.documents))
            .collect::<Vec<_>>()
    };
    let mut reasons = levels(resource_control, Layer::ResourceControl);
    reasons.extend(levels(service_control, Layer::ServiceControl));
    if !resource.is_empty() {
        reasons.push(explain_layer(subject, Layer::Resource, &resource));
    }
    if !identity.is_empty() {
        reasons.push(explain_layer(subject, Layer::Identity, identity));
    }
    for (layer, documents) in [(Layer::Boundary, boundary), (Layer::Session, session)] {
        reasons.extend(documents.iter().map(|documents| explain_layer(subject, layer, documents)));
    }
    reasons
}

/// Statements about other actions are counted, not listed: a policy can have hundreds.
fn explain_layer(subject: &Subject<'_>, layer: Layer, documents: &[&Document]) -> Explanation {
    let mut reasons = Vec::new();
    let mut elsewhere = 0_usize;
    let (mut allows, mut denies) = (Truth::False, Truth::False);
    for (document_index, document) in documents.iter().enumerate() {
        for (index, statement) in document.statements().iter().enumerate() {
            if statement.covers_action(subject.action) == Truth::False {
                elsewhere += 1;
                continue;
            }
            let parts = parts_of(subject, document, index, layer.kind());
            let matched = Truth::all(parts.iter().map(|part| part.truth));
            match statement.effect {
                Effect::Allow => allows = allows.or(matched),
                Effect::Deny => denies = denies.or(matched),
            }
            let place = StatementRef {
                layer,
                document: document_index,
                statement: index,
                sid: statement.sid.clone(),
            };
            reasons.push(explain_statement(&place, documents.len(), statement.effect, matched, &parts));
        }
    }
    if elsewhere > 0 {
        let text = match elsewhere {
            1 => "1 statement is about other actions".to_owned(),
            many => format!("{many} statements are about other actions"),
        };
        reasons.push(Explanation::new(Mark::Note, text, Vec::new()));
    }
    let (mark, one, several) = match (denies, allows) {
        (Truth::True, _) => (Mark::No, "denies", "deny"),
        (Truth::Unknown, _) => (Mark::Unknown, "may deny", "may deny"),
        (Truth::False, Truth::True) => (Mark::Yes, "allows", "allow"),
        (Truth::False, Truth::Unknown) => (Mark::Unknown, "may allow", "may allow"),
        (Truth::False, Truth::False) => match layer {
            Layer::ResourceControl(_) => (Mark::Yes, "does not deny", "do not deny"),
            Layer::ServiceControl(_)
            | Layer::Resource
            | Layer::Identity
            | Layer::Boundary
            | Layer::Session => (Mark::No, "does not allow", "do not allow"),
        },
    };
    let verb = match layer {
        Layer::Resource | Layer::Boundary | Layer::Session => one,
        Layer::ResourceControl(_) | Layer::ServiceControl(_) | Layer::Identity => several,
    };
    Explanation::new(mark, format!("{} {verb}", policy_name(layer)), reasons)
}

/// Of a statement that does not match, only the elements that failed are shown.
fn explain_statement(
    place: &StatementRef,
    documents: usize,
    effect: Effect,
    matched: Truth,
    parts: &[Part],
) -> Explanation {
    let number = place.statement + 1;
    let mut name = match place.sid.as_deref().filter(|sid| !sid.is_empty()) {
        Some(sid) => format!("statement {number} `{sid}`"),
        None => format!("statement {number}"),
    };
    if documents > 1 {
        name = format!("policy {}, {name}", place.document + 1);
    }
    let verdict = match matched {
        Truth::True => "matches",
        Truth::False => "does not match",
        Truth::Unknown => "may match",
    };
    let reasons = parts
        .iter()
        .filter(|part| matched != Truth::False || part.truth == Truth::False)
        .map(|part| {
            let element = part.pointer.rsplit("/Statement").next().unwrap_or_default();
            let element = element.trim_start_matches(|c: char| c == '/' || c.is_ascii_digit());
            let text = match element.split_once('/') {
                Some(_) => part.reason.clone(),
                None => format!("{element} {}", part.reason),
            };
            Explanation::new(part.truth, text, Vec::new())
        })
        .collect();
    let mark = match effect {
        Effect::Allow => Mark::from(matched),
        // A Deny that matches is the bad news; one that does not match is not worth a cross.
        Effect::Deny => match matched {
            Truth::True => Mark::No,
            Truth::False => Mark::Note,
            Truth::Unknown => Mark::Unknown,
        },
    };
    Explanation::new(mark, format!("{name} ({}) {verdict}", effect.as_str()), reasons)
}
