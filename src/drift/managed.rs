//! Drift of a role that another tool makes: what that tool has to repair. Pure.
//!
//! Its policies may have any name and any form: they differ from the manifest where a claim that the manifest's documents meet does
//! not hold. What the manifest states about the role itself (path, boundary, session duration, tags) is compared as it is stated.
//! Deliberately absent: a plan. rolecall writes nothing here.

use super::aws::{as_in_force, broken_claim, of_missing, of_tag, without_boundary};
use super::difference::{Attribute, Consequence, Difference, Effect, ManifestKey, State, Subject, Values};
use crate::manifest::Manager;
use crate::observe::survey::Survey;
use crate::plan::aws::{Change, TrustStep, changed_tags};
use crate::ports::RoleRecord;
use crate::verify::claim::{Claim, ClaimKind, ClaimOutcome};
use crate::verify::repair::Repair;
use crate::verify::{Documents, claims};

/// What the tool has to repair, most severe first; and the targets that Lambda does not have.
#[must_use]
pub fn managed_drift(survey: &Survey, manager: Manager) -> Vec<Difference> {
    let missing = survey.missing.iter().map(|missing| of_missing(survey, missing));
    let mut differences: Vec<Difference> = of_role(survey, manager).into_iter().chain(missing).collect();
    differences.sort_by_key(|difference| difference.consequence);
    differences
}

fn of_role(survey: &Survey, manager: Manager) -> Vec<Difference> {
    let wanted = &survey.desired.role;
    let subject = || Subject::Role(survey.desired.role_arn());
    let one = |attribute, key, (consequence, effects): (Consequence, Vec<Effect>), values| Difference {
        subject: subject(),
        attribute,
        consequence,
        effects,
        values,
        repair: Repair::Elsewhere(manager),
        key,
    };
    let changed = |change| Values::Change(Box::new(change));
    let stated = |expected, actual| Values::Stated { expected: Some(expected), actual: Some(actual) };
    let (Some(role), Some(actual)) = (&survey.observed.role, Documents::surveyed(survey)) else {
        let effects = (Consequence::NarrowsTrust, vec![Effect::NoRole]);
        let values = Values::Stated { expected: None, actual: None };
        return vec![one(Attribute::Role, ManifestKey::Role, effects, values)];
    };
    let RoleRecord { identity, path, description, max_session_duration, permissions_boundary, tags, trust } =
        role;
    let mut found = Vec::new();
    if *path != wanted.path.as_str() {
        let effects = (Consequence::NarrowsTrust, vec![Effect::RoleElsewhere(identity.clone())]);
        let values = stated(State::Text(wanted.path.to_string()), State::Text(path.clone()));
        found.push(one(Attribute::Path, ManifestKey::Path, effects, values));
    }
    let broken = Broken::of(survey, &actual);
    if let Some(effects) =
        broken.among(&[ClaimKind::OnlyTrusted, ClaimKind::ExternalId, ClaimKind::MayAssume])
    {
        let (before, after) = (trust.clone(), wanted.trust.clone());
        let values = changed(Change::UpdateTrust {
            role: wanted.name.clone(),
            before,
            after,
            step: TrustStep::Wanted,
        });
        found.push(one(Attribute::TrustPolicy, ManifestKey::Genesys, effects, values));
    }
    if let Some(effects) = broken.among(&[ClaimKind::OnlyTargets, ClaimKind::EveryTarget]) {
        // Which of its policies is at fault, the witnesses say.
        let values = Values::Stated { expected: None, actual: None };
        found.push(one(Attribute::Permissions, ManifestKey::Targets, effects, values));
    }
    if let Some(after) =
        wanted.permissions_boundary.as_ref().filter(|arn| Some(*arn) != permissions_boundary.as_ref())
    {
        let (before, after) = (permissions_boundary.clone(), after.clone());
        let values = changed(Change::PutBoundary { role: wanted.name.clone(), before, after });
        let claimed = claims(&actual, &survey.desired);
        let lifted = without_boundary(survey, &actual, &claimed);
        let effects = lifted.unwrap_or((Consequence::Boundary, Vec::new()));
        found.push(one(Attribute::PermissionsBoundary, ManifestKey::PermissionsBoundary, effects, values));
    }
    if *max_session_duration != wanted.max_session_duration {
        let is_longer = *max_session_duration > wanted.max_session_duration;
        let effect = if is_longer { Effect::LongerSession } else { Effect::ShorterSession };
        let values = stated(State::Number(wanted.max_session_duration), State::Number(*max_session_duration));
        let effects = (Consequence::Session, vec![effect]);
        found.push(one(Attribute::MaxSessionDuration, ManifestKey::MaxSessionDuration, effects, values));
    }
    // The description that rolecall gives where the manifest states none is no wish of anybody.
    if *description != wanted.description && !survey.desired.has_default_description() {
        let values = stated(State::Text(wanted.description.clone()), State::Text(description.clone()));
        let effects = (Consequence::Description, Vec::new());
        found.push(one(Attribute::Description, ManifestKey::Description, effects, values));
    }
    let differing = changed_tags(tags, &wanted.tags);
    found.extend(differing.iter().map(|(key, tag)| Difference {
        repair: Repair::Elsewhere(manager),
        ..of_tag(subject(), key, tag, ManifestKey::RoleTag(key.clone()))
    }));
    found
}

/// The claims that the manifest's documents meet and the role does not.
struct Broken(Vec<Claim>);

impl Broken {
    fn of(survey: &Survey, actual: &Documents) -> Self {
        let intended = as_in_force(Documents::intended(survey, &[]), survey);
        let intended = claims(&intended, &survey.desired);
        let is_met = |kind: ClaimKind| {
            let mut same = intended.iter().filter(|claim| claim.kind() == kind).peekable();
            same.peek().is_some() && same.all(|claim| claim.outcome() == ClaimOutcome::Proved)
        };
        let actual = claims(actual, &survey.desired).into_iter();
        Self(actual.filter(|claim| claim.outcome() != ClaimOutcome::Proved && is_met(claim.kind())).collect())
    }

    /// What the broken claims of these kinds lead to; `None` where there is none.
    fn among(&self, kinds: &[ClaimKind]) -> Option<(Consequence, Vec<Effect>)> {
        let consequence = |claim: &Claim| match claim.outcome() {
            ClaimOutcome::Refuted => broken_claim(claim.kind()),
            ClaimOutcome::Proved | ClaimOutcome::Unknown => Consequence::Undecided,
        };
        let broken: Vec<&Claim> = self.0.iter().filter(|claim| kinds.contains(&claim.kind())).collect();
        let worst = broken.iter().map(|claim| consequence(claim)).min()?;
        let mut effects: Vec<Effect> = Vec::new();
        for effect in broken.iter().flat_map(|claim| claim.because()).map(Effect::Shown) {
            if !effects.contains(&effect) {
                effects.push(effect);
            }
        }
        Some((worst, effects))
    }
}
