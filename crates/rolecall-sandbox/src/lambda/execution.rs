//! The role that a function runs with: who may hand it over, and whether Lambda may assume it.
//!
//! Only the principal `lambda.amazonaws.com` is decided. Conditions on it and statements for everybody are not
//! supported: AWS does not say which context Lambda brings.

use serde_json::{Value, json};

use super::{DENIED, Reference};
use crate::authorize::{Denial, decide_by_identity};
use crate::call::Call;
use crate::evaluator::{Context, Question, Undecidable, identity_statements};
use crate::state::State;
use crate::wire::ApiError;

const LAMBDA: &str = "lambda.amazonaws.com";

/// Whether the caller may give `role` to a function, and Lambda may assume it.
pub(super) fn check_role(
    call: &Call<'_>,
    state: &State,
    reference: &Reference,
    role: &str,
) -> Result<(), ApiError> {
    let (account, path) =
        role.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/")).unwrap_or_default();
    let cannot = || {
        let text = "The role defined for the function cannot be assumed by Lambda.";
        ApiError::new(400, "InvalidParameterValueException", text)
    };
    if account != reference.account && !account.is_empty() {
        return Err(ApiError::new(403, "AccessDeniedException", "Cross-account pass role is not allowed."));
    }
    let context = Context::new().with("iam:PassedToService", LAMBDA);
    let denied = |denial: Denial| denial.into_error(DENIED, call.caller, "iam:PassRole", role);
    decide_by_identity(call.enforced, call.caller, "iam:PassRole", role, context).map_err(denied)?;
    let found = state.role(account, path.rsplit('/').next().unwrap_or_default());
    let found = found.filter(|found| found.arn(account) == role).ok_or_else(cannot)?;
    match lambda_may_assume(call, role, &found.trust) {
        Ok(true) => Ok(()),
        Ok(false) => Err(cannot()),
        Err(Undecidable(what)) => {
            Err(ApiError::unsupported(&format!("lambda:CreateFunction with this trust policy: {what}")))
        }
    }
}

fn lambda_may_assume(call: &Call<'_>, role: &str, trust: &str) -> Result<bool, Undecidable> {
    let mut document: Value = serde_json::from_str(trust).map_err(|error| Undecidable(error.to_string()))?;
    let statements = match document.get("Statement").cloned() {
        Some(Value::Array(statements)) => statements,
        one => one.into_iter().collect(),
    };
    let mut about_lambda = Vec::new();
    for mut statement in statements {
        let Some(members) = statement.as_object_mut() else { continue };
        let Some(principal) = members.remove("Principal") else {
            return Err(Undecidable("NotPrincipal".to_owned()));
        };
        if names(&principal, "AWS", "*") || principal == json!("*") {
            return Err(Undecidable("a statement for everybody".to_owned()));
        }
        if !names(&principal, "Service", LAMBDA) {
            continue;
        }
        if members.contains_key("Condition") {
            return Err(Undecidable(format!("a condition on {LAMBDA}")));
        }
        // What is left to decide is the action, as in a policy of Lambda's own.
        members.insert("Resource".to_owned(), json!("*"));
        about_lambda.push(statement);
    }
    if let Some(members) = document.as_object_mut() {
        members.insert("Statement".to_owned(), Value::Array(about_lambda));
    }
    let question = Question {
        caller: call.caller,
        role_arn: None,
        action: "sts:AssumeRole",
        resource: role,
        context: Context::new(),
    };
    let applies = identity_statements(&document.to_string(), &question)?;
    Ok(!applies.is_empty() && applies.iter().all(|statement| statement.allow))
}

/// Whether a principal element names `name` among those of `kind`.
fn names(principal: &Value, kind: &str, name: &str) -> bool {
    match principal.get(kind) {
        Some(Value::Array(all)) => all.iter().any(|one| one == name),
        one => one.is_some_and(|one| one == name),
    }
}
