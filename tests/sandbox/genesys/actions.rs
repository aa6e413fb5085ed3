//! Published actions.

use serde_json::{Value, json};

use super::{Cloud, action, id};

#[tokio::test]
async fn an_action_is_published_at_once_and_shows_what_is_asked_for() {
    let cloud = Cloud::new().await;
    let integration = cloud.integration("orders").await;
    let sent = action(&integration);
    let made = cloud.post("integrations/actions", sent.clone()).await.ok();
    let action = id(&made);
    assert!(action.starts_with("custom_-_"));
    assert_eq!(made["version"], 1);
    let path = format!("integrations/actions/{action}");
    let bare = cloud.get(&path).await.ok();
    assert_eq!((bare.get("contract"), bare.get("config")), (None, None));
    let whole = cloud.get(&format!("{path}?expand=contract&includeConfig=true")).await.ok();
    assert_eq!(whole["contract"]["input"]["inputSchema"], sent["contract"]["input"]["inputSchema"]);
    // Templates are files: the text itself is not in the answer.
    assert_eq!(whole["config"]["request"].get("requestTemplate"), None);
    for (part, uri, text) in [
        ("request", "requestTemplateUri", "${input.rawRequest}"),
        ("response", "successTemplateUri", "${rawResult}"),
    ] {
        let uri = whole["config"][part][uri].as_str().unwrap();
        assert_eq!(cloud.get(uri.trim_start_matches("/api/v2/")).await.text, text);
    }
    cloud.get(&format!("{path}/templates/other.vm")).await.fails(404, "not.found", "");
    let schema = whole["contract"]["output"]["successSchemaUri"].as_str().unwrap();
    assert_eq!(cloud.get(schema.trim_start_matches("/api/v2/")).await.ok()["title"], "OrderResponse");
}

#[tokio::test]
async fn an_update_needs_the_version_and_cannot_touch_the_contract() {
    let cloud = Cloud::new().await;
    let integration = cloud.integration("orders").await;
    let sent = action(&integration);
    let path =
        format!("integrations/actions/{}", id(&cloud.post("integrations/actions", sent.clone()).await.ok()));
    let update = |version: u64| json!({"version": version, "name": "Order status"});
    cloud.patch(&path, update(2)).await.fails(
        409,
        "general.conflict",
        "2 does not match the current version 1",
    );
    cloud.patch(&path, json!({"name": "x"})).await.fails(400, "bad.request", "version");
    for fixed in ["contract", "secure"] {
        let mut body = update(1);
        body[fixed] = sent[fixed].clone();
        cloud.patch(&path, body).await.fails(400, "bad.request", fixed);
    }
    let updated = cloud.patch(&path, update(1)).await.ok();
    assert_eq!((&updated["version"], &updated["category"]), (&json!(2), &json!("Orders")));
    // A configuration that is sent with the URI of a template, instead of its text, loses the template.
    let whole = cloud.get(&format!("{path}?includeConfig=true")).await.ok();
    cloud.patch(&path, json!({"version": 2, "config": whole["config"]})).await.ok();
    assert_eq!(cloud.get(&format!("{path}/templates/requesttemplate.vm")).await.text, "");
    assert_eq!(cloud.delete(&path).await.status, 204);
    cloud.get(&path).await.fails(404, "not.found", "");
}

#[tokio::test]
async fn what_breaks_the_rules_is_refused() {
    let cloud = Cloud::new().await;
    let integration = cloud.integration("orders").await;
    let input = |properties: Value| json!({"inputSchema": {"type": "object", "properties": properties}});
    let nested = json!({"successSchema": {"type": "array", "items": {"type": "object", "properties": {
        "lines": {"type": "array", "items": {"type": "string"}}}}}});
    for (pointer, value, message) in [
        ("/name", json!("n".repeat(257)), "name must have 1 to 256"),
        ("/category", json!(""), "category must have"),
        ("/config/timeoutSeconds", json!(61), "between 1 and 60"),
        ("/config/timeoutSeconds", json!(0), "between 1 and 60"),
        ("/config/request/requestType", json!("HEAD"), "requestType must be one of"),
        ("/config/request/requestUrlTemplate", json!(""), "requestUrlTemplate is required"),
        ("/contract/input", input(json!({"order": {"type": "object"}})), "'order' must be of a simple type"),
        ("/contract/input", input(json!({"1st": {"type": "string"}})), "'1st' is not a valid name"),
        ("/contract/input", input(json!({"orgId": {"type": "string"}})), "reserved"),
        ("/contract/input", input(json!({"a": {"$ref": "#/b"}})), "$ref"),
        ("/contract/input", json!({"inputSchema": {"type": "string"}}), "must be of type object"),
        ("/contract/output", nested, "must not nest arrays"),
    ] {
        let mut body = action(&integration);
        *body.pointer_mut(pointer).unwrap() = value;
        cloud.post("integrations/actions", body).await.fails(400, "invalid.schema", message);
    }
    for field in ["name", "category", "integrationId", "config", "contract"] {
        let mut body = action(&integration);
        body.as_object_mut().unwrap().remove(field);
        cloud.post("integrations/actions", body).await.fails(400, "bad.request", field);
    }
    cloud.post("integrations/actions", action("nowhere")).await.fails(
        400,
        "bad.request",
        "'nowhere' was not found",
    );
    let bearer = format!("Bearer {}", cloud.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "text/xml")];
    let form = cloud.http.raw("POST", "/api/v2/integrations/actions", &headers, "<a/>").await.unwrap();
    super::Said::from(form).fails(415, "unsupported.media.type", "");
    assert_eq!(cloud.organization().actions.len(), 0);
}

#[tokio::test]
async fn actions_are_found_by_part_of_their_name_and_built_in_ones_stay() {
    let cloud = Cloud::new().await;
    let integration = cloud.integration("orders").await;
    for (name, category) in
        [("Get order", "Orders"), ("Get order status", "Orders"), ("Find customer", "Customers")]
    {
        let mut body = action(&integration);
        body["name"] = json!(name);
        body["category"] = json!(category);
        cloud.post("integrations/actions", body).await.ok();
    }
    let names = async |query: &str| {
        let found = cloud.get(&format!("integrations/actions?{query}")).await.ok();
        let names =
            found["entities"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names("name=Get%20order&sortBy=name").await, ["Get order", "Get order status"]);
    assert_eq!(names("category=Customers").await, ["Find customer"]);
    assert_eq!(names("sortBy=name&sortOrder=DESC&pageSize=2").await, ["Get order status", "Get order"]);
    assert_eq!(names("secure=true").await.len(), 0);
    assert_eq!(names("ids=static_-_get-user-presence").await, ["Get User Presence"]);
    let ids = vec!["x"; 51].join(",");
    cloud.get(&format!("integrations/actions?ids={ids}")).await.fails(400, "bad.request", "50 ids");
    let categories = cloud.get("integrations/actions/categories").await.ok();
    assert_eq!(categories["total"], 3);
    let path = "integrations/actions/static_-_get-user-presence";
    cloud.get(path).await.ok();
    cloud.delete(path).await.fails(400, "bad.request", "Static actions");
    cloud.patch(path, json!({"version": 1, "name": "x"})).await.fails(400, "bad.request", "Static actions");
    let built_in =
        id(&cloud.get("integrations?integrationType=purecloud-data-actions").await.ok()["entities"][0]);
    cloud.post("integrations/actions", action(&built_in)).await.fails(
        400,
        "bad.request",
        "do not support custom",
    );
}
