//! Credentials of integrations: written, and read back without their secrets.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::audits::{self, Entity};
use super::refusal::Refusal;
use super::request::Request;
use super::state::{Credential, Genesys};
use super::{catalogue, paging};
use crate::state::State;
use crate::wire::Reply;

const URI: &str = "/api/v2/integrations/credentials";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    name: String,
    r#type: TypeReference,
    #[serde(default)]
    credential_fields: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct TypeReference {
    name: Option<String>,
    id: Option<String>,
}

pub(super) fn types(_: &Request<'_>, _: &Genesys) -> Result<Reply, Refusal> {
    Ok(Reply::json(200, &catalogue::credential_types()))
}

pub(super) fn list(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    paging::by_number(request, listed(request, genesys))
}

fn listed(request: &Request<'_>, genesys: &Genesys) -> Vec<Value> {
    let shown = genesys.credentials.iter().filter(|_| !request.hides_credentials);
    shown.map(|(id, credential)| show(id, credential)).collect()
}

pub(super) fn listing(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    if request.get("before").is_some() {
        return Err(Refusal::unsupported("paging backwards"));
    }
    let size = request.number("pageSize", 1..=200)?.unwrap_or(25);
    let (entities, cursor) = page_after(listed(request, genesys), request.get("after"), size)?;
    let mut listing = json!({"entities": entities, "selfUri": format!("{URI}/listing?pageSize={size}")});
    if let (Some(cursor), Some(listing)) = (cursor, listing.as_object_mut()) {
        let uri = format!("{URI}/listing?after={}&pageSize={size}", paging::encode(&cursor));
        listing.insert("nextUri".to_owned(), json!(uri));
    }
    Ok(Reply::json(200, &listing))
}

/// The page behind a credential, and the cursor of the next one. A cursor is the ID of the last credential that was shown: the
/// official Terraform provider does not follow `nextUri`, it sends this ID (`genesyscloud_integration_credential_proxy.go`) until a
/// page is empty.
fn page_after(
    all: Vec<Value>,
    after: Option<&str>,
    size: usize,
) -> Result<(Vec<Value>, Option<String>), Refusal> {
    let id = |credential: &Value| credential.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    // IDs are ordered, so a credential that was deleted since is still a place in the list.
    let is_id =
        |after: &str| after.len() == 36 && after.chars().all(|it| it == '-' || it.is_ascii_hexdigit());
    if !after.is_none_or(is_id) {
        return Err(Refusal::bad_request("The cursor is not valid."));
    }
    let mut rest: Vec<Value> = all
        .into_iter()
        .filter(|credential| after.is_none_or(|after| id(credential).as_str() > after))
        .collect();
    let has_next = rest.len() > size;
    rest.truncate(size);
    let cursor = rest.last().filter(|_| has_next).map(id);
    Ok((rest, cursor))
}

pub(super) fn get(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let credential = genesys.credentials.get(request.id()).ok_or_else(Refusal::not_found)?;
    // "sensitive fields redacted": what stands in their place is not documented, so they are left out.
    let fields = if genesys.shows_credential_fields { credential.fields.clone() } else { BTreeMap::new() };
    let mut value = show(request.id(), credential);
    if let Some(value) = value.as_object_mut() {
        value.retain(|key, _| !["createdDate", "modifiedDate"].contains(&key.as_str()));
        value.insert("credentialFields".to_owned(), json!(fields));
    }
    Ok(Reply::json(200, &value))
}

pub(super) fn create(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let (name, kind, fields) = read(request)?;
    let id = state.new_uuid();
    let credential = Credential { name, kind, fields, created: request.time(), modified: request.time() };
    let reply = Reply::json(200, &show(&id, &credential));
    let entity = Entity { kind: "Credential", id: &id, name: &credential.name };
    audits::record(request, state, "Create", &entity, audits::changes(&Value::Null, &audited(&credential)));
    state.genesys.credentials.insert(id, credential);
    Ok(reply)
}

pub(super) fn replace(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let id = request.id();
    let (name, kind, fields) = read(request)?;
    let old = state.genesys.credentials.get(id).ok_or_else(Refusal::not_found)?.clone();
    if old.kind != kind {
        return Err(Refusal::bad_request("The type of a credential cannot be changed."));
    }
    let new = Credential { name, kind, fields, created: old.created.clone(), modified: request.time() };
    let mut changes = audits::changes(&audited(&old), &audited(&new));
    for (field, value) in &new.fields {
        if old.fields.get(field) != Some(value) {
            changes.push(audits::hidden(&format!("credentialFields.{field}")));
        }
    }
    let entity = Entity { kind: "Credential", id, name: &new.name };
    audits::record(request, state, "Update", &entity, changes);
    let reply = Reply::json(200, &show(id, &new));
    state.genesys.credentials.insert(id.to_owned(), new);
    Ok(reply)
}

/// Whether a credential in use can be deleted is not documented; here it can, and its integration reports an error.
pub(super) fn delete(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let id = request.id();
    let old = state.genesys.credentials.remove(id).ok_or_else(Refusal::not_found)?;
    let entity = Entity { kind: "Credential", id, name: &old.name };
    audits::record(request, state, "Delete", &entity, audits::changes(&audited(&old), &Value::Null));
    Ok(Reply::empty(200))
}

fn read(request: &Request<'_>) -> Result<(String, String, BTreeMap<String, String>), Refusal> {
    let Body { name, r#type, credential_fields } = request.read()?;
    let kind = r#type.name.or(r#type.id).unwrap_or_default();
    let required = catalogue::required_fields(&kind)
        .ok_or_else(|| Refusal::bad_request(format!("There is no credential type '{kind}'.")))?;
    match required.iter().find(|field| credential_fields.get(**field).is_none_or(String::is_empty)) {
        Some(missing) => Err(Refusal::bad_request(format!("Credential field '{missing}' is required."))),
        None => Ok((name, kind, credential_fields)),
    }
}

/// What the log may show of a credential.
fn audited(credential: &Credential) -> Value {
    json!({"name": credential.name, "type": credential.kind})
}

/// A credential without its fields.
pub(super) fn show(id: &str, credential: &Credential) -> Value {
    json!({
        "id": id,
        "name": credential.name,
        "type": {"id": credential.kind, "name": credential.kind},
        "createdDate": credential.created,
        "modifiedDate": credential.modified,
        "selfUri": format!("{URI}/{id}"),
    })
}
