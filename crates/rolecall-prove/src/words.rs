//! Claims, witnesses and places in words and as data: the same in every report and in the browser.

use rolecall_iam::context::ContextValue;
use rolecall_iam::evaluate::Request;
use rolecall_iam::lint::Finding;
use rolecall_iam::prove::Witness;
use serde_json::{Map, Value, json};

use crate::claim::{ClaimKind, ClaimOutcome, Proposition};

/// What is claimed.
#[must_use]
pub fn claim_in_words(proposition: &Proposition) -> String {
    match proposition {
        Proposition::Provable(claim) => claim.to_string(),
        Proposition::WhoCanAssume => "who can assume the role".to_owned(),
        Proposition::WhatSessionsCanDo => "what a session can do".to_owned(),
        Proposition::OrganizationAgrees => {
            "no organization policy denies assuming the role or invoking a target".to_owned()
        }
        Proposition::OneRoleIsMeant { stated, kind: _ } => format!("a role of the file is for {stated}"),
    }
}

/// What became of a role or a file, with the warnings that are left.
#[must_use]
pub fn verdict_in_words(outcome: ClaimOutcome, warnings: usize) -> String {
    match (outcome, warnings) {
        (ClaimOutcome::Proved, 0) => "proved".to_owned(),
        (ClaimOutcome::Proved, 1) => "proved, with 1 warning".to_owned(),
        (ClaimOutcome::Proved, number) => format!("proved, with {number} warnings"),
        (ClaimOutcome::Refuted, _) => "refuted".to_owned(),
        (ClaimOutcome::Unknown, _) => "unknown".to_owned(),
    }
}

/// The statement that a finding is about, where it is about one.
#[must_use]
pub fn place_in_words(Finding { document, statement, .. }: &Finding) -> Option<String> {
    statement.as_ref().map(|place| {
        let sid = place.sid.as_deref().map(|sid| format!(" `{}`", sid.escape_debug())).unwrap_or_default();
        format!("statement {}{sid} of {document}", place.index + 1)
    })
}

/// The witness as a complete request, in the words of the case files of `simulate`.
#[must_use]
pub fn witness_value(Witness { request, sentence }: &Witness) -> Value {
    let Request { principal, action, resource, resource_account, context } = request;
    let mut keys = Map::new();
    for (key, value) in context.iter() {
        let value = match value {
            ContextValue::Absent => Value::Null,
            ContextValue::One(value) => Value::from(value.as_str()),
            ContextValue::Many(values) => Value::from(values.as_slice()),
        };
        keys.insert(key.written().to_owned(), value);
    }
    let mut object = json!({"resource": resource});
    if let (Some(account), Some(members)) = (resource_account, object.as_object_mut()) {
        members.insert("accountId".to_owned(), account.as_str().into());
    }
    json!({
        "sentence": sentence,
        "principal": principal.to_string(),
        "action": action,
        "resource": object,
        "context": keys,
    })
}

impl ClaimKind {
    /// What is claimed, in short.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::OnlyTrusted => "Only the trusted principals can assume the role",
            Self::ExternalId => "The trusted principals can assume the role only with the external ID",
            Self::MayAssume => "The trusted principals can assume the role",
            Self::OnlyTargets => "A session can only invoke the target functions",
            Self::EveryTarget => "A session can invoke every target function",
            Self::Boundary => "The permissions boundary allows nothing but what the role is for",
            Self::OnlyThroughRole => "Nobody outside the account reaches a target without the role",
            Self::Organization => "No organization policy blocks the role",
        }
    }

    /// What it means that the claim is refuted.
    #[must_use]
    pub fn failure(self) -> &'static str {
        match self {
            Self::OnlyTrusted => "an unauthorized principal can assume the role",
            Self::ExternalId => "the role can be assumed without its external ID",
            Self::MayAssume => "a trusted principal cannot assume the role",
            Self::OnlyTargets => "a session can do more than invoke the targets",
            Self::EveryTarget => "a session cannot invoke every target",
            Self::Boundary => "the permissions boundary allows more than the role is for",
            Self::OnlyThroughRole => "a function can be reached without the role",
            Self::Organization => "an organization policy blocks the role",
        }
    }
}
