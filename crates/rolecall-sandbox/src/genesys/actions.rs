//! Published data actions: made, found, changed, deleted; their templates and schemas as files.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::audits::{self, Entity};
use super::refusal::Refusal;
use super::request::Request;
use super::revisions::{Config, NewAction};
use super::state::{Action, Genesys, Revision};
use super::{catalogue, flat, paging};
use crate::state::State;
use crate::wire::Reply;

const URI: &str = "/api/v2/integrations/actions";
const REQUEST_TEMPLATE: &str = "requesttemplate.vm";
const SUCCESS_TEMPLATE: &str = "successtemplate.vm";

/// What of an action is spoken about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Published,
    Draft,
}

#[derive(Deserialize)]
struct Update {
    category: Option<String>,
    name: Option<String>,
    config: Option<Config>,
    version: u64,
}

impl Action {
    pub(super) fn stage(&self, stage: Stage) -> Option<&Revision> {
        match stage {
            Stage::Published => self.published.as_ref(),
            Stage::Draft => self.draft.as_ref(),
        }
    }
}

pub(super) fn list(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    list_stage(request, genesys, Stage::Published)
}

pub(super) fn list_stage(request: &Request<'_>, genesys: &Genesys, stage: Stage) -> Result<Reply, Refusal> {
    let ids: Option<Vec<&str>> = request.get("ids").map(|ids| ids.split(',').collect());
    if ids.as_ref().is_some_and(|ids| ids.len() > 50) {
        return Err(Refusal::bad_request("There are more than 50 ids."));
    }
    let own = genesys.actions.iter().filter_map(|(id, action)| Some((id, action, action.stage(stage)?)));
    let own = own.map(|(id, action, revision)| show(request, id, action, revision, stage));
    let built_in = (stage == Stage::Published).then(catalogue::static_action);
    let text =
        |action: &Value, key: &str| action.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let name = request.get("name").map(str::to_lowercase);
    let mut found: Vec<Value> = own
        .chain(built_in)
        .filter(|action| {
            ids.as_ref().is_none_or(|ids| ids.contains(&text(action, "id").as_str()))
                && request.get("category").is_none_or(|category| category == text(action, "category"))
                && name.as_ref().is_none_or(|part| text(action, "name").to_lowercase().contains(part))
                && request
                    .get("secure")
                    .is_none_or(|secure| action.get("secure") == Some(&json!(secure == "true")))
        })
        .collect();
    if let Some(field) = request.get("sortBy") {
        found.sort_by_key(|action| text(action, field));
    }
    if request.get("sortOrder").is_some_and(|order| order.eq_ignore_ascii_case("desc")) {
        found.reverse();
    }
    paging::by_number(request, found)
}

pub(super) fn categories(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let own =
        genesys.actions.values().filter_map(|action| action.published.as_ref()).map(|it| it.category.clone());
    let built_in = catalogue::static_action().get("category").and_then(Value::as_str).map(str::to_owned);
    let names: BTreeSet<String> = own.chain(built_in).collect();
    let names = names.into_iter().map(|name| json!({"name": name})).collect();
    Ok(Reply::json(200, &paging::without_links(request, names)?))
}

pub(super) fn get(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    match request.id() {
        catalogue::STATIC_ACTION => Ok(Reply::json(200, &catalogue::static_action())),
        _ => get_stage(request, genesys, Stage::Published),
    }
}

pub(super) fn get_stage(request: &Request<'_>, genesys: &Genesys, stage: Stage) -> Result<Reply, Refusal> {
    let (action, revision) = find(request.id(), genesys, stage)?;
    Ok(Reply::json(200, &show(request, request.id(), action, revision, stage)))
}

/// Published at once.
pub(super) fn create(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let (integration, revision) = read_new(request)?;
    if let Some(fault) = revision.faults().into_iter().next() {
        return Err(fault);
    }
    let id = format!("custom_-_{}", state.new_uuid());
    let action = Action { integration, published: Some(revision.clone()), draft: None };
    record(request, state, ("Create", "Action"), &id, (None, Some(&revision)));
    let reply = Reply::json(200, &show_all(&id, &action, &revision, Stage::Published));
    state.genesys.actions.insert(id, action);
    Ok(reply)
}

/// An action as it is sent, for an integration that is already seen.
pub(super) fn read_new(request: &Request<'_>) -> Result<(String, Revision), Refusal> {
    let new: NewAction = request.read()?;
    let integration = request.seen.integrations.get(&new.integration_id);
    match integration.map(|integration| integration.kind.as_str()) {
        Some(catalogue::LAMBDA | catalogue::WEB_SERVICES) => Ok((new.integration_id.clone(), new.revision())),
        Some(kind) => {
            Err(Refusal::bad_request(format!("Integrations of type '{kind}' do not support custom actions.")))
        }
        None => Err(Refusal::bad_request(format!("Integration '{}' was not found.", new.integration_id))),
    }
}

pub(super) fn update(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let id = request.id();
    guard(id)?;
    let (action, old) = find(id, &state.genesys, Stage::Published)?;
    let mut action = action.clone();
    let old = old.clone();
    let body = request.object()?;
    for fixed in ["contract", "secure"] {
        if body.get(fixed).is_some() {
            return Err(Refusal::bad_request(format!(
                "'{fixed}' cannot be changed once an action is published."
            )));
        }
    }
    let Update { category, name, config, version } = request.read()?;
    check_version(version, old.version)?;
    let new = Revision {
        name: name.unwrap_or_else(|| old.name.clone()),
        category: category.unwrap_or_else(|| old.category.clone()),
        config: config.map_or_else(|| old.config.clone(), Config::value),
        version: old.version + 1,
        ..old.clone()
    };
    if let Some(fault) = new.faults().into_iter().next() {
        return Err(fault);
    }
    record(request, state, ("Update", "Action"), id, (Some(&old), Some(&new)));
    let reply = Reply::json(200, &show_all(id, &action, &new, Stage::Published));
    action.published = Some(new);
    state.genesys.actions.insert(id.to_owned(), action);
    Ok(reply)
}

/// Whether life answers 409, or 400 with this text, is not documented; the Terraform provider takes both.
pub(super) fn check_version(sent: u64, current: u64) -> Result<(), Refusal> {
    match sent == current {
        true => Ok(()),
        false => Err(Refusal::conflict(format!(
            "The version {sent} does not match the current version {current}."
        ))),
    }
}

/// Its draft goes with it.
pub(super) fn delete(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let id = request.id();
    guard(id)?;
    find(id, &state.genesys, Stage::Published)?;
    if let Some(action) = state.genesys.actions.remove(id) {
        record_deletion(request, state, id, &action);
    }
    Ok(Reply::empty(204))
}

pub(super) fn record_deletion(request: &Request<'_>, state: &mut State, id: &str, action: &Action) {
    for (kind, revision) in [("Action", &action.published), ("ActionDraft", &action.draft)] {
        if let Some(revision) = revision {
            record(request, state, ("Delete", kind), id, (Some(revision), None));
        }
    }
}

pub(super) fn template(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    template_of(request, genesys, Stage::Published)
}

pub(super) fn template_of(request: &Request<'_>, genesys: &Genesys, stage: Stage) -> Result<Reply, Refusal> {
    let (_, revision) = find(request.id(), genesys, stage)?;
    let text = match request.file() {
        REQUEST_TEMPLATE => revision.request("requestTemplate"),
        SUCCESS_TEMPLATE => revision.response("successTemplate"),
        _ => return Err(Refusal::not_found()),
    };
    Ok(Reply {
        status: 200,
        headers: vec![("content-type", "text/plain".to_owned())],
        body: text.to_owned().into(),
    })
}

pub(super) fn schema(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    schema_of(request, genesys, Stage::Published)
}

/// The names of the files are not documented; the action itself says them.
pub(super) fn schema_of(request: &Request<'_>, genesys: &Genesys, stage: Stage) -> Result<Reply, Refusal> {
    let (_, revision) = find(request.id(), genesys, stage)?;
    let schema = match request.file() {
        "input.json" => revision.input_schema(),
        "success.json" => revision.contract.pointer("/output/successSchema"),
        _ => None,
    };
    Ok(Reply::json(200, schema.ok_or_else(Refusal::not_found)?))
}

/// What the built-in actions answer to a change is not documented beyond that there can be none.
pub(super) fn guard(id: &str) -> Result<(), Refusal> {
    match id.starts_with("static") {
        true => Err(Refusal::bad_request("Static actions cannot be changed or deleted.")),
        false => Ok(()),
    }
}

pub(super) fn find<'g>(
    id: &str,
    genesys: &'g Genesys,
    stage: Stage,
) -> Result<(&'g Action, &'g Revision), Refusal> {
    let action = genesys.actions.get(id).ok_or_else(Refusal::not_found)?;
    Ok((action, action.stage(stage).ok_or_else(Refusal::not_found)?))
}

/// As much of an action as was asked for.
fn show(request: &Request<'_>, id: &str, action: &Action, revision: &Revision, stage: Stage) -> Value {
    let mut value = show_all(id, action, revision, stage);
    if request.flag("flatten") {
        flatten_contract(&mut value);
    }
    if let Some(value) = value.as_object_mut() {
        value.retain(|key, _| match key.as_str() {
            "contract" => request.get("expand") == Some("contract"),
            "config" => request.flag("includeConfig"),
            _ => true,
        });
    }
    value
}

/// Puts the flattened schemas into the place of the others: there is either the one or the other (`ActionInput`, `ActionOutput` of
/// the SDKs).
fn flatten_contract(action: &mut Value) {
    for (part, name) in [("input", "inputSchema"), ("output", "successSchema")] {
        let Some(part) = action.pointer_mut(&format!("/contract/{part}")).and_then(Value::as_object_mut)
        else {
            continue;
        };
        let Some(schema) = part.remove(name) else { continue };
        let (schema, arrays) = flat::schema(&schema);
        let flattened = match name {
            "inputSchema" => schema,
            _ => json!({"schema": schema, "arrayProperties": arrays}),
        };
        part.insert(format!("{name}Flattened"), flattened);
    }
}

/// The whole of it. Templates are files of their own, to which the configuration points.
pub(super) fn show_all(id: &str, action: &Action, revision: &Revision, stage: Stage) -> Value {
    let uri = match stage {
        Stage::Published => format!("{URI}/{id}"),
        Stage::Draft => format!("{URI}/{id}/draft"),
    };
    let mut config = revision.config.clone();
    for (part, text, file) in
        [("request", "requestTemplate", REQUEST_TEMPLATE), ("response", "successTemplate", SUCCESS_TEMPLATE)]
    {
        if let Some(part) = config.get_mut(part).and_then(Value::as_object_mut) {
            part.remove(text);
            part.insert(format!("{text}Uri"), json!(format!("{uri}/templates/{file}")));
        }
    }
    json!({
        "id": id,
        "name": revision.name,
        "integrationId": action.integration,
        "category": revision.category,
        "contract": {
            "input": {
                "inputSchema": revision.input_schema(),
                "inputSchemaUri": format!("{uri}/schemas/input.json"),
            },
            "output": {
                "successSchema": revision.contract.pointer("/output/successSchema"),
                "successSchemaUri": format!("{uri}/schemas/success.json"),
            },
        },
        "version": revision.version,
        "secure": revision.secure,
        "config": config,
        "selfUri": uri,
    })
}

pub(super) fn record(
    request: &Request<'_>,
    state: &mut State,
    (action, kind): (&str, &str),
    id: &str,
    (old, new): (Option<&Revision>, Option<&Revision>),
) {
    let name = new.or(old).map(|revision| revision.name.clone()).unwrap_or_default();
    let changes = audits::changes(&audited(old), &audited(new));
    audits::record(request, state, action, &Entity { kind, id, name: &name }, changes);
}

/// What the log shows of an action.
pub(super) fn audited(revision: Option<&Revision>) -> Value {
    revision.map_or(Value::Null, |revision| {
        json!({
            "name": revision.name,
            "category": revision.category,
            "secure": revision.secure,
            "version": revision.version,
            "contract": revision.contract,
            "config": revision.config,
        })
    })
}
