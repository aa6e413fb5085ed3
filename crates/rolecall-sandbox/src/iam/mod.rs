//! IAM (API version 2010-05-08): roles, policies, what is attached to what, and tags.
//!
//! Error codes, texts and quotas follow the service model and the User Guide's quota page; a text for which
//! no source is known is marked where it stands. Deliberately absent: groups, instance profiles, and
//! everything about users but that they exist.

mod account;
mod attachments;
mod inline;
mod policies;
mod policy;
mod roles;
mod simulation;
mod tagging;
mod versions;

use super::call::{Call, Operation, Params, is_name_character};
use super::evaluator::Context;
use super::state::{Role, State};
use super::tags::Tags;
use super::wire::ApiError;
use super::xml::Xml;

pub(super) fn operation(name: &str) -> Option<Operation<Params, Xml>> {
    use Operation::{Read, Write};
    Some(match name {
        "CreateRole" => Write(roles::create),
        "GetRole" => Read(roles::get),
        "ListRoles" => Read(roles::list),
        "UpdateRole" => Write(roles::update),
        "UpdateRoleDescription" => Write(roles::update_description),
        "UpdateAssumeRolePolicy" => Write(roles::update_trust),
        "PutRolePermissionsBoundary" => Write(roles::put_boundary),
        "DeleteRolePermissionsBoundary" => Write(roles::delete_boundary),
        "DeleteRole" => Write(roles::delete),
        "TagRole" => Write(tagging::tag_role),
        "UntagRole" => Write(tagging::untag_role),
        "ListRoleTags" => Read(tagging::list_role_tags),
        "TagPolicy" => Write(tagging::tag_policy),
        "UntagPolicy" => Write(tagging::untag_policy),
        "ListPolicyTags" => Read(tagging::list_policy_tags),
        "CreatePolicy" => Write(policies::create),
        "GetPolicy" => Read(policies::get),
        "ListPolicies" => Read(policies::list),
        "DeletePolicy" => Write(policies::delete),
        "CreatePolicyVersion" => Write(versions::create),
        "GetPolicyVersion" => Read(versions::get),
        "ListPolicyVersions" => Read(versions::list),
        "SetDefaultPolicyVersion" => Write(versions::set_default),
        "DeletePolicyVersion" => Write(versions::delete),
        "AttachRolePolicy" => Write(attachments::attach),
        "DetachRolePolicy" => Write(attachments::detach),
        "ListAttachedRolePolicies" => Read(attachments::list),
        "ListEntitiesForPolicy" => Read(attachments::entities),
        "PutRolePolicy" => Write(inline::put),
        "GetRolePolicy" => Read(inline::get),
        "DeleteRolePolicy" => Write(inline::delete),
        "ListRolePolicies" => Read(inline::list),
        "ListInstanceProfilesForRole" => Read(roles::list_instance_profiles),
        "GetAccountSummary" => Read(account::summary),
        "GetAccountAuthorizationDetails" => Read(account::authorization_details),
        "SimulatePrincipalPolicy" => Read(simulation::principal),
        _ => return None,
    })
}

/// Checks the role's name, whether the caller may do `action` to the role, and that the role exists.
fn check_role(
    call: &Call<'_>,
    params: &Params,
    state: &State,
    action: &str,
    context: Context,
) -> Result<String, ApiError> {
    let name = params.required("RoleName")?;
    params.check("RoleName", 1..=64, r"[\w+=,.@-]+", is_name_character)?;
    let role = state.role(call.account(), name);
    let arn = role.map_or_else(
        || format!("arn:aws:iam::{}:role/{name}", call.account()),
        |role| role.arn(call.account()),
    );
    let context = resource_tags(context, role.map(|role| &role.tags))
        .with_default("iam:PermissionsBoundary", role.and_then(|role| role.permissions.boundary.as_deref()));
    call.authorize(&format!("iam:{action}"), &arn, &format!("role {name}"), context)?;
    role.map(|_| name.to_owned()).ok_or_else(|| no_role(name))
}

/// The same, for an operation that changes the role.
fn change_role<'s>(
    call: &Call<'_>,
    params: &Params,
    state: &'s mut State,
    action: &str,
    context: Context,
) -> Result<&'s mut Role, ApiError> {
    let name = check_role(call, params, state, action, context)?;
    state.role_mut(call.account(), &name).ok_or_else(|| no_role(&name))
}

/// The same, for an operation that looks at the role.
fn find_role<'s>(
    call: &Call<'_>,
    params: &Params,
    state: &'s State,
    action: &str,
) -> Result<&'s Role, ApiError> {
    let name = check_role(call, params, state, action, Context::new())?;
    state.role(call.account(), &name).ok_or_else(|| no_role(&name))
}

fn resource_tags(context: Context, tags: Option<&Tags>) -> Context {
    context.with_tags("aws:ResourceTag", tags).with_tags("iam:ResourceTag", tags)
}

fn no_role(name: &str) -> ApiError {
    no_such_entity(format!("The role with name {name} cannot be found."))
}

fn no_such_entity(message: impl Into<String>) -> ApiError {
    ApiError::new(404, "NoSuchEntity", message)
}

fn limit_exceeded(message: impl Into<String>) -> ApiError {
    ApiError::new(409, "LimitExceeded", message)
}

fn delete_conflict(message: impl Into<String>) -> ApiError {
    ApiError::new(409, "DeleteConflict", message)
}

fn show_tags(xml: &mut Xml, tags: &Tags) {
    if !tags.is_empty() {
        xml.list("Tags", tags.iter(), |tag, (key, value)| {
            tag.text("Key", key).text("Value", value);
        });
    }
}

/// A date as IAM writes it.
fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string()
}

/// A document as IAM gives it back: "compliant with RFC 3986", that is, percent-encoded.
fn encoded(document: &str) -> String {
    const RESERVED: percent_encoding::AsciiSet =
        percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(document, &RESERVED).to_string()
}

/// Ends a list that comes in pages.
fn end_of_page(xml: &mut Xml, marker: Option<String>) {
    xml.text("IsTruncated", marker.is_some()).optional("Marker", marker);
}

/// Checks a path: `/`, or between slashes.
fn check_path(params: &Params, allowed: impl Fn(char) -> bool) -> Result<String, ApiError> {
    let path = params.get("Path").unwrap_or("/");
    params
        .check("Path", 1..=512, r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)", |it| it == '/' || allowed(it))?;
    if path.starts_with('/') && path.ends_with('/') {
        return Ok(path.to_owned());
    }
    // The text is IAM's for a path that does not begin and end with a slash.
    let text = "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric \
                characters and/or / characters.";
    Err(ApiError::validation(text))
}
