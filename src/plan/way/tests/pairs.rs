//! Pairs of manifests in memory: what the first leads to, the second is planned from.
//!
//! `ROLECALL_PAIRS` is how many, when this is compiled; `just pairs` makes thousands.

use super::random::pairs;
use super::*;
use crate::desired::aws::{Home, boundary_document, desired};
use crate::desired::template::Templates;
use crate::iam::arn::FunctionArn;
use crate::manifest::Manifest;
use crate::observe::survey::bins;
use crate::plan::aws::{PlanError, new_values};
use crate::ports::{PolicySpecification, PolicyVersionRecord, RoleIdentity, RoleRecord};

#[path = "../../../../tests/chaos/manifests.rs"]
#[allow(dead_code, reason = "the sandbox's pairs use more of it")]
mod manifests;

use manifests::{Dice, RandomManifest, manifest};

fn home() -> Home {
    Home { partition: "aws".parse().unwrap(), account: "123456789012".parse().unwrap() }
}

/// What would be read of the account, and what the manifest asks for.
fn survey_of(random: &RandomManifest, observed: &Observed) -> Survey {
    let (manifest, _) = Manifest::parse(&random.text, "rolecall.toml").unwrap();
    let own =
        |name: &str| random.templates.iter().find(|(own, _)| *own == name).map(|(_, text)| text.clone());
    let templates = Templates::new(own).unwrap();
    let targets: Vec<FunctionArn> =
        random.targets.iter().map(|target| target.arn().parse().unwrap()).collect();
    let id = manifest.party.external_id().cloned().unwrap();
    let current = bins(observed, &manifest.role.name);
    let desired = desired(&manifest, &id, &templates, &home(), &targets, &current, 10).unwrap();
    let boundary = desired.role.permissions_boundary.clone().map(|arn| {
        let document = boundary_document(&manifest, &id, &home(), &targets).unwrap();
        ObservedBoundary { arn, document: Some(document.to_string().into()), tags: None }
    });
    let mut observed = observed.clone();
    // The administrator makes the boundary first, also the one in force.
    if observed.boundary.is_some() && boundary.is_some() {
        observed.boundary.clone_from(&boundary);
    }
    Survey { boundary, ..survey(desired, observed) }
}

fn write(observed: &mut Observed, change: &Change, survey: &Survey) {
    let role = observed.role.as_mut();
    let policy =
        |observed: &mut Observed, arn: &crate::iam::arn::PolicyArn, write: &dyn Fn(&mut ObservedPolicy)| {
            write(observed.policies.iter_mut().find(|policy| policy.arn == *arn).unwrap());
        };
    match change {
        Change::CreateRole { role } => {
            observed.role = Some(RoleRecord {
                identity: RoleIdentity::Arn(home().role_arn(&role.name, &role.path)),
                path: role.path.to_string(),
                description: role.description.clone(),
                max_session_duration: role.max_session_duration,
                permissions_boundary: role.permissions_boundary.clone(),
                tags: role.tags.clone(),
                trust: role.trust.clone(),
            });
            observed.boundary = survey.boundary.clone().filter(|_| role.permissions_boundary.is_some());
        }
        Change::UpdateTrust { after, .. } => role.unwrap().trust = after.clone(),
        Change::PutBoundary { after, .. } => {
            role.unwrap().permissions_boundary = Some(after.clone());
            observed.boundary.clone_from(&survey.boundary);
        }
        Change::DeleteBoundary { .. } => {
            role.unwrap().permissions_boundary = None;
            observed.boundary = None;
        }
        Change::UpdateRole { after, .. } => {
            let role = role.unwrap();
            (role.description, role.max_session_duration) = after.clone();
        }
        Change::TagRole { tags, .. } => role.unwrap().tags.extend(new_values(tags)),
        Change::CreatePolicy { arn, policy: PolicySpecification { document, tags, .. } } => {
            observed.policies.push(ObservedPolicy {
                tags: Some(tags.clone()),
                document: Some(document.clone()),
                versions: vec![version(1)],
                attached: false,
                attachment_count: 0,
                under_path: true,
                ..foreign(&arn.to_string())
            });
        }
        Change::TagPolicy { arn, tags } => policy(observed, arn, &|policy| {
            policy.tags.get_or_insert_default().extend(new_values(tags));
        }),
        Change::DeletePolicyVersion { arn, version } => {
            policy(observed, arn, &|policy| policy.versions.retain(|known| known.id != *version));
        }
        Change::CreatePolicyVersion { arn, after, .. } => policy(observed, arn, &|policy| {
            policy.document = Some(after.clone());
            let number = policy.versions.iter().map(|it| it.created_seconds).max().unwrap_or_default() + 1;
            policy.versions.iter_mut().for_each(|version| version.is_default = false);
            policy.versions.push(version(number));
            assert!(policy.versions.len() <= 5, "{arn}");
        }),
        Change::AttachPolicy { arn, .. } => policy(observed, arn, &|policy| {
            (policy.attached, policy.attachment_count) = (true, 1);
        }),
        Change::DetachPolicy { arn, .. } => policy(observed, arn, &|policy| {
            (policy.attached, policy.attachment_count) = (false, 0);
        }),
        Change::DeletePolicy { arn, .. } => observed.policies.retain(|policy| policy.arn != *arn),
        Change::PutInlinePolicy { .. } | Change::DeleteInlinePolicy { .. } | Change::DeleteRole { .. } => {
            panic!("no manifest leads to {change:?}")
        }
    }
}

fn version(number: i64) -> PolicyVersionRecord {
    PolicyVersionRecord { id: format!("v{number}"), is_default: true, created_seconds: number }
}

/// Carries the plan out, and asks in each state who can do what.
fn apply(survey: &Survey, seed: u64) -> Observed {
    let Survey { desired, observed, quotas, boundary, .. } = survey;
    let plan = plan(desired, observed, quotas, PlanOptions::default()).unwrap();
    let way = Way::to_desired(plan, survey);
    assert_eq!(way.unstorable, None, "{seed}");
    let mut observed = observed.clone();
    let mut states = vec![State::of(&observed, boundary.as_ref())];
    for change in way.changes() {
        let mut next = states.last().unwrap().clone();
        next.make(change);
        states.push(next);
        write(&mut observed, change, survey);
        assert!(observed.policies.iter().filter(|policy| policy.attached).count() <= 10, "{seed}");
    }
    let allowed: Vec<_> = states.iter().map(pairs).collect();
    let (first, last) = (allowed.first().unwrap(), allowed.last().unwrap());
    for between in &allowed {
        let wider: Vec<_> = between.iter().filter(|it| !first.contains(it) && !last.contains(it)).collect();
        assert!(wider.is_empty(), "{seed}: {wider:?} {:?}", told(&way));
    }
    observed
}

#[test]
fn every_manifest_leads_from_every_other_through_documents_that_iam_takes() {
    let all: u64 = option_env!("ROLECALL_PAIRS").map_or(20, |number| number.parse().unwrap());
    let mut refused = 0;
    for seed in 0..all {
        let mut dice = Dice::of(seed);
        let (one, other) = (manifest("Role", &mut dice), manifest("Role", &mut dice));
        let observed = apply(&survey_of(&one, &nothing_there()), seed);
        let then = survey_of(&other, &observed);
        if one.path != other.path {
            let plan = plan(&then.desired, &then.observed, &then.quotas, PlanOptions::default());
            assert!(matches!(plan, Err(PlanError::PathDiffers { .. })), "{seed}");
            refused += 1;
            continue;
        }
        let observed = apply(&then, seed);
        let again = survey_of(&other, &observed);
        let left = plan(&again.desired, &again.observed, &again.quotas, PlanOptions::default()).unwrap();
        assert!(left.is_in_sync(), "{seed}: {left:?}");
    }
    assert!(refused * 4 < all, "{refused} of {all}");
}
