//! Drift: the plan's changes as differences between the manifest and AWS, each with what it leads to.
//!
//! What a difference leads to is proved, not guessed: the claims are decided for the manifest's documents and for the same
//! documents with this one difference in them. A claim that breaks is the difference's doing, whatever else is different.
//! The requests that break it are the witnesses of the proof.
//!
//! Deliberately absent: deciding what is different. The plan does that, and is empty where there is no drift.

use serde_json::{Value, json};

use super::paper::claims;
use super::{Documents, NamedDocument, RolePolicy};
use crate::desired::aws::{Desired, OWNER_TAG};
use crate::observe::survey::{MissingTarget, Survey};
use crate::plan::aws::{Change, Foreign, Plan, PlanError, PlanOptions, plan};
use crate::report::{ChangeView, ClaimKind, ClaimView, Consequence, DifferenceView, Outcome};

const APPLY: &str = "rolecall apply";
const ADOPT: &str = "rolecall apply --adopt";
const REMOVE_FOREIGN: &str = "rolecall apply --remove-foreign";

/// What repairs everything, and the differences, the gravest first.
pub fn drift(survey: &Survey) -> Result<(Plan, Vec<DifferenceView>), PlanError> {
    let drift = Drift::new(survey);
    let (desired, moved) = drift.at_its_path();
    // Whose tag is missing is still the role that the manifest means: that is drift, and only a plan would refuse it.
    let options = PlanOptions { adopt: true, remove_foreign: false };
    let plan = plan(&desired, &survey.observed, &survey.quotas, options)?;
    let changes = plan.changes.iter().flat_map(|change| drift.of_change(change, &plan));
    let foreign = plan.foreign.iter().map(|foreign| drift.of_foreign(foreign));
    let missing = survey.missing.iter().map(|missing| drift.of_missing(missing));
    let mut differences: Vec<DifferenceView> =
        moved.into_iter().chain(changes).chain(foreign).chain(missing).collect();
    differences.sort_by_key(|difference| difference.consequence);
    Ok((plan, differences))
}

/// What one difference leads to: the gravest of it, and all of it in words.
type Effects = (Consequence, Vec<String>);

struct Drift<'s> {
    survey: &'s Survey,
    role: String,
    /// As the manifest wants them.
    intended: Documents,
    /// What is claimed of these.
    claims: Vec<ClaimView>,
}

impl<'s> Drift<'s> {
    fn new(survey: &'s Survey) -> Self {
        let mut intended = Documents::planned(survey, &Plan::default());
        // Only the boundary in force was read. One that is not in force limits nothing now, and it never grants anything.
        intended.boundary = intended.boundary.filter(|boundary| boundary.document.is_some());
        let claims = claims(&intended, &survey.desired);
        Self { survey, role: survey.desired.role_arn().to_string(), intended, claims }
    }

    /// What is desired, under the path that the role has: IAM cannot move a role, so no plan goes from one to the other.
    fn at_its_path(&self) -> (Desired, Option<DifferenceView>) {
        let mut desired = self.survey.desired.clone();
        let Some(role) = &self.survey.observed.role else { return (desired, None) };
        let expected = desired.role.path.to_string();
        let Ok(path) = role.path.parse() else { return (desired, None) };
        if role.path == expected {
            return (desired, None);
        }
        desired.role.path = path;
        let difference = DifferenceView {
            resource: self.role.clone(),
            attribute: "path".to_owned(),
            consequence: Consequence::NarrowsTrust,
            effects: vec![format!(
                "under the ARN that the manifest says there is no role: it is `{}`",
                role.arn
            )],
            expected: Some(json!(expected)),
            actual: Some(json!(role.path)),
            repair: "set `path` in [role] to what the role has, or delete the role and apply".to_owned(),
            position: None,
            key: "role.path".to_owned(),
        };
        (desired, Some(difference))
    }

    fn of_change(&self, change: &Change, plan: &Plan) -> Vec<DifferenceView> {
        let view = ChangeView::from(change);
        let one =
            |resource: &str, attribute: &str, key: &str, (consequence, effects): Effects| DifferenceView {
                resource: resource.to_owned(),
                attribute: attribute.to_owned(),
                consequence,
                effects,
                expected: view.after.clone(),
                actual: view.before.clone(),
                repair: APPLY.to_owned(),
                position: None,
                key: key.to_owned(),
            };
        match change {
            Change::CreateRole { .. } => {
                let effects = vec!["the role does not exist, so nobody can assume it".to_owned()];
                vec![one(&self.role, "role", "role", (Consequence::NarrowsTrust, effects))]
            }
            Change::UpdateTrust { before, .. } => {
                vec![one(&self.role, "trust policy", "genesys", self.trust(before))]
            }
            Change::PutBoundary { .. } | Change::DeleteBoundary { .. } => {
                let effects = self.boundary();
                vec![one(&self.role, "permissions boundary", "role.permissions_boundary", effects)]
            }
            Change::UpdateRole { before, after, .. } => {
                let mut differences = Vec::new();
                if before.1 != after.1 {
                    let how = if before.1 > after.1 { "longer" } else { "less long" };
                    let effects = vec![format!("a session may last {how} than the manifest says")];
                    let effects = (Consequence::Session, effects);
                    differences.push(DifferenceView {
                        expected: Some(json!(after.1)),
                        actual: Some(json!(before.1)),
                        ..one(&self.role, "max_session_duration", "role.max_session_duration", effects)
                    });
                }
                if before.0 != after.0 {
                    differences.push(DifferenceView {
                        expected: Some(json!(after.0)),
                        actual: Some(json!(before.0)),
                        ..one(
                            &self.role,
                            "description",
                            "role.description",
                            (Consequence::Description, Vec::new()),
                        )
                    });
                }
                differences
            }
            Change::TagRole { tags, .. } => tags
                .iter()
                .map(|(key, tag)| self.of_tag(&self.role, key, tag.before.as_ref(), &tag.after, "role.tags"))
                .collect(),
            Change::TagPolicy { arn, tags } => tags
                .iter()
                .map(|(key, tag)| self.of_tag(arn, key, tag.before.as_ref(), &tag.after, "role.name"))
                .collect(),
            Change::CreatePolicy { arn, .. } => {
                vec![one(arn, "policy", "target", self.permissions(|documents| remove(documents, arn)))]
            }
            Change::CreatePolicyVersion { arn, before, .. } => {
                let effects = self.permissions(|documents| replace(documents, arn, before.clone()));
                vec![one(arn, "policy document", "target", effects)]
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
                        vec![one(&self.role, &format!("attached policy `{arn}`"), "target", effects)]
                    }
                }
            }
            Change::DeletePolicy { arn, before } => {
                let is_attached =
                    self.survey.observed.policies.iter().any(|policy| policy.arn == *arn && policy.attached);
                let effects = match is_attached {
                    true => match self.permissions(|documents| add(documents, arn, before.clone())) {
                        (Consequence::Unaffected, _) => (Consequence::Leftover, Vec::new()),
                        effects => effects,
                    },
                    false => (Consequence::Leftover, vec!["it is not attached to the role".to_owned()]),
                };
                vec![one(arn, "policy", "target", effects)]
            }
            // How a policy's document or the policy itself is replaced; the difference is that of the document or policy.
            Change::DeletePolicyVersion { .. } | Change::DetachPolicy { .. } => Vec::new(),
            // Only where foreign policies are to be removed, or everything; or on a twin.
            Change::DeleteInlinePolicy { .. }
            | Change::DeleteRole { .. }
            | Change::PutInlinePolicy { .. } => Vec::new(),
        }
    }

    fn of_tag(
        &self,
        resource: &str,
        key: &str,
        before: Option<&String>,
        after: &String,
        table: &str,
    ) -> DifferenceView {
        let is_owner = key == OWNER_TAG;
        DifferenceView {
            resource: resource.to_owned(),
            attribute: format!("tag `{key}`"),
            consequence: Consequence::Tag,
            effects: match is_owner {
                true => vec![
                    "rolecall knows by this tag what is its own, and changes nothing without it".to_owned(),
                ],
                false => Vec::new(),
            },
            expected: Some(json!(after)),
            actual: before.map(|before| json!(before)),
            repair: if is_owner { ADOPT } else { APPLY }.to_owned(),
            position: None,
            key: format!("{table}.{key}"),
        }
    }

    fn of_foreign(&self, foreign: &Foreign) -> DifferenceView {
        let observed = &self.survey.observed;
        let (attribute, name, document) = match foreign {
            Foreign::ManagedPolicy { arn } => {
                let policy = observed.policies.iter().find(|policy| policy.arn == *arn);
                let document = policy.and_then(|policy| policy.document.clone());
                (format!("attached policy `{arn}`"), arn.clone(), document)
            }
            Foreign::InlinePolicy { name } => {
                let policy = observed.inline.iter().find(|policy| policy.name == *name);
                (
                    format!("inline policy `{name}`"),
                    name.clone(),
                    policy.map(|policy| policy.document.clone()),
                )
            }
        };
        let (consequence, effects) = self.permissions(|documents| add(documents, &name, document.clone()));
        DifferenceView {
            resource: self.role.clone(),
            attribute,
            consequence,
            effects,
            expected: None,
            actual: Some(
                document
                    .map_or_else(|| Value::from("a document that could not be read"), |text| parsed(&text)),
            ),
            repair: REMOVE_FOREIGN.to_owned(),
            position: None,
            key: "target".to_owned(),
        }
    }

    fn of_missing(&self, missing: &MissingTarget) -> DifferenceView {
        let arn = missing.arn(&self.survey.desired.home);
        let attribute = if arn.qualifier.is_some() { "function or qualifier" } else { "function" };
        DifferenceView {
            resource: arn.to_string(),
            attribute: attribute.to_owned(),
            consequence: Consequence::TargetMissing,
            effects: vec![missing.to_string()],
            expected: Some(json!(arn.to_string())),
            actual: None,
            repair: "deploy the function, or correct the [[target]]".to_owned(),
            position: None,
            key: format!("target.{}.function", missing.index),
        }
    }

    fn trust(&self, actual: &str) -> Effects {
        self.compare(&Documents { trust: actual.to_owned(), ..self.intended.clone() })
    }

    /// What a session can do, with something else in the place of what the manifest wants.
    fn permissions(&self, change: impl FnOnce(&mut Documents)) -> Effects {
        let mut documents = self.intended.clone();
        change(&mut documents);
        self.compare(&documents)
    }

    fn boundary(&self) -> Effects {
        let boundary = self.survey.observed.boundary.as_ref().map(|boundary| NamedDocument {
            name: boundary.arn.clone(),
            document: boundary.document.clone(),
        });
        match self.compare(&Documents { boundary, ..self.intended.clone() }) {
            (Consequence::Unaffected, _) => (Consequence::Boundary, Vec::new()),
            effects => effects,
        }
    }

    /// Which claims hold as intended, and do not with these documents.
    fn compare(&self, documents: &Documents) -> Effects {
        let mut gravest = Consequence::Unaffected;
        let mut effects: Vec<String> = Vec::new();
        let broken = claims(documents, &self.survey.desired);
        for claim in broken.iter().filter(|claim| claim.result != Outcome::Proved) {
            let held = self.claims.iter().filter(|intended| intended.kind == claim.kind);
            let (consequence, texts) = match (held.map(|intended| intended.result).max(), claim.result) {
                (Some(Outcome::Proved), Outcome::Refuted) => (broken_claim(claim.kind), claim.because()),
                (Some(Outcome::Proved), Outcome::Proved | Outcome::Unknown) => {
                    (Consequence::Undecided, claim.because())
                }
                // Broken or undecided already as intended: the difference may or may not matter.
                (Some(Outcome::Refuted | Outcome::Unknown) | None, _) => (Consequence::Undecided, Vec::new()),
            };
            gravest = gravest.min(consequence);
            for text in texts {
                if !effects.contains(&text) {
                    effects.push(text);
                }
            }
        }
        (gravest, effects)
    }
}

fn broken_claim(claim: ClaimKind) -> Consequence {
    match claim {
        ClaimKind::OnlyTrusted | ClaimKind::ExternalId => Consequence::WidensTrust,
        ClaimKind::MayAssume => Consequence::NarrowsTrust,
        ClaimKind::OnlyTargets => Consequence::WidensPermissions,
        ClaimKind::EveryTarget | ClaimKind::Organization => Consequence::NarrowsPermissions,
    }
}

fn remove(documents: &mut Documents, arn: &str) {
    documents.identity.retain(|policy| policy.name != arn);
}

fn replace(documents: &mut Documents, arn: &str, document: Option<String>) {
    remove(documents, arn);
    add(documents, arn, document);
}

/// Whose the policy is makes no difference to a claim.
fn add(documents: &mut Documents, name: &str, document: Option<String>) {
    documents.identity.push(RolePolicy {
        name: name.to_owned(),
        document,
        inline: false,
        foreign: false,
        attachments: None,
    });
}

/// The document as JSON, or as the text that it is where it is none.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}
