//! Roles: their life, trust policy, description, session duration and boundary.

use super::{
    change_role, check_path, check_role, date, delete_conflict, encoded, end_of_page, find_role,
    limit_exceeded, no_such_entity, show_tags, tagging,
};
use crate::authorize::policy_document;
use crate::call::{Call, Params, is_name_character};
use crate::evaluator::Context;
use crate::grammar::{self, Kind};
use crate::state::{Permissions, Role, State};
use crate::wire::ApiError;
use crate::xml::Xml;

pub(super) fn create(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let name = params.required("RoleName")?;
    params.check("RoleName", 1..=64, r"[\w+=,.@-]+", is_name_character)?;
    let path = check_path(params, |letter| ('\u{21}'..='\u{7e}').contains(&letter))?;
    let document = params.required("AssumeRolePolicyDocument")?;
    let description = checked_description(params)?;
    let duration = params.number("MaxSessionDuration", 3600..=43200)?.unwrap_or(3600);
    let tags = tagging::requested(params)?;
    let boundary = params.get("PermissionsBoundary");

    let arn = format!("arn:aws:iam::{}:role{path}{name}", call.account());
    let context = tagging::context(Context::new(), &tags).with_optional("iam:PermissionsBoundary", boundary);
    call.authorize("iam:CreateRole", &arn, &arn, context.clone())?;
    if !tags.is_empty() {
        call.authorize("iam:TagRole", &arn, &arn, context)?;
    }
    let trusted_ids = grammar::check(document, Kind::Trust, call.enforced)?;
    let boundary = boundary.map(|policy| existing_boundary(state, policy)).transpose()?;
    let id = state.new_id("AROA");
    let account = state.accounts.entry(call.account().to_owned()).or_default();
    check_trust_size(document, account.quotas.trust_policy_size)?;
    if account.roles.contains_key(&name.to_lowercase()) {
        return Err(ApiError::new(
            409,
            "EntityAlreadyExists",
            format!("Role with name {name} already exists."),
        ));
    }
    if account.roles.len() >= account.quotas.roles {
        return Err(limit_exceeded(format!(
            "Cannot exceed quota for RolesPerAccount: {}",
            account.quotas.roles
        )));
    }
    let role = Role {
        name: name.to_owned(),
        path,
        id,
        description,
        created: call.now,
        max_session_duration: duration,
        trust: document.to_owned(),
        trusted_ids,
        permissions: Permissions { boundary, ..Permissions::default() },
        tags,
    };
    let mut xml = Xml::new();
    xml.node("Role", |node| show(node, call.account(), &role, &role.trust, Detail::Whole));
    account.roles.insert(name.to_lowercase(), role);
    Ok(xml)
}

pub(super) fn get(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    let role = find_role(call, params, state, "GetRole")?;
    let mut xml = Xml::new();
    xml.node("Role", |node| show(node, call.account(), role, &shown_trust(role, state), Detail::Whole));
    Ok(xml)
}

pub(super) fn list(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    let arn = format!("arn:aws:iam::{}:role/", call.account());
    call.authorize("iam:ListRoles", &arn, &arn, Context::new())?;
    let prefix = params.get("PathPrefix").unwrap_or("/");
    let roles = state.accounts.get(call.account()).into_iter().flat_map(|account| account.roles.values());
    let (page, marker) = params.page(roles.filter(|role| role.path.starts_with(prefix)).collect())?;
    let mut xml = Xml::new();
    // "This operation does not return … PermissionsBoundary, RoleLastUsed, Tags."
    xml.list("Roles", page, |node, role| {
        show(node, call.account(), role, &shown_trust(role, state), Detail::Brief)
    });
    end_of_page(&mut xml, marker);
    Ok(xml)
}

pub(super) fn update(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let description = checked_description(params)?;
    let duration = params.number("MaxSessionDuration", 3600..=43200)?;
    let role = change_role(call, params, state, "UpdateRole", Context::new())?;
    role.description = description.or(role.description.take());
    role.max_session_duration = duration.unwrap_or(role.max_session_duration);
    Ok(Xml::new())
}

pub(super) fn update_description(
    call: &Call<'_>,
    params: &Params,
    state: &mut State,
) -> Result<Xml, ApiError> {
    params.required("Description")?;
    let description = checked_description(params)?;
    let role = change_role(call, params, state, "UpdateRoleDescription", Context::new())?;
    role.description = description;
    let mut xml = Xml::new();
    xml.node("Role", |node| show(node, call.account(), role, &role.trust, Detail::Whole));
    Ok(xml)
}

pub(super) fn update_trust(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let document = params.required("PolicyDocument")?;
    let quota = state.accounts.get(call.account()).map_or(0, |account| account.quotas.trust_policy_size);
    let role = change_role(call, params, state, "UpdateAssumeRolePolicy", Context::new())?;
    role.trusted_ids = grammar::check(document, Kind::Trust, call.enforced)?;
    check_trust_size(document, quota)?;
    document.clone_into(&mut role.trust);
    Ok(Xml::new())
}

pub(super) fn put_boundary(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let policy = params.required("PermissionsBoundary")?;
    // The key is the boundary that is asked for, not the one in place.
    let context = Context::new().with("iam:PermissionsBoundary", policy);
    let name = check_role(call, params, state, "PutRolePermissionsBoundary", context)?;
    let boundary = existing_boundary(state, policy)?;
    let role = state.role_mut(call.account(), &name).ok_or_else(|| super::no_role(&name))?;
    role.permissions.boundary = Some(boundary);
    Ok(Xml::new())
}

pub(super) fn delete_boundary(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let role = change_role(call, params, state, "DeleteRolePermissionsBoundary", Context::new())?;
    match role.permissions.boundary.take() {
        Some(_) => Ok(Xml::new()),
        None => Err(no_such_entity(format!(
            "The role with name {} does not have a permissions boundary.",
            role.name
        ))),
    }
}

pub(super) fn delete(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let role = change_role(call, params, state, "DeleteRole", Context::new())?;
    if !role.permissions.attached.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.permissions.inline.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must delete policies first."));
    }
    let key = role.name.to_lowercase();
    if let Some(account) = state.accounts.get_mut(call.account()) {
        account.roles.remove(&key);
    }
    Ok(Xml::new())
}

/// There are no instance profiles here; tools ask before they delete a role.
pub(super) fn list_instance_profiles(
    call: &Call<'_>,
    params: &Params,
    state: &State,
) -> Result<Xml, ApiError> {
    find_role(call, params, state, "ListInstanceProfilesForRole")?;
    let mut xml = Xml::new();
    xml.list("InstanceProfiles", [(); 0], |_, ()| {});
    end_of_page(&mut xml, None);
    Ok(xml)
}

/// How much of a role an answer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// ListRoles.
    Brief,
    /// GetRole.
    Whole,
}

fn show(xml: &mut Xml, account: &str, role: &Role, trust: &str, detail: Detail) {
    xml.text("Path", &role.path)
        .text("RoleName", &role.name)
        .text("RoleId", &role.id)
        .text("Arn", role.arn(account))
        .text("CreateDate", date(role.created))
        .text("AssumeRolePolicyDocument", encoded(trust))
        .optional("Description", role.description.as_ref())
        .text("MaxSessionDuration", role.max_session_duration);
    if detail == Detail::Whole {
        show_boundary(xml, role.permissions.boundary.as_deref());
        show_tags(xml, &role.tags);
        xml.node("RoleLastUsed", |_| {});
    }
}

pub(super) fn show_boundary(xml: &mut Xml, boundary: Option<&str>) {
    if let Some(arn) = boundary {
        xml.node("PermissionsBoundary", |node| {
            node.text("PermissionsBoundaryType", "Policy").text("PermissionsBoundaryArn", arn);
        });
    }
}

/// The trust policy as IAM shows it: an ARN whose owner is gone appears as the unique ID that was saved.
pub(super) fn shown_trust(role: &Role, state: &State) -> String {
    let gone = role.trusted_ids.iter().filter(|(arn, id)| state.unique_id(arn) != Some(id));
    gone.fold(role.trust.clone(), |text, (arn, id)| text.replace(&format!("\"{arn}\""), &format!("\"{id}\"")))
}

fn checked_description(params: &Params) -> Result<Option<String>, ApiError> {
    let allowed = |it: char| matches!(it, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    let pattern = r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*";
    params.check("Description", 0..=1000, pattern, allowed)?;
    Ok(params.get("Description").map(str::to_owned))
}

fn check_trust_size(document: &str, quota: usize) -> Result<(), ApiError> {
    if grammar::size(document) > quota {
        return Err(limit_exceeded(format!("Cannot exceed quota for ACLSizePerRole: {quota}")));
    }
    Ok(())
}

fn existing_boundary(state: &State, arn: &str) -> Result<String, ApiError> {
    if policy_document(state, arn).is_empty() {
        return Err(no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable.")));
    }
    Ok(arn.to_owned())
}
