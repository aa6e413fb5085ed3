//! The client secret and the token reach Genesys Cloud and nobody else, and no message repeats them.

use rolecall::ports::genesys::{CredentialSpecification, GenesysRead, GenesysWrite};
use serde_json::json;
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::support::*;

const ME: &str = "/api/v2/organizations/me";

/// A page that quotes the request with all its headers and its body, padded so that cutting it would cut a secret.
fn echo(status: u16, padding: usize) -> impl Fn(&Request) -> ResponseTemplate + Send + Sync {
    move |request| {
        let headers: String = request
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap_or_default()))
            .collect();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let page = format!("{}{headers}{body}", "x".repeat(padding));
        ResponseTemplate::new(status).set_body_string(page)
    }
}

/// No part of a secret that is long enough to be of use.
#[track_caller]
fn is_silent(shown: &str) {
    let basic = "MTExMTExMTEt";
    for secret in [CLIENT_SECRET, TOKEN, basic] {
        let part = &secret[..secret.len().min(12)];
        assert!(!shown.contains(part), "{shown}");
    }
}

#[tokio::test]
async fn an_error_page_that_quotes_the_request_shows_no_secret() {
    for status in [400, 401, 403, 404, 418, 200] {
        for padding in (0..260).step_by(20) {
            let server = MockServer::start().await;
            let login = Mock::given(method("POST")).and(path("/oauth/token"));
            login.respond_with(echo(status, padding)).mount(&server).await;
            let error = client(&server.uri()).organization().await.unwrap_err();
            is_silent(&format!("{error} {error:?}"));
        }
    }
    for status in [400, 403, 404, 200] {
        for padding in (0..260).step_by(20) {
            let server = server().await;
            Mock::given(method("GET")).and(path(ME)).respond_with(echo(status, padding)).mount(&server).await;
            let error = client(&server.uri()).organization().await.unwrap_err();
            is_silent(&format!("{error} {error:?}"));
        }
    }
}

#[tokio::test]
async fn an_error_in_json_shows_no_secret() {
    let server = server().await;
    let body = json!({
        "message": format!("bad request: Authorization: Bearer {TOKEN}"),
        "code": TOKEN, "contextId": TOKEN, "errors": [{"message": TOKEN}],
    });
    answer(&server, ME, 9, ResponseTemplate::new(400).set_body_json(body)).await;
    let error = client(&server.uri()).organization().await.unwrap_err();
    is_silent(&format!("{error} {error:?}"));
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let elsewhere = MockServer::start().await;
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/taken?{CLIENT_SECRET}", elsewhere.uri());
        let away = ResponseTemplate::new(status).insert_header("location", to);
        let login = MockServer::start().await;
        Mock::given(method("POST")).and(path("/oauth/token")).respond_with(away.clone()).mount(&login).await;
        let error = client(&login.uri()).organization().await.unwrap_err();
        is_silent(&error.to_string());
        let api = server().await;
        answer(&api, ME, 9, away).await;
        client(&api.uri()).organization().await.unwrap_err();
    }
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

/// Whoever refuses a credential may quote the request, in which its values stand.
#[tokio::test]
async fn an_error_about_a_credential_shows_none_of_its_values() {
    const PASSWORD: &str = "password\"that/nobody&may<see";
    let values = [("userName".to_owned(), "somebody-of-the-warehouse".to_owned())];
    let credential = CredentialSpecification {
        name: "Stock".to_owned(),
        type_name: "basicAuth".to_owned(),
        fields: values.into_iter().chain([("password".to_owned(), PASSWORD.to_owned())]).collect(),
        is_secret: true,
    };
    let quoted = json!({"message": format!("the password {PASSWORD} is weak"), "code": PASSWORD});
    for padding in (0..260).step_by(20) {
        for status in [400, 403, 404, 409, 500, 200] {
            for is_json in [false, true] {
                let server = server().await;
                let credentials = Mock::given(path_regex("^/api/v2/integrations/credentials"));
                let mock = match is_json {
                    true => {
                        credentials.respond_with(ResponseTemplate::new(status).set_body_json(quoted.clone()))
                    }
                    false => credentials.respond_with(echo(status, padding)),
                };
                mock.mount(&server).await;
                let client = client(&server.uri());
                let created = client.create_credential(&credential).await;
                let updated = client.update_credential("x", &credential).await;
                let mut shown = format!("{created:?} {updated:?} {credential:?}");
                for error in [created, updated].into_iter().filter_map(Result::err) {
                    shown += &error.to_string();
                }
                assert_eq!(shown.contains("failed"), !is_json || status != 200, "{shown}");
                is_silent(&shown);
                for part in ["password\\\"th", "password\"th", "that/nobody", "somebody-of"] {
                    assert!(!shown.contains(part), "{part} in {shown}");
                }
            }
        }
    }
}
