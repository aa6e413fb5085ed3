//! The documents that decide, as values, and what they say to one request.

use rolecall_prove::reasons::layers;

use super::claim::{Claim, ClaimKind};
use super::{Documents, paper};
use crate::desired::aws::Desired;
use crate::extract::{PermissionDocuments, Side};
use crate::iam::document::Document;
use crate::iam::evaluate::{Evaluation, Layer, Layers, Level, Request, evaluate};
use crate::iam::truth::Truth;

/// The policies at one level of an organization, each with the name that messages give it.
pub type OrganizationLevel = Vec<(String, Document)>;

/// The documents of a role, all of them read.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) trust: Document,
    pub(super) permissions: PermissionDocuments,
}

impl Held {
    /// The documents, or why some of them cannot be read, in one line each.
    pub(super) fn read(documents: &Documents, desired: &Desired) -> Result<Self, Vec<String>> {
        let role = paper::read(documents, &desired.role_arn());
        let unknown = |reasons: Vec<String>| Err(reasons);
        match (role.trust, role.permissions) {
            (Side::Known(trust), Side::Known(permissions)) => Ok(Self { trust, permissions }),
            (Side::Unknown(mut reasons), Side::Unknown(more)) => {
                reasons.extend(more);
                unknown(reasons)
            }
            (Side::Unknown(reasons), _) | (_, Side::Unknown(reasons)) => unknown(reasons),
            (Side::Absent, _) | (_, Side::Absent) => unknown(vec!["a document is missing".to_owned()]),
        }
    }

    /// What the session's account says to a request of the session. The policy of the resource is not looked at: it is taken to
    /// leave the decision to the account. For `sts:AssumeRole`, too: the role that is asked for has a trust policy, and rolecall
    /// does not know it.
    pub(super) fn evaluate(&self, request: &Request, service_control: &[OrganizationLevel]) -> Evaluation {
        let delegation = request.principal.account().map(Document::delegating_to);
        let layers = Layers {
            service_control: levels(service_control),
            resource: delegation.as_ref(),
            ..layers(&self.permissions.for_proof())
        };
        let mut evaluation = evaluate(request, &layers);
        // That policy only stands for what is decided elsewhere: no reader finds it in AWS.
        evaluation.statements.retain(|statement| statement.layer != Layer::Resource);
        evaluation
    }
}

/// Whether the request that breaks a claim about other documents breaks it with these documents, too. What no request shows, or
/// what cannot be evaluated here, is taken to be so.
#[must_use]
pub fn is_broken_by(claim: &Claim, documents: &Documents, desired: &Desired) -> bool {
    let (Some(request), Ok(held)) = (claim.request(), Held::read(documents, desired)) else { return true };
    let allows = || held.evaluate(request, &[]).allows;
    match claim.kind() {
        ClaimKind::OnlyTargets => allows() != Truth::False,
        ClaimKind::EveryTarget => allows() != Truth::True,
        // Of one document alone, which is the difference.
        ClaimKind::OnlyTrusted
        | ClaimKind::ExternalId
        | ClaimKind::MayAssume
        | ClaimKind::Boundary
        | ClaimKind::OnlyThroughRole
        | ClaimKind::Organization => true,
    }
}

/// Levels of organization policies as the evaluator takes them.
pub(super) fn levels(levels: &[OrganizationLevel]) -> Vec<Level<'_>> {
    levels
        .iter()
        .map(|level| Level { documents: level.iter().map(|(_, document)| document).collect() })
        .collect()
}
