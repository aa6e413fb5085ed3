//! The audit log.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Cloud, ROLE, action, id};

fn query(filters: &Value) -> Value {
    let hour = SignedDuration::from_hours(1);
    let interval = format!("{}/{}", Timestamp::now() - hour, Timestamp::now() + hour);
    json!({"interval": interval, "serviceName": "Integrations", "filters": filters,
        "sort": [{"name": "Timestamp", "sortOrder": "ascending"}]})
}

/// All that a query finds, page by page.
async fn found(cloud: &Cloud, filters: Value, size: usize) -> Vec<Value> {
    let asked = cloud.post("audits/query", query(&filters)).await.ok();
    assert_eq!(asked["state"], "Queued");
    let path = format!("audits/query/{}", id(&asked));
    cloud.get(&format!("{path}/results")).await.fails(400, "bad.request", "not succeeded");
    assert_eq!(cloud.get(&path).await.ok()["state"], "Running");
    assert_eq!(cloud.get(&path).await.ok()["state"], "Succeeded");
    let (mut entries, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = cloud.get(&format!("{path}/results?pageSize={size}{cursor}")).await.ok();
        entries.extend(page["entities"].as_array().unwrap().clone());
        match page["cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={}", next.replace('=', "%3D")),
            None => return entries,
        }
    }
}

fn brief(entries: &[Value]) -> Vec<(&str, &str)> {
    entries.iter().map(|it| (it["entityType"].as_str().unwrap(), it["action"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn every_change_is_recorded_with_its_values_and_its_client() {
    let cloud = Cloud::new().await;
    let integration = cloud.connected(ROLE).await;
    let made = id(&cloud.post("integrations/actions", action(&integration)).await.ok());
    let path = format!("integrations/actions/{made}");
    cloud.patch(&path, json!({"version": 1, "category": "Shipping"})).await.ok();
    cloud.call("POST", &format!("{path}/draft"), None).await.ok();
    cloud.post(&format!("{path}/draft/publish"), json!({"version": 1})).await.ok();
    cloud.post(&format!("{path}/test"), json!({"orderNumber": "1"})).await.ok();
    cloud.patch(&path, json!({"version": 1, "category": "Late"})).await.fails(409, "general.conflict", "");
    cloud.delete(&path).await;
    let all = found(&cloud, json!([]), 3).await;
    assert_eq!(
        brief(&all),
        [
            ("Credential", "Create"),
            ("Integration", "Create"),
            ("Integration", "Update"),
            ("Integration", "Enable"),
            ("Action", "Create"),
            ("Action", "Update"),
            ("ActionDraft", "Create"),
            ("Action", "Publish"),
            ("Action", "Execute"),
            ("Action", "Delete"),
        ]
    );
    let update = &all[5];
    assert_eq!(update["client"]["id"], cloud.sandbox.genesys().client_id);
    assert_eq!(update["entity"], json!({"id": made, "name": "Get order status"}));
    assert_eq!(
        update["propertyChanges"],
        json!([{"property": "category", "oldValues": ["Orders"], "newValues": ["Shipping"]},
               {"property": "version", "oldValues": ["1"], "newValues": ["2"]}])
    );
    assert_eq!((&all[8]["status"], &all[7]["status"]), (&json!("FAILURE"), &json!("SUCCESS")));
    let one = found(
        &cloud,
        json!([{"property": "EntityId", "value": made}, {"property": "Action", "value": "Update"}]),
        25,
    );
    assert_eq!(one.await.len(), 1);
    let nobody = found(&cloud, json!([{"property": "ClientId", "value": "somebody-else"}]), 25).await;
    assert_eq!(nobody, Vec::<Value>::new());
}

#[tokio::test]
async fn the_fields_of_a_credential_stay_out_of_the_log() {
    let cloud = Cloud::new().await;
    let credential = cloud.credential(ROLE).await;
    let body = json!({"name": "orders", "type": {"name": "amazonWebServicesARN"},
        "credentialFields": {"ARN": format!("{ROLE}2")}});
    cloud.put(&format!("integrations/credentials/{credential}"), body).await.ok();
    let all = found(&cloud, json!([]), 25).await;
    let changed = json!([{"property": "credentialFields.ARN", "oldValues": [], "newValues": []}]);
    assert_eq!(all[1]["propertyChanges"], changed);
    assert!(!json!(all).to_string().contains("arn:aws:iam"));
}

#[tokio::test]
async fn a_query_must_be_one() {
    let cloud = Cloud::new().await;
    let with = |key: &str, value: Value| {
        let mut body = query(&json!([]));
        body[key] = value;
        body
    };
    let month = json!("2026-01-01T00:00:00Z/2026-02-01T00:00:00Z");
    for (body, code, message) in [
        (with("interval", json!("yesterday")), "invalid.date", "ISO-8601"),
        (with("interval", json!("2026-01-02T00:00:00Z/2026-01-01T00:00:00Z")), "invalid.date", "ISO-8601"),
        (with("interval", month), "bad.request", "30 days"),
        (with("serviceName", json!("Colours")), "bad.request", "'Colours' is not valid"),
        (with("serviceName", Value::Null), "bad.request", "'null' is not valid"),
        (with("filters", json!([{"property": "Colour", "value": "red"}])), "invalid.value", "'Colour'"),
        (json!({}), "bad.request", "interval"),
    ] {
        cloud.post("audits/query", body).await.fails(400, code, message);
    }
    cloud.post("audits/query/realtime", query(&json!([]))).await.fails(400, "bad.request", "realtime");
    cloud.get("audits/query/realtime/servicemapping").await.ok();
    let services = cloud.get("audits/query/servicemapping").await.ok();
    assert_eq!(services["services"][0]["name"], "Integrations");
    cloud.get("audits/query/no-such-query").await.fails(404, "not.found", "");
}
