//! STS (API version 2011-06-15): who am I, and AssumeRole with its trust policy really evaluated.
//!
//! AssumeRole is decided on both sides: the role's trust policy and the caller's own policies. A role that
//! does not exist is answered like one that does not trust the caller. Tags and a source identity are actions
//! of their own (`sts:TagSession`, `sts:SetSourceIdentity`), whose requests have no external ID. Deliberately
//! absent: multi-factor authentication, transitive tags, the packed size of session policies, and the other
//! ways to get credentials.

use super::authorize::{Denial, ResourcePolicy, decide, policy_document, sentence};
use super::call::{Call, Params, is_name_character};
use super::evaluator::Context;
use super::grammar::{self, Kind};
use super::ids;
use super::principals::{Caller, Credentials, Identity, RoleSession};
use super::signature::Session;
use super::state::Role;
use super::tags::Tags;
use super::wire::ApiError;
use super::xml::Xml;

/// "You do not need any permissions to call this operation, even under an explicit Deny."
pub(super) fn get_caller_identity(call: &Call<'_>) -> Xml {
    let mut xml = Xml::new();
    xml.text("UserId", &call.caller.user_id).text("Account", call.account()).text("Arn", &call.caller.arn);
    xml
}

/// What an AssumeRole call asks for, checked against the service model.
struct Wanted<'a> {
    role_arn: &'a str,
    session_name: &'a str,
    external_id: Option<&'a str>,
    source_identity: Option<&'a str>,
    duration: Option<u32>,
    policies: Option<Vec<String>>,
    tags: Tags,
    transitive: Vec<String>,
}

pub(super) fn assume_role(call: &Call<'_>, params: &Params) -> Result<(Xml, Session), ApiError> {
    let wanted = Wanted::parse(call, params)?;
    let (account, role) =
        find_role(call, wanted.role_arn).ok_or_else(|| denied(call, &wanted, "sts:AssumeRole", None))?;
    let common = |context: Context| {
        let context =
            context.with("sts:RoleSessionName", wanted.session_name).with("aws:RequestedRegion", call.region);
        let context = context.with_optional("sts:SourceIdentity", wanted.source_identity);
        let context = context
            .with_tags("aws:ResourceTag", Some(&role.tags))
            .with_tags("iam:ResourceTag", Some(&role.tags));
        let context = context.with_tags("aws:RequestTag", Some(&wanted.tags));
        let keys: Vec<String> = wanted.tags.iter().map(|(key, _)| key.to_owned()).collect();
        let context = if keys.is_empty() { context } else { context.with_list("aws:TagKeys", keys) };
        let transitive = wanted.transitive.clone();
        if transitive.is_empty() { context } else { context.with_list("sts:TransitiveTagKeys", transitive) }
    };
    let policy = ResourcePolicy::Trust { role, account };
    let permit = |action: &str, context: Context| {
        let decision = decide(call.enforced, call.caller, action, wanted.role_arn, common(context), &policy);
        decision.map_err(|denial| denied(call, &wanted, action, Some((&denial, account))))
    };
    permit("sts:AssumeRole", Context::new().with_optional("sts:ExternalId", wanted.external_id))?;
    if !wanted.tags.is_empty() {
        permit("sts:TagSession", Context::new())?;
    }
    if wanted.source_identity.is_some() {
        permit("sts:SetSourceIdentity", Context::new())?;
    }
    let duration = session_duration(call.caller, role, wanted.duration)?;
    Ok(issue(call, account, role, &wanted, duration))
}

impl<'a> Wanted<'a> {
    fn parse(call: &Call<'_>, params: &'a Params) -> Result<Self, ApiError> {
        let word = is_name_character;
        let role_arn = params.required("RoleArn")?;
        params.check(
            "RoleArn",
            20..=2048,
            r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD]+",
            |_| true,
        )?;
        let session_name = params.required("RoleSessionName")?;
        params.check("RoleSessionName", 2..=64, r"[\w+=,.@-]*", word)?;
        params.check("ExternalId", 2..=1224, r"[\w+=,.@:\/-]*", |it| word(it) || ":/".contains(it))?;
        params.check("SourceIdentity", 2..=64, r"[\w+=,.@-]*", word)?;
        params.check("Policy", 1..=2048, r"[\u0009\u000A\u000D\u0020-\u00FF]+", |it| {
            matches!(it, '\t' | '\n' | '\r' | ' '..='\u{ff}')
        })?;
        let arns: Vec<&str> =
            (1..).map_while(|number| params.get(&format!("PolicyArns.member.{number}.arn"))).collect();
        if arns.len() > 10 {
            return Err(super::call::invalid(
                "'[policyArns]'",
                "PolicyArns",
                "Member must have length less than or equal to 10",
            ));
        }
        if let Some(policy) = params.get("Policy") {
            grammar::check(policy, Kind::Session, call.enforced)?;
        }
        let limited = params.get("Policy").is_some() || !arns.is_empty();
        let managed = arns.iter().flat_map(|arn| policy_document(call.enforced, arn));
        let policies = params.get("Policy").map(str::to_owned).into_iter().chain(managed).collect();
        let mut tags = Tags::default();
        params.pairs("Tags").into_iter().for_each(|(key, value)| tags.set(key, value));
        Ok(Self {
            role_arn,
            session_name,
            external_id: params.get("ExternalId"),
            source_identity: params.get("SourceIdentity"),
            duration: params.number("DurationSeconds", 900..=43200)?,
            policies: limited.then_some(policies),
            tags,
            transitive: params.members("TransitiveTagKeys").into_iter().map(str::to_owned).collect(),
        })
    }
}

/// The role with exactly this ARN, as decisions see it.
fn find_role<'s>(call: &Call<'s>, arn: &str) -> Option<(&'s str, &'s Role)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    let name = path.rsplit('/').next()?;
    let state = call.enforced;
    let (account, _) = state.accounts.get_key_value(account)?;
    state.role(account, name).filter(|role| role.arn(account) == arn).map(|role| (account.as_str(), role))
}

/// Within one account AWS says why; across accounts it does not. A missing role looks like one that does not
/// trust the caller.
fn denied(call: &Call<'_>, wanted: &Wanted<'_>, action: &str, denial: Option<(&Denial, &str)>) -> ApiError {
    if let Some((Denial::Undecidable(what), _)) = denial {
        return ApiError::unsupported(&format!("sts:AssumeRole with this policy: {what}"));
    }
    let implicit = Denial::Implicit(super::authorize::Layer::Resource);
    let account = wanted.role_arn.split(':').nth(4).unwrap_or_default();
    let (denial, account) = denial.unwrap_or((&implicit, account));
    let reason = (account == call.account()).then(|| denial.reason(action, "role trust policy"));
    ApiError::new(403, "AccessDenied", sentence(call.caller, action, wanted.role_arn, reason.as_deref()))
}

fn session_duration(caller: &Caller, role: &Role, wanted: Option<u32>) -> Result<u32, ApiError> {
    let wanted = wanted.unwrap_or(3600);
    // The role's own limit is at least an hour, so that chaining is the narrower one.
    if matches!(caller.identity, Identity::Session(_)) && wanted > 3600 {
        let text = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role \
                    chaining.";
        return Err(ApiError::validation(text));
    }
    if wanted > role.max_session_duration {
        let text = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(ApiError::validation(text));
    }
    Ok(wanted)
}

fn issue(call: &Call<'_>, account: &str, role: &Role, wanted: &Wanted<'_>, duration: u32) -> (Xml, Session) {
    let credentials = Credentials {
        access_key_id: format!("ASIA{}", ids::random(16)),
        secret_access_key: ids::random(40),
        session_token: Some(ids::random(120)),
    };
    let identity = RoleSession {
        role_name: role.name.clone(),
        role_id: role.id.clone(),
        policies: wanted.policies.clone(),
        tags: wanted.tags.clone(),
        source_identity: wanted.source_identity.map(str::to_owned),
        issued: call.now,
    };
    let caller = Caller {
        account: account.to_owned(),
        // The path of the role is not part of a session's ARN.
        arn: format!("arn:aws:sts::{account}:assumed-role/{}/{}", role.name, wanted.session_name),
        user_id: format!("{}:{}", role.id, wanted.session_name),
        identity: Identity::Session(identity),
    };
    let expires = call.now + i64::from(duration);
    let expiration = jiff::Timestamp::from_second(expires).unwrap_or_default();
    let mut xml = Xml::new();
    xml.node("Credentials", |node| {
        node.text("AccessKeyId", &credentials.access_key_id)
            .text("SecretAccessKey", &credentials.secret_access_key)
            .optional("SessionToken", credentials.session_token.as_ref())
            .text("Expiration", expiration);
    });
    xml.node("AssumedRoleUser", |node| {
        node.text("AssumedRoleId", &caller.user_id).text("Arn", &caller.arn);
    });
    xml.optional("SourceIdentity", wanted.source_identity);
    (xml, Session { credentials, caller, expires })
}
