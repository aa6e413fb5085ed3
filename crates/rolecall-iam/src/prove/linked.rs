//! Keys whose values follow from one another. The search takes each key by itself, so a request that it finds is checked
//! here before it is shown: one that no caller could make proves nothing.

use super::solve::Found;
use crate::arn::split_arn;
use crate::context::{Context, ContextKey, ContextValue};

/// The request with what must be there besides, or `None` where its values contradict one another. `known` is the ARN of
/// the resource, unless it is only an example.
pub(super) fn completed(found: &Found, known: Option<&str>) -> Option<Found> {
    let Found { action, resource, caller, context } = found;
    let context = with_tag_keys(context)?;
    let follows = known.is_none_or(|resource| follows_resource(&context, resource));
    let consistent = follows && is_consistent(&context);
    consistent.then(|| Found {
        action: action.clone(),
        resource: resource.clone(),
        caller: caller.clone(),
        context,
    })
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

/// Whether the values of keys that tell of the same thing go together.
fn is_consistent(context: &Context) -> bool {
    mfa(context)
        && organization(context)
        && time(context)
        && network(context)
        && on_behalf(context)
        && via_service(context)
}

/// Multi-factor authentication has an age exactly where there was one.
fn mfa(context: &Context) -> bool {
    let age = one(context, "aws:MultiFactorAuthAge").is_some();
    let present = context.get(&ContextKey::new("aws:MultiFactorAuthPresent"));
    !age || present.is_none_or(|value| *value == ContextValue::from("true"))
}

/// Paths begin with their organization.
fn organization(context: &Context) -> bool {
    let organization = one(context, "aws:PrincipalOrgID");
    let mut paths = many(context, "aws:PrincipalOrgPaths").into_iter();
    organization.is_none_or(|organization| paths.all(|path| path.split('/').next() == Some(organization)))
}

/// A request is made at one time, and not before its credentials were issued.
fn time(context: &Context) -> bool {
    let at = |key: &str| one(context, key).and_then(crate::condition::read_time);
    let now = at("aws:CurrentTime").or(at("aws:EpochTime"));
    let same = match (at("aws:CurrentTime"), at("aws:EpochTime")) {
        (Some(current), Some(epoch)) => current == epoch,
        (Some(_) | None, None) | (None, Some(_)) => true,
    };
    let issued = at("aws:TokenIssueTime");
    same && issued.is_none_or(|issued| now.is_none_or(|now| issued <= now))
}

/// A service that uses the caller's credentials is told by two keys.
fn via_service(context: &Context) -> bool {
    let called = one(context, "aws:CalledViaFirst").is_some()
        || one(context, "aws:CalledViaLast").is_some()
        || !many(context, "aws:CalledVia").is_empty();
    !called || one(context, "aws:ViaAWSService").is_none_or(|via| via == "true")
}

/// Through an endpoint of a VPC, a request has that network's keys, and `aws:SourceIp` otherwise.
fn network(context: &Context) -> bool {
    let has = |key: &str| one(context, key).is_some();
    let endpoint = has("aws:SourceVpc") || has("aws:SourceVpce") || has("aws:VpcSourceIp");
    !(endpoint && has("aws:SourceIp"))
}

/// The resource on whose behalf a service calls belongs to the account on whose behalf it calls.
fn on_behalf(context: &Context) -> bool {
    let account = one(context, "aws:SourceAccount");
    let arn = one(context, "aws:SourceArn").and_then(split_arn);
    match (account, arn) {
        (Some(account), Some([_, _, _, _, of, _])) => of.is_empty() || of == account,
        (Some(_) | None, _) => true,
    }
}
