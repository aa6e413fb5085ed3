//! What an organization comes with: types of integrations and credentials, a built-in action, limits, and which entities
//! the audit log knows.
//!
//! IDs of types, credential keys and fields are those of the official modules and the Terraform provider
//! (GenesysCloudDevOps/integration-lambda-module; MyPureCloud/terraform-provider-genesyscloud, docs/resources/integration
//! and docs/guides/custom_auth_action). The built-in action's ID is made up beyond its prefix `static`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The type of integrations that run Lambda functions.
pub(super) const LAMBDA: &str = "aws-lambda-data-actions";
/// The type of integrations that call web services.
pub(super) const WEB_SERVICES: &str = "custom-rest-actions";
/// The type of the integration that the built-in actions belong to.
pub(super) const PLATFORM: &str = "purecloud-data-actions";
/// The integration that the built-in action belongs to.
pub(super) const PLATFORM_INTEGRATION: &str = "00000000-0000-4000-8000-00000000da7a";
/// The built-in action.
pub(super) const STATIC_ACTION: &str = "static_-_get-user-presence";

/// What rolecall's own OAuth client is documented to need.
pub(super) const LEAST_PERMISSIONS: [&str; 13] = [
    "integrations:integration:view",
    "integrations:integration:add",
    "integrations:integration:edit",
    "integrations:integration:delete",
    "integrations:action:view",
    "integrations:action:add",
    "integrations:action:edit",
    "integrations:action:delete",
    "integrations:action:execute",
    "architect:dependencyTracking:view",
    "architect:flow:view",
    "audits:audit:view",
    "directory:user:view",
];

/// A way to authenticate that a type of integrations knows.
pub(super) struct CredentialKey {
    pub(super) key: &'static str,
    title: &'static str,
    pub(super) required: bool,
    pub(super) types: &'static [&'static str],
}

/// The types of integrations that this organization can install, with their ways to authenticate.
const TYPES: [(&str, &str, &[CredentialKey]); 3] = [
    (
        LAMBDA,
        "AWS Lambda Data Actions",
        &[CredentialKey {
            key: "AmazonWebServicesARN",
            title: "Amazon Web Services ARN",
            required: true,
            types: &["amazonWebServicesARN"],
        }],
    ),
    (
        WEB_SERVICES,
        "Web Services Data Actions",
        &[CredentialKey {
            key: "basicAuth",
            title: "Credentials",
            required: false,
            types: &["userDefinedOAuth", "userDefined", "basicAuth"],
        }],
    ),
    (PLATFORM, "Genesys Cloud Data Actions", &[]),
];

/// Types of credentials with the fields that they require.
const CREDENTIAL_TYPES: [(&str, &[&str]); 4] = [
    ("amazonWebServicesARN", &["ARN"]),
    ("basicAuth", &["userName", "password"]),
    ("userDefined", &[]),
    ("userDefinedOAuth", &[]),
];

/// The name of a type, if there is such a type.
pub(super) fn type_name(kind: &str) -> Option<&'static str> {
    TYPES.iter().find(|(id, ..)| *id == kind).map(|(_, name, _)| *name)
}

/// The ways to authenticate of a type, if there is such a type.
pub(super) fn credential_keys(kind: &str) -> Option<&'static [CredentialKey]> {
    TYPES.iter().find(|(id, ..)| *id == kind).map(|(_, _, keys)| *keys)
}

/// The fields that a type of credentials requires, if there is such a type.
pub(super) fn required_fields(kind: &str) -> Option<&'static [&'static str]> {
    CREDENTIAL_TYPES.iter().find(|(name, _)| *name == kind).map(|(_, fields)| *fields)
}

/// All types of integrations as the API shows them.
pub(super) fn integration_types() -> Vec<Value> {
    TYPES.iter().map(|(id, name, keys)| integration_type(id, name, keys)).collect()
}

fn integration_type(id: &str, name: &str, keys: &[CredentialKey]) -> Value {
    let specification = |key: &CredentialKey| {
        let value = json!({"required": key.required, "title": key.title, "credentialTypes": key.types});
        (key.key.to_owned(), value)
    };
    let credentials: serde_json::Map<String, Value> = keys.iter().map(specification).collect();
    let uri = format!("/api/v2/integrations/types/{id}");
    json!({
        "id": id,
        "name": name,
        "configPropertiesSchemaUri": format!("{uri}/configschemas/properties"),
        "configAdvancedSchemaUri": format!("{uri}/configschemas/advanced"),
        "credentials": credentials,
        "nonInstallable": false,
        "selfUri": uri,
    })
}

/// All types of credentials as the API shows them.
pub(super) fn credential_types() -> Vec<Value> {
    let show = |(name, fields): &(&str, &[&str])| {
        let properties: serde_json::Map<String, Value> =
            fields.iter().map(|field| ((*field).to_owned(), json!({"type": "string"}))).collect();
        json!({"id": name, "name": name, "properties": properties, "displayOrder": fields, "required": fields})
    };
    CREDENTIAL_TYPES.iter().map(show).collect()
}

/// The schema of a type's properties: none of the three has any.
pub(super) fn configuration_schema(kind: &str, part: &str) -> Option<Value> {
    let known = credential_keys(kind).is_some() && ["properties", "advanced"].contains(&part);
    known.then(|| {
        json!({"$schema": "http://json-schema.org/draft-04/schema#", "title": part, "type": "object", "properties": {},
            "additionalProperties": false})
    })
}

/// The built-in action as the API shows it.
pub(super) fn static_action() -> Value {
    json!({
        "id": STATIC_ACTION,
        "name": "Get User Presence",
        "integrationId": PLATFORM_INTEGRATION,
        "category": "Genesys Cloud Data Actions",
        "version": 1,
        "secure": false,
        "selfUri": format!("/api/v2/integrations/actions/{STATIC_ACTION}"),
    })
}

/// Limits as they were seen: the data actions' in Genesys's own examples, the request rate in its documentation. They are
/// shown, the rate is enforced.
pub(super) fn limits() -> BTreeMap<String, BTreeMap<String, u64>> {
    let namespace =
        |limits: &[(&str, u64)]| limits.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect();
    BTreeMap::from([
        (
            "dataactions".to_owned(),
            namespace(&[
                ("actions.total.max", 500),
                ("actions.integration.max", 100),
                ("actions.concurrent.executions.max", 50),
                ("requests.volume.max", 2500),
            ]),
        ),
        ("integrations".to_owned(), BTreeMap::new()),
        (
            "platform.api".to_owned(),
            namespace(&[
                ("client.credentials.token.rate.per.minute", 300),
                ("token.rate.per.minute", 300),
                ("org.app.user.rate.per.minute", 3000),
                ("request.bytes.max", 512_000),
            ]),
        ),
    ])
}

/// The service that the audit log files everything here under.
pub(super) const AUDIT_SERVICE: &str = "Integrations";

/// The services, entities and actions of the audit log.
pub(super) fn audit_services() -> Value {
    let entity = |name: &str, actions: &[&str]| json!({"name": name, "actions": actions});
    let entities = [
        entity("Action", &["Create", "Update", "Delete", "Publish", "Execute"]),
        entity("ActionDraft", &["Create", "Update", "Delete"]),
        entity("Integration", &["Create", "Update", "Delete", "Enable", "Disable"]),
        entity("Credential", &["Create", "Update", "Delete"]),
    ];
    json!({"services": [{"name": AUDIT_SERVICE, "entities": entities}]})
}
