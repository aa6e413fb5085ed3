//! One request against the policies that apply to it: a decision, and the statements that made it.
//!
//! The rules are those of the IAM User Guide, "Policy evaluation logic" and "Cross-account policy evaluation logic". An
//! explicit deny anywhere wins. Otherwise every layer that applies must allow:
//!
//! - resource control policies of the resource's account (they never allow by themselves and never fail to: AWS attaches
//!   `RCPFullAWSAccess` everywhere), then service control policies of the caller's account, at every level;
//! - in one account, the resource policy *or* the identity policies; a resource policy that names the caller directly
//!   also passes by some of the caller's limits ([`super::principal::element`]). A role's trust policy and a key's policy
//!   must allow in any case;
//! - across accounts, the resource policy *and* identity policies, boundary and session policy.
//!
//! What could not be evaluated makes the decision [`Decision::Unknown`], unless it is the same whichever way that goes.
//!
//! Deliberately absent: what a request should contain. A key that the context does not state is absent, apart from
//! those that follow from the caller. Where neither the request nor the resource's ARN tells the account of the
//! resource, it is taken to be the caller's.

mod parts;
mod scan;

use std::sync::Arc;

pub(super) use parts::{Part, parts_of};
pub(super) use scan::Subject;
use scan::{Scan, Tally};

use super::arn::{AccountId, split_arn};
use super::context::Context;
use super::document::Document;
use super::principal::Principal;
use super::truth::Truth;

/// One call to AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Who calls.
    pub principal: Principal,
    /// The action, such as `sts:AssumeRole`.
    pub action: String,
    /// The ARN of what is acted upon; `*` for actions without a resource.
    pub resource: String,
    /// The account that owns the resource, where its ARN does not tell.
    pub resource_account: Option<AccountId>,
    /// Everything else that AWS would know.
    pub context: Context,
}

impl Request {
    /// True where caller and resource belong to one account, or nothing says that they do not.
    pub(crate) fn is_within_account(&self) -> bool {
        let Some(caller) = self.principal.account() else { return false };
        match &self.resource_account {
            Some(account) => account == caller,
            None => match split_arn(&self.resource) {
                Some([_, _, _, _, account, _]) if !account.is_empty() => account == caller.as_str(),
                _ => true,
            },
        }
    }
}

/// One level of an organization: the root, a unit or the account, with the policies attached there.
#[derive(Debug, Clone, Default)]
pub struct Level<'a> {
    /// The policies of this level. Without any, a level of service control policies allows nothing.
    pub documents: Vec<&'a Document>,
}

/// Every policy that applies to a request.
#[derive(Debug, Clone, Default)]
pub struct Layers<'a> {
    /// The caller's identity policies.
    pub identity: Vec<&'a Document>,
    /// The caller's permissions boundary. `None` limits nothing; an empty list allows nothing.
    pub boundary: Option<Vec<&'a Document>>,
    /// The session policies of the caller's session. `None` limits nothing; an empty list allows nothing.
    pub session: Option<Vec<&'a Document>>,
    /// The resource's policy; for `sts:AssumeRole` the role's trust policy.
    pub resource: Option<&'a Document>,
    /// Service control policies of the caller's account, from the root to the account. No level: none apply.
    pub service_control: Vec<Level<'a>>,
    /// Resource control policies of the resource's account, from the root to the account. No level: none apply.
    pub resource_control: Vec<Level<'a>>,
}

/// AWS's answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Allowed by every layer that applies.
    Allowed,
    /// Not allowed by some layer that applies.
    ImplicitlyDenied,
    /// Denied by a statement.
    ExplicitlyDenied,
    /// Something could not be evaluated, and the answer depends on it.
    Unknown,
}

impl Decision {
    /// The word for the decision in files and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "Allowed",
            Self::ImplicitlyDenied => "ImplicitlyDenied",
            Self::ExplicitlyDenied => "ExplicitlyDenied",
            Self::Unknown => "Unknown",
        }
    }
}

/// A set of policies with one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Resource control policies at this level, counted from the root.
    ResourceControl(usize),
    /// Service control policies at this level, counted from the root.
    ServiceControl(usize),
    /// The resource's policy.
    Resource,
    /// The caller's identity policies.
    Identity,
    /// The caller's permissions boundary.
    Boundary,
    /// The session's policies.
    Session,
}

/// What kept a request from being allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    /// A caller of this kind can never make this call, for this reason.
    Caller(&'static str),
    /// This layer denied, did not allow, or could not be evaluated.
    Layer(Layer),
    /// The call needs another permission too, and [`Evaluation::implied`] has the reason.
    Implied(&'static str),
}

/// A statement among the layers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// The layer of its document.
    pub layer: Layer,
    /// The document's place within the layer.
    pub document: usize,
    /// The statement's place within the document.
    pub statement: usize,
    /// The statement's id, where it has one.
    pub sid: Option<Arc<str>>,
}

/// An element that could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotEvaluated {
    /// The statement that has it.
    pub statement: StatementRef,
    /// Where it stands in its document, as a JSON pointer.
    pub pointer: String,
    /// Why it could not be evaluated, in one line.
    pub reason: String,
}

/// A permission that a call needs besides its own action, with the answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Implied {
    /// The action, such as `sts:TagSession`.
    pub action: &'static str,
    /// Whether it is allowed.
    pub evaluation: Evaluation,
}

/// A decision with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The answer.
    pub decision: Decision,
    /// Whether the request succeeds. `False` also where it is denied for sure and only the kind of denial is unknown.
    pub allows: Truth,
    /// What kept the request from being allowed, or leaves that open; `None` where it is allowed.
    pub blocked: Option<Block>,
    /// The statements that decided: those that denied, or those that allowed.
    pub statements: Vec<StatementRef>,
    /// What could not be evaluated, whether or not the decision depends on it.
    pub not_evaluated: Vec<NotEvaluated>,
    /// Whether the resource's policy names the caller so directly that the caller needs no identity policy in the same
    /// account. `False` where it leaves the decision to the caller's account.
    pub names_caller: Truth,
    /// The further permissions that the call needs, such as `sts:TagSession` where session tags are passed.
    pub implied: Vec<Implied>,
}

/// Whether the request would succeed, given everything that applies to it.
#[must_use]
pub fn evaluate(request: &Request, layers: &Layers<'_>) -> Evaluation {
    with_implied(request, |subject| decide(subject, layers), layers.boundary.is_some())
}

/// Whether the trust side allows: the role's trust policy alone, as if everything on the caller's side allowed.
#[must_use]
pub fn evaluate_trust(request: &Request, trust: &Document) -> Evaluation {
    with_implied(request, |subject| decide_trust(subject, trust), false)
}

/// A call for a role with session tags, a source identity or a trusted context is authorised for these as separate
/// actions (IAM User Guide, "Passing session tags in AWS STS" and "Monitor and control actions taken with assumed
/// roles"). They do not have `sts:ExternalId` among their keys (Service Authorization Reference, AWS STS).
fn implied_actions(request: &Request) -> impl Iterator<Item = &'static str> {
    let for_role = ROLE_CALLS.iter().any(|call| request.action.eq_ignore_ascii_case(call));
    let has = |wanted: fn(&str) -> bool| for_role && request.context.has(wanted);
    let tags = has(|key| key.starts_with("aws:requesttag/") || key == "aws:tagkeys");
    let source = has(|key| key == "sts:sourceidentity");
    let context = has(|key| key.starts_with("sts:requestcontext/") || key == "sts:requestcontextproviders");
    [(tags, "sts:TagSession"), (source, "sts:SetSourceIdentity"), (context, "sts:SetContext")]
        .into_iter()
        .filter_map(|(needed, action)| needed.then_some(action))
}

/// The calls that return a session of a role.
const ROLE_CALLS: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

fn with_implied(
    request: &Request,
    decide: impl Fn(&Subject<'_>) -> Evaluation,
    has_boundary: bool,
) -> Evaluation {
    let mut main =
        decide(&Subject { request, action: &request.action, hides_external_id: false, has_boundary });
    for action in implied_actions(request) {
        let evaluation = decide(&Subject { request, action, hides_external_id: true, has_boundary });
        let worse = evaluation.allows < main.allows;
        if worse {
            main.decision = evaluation.decision;
            main.allows = evaluation.allows;
            main.blocked = Some(Block::Implied(action));
            main.statements.clone_from(&evaluation.statements);
        }
        main.not_evaluated.extend(evaluation.not_evaluated.iter().cloned());
        main.implied.push(Implied { action, evaluation });
    }
    main
}

fn decide_trust(subject: &Subject<'_>, trust: &Document) -> Evaluation {
    let mut tally = Tally::new(subject);
    let trusted = tally.scan(Layer::Resource, &[trust]);
    tally.conclude(trusted.any, &[(Layer::Resource, trusted.any)], trusted.skips_identity)
}

fn decide(subject: &Subject<'_>, layers: &Layers<'_>) -> Evaluation {
    if let Some(reason) = subject.request.principal.cannot_call(subject.action) {
        return Evaluation::caller_cannot(reason);
    }
    if needs_no_permission(subject) {
        return Evaluation::always_allowed();
    }
    let mut tally = Tally::new(subject);
    for (index, level) in layers.resource_control.iter().enumerate() {
        tally.scan(Layer::ResourceControl(index), &level.documents);
    }
    let named = match layers.resource {
        Some(document) => tally.scan(Layer::Resource, &[document]),
        None => Scan::NONE,
    };
    // A caller without an account has no identity policies, boundary or session, and no organization.
    if subject.request.principal.account().is_none() {
        return tally.conclude(named.any, &[(Layer::Resource, named.any)], named.skips_identity);
    }

    let mut control = Truth::True;
    let mut control_block = Layer::ServiceControl(0);
    for (index, level) in layers.service_control.iter().enumerate() {
        let allowed = tally.scan(Layer::ServiceControl(index), &level.documents).any;
        if allowed < control {
            control = allowed;
            control_block = Layer::ServiceControl(index);
        }
    }
    // The root user needs no identity policy and has none.
    let identity = if matches!(subject.request.principal, Principal::Root { .. }) {
        Truth::True
    } else {
        tally.scan(Layer::Identity, &layers.identity).any
    };
    let mut limit = |layer, documents: &Option<Vec<&Document>>| match documents {
        Some(documents) => tally.scan(layer, documents).any,
        None => Truth::True,
    };
    let boundary = limit(Layer::Boundary, &layers.boundary);
    let session = limit(Layer::Session, &layers.session);

    let within = subject.request.is_within_account();
    let must_be_named = !within || needs_resource_policy(subject);
    // What the resource's policy and the identity policies give together, before the limits.
    let by_identity = if must_be_named { named.any.and(identity) } else { identity };
    let granted = if within { named.skips_identity.or(by_identity) } else { by_identity };
    let limited = granted.and(boundary).and(session);
    let passed = if within { named.skips_all.or(limited) } else { limited };
    let allowed = control.and(passed);

    let named_enough = if must_be_named { named.any } else { Truth::True };
    tally.conclude(
        allowed,
        &[
            (control_block, control),
            (Layer::Resource, named_enough),
            (Layer::Identity, granted),
            (Layer::Boundary, boundary),
            (Layer::Session, session),
        ],
        named.skips_identity,
    )
}

/// An identity policy alone never suffices for a role or for a key: "IAM role trust policies and KMS key policies" are
/// the exceptions (IAM User Guide, "Policy evaluation logic").
fn needs_resource_policy(subject: &Subject<'_>) -> bool {
    const ROLE_ACTIONS: [&str; 3] = ["sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext"];
    let action = subject.action;
    let is_key = || {
        let service = action.split_once(':').map_or("", |(service, _)| service);
        service.eq_ignore_ascii_case("kms") && subject.request.resource.contains(":key/")
    };
    ROLE_CALLS.iter().chain(&ROLE_ACTIONS).any(|name| action.eq_ignore_ascii_case(name)) || is_key()
}

/// "No permissions are required to perform this operation. If an administrator attaches a policy to your identity that
/// explicitly denies access to the sts:GetCallerIdentity action, you can still perform this operation." (STS API
/// Reference, `GetCallerIdentity`.) The request must still be signed.
fn needs_no_permission(subject: &Subject<'_>) -> bool {
    subject.action.eq_ignore_ascii_case(UNRESTRICTED)
        && match subject.request.principal {
            Principal::Root { .. }
            | Principal::User { .. }
            | Principal::Role(_)
            | Principal::RoleSession { .. }
            | Principal::FederatedUser { .. } => true,
            Principal::Service(_) | Principal::WebIdentity(_) | Principal::Saml(_) | Principal::Anonymous => {
                false
            }
        }
}

/// The action that no policy restricts.
pub(crate) const UNRESTRICTED: &str = "sts:GetCallerIdentity";

impl Evaluation {
    fn always_allowed() -> Self {
        Self {
            decision: Decision::Allowed,
            allows: Truth::True,
            blocked: None,
            statements: Vec::new(),
            not_evaluated: Vec::new(),
            names_caller: Truth::False,
            implied: Vec::new(),
        }
    }

    fn caller_cannot(reason: &'static str) -> Self {
        Self {
            decision: Decision::ImplicitlyDenied,
            allows: Truth::False,
            blocked: Some(Block::Caller(reason)),
            statements: Vec::new(),
            not_evaluated: Vec::new(),
            names_caller: Truth::False,
            implied: Vec::new(),
        }
    }
}
