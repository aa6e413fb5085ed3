//! A Genesys Cloud of fixed answers, and a client of it that has little patience.

use std::time::Duration;

use rolecall::ports::calls::Calls;
use rolecall_genesys::client::{Client, Patience};
use rolecall_genesys::credentials::{CredentialSource, Credentials};
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

pub(super) const CLIENT_ID: &str = "11111111-2222-3333-4444-555555555555";
pub(super) const CLIENT_SECRET: &str = "a-secret-that-nobody-may-see";
pub(super) const TOKEN: &str = "a-token-that-nobody-may-see";
pub(super) const ORGANIZATION: &str = "5f6b2c1e-8a4d-4c3b-9e7f-2d1a6b8c0e94";

pub(super) fn patience() -> Patience {
    Patience {
        deadline: Duration::from_secs(5),
        attempt: Duration::from_millis(500),
        first_pause: Duration::from_millis(5),
        longest_pause: Duration::from_millis(20),
    }
}

pub(super) fn credentials(base: &str) -> Credentials {
    Credentials {
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.to_owned().into(),
        site: base.parse().unwrap(),
    }
}

pub(super) fn client(base: &str) -> Client {
    Client::new(CredentialSource::Fixed(credentials(base)), patience(), Calls::default())
}

/// A server that issues tokens.
pub(super) async fn server() -> MockServer {
    let server = MockServer::start().await;
    answer_token(&server, 3600).await;
    server
}

pub(super) async fn answer_token(server: &MockServer, expires_in: u64) {
    let token = json!({"access_token": TOKEN, "token_type": "bearer", "expires_in": expires_in});
    Mock::given(method("POST"))
        .and(path("/oauth/token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(token))
        .mount(server)
        .await;
}

/// What GET of that path answers; `times` of them, before what is mounted later.
pub(super) async fn answer(server: &MockServer, at: &str, times: u64, response: ResponseTemplate) {
    Mock::given(method("GET")).and(path(at)).respond_with(response).up_to_n_times(times).mount(server).await;
}

pub(super) fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub(super) fn organization() -> ResponseTemplate {
    ok(json!({"id": ORGANIZATION, "name": "Acme", "version": 7, "state": "active"}))
}

/// How often a path was asked for.
pub(super) async fn requests(server: &MockServer, at: &str) -> usize {
    let all = server.received_requests().await.unwrap();
    all.iter().filter(|request| request.url.path() == at).count()
}
