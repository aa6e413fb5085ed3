//! Versions of managed policies: at most five, numbered without gaps being filled, one of them in force.

use super::policy::{self, check_document};
use super::{date, delete_conflict, encoded, end_of_page, limit_exceeded, no_such_entity};
use crate::call::{Call, Params};
use crate::evaluator::Context;
use crate::state::{ManagedPolicy, PolicyVersion, State};
use crate::wire::ApiError;
use crate::xml::Xml;

/// Versions that one policy can have.
pub(super) const MOST: usize = 5;

pub(super) fn create(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let document = params.required("PolicyDocument")?;
    let policy = policy::change(call, params, state, "CreatePolicyVersion", Context::new())?;
    check_document(document, call)?;
    if policy.versions.len() >= MOST {
        let text = "A managed policy can have up to 5 versions. Before you create a new version, you must \
                    delete an existing version.";
        return Err(limit_exceeded(text));
    }
    let version = PolicyVersion { document: document.to_owned(), created: call.now };
    policy.versions_made += 1;
    let number = policy.versions_made;
    policy.versions.insert(number, version.clone());
    if params.get("SetAsDefault") == Some("true") {
        policy.default = number;
        policy.updated = call.now;
    }
    let mut xml = Xml::new();
    xml.node("PolicyVersion", |node| show(node, policy, number, &version, false));
    Ok(xml)
}

pub(super) fn get(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    let number = number(params)?;
    let policy = policy::find(call, params, state, "GetPolicyVersion")?;
    let version = number.and_then(|number| Some((number, policy.versions.get(&number)?)));
    let (number, version) = version.ok_or_else(|| no_version(params))?;
    let mut xml = Xml::new();
    xml.node("PolicyVersion", |node| show(node, &policy, number, version, true));
    Ok(xml)
}

pub(super) fn list(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    let policy = policy::find(call, params, state, "ListPolicyVersions")?;
    let (page, marker) = params.page(policy.versions.iter().rev().collect())?;
    let mut xml = Xml::new();
    // "This operation does not return the policy document."
    xml.list("Versions", page, |node, (number, version)| show(node, &policy, *number, version, false));
    end_of_page(&mut xml, marker);
    Ok(xml)
}

pub(super) fn set_default(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let number = number(params)?;
    let policy = policy::change(call, params, state, "SetDefaultPolicyVersion", Context::new())?;
    let number =
        number.filter(|number| policy.versions.contains_key(number)).ok_or_else(|| no_version(params))?;
    policy.default = number;
    policy.updated = call.now;
    Ok(Xml::new())
}

pub(super) fn delete(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let number = number(params)?;
    let policy = policy::change(call, params, state, "DeletePolicyVersion", Context::new())?;
    let number =
        number.filter(|number| policy.versions.contains_key(number)).ok_or_else(|| no_version(params))?;
    if policy.default == number {
        return Err(delete_conflict("Cannot delete the default version of a policy."));
    }
    policy.versions.remove(&number);
    Ok(Xml::new())
}

/// The number in `v3`; none for a version that cannot exist.
fn number(params: &Params) -> Result<Option<u32>, ApiError> {
    Ok(params.required("VersionId")?.strip_prefix('v').and_then(|number| number.parse().ok()))
}

fn no_version(params: &Params) -> ApiError {
    let (arn, version) =
        (params.get("PolicyArn").unwrap_or_default(), params.get("VersionId").unwrap_or_default());
    no_such_entity(format!("Policy {arn} version {version} does not exist or is not attachable."))
}

pub(super) fn show(
    xml: &mut Xml,
    policy: &ManagedPolicy,
    number: u32,
    version: &PolicyVersion,
    document: bool,
) {
    xml.text("VersionId", format!("v{number}"))
        .text("IsDefaultVersion", policy.default == number)
        .text("CreateDate", date(version.created))
        .optional("Document", document.then(|| encoded(&version.document)));
}
