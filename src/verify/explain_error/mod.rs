//! From an error that Genesys Cloud showed to its most likely cause.
//!
//! The text says what failed (`text`); what AWS holds says why, by the evaluator. AWS answers a wrong external ID, a
//! wrong caller and a missing role with the same words on purpose, so the words alone decide nothing, apart from those in
//! which AWS names the kind of policy that denied. Every other message is looked up in a catalogue ([`known`]). A cause is
//! certain where a document or the other side's own words show it; everything else is likely or possible, and called that.
//! Pure.

mod assume;
mod cause;
mod invoke;
pub mod known;
mod observation;
mod text;

pub use cause::{Cause, CauseDetail, CauseKind, Certainty, Diagnosis, Remedy};
pub use known::{KnownMessage, Speaker};
pub use text::{Blamed, Failed, FailedStep, Reported};

use super::Documents;
use super::held::Held;
use super::organization::{Obstacles, Organization};
use super::repair::Repair;
use crate::iam::arn::FunctionArn;
use crate::observe::aws::ObservedFunction;
use crate::observe::survey::{MissingTarget, Survey};

/// What AWS holds.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The role, and the targets that are there.
    pub survey: &'a Survey,
    /// The targets that are not.
    pub missing: &'a [MissingTarget],
    pub organization: &'a Organization,
}

/// The causes of the error, the surest first; at least one.
pub fn explain(text: &str, facts: &Facts<'_>) -> Diagnosis {
    let (reported, known) = Reported::read(text);
    let mut causes = match (reported.failed, known) {
        _ if let Some(operation) = text::called_by_code(text) => vec![of_code(operation)],
        (_, Some(known)) => vec![observation::cause_of(known, text, &reported, facts)],
        (Failed::AssumeRole, None) => assume::causes(&reported, facts),
        (Failed::Invoke, None) => invoke::causes(&reported, facts),
        (Failed::FunctionNotFound, None) => functions(&reported, facts),
        (Failed::Known(_) | Failed::Other, None) => unrecognised(facts),
    };
    if let Some(manager) = facts.survey.desired.managed_by {
        for cause in &mut causes {
            cause.remedy = match std::mem::replace(&mut cause.remedy, Remedy::PlanAndApply) {
                // rolecall does not write this role.
                Remedy::PlanAndApply | Remedy::MakeRole => Remedy::Repair(Repair::Elsewhere(manager)),
                remedy => remedy,
            };
        }
    }
    let mut diagnosis = Diagnosis { reported, causes: Vec::new() };
    diagnosis.add(causes);
    diagnosis
}

fn cause(kind: CauseKind, certainty: Certainty, message: String, remedy: Remedy) -> Cause {
    Cause { kind, certainty, detail: CauseDetail::InAws(message), evidence: Vec::new(), remedy }
}

/// The role's documents; without them, the cause that says so.
fn held(survey: &Survey) -> Result<Held, Vec<Cause>> {
    let Some(documents) = Documents::surveyed(survey) else {
        let message = format!("role `{}` does not exist", survey.desired.role_arn());
        return Err(vec![cause(CauseKind::RoleMissing, Certainty::Certain, message, Remedy::MakeRole)]);
    };
    Held::read(&documents, &survey.desired).map_err(|reasons| {
        let message =
            "some documents of the role could not be read, so rolecall cannot decide the cause".to_owned();
        let remedy = Remedy::ReadDocuments { reasons };
        vec![cause(CauseKind::Unexplained, Certainty::Possible, message, remedy)]
    })
}

/// Targets that are not there.
fn missing(facts: &Facts<'_>) -> Vec<Cause> {
    let cause_of = |target: &MissingTarget| {
        let kind = match target.observed {
            ObservedFunction::QualifierMissing(_) => CauseKind::QualifierMissing,
            ObservedFunction::Missing(_) | ObservedFunction::Present(_) => CauseKind::FunctionMissing,
        };
        cause(kind, Certainty::Certain, target.to_string(), Remedy::DeployFunction)
    };
    facts.missing.iter().map(cause_of).collect()
}

/// A call that Genesys Cloud does not make: code did, such as that of the function.
fn of_code(operation: &str) -> Cause {
    let message = format!(
        "an AWS SDK tells of a failed `{operation}`, and Genesys Cloud makes no such call: code made it, such as the function's"
    );
    cause(CauseKind::FunctionItself, Certainty::Likely, message, Remedy::MendFunction)
}

fn functions(reported: &Reported, facts: &Facts<'_>) -> Vec<Cause> {
    let missing = missing(facts);
    if !missing.is_empty() {
        return missing;
    }
    let targets = &facts.survey.desired.targets;
    let named = reported.resource.as_deref().map(str::parse::<FunctionArn>);
    let named = match named {
        Some(Ok(function)) => Some(function),
        Some(Err(_)) => {
            let message = "what was not found is no Lambda function, and Genesys Cloud asks for nothing else: code asked for it, \
                           such as the function's"
                .to_owned();
            return vec![cause(CauseKind::FunctionItself, Certainty::Likely, message, Remedy::MendFunction)];
        }
        None => None,
    };
    let is_target = named.as_ref().is_some_and(|named| targets.contains(named));
    if let Some(function) = &named
        && !is_target
        && let Some(target) = targets.iter().find(|target| target.unqualified() == function.unqualified())
    {
        let message = format!("`{function}` was called, but the manifest has `{target}`");
        return vec![cause(CauseKind::WrongQualifier, Certainty::Likely, message, Remedy::CallListedForm)];
    }
    if is_target {
        let message = "the function exists now, but it was missing when the error occurred".to_owned();
        return vec![cause(CauseKind::Stale, Certainty::Likely, message, Remedy::RunAgain)];
    }
    let list = targets.iter().map(ToString::to_string).collect::<Vec<_>>().join("`, `");
    let message = format!("every target exists, so the data action calls a function other than `{list}`");
    vec![cause(CauseKind::NotATarget, Certainty::Likely, message, Remedy::CompareArn)]
}

/// A text that nothing explains: what was looked at, so that nobody looks there again.
fn unrecognised(facts: &Facts<'_>) -> Vec<Cause> {
    let mut causes = missing(facts);
    let survey = facts.survey;
    let role = survey.desired.role_arn();
    let mut looked = vec![format!("none of the {} known messages is in the text", known::all().len())];
    match held(survey) {
        Ok(_) => looked.push(format!("the role `{role}` exists, and its documents can be read")),
        Err(more) => causes.extend(more),
    }
    let targets = survey.observed.functions.len();
    if facts.missing.is_empty() {
        looked.push(match targets {
            1 => "the target of the manifest exists".to_owned(),
            _ => format!("the {targets} targets of the manifest exist"),
        });
    }
    if causes.is_empty() {
        let message = "rolecall does not know this message, and what it looked at is in order".to_owned();
        let remedy = Remedy::PassInnermostMessage;
        causes.push(cause(CauseKind::Unexplained, Certainty::Possible, message, remedy));
    }
    // They are so; that they are what the text is about, nothing shows.
    for cause in &mut causes {
        cause.certainty = cause.certainty.max(Certainty::Likely);
    }
    if let Some(first) = causes.first_mut() {
        first.evidence.extend(looked);
    }
    causes
}

/// What AWS's own words show, where they name an organization's policy.
fn organization_blamed(blamed: Option<(Blamed, bool)>) -> Option<Cause> {
    let (policy, denies) = blamed?;
    let name = match policy {
        Blamed::ServiceControl => "service control policy",
        Blamed::ResourceControl => "resource control policy",
        Blamed::Boundary | Blamed::Session | Blamed::Resource | Blamed::Identity | Blamed::Trust => {
            return None;
        }
    };
    let how = if denies { "denies it" } else { "does not allow it" };
    let message = format!("AWS says that a {name} of the organization {how}");
    Some(cause(CauseKind::OrganizationPolicy, Certainty::Certain, message, Remedy::AskAdministrators))
}

/// What the organization's policies show about an action, or that they could not be read.
fn organization(facts: &Facts<'_>, action: &str) -> Vec<Cause> {
    let found = |certainty, message: &str, evidence: String| {
        let kind = CauseKind::OrganizationPolicy;
        let cause = cause(kind, certainty, message.to_owned(), Remedy::AskAdministrators);
        Cause { evidence: vec![evidence], ..cause }
    };
    if let Organization::Unreadable(error) = facts.organization {
        let message = "an organization policy may deny it; the organization policies could not be read";
        return vec![found(Certainty::Possible, message, error.to_string())];
    }
    let (certainty, obstacles) = match facts.organization.obstacles(&facts.survey.desired) {
        Some(Obstacles::Denials(denials)) => (Certainty::Certain, denials),
        Some(Obstacles::Open(open)) => (Certainty::Possible, open),
        Some(Obstacles::None) | None => return Vec::new(),
    };
    let about = obstacles.into_iter().filter(|obstacle| obstacle.action == action);
    about.map(|it| found(certainty, "a policy of the organization denies it", it.reason)).collect()
}

/// What AWS's own words show, where they name the session policy: the caller of AssumeRole sends it.
fn session_blamed(blamed: Option<(Blamed, bool)>) -> Option<Cause> {
    let (Blamed::Session, denies) = blamed? else { return None };
    let how = if denies { "denies it" } else { "does not allow it" };
    let message =
        format!("AWS says that the session policy {how}; whoever assumed the role sent that policy");
    Some(cause(CauseKind::SessionPolicy, Certainty::Certain, message, Remedy::AskGenesys))
}

/// AWS enforces changes some seconds late (IAM User Guide, "Changes that I make are not always immediately visible").
fn stale() -> Cause {
    let message =
        "the documents allow it: the role was changed after the error, or less than a minute before it"
            .to_owned();
    cause(CauseKind::Stale, Certainty::Possible, message, Remedy::WaitAndRunAgain)
}
