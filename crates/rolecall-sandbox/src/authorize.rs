//! Who may do what: how the layers of policies combine, as AWS documents it
//! (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
//! …-cross-account.html).
//!
//! Each layer is asked which of its statements apply ([`super::evaluator`]); here a denial anywhere wins,
//! identity policies, boundary and session policies must all allow, a resource policy of another account must
//! allow as well, and a resource policy of the same account lifts as many of the other layers as the way
//! allows in which it names the caller. Deliberately absent: organization policies, groups and the root user.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::aws_managed;
use super::evaluator::{Context, Question, Undecidable, identity_statements, resource_statements};
use super::principals::{Caller, Identity};
use super::state::{Permissions, Role, State};
use super::wire::ApiError;

/// The kinds of policies that can stand in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    Identity,
    Boundary,
    Session,
    Resource,
}

/// Why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Denial {
    Explicit(Layer),
    Implicit(Layer),
    /// The sandbox cannot tell.
    Undecidable(String),
}

/// A policy on the thing that is asked for.
pub(super) enum ResourcePolicy<'a> {
    /// A function's policy, in the account given; it adds to the identity policies of that account.
    Function { document: Option<&'a str>, account: &'a str },
    /// A role's trust policy, without which nobody gets in.
    Trust { role: &'a Role, account: &'a str },
}

/// How far a resource policy goes towards allowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grant {
    Nothing,
    /// Names the caller's account: the identity policies must allow too.
    Account,
    /// Names the caller's role: boundary and session policies still limit.
    Role,
    /// Names the user, the session or everybody: lifts everything but denials.
    Caller,
}

impl From<Undecidable> for Denial {
    fn from(Undecidable(what): Undecidable) -> Self {
        Self::Undecidable(what)
    }
}

/// Decides a call that only the caller's own policies govern.
pub(super) fn decide_by_identity(
    state: &State,
    caller: &Caller,
    action: &str,
    resource: &str,
    context: Context,
) -> Result<(), Denial> {
    let policy = ResourcePolicy::Function { document: None, account: &caller.account };
    decide(state, caller, action, resource, context, &policy)
}

/// Decides a call.
pub(super) fn decide(
    state: &State,
    caller: &Caller,
    action: &str,
    resource: &str,
    context: Context,
    policy: &ResourcePolicy<'_>,
) -> Result<(), Denial> {
    let (permissions, role_arn) = permissions_of(state, caller);
    let context = global_context(state, caller, context);
    let question = Question { caller, role_arn: role_arn.as_deref(), action, resource, context };
    let identity = layer(&identity_documents(state, permissions), Layer::Identity, &question)?;
    let boundary = match permissions.and_then(|permissions| permissions.boundary.as_ref()) {
        None => true,
        Some(arn) => layer(&policy_document(state, arn), Layer::Boundary, &question)?,
    };
    let session = match &caller.identity {
        Identity::Session(session) => match &session.policies {
            None => true,
            Some(documents) => layer(documents, Layer::Session, &question)?,
        },
        Identity::User { .. } => true,
    };
    let (grant, account, resource_must_allow) = match policy {
        ResourcePolicy::Function { document, account } => {
            let grant =
                document.map_or(Ok(Grant::Nothing), |text| grant(text, &BTreeMap::new(), &question))?;
            (grant, *account, caller.account != *account)
        }
        ResourcePolicy::Trust { role, account } => {
            (grant(&role.trust, &role.trusted_ids, &question)?, *account, true)
        }
    };
    if resource_must_allow && grant == Grant::Nothing {
        return Err(Denial::Implicit(Layer::Resource));
    }
    let own_account = caller.account == account;
    let needed = [
        (Layer::Identity, identity, !own_account || grant < Grant::Role),
        (Layer::Boundary, boundary, !own_account || grant < Grant::Caller),
        (Layer::Session, session, !own_account || grant < Grant::Caller),
    ];
    match needed.into_iter().find(|(_, allows, needed)| *needed && !allows) {
        Some((layer, ..)) => Err(Denial::Implicit(layer)),
        None => Ok(()),
    }
}

/// Whether one of the documents allows; a denial in one of them ends the matter.
fn layer(documents: &[String], layer: Layer, question: &Question<'_>) -> Result<bool, Denial> {
    let mut allows = false;
    for document in documents {
        for statement in identity_statements(document, question)? {
            if !statement.allow {
                return Err(Denial::Explicit(layer));
            }
            allows = true;
        }
    }
    Ok(allows)
}

fn grant(
    document: &str,
    trusted_ids: &BTreeMap<String, String>,
    question: &Question<'_>,
) -> Result<Grant, Denial> {
    let json: Value =
        serde_json::from_str(document).map_err(|error| Denial::Undecidable(error.to_string()))?;
    let mut best = Grant::Nothing;
    for applies in resource_statements(document, trusted_ids, question)? {
        if !applies.allow {
            return Err(Denial::Explicit(Layer::Resource));
        }
        let statements = json.get("Statement");
        let statement = statements.and_then(|it| it.get(applies.statement).or(it.is_object().then_some(it)));
        // Everybody but some names nobody in particular.
        let all_but = statement.is_some_and(|it| it.get("NotPrincipal").is_some());
        let named = way_of_naming(statement.and_then(|it| it.get("Principal")), trusted_ids, question);
        best = best.max(if all_but { Grant::Caller } else { named });
    }
    Ok(best)
}

/// The widest way in which a principal element, known to cover the caller, names the caller.
fn way_of_naming(
    principal: Option<&Value>,
    trusted_ids: &BTreeMap<String, String>,
    question: &Question<'_>,
) -> Grant {
    let aws = principal.and_then(|element| element.get("AWS").or(Some(element)));
    let names: Vec<&str> = match aws {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        Some(one) => one.as_str().into_iter().collect(),
        None => Vec::new(),
    };
    let own_id = question.caller.unique_id();
    let way = |name: &str| match name {
        "*" => Grant::Caller,
        // Somebody of this name was meant who is gone: the caller was covered by something else.
        replaced if trusted_ids.get(replaced).is_some_and(|id| id != own_id) => Grant::Account,
        caller if caller == question.caller.arn => Grant::Caller,
        role if Some(role) == question.role_arn => Grant::Role,
        _ => Grant::Account,
    };
    names.into_iter().map(way).max().unwrap_or(Grant::Nothing)
}

/// The policies of the caller's user or role, and the role's ARN; nothing for one that is gone, or was
/// replaced by another of its name.
fn permissions_of<'a>(state: &'a State, caller: &Caller) -> (Option<&'a Permissions>, Option<String>) {
    match &caller.identity {
        Identity::User { name } => {
            let user = state.accounts.get(&caller.account).and_then(|account| account.users.get(name));
            (user.map(|user| &user.permissions), None)
        }
        Identity::Session(session) => {
            let role =
                state.role(&caller.account, &session.role_name).filter(|role| role.id == session.role_id);
            (role.map(|role| &role.permissions), role.map(|role| role.arn(&caller.account)))
        }
    }
}

fn identity_documents(state: &State, permissions: Option<&Permissions>) -> Vec<String> {
    let Some(permissions) = permissions else { return Vec::new() };
    let attached = permissions.attached.iter().flat_map(|arn| policy_document(state, arn));
    permissions.inline.values().cloned().chain(attached).collect()
}

/// Every document that is about the caller: its policies and its boundary.
pub(super) fn documents_of(state: &State, caller: &Caller) -> Vec<String> {
    let (permissions, _) = permissions_of(state, caller);
    let boundary = permissions.and_then(|permissions| permissions.boundary.as_deref());
    let boundary = boundary.into_iter().flat_map(|arn| policy_document(state, arn));
    identity_documents(state, permissions).into_iter().chain(boundary).collect()
}

/// The document in force of a managed policy; empty if there is no such policy.
pub(super) fn policy_document(state: &State, arn: &str) -> Vec<String> {
    let own = arn
        .split(':')
        .nth(4)
        .and_then(|account| state.accounts.get(account))
        .and_then(|it| it.policies.get(arn));
    own.map(|policy| policy.document().to_owned())
        .or_else(|| aws_managed::find(arn).map(|policy| policy.document().to_owned()))
        .into_iter()
        .collect()
}

/// Adds the keys that every request has
/// (docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
fn global_context(state: &State, caller: &Caller, context: Context) -> Context {
    let now = Timestamp::now();
    let context = context
        .with("aws:PrincipalArn", principal_arn(state, caller))
        .with("aws:PrincipalAccount", &caller.account)
        .with("aws:userid", &caller.user_id)
        .with("aws:SourceIp", "127.0.0.1")
        // AWS is reached over TLS only; policies that insist on it must not fail because the sandbox is on
        // loopback.
        .with("aws:SecureTransport", "true")
        .with("aws:ViaAWSService", "false")
        .with("aws:CurrentTime", now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .with("aws:EpochTime", now.as_second().to_string());
    match &caller.identity {
        Identity::User { name } => {
            let user = state.accounts.get(&caller.account).and_then(|account| account.users.get(name));
            let context = context.with("aws:PrincipalType", "User").with("aws:username", name);
            context.with_tags("aws:PrincipalTag", user.map(|user| &user.tags))
        }
        Identity::Session(session) => {
            let role = state.role(&caller.account, &session.role_name);
            let issued = Timestamp::from_second(session.issued).unwrap_or(now);
            context
                .with("aws:PrincipalType", "AssumedRole")
                .with("aws:MultiFactorAuthPresent", "false")
                .with("aws:TokenIssueTime", issued.to_string())
                .with_optional("aws:SourceIdentity", session.source_identity.as_deref())
                .with_tags("aws:PrincipalTag", role.map(|role| &role.tags))
                .with_tags("aws:PrincipalTag", Some(&session.tags))
        }
    }
}

/// For a session this is the role's ARN ("For IAM roles, the request context returns the ARN of the role, not
/// the ARN of the user that assumed the role").
fn principal_arn(state: &State, caller: &Caller) -> String {
    match &caller.identity {
        Identity::User { .. } => caller.arn.clone(),
        Identity::Session(session) => state
            .role(&caller.account, &session.role_name)
            .map_or_else(|| caller.arn.clone(), |role| role.arn(&caller.account)),
    }
}

/// The sentence that AWS answers (docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html).
pub(super) fn sentence(caller: &Caller, action: &str, resource: &str, reason: Option<&str>) -> String {
    let reason = reason.map(|reason| format!(" {reason}")).unwrap_or_default();
    format!("User: {} is not authorized to perform: {action} on resource: {resource}{reason}", caller.arn)
}

impl Denial {
    /// Why, in AWS's words; `resource_policy` is what AWS calls the policy of the resource.
    pub(super) fn reason(&self, action: &str, resource_policy: &str) -> String {
        let name = |layer: &Layer| match layer {
            Layer::Identity => "identity-based policy",
            Layer::Boundary => "permissions boundary",
            Layer::Session => "session policy",
            Layer::Resource => resource_policy,
        };
        match self {
            Self::Explicit(layer) => {
                let article = if *layer == Layer::Identity { "an" } else { "a" };
                format!("with an explicit deny in {article} {}", name(layer))
            }
            Self::Implicit(layer) => format!("because no {} allows the {action} action", name(layer)),
            Self::Undecidable(what) => format!("because the sandbox cannot decide: {what}"),
        }
    }

    /// The error of a service that always says why, with its status and code for it.
    pub(super) fn into_error(
        self,
        (status, code): (u16, &'static str),
        caller: &Caller,
        action: &str,
        resource: &str,
    ) -> ApiError {
        let reason = match &self {
            Self::Undecidable(what) => {
                return ApiError::unsupported(&format!("{action} with this policy: {what}"));
            }
            Self::Explicit(_) | Self::Implicit(_) => self.reason(action, "resource-based policy"),
        };
        ApiError::new(status, code, sentence(caller, action, resource, Some(&reason)))
    }
}
