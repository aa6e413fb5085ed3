//! The test of a data action, as Genesys Cloud ran it.
//!
//! Invariant: only a failed test has a cause, and only a test that succeeded has a result.

use serde_json::Value;

use super::explain_error::Diagnosis;
use crate::manifest::Manager;
use crate::manifest::Manifest;
use crate::ports::genesys::{Fault, TestOperation, TestResult};

/// Why a test was not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRun {
    /// Genesys Cloud does not have the action.
    NoAction,
    /// Genesys Cloud does not have the action, which another tool makes.
    MissingElsewhere(Manager),
    /// The manifest names no input for it.
    NoInput,
    /// It is another tool's, and the manifest does not describe it, so nobody stated an input.
    NotInManifest,
    /// Several actions have the name.
    Several,
}

/// What became of a test.
#[derive(Clone, Debug, PartialEq)]
pub enum TestEnd {
    /// The action went well.
    Succeeded {
        /// What a flow would get.
        result: Option<Value>,
    },
    /// It ran, and failed.
    Failed {
        /// The innermost of the errors, in Genesys Cloud's words.
        cause: Option<String>,
        /// What Genesys support asks for.
        context_id: Option<String>,
        /// Why, by what AWS and Genesys Cloud hold.
        diagnosis: Option<Box<Diagnosis>>,
    },
    /// It was not run.
    NotRun(NotRun),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestStep {
    pub name: String,
    /// Whether it went well.
    pub success: bool,
    /// Why not.
    pub error: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ActionTest {
    /// The action's name.
    pub action: String,
    /// Its ID; `None` if it was not run.
    pub id: Option<String>,
    /// What became of it.
    pub end: TestEnd,
    /// The steps that Genesys Cloud tells.
    pub steps: Vec<TestStep>,
}

impl ActionTest {
    /// The test as Genesys Cloud tells it. What the HTTP status says is no part of it: that is 200 either way.
    pub fn new(action: &str, id: &str, result: TestResult) -> Self {
        let TestResult { success, operations, error, final_result } = result;
        let innermost = operations.iter().filter_map(|operation| operation.error.as_ref()).chain(&error);
        let (mut cause, mut context_id) = (None, None);
        for fault in innermost {
            cause = cause.or_else(|| Some(fault.deepest().to_owned()).filter(|text| !text.is_empty()));
            context_id = context_id.or_else(|| fault.context_id.clone());
        }
        let step = |TestOperation { step: _, name, success, result: _, error }| TestStep {
            name,
            success,
            error: error.map(|fault: Fault| fault.deepest().to_owned()),
        };
        let end = match success {
            true => TestEnd::Succeeded { result: final_result },
            false => TestEnd::Failed { cause, context_id, diagnosis: None },
        };
        let steps = operations.into_iter().map(step).collect();
        Self { action: action.to_owned(), id: Some(id.to_owned()), end, steps }
    }

    /// Says why it failed. Of an action that the manifest describes, the failed step can be tried without Genesys Cloud.
    pub fn explain(&mut self, mut found: Diagnosis, manifest: &Manifest) {
        let TestEnd::Failed { diagnosis, .. } = &mut self.end else { return };
        let failed = self.steps.iter().rev().find(|step| !step.success);
        let is_ours = manifest.actions.iter().any(|named| named.name == self.action);
        if let Some(step) = failed.filter(|_| is_ours) {
            found.name_step(&self.action, &step.name);
        }
        *diagnosis = Some(Box::new(found));
    }

    /// A test that was not run.
    pub fn not_run(action: &str, why: NotRun) -> Self {
        Self { action: action.to_owned(), id: None, end: TestEnd::NotRun(why), steps: Vec::new() }
    }

    /// Whether AWS denied the call, so that nothing ran. Genesys Cloud hands on AWS's own words.
    pub fn was_denied(&self) -> bool {
        match &self.end {
            TestEnd::Failed { cause: Some(cause), .. } => cause.contains("is not authorized to perform"),
            TestEnd::Failed { cause: None, .. } | TestEnd::Succeeded { .. } | TestEnd::NotRun(_) => false,
        }
    }
}
