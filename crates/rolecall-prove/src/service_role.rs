//! Roles that are not for a vendor: those that only AWS services can assume, such as the execution role of a function.

use std::collections::BTreeSet;

use rolecall_extract::{RoleDocuments, Side};
use rolecall_iam::document::Effect;
use rolecall_iam::principal::element::PrincipalName;

/// The services that the role's trust policy names, where it names nobody else.
pub(crate) fn services_alone(role: &RoleDocuments) -> Option<BTreeSet<&str>> {
    let Side::Known(trust) = &role.trust else { return None };
    let mut services = BTreeSet::new();
    for statement in trust.statements().iter().filter(|statement| statement.effect == Effect::Allow) {
        let clause = statement.principal.as_ref().filter(|clause| !clause.negated)?;
        for name in &clause.values {
            match name {
                PrincipalName::Service(service) => services.insert(service.as_str()),
                PrincipalName::Everyone
                | PrincipalName::AnyAws
                | PrincipalName::Account { .. }
                | PrincipalName::Identity(_)
                | PrincipalName::UniqueId(_)
                | PrincipalName::Federated(_)
                | PrincipalName::CanonicalUser(_)
                | PrincipalName::Nobody(_)
                | PrincipalName::Undocumented(..) => return None,
            };
        }
    }
    (!services.is_empty()).then_some(services)
}
