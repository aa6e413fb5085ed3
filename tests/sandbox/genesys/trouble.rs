//! Storms, lag, expiry, and answers that are none.

use std::time::Duration;

use rolecall::sandbox::{Fault, FaultRule, Faults, GenesysFaults};
use serde_json::json;

use super::{Cloud, ROLE, action, id};

fn rule(operation: &str, times: Option<u32>, fault: Fault) -> Faults {
    let rule = FaultRule { operation: operation.to_owned(), skip: 0, times, fault };
    Faults { rules: vec![rule], ..Faults::default() }
}

#[tokio::test]
async fn a_token_has_so_many_requests_a_window() {
    let cloud = Cloud::new().await;
    let answer = cloud.get("organizations/me").await;
    assert_eq!(answer.header("inin-ratelimit-count"), Some("1"));
    assert_eq!(answer.header("inin-ratelimit-allowed"), Some("300"));
    assert_eq!(answer.header("inin-ratelimit-reset"), Some("60"));
    let limits = GenesysFaults { rate_allowed: Some(3), rate_window_s: Some(1), ..GenesysFaults::default() };
    cloud.sandbox.set_faults(Faults { genesys: limits, ..Faults::default() });
    for _ in 0..2 {
        cloud.get("organizations/me").await.ok();
    }
    let refused = cloud.get("organizations/me").await;
    refused.fails(429, "too.many.requests.retry.after", "Retry the request in [1] seconds");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.body["limit"]["key"], "client.credentials.token.rate.per.minute");
    tokio::time::sleep(Duration::from_millis(1050)).await;
    assert_eq!(cloud.get("organizations/me").await.header("inin-ratelimit-count"), Some("1"));
}

#[tokio::test]
async fn calls_fail_on_demand_in_every_way() {
    let cloud = Cloud::new().await;
    let path = "organizations/me";
    for (fault, status, code) in [
        (Fault::Throttle, 429, "too.many.requests.retry.after"),
        (Fault::Deny, 403, "missing.any.permissions"),
        (Fault::Internal, 500, "internal.server.error"),
        (Fault::Unavailable, 503, "service.unavailable"),
    ] {
        cloud.sandbox.set_faults(rule("genesys:getOrganizationsMe", Some(1), fault));
        cloud.get(path).await.fails(status, code, "");
        cloud.get(path).await.ok();
        cloud.sandbox.set_faults(rule("genesys:postIntegrations", None, fault));
        cloud.get(path).await.ok();
    }
    let mut throttled = rule("*", Some(1), Fault::Throttle);
    throttled.genesys.retry_after_s = 7;
    cloud.sandbox.set_faults(throttled);
    assert_eq!(cloud.get(path).await.header("retry-after"), Some("7"));
    cloud.sandbox.set_faults(rule("genesys:*", Some(1), Fault::Html));
    let page = cloud.get(path).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html")));
    cloud.sandbox.set_faults(rule("genesys:postOauthToken", None, Fault::Unavailable));
    assert_eq!(cloud.sign_in("Basic x").await.status, 503);
}

#[tokio::test]
async fn an_answer_can_be_lost_cut_off_or_late_though_the_call_was_carried_out() {
    let cloud = Cloud::new().await;
    let body = json!({"name": "orders", "integrationType": {"id": "aws-lambda-data-actions"}}).to_string();
    let bearer = format!("Bearer {}", cloud.token);
    let headers = [("authorization", bearer.as_str()), super::JSON];
    let made = || cloud.organization().integrations.len() - 1;
    let send = || cloud.http.raw("POST", "/api/v2/integrations", &headers, &body);
    cloud.sandbox.set_faults(rule("genesys:postIntegrations", None, Fault::DropCall));
    assert!(send().await.is_none());
    assert_eq!(made(), 0);
    cloud.sandbox.set_faults(rule("genesys:postIntegrations", None, Fault::DropReply));
    assert!(send().await.is_none());
    assert_eq!(made(), 1);
    cloud.sandbox.set_faults(rule("genesys:postIntegrations", None, Fault::Truncate));
    let answer = super::Said::from(send().await.unwrap());
    let promised: usize = answer.header("content-length").unwrap().parse().unwrap();
    assert_eq!((answer.status, made()), (200, 2));
    assert!(!answer.text.is_empty() && answer.text.len() < promised, "{answer:?}");
    cloud.sandbox.set_faults(rule("genesys:postIntegrations", None, Fault::Stall));
    assert!(tokio::time::timeout(Duration::from_millis(300), send()).await.is_err());
    assert_eq!(made(), 3);
}

#[tokio::test]
async fn what_was_made_is_not_found_before_its_time() {
    let cloud = Cloud::new().await;
    let lag = GenesysFaults { read_lag_ms: 300, ..GenesysFaults::default() };
    cloud.sandbox.set_faults(Faults { genesys: lag, ..Faults::default() });
    let integration = cloud.integration("orders").await;
    cloud.get(&format!("integrations/{integration}")).await.fails(404, "not.found", "");
    assert_eq!(cloud.get("integrations?integrationType=aws-lambda-data-actions").await.ok()["total"], 0);
    cloud.post("integrations/actions", action(&integration)).await.fails(400, "bad.request", "was not found");
    tokio::time::sleep(Duration::from_millis(320)).await;
    cloud.get(&format!("integrations/{integration}")).await.ok();
    let made = id(&cloud.post("integrations/actions", action(&integration)).await.ok());
    cloud.get(&format!("integrations/actions/{made}")).await.fails(404, "not.found", "");
}

#[tokio::test]
async fn a_token_ends_and_another_takes_its_place() {
    let mut cloud = Cloud::new().await;
    cloud.sandbox.set_faults(rule("genesys:getOrganizationsMe", Some(1), Fault::Expire));
    cloud.get("organizations/me").await.fails(401, "bad.credentials", "");
    cloud.get("organizations/me").await.fails(401, "bad.credentials", "");
    let short = GenesysFaults { token_lives_s: Some(1), ..GenesysFaults::default() };
    cloud.sandbox.set_faults(Faults { genesys: short, ..Faults::default() });
    let token = cloud
        .sign_in("Basic MTExMTExMTEtMjIyMi0zMzMzLTQ0NDQtNTU1NTU1NTU1NTU1Om5vdC1hLXNlY3JldA==")
        .await
        .ok();
    assert_eq!(token["expires_in"], 1);
    cloud.token = token["access_token"].as_str().unwrap().to_owned();
    cloud.get("organizations/me").await.ok();
    tokio::time::sleep(Duration::from_millis(1050)).await;
    cloud.get("organizations/me").await.fails(401, "bad.credentials", "");
}

#[tokio::test]
async fn an_integration_can_take_its_time() {
    let cloud = Cloud::new().await;
    let slow = GenesysFaults { activation_ms: 60_000, ..GenesysFaults::default() };
    cloud.sandbox.set_faults(Faults { genesys: slow, ..Faults::default() });
    let integration = cloud.integration("orders").await;
    let path = format!("integrations/{integration}");
    cloud.patch(&path, json!({"intendedState": "ENABLED"})).await.ok();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(cloud.get(&path).await.ok()["reportedState"]["code"], "ACTIVATING");
    cloud.sandbox.set_faults(Faults::default());
    cloud.reaches(&integration, "ERROR").await;
    cloud.connected(ROLE).await;
}
