//! Integrations: their types, their state and their configuration.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::audits::{self, Entity};
use super::credentials;
use super::refusal::Refusal;
use super::request::{Request, reference, time};
use super::state::{Configuration, Genesys, Integration, IntendedState};
use super::{catalogue, paging};
use crate::state::State;
use crate::wire::Reply;

const URI: &str = "/api/v2/integrations";
/// How long an integration takes to follow its intended state; in life it is seconds.
const ACTIVATION_MS: u64 = 150;
/// What empty notes come back as (Terraform provider, resource integration: "node_dynamodb_empty_string").
const EMPTY_NOTES: &str = "node_dynamodb_empty_string";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewIntegration {
    /// The SDKs say that it is required; the official Terraform provider never sends it and gives the name in the configuration.
    name: Option<String>,
    integration_type: TypeReference,
}

#[derive(Deserialize)]
struct TypeReference {
    id: String,
}

/// Every field is required.
#[derive(Deserialize)]
struct NewConfiguration {
    name: String,
    version: u64,
    properties: Value,
    advanced: Value,
    notes: String,
    credentials: BTreeMap<String, CredentialReference>,
}

#[derive(Deserialize)]
struct CredentialReference {
    id: Option<String>,
}

pub(super) fn types(request: &Request<'_>, _: &Genesys) -> Result<Reply, Refusal> {
    paging::by_number(request, catalogue::integration_types())
}

pub(super) fn kind(request: &Request<'_>, _: &Genesys) -> Result<Reply, Refusal> {
    let found =
        catalogue::integration_types().into_iter().find(|kind| kind.get("id") == Some(&json!(request.id())));
    Ok(Reply::json(200, &found.ok_or_else(Refusal::not_found)?))
}

pub(super) fn configuration_schema(request: &Request<'_>, _: &Genesys) -> Result<Reply, Refusal> {
    let schema = catalogue::configuration_schema(request.id(), request.file());
    Ok(Reply::json(200, &schema.ok_or_else(Refusal::not_found)?))
}

pub(super) fn list(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let ids: Option<Vec<&str>> = request.get("ids").map(|ids| ids.split(',').collect());
    let wanted = |(id, integration): &(&String, &Integration)| {
        let reported = || reported_state(integration, genesys, request);
        ids.as_ref().is_none_or(|ids| ids.contains(&id.as_str()))
            && request.get("integrationType").is_none_or(|kind| kind == integration.kind)
            && request.get("reportedState").is_none_or(|state| state.eq_ignore_ascii_case(reported()))
            && request
                .get("credentialId")
                .is_none_or(|wanted| integration.configuration.credentials.values().any(|id| id == wanted))
    };
    let found = genesys.integrations.iter().filter(wanted);
    paging::by_number(
        request,
        found.map(|(id, integration)| show(id, integration, genesys, request)).collect(),
    )
}

pub(super) fn get(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let integration = genesys.integrations.get(request.id()).ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, &show(request.id(), integration, genesys, request)))
}

/// In which state a new integration is, is not documented; the Terraform provider's default is DISABLED.
pub(super) fn create(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let NewIntegration { name, integration_type: TypeReference { id: kind } } = request.read()?;
    let kind_name = catalogue::type_name(&kind)
        .ok_or_else(|| Refusal::bad_request(format!("There is no integration type '{kind}'.")))?;
    // Which name it gets then is not documented. That it has one, the provider relies on.
    let name = name.unwrap_or_else(|| kind_name.to_owned());
    let id = state.new_uuid();
    let integration = Integration {
        kind,
        intended: IntendedState::Disabled,
        intended_since: 0,
        configuration: Configuration::new(&name),
    };
    let reply = Reply::json(200, &show(&id, &integration, &state.genesys, request));
    record(request, state, "Create", &id, None, Some(&integration));
    state.genesys.integrations.insert(id, integration);
    Ok(reply)
}

pub(super) fn change(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let id = request.id();
    let old = state.genesys.integrations.get(id).ok_or_else(Refusal::not_found)?.clone();
    let (intended, action) = match request.object()?.get("intendedState").and_then(Value::as_str) {
        Some("ENABLED") => (IntendedState::Enabled, "Enable"),
        Some("DISABLED") => (IntendedState::Disabled, "Disable"),
        Some("DELETED" | "RESTORED") => return Err(Refusal::unsupported("this intended state")),
        other => {
            let text = other.unwrap_or("null");
            let text = format!(
                "Value [{text}] is not valid for field type [intendedState]. Allowable values are: ENABLED, DISABLED, \
                 DELETED, RESTORED"
            );
            return Err(Refusal::invalid_value(text));
        }
    };
    let mut new = old.clone();
    if intended != old.intended {
        new.intended = intended;
        new.intended_since = request.now.as_millisecond();
        record(request, state, action, id, Some(&old), Some(&new));
    }
    let reply = Reply::json(200, &show(id, &new, &state.genesys, request));
    state.genesys.integrations.insert(id.to_owned(), new);
    Ok(reply)
}

/// Its actions go with it.
pub(super) fn delete(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let id = request.id();
    if id == catalogue::PLATFORM_INTEGRATION {
        return Err(Refusal::bad_request("The integration cannot be deleted."));
    }
    let old = state.genesys.integrations.remove(id).ok_or_else(Refusal::not_found)?;
    let reply = Reply::json(200, &show(id, &old, &state.genesys, request));
    record(request, state, "Delete", id, Some(&old), None);
    let actions = std::mem::take(&mut state.genesys.actions);
    let (gone, kept) = actions.into_iter().partition(|(_, action)| action.integration == id);
    state.genesys.actions = kept;
    let gone: BTreeMap<String, super::Action> = gone;
    for (id, action) in &gone {
        super::actions::record_deletion(request, state, id, action);
    }
    Ok(reply)
}

pub(super) fn configuration(request: &Request<'_>, genesys: &Genesys) -> Result<Reply, Refusal> {
    let integration = genesys.integrations.get(request.id()).ok_or_else(Refusal::not_found)?;
    Ok(Reply::json(200, &show_configuration(request.id(), &integration.configuration, genesys)))
}

pub(super) fn configure(request: &Request<'_>, state: &mut State) -> Result<Reply, Refusal> {
    let id = request.id();
    let old = state.genesys.integrations.get(id).ok_or_else(Refusal::not_found)?.clone();
    let wanted: NewConfiguration = request.read()?;
    let version = old.configuration.version;
    if wanted.version != version {
        // Whether life answers 409, or 400 with this text, is not documented; the Terraform provider takes both.
        let text = format!("The version {} does not match the current version {version}.", wanted.version);
        return Err(Refusal::conflict(text));
    }
    let keys = catalogue::credential_keys(&old.kind).unwrap_or_default();
    let mut credentials = BTreeMap::new();
    for (key, reference) in wanted.credentials {
        let credential_id = reference.id.unwrap_or_default();
        let known = keys.iter().find(|known| known.key == key).ok_or_else(|| {
            Refusal::bad_request(format!("Integrations of type '{}' have no credentials '{key}'.", old.kind))
        })?;
        let credential = state.genesys.credentials.get(&credential_id);
        let fits = credential.is_some_and(|credential| known.types.contains(&credential.kind.as_str()));
        if !fits {
            return Err(Refusal::bad_request(format!(
                "Credential '{credential_id}' cannot be used for '{key}'."
            )));
        }
        credentials.insert(key, credential_id);
    }
    let configuration = Configuration {
        name: wanted.name,
        version: version + 1,
        properties: wanted.properties,
        advanced: wanted.advanced,
        notes: wanted.notes,
        credentials,
    };
    let new = Integration { configuration, ..old.clone() };
    record(request, state, "Update", id, Some(&old), Some(&new));
    let reply = Reply::json(200, &show_configuration(id, &new.configuration, &state.genesys));
    state.genesys.integrations.insert(id.to_owned(), new);
    Ok(reply)
}

/// Whether the integration is at work.
pub(super) fn reported_state(
    integration: &Integration,
    genesys: &Genesys,
    request: &Request<'_>,
) -> &'static str {
    let since = request.now.as_millisecond().saturating_sub(integration.intended_since);
    let settled = u64::try_from(since).is_ok_and(|since| since >= ACTIVATION_MS + request.activation_ms);
    let keys = catalogue::credential_keys(&integration.kind).unwrap_or_default();
    let complete = keys.iter().filter(|key| key.required).all(|key| {
        let id = integration.configuration.credentials.get(key.key);
        id.is_some_and(|id| genesys.credentials.contains_key(id))
    });
    match (integration.intended, settled) {
        (IntendedState::Enabled, false) => "ACTIVATING",
        (IntendedState::Enabled, true) if complete => "ACTIVE",
        (IntendedState::Enabled, true) => "ERROR",
        (IntendedState::Disabled, false) => "DEACTIVATING",
        (IntendedState::Disabled, true) => "INACTIVE",
    }
}

fn show(id: &str, integration: &Integration, genesys: &Genesys, request: &Request<'_>) -> Value {
    let configuration = &integration.configuration;
    let changed = jiff::Timestamp::from_millisecond(integration.intended_since).unwrap_or(request.now);
    let code = reported_state(integration, genesys, request);
    let mut reported = json!({"code": code, "effective": code, "lastUpdated": time(changed)});
    if let (true, Some(reported)) = (code == "ERROR", reported.as_object_mut()) {
        reported.insert("detail".to_owned(), json!({"message": "A required credential is missing."}));
    }
    let expanded = request.get("expand").is_some_and(|expand| expand.contains("config.current"));
    let mut value = json!({
        "id": id,
        "name": configuration.name,
        "integrationType": reference(&integration.kind, &format!("{URI}/types")),
        "notes": configuration.notes,
        "intendedState": integration.intended.name(),
        "reportedState": reported,
        "selfUri": format!("{URI}/{id}"),
    });
    if let (true, Some(value)) = (expanded, value.as_object_mut()) {
        let current = show_configuration(id, configuration, genesys);
        value.insert("config".to_owned(), json!({"current": current}));
    }
    value
}

fn show_configuration(id: &str, configuration: &Configuration, genesys: &Genesys) -> Value {
    let credential = |(key, id): (&String, &String)| {
        let found = genesys.credentials.get(id).map(|credential| credentials::show(id, credential));
        (key.clone(), found.unwrap_or_else(|| reference(id, &format!("{URI}/credentials"))))
    };
    let credentials: serde_json::Map<String, Value> =
        configuration.credentials.iter().map(credential).collect();
    let notes = if configuration.notes.is_empty() { EMPTY_NOTES } else { configuration.notes.as_str() };
    json!({
        "id": "current",
        "name": configuration.name,
        "version": configuration.version,
        "properties": configuration.properties,
        "advanced": configuration.advanced,
        "notes": notes,
        "credentials": credentials,
        "selfUri": format!("{URI}/{id}/config/current"),
    })
}

fn record(
    request: &Request<'_>,
    state: &mut State,
    action: &str,
    id: &str,
    old: Option<&Integration>,
    new: Option<&Integration>,
) {
    let shown = |it: Option<&Integration>| it.map_or(Value::Null, audited);
    let name = new.or(old).map(|it| it.configuration.name.clone()).unwrap_or_default();
    let entity = Entity { kind: "Integration", id, name: &name };
    audits::record(request, state, action, &entity, audits::changes(&shown(old), &shown(new)));
}

/// What the log shows of an integration.
pub(super) fn audited(integration: &Integration) -> Value {
    let configuration = &integration.configuration;
    json!({
        "integrationType": integration.kind,
        "intendedState": integration.intended.name(),
        "config": {
            "name": configuration.name,
            "version": configuration.version,
            "properties": configuration.properties,
            "advanced": configuration.advanced,
            "notes": configuration.notes,
            "credentials": configuration.credentials,
        },
    })
}
