//! Why the documents of a role answer a request as they do: as a tree of reasons, and as the statements that decide.

use rolecall_extract::{NamedDocument, PermissionDocuments, RoleDocuments, Side};
use rolecall_iam::document::Document;
use rolecall_iam::evaluate::{Evaluation, Layer, Layers, Request, StatementRef, evaluate, evaluate_trust};
use rolecall_iam::explain::{Explanation, explain, explain_trust};
use rolecall_iam::prove::Permissions;

use crate::claim::ClaimKind;

/// What findings call the trust policy.
pub(crate) const TRUST_POLICY: &str = "the trust policy";

/// A statement that decides.
#[derive(Clone, Copy, Debug)]
pub struct Deciding<'r> {
    /// What the role calls the policy.
    pub policy: &'r str,
    /// Its document.
    pub document: &'r Document,
    /// The statement's place in it, from zero.
    pub statement: usize,
}

/// The policies of a role as the evaluator takes them.
#[must_use]
pub fn layers<'d>(permissions: &Permissions<'d>) -> Layers<'d> {
    Layers {
        identity: permissions.identity.iter().map(|policy| policy.document).collect(),
        boundary: permissions.boundary.map(|boundary| vec![boundary.document]),
        ..Layers::default()
    }
}

/// The side of a role that decides a claim.
enum Deciders<'r> {
    Trust(&'r Document),
    Permissions(&'r PermissionDocuments),
}

impl<'r> Deciders<'r> {
    /// None where that side could not be read, or the claim is not about the role's own documents.
    fn of(role: &'r RoleDocuments, about: ClaimKind) -> Option<Self> {
        match about {
            ClaimKind::OnlyTrusted | ClaimKind::ExternalId | ClaimKind::MayAssume => match &role.trust {
                Side::Known(trust) => Some(Self::Trust(trust)),
                Side::Unknown(_) | Side::Absent => None,
            },
            ClaimKind::OnlyTargets | ClaimKind::EveryTarget => match &role.permissions {
                Side::Known(documents) => Some(Self::Permissions(documents)),
                Side::Unknown(_) | Side::Absent => None,
            },
            ClaimKind::Boundary | ClaimKind::OnlyThroughRole | ClaimKind::Organization => None,
        }
    }

    /// As the prover confirms its witnesses: what the session asks for is taken to leave the decision to the session's account.
    fn evaluate(&self, request: &Request) -> Evaluation {
        match self {
            Self::Trust(trust) => evaluate_trust(request, trust),
            Self::Permissions(documents) => {
                let delegation = request.principal.account().map(Document::delegating_to);
                let layers = Layers { resource: delegation.as_ref(), ..layers(&documents.for_proof()) };
                evaluate(request, &layers)
            }
        }
    }

    fn statement(
        &self,
        StatementRef { layer, document, statement, sid: _ }: &StatementRef,
    ) -> Option<Deciding<'r>> {
        let (policy, document): (&str, &Document) = match (self, layer) {
            (Self::Trust(trust), Layer::Resource) => (TRUST_POLICY, trust),
            (Self::Permissions(documents), Layer::Identity) => {
                let NamedDocument { name, document } = documents.identity.get(*document)?;
                (name, document)
            }
            (Self::Permissions(documents), Layer::Boundary) => {
                let NamedDocument { name, document } = documents.boundary.as_ref()?;
                (name, document)
            }
            (
                Self::Trust(_) | Self::Permissions(_),
                Layer::ResourceControl(_)
                | Layer::ServiceControl(_)
                | Layer::Resource
                | Layer::Identity
                | Layer::Boundary
                | Layer::Session,
            ) => return None,
        };
        Some(Deciding { policy, document, statement: *statement })
    }
}

/// The reasons of the side that decides such a request; none where that side could not be read, and none where the role's
/// policies by themselves do not decide it: a resource of another account has a policy of its own, which nobody read.
#[must_use]
pub fn explain_claim(role: &RoleDocuments, about: ClaimKind, request: &Request) -> Option<Explanation> {
    let deciders = Deciders::of(role, about)?;
    let evaluation = deciders.evaluate(request);
    Some(match &deciders {
        Deciders::Trust(trust) => explain_trust(request, trust, &evaluation),
        Deciders::Permissions(documents) => {
            let permissions = documents.for_proof();
            let layers = layers(&permissions);
            let own = evaluate(request, &layers);
            if own.allows != evaluation.allows {
                return None;
            }
            explain(request, &layers, &own)
        }
    })
}

/// The statements that allow or deny such a request.
#[must_use]
pub fn deciding<'r>(role: &'r RoleDocuments, about: ClaimKind, request: &Request) -> Vec<Deciding<'r>> {
    let Some(deciders) = Deciders::of(role, about) else { return Vec::new() };
    let evaluation = deciders.evaluate(request);
    evaluation.statements.iter().filter_map(|statement| deciders.statement(statement)).collect()
}

/// The document of the role that a finding calls by this name.
#[must_use]
pub fn document_of<'r>(role: &'r RoleDocuments, name: &str) -> Option<&'r Document> {
    if name == TRUST_POLICY {
        return match &role.trust {
            Side::Known(trust) => Some(trust),
            Side::Unknown(_) | Side::Absent => None,
        };
    }
    match &role.permissions {
        Side::Known(PermissionDocuments { identity, boundary }) => {
            let found = identity.iter().chain(boundary).find(|policy| policy.name == name);
            found.map(|policy| &policy.document)
        }
        Side::Unknown(_) | Side::Absent => None,
    }
}
