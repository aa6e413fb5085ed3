//! The Genesys Cloud side for Terraform: an integration, the credential with the role's ARN, and the data actions. Pure.
//!
//! Types and attributes are those of the provider's documentation (MyPureCloud/terraform-provider-genesyscloud,
//! `docs/resources/integration.md`, `integration_credential.md`, `integration_action.md`, 2026-07). The provider itself was not run.
//! The line that names an owner is left out of the notes: rolecall did not make the integration.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{ROLE, insert, literal};
use crate::desired::genesys::{
    CREDENTIAL_FIELD, CREDENTIAL_KEY, CREDENTIAL_TYPE, Desired, DesiredAction, DesiredIntegration, Kind,
};
use crate::ports::genesys::{ActionConfig, Contract, Template};

/// The resources by type and name.
pub(super) fn resources(desired: &Desired) -> Map<String, Value> {
    let Desired { role: _, resource: _, organization: _, integrations: wanted } = desired;
    let (mut credentials, mut integrations, mut actions) = (Map::new(), Map::new(), Map::new());
    for wanted in wanted {
        let DesiredIntegration { kind, name, notes, credential, actions: wanted_actions } = wanted;
        let resource = name_of(*kind);
        let mut config = json!({"name": literal(name)});
        insert(&mut config, "notes", notes.as_deref().map(literal));
        let mut integration = json!({"integration_type": kind.type_id(), "intended_state": "ENABLED"});
        match credential {
            Some(name) => {
                let fields = json!({CREDENTIAL_FIELD: format!("${{aws_iam_role.{ROLE}.arn}}")});
                credentials.insert(
                    resource.to_owned(),
                    json!({"name": literal(name), "credential_type_name": CREDENTIAL_TYPE, "fields": fields}),
                );
                let id = format!("${{genesyscloud_integration_credential.{resource}.id}}");
                insert(&mut config, "credentials", Some(json!({CREDENTIAL_KEY: id})));
            }
            // Administrators give it its credential. Without this, the next apply would take it away.
            None => {
                let lifecycle = json!({"ignore_changes": ["config[0].credentials"]});
                insert(&mut integration, "lifecycle", Some(lifecycle));
            }
        }
        insert(&mut integration, "config", Some(json!([config])));
        integrations.insert(resource.to_owned(), integration);
        for wanted in wanted_actions {
            let name = free_name(&wanted.name, &actions);
            actions.insert(name, action(wanted, resource));
        }
    }
    let of_types = [
        ("genesyscloud_integration_credential", credentials),
        ("genesyscloud_integration", integrations),
        ("genesyscloud_integration_action", actions),
    ];
    let filled = of_types.into_iter().filter(|(_, resources)| !resources.is_empty());
    filled.map(|(kind, resources)| (kind.to_owned(), Value::Object(resources))).collect()
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Lambda => ROLE,
        Kind::WebServices => "web_services_data_actions",
    }
}

fn action(wanted: &DesiredAction, integration: &str) -> Value {
    let DesiredAction { name, category, secure, contract: Contract { input, output }, config } = wanted;
    let ActionConfig {
        timeout_seconds,
        url_template,
        method,
        headers,
        request_template,
        translation_map,
        translation_map_defaults,
        success_template,
    } = config;
    let mut request = json!({"request_url_template": literal(url_template), "request_type": method});
    insert(&mut request, "request_template", text(request_template.as_ref()));
    insert(&mut request, "headers", map(headers));
    let mut response = json!({});
    insert(&mut response, "translation_map", map(translation_map));
    insert(&mut response, "translation_map_defaults", map(translation_map_defaults));
    insert(&mut response, "success_template", text(success_template.as_ref()));
    let mut action = json!({
        "name": literal(name),
        "category": literal(category),
        "integration_id": format!("${{genesyscloud_integration.{integration}.id}}"),
        "secure": secure,
        "contract_input": literal(&input.to_string()),
        "contract_output": literal(&output.to_string()),
        "config_request": [request],
        "config_response": [response],
    });
    insert(&mut action, "config_timeout_seconds", *timeout_seconds);
    action
}

fn text(template: Option<&Template>) -> Option<String> {
    match template {
        Some(Template::Text(text)) => Some(literal(text)),
        Some(Template::Stored) | None => None,
    }
}

fn map(texts: &BTreeMap<String, String>) -> Option<Map<String, Value>> {
    let literals = texts.iter().map(|(key, value)| (literal(key), literal(value).into()));
    (!texts.is_empty()).then(|| literals.collect())
}

/// A name that follows from the action's, not from its place in the manifest: another name is another resource, which Terraform
/// makes anew with another ID, and flows refer to the ID.
fn free_name(action: &str, taken: &Map<String, Value>) -> String {
    let words = action.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let stem = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_");
    let stem = match stem.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => stem,
        Some(_) => format!("action_{stem}"),
        None => "action".to_owned(),
    };
    let more = (2_usize..).map(|number| format!("{stem}_{number}"));
    let mut names = std::iter::once(stem.clone()).chain(more);
    names.find(|name| !taken.contains_key(name)).unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_named_after_their_actions() {
        let mut taken = Map::new();
        for (action, expected) in [
            ("Get order status", "get_order_status"),
            ("Get order-status", "get_order_status_2"),
            ("2nd", "action_2nd"),
            ("Überweisung", "berweisung"),
            ("日本", "action"),
            ("", "action_2"),
        ] {
            let name = free_name(action, &taken);
            assert_eq!(name, expected);
            taken.insert(name, Value::Null);
        }
    }
}
