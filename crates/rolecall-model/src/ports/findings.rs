//! Findings for a store of findings, in the words of the AWS Security Finding Format.

use std::collections::BTreeMap;

/// How severe it is (API Reference, FindingProviderSeverity).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong.
    Informational,
    /// It does not require action on its own.
    Low,
    /// It must be addressed, but not urgently.
    Medium,
    /// It must be addressed as a priority.
    High,
    /// It must be remediated at once.
    Critical,
}

/// What the check came to (API Reference, Compliance).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compliance {
    /// All is as it should be.
    Passed,
    /// It is not known.
    Warning,
    /// Something is not as it should be.
    Failed,
    /// The check could not be made.
    NotAvailable,
}

/// One finding. The same ID is the same finding at another time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The ID, up to 512 characters.
    pub id: String,
    /// Which check found it.
    pub generator: String,
    /// What was found, up to 256 characters.
    pub title: String,
    /// The same at length, up to 1,024 characters.
    pub description: String,
    /// What to do, up to 512 characters.
    pub remediation: String,
    /// What the check came to.
    pub compliance: Compliance,
    /// How severe it is.
    pub severity: Severity,
    /// The type of what it is about, such as `AwsIamRole`.
    pub resource_type: &'static str,
    /// Its ARN, up to 512 characters.
    pub resource: String,
    /// What else is to be known, by name.
    pub fields: Vec<(&'static str, String)>,
}

/// A finding that the store has, and that is not archived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFinding {
    pub id: String,
    /// What was found.
    pub title: String,
    /// What it is about.
    pub resource: String,
    /// What else is known, by name.
    pub fields: BTreeMap<String, String>,
}
