//! Which managed policies are attached to which roles.

use super::{change_role, end_of_page, find_role, limit_exceeded, no_such_entity};
use crate::authorize::policy_document;
use crate::call::{Call, Params};
use crate::evaluator::Context;
use crate::state::State;
use crate::wire::ApiError;
use crate::xml::Xml;

pub(super) fn attach(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let arn = params.required("PolicyArn")?;
    let exists = !policy_document(state, arn).is_empty();
    let quota = state.accounts.get(call.account()).map_or(0, |account| account.quotas.policies_per_role);
    let role =
        change_role(call, params, state, "AttachRolePolicy", Context::new().with("iam:PolicyARN", arn))?;
    if !exists {
        return Err(no_such_entity(format!("Policy {arn} does not exist or is not attachable.")));
    }
    let attached = &mut role.permissions.attached;
    if !attached.iter().any(|policy| policy == arn) {
        if attached.len() >= quota {
            return Err(limit_exceeded(format!("Cannot exceed quota for PoliciesPerRole: {quota}")));
        }
        attached.push(arn.to_owned());
    }
    Ok(Xml::new())
}

pub(super) fn detach(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let arn = params.required("PolicyArn")?;
    let role =
        change_role(call, params, state, "DetachRolePolicy", Context::new().with("iam:PolicyARN", arn))?;
    let before = role.permissions.attached.len();
    role.permissions.attached.retain(|policy| policy != arn);
    match role.permissions.attached.len() < before {
        true => Ok(Xml::new()),
        false => Err(no_such_entity(format!("Policy {arn} was not found."))),
    }
}

pub(super) fn list(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    let role = find_role(call, params, state, "ListAttachedRolePolicies")?;
    let prefix = params.get("PathPrefix").unwrap_or("/");
    let below = |arn: &&String| arn.split_once(":policy").is_some_and(|(_, path)| path.starts_with(prefix));
    let (page, marker) = params.page(role.permissions.attached.iter().filter(below).collect())?;
    let mut xml = Xml::new();
    xml.list("AttachedPolicies", page, show);
    end_of_page(&mut xml, marker);
    Ok(xml)
}

pub(super) fn show(xml: &mut Xml, arn: &String) {
    let name = arn.rsplit('/').next().unwrap_or_default();
    xml.text("PolicyName", name).text("PolicyArn", arn);
}

pub(super) fn entities(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    super::policy::find(call, params, state, "ListEntitiesForPolicy")?;
    let arn = params.required("PolicyArn")?;
    let filter = params.get("EntityFilter").unwrap_or("All");
    if !["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy", "All"].contains(&filter) {
        return Err(ApiError::validation(format!("unknown EntityFilter {filter}")));
    }
    let boundary = params.get("PolicyUsageFilter") == Some("PermissionsBoundary");
    let uses = |permissions: &crate::state::Permissions| match boundary {
        true => permissions.boundary.as_deref() == Some(arn),
        false => permissions.attached.iter().any(|attached| attached == arn),
    };
    let account = state.accounts.get(call.account());
    let users =
        account.into_iter().flat_map(|account| &account.users).filter(|(_, user)| uses(&user.permissions));
    let users =
        users.map(|(name, user)| ("User", name, &user.id)).filter(|_| ["All", "User"].contains(&filter));
    let roles =
        account.into_iter().flat_map(|account| account.roles.values()).filter(|role| uses(&role.permissions));
    let roles =
        roles.map(|role| ("Role", &role.name, &role.id)).filter(|_| ["All", "Role"].contains(&filter));
    let (page, marker) = params.page(users.chain(roles).collect())?;
    let mut xml = Xml::new();
    for (list, kind) in [("PolicyGroups", "Group"), ("PolicyUsers", "User"), ("PolicyRoles", "Role")] {
        xml.list(list, page.iter().filter(|(found, ..)| *found == kind), |node, (kind, name, id)| {
            node.text(&format!("{kind}Name"), name).text(&format!("{kind}Id"), id);
        });
    }
    end_of_page(&mut xml, marker);
    Ok(xml)
}
