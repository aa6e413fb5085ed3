//! What AWS's own analysers are asked: the IAM policy simulator and IAM Access Analyzer.

use std::collections::BTreeMap;

use crate::stored::StoredDocument;
use jiff::Timestamp;

use super::AwsResult;
use crate::iam::evaluate::Decision;

/// An answer, and by what AWS and CloudTrail can be asked about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    pub answer: T,
    /// The request's ID; of the last page where there were several.
    pub request_id: Option<String>,
    /// When the answer came.
    pub at: Timestamp,
}

/// The policy simulator's answer about one action on one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    pub action: String,
    /// The resource; `*` where none was named.
    pub resource: String,
    /// The decision; `Unknown` for a word that is none of AWS's three.
    pub decision: Decision,
    /// Condition keys that the policies ask about and the simulation did not have.
    pub missing_keys: Vec<String>,
    /// Whether the organization's policies allow the action on all of the resources; `None` where AWS does not say.
    pub organization_allows: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// A role's trust policy.
    Trust,
    /// A policy on a role.
    Identity,
}

/// Something that Access Analyzer found in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// `ERROR`, `SECURITY_WARNING`, `WARNING` or `SUGGESTION`.
    pub kind: String,
    /// The check's name, such as `FORALLVALUES_WITH_SINGLE_VALUED_KEY`.
    pub code: String,
    /// What was found.
    pub details: String,
    /// Where AWS explains it.
    pub link: String,
    /// The statement that it is about, from zero.
    pub statement: Option<usize>,
}

/// The answer of a custom policy check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Whether the document passed; `None` for a word that is neither of AWS's two.
    pub passed: Option<bool>,
    /// What AWS says about it, and the statements that it names.
    pub message: String,
}

/// What the IAM policy simulator is asked.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait Simulate {
    /// `iam:SimulatePrincipalPolicy`: what the policies and the boundary of a role or user (`principal`, its ARN) say to each
    /// action on each resource; on everything (`*`) where there is no resource. Condition keys have the values of `context`, texts
    /// all of them. Trust policies and session policies are beyond the simulator.
    async fn simulate(
        &self,
        principal: &str,
        actions: &[&str],
        resources: &[String],
        context: &BTreeMap<String, String>,
    ) -> AwsResult<Answered<Vec<Simulated>>>;
}

/// What IAM Access Analyzer is asked. Nothing here changes anything.
#[expect(
    async_fn_in_trait,
    reason = "every caller runs on one thread and is generic; no bound on the future is needed"
)]
pub trait AnalyseAccess {
    /// `access-analyzer:ValidatePolicy`.
    async fn validate_policy(
        &self,
        document: &StoredDocument,
        kind: DocumentKind,
    ) -> AwsResult<Answered<Vec<Remark>>>;
    /// `access-analyzer:CheckNoPublicAccess` of a trust policy. AWS bills each call.
    async fn check_no_public_access(&self, trust: &StoredDocument) -> AwsResult<Answered<Check>>;
    /// `access-analyzer:CheckNoNewAccess`: whether `document` allows nothing that `reference` does not. AWS bills each
    /// call.
    async fn check_no_new_access(
        &self,
        document: &StoredDocument,
        reference: &StoredDocument,
        kind: DocumentKind,
    ) -> AwsResult<Answered<Check>>;
}
