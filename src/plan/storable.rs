//! Whether IAM stores what a plan writes: its grammar and its quotas, for every document, those in between included. Pure.
//!
//! Deliberately absent: inline policies, which only a twin gets, as IAM holds them on its role.

use std::fmt;

use super::aws::{Change, TrustStep};
use crate::iam::arn::{Partition, PolicyArn, RoleName};
use crate::iam::document::Document;
use crate::iam::principal::element::PrincipalName;
use crate::iam::quota::{self, Evidence, Violation};
use crate::ports::AccountQuotas;
use rolecall_model::stored::StoredDocument;

/// A document that IAM would refuse to store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("IAM would refuse {document}: {}", rules.join("; "))]
pub struct Unstorable {
    pub document: Written,
    /// Every rule that it breaks.
    pub rules: Vec<String>,
}

/// A document that a plan writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A role's trust policy.
    Trust {
        role: RoleName,
        /// For how long it stands.
        step: TrustStep,
    },
    /// A version of a managed policy.
    Policy(Box<PolicyArn>),
}

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trust { role, step: TrustStep::Wanted } => {
                write!(formatter, "the trust policy of role `{role}`")
            }
            Self::Trust { role, step: TrustStep::Shared | TrustStep::Closed } => {
                write!(formatter, "the trust policy that role `{role}` has while the other changes are made")
            }
            Self::Policy(arn) => write!(formatter, "policy `{arn}`"),
        }
    }
}

/// What documents are held to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits<'l> {
    pub(super) quotas: &'l AccountQuotas,
    /// The role's, where it is known.
    pub(super) partition: Option<&'l Partition>,
}

impl Limits<'_> {
    /// The first document among those that the changes write which IAM would refuse.
    pub(super) fn first_refused(&self, changes: &[Change]) -> Option<Unstorable> {
        changes.iter().find_map(|change| {
            let (document, stored) = written(change)?;
            let rules = match document {
                Written::Trust { .. } => self.against_trust(stored),
                Written::Policy(_) => self.against_policy(stored),
            };
            (!rules.is_empty()).then_some(Unstorable { document, rules })
        })
    }

    /// Why IAM would refuse the document as a role's trust policy.
    pub(super) fn against_trust(&self, stored: &StoredDocument) -> Vec<String> {
        let grammar = |document: &Document| {
            let mut violations = quota::check_trust_grammar(document);
            violations.extend(self.partition.into_iter().flat_map(|it| quota::check_partition(document, it)));
            let mut rules = told(violations);
            if names_the_deleted(document) {
                rules.push("it names a principal that was deleted, by its unique ID".to_owned());
            }
            rules
        };
        against(stored, self.quotas.trust_policy_size, grammar)
    }

    fn against_policy(&self, stored: &StoredDocument) -> Vec<String> {
        against(stored, self.quotas.managed_policy_size, |document| {
            told(quota::check_identity_grammar(document))
        })
    }
}

/// The document that the change writes.
pub(super) fn written(change: &Change) -> Option<(Written, &StoredDocument)> {
    match change {
        Change::CreateRole { role } => {
            Some((Written::Trust { role: role.name.clone(), step: TrustStep::Wanted }, &role.trust))
        }
        Change::UpdateTrust { role, after, step, before: _ } => {
            Some((Written::Trust { role: role.clone(), step: *step }, after))
        }
        Change::CreatePolicy { arn, policy } => {
            Some((Written::Policy(Box::new(arn.clone())), &policy.document))
        }
        Change::CreatePolicyVersion { arn, after, before: _ } => {
            Some((Written::Policy(Box::new(arn.clone())), after))
        }
        Change::PutBoundary { .. }
        | Change::DeleteBoundary { .. }
        | Change::UpdateRole { .. }
        | Change::TagRole { .. }
        | Change::TagPolicy { .. }
        | Change::DeletePolicyVersion { .. }
        | Change::AttachPolicy { .. }
        | Change::DetachPolicy { .. }
        | Change::DeletePolicy { .. }
        | Change::PutInlinePolicy { .. }
        | Change::DeleteInlinePolicy { .. }
        | Change::DeleteRole { .. } => None,
    }
}

fn against(stored: &StoredDocument, quota: usize, grammar: impl Fn(&Document) -> Vec<String>) -> Vec<String> {
    let mut rules = match stored.parsed() {
        Ok(document) => grammar(document),
        Err(errors) => vec![errors.to_string()],
    };
    let size = stored.size();
    if size > quota {
        rules.push(format!("it has {size} characters without white space, and the quota is {quota}"));
    }
    rules
}

/// Refusals that AWS documents. Whether an operator that rolecall does not know exists, AWS decides.
fn told(violations: Vec<Violation>) -> Vec<String> {
    let is_certain = |violation: &Violation| match violation.evidence {
        Evidence::Documented => !violation.is_told_elsewhere,
        Evidence::Contested => false,
    };
    let line = |Violation { pointer, message, .. }: Violation| match pointer.as_str() {
        "" => message,
        pointer => format!("{pointer}: {message}"),
    };
    violations.into_iter().filter(is_certain).map(line).collect()
}

/// IAM shows the unique ID of a principal that was deleted, and stores it in no new policy (IAM User Guide, "Principal").
fn names_the_deleted(document: &Document) -> bool {
    let named = document.statements().iter().filter_map(|statement| statement.principal.as_ref());
    named.flat_map(|clause| &clause.values).any(|name| matches!(name, PrincipalName::UniqueId(_)))
}
