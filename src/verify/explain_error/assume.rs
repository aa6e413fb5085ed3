//! Why Genesys Cloud could not assume the role.

use std::collections::BTreeSet;

use super::{
    Cause, CauseKind, Certainty, Facts, Remedy, Reported, cause, held, organization, organization_blamed,
    stale,
};
use crate::desired::aws::Desired;
use crate::iam::context::Context;
use crate::iam::document::Document;
use crate::iam::evaluate::{Decision, Evaluation, Request, evaluate_trust};
use crate::iam::explain::reason;
use crate::iam::principal::Principal;
use crate::iam::truth::Truth;

pub(super) fn causes(reported: &Reported, facts: &Facts<'_>) -> Vec<Cause> {
    let desired = &facts.survey.desired;
    let role = desired.role_arn().to_string();
    if let Some(own) = own_caller(reported, desired) {
        let message = format!(
            "`{own}` belongs to the role's own account, not to Genesys Cloud: a function's code or another program of \
             yours made this call"
        );
        return vec![cause(CauseKind::FunctionItself, Certainty::Likely, message, Remedy::MendFunction)];
    }
    if let Some(other) = reported.resource.as_deref().filter(|resource| *resource != role) {
        let message = format!("Genesys Cloud tried to assume `{other}`, but the manifest's role is `{role}`");
        return vec![cause(CauseKind::OtherRole, Certainty::Certain, message, Remedy::UseManifestRole)];
    }
    let held = match held(facts.survey) {
        Ok(held) => held,
        Err(causes) => return causes,
    };
    if let Some(found) = organization_blamed(reported.blamed) {
        return vec![found];
    }
    let Some(caller) = caller(reported, desired) else {
        let message = "the text names no caller, and the manifest's trusted account is not a valid principal"
            .to_owned();
        return vec![cause(CauseKind::Unexplained, Certainty::Possible, message, Remedy::PassWholeText)];
    };
    let knock = |id: Option<&str>| ask(&held.trust, desired, &caller, id);
    let id = desired.external_id.as_str();
    let right = knock(Some(id));
    match right.decision {
        Decision::Allowed => admitted(facts, &caller, knock(None).allows == Truth::True),
        Decision::ExplicitlyDenied => {
            let message = format!("a statement of the trust policy denies `{caller}`");
            vec![shown(CauseKind::ExplicitDeny, message, &right)]
        }
        Decision::ImplicitlyDenied => vec![kept_out(&held.trust, desired, &caller, &right)],
        Decision::Unknown => {
            let message = "the trust policy has a condition that rolecall cannot decide".to_owned();
            let mut found = cause(CauseKind::TrustPolicy, Certainty::Likely, message, Remedy::PlanAndApply);
            found.evidence.extend(right.not_evaluated.iter().map(|it| it.reason.clone()));
            vec![found]
        }
    }
}

/// The caller, where it is of the role's own account, the manifest does not trust it, and it wants another role.
fn own_caller(reported: &Reported, desired: &Desired) -> Option<Principal> {
    let caller: Principal = reported.principal.as_deref()?.parse().ok()?;
    let home = &desired.home.account;
    let may_be = |trusted: &Principal| match (trusted, &caller) {
        (Principal::Root { account, .. }, _) => account == home,
        (Principal::Role(trusted), Principal::RoleSession { account, role, .. }) => {
            trusted.account == *account && trusted.name == *role
        }
        (trusted, caller) => trusted == caller,
    };
    let mut trusted = desired.trusted.iter().filter_map(|name| name.parse::<Principal>().ok());
    let wants_other = reported.resource.as_deref().is_some_and(|role| role != desired.role_arn().to_string());
    (caller.account() == Some(home) && wants_other && !trusted.any(|trusted| may_be(&trusted)))
        .then_some(caller)
}

/// Who called: the caller that the text names, or somebody of the account that the manifest trusts.
fn caller(reported: &Reported, desired: &Desired) -> Option<Principal> {
    let named = reported.principal.as_deref().and_then(|name| name.parse().ok());
    named.or_else(|| match desired.trusted.first()?.parse().ok()? {
        Principal::Root { partition, account } => {
            format!("arn:{partition}:iam::{account}:role/somebody").parse().ok()
        }
        principal => Some(principal),
    })
}

fn ask(trust: &Document, desired: &Desired, caller: &Principal, id: Option<&str>) -> Evaluation {
    let mut context = Context::new();
    if let Some(id) = id {
        context.set("sts:ExternalId", id);
    }
    let request = Request {
        principal: caller.clone(),
        action: "sts:AssumeRole".to_owned(),
        resource: desired.role_arn().to_string(),
        resource_account: Some(desired.home.account.clone()),
        context,
    };
    evaluate_trust(&request, trust)
}

/// The trust policy lets the caller in with the right ID, so something else was wrong.
fn admitted(facts: &Facts<'_>, caller: &Principal, without_id: bool) -> Vec<Cause> {
    let id = &facts.survey.desired.external_id;
    let mut causes = organization(facts, "sts:AssumeRole");
    if causes.iter().any(|found| found.certainty == Certainty::Certain) {
        return causes;
    }
    if !without_id {
        let message = format!("Genesys Cloud sent an external ID other than `{id}`, or no external ID");
        let kind = CauseKind::WrongExternalId;
        let mut found = cause(kind, Certainty::Likely, message, Remedy::CompareOrganization);
        found
            .evidence
            .push(format!("the trust policy allows `{caller}` with this ID, but not without an ID"));
        causes.push(found);
    }
    causes.push(stale());
    causes
}

/// The trust policy keeps the caller out, with the right ID too.
fn kept_out(trust: &Document, desired: &Desired, caller: &Principal, right: &Evaluation) -> Cause {
    let id = desired.external_id.as_str();
    let asked_for = external_ids(trust).into_iter().filter(|other| *other != id);
    let accepted: Vec<&str> =
        asked_for.filter(|other| ask(trust, desired, caller, Some(other)).allows == Truth::True).collect();
    if !accepted.is_empty() {
        let list = accepted.join("`, `");
        let message = format!(
            "the trust policy requires the external ID `{list}`, but the organization's ID is `{id}`"
        );
        return shown(CauseKind::WrongExternalId, message, right);
    }
    let account = caller.account();
    let trusted: Vec<Principal> = desired.trusted.iter().filter_map(|name| name.parse().ok()).collect();
    if trusted.iter().all(|principal| principal.account() != account) {
        let message = format!(
            "the caller `{caller}` is not in the account that the manifest trusts (`{}`)",
            desired.trusted.join("`, `")
        );
        let mut found = shown(CauseKind::WrongPrincipal, message, right);
        found.remedy = Remedy::CorrectRegion;
        return found;
    }
    // With the ID or without: whoever is not named is not let in.
    let named = trust.statements().iter().any(|statement| statement.names_principal(caller) != Truth::False);
    let (kind, message) = if named {
        (
            CauseKind::TrustPolicy,
            format!("the trust policy does not allow `{caller}` with the external ID `{id}`"),
        )
    } else {
        (CauseKind::WrongPrincipal, format!("no statement of the trust policy applies to `{caller}`"))
    };
    shown(kind, message, right)
}

fn shown(kind: CauseKind, message: String, evaluation: &Evaluation) -> Cause {
    let mut found = cause(kind, Certainty::Certain, message, Remedy::PlanAndApply);
    found.evidence.push(reason(evaluation));
    found
}

/// The external IDs that the document names, wherever it does.
fn external_ids(trust: &Document) -> BTreeSet<&str> {
    let conditions = trust.statements().iter().flat_map(|statement| &statement.conditions);
    let about_id = conditions.filter(|condition| condition.key.folded() == "sts:externalid");
    about_id.flat_map(|condition| condition.values.iter().map(|value| &*value.raw)).collect()
}
