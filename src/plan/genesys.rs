//! Desired × observed → the steps in Genesys Cloud. Pure, and the only place that decides anything about it.
//!
//! The order of a plan: credential, integration, configuration, state, actions; its reverse in the plan towards nothing.
//! Names are not unique in Genesys Cloud. Rolecall's integration is the one whose notes carry the [`Mark`] of the role, and before
//! it has notes, an empty one whose name carries the [`Sign`]; so does the name of its credential, which a run may leave behind
//! alone. What stands in the integration is rolecall's too, so an action there that the manifest does not name goes. An integration that was
//! taken over (`adopt`) belongs to others: what they put there is told and left alone.
//!
//! Deliberately absent: "in sync" for what cannot be read back. A credential shows neither its ARN nor a digest of it, so
//! the plan says [`Notice::Unverifiable`], however long nothing has changed.

mod action;
mod credential;
mod step;

use crate::desired::genesys::{Desired, DesiredIntegration, Kind, Mark, Sign};
use crate::iam::arn::RoleArn;
use crate::observe::genesys::{Observed, ObservedIntegration};
use crate::ports::genesys::{ActionRecord, CredentialRecord, IntendedState, ReportedState};
use rolecall_model::shown::Shown;

use action::plan_actions;
pub use action::{ActionExists, Likeness, Standing, can_become, has_qualifier, plan_action};
use credential::{Standpoint, released, unwanted_orphans};
pub use step::{Attachment, Configuration, Credential, CredentialValue, Id, Pending, Retirement, Step};

/// Something that no step changes, and that somebody should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Genesys Cloud does not show which role the credential names.
    Unverifiable {
        /// The credential's ID.
        id: String,
        /// The ARN that it should hold.
        role: String,
    },
    /// Genesys Cloud does not show whether a credential still has the values of the secret.
    ValuesNotShown {
        /// The credential's ID.
        id: String,
        /// How the secret is named.
        secret: String,
    },
    /// A credential was changed so soon after rolecall wrote it that rolecall itself may have done it, and Genesys Cloud does not show
    /// what is in it.
    MayBeChanged {
        /// The credential's ID.
        id: String,
        /// When it was changed.
        when: String,
    },
    /// Genesys Cloud does not show whether a credential that another tool made has the values of the secret.
    ValuesNotCompared {
        /// The credential's ID.
        id: String,
        /// How the secret is named.
        secret: String,
    },
    /// The integration is enabled, and does not work.
    NotActive {
        /// Its name.
        integration: String,
        reported: Option<ReportedState>,
        /// Its own words.
        detail: Option<String>,
    },
    /// An action of somebody else in an integration that was taken over.
    ForeignAction { id: String, name: String },
    /// The integration is somebody else's, and stays when everything of rolecall's goes.
    Kept {
        /// Its name.
        integration: String,
    },
    /// Genesys Cloud does not show which role a credential of somebody else's names.
    RoleNotShown {
        /// The credential's ID.
        id: String,
        /// The ARN that the manifest asks for.
        role: String,
    },
    /// What is in somebody else's integration and the manifest says nothing about.
    NotCompared {
        /// The integration's ID.
        id: String,
        /// Its name.
        integration: String,
        /// The names of the actions.
        actions: Vec<String>,
        /// Of those that were never published.
        drafts: Vec<String>,
    },
    /// The organization has no integration of the type.
    NoIntegrations { kind: Kind },
    /// The action calls an alias or version; no documentation of Genesys's says that it may.
    Qualified {
        /// The action's name.
        action: String,
    },
}

impl Notice {
    /// Whether Genesys Cloud is not, or perhaps not, as it should be. What nobody has a reason to doubt is no difference.
    pub fn is_difference(&self) -> bool {
        match self {
            Self::NotActive { .. } | Self::ForeignAction { .. } | Self::MayBeChanged { .. } => true,
            Self::Unverifiable { .. }
            | Self::ValuesNotShown { .. }
            | Self::ValuesNotCompared { .. }
            | Self::RoleNotShown { .. }
            | Self::NotCompared { .. }
            | Self::NoIntegrations { .. }
            | Self::Kept { .. }
            | Self::Qualified { .. } => false,
        }
    }
}

/// What is to be written, and what was noticed and left alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The writes, in order.
    pub(super) steps: Vec<Step>,
    /// What was noticed.
    pub notices: Vec<Notice>,
}

impl Plan {
    /// A plan that writes nothing.
    #[must_use]
    pub fn of_notices(notices: Vec<Notice>) -> Self {
        Self { steps: Vec::new(), notices }
    }

    /// Whether nothing is known to differ.
    pub fn is_in_sync(&self) -> bool {
        self.steps.is_empty() && !self.notices.iter().any(Notice::is_difference)
    }

    /// The writes, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    fn delete_integration(&mut self, known: &ObservedIntegration, why: Retirement) {
        let (kind, id, name) = (known.kind, known.record.id.clone(), known.record.name.clone());
        self.steps.push(Step::DeleteIntegration { kind, id, name, why });
    }

    fn set_state(&mut self, wanted: &DesiredIntegration, id: &Id, before: Option<IntendedState>) {
        let (kind, name, after) = (wanted.kind, wanted.name.clone(), IntendedState::Enabled);
        self.steps.push(Step::SetState { kind, id: id.clone(), name, before, after });
    }

    fn delete_credentials(&mut self, credentials: &[CredentialRecord], why: Retirement) {
        let step = |CredentialRecord { id, name, .. }: &CredentialRecord| Step::DeleteCredential {
            id: id.clone(),
            name: name.clone(),
            why,
        };
        self.steps.extend(credentials.iter().map(step));
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The credentials are those of another organization than the role trusts.
    #[error(
        "the OAuth client belongs to organization `{}` ({}), but the role is for `{expected}`: only that organization could assume it",
        Shown(name),
        Shown(actual)
    )]
    OtherOrganization {
        /// The external ID.
        expected: String,
        /// The organization's ID.
        actual: String,
        name: String,
    },
    /// An integration of that name is somebody else's.
    #[error("integration `{}` ({id}) exists and {}", Shown(name), made_by(owner.as_deref()))]
    NotOwned {
        name: String,
        id: String,
        /// What it was made for, where rolecall made it.
        owner: Option<String>,
    },
    /// The integration would have more actions than the organization's limit allows.
    #[error(
        "integration `{}` would have {actions} actions, but Genesys Cloud allows {limit} an integration",
        Shown(integration)
    )]
    TooManyActions {
        /// Its name.
        integration: String,
        /// How many actions it would have.
        actions: usize,
        /// How many are allowed.
        limit: u64,
    },
    /// The integration does not take a credential of the type.
    #[error(
        "Genesys Cloud does not accept a credential of the type `{type_name}` (`type` in [genesys.web_services.credential]) for an \
         integration of the type `{}`; {}", Kind::WebServices.type_id(), taken(accepted)
    )]
    CredentialNotAccepted {
        /// The type that the manifest states.
        type_name: String,
        /// The types that Genesys Cloud names.
        accepted: Vec<String>,
    },
    /// Several integrations may be meant.
    #[error("{} integrations match: {}", ids.len(), ids.join(", "))]
    Ambiguous {
        /// Their IDs.
        ids: Vec<String>,
    },
}

fn taken(accepted: &[String]) -> String {
    let listed: Vec<String> = accepted.iter().map(|name| format!("`{}`", Shown(name))).collect();
    match listed.as_slice() {
        [] => "it names no type that it accepts there".to_owned(),
        listed => format!("it accepts {}", listed.join(", ")),
    }
}

fn made_by(owner: Option<&str>) -> String {
    match owner {
        Some(owner) => format!("rolecall made it for {}", Shown(owner)),
        None => "was not made by rolecall".to_owned(),
    }
}

/// How many actions an integration may have where the organization's own limit is not known (seen in test data of Genesys's
/// tools only; the limit's name is `actions.integration.max`, and Genesys raises it on request).
pub const ACTIONS_AN_INTEGRATION: u64 = 100;

/// The integration that would have the most actions, and how many: those of the manifest, and what others made in it.
pub fn fullest(desired: &Desired, observed: &Observed) -> Option<(String, usize)> {
    let own = |wanted: &DesiredIntegration| {
        let known = observed.integrations.iter().filter(|known| known.kind == wanted.kind);
        // Whose integration it will be is planned elsewhere; the fullest of those that may be meant counts.
        let others =
            known.filter(|known| known.record.name == wanted.name || is_own(known, desired)).map(|known| {
                let foreign =
                    |action: &&ActionRecord| !wanted.actions.iter().any(|own| own.name == action.name);
                known.actions.iter().filter(foreign).count()
            });
        (wanted.name.clone(), wanted.actions.len() + others.max().unwrap_or(0))
    };
    desired.integrations.iter().map(own).max_by_key(|(_, actions)| *actions)
}

/// When the fields of a credential that is there are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewriting {
    /// Where something says that they are wrong.
    WhereNeeded,
    /// In any case: Genesys Cloud shows nobody whether they are right.
    Always,
}

/// The plan that makes Genesys Cloud as desired.
pub fn plan(desired: &Desired, observed: &Observed, adopt: bool) -> Result<Plan, PlanError> {
    plan_rewriting(desired, observed, adopt, Rewriting::WhereNeeded)
}

/// The same, with a word on the credentials that are there.
pub fn plan_rewriting(
    desired: &Desired,
    observed: &Observed,
    adopt: bool,
    rewriting: Rewriting,
) -> Result<Plan, PlanError> {
    check_organization(desired, observed)?;
    let mut plan = Plan::default();
    for integration in &desired.integrations {
        let known = find(integration, observed, desired, adopt)?;
        let (id, adopted) = plan_integration(integration, known, desired, observed, rewriting, &mut plan)?;
        plan_actions(integration, known, &id, adopted, &mut plan);
    }
    let unwanted = |known: &&ObservedIntegration| {
        is_marked(known, &desired.role)
            && !desired.integrations.iter().any(|wanted| wanted.kind == known.kind)
    };
    for known in observed.integrations.iter().filter(unwanted) {
        plan_removal(known, observed, Retirement::NotInManifest, &mut plan);
    }
    plan.delete_credentials(&unwanted_orphans(desired, observed), Retirement::NotInManifest);
    Ok(plan)
}

/// The plan that makes one integration as desired and leaves its actions to others; with the integration's ID. `id` is that
/// ID, where it is known by it.
pub fn plan_integration_alone(
    wanted: &DesiredIntegration,
    desired: &Desired,
    observed: &Observed,
    id: Option<&str>,
    adopt: bool,
) -> Result<(Id, Plan), PlanError> {
    check_organization(desired, observed)?;
    let by_id = observed.integrations.iter().find(|known| Some(known.record.id.as_str()) == id);
    let unmarked = by_id.filter(|known| known.mark.is_none()).cloned().map(|mut known| {
        // Somebody removed the line; its ID says whose it is all the same. Which role the credential is for, the line
        // alone knew.
        let attached = known.config.credentials.get(&observed.form.key);
        known.mark = Some(Mark {
            role: String::new(),
            resource: desired.resource.clone(),
            adopted: adopt,
            replaced: None,
            credential: attached.map(|id| (id.clone(), None)),
            secret: None,
        });
        known
    });
    let known = match (&unmarked, by_id) {
        (Some(known), _) => Some(known),
        (None, Some(known)) if adopt || is_own(known, desired) => Some(known),
        (None, Some(known)) => return Err(not_owned(known)),
        (None, None) => find(wanted, observed, desired, adopt)?,
    };
    let mut plan = Plan::default();
    let (id, _) = plan_integration(wanted, known, desired, observed, Rewriting::WhereNeeded, &mut plan)?;
    Ok((id, plan))
}

/// The plan that leaves nothing behind of one integration; nor of one that a run was stopped before it could mark it.
pub fn plan_integration_removal(known: &ObservedIntegration, observed: &Observed) -> Plan {
    let mut plan = Plan::default();
    plan_removal(known, observed, Retirement::Destroyed, &mut plan);
    if is_bare(known) {
        plan.delete_integration(known, Retirement::Destroyed);
    }
    plan.delete_credentials(&observed.orphans, Retirement::Destroyed);
    plan
}

/// The plan that leaves nothing behind of what rolecall made.
pub fn plan_destroy(role: &RoleArn, observed: &Observed) -> Plan {
    let mut plan = Plan::default();
    for known in observed.integrations.iter().filter(|known| is_marked(known, role)) {
        plan_removal(known, observed, Retirement::Destroyed, &mut plan);
    }
    let sign = Sign::of(role, None);
    for known in observed.integrations.iter().filter(|known| is_unfinished(known, &sign)) {
        plan.delete_integration(known, Retirement::Destroyed);
    }
    plan.delete_credentials(&observed.orphans, Retirement::Destroyed);
    plan
}

/// The plan that leaves nothing behind of what only the sign names.
pub fn plan_leftovers(observed: &Observed) -> Plan {
    let mut plan = Plan::default();
    plan.delete_credentials(&observed.orphans, Retirement::Destroyed);
    plan
}

fn check_organization(desired: &Desired, observed: &Observed) -> Result<(), PlanError> {
    let (expected, actual) = (desired.organization.as_str(), &observed.organization.id);
    if expected == actual {
        return Ok(());
    }
    Err(PlanError::OtherOrganization {
        expected: expected.to_owned(),
        actual: actual.clone(),
        name: observed.organization.name.clone(),
    })
}

fn is_marked(known: &ObservedIntegration, role: &RoleArn) -> bool {
    known.mark.as_ref().is_some_and(|mark| mark.is_of(&role.to_string(), None))
}

fn is_own(known: &ObservedIntegration, Desired { role, resource, .. }: &Desired) -> bool {
    known.mark.as_ref().is_some_and(|mark| mark.is_of(&role.to_string(), resource.as_ref()))
}

/// The integration that is meant: the marked one, else one of its name that may be taken.
fn find<'o>(
    wanted: &DesiredIntegration,
    observed: &'o Observed,
    desired: &Desired,
    adopt: bool,
) -> Result<Option<&'o ObservedIntegration>, PlanError> {
    let of_kind = || observed.integrations.iter().filter(|known| known.kind == wanted.kind);
    let marked: Vec<_> = of_kind().filter(|known| is_own(known, desired)).collect();
    let sign = desired.sign();
    let unfinished = || of_kind().filter(|known| is_unfinished(known, &sign)).collect::<Vec<_>>();
    let namesakes = || of_kind().filter(|known| known.record.name == wanted.name).collect::<Vec<_>>();
    let candidates = Some(marked).filter(|marked| !marked.is_empty()).unwrap_or_else(|| {
        Some(unfinished()).filter(|unfinished| !unfinished.is_empty()).unwrap_or_else(namesakes)
    });
    match candidates.as_slice() {
        [] => Ok(None),
        [known] if adopt || is_own(known, desired) || is_unfinished(known, &sign) => Ok(Some(known)),
        // Runs that went on at the same time made several: one is enough, and `destroy` removes the others.
        [known, ..] if is_unfinished(known, &sign) => Ok(Some(known)),
        [known] => Err(not_owned(known)),
        several => {
            Err(PlanError::Ambiguous { ids: several.iter().map(|known| known.record.id.clone()).collect() })
        }
    }
}

fn not_owned(known: &ObservedIntegration) -> PlanError {
    PlanError::NotOwned {
        name: known.record.name.clone(),
        id: known.record.id.clone(),
        owner: known.mark.as_ref().map(Mark::owner),
    }
}

/// Whether rolecall made it and was stopped before it could mark it.
fn is_unfinished(known: &ObservedIntegration, sign: &Sign) -> bool {
    sign.is_on(&known.record.name) && is_bare(known)
}

/// Whether there is nothing in it: then nobody loses anything. Whose it is, that does not say.
pub fn is_bare(known: &ObservedIntegration) -> bool {
    known.mark.is_none()
        && known.notes.is_empty()
        && known.config.credentials.is_empty()
        && known.actions.is_empty()
        && known.drafts.is_empty()
}

/// The steps for an integration; its ID, and whether it is somebody else's that was taken over.
fn plan_integration(
    wanted: &DesiredIntegration,
    known: Option<&ObservedIntegration>,
    desired: &Desired,
    observed: &Observed,
    rewriting: Rewriting,
    plan: &mut Plan,
) -> Result<(Id, bool), PlanError> {
    let (kind, role, sign) = (wanted.kind, desired.role.to_string(), desired.sign());
    let mark = known.filter(|known| is_own(known, desired)).and_then(|known| known.mark.clone());
    let standing = Standpoint { known, mark: mark.as_ref(), observed, sign: &sign };
    let credential = standing.plan(wanted, &role, rewriting, plan)?;
    let id = match known {
        Some(known) => Id::Known(known.record.id.clone()),
        // Its configuration gives it its name, and with it the mark.
        None => plan.create_integration(kind, sign.on(&wanted.name)),
    };
    let adopted = match &mark {
        Some(mark) => mark.adopted,
        None => known.is_some_and(|known| !is_unfinished(known, &sign)),
    };
    let theirs = known.filter(|_| adopted).map(|known| known.notes.clone());
    let after = Configuration {
        name: wanted.name.clone(),
        notes: wanted.notes.clone().or(theirs).unwrap_or_default(),
        mark: Some(Mark {
            role,
            resource: desired.resource.clone(),
            adopted,
            // What stood in an integration of rolecall's own was put there by administrators, where they give it its credential.
            replaced: credential.replaced.filter(|_| adopted || kind == Kind::WebServices),
            credential: credential.recorded,
            secret: credential.secret,
        }),
        credential: credential.attachment,
    };
    if credential.is_written || !known.is_some_and(|known| is_configured(known, &after)) {
        let before = known.map(|known| known.config.clone());
        plan.steps.push(Step::Configure { kind, id: id.clone(), before, after, given_up: None });
    }
    plan.steps.extend(credential.retired);
    plan_state(wanted, known, &id, plan);
    Ok((id, adopted))
}

fn is_configured(known: &ObservedIntegration, after: &Configuration) -> bool {
    let Configuration { name, notes, mark, credential } = after;
    let is_attached = match credential {
        Attachment::Left => true,
        Attachment::Attached { key, id } => {
            known.config.credentials.get(key).is_some_and(|attached| *id == Id::Known(attached.clone()))
        }
        Attachment::Detached { key } => !known.config.credentials.contains_key(key),
    };
    *name == known.config.name && *notes == known.notes && *mark == known.mark && is_attached
}

fn plan_state(wanted: &DesiredIntegration, known: Option<&ObservedIntegration>, id: &Id, plan: &mut Plan) {
    let (before, reported) = match known {
        Some(known) => (Some(known.record.intended), known.record.reported),
        None => (None, None),
    };
    match (before, reported) {
        (Some(IntendedState::Enabled), Some(ReportedState::Active)) => {}
        // A run that was stopped enabled it and did not wait to the end: it is enabled again, and waited for.
        (Some(IntendedState::Enabled), reported) => {
            plan.set_state(wanted, id, before);
            plan.notices.push(Notice::NotActive {
                integration: wanted.name.clone(),
                reported,
                detail: known.and_then(|known| known.record.detail.clone()),
            });
        }
        (Some(IntendedState::Disabled | IntendedState::Deleted | IntendedState::Restored) | None, _) => {
            plan.set_state(wanted, id, before);
        }
    }
}

/// Deletes what rolecall made; an integration that was taken over is only given up.
fn plan_removal(known: &ObservedIntegration, observed: &Observed, why: Retirement, plan: &mut Plan) {
    let (kind, id, name) = (known.kind, known.record.id.clone(), known.record.name.clone());
    let Some(mark) = &known.mark else { return };
    let (credential, own) = released(known, mark, observed);
    if mark.adopted {
        let after = Configuration {
            name: known.config.name.clone(),
            notes: known.notes.clone(),
            mark: None,
            credential,
        };
        let before = Some(known.config.clone());
        plan.steps.push(Step::Configure { kind, id: Id::Known(id), before, after, given_up: Some(why) });
        plan.notices.push(Notice::Kept { integration: name });
    } else {
        for action in &known.actions {
            let (id, name) = (action.id.clone(), action.name.clone());
            plan.steps.push(Step::DeleteAction { id, name, why });
        }
        plan.delete_integration(known, why);
    }
    if let Some(CredentialRecord { id, name, .. }) = own {
        plan.steps.push(Step::DeleteCredential { id: id.clone(), name: name.clone(), why });
    }
}

#[cfg(test)]
mod tests;
