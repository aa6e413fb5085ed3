//! What the holders of the policies in a document of another tool can reach. Contacts nobody.
//!
//! The proof of the roles themselves is `rolecall_prove`, which the page in the browser is compiled from, too.

use crate::extract::{Extracted, RoleDocuments};
use crate::verify::holder::{HolderProofs, Provisions, decide_holder};
use rolecall_prove::{ProveRequest, in_parallel, name_of};

/// What the holders of these permissions can reach.
#[must_use]
pub fn prove_holders(
    request: &ProveRequest,
    Extracted { kind, roles }: &Extracted,
    provisions: &Provisions,
) -> HolderProofs {
    let decide = |_, role: &RoleDocuments| decide_holder(name_of(*kind, role), role, provisions);
    HolderProofs { source: request.source(*kind), holders: in_parallel(roles, decide) }
}
