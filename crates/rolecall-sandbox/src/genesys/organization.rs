//! The organization, its limits, its users, and the token's own view of itself.

use serde_json::{Value, json};

use super::memory::Memory;
use super::refusal::Refusal;
use super::request::Request;
use super::state::Genesys;
use super::{catalogue, paging};
use crate::wire::Reply;

pub(super) fn me(_: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let organization = &genesys.organization;
    Ok(Reply::json(
        200,
        &json!({
            "id": organization.id,
            "name": organization.name,
            "defaultLanguage": "en-us",
            "defaultCountryCode": "US",
            "thirdPartyOrgName": "contact-centre",
            "domain": "contact-centre",
            "version": 1,
            "state": "active",
            "productPlatform": "GenesysCloud",
            "selfUri": format!("/api/v2/organizations/{}", organization.id),
        }),
    ))
}

pub(super) fn token(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let organization = json!({"id": genesys.organization.id, "name": genesys.organization.name});
    let client = genesys.clients.get(request.client_id);
    Ok(Reply::json(
        200,
        &json!({
            "organization": organization,
            "homeOrganization": organization,
            // Scopes do not apply to client credentials.
            "authorizedScope": [],
            "OAuthClient": {
                "id": request.client_id,
                "name": client.map_or("", |client| client.name.as_str()),
                "authorizedGrantType": "CLIENT-CREDENTIALS",
                "scope": [],
                "roleDivisions": [],
                "state": "active",
                "organization": organization,
            },
        }),
    ))
}

/// Roles and permissions of the caller (`AuthzSubject`). That OAuth clients get an answer here is the experience of
/// scripts in the wild; what it holds is the schema's.
pub(super) fn subject(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let held = genesys.clients.get(request.client_id).map(|client| client.permissions.as_slice());
    let policy = |permission: &String| {
        let (rest, action) = permission.rsplit_once(':')?;
        let (domain, entity) = rest.split_once(':')?;
        Some(json!({"domain": domain, "entityName": entity, "actions": [action]}))
    };
    let policies: Vec<Value> = held.unwrap_or_default().iter().filter_map(policy).collect();
    let role = json!({"id": "rolecall", "name": "rolecall", "policies": policies, "default": false});
    let grant = json!({"subjectId": request.client_id, "division": {"id": "*"}, "role": role});
    Ok(Reply::json(200, &json!({"id": request.client_id, "grants": [grant]})))
}

pub(super) fn token_exists(_: &Request<'_>, _: &Genesys) -> Result<Reply, Refusal> {
    Ok(Reply::empty(200))
}

pub(super) fn end_token(request: &Request<'_>, _: &Genesys, memory: &mut Memory) -> Result<Reply, Refusal> {
    memory.revoke(request.token);
    Ok(Reply::empty(200))
}

pub(super) fn limits(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    show_limits(request, &genesys.limits)
}

pub(super) fn default_limits(request: &Request<'_>, _: &Genesys) -> Result<Reply, Refusal> {
    show_limits(request, &catalogue::limits())
}

fn show_limits(
    request: &Request<'_>,
    limits: &std::collections::BTreeMap<String, std::collections::BTreeMap<String, u64>>,
) -> Result<Reply, Refusal> {
    let namespace = request.id();
    let limits = limits.get(namespace).ok_or_else(Refusal::not_found)?;
    let show = |(key, value): (&String, &u64)| json!({"key": key, "namespace": namespace, "value": value});
    Ok(Reply::json(200, &json!({"entities": limits.iter().map(show).collect::<Vec<_>>()})))
}

pub(super) fn users(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let show = |(id, name): (&String, &String)| -> Value {
        let uri = format!("/api/v2/users/{id}");
        json!({"id": id, "name": name, "state": "active", "version": 1, "selfUri": uri})
    };
    paging::by_number(request, genesys.users.iter().map(show).collect())
}
