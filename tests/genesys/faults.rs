use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use rolecall::ports::calls::Calls;
use rolecall::ports::genesys::{GenesysErrorKind as Kind, GenesysRead, GenesysWrite};
use rolecall_genesys::client::{Client, Patience};
use rolecall_genesys::credentials::CredentialSource;
use serde_json::json;
use wiremock::ResponseTemplate;
use wiremock::matchers::{method, path};

use super::support::*;

const ME: &str = "/api/v2/organizations/me";

fn status(code: u16) -> ResponseTemplate {
    ResponseTemplate::new(code)
}

#[tokio::test]
async fn a_storm_of_429_is_waited_out() {
    let server = server().await;
    let soon = httpdate::fmt_http_date(std::time::SystemTime::now());
    answer(&server, ME, 1, status(429).insert_header("retry-after", "1")).await;
    answer(&server, ME, 1, status(429).insert_header("retry-after", soon.as_str())).await;
    answer(&server, ME, 9, status(429)).await;
    answer(&server, ME, 1, organization()).await;
    let start = Instant::now();
    client(&server.uri()).organization().await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1), "no sooner than it said");
    assert_eq!(requests(&server, ME).await, 12, "more often than a failure of the service would be tried");
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_an_error_at_once() {
    let server = server().await;
    let body = json!({"code": "too.many.requests", "message": "Rate limit exceeded", "contextId": "c-429"});
    answer(&server, ME, 9, status(429).insert_header("retry-after", "300").set_body_json(body)).await;
    let start = Instant::now();
    let error = client(&server.uri()).organization().await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!(error.kind, Kind::Throttled);
    assert_eq!(
        error.to_string(),
        "GET /api/v2/organizations/me failed: Rate limit exceeded; the next attempt would be in 300 s, past the \
         deadline of 5 s (HTTP 429, too.many.requests, contextId c-429)"
    );
}

#[tokio::test]
async fn the_limit_is_not_run_into() {
    let server = server().await;
    let limited = |reset: &str| {
        organization()
            .insert_header("inin-ratelimit-count", "300")
            .insert_header("inin-ratelimit-allowed", "300")
            .insert_header("inin-ratelimit-reset", reset)
    };
    answer(&server, ME, 1, limited("1")).await;
    answer(&server, ME, 9, limited("90")).await;
    let client = client(&server.uri());
    client.organization().await.unwrap();
    let start = Instant::now();
    client.organization().await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(900), "{:?}", start.elapsed());
    let error = client.organization().await.unwrap_err();
    assert_eq!(error.kind, Kind::Throttled);
    insta::with_settings!({filters => [(r"\d+ s\b", "[time] s")]}, {
        insta::assert_snapshot!(error, @"GET /api/v2/organizations/me failed: the rate limit is used up for [time] s, and the deadline is [time] s");
    });
    assert_eq!(requests(&server, ME).await, 2, "the third was never sent");
    assert_eq!(client.rate_limit().map(|(used, allowed, _)| (used, allowed)), Some((300, 300)));
}

#[tokio::test]
async fn failures_of_the_service_are_tried_again_a_few_times() {
    for (code, sent, kind) in [
        (500, 5, Kind::ServiceFailure),
        (503, 5, Kind::ServiceFailure),
        (504, 5, Kind::ServiceFailure),
        (501, 1, Kind::ServiceFailure),
        (400, 1, Kind::InvalidInput),
        (403, 1, Kind::Forbidden),
        (404, 1, Kind::NotFound),
    ] {
        let server = server().await;
        answer(&server, ME, 99, status(code).insert_header("inin-correlation-id", "c-1")).await;
        let error = client(&server.uri()).organization().await.unwrap_err();
        assert_eq!((error.kind, requests(&server, ME).await), (kind, sent), "{code}");
        assert_eq!(error.context_id.as_deref(), Some("c-1"));
    }
}

#[tokio::test]
async fn what_makes_something_is_sent_once() {
    let server = server().await;
    let at = "/api/v2/integrations";
    wiremock::Mock::given(method("POST")).and(path(at)).respond_with(status(502)).mount(&server).await;
    let client = client(&server.uri());
    let error = client.create_integration("aws-lambda-data-actions", "n").await.unwrap_err();
    assert!(error.message.ends_with("; Genesys Cloud may have carried it out"), "{error}");
    assert_eq!(requests(&server, at).await, 1);
    // What was not let in was not carried out.
    server.reset().await;
    answer_token(&server, 3600).await;
    let storm = wiremock::Mock::given(method("POST")).and(path(at)).respond_with(status(429));
    storm.up_to_n_times(2).mount(&server).await;
    let made = json!({"id": "i-1", "name": "n", "intendedState": "DISABLED", "integrationType": {"id": "t"}});
    wiremock::Mock::given(method("POST")).and(path(at)).respond_with(ok(made)).mount(&server).await;
    assert_eq!(client.create_integration("t", "n").await.unwrap().id, "i-1");
    assert_eq!(requests(&server, at).await, 3);
}

#[tokio::test]
async fn slow_answers_are_given_up() {
    let server = server().await;
    answer(&server, ME, 1, organization().set_delay(Duration::from_secs(3))).await;
    answer(&server, ME, 1, organization()).await;
    let client = client(&server.uri());
    client.organization().await.unwrap();
    let calls = client.calls().so_far();
    assert_eq!(calls.iter().map(|call| call.status).collect::<Vec<_>>(), [Some(200), None, Some(200)]);
    answer(&server, ME, 9, organization().set_delay(Duration::from_secs(3))).await;
    let error = client.organization().await.unwrap_err();
    assert_eq!(error.kind, Kind::TimedOut);
    assert!(error.message.starts_with("no answer from `127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn answers_that_are_not_the_apis_are_told_apart() {
    let page = "<!DOCTYPE html><html><head><title>Corporate\n proxy: log in</title></head></html>";
    let html = |code| status(code).set_body_raw(page, "text/html");
    for (response, sent, kind, says) in [
        (
            html(200),
            1,
            Kind::Unreadable,
            "the answer is not Genesys Cloud's: an HTML page, `Corporate proxy: log in`, instead of JSON",
        ),
        (html(403), 1, Kind::Forbidden, "an HTML page, `Corporate proxy: log in`, instead of JSON"),
        (
            status(200).set_body_string("{\"id\":\"5f6b"),
            5,
            Kind::Unreadable,
            "the answer is cut off in the middle",
        ),
        (status(200), 5, Kind::Unreadable, "the answer is empty"),
        (
            status(200).set_body_string("OK!"),
            1,
            Kind::Unreadable,
            "the answer is not Genesys Cloud's: no JSON: `OK!`",
        ),
        (
            status(200).set_body_string("[1]"),
            1,
            Kind::Unreadable,
            "the answer is JSON of an unexpected shape: invalid",
        ),
        (
            status(302).insert_header("location", "https://login.example/?session=hunter2"),
            1,
            Kind::Unreadable,
            "the answer is not Genesys Cloud's: a redirect to `https://login.example/`",
        ),
    ] {
        let server = server().await;
        answer(&server, ME, 99, response).await;
        let error = client(&server.uri()).organization().await.unwrap_err();
        assert_eq!((error.kind, requests(&server, ME).await), (kind, sent), "{error}");
        assert!(error.message.starts_with(says), "{error}");
    }
}

/// A server that announces more than it sends.
fn breaking_off() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{\"acc",
            );
        }
    });
    base
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_tried_again() {
    let client = client(&breaking_off());
    let error = client.organization().await.unwrap_err();
    assert_eq!(error.kind, Kind::Unreadable);
    assert!(error.message.contains("breaks off"), "{error}");
    assert_eq!(client.calls().so_far().len(), 5);
}

#[tokio::test]
async fn nobody_there_is_said_clearly() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let refused = client(&format!("http://127.0.0.1:{port}"));
    let error = refused.organization().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("POST /oauth/token failed: `127.0.0.1:{port}` refuses the connection")
    );
    assert_eq!((error.kind, refused.calls().so_far().len()), (Kind::Unreachable, 3));
    let host = "rolecall-knows-no-such-region.eusc-pure.cloud";
    let credentials = rolecall_genesys::credentials::Credentials {
        site: format!("https://api.{host}").parse().unwrap(),
        ..credentials("http://127.0.0.1")
    };
    let patience = Patience { attempt: Duration::from_secs(20), ..patience() };
    let unknown = Client::new(CredentialSource::Fixed(credentials), patience, Calls::default());
    let error = unknown.organization().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("POST /oauth/token failed: the name `login.{host}` does not resolve")
    );
}
