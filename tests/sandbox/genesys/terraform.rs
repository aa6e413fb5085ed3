//! The calls of the official Terraform provider (MyPureCloud/terraform-provider-genesyscloud, `genesyscloud/integration*`), in its
//! order and with its parameters: what it makes, reads, changes, lists for an export, and deletes.

use serde_json::{Value, json};

use super::{Cloud, FUNCTION, ROLE, action, id};

/// `genesyscloud_integration_credential`: create, then read. The provider takes name and type from what it reads.
async fn credential(cloud: &Cloud, name: &str) -> String {
    let body =
        json!({"name": name, "type": {"name": "amazonWebServicesARN"}, "credentialFields": {"ARN": ROLE}});
    let made = id(&cloud.post("integrations/credentials", body).await.ok());
    let read = cloud.get(&format!("integrations/credentials/{made}")).await.ok();
    assert_eq!((&read["name"], &read["type"]["name"]), (&json!(name), &json!("amazonWebServicesARN")));
    made
}

/// `genesyscloud_integration`: made without a name, which only its configuration gives it; read before each write; enabled last.
async fn integration(cloud: &Cloud, name: &str, credential: &str) -> String {
    let made =
        cloud.post("integrations", json!({"integrationType": {"id": "aws-lambda-data-actions"}})).await.ok();
    let made = id(&made);
    let config = format!("integrations/{made}/config/current");
    // The provider needs each of these: it does not look whether they are there.
    let first = cloud.get(&config).await.ok();
    for field in ["name", "notes", "properties", "advanced", "credentials"] {
        assert!(!first[field].is_null(), "{field} in {first}");
    }
    let latest = cloud.get(&config).await.ok();
    let body = json!({"name": name, "notes": "by Terraform", "version": latest["version"], "properties": {},
        "advanced": {}, "credentials": {"AmazonWebServicesARN": {"id": credential}}});
    cloud.put(&config, body).await.ok();
    let enable = json!({"intendedState": "ENABLED"});
    cloud.patch(&format!("integrations/{made}?pageSize=25&pageNumber=1"), enable).await.ok();
    let read = cloud.get(&format!("integrations/{made}?pageSize=100&pageNumber=1")).await.ok();
    assert_eq!(
        (&read["integrationType"]["id"], &read["intendedState"], &read["name"]),
        (&json!("aws-lambda-data-actions"), &json!("ENABLED"), &json!(name))
    );
    assert_eq!(cloud.get(&config).await.ok()["notes"], "by Terraform");
    made
}

/// `genesyscloud_integration_action`, read: the action, then its two templates as files.
async fn read_action(cloud: &Cloud, action: &str) -> (Value, String, String) {
    let read =
        cloud.get(&format!("integrations/actions/{action}?expand=contract&includeConfig=true")).await.ok();
    let mut templates = Vec::new();
    for file in ["requesttemplate.vm", "successtemplate.vm"] {
        let said = cloud.get(&format!("integrations/actions/{action}/templates/{file}")).await;
        assert_eq!(said.status, 200);
        templates.push(said.text);
    }
    let success = templates.pop().unwrap();
    (read, templates.pop().unwrap(), success)
}

/// All entities of a list by number; the provider asks on until a page is empty.
async fn pages(cloud: &Cloud, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    for number in 1.. {
        let page = cloud.get(&format!("{path}?pageSize=100&pageNumber={number}")).await.ok();
        let entities = page["entities"].as_array().unwrap();
        if entities.is_empty() {
            break;
        }
        all.extend(entities.iter().map(id));
    }
    all
}

#[tokio::test]
async fn the_providers_life_of_an_action_is_served() {
    let cloud = Cloud::new().await;
    let credential = credential(&cloud, "orders").await;
    let integration = integration(&cloud, "Orders", &credential).await;
    let made = id(&cloud.post("integrations/actions", action(&integration)).await.ok());
    let (read, request, success) = read_action(&cloud, &made).await;
    assert_eq!((request.as_str(), success.as_str()), ("${input.rawRequest}", "${rawResult}"));
    assert_eq!(read["config"]["request"]["requestUrlTemplate"], FUNCTION);
    // An update reads the version first.
    let mut config = action(&integration)["config"].clone();
    config["timeoutSeconds"] = json!(20);
    let change = json!({"name": "Get order status", "category": "Orders", "version": read["version"], "config": config});
    cloud.patch(&format!("integrations/actions/{made}"), change).await.ok();
    assert_eq!(read_action(&cloud, &made).await.0["config"]["timeoutSeconds"], 20);

    // An export reads every list.
    assert!(pages(&cloud, "integrations").await.contains(&integration));
    assert!(pages(&cloud, "integrations/actions").await.contains(&made));

    // What was deleted is read until nobody finds it; an action goes with its integration, too.
    cloud.delete(&format!("integrations/actions/{made}")).await.ok();
    cloud.get(&format!("integrations/actions/{made}?expand=contract&includeConfig=true")).await.fails(
        404,
        "not.found",
        "",
    );
    let second = id(&cloud.post("integrations/actions", action(&integration)).await.ok());
    cloud.delete(&format!("integrations/{integration}")).await.ok();
    cloud.get(&format!("integrations/{integration}?pageSize=100&pageNumber=1")).await.fails(
        404,
        "not.found",
        "",
    );
    cloud.delete(&format!("integrations/actions/{second}")).await.fails(404, "not.found", "");
    cloud.delete(&format!("integrations/credentials/{credential}")).await.ok();
    cloud.get(&format!("integrations/credentials/{credential}")).await.fails(404, "not.found", "");
}

/// The provider sends the ID of the last credential that it saw, until a page is empty.
#[tokio::test]
async fn credentials_are_paged_by_the_last_id() {
    let cloud = Cloud::new().await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(credential(&cloud, &format!("orders {number}")).await);
    }
    let mut found: Vec<String> = Vec::new();
    loop {
        let after = found.last().map(|last| format!("&after={last}")).unwrap_or_default();
        let page = cloud.get(&format!("integrations/credentials/listing?pageSize=2{after}")).await.ok();
        let entities = page["entities"].as_array().unwrap();
        if entities.is_empty() {
            break;
        }
        found.extend(entities.iter().map(id));
    }
    made.sort();
    assert_eq!(found, made);
}

/// Of function data actions the provider reads drafts flattened; others read whole actions and test them so.
#[tokio::test]
async fn contracts_and_results_are_flattened() {
    let cloud = Cloud::new().await;
    cloud.role("5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94", &json!([FUNCTION])).await;
    let integration = cloud.connected(ROLE).await;
    let mut body = action(&integration);
    body["contract"]["output"]["successSchema"]["properties"] = json!({
        "event": {"type": "object", "properties": {"orderNumber": {"type": "string"}}},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    });
    body["config"]["response"]["successTemplate"] =
        json!(r#"{"event": {"orderNumber": "1"}, "lines": [{"sku": "a"}, {"sku": "b"}]}"#);
    let made = id(&cloud.post("integrations/actions", body).await.ok());
    let path = format!("integrations/actions/{made}");
    let whole = cloud.get(&format!("{path}?expand=contract&includeConfig=true&flatten=true")).await.ok();
    let (input, output) = (&whole["contract"]["input"], &whole["contract"]["output"]);
    assert!(input["inputSchema"].is_null() && output["successSchema"].is_null(), "{whole}");
    assert_eq!(input["inputSchemaFlattened"]["properties"]["orderNumber"], json!({"type": "string"}));
    let properties = &output["successSchemaFlattened"]["schema"]["properties"];
    assert_eq!(properties["event.orderNumber"], json!({"type": "string"}));
    assert_eq!(properties["lines.sku"], json!({"type": "array", "items": {"type": "string"}}));
    assert_eq!(output["successSchemaFlattened"]["arrayProperties"], json!(["lines"]));
    cloud.post(&format!("{path}/draft"), json!({})).await.ok();
    let draft =
        cloud.get(&format!("{path}/draft?expand=contract&includeConfig=true&flatten=true")).await.ok();
    assert!(draft["contract"]["output"]["successSchemaFlattened"].is_object(), "{draft}");
    let run = cloud.post(&format!("{path}/test?flatten=true"), json!({"orderNumber": "1"})).await.ok();
    assert_eq!(run["finalResult"], json!({"event.orderNumber": "1", "lines.sku": ["a", "b"]}), "{run}");
}
