//! Drafts of data actions: worked on until they are published.
//!
//! A draft may be wrong in every way that its validation names; only a valid one is published.

use serde::Deserialize;
use serde_json::json;

use super::actions::{self, Stage, check_version, find, guard, record, show_all};
use super::refusal::Refusal;
use super::request::Request;
use super::revisions::{Config, Contract};
use super::state::{Action, Genesys, Revision};
use crate::state::State;
use crate::wire::Reply;

#[derive(Deserialize)]
struct Update {
    category: Option<String>,
    name: Option<String>,
    config: Option<Config>,
    contract: Option<Contract>,
    secure: Option<bool>,
    version: u64,
}

#[derive(Deserialize)]
struct Publication {
    version: u64,
}

pub(super) fn list(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    actions::list_stage(request, genesys, Stage::Draft)
}

pub(super) fn get(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    actions::get_stage(request, genesys, Stage::Draft)
}

pub(super) fn template(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    actions::template_of(request, genesys, Stage::Draft)
}

pub(super) fn schema(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    actions::schema_of(request, genesys, Stage::Draft)
}

/// An action that is not published yet.
pub(super) fn create(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let (integration, revision) = actions::read_new(request)?;
    let id = format!("custom_-_{}", state.new_uuid());
    let action = Action { integration, published: None, draft: Some(revision.clone()) };
    record(request, state, ("Create", "ActionDraft"), &id, (None, Some(&revision)));
    let reply = Reply::json(200, &show_all(&id, &action, &revision, Stage::Draft));
    state.genesys.actions.insert(id, action);
    Ok(reply)
}

/// A draft of what is published.
pub(super) fn begin(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let id = request.id();
    guard(id)?;
    let (action, published) = find(id, &state.genesys, Stage::Published)?;
    if action.draft.is_some() {
        return Err(Refusal::conflict("The action has a draft already."));
    }
    let draft = Revision { version: 1, ..published.clone() };
    let action = action.clone();
    put(request, state, "Create", action, (None, Some(draft)))
}

pub(super) fn update(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let (action, old) = find(request.id(), &state.genesys, Stage::Draft)?;
    let (action, old) = (action.clone(), old.clone());
    let Update { category, name, config, contract, secure, version } = request.read()?;
    check_version(version, old.version)?;
    let new = Revision {
        name: name.unwrap_or_else(|| old.name.clone()),
        category: category.unwrap_or_else(|| old.category.clone()),
        secure: secure.unwrap_or(old.secure),
        contract: contract.map_or_else(|| old.contract.clone(), Contract::value),
        config: config.map_or_else(|| old.config.clone(), Config::value),
        version: old.version + 1,
    };
    // "You cannot change the contracts after you publish the action"; what the API answers is not documented.
    if action.published.as_ref().is_some_and(|published| published.contract != new.contract) {
        return Err(Refusal::bad_request("The contract of a published action cannot be changed."));
    }
    put(request, state, "Update", action, (Some(old), Some(new)))
}

pub(super) fn delete(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let (action, old) = find(request.id(), &state.genesys, Stage::Draft)?;
    let (action, old) = (action.clone(), old.clone());
    put(request, state, "Delete", action, (Some(old), None))
}

pub(super) fn validate(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let (_, draft) = find(request.id(), genesys, Stage::Draft)?;
    let errors: Vec<_> = draft.faults().iter().map(|fault| fault.body(request.context_id)).collect();
    Ok(Reply::json(200, &json!({"valid": errors.is_empty(), "errors": errors})))
}

pub(super) fn publish(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let id = request.id();
    let (action, draft) = find(id, &state.genesys, Stage::Draft)?;
    let (mut action, draft) = (action.clone(), draft.clone());
    let Publication { version } = request.read()?;
    if version != draft.version {
        // The API's own words (Terraform provider, issue 1961).
        let latest = draft.version;
        return Err(Refusal::bad_request(format!(
            "Supplied version {version} does not match latest draft version {latest}"
        )));
    }
    if let Some(fault) = draft.faults().into_iter().next() {
        return Err(fault);
    }
    let old = action.published.take();
    let new = Revision { version: old.as_ref().map_or(1, |old| old.version + 1), ..draft };
    record(request, state, ("Publish", "Action"), id, (old.as_ref(), Some(&new)));
    action.published = Some(new.clone());
    action.draft = None;
    let reply = Reply::json(200, &show_all(id, &action, &new, Stage::Published));
    state.genesys.actions.insert(id.to_owned(), action);
    Ok(reply)
}

/// Puts a draft in the place of another; an action without anything is gone.
fn put(
    request: &Request<'_>,
    state: &mut State,
    what: &str,
    mut action: Action,
    (old, new): (Option<Revision>, Option<Revision>),
) -> Result<Reply, Refusal> {
    let id = request.id();
    record(request, state, (what, "ActionDraft"), id, (old.as_ref(), new.as_ref()));
    let reply = match &new {
        Some(draft) => Reply::json(200, &show_all(id, &action, draft, Stage::Draft)),
        None => Reply::empty(204),
    };
    action.draft = new;
    match action.draft.is_none() && action.published.is_none() {
        true => state.genesys.actions.remove(id),
        false => state.genesys.actions.insert(id.to_owned(), action),
    };
    Ok(reply)
}
