//! The organization's policies: service control policies (SCPs) limit the role's sessions, resource control policies
//! (RCPs) limit who may assume the role. Both belong to the role's account; those of the caller's organization are its own.
//!
//! They can be read from the management account and from delegated administrators only (API reference,
//! ListPoliciesForTarget). Everywhere else the answer is "allowed unless an organization policy denies it": that they
//! could not be read never means that there are none.
//!
//! A policy may ask for things that nobody here knows, such as the address that Genesys Cloud calls from. Then the claim is
//! unknown, and says what it depends on; it is not decided by leaving them out.

use std::collections::BTreeSet;

use super::claim::{Claim, Decided, Proposition};
use super::held::{OrganizationLevel, levels};
use super::note::Note;
use crate::desired::aws::Desired;
use crate::iam::arn::AccountId;
use crate::iam::condition::{Condition, Operand};
use crate::iam::context::{Context, ContextKey};
use crate::iam::document::{Document, Effect, Statement};
use crate::iam::evaluate::{Decision, Layer, Layers, Request, StatementRef, evaluate};
use crate::iam::explain::reason;
use crate::iam::principal::Principal;
use crate::iam::truth::Truth;
use crate::ports::{
    AwsError, AwsErrorKind, AwsResult, OrganizationPolicyKind, OrganizationRecord, ReadOrganization,
};
use futures_util::future::{join, try_join_all};
use schemars::JsonSchema;
use serde::Serialize;

/// "The maximum depth of OUs is five" below the root (Organizations quotas); a walk that is longer than that goes nowhere.
const DEEPEST: usize = 8;

/// How far the organization's policies are part of what is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationStanding {
    /// Nobody asked for them.
    #[default]
    NotAsked,
    /// They could not be read: what is allowed is allowed unless they deny it.
    Unreadable,
    /// The account belongs to no organization, or manages it: no organization policy applies.
    NoneApply,
    /// They were read and are part of the proof.
    Included,
}

/// What is known of the organization.
#[derive(Clone, Debug)]
pub enum Organization {
    /// Its policies could not be read.
    Unreadable(AwsError),
    /// The account belongs to no organization, or is the one that manages it: no policy applies.
    NoneApplies,
    /// Its policies, from the root to the account.
    Known {
        /// The organization.
        record: OrganizationRecord,
        /// Service control policies.
        service_control: Vec<OrganizationLevel>,
        /// Resource control policies.
        resource_control: Vec<OrganizationLevel>,
    },
}

/// Reads what applies to an account.
pub async fn read<O: ReadOrganization>(aws: &O, account: &AccountId) -> Organization {
    match read_known(aws, account).await {
        Ok(known) => known,
        Err(error) => Organization::Unreadable(error),
    }
}

async fn read_known<O: ReadOrganization>(aws: &O, account: &AccountId) -> AwsResult<Organization> {
    let Some(record) = aws.organization().await? else { return Ok(Organization::NoneApplies) };
    if record.management_account == *account {
        return Ok(Organization::NoneApplies);
    }
    let mut path = vec![account.to_string()];
    while let Some(parent) = match path.last() {
        Some(child) if path.len() < DEEPEST && !child.starts_with("r-") => aws.parent(child).await?,
        Some(_) | None => None,
    } {
        path.push(parent);
    }
    path.reverse();
    let (service_control, resource_control) = join(
        read_levels(aws, &path, OrganizationPolicyKind::ServiceControl),
        read_levels(aws, &path, OrganizationPolicyKind::ResourceControl),
    )
    .await;
    Ok(Organization::Known { record, service_control: service_control?, resource_control: resource_control? })
}

async fn read_levels<O: ReadOrganization>(
    aws: &O,
    path: &[String],
    kind: OrganizationPolicyKind,
) -> AwsResult<Vec<OrganizationLevel>> {
    let ids = try_join_all(path.iter().map(|target| aws.policies_at(target, kind))).await?;
    // Where a kind is in use, every root, unit and account has a policy of it: the last one cannot be detached
    // (API reference, DetachPolicy: MIN_POLICY_TYPE_LIMIT_EXCEEDED).
    if ids.iter().all(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let unique: Vec<String> = ids.iter().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let documents = try_join_all(unique.iter().map(async |id| {
        let text = aws.organization_policy(id).await?;
        let document = Document::parse(&text).map_err(|error| AwsError {
            operation: "organizations:DescribePolicy",
            kind: AwsErrorKind::MalformedDocument,
            code: None,
            message: format!("policy `{id}` is {error}"),
            request_id: None,
            outcome: crate::ports::WriteOutcome::Refused,
        })?;
        Ok::<_, AwsError>((id.clone(), document))
    }))
    .await?;
    let named = |id: &String| documents.iter().find(|(known, _)| known == id).cloned();
    Ok(ids.iter().map(|level| level.iter().filter_map(named).collect()).collect())
}

impl Organization {
    /// How far its policies are part of what is said.
    pub fn standing(&self) -> OrganizationStanding {
        match self {
            Self::Unreadable(_) => OrganizationStanding::Unreadable,
            Self::NoneApplies => OrganizationStanding::NoneApply,
            Self::Known { .. } => OrganizationStanding::Included,
        }
    }

    /// That its policies are not part of it.
    pub fn note(&self) -> Option<Note> {
        match self {
            Self::Unreadable(error) => Some(Note::OrganizationUnreadable { error: error.to_string() }),
            Self::NoneApplies | Self::Known { .. } => None,
        }
    }

    /// The service control policies, as far as they are known.
    pub fn service_control(&self) -> &[OrganizationLevel] {
        match self {
            Self::Known { service_control, .. } => service_control,
            Self::Unreadable(_) | Self::NoneApplies => &[],
        }
    }

    /// Whether its policies leave room for what the role is for; nothing where they are not known or there are none.
    pub fn claim(&self, desired: &Desired) -> Option<Claim> {
        let reasons = |obstacles: Vec<Obstacle>| obstacles.into_iter().map(|it| it.reason).collect();
        let decided = match self.obstacles(desired)? {
            Obstacles::Denials(denials) => Decided::Denied { reasons: reasons(denials) },
            Obstacles::Open(open) => Decided::Undecided { reasons: reasons(open) },
            Obstacles::None => Decided::Proved,
        };
        Some(Claim::new(Proposition::OrganizationAgrees, decided))
    }

    /// What its policies put in the way of what the role is for; nothing where they are not known or there are none.
    pub(super) fn obstacles(&self, desired: &Desired) -> Option<Obstacles> {
        let Self::Known { record, service_control, resource_control } = self else { return None };
        let mut denials = Vec::new();
        let mut open = BTreeSet::new();
        for needed in needed(desired, record) {
            let action = &needed.request.action;
            match judge(&needed, service_control, resource_control, &desired.home.account) {
                Ruling::Allows => {}
                Ruling::Denies(reason) => denials.push(Obstacle { reason, action: action.clone() }),
                Ruling::DependsOn(keys) => open.extend(keys.into_iter().map(|key| Obstacle {
                    reason: format!(
                        "whether a policy denies {action} depends on `{key}`, which rolecall does not know"
                    ),
                    action: action.clone(),
                })),
            }
        }
        Some(match (denials.is_empty(), open.is_empty()) {
            (false, _) => Obstacles::Denials(denials),
            (true, false) => Obstacles::Open(open.into_iter().collect()),
            (true, true) => Obstacles::None,
        })
    }
}

/// What the organization's policies put in the way of what the role is for.
pub(super) enum Obstacles {
    /// Nothing.
    None,
    /// These policies deny it.
    Denials(Vec<Obstacle>),
    /// Whether some do depends on what is not known here.
    Open(Vec<Obstacle>),
}

/// One of them. They are ordered by their reasons.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Obstacle {
    /// Which policy denies which request, or what that depends on.
    pub(super) reason: String,
    /// The action that is needed.
    pub(super) action: String,
}

/// A request that must get through, and what is known of it.
struct Needed {
    request: Request,
    /// Whether the caller itself is known, or only its account.
    knows_caller: bool,
}

/// Every request that must get through. What AWS would know of it and nobody here does is not stated.
fn needed(desired: &Desired, record: &OrganizationRecord) -> Vec<Needed> {
    let home = &desired.home.account;
    let common = |account: &AccountId| {
        let context = Context::new().with("aws:SecureTransport", "true").with("aws:ViaAWSService", "false");
        let context = context.with("aws:ResourceAccount", account.to_string());
        if account == home { context.with("aws:ResourceOrgID", record.id.clone()) } else { context }
    };
    let invocations = desired.targets.iter().map(|target| Needed {
        request: Request {
            principal: Principal::Role(desired.role_arn()),
            action: "lambda:InvokeFunction".to_owned(),
            resource: target.to_string(),
            resource_account: Some(home.clone()),
            context: common(&target.account)
                .with("aws:RequestedRegion", target.region.to_string())
                .with("aws:PrincipalOrgID", record.id.clone()),
        },
        knows_caller: true,
    });
    let assumptions = desired.trusted.iter().filter_map(|trusted| {
        let (principal, knows_caller) = match trusted.parse().ok()? {
            // Somebody of the account; who, is not published.
            Principal::Root { partition, account } => {
                (format!("arn:{partition}:iam::{account}:role/somebody").parse().ok()?, false)
            }
            principal => (principal, true),
        };
        let request = Request {
            principal,
            action: "sts:AssumeRole".to_owned(),
            resource: desired.role_arn().to_string(),
            resource_account: Some(home.clone()),
            context: common(home).with("sts:ExternalId", desired.external_id.to_string()),
        };
        Some(Needed { request, knows_caller })
    });
    assumptions.chain(invocations).collect()
}

/// What the organization says to one request.
enum Ruling {
    Allows,
    Denies(String),
    /// It depends on these condition keys.
    DependsOn(BTreeSet<String>),
}

/// RCPs apply to what is done to the role, by whomever; SCPs to what the account's own principals do.
fn judge(
    needed: &Needed,
    service_control: &[OrganizationLevel],
    resource_control: &[OrganizationLevel],
    home: &AccountId,
) -> Ruling {
    let Needed { request, knows_caller } = needed;
    // Both stand for what is decided elsewhere: here, only the organization could deny.
    let (anything, everybody) = (Document::parse(ANYTHING).ok(), Document::parse(EVERYBODY).ok());
    let is_ours = request.principal.account() == Some(home);
    let no_levels: &[OrganizationLevel] = &[];
    // Lambda is not among the services whose resources RCPs protect (Service Authorization Reference).
    let resource_control = if request.action.starts_with("sts:") { resource_control } else { no_levels };
    let service_control = if is_ours { service_control } else { no_levels };
    let layers = Layers {
        identity: anything.iter().collect(),
        resource: everybody.as_ref(),
        service_control: levels(service_control),
        resource_control: levels(resource_control),
        ..Layers::default()
    };
    let evaluation = evaluate(request, &layers);
    let in_force = |level: &[OrganizationLevel]| -> Vec<(String, Statement)> {
        let documents = level.iter().flatten();
        documents
            .flat_map(|(name, document)| document.statements().iter().map(|it| (name.clone(), it.clone())))
            .filter(|(_, statement)| statement.covers_action(&request.action) != Truth::False)
            .collect()
    };
    let statements: Vec<_> =
        in_force(service_control).into_iter().chain(in_force(resource_control)).collect();
    let open = |statement: &Statement| -> BTreeSet<String> {
        let keys = statement.conditions.iter().flat_map(keys_of);
        keys.filter(|key| !is_known(key, request, *knows_caller))
            .map(|key| key.written().to_owned())
            .collect()
    };
    let policy_of = |place: &StatementRef| -> Option<(&str, &Statement)> {
        let (levels, level) = match place.layer {
            Layer::ServiceControl(level) => (service_control, level),
            Layer::ResourceControl(level) => (resource_control, level),
            Layer::Resource | Layer::Identity | Layer::Boundary | Layer::Session => return None,
        };
        let (name, document) = levels.get(level)?.get(place.document)?;
        Some((name, document.statements().get(place.statement)?))
    };
    let is_allowed = evaluation.allows == Truth::True;
    // What allows matters where nothing else does; what denies, always.
    let allows_openly = |statement: &Statement| {
        statement.effect == Effect::Allow
            && (!is_allowed
                || evaluation.statements.iter().filter_map(policy_of).all(|(_, it)| !open(it).is_empty()))
    };
    let matters = |statement: &&Statement| statement.effect == Effect::Deny || allows_openly(statement);
    let depends: BTreeSet<String> =
        statements.iter().map(|(_, it)| it).filter(matters).flat_map(open).collect();
    let certain = evaluation.decision == Decision::ExplicitlyDenied
        && evaluation
            .statements
            .iter()
            .filter_map(policy_of)
            .any(|(_, statement)| open(statement).is_empty());
    if !depends.is_empty() && !certain {
        return Ruling::DependsOn(depends);
    }
    match evaluation.allows {
        Truth::True => Ruling::Allows,
        Truth::Unknown => {
            Ruling::DependsOn(evaluation.not_evaluated.iter().map(|it| it.reason.clone()).collect())
        }
        Truth::False => {
            let names: BTreeSet<&str> =
                evaluation.statements.iter().filter_map(policy_of).map(|(name, _)| name).collect();
            let by = match names.len() {
                0 => String::new(),
                _ => format!(" (policy `{}`)", names.into_iter().collect::<Vec<_>>().join("`, `")),
            };
            Ruling::Denies(format!("{} on {}: {}{by}", request.action, request.resource, reason(&evaluation)))
        }
    }
}

pub(super) const ANYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

const EVERYBODY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}"#;

/// The keys that a condition asks about, in its name and in the variables of its values.
fn keys_of(condition: &Condition) -> impl Iterator<Item = &ContextKey> {
    let variables = condition.values.iter().filter_map(|value| match &value.operand {
        Operand::Text(text) => Some(text.variables()),
        Operand::Number(_)
        | Operand::Date(_)
        | Operand::Bool(_)
        | Operand::Bytes(_)
        | Operand::Network(_)
        | Operand::Undocumented => None,
    });
    std::iter::once(&condition.key).chain(variables.flatten())
}

fn is_known(key: &ContextKey, request: &Request, knows_caller: bool) -> bool {
    let of_account = ["aws:principalaccount", "aws:principaltype", "aws:principalisawsservice"];
    request.context.get(key).is_some()
        || of_account.contains(&key.folded())
        || (knows_caller && ["aws:principalarn", "aws:username"].contains(&key.folded()))
}
