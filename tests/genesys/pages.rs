use futures_util::{StreamExt, TryStreamExt};
use rolecall::ports::genesys::GenesysRead;
use rolecall_genesys::operation::{AUDIT_RESULTS, USERS};
use serde_json::{Value, json};
use wiremock::matchers::{path, query_param, query_param_is_missing};
use wiremock::{Mock, ResponseTemplate};

use super::support::*;

async fn page(server: &wiremock::MockServer, number: u32, body: Value) {
    let number = number.to_string();
    let page = Mock::given(path("/api/v2/users"))
        .and(query_param("pageNumber", number))
        .and(query_param("pageSize", "2"));
    page.respond_with(ok(body)).expect(1).mount(server).await;
}

fn names(users: &[Value]) -> Vec<&str> {
    users.iter().map(|user| user["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_are_turned_by_number_until_the_last() {
    let server = server().await;
    let user = |name: &str| json!({"name": name});
    page(&server, 1, json!({"entities": [user("a"), user("b")], "pageCount": 3})).await;
    page(&server, 2, json!({"entities": [user("c"), user("d")], "pageCount": 3})).await;
    page(&server, 3, json!({"entities": [user("e")], "pageCount": 3})).await;
    let users: Vec<Value> = client(&server.uri()).call(&USERS).pages(2).try_collect().await.unwrap();
    assert_eq!(names(&users), ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn a_page_is_asked_for_when_the_one_before_is_used_up() {
    let server = server().await;
    page(&server, 1, json!({"entities": [{"name": "a"}, {"name": "b"}], "pageCount": 9})).await;
    let client = client(&server.uri());
    let users: Vec<Value> = client.call(&USERS).pages(2).take(2).try_collect().await.unwrap();
    assert_eq!(names(&users), ["a", "b"]);
}

#[tokio::test]
async fn a_list_that_shrinks_ends() {
    let server = server().await;
    page(&server, 1, json!({"entities": [{"name": "a"}, {"name": "b"}], "pageCount": 9})).await;
    page(&server, 2, json!({"entities": [], "pageCount": 9})).await;
    let users: Vec<Value> = client(&server.uri()).call(&USERS).pages(2).try_collect().await.unwrap();
    assert_eq!(users.len(), 2);
}

#[tokio::test]
async fn a_failing_page_ends_the_list_with_its_error() {
    let server = server().await;
    page(&server, 1, json!({"entities": [{"name": "a"}, {"name": "b"}], "pageCount": 2})).await;
    let second = Mock::given(path("/api/v2/users")).and(query_param("pageNumber", "2"));
    second.respond_with(ResponseTemplate::new(400)).mount(&server).await;
    let client = client(&server.uri());
    let users: Vec<_> = client.call(&USERS).pages::<Value>(2).collect().await;
    assert_eq!(users.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, true, false]);
}

#[tokio::test]
async fn cursors_are_followed_in_the_answer_and_in_addresses() {
    let server = server().await;
    let results = "/api/v2/audits/query/q-1/results";
    let first = Mock::given(path(results)).and(query_param_is_missing("cursor"));
    first
        .respond_with(ok(json!({"entities": [{"id": "1"}], "cursor": "a b/="})))
        .expect(1)
        .mount(&server)
        .await;
    let second = Mock::given(path(results)).and(query_param("cursor", "a b/="));
    second.respond_with(ok(json!({"entities": [{"id": "2"}]}))).expect(1).mount(&server).await;
    let client = client(&server.uri());
    let audits: Vec<Value> =
        client.call(&AUDIT_RESULTS).at("q-1").cursor_pages("cursor", 500).try_collect().await.unwrap();
    assert_eq!(audits, [json!({"id": "1"}), json!({"id": "2"})]);

    let listing = "/api/v2/integrations/credentials/listing";
    let credential = |id: &str| json!({"id": id, "name": id, "type": {"name": "amazonWebServicesARN"}});
    let next = format!("{listing}?after=x%2Fy%3D&pageSize=200");
    let first = Mock::given(path(listing)).and(query_param_is_missing("after"));
    first.respond_with(ok(json!({"entities": [credential("1")], "nextUri": next}))).mount(&server).await;
    let second = Mock::given(path(listing)).and(query_param("after", "x/y="));
    second.respond_with(ok(json!({"entities": [credential("2")], "nextUri": null}))).mount(&server).await;
    let found: Vec<_> =
        client.credentials().await.unwrap().into_iter().map(|credential| credential.id).collect();
    assert_eq!(found, ["1", "2"]);
}

#[tokio::test]
async fn a_cursor_that_leads_to_itself_is_an_error() {
    let server = server().await;
    let results = Mock::given(path("/api/v2/audits/query/q/results"));
    results.respond_with(ok(json!({"entities": [], "cursor": "again"}))).expect(2).mount(&server).await;
    let client = client(&server.uri());
    let audits: Result<Vec<Value>, _> =
        client.call(&AUDIT_RESULTS).at("q").cursor_pages("cursor", 500).try_collect().await;
    assert!(audits.unwrap_err().to_string().contains("the same page marker came twice"));
}
