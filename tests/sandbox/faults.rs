//! Trouble on demand.

use std::time::{Duration, Instant};

use rolecall::sandbox::Principal::{Administrator, Ci};
use rolecall::sandbox::{Fault, FaultRule, Faults};
use serde_json::json;

use super::client::{Client, sandbox, trust};

fn rule(operation: &str, skip: u32, times: Option<u32>, fault: Fault) -> Faults {
    Faults {
        rules: vec![FaultRule { operation: operation.to_owned(), skip, times, fault }],
        ..Faults::default()
    }
}

fn trusting(principal: &str) -> String {
    trust(&json!([{"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}]))
}

#[tokio::test]
async fn calls_fail_as_often_as_asked_and_then_pass() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let get = async || client.iam("GetRole", &[("RoleName", "ci")]).await;
    sandbox.set_faults(rule("iam:GetRole", 1, Some(2), Fault::Throttle));
    get().await.ok();
    client.iam("GetAccountSummary", &[]).await.ok();
    for _ in 0..2 {
        get().await.fails(400, "Throttling", "Rate exceeded");
    }
    get().await.ok();
    for (fault, status, code) in [
        (Fault::Deny, 403, "AccessDenied"),
        (Fault::Expire, 403, "ExpiredToken"),
        (Fault::Internal, 500, "ServiceFailure"),
        (Fault::Unavailable, 503, "ServiceUnavailable"),
    ] {
        sandbox.set_faults(rule("*", 0, None, fault));
        get().await.fails(status, code, "");
    }
    sandbox.set_faults(rule("lambda:*", 0, None, Fault::Throttle));
    client.lambda("GET", "functions/", &[], "").await.fails(429, "TooManyRequestsException", "");
    get().await.ok();
}

#[tokio::test]
async fn a_lost_call_does_nothing_and_a_lost_answer_hides_what_was_done() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let document = trusting("765628985471");
    for (fault, made) in [(Fault::DropCall, false), (Fault::DropReply, true)] {
        sandbox.set_faults(rule("iam:CreateRole", 0, Some(1), fault));
        let parameters = [("RoleName", "R"), ("AssumeRolePolicyDocument", document.as_str())];
        let call = async { client.iam("CreateRole", &parameters).await };
        // The client of these tests takes a dropped connection for a failure of its own.
        let answer = tokio::spawn({
            let client = Client::new(&sandbox, Administrator);
            let document = document.clone();
            async move {
                client.iam("CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", &document)]).await
            }
        });
        assert!(answer.await.is_err());
        assert_eq!(sandbox.state().role("123456789012", "R").is_some(), made);
        if made {
            call.await.fails(409, "EntityAlreadyExists", "");
        }
    }
    let dropped = sandbox.log().iter().filter(|entry| entry.status == 0).count();
    assert_eq!(dropped, 2);
}

#[tokio::test]
async fn a_write_is_not_seen_before_its_time() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let lag = Duration::from_millis(300);
    sandbox.set_faults(Faults { read_lag_ms: 300, ..Faults::default() });
    let started = Instant::now();
    let document = trusting("765628985471");
    client.iam("CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", &document)]).await.ok();
    let written = Instant::now();
    loop {
        let answer = client.iam("GetRole", &[("RoleName", "R")]).await;
        if answer.status == 200 {
            assert!(started.elapsed() >= lag, "seen after {:?}", started.elapsed());
            break;
        }
        answer.fails(404, "NoSuchEntity", "");
        assert!(written.elapsed() < lag * 4, "never seen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn enforcement_follows_later_and_may_flap() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let document = trusting("765628985471");
    client.iam("CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", &document)]).await.ok();
    sandbox.set_faults(Faults { enforcement_lag_ms: 60_000, ..Faults::default() });
    let open = trusting("arn:aws:iam::123456789012:role/ci");
    client.iam("UpdateAssumeRolePolicy", &[("RoleName", "R"), ("PolicyDocument", &open)]).await.ok();
    // What is stored is seen at once; what is enforced is what was stored before.
    let shown = client.iam("GetRole", &[("RoleName", "R")]).await.document("AssumeRolePolicyDocument");
    assert_eq!(shown["Statement"][0]["Principal"]["AWS"], "arn:aws:iam::123456789012:role/ci");
    let assume = async || Client::new(&sandbox, Ci).assume("R", "rolecall", &[]).await.status;
    assert_eq!((assume().await, assume().await), (403, 403));
    sandbox.set_faults(Faults { enforcement_lag_ms: 60_000, flapping: true, ..Faults::default() });
    assert_eq!((assume().await, assume().await, assume().await), (200, 403, 200));
    sandbox.set_faults(Faults::default());
    assert_eq!(assume().await, 200);
}

/// A role that was made a moment ago cannot be named in a trust policy yet.
#[tokio::test]
async fn a_new_role_is_an_invalid_principal_for_a_while() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    sandbox.set_faults(Faults { enforcement_lag_ms: 60_000, ..Faults::default() });
    let document = trusting("765628985471");
    client.iam("CreateRole", &[("RoleName", "new"), ("AssumeRolePolicyDocument", &document)]).await.ok();
    client
        .iam("TagRole", &[("RoleName", "new"), ("Tags.member.1.Key", "a"), ("Tags.member.1.Value", "b")])
        .await
        .ok();
    let stored = sandbox.state().role("123456789012", "new").map(|role| role.tags.len());
    assert_eq!(stored, Some(1), "a change builds on the present, whatever decisions see");
    let naming = trusting("arn:aws:iam::123456789012:role/new");
    let parameters = [("RoleName", "R"), ("AssumeRolePolicyDocument", naming.as_str())];
    client.iam("CreateRole", &parameters).await.fails(
        400,
        "MalformedPolicyDocument",
        "Invalid principal in policy",
    );
    sandbox.set_faults(Faults::default());
    client.iam("CreateRole", &parameters).await.ok();
}

#[tokio::test]
async fn latency_is_added_and_calls_side_by_side_are_counted() {
    let sandbox = sandbox();
    sandbox.set_faults(Faults { latency_ms: 100, ..Faults::default() });
    let client = Client::new(&sandbox, Administrator);
    let started = Instant::now();
    let call = || client.sts("GetCallerIdentity", &[]);
    tokio::join!(call(), call(), call());
    assert!(started.elapsed() >= Duration::from_millis(100));
    assert_eq!((sandbox.most_in_flight(), sandbox.log().len()), (3, 3));
}

#[tokio::test]
async fn a_running_sandbox_is_controlled_over_http() {
    let sandbox = sandbox();
    let client = Client::new(&sandbox, Administrator);
    let faults = r#"{"rules":[{"operation":"iam:*","times":1,"fault":"throttle"}]}"#;
    assert_eq!(client.raw("POST", "/_sandbox/faults", &[], faults).await.unwrap().status, 204);
    assert_eq!(client.raw("POST", "/_sandbox/faults", &[], r#"{"latencyy":1}"#).await.unwrap().status, 400);
    client.iam("GetRole", &[("RoleName", "ci")]).await.fails(400, "Throttling", "");
    client.iam("DeleteRolePolicy", &[("RoleName", "ci"), ("PolicyName", "none")]).await.fails(
        404,
        "NoSuchEntity",
        "",
    );
    let log = client.raw("GET", "/_sandbox/log", &[], "").await.unwrap();
    let log: serde_json::Value = serde_json::from_str(&log.body).unwrap();
    let expected = json!([
        {"service": "iam", "action": "GetRole", "region": "us-east-1", "write": false, "status": 400,
         "error": "Throttling", "principal": "arn:aws:iam::123456789012:user/administrator"},
        {"service": "iam", "action": "DeleteRolePolicy", "region": "us-east-1", "write": true, "status": 404,
         "error": "NoSuchEntity", "principal": "arn:aws:iam::123456789012:user/administrator"},
    ]);
    assert_eq!(log["calls"], expected);
    client.raw("POST", "/_sandbox/clear", &[], "").await.unwrap();
    assert_eq!((sandbox.log().len(), sandbox.faults()), (0, Faults::default()));
}
