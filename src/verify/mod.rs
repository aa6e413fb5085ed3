//! Is the role what it should be? [`paper`] decides from the documents that AWS holds; [`live`] asks AWS itself about the
//! real role, and [`twin`] about a throw-away copy that trusts us in the place of Genesys Cloud.
//!
//! They are kept apart because they show different things: the documents decide for every caller, a probe shows only
//! what AWS answers to the one caller that we are. A proof that somebody may is a proof that the role's side
//! allows it, and as far as [`organization`] could be read, that its policies do. [`analysers`] are AWS's own second opinion
//! on the documents, [`functions`] are ways past the role. [`steady`] is how AWS is asked where its answers change,
//! `expect` what it should answer. Only [`twin`] writes, and never to the role itself.

pub mod analysers;
mod attempt;
mod drift;
mod expect;
mod explain;
pub mod explain_error;
pub mod functions;
pub mod gate;
mod genesys;
mod held;
pub mod live;
pub mod organization;
mod paper;
pub mod second;
mod service_role;
mod session;
pub mod steady;
pub mod twin;

use std::time::Duration;

pub use drift::drift;
pub use explain::explain;
pub use genesys::{genesys_causes, genesys_drift, other_organization};
pub use held::OrganizationLevel;
pub use paper::{decide, findings, intent, paper, read, shared_ids};
pub use service_role::services_alone;

use self::steady::Answered;
use crate::iam::arn::RoleName;
use crate::iam::evaluate::Request;
use crate::iam::lint::Severity;
use crate::observe::aws::{InlinePolicy, Observed, ObservedPolicy};
use crate::observe::survey::Survey;
use crate::plan::aws::{Foreign, Plan, is_own};
use crate::ports::ProbeAnswer;
use crate::report::{Answer, ClaimKind, EvidenceView, FindingView, ProbeView, Shows};

/// The shortest session that STS gives.
const SESSION: Duration = Duration::from_secs(900);

/// A policy document and what it is called in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDocument {
    /// The policy's ARN, or the name of an inline policy.
    pub name: String,
    /// The document; `None` where AWS does not show it.
    pub document: Option<String>,
}

/// A policy on the role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolePolicy {
    /// The policy's ARN, or the name of an inline policy.
    pub name: String,
    /// The document; `None` where AWS does not show it.
    pub document: Option<String>,
    /// Whether it is an inline policy.
    pub inline: bool,
    /// Whether somebody else put it there.
    pub foreign: bool,
    /// How many principals have it, where that is known.
    pub attachments: Option<u32>,
}

impl RolePolicy {
    fn managed(policy: &ObservedPolicy, role: &RoleName) -> Self {
        Self {
            name: policy.arn.clone(),
            document: policy.document.clone(),
            inline: false,
            foreign: !is_own(policy, role),
            attachments: u32::try_from(policy.attachment_count).ok(),
        }
    }

    /// rolecall makes no inline policies, so each is somebody else's.
    fn inline(InlinePolicy { name, document }: &InlinePolicy) -> Self {
        Self {
            name: format!("inline policy `{name}`"),
            document: Some(document.clone()),
            inline: true,
            foreign: true,
            attachments: None,
        }
    }
}

/// All the documents that decide who may assume the role and what it may then do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documents {
    /// The trust policy.
    pub trust: String,
    /// The longest session in seconds.
    pub max_session_duration: u32,
    /// The managed and inline policies on the role.
    pub identity: Vec<RolePolicy>,
    /// The permissions boundary.
    pub boundary: Option<NamedDocument>,
}

impl Documents {
    /// As AWS holds them; `None` where there is no role.
    pub fn observed(observed: &Observed, name: &RoleName) -> Option<Self> {
        let role = observed.role.as_ref()?;
        let attached = observed.policies.iter().filter(|policy| policy.attached);
        let managed = attached.map(|policy| RolePolicy::managed(policy, name));
        let inline = observed.inline.iter().map(RolePolicy::inline);
        let boundary = observed.boundary.as_ref().map(|boundary| NamedDocument {
            name: boundary.arn.clone(),
            document: boundary.document.clone(),
        });
        Some(Self {
            trust: role.trust.clone(),
            max_session_duration: role.max_session_duration,
            identity: managed.chain(inline).collect(),
            boundary,
        })
    }

    /// As they will be once the plan is carried out.
    pub fn planned(
        Survey { desired, observed, boundary: wanted_boundary, .. }: &Survey,
        plan: &Plan,
    ) -> Self {
        let wanted = desired.policies.iter().map(|(arn, policy)| RolePolicy {
            name: arn.clone(),
            document: Some(policy.document.clone()),
            inline: false,
            foreign: false,
            attachments: None,
        });
        let kept = plan.foreign.iter().filter_map(|foreign| match foreign {
            Foreign::ManagedPolicy { arn } => {
                let policy = observed.policies.iter().find(|policy| policy.arn == *arn)?;
                Some(RolePolicy::managed(policy, &desired.role.name))
            }
            Foreign::InlinePolicy { name } => {
                observed.inline.iter().find(|policy| policy.name == *name).map(RolePolicy::inline)
            }
        });
        let boundary = desired.role.permissions_boundary.as_ref().map(|arn| {
            // `drift` reads only the boundary in force; another one is then known by its ARN alone.
            let mut read = observed.boundary.iter().chain(wanted_boundary);
            let known = read.find(|known| known.arn == *arn);
            NamedDocument { name: arn.clone(), document: known.and_then(|known| known.document.clone()) }
        });
        Self {
            trust: desired.role.trust.clone(),
            max_session_duration: desired.role.max_session_duration,
            identity: wanted.chain(kept).collect(),
            boundary,
        }
    }
}

/// An answer as data for readers.
fn view<Q, T>(
    about: ClaimKind,
    probe: String,
    request: Option<Request>,
    answered: &Answered<Q, T>,
    principal: &str,
    (shows, message): (Shows, String),
) -> ProbeView {
    let Answered { awaited, probed, times, .. } = answered;
    let evidence = EvidenceView {
        principal: principal.to_owned(),
        request_id: probed.request_id.clone(),
        time: probed.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    };
    ProbeView {
        about: Some(about),
        probe,
        answer: Answer::from(matches!(probed.answer, ProbeAnswer::Allowed(_))),
        expected: awaited.map(Answer::from),
        shows,
        message,
        request,
        explanation: None,
        times: *times,
        evidence,
    }
}

/// Where AWS answered otherwise than the documents say that it does.
pub fn disagreements(probes: &[ProbeView]) -> Vec<FindingView> {
    let differs = |probe: &&ProbeView| probe.expected.is_some_and(|expected| expected != probe.answer);
    let finding = |probe: &ProbeView| {
        FindingView {
        id: "D1".to_owned(),
        severity: Severity::Warning.to_string(),
        statement: None,
        message: format!(
            "{}: AWS {} it, where the documents that it holds say that it is {}",
            probe.probe,
            probe.answer.as_str(),
            if probe.answer == Answer::Allowed { Answer::Denied.as_str() } else { Answer::Allowed.as_str() },
        ),
        why: "then something decides that was not read, or the proof's evaluator does not do as AWS does".to_owned(),
        reference: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html".to_owned(),
        fix: "look for an organisation policy, a policy of the caller's own, the resource policy of the function, or a \
              change made a moment ago; where there is none, tell rolecall's makers"
            .to_owned(),
        witness: None,
    }
    };
    probes.iter().filter(differs).map(finding).collect()
}
