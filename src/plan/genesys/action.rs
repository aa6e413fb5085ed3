//! The actions of an integration: which one of the manifest is which one there, and what it takes to make them the same.

use super::{Id, Notice, Plan, Retirement, Step};
use crate::desired::contract::{same_config, same_contract};
use crate::desired::genesys::{DesiredAction, DesiredIntegration, Kind};
use crate::observe::genesys::{Namesakes, ObservedIntegration};
use crate::ports::genesys::{ActionRecord, ActionUpdate};
use rolecall_model::shown::Shown;

pub(super) fn plan_actions(
    wanted: &DesiredIntegration,
    known: Option<&ObservedIntegration>,
    integration: &Id,
    adopted: bool,
    plan: &mut Plan,
) {
    let published = known.map(|known| known.actions.as_slice()).unwrap_or_default();
    let drafts = known.map(|known| known.drafts.as_slice()).unwrap_or_default();
    let (mut kept, mut replaced): (Vec<&str>, Vec<&str>) = Default::default();
    for action in &wanted.actions {
        if wanted.kind == Kind::Lambda && has_qualifier(&action.config.url_template) {
            plan.notices.push(Notice::Qualified { action: action.name.clone() });
        }
        let create = |replaces| Step::CreateAction {
            kind: wanted.kind,
            integration: integration.clone(),
            action: action.clone(),
            replaces,
        };
        let named: Vec<_> = published.iter().filter(|record| record.name == action.name).collect();
        let fitting = named.iter().find(|record| has_contract(action, record));
        match (fitting, named.first()) {
            (Some(record), _) => {
                kept.push(&record.id);
                plan.steps.extend(update(action, record));
            }
            (None, Some(record)) => {
                replaced.push(&record.id);
                plan.steps.push(create(Some(record.id.clone())));
            }
            (None, None) => match drafts.iter().find(|draft| draft.name == action.name) {
                Some(draft) if has_contract(action, draft) && update(action, draft).is_none() => {
                    let (id, version, name) = (draft.id.clone(), draft.version, draft.name.clone());
                    plan.steps.push(Step::PublishDraft { id, version, name });
                }
                Some(draft) => {
                    let (id, name) = (draft.id.clone(), draft.name.clone());
                    plan.steps.extend([Step::DiscardDraft { id, name }, create(None)]);
                }
                None => match renamed(action, wanted, published).filter(|_| !adopted) {
                    Some(record) => {
                        kept.push(&record.id);
                        plan.steps.extend(update(action, record));
                    }
                    None => plan.steps.push(create(None)),
                },
            },
        }
    }
    for record in published.iter().filter(|record| !kept.contains(&record.id.as_str())) {
        let (id, name) = (record.id.clone(), record.name.clone());
        // Of two that have the name of a wanted one, the other is what an earlier replacement did not get to delete.
        let has_successor = wanted.actions.iter().any(|action| action.name == name);
        if !adopted || replaced.contains(&record.id.as_str()) {
            let why = if has_successor { Retirement::Replaced } else { Retirement::NotInManifest };
            plan.steps.push(Step::DeleteAction { id, name, why });
        } else {
            plan.notices.push(Notice::ForeignAction { id, name });
        }
    }
}

/// The action that has another name now and is the wanted one all the same: it calls the same and has the same contract, no action of
/// the manifest has its name, and nothing else can be meant. It keeps its ID, which flows refer to. An action carries no mark, so
/// where several fit nobody can tell.
fn renamed<'r>(
    wanted: &DesiredAction,
    all: &DesiredIntegration,
    published: &'r [ActionRecord],
) -> Option<&'r ActionRecord> {
    let is_listed = |record: &ActionRecord| all.actions.iter().any(|action| action.name == record.name);
    let fits = |action: &DesiredAction, record: &ActionRecord| {
        has_contract(action, record)
            && record.config.as_ref().is_some_and(|it| it.url_template == action.config.url_template)
    };
    let mut unlisted = published.iter().filter(|record| !is_listed(record) && fits(wanted, record));
    let (Some(record), None) = (unlisted.next(), unlisted.next()) else { return None };
    let is_there = |action: &DesiredAction| published.iter().any(|known| known.name == action.name);
    let missing = all.actions.iter().filter(|action| !is_there(action) && fits(action, record));
    (missing.count() == 1).then_some(record)
}

/// `arn:aws:lambda:region:account:function:name` has seven parts; an eighth is the alias or version.
pub fn has_qualifier(function: &str) -> bool {
    function.split(':').count() > 7
}

/// Whether the action can become the wanted one and keep its ID.
pub fn can_become(record: &ActionRecord, wanted: &DesiredAction, integration: &str) -> bool {
    record.integration_id == integration && has_contract(wanted, record)
}

/// Whether the action is already what only a new one could become.
fn has_contract(wanted: &DesiredAction, record: &ActionRecord) -> bool {
    record.secure == wanted.secure
        && record.contract.as_ref().is_some_and(|contract| same_contract(&wanted.contract, contract))
}

/// An action of that name is there, and may be somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("action `{}` ({id}) exists in the integration and {}", Shown(name), likeness.in_words())]
pub struct ActionExists {
    pub name: String,
    pub id: String,
    /// How it is like the wanted one.
    pub likeness: Likeness,
}

/// How an action of the same name is like the wanted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// It says exactly the same.
    Same,
    /// It could become the wanted one.
    SameContract,
    /// It could not.
    OtherContract,
}

impl Likeness {
    fn in_words(self) -> &'static str {
        match self {
            Self::Same => "may be somebody else's, though it says the same",
            Self::SameContract => "is configured differently",
            Self::OtherContract => "has a different contract",
        }
    }
}

/// What is known of the actions that have the wanted one's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The integration is the same stack's: what is in it was made by the stack.
    pub is_own_place: bool,
    /// One that is somebody else's may be taken over.
    pub adopt: bool,
}

/// The steps for one action that is looked after by itself, and the one that it is already, where it keeps its ID.
///
/// `known` is the action with the ID that it had. An action has no place for a mark. In the stack's own integration, one that
/// says exactly the same is what an earlier attempt made. Where there was an ID already, it is the one before a
/// replacement that is being undone; in the stack's own integration even where somebody has changed it since. Any other is
/// somebody else's.
pub fn plan_action(
    wanted: &DesiredAction,
    (kind, integration): (Kind, &str),
    known: Option<&ActionRecord>,
    namesakes: &Namesakes,
    Standing { is_own_place, adopt }: Standing,
) -> Result<(Option<ActionRecord>, Plan), ActionExists> {
    let mut plan = Plan::default();
    if kind == Kind::Lambda && has_qualifier(&wanted.config.url_template) {
        plan.notices.push(Notice::Qualified { action: wanted.name.clone() });
    }
    if let Some(record) = known.filter(|known| can_become(known, wanted, integration)) {
        plan.steps.extend(update(wanted, record));
        return Ok((Some(record.clone()), plan));
    }
    let likeness = |record: &ActionRecord| match (has_contract(wanted, record), update(wanted, record)) {
        (false, _) => Likeness::OtherContract,
        (true, Some(_)) => Likeness::SameContract,
        (true, None) => Likeness::Same,
    };
    let known_id = known.map(|known| &known.id);
    let others: Vec<_> = namesakes.published.iter().filter(|record| Some(&record.id) != known_id).collect();
    let alike = |wanted| others.iter().copied().find(|record| likeness(record) == wanted);
    let found = alike(Likeness::Same).or_else(|| alike(Likeness::SameContract));
    if let Some(record) = found.or(others.first().copied()) {
        let may_be_taken = match likeness(record) {
            Likeness::Same => known.is_some() || is_own_place || adopt,
            Likeness::SameContract => adopt || known.is_some() && is_own_place,
            Likeness::OtherContract => false,
        };
        if may_be_taken {
            plan.steps.extend(update(wanted, record));
            return Ok((Some(record.clone()), plan));
        }
        // What is replaced may well have the same name.
        if known.is_none() {
            let (name, id) = (record.name.clone(), record.id.clone());
            return Err(ActionExists { name, id, likeness: likeness(record) });
        }
    }
    let draft = namesakes.drafts.iter().find(|draft| is_own_place && likeness(draft) == Likeness::Same);
    plan.steps.push(match draft {
        Some(ActionRecord { id, version, name, .. }) => {
            Step::PublishDraft { id: id.clone(), version: *version, name: name.clone() }
        }
        None => Step::CreateAction {
            kind,
            integration: Id::Known(integration.to_owned()),
            action: wanted.clone(),
            replaces: known_id.cloned(),
        },
    });
    Ok((None, plan))
}

/// The change of an action that keeps its ID, where one is needed.
fn update(wanted: &DesiredAction, record: &ActionRecord) -> Option<Step> {
    let is_same = record.name == wanted.name
        && record.category == wanted.category
        && record.config.as_ref().is_some_and(|config| same_config(&wanted.config, config));
    if is_same {
        return None;
    }
    let after = ActionUpdate {
        name: wanted.name.clone(),
        category: wanted.category.clone(),
        config: wanted.config.clone(),
    };
    let before = ActionUpdate {
        name: record.name.clone(),
        category: record.category.clone(),
        config: record.config.clone().unwrap_or_else(|| wanted.config.clone()),
    };
    Some(Step::UpdateAction { id: record.id.clone(), version: record.version, before, after })
}
