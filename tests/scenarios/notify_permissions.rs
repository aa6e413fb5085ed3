//! The permissions of `[notify]`, which the rendered policies leave out: `docs/permissions.md` has them.

use rolecall::sandbox::{CUSTOMER, Principal, Secret, State};
use wiremock::matchers::method;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::stage::{ONE_TARGET, Stage, manifest};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/permissions.md");
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:notify-Ab12Cd";
const APPLY: [&str; 4] = ["apply", "--yes", "--level", "paper"];

/// The statements of the page about `[notify]`.
fn statements() -> String {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let (_, section) = page.split_once("## `[notify]`").unwrap();
    let (_, block) = section.split_once("```json\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    format!("{{\"Version\": \"2012-10-17\", \"Statement\": {block}}}")
}

#[tokio::test]
async fn the_page_has_what_the_provisioner_policy_leaves_out() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let text = format!(
        "{}\n[notify]\non = \"always\"\nwebhook = \"{}\"\nsecret = \"{SECRET}\"\n",
        manifest(ONE_TARGET),
        server.uri()
    );
    let stage = Stage::with(&text, State::demo()).acting_as(Principal::Verifier);
    let render = ["render", "provisioner", "--account", "123456789012", "--region", "us-east-1"];
    let provisioner = stage.run(&render).expect(0).stdout;
    let change = |change: &dyn Fn(&mut State)| stage.sandbox.change(change).unwrap();
    let allow = |name: &'static str, document: String| {
        change(&|state| {
            let user = state.accounts.get_mut(CUSTOMER).unwrap().users.get_mut("verifier").unwrap();
            user.permissions.inline.insert(name.to_owned(), document.clone());
        });
    };
    change(&|state| {
        let account = state.accounts.get_mut(CUSTOMER).unwrap();
        let value = "canary-of-secrets-manager".to_owned();
        let secret = Secret { arn: SECRET.to_owned(), version: "one".to_owned(), value, created: 0 };
        account.secrets.entry("us-east-1".to_owned()).or_default().insert("notify".to_owned(), secret);
    });
    allow("provisioner", provisioner);
    let run = stage.run(&APPLY).expect(0);
    assert!(
        run.stderr.contains("not authorized to perform: secretsmanager:GetSecretValue"),
        "{}",
        run.stderr
    );
    allow("notify", statements());
    let run = stage.run(&APPLY).expect(0);
    assert_eq!(run.stderr, "");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    // The sandbox plays no SNS, so what the page says of it is only read.
    assert!(statements().contains("\"sns:Publish\""));
}
