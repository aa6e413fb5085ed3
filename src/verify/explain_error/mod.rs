//! From an error that Genesys Cloud showed to its most likely cause.
//!
//! The text says what failed ([`text`]); what AWS holds says why, by the evaluator. AWS answers a wrong external ID, a
//! wrong caller and a missing role with the same words on purpose, so the words alone decide nothing, apart from those in
//! which AWS names the kind of policy that denied. A cause is certain where a document or AWS's own words show it;
//! everything else is likely or possible, and called that. Pure.

mod assume;
mod invoke;
mod text;

use text::{Blamed, Failed, Reported};

use super::Documents;
use super::held::Held;
use super::organization::Organization;
use crate::observe::aws::ObservedFunction;
use crate::observe::survey::{MissingTarget, Survey};
use crate::report::{CauseKind, CauseView, Certainty, DiagnosisView};

/// What AWS holds.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The role, and the targets that are there.
    pub survey: &'a Survey,
    /// The targets that are not.
    pub missing: &'a [MissingTarget],
    /// The organisation.
    pub organization: &'a Organization,
}

/// Repairs what differs from the manifest.
const APPLY: &str = "`rolecall plan` shows the difference, `rolecall apply` repairs it";

/// The causes of the error, the surest first; at least one.
pub fn explain(text: &str, facts: &Facts<'_>) -> DiagnosisView {
    let reported = Reported::read(text);
    let mut causes = match reported.failed {
        Failed::AssumeRole => assume::causes(&reported, facts),
        Failed::Invoke => invoke::causes(&reported, facts),
        Failed::FunctionNotFound => functions(&reported, facts),
        Failed::Other => unrecognised(facts),
    };
    causes.sort_by_key(|cause| cause.certainty);
    DiagnosisView { reported: sentence(&reported), causes }
}

fn sentence(Reported { failed, principal, resource, .. }: &Reported) -> String {
    let who = principal
        .as_deref()
        .map_or_else(|| "a caller that the text does not name".to_owned(), |it| format!("`{it}`"));
    let what = resource.as_deref().map(|resource| format!(" on `{resource}`")).unwrap_or_default();
    match failed {
        Failed::AssumeRole => format!("AWS denied {who} sts:AssumeRole{what}."),
        Failed::Invoke => format!("AWS denied {who} lambda:InvokeFunction{what}."),
        Failed::FunctionNotFound => match resource {
            Some(resource) => format!("Lambda knows no function `{resource}`."),
            None => "Lambda does not know the function.".to_owned(),
        },
        Failed::Other => "The text holds none of the errors of AWS that are known here.".to_owned(),
    }
}

fn cause(cause: CauseKind, certainty: Certainty, message: String, fix: impl Into<String>) -> CauseView {
    CauseView { cause, certainty, message, evidence: Vec::new(), fix: fix.into() }
}

/// The role's documents; without them, the cause that says so.
fn held(survey: &Survey) -> Result<Held, Vec<CauseView>> {
    let Some(documents) = Documents::observed(&survey.observed, &survey.desired.role.name) else {
        let message = format!("role `{}` does not exist", survey.desired.role_arn());
        let fix = "`rolecall apply` makes it";
        return Err(vec![cause(CauseKind::RoleMissing, Certainty::Certain, message, fix)]);
    };
    Held::read(&documents, &survey.desired).map_err(|reasons| {
        let message = "not every document of the role could be read, so none of them decides".to_owned();
        let fix = format!("see what cannot be read ({}), then ask again", reasons.join("; "));
        vec![cause(CauseKind::Unexplained, Certainty::Possible, message, fix)]
    })
}

/// Targets that are not there.
fn missing(facts: &Facts<'_>) -> Vec<CauseView> {
    let cause_of = |target: &MissingTarget| {
        let kind = match target.observed {
            ObservedFunction::QualifierMissing(_) => CauseKind::QualifierMissing,
            ObservedFunction::Missing(_) | ObservedFunction::Present(_) => CauseKind::FunctionMissing,
        };
        let fix = "deploy it, or correct the [[target]] and the data action";
        cause(kind, Certainty::Certain, target.to_string(), fix)
    };
    facts.missing.iter().map(cause_of).collect()
}

fn functions(reported: &Reported, facts: &Facts<'_>) -> Vec<CauseView> {
    let missing = missing(facts);
    if !missing.is_empty() {
        return missing;
    }
    let targets = &facts.survey.desired.targets;
    let named = reported.resource.as_deref();
    let is_target = named.is_some_and(|named| targets.iter().any(|target| target.to_string() == named));
    if is_target {
        let message = "the function is there now: it was missing when the error came".to_owned();
        return vec![cause(CauseKind::Stale, Certainty::Likely, message, "run the test action again")];
    }
    let list = targets.iter().map(ToString::to_string).collect::<Vec<_>>().join("`, `");
    let message = format!("every target is there, so the data action calls another function than `{list}`");
    let fix = "compare the ARN in the data action with the targets: region, account, name and alias";
    let certainty = if named.is_some() { Certainty::Certain } else { Certainty::Likely };
    vec![cause(CauseKind::NotATarget, certainty, message, fix)]
}

fn unrecognised(facts: &Facts<'_>) -> Vec<CauseView> {
    let mut causes = missing(facts);
    if let Err(more) = held(facts.survey) {
        causes.extend(more);
    }
    if causes.is_empty() {
        let message =
            "nothing in the text says what failed, and what AWS holds is not looked at without it".to_owned();
        let fix = "pass the innermost message of the test's `error.errors`; `rolecall verify` looks at everything else";
        causes.push(cause(CauseKind::Unexplained, Certainty::Possible, message, fix));
    }
    causes
}

/// What AWS's own words show, where they name an organisation's policy.
fn organization_blamed(blamed: Option<(Blamed, bool)>) -> Option<CauseView> {
    let (policy, denies) = blamed?;
    let name = match policy {
        Blamed::ServiceControl => "service control policy",
        Blamed::ResourceControl => "resource control policy",
        Blamed::Boundary | Blamed::Session | Blamed::Resource | Blamed::Identity | Blamed::Trust => {
            return None;
        }
    };
    let how = if denies { "denies it" } else { "does not allow it" };
    let message = format!("a {name} of the organisation {how}, in AWS's own words");
    let fix = "have the organisation's administrators make an exception for the role";
    Some(cause(CauseKind::OrganizationPolicy, Certainty::Certain, message, fix))
}

/// What the organisation's policies show, or that they could not be read.
fn organization(facts: &Facts<'_>, action: &str) -> Vec<CauseView> {
    let fix = "have the organisation's administrators make an exception for the role";
    match facts.organization {
        Organization::NoneApplies => Vec::new(),
        Organization::Unreadable(error) => {
            let message = "a policy of the organisation denies it; these could not be read".to_owned();
            let mut found = cause(CauseKind::OrganizationPolicy, Certainty::Possible, message, fix);
            found.evidence.push(error.to_string());
            vec![found]
        }
        Organization::Known { .. } => {
            let claim = facts.organization.claim(&facts.survey.desired);
            let reasons = claim.into_iter().flat_map(|claim| {
                let is_refuted = claim.result == crate::report::Outcome::Refuted;
                claim.reasons.into_iter().map(move |reason| (is_refuted, reason))
            });
            let about = reasons.filter(|(_, reason)| reason.contains(action));
            about
                .map(|(is_refuted, reason)| {
                    let certainty = if is_refuted { Certainty::Certain } else { Certainty::Possible };
                    let message = "a policy of the organisation denies it".to_owned();
                    let mut found = cause(CauseKind::OrganizationPolicy, certainty, message, fix);
                    found.evidence.push(reason);
                    found
                })
                .collect()
        }
    }
}

/// AWS enforces changes some seconds late (IAM User Guide, "Changes that I make are not always immediately visible").
fn stale() -> CauseView {
    let message =
        "the documents allow it: the role was changed after the error, or less than a minute before"
            .to_owned();
    cause(CauseKind::Stale, Certainty::Possible, message, "wait a minute and run the test action again")
}
