//! Drift: the plan's changes as differences between the manifest and AWS, each with what it leads to.
//!
//! What a difference leads to is proved, not guessed: the claims are decided for the manifest's documents and for the same
//! documents with this one difference in them. A claim that breaks is the difference's doing, whatever else is different.
//! The requests that break it are the witnesses of the proof. Nothing is told as if it were so that is not: if something else
//! makes up for the difference, as a policy of others that allows what the missing policy would, the claim holds and is not told
//! as broken, and the witness is told as one of this difference alone.
//!
//! Deliberately absent: deciding what is different. The plan does that, and is empty where there is no drift.

use super::difference::{
    Attribute, Consequence, Difference, Effect, ManifestKey, State, Subject, Values, repair_with_all,
};
use crate::desired::aws::{Desired, OWNER_TAG};
use crate::iam::arn::{PolicyArn, RoleArn};
use crate::observe::ownership::foreign_attachments;
use crate::observe::quotas::check_quotas;
use crate::observe::survey::{MissingTarget, Survey};
use crate::plan::aws::{Change, Foreign, Plan, PlanError, PlanOptions, TagChange, plan_past_quotas};
use crate::verify::claim::{Claim, ClaimKind, ClaimOutcome};
use crate::verify::repair::Repair;
use crate::verify::{Documents, PolicyId, RolePolicy, claims, is_broken_by};
use rolecall_model::stored::StoredDocument;

/// What repairs everything, and the differences, most severe first.
pub fn drift(survey: &Survey) -> Result<(Plan, Vec<Difference>), PlanError> {
    let drift = Drift::new(survey);
    let (desired, moved) = drift.at_its_path();
    // Whose tag is missing is still the role that the manifest means: that is drift, and only a plan would refuse it.
    let options = PlanOptions { adopt: true, remove_foreign: false };
    let plan = plan_past_quotas(&desired, &survey.observed, options)?;
    let full = drift.past_quota();
    let changes = plan.changes.iter().flat_map(|change| drift.of_change(change, &plan));
    let foreign = plan.foreign.iter().map(|foreign| drift.of_foreign(foreign));
    let missing = survey.missing.iter().map(|missing| of_missing(survey, missing));
    let mut differences: Vec<Difference> =
        moved.into_iter().chain(full).chain(changes).chain(foreign).chain(missing).collect();
    let adopts = needs_adoption(&desired, survey);
    repair_with_all(&mut differences, adopts, survey.missing_boundary);
    differences.sort_by_key(|difference| difference.consequence);
    Ok((plan, differences))
}

/// Whether `apply` refuses to write anything before it may take something over.
fn needs_adoption(desired: &Desired, survey: &Survey) -> bool {
    // Also where a quota stands in the way before.
    match plan_past_quotas(desired, &survey.observed, PlanOptions::default()) {
        Err(PlanError::RoleNotOwned { .. } | PlanError::PolicyNotOwned { .. }) => true,
        Err(
            PlanError::RoleNotMade { .. }
            | PlanError::PathDiffers { .. }
            | PlanError::Quota(_)
            | PlanError::PolicyShared { .. },
        )
        | Ok(_) => false,
    }
}

/// What one difference leads to: the most severe consequence, and all effects.
type Effects = (Consequence, Vec<Effect>);

struct Drift<'s> {
    survey: &'s Survey,
    role: RoleArn,
    /// As the manifest wants them.
    intended: Documents,
    /// What is claimed of these.
    claims: Vec<Claim>,
    /// As AWS has them, and the claims about them; `None` where there is no role.
    actual: Option<(Documents, Vec<Claim>)>,
}

impl<'s> Drift<'s> {
    fn new(survey: &'s Survey) -> Self {
        let intended = as_in_force(Documents::intended(survey, &[]), survey);
        let claimed = claims(&intended, &survey.desired);
        let actual = Documents::surveyed(survey).map(|documents| {
            let claims = claims(&documents, &survey.desired);
            (documents, claims)
        });
        Self { survey, role: survey.desired.role_arn(), intended, claims: claimed, actual }
    }

    fn role(&self) -> Subject {
        Subject::Role(self.role.clone())
    }

    /// What is desired, under the path that the role has: IAM cannot move a role, so no plan goes from one to the other.
    fn at_its_path(&self) -> (Desired, Option<Difference>) {
        let mut desired = self.survey.desired.clone();
        let Some(role) = &self.survey.observed.role else { return (desired, None) };
        let expected = desired.role.path.to_string();
        let Ok(path) = role.path.parse() else { return (desired, None) };
        if role.path == expected {
            return (desired, None);
        }
        desired.role.path = path;
        let difference = Difference {
            subject: self.role(),
            attribute: Attribute::Path,
            consequence: Consequence::NarrowsTrust,
            effects: vec![Effect::RoleElsewhere(role.identity.clone())],
            values: Values::Stated {
                expected: Some(State::Text(expected)),
                actual: Some(State::Text(role.path.clone())),
            },
            repair: Repair::EditPath,
            key: ManifestKey::Path,
        };
        (desired, Some(difference))
    }

    /// What does not fit, if nothing of others goes. What they put on the role takes room that `--remove-foreign` makes free.
    fn past_quota(&self) -> Option<Difference> {
        let Survey { desired, observed, quotas, .. } = self.survey;
        let foreign = foreign_attachments(observed, &desired.role.name);
        let error = check_quotas(desired, foreign, quotas).err()?;
        let is_freed = check_quotas(desired, 0, quotas).is_ok();
        Some(Difference {
            subject: self.role(),
            attribute: Attribute::Quota,
            consequence: Consequence::Quota,
            effects: vec![Effect::PastQuota(error)],
            values: Values::Stated { expected: None, actual: None },
            repair: if is_freed { Repair::REMOVE_FOREIGN } else { Repair::FitQuota },
            key: ManifestKey::Targets,
        })
    }

    fn of_change(&self, change: &Change, plan: &Plan) -> Vec<Difference> {
        let one = |subject, attribute, key, (consequence, effects): Effects| {
            let values = Values::Change(Box::new(change.clone()));
            Difference { subject, attribute, consequence, effects, values, repair: Repair::APPLY, key }
        };
        let policy = |arn: &PolicyArn| Subject::Policy(arn.clone());
        match change {
            Change::CreateRole { .. } => {
                let effects = (Consequence::NarrowsTrust, vec![Effect::NoRole]);
                // All of it is missing: there is nothing to compare with.
                let values = Values::Stated { expected: None, actual: None };
                let absent = one(self.role(), Attribute::Role, ManifestKey::Role, effects);
                vec![Difference { values, ..absent }]
            }
            Change::UpdateTrust { before, .. } => {
                vec![one(self.role(), Attribute::TrustPolicy, ManifestKey::Genesys, self.trust(before))]
            }
            Change::PutBoundary { .. } | Change::DeleteBoundary { .. } => {
                let (attribute, key) = (Attribute::PermissionsBoundary, ManifestKey::PermissionsBoundary);
                vec![one(self.role(), attribute, key, self.boundary())]
            }
            Change::UpdateRole { before, after, .. } => {
                let mut differences = Vec::new();
                if before.1 != after.1 {
                    let is_longer = before.1 > after.1;
                    let effect = if is_longer { Effect::LongerSession } else { Effect::ShorterSession };
                    differences.push(Difference {
                        values: Values::Stated {
                            expected: Some(State::Number(after.1)),
                            actual: Some(State::Number(before.1)),
                        },
                        ..one(
                            self.role(),
                            Attribute::MaxSessionDuration,
                            ManifestKey::MaxSessionDuration,
                            (Consequence::Session, vec![effect]),
                        )
                    });
                }
                if before.0 != after.0 {
                    let effects = (Consequence::Description, Vec::new());
                    differences.push(Difference {
                        values: Values::Stated {
                            expected: Some(State::Text(after.0.clone())),
                            actual: Some(State::Text(before.0.clone())),
                        },
                        ..one(self.role(), Attribute::Description, ManifestKey::Description, effects)
                    });
                }
                differences
            }
            Change::TagRole { tags, .. } => {
                let of_tag = |(key, tag): (&String, &TagChange)| {
                    of_tag(self.role(), key, tag, ManifestKey::RoleTag(key.clone()))
                };
                tags.iter().map(of_tag).collect()
            }
            Change::TagPolicy { arn, tags } => {
                let of_tag = |(key, tag): (&String, &TagChange)| {
                    of_tag(policy(arn), key, tag, ManifestKey::PolicyTag(key.clone()))
                };
                tags.iter().map(of_tag).collect()
            }
            // The role that does not exist says it.
            Change::CreatePolicy { .. } if self.actual.is_none() => Vec::new(),
            Change::CreatePolicy { arn, .. } => {
                let effects = self.permissions(|documents| remove(documents, arn));
                vec![one(policy(arn), Attribute::Policy, ManifestKey::Targets, effects)]
            }
            Change::CreatePolicyVersion { arn, before, .. } => {
                let effects = self.permissions(|documents| replace(documents, arn, before.clone()));
                vec![one(policy(arn), Attribute::PolicyDocument, ManifestKey::Targets, effects)]
            }
            Change::AttachPolicy { arn, .. } => {
                // What must be created must be attached, too; and to a role that is not there nothing is attached.
                let is_implied = plan.changes.iter().any(|other| {
                    matches!(other, Change::CreateRole { .. })
                        || matches!(other, Change::CreatePolicy { arn: created, .. } if created == arn)
                });
                match is_implied {
                    true => Vec::new(),
                    false => {
                        let effects = self.permissions(|documents| remove(documents, arn));
                        let attribute = Attribute::AttachedPolicy(arn.clone());
                        vec![one(self.role(), attribute, ManifestKey::Targets, effects)]
                    }
                }
            }
            Change::DeletePolicy { arn, before } => {
                let is_attached =
                    self.survey.observed.policies.iter().any(|policy| policy.arn == *arn && policy.attached);
                let effects = match is_attached {
                    true => match self.permissions(|documents| {
                        add(documents, PolicyId::Managed(arn.clone()), before.clone())
                    }) {
                        (Consequence::Unaffected, _) => (Consequence::Leftover, Vec::new()),
                        effects => effects,
                    },
                    false => (Consequence::Leftover, vec![Effect::NotAttached]),
                };
                vec![one(policy(arn), Attribute::Policy, ManifestKey::Targets, effects)]
            }
            // How a policy's document or the policy itself is replaced; the difference is that of the document or policy.
            Change::DeletePolicyVersion { .. } | Change::DetachPolicy { .. } => Vec::new(),
            // Only where foreign policies are to be removed, or everything; or on a twin.
            Change::DeleteInlinePolicy { .. }
            | Change::DeleteRole { .. }
            | Change::PutInlinePolicy { .. } => Vec::new(),
        }
    }

    fn of_foreign(&self, foreign: &Foreign) -> Difference {
        let observed = &self.survey.observed;
        let (attribute, id, document) = match foreign {
            Foreign::ManagedPolicy { arn } => {
                let policy = observed.policies.iter().find(|policy| policy.arn == *arn);
                let document = policy.and_then(|policy| policy.document.clone());
                (Attribute::AttachedPolicy(arn.clone()), PolicyId::Managed(arn.clone()), document)
            }
            Foreign::InlinePolicy { name } => {
                let policy = observed.inline.iter().find(|policy| policy.name == *name);
                let document = policy.map(|policy| policy.document.clone());
                (Attribute::InlinePolicy(name.clone()), PolicyId::Inline(name.clone()), document)
            }
        };
        let (consequence, effects) = self.permissions(|documents| add(documents, id, document.clone()));
        let actual = document.map_or(State::UnreadableDocument, State::Document);
        Difference {
            subject: self.role(),
            attribute,
            consequence,
            effects,
            values: Values::Stated { expected: None, actual: Some(actual) },
            repair: Repair::REMOVE_FOREIGN,
            key: ManifestKey::Targets,
        }
    }

    fn trust(&self, actual: &StoredDocument) -> Effects {
        self.compare(&Documents { trust: actual.clone(), ..self.intended.clone() })
    }

    /// What a session can do, with something else in the place of what the manifest wants.
    fn permissions(&self, change: impl FnOnce(&mut Documents)) -> Effects {
        let mut documents = self.intended.clone();
        change(&mut documents);
        self.compare(&documents)
    }

    fn boundary(&self) -> Effects {
        let lifted =
            self.actual.as_ref().map(|(actual, claims)| without_boundary(self.survey, actual, claims));
        if let Some(effects) = lifted.flatten() {
            return effects;
        }
        let boundary = self.survey.observed.boundary.clone();
        match self.compare(&Documents { boundary, ..self.intended.clone() }) {
            (Consequence::Unaffected, _) => (Consequence::Boundary, Vec::new()),
            effects => effects,
        }
    }

    /// Which claims hold as intended, and do not with these documents.
    fn compare(&self, documents: &Documents) -> Effects {
        let mut worst = Consequence::Unaffected;
        let mut effects: Vec<Effect> = Vec::new();
        for claim in claims(documents, &self.survey.desired) {
            let held = self.claims.iter().filter(|intended| intended.kind() == claim.kind());
            let (consequence, texts) = match (held.map(Claim::outcome).max(), claim.outcome()) {
                (_, ClaimOutcome::Proved) => continue,
                (Some(ClaimOutcome::Proved), ClaimOutcome::Refuted | ClaimOutcome::Unknown)
                    if self.holds(claim.kind()) =>
                {
                    (Consequence::Unaffected, alone(claim.because()))
                }
                (Some(ClaimOutcome::Proved), ClaimOutcome::Refuted) => {
                    (broken_claim(claim.kind()), self.told(&claim))
                }
                (Some(ClaimOutcome::Proved), ClaimOutcome::Unknown) => {
                    (Consequence::Undecided, claim.because())
                }
                // Broken or undecided already as intended: the difference may or may not matter.
                (
                    Some(ClaimOutcome::Refuted | ClaimOutcome::Unknown) | None,
                    ClaimOutcome::Refuted | ClaimOutcome::Unknown,
                ) => (Consequence::Undecided, Vec::new()),
            };
            worst = worst.min(consequence);
            for effect in texts.into_iter().map(Effect::Shown) {
                if !effects.contains(&effect) {
                    effects.push(effect);
                }
            }
        }
        (worst, effects)
    }

    /// Whether what AWS has is proved all the same.
    fn holds(&self, kind: ClaimKind) -> bool {
        let Some((_, claims)) = &self.actual else { return false };
        let mut same = claims.iter().filter(|claim| claim.kind() == kind).peekable();
        same.peek().is_some() && same.all(|claim| claim.outcome() == ClaimOutcome::Proved)
    }

    /// What shows that the claim breaks, as far as it is so in AWS.
    fn told(&self, claim: &Claim) -> Vec<String> {
        let is_so = self
            .actual
            .as_ref()
            .is_none_or(|(documents, _)| is_broken_by(claim, documents, &self.survey.desired));
        if is_so { claim.because() } else { alone(claim.because()) }
    }
}

/// Documents without a boundary that is not in force: it limits nothing now, and it never grants anything.
pub(super) fn as_in_force(mut intended: Documents, survey: &Survey) -> Documents {
    let in_force = survey.observed.boundary.as_ref().map(|boundary| &boundary.arn);
    intended.boundary =
        intended.boundary.filter(|boundary| Some(&boundary.arn) == in_force && boundary.document.is_some());
    intended
}

/// What the boundary that the manifest wants would end, if it were in force: claims that are refuted of what AWS has, and that it
/// would make hold. `None` where there is none, or the boundary is in force or could not be read.
pub(super) fn without_boundary(survey: &Survey, actual: &Documents, claimed: &[Claim]) -> Option<Effects> {
    let wanted = survey.boundary.clone().filter(|boundary| boundary.document.is_some())?;
    let limited = claims(&Documents { boundary: Some(wanted), ..actual.clone() }, &survey.desired);
    let holds = |kind: ClaimKind| {
        let mut same = limited.iter().filter(|claim| claim.kind() == kind).peekable();
        same.peek().is_some() && same.all(|claim| claim.outcome() == ClaimOutcome::Proved)
    };
    let ended: Vec<&Claim> = claimed
        .iter()
        .filter(|claim| claim.outcome() == ClaimOutcome::Refuted && holds(claim.kind()))
        .collect();
    let worst = ended.iter().map(|claim| broken_claim(claim.kind())).min()?;
    Some((worst, ended.iter().flat_map(|claim| claim.because()).map(Effect::Shown).collect()))
}

/// What something else on the role hides, for as long as that is there.
fn alone(sentences: Vec<String>) -> Vec<String> {
    sentences.into_iter().map(|sentence| format!("if this were the only difference: {sentence}")).collect()
}

pub(super) fn of_missing(survey: &Survey, missing: &MissingTarget) -> Difference {
    let arn = missing.arn(&survey.desired.home);
    Difference {
        attribute: Attribute::Function { is_qualified: arn.qualifier.is_some() },
        consequence: Consequence::TargetMissing,
        effects: vec![Effect::TargetMissing(missing.clone())],
        values: Values::Stated { expected: Some(State::Text(arn.to_string())), actual: None },
        repair: Repair::DeployFunction,
        key: ManifestKey::TargetFunction(missing.index),
        subject: Subject::Function(arn),
    }
}

pub(super) fn of_tag(subject: Subject, key: &str, tag: &TagChange, place: ManifestKey) -> Difference {
    let is_owner = key == OWNER_TAG;
    Difference {
        subject,
        attribute: Attribute::Tag(key.to_owned()),
        consequence: Consequence::Tag,
        effects: if is_owner { vec![Effect::OwnerUnknown] } else { Vec::new() },
        values: Values::Stated {
            expected: Some(State::Text(tag.after.clone())),
            actual: tag.before.clone().map(State::Text),
        },
        repair: Repair::APPLY,
        key: place,
    }
}

pub(super) fn broken_claim(claim: ClaimKind) -> Consequence {
    match claim {
        ClaimKind::OnlyTrusted | ClaimKind::ExternalId => Consequence::WidensTrust,
        ClaimKind::MayAssume => Consequence::NarrowsTrust,
        ClaimKind::OnlyTargets | ClaimKind::OnlyThroughRole => Consequence::WidensPermissions,
        ClaimKind::Boundary => Consequence::Boundary,
        ClaimKind::EveryTarget | ClaimKind::Organization => Consequence::NarrowsPermissions,
    }
}

fn remove(documents: &mut Documents, arn: &PolicyArn) {
    documents.identity.retain(|policy| !policy.id.is(arn));
}

fn replace(documents: &mut Documents, arn: &PolicyArn, document: Option<StoredDocument>) {
    remove(documents, arn);
    add(documents, PolicyId::Managed(arn.clone()), document);
}

/// Whose the policy is makes no difference to a claim.
fn add(documents: &mut Documents, id: PolicyId, document: Option<StoredDocument>) {
    documents.identity.push(RolePolicy { id, document, foreign: false, attachments: None });
}
