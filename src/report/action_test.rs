//! The test of a data action as data and text: what Genesys Cloud did, and why it failed where it did.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::human::{DIMMED, GREEN, RED, YELLOW};
use super::{DiagnosisView, ExitCode};
use crate::ports::genesys::{TestOperation, TestResult};

/// What became of the test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestOutcome {
    /// The action went well.
    Succeeded,
    /// It ran, and failed.
    Failed,
    /// It was not run.
    NotRun,
}

/// The test of one action.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ActionTestView {
    /// The action's name.
    pub action: String,
    /// Its ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What became of it.
    pub outcome: TestOutcome,
    /// Why it failed, or was not run: the innermost of the errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What Genesys support asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_id: Option<String>,
    /// The steps that Genesys Cloud tells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationView>,
    /// What a flow would get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Why it failed, by what AWS and Genesys Cloud hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<DiagnosisView>,
}

/// One step of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OperationView {
    /// Its name.
    pub name: String,
    /// Whether it went well.
    pub success: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl ActionTestView {
    /// The test as Genesys Cloud tells it. What the HTTP status says is no part of it: that is 200 either way.
    pub fn new(action: &str, id: &str, result: TestResult) -> Self {
        let TestResult { success, operations, error, final_result } = result;
        let innermost = operations.iter().filter_map(|operation| operation.error.as_ref()).chain(&error);
        let (mut cause, mut context_id) = (None, None);
        for fault in innermost {
            cause = cause.or_else(|| Some(fault.deepest().to_owned()).filter(|text| !text.is_empty()));
            context_id = context_id.or_else(|| fault.context_id.clone());
        }
        let view = |TestOperation { step: _, name, success, result: _, error }| OperationView {
            name,
            success,
            error: error.map(|fault| fault.deepest().to_owned()),
        };
        Self {
            action: action.to_owned(),
            id: Some(id.to_owned()),
            outcome: if success { TestOutcome::Succeeded } else { TestOutcome::Failed },
            cause: cause.filter(|_| !success),
            context_id: context_id.filter(|_| !success),
            operations: operations.into_iter().map(view).collect(),
            result: final_result.filter(|_| success),
            diagnosis: None,
        }
    }

    /// A test that was not run.
    pub fn not_run(action: &str, why: impl Into<String>) -> Self {
        Self {
            action: action.to_owned(),
            id: None,
            outcome: TestOutcome::NotRun,
            cause: Some(why.into()),
            context_id: None,
            operations: Vec::new(),
            result: None,
            diagnosis: None,
        }
    }

    /// What was in the way, and the surest of its causes.
    pub(super) fn why(&self) -> String {
        let surest = self.diagnosis.as_ref().and_then(|diagnosis| diagnosis.causes.first());
        let causes = [self.cause.as_ref(), surest.map(|cause| &cause.message)];
        causes.into_iter().flatten().cloned().collect::<Vec<_>>().join("; ")
    }

    /// 4 where the action failed: Genesys Cloud cannot do what it must. 5 where nobody knows.
    pub fn exit(&self) -> ExitCode {
        match self.outcome {
            TestOutcome::Succeeded => ExitCode::Success,
            TestOutcome::Failed => ExitCode::Refuted,
            TestOutcome::NotRun => ExitCode::Inconclusive,
        }
    }

    /// The outcome, the steps where one failed, the result or the causes.
    pub fn to_text(&self) -> String {
        let Self { action, id, outcome, cause, context_id, operations, result, diagnosis } = self;
        let label = match outcome {
            TestOutcome::Succeeded => format!("{GREEN}succeeded{GREEN:#}"),
            TestOutcome::Failed => format!("{RED}failed{RED:#}   "),
            TestOutcome::NotRun => format!("{YELLOW}not run{YELLOW:#}  "),
        };
        let id = id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        let mut text = format!("  {label}  action {action}{id}\n");
        // Writing to a String cannot fail.
        if let Some(cause) = cause {
            let _ = writeln!(text, "             {cause}");
        }
        if *outcome == TestOutcome::Failed {
            for OperationView { name, success, error: _ } in operations {
                let sign = if *success { '✓' } else { '✗' };
                let _ = writeln!(text, "             {DIMMED}{sign} {name}{DIMMED:#}");
            }
            if let Some(context_id) = context_id {
                let _ = writeln!(text, "             {DIMMED}contextId {context_id}{DIMMED:#}");
            }
        }
        if let Some(result) = result {
            let _ = writeln!(text, "             {result}");
        }
        if let Some(diagnosis) = diagnosis {
            text += &diagnosis.to_text();
        }
        text
    }
}
