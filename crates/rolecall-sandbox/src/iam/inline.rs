//! Policies embedded in a role.

use super::{change_role, encoded, end_of_page, find_role, limit_exceeded, no_such_entity};
use crate::call::{Call, Params, is_name_character};
use crate::evaluator::Context;
use crate::grammar::{self, Kind};
use crate::state::State;
use crate::wire::ApiError;
use crate::xml::Xml;

/// Characters without white space that all inline policies of a role can have together.
const TOGETHER: usize = 10_240;

pub(super) fn put(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let name = params.required("PolicyName")?;
    params.check("PolicyName", 1..=128, r"[\w+=,.@-]+", is_name_character)?;
    let document = params.required("PolicyDocument")?;
    let role = change_role(call, params, state, "PutRolePolicy", Context::new())?;
    grammar::check(document, Kind::Inline, call.enforced)?;
    role.permissions.inline.insert(name.to_owned(), document.to_owned());
    if role.permissions.inline.values().map(|it| grammar::size(it)).sum::<usize>() > TOGETHER {
        return Err(limit_exceeded(format!(
            "Maximum policy size of {TOGETHER} bytes exceeded for role {}",
            role.name
        )));
    }
    Ok(Xml::new())
}

pub(super) fn get(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    let name = params.required("PolicyName")?;
    let role = find_role(call, params, state, "GetRolePolicy")?;
    let document = role.permissions.inline.get(name).ok_or_else(|| no_policy(name))?;
    let mut xml = Xml::new();
    xml.text("RoleName", &role.name).text("PolicyName", name).text("PolicyDocument", encoded(document));
    Ok(xml)
}

pub(super) fn delete(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let name = params.required("PolicyName")?;
    let role = change_role(call, params, state, "DeleteRolePolicy", Context::new())?;
    role.permissions.inline.remove(name).map(|_| Xml::new()).ok_or_else(|| no_policy(name))
}

pub(super) fn list(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    let role = find_role(call, params, state, "ListRolePolicies")?;
    let (page, marker) = params.page(role.permissions.inline.keys().collect())?;
    let mut xml = Xml::new();
    xml.list("PolicyNames", page, |member, name| member.raw_text(name));
    end_of_page(&mut xml, marker);
    Ok(xml)
}

fn no_policy(name: &str) -> ApiError {
    no_such_entity(format!("The role policy with name {name} cannot be found."))
}
