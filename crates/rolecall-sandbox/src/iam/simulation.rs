//! The policy simulator: what the policies of a role or user, and its boundary, say to actions on resources.
//!
//! Decided like every other call here, by [`crate::authorize`]. As in IAM, trust policies and session policies
//! take no part, and neither do the policies of the resources, which the caller would have to pass. Deliberately absent:
//! all the input that would change what is simulated.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::no_such_entity;
use crate::authorize::{Denial, decide_by_identity};
use crate::call::{Call, Params};
use crate::evaluator::Context;
use crate::principals::{Caller, Identity, RoleSession};
use crate::state::State;
use crate::tags::Tags;
use crate::wire::ApiError;
use crate::xml::Xml;

/// Parameters that the sandbox would have to simulate with.
const NOT_SIMULATED: [&str; 7] = [
    "CallerArn",
    "PermissionsBoundaryPolicyInputList.member.1",
    "PolicyExclusionList.member.1",
    "PolicyInputList.member.1",
    "ResourceHandlingOption",
    "ResourceOwner",
    "ResourcePolicy",
];

pub(super) fn principal(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    let source = params.required("PolicySourceArn")?;
    call.authorize("iam:SimulatePrincipalPolicy", source, source, Context::new())?;
    if let Some(name) = NOT_SIMULATED.into_iter().find(|name| params.get(name).is_some()) {
        return Err(ApiError::unsupported(&format!("iam:SimulatePrincipalPolicy with {name}")));
    }
    let caller = simulated(state, source)
        .ok_or_else(|| no_such_entity(format!("The policy source ARN ({source}) cannot be found.")))?;
    let actions = params.members("ActionNames");
    if actions.is_empty() {
        return Err(ApiError::validation("ActionNames must not be empty"));
    }
    let resources = params.members("ResourceArns");
    let given = given_keys(params)?;
    let context = || given.iter().fold(Context::new(), |context, (key, value)| context.with(key, *value));
    let mut missing = missing_keys(state, &caller);
    missing.retain(|key| !given.keys().any(|known| known.eq_ignore_ascii_case(key)));
    let mut results = Vec::new();
    for action in actions {
        let mut decisions = Vec::new();
        for resource in if resources.is_empty() { &["*"] } else { resources.as_slice() } {
            let word = match decide_by_identity(state, &caller, action, resource, context()) {
                Ok(()) => "allowed",
                Err(Denial::Explicit(_)) => "explicitDeny",
                Err(Denial::Implicit(_)) => "implicitDeny",
                Err(Denial::Undecidable(what)) => {
                    return Err(ApiError::unsupported(&format!(
                        "iam:SimulatePrincipalPolicy with this policy: {what}"
                    )));
                }
            };
            decisions.push((*resource, word));
        }
        results.push((action, decisions));
    }
    let (results, marker) = params.page(results)?;
    let mut xml = Xml::new();
    xml.list("EvaluationResults", results, |result, (action, decisions)| {
        // The strictest decision stands for all (API reference, EvaluationResult).
        let strictest = ["explicitDeny", "implicitDeny", "allowed"]
            .into_iter()
            .find(|word| decisions.iter().any(|(_, found)| found == word))
            .unwrap_or("implicitDeny");
        result.text("EvalActionName", action).text("EvalDecision", strictest);
        if resources.is_empty() {
            result.text("EvalResourceName", "*");
            show_missing(result, &missing);
            return;
        }
        result.list("ResourceSpecificResults", decisions, |member, (resource, word)| {
            member.text("EvalResourceName", resource).text("EvalResourceDecision", word);
            show_missing(member, &missing);
        });
    });
    super::end_of_page(&mut xml, marker);
    Ok(xml)
}

/// The condition keys that the request has, each with one text.
fn given_keys(params: &Params) -> Result<BTreeMap<&str, &str>, ApiError> {
    let mut given = BTreeMap::new();
    for number in 1.. {
        let entry = format!("ContextEntries.member.{number}");
        let Some(key) = params.get(&format!("{entry}.ContextKeyName")) else { break };
        let values = params.members(&format!("{entry}.ContextKeyValues"));
        match (params.get(&format!("{entry}.ContextKeyType")), values.as_slice()) {
            (Some("string"), [value]) => given.insert(key, *value),
            (kind, _) => {
                let kind = kind.unwrap_or("no type");
                return Err(ApiError::unsupported(&format!(
                    "iam:SimulatePrincipalPolicy with {} values of {kind} for {key}",
                    values.len()
                )));
            }
        };
    }
    Ok(given)
}

fn show_missing(xml: &mut Xml, keys: &BTreeSet<String>) {
    xml.list("MissingContextValues", keys, |member, key| member.raw_text(key));
}

/// The caller that the role or user would be.
fn simulated(state: &State, arn: &str) -> Option<Caller> {
    let (account, resource) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
    let unique = state.unique_id(arn)?.to_owned();
    let (path, name) = resource.rsplit_once('/')?;
    let name = name.to_owned();
    let (identity, arn) = if path == "user" {
        (Identity::User { name }, arn.to_owned())
    } else {
        let arn = format!("arn:aws:sts::{account}:assumed-role/{name}/simulation");
        let session = RoleSession {
            role_name: name,
            role_id: unique.clone(),
            policies: None,
            tags: Tags::default(),
            source_identity: None,
            issued: jiff::Timestamp::now().as_second(),
        };
        (Identity::Session(session), arn)
    };
    Some(Caller { account: account.to_owned(), arn, user_id: unique, identity })
}

/// Condition keys of the caller's policies that only a real request would have. Which of them IAM fills in by itself is
/// not documented: here it is those that follow from the caller and the clock.
fn missing_keys(state: &State, caller: &Caller) -> BTreeSet<String> {
    const KNOWN: [&str; 8] = [
        "aws:currenttime",
        "aws:epochtime",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principaltype",
        "aws:userid",
        "aws:username",
        "aws:viaawsservice",
    ];
    let mut keys = BTreeSet::new();
    for document in crate::authorize::documents_of(state, caller) {
        let Ok(document) = serde_json::from_str::<Value>(&document) else { continue };
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        let operators =
            statements.into_iter().filter_map(|statement| statement.get("Condition")?.as_object());
        for conditions in operators.flat_map(|operators| operators.values()).filter_map(Value::as_object) {
            keys.extend(
                conditions.keys().filter(|key| !KNOWN.contains(&key.to_lowercase().as_str())).cloned(),
            );
        }
    }
    keys
}
