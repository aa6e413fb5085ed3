//! Tokens, the organization, limits, users, permissions.

use rolecall::sandbox::{Sandbox, SandboxOptions, State, load};
use serde_json::json;

use super::Cloud;

#[tokio::test]
async fn a_token_is_for_the_client_with_its_secret() {
    let cloud = Cloud::new().await;
    // base64 of 11111111-2222-3333-4444-555555555555:wrong, of somebody:not-a-secret, of nothing
    let wrong_secret = "Basic MTExMTExMTEtMjIyMi0zMzMzLTQ0NDQtNTU1NTU1NTU1NTU1Ondyb25n";
    for (authorization, status) in
        [(wrong_secret, 401), ("Basic c29tZWJvZHk6bm90LWEtc2VjcmV0", 400), ("Basic", 400), ("Bearer x", 400)]
    {
        let said = cloud.sign_in(authorization).await;
        assert_eq!((said.status, &said.body["error"]), (status, &json!("invalid_client")), "{said:?}");
    }
    cloud.get("tokens/me").await.ok();
    let me = cloud.get("organizations/me").await.ok();
    assert_eq!(me["id"], "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94");
    let token = cloud.get("tokens/me").await.ok();
    assert_eq!(token["organization"]["id"], me["id"]);
    assert_eq!(token["OAuthClient"]["id"], cloud.sandbox.genesys().client_id);
    assert_eq!(cloud.call("HEAD", "tokens/me", None).await.status, 200);
    cloud.delete("tokens/me").await.ok();
    cloud.get("tokens/me").await.fails(401, "bad.credentials", "Invalid login credentials");
    let nobody = cloud.http.raw("GET", "/api/v2/tokens/me", &[], "").await.unwrap();
    super::Said::from(nobody).fails(401, "authentication.required", "");
}

#[tokio::test]
async fn each_operation_asks_for_its_permissions() {
    let cloud = Cloud::new().await;
    let permissions = ["integrations:integration:view", "bridge:actions:view"].map(str::to_owned);
    let client = cloud.sandbox.genesys().client_id;
    cloud
        .sandbox
        .change(|state| state.genesys.clients.get_mut(client).unwrap().permissions = permissions.into())
        .unwrap();
    for path in [
        "integrations",
        "integrations/types/aws-lambda-data-actions",
        "integrations/actions",
        "organizations/me",
    ] {
        cloud.get(path).await.ok();
    }
    let credential =
        json!({"type": {"name": "amazonWebServicesARN"}, "credentialFields": {"ARN": super::ROLE}});
    cloud.post("integrations/credentials", credential).await.fails(
        403,
        "missing.any.permissions",
        "one of the following permissions assigned: [integrations:integration:add]",
    );
    cloud.get("users").await.fails(403, "missing.any.permissions", "directory:user:view");
    cloud.get("audits/query/servicemapping").await.fails(403, "missing.any.permissions", "audits:audit:view");
    assert_eq!(cloud.organization().credentials.len(), 0);
}

#[tokio::test]
async fn users_come_page_by_page() {
    let cloud = Cloud::new().await;
    let mut path = "users?pageSize=25&pageNumber=1&state=active".to_owned();
    let mut sizes = Vec::new();
    loop {
        let page = cloud.get(&path).await.ok();
        sizes.push(page["entities"].as_array().unwrap().len());
        assert_eq!((&page["total"], &page["pageCount"]), (&json!(60), &json!(3)));
        match page["nextUri"].as_str() {
            Some(next) => path = next.trim_start_matches("/api/v2/").to_owned(),
            None => break,
        }
    }
    assert_eq!(sizes, [25, 25, 10]);
    assert_eq!(cloud.get("users?pageNumber=9").await.ok()["entities"], json!([]));
    cloud.get("users?pageSize=0").await.fails(400, "invalid.value", "1 to 100");
    cloud.get("users?pageNumber=next").await.fails(400, "invalid.value", "");
}

#[tokio::test]
async fn limits_are_shown_by_namespace() {
    let cloud = Cloud::new().await;
    let total = |limits: serde_json::Value| {
        let limits = limits["entities"].as_array().unwrap().clone();
        limits.into_iter().find(|limit| limit["key"] == "actions.total.max").unwrap()["value"].clone()
    };
    let raised = |state: &mut State| {
        state.genesys.limits.get_mut("dataactions").unwrap().insert("actions.total.max".to_owned(), 900)
    };
    cloud.sandbox.change(raised).unwrap();
    assert_eq!(total(cloud.get("organizations/limits/namespaces/dataactions").await.ok()), 900);
    assert_eq!(total(cloud.get("organizations/limits/namespaces/dataactions/defaults").await.ok()), 500);
    cloud.get("organizations/limits/namespaces/colours").await.fails(404, "not.found", "");
    cloud.get("colours").await.fails(404, "not.found", "");
}

#[tokio::test]
async fn the_organization_outlives_the_process_and_old_files_get_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sandbox.json");
    let mut old = serde_json::to_value(State::demo()).unwrap();
    old.as_object_mut().unwrap().remove("genesys").unwrap();
    std::fs::write(&file, old.to_string()).unwrap();
    assert_eq!(load(&file).unwrap(), State::demo());
    let start = || {
        Sandbox::start(SandboxOptions { state_file: Some(file.clone()), ..SandboxOptions::default() })
            .unwrap()
    };
    let first = Cloud::on(start()).await;
    let integration = first.connected(super::ROLE).await;
    let before = first.get(&format!("integrations/{integration}/config/current")).await.ok();
    let organization = first.organization();
    drop(first);
    let second = Cloud::on(start()).await;
    assert_eq!(second.organization(), organization);
    assert_eq!(second.get(&format!("integrations/{integration}/config/current")).await.ok(), before);
}
