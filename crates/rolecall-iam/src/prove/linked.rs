//! Keys whose values follow from one another. The search takes each key by itself, so a request that it finds is checked
//! here before it is shown: one that no caller could make proves nothing.

use super::solve::Found;
use crate::arn::split_arn;
use crate::context::{Context, ContextKey, ContextValue};

/// The request with what must be there besides, or `None` where its values contradict one another. `known` is the ARN of
/// the resource, unless it is only an example.
pub(super) fn completed(found: &Found, known: Option<&str>) -> Option<Found> {
    let Found { action, resource, context } = found;
    let context = with_tag_keys(context)?;
    let follows = known.is_none_or(|resource| follows_resource(&context, resource));
    let consistent = follows && is_consistent(&context);
    consistent.then(|| Found { action: action.clone(), resource: resource.clone(), context })
}

fn one<'c>(context: &'c Context, key: &str) -> Option<&'c str> {
    match context.get(&ContextKey::new(key)) {
        Some(ContextValue::One(value)) => Some(value),
        Some(ContextValue::Many(_) | ContextValue::Absent) | None => None,
    }
}

fn many(context: &Context, key: &str) -> Vec<String> {
    match context.get(&ContextKey::new(key)) {
        Some(ContextValue::One(value)) => vec![value.clone()],
        Some(ContextValue::Many(values)) => values.clone(),
        Some(ContextValue::Absent) | None => Vec::new(),
    }
}

/// Every tag of the request is listed in `aws:TagKeys`, whose entries differ in more than case from one another.
fn with_tag_keys(context: &Context) -> Option<Context> {
    let mut completed = context.clone();
    let tags: Vec<&str> = context
        .iter()
        .filter(|(key, value)| key.folded().starts_with("aws:requesttag/") && **value != ContextValue::Absent)
        .filter_map(|(key, _)| key.written().split_once('/').map(|(_, tag)| tag))
        .collect();
    let listed = many(context, "aws:TagKeys");
    let is_listed = |tag: &&str| listed.iter().any(|key| key.eq_ignore_ascii_case(tag));
    if tags.iter().all(is_listed) {
        return Some(completed);
    }
    // Which keys a condition on them accepts was decided already; only where nobody asked can they be filled in.
    if context.get(&ContextKey::new("aws:TagKeys")).is_some() {
        return None;
    }
    completed.set("aws:TagKeys", ContextValue::Many(tags.iter().map(|tag| (*tag).to_owned()).collect()));
    Some(completed)
}

/// The region that is asked and the account of the resource stand in the resource's ARN too.
fn follows_resource(context: &Context, resource: &str) -> bool {
    let Some([_, _, _, region, account, _]) = split_arn(resource) else { return true };
    let agrees =
        |key: &str, part: &str| part.is_empty() || one(context, key).is_none_or(|value| value == part);
    agrees("aws:RequestedRegion", region) && agrees("aws:ResourceAccount", account)
}

/// Multi-factor authentication has an age exactly where there was one; paths begin with their organisation.
fn is_consistent(context: &Context) -> bool {
    let age = one(context, "aws:MultiFactorAuthAge").is_some();
    let present = context.get(&ContextKey::new("aws:MultiFactorAuthPresent"));
    let present_or_unasked = present.is_none_or(|value| *value == ContextValue::from("true"));
    let organisation = one(context, "aws:PrincipalOrgID");
    let mut paths = many(context, "aws:PrincipalOrgPaths").into_iter();
    (!age || present_or_unasked)
        && organisation
            .is_none_or(|organisation| paths.all(|path| path.split('/').next() == Some(organisation)))
}
