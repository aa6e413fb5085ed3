//! Architect's dependency tracking and the flows that it knows: who uses an action.
//!
//! Flows are only names and references here, put there by tests. Whether a change of a flow shows at once is not documented; here it
//! does, unless the state of the index says otherwise. Only consumers of actions are told.

use serde_json::{Value, json};

use super::paging;
use super::refusal::Refusal;
use super::request::{Request, reference};
use super::state::{Flow, Genesys};
use crate::wire::Reply;

const URI: &str = "/api/v2/architect/dependencytracking";

pub(super) fn build(_: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let index = &genesys.dependency_index;
    let failed = |name: &String| json!({"id": name, "name": name, "version": "1.0"});
    Ok(Reply::json(
        200,
        &json!({
            "status": index.status,
            "failedObjects": index.failed.iter().map(failed).collect::<Vec<_>>(),
            "selfUri": format!("{URI}/build"),
        }),
    ))
}

pub(super) fn consumers(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let missing = |name: &str| Refusal::bad_request(format!("The parameter '{name}' is required."));
    let id = request.get("id").ok_or_else(|| missing("id"))?;
    let kind = request.get("objectType").ok_or_else(|| missing("objectType"))?;
    let secure = match kind {
        "DATAACTION" => false,
        "SECUREACTION" => true,
        _ => return Err(Refusal::unsupported("consumers of other things than actions")),
    };
    let action = genesys.actions.get(id).and_then(|action| action.published.as_ref());
    let is_it = action.is_some_and(|action| action.secure == secure);
    let uses = |flow: &&Flow| is_it && flow.actions.iter().any(|action| action == id);
    let entities = genesys.flows.iter().filter(|(_, flow)| uses(flow));
    let versions = entities.flat_map(|(id, flow)| {
        flow.versions.iter().map(move |version| {
            json!({"id": id, "name": flow.name, "version": version, "type": flow.kind, "deleted": false,
                "updated": false, "stateUnknown": false, "selfUri": format!("{URI}/object?id={id}")})
        })
    });
    paging::by_number(request, versions.collect())
}

pub(super) fn flow(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let id = request.id();
    let flow = genesys.flows.get(id).ok_or_else(Refusal::not_found)?;
    let mut value = json!({
        "id": id, "name": flow.name, "type": flow.kind, "active": flow.published.is_some(), "deleted": false,
        "division": {"id": "00000000-0000-4000-8000-0000000d1715", "name": flow.division},
        "selfUri": format!("/api/v2/flows/{id}"),
    });
    if let (Some(version), Some(value)) = (&flow.published, value.as_object_mut()) {
        let by: Value = match &flow.published_by {
            Some(user) => json!({"id": user, "name": genesys.users.get(user)}),
            None => Value::Null,
        };
        let mut published = reference(version, &format!("/api/v2/flows/{id}/versions"));
        if let (Some(published), false) = (published.as_object_mut(), by.is_null()) {
            published.insert("createdBy".to_owned(), by);
        }
        value.insert("publishedVersion".to_owned(), published);
    }
    Ok(Reply::json(200, &value))
}
