//! Credentials and integrations.

use serde_json::{Value, json};

use super::{Cloud, ROLE, action, id};

#[tokio::test]
async fn what_a_type_needs_can_be_read() {
    let cloud = Cloud::new().await;
    let kind = cloud.get("integrations/types/aws-lambda-data-actions").await.ok();
    assert_eq!(
        kind["credentials"]["AmazonWebServicesARN"]["credentialTypes"],
        json!(["amazonWebServicesARN"])
    );
    let types = cloud.get("integrations/credentials/types").await.ok();
    let arn = types.as_array().unwrap().iter().find(|it| it["name"] == "amazonWebServicesARN").unwrap();
    assert_eq!(arn["required"], json!(["ARN"]));
    assert_eq!(cloud.get("integrations/types?pageSize=2").await.ok()["pageCount"], 2);
    cloud.get("integrations/types/custom-rest-actions/configschemas/properties").await.ok();
    cloud.get("integrations/types/custom-rest-actions/configschemas/else").await.fails(404, "not.found", "");
    cloud.get("integrations/types/else").await.fails(404, "not.found", "");
}

#[tokio::test]
async fn a_credential_does_not_give_its_fields_back() {
    let cloud = Cloud::new().await;
    let credential = cloud.credential(ROLE).await;
    let path = format!("integrations/credentials/{credential}");
    let said = cloud.get(&path).await;
    assert!(!said.text.contains("arn:aws"), "{said:?}");
    assert_eq!(said.ok()["credentialFields"], json!({}));
    cloud.sandbox.change(|state| state.genesys.shows_credential_fields = true).unwrap();
    assert_eq!(cloud.get(&path).await.ok()["credentialFields"], json!({"ARN": ROLE}));
    let change = |kind: &str, fields: Value| json!({"name": "orders", "type": {"name": kind}, "credentialFields": fields});
    cloud.put(&path, change("amazonWebServicesARN", json!({"ARN": format!("{ROLE}2")}))).await.ok();
    assert_eq!(cloud.organization().credentials[&credential].fields["ARN"], format!("{ROLE}2"));
    cloud.put(&path, change("amazonWebServicesARN", json!({}))).await.fails(
        400,
        "bad.request",
        "'ARN' is required",
    );
    cloud.put(&path, change("awsRoleArn", json!({"ARN": ROLE}))).await.fails(
        400,
        "bad.request",
        "no credential type",
    );
    cloud.put(&path, change("userDefined", json!({"ARN": ROLE}))).await.fails(
        400,
        "bad.request",
        "cannot be changed",
    );
    cloud.delete(&path).await.ok();
    cloud.get(&path).await.fails(404, "not.found", "");
    cloud.delete(&path).await.fails(404, "not.found", "");
}

#[tokio::test]
async fn credentials_are_listed_by_cursor() {
    let cloud = Cloud::new().await;
    for _ in 0..5 {
        cloud.credential(ROLE).await;
    }
    let mut path = "integrations/credentials/listing?pageSize=2".to_owned();
    let mut found = Vec::new();
    loop {
        let page = cloud.get(&path).await.ok();
        found.extend(page["entities"].as_array().unwrap().iter().map(id));
        match page["nextUri"].as_str() {
            Some(next) => path = next.trim_start_matches("/api/v2/").to_owned(),
            None => break,
        }
    }
    assert_eq!(found, cloud.organization().credentials.into_keys().collect::<Vec<_>>());
    assert_eq!(cloud.get("integrations/credentials").await.ok()["total"], 5);
    cloud.get("integrations/credentials/listing?pageSize=201").await.fails(400, "invalid.value", "1 to 200");
    cloud.get("integrations/credentials/listing?after=nowhere").await.fails(400, "bad.request", "cursor");
}

#[tokio::test]
async fn an_integration_becomes_active_once_it_has_what_it_needs() {
    let cloud = Cloud::new().await;
    let integration = cloud.integration("orders").await;
    let path = format!("integrations/{integration}");
    assert_eq!(cloud.get(&path).await.ok()["intendedState"], "DISABLED");
    cloud.patch(&path, json!({"intendedState": "ON"})).await.fails(400, "invalid.value", "ENABLED, DISABLED");
    let enabled = cloud.patch(&path, json!({"intendedState": "ENABLED"})).await.ok();
    assert_eq!(enabled["reportedState"]["code"], "ACTIVATING");
    cloud.reaches(&integration, "ERROR").await;
    cloud.patch(&path, json!({"intendedState": "DISABLED"})).await.ok();
    cloud.reaches(&integration, "INACTIVE").await;
    let active = cloud.connected(ROLE).await;
    let found =
        cloud.get("integrations?integrationType=aws-lambda-data-actions&reportedState=active").await.ok();
    assert_eq!((id(&found["entities"][0]), &found["total"]), (active, &json!(1)));
    assert_eq!(cloud.get("integrations?integrationType=aws-lambda-data-actions").await.ok()["total"], 2);
    let body = json!({"name": "x", "integrationType": {"id": "lambda"}});
    cloud.post("integrations", body).await.fails(400, "bad.request", "no integration type 'lambda'");
}

#[tokio::test]
async fn a_configuration_is_replaced_whole_and_at_its_version() {
    let cloud = Cloud::new().await;
    let integration = cloud.connected(ROLE).await;
    let path = format!("integrations/{integration}/config/current");
    let current = cloud.get(&path).await.ok();
    assert_eq!((&current["version"], &current["notes"]), (&json!(2), &json!("node_dynamodb_empty_string")));
    let credential = id(&current["credentials"]["AmazonWebServicesARN"]);
    assert_eq!(cloud.get(&format!("integrations?credentialId={credential}")).await.ok()["total"], 1);
    for field in ["name", "version", "properties", "advanced", "notes", "credentials"] {
        let mut less = current.clone();
        less.as_object_mut().unwrap().remove(field);
        cloud.put(&path, less).await.fails(400, "bad.request", field);
    }
    let with = |key: &str, value: Value| {
        let mut changed = current.clone();
        changed[key] = value;
        changed
    };
    cloud.put(&path, with("version", json!(1))).await.fails(
        409,
        "general.conflict",
        "does not match the current version",
    );
    cloud.put(&path, with("credentials", json!({"amazonWebServicesARN": {"id": credential}}))).await.fails(
        400,
        "bad.request",
        "no credentials 'amazonWebServicesARN'",
    );
    cloud.put(&path, with("credentials", json!({"AmazonWebServicesARN": {"id": "gone"}}))).await.fails(
        400,
        "bad.request",
        "'gone' cannot be used",
    );
    let renamed = cloud.put(&path, with("name", json!("renamed"))).await.ok();
    assert_eq!(renamed["version"], 3);
    assert_eq!(cloud.get(&format!("integrations/{integration}")).await.ok()["name"], "renamed");
    let expanded = cloud.get(&format!("integrations/{integration}?expand=config.current")).await.ok();
    assert_eq!(expanded["config"]["current"]["version"], 3);
}

#[tokio::test]
async fn an_integration_takes_its_actions_with_it() {
    let cloud = Cloud::new().await;
    let integration = cloud.connected(ROLE).await;
    let action = id(&cloud.post("integrations/actions", action(&integration)).await.ok());
    assert_eq!(cloud.delete(&format!("integrations/{integration}")).await.ok()["id"], integration.as_str());
    cloud.get(&format!("integrations/{integration}")).await.fails(404, "not.found", "");
    cloud.get(&format!("integrations/actions/{action}")).await.fails(404, "not.found", "");
    cloud.delete(&format!("integrations/actions/{action}")).await.fails(404, "not.found", "");
}
