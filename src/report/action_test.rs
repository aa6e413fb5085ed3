//! The test of a data action as data and text: what Genesys Cloud did, and why it failed where it did.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::DiagnosisView;
use super::Text;
use super::drift::genesys_in_other_tool;
use super::human::{DIMMED, GREEN, RED, YELLOW};
use super::text::join;
use crate::exit::ExitCode;
use crate::verify::action_test::{ActionTest, NotRun, TestEnd, TestStep};

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
    /// Genesys Cloud does not have the action.
    Missing,
}

/// The test of one action.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ActionTestView {
    /// The action's name.
    pub action: Text,
    /// Its ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    /// What became of it.
    pub outcome: TestOutcome,
    /// Why it failed, or was not run: the innermost of the errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Text>,
    /// What to do, where the action was not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// What Genesys support asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_id: Option<Text>,
    /// The steps that Genesys Cloud tells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<OperationView>,
    /// What a flow would get.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// Why it failed, by what AWS and Genesys Cloud hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<DiagnosisView>,
    /// Why nobody could say why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undiagnosed: Option<String>,
    /// The exit code that it asks for: an action that does not exist is no open question.
    #[serde(skip)]
    pub exit: ExitCode,
}

/// One step of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OperationView {
    /// Its name.
    pub name: Text,
    /// Whether it went well.
    pub success: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
}

impl ActionTestView {
    /// What was in the way, and the surest of its causes.
    pub(super) fn why(&self) -> String {
        let surest = self.diagnosis.as_ref().and_then(|diagnosis| diagnosis.causes.first());
        let causes = [self.cause.as_ref(), surest.map(|cause| &cause.message)];
        join(causes.into_iter().flatten(), "; ")
    }

    /// The outcome, the steps where one failed, the result or the causes.
    pub fn to_text(&self) -> String {
        let Self {
            action,
            id,
            outcome,
            cause,
            fix,
            context_id,
            operations,
            result,
            diagnosis,
            undiagnosed,
            exit: _,
        } = self;
        let label = match outcome {
            TestOutcome::Succeeded => format!("{GREEN}succeeded{GREEN:#}"),
            TestOutcome::Failed => format!("{RED}failed{RED:#}   "),
            TestOutcome::NotRun => format!("{YELLOW}not run{YELLOW:#}  "),
            TestOutcome::Missing => format!("{RED}missing{RED:#}  "),
        };
        let id = id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        let mut text = format!("  {label}  action {action}{id}\n");
        // Writing to a String cannot fail.
        if let Some(cause) = cause {
            let _ = writeln!(text, "             {cause}");
        }
        if let Some(fix) = fix {
            let _ = writeln!(text, "             {GREEN}fix:{GREEN:#} {fix}");
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
        if let Some(reason) = undiagnosed {
            let _ = writeln!(text, "             {YELLOW}AWS was not asked why:{YELLOW:#} {reason}");
        }
        text
    }
}

impl From<&ActionTest> for ActionTestView {
    fn from(test: &ActionTest) -> Self {
        let ActionTest { action, id, end, steps } = test;
        let operation = |TestStep { name, success, error }: &TestStep| OperationView {
            name: name.clone().into(),
            success: *success,
            error: error.clone().map(Text::from),
        };
        let view = Self {
            action: action.clone().into(),
            id: id.clone().map(Text::from),
            outcome: TestOutcome::NotRun,
            cause: None,
            fix: None,
            context_id: None,
            operations: steps.iter().map(operation).collect(),
            result: None,
            diagnosis: None,
            undiagnosed: None,
            exit: test.exit(),
        };
        match end {
            TestEnd::Succeeded { result } => {
                Self { outcome: TestOutcome::Succeeded, result: result.clone(), ..view }
            }
            TestEnd::Failed { cause, context_id, diagnosis } => Self {
                outcome: TestOutcome::Failed,
                cause: cause.clone().map(Text::from),
                context_id: context_id.clone().map(Text::from),
                diagnosis: diagnosis.as_deref().map(DiagnosisView::from),
                ..view
            },
            TestEnd::NotRun(why) => {
                let (outcome, why, fix) = match why {
                    NotRun::MissingElsewhere(manager) => {
                        let fix = Some(genesys_in_other_tool(*manager));
                        let outcome = TestOutcome::Missing;
                        return Self {
                            outcome,
                            cause: Some("the action does not exist".into()),
                            fix,
                            ..view
                        };
                    }
                    NotRun::NoAction => {
                        (TestOutcome::Missing, "the action does not exist", "`rolecall apply` creates it")
                    }
                    NotRun::NotInManifest => (
                        TestOutcome::NotRun,
                        "the manifest does not describe this action, so there is no input to test it with",
                        "`rolecall genesys action test NAME --input FILE` runs it; or add an [[action]] with `test_input`",
                    ),
                    NotRun::Several => (
                        TestOutcome::NotRun,
                        "several actions have this name",
                        "`rolecall genesys action list` shows their IDs, and `rolecall genesys action test ID --input FILE` tests one",
                    ),
                    NotRun::NoInput => (
                        TestOutcome::NotRun,
                        "the manifest has no `test_input` for this action",
                        "add `test_input` to the [[action]], a JSON file with the input of a test",
                    ),
                };
                Self { outcome, cause: Some(why.into()), fix: Some(fix.to_owned()), ..view }
            }
        }
    }
}
