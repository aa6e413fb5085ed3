//! Tags of roles and managed policies.

use super::{change_role, end_of_page, find_role, limit_exceeded};
use crate::call::{Call, Params, invalid};
use crate::evaluator::Context;
use crate::state::State;
use crate::tags::Tags;
use crate::wire::ApiError;
use crate::xml::Xml;

/// Tags that one role or policy can have.
const MOST: usize = 50;

pub(super) fn tag_role(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let tags = requested(params)?;
    let role = change_role(call, params, state, "TagRole", context(Context::new(), &tags))?;
    merge(&mut role.tags, &tags, "TagsPerRole")
}

pub(super) fn untag_role(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let context = removal_context(params);
    let role = change_role(call, params, state, "UntagRole", context)?;
    params.members("TagKeys").into_iter().for_each(|key| role.tags.remove(key));
    Ok(Xml::new())
}

pub(super) fn list_role_tags(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    page(params, &find_role(call, params, state, "ListRoleTags")?.tags)
}

pub(super) fn tag_policy(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let tags = requested(params)?;
    let policy = super::policy::change(call, params, state, "TagPolicy", context(Context::new(), &tags))?;
    merge(&mut policy.tags, &tags, "TagsPerPolicy")
}

pub(super) fn untag_policy(call: &Call<'_>, params: &Params, state: &mut State) -> Result<Xml, ApiError> {
    let policy = super::policy::change(call, params, state, "UntagPolicy", removal_context(params))?;
    params.members("TagKeys").into_iter().for_each(|key| policy.tags.remove(key));
    Ok(Xml::new())
}

pub(super) fn list_policy_tags(call: &Call<'_>, params: &Params, state: &State) -> Result<Xml, ApiError> {
    page(params, &super::policy::find(call, params, state, "ListPolicyTags")?.tags)
}

/// The tags that a call brings, checked.
pub(super) fn requested(params: &Params) -> Result<Tags, ApiError> {
    let pairs = params.pairs("Tags");
    if pairs.len() > MOST {
        return Err(invalid("'[tags]'", "Tags", "Member must have length less than or equal to 50"));
    }
    let allowed = |it: char| it.is_alphanumeric() || it.is_whitespace() || "_.:/=+-@".contains(it);
    let mut tags = Tags::default();
    for (key, value) in pairs {
        for (text, part, least, most) in [(key, "key", 1, 128), (value, "value", 0, 256)] {
            let name = format!("tags.member.{part}");
            if text.chars().count() > most {
                let limit = format!("Member must have length less than or equal to {most}");
                return Err(invalid(&format!("'{text}'"), &name, &limit));
            }
            if text.chars().count() < least || !text.chars().all(allowed) {
                let limit = r"Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+";
                return Err(invalid(&format!("'{text}'"), &name, limit));
            }
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(ApiError::new(400, "InvalidInput", "System tags are reserved for AWS use."));
        }
        if tags.get(key).is_some() {
            let text = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(ApiError::new(400, "InvalidInput", text));
        }
        tags.set(key, value);
    }
    Ok(tags)
}

/// What policies can say about the tags of a request.
pub(super) fn context(context: Context, tags: &Tags) -> Context {
    if tags.is_empty() {
        return context;
    }
    let keys = tags.iter().map(|(key, _)| key.to_owned()).collect();
    context.with_tags("aws:RequestTag", Some(tags)).with_list("aws:TagKeys", keys)
}

fn removal_context(params: &Params) -> Context {
    Context::new()
        .with_list("aws:TagKeys", params.members("TagKeys").into_iter().map(str::to_owned).collect())
}

/// Adds tags up to the quota. The service model names the error LimitExceeded; the text is unverified.
fn merge(tags: &mut Tags, added: &Tags, quota: &str) -> Result<Xml, ApiError> {
    added.iter().for_each(|(key, value)| tags.set(key, value));
    match tags.len() <= MOST {
        true => Ok(Xml::new()),
        false => Err(limit_exceeded(format!("Cannot exceed quota for {quota}: {MOST}"))),
    }
}

fn page(params: &Params, tags: &Tags) -> Result<Xml, ApiError> {
    let (page, marker) = params.page(tags.iter().collect())?;
    let mut xml = Xml::new();
    xml.list("Tags", page, |tag, (key, value)| {
        tag.text("Key", key).text("Value", value);
    });
    end_of_page(&mut xml, marker);
    Ok(xml)
}
