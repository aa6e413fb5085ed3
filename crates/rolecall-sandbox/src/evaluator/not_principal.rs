//! `NotPrincipal`, written as `Principal` for one caller.
//!
//! Left out is whoever is listed with the account, the user or role, and the session. Where some of them are missing, AWS "might deny"
//! (IAM User Guide, "NotPrincipal"); here it denies, and it never allows.

use serde_json::{Value, json};

use super::{Question, Undecidable};
use crate::principals::Identity;

const EVERYBODY: &str = "*";
/// No caller has this name.
const NOBODY: &str = "deleted";

/// The document without `NotPrincipal`, as it reads for the caller.
pub(super) fn rewritten(text: &str, question: &Question<'_>) -> Result<String, Undecidable> {
    if !text.contains("NotPrincipal") {
        return Ok(text.to_owned());
    }
    let mut json: Value = serde_json::from_str(text).map_err(|error| Undecidable(error.to_string()))?;
    let statements = match json.get_mut("Statement") {
        Some(Value::Array(statements)) => statements.iter_mut().collect(),
        one => Vec::from_iter(one),
    };
    for statement in statements.into_iter().filter_map(Value::as_object_mut) {
        if let Some(listed) = statement.remove("NotPrincipal") {
            let denies = statement.get("Effect").is_some_and(|effect| effect == "Deny");
            let partly = if denies { EVERYBODY } else { NOBODY };
            statement.insert("Principal".to_owned(), json!({"AWS": covering(&listed, question, partly)}));
        }
    }
    Ok(json.to_string())
}

/// Who is covered by a statement about everybody but those who are listed: everybody or nobody, seen from the caller.
fn covering(listed: &Value, question: &Question<'_>, partly: &'static str) -> &'static str {
    let caller = question.caller;
    let of_kind = listed.get("AWS").unwrap_or(listed);
    let lists = |name: &str| match of_kind {
        Value::Array(names) => names.iter().any(|listed| listed == name),
        one => one == name,
    };
    if lists("*") {
        return NOBODY;
    }
    let root =
        caller.arn.split(':').nth(1).map(|partition| format!("arn:{partition}:iam::{}:root", caller.account));
    let account = lists(&caller.account) || root.is_some_and(|root| lists(&root));
    let forms = match &caller.identity {
        Identity::User { .. } => vec![account, lists(&caller.arn)],
        Identity::Session(_) => vec![account, question.role_arn.is_some_and(lists), lists(&caller.arn)],
    };
    match (forms.iter().any(|it| *it), forms.iter().all(|it| *it)) {
        (_, true) => NOBODY,
        (true, false) => partly,
        (false, false) => EVERYBODY,
    }
}
