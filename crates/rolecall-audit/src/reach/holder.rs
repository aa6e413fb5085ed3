//! What sessions of one role can do: single questions, answered for every request.
//!
//! Invariants: what is shown as allowed has been put to the evaluator in the form in which it is shown. A document that
//! cannot be read allows nothing here; that the answer is incomplete then is told by `is_incomplete`.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use rolecall_iam::arn::RoleArn;
use rolecall_iam::context::{Context, ContextKey, ContextValue};
use rolecall_iam::document::{Document, Effect, Statement};
use rolecall_iam::evaluate::{Layers, Request, evaluate};
use rolecall_iam::principal::Principal;
use rolecall_iam::prove::{Concern, Permissions, Resources, Session, Weighed};
use rolecall_iam::truth::Truth;
use serde_json::{Value, json};

use super::Assumption;
use super::chosen::{Standing, is_chosen, standing};

/// Values of condition keys of a question; `None` where the request does not have the key.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    keys: Vec<(String, Option<String>)>,
}

impl Given {
    pub(super) fn with(mut self, key: &str, value: Option<String>) -> Self {
        self.keys.push((key.to_owned(), value));
        self
    }
}

/// What becomes of one action upon one resource.
#[derive(Debug, Clone)]
pub(super) enum Can {
    /// It is allowed.
    Certainly(Request),
    /// It is allowed under these conditions.
    If(Request, Vec<Assumption>),
    /// It is refused.
    Never,
    /// It could not be decided.
    Undecided(Vec<String>),
}

/// Keys that follow from the caller, so that a request need not state them.
const DERIVED: [&str; 6] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principaltype",
    "aws:username",
    "aws:principalisawsservice",
    "aws:principalservicename",
];

/// Whether the value of a key is known as soon as the role is.
pub(super) fn is_derived(key: &ContextKey) -> bool {
    DERIVED.contains(&key.folded())
}

/// The session that requests are shown with.
pub(super) fn session_of(role: &RoleArn) -> Principal {
    match "rolecall".parse() {
        Ok(name) => Principal::session_of(role, name),
        Err(_) => Principal::Role(role.clone()),
    }
}

/// Sessions of one role with some policies.
pub(super) struct Holder<'s> {
    pub(super) role: &'s RoleArn,
    pub(super) permissions: &'s Permissions<'s>,
    /// How many questions were asked of the whole account.
    questions: &'s AtomicU64,
    session: OnceCell<Session<'s>>,
    delegation: OnceCell<Document>,
    /// Keys that some statement asks about, folded.
    asked: OnceCell<BTreeSet<String>>,
    now: Timestamp,
}

impl<'s> Holder<'s> {
    pub(super) fn new(
        role: &'s RoleArn,
        permissions: &'s Permissions<'s>,
        now: Timestamp,
        questions: &'s AtomicU64,
    ) -> Self {
        let (session, delegation, asked) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { role, permissions, questions, session, delegation, asked, now }
    }

    /// Counts a question.
    pub(super) fn count(&self) {
        self.questions.fetch_add(1, Ordering::Relaxed);
    }

    /// The session, to be asked one question.
    fn ask(&self) -> &Session<'s> {
        self.count();
        self.session()
    }

    fn session(&self) -> &Session<'s> {
        self.session.get_or_init(|| Session::new(self.permissions, Some(self.role)))
    }

    fn delegation(&self) -> &Document {
        self.delegation.get_or_init(|| Document::delegating_to(&self.role.account))
    }

    fn asked(&self) -> &BTreeSet<String> {
        let keys = || self.statements().flat_map(|statement| &statement.conditions);
        self.asked.get_or_init(|| keys().map(|condition| condition.key.folded().to_owned()).collect())
    }

    fn documents(&self) -> impl Iterator<Item = &'s Document> {
        self.permissions.identity.iter().map(|document| document.document)
    }

    /// The statements of the identity policies and the boundary.
    pub(super) fn statements(&self) -> impl Iterator<Item = &'s Statement> {
        let boundary = self.permissions.boundary.iter().map(|document| document.document);
        self.documents().chain(boundary).flat_map(Document::statements)
    }

    /// The statements of the identity policies that may allow an action.
    pub(super) fn granting<'q>(&self, action: &'q str) -> impl Iterator<Item = &'s Statement> + use<'s, 'q> {
        let documents = self.permissions.identity.iter().map(|document| document.document);
        documents.flat_map(Document::statements).filter(move |statement| {
            statement.effect == Effect::Allow && statement.covers_action(action) != Truth::False
        })
    }

    /// The layers that decide about a request, with the policy of the resource. Without one the resource leaves the
    /// decision to the account.
    pub(super) fn layers<'l>(&'l self, resource: Option<&'l Document>) -> Layers<'l> {
        Layers {
            identity: self.documents().collect(),
            boundary: self.permissions.boundary.map(|boundary| vec![boundary.document]),
            session: None,
            resource: Some(resource.unwrap_or_else(|| self.delegation())),
            service_control: Vec::new(),
            resource_control: Vec::new(),
        }
    }

    /// Whether the evaluator allows a request.
    pub(super) fn allows(&self, request: &Request) -> bool {
        evaluate(request, &self.layers(None)).allows == Truth::True
    }

    /// Everything there is to know about an action upon resources.
    pub(super) fn weigh(&self, action: &str, resources: Resources<'_>, given: &Given) -> Weighed {
        let never = self.never(action, given);
        self.ask().weigh(action, resources, never.as_ref())
    }

    /// Whether some statement asks about a key, folded.
    pub(super) fn asks_about(&self, key: &str) -> bool {
        self.asked().contains(key)
    }

    /// The statements that concern an action.
    pub(super) fn concern(&self, action: &str) -> Concern<'_, 's> {
        self.session().concern(action)
    }

    /// What becomes of an action upon one resource.
    pub(super) fn can(&self, action: &str, resource: &str, given: &Given) -> Can {
        let weighed = self.weigh(action, Resources::Exactly(resource), given);
        self.judge(weighed, action, resource, given)
    }

    /// What becomes of an action upon some resource like a text: one that reads well, or one that a policy asks for.
    pub(super) fn can_some(&self, action: &str, like: &str, given: &Given) -> Can {
        let usual = self.can(action, &usual(like, self.role.partition.as_str()), given);
        if let Can::Certainly(_) = usual {
            return usual;
        }
        let found = self.can_like(action, like, given);
        match (&usual, &found) {
            (Can::If(..), Can::If(..) | Can::Never | Can::Undecided(_)) => usual,
            (Can::Certainly(_) | Can::If(..) | Can::Never | Can::Undecided(_), _) => found,
        }
    }

    /// The same, of whatever resource a policy asks for.
    pub(super) fn can_like(&self, action: &str, like: &str, given: &Given) -> Can {
        let never = self.never(action, given);
        let weighed = self.ask().weigh_allowed(action, Resources::Like(like), never.as_ref());
        match weighed.allowed {
            Some(witness) => self.can(action, &witness.request.resource, given),
            None if weighed.reasons.is_empty() => Can::Never,
            None => Can::Undecided(weighed.reasons),
        }
    }

    fn judge(&self, weighed: Weighed, action: &str, resource: &str, given: &Given) -> Can {
        let Weighed { allowed, refused, reasons } = weighed;
        let Some(witness) = allowed else {
            return if reasons.is_empty() { Can::Never } else { Can::Undecided(reasons) };
        };
        let Some(request) = self.stated(witness.request, given) else {
            return Can::Undecided(reasons);
        };
        if refused.is_none() && reasons.is_empty() {
            return Can::Certainly(request);
        }
        let (chosen, circumstances) = self.told_apart(action, &request.context, given);
        if !chosen.is_empty() {
            let mut also = given.clone();
            also.keys.extend(chosen.into_iter().map(|(key, value)| (key, Some(value))));
            let never = self.never(action, &also);
            let again = self.ask().weigh(action, Resources::Exactly(resource), never.as_ref());
            if let (Some(witness), None, true) = (again.allowed, again.refused, again.reasons.is_empty())
                && let Some(request) = self.stated(witness.request, &also)
            {
                return Can::Certainly(request);
            }
        }
        let mut assumes: Vec<Assumption> =
            circumstances.into_iter().map(|(key, value)| Assumption::If { key, value }).collect();
        if assumes.is_empty() {
            let refused = refused.map(|request| self.told_apart(action, &request.context, given));
            let (chosen, circumstances) = refused.unwrap_or_default();
            let all = chosen.into_iter().chain(circumstances);
            assumes.extend(all.map(|(key, value)| Assumption::Unless { key, value }));
        }
        if assumes.is_empty() {
            assumes.extend(reasons.into_iter().map(Assumption::Undecided));
        }
        if assumes.is_empty() {
            assumes.push(Assumption::Undecided("the conditions of the policies".to_owned()));
        }
        Can::If(request, assumes)
    }

    /// The request with what the question gives, if the evaluator allows it so.
    fn stated(&self, mut request: Request, given: &Given) -> Option<Request> {
        for (key, value) in &given.keys {
            if let Some(value) = value {
                request.context.set(key.as_str(), value.as_str());
            }
        }
        request.principal = session_of(self.role);
        self.allows(&request).then_some(request)
    }

    /// The values of a context that the caller chooses, and those that circumstances decide.
    #[allow(clippy::type_complexity)]
    fn told_apart(
        &self,
        action: &str,
        context: &Context,
        given: &Given,
    ) -> (Vec<(String, String)>, Vec<(String, String)>) {
        let is_given = |key: &ContextKey| given.keys.iter().any(|(name, _)| ContextKey::new(name) == *key);
        let values = context.iter().filter(|(key, _)| !is_given(key) && !is_derived(key));
        let (chosen, others): (Vec<_>, Vec<_>) =
            values.partition(|(key, value)| is_chosen(action, key) && matches!(value, ContextValue::One(_)));
        let shown = |(key, value): (&ContextKey, &ContextValue)| {
            let value = match value {
                ContextValue::Absent => "absent".to_owned(),
                ContextValue::One(value) => value.clone(),
                ContextValue::Many(values) => values.join(", "),
            };
            (key.written().to_owned(), value)
        };
        (chosen.into_iter().map(shown).collect(), others.into_iter().map(shown).collect())
    }

    /// Requests that do not occur, as far as a policy asks for them: others than those that are given, with keys that the
    /// action does not have, in the past, and calls of a global service in a region of which it is not.
    fn never(&self, action: &str, given: &Given) -> Option<Document> {
        if self.asked().is_empty() {
            return None;
        }
        let is_asked = |key: &str| self.asked().contains(&key.to_ascii_lowercase());
        let mut statements: Vec<Value> = Vec::new();
        let mut deny = |operator: &str, key: &str, value: &str| {
            statements.push(json!({
                "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {key: value}},
            }));
        };
        for (key, value) in given.keys.iter().filter(|(key, _)| is_asked(key)) {
            match value {
                Some(value) => deny("StringNotEquals", key, value),
                None => deny("Null", key, "false"),
            }
        }
        let is_given = |key: &str| given.keys.iter().any(|(name, _)| name.eq_ignore_ascii_case(key));
        for key in self.asked().iter().filter(|key| !is_given(key)) {
            match standing(action, &ContextKey::new(key)) {
                Standing::Absent => deny("Null", key, "false"),
                Standing::Chosen | Standing::Circumstance => {}
            }
        }
        let now = self.now.to_string();
        for key in ["aws:TokenIssueTime", "aws:CurrentTime"].into_iter().filter(|key| is_asked(key)) {
            deny("DateLessThan", key, &now);
        }
        let is_stated = given.keys.iter().any(|(key, _)| key.eq_ignore_ascii_case("aws:RequestedRegion"));
        if action.starts_with("iam:") && is_asked("aws:RequestedRegion") && !is_stated {
            deny("StringNotEquals", "aws:RequestedRegion", home_region(self.role.partition.as_str()));
        }
        if is_asked("aws:SecureTransport") {
            deny("Bool", "aws:SecureTransport", "false");
        }
        if statements.is_empty() {
            return None;
        }
        Document::from_owned(json!({"Version": "2012-10-17", "Statement": statements})).ok()
    }
}

/// The region in which IAM is called (AWS General Reference, "AWS Identity and Access Management endpoints").
fn home_region(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        _ => "us-east-1",
    }
}

/// A resource like a text that reads well.
pub(super) fn usual(like: &str, partition: &str) -> String {
    like.replace("?*-?*-?", home_region(partition))
        .replace("???*", "any-bucket")
        .replace("?*", "any")
        .replace('*', "")
}

/// A text of a table with the role's own partition and account.
pub(super) fn filled(text: &str, role: &RoleArn) -> String {
    text.replace("{partition}", role.partition.as_str()).replace("{account}", role.account.as_str())
}
