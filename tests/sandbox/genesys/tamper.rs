//! What somebody does in Genesys Cloud's own user interface.

use rolecall::sandbox::{Tamper, TamperError};
use serde_json::json;

use super::{Cloud, ROLE, action};

const KINDS: [Tamper; 5] = [
    Tamper::GenesysActionEdited,
    Tamper::GenesysActionDeleted,
    Tamper::GenesysIntegrationDisabled,
    Tamper::GenesysCredentialRole,
    Tamper::GenesysOrganization,
];

#[tokio::test]
async fn each_kind_changes_one_thing_and_leaves_a_trace() {
    for kind in KINDS {
        let cloud = Cloud::new().await;
        let integration = cloud.connected(ROLE).await;
        cloud.post("integrations/actions", action(&integration)).await.ok();
        let before = cloud.organization();
        // There is no role of this name, and none is needed.
        let done = cloud.sandbox.change(|state| kind.apply(state, "NoRole")).unwrap().unwrap();
        let mut after = cloud.organization();
        let trace = after.audits.split_off(before.audits.len());
        let action = after.actions.values().next().and_then(|it| it.published.clone());
        let credential = after.credentials.values().next().unwrap();
        let shown = json!({
            "version": action.map(|it| it.version),
            "state": after.integrations[&integration].intended,
            "role": credential.fields["ARN"],
            "organization": after.organization.id != before.organization.id,
        });
        let mut expected = json!({"version": 1, "state": "ENABLED", "role": ROLE, "organization": false});
        let (key, value, entity, property) = match kind {
            Tamper::GenesysActionEdited => ("version", json!(2), "Action", "config.timeoutSeconds"),
            Tamper::GenesysActionDeleted => ("version", json!(null), "Action", "category"),
            Tamper::GenesysIntegrationDisabled => {
                ("state", json!("DISABLED"), "Integration", "intendedState")
            }
            Tamper::GenesysCredentialRole => {
                ("role", json!("arn:aws:iam::123456789012:role/ci"), "Credential", "credentialFields.ARN")
            }
            _ => ("organization", json!(true), "", ""),
        };
        expected[key] = value;
        assert_eq!(shown, expected, "{done}");
        let traces: Vec<_> = trace
            .iter()
            .map(|it| (it.entity_type.as_str(), it.client.is_none(), it.user.is_some()))
            .collect();
        let expected = [(entity, true, true)];
        assert_eq!(traces, &expected[..usize::from(!entity.is_empty())], "{done}");
        assert!(
            trace.iter().all(|it| it.changes.iter().any(|change| change.property == property)),
            "{trace:?}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_cannot_be_tampered_with() {
    let cloud = Cloud::new().await;
    for kind in KINDS {
        let tampered = cloud.sandbox.change(|state| kind.apply(state, "NoRole")).unwrap();
        match kind {
            Tamper::GenesysOrganization => assert!(tampered.is_ok()),
            _ => assert!(matches!(tampered, Err(TamperError::NotInGenesys { .. })), "{tampered:?}"),
        }
    }
}
