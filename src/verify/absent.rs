//! Claims about a role or a function that does not exist: what cannot hold without it is refuted, and what there is nothing to
//! prove with is unknown. Pure.
//!
//! Deliberately absent: any proof from a document that is not in AWS. That nobody can assume a role which does not exist proves
//! nothing of the role that somebody creates under its name.

use super::claim::{Absent, Claim, Decided, Proposition};
use crate::desired::aws::Desired;
use crate::iam::principal::Principal;
use crate::iam::prove;
use crate::observe::aws::Part;
use crate::observe::survey::Survey;

/// The claims about a role that does not exist.
#[must_use]
pub fn without_role(survey: &Survey) -> Vec<Claim> {
    without_targets(of_no_role(&survey.desired), survey)
}

fn of_no_role(desired: &Desired) -> Vec<Claim> {
    let intent = desired.intent();
    let external_id = intent.external_id.as_ref().map(ToString::to_string);
    let unknown = |claim, reason: &str| absent(Proposition::Provable(claim), Absent::Role, false, reason);
    let refuted = |claim, reason: &str| absent(Proposition::Provable(claim), Absent::Role, true, reason);
    let no_trust = "the role does not exist, so there is no trust policy to prove it with";
    let no_policies = "the role does not exist, so there are no policies to prove it with";
    let nobody = "the role does not exist, so nobody can assume it";
    let no_session = "the role does not exist, so there are no sessions of it";
    let targets = intent.targets.as_ref().map_or(0, Vec::len);
    let uses = intent.allowance.as_ref().map(|allowance| allowance.uses().len());
    let only = match uses {
        Some(_) => prove::Claim::OnlyStatedMayBeDone,
        None => prove::Claim::OnlyTargetsMayBeInvoked,
    };
    let every_target = (targets > 0).then_some(prove::Claim::EveryTargetMayBeInvoked(targets));
    let every = every_target.into_iter().chain(uses.map(prove::Claim::EveryStatedMayBeDone));
    let may_assume = intent.trusted.iter().map(|trusted| prove::Claim::MayAssume(trusted.clone()));
    let ids: Vec<String> = { intent.external_id.iter() }
        .chain(intent.further_ids.iter().map(|further| &further.id))
        .map(ToString::to_string)
        .collect();
    let only_with = match intent.further_ids.is_empty() {
        true => prove::Claim::OnlyWithExternalId(external_id),
        false => prove::Claim::OnlyWithOneOf { ids, others: false },
    };
    let with_further = intent.further_ids.iter().flat_map(|further| {
        let of = |principal: &Principal| prove::Claim::MayAssumeWith {
            principal: principal.clone(),
            further: further.clone(),
        };
        intent.trusted.iter().map(of).collect::<Vec<_>>()
    });
    let may_assume = may_assume.chain(with_further);
    [prove::Claim::OnlyTrustedMayAssume, only_with]
        .map(|claim| unknown(claim, no_trust))
        .into_iter()
        .chain(may_assume.map(|claim| refuted(claim, nobody)))
        .chain([unknown(only, no_policies)])
        .chain(every.map(|claim| refuted(claim, no_session)))
        .collect()
}

fn absent(proposition: Proposition, what: Absent, is_needed: bool, reason: &str) -> Claim {
    Claim::new(proposition, Decided::Absent { what, is_needed, reasons: vec![reason.to_owned()] })
}

/// The claims where targets are missing: nobody can invoke a function that does not exist, whatever the policies allow. Where it is
/// not known whether they exist, a proof of the policies is not enough.
#[must_use]
pub(super) fn without_targets(claims: Vec<Claim>, survey: &Survey) -> Vec<Claim> {
    let missing: Vec<String> = survey.missing.iter().map(ToString::to_string).collect();
    if !missing.is_empty() {
        return broken_by(Absent::Target, &missing, claims);
    }
    let open: Vec<String> = survey.open(Part::Targets).map(ToString::to_string).collect();
    let decide = |claim: Claim| match (needs(&claim.proposition), &claim.decided) {
        (Some(Absent::Target), Decided::Proved) if !open.is_empty() => {
            Claim { decided: Decided::Undecided { reasons: open.clone() }, ..claim }
        }
        _ => claim,
    };
    claims.into_iter().map(decide).collect()
}

/// The claims where the role has another path than the manifest's: callers assume the ARN that they were given, and no role has it.
#[must_use]
pub(super) fn at_another_arn(claims: Vec<Claim>, survey: &Survey) -> Vec<Claim> {
    let Some(found) = survey.elsewhere() else { return claims };
    let reason = format!(
        "the ARN of the manifest, `{}`, is not the ARN of a role, so nobody can assume it: the role is `{}`",
        survey.desired.role_arn(),
        found.identity
    );
    broken_by(Absent::Arn, &[reason], claims)
}

/// The claims where those that cannot hold without `what` are refuted.
fn broken_by(what: Absent, reasons: &[String], claims: Vec<Claim>) -> Vec<Claim> {
    let decide = |claim: Claim| {
        if needs(&claim.proposition) != Some(what) {
            return claim;
        }
        let reasons = reasons.iter().cloned().chain(besides(&claim.decided)).collect();
        Claim { decided: Decided::Absent { what, is_needed: true, reasons }, ..claim }
    };
    claims.into_iter().map(decide).collect()
}

/// What a role that is there may lack, so that the claim cannot hold.
pub(super) fn needs(proposition: &Proposition) -> Option<Absent> {
    match proposition {
        Proposition::Provable(claim) => match claim {
            prove::Claim::EveryTargetMayBeInvoked(_) => Some(Absent::Target),
            prove::Claim::MayAssumeWith { .. }
            | prove::Claim::MayAssume(_)
            | prove::Claim::MayAssumeUnderConditions(_) => Some(Absent::Arn),
            prove::Claim::OnlyTrustedMayAssume
            | prove::Claim::OnlyWithExternalId(_)
            | prove::Claim::OthersOnlyWithExternalId(_)
            | prove::Claim::OnlyWithOneOf { .. }
            | prove::Claim::NoLongerWith { .. }
            | prove::Claim::OnlyTargetsMayBeInvoked
            | prove::Claim::OnlyStatedMayBeDone
            | prove::Claim::EveryStatedMayBeDone(_)
            | prove::Claim::BoundaryAllowsNoMore
            | prove::Claim::OnlyThroughRole => None,
        },
        Proposition::WhoCanAssume
        | Proposition::WhatSessionsCanDo
        | Proposition::OrganizationAgrees
        | Proposition::OneRoleIsMeant { .. } => None,
    }
}

/// What breaks the claim besides.
fn besides(decided: &Decided) -> Vec<String> {
    match decided {
        Decided::Refuted(witness) => vec![witness.sentence.clone()],
        Decided::Denied { reasons } | Decided::Unmet { reasons } | Decided::Absent { reasons, .. } => {
            reasons.clone()
        }
        Decided::Proved | Decided::Undecided { .. } => Vec::new(),
    }
}

/// The survey as AWS can be asked about it: a function that does not exist gives no answer about the role.
#[must_use]
pub fn of_what_exists(survey: &Survey) -> Survey {
    let missing: Vec<_> = survey.missing.iter().map(|missing| missing.arn(&survey.desired.home)).collect();
    let mut present = survey.clone();
    present.desired.targets.retain(|target| !missing.contains(target));
    present
}
