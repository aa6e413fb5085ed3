//! Why the role's session could not invoke a function.

use super::{
    Blamed, Cause, CauseKind, Certainty, Facts, Remedy, Reported, cause, held, missing, organization,
    organization_blamed, session_blamed, stale,
};
use crate::desired::aws::Desired;
use crate::iam::arn::FunctionArn;
use crate::iam::context::Context;
use crate::iam::evaluate::{Block, Decision, Evaluation, Layer, Request};
use crate::iam::explain::reason;
use crate::iam::principal::Principal;
use crate::verify::held::Held;

pub(super) fn causes(reported: &Reported, facts: &Facts<'_>) -> Vec<Cause> {
    let desired = &facts.survey.desired;
    let others = other_role(reported, desired);
    if !others.is_empty() {
        return others;
    }
    let held = match held(facts.survey) {
        Ok(held) => held,
        Err(causes) => return causes,
    };
    if let Some(found) = organization_blamed(reported.blamed).or_else(|| session_blamed(reported.blamed)) {
        return vec![found];
    }
    let named = reported.resource.as_deref().map(str::parse::<FunctionArn>);
    let mut causes = match named {
        // What is missing stands in the manifest: nothing of the role's side is to blame.
        Some(Ok(function)) if facts.missing.iter().any(|missing| missing.arn(&desired.home) == function) => {
            Vec::new()
        }
        Some(Ok(function)) => of_function(&function, &held, reported, facts),
        // Not named: each target is tried.
        Some(Err(_)) | None => {
            let targets = desired.targets.iter();
            let all = targets.flat_map(|target| of_function(target, &held, reported, facts));
            let mut causes: Vec<Cause> = Vec::new();
            for found in all {
                if !causes.contains(&found) {
                    causes.push(found);
                }
            }
            causes
        }
    };
    causes.extend(missing(facts));
    causes
}

/// The session is of another role: one that the integration names, or the function's own if its code calls a function.
fn other_role(reported: &Reported, desired: &Desired) -> Vec<Cause> {
    let Some(caller) = reported.principal.as_deref().and_then(|name| name.parse::<Principal>().ok()) else {
        return Vec::new();
    };
    let role = desired.role_arn();
    let is_ours = match &caller {
        Principal::RoleSession { account, role: name, .. } => *account == role.account && *name == role.name,
        Principal::Role(caller) => caller.account == role.account && caller.name == role.name,
        Principal::Root { .. }
        | Principal::User { .. }
        | Principal::FederatedUser { .. }
        | Principal::Service(_)
        | Principal::WebIdentity(_)
        | Principal::Saml(_)
        | Principal::Anonymous => false,
    };
    if is_ours {
        return Vec::new();
    }
    let message = format!("the function was called as `{caller}`, but the manifest's role is `{role}`");
    let other = cause(CauseKind::OtherRole, Certainty::Likely, message, Remedy::UseManifestRole);
    let message =
        format!("`{caller}` may be the execution role of a function whose code calls another function");
    let own = cause(CauseKind::FunctionItself, Certainty::Possible, message, Remedy::MendFunction);
    vec![other, own]
}

fn of_function(function: &FunctionArn, held: &Held, reported: &Reported, facts: &Facts<'_>) -> Vec<Cause> {
    let desired = &facts.survey.desired;
    let role = desired.role_arn();
    let request = Request {
        principal: Principal::Role(role.clone()),
        action: "lambda:InvokeFunction".to_owned(),
        resource: function.to_string(),
        resource_account: Some(role.account.clone()),
        context: Context::new(),
    };
    let evaluation = held.evaluate(&request, &[]);
    match evaluation.decision {
        Decision::Allowed => allowed(function, reported, facts),
        Decision::ExplicitlyDenied => {
            let message = format!("a statement on the role's side denies the invocation of `{function}`");
            let is_boundary = evaluation.blocked == Some(Block::Layer(Layer::Boundary));
            let kind = if is_boundary { CauseKind::Boundary } else { CauseKind::ExplicitDeny };
            vec![shown(kind, message, Remedy::RemoveStatement, &evaluation)]
        }
        Decision::ImplicitlyDenied => vec![not_allowed(function, desired, &evaluation)],
        Decision::Unknown => {
            let message =
                "a policy on the role's side has a condition that rolecall cannot decide".to_owned();
            let mut found = cause(CauseKind::Unexplained, Certainty::Possible, message, Remedy::PlanAndApply);
            found.evidence.extend(evaluation.not_evaluated.iter().map(|it| it.reason.clone()));
            vec![found]
        }
    }
}

fn not_allowed(function: &FunctionArn, desired: &Desired, evaluation: &Evaluation) -> Cause {
    if evaluation.blocked == Some(Block::Layer(Layer::Boundary)) {
        let message =
            format!("the role's permissions boundary does not allow the invocation of `{function}`");
        return shown(CauseKind::Boundary, message, Remedy::WidenBoundary, evaluation);
    }
    if desired.targets.contains(function) {
        let message = format!("no policy on the role allows the invocation of its target `{function}`");
        return shown(CauseKind::MissingPermission, message, Remedy::PlanAndApply, evaluation);
    }
    let same = |target: &&FunctionArn| target.unqualified() == function.unqualified();
    match desired.targets.iter().find(same) {
        Some(target) => {
            let message = format!(
                "`{function}` was called, but the manifest has `{target}`: each form needs its own permission"
            );
            shown(CauseKind::WrongQualifier, message, Remedy::CallListedForm, evaluation)
        }
        None => {
            let message = format!("`{function}` was called, but it is not a target in the manifest");
            shown(CauseKind::NotATarget, message, Remedy::AddTarget, evaluation)
        }
    }
}

/// The role's side allows it, so something else denied it.
fn allowed(function: &FunctionArn, reported: &Reported, facts: &Facts<'_>) -> Vec<Cause> {
    let mut causes = organization(facts, "lambda:InvokeFunction");
    if causes.iter().any(|found| found.certainty == Certainty::Certain) {
        return causes;
    }
    let home = &facts.survey.desired.home.account;
    let by_policy = matches!(reported.blamed, Some((Blamed::Resource, _)));
    if function.account != *home || by_policy {
        let message = format!("the resource policy of function `{function}` does not allow the role");
        let certainty = if by_policy { Certainty::Certain } else { Certainty::Likely };
        causes.push(cause(CauseKind::FunctionPolicy, certainty, message, Remedy::AddFunctionPermission));
    }
    causes.push(stale());
    causes
}

fn shown(kind: CauseKind, message: String, remedy: Remedy, evaluation: &Evaluation) -> Cause {
    let mut found = cause(kind, Certainty::Certain, message, remedy);
    found.evidence.push(reason(evaluation));
    found
}
