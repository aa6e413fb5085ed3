use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use rolecall::ports::calls::Calls;
use rolecall::ports::genesys::{GenesysErrorKind, GenesysRead};
use rolecall::ports::secrets::ReadSecret;
use rolecall::ports::{AwsError, AwsErrorKind, AwsResult};
use rolecall_genesys::client::Client;
use rolecall_genesys::credentials::CredentialSource;
use secrecy::SecretString;
use serde_json::json;
use wiremock::matchers::{basic_auth, body_string, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::support::*;

const ME: &str = "/api/v2/organizations/me";

#[tokio::test]
async fn one_token_serves_many_calls() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/oauth/token"))
        .and(basic_auth(CLIENT_ID, CLIENT_SECRET))
        .and(body_string("grant_type=client_credentials"))
        .respond_with(ok(json!({"access_token": TOKEN, "token_type": "bearer", "expires_in": 86399})))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path(ME))
        .and(header("authorization", format!("Bearer {TOKEN}")))
        .respond_with(organization())
        .expect(3)
        .mount(&server)
        .await;
    let client = client(&server.uri());
    for _ in 0..3 {
        assert_eq!(client.organization().await.unwrap().id, ORGANIZATION);
    }
    let calls = client.calls().so_far();
    let operations: Vec<_> = calls.iter().map(|call| (call.operation.as_str(), call.status)).collect();
    assert_eq!(operations[0], ("POST /oauth/token", Some(200)));
    assert_eq!(operations[3], ("GET /api/v2/organizations/me", Some(200)));
}

#[tokio::test]
async fn a_token_is_replaced_before_it_expires() {
    let server = MockServer::start().await;
    answer_token(&server, 1).await;
    answer(&server, ME, 9, organization()).await;
    let client = client(&server.uri());
    client.organization().await.unwrap();
    client.organization().await.unwrap();
    assert_eq!(requests(&server, "/oauth/token").await, 1);
    // A tenth of the second is the margin.
    tokio::time::sleep(std::time::Duration::from_millis(920)).await;
    client.organization().await.unwrap();
    assert_eq!(requests(&server, "/oauth/token").await, 2);
    assert_eq!(requests(&server, ME).await, 3);
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = server().await;
    let unauthorized = || {
        ResponseTemplate::new(401)
            .set_body_json(json!({"code": "bad.credentials", "message": "Invalid login credentials."}))
    };
    answer(&server, ME, 1, unauthorized()).await;
    answer(&server, ME, 1, organization()).await;
    answer(&server, ME, 9, unauthorized()).await;
    let client = client(&server.uri());
    client.organization().await.unwrap();
    assert_eq!((requests(&server, "/oauth/token").await, requests(&server, ME).await), (2, 2));
    let error = client.organization().await.unwrap_err();
    assert_eq!(error.kind, GenesysErrorKind::InvalidCredentials);
    assert_eq!((requests(&server, "/oauth/token").await, requests(&server, ME).await), (3, 4));
}

#[tokio::test]
async fn a_refused_client_is_told_without_its_secret() {
    let server = MockServer::start().await;
    let said = format!("client {CLIENT_ID} with {CLIENT_SECRET} not found");
    let body = json!({"error": "invalid_client", "description": said, "error_description": said});
    Mock::given(path("/oauth/token"))
        .respond_with(ResponseTemplate::new(401).set_body_json(body))
        .expect(1)
        .mount(&server)
        .await;
    let error = client(&server.uri()).organization().await.unwrap_err();
    assert_eq!(error.kind, GenesysErrorKind::InvalidCredentials);
    insta::with_settings!({filters => [(r"127\.0\.0\.1:\d+", "127.0.0.1:[port]")]}, {
        insta::assert_snapshot!(error, @"POST /oauth/token failed: http://127.0.0.1:[port] does not accept the OAuth client `11111111-2222-3333-4444-555555555555` and its secret: invalid_client: client 11111111-2222-3333-4444-555555555555 with [redacted] not found; possible causes: a wrong ID or secret, a disabled client, a grant type other than client credentials, or a client of another region (HTTP 401)");
    });
    let text = format!("{error} {error:?}");
    assert!(!text.contains(CLIENT_SECRET), "{text}");
}

/// A secret that has another value each time.
#[derive(Debug)]
struct Rotating {
    base: String,
    reads: AtomicUsize,
}

impl ReadSecret for Rotating {
    fn called(&self) -> String {
        "the secret `genesys/rolecall`".to_owned()
    }

    fn read(&self) -> LocalBoxFuture<'_, AwsResult<SecretString>> {
        let version = self.reads.fetch_add(1, Ordering::Relaxed);
        let secret = json!({"client_id": "client", "client_secret": format!("secret-{version}"), "base_url": self.base});
        async move { Ok(secret.to_string().into()) }.boxed_local()
    }
}

#[tokio::test]
async fn a_rotated_secret_is_read_again() {
    let server = MockServer::start().await;
    Mock::given(path("/oauth/token"))
        .and(basic_auth("client", "secret-0"))
        .respond_with(ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_client"})))
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(path("/oauth/token"))
        .and(basic_auth("client", "secret-1"))
        .respond_with(ok(json!({"access_token": TOKEN, "token_type": "bearer", "expires_in": 3600})))
        .expect(1)
        .mount(&server)
        .await;
    answer(&server, ME, 9, organization()).await;
    let store = Rotating { base: server.uri(), reads: AtomicUsize::default() };
    let source = CredentialSource::Secret { store: Box::new(store), region: "us-east-1".parse().unwrap() };
    let client = Client::new(source, patience(), Calls::default());
    client.organization().await.unwrap();
    client.organization().await.unwrap();
}

/// Whoever lives long notices that the secret names another OAuth client, though the one before still works.
#[tokio::test]
async fn a_secret_is_read_again_after_a_while() {
    let server = server().await;
    answer(&server, ME, 9, organization()).await;
    let store = Rotating { base: server.uri(), reads: AtomicUsize::default() };
    let source = CredentialSource::Secret { store: Box::new(store), region: "us-east-1".parse().unwrap() };
    let client = Client::new(source, patience(), Calls::default());
    for (pause, tokens) in [(0, 1), (299, 1), (2, 2), (0, 2)] {
        tokio::time::pause();
        tokio::time::advance(std::time::Duration::from_secs(pause)).await;
        tokio::time::resume();
        client.organization().await.unwrap();
        assert_eq!(requests(&server, "/oauth/token").await, tokens, "{pause} s later");
    }
}

/// A secret that can be read once, and then not.
#[derive(Debug)]
struct Failing {
    base: String,
    kind: AwsErrorKind,
    reads: Arc<AtomicUsize>,
}

impl ReadSecret for Failing {
    fn called(&self) -> String {
        "the secret `genesys/rolecall`".to_owned()
    }

    fn read(&self) -> LocalBoxFuture<'_, AwsResult<SecretString>> {
        let secret = json!({"client_id": "client", "client_secret": "secret", "base_url": self.base});
        let error = AwsError {
            operation: "secretsmanager:GetSecretValue",
            kind: self.kind,
            code: None,
            message: "no".to_owned(),
            request_id: None,
            outcome: rolecall::ports::WriteOutcome::Refused,
        };
        let is_first = self.reads.fetch_add(1, Ordering::Relaxed) == 0;
        async move { if is_first { Ok(secret.to_string().into()) } else { Err(error) } }.boxed_local()
    }
}

/// A store that is down takes away nothing, and is asked again; a secret that is taken away is not used any more.
#[tokio::test]
async fn a_secret_that_cannot_be_read_again() {
    for (kind, ends) in [
        (AwsErrorKind::Throttled, [true; 4]),
        (AwsErrorKind::TimedOut, [true; 4]),
        (AwsErrorKind::AccessDenied, [true, false, false, false]),
        (AwsErrorKind::NotFound, [true, false, false, false]),
    ] {
        let server = server().await;
        answer(&server, ME, 9, organization()).await;
        let reads = Arc::default();
        let store = Failing { base: server.uri(), kind, reads: Arc::clone(&reads) };
        let source =
            CredentialSource::Secret { store: Box::new(store), region: "us-east-1".parse().unwrap() };
        let client = Client::new(source, patience(), Calls::default());
        let mut ended = Vec::new();
        let mut asked = Vec::new();
        for pause in [0, 301, 29, 2] {
            tokio::time::pause();
            tokio::time::advance(std::time::Duration::from_secs(pause)).await;
            tokio::time::resume();
            ended.push(client.organization().await.is_ok());
            asked.push(reads.load(Ordering::Relaxed));
        }
        assert_eq!(ended, ends, "{kind:?}");
        let expected = if ends[1] { [1, 2, 2, 3] } else { [1, 2, 3, 4] };
        assert_eq!(asked, expected, "{kind:?}");
        assert_eq!(requests(&server, "/oauth/token").await, 1, "{kind:?}");
    }
}

#[tokio::test]
async fn nothing_that_prints_shows_a_token() {
    let server = server().await;
    answer(&server, ME, 1, organization()).await;
    // A proxy that quotes the request in its error page.
    let page = format!("Forbidden. Your request: GET /api Authorization: Bearer {TOKEN}");
    answer(&server, ME, 9, ResponseTemplate::new(403).set_body_string(page)).await;
    let client = client(&server.uri());
    client.organization().await.unwrap();
    let error = client.organization().await.unwrap_err();
    let shown = format!("{client:?} {client:#?} {error} {error:?} {:?}", client.calls().so_far());
    assert!(shown.contains("Bearer [redacted]"), "{shown}");
    for secret in [TOKEN, CLIENT_SECRET] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
