//! The audit log: written by everything that changes something, read by asynchronous queries.
//!
//! A query is queued when it is asked, runs when it is first looked at, and has succeeded when it is looked at again. That
//! the entities here are filed under the service `Integrations` is an assumption of their names; so is that the values of
//! credential fields stay out of the log.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::memory::Memory;
use super::query::{Query, Wanted};
use super::refusal::Refusal;
use super::request::{Request, time};
use super::state::{AuditEntry, Change, Genesys};
use super::{catalogue, paging};
use crate::state::State;
use crate::wire::Reply;

/// What something was done to.
pub(super) struct Entity<'a> {
    pub(super) kind: &'a str,
    pub(super) id: &'a str,
    pub(super) name: &'a str,
}

/// Adds what the client just did to the log.
pub(super) fn record(
    request: &Request<'_>,
    state: &mut State,
    action: &str,
    entity: &Entity<'_>,
    changes: Vec<Change>,
) {
    let author = Author { client: Some(request.client_id), user: None, at: request.time() };
    write(state, &author, action, entity, true, changes);
}

/// Who did something, and when.
pub(super) struct Author<'a> {
    pub(super) client: Option<&'a str>,
    pub(super) user: Option<&'a str>,
    pub(super) at: String,
}

/// Adds a line to the log.
pub(super) fn write(
    state: &mut State,
    author: &Author<'_>,
    action: &str,
    entity: &Entity<'_>,
    success: bool,
    changes: Vec<Change>,
) {
    let entry = AuditEntry {
        id: state.new_uuid(),
        at: author.at.clone(),
        client: author.client.map(str::to_owned),
        user: author.user.map(str::to_owned),
        action: action.to_owned(),
        entity_type: entity.kind.to_owned(),
        entity_id: entity.id.to_owned(),
        entity_name: entity.name.to_owned(),
        success,
        changes,
    };
    state.genesys.record(entry);
}

/// The properties in which two values differ.
pub(super) fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let (old, new) = (flat(old), flat(new));
    let properties: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let side =
        |side: &BTreeMap<String, String>, property: &str| side.get(property).cloned().into_iter().collect();
    let differing = properties.into_iter().filter(|property| old.get(*property) != new.get(*property));
    differing
        .map(|property| Change {
            property: property.clone(),
            old: side(&old, property),
            new: side(&new, property),
        })
        .collect()
}

/// A property that changed, and whose values are secret.
pub(super) fn hidden(property: &str) -> Change {
    Change { property: property.to_owned(), old: Vec::new(), new: Vec::new() }
}

fn flat(value: &Value) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    flatten("", value, &mut found);
    found
}

fn flatten(name: &str, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
                flatten(&name, value, found);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            found.insert(name.to_owned(), text.clone());
        }
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_)) => {
            found.insert(name.to_owned(), other.to_string());
        }
    }
}

pub(super) fn services(_: &Request<'_>, _: &Genesys) -> Result<Reply, Refusal> {
    Ok(Reply::json(200, &catalogue::audit_services()))
}

/// Only some services answer at once, and which is not documented: here, none.
pub(super) fn realtime_services(_: &Request<'_>, _: &Genesys) -> Result<Reply, Refusal> {
    Ok(Reply::json(200, &json!({"services": []})))
}

pub(super) fn realtime(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let wanted: Wanted = request.read()?;
    wanted.entries(genesys)?;
    let service = wanted.service_name.unwrap_or_default();
    Err(Refusal::bad_request(format!("The service '{service}' does not support realtime queries.")))
}

pub(super) fn ask(request: &Request<'_>, genesys: &Genesys, memory: &mut Memory) -> Result<Reply, Refusal> {
    let wanted: Wanted = request.read()?;
    let found = wanted.entries(genesys)?.into_iter().map(|entry| show(entry, genesys)).collect();
    let id = crate::ids::uuid();
    let query = Query { wanted, asked_at: request.time(), looked_at: 0, found };
    let reply = query.reply(&id, "Queued");
    memory.queries.insert(id, query);
    Ok(reply)
}

pub(super) fn status(request: &Request<'_>, _: &Genesys, memory: &mut Memory) -> Result<Reply, Refusal> {
    let query = memory.queries.get_mut(request.id()).ok_or_else(Refusal::not_found)?;
    query.looked_at += 1;
    Ok(query.reply(request.id(), if query.looked_at > 1 { "Succeeded" } else { "Running" }))
}

pub(super) fn results(
    request: &Request<'_>,
    genesys: &Genesys,
    memory: &mut Memory,
) -> Result<Reply, Refusal> {
    let query = memory.queries.get(request.id()).ok_or_else(Refusal::not_found)?;
    if query.looked_at < 2 {
        return Err(Refusal::bad_request("The query has not succeeded yet."));
    }
    let size = request.number("pageSize", 1..=500)?.unwrap_or(25);
    let (mut entities, cursor) = paging::by_cursor(query.found.clone(), request.get("cursor"), size)?;
    if request.get("expand").is_some_and(|expand| expand.split(',').any(|it| it == "user")) {
        entities
            .iter_mut()
            .filter_map(|entity| entity.get_mut("user"))
            .for_each(|user| add_name(user, genesys));
    }
    let mut answer = json!({"id": request.id(), "pageSize": size, "entities": entities});
    if let (Some(cursor), Some(answer)) = (cursor, answer.as_object_mut()) {
        answer.insert("cursor".to_owned(), json!(cursor));
    }
    Ok(Reply::json(200, &answer))
}

fn add_name(user: &mut Value, genesys: &Genesys) {
    let name = user.get("id").and_then(Value::as_str).and_then(|id| genesys.users.get(id));
    if let (Some(name), Some(user)) = (name, user.as_object_mut()) {
        user.insert("name".to_owned(), json!(name));
    }
}

fn show(entry: &AuditEntry, genesys: &Genesys) -> Value {
    let change = |change: &Change| json!({"property": change.property, "oldValues": change.old, "newValues": change.new});
    let mut value = json!({
        "id": entry.id,
        "userHomeOrgId": genesys.organization.id,
        "remoteIp": ["127.0.0.1"],
        "serviceName": catalogue::AUDIT_SERVICE,
        "level": "USER",
        "eventDate": entry.at.parse::<Timestamp>().map(time).unwrap_or_default(),
        "action": entry.action,
        "entity": {"id": entry.entity_id, "name": entry.entity_name},
        "entityType": entry.entity_type,
        "status": if entry.success { "SUCCESS" } else { "FAILURE" },
        "propertyChanges": entry.changes.iter().map(change).collect::<Vec<_>>(),
        "entityChanges": [],
        "context": {},
    });
    if let Some(value) = value.as_object_mut() {
        for (key, id) in [("client", &entry.client), ("user", &entry.user)] {
            value.extend(id.iter().map(|id| (key.to_owned(), json!({"id": id}))));
        }
    }
    value
}
