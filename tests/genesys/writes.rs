//! Which answers confirm a write, and what is known after any other.

use rolecall::ports::WriteOutcome;
use rolecall::ports::genesys::{
    GenesysErrorKind as Kind, GenesysRead as _, GenesysResult, GenesysWrite as _,
};
use rolecall_genesys::client::Client;
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, ResponseTemplate};

use super::support::*;

#[derive(Clone, Copy, Debug)]
enum Deleted {
    Action,
    Credential,
    Integration,
}

async fn delete(client: &Client, what: Deleted) -> GenesysResult<()> {
    match what {
        Deleted::Action => client.delete_action("x").await,
        Deleted::Credential => client.delete_credential("x").await,
        Deleted::Integration => client.delete_integration("x").await,
    }
}

#[tokio::test]
async fn only_the_documented_answer_confirms_a_deletion() {
    use Deleted::{Action, Credential, Integration};
    let status = ResponseTemplate::new;
    let html = |code| status(code).set_body_raw("<html><title>Log in</title></html>", "text/html");
    let deleted =
        || ok(json!({"id": "x", "name": "n", "intendedState": "DISABLED", "integrationType": {"id": "t"}}));
    type Expected = Result<(), (Kind, WriteOutcome)>;
    let unknown = Err((Kind::Unreadable, WriteOutcome::Unknown));
    let cases: [(Deleted, ResponseTemplate, Expected); 17] = [
        (Action, status(204), Ok(())),
        (Action, status(200), unknown),
        (Action, deleted(), unknown),
        (Action, html(200), unknown),
        (Credential, status(200), Ok(())),
        (Credential, status(204), Ok(())),
        (Credential, html(200), unknown),
        (Credential, status(200).set_body_string("OK"), unknown),
        (Credential, status(202), unknown),
        (Integration, deleted(), Ok(())),
        (Integration, status(200), unknown),
        (Integration, ok(json!({})), unknown),
        (Integration, html(200), unknown),
        (Integration, html(404), unknown),
        (Integration, status(404), Err((Kind::NotFound, WriteOutcome::Refused))),
        (Integration, status(403), Err((Kind::Forbidden, WriteOutcome::Refused))),
        (Integration, status(500), Err((Kind::ServiceFailure, WriteOutcome::Unknown))),
    ];
    for (what, response, expected) in cases {
        let server = server().await;
        Mock::given(method("DELETE")).respond_with(response.clone()).mount(&server).await;
        let result = delete(&client(&server.uri()), what).await;
        let told = result.as_ref().copied().map_err(|error| (error.kind, error.outcome));
        assert_eq!(told, expected, "{what:?} {response:?}: {result:?}");
        if let Err(error) = result {
            let says = error.message.ends_with("; Genesys Cloud may have carried it out");
            assert_eq!(says, error.outcome == WriteOutcome::Unknown, "{error}");
        }
    }
}

/// What a later attempt is refused, an earlier one may have done; what is only read never is.
#[tokio::test]
async fn a_refusal_after_a_lost_answer_leaves_it_open() {
    let server = server().await;
    let at = "/api/v2/integrations/credentials/x";
    Mock::given(path(at)).respond_with(ResponseTemplate::new(502)).up_to_n_times(1).mount(&server).await;
    Mock::given(path(at)).respond_with(ResponseTemplate::new(403)).mount(&server).await;
    let client = client(&server.uri());
    let error = client.delete_credential("x").await.unwrap_err();
    assert_eq!((error.kind, error.outcome), (Kind::Forbidden, WriteOutcome::Unknown), "{error}");
    let error = client.credential("x").await.unwrap_err();
    assert_eq!(error.outcome, WriteOutcome::Refused, "{error}");
    // Nobody was there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = super::support::client(&format!("http://127.0.0.1:{port}"));
    assert_eq!(nobody.delete_credential("x").await.unwrap_err().outcome, WriteOutcome::Refused);
}

/// A page in the place of a template is not a template.
#[tokio::test]
async fn a_page_is_no_template() {
    use rolecall::ports::genesys::{Stage, TemplateFile};
    let server = server().await;
    let page = ResponseTemplate::new(200).set_body_raw("<html></html>", "text/html; charset=utf-8");
    Mock::given(method("GET")).respond_with(page).mount(&server).await;
    let client = client(&server.uri());
    let error = client.action_template("x", Stage::Published, TemplateFile::Request).await.unwrap_err();
    assert_eq!(error.kind, Kind::Unreadable, "{error}");
}
