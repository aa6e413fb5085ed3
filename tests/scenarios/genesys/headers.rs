//! Headers and the request type of an action that calls a function: kept from the manifest to Genesys Cloud and back.

use super::*;

fn with_headers() -> String {
    with_action().replace(
        "timeout_seconds = 10",
        "timeout_seconds = 10\nmethod = \"PUT\"\nheaders = { \"X-Tenant\" = \"${input.orderNumber}\" }",
    )
}

#[test]
fn headers_and_request_type_go_there_and_come_back() {
    let stage = stage_with(&with_headers(), State::demo());
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    let request = || {
        let state = stage.sandbox.state();
        let action = state.genesys.actions.values().next().unwrap();
        action.published.as_ref().unwrap().config["request"].clone()
    };
    assert_eq!(request()["requestType"], "PUT");
    assert_eq!(request()["headers"], json!({"X-Tenant": "${input.orderNumber}"}));
    stage.run_client(&["drift"]).expect(0);
    stage.run_client(&["genesys", "action", "export", ACTION, "--out", "exported.json"]).expect(0);

    // Into a manifest that has no action yet, in a folder of its own.
    stage.write("other/rolecall.toml", &manifest(ONE_TARGET));
    let import = [
        "genesys",
        "action",
        "import",
        "exported.json",
        "--category",
        "Orders",
        "--file",
        "other/rolecall.toml",
    ];
    stage.run_client(&import).expect(0);
    let imported = std::fs::read_to_string(stage.folder.path().join("other/rolecall.toml")).unwrap();
    insta::assert_snapshot!(imported.split_once("[[action]]").unwrap().1, @r#"

    name = "Get order status"
    category = "Orders"
    target = "my-genesys-trigger-function"
    method = "PUT"
    headers = { X-Tenant = "${input.orderNumber}" }
    input_schema = "schemas/get-order-status-request.json"
    output_schema = "schemas/get-order-status-response.json"
    timeout_seconds = 10
    "#);
    stage.run_client(&["drift", "--file", "other/rolecall.toml"]).expect(0);

    // A header that somebody takes away is drift, and comes back.
    change(&stage, |state| {
        for action in state.genesys.actions.values_mut() {
            action.published.as_mut().unwrap().config["request"]["headers"] = json!({});
        }
    });
    stage.run_client(&["drift"]).expect(4);
    stage.run_client(&["apply", "--yes", "--level", "paper"]).expect(0);
    assert_eq!(request()["headers"], json!({"X-Tenant": "${input.orderNumber}"}));
}
