//! Which permissions a caller would miss: IAM's policy simulator is asked about the caller itself, for every action of the
//! documents that `render` prints.
//!
//! Deliberately absent: what a service control policy, a session policy or a policy of a resource takes away. The simulator sees
//! only some of that, so `Held` is what the caller's own policies say.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::iam::evaluate::Decision;
use crate::iam::principal::Principal;
use crate::ports::{AwsResult, CallerIdentity, Read, RoleIdentity, Simulate, Simulated};

/// The actions of `plan` and `drift`; `verify` asks for more of the same document.
pub const PLAN: [&str; 9] = [
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListPolicies",
    "iam:ListPolicyVersions",
    "iam:ListRolePolicies",
    "lambda:GetFunctionConfiguration",
];

/// Functions that the simulator is asked about, at most. Permissions are mostly given by patterns of names, so a sample at even
/// distances in the manifest finds what is missing for many; whoever reads the answer is told that it is one.
pub const SAMPLE: usize = 100;

/// At most [`SAMPLE`] of them, at even distances.
pub fn sample<T>(all: &[T]) -> impl Iterator<Item = &T> {
    all.iter().step_by(all.len().div_ceil(SAMPLE).max(1))
}

/// What the caller's policies say to the actions of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Denied, for at least one resource.
    pub missing: BTreeMap<String, Denied>,
    /// Not to be told without the context of a real call.
    pub unknown: BTreeSet<String>,
}

/// For which of the resources of a question an action is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// For all of them.
    Everywhere,
    /// For some of them.
    Some {
        first: String,
        /// How many there are.
        number: usize,
        /// How many were asked about.
        of: usize,
    },
}

/// Whom the simulator can be asked about: a user, or the role of a session. `None` for callers that have no policies of their own
/// (root, a federated user).
pub async fn simulated_principal<R: Read>(reader: &R, caller: &CallerIdentity) -> Option<String> {
    match caller.arn.parse() {
        Ok(Principal::RoleSession { role, .. }) => {
            // The ARN of a session does not say the path of its role.
            let known = reader.role(&role).await.ok().flatten();
            match known.map(|role| role.identity) {
                Some(RoleIdentity::Arn(arn)) => Some(arn.to_string()),
                Some(RoleIdentity::Other(_)) | None => {
                    let partition = caller.arn.split(':').nth(1).unwrap_or("aws");
                    Some(format!("arn:{partition}:iam::{}:role/{role}", caller.account))
                }
            }
        }
        Ok(_) if caller.arn.contains(":user/") => Some(caller.arn.clone()),
        Ok(_) | Err(_) => None,
    }
}

/// What the principal's policies say to a document's actions; `only` leaves out all others.
pub async fn held<A: Simulate>(
    aws: &A,
    principal: &str,
    document: &Value,
    only: Option<&[&str]>,
) -> AwsResult<Held> {
    let mut held = Held::default();
    for (resources, actions) in questions(document, only) {
        let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
        // One call for all resources of a question; the adapter reads all pages of its answer.
        let answered = aws.simulate(principal, &actions, &resources, &BTreeMap::new()).await?;
        let mut denied: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for Simulated { action, resource, decision, missing_keys, organization_allows } in answered.answer {
            match decision {
                Decision::Allowed if organization_allows != Some(false) => {}
                Decision::Unknown => {
                    held.unknown.insert(action);
                }
                Decision::ImplicitlyDenied if !missing_keys.is_empty() => {
                    held.unknown.insert(action);
                }
                Decision::Allowed | Decision::ImplicitlyDenied | Decision::ExplicitlyDenied => {
                    denied.entry(action).or_default().push(resource);
                }
            }
        }
        for (action, denied) in denied {
            let (number, of) = (denied.len(), resources.len().max(1));
            let some = match denied.into_iter().next() {
                Some(first) if number < of => Denied::Some { first, number, of },
                Some(_) | None => Denied::Everywhere,
            };
            held.missing.insert(action, some);
        }
    }
    held.unknown.retain(|action| !held.missing.contains_key(action));
    Ok(held)
}

/// The actions of the statements that allow something, by resources; a pattern of resources stands for one that it matches.
/// What holds only under a condition that a simulation does not state would look denied, and is asked without resource.
fn questions(document: &Value, only: Option<&[&str]>) -> BTreeMap<Vec<String>, BTreeSet<String>> {
    let mut questions: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    let statements = document.get("Statement").and_then(Value::as_array).into_iter().flatten();
    for statement in
        statements.filter(|statement| statement.get("Effect").and_then(Value::as_str) == Some("Allow"))
    {
        let resources = strings(statement.get("Resource"))
            .filter(|resource| *resource != "*")
            .map(|resource| resource.replace('*', "x"))
            .collect();
        let actions = strings(statement.get("Action"))
            .filter(|action| only.is_none_or(|only| only.contains(action)))
            .map(str::to_owned);
        let actions: BTreeSet<String> = actions.collect();
        if !actions.is_empty() {
            questions.entry(resources).or_default().extend(actions);
        }
    }
    questions
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    value.and_then(Value::as_str).into_iter().chain(list.filter_map(Value::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_is_asked_for_a_resource_that_its_pattern_matches() {
        let document = serde_json::json!({"Statement": [
            {"Effect": "Allow", "Action": ["iam:GetRole", "sts:AssumeRole"], "Resource": "arn:aws:iam::1:role/a"},
            {"Effect": "Allow", "Action": "iam:GetPolicy", "Resource": "arn:aws:iam::1:policy/r/*"},
            {"Effect": "Allow", "Action": "iam:ListPolicies", "Resource": "*"},
            {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"},
        ]});
        let asked: Vec<String> =
            questions(&document, Some(&PLAN)).into_iter().map(|question| format!("{question:?}")).collect();
        assert_eq!(
            asked,
            [
                r#"([], {"iam:ListPolicies"})"#,
                r#"(["arn:aws:iam::1:policy/r/x"], {"iam:GetPolicy"})"#,
                r#"(["arn:aws:iam::1:role/a"], {"iam:GetRole"})"#,
            ]
        );
        assert_eq!(questions(&document, None).values().map(BTreeSet::len).sum::<usize>(), 4);
    }
}
