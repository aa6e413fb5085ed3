//! Policy unit tests: a file of cases, each a request, the policies that apply to it and the answer that is expected.
//!
//! A case states everything that counts. A list that is left out is empty: a case without `identityPolicies` is about a
//! caller who has none. Left-out `permissionBoundaries` and `sessionPolicy` limit nothing, while an empty list of
//! boundaries allows nothing. A file whose cases share policies states them once: `{"common": {…}, "cases": [{…}, …]}`. A case
//! that states such a member itself has its own instead.
//!
//! ```
//! let cases = rolecall_iam::simulate::parse(
//!     r#"[{"name": "the auditor cannot delete",
//!          "request": {"principal": "arn:aws:iam::111122223333:user/auditor", "action": "s3:DeleteObject",
//!                      "resource": {"resource": "arn:aws:s3:::reports/may.csv"}, "context": {}},
//!          "identityPolicies": [{"Version": "2012-10-17", "Statement":
//!              {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}],
//!          "expected": {"response": "ImplicitlyDenied"}}]"#,
//! )?;
//! assert!(cases.iter().all(|case| case.run().pass));
//! # Ok::<(), rolecall_iam::simulate::CaseErrors>(())
//! ```

mod read;

use serde_json::{Map, Value, json};

use super::document::{Document, Fault};
use super::evaluate::{Decision, Evaluation, Layer, Layers, Level, Request, StatementRef, evaluate};
use super::explain::{Explanation, explain, reason};

/// The largest file of cases that is read, in bytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// One case.
#[derive(Debug, Clone)]
pub struct Case {
    /// What the case shows.
    pub name: String,
    /// The request.
    pub request: Request,
    /// The caller's identity policies.
    pub identity: Vec<Document>,
    /// The session policy, where there is one.
    pub session: Option<Document>,
    /// The policy of the resource, where there is one; the trust policy for `sts:AssumeRole`.
    pub resource: Option<Document>,
    /// The caller's permissions boundary, where there is one.
    pub boundary: Option<Vec<Document>>,
    /// Service control policies, a level each, from the root.
    pub service_control: Vec<OrganizationLevel>,
    /// Resource control policies, a level each, from the root.
    pub resource_control: Vec<OrganizationLevel>,
    /// The answer that is expected.
    pub expected: Decision,
}

/// The policies of one level of an organization.
#[derive(Debug, Clone)]
pub struct OrganizationLevel {
    /// The root, unit or account that has them.
    pub identifier: String,
    /// The policies.
    pub policies: Vec<Document>,
}

/// A case that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFault {
    /// The case's place in the file, from 0; `None` where the file itself is at fault.
    pub case: Option<usize>,
    /// The case's name, where it has one.
    pub name: Option<String>,
    /// What is wrong; the pointer starts at the file's root.
    pub fault: Fault,
}

impl std::fmt::Display for CaseFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.name, self.case) {
            (Some(name), _) => write!(formatter, "case `{}`: {}", name.escape_debug(), self.fault),
            (None, Some(case)) => write!(formatter, "case {}: {}", case + 1, self.fault),
            (None, None) => write!(formatter, "{}", self.fault),
        }
    }
}

/// Every fault of a file of cases.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a file of cases: {}", faults.iter().map(CaseFault::to_string).collect::<Vec<_>>().join("; "))]
pub struct CaseErrors {
    /// At least one.
    pub faults: Vec<CaseFault>,
}

/// Reads a file of cases: a JSON array, or an object with `common` and `cases`.
///
/// # Errors
/// Every fault of every case.
pub fn parse(text: &str) -> Result<Vec<Case>, CaseErrors> {
    read::cases(text).map_err(|faults| CaseErrors { faults })
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The case's name.
    pub name: String,
    /// The answer.
    pub response: Decision,
    /// The answer's reason in one line.
    pub reason: String,
    /// The statements that decided.
    pub statements: Vec<DecidingStatement>,
    /// The answer that was expected.
    pub expected: Decision,
    /// Whether both are the same.
    pub pass: bool,
}

/// A statement that decided, found in the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidingStatement {
    /// Its place in the case, as a JSON pointer: `/resourcePolicy/Statement/0`.
    pub pointer: String,
    /// Its id, where it has one.
    pub sid: Option<String>,
}

impl Outcome {
    /// The outcome as one JSON object.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let Self { name, response, reason, statements, expected, pass } = self;
        let statements: Vec<Value> = statements
            .iter()
            .map(|statement| {
                let mut object = Map::new();
                object.insert("pointer".into(), statement.pointer.as_str().into());
                if let Some(sid) = &statement.sid {
                    object.insert("sid".into(), sid.as_str().into());
                }
                Value::Object(object)
            })
            .collect();
        json!({
            "name": name,
            "response": response.as_str(),
            "reason": reason,
            "statements": statements,
            "expected": expected.as_str(),
            "pass": pass,
        })
    }
}

impl Case {
    /// The policies that apply.
    #[must_use]
    pub fn layers(&self) -> Layers<'_> {
        fn levels(levels: &[OrganizationLevel]) -> Vec<Level<'_>> {
            levels.iter().map(|level| Level { documents: level.policies.iter().collect() }).collect()
        }
        Layers {
            identity: self.identity.iter().collect(),
            boundary: self.boundary.as_ref().map(|documents| documents.iter().collect()),
            session: self.session.as_ref().map(|document| vec![document]),
            resource: self.resource.as_ref(),
            service_control: levels(&self.service_control),
            resource_control: levels(&self.resource_control),
        }
    }

    /// Evaluates the case.
    #[must_use]
    pub fn run(&self) -> Outcome {
        let evaluation = self.evaluate();
        Outcome {
            name: self.name.clone(),
            response: evaluation.decision,
            reason: reason(&evaluation),
            statements: evaluation.statements.iter().map(|statement| self.locate(statement)).collect(),
            expected: self.expected,
            pass: evaluation.decision == self.expected,
        }
    }

    /// The answer in full.
    #[must_use]
    pub fn evaluate(&self) -> Evaluation {
        evaluate(&self.request, &self.layers())
    }

    /// The answer as a tree of reasons.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let layers = self.layers();
        explain(&self.request, &layers, &evaluate(&self.request, &layers))
    }

    fn locate(&self, statement: &StatementRef) -> DecidingStatement {
        let StatementRef { layer, document: index, statement, sid } = statement;
        let level = |levels: &'_ [OrganizationLevel], level: usize| {
            levels.get(level).and_then(|level| level.policies.get(*index)).cloned()
        };
        let (place, document) = match layer {
            Layer::Identity => (format!("/identityPolicies/{index}"), self.identity.get(*index).cloned()),
            Layer::Session => ("/sessionPolicy".to_owned(), self.session.clone()),
            Layer::Resource => ("/resourcePolicy".to_owned(), self.resource.clone()),
            Layer::Boundary => (
                format!("/permissionBoundaries/{index}"),
                self.boundary.as_ref().and_then(|documents| documents.get(*index)).cloned(),
            ),
            Layer::ServiceControl(at) => {
                (format!("/serviceControlPolicies/{at}/policies/{index}"), level(&self.service_control, *at))
            }
            Layer::ResourceControl(at) => (
                format!("/resourceControlPolicies/{at}/policies/{index}"),
                level(&self.resource_control, *at),
            ),
        };
        let within = document.map(|document| document.statement_pointer(*statement)).unwrap_or_default();
        DecidingStatement { pointer: format!("{place}{within}"), sid: sid.as_deref().map(str::to_owned) }
    }
}
