//! Drafts and their publication.

use serde_json::json;

use super::{Cloud, action, id};

#[tokio::test]
async fn a_draft_is_validated_then_published_with_its_own_version() {
    let cloud = Cloud::new().await;
    let integration = cloud.integration("orders").await;
    let mut body = action(&integration);
    body["config"]["timeoutSeconds"] = json!(90);
    let draft = cloud.post("integrations/actions/drafts", body.clone()).await.ok();
    let path = format!("integrations/actions/{}", id(&draft));
    cloud.get(&path).await.fails(404, "not.found", "");
    assert_eq!(cloud.get("integrations/actions/drafts").await.ok()["total"], 1);
    let validation = cloud.get(&format!("{path}/draft/validation")).await.ok();
    assert_eq!((&validation["valid"], validation["errors"].as_array().unwrap().len()), (&json!(false), 1));
    cloud.post(&format!("{path}/draft/publish"), json!({"version": 1})).await.fails(
        400,
        "invalid.schema",
        "1 and 60",
    );
    body["config"]["timeoutSeconds"] = json!(9);
    let update = json!({"version": 1, "config": body["config"]});
    assert_eq!(cloud.patch(&format!("{path}/draft"), update.clone()).await.ok()["version"], 2);
    cloud.patch(&format!("{path}/draft"), update).await.fails(409, "general.conflict", "current version 2");
    assert_eq!(
        cloud.get(&format!("{path}/draft/validation")).await.ok(),
        json!({"valid": true, "errors": []})
    );
    cloud.post(&format!("{path}/draft/publish"), json!({"version": 3})).await.fails(
        400,
        "bad.request",
        "Supplied version 3 does not match latest draft version 2",
    );
    assert_eq!(cloud.post(&format!("{path}/draft/publish"), json!({"version": 2})).await.ok()["version"], 1);
    cloud.get(&path).await.ok();
    cloud.get(&format!("{path}/draft")).await.fails(404, "not.found", "");
}

#[tokio::test]
async fn the_draft_of_a_published_action_keeps_the_contract() {
    let cloud = Cloud::new().await;
    let integration = cloud.integration("orders").await;
    let sent = action(&integration);
    let path =
        format!("integrations/actions/{}", id(&cloud.post("integrations/actions", sent.clone()).await.ok()));
    assert_eq!(cloud.call("POST", &format!("{path}/draft"), None).await.ok()["version"], 1);
    cloud.call("POST", &format!("{path}/draft"), None).await.fails(
        409,
        "general.conflict",
        "a draft already",
    );
    let mut contract = sent["contract"].clone();
    cloud
        .patch(&format!("{path}/draft"), json!({"version": 1, "contract": contract, "name": "New"}))
        .await
        .ok();
    contract["input"]["inputSchema"]["required"] = json!([]);
    cloud.patch(&format!("{path}/draft"), json!({"version": 2, "contract": contract})).await.fails(
        400,
        "bad.request",
        "contract of a published action",
    );
    let template = format!("{path}/draft/templates/successtemplate.vm");
    assert_eq!(cloud.get(&template).await.text, "${rawResult}");
    let published = cloud.post(&format!("{path}/draft/publish"), json!({"version": 2})).await.ok();
    assert_eq!((&published["version"], &published["name"]), (&json!(2), &json!("New")));
    cloud.call("POST", &format!("{path}/draft"), None).await.ok();
    assert_eq!(cloud.delete(&format!("{path}/draft")).await.status, 204);
    assert_eq!(cloud.get(&path).await.ok()["version"], 2);
}
