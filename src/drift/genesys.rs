//! Drift in Genesys Cloud: the steps of the plan as differences, each with what it leads to.

use super::difference::{
    Attribute, Consequence, Difference, Effect, ManifestKey, State, Subject, Values, repair_with_all,
};
use crate::desired::genesys::{Desired, Kind};
use crate::iam::lint::Severity;
use crate::observe::genesys::Observed;
use crate::plan::genesys::{
    Attachment, Configuration, CredentialValue, Id, Notice, Plan, PlanError, Retirement, Step, plan,
};
use crate::ports::genesys::ReportedState;
use crate::verify::explain_error::{Cause, CauseDetail, CauseKind, Certainty, Remedy};
use crate::verify::genesys_fault::{GenesysEffect, GenesysPart};
use crate::verify::repair::Repair;

/// What repairs everything, and the differences, most severe first.
pub fn drift(desired: &Desired, observed: &Observed) -> Result<(Plan, Vec<Difference>), PlanError> {
    // Whose mark is missing is still the integration that the manifest means: that is drift, and only a plan refuses it.
    // One that rolecall made for somebody else is not: `--adopt` would take it away from there.
    let (needs_adoption, is_taken) = match plan(desired, observed, false) {
        Err(PlanError::NotOwned { owner, .. }) => (true, owner.is_some()),
        Err(
            PlanError::OtherOrganization { .. }
            | PlanError::Ambiguous { .. }
            | PlanError::CredentialNotAccepted { .. }
            | PlanError::TooManyActions { .. },
        )
        | Ok(_) => (false, false),
    };
    let plan = match plan(desired, observed, true) {
        Err(PlanError::OtherOrganization { expected, actual, name }) => {
            return Ok((Plan::default(), vec![other_organization(&expected, &actual, &name)]));
        }
        plan => plan?,
    };
    let steps = plan.steps().iter().filter_map(of_step);
    let notices = plan.notices.iter().filter_map(of_notice);
    let mut differences: Vec<Difference> = steps.chain(notices).collect();
    for difference in
        differences.iter_mut().filter(|difference| is_taken && difference.repair.flags().is_some())
    {
        difference.repair = Repair::RenameIntegration;
    }
    repair_with_all(&mut differences, needs_adoption, None);
    differences.sort_by_key(|difference| difference.consequence);
    Ok((plan, differences))
}

/// The differences that a plan repairs or notices, in its order.
pub fn of_plan(plan: &crate::plan::Plan) -> Vec<Difference> {
    let of_change = |change: &crate::plan::Change| match change {
        crate::plan::Change::Aws(_) => None,
        crate::plan::Change::Genesys(step) => of_step(step),
    };
    let steps = plan.changes().iter().filter_map(of_change);
    steps.chain(plan.notices().iter().filter_map(of_notice)).collect()
}

/// The manifest's organization and the live one are two.
pub fn other_organization(expected: &str, actual: &str, name: &str) -> Difference {
    Difference {
        subject: Subject::Genesys { part: GenesysPart::Organization, name: name.to_owned() },
        attribute: Attribute::Genesys,
        consequence: Consequence::OtherOrganization,
        effects: vec![Effect::Genesys(GenesysEffect::OtherOrganization)],
        values: Values::Stated {
            expected: Some(State::Text(expected.to_owned())),
            actual: Some(State::Text(actual.to_owned())),
        },
        repair: Repair::EditOrganization,
        key: ManifestKey::Organization,
    }
}

fn difference(
    (part, name): (GenesysPart, &str),
    consequence: Consequence,
    effect: GenesysEffect,
    values: Values,
    repair: Repair,
) -> Difference {
    let key = match part {
        GenesysPart::Organization => ManifestKey::Organization,
        GenesysPart::Credential if consequence == Consequence::CredentialDiffers => {
            ManifestKey::WebServicesCredential
        }
        GenesysPart::Credential
        | GenesysPart::Integration
        | GenesysPart::IntegrationConfiguration
        | GenesysPart::IntegrationState => ManifestKey::Integration,
        GenesysPart::Action | GenesysPart::ActionDraft => ManifestKey::ActionNamed(name.to_owned()),
        GenesysPart::State => ManifestKey::Action,
    };
    Difference {
        subject: Subject::Genesys { part, name: name.to_owned() },
        attribute: Attribute::Genesys,
        consequence,
        effects: vec![Effect::Genesys(effect)],
        values,
        repair,
        key,
    }
}

fn of_step(step: &Step) -> Option<Difference> {
    use Consequence::{ActionDiffers, ActionMissing, CredentialDiffers, Disconnected, ForeignAction, Notes};
    use GenesysPart::{
        Action, ActionDraft, Credential, Integration, IntegrationConfiguration, IntegrationState,
    };
    let one = |part, name: &str, consequence, effect, repair| {
        difference((part, name), consequence, effect, Values::Step(Box::new(step.clone())), repair)
    };
    // What is left over belongs to the actions, whatever it is.
    let leftover = |part, name: &str, effect, repair| Difference {
        key: ManifestKey::Action,
        ..one(part, name, ForeignAction, effect, repair)
    };
    Some(match step {
        Step::CreateCredential { credential } => {
            let (consequence, effect) = match credential.value {
                CredentialValue::Role { .. } => (Disconnected, GenesysEffect::NoCredential),
                CredentialValue::Secret { .. } => (CredentialDiffers, GenesysEffect::NoSecretCredential),
            };
            one(Credential, &credential.name, consequence, effect, Repair::APPLY)
        }
        Step::UpdateCredential { credential, .. } => {
            let (consequence, effect) = match credential.value {
                CredentialValue::Role { .. } => (Disconnected, GenesysEffect::OtherRole),
                CredentialValue::Secret { .. } => (CredentialDiffers, GenesysEffect::OtherValues),
            };
            one(Credential, &credential.name, consequence, effect, Repair::APPLY)
        }
        Step::CreateIntegration { name, .. } => {
            one(Integration, name, Disconnected, GenesysEffect::NoIntegration, Repair::APPLY)
        }
        Step::Configure { kind, before, after, .. } => {
            let is_attached = match &after.credential {
                Attachment::Left => true,
                Attachment::Attached { key, id: Id::Known(id) } => {
                    before.as_ref().is_some_and(|before| before.credentials.get(key) == Some(id))
                }
                Attachment::Attached { id: Id::Made(_), .. } | Attachment::Detached { .. } => false,
            };
            let (consequence, effect) = match is_attached {
                true => (Notes, GenesysEffect::NameOrNotes),
                false => not_attached(*kind, after),
            };
            one(IntegrationConfiguration, &after.name, consequence, effect, Repair::APPLY)
        }
        // What it waits for is noticed.
        Step::SetState { .. } if step.only_waits() => return None,
        Step::SetState { name, .. } => {
            one(IntegrationState, name, Disconnected, GenesysEffect::NotEnabled, Repair::APPLY)
        }
        Step::CreateAction { replaces: None, action, .. } => {
            one(Action, &action.name, ActionMissing, GenesysEffect::NotCallable, Repair::APPLY)
        }
        Step::PublishDraft { name, .. } => {
            one(ActionDraft, name, ActionMissing, GenesysEffect::NotCallable, Repair::APPLY)
        }
        Step::CreateAction { replaces: Some(_), action, .. } => {
            one(Action, &action.name, ActionDiffers, GenesysEffect::OtherContract, Repair::REPLACE)
        }
        Step::UpdateAction { before, after, .. } if before.config == after.config => {
            one(Action, &after.name, Notes, GenesysEffect::NameOrCategory, Repair::APPLY)
        }
        Step::UpdateAction { after, .. } => {
            one(Action, &after.name, ActionDiffers, GenesysEffect::OtherConfiguration, Repair::APPLY)
        }
        Step::DeleteAction { name, why: Retirement::NotInManifest | Retirement::Destroyed, .. } => {
            // Flows may refer to its ID: nothing but its maker's word ends it.
            leftover(Action, name, GenesysEffect::NotListed, Repair::ListAction)
        }
        Step::DeleteIntegration { name, .. } => {
            leftover(Integration, name, GenesysEffect::NotNeeded, Repair::APPLY)
        }
        Step::DeleteCredential { name, why: Retirement::NotInManifest | Retirement::Destroyed, .. } => {
            leftover(Credential, name, GenesysEffect::NotNeeded, Repair::APPLY)
        }
        // The other half of a difference that what is new tells.
        Step::DiscardDraft { .. }
        | Step::DeleteCredential { why: Retirement::Replaced, .. }
        | Step::DeleteAction { why: Retirement::Replaced, .. } => return None,
    })
}

/// What it is that the configuration does not name the credential that it should.
fn not_attached(kind: Kind, after: &Configuration) -> (Consequence, GenesysEffect) {
    // The mark names the secret as long as the manifest does.
    let is_stated = after.mark.as_ref().is_some_and(|mark| mark.secret.is_some());
    match (kind, is_stated) {
        (Kind::Lambda, _) => (Consequence::Disconnected, GenesysEffect::CredentialNotUsed),
        (Kind::WebServices, true) => (Consequence::CredentialDiffers, GenesysEffect::SecretCredentialNotUsed),
        (Kind::WebServices, false) => (Consequence::CredentialDiffers, GenesysEffect::CredentialNotStated),
    }
}

/// What differs in Genesys Cloud, as causes of an action that fails.
pub fn causes(differences: Vec<Difference>) -> Vec<Cause> {
    differences.into_iter().filter_map(cause).collect()
}

/// A difference that may be why an action fails.
fn cause(Difference { subject, effects, consequence, repair, .. }: Difference) -> Option<Cause> {
    match consequence.severity() {
        Severity::Error => {}
        Severity::Warning | Severity::Note => return None,
    }
    let Subject::Genesys { part, name } = subject else { return None };
    let effects = effects.into_iter().filter_map(|effect| match effect {
        Effect::Genesys(effect) => Some(effect),
        Effect::Shown(_)
        | Effect::RoleElsewhere(_)
        | Effect::NoRole
        | Effect::LongerSession
        | Effect::ShorterSession
        | Effect::OwnerUnknown
        | Effect::NotAttached
        | Effect::TargetMissing(_)
        | Effect::PastQuota(_) => None,
    });
    Some(Cause {
        kind: CauseKind::GenesysDiffers,
        // That it differs is certain; that the error comes of it is not.
        certainty: Certainty::Likely,
        detail: CauseDetail::InGenesys { part, name, effects: effects.collect() },
        evidence: Vec::new(),
        remedy: Remedy::Repair(repair),
    })
}

fn of_notice(notice: &Notice) -> Option<Difference> {
    let (name, consequence, repair, key) = match notice {
        Notice::NotActive { integration, reported, .. } => {
            let repair = match reported {
                Some(ReportedState::Error) => Repair::LookAtIntegration,
                Some(
                    ReportedState::Active
                    | ReportedState::Activating
                    | ReportedState::Inactive
                    | ReportedState::Deactivating,
                )
                | None => Repair::APPLY,
            };
            (integration, Consequence::Disconnected, repair, ManifestKey::Integration)
        }
        Notice::ForeignAction { id, .. } => {
            (id, Consequence::ForeignAction, Repair::ListAction, ManifestKey::Action)
        }
        Notice::MayBeChanged { id, .. } => {
            (id, Consequence::Undecided, Repair::RewriteCredential, ManifestKey::Integration)
        }
        Notice::Unverifiable { .. }
        | Notice::ValuesNotShown { .. }
        | Notice::ValuesNotCompared { .. }
        | Notice::RoleNotShown { .. }
        | Notice::NotCompared { .. }
        | Notice::NoIntegrations { .. }
        | Notice::Kept { .. }
        | Notice::Qualified { .. } => return None,
    };
    let effect = GenesysEffect::Noticed(notice.clone());
    let values = Values::Stated { expected: None, actual: None };
    let difference = difference((GenesysPart::State, name), consequence, effect, values, repair);
    Some(Difference { key, ..difference })
}
