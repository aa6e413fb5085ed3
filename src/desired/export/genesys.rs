//! The Genesys Cloud side for Terraform: an integration, the credential with the role's ARN, and the data actions. Pure.
//!
//! Types and attributes are those of the provider's documentation (MyPureCloud/terraform-provider-genesyscloud,
//! `docs/resources/integration.md`, `integration_credential.md`, `integration_action.md`, 2026-07). The provider itself was not run.
//! The line that names an owner is left out of the notes: rolecall did not make the integration.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{ROLE, insert, literal};
use crate::desired::genesys::{
    CREDENTIAL_FIELD, CREDENTIAL_KEY, CREDENTIAL_TYPE, CredentialContent, Desired, DesiredAction,
    DesiredCredential, DesiredIntegration, Kind, WEB_SERVICES_KEY,
};
use crate::ports::genesys::{ActionConfig, Contract, Template};
use crate::ports::secrets::SecretLocation;

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
            Some(DesiredCredential { name, content }) => {
                let (key, type_name, fields) = match content {
                    CredentialContent::Role => {
                        let fields = json!({CREDENTIAL_FIELD: format!("${{aws_iam_role.{ROLE}.arn}}")});
                        (CREDENTIAL_KEY, CREDENTIAL_TYPE, fields)
                    }
                    CredentialContent::Secret { type_name, source } => {
                        let (_, _, value) = secret(source);
                        (WEB_SERVICES_KEY, type_name.as_str(), json!(format!("${{jsondecode({value})}}")))
                    }
                };
                credentials.insert(
                    resource.to_owned(),
                    json!({"name": literal(name), "credential_type_name": literal(type_name), "fields": fields}),
                );
                let id = format!("${{genesyscloud_integration_credential.{resource}.id}}");
                insert(&mut config, "credentials", Some(json!({key: id})));
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

/// What Terraform reads for them: the secret that a credential is made of.
pub(super) fn data(desired: &Desired) -> Map<String, Value> {
    let contents = desired.integrations.iter().filter_map(|it| it.credential.as_ref());
    let sources = contents.filter_map(|credential| match &credential.content {
        CredentialContent::Role => None,
        CredentialContent::Secret { type_name: _, source } => Some(source),
    });
    let read = sources.map(|source| {
        let (kind, argument, _) = secret(source);
        let place = json!({SECRET: {argument: literal(&source.to_string())}});
        (kind.to_owned(), place)
    });
    read.collect()
}

/// The name of the secret among the data sources.
const SECRET: &str = "web_services_credential";

/// The data source that reads it, the argument that names it, and its text (`hashicorp/aws`, `docs/data-sources/
/// secretsmanager_secret_version` and `ssm_parameter`).
fn secret(source: &SecretLocation) -> (&'static str, &'static str, String) {
    let (kind, argument, attribute) = match source {
        SecretLocation::Secret(_) => ("aws_secretsmanager_secret_version", "secret_id", "secret_string"),
        SecretLocation::Parameter(_) => ("aws_ssm_parameter", "name", "value"),
    };
    (kind, argument, format!("data.{kind}.{SECRET}.{attribute}"))
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
