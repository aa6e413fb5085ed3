//! A plan in a file: shown to somebody today, carried out tomorrow only if it would still be exactly this.
//!
//! The file is never trusted for what to do. `apply` works the plan out again and compares: an edited file, another
//! manifest and a change in AWS all come out as a difference. So it needs no seal and no fingerprint.

use serde::Serialize;
use serde_json::{Value, json};

use super::{ChangeView, ForeignView, RoleView};
use crate::observe::survey::Survey;
use crate::plan::Plan;

/// The version of the file format.
const FORMAT: u32 = 1;
/// The key of the version: no other file has it.
const VERSION: &str = "rolecall_plan";

/// Why a saved plan is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SavedPlanError {
    /// The text is not a saved plan.
    #[error("this is not a plan that `rolecall plan --out` wrote: {reason}")]
    NotAPlan {
        /// What is wrong.
        reason: String,
    },
    /// It would not be done like this any more.
    #[error(
        "the plan is stale: AWS or the manifest has changed since it was made, or the file was edited ({part} differs)"
    )]
    Stale {
        /// The first part that differs.
        part: &'static str,
    },
}

fn value(part: &impl Serialize) -> Value {
    // Views are plain data with string keys, which serde_json cannot fail on.
    serde_json::to_value(part).unwrap_or_default()
}

fn parts(survey: &Survey, plan: &Plan) -> [(&'static str, Value); 3] {
    let changes: Vec<_> = plan.changes().iter().map(ChangeView::from).collect();
    let foreign: Vec<_> = plan.foreign().iter().map(ForeignView::from).collect();
    // Who looks does not matter: a plan may be made by one principal and applied by another.
    let role = RoleView { caller: String::new(), ..RoleView::from(survey) };
    [("role", value(&role)), ("changes", value(&changes)), ("foreign", value(&foreign))]
}

/// The file's text.
pub fn save(survey: &Survey, plan: &Plan) -> String {
    let mut file = json!({VERSION: FORMAT});
    if let Some(members) = file.as_object_mut() {
        members.extend(parts(survey, plan).map(|(name, part)| (name.to_owned(), part)));
    }
    format!("{file:#}\n")
}

/// Whether the text is a saved plan, of whatever version.
pub fn is_saved(text: &str) -> bool {
    serde_json::from_str(text).is_ok_and(|file: Value| file.get(VERSION).is_some_and(Value::is_u64))
}

/// Whether the file's plan is what would be done now.
pub fn compare(text: &str, survey: &Survey, plan: &Plan) -> Result<(), SavedPlanError> {
    let not_a_plan = |reason: &dyn ToString| SavedPlanError::NotAPlan { reason: reason.to_string() };
    let file: Value = serde_json::from_str(text).map_err(|error| not_a_plan(&error))?;
    match file.get(VERSION).and_then(Value::as_u64) {
        Some(format) if format == u64::from(FORMAT) => {}
        Some(format) => {
            return Err(not_a_plan(&format!(
                "its format is {format}, but this version of rolecall reads format {FORMAT}"
            )));
        }
        None => return Err(not_a_plan(&"it has no `rolecall_plan`")),
    }
    let differs = |(name, part): &(&'static str, Value)| file.get(*name) != Some(part);
    match parts(survey, plan).iter().find(|part| differs(part)) {
        Some((part, _)) => Err(SavedPlanError::Stale { part }),
        None => Ok(()),
    }
}
