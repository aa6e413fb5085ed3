//! Custom resources that say nothing of a role: no template shows what their programs make, so each is named.
//!
//! Source: CloudFormation User Guide, "Custom resources": `ServiceToken` names the function, or the topic, that answers for it.
//! Where the role of that function is in the file, the program can change it, so it is unknown by now (see [`super::others`]),
//! and no file with it is proved.

use super::super::role::RoleDocuments;
use super::table::{Reach, row_of};
use super::{Resource, Template};

/// Names the custom resources beside the first role. Those that state a trust policy are unknown roles by now.
pub(super) fn look(template: &Template<'_>, roles: &mut [RoleDocuments]) {
    let mut notes = Vec::new();
    for resource in template.resources.iter().filter(|resource| is_unread(resource)) {
        let is_role = roles.iter().any(|role| role.name == resource.id);
        if !is_role && template.creation(resource, &mut template.resolver()).is_some() {
            let Resource { id, kind, .. } = resource;
            notes.push(format!(
                "custom resource `{id}` ({kind}) was not examined: its program can make roles that the file does not show"
            ));
        }
    }
    if let Some(role) = roles.first_mut() {
        role.notes.extend(notes);
    }
}

/// rolecall's own custom resources are no programs that rolecall does not know.
fn is_unread(resource: &Resource<'_>) -> bool {
    let is_custom =
        resource.kind.starts_with("Custom::") || resource.kind == "AWS::CloudFormation::CustomResource";
    is_custom && row_of(resource.kind).reach != Reach::Harmless
}
