//! Policy unit tests: the cases in a text, each with what becomes of it. Contacts nobody.

use crate::iam::simulate::{Case, CaseErrors, parse};
use crate::verify::policy_case::PolicyCase;

/// A text that holds no cases.
#[derive(Debug, thiserror::Error)]
#[error("{name} is not a file of cases:{}", listed(faults))]
pub struct NotCases {
    /// What messages call it.
    name: String,
    faults: CaseErrors,
}

/// Every fault on a line of its own.
fn listed(errors: &CaseErrors) -> String {
    errors.faults.iter().map(|fault| format!("\n  {fault}")).collect()
}

/// Runs the cases in a text; `name` is what messages call it.
pub fn simulate(name: &str, text: &str, explain: bool) -> Result<Vec<PolicyCase>, NotCases> {
    let cases = parse(text).map_err(|faults| NotCases { name: name.to_owned(), faults })?;
    let run = |case: &Case| PolicyCase { outcome: case.run(), explanation: explain.then(|| case.explain()) };
    Ok(cases.iter().map(run).collect())
}
