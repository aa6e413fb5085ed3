//! Drift in Genesys Cloud: the steps of the plan as differences, each with what it leads to.

use serde_json::json;

use crate::desired::genesys::Desired;
use crate::observe::genesys::Observed;
use crate::plan::genesys::{Attachment, Id, Notice, Plan, PlanError, Retirement, Step, plan};
use crate::report::{
    CauseKind, CauseView, Certainty, ChangeView, Consequence, DifferenceView, Level, NoticeView,
};

const APPLY: &str = "rolecall apply";
const REPLACE: &str = "rolecall apply --replace";
const INTEGRATION: &str = "genesys.integration";
const ACTION: &str = "action";

/// What repairs everything, and the differences, the gravest first.
pub fn genesys_drift(
    desired: &Desired,
    observed: &Observed,
) -> Result<(Plan, Vec<DifferenceView>), PlanError> {
    // Whose mark is missing is still the integration that the manifest means: that is drift, and only a plan refuses it.
    let plan = match plan(desired, observed, true) {
        Err(PlanError::OtherOrganization { expected, actual, name }) => {
            return Ok((Plan::default(), vec![other_organization(&expected, &actual, &name)]));
        }
        plan => plan?,
    };
    let steps = plan.steps.iter().filter_map(of_step);
    let notices = plan.notices.iter().filter_map(of_notice);
    let mut differences: Vec<DifferenceView> = steps.chain(notices).collect();
    differences.sort_by_key(|difference| difference.consequence);
    Ok((plan, differences))
}

/// The manifest's organisation and the live one are two.
pub fn other_organization(expected: &str, actual: &str, name: &str) -> DifferenceView {
    DifferenceView {
        resource: format!("organisation {name}"),
        attribute: "ID".to_owned(),
        consequence: Consequence::OtherOrganization,
        effects: vec![
            "the role is for another organisation than the one that its data actions are set up in".to_owned(),
        ],
        expected: Some(json!(expected)),
        actual: Some(json!(actual)),
        repair: "set `organization_id` in [genesys] to that of the organisation that shall invoke the functions, or use \
                 an OAuth client of the organisation that is stated"
            .to_owned(),
        position: None,
        key: "genesys.organization_id".to_owned(),
    }
}

fn of_step(step: &Step) -> Option<DifferenceView> {
    let (consequence, effect, repair, key) = match step {
        Step::CreateCredential { .. } => (
            Consequence::Disconnected,
            "the integration has no credential of rolecall's with the role's ARN",
            APPLY,
            INTEGRATION,
        ),
        Step::UpdateCredential { .. } => {
            (Consequence::Disconnected, "Genesys Cloud may assume another role, or none", APPLY, INTEGRATION)
        }
        Step::CreateIntegration { .. } => (
            Consequence::Disconnected,
            "there is nothing that data actions could belong to",
            APPLY,
            INTEGRATION,
        ),
        Step::Configure { before, after, .. } => {
            let is_attached = match &after.credential {
                Attachment::Left => true,
                Attachment::Attached { key, id: Id::Known(id) } => {
                    before.as_ref().is_some_and(|before| before.credentials.get(key) == Some(id))
                }
                Attachment::Attached { id: Id::Made, .. } | Attachment::Detached { .. } => false,
            };
            match is_attached {
                true => (Consequence::Description, "its name or its notes are others", APPLY, INTEGRATION),
                false => (
                    Consequence::Disconnected,
                    "the integration does not use the credential with the role's ARN",
                    APPLY,
                    INTEGRATION,
                ),
            }
        }
        Step::SetState { .. } => {
            (Consequence::Disconnected, "none of its actions can be called", APPLY, INTEGRATION)
        }
        Step::CreateAction { replaces: None, .. } | Step::PublishDraft { .. } => {
            (Consequence::ActionMissing, "flows cannot call it", APPLY, ACTION)
        }
        Step::CreateAction { replaces: Some(_), .. } => (
            Consequence::ActionDiffers,
            "its contract is another, and only a new action with a new ID can have the one of the manifest",
            REPLACE,
            ACTION,
        ),
        Step::UpdateAction { .. } => {
            (Consequence::ActionDiffers, "it does not do what the manifest says", APPLY, ACTION)
        }
        Step::DeleteAction { why: Retirement::NotInManifest | Retirement::Destroyed, .. } => {
            (Consequence::ForeignAction, "it is in rolecall's own integration", REPLACE, ACTION)
        }
        Step::DeleteIntegration { .. } | Step::DeleteCredential { .. } => {
            (Consequence::ForeignAction, "no action of the manifest needs it", REPLACE, ACTION)
        }
        // The other half of a difference that the new action tells.
        Step::DiscardDraft { .. } | Step::DeleteAction { why: Retirement::Replaced, .. } => return None,
    };
    let ChangeView { subject, resource, before, after, .. } = ChangeView::from(step);
    Some(DifferenceView {
        resource,
        attribute: subject.to_owned(),
        consequence,
        effects: vec![effect.to_owned()],
        expected: after,
        actual: before,
        repair: repair.to_owned(),
        position: None,
        key: key.to_owned(),
    })
}

/// What differs in Genesys Cloud, as causes of an action that fails.
pub fn genesys_causes(desired: &Desired, observed: &Observed) -> Vec<CauseView> {
    let Ok((_, differences)) = genesys_drift(desired, observed) else { return Vec::new() };
    let cause = |difference: DifferenceView| CauseView {
        cause: CauseKind::GenesysDiffers,
        // That it differs is certain; that the error comes of it is not.
        certainty: Certainty::Likely,
        message: format!(
            "{} {}: {}",
            difference.attribute,
            difference.resource,
            difference.effects.join("; ")
        ),
        evidence: Vec::new(),
        fix: format!("`{}`", difference.repair),
    };
    differences
        .into_iter()
        .filter(|difference| difference.consequence.level() == Level::Error)
        .map(cause)
        .collect()
}

fn of_notice(notice: &Notice) -> Option<DifferenceView> {
    let (consequence, repair, key) = match notice {
        Notice::NotActive { .. } => (
            Consequence::Disconnected,
            "look at the integration in Genesys Cloud (Admin > Integrations)",
            INTEGRATION,
        ),
        Notice::ForeignAction { .. } => {
            (Consequence::ForeignAction, "add it to the manifest, or delete it in Genesys Cloud", ACTION)
        }
        Notice::Unverifiable { .. } | Notice::Kept { .. } | Notice::Qualified { .. } => return None,
    };
    let NoticeView { resource, message, .. } = NoticeView::from(notice);
    Some(DifferenceView {
        resource,
        attribute: "state".to_owned(),
        consequence,
        effects: vec![message],
        expected: None,
        actual: None,
        repair: repair.to_owned(),
        position: None,
        key: key.to_owned(),
    })
}
