//! Targets in other accounts: the function's own policy must let the role in, too (Lambda Developer Guide, "Granting function access
//! to other accounts"). Pure.

use serde_json::{Map, Value};

use super::claim::{Absent, Claim, Decided};
use super::organization::ANYTHING;
use super::{absent, expect};
use crate::iam::arn::FunctionArn;
use crate::iam::document::Document;
use crate::iam::evaluate::{Layers, Request, evaluate};
use crate::observe::survey::{Survey, arn_at};
use crate::ports::Trial;

/// The claims where a target's own policy decides. The role's policies alone prove nothing of a function in another account.
#[must_use]
pub(super) fn with_their_policies(claims: Vec<Claim>, survey: &Survey) -> Vec<Claim> {
    let desired = &survey.desired;
    let elsewhere = desired.targets.iter().filter(|target| target.account != desired.home.account);
    let (mut refused, mut open) = (Vec::new(), Vec::new());
    for target in elsewhere {
        match verdict(target, survey) {
            Verdict::LetsIn => {}
            Verdict::Refuses => refused.push(format!(
                "`{target}` belongs to another account, and the function's own policy does not let the role in"
            )),
            Verdict::Open(why) => open.push(format!(
                "`{target}` belongs to another account, and whether its own policy lets the role in is not known: {why}"
            )),
        }
    }
    let decide = |claim: Claim| match (absent::needs(&claim.proposition), &claim.decided) {
        (Some(Absent::Target), Decided::Proved) if !refused.is_empty() => {
            Claim { decided: Decided::Denied { reasons: refused.clone() }, ..claim }
        }
        (Some(Absent::Target), Decided::Proved) if !open.is_empty() => {
            Claim { decided: Decided::Undecided { reasons: open.clone() }, ..claim }
        }
        _ => claim,
    };
    claims.into_iter().map(decide).collect()
}

enum Verdict {
    LetsIn,
    Refuses,
    Open(String),
}

fn verdict(target: &FunctionArn, survey: &Survey) -> Verdict {
    let desired = &survey.desired;
    let side = survey.sides.iter().find(|side| arn_at(&side.function, &desired.home) == target.unqualified());
    let policy =
        side.and_then(|side| side.policies.iter().find(|(qualifier, _)| *qualifier == target.qualifier));
    let document = match policy {
        None => return Verdict::Open("it was not read".to_owned()),
        Some((_, Err(error))) => return Verdict::Open(error.to_string()),
        Some((_, Ok(None))) => return Verdict::Refuses,
        Some((_, Ok(Some(text)))) => match Document::parse(text) {
            Ok(document) => document,
            Err(error) => return Verdict::Open(error.to_string()),
        },
    };
    let Some(request) = expect::trial(&desired.role_arn(), &Trial::Invoke(target.clone())) else {
        return Verdict::Open("no session of the role has a name".to_owned());
    };
    let request = Request { resource_account: Some(target.account.clone()), ..request };
    let lets_in = |reading| reading_of(&document, reading).and_then(|read| allows(&read, &request));
    match (lets_in(Reading::Narrowest), lets_in(Reading::Widest)) {
        (Some(true), _) => Verdict::LetsIn,
        (_, Some(false)) => Verdict::Refuses,
        (_, Some(true)) => Verdict::Open("it depends on the conditions of its statements".to_owned()),
        (_, None) => Verdict::Open("AWS does not document how it reads a part of it".to_owned()),
    }
}

fn allows(policy: &Document, request: &Request) -> Option<bool> {
    // Whether the role's own policies allow it is another claim.
    let everything = Document::parse(ANYTHING).ok()?;
    let layers = Layers { identity: vec![&everything], resource: Some(policy), ..Layers::default() };
    expect::allows(&evaluate(request, &layers))
}

/// What a request does to conditions is not known here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// No condition of an `Allow` holds, and each of a `Deny` does.
    Narrowest,
    /// The reverse.
    Widest,
}

fn reading_of(document: &Document, reading: Reading) -> Option<Document> {
    let Value::Object(mut policy) = document.to_value() else { return None };
    let statements = match policy.remove("Statement")? {
        Value::Array(statements) => statements,
        statement => vec![statement],
    };
    let read = |statement: Value| match statement {
        Value::Object(mut statement) => {
            let conditions = statement.remove("Condition").unwrap_or(Value::Null);
            let is_unconditional = conditions.as_object().is_none_or(Map::is_empty);
            (is_unconditional || is_met(&statement, reading)).then_some(Value::Object(statement))
        }
        other => Some(other),
    };
    let statements: Vec<Value> = statements.into_iter().filter_map(read).collect();
    policy.insert("Statement".to_owned(), statements.into());
    Document::from_value(&Value::Object(policy)).ok()
}

fn is_met(statement: &Map<String, Value>, reading: Reading) -> bool {
    let is_allow = statement.get("Effect").and_then(Value::as_str) == Some("Allow");
    is_allow == (reading == Reading::Widest)
}
